# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: strike
type: aggregate
short_description: Kill the playbook when it writes for the nth time below a directory
description:
  - Counts what the controller and its workers ask of the operating system that changes something below E(STRIKE_BELOW).
  - Before the one with the number in E(STRIKE_AT), counted from 1, or E(STRIKE_LATER) seconds after it has begun, kills
    the worker and the playbook. Without a number, appends a line for each to the file in E(STRIKE_FILE).
"""

import os
import signal
import sys
import threading
import typing as t

from ansible.plugins.callback import CallbackBase

WRITES = {"rename", "remove", "mkdir", "rmdir", "link", "symlink", "chmod", "chown", "truncate", "utime", "setxattr"}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Strike:
    """An audit hook; it holds in the workers too, which are forks."""

    def __init__(self, below: str, at: int, later: float, file: str) -> None:
        self._below, self._at, self._later = below, at, later
        self._log = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT) if file else -1
        self._seen = 0

    def __call__(self, event: str, arguments: tuple[t.Any, ...]) -> None:
        if not self._writes(event, arguments):
            return
        self._seen += 1
        if self._log >= 0:
            os.write(self._log, f"{event}\n".encode())
        if self._seen == self._at:
            if self._later:
                threading.Timer(self._later, _kill).start()
            else:
                _kill()

    def _writes(self, event: str, arguments: tuple[t.Any, ...]) -> bool:
        if event == "open":
            if not isinstance(arguments[2], int) or not arguments[2] & WRITING:
                return False
        elif event.removeprefix("os.") not in WRITES:
            return False
        return any(isinstance(one, str) and one.startswith(self._below) for one in arguments)


def _kill() -> None:
    parent, worker = os.getppid(), os.getpid()
    # A worker is a child of the playbook, which then cannot start another one.
    os.kill(parent, signal.SIGKILL)
    os.kill(worker, signal.SIGKILL)


class CallbackModule(CallbackBase):  # type: ignore[misc]
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "strike"

    def __init__(self) -> None:
        super().__init__()
        if below := os.environ.get("STRIKE_BELOW"):
            at, later = int(os.environ.get("STRIKE_AT", "0")), float(os.environ.get("STRIKE_LATER", "0"))
            sys.addaudithook(Strike(below, at, later, os.environ.get("STRIKE_FILE", "")))
