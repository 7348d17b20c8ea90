# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Run `zuplo_mcp_oauth` on a project on the disk, and die at any call to the operating system."""

from __future__ import annotations

import os
import tempfile
import time
import typing as t
from pathlib import Path

import pytest

from ansible_collections.mcp_ops.oauth.plugins.module_utils._modules.zuplo_mcp_oauth import MODULE
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo import disk, files, lock, transaction

# What asks the process itself only, or follows a link as far as it goes.
NEVER_FAIL = ("path", "umask", "geteuid", "strerror", "access")
CHANGES = ("mkstemp", "fsync", "link", "mkdir", "replace", "rmdir", "unlink")
KILLED = 9
NAMED = {"issuer_domain": "tenant.eu.auth0.com", "mcp_server_url": "https://mcp.example.com/mcp"}
Hook = t.Callable[[str, t.Callable[[], t.Any]], t.Any]


def create(root: Path, texts: t.Mapping[str, str]) -> Path:
    (root / "config").mkdir(parents=True)
    for path, text in texts.items():
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text(text)
    return root


def content(root: Path) -> dict[str, bytes | None]:
    """Path -> bytes; None for a directory."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes() if path.is_file() else None
        for path in sorted(root.rglob("*"))
    }


def run(root: Path, *, check: bool = False, **options: t.Any) -> t.Any:
    """What the module returns. Raises what it raises."""
    params = {name: one.get("default") for name, one in MODULE.options.items()}
    task = MODULE.task({**params, **NAMED, "project_dir": str(root), **options}, check, None)
    return MODULE.perform(task)


class Stand:
    """In the place of a module: each call of one of its functions goes through the hook."""

    def __init__(self, real: t.Any, hook: Hook) -> None:
        self._real, self._hook = real, hook

    def __getattr__(self, name: str) -> t.Any:
        found = getattr(self._real, name)
        if name in NEVER_FAIL or not callable(found) or isinstance(found, type):
            return found
        return lambda *args, **options: self._hook(name, lambda: found(*args, **options))


def watch(patch: pytest.MonkeyPatch, hook: Hook) -> None:
    """Let the hook make every call to the operating system."""
    for module in (disk, files, lock, transaction):
        patch.setattr(module, "os", Stand(os, hook))
    patch.setattr(transaction, "tempfile", Stand(tempfile, hook))
    patch.setattr(lock, "time", Stand(time, lambda name, call: call()))


def list_changes(act: t.Callable[[], t.Any]) -> list[str]:
    """The calls that change something on the disk, in order."""
    calls: list[str] = []

    def hook(name: str, call: t.Callable[[], t.Any]) -> t.Any:
        if name in CHANGES:
            calls.append(name)
        return call()

    with pytest.MonkeyPatch.context() as patch:
        watch(patch, hook)
        act()
    return calls


def kill(act: t.Callable[[], t.Any], number: int) -> int:
    """Do it in a process that dies, with nothing cleaned up, before a call of `list_changes`; returns its status.

    Before one call is after the one before. What no call has reached the disk with yet, `fsync` is named for.
    """
    child = os.fork()
    if child == 0:
        left = number

        def hook(name: str, call: t.Callable[[], t.Any]) -> t.Any:
            nonlocal left
            left -= name in CHANGES
            if left < 0:
                os._exit(KILLED)
            return call()

        try:
            with pytest.MonkeyPatch.context() as patch:
                watch(patch, hook)
                act()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
