# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The official Python SDK, unmodified, on users, members of roles, organizations, rules and logs of the emulator.

Its models parse every answer. The OpenAPI document that test_emulator_models uses has none of them.
"""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from emulator import tokens
from emulator.app import create_app
from emulator.tenant import DATABASE, MANAGEMENT_SCOPES, USERS, Keys, Tenant

client = pytest.importorskip("auth0.management.client", reason="auth0-python is not installed")
errors = pytest.importorskip("auth0.management.errors")

# The SDK passes a timeout with each request, which a TestClient warns about.
pytestmark = pytest.mark.filterwarnings("ignore:You should not use the .timeout. argument")

PASSWORD = "long enough to be taken"
ADA, GRACE = (user["user_id"] for user in USERS)


@pytest.fixture
def tenant(keys: Keys) -> Tenant:
    return Tenant.create("tenant.example", keys=keys)


@pytest.fixture
def sdk(tenant: Tenant) -> Any:
    api = tenant.resource_server(tenant.management_audience)
    assert api is not None
    token = tokens.issue(tenant, tenant.state["client_id"], api, list(MANAGEMENT_SCOPES))["access_token"]
    http = TestClient(create_app(tenant))
    return client.Auth0(tenant_domain="tenant.example", token=token, httpx_client=http, max_retries=0)


def test_a_user_from_create_to_delete(sdk: Any) -> None:
    made = sdk.users.create(connection=DATABASE, email="Joan@example.com", password=PASSWORD)
    assert sdk.users.get(made.user_id).email == "joan@example.com"
    assert sdk.users.update(made.user_id, name="Joan").name == "Joan"
    assert [user.user_id for user in sdk.users.list_users_by_email(email="joan@example.com")] == [made.user_id]
    assert [user.user_id for user in sdk.users.list(q='email:"joan@example.com"', search_engine="v3")] == [made.user_id]
    assert [user.user_id for user in sdk.users.list(per_page=1)] == [ADA, GRACE, made.user_id]
    with pytest.raises(errors.ConflictError):
        sdk.users.create(connection=DATABASE, email="joan@example.com", password=PASSWORD)
    with pytest.raises(errors.BadRequestError):
        sdk.users.create(connection=DATABASE, email="jo@example.com", password="short")
    sdk.users.delete(made.user_id)
    with pytest.raises(errors.NotFoundError):
        sdk.users.get(made.user_id)


def test_roles_and_permissions_of_users(sdk: Any) -> None:
    mcp = "https://api.example/mcp"
    sdk.resource_servers.create(identifier=mcp, name="MCP", scopes=[{"value": "tools:a"}])
    permission = {"resource_server_identifier": mcp, "permission_name": "tools:a"}
    role = sdk.roles.create(name="reader").id
    sdk.roles.permissions.add(role, permissions=[permission])
    sdk.roles.users.assign(role, users=[ADA, GRACE])
    assert [user.user_id for user in sdk.roles.users.list(role, take=1)] == [ADA, GRACE]
    assert [one.name for one in sdk.users.roles.list(ADA)] == ["reader"]
    assert [one.permission_name for one in sdk.users.permissions.list(ADA)] == ["tools:a"]
    sdk.users.roles.delete(ADA, roles=[role])
    sdk.users.permissions.create(ADA, permissions=[permission])
    assert [one.resource_server_name for one in sdk.users.permissions.list(ADA)] == ["MCP"]
    sdk.users.permissions.delete(ADA, permissions=[permission])
    assert list(sdk.users.permissions.list(ADA)) == []
    sdk.users.roles.assign(ADA, roles=[role])
    assert [user.user_id for user in sdk.roles.users.list(role)] == [ADA, GRACE]


def test_organizations(sdk: Any, tenant: Tenant) -> None:
    (connection,) = tenant.objects("connections")
    made = sdk.organizations.create(name="acme")
    assert made.third_party_client_access == "block"
    assert sdk.organizations.update(made.id, third_party_client_access="allow").third_party_client_access == "allow"
    assert sdk.organizations.get_by_name("acme").id == sdk.organizations.get(made.id).id == made.id
    assert [one.id for one in sdk.organizations.list()] == [made.id]
    sdk.organizations.members.create(made.id, members=[ADA, GRACE])
    assert [user.user_id for user in sdk.organizations.members.list(made.id, take=1)] == [ADA, GRACE]
    sdk.organizations.members.delete(made.id, members=[GRACE])
    assert [one.id for one in sdk.users.organizations.list(ADA)] == [made.id]
    added = sdk.organizations.enabled_connections.add(made.id, connection_id=connection)
    assert (added.connection.name, added.assign_membership_on_login) == (DATABASE, False)
    changed = sdk.organizations.enabled_connections.update(made.id, connection, assign_membership_on_login=True)
    assert changed.assign_membership_on_login is True
    assert [one.connection_id for one in sdk.organizations.enabled_connections.list(made.id)] == [connection]
    sdk.organizations.enabled_connections.delete(made.id, connection)
    sdk.resource_servers.create(identifier="https://api.example/mcp")
    grant = sdk.client_grants.create(client_id=tenant.state["client_id"], audience="https://api.example/mcp", scope=[])
    sdk.organizations.client_grants.create(made.id, grant_id=grant.id)
    assert [one.id for one in sdk.organizations.client_grants.list(made.id)] == [grant.id]
    sdk.organizations.client_grants.delete(made.id, grant.id)
    sdk.organizations.delete(made.id)
    with pytest.raises(errors.NotFoundError):
        sdk.organizations.delete(made.id)


def test_rules_and_logs(sdk: Any) -> None:
    rule = sdk.rules.create(name="one", script="function () {}")
    assert (rule.enabled, rule.order, rule.stage) == (True, 1, "login_success")
    assert sdk.rules.update(rule.id, enabled=False).enabled is False
    assert [one.id for one in sdk.rules.list(enabled=False)] == [sdk.rules.get(rule.id).id]
    sdk.rules.delete(rule.id)
    events = list(sdk.logs.list(per_page=1, sort="date:1"))
    assert [event.description for event in events] == ["Create a rule", "Update a rule", "Delete a rule"]
    assert sdk.logs.get(events[0].log_id).type == "sapi"
