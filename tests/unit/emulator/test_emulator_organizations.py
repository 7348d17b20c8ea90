# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Organizations in the Management API, and at logins."""

from __future__ import annotations

import base64
import json
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest

from tests.unit.emulator.login import (
    ADA,
    GRACE,
    MCP,
    SCOPES,
    answer,
    begin,
    code,
    first_party,
    log_in,
    promote,
    redeem,
    refresh,
    register,
    set_up,
)

PATH = "/organizations"
DATABASE = "Username-Password-Authentication"


def _made(api: Any, **body: Any) -> Any:
    return api.expect(201, "POST", PATH, {"name": "acme", **body})


def _database(api: Any) -> str:
    (connection,) = api.expect(200, "GET", "/connections")
    return str(connection["id"])


def _open(api: Any, *members: Any, **body: Any) -> str:
    """The id of an organization that lets third-party clients in, with the database connection and these members."""
    name = str(_made(api, **{"third_party_client_access": "allow", **body})["id"])
    api.expect(201, "POST", f"{PATH}/{name}/enabled_connections", {"connection_id": _database(api)})
    if members:
        api.expect(204, "POST", f"{PATH}/{name}/members", {"members": [user["user_id"] for user in members]})
    return name


def _claims(token: str) -> Any:
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


# The Management API


def test_an_organization_from_create_to_delete(api: Any) -> None:
    made = _made(api, display_name="Acme Inc.", metadata={"a": "1", "b": "2"})
    path = f"{PATH}/{made['id']}"
    assert (made["id"][:4], len(made["id"])) == ("org_", 20)
    assert made == {
        "id": made["id"],
        "name": "acme",
        "display_name": "Acme Inc.",
        "metadata": {"a": "1", "b": "2"},
        "third_party_client_access": "block",
    }
    assert api.expect(200, "GET", path) == made
    assert api.expect(200, "GET", f"{PATH}/name/acme") == made
    changed = api.expect(200, "PATCH", path, {"third_party_client_access": "allow", "metadata": {"a": None, "c": "3"}})
    assert changed == {**made, "third_party_client_access": "allow", "metadata": {"b": "2", "c": "3"}}
    assert api.expect(200, "GET", PATH) == [changed]
    assert api.expect(204, "DELETE", path) is None
    gone = {
        "statusCode": 404,
        "error": "Not Found",
        "message": "No organization found by that id or name",
        "errorCode": "inexistent_organization",
    }
    assert api.expect(404, "GET", path) == gone
    assert api.expect(404, "GET", f"{PATH}/name/acme") == gone
    assert api.expect(404, "DELETE", path)["message"] == "The organization does not exist."
    assert api.expect(404, "PATCH", path, {"name": "x"})["message"] == "No organization found by that id"


@pytest.mark.parametrize(
    "body",
    [
        {"name": "Upper"},
        {"name": ""},
        {"name": "-x"},
        {"name": "x" * 51},
        {"third_party_client_access": "deny"},
        {"third_party_client_access": None},
        {"branding": {"colors": {"primary": "red", "page_background": "#fff"}}},
        {"metadata": {"a": 1}},
        {"members": []},
        {"enabled_connections": [{"connection_id": "con_unknown"}]},
    ],
    ids=str,
)
def test_bodies_that_are_refused(api: Any, body: Any) -> None:
    assert api.expect(400, "POST", PATH, {"name": "acme", **body})["errorCode"] == "invalid_body"
    assert api.expect(200, "GET", PATH) == []


def test_a_name_serves_once(api: Any) -> None:
    acme = _made(api)
    other = _made(api, name="other")
    for method, path in (("POST", PATH), ("PATCH", f"{PATH}/{other['id']}")):
        refused = api.expect(409, method, path, {"name": "acme"})
        assert refused["message"] == "An organization with this name already exists."
    api.expect(200, "PATCH", f"{PATH}/{acme['id']}", {"name": "acme"})


