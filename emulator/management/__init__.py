# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The Management API: one module a resource, each with a tuple OPERATIONS."""

from __future__ import annotations

from starlette.routing import Route

from ..tenant import Tenant
from . import (
    actions,
    cimd,
    client_credentials,
    client_grants,
    clients,
    connections,
    resource_servers,
    roles,
    tenant_settings,
)
from .operation import Operation

OPERATIONS: tuple[Operation, ...] = (
    *resource_servers.OPERATIONS,
    *tenant_settings.OPERATIONS,
    *connections.OPERATIONS,
    *client_grants.OPERATIONS,
    *roles.OPERATIONS,
    *clients.OPERATIONS,
    *client_credentials.OPERATIONS,
    *cimd.OPERATIONS,
    *actions.OPERATIONS,
)


def routes(tenant: Tenant) -> list[Route]:
    return [operation.route(tenant) for operation in OPERATIONS]
