# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What may be in the place of a file, and what a file has besides its text."""

from __future__ import annotations

import fcntl
import json
import os
import re
import socket
import subprocess
import sys
import threading
import typing as t
from pathlib import Path

import pytest

from ansible_collections.mcp_ops.oauth.plugins.module_utils._errors import ProjectError
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo import disk, lock
from tests.unit.test_project_edit import PROJECTS
from tests.unit.zuplo_project import FRESH, OWN_RUNTIME, TOOLS
from tests.unit.zuplo_run import content, create, run

FILES = {**FRESH, "config/mcp.oas.json": '{"paths": {}}', "modules/zuplo.runtime.ts": OWN_RUNTIME}
PATHS = [*FILES, "modules/mcp-oauth.ts", "config/odd.oas.json"]


def make_socket(path: Path) -> None:
    # The name of a socket is short.
    folder = os.open(path.parent, os.O_DIRECTORY)
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(f"/proc/self/fd/{folder}/{path.name}")
    os.close(folder)


def make_large(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(disk.MAX_BYTES + 1)


def link_to_a_pipe(path: Path) -> None:
    os.mkfifo(path.parent.parent / "pipe")
    path.symlink_to("../pipe")


KINDS: dict[str, tuple[t.Callable[[Path], object], str]] = {
    "a pipe": (os.mkfifo, "cannot be read: it is a named pipe, no file"),
    "a link to a pipe": (
        link_to_a_pipe,
        "cannot be read: it is a named pipe, no file",
    ),
    "a socket": (make_socket, "cannot be read: it is a socket, no file"),
    "a link to a device": (lambda path: path.symlink_to("/dev/zero"), "cannot be read: it is a device, no file"),
    "a directory": (Path.mkdir, "cannot be read: it is a directory, no file"),
    "a link to nothing": (lambda path: path.symlink_to("nothing"), "is a link to .*/nothing, which does not exist"),
    "a link in a circle": (lambda path: path.symlink_to(path.name), "cannot be read: Too many levels of symbolic"),
    "a large file": (make_large, "cannot be read: it is larger than 64 MiB"),
    "no UTF-8": (lambda path: path.write_bytes(b"{}\xff"), "is not UTF-8 at byte 2"),
    "a null byte": (lambda path: path.write_bytes(b'{"a": "\0"}'), "Invalid control|was not written|edited safely"),
    "nested deeply": (
        lambda path: path.write_text("[" * 5000 + "]" * 5000),
        "nested too|was not written|edited safely",
    ),
}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_in_the_place_of_a_file_is_refused(tmp_path: Path, kind: str, path: str) -> None:
    root = create(tmp_path / "project", FILES)
    make, message = KINDS[kind]
    (root / path).unlink(missing_ok=True)
    make(root / path)
    before = sorted(root.rglob("*"))
    with pytest.raises(ProjectError, match=message) as refused:
        run(root, operations=TOOLS, allow_links_outside=True)
    assert refused.value.where == path
    assert refused.value.remedy
    assert sorted(root.rglob("*")) == before


@pytest.mark.parametrize("name", [b"a\xff.oas.json", b"a\n.oas.json", b"a\x1b[31m.oas.json"])
def test_a_name_that_no_message_could_show(tmp_path: Path, name: bytes) -> None:
    root = create(tmp_path / "project", FRESH)
    Path(os.fsdecode(os.fsencode(root / "config") + b"/" + name)).write_text("{}")
    with pytest.raises(ProjectError, match=r"has a file whose name 'a.*' is not UTF-8 or has control char") as refused:
        run(root, operations=TOOLS)
    assert str(refused.value).isprintable()


def test_a_hidden_file_is_none_of_the_project(tmp_path: Path) -> None:
    """Editors and macOS put such files beside those that they stand for."""
    root = create(tmp_path / "project", FRESH)
    (root / "config/.#routes.oas.json").symlink_to("user@host.1")
    (root / "config/._routes.oas.json").write_bytes(b"\0\xff")
    assert run(root, operations=TOOLS).changed


@pytest.mark.parametrize("folder", ["config", "modules"])
@pytest.mark.parametrize("what", [os.mkfifo, Path.touch, lambda path: path.symlink_to("nothing")])
def test_what_is_in_the_place_of_a_folder(tmp_path: Path, folder: str, what: t.Callable[[Path], object]) -> None:
    root = tmp_path / "project"
    root.mkdir()
    (root / "zuplo.jsonc").touch()
    what(root / folder)
    with pytest.raises(ProjectError, match=r"Not a directory|a link to") as refused:
        run(root, operations=TOOLS)
    assert refused.value.where == folder


def test_what_is_in_the_place_of_the_project(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", "none"):
        with pytest.raises(ProjectError, match="cannot be read"):
            run(tmp_path / name, operations=TOOLS)


@pytest.mark.parametrize("path", ["config/policies.json", "config", "modules"])
def test_a_link_out_of_the_project(tmp_path: Path, path: str) -> None:
    texts, _options = PROJECTS["others"]
    outside = create(tmp_path / "outside", texts)
    root = create(tmp_path / "project", texts)
    (root / path).rename(root / "away")
    (root / path).symlink_to(outside / path)
    before = content(root), content(outside)
    with pytest.raises(ProjectError, match=f"{path} is a link that leads out of the project, to {outside}") as refused:
        run(root)
    assert refused.value.where == path
    assert "allow_links_outside" in refused.value.remedy
    assert (content(root), content(outside)) == before
    assert run(root, allow_links_outside=True).changed
    assert content(outside) != before[1]
    assert (root / path).is_symlink()
    (outside / path if path != "config/policies.json" else outside / "config").joinpath(
        ".zuplo_mcp_oauth-x.tmp"
    ).touch()
    run(root, allow_links_outside=True, state="absent")
    assert (content(root), content(outside)) == before


def test_a_file_that_is_deleted_through_a_link(tmp_path: Path) -> None:
    root = create(tmp_path / "project", FRESH)
    run(root, operations=TOOLS)
    (root / "modules/mcp-oauth.ts").rename(root / "kept.ts")
    (root / "modules/mcp-oauth.ts").symlink_to("../kept.ts")
    result = run(root, state="absent")
    assert any(
        f"mcp-oauth.ts is a link. The link is deleted, and {root / 'kept.ts'} stays" in one for one in result.warnings
    )
    assert sorted(content(root)) == ["config", *FRESH, "kept.ts"]


def test_hard_links_are_named_beforehand(tmp_path: Path) -> None:
    root = create(tmp_path / "project", FRESH)
    os.link(root / "config/policies.json", tmp_path / "other")
    for check in (True, False):
        warnings = run(root, check=check, operations=TOOLS).warnings
        assert any("config/policies.json has 2 hard links. Only this name changes" in one for one in warnings)
    assert (tmp_path / "other").read_text() == FRESH["config/policies.json"]


def test_attributes_stay(tmp_path: Path) -> None:
    root = create(tmp_path / "project", FRESH)
    path = root / "config/policies.json"
    path.chmod(0o604)
    os.setxattr(path, "user.note", b"kept")
    result = run(root, operations=TOOLS)
    assert os.getxattr(path, "user.note") == b"kept"
    assert path.stat().st_mode & 0o777 == 0o604
    assert not any("could not keep" in one for one in result.warnings)


@pytest.mark.parametrize(
    ("name", "what"), [("setxattr", "its extended attribute user.note"), ("chown", "its owner or group")]
)
def test_an_attribute_that_is_lost_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, what: str
) -> None:
    root = create(tmp_path / "project", FRESH)
    path = root / "config/policies.json"
    os.setxattr(path, "user.note", b"lost")
    if os.geteuid() == 0:
        os.chown(path, 1, 1)
    elif name == "chown":
        pytest.skip("only root makes a file that another one owns")

    def refuse(*args: object) -> None:
        raise PermissionError(1, "not for a message")

    monkeypatch.setattr(disk.os, name, refuse)
    warnings = run(root, operations=TOOLS).warnings
    assert f"config/policies.json is replaced and could not keep {what}." in warnings


def test_an_acl_stays(tmp_path: Path) -> None:
    root = create(tmp_path / "project", FRESH)
    path = root / "config/policies.json"
    # Version 2; user::rw-, user:1:r--, group::r--, mask::r--, other::r--
    entries = [(1, 6, 2**32 - 1), (2, 4, 1), (4, 4, 2**32 - 1), (16, 4, 2**32 - 1), (32, 4, 2**32 - 1)]
    packed = b"".join(
        tag.to_bytes(2, "little") + perm.to_bytes(2, "little") + id.to_bytes(4, "little") for tag, perm, id in entries
    )
    acl = b"\x02\0\0\0" + packed
    try:
        os.setxattr(path, "system.posix_acl_access", acl)
    except OSError:
        pytest.skip("this file system has no ACLs")
    run(root, operations=TOOLS)
    assert os.getxattr(path, "system.posix_acl_access") == acl


def test_a_run_waits_for_another_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = create(tmp_path / "project", FRESH)
    holder = os.open(root, os.O_RDONLY)
    fcntl.flock(holder, fcntl.LOCK_EX)
    threading.Timer(0.3, lambda: os.close(holder)).start()
    assert run(root, operations=TOOLS).changed

    holder = os.open(root, os.O_RDONLY)
    fcntl.flock(holder, fcntl.LOCK_EX)
    monkeypatch.setattr(lock, "SECONDS", 0.1)
    with pytest.raises(ProjectError, match="has been locked by another run of zuplo_mcp_oauth for more than"):
        run(root, state="absent")
    os.close(holder)


def test_without_locks_no_temporary_file_is_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It could be that of another run."""
    root = create(tmp_path / "project", FRESH)
    (root / ".zuplo_mcp_oauth-x.tmp").touch()

    def refuse(*args: object) -> None:
        raise OSError(95, "not for a message")

    with monkeypatch.context() as patch:
        patch.setattr(lock.fcntl, "flock", refuse)
        assert run(root, operations=TOOLS).changed
    assert (root / ".zuplo_mcp_oauth-x.tmp").exists()
    run(root, check=True, operations=TOOLS)
    assert (root / ".zuplo_mcp_oauth-x.tmp").exists()
    assert not run(root, operations=TOOLS).changed
    assert not (root / ".zuplo_mcp_oauth-x.tmp").exists()


RUN = """
import json, sys
from pathlib import Path
sys.path[:0] = json.loads(sys.argv[1])
from tests.unit.zuplo_run import run
sys.stdin.read(1)
run(Path(sys.argv[2]), **json.loads(sys.argv[3]))
"""


def test_runs_at_once_lose_nothing(tmp_path: Path) -> None:
    """Four MCP servers are put into one project at the same time."""
    root = create(tmp_path / "project", FRESH)
    servers = [f"server-{number}" for number in range(4)]
    processes = []
    for name in servers:
        options = {"mcp_server_url": f"https://mcp.example.com/{name}", "policy_name": name, "operations": TOOLS}
        arguments = [sys.executable, "-c", RUN, json.dumps(sys.path), str(root), json.dumps(options)]
        processes.append(subprocess.Popen(arguments, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
    for process in processes:
        t.cast("t.TextIO", process.stdin).write("x")
        t.cast("t.TextIO", process.stdin).flush()
    for process in processes:
        assert process.communicate()[1] == ""
    policies = json.loads((root / "config/policies.json").read_text())["policies"]
    assert sorted(one["name"] for one in policies) == servers
    assert len(json.loads((root / "config/mcp.oas.json").read_text())["paths"]) == 4
    for name in servers:
        run(root, state="absent", policy_name=name)
    assert content(root) == content(create(tmp_path / "original", FRESH))


def test_the_names_of_temporary_files_are_documented() -> None:
    source = Path(__file__).resolve().parents[2] / "plugins/modules/zuplo_mcp_oauth.py"
    assert re.search(r"\.zuplo_mcp_oauth-\*\.tmp", source.read_text())
