# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Write files all or none, or say which files were written.

A run that is killed leaves some files written, whole each, and temporary files, which `sweep` deletes.
"""

from __future__ import annotations

import contextlib
import os
import posixpath
import tempfile
import typing as t
from dataclasses import dataclass

from .._errors import ProjectError
from .disk import FileError, copy_attributes, describe, identify, read_file

_PREFIX, _SUFFIX = ".zuplo_mcp_oauth-", ".tmp"


@dataclass(frozen=True)
class Edit:
    """One file's change: its path below the root, and its text; None where there is no file.

    `target` is the file itself where the path is a link. A file is deleted by its path, so that what a link leads to
    stays.
    """

    path: str
    before: str | None
    after: str | None
    target: str


def write(root: str, edits: t.Sequence[Edit], refuse_changes: t.Callable[[], None]) -> list[str]:
    """Carry the edits out, in order; returns warnings. Links are followed, attributes stay where that is possible.

    Every new text, and every old one for the way back, is on the disk before the first file is replaced. Then
    `refuse_changes` is called, which raises ProjectError where the files are no longer those that were read; each file
    is compared once more right before it is replaced. The way back replaces files as well, so it needs no further
    space. ProjectError says what is on the disk after it.
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
    emptied = {posixpath.dirname(edit.path) for edit in edits if edit.after is None} - {""}
    _remove_empty(root, emptied)
    return [*transaction.losses, *(f"The project is written. {one}" for one in transaction.clean_up())]


def sweep(root: str, folders: t.Sequence[str], outside: t.Iterable[str]) -> list[str]:
    """Delete what a run that was killed has left in the project, its folders and those outside; returns warnings.

    The caller holds the lock, so no other run is at work.
    """
    warnings: list[str] = []
    for folder in (*folders, *outside):
        warnings += _sweep_folder(root, folder)
    if any(map(_is_temporary, os.listdir(root))):
        _remove_empty(root, folders)  # that run may have made them
        warnings += _sweep_folder(root, "")
    return warnings


def _sweep_folder(root: str, folder: str) -> list[str]:
    warnings = []
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        for name in filter(_is_temporary, os.listdir(os.path.join(root, folder))):
            path = posixpath.join(folder, name)
            try:
                os.unlink(os.path.join(root, path))
            except OSError as error:
                warnings.append(_leftover(path, error))
    return warnings


def _is_temporary(name: str) -> bool:
    return name.startswith(_PREFIX) and name.endswith(_SUFFIX)


def _remove_empty(root: str, folders: t.Iterable[str]) -> None:
    for folder in folders:
        with contextlib.suppress(OSError):
            os.rmdir(os.path.join(root, folder))  # only where nothing is in it


def _leftover(path: str, error: OSError) -> str:
    return f"{path} is left over and could not be deleted ({describe(error)}): delete it."


