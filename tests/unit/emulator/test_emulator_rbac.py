# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a token says of who may do what, through whole logins.

Documentation, "Enable Role-Based Access Control for APIs": with enforce_policies, `scope` is what was asked for and the
user may do; with a dialect that ends in _authz as well, `permissions` is all that the user may do at the API.
"""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote

import pytest

from tests.unit.emulator.login import (
    ADA,
    GRACE,
    MCP,
    begin,
    code,
    first_party,
    log_in,
    redeem,
    refresh,
    register,
    set_up,
)

READ, WRITE = "tools:read", "tools:write"
DIALECTS = ("access_token", "access_token_authz", "rfc9068_profile", "rfc9068_profile_authz")


def _claims(answer: Any) -> Any:
    assert answer.status_code == 200, answer.text
    payload = answer.json()["access_token"].split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def _user(user: Any, rest: str) -> str:
    return f"/users/{quote(user['user_id'], safe='')}/{rest}"


def _role(api: Any, *names: str) -> str:
    role = str(api.expect(200, "POST", "/roles", {"name": f"role of {' '.join(names)}"})["id"])
    api.expect(201, "POST", f"/roles/{role}/permissions", _permissions(*names))
    return role


def _permissions(*names: str) -> dict[str, Any]:
    return {"permissions": [{"resource_server_identifier": MCP, "permission_name": name} for name in names]}


@pytest.mark.parametrize("third_party", [True, False])
@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("enforced", [True, False])
@pytest.mark.parametrize("may", [(), (READ,), (READ, WRITE)], ids=str)
@pytest.mark.parametrize("asked", [(), (WRITE,), (READ, WRITE)], ids=str)
def test_scope_and_permissions(
    api: Any, third_party: bool, dialect: str, enforced: bool, may: tuple[str, ...], asked: tuple[str, ...]
) -> None:
    set_up(api, token_dialect=dialect, enforce_policies=enforced)
    client = register(api) if third_party else first_party(api)
    if may:
        api.expect(200, "POST", f"/roles/{_role(api, *may)}/users", {"users": [ADA["user_id"]]})
    claims = _claims(redeem(api, client, code(api, client, scope=" ".join(asked))))
    granted = [name for name in asked if not enforced or name in may]
    assert claims.get("scope", "").split() == granted
    if enforced and dialect.endswith("_authz"):
        assert sorted(claims["permissions"]) == sorted(may)
    else:
        assert "permissions" not in claims


def test_roles_and_permissions_of_ones_own_add_up_and_go_one_by_one(api: Any) -> None:
    set_up(api, token_dialect="rfc9068_profile_authz", enforce_policies=True)
    client, role = register(api), _role(api, READ)
    api.expect(204, "POST", _user(ADA, "roles"), {"roles": [role]})
    api.expect(201, "POST", _user(ADA, "permissions"), _permissions(WRITE))
    scope = f"offline_access {READ} {WRITE}"
    first = redeem(api, client, code(api, client, scope=scope))
    assert sorted(_claims(first)["permissions"]) == [READ, WRITE]
    api.expect(204, "DELETE", _user(ADA, "permissions"), _permissions(WRITE))
    second = refresh(api, client, first.json()["refresh_token"])
    assert (_claims(second)["permissions"], _claims(second)["scope"]) == ([READ], f"offline_access {READ}")
    api.expect(200, "DELETE", f"/roles/{role}")
    third = refresh(api, client, second.json()["refresh_token"])
    assert (_claims(third)["permissions"], _claims(third)["scope"]) == ([], "offline_access")


def test_what_one_may_do_another_may_not(api: Any) -> None:
    set_up(api, token_dialect="access_token_authz", enforce_policies=True)
    client = register(api)
    api.expect(204, "POST", _user(ADA, "roles"), {"roles": [_role(api, READ)]})
    api.expect(204, "POST", _user(GRACE, "roles"), {"roles": [_role(api, WRITE)]})
    found = [
        _claims(redeem(api, client, code(api, client, person=person, scope=f"{READ} {WRITE}")))
        for person in (ADA, GRACE)
    ]
    assert [(claims["scope"], claims["permissions"]) for claims in found] == [(READ, [READ]), (WRITE, [WRITE])]


def test_members_of_a_group_have_its_roles(api: Any) -> None:
    set_up(api, token_dialect="access_token_authz", enforce_policies=True)
    client, role = register(api), _role(api, READ)
    api.tenant.objects("groups")["grp_sales"] = {"id": "grp_sales", "name": "Sales"}
    api.tenant.objects("users")[ADA["user_id"]]["groups"] = ["grp_sales", "grp_gone"]

    def permissions() -> list[Any]:
        answers = [redeem(api, client, code(api, client, person=person, scope=READ)) for person in (ADA, GRACE)]
        return [_claims(answer)["permissions"] for answer in answers]

    assert permissions() == [[], []]
    api.expect(204, "POST", f"/roles/{role}/groups", {"groups": ["grp_sales"]})
    assert permissions() == [[READ], []]
    assert api.expect(200, "GET", f"/roles/{role}/users") == []
    assert "groups" not in api.expect(200, "GET", _user(ADA, "").rstrip("/"))
    api.expect(204, "DELETE", f"/roles/{role}/groups", {"groups": ["grp_sales"]})
    assert permissions() == [[], []]
    api.expect(204, "POST", f"/roles/{role}/groups", {"groups": ["grp_sales"]})
    api.expect(200, "DELETE", f"/roles/{role}")
    assert permissions() == [[], []]


def test_permissions_at_another_api_do_not_count(api: Any) -> None:
    set_up(api, token_dialect="access_token_authz", enforce_policies=True)
    api.expect(201, "POST", "/resource-servers", {"identifier": "https://other.example", "scopes": [{"value": READ}]})
    other = {"resource_server_identifier": "https://other.example", "permission_name": READ}
    api.expect(201, "POST", _user(ADA, "permissions"), {"permissions": [other]})
    client = register(api)
    claims = _claims(redeem(api, client, code(api, client, scope=READ)))
    assert (claims["permissions"], "scope" in claims) == ([], False)


def test_what_the_client_is_not_granted_is_not_in_scope(api: Any) -> None:
    """A grant narrows `scope`; `permissions` is about the user alone."""
    set_up(api, granted=[READ], token_dialect="access_token_authz", enforce_policies=True)
    api.expect(204, "POST", _user(ADA, "roles"), {"roles": [_role(api, READ, WRITE)]})
    client = register(api)
    claims = _claims(redeem(api, client, code(api, client, scope=f"{READ} {WRITE}")))
    assert (claims["scope"], sorted(claims["permissions"])) == (READ, [READ, WRITE])


def test_a_user_made_by_request_logs_in_until_blocked(api: Any) -> None:
    set_up(api)
    body = {
        "connection": "Username-Password-Authentication",
        "email": "Joan@example.com",
        "password": "long enough to be taken",
    }
    joan = api.expect(201, "POST", "/users", body)
    client, person = register(api), {"email": "joan@EXAMPLE.com", "password": body["password"]}
    tokens = redeem(api, client, code(api, client, person=person, scope="offline_access"))
    assert _claims(tokens)["sub"] == joan["user_id"]
    profile = api.expect(200, "GET", f"/users/{quote(joan['user_id'], safe='')}")
    assert (profile["logins_count"], profile["last_login"]) == (1, "2027-01-15T08:00:00.000Z")
    api.expect(200, "PATCH", f"/users/{quote(joan['user_id'], safe='')}", {"blocked": True})
    refused = log_in(api, begin(api, client), **person)
    assert refused.status_code == 403
    assert "user is blocked" in refused.text
    assert refresh(api, client, tokens.json()["refresh_token"]).json()["error_description"] == "user is blocked"


def test_users_of_another_connection_log_in_where_the_client_has_it(api: Any) -> None:
    set_up(api)
    partners = api.expect(201, "POST", "/connections", {"name": "partners", "strategy": "auth0"})["id"]
    person = {"email": "joan@example.com", "password": "long enough to be taken"}
    joan = api.expect(201, "POST", "/users", {"connection": "partners", **person})["user_id"]
    client = register(api)
    assert "transaction" in log_in(api, begin(api, client), **person).text
    api.expect(200, "PATCH", f"/connections/{partners}", {"is_domain_connection": True})
    assert _claims(redeem(api, client, code(api, client, person=person)))["sub"] == joan
