# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A tenant and a project that one playbook run has set up for each other, and the gateway of that project."""

from __future__ import annotations

import shutil
import typing as t
from pathlib import Path

import pytest

from tests.gateway.gateway import Gateway, free_ports
from tests.gateway.project import configure, create
from tests.integration.conftest import _player, emulator
from tests.integration.harness import Run, Tenant

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
        self.run: Run = _player(tenant, folder, "default")(PLAYBOOK, mcp_server_url=self.url)
        assert self.run.rc == 0, self.run.output
        self.config = dict(self.run["Emit the facts for the gateway"].result["ansible_facts"]["zuplo_mcp_oauth"])
        self.state = tenant.call("GET", "/_emulator/state")
        self.project = create(folder / "project")
        configure(self.project, self.config)
        self._count = 0

    def restore(self) -> None:
        """The tenant as the run left it."""
        self.tenant.call("PUT", "/_emulator/state", self.state)

    def gateway(self, edit: Edit | None = None) -> Gateway:
        """The gateway of a copy of the project that `edit` has changed, not started yet, on the site's port."""
        self._count += 1
        project = self.folder / f"project-{self._count}"
        shutil.copytree(self.project, project, symlinks=True, ignore=shutil.ignore_patterns(".zuplo", "dist"))
        if edit:
            edit(project)
        return Gateway(project, self.tenant.ca_path, self.port)


@pytest.fixture(scope="session")
def site(emulator: Tenant, tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(emulator, tmp_path_factory.mktemp("site"))


class Shop:
    """Runs at most one gateway: the one that the last test asked for stays for the next that asks for the same."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._edit: t.Any = None
        self._gateway: Gateway | None = None

    def open(self, edit: Edit | None = None) -> Gateway:
        key = edit and (getattr(edit, "func", edit), str(getattr(edit, "args", "")), str(getattr(edit, "keywords", "")))
        if self._gateway is None or key != self._edit:
            self.close()
            self._gateway, self._edit = self._site.gateway(edit).__enter__(), key
        return self._gateway

    def close(self) -> None:
        if self._gateway is not None:
            self._gateway.__exit__()
            self._gateway = None


@pytest.fixture(scope="session")
def shop(site: Site) -> t.Iterator[Shop]:
    shop = Shop(site)
    yield shop
    shop.close()


@pytest.fixture
def gateway(site: Site, shop: Shop) -> Gateway:
    """The gateway of the project as configured, with the tenant as the run left it."""
    site.restore()
    return shop.open()
