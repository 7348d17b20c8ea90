# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A tenant and a project that one playbook run has set up for each other, and the gateway of that project."""

from __future__ import annotations

import shutil
import time
import typing as t
from pathlib import Path

import pytest
import requests

from tests.gateway.gateway import Gateway, free_ports
from tests.gateway.install import MODULES, installed
from tests.gateway.opinion import Opinion
from tests.gateway.project import create
from tests.integration.conftest import emulator, player, tenant
from tests.integration.harness import Run, Tenant, task

__all__ = ["emulator", "tenant"]

PLAYBOOK = "mcp_ops.oauth.mcp_server"
OTHER = "https://another.example/api"
Edit = t.Callable[[Path], t.Any]


def pytest_report_header() -> str:
    return f"gateway: zuplo {installed('zuplo')}"


@pytest.fixture(scope="session", autouse=True)
def installation() -> t.Iterator[None]:
    """Tests that run side by side share the packages, so none may write to them, nor what it starts."""
    start = time.time()
    yield
    written = [str(path) for path in MODULES.rglob("*") if path.is_file() and path.stat().st_mtime > start]
    assert not written


class Site:
    """All that one playbook run has set up: tenant, project, port; `run` is that run, `state` the tenant after it."""

    def __init__(self, tenant: Tenant, folder: Path) -> None:
        self.tenant = tenant
        self.folder = folder
        self.port = free_ports()
        self.url = f"http://127.0.0.1:{self.port}/mcp"
        self.project = create(folder / "project")
        self.variables: dict[str, t.Any] = {
            "mcp_server_url": self.url,
            "mcp_zuplo_project_dir": str(self.project),
            "mcp_zuplo_operations": [{"id": "hello"}],
            "mcp_zuplo_attach_to_tools": True,
        }
        tenant.call("POST", "/_emulator/reset")
        self.play = player(tenant, folder, "default")
        self.run: Run = self.play(PLAYBOOK, **self.variables)
        assert self.run.rc == 0, self.run.output
        # With these, a check may ask for tokens of both APIs.
        tenant.api("POST", "resource-servers", {"identifier": OTHER})
        for audience in (self.url, OTHER):
            body = {"client_id": tenant.client_id, "audience": audience, "subject_type": "client", "scope": []}
            tenant.api("POST", "client-grants", body)
        self.state = tenant.call("GET", "/_emulator/state")
        self._count = 0

    def check(self, project: Path, url: str | None = None) -> dict[str, dict[str, str]]:
        """What a check finds that does not pass, by name: of project, gateway and tenant."""
        options: dict[str, t.Any] = {"project_dir": str(project), "other_audience": OTHER, "gateway_deployed": True}
        url = url or self.url
        step = self.play([task("mcp_oauth_check", "check", mcp_server_url=url, fail_on_findings=False, **options)])[
            "check"
        ]
        assert step.status == "ok", step.result
        return {one["name"]: one for one in step.result["findings"] if one["status"] in ("fail", "warn")}

    def token(self) -> str:
        """A token for the MCP server, of the application with which the check runs."""
        form = {"grant_type": "client_credentials", "audience": self.url}
        form |= {"client_id": self.tenant.client_id, "client_secret": self.tenant.client_secret}
        return str(self.tenant.call("POST", "/oauth/token", form)["access_token"])

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


@pytest.fixture(scope="session")
def opinion() -> t.Iterator[Opinion]:
    with Opinion() as opinion:
        yield opinion
