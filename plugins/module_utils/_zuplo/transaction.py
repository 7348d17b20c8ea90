# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Write files all or none, or say which files were written."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
import typing as t
from dataclasses import dataclass

from .._errors import ProjectError


@dataclass(frozen=True)
class Edit:
    """One file's change: its path below the root, and its text; None where there is no file."""

    path: str
    before: str | None
    after: str | None


def write(root: str, edits: t.Sequence[Edit], refuse_changes: t.Callable[[], None]) -> list[str]:
    """Carry the edits out, in order; returns warnings. Links are followed, modes and owners stay.

    Every new text, and every old one for the way back, is on the disk before the first file is replaced. Then
    `refuse_changes` is called, which raises ProjectError where the files are no longer those that were read. The way
    back replaces files as well, so it needs no further space. ProjectError says what is on the disk after it.
    """
    transaction = _Transaction(root)
    try:
        for edit in edits:
            with _explain(edit.path):
                transaction.stage(edit)
        refuse_changes()
        for step in transaction.steps:
            with _explain(step.edit.path):
                step.carry_out()
    except ProjectError as error:
        remedy = f"{transaction.roll_back()} {error.remedy}"
        raise ProjectError(error.what, where=error.where, remedy=remedy) from None
    except BaseException:
        transaction.roll_back()
        raise
    return [f"The project is written. {one}" for one in transaction.clean_up()]


def read_file(path: str) -> bytes | None:
    """Raises OSError; None where there is no file."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def describe(error: OSError) -> str:
    """What an OSError means, in the words of the operating system."""
    return os.strerror(error.errno) if error.errno else "the operating system gives no reason"


@dataclass
class _Step:
    """An edit whose texts are in temporary files beside the target; None where there is no such text."""

    edit: Edit
    target: str
    new: str | None
    old: str | None
    begun: bool = False

    def carry_out(self) -> None:
        if read_file(self.target) != _encode(self.edit.before):
            raise changed_meanwhile([self.edit.path])
        self.begun = True
        self._put(self.new)

    def restore(self) -> None:
        """Only what this module has written: another program may have written again."""
        if self.begun and read_file(self.target) == _encode(self.edit.after):
            self._put(self.old)

    def _put(self, temporary: str | None) -> None:
        if temporary:
            os.replace(temporary, self.target)
        else:
            os.unlink(self.target)

    def describe_state(self) -> str:
        """What is on the disk of what this run has written: one of `_STATES`."""
        if not self.begun:
            return _OLD
        try:
            found = read_file(self.target)
        except OSError:
            return _UNKNOWN
        if found == _encode(self.edit.before):
            return _OLD
        if found != _encode(self.edit.after):
            return _FOREIGN
        return _NEW if found is not None else _DELETED


_OLD, _NEW, _DELETED = "Unchanged", "New text", "Deleted"
_FOREIGN, _UNKNOWN = "Changed again by another program", "Not readable"
_STATES = (_NEW, _DELETED, _OLD, _FOREIGN, _UNKNOWN)


class _Transaction:
    def __init__(self, root: str) -> None:
        self.root = root
        self.steps: list[_Step] = []
        self._temporaries: list[str] = []
        self._folders: list[str] = []

    def stage(self, edit: Edit) -> None:
        """Write both texts beside the target. Raises OSError."""
        target = os.path.realpath(os.path.join(self.root, edit.path))
        folder = os.path.dirname(target)
        if not os.path.isdir(folder):
            os.mkdir(folder)
            self._folders.append(folder)
        like = os.stat(target) if os.path.exists(target) else None
        new, old = (self._write_beside(target, text, like) for text in (edit.after, edit.before))
        self.steps.append(_Step(edit, target, new, old))

    def _write_beside(self, target: str, text: str | None, like: os.stat_result | None) -> str | None:
        if text is None:
            return None
        descriptor, temporary = tempfile.mkstemp(prefix=f".{os.path.basename(target)}.", dir=os.path.dirname(target))
        self._temporaries.append(temporary)
        with open(descriptor, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, stat.S_IMODE(like.st_mode) if like else 0o666 & ~_read_umask())
        if like and os.geteuid() == 0:
            os.chown(temporary, like.st_uid, like.st_gid)
        return temporary

    def roll_back(self) -> str:
        """Restore every file, go on where one fails, and say what is on the disk then."""
        failures = []
        for step in reversed(self.steps):
            try:
                step.restore()
            except OSError as error:
                failures.append(f"{step.edit.path}: {describe(error)}")
        leftovers = self.clean_up(self._folders)
        return " ".join([self._report(failures), *leftovers])

    def clean_up(self, folders: t.Sequence[str] = ()) -> list[str]:
        """Delete the temporary files, and these folders; returns what to do about those that cannot be deleted."""
        left = []
        for path, delete in [*((one, os.unlink) for one in self._temporaries), *((one, os.rmdir) for one in folders)]:
            try:
                if os.path.lexists(path):
                    delete(path)
            except OSError as error:
                name = os.path.relpath(path, os.path.realpath(self.root))
                left.append(f"{name} is left over and could not be deleted ({describe(error)}): delete it.")
        return left

    def _report(self, failures: list[str]) -> str:
        states = [(step.edit.path, step.describe_state()) for step in self.steps]
        groups = {state: [path for path, found in states if found == state] for state in _STATES}
        if len(groups[_OLD]) == len(states):
            return "This run has changed no file of the project."
        listed = " ".join(f"{state}: {', '.join(paths)}." for state, paths in groups.items() if paths)
        reasons = f" ({', '.join(failures)})" if failures else ""
        return f"Not every file could be restored{reasons}. {listed} Restore the project from version control."


def changed_meanwhile(paths: t.Sequence[str]) -> ProjectError:
    return ProjectError(
        "changed on the disk after zuplo_mcp_oauth had read the project",
        where=", ".join(paths),
        remedy="Run again when no other program is writing to the project.",
    )


@contextlib.contextmanager
def _explain(path: str) -> t.Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ProjectError(
            f"cannot be written: {describe(error)}", where=path, remedy="Remove the cause, then run again."
        ) from None


def _encode(text: str | None) -> bytes | None:
    return None if text is None else text.encode()


def _read_umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask
