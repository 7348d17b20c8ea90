# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A tenant and a project that one playbook run has set up for each other, and the gateway of that project."""

from __future__ import annotations

import shutil
import typing as t
from pathlib import Path

import pytest
import requests

from tests.gateway.gateway import Gateway, free_ports
from tests.gateway.project import create
from tests.integration.conftest import _player, emulator
from tests.integration.harness import Run, Tenant, task

__all__ = ["emulator"]

PLAYBOOK = "mcp_ops.oauth.mcp_server"
Edit = t.Callable[[Path], t.Any]


class Site:
    """All that one playbook run has set up: tenant, project, port; `run` is that run, `state` the tenant after it."""

    def __init__(self, tenant: Tenant, folder: Path) -> None:
        self.tenant = tenant
        self.folder = folder
        self.port = free_ports()
        self.url = f"http://127.0.0.1:{self.port}/mcp"
        tenant.call("POST", "/_emulator/reset")
        play = _player(tenant, folder, "default")
        self.run: Run = play(PLAYBOOK, mcp_server_url=self.url)
        assert self.run.rc == 0, self.run.output
        self.state = tenant.call("GET", "/_emulator/state")
        self.project = create(folder / "project")
        self.step = task(
            "zuplo_mcp_oauth",
            "project",
            mcp_server_url=self.url,
            project_dir=str(self.project),
            operations=[{"id": "hello"}],
            attach_to_tools=True,
        )
        self.play = play
        assert play([self.step]).passed == ["project"]
        self._count = 0

    def restore(self) -> None:
        """The tenant as the run left it, without faults."""
        self.tenant.call("POST", "/_emulator/reset")
        self.tenant.call("PUT", "/_emulator/state", self.state)

    def copy(self, edit: Edit | None = None) -> Path:
        """A copy of the project, which `edit` has changed."""
        self._count += 1
        project = self.folder / f"project-{self._count}"
        shutil.copytree(self.project, project, symlinks=True, ignore=shutil.ignore_patterns(".zuplo", "dist"))
        if edit:
            edit(project)
        return project

    def gateway(self, edit: Edit | None = None) -> Gateway:
        """The gateway of such a copy, not started yet, on the site's port."""
        return Gateway(self.copy(edit), self.tenant.ca_path, self.port)


@pytest.fixture(scope="session")
def site(emulator: Tenant, tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(emulator, tmp_path_factory.mktemp("site"))


class Gateways:
    """Runs one gateway at a time: the one that the last test asked for serves the next that asks for the same."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._edit: Edit | None = None
        self._gateway: Gateway | None = None

    def open(self, edit: Edit | None = None) -> Gateway:
        if self._gateway is None or edit is not self._edit:
            self.close()
            self._gateway, self._edit = self._site.gateway(edit).__enter__(), edit
        return self._gateway

    def close(self) -> None:
        if self._gateway is not None:
            self._gateway.__exit__()
            self._gateway = None


@pytest.fixture(scope="session")
def gateways(site: Site) -> t.Iterator[Gateways]:
    gateways = Gateways(site)
    yield gateways
    gateways.close()


@pytest.fixture
def gateway(site: Site, gateways: Gateways) -> Gateway:
    """The gateway of the project as configured, with the tenant as the run left it."""
    site.restore()
    return gateways.open()


def initialize(url: str, token: str) -> int:
    """The status of the answer to an MCP client's first request with this access token."""
    client = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1.0.0"}}
    response = requests.post(
        url,
        json={"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": client},
        headers={"Authorization": f"Bearer {token}", "Accept": "application/json, text/event-stream"},
        timeout=10,
    )
    return response.status_code
