# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Files change all or none."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

import pytest

from ansible_collections.mcp_ops.oauth.plugins.module_utils import _files as files


def tree(root: Path) -> dict[str, str]:
    return {path.relative_to(root).as_posix(): path.read_text() for path in sorted(root.rglob("*")) if path.is_file()}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "b.txt").write_text("b")
    (tmp_path / "d").mkdir()
    (tmp_path / "d/gone.txt").write_text("gone")
    return tmp_path


CHANGES = {"a.txt": "A", "b.txt": "B", "new/c.txt": "C"}


def changes(root: Path) -> list[files.Edit]:
    return list(files.edits(files.read(root, ["*.txt", "d/*.txt"]), CHANGES))


def test_all(root: Path) -> None:
    (root / "a.txt").chmod(0o600)
    files.write(root, changes(root))
    assert tree(root) == CHANGES
    assert (root / "a.txt").stat().st_mode & 0o777 == 0o600
    assert not (root / "d").exists()
    assert files.edits(files.read(root, ["*.txt", "new/*"]), CHANGES) == []


@pytest.mark.parametrize("what", ["fsync", "replace"])
@pytest.mark.parametrize("number", range(len(CHANGES)))
def test_none(root: Path, monkeypatch: pytest.MonkeyPatch, what: str, number: int) -> None:
    before, planned = tree(root), changes(root)
    calls = iter(range(100))
    real = getattr(os, what)

    def fail_once(*args: t.Any) -> None:
        if next(calls) == number:
            raise OSError(28, "No space left on device", "file")
        real(*args)

    monkeypatch.setattr(os, what, fail_once)
    with pytest.raises(OSError, match="No space"):
        files.write(root, planned)
    assert tree(root) == before
    assert not (root / "new").exists()


def test_what_is_in_the_way_is_found_beforehand(root: Path) -> None:
    files.check_writable(root, changes(root))
    (root / "new").write_text("")
    with pytest.raises(ValueError, match=r"new is no directory, so new/c\.txt cannot be written"):
        files.check_writable(root, changes(root))
    with pytest.raises(ValueError, match="d is a directory"):
        files.check_writable(root, [files.Edit("d", None, "text")])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can own what others own")
def test_an_owner_stays(root: Path) -> None:
    os.chown(root / "a.txt", 1, 2)
    files.write(root, changes(root))
    found = (root / "a.txt").stat()
    assert (found.st_uid, found.st_gid) == (1, 2)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_that_cannot_be_written_to(root: Path) -> None:
    (root / "d").chmod(0o500)
    with pytest.raises(ValueError, match="d cannot be written to"):
        files.check_writable(root, [files.Edit("d/new.txt", None, "text")])
    (root / "d").chmod(0o700)


def test_a_link_to_a_directory_stays(root: Path) -> None:
    (root / "link").symlink_to("d")
    files.write(root, [files.Edit("link/gone.txt", "gone", None)])
    assert (root / "d").is_dir()
    assert (root / "link").is_dir()


def test_a_link_stays_a_link(root: Path) -> None:
    (root / "link.txt").symlink_to("a.txt")
    files.write(root, [files.Edit("link.txt", "a", "A")])
    assert (root / "link.txt").is_symlink()
    assert (root / "a.txt").read_text() == "A"


def test_what_is_not_text(root: Path) -> None:
    (root / "a.txt").write_bytes(b"\xff")
    with pytest.raises(ValueError, match=r"a\.txt is not UTF-8"):
        files.read(root, ["*.txt"])