def test_pages_and_order(api: Any) -> None:
    for name in ("b", "c", "a"):
        _made(api, name=name)

    def names(found: Any) -> list[str]:
        return [one["name"] for one in found]

    assert names(api.expect(200, "GET", PATH)) == ["b", "c", "a"]
    assert names(api.expect(200, "GET", PATH, sort="name:-1")) == ["c", "b", "a"]
    page = api.expect(200, "GET", PATH, include_totals="true", per_page="2", page="1")
    assert (names(page.pop("organizations")), page) == (["a"], {"start": 2, "limit": 2, "total": 3})
    first = api.expect(200, "GET", PATH, take="2")
    assert names(first["organizations"]) == ["b", "c"]
    assert names(api.expect(200, "GET", PATH, take="2", **{"from": first["next"]})["organizations"]) == ["a"]
    api.expect(400, "GET", PATH, sort="id")


def test_members(api: Any) -> None:
    path = f"{PATH}/{_made(api)['id']}/members"
    everyone = [ADA["user_id"], GRACE["user_id"]]
    for _turn in range(2):
        assert api.expect(204, "POST", path, {"members": everyone}) is None
    page = api.expect(200, "GET", path, include_totals="true", page="0", per_page="100")
    short = [{key: user[key] for key in ("user_id", "email", "picture", "name")} for user in (ADA, GRACE)]
    assert page == {"members": short, "start": 0, "limit": 100, "total": 2}
    found = api.expect(200, "GET", path, fields="user_id", include_fields="true", take="1")
    assert found["members"] == [{"user_id": ADA["user_id"]}]
    assert "auth0|x" in api.expect(400, "POST", path, {"members": [ADA["user_id"], "auth0|x"]})["message"]
    api.expect(400, "POST", path, {"members": []})
    for _turn in range(2):
        assert api.expect(204, "DELETE", path, {"members": [ADA["user_id"], "auth0|x"]}) is None
    assert [user["user_id"] for user in api.expect(200, "GET", path)] == [GRACE["user_id"]]


def test_enabled_connections(api: Any) -> None:
    database = _database(api)
    path = f"{PATH}/{_made(api)['id']}/enabled_connections"
    shown = {
        "connection_id": database,
        "assign_membership_on_login": False,
        "show_as_button": True,
        "connection": {"name": DATABASE, "strategy": "auth0"},
    }
    assert api.expect(200, "GET", path, include_totals="true", per_page="100") == {
        "enabled_connections": [],
        "start": 0,
        "limit": 0,
        "total": 0,
    }
    assert api.expect(201, "POST", path, {"connection_id": database}) == shown
    api.expect(409, "POST", path, {"connection_id": database})
    api.expect(400, "POST", path, {"connection_id": "con_unknown"})
    assert api.expect(200, "GET", path) == [shown]
    page = api.expect(200, "GET", path, include_totals="true", per_page="50")
    assert page == {"enabled_connections": [shown], "start": 0, "limit": 1, "total": 1}
    one = f"{path}/{database}"
    assert api.expect(200, "GET", one) == shown
    change = {"assign_membership_on_login": True, "show_as_button": False, "is_signup_enabled": True}
    changed = api.expect(200, "PATCH", one, change)
    assert changed == {**shown, **change} == api.expect(200, "GET", one)
    for _turn in range(2):
        api.expect(204, "DELETE", one)
    api.expect(404, "GET", one)
    api.expect(404, "PATCH", one, {})