@dataclass
class _Step:
    """An edit with its temporary files: the new text, the old one, and an empty one whose name a deleted file takes.

    None where there is none.
    """

    edit: Edit
    link: str
    new: str | None
    old: str | None
    aside: str | None
    make_folder: t.Callable[[], None]
    begun: bool = False

    @property
    def place(self) -> str:
        return self.link if self.aside else self.edit.target

    def carry_out(self) -> None:
        self.make_folder()
        seen = identify(self.place)
        if read_file(self.place) != _encode(self.edit.before) or identify(self.place) != seen:
            raise changed_meanwhile([self.edit.path])
        self.begun = True
        if self.aside:
            os.replace(self.place, self.aside)
        elif self.edit.before is None:
            self._create(str(self.new))
        else:
            os.replace(str(self.new), self.place)

    def _create(self, temporary: str) -> None:
        """Never over a file that another program creates at the same time, where the file system has hard links."""
        try:
            os.link(temporary, self.place)
        except FileExistsError:
            raise changed_meanwhile([self.edit.path]) from None
        except OSError:
            os.replace(temporary, self.place)

    def restore(self) -> None:
        """Only what this module has written: another program may have written again."""
        if not self.begun or read_file(self.place) != _encode(self.edit.after):
            return
        if self.aside:
            os.replace(self.aside, self.place)
        elif self.old:
            os.replace(self.old, self.place)
        else:
            os.unlink(self.place)

    def describe_state(self) -> str:
        """What is on the disk of what this run has written: one of `_STATES`."""
        if not self.begun:
            return _OLD
        try:
            found = read_file(self.place)
        except (OSError, FileError):
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
        self.root = os.path.realpath(root)
        self.steps: list[_Step] = []
        self.losses: list[str] = []
        self._temporaries: list[str] = []
        self._folders: list[str] = []

    def stage(self, edit: Edit) -> None:
        """Make the temporary files. Raises OSError."""
        if edit.before is not None and not os.path.exists(edit.target):
            raise changed_meanwhile([edit.path])
        folder, link = os.path.dirname(edit.target), os.path.join(self.root, edit.path)
        # Beside the target, a new file gets what its folder says of the group and ACL. A folder that is not there is
        # made as late as possible, so that a run that is killed leaves no empty one without a temporary file above it.
        beside = folder if os.path.isdir(folder) else os.path.dirname(folder)
        new, old, aside = None, None, None
        if edit.after is None:
            aside = self._reserve(self._choose_aside(os.path.dirname(link)))
        else:
            new, old = self._write(edit.after, edit, beside), self._write(edit.before, edit, beside)
        self.steps.append(_Step(edit, link, new, old, aside, lambda: self._make_folder(folder)))

    def _choose_aside(self, folder: str) -> str:
        """Above a folder that may become empty: what `sweep` finds last is there."""
        same = os.stat(folder).st_dev == os.stat(self.root).st_dev
        return self.root if same and os.access(self.root, os.W_OK | os.X_OK) else folder

    def _make_folder(self, folder: str) -> None:
        if not os.path.isdir(folder):
            os.mkdir(folder)
            self._folders.append(folder)

    def _reserve(self, folder: str) -> str:
        descriptor, temporary = tempfile.mkstemp(prefix=_PREFIX, suffix=_SUFFIX, dir=folder)
        self._temporaries.append(temporary)
        os.close(descriptor)
        return temporary

    def _write(self, text: str | None, edit: Edit, folder: str) -> str | None:
        if text is None:
            return None
        temporary = self._reserve(folder)
        with open(temporary, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        if edit.before is None:
            os.chmod(temporary, 0o666 & ~_read_umask())
        else:
            lost = copy_attributes(edit.target, temporary)
            if lost and text is edit.after:
                self.losses.append(f"{edit.path} is replaced and could not keep {', '.join(lost)}.")
        return temporary

    def roll_back(self) -> str:
        """Restore every file, go on where one fails, and say what is on the disk then."""
        failures = []
        for step in reversed(self.steps):
            try:
                step.restore()
            except (OSError, FileError) as error:
                failures.append(f"{step.edit.path}: {describe(error)}")
        leftovers = self.clean_up(self._folders)
        return " ".join([self._report(failures), *leftovers])

    def clean_up(self, folders: t.Sequence[str] = ()) -> list[str]:
        """Delete these folders and the temporary files; returns what to do about those that cannot be deleted."""
        left = []
        for path, delete in [*((one, os.rmdir) for one in folders), *((one, os.unlink) for one in self._temporaries)]:
            try:
                if os.path.lexists(path):
                    delete(path)
            except OSError as error:
                left.append(_leftover(os.path.relpath(path, self.root), error))
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
    except (OSError, FileError) as error:
        raise ProjectError(
            f"cannot be written: {describe(error)}", where=path, remedy="Remove the cause, then run again."
        ) from None


def _encode(text: str | None) -> bytes | None:
    return None if text is None else text.encode()


def _read_umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask
