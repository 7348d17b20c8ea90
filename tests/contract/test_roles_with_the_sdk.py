# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The official Python SDK, unmodified, does all that it can with roles against the emulator.

The OpenAPI document that test_emulator_models uses has no roles.
"""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from emulator import tokens
from emulator.app import create_app
from emulator.tenant import MANAGEMENT_SCOPES, Keys, Tenant

client = pytest.importorskip("auth0.management.client", reason="auth0-python is not installed")
errors = pytest.importorskip("auth0.management.errors")

# The SDK passes a timeout with each request, which a TestClient warns about.
pytestmark = pytest.mark.filterwarnings("ignore:You should not use the .timeout. argument")

MCP = "https://api.example/mcp"
SCOPES = ["tools:a", "tools:b", "tools:c"]


@pytest.fixture
def sdk(keys: Keys) -> Any:
    tenant = Tenant.create("tenant.example", keys=keys)
    api = tenant.resource_server(tenant.management_audience)
    assert api is not None
    token = tokens.issue(tenant, tenant.state["client_id"], api, list(MANAGEMENT_SCOPES))["access_token"]
    http = TestClient(create_app(tenant))
    made = client.Auth0(tenant_domain="tenant.example", token=token, httpx_client=http, max_retries=0)
    made.resource_servers.create(identifier=MCP, name="MCP", scopes=[{"value": value} for value in SCOPES])
    return made


def _permissions(*names: str) -> list[dict[str, str]]:
    return [{"resource_server_identifier": MCP, "permission_name": name} for name in names]


def test_a_role_from_create_to_delete(sdk: Any) -> None:
    made = sdk.roles.create(name="reader")
    assert made.dict() == {"id": made.id, "name": "reader", "type": "tenant"}
    assert sdk.roles.get(made.id).description == ""
    assert sdk.roles.update(made.id, description="Reads").description == "Reads"
    with pytest.raises(errors.ConflictError):
        sdk.roles.create(name="reader")
    sdk.roles.delete(made.id)
    for call in (sdk.roles.get, sdk.roles.delete):
        with pytest.raises(errors.NotFoundError):
            call(made.id)


def test_the_pager_goes_through_all_pages(sdk: Any) -> None:
    for number in range(5):
        sdk.roles.create(name=f"role {number}")
    names = [role.name for role in sdk.roles.list(per_page=2, name_filter="ROLE")]
    assert names == [f"role {number}" for number in range(5)]


def test_permissions(sdk: Any) -> None:
    role = sdk.roles.create(name="reader").id
    sdk.roles.permissions.add(role, permissions=_permissions(*reversed(SCOPES)))
    found = list(sdk.roles.permissions.list(role, per_page=2))
    assert [(one.permission_name, one.resource_server_name) for one in found] == [(name, "MCP") for name in SCOPES]
    sdk.roles.permissions.delete(role, permissions=_permissions(*SCOPES[1:]))
    assert [one.permission_name for one in sdk.roles.permissions.list(role)] == SCOPES[:1]
    with pytest.raises(errors.NotFoundError):
        sdk.roles.permissions.add(role, permissions=_permissions("unknown"))
    with pytest.raises(errors.BadRequestError):
        sdk.roles.permissions.add(role, permissions=[])
