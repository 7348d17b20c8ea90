# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What people install: its files, and that it works on the ansible-core of this environment."""

from __future__ import annotations

import re
import sys
import tarfile
from functools import partial
from pathlib import Path

import pytest

from tests.package.conftest import ROOT, TOOLS, run, tracked

# All that belongs into the package. A new kind of file is a new row.
BELONGS = re.compile(
    r"""
      (CHANGELOG|README|SECURITY)\.md | LICENSE | \.ansible-lint
    | changelogs/(changelog|config)\.yaml | changelogs/fragments/[\w-]+\.yml
    | docs/[\w-]+\.md | docs/docsite/links\.yml | docs/images/[\w-]+\.(png|svg)
    | extensions/audit/event_query\.yml | extensions/awx/credential_type\.yml
    | meta/(execution-environment|runtime)\.yml
    | playbooks/\w+\.yml
    | plugins/([\w]+/)+\w+\.py
    | requirements/modules\.txt
    | roles/mcp_server/README\.md | roles/mcp_server/\w+/\w+\.yml
    | tests/config\.yml
    """,
    re.VERBOSE,
)
MADE = {"MANIFEST.json", "FILES.json"}
MOST_BYTES = 500_000
LINK = re.compile(r"\]\(([^)\s]+)\)")
MAKE = re.compile(r"^make |`make ", re.MULTILINE)
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def unpacked(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    run("/bin/tar", "xzf", package, cwd=folder)
    return folder


def test_it_has_the_files_that_belong_into_it_and_no_other(package: Path) -> None:
    with tarfile.open(package) as tar:
        members = tar.getmembers()
    assert {one.name for one in members if not one.isdir()} - MADE == {
        one for one in tracked() if BELONGS.fullmatch(one)
    }
    assert not [one.name for one in members if one.issym() or one.islnk()]
    assert {one.name.split("/")[0] for one in members if one.isdir()} == {
        *("changelogs", "docs", "extensions", "meta", "playbooks", "plugins", "requirements", "roles", "tests")
    }


def test_it_is_small(package: Path) -> None:
    assert package.stat().st_size < MOST_BYTES


def test_links_lead_to_files_of_the_package(unpacked: Path) -> None:
    pages = list(unpacked.rglob("*.md"))
    assert {unpacked / "README.md", unpacked / "roles/mcp_server/README.md"} < set(pages)
    links = [(page, link.partition("#")[0]) for page in pages for link in LINK.findall(page.read_text())]
    relative = [(page, link) for page, link in links if link and not re.match(r"https?://", link)]
    assert relative
    assert not [
        f"{page.relative_to(unpacked)}: {link}"
        for page, link in relative
        if not (page.parent / link).resolve().is_file()
    ]


def test_commands_of_the_makefile_are_said_to_need_a_checkout(unpacked: Path) -> None:
    sections = [
        (page, section)
        for page in unpacked.rglob("*.md")
        for section in re.split(r"^## ", page.read_text(), flags=re.MULTILINE)
    ]
    named = [(page, section) for page, section in sections if MAKE.search(section)]
    assert named
    assert not [f"{page.relative_to(unpacked)}: {text[:60]}" for page, text in named if "checkout" not in text]


def test_it_works_where_it_is_installed(package: Path, tmp_path: Path) -> None:
    here = partial(run, cwd=tmp_path, ANSIBLE_COLLECTIONS_PATH=str(tmp_path), ANSIBLE_LOCALHOST_WARNING="false")
    here(TOOLS / "ansible-galaxy", "collection", "install", package, "-p", tmp_path)

    options = "issuer_domain=tenant.eu.auth0.com mcp_server_url=https://mcp.example.com/mcp"
    python = f"ansible_python_interpreter={sys.executable}"
    module = ("-m", "mcp_ops.oauth.zuplo_mcp_oauth", "-a", options, "-e", python)
    for way in ("true", "false"):
        told = here(TOOLS / "ansible", "localhost", *module, "-e", f"mcp_ops_in_process={way}")
        assert "localhost | SUCCESS" in told
        assert '"audience": "https://mcp.example.com/mcp"' in told

    assert "MCP_OPS.OAUTH.AUTH0_ROLE" in here(TOOLS / "ansible-doc", "mcp_ops.oauth.auth0_role").upper()
    assert "mcp_server_url" in here(TOOLS / "ansible-doc", "--type", "role", "mcp_ops.oauth.mcp_server")

    examples = dict(BLOCK.findall((ROOT / "roles/mcp_server/README.md").read_text()))
    (tmp_path / "site.yml").write_text(examples["yaml"])
    playbooks = ("mcp_ops.oauth.mcp_server", "mcp_ops.oauth.mcp_server_absent", "site.yml")
    here(TOOLS / "ansible-playbook", *playbooks, "--syntax-check")
