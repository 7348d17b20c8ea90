# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Runs `ansible-playbook`, and tells what its tasks did."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Object = dict[str, Any]
CALLBACKS = Path(__file__).with_name("callback")


@dataclass(frozen=True)
class Change:
    """What a task changed, or would change: an object of the tenant, or the text of a file."""

    task: str
    title: str
    before: Any = field(hash=False)
    after: Any = field(hash=False)

    @property
    def is_file(self) -> bool:
        return isinstance(self.after, str)

    @property
    def verb(self) -> str:
        if not self.before:
            return "create"
        return "change" if self.after else "delete"

    @property
    def fields(self) -> list[tuple[str, Any, Any]]:
        """(field, old value, new value) of an object that was there; a field of an object in it as `outer.inner`."""
        return [] if self.is_file or self.verb != "change" else list(_compare(self.before, self.after))


def _compare(before: Object, after: Object, outer: str = "") -> list[tuple[str, Any, Any]]:
    found = []
    for name in after:
        old, new = before.get(name), after[name]
        if isinstance(old, dict) and isinstance(new, dict):
            found += _compare(old, new, f"{outer}{name}.")
        elif old != new:
            found.append((f"{outer}{name}", old, new))
    return found


@dataclass(frozen=True)
class Run:
    """One run. `tasks` are the lines of the callback, `output` what a user would have seen."""

    status: int
    tasks: Sequence[Object]
    output: str

    @property
    def changes(self) -> list[Change]:
        return [
            Change(task["task"], part["after_header"], part["before"], part["after"])
            for task in self.tasks
            if task.get("changed")
            for part in _list(task.get("diff", []))
        ]

    @property
    def changed(self) -> list[str]:
        """The tasks that changed something."""
        return [task["task"] for task in self.tasks if task.get("changed")]

    @property
    def failures(self) -> list[str]:
        """What failed, in the words of the tasks and of the check; where they have none, the end of the output."""
        found = [f"{task['task']}: {task.get('msg', '')}" for task in self.tasks if task["status"] == "failed"]
        failed = [f"{one['name']}: {one['seen']}" for one in self.findings("fail")]
        return [*found, *failed] or self.output.splitlines()[-20:]

    @property
    def summary(self) -> str:
        return "".join(task.get("summary", "") for task in self.tasks)

    def findings(self, status: str) -> list[Object]:
        """Those of the check that have this status."""
        return [one for task in self.tasks for one in task.get("findings", []) if one["status"] == status]


def _list(diff: Object | list[Object]) -> list[Object]:
    return diff if isinstance(diff, list) else [diff]


def run(arguments: Sequence[str], folder: Path, environment: Mapping[str, str], on_task: Callable[[str], None]) -> Run:
    """Run `ansible-playbook` in the folder; `on_task` is called with the name of each task when it starts."""
    read, write = os.pipe()
    log = folder / "ansible-playbook.log"
    with log.open("ab") as output, open(read, encoding="utf-8") as results:
        start = output.tell()
        output.write(f"$ ansible-playbook {' '.join(arguments)}\n".encode())
        output.flush()
        try:
            process = subprocess.Popen(
                [Path(sys.executable).with_name("ansible-playbook"), *arguments],
                cwd=folder,
                env={
                    **environment,
                    "ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS),
                    "ANSIBLE_CALLBACKS_ENABLED": "tell",
                    "DEMO_RESULTS": str(write),
                },
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=[write],
            )
        finally:
            os.close(write)
        with process:
            tasks = []
            for line in results:
                task = json.loads(line)
                if task["status"] == "started":
                    on_task(task["task"])
                else:
                    tasks.append(task)
    return Run(process.returncode, tasks, log.read_bytes()[start:].decode())
