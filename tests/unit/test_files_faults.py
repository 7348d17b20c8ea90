# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Each call to the operating system fails, alone or with later ones: what the error claims is what is on the disk."""

from __future__ import annotations

import builtins
import os
import re
import tempfile
import typing as t
from pathlib import Path

import pytest

from ansible_collections.mcp_ops.oauth.plugins.module_utils._errors import ProjectError
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo import disk, files, transaction
from tests.unit.zuplo_files import AFTER, BEFORE, create, snapshot, tree

# What asks the process itself only, or follows a link as far as it goes.
NEVER_FAIL = ("path", "umask", "geteuid", "strerror", "access")
UNCHANGED = "This run has changed no file of the project."


class Faulty:
    """Counts the calls to the operating system, and lets those fail that `fails` says."""

    def __init__(self, fails: t.Callable[[int], bool]) -> None:
        self.fails = fails
        self.calls: list[str] = []

    def wrap(self, name: str, call: t.Callable[..., t.Any]) -> t.Callable[..., t.Any]:
        def step(*args: t.Any, **options: t.Any) -> t.Any:
            self.calls.append(name)
            if self.fails(len(self.calls) - 1):
                if name == "open" and isinstance(args[0], int):
                    os.close(args[0])
                raise OSError(28, "the text of a foreign exception")
            # Nothing here depends on what survives a crash of the machine.
            return None if name == "fsync" else call(*args, **options)

        return step

    def module(self, real: t.Any) -> t.Any:
        return _Stand(self, real)


class _Stand:
    """In the place of a module."""

    def __init__(self, faulty: Faulty, real: t.Any) -> None:
        self._faulty, self._real = faulty, real

    def __getattr__(self, name: str) -> t.Any:
        found = getattr(self._real, name)
        return found if name in NEVER_FAIL or not callable(found) else self._faulty.wrap(name, found)


def run(root: Path, fails: t.Callable[[int], bool]) -> tuple[list[str], str | None, list[str]]:
    """The calls that were made, the error if any, and the warnings."""
    read = snapshot(create(root))
    edits = read.compare(AFTER)
    faulty = Faulty(fails)
    error, warnings = None, []
    with pytest.MonkeyPatch.context() as patch:
        for module in (disk, files, transaction):
            patch.setattr(module, "os", faulty.module(os))
        patch.setattr(transaction, "tempfile", faulty.module(tempfile))
        patch.setattr(transaction, "open", faulty.wrap("open", builtins.open), raising=False)
        try:
            warnings = read.apply(edits)
        except ProjectError as raised:
            error = str(raised)
    return faulty.calls, error, warnings


def check(root: Path, error: str | None, warnings: list[str]) -> None:
    """What was said is what is on the disk."""
    found = tree(root)
    temporary = {path for path in found if Path(path).name.startswith(".")}
    found = {path: text for path, text in found.items() if path not in temporary}
    said = error if error is not None else " ".join(warnings)
    left = set(re.findall(r"(\S+) is left over", said))
    assert left - {"modules"} == temporary
    assert "foreign exception" not in said
    if error is None:
        assert found == AFTER
        return
    assert ("modules" in left) == ((root / "modules").exists())
    if UNCHANGED in error:
        assert found == BEFORE
        assert "New text:" not in error
        return
    assert "Not every file could be restored" in error
    claims = {path: state for state, paths in CLAIM.findall(error) for path in paths.split(", ")}
    paths = sorted({*BEFORE, *AFTER} - {"config/same.json"})
    assert sorted(claims) == paths
    for path in paths:
        before, after, now = BEFORE.get(path), AFTER.get(path), found.get(path)
        possible: dict[str, list[str | None]] = {
            "Unchanged": [before],
            "New text": [after],
            "Deleted": [None],
            "Not readable": [before, after],
        }
        assert now in possible[claims[path]], f"{path}: {error}"


CLAIM = re.compile(r"(New text|Deleted|Unchanged|Changed again by another program|Not readable): (.*?)\.(?= |$)")


def count_calls() -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        calls, error, warnings = run(Path(folder, "project"), lambda number: False)
        assert (error, warnings) == (None, [])
    return calls


CALLS = count_calls()
STEPS = [pytest.param(number, id=f"{number}-{name}") for number, name in enumerate(CALLS)]


def test_the_calls_are_counted() -> None:
    assert {"listdir", "stat", "open", "mkdir", "mkstemp", "fsync", "chmod", "replace", "unlink", "rmdir"} <= {*CALLS}


@pytest.mark.parametrize("number", STEPS)
def test_one_call_fails(tmp_path: Path, number: int) -> None:
    root = tmp_path / "project"
    _calls, error, warnings = run(root, lambda one: one == number)
    check(root, error, warnings)
    if error is not None:
        assert UNCHANGED in error


@pytest.mark.parametrize("number", STEPS)
def test_one_call_and_all_later_ones_fail(tmp_path: Path, number: int) -> None:
    root = tmp_path / "project"
    _calls, error, warnings = run(root, lambda one: one >= number)
    check(root, error, warnings)


@pytest.mark.parametrize("number", STEPS)
def test_one_call_and_a_later_one_fail(tmp_path: Path, number: int) -> None:
    later, calls = number + 1, [""] * (number + 2)
    while later < len(calls):
        root = tmp_path / f"project{later}"
        calls, error, warnings = run(root, lambda one, later=later: one in (number, later))  # type: ignore[misc]
        check(root, error, warnings)
        later += 1


def test_what_was_replaced_is_named(tmp_path: Path) -> None:
    """A full disk that takes no replacement any more, not even that of the way back."""
    root = tmp_path / "project"
    second = [number for number, name in enumerate(CALLS) if name == "replace"][1]
    calls, error, _warnings = run(root, lambda one: one == second)
    back = [number for number, name in enumerate(calls) if name == "replace"][2]
    _calls, error, _warnings = run(tmp_path / "again", lambda one: one in (second, back))
    assert error == (
        "config/b.json cannot be written: No space left on device. Not every file could be restored (config/a.json: No "
        "space left on device). New text: config/a.json. Unchanged: config/b.json, modules/new.ts, old/gone.ts. "
        "Restore the project from version control. Remove the cause, then run again."
    )