def test_both_views_of_the_connections(api: Any) -> None:
    """What is disabled is in the newer one only, and so are the fields that came with it."""
    path = f"{PATH}/{_made(api)['id']}"
    enabled = api.expect(201, "POST", f"{path}/enabled_connections", {"connection_id": _database(api)})
    other = api.expect(201, "POST", "/connections", {"name": "other", "strategy": "auth0"})["id"]
    body = {
        "connection_id": other,
        "is_enabled": False,
        "organization_connection_name": "Ours",
        "organization_access_level": "readonly",
    }
    connection = {"name": "other", "strategy": "auth0"}
    shown = {**body, "assign_membership_on_login": False, "show_as_button": True, "connection": connection}
    assert api.expect(201, "POST", f"{path}/connections", body) == shown
    everything = [{**enabled, "is_enabled": True}, shown]
    page = api.expect(200, "GET", f"{path}/connections", include_totals="true")
    assert page == {"connections": everything, "start": 0, "limit": 50, "total": 2}
    assert api.expect(200, "GET", f"{path}/connections", is_enabled="true") == everything[:1]
    assert api.expect(200, "GET", f"{path}/connections", is_enabled="false") == everything[1:]
    assert api.expect(200, "GET", f"{path}/enabled_connections") == [enabled]
    for method, rest in (("GET", None), ("PATCH", {})):
        api.expect(404, method, f"{path}/enabled_connections/{other}", rest)
    for view in ("connections", "enabled_connections"):
        api.expect(409, "POST", f"{path}/{view}", {"connection_id": other})
    change = {"is_enabled": True, "organization_access_level": None}
    changed = api.expect(200, "PATCH", f"{path}/connections/{other}", change)
    shown.pop("organization_access_level")
    assert changed == {**shown, "is_enabled": True}
    older = {key: shown[key] for key in enabled}
    assert api.expect(200, "GET", f"{path}/enabled_connections/{other}") == older
    api.expect(400, "PATCH", f"{path}/enabled_connections/{other}", {"is_enabled": False})
    api.expect(204, "DELETE", f"{path}/connections/{other}")
    assert api.expect(200, "GET", f"{path}/enabled_connections") == [enabled]


def test_connections_are_enabled_on_creation_and_go_when_they_are_deleted(api: Any) -> None:
    other = api.expect(201, "POST", "/connections", {"name": "other", "strategy": "auth0"})["id"]
    wanted = [{"connection_id": other, "assign_membership_on_login": True}]
    made = _made(api, enabled_connections=wanted)
    connection = {"name": "other", "strategy": "auth0"}
    assert made["enabled_connections"] == [{**wanted[0], "show_as_button": True, "connection": connection}]
    path = f"{PATH}/{made['id']}/enabled_connections"
    assert api.expect(200, "GET", path) == made["enabled_connections"]
    api.expect(202, "DELETE", f"/connections/{other}")
    api.clock.now += 60
    assert api.expect(200, "GET", path) == []


def _roles(name: str, user: Any) -> str:
    return f"{PATH}/{name}/members/{quote(user['user_id'], safe='')}/roles"


def test_roles_of_members(api: Any) -> None:
    name, other = _made(api)["id"], _made(api, name="other")["id"]
    api.expect(204, "POST", f"{PATH}/{name}/members", {"members": [ADA["user_id"]]})
    tenants = [api.expect(200, "POST", "/roles", {"name": text})["id"] for text in ("b", "a")]
    own, foreign = (
        api.expect(200, "POST", "/roles", {"name": "c", "type": "organization", "owner_id": owner})["id"]
        for owner in (name, other)
    )
    path = _roles(name, ADA)
    empty = {"roles": [], "start": 0, "limit": 50, "total": 0}
    assert api.expect(200, "GET", path, include_totals="true") == empty
    for wrong, status in ((foreign, 400), ("rol_unknown", 404)):
        api.expect(status, "POST", path, {"roles": [own, wrong]})
    api.expect(400, "POST", path, {"roles": []})
    assert api.expect(200, "GET", path) == []
    for _turn in range(2):
        assert api.expect(204, "POST", path, {"roles": [own, *tenants]}) is None
    assert [role["name"] for role in api.expect(200, "GET", path)] == ["a", "b", "c"]
    assert api.expect(200, "GET", path, page="1", per_page="2")[0]["id"] == own
    # They are none of the user's outside the organization, nor elsewhere.
    assert api.expect(200, "GET", f"/users/{quote(ADA['user_id'])}/roles") == []
    (member,) = api.expect(200, "GET", f"{PATH}/{name}/members", fields="user_id,roles")
    assert member["user_id"] == ADA["user_id"]
    assert member["roles"] == [
        {"id": own, "name": "c"},
        {"id": tenants[0], "name": "b"},
        {"id": tenants[1], "name": "a"},
    ]
    assert "roles" not in api.expect(200, "GET", f"{PATH}/{name}/members")[0]
    for _turn in range(2):
        assert api.expect(204, "DELETE", path, {"roles": [own, foreign]}) is None
    api.expect(200, "DELETE", f"/roles/{tenants[0]}")
    assert [role["id"] for role in api.expect(200, "GET", path)] == [tenants[1]]
    # Who leaves and comes back has none.
    for method in ("DELETE", "POST"):
        api.expect(204, method, f"{PATH}/{name}/members", {"members": [ADA["user_id"]]})
    assert api.expect(200, "GET", path) == []
    for method in ("GET", "POST", "DELETE"):
        body = None if method == "GET" else {"roles": [own]}
        refused = api.expect(404, method, _roles(name, GRACE), body)
        assert refused["errorCode"] == "inexistent_organization_member"


