# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: example
type: aggregate
short_description: Give each playbook a tenant of its own, and record what its tasks answer
description:
  - Before a playbook, the emulator gets the state in F(state.json) beside it.
  - Appends one JSON line a task to F(record.jsonl) there.
"""

import json
import os
import ssl
import typing as t
import urllib.request
from pathlib import Path

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):  # type: ignore[misc]
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "example"

    def v2_playbook_on_start(self, playbook: t.Any) -> None:
        self._folder = Path(playbook._basedir)
        url = f"https://{os.environ['EXAMPLE_EMULATOR']}/_emulator/state"
        context = ssl.create_default_context(cafile=os.environ["AUTH0_CA_PATH"])
        handlers = (urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
        state = (self._folder / "state.json").read_bytes()
        urllib.request.build_opener(*handlers).open(urllib.request.Request(url, state, method="PUT")).close()

    def v2_runner_on_ok(self, result: t.Any) -> None:
        self._record(result, "ok")

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:
        self._record(result, "failed")

    def v2_runner_on_skipped(self, result: t.Any) -> None:
        self._record(result, "skipped")

    def _record(self, result: t.Any, status: str) -> None:
        # The attribute became public in ansible-core 2.19.
        task, values = getattr(result, "task", None) or result._task, getattr(result, "result", None) or result._result
        line = {"name": task.get_name(), "action": task.action, "status": status, "result": values}
        with (self._folder / "record.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, default=str) + "\n")
