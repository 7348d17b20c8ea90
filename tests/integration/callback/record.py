# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: record
type: aggregate
short_description: Record each task's result and the requests that the emulator saw meanwhile
description:
  - Appends one JSON line a task to the file in E(RECORD_FILE).
  - Kills the playbook before the task with the number in E(RECORD_KILL_BEFORE), counted from 1.
"""

import json
import os
import signal
import ssl
import typing as t
import urllib.request

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):  # type: ignore[misc]
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "record"

    def __init__(self) -> None:
        super().__init__()
        self._kill_before = int(os.environ.get("RECORD_KILL_BEFORE", "0"))
        self._started = 0

    def v2_playbook_on_task_start(self, task: t.Any, is_conditional: bool) -> None:
        self._started += 1
        if self._started == self._kill_before:
            os.kill(os.getpid(), signal.SIGKILL)

    def v2_runner_on_ok(self, result: t.Any) -> None:
        self._record(result, "ok")

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:
        self._record(result, "failed")

    def v2_runner_on_skipped(self, result: t.Any) -> None:
        self._record(result, "skipped")

    def _record(self, result: t.Any, status: str) -> None:
        # The attribute became public in ansible-core 2.19.
        task, values = getattr(result, "task", None) or result._task, getattr(result, "result", None) or result._result
        # A task of a role is called `role : task`.
        name = task.get_name().rpartition(" : ")[2]
        about = {"name": name, "action": task.action, "check": bool(task.check_mode)}
        line = {**about, "status": status, "result": values, "requests": _take_requests()}
        with open(os.environ["RECORD_FILE"], "a", encoding="utf-8") as file:
            file.write(json.dumps(line, default=str) + "\n")


def _take_requests() -> list[dict[str, t.Any]]:
    """The requests since the last call; the emulator's log is emptied."""
    url = f"https://{os.environ['RECORD_EMULATOR']}/_emulator/requests"
    context = ssl.create_default_context(cafile=os.environ["RECORD_CA_PATH"])
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    with opener.open(url) as response:
        seen: list[dict[str, t.Any]] = json.load(response)
    opener.open(urllib.request.Request(url, method="DELETE")).close()
    return seen