def test_a_member_has_at_most_50_roles(api: Any) -> None:
    name = _made(api)["id"]
    api.expect(204, "POST", f"{PATH}/{name}/members", {"members": [ADA["user_id"]]})
    names = [api.expect(200, "POST", "/roles", {"name": f"r{number}"})["id"] for number in range(51)]
    api.expect(204, "POST", _roles(name, ADA), {"roles": names[:49]})
    api.expect(403, "POST", _roles(name, ADA), {"roles": names[49:]})
    api.expect(204, "POST", _roles(name, ADA), {"roles": names[49:50]})
    assert len(api.expect(200, "GET", _roles(name, ADA), per_page="100")) == 50


def test_client_grants(api: Any) -> None:
    api.expect(201, "POST", "/resource-servers", {"identifier": MCP})
    client = first_party(api, token_endpoint_auth_method="client_secret_post")["client_id"]
    body = {"client_id": client, "audience": MCP, "scope": [], "organization_usage": "allow"}
    grant = api.expect(201, "POST", "/client-grants", body)
    path = f"{PATH}/{_made(api)['id']}/client-grants"
    assert api.expect(201, "POST", path, {"grant_id": grant["id"]}) == {"grant_id": grant["id"], **body}
    again = api.expect(409, "POST", path, {"grant_id": grant["id"]})
    assert again["message"] == "The client grant has already been added to this organization."
    assert api.expect(404, "POST", path, {"grant_id": "cgr_x"})["message"] == "The grant does not exist."
    page = api.expect(200, "GET", path, include_totals="true", per_page="50")
    assert page == {"client_grants": [grant], "start": 0, "limit": 50, "total": 1}
    for query, wanted in (
        ({"audience": MCP}, [grant]),
        ({"audience": "x"}, []),
        ({"client_id": client}, [grant]),
        ({"grant_ids": ["cgr_x", grant["id"]]}, [grant]),
        ({"grant_ids": "cgr_x"}, []),
    ):
        assert api.expect(200, "GET", path, **query) == wanted
    for _turn in range(2):
        api.expect(204, "DELETE", f"{path}/{grant['id']}")
    assert api.expect(200, "GET", path) == []
    api.expect(201, "POST", path, {"grant_id": grant["id"]})
    api.expect(204, "DELETE", f"/client-grants/{grant['id']}")
    assert api.expect(200, "GET", path) == []


@pytest.mark.parametrize(
    ("method", "rest", "body"),
    [
        ("GET", "members", None),
        ("POST", "members", {"members": ["x"]}),
        ("DELETE", "members", {"members": ["x"]}),
        ("GET", "enabled_connections", None),
        ("POST", "enabled_connections", {"connection_id": "con_x"}),
        ("GET", "enabled_connections/con_x", None),
        ("PATCH", "enabled_connections/con_x", {}),
        ("DELETE", "enabled_connections/con_x", None),
        ("GET", "connections", None),
        ("POST", "connections", {"connection_id": "con_x"}),
        ("GET", "connections/con_x", None),
        ("PATCH", "connections/con_x", {}),
        ("DELETE", "connections/con_x", None),
        ("GET", "members/x/roles", None),
        ("POST", "members/x/roles", {"roles": ["x"]}),
        ("DELETE", "members/x/roles", {"roles": ["x"]}),
        ("GET", "client-grants", None),
        ("POST", "client-grants", {"grant_id": "cgr_x"}),
        ("DELETE", "client-grants/cgr_x", None),
    ],
)
def test_an_unknown_organization(api: Any, method: str, rest: str, body: Any) -> None:
    refused = api.expect(404, method, f"{PATH}/org_unknown/{rest}", body)
    assert (refused["message"], refused["errorCode"]) == ("No organization found by that id", "inexistent_organization")


