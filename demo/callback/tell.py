# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: tell
type: aggregate
short_description: Tell the demo what each task does
description:
  - Writes one JSON line when a task starts, and one for its result, to the file descriptor in E(DEMO_RESULTS).
"""

import json
import os
import typing as t

from ansible.plugins.callback import CallbackBase

# What the demo shows; other values may be secret, or large.
SHOWN = ("changed", "diff", "files", "findings", "msg", "summary")


class CallbackModule(CallbackBase):  # type: ignore[misc]
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "tell"

    def __init__(self) -> None:
        super().__init__()
        self._file = os.fdopen(int(os.environ["DEMO_RESULTS"]), "w", encoding="utf-8")

    def v2_playbook_on_task_start(self, task: t.Any, is_conditional: bool) -> None:
        self._tell(task, {"status": "started"})

    def v2_runner_on_ok(self, result: t.Any) -> None:
        self._tell_result(result, "ok")

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:
        self._tell_result(result, "failed")

    def _tell_result(self, result: t.Any, status: str) -> None:
        # The attributes became public in ansible-core 2.19.
        task, values = getattr(result, "task", None) or result._task, getattr(result, "result", None) or result._result
        for item in values.get("results", [values]):
            self._tell(task, {"status": status, **{name: item[name] for name in SHOWN if name in item}})

    def _tell(self, task: t.Any, line: dict[str, t.Any]) -> None:
        # A task of a role is called `role : task`.
        name = task.get_name().rpartition(" : ")[2]
        self._file.write(json.dumps({"task": name, **line}, default=str) + "\n")
        self._file.flush()
