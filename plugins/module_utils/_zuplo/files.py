# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The text files of a Zuplo project: read once, and written only while they are what was read."""

from __future__ import annotations

import contextlib
import fnmatch
import os
import posixpath
import stat
import typing as t
from dataclasses import dataclass

from .._errors import ProjectError
from .transaction import Edit, changed_meanwhile, describe, read_file, write

_OF_A_PROJECT = {"zuplo.jsonc", "zuplo.json", "config"}


@dataclass(frozen=True)
class Snapshot:
    """The files below a project's directory that match the patterns, as they were when they were read."""

    root: str
    patterns: tuple[str, ...]
    texts: t.Mapping[str, str]
    """Path below the directory -> text, just as it is."""

    @classmethod
    def read(cls, project_dir: str, patterns: t.Sequence[str]) -> Snapshot:
        """Raises ProjectError for a directory that is no Zuplo project, and for a file that cannot be read as UTF-8.

        A pattern is a folder and the name of a file, in which `*` stands for any letters.
        """
        where = f"project_dir {project_dir!r}"
        try:
            names = set(os.listdir(project_dir))
        except OSError as error:
            raise ProjectError(
                f"cannot be read: {describe(error)}",
                where=where,
                remedy="It must be the directory of the Zuplo project on the host where the task runs.",
            ) from None
        if not names & _OF_A_PROJECT:
            raise ProjectError(
                "is no Zuplo project: it has no zuplo.jsonc and no config directory",
                where=where,
                remedy="It must be the directory of the Zuplo project on the host where the task runs.",
            )
        found = sorted(path for pattern in patterns for path in _list(project_dir, pattern))
        texts = {path: _read_text(project_dir, path) for path in found}
        return cls(project_dir, tuple(patterns), {path: text for path, text in texts.items() if text is not None})

    def compare(self, after: t.Mapping[str, str]) -> list[Edit]:
        """The edits that make the files these, in this order; files to delete come last."""
        paths = [*after, *(path for path in self.texts if path not in after)]
        edits = [Edit(path, self.texts.get(path), after.get(path)) for path in paths]
        return [edit for edit in edits if edit.before != edit.after]

    def check_writable(self, edits: t.Iterable[Edit]) -> None:
        """Raise ProjectError for what can be known to be in the way of `apply`."""
        for edit in edits:
            target = os.path.realpath(os.path.join(self.root, edit.path))
            folder = os.path.dirname(target)
            if not os.path.lexists(folder):
                folder = os.path.dirname(folder)
            problem = ""
            if os.path.lexists(target) and not os.path.isfile(target):
                problem = f"{target} is not a file"
            elif not os.path.isdir(folder):
                problem = f"{folder} is not a directory"
            elif not os.access(folder, os.W_OK | os.X_OK):
                problem = f"{folder} is not writable"
            if problem:
                raise ProjectError(
                    f"cannot be written: {problem}",
                    where=edit.path,
                    remedy="Nothing has been written. Remove the cause, then run again.",
                )

    def apply(self, edits: t.Sequence[Edit]) -> list[str]:
        """Carry the edits out, all or none; returns warnings.

        Raises ProjectError, which says what is on the disk: where a file cannot be written, and where any file is no
        longer what was read, or is there only now.
        """
        warnings = write(self.root, edits, self._refuse_changes) if edits else []
        for folder in {posixpath.dirname(edit.path) for edit in edits if edit.after is None} - {""}:
            with contextlib.suppress(OSError):
                os.rmdir(os.path.join(self.root, folder))  # only where nothing else is in it
        return warnings

    def _refuse_changes(self) -> None:
        now = Snapshot.read(self.root, self.patterns).texts
        changed = [path for path in sorted({*now, *self.texts}) if now.get(path) != self.texts.get(path)]
        if changed:
            raise changed_meanwhile(changed)


def _list(root: str, pattern: str) -> list[str]:
    folder, name = posixpath.split(pattern)
    try:
        names = os.listdir(os.path.join(root, folder))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise _unreadable(folder, error) from None
    paths = [posixpath.join(folder, one) for one in names if fnmatch.fnmatchcase(one, name)]
    return [path for path in paths if _is_file(root, path)]


def _is_file(root: str, path: str) -> bool:
    try:
        return stat.S_ISREG(os.stat(os.path.join(root, path)).st_mode)
    except FileNotFoundError:  # a link to nowhere
        return False
    except OSError as error:
        raise _unreadable(path, error) from None


def _read_text(root: str, path: str) -> str | None:
    """None for a file that is gone by now."""
    try:
        found = read_file(os.path.join(root, path))
        return None if found is None else found.decode()
    except UnicodeDecodeError as error:
        raise ProjectError(
            f"is not UTF-8 at byte {error.start}", where=path, remedy="Save it in the encoding UTF-8."
        ) from None
    except OSError as error:
        raise _unreadable(path, error) from None


def _unreadable(path: str, error: OSError) -> ProjectError:
    return ProjectError(
        f"cannot be read: {describe(error)}", where=path, remedy="Let the user that the task runs as read it."
    )
