# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Two tenants, and real MCP servers in the place of those that documents name."""

from __future__ import annotations

import contextlib
import typing as t
from collections.abc import Iterator, Mapping

import pytest

from tests.examples.placeholders import mcp_servers
from tests.integration.harness import Tenant
from tests.mcp.server import McpServer

Serve = t.Callable[[str, t.Iterable[str]], Mapping[str, str]]


@pytest.fixture(scope="session")
def tenants() -> Iterator[tuple[Tenant, Tenant]]:
    both = (Tenant(), Tenant())
    yield both
    for tenant in both:
        tenant.close()


@pytest.fixture
def new_tenants(tenants: tuple[Tenant, Tenant]) -> tuple[Tenant, Tenant]:
    for tenant in tenants:
        tenant.call("POST", "/_emulator/reset")
    return tenants


@pytest.fixture
def serve(tenants: tuple[Tenant, Tenant]) -> Iterator[Serve]:
    """Serves the MCP servers that a text names, with these tools: their URLs, and those of the real ones.

    One whose URL has `staging` in it trusts the second tenant.
    """
    with contextlib.ExitStack() as stack:

        def start(text: str, tools: t.Iterable[str]) -> Mapping[str, str]:
            made = {}
            for url in sorted(mcp_servers(text)):
                tenant = tenants["staging" in url]
                made[url] = stack.enter_context(McpServer(tenant.domain, tenant.ca_path, tools)).url
            return made

        yield start
