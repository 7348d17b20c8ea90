# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The text files of a Zuplo project: read by pattern, written all or none."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import typing as t
from dataclasses import dataclass
from pathlib import Path

from .._errors import ProjectError


@dataclass(frozen=True)
class Edit:
    """One file's change: its path below the directory, and its text; None where there is no file."""

    path: str
    before: str | None
    after: str | None


def project(path: str) -> Path:
    """The directory of a project; raises `ProjectError` for any other."""
    root = Path(path)
    if not any((root / name).exists() for name in ("zuplo.jsonc", "zuplo.json", "config")):
        raise ProjectError(
            f"project_dir {path!r} is no Zuplo project: it has no zuplo.jsonc and no config directory. It must be the "
            "directory of the project on the host where the task runs."
        )
    return root


def read(root: Path, patterns: t.Iterable[str]) -> dict[str, str]:
    """Path below the directory -> text, just as it is. Raises `ProjectError` for a file that cannot be read as UTF-8."""
    found = {}
    for path in sorted(path for pattern in patterns for path in root.glob(pattern) if path.is_file()):
        name = path.relative_to(root).as_posix()
        try:
            found[name] = path.read_bytes().decode()
        except UnicodeDecodeError as error:
            raise ProjectError(f"{path} is not UTF-8: {error.reason} at byte {error.start}.") from None
        except OSError as error:
            raise ProjectError(f"{path}: {error.strerror}.") from None
    return found


def edits(before: t.Mapping[str, str], after: t.Mapping[str, str]) -> list[Edit]:
    """What differs, in the order of `after`; files that go come last."""
    names = [*after, *(name for name in before if name not in after)]
    return [Edit(name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)]


def check_writable(root: Path, changes: t.Iterable[Edit]) -> None:
    """Raise `ProjectError` for what can be known to be in the way of `write`."""
    for change in changes:
        target = _target(root, change)
        folder = target.parent if target.parent.exists() else target.parent.parent
        problem = ""
        if target.is_dir():
            problem = f"{target} is a directory"
        elif not folder.is_dir():
            problem = f"{folder} is no directory"
        elif not os.access(folder, os.W_OK | os.X_OK):
            problem = f"{folder} cannot be written to"
        if problem:
            raise ProjectError(f"{problem}, so {change.path} cannot be written. Nothing has been written.")


def write(root: Path, changes: t.Sequence[Edit]) -> None:
    """Carry the edits out, in order. Each file is replaced at once, and where one fails, all are as they were before.

    Raises `OSError` after that. Links are followed, and modes stay.
    """
    with contextlib.ExitStack() as undo:
        staged = [(change, _stage(root, change, undo)) for change in changes]
        for change, temporary in staged:
            target = _target(root, change)
            if temporary:
                os.replace(temporary, target)
            else:
                target.unlink()
            undo.callback(_restore, root, change)
        undo.pop_all()
    for folder in {(root / change.path).parent for change in changes if change.after is None}:
        with contextlib.suppress(OSError):
            folder.rmdir()  # only where nothing else is in it


def _target(root: Path, change: Edit) -> Path:
    return Path(os.path.realpath(root / change.path))


def _stage(root: Path, change: Edit, undo: contextlib.ExitStack) -> Path | None:
    """Write the new text beside its target, on the disk for good."""
    if change.after is None:
        return None
    target = _target(root, change)
    if not target.parent.exists():
        target.parent.mkdir()
        undo.callback(target.parent.rmdir)
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    temporary = Path(name)
    undo.callback(_discard, temporary)
    with open(descriptor, "wb") as file:
        file.write(change.after.encode())
        file.flush()
        os.fsync(file.fileno())
    if target.exists():
        shutil.copymode(target, temporary)
        if os.geteuid() == 0:
            os.chown(temporary, target.stat().st_uid, target.stat().st_gid)
    else:
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
    return temporary


def _discard(temporary: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        temporary.unlink()


def _restore(root: Path, change: Edit) -> None:
    target = _target(root, change)
    if change.before is None:
        target.unlink()
        return
    with contextlib.ExitStack() as undo:
        temporary = _stage(root, Edit(change.path, None, change.before), undo)
        os.replace(t.cast("Path", temporary), target)