def test_the_roles_of_an_organization_go_with_it(api: Any) -> None:
    name = _made(api)["id"]
    role = api.expect(200, "POST", "/roles", {"name": "r", "type": "organization", "owner_id": name})["id"]
    other = api.expect(200, "POST", "/roles", {"name": "r"})["id"]
    api.expect(200, "POST", f"/roles/{role}/users", {"users": [ADA["user_id"]]})
    api.expect(204, "DELETE", f"{PATH}/{name}")
    assert [one["id"] for one in api.expect(200, "GET", "/roles")] == [other]
    assert api.tenant.objects("users")[ADA["user_id"]]["roles"] == []


# Logins


def test_a_third_party_login_through_an_organization(api: Any) -> None:
    set_up(api)
    name, client = _open(api, ADA), register(api)
    tokens = redeem(api, client, code(api, client, organization=name, scope="tools:read offline_access")).json()
    assert (_claims(tokens["access_token"])["org_id"], "org_name" in _claims(tokens["access_token"])) == (name, False)
    renewed = refresh(api, client, tokens["refresh_token"]).json()
    assert _claims(renewed["access_token"])["org_id"] == name
    # Without the parameter the login is as it always was.
    plain = redeem(api, client, code(api, client, person=GRACE)).json()
    assert "org_id" not in _claims(plain["access_token"])


# Each row takes one thing away from a login that goes through; what the client is told then.
INVALID = "parameter organization is invalid: {}"
NONE_ENABLED = "no connections enabled for the organization"


def _block(api: Any, name: str) -> None:
    api.expect(200, "PATCH", f"{PATH}/{name}", {"third_party_client_access": "block"})


def _delete(api: Any, name: str) -> None:
    api.expect(204, "DELETE", f"{PATH}/{name}")


def _switch_off(api: Any, name: str) -> None:
    api.expect(200, "PATCH", f"{PATH}/{name}/connections/{_database(api)}", {"is_enabled": False})


def _disable(api: Any, name: str) -> None:
    api.expect(204, "DELETE", f"{PATH}/{name}/enabled_connections/{_database(api)}")


def _demote(api: Any, _name: str) -> None:
    promote(api, False)


def _expel(api: Any, name: str) -> None:
    api.expect(204, "DELETE", f"{PATH}/{name}/members", {"members": [ADA["user_id"]]})


@pytest.mark.parametrize(
    ("take_away", "third_party", "own"),
    [
        (_block, INVALID, None),
        (_delete, INVALID, INVALID),
        (_disable, NONE_ENABLED, NONE_ENABLED),
        (_switch_off, NONE_ENABLED, NONE_ENABLED),
        (_demote, "no connections enabled for the client", None),
    ],
)
def test_what_a_login_through_an_organization_needs(
    api: Any, take_away: Any, third_party: str, own: str | None
) -> None:
    set_up(api)
    name = _open(api, ADA)
    clients = register(api), first_party(api, organization_usage="allow")
    for client in clients:
        assert begin(api, client, organization=name).status_code == 200
    take_away(api, name)
    refused = begin(api, clients[0], organization=name)
    assert refused.status_code == 400
    assert third_party.format(name) in refused.text
    assert "<code>invalid_request</code>" in refused.text
    told = begin(api, clients[1], organization=name)
    if own is None:
        assert told.status_code == 200
    else:
        assert (answer(told)["error"], answer(told)["error_description"]) == ("invalid_request", own.format(name))


