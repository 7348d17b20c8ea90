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
    groups,
    hooks,
    logs,
    mfa_policies,
    network_acls,
    organization_connections,
    organization_members,
    organizations,
    prompts,
    resource_servers,
    roles,
    rules,
    tenant_settings,
    unimplemented,
    users,
)
from .operation import Operation
from .unimplemented import Unimplemented

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
    *users.OPERATIONS,
    *groups.OPERATIONS,
    *organizations.OPERATIONS,
    *organization_members.OPERATIONS,
    *organization_connections.OPERATIONS,
    *rules.OPERATIONS,
    *hooks.OPERATIONS,
    *prompts.OPERATIONS,
    *mfa_policies.OPERATIONS,
    *network_acls.OPERATIONS,
    *logs.OPERATIONS,
)


def _in_turn(path: str) -> list[bool]:
    """Fixed segments before parameters: /resource-servers/search is no resource server."""
    return [segment.startswith("{") for segment in path.split("/")]


def routes(tenant: Tenant) -> list[Route]:
    """Of two operations with one path, the implemented one comes first."""
    every: list[Operation | Unimplemented] = [*OPERATIONS, *unimplemented.OPERATIONS]
    return [operation.route(tenant) for operation in sorted(every, key=lambda operation: _in_turn(operation.path))]
