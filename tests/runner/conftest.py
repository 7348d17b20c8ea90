# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A tenant whose client secret is a canary, and the collection as people install it: built, not linked."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.integration.conftest import emulator
from tests.integration.harness import ROOT, Tenant
from tests.runner.canary import SECRET
from tests.runner.jobs import TOOLS, environment

__all__ = ["emulator"]

URL = "https://mcp.example.com/mcp"


@pytest.fixture(scope="session")
def tarball(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tarball")
    galaxy(folder, "build", str(ROOT), "--output-path", str(folder))
    (built,) = folder.glob("*.tar.gz")
    return built


@pytest.fixture(scope="session")
def collections(tarball: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of collections with this one, from its package."""
    folder = tmp_path_factory.mktemp("collections")
    galaxy(folder, "install", str(tarball), "--collections-path", str(folder))
    return folder


def galaxy(folder: Path, *args: str) -> None:
    command = [str(TOOLS / "ansible-galaxy"), "collection", *args]
    subprocess.run(command, env=environment(folder, folder), capture_output=True, check=True)


@pytest.fixture
def tenant(emulator: Tenant) -> Tenant:
    """A new tenant, whose application has the canary as its secret."""
    return with_canary(emulator)


def with_canary(tenant: Tenant) -> Tenant:
    tenant.call("POST", "/_emulator/reset")
    state = tenant.call("GET", "/_emulator/state")
    state["clients"][tenant.client_id]["client_secret"] = SECRET
    tenant.call("PUT", "/_emulator/state", state)
    tenant.client_secret = SECRET
    tenant.call("DELETE", "/_emulator/requests")
    return tenant


@pytest.fixture
def env(tmp_path: Path, collections: Path) -> dict[str, str]:
    """The environment of the commands of a test."""
    return environment(tmp_path / "home", collections)