def test_only_members_get_in(api: Any) -> None:
    set_up(api)
    name, client = _open(api, ADA), first_party(api, organization_usage="allow")
    person = {"email": GRACE["email"], "password": GRACE["password"]}
    told = answer(log_in(api, begin(api, client, organization=name), **person))
    text = f"user {GRACE['user_id']} is not part of the {name} organization"
    assert (told["error"], told["error_description"]) == ("access_denied", text)
    refused = log_in(api, begin(api, register(api), organization=name), **person)
    assert refused.status_code == 403
    assert text in unescape(refused.text)


def test_who_left_gets_no_new_tokens(api: Any) -> None:
    set_up(api)
    name, client = _open(api, ADA), register(api)
    text = code(api, client, organization=name)
    tokens = redeem(api, client, code(api, client, organization=name, scope="offline_access")).json()
    _expel(api, name)
    for refused in (redeem(api, client, text), refresh(api, client, tokens["refresh_token"])):
        assert (refused.status_code, refused.json()["error"]) == (403, "access_denied")


@pytest.mark.parametrize("through", [True, False])
def test_permissions_come_from_the_roles_as_a_member_or_else_from_the_user_s_own(api: Any, through: bool) -> None:
    """community.auth0.com/t/99135 and t/134310: neither adds to the other."""
    set_up(api, token_dialect="access_token_authz", enforce_policies=True)
    name, client = _open(api, ADA), register(api)
    permissions = {
        scope: {"permissions": [{"resource_server_identifier": MCP, "permission_name": scope}]} for scope in SCOPES
    }
    read, write = SCOPES
    user, role = f"/users/{quote(ADA['user_id'])}", api.expect(200, "POST", "/roles", {"name": "writer"})["id"]
    api.expect(201, "POST", f"/roles/{role}/permissions", permissions[write])
    api.expect(201, "POST", f"{user}/permissions", permissions[read])
    api.expect(204, "POST", _roles(name, ADA), {"roles": [role]})
    wanted = [write if through else read]
    scope = f"{read} {write} offline_access"
    first = redeem(api, client, code(api, client, organization=name if through else None, scope=scope)).json()
    again = refresh(api, client, first["refresh_token"]).json()
    for claims in (_claims(first["access_token"]), _claims(again["access_token"])):
        assert (claims["permissions"], claims["scope"].split()) == (wanted, [*wanted, "offline_access"])


def test_a_connection_may_make_members(api: Any) -> None:
    set_up(api)
    name, client = _open(api), register(api)
    path = f"{PATH}/{name}/enabled_connections/{_database(api)}"
    api.expect(200, "PATCH", path, {"assign_membership_on_login": True})
    assert redeem(api, client, code(api, client, organization=name)).status_code == 200
    assert [user["user_id"] for user in api.expect(200, "GET", f"{PATH}/{name}/members")] == [ADA["user_id"]]


@pytest.mark.parametrize(
    ("usage", "named", "text"),
    [
        (None, True, "parameter organization is not allowed for this client"),
        ("deny", True, "parameter organization is not allowed for this client"),
        ("allow", True, None),
        ("require", True, None),
        (None, False, None),
        ("allow", False, None),
        ("require", False, "parameter organization is required for this client"),
    ],
)
def test_the_setting_of_a_first_party_client(api: Any, usage: str | None, named: bool, text: str | None) -> None:
    set_up(api)
    client = first_party(api, **({"organization_usage": usage} if usage else {}))
    answered = begin(api, client, organization=_open(api, ADA) if named else None)
    assert answered.status_code == (200 if text is None else 302)
    if text is not None:
        assert answer(answered)["error_description"] == text


def test_names_instead_of_ids_where_the_tenant_takes_them(api: Any) -> None:
    set_up(api)
    name, client = _open(api, ADA), register(api)
    assert begin(api, client, organization="acme").status_code == 400
    api.expect(200, "PATCH", "/tenants/settings", {"allow_organization_name_in_authentication_api": True})
    for given in ("acme", name):
        claims = _claims(redeem(api, client, code(api, client, organization=given)).json()["access_token"])
        assert (claims["org_id"], claims["org_name"]) == (name, "acme")
    assert begin(api, client, organization="other").status_code == 400
