# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A project is read once, and written only while it is what was read."""

from __future__ import annotations

import os
import shutil
import tempfile
import typing as t
from pathlib import Path

import pytest

from ansible_collections.mcp_ops.oauth.plugins.module_utils._errors import ProjectError
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo import transaction
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.files import Snapshot
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.transaction import Edit
from tests.unit.zuplo_files import AFTER, BEFORE, PATTERNS, create, snapshot, tree


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return create(tmp_path / "project")


def apply(read: Snapshot) -> list[str]:
    return list(read.apply(read.compare(AFTER)))


def test_all(root: Path) -> None:
    (root / "config/a.json").chmod(0o600)
    assert apply(snapshot(root)) == []
    assert tree(root) == AFTER
    assert (root / "config/a.json").stat().st_mode & 0o777 == 0o600
    umask = os.umask(0)
    os.umask(umask)
    assert (root / "modules/new.ts").stat().st_mode & 0o777 == 0o666 & ~umask
    assert not (root / "old").exists()
    assert snapshot(root).compare(AFTER) == []


def test_a_folder_with_other_files_stays(root: Path) -> None:
    (root / "old/other.txt").write_text("other")
    apply(snapshot(root))
    assert tree(root) == {**AFTER, "old/other.txt": "other"}


def write(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text("another program's")


MEANWHILE: dict[str, tuple[str, t.Callable[[Path], None]]] = {
    "changed": ("config/b.json", write),
    "created": ("modules/new.ts", write),
    "deleted": ("config/b.json", Path.unlink),
    "deleted, as planned": ("old/gone.ts", Path.unlink),
    "changed, and not in the plan": ("config/same.json", write),
    "created, and not in the plan": ("config/new.json", write),
}


@pytest.mark.parametrize("what", MEANWHILE)
def test_a_file_that_another_program_writes_before_the_first_replacement(root: Path, what: str) -> None:
    path, act = MEANWHILE[what]
    read = snapshot(root)
    act(root / path)
    before = tree(root)
    with pytest.raises(ProjectError, match=r"changed on the disk after .* had read the project") as refused:
        apply(read)
    assert refused.value.where == path
    assert "This run has changed no file of the project. Run again" in refused.value.remedy
    assert tree(root) == before


@pytest.mark.parametrize("what", ["changed", "created", "deleted", "deleted, as planned"])
def test_a_file_that_another_program_writes_after_the_first_replacement(
    root: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    path, act = MEANWHILE[what]
    read, before = snapshot(root), tree(root)
    real = os.replace

    def replace(source: str, target: str) -> None:
        real(source, target)
        monkeypatch.setattr(transaction.os, "replace", real)
        act(root / path)

    monkeypatch.setattr(transaction.os, "replace", replace)
    with pytest.raises(ProjectError, match="changed on the disk") as refused:
        apply(read)
    assert refused.value.where == path
    assert "This run has changed no file of the project." in refused.value.remedy
    now = {name: text for name, text in tree(root).items() if name != path}
    assert now == {name: text for name, text in before.items() if name != path}
    assert tree(root).get(path) == ("another program's" if act is write else None)


def test_what_another_program_writes_again_is_not_restored(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read, real = snapshot(root), os.replace
    targets = []

    def replace(source: str, target: str) -> None:
        targets.append(target)
        if len(targets) == 2:
            write(Path(targets[0]))
            raise OSError(28, "not for a message")
        real(source, target)

    monkeypatch.setattr(transaction.os, "replace", replace)
    with pytest.raises(ProjectError) as refused:
        apply(read)
    assert str(refused.value) == (
        "config/b.json cannot be written: No space left on device. Not every file could be restored. Unchanged: "
        "config/b.json, modules/new.ts, old/gone.ts. Changed again by another program: config/a.json. Restore the "
        "project from version control. Remove the cause, then run again."
    )
    assert tree(root) == {**BEFORE, "config/a.json": "another program's"}


def test_an_interrupt_leaves_every_file_as_it_was(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read, real = snapshot(root), os.replace

    def interrupt(source: str, target: str) -> None:
        if target.endswith("b.json"):
            raise KeyboardInterrupt
        real(source, target)

    monkeypatch.setattr(transaction.os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        apply(read)
    assert tree(root) == BEFORE
    assert not (root / "modules").exists()


def test_what_is_in_the_way_is_found_beforehand(root: Path) -> None:
    read = snapshot(root)
    edits = read.compare(AFTER)
    assert read.check_writable(edits) == []
    (root / "modules").write_text("")
    with pytest.raises(ProjectError, match=r"cannot be written: .*/modules is not a directory") as refused:
        read.check_writable(edits)
    assert refused.value.where == "modules/new.ts"
    with pytest.raises(ProjectError, match="modules cannot be read: Not a directory"):
        snapshot(root)
    with pytest.raises(ProjectError, match=r"cannot be written: .*/config is not a file"):
        read.check_writable([Edit("config", None, "text", str(root / "config"))])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can own what others own")
def test_an_owner_stays(root: Path) -> None:
    os.chown(root / "config/a.json", 1, 2)
    apply(snapshot(root))
    found = (root / "config/a.json").stat()
    assert (found.st_uid, found.st_gid) == (1, 2)


@pytest.fixture
def unprivileged() -> t.Iterator[Path]:
    """A project of a user who may not do everything: root becomes one."""
    folder = Path(tempfile.mkdtemp())
    root = create(folder / "project")
    privileged = os.geteuid() == 0
    if privileged:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, 65534, 65534)
        os.setresuid(65534, 65534, 0)
    yield root
    if privileged:
        os.setresuid(0, 0, 0)
    shutil.rmtree(folder)


def test_a_directory_without_permissions(unprivileged: Path) -> None:
    old = unprivileged / "old"
    old.chmod(0o500)
    with pytest.raises(ProjectError, match="old is not writable"):
        snapshot(unprivileged).check_writable([Edit("old/new.ts", None, "text", str(old / "new.ts"))])
    old.chmod(0o000)
    with pytest.raises(ProjectError, match="old cannot be read: Permission denied"):
        snapshot(unprivileged)
    old.chmod(0o600)
    with pytest.raises(ProjectError, match=r"old/gone\.ts cannot be read: Permission denied"):
        snapshot(unprivileged)
    old.chmod(0o700)
    (old / "gone.ts").chmod(0o000)
    with pytest.raises(ProjectError, match=r"old/gone\.ts cannot be read: Permission denied"):
        snapshot(unprivileged)


def test_a_link_to_a_directory_stays(root: Path) -> None:
    (root / "old").rename(root / "real")
    (root / "old").symlink_to("real")
    apply(snapshot(root))
    assert (root / "old").is_dir()
    assert not any((root / "real").iterdir())


def test_a_link_stays_a_link(root: Path) -> None:
    (root / "config/a.json").rename(root / "a")
    (root / "config/a.json").symlink_to("../a")
    apply(snapshot(root))
    assert (root / "config/a.json").is_symlink()
    assert (root / "a").read_text() == AFTER["config/a.json"]


def test_every_byte_is_read(root: Path) -> None:
    (root / "config/a.json").write_bytes(b"\xef\xbb\xbf{\r\n\r}\n")
    assert snapshot(root).texts["config/a.json"].encode() == b"\xef\xbb\xbf{\r\n\r}\n"


def test_what_cannot_be_read(root: Path) -> None:
    (root / "config/a.json").write_bytes(b"a\xff")
    with pytest.raises(ProjectError, match=r"config/a\.json is not UTF-8 at byte 1\."):
        snapshot(root)
    (root / "config/a.json").unlink()
    (root / "config/a.json").symlink_to("a.json")
    with pytest.raises(ProjectError, match=r"config/a\.json cannot be read: Too many levels of symbolic links"):
        snapshot(root)


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("none", "cannot be read: No such file or directory"),
        ("file", "cannot be read: Not a directory"),
        ("empty", "is no Zuplo project"),
    ],
)
def test_what_is_no_project(tmp_path: Path, name: str, what: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    with pytest.raises(ProjectError, match=what) as refused:
        Snapshot.read(str(tmp_path / name), PATTERNS)
    assert refused.value.where == f"project_dir '{tmp_path / name}'"
    assert refused.value.remedy
