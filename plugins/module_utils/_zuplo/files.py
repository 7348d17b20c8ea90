# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The text files of a Zuplo project: read once, and written only while they are what was read."""

from __future__ import annotations

import fnmatch
import os
import posixpath
import re
import typing as t
from dataclasses import dataclass

from .._errors import ProjectError
from .disk import FileError, describe, is_within, read_file
from .transaction import Edit, changed_meanwhile, sweep, write

_OF_A_PROJECT = {"zuplo.jsonc", "zuplo.json", "config"}
# Control characters, and bytes that are not UTF-8 as Python has them.
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True)
class Snapshot:
    """The files below a project's directory that match the patterns, as they were when they were read."""

    root: str
    patterns: tuple[str, ...]
    texts: t.Mapping[str, str]
    """Path below the directory -> text, just as it is."""
    links_outside: bool = False

    @classmethod
    def read(cls, project_dir: str, patterns: t.Sequence[str], *, links_outside: bool = False) -> Snapshot:
        """Raises ProjectError for a directory that is no Zuplo project, and for what cannot be read as UTF-8.

        A pattern is a folder and the name of a file, in which `*` stands for any letters, but no dot at the beginning.
        `links_outside` allows links that lead out of the project.
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
        root = _Root(project_dir, links_outside)
        found = sorted(path for pattern in patterns for path in root.list(pattern))
        texts = {path: root.read(path) for path in found}
        files = {path: text for path, text in texts.items() if text is not None}
        return cls(project_dir, tuple(patterns), files, links_outside)

    def compare(self, after: t.Mapping[str, str], *, first: str = "", last: str = "") -> list[Edit]:
        """The edits that make the files these, in this order but for two paths; files to delete come last."""
        root = _Root(self.root, self.links_outside)
        paths = [*after, *(path for path in self.texts if path not in after)]
        paths.sort(key=lambda path: (path != first, path == last))
        changed = [path for path in paths if self.texts.get(path) != after.get(path)]
        return [Edit(path, self.texts.get(path), after.get(path), root.resolve(path)) for path in changed]

    def check_writable(self, edits: t.Iterable[Edit]) -> list[str]:
        """Raise ProjectError for what can be known to be in the way of `apply`; returns warnings."""
        warnings = []
        for edit in edits:
            folder = os.path.dirname(edit.target)
            if not os.path.lexists(folder):
                folder = os.path.dirname(folder)
            problem = ""
            if os.path.lexists(edit.target) and not os.path.isfile(edit.target):
                problem = f"{edit.target} is not a file"
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
            if edit.before is not None and (count := os.stat(edit.target).st_nlink) > 1:
                # Written in place, a file would be half written where a run is killed.
                warnings.append(
                    f"{edit.path} has {count} hard links. Only this name changes: the others keep the old text."
                )
            if edit.after is None and os.path.islink(os.path.join(self.root, edit.path)):
                warnings.append(f"{edit.path} is a link. The link is deleted, and {edit.target} stays.")
        return warnings

    def apply(self, edits: t.Sequence[Edit]) -> list[str]:
        """Carry the edits out, all or none; returns warnings.

        Raises ProjectError, which says what is on the disk: where a file cannot be written, and where any file is no
        longer what was read, or is there only now.
        """
        return write(self.root, edits, self._refuse_changes) if edits else []

    def sweep(self) -> list[str]:
        """Delete what runs that were killed have left; returns warnings. The caller holds the lock."""
        base = os.path.realpath(self.root)
        folders = {posixpath.dirname(pattern) for pattern in self.patterns}
        targets = {os.path.dirname(os.path.realpath(os.path.join(self.root, path))) for path in self.texts}
        return sweep(self.root, sorted(folders), sorted(targets - {os.path.join(base, folder) for folder in folders}))

    def _refuse_changes(self) -> None:
        now = Snapshot.read(self.root, self.patterns, links_outside=self.links_outside).texts
        changed = [path for path in sorted({*now, *self.texts}) if now.get(path) != self.texts.get(path)]
        if changed:
            raise changed_meanwhile(changed)


class _Root:
    """A project's directory, to find files in."""

    def __init__(self, root: str, links_outside: bool) -> None:
        self._root, self._base, self._links_outside = root, os.path.realpath(root), links_outside

    def list(self, pattern: str) -> list[str]:
        """The paths that match. Raises ProjectError for a name that no message could show."""
        folder, name = posixpath.split(pattern)
        place = os.path.join(self._root, folder)
        if not os.path.lexists(place):
            return []
        self.resolve(folder)
        try:
            names = os.listdir(place)
        except OSError as error:
            raise _unreadable(folder, error) from None
        found = [one for one in names if fnmatch.fnmatchcase(one, name) and not one.startswith(".")]
        for one in found:
            if _UNPRINTABLE.search(one):
                raise ProjectError(
                    f"has a file whose name {one!a} is not UTF-8 or has control characters",
                    where=folder,
                    remedy="Rename it.",
                )
        return [posixpath.join(folder, one) for one in found]

    def resolve(self, path: str) -> str:
        """Where links lead. Raises ProjectError where that is nowhere, or outside and not allowed."""
        place = os.path.join(self._root, path)
        target = os.path.realpath(place)
        if not is_within(target, self._base) and not self._links_outside:
            raise ProjectError(
                f"is a link that leads out of the project, to {target}",
                where=path,
                remedy="Replace it by what it leads to, or set allow_links_outside to true.",
            )
        if os.path.lexists(place):
            try:
                os.stat(place)
            except FileNotFoundError:
                raise ProjectError(
                    f"is a link to {target}, which does not exist", where=path, remedy="Correct or delete the link."
                ) from None
            except OSError as error:
                raise _unreadable(path, error) from None
        return target

    def read(self, path: str) -> str | None:
        """None for a file that is gone by now."""
        try:
            found = read_file(self.resolve(path))
            return None if found is None else found.decode()
        except UnicodeDecodeError as error:
            raise ProjectError(
                f"is not UTF-8 at byte {error.start}", where=path, remedy="Save it in the encoding UTF-8."
            ) from None
        except FileError as error:
            raise ProjectError(f"cannot be read: it {error}", where=path, remedy="Remove it from there.") from None
        except OSError as error:
            raise _unreadable(path, error) from None


def _unreadable(path: str, error: OSError) -> ProjectError:
    denied = isinstance(error, PermissionError)
    remedy = "Let the user that the task runs as read it." if denied else "Remove the cause, then run again."
    return ProjectError(f"cannot be read: {describe(error)}", where=path, remedy=remedy)
