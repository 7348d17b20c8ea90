# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A tenant, playbooks against it, and an MCP server that trusts it. Each worker has its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.conftest import emulator, play, play_over, tenant, way
from tests.integration.harness import Tenant
from tests.mcp.server import McpServer

__all__ = ["emulator", "play", "play_over", "server", "tenant", "way"]


@pytest.fixture(scope="session")
def server(emulator: Tenant) -> Iterator[McpServer]:
    with McpServer(emulator.domain, emulator.ca_path) as server:
        yield server
