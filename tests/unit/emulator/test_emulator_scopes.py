# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Scopes of every operation, one by one."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.management import OPERATIONS
from emulator.management.operation import Operation
from emulator.tenant import MANAGEMENT_SCOPES

READ_CLIENTS = {"read:clients", "read:client_keys", "read:client_credentials", "read:client_summary"}
READ_MEMBERS = {"read:users", "read:roles", "read:role_members"}
EXPECTED = {
    "GET /resource-servers": {"read:resource_servers"},
    "POST /resource-servers": {"create:resource_servers"},
    "GET /resource-servers/search": {"read:resource_servers"},
    "GET /resource-servers/{id}": {"read:resource_servers"},
    "PATCH /resource-servers/{id}": {"update:resource_servers"},
    "DELETE /resource-servers/{id}": {"delete:resource_servers"},
    "GET /tenants/settings": {"read:tenant_settings"},
    "PATCH /tenants/settings": {"update:tenant_settings"},
    "GET /connections": {"read:connections"},
    "POST /connections": {"create:connections"},
    "GET /connections/{id}": {"read:connections"},
    "PATCH /connections/{id}": {"update:connections"},
    "DELETE /connections/{id}": {"delete:connections"},
    "GET /connections/{id}/clients": {"read:connections"},
    "PATCH /connections/{id}/clients": {"update:connections"},
    "GET /connections/{id}/status": {"read:connections"},
    "GET /client-grants": {"read:client_grants"},
    "POST /client-grants": {"create:client_grants"},
    "GET /client-grants/{id}": {"read:client_grants"},
    "PATCH /client-grants/{id}": {"update:client_grants"},
    "DELETE /client-grants/{id}": {"delete:client_grants"},
    "GET /client-grants/{id}/organizations": {"read:organization_client_grants"},
    "GET /roles": {"read:roles"},
    "POST /roles": {"create:roles"},
    "GET /roles/{id}": {"read:roles"},
    "PATCH /roles/{id}": {"update:roles"},
    "DELETE /roles/{id}": {"delete:roles"},
    "GET /roles/{id}/permissions": {"read:roles"},
    "POST /roles/{id}/permissions": {"update:roles"},
    "DELETE /roles/{id}/permissions": {"update:roles"},
    "GET /clients": READ_CLIENTS,
    "GET /clients/search": READ_CLIENTS,
    "POST /clients": {"create:clients"},
    "GET /clients/{id}": READ_CLIENTS,
    "PATCH /clients/{id}": {
        *("update:clients", "update:client_keys", "update:client_credentials"),
        "update:client_token_vault_privileged_access",
    },
    "DELETE /clients/{id}": {"delete:clients"},
    "GET /clients/{id}/connections": {"read:connections", "read:clients", "read:client_summary"},
    "POST /clients/{id}/rotate-secret": {"update:client_keys"},
    "GET /clients/{id}/credentials": {"read:client_credentials"},
    "POST /clients/{id}/credentials": {"create:client_credentials"},
    "GET /clients/{id}/credentials/{member}": {"read:client_credentials"},
    "PATCH /clients/{id}/credentials/{member}": {"update:client_credentials"},
    "DELETE /clients/{id}/credentials/{member}": {"delete:client_credentials"},
    "POST /clients/cimd/preview": {"read:clients"},
    "POST /clients/cimd/register": {"create:clients", "update:clients"},
    "GET /actions/actions": {"read:actions"},
    "GET /users": {"read:users", "read:user_idp_tokens"},
    "POST /users": {"create:users"},
    "GET /users-by-email": {"read:users"},
    "GET /users/{id}": {"read:users", "read:user_idp_tokens"},
    "PATCH /users/{id}": {"update:users", "update:users_app_metadata"},
    "DELETE /users/{id}": {"delete:users"},
    "GET /users/{id}/roles": READ_MEMBERS,
    "POST /users/{id}/roles": {"update:users", "create:role_members"},
    "DELETE /users/{id}/roles": {"update:users", "delete:role_members"},
    "GET /users/{id}/permissions": {"read:users"},
    "POST /users/{id}/permissions": {"update:users"},
    "DELETE /users/{id}/permissions": {"update:users"},
    "GET /users/{id}/organizations": {"read:organizations"},
    "GET /roles/{id}/users": READ_MEMBERS,
    "POST /roles/{id}/users": {"update:roles", "create:role_members"},
    "GET /organizations": {"read:organizations", "read:organizations_summary"},
    "POST /organizations": {"create:organizations", "create:organization_connections"},
    "GET /organizations/name/{member}": {"read:organizations"},
    "GET /organizations/{id}": {"read:organizations", "read:organizations_summary"},
    "PATCH /organizations/{id}": {"update:organizations"},
    "DELETE /organizations/{id}": {"delete:organizations"},
    "GET /organizations/{id}/members": {"read:organization_members"},
    "POST /organizations/{id}/members": {"create:organization_members"},
    "DELETE /organizations/{id}/members": {"delete:organization_members"},
    "GET /organizations/{id}/enabled_connections": {"read:organization_connections"},
    "POST /organizations/{id}/enabled_connections": {"create:organization_connections"},
    "GET /organizations/{id}/enabled_connections/{member}": {"read:organization_connections"},
    "PATCH /organizations/{id}/enabled_connections/{member}": {"update:organization_connections"},
    "DELETE /organizations/{id}/enabled_connections/{member}": {"delete:organization_connections"},
    "GET /organizations/{id}/client-grants": {"read:organization_client_grants"},
    "POST /organizations/{id}/client-grants": {"create:organization_client_grants"},
    "DELETE /organizations/{id}/client-grants/{member}": {"delete:organization_client_grants"},
    "GET /rules": {"read:rules"},
    "POST /rules": {"create:rules"},
    "GET /rules/{id}": {"read:rules"},
    "PATCH /rules/{id}": {"update:rules"},
    "DELETE /rules/{id}": {"delete:rules"},
    "GET /logs": {"read:logs", "read:logs_users"},
    "GET /logs/{id}": {"read:logs", "read:logs_users"},
    "GET /users/{id}/logs": {"read:logs", "read:logs_users"},
}


