# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Every code block of the documents does what it says: a page is read from top to bottom by a reader with two tenants.

What this machine has is put in place of the tenants' domains and credentials, the URLs of the MCP servers and folders
below /srv (`placeholders.py`); in place of Galaxy, a server with the package of the checkout; in place of the project's
repository, a copy of the checkout. make says what it would do and does nothing (`reader.environment`).
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import typing as t
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.examples import presupposed
from tests.examples.blocks import RUNNABLE, Block, blocks, pages, read_page, unclear
from tests.examples.conftest import Serve
from tests.examples.galaxy import galaxy
from tests.examples.placeholders import Placeholders
from tests.examples.reader import Reader, environment, wants_checkout
from tests.integration.harness import ROOT, Tenant

REPOSITORY = "https://github.com/mcp-ops/oauth"
URL = "https://mcp.example.com/mcp"
INSTALL = "ansible-galaxy collection install"
# Blocks that are not run, of all pages but the one that has the steps to take in each MCP client.
MOST_NOT_RUN = 20
CLIENTS = "docs/clients.md"
PROJECT = re.compile(r"project_dir[\"']?\s*[:=]\s*[\"']?([^\s\"'#{}]+)")


def found(page: str) -> list[Block]:
    return blocks(page, read_page(page))


@pytest.mark.parametrize("page", pages())
def test_each_block_can_be_run_or_says_why_not(page: str) -> None:
    assert [f"{block}\n{problem}" for block in found(page) if (problem := unclear(block))] == []


def test_few_blocks_are_not_run() -> None:
    excused = [block for page in pages() if page != CLIENTS for block in found(page) if block.not_run]
    listed = "\n".join(f"{block.page}:{block.line}: {block.not_run}" for block in excused)
    print(listed)
    assert len(excused) <= MOST_NOT_RUN, listed


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with what git tracks or would track here."""
    folder = tmp_path_factory.mktemp("checkout") / "oauth.git"
    names = subprocess.check_output(["git", "ls-files", "-coz", "--exclude-standard"], cwd=ROOT, text=True).split("\0")
    for name in names:
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    author = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.com", "-c", "commit.gpgsign=false"]
    commands = (["init", "--quiet"], ["add", "--all"], [*author, "commit", "--quiet", "--message=A copy"])
    for command in commands:
        subprocess.run(["git", *command], cwd=folder, check=True)
    return folder


@pytest.fixture(scope="session")
def galaxy_url(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of a server with the package that the checkout makes."""
    folder = tmp_path_factory.mktemp("package")
    tool = str(Path(sys.executable).with_name("ansible-galaxy"))
    home = environment(folder / "home")
    subprocess.run([tool, "collection", "build", checkout], cwd=folder, env=home, check=True, stdout=subprocess.DEVNULL)
    (tarball,) = folder.glob("*.tar.gz")
    with galaxy(tarball) as url:
        yield url


@pytest.fixture(scope="session")
def installed(galaxy_url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the package is, for readers who have it from the page before."""
    folder = tmp_path_factory.mktemp("installed")
    tool = str(Path(sys.executable).with_name("ansible-galaxy"))
    where = (f"--server={galaxy_url}", f"--collections-path={folder}")
    command = [tool, "collection", "install", "mcp_ops.oauth", *where]
    subprocess.run(command, cwd=folder, env=environment(folder / "home"), check=True, stdout=subprocess.DEVNULL)
    return folder


def authorities(tenants: t.Iterable[Tenant], folder: Path) -> Path:
    path = folder / "authorities.pem"
    path.write_text("".join(Path(tenant.ca_path).read_text() for tenant in tenants))
    return path


def described(todo: list[Block]) -> presupposed.Presupposed:
    """What the page's examples presuppose, all together."""
    texts = [block.text for block in todo if block.language == "yaml" and block.not_run is None]
    return presupposed.read([yaml.load(text, Loader=yaml.BaseLoader) for text in texts])


def has_something_to_do(page: str) -> bool:
    return any(block.language in RUNNABLE and block.not_run is None for block in found(page))


@pytest.mark.parametrize("page", [page for page in pages() if has_something_to_do(page)])
def test_the_page_does_what_it_says(
    page: str,
    new_tenants: tuple[Tenant, Tenant],
    serve: Serve,
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> None:
    text, todo = read_page(page), found(page)
    needs = described(todo)
    for tenant in new_tenants:
        presupposed.make(tenant, needs)
    servers = serve(f"{text}\nmcp_server_url: {URL}", needs.operations)
    placeholders = Placeholders(new_tenants, servers, str(tmp_path))
    workspace = tmp_path / "workspace"
    if wants_checkout("\n".join(block.text for block in todo)):
        shutil.copytree(request.getfixturevalue("checkout"), workspace)
    workspace.mkdir(exist_ok=True)
    for project in set(PROJECT.findall(placeholders.fill(text))):
        presupposed.write_project(workspace / project, needs.operations)
    tenant = new_tenants[0]
    credentials = {
        "AUTH0_DOMAIN": tenant.domain,
        "AUTH0_CLIENT_ID": tenant.client_id,
        "AUTH0_CLIENT_SECRET": tenant.client_secret,
    }
    sets_tenant = re.search(r"AUTH0_DOMAIN=|auth0_domain: ", text)
    own = {"AUTH0_CA_PATH": str(authorities(new_tenants, tmp_path)), **({} if sets_tenant else credentials)}
    if INSTALL in text:
        own["ANSIBLE_GALAXY_SERVER"] = request.getfixturevalue("galaxy_url")
    else:
        own["ANSIBLE_COLLECTIONS_PATH"] = str(request.getfixturevalue("installed"))
    if REPOSITORY in text:
        copy = str(request.getfixturevalue("checkout")).removesuffix(".git")
        own |= {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": f"url.{copy}.insteadOf", "GIT_CONFIG_VALUE_0": REPOSITORY}
    (tmp_path / "home").mkdir()
    Reader(workspace, environment(tmp_path / "home", **own), credentials, servers[URL], placeholders.fill).read(todo)
