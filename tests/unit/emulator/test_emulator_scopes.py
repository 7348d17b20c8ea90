# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Scopes of every operation, one by one. Which they are is held by tests/contract/test_operations.py."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.management import OPERATIONS
from emulator.management.operation import Operation
from emulator.tenant import MANAGEMENT_SCOPES


def _name(operation: Operation) -> str:
    return f"{operation.method} {operation.path}"


def _path(operation: Operation) -> str:
    return operation.path.replace("{id}", "unknown").replace("{member}", "unknown")


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