def _name(operation: Operation) -> str:
    return f"{operation.method} {operation.path}"


def _path(operation: Operation) -> str:
    return operation.path.replace("{id}", "unknown").replace("{member}", "unknown")


def test_operations_and_their_scopes() -> None:
    assert {_name(operation): set(operation.scopes) for operation in OPERATIONS} == EXPECTED


@pytest.mark.parametrize("operation", OPERATIONS, ids=_name)
def test_without_its_scopes_an_operation_is_refused(api: Any, operation: Operation) -> None:
    path = _path(operation)
    api.use(*(scope for scope in MANAGEMENT_SCOPES if scope not in operation.scopes))
    assert api.expect(403, operation.method, path, {}) == {
        "statusCode": 403,
        "error": "Forbidden",
        "message": f"Insufficient scope, expected any of: {','.join(operation.scopes)}",
        "errorCode": "insufficient_scope",
    }


@pytest.mark.parametrize(
    ("operation", "scope"),
    [(operation, scope) for operation in OPERATIONS for scope in operation.scopes],
    ids=lambda value: value if isinstance(value, str) else _name(value),
)
def test_any_one_of_its_scopes_is_enough(api: Any, operation: Operation, scope: str) -> None:
    api.use(scope)
    answer = api.call(operation.method, _path(operation), {})
    assert answer.status_code in (200, 204, 400, 404), answer.text


def test_options_are_empty_without_their_scope(api: Any) -> None:
    api.use("read:connections")
    (connection,) = api.expect(200, "GET", "/connections")
    assert connection["options"] == {}
    assert api.expect(200, "GET", f"/connections/{connection['id']}")["options"] == {}
    api.use("read:connections", "read:connections_options")
    assert api.expect(200, "GET", f"/connections/{connection['id']}")["options"]["strategy_version"] == 2


def test_options_cannot_be_written_without_their_scope(api: Any) -> None:
    (connection,) = api.expect(200, "GET", "/connections")
    path = f"/connections/{connection['id']}"
    api.use("update:connections", "read:connections_options")
    refused = api.expect(403, "PATCH", path, {"options": {"brute_force_protection": False}})
    assert refused["message"] == "Insufficient scope, expected any of: update:connections_options"
    changed = api.expect(200, "PATCH", path, {"is_domain_connection": True})
    assert changed["options"]["brute_force_protection"] is True


def test_secrets_are_withheld_without_read_client_keys(api: Any) -> None:
    path = f"/clients/{api.tenant.state['client_id']}"
    api.use("read:clients")
    assert not {"client_secret", "signing_keys"} & set(api.expect(200, "GET", path))
    assert all("client_secret" not in client for client in api.expect(200, "GET", "/clients"))
    refused = api.expect(403, "GET", path, fields="name,client_secret")
    assert refused["message"].startswith("Some fields cannot be read with the permissions granted")
    for scope in ("read:client_keys", "read:client_credentials"):
        api.use(scope)
        assert api.expect(200, "GET", path)["client_secret"] == api.tenant.state["client_secret"]
        assert "client_secret" in api.expect(200, "GET", path, fields="client_secret")


def test_authentication_methods_have_a_scope_of_their_own(api: Any) -> None:
    pem = api.tenant.signing_key.as_pem(private=False).decode()
    methods = {"private_key_jwt": {"credentials": [{"credential_type": "public_key", "pem": pem}]}}
    body = {"name": "app", "client_authentication_methods": methods}
    api.use("create:clients", "update:clients")
    refused = api.expect(403, "POST", "/clients", body)
    assert refused["message"] == "Insufficient scope, expected any of: create:client_credentials"
    api.use("create:clients", "create:client_credentials", "update:clients")
    path = f"/clients/{api.expect(201, 'POST', '/clients', body)['client_id']}"
    change = {"client_authentication_methods": {"private_key_jwt": {"credentials": [{"id": "cred_1"}]}}}
    refused = api.expect(403, "PATCH", path, change)
    assert refused["message"] == "Insufficient scope, expected any of: update:client_credentials"
    api.expect(200, "PATCH", path, {"client_authentication_methods": None})
