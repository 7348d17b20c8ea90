# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from tests.unit.emulator.login import ADA, GRACE

MCP = "https://api.example/mcp"
OTHER = "https://other.example"
DATABASE = "Username-Password-Authentication"
PASSWORD = "long enough to be taken"
PATH = "/users"


@pytest.fixture(autouse=True)
def _apis(api: Any) -> None:
    scopes = [{"value": "tools:write", "description": "Write tools"}, {"value": "tools:read"}]
    api.expect(201, "POST", "/resource-servers", {"identifier": MCP, "name": "MCP", "scopes": scopes})
    api.expect(201, "POST", "/resource-servers", {"identifier": OTHER, "scopes": [{"value": "x"}]})


def _path(user: Any, rest: str = "") -> str:
    return f"{PATH}/{quote(user['user_id'], safe='')}{rest}"


def _made(api: Any, email: str, **body: Any) -> Any:
    return api.expect(201, "POST", PATH, {"connection": DATABASE, "email": email, "password": PASSWORD, **body})


def _role(api: Any, name: str, *permissions: str) -> str:
    role = str(api.expect(200, "POST", "/roles", {"name": name})["id"])
    if permissions:
        api.expect(
            201, "POST", f"/roles/{role}/permissions", {"permissions": [_permission(one) for one in permissions]}
        )
    return role


def _permission(name: str, identifier: str = MCP) -> dict[str, str]:
    return {"resource_server_identifier": identifier, "permission_name": name}


def test_a_new_user(api: Any) -> None:
    made = _made(api, "Joan@Example.com")
    number = made["identities"][0]["user_id"]
    assert made == {
        "created_at": "2027-01-15T08:00:00.000Z",
        "email": "joan@example.com",
        "email_verified": False,
        "identities": [{"connection": DATABASE, "user_id": number, "provider": "auth0", "isSocial": False}],
        "name": "joan@example.com",
        "nickname": "joan",
        "picture": made["picture"],
        "updated_at": "2027-01-15T08:00:00.000Z",
        "user_id": f"auth0|{number}",
    }
    assert len(number) == 24
    assert made["picture"].startswith("https://s.gravatar.com/avatar/")
    assert made["picture"].endswith("%2Favatars%2Fjo.png")
    assert api.expect(200, "GET", _path(made)) == made
    named = _made(api, "jo@example.com", user_id="jo", name="Jo", user_metadata={"a": 1}, blocked=True)
    assert (named["user_id"], named["name"], named["user_metadata"], named["blocked"]) == (
        "auth0|jo",
        "Jo",
        {"a": 1},
        True,
    )


def test_no_answer_has_a_password(api: Any) -> None:
    made = _made(api, "joan@example.com")
    answers = [
        made,
        api.expect(200, "GET", _path(made)),
        api.expect(200, "PATCH", _path(made), {"password": "an even longer password"}),
        api.expect(200, "GET", PATH),
        api.expect(200, "GET", PATH, fields="password"),
        api.expect(200, "GET", "/users-by-email", email=made["email"]),
    ]
    assert PASSWORD not in str(answers)
    assert "even longer" not in str(answers)
    assert "'password'" not in str(answers)


@pytest.mark.parametrize("key", ["roles", "permissions"])
def test_assignments_are_not_in_the_profile(api: Any, key: str) -> None:
    api.expect(204, "POST", _path(ADA, "/roles"), {"roles": [_role(api, "reader")]})
    api.expect(201, "POST", _path(ADA, "/permissions"), {"permissions": [_permission("tools:read")]})
    assert key not in api.expect(200, "GET", _path(ADA))


@pytest.mark.parametrize(
    ("body", "status", "message", "code"),
    [
        ({"email": ADA["email"]}, 409, "The user already exists.", "auth0_idp_error"),
        ({"email": ADA["email"].upper()}, 409, "The user already exists.", "auth0_idp_error"),
        ({"user_id": "000000000000000000000001"}, 409, "The user already exists.", "auth0_idp_error"),
        ({"connection": "unknown"}, 400, "The connection does not exist.", "inexistent_connection"),
        ({"password": "too short"}, 400, "PasswordStrengthError: Password is too weak", None),
        ({"username": "jo"}, 400, "Cannot set username for connection without requires_username.", "invalid_body"),
        ({"email": None}, 400, "Expected type string but found type null", "invalid_body"),
        ({"email": "no address"}, 400, "Object didn't pass validation for format", "invalid_body"),
        ({"role": "x"}, 400, "Additional properties not allowed: role", "invalid_body"),
    ],
    ids=str,
)
def test_users_that_are_refused(api: Any, body: Any, status: int, message: str, code: str | None) -> None:
    given = {"connection": DATABASE, "email": "joan@example.com", "password": PASSWORD, **body}
    refused = api.expect(status, "POST", PATH, given)
    assert message in refused["message"]
    assert refused.get("errorCode") == code
    assert len(api.expect(200, "GET", PATH)) == 2


@pytest.mark.parametrize("key", ["connection", "email", "password"])
def test_what_a_user_needs(api: Any, key: str) -> None:
    given = {"connection": DATABASE, "email": "joan@example.com", "password": PASSWORD}
    del given[key]
    assert f"Missing required property: {key}" in api.expect(400, "POST", PATH, given)["message"]


def test_users_are_of_database_connections(api: Any) -> None:
    api.expect(201, "POST", "/connections", {"name": "google", "strategy": "google-oauth2"})
    refused = api.expect(400, "POST", PATH, {"connection": "google", "email": "a@example.com", "password": PASSWORD})
    assert refused["message"].startswith("Connection does not support user creation through the API.")


def test_another_connection_has_users_of_its_own(api: Any) -> None:
    options = {"requires_username": True}
    api.expect(201, "POST", "/connections", {"name": "partners", "strategy": "auth0", "options": options})
    partner = {"connection": "partners", "email": ADA["email"], "password": PASSWORD}
    assert "username" in api.expect(400, "POST", PATH, partner)["message"]
    made = api.expect(201, "POST", PATH, {**partner, "username": "ada"})
    api.expect(409, "POST", PATH, {**partner, "username": "other"})
    api.expect(409, "POST", PATH, {**partner, "email": "other@example.com", "username": "ada"})
    found = api.expect(200, "GET", "/users-by-email", email=ADA["email"])
    assert [user["user_id"] for user in found] == [ADA["user_id"], made["user_id"]]


def test_changes(api: Any) -> None:
    path = _path(_made(api, "joan@example.com", user_metadata={"a": 1, "b": {"c": 1}}, given_name="Joan"))
    api.clock.now += 60
    changed = api.expect(
        200,
        "PATCH",
        path,
        {
            "email": "Joan@Clarke.example",
            "email_verified": True,
            "given_name": None,
            "user_metadata": {"a": None, "b": {"d": 2}},
            "app_metadata": {"plan": "gold"},
            "connection": DATABASE,
            "client_id": "any",
            "verify_email": False,
        },
    )
    assert changed["updated_at"] > changed["created_at"]
    assert (changed["email"], changed["email_verified"]) == ("joan@clarke.example", True)
    assert (changed["user_metadata"], changed["app_metadata"]) == ({"b": {"d": 2}}, {"plan": "gold"})
    assert not {"given_name", "connection", "client_id", "verify_email"} & set(changed)
    assert api.expect(200, "GET", path) == changed
    api.expect(200, "PATCH", path, {"password": "an even longer password"})
    assert "last_password_reset" in api.expect(200, "GET", path)


def test_changes_that_are_refused(api: Any) -> None:
    path = _path(GRACE)
    taken = api.expect(400, "PATCH", path, {"email": ADA["email"].title()})
    assert (taken["message"], taken["errorCode"]) == ("The specified new email already exists", "auth0_idp_error")
    api.expect(400, "PATCH", path, {"password": "too short"})
    api.expect(400, "PATCH", path, {"username": "grace"})
    api.expect(400, "PATCH", path, {"user_id": "auth0|x"})
    assert api.expect(200, "GET", path)["email"] == GRACE["email"]


def test_a_user_is_deleted_with_all_assignments(api: Any) -> None:
    role = _role(api, "reader")
    organization = api.expect(201, "POST", "/organizations", {"name": "acme"})["id"]
    for user in (ADA, GRACE):
        api.expect(204, "POST", _path(user, "/roles"), {"roles": [role]})
    members = {"members": [ADA["user_id"], GRACE["user_id"]]}
    api.expect(204, "POST", f"/organizations/{organization}/members", members)
    for _turn in range(2):
        api.expect(204, "DELETE", _path(ADA))
    assert [user["user_id"] for user in api.expect(200, "GET", f"/roles/{role}/users")] == [GRACE["user_id"]]
    found = api.expect(200, "GET", f"/organizations/{organization}/members")
    assert [user["user_id"] for user in found] == [GRACE["user_id"]]


@pytest.mark.parametrize(
    ("method", "rest", "body"),
    [
        ("GET", "", None),
        ("PATCH", "", {"name": "x"}),
        ("GET", "/roles", None),
        ("POST", "/roles", {"roles": ["rol_x"]}),
        ("DELETE", "/roles", {"roles": ["rol_x"]}),
        ("GET", "/permissions", None),
        ("POST", "/permissions", {"permissions": [_permission("tools:read")]}),
        ("DELETE", "/permissions", {"permissions": [_permission("tools:read")]}),
        ("GET", "/organizations", None),
    ],
)
def test_an_unknown_user(api: Any, method: str, rest: str, body: Any) -> None:
    refused = api.expect(404, method, f"{PATH}/auth0%7Cunknown{rest}", body)
    assert refused == {
        "statusCode": 404,
        "error": "Not Found",
        "message": "The user does not exist.",
        "errorCode": "inexistent_user",
    }


def test_pages_and_order(api: Any) -> None:
    for number in range(3):
        api.clock.now += 1
        _made(api, f"user{number}@example.com")
    page = api.expect(200, "GET", PATH, include_totals="true", page="1", per_page="2", sort="created_at:-1")
    assert [user["nickname"] for user in page.pop("users")] == ["user0", "grace"]
    assert page == {"start": 2, "limit": 2, "length": 2, "total": 5}
    found = api.expect(200, "GET", PATH, sort="email:1", fields="email", include_fields="true")
    assert found[0] == {"email": ADA["email"]}
    rest = api.expect(200, "GET", PATH, fields="email", include_fields="false")
    assert all("email" not in user and "name" in user for user in rest)
    assert "email" not in api.expect(200, "GET", _path(ADA), fields="email", include_fields="false")


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"search_engine": "v1"}, "You are not allowed to use search_engine=v1."),
        ({"search_engine": "v2"}, "You are not allowed to use search_engine=v2. Use search_engine=v3 instead."),
        ({"page": "10", "per_page": "100"}, "You can only page through the first 1000 records."),
        ({"sort": "email"}, "on property sort"),
        ({"per_page": "101"}, "on property per_page"),
        ({"take": "5"}, "Additional properties not allowed: take"),
        ({"q": 'email:"ada'}, "on property q"),
        ({"q": "(email:a"}, "on property q"),
        ({"q": "email:a)"}, "on property q"),
        ({"q": "email:a AND"}, "on property q"),
        ({"q": "AND email:a"}, "on property q"),
        ({"q": "name:*da"}, "on property q"),
        ({"q": "logins_count:[many TO *]"}, "on property q"),
    ],
    ids=str,
)
def test_lists_that_are_refused(api: Any, query: dict[str, str], message: str) -> None:
    api.tenant.objects("users")[ADA["user_id"]]["logins_count"] = 1
    assert message in api.expect(400, "GET", PATH, **query)["message"]


SEARCHES = [
    # Exact, and in any case for the fields of the profile.
    (f'email:"{ADA["email"]}"', ["ada"]),
    (f'email:"{ADA["email"].upper()}"', ["ada"]),
    (f"email:{ADA['email']}", ["ada"]),
    ('email:"ada"', []),
    ("email:ada", []),
    # Fields match the whole value: .raw is of an older engine, and no field any more.
    (f'email.raw:"{ADA["email"]}"', []),
    (f'user_id:"{ADA["user_id"]}"', ["ada"]),
    (f"user_id:{GRACE['user_id']}", ["grace"]),
    ("user_id:auth0", []),
    ("user_id:auth0*", ["ada", "grace", "joan"]),
    ("user_id:AUTH0*", []),
    ('name:"ada lovelace"', ["ada"]),
    ("name:Ada\\ Lovelace", ["ada"]),
    ("name:a*", ["ada"]),
    ("name:*lace", ["ada"]),
    ("name:*ove*", ["ada"]),
    ("email.domain:EXAMPLE.com", ["ada", "grace"]),
    (f'identities.connection:"{DATABASE}"', ["ada", "grace", "joan"]),
    ('identities.connection:"partners"', []),
    ("blocked:true", ["joan"]),
    ("email_verified:false", ["joan"]),
    ('app_metadata.plan:"gold"', ["joan"]),
    ('app_metadata.plan:"Gold"', []),
    ('user_metadata.addresses.city:"Paris"', ["joan"]),
    ("user_metadata.size:13", ["joan"]),
    ("_exists_:app_metadata.plan", ["joan"]),
    ("NOT _exists_:app_metadata", ["ada", "grace"]),
    ("logins_count:[2 TO *]", ["grace"]),
    ("logins_count:{1 TO 2]", ["grace"]),
    ("logins_count:[1 TO 2}", ["ada"]),
    ("created_at:[2027-01-15 TO *]", ["joan"]),
    ("created_at:{2027-01-15 TO *]", []),
    ("created_at:[* TO 2027-01-15]", ["ada", "grace", "joan"]),
    ("created_at:[* TO 2027-01-15}", ["ada", "grace"]),
    ("created_at:2027-01-15", ["joan"]),
    # Operators.
    ("name:ada* AND email_verified:true", ["ada"]),
    ("name:ada* AND email_verified:false", []),
    ("nickname:ada OR nickname:grace", ["ada", "grace"]),
    ("nickname:(ada OR joan)", ["ada", "joan"]),
    ("nickname:ada nickname:grace", ["ada", "grace"]),
    ("(nickname:ada OR nickname:grace) AND NOT nickname:ada", ["grace"]),
    ("nickname:ada OR nickname:grace AND email_verified:false", ["ada"]),
    # Without a field; metadata is not searched then.
    ("grace", ["grace"]),
    ('"Ada Lovelace"', ["ada"]),
    ("gold", []),
    ("organization_id:ORG", ["grace"]),
    ("unknown:x", []),
]


@pytest.mark.parametrize(("query", "wanted"), SEARCHES, ids=[query for query, _wanted in SEARCHES])
def test_searches(api: Any, query: str, wanted: list[str]) -> None:
    _made(
        api,
        "joan@clarke.example",
        blocked=True,
        app_metadata={"plan": "gold"},
        user_metadata={"size": 13, "addresses": [{"city": ["Paris", "Rome"]}]},
    )
    for user, count in ((ADA, 1), (GRACE, 2)):
        api.tenant.objects("users")[user["user_id"]]["logins_count"] = count
    organization = api.expect(201, "POST", "/organizations", {"name": "acme"})["id"]
    api.expect(204, "POST", f"/organizations/{organization}/members", {"members": [GRACE["user_id"]]})
    found = api.expect(200, "GET", PATH, q=query.replace("ORG", organization), search_engine="v3")
    assert [user["nickname"] for user in found] == wanted
    assert all("email.domain" not in user and "organization_id" not in user for user in found)


@pytest.mark.parametrize(
    ("email", "wanted"), [(ADA["email"], 1), (ADA["email"].upper(), 0), ("ada", 0), ("nobody@example.com", 0)]
)
def test_by_email_case_counts(api: Any, email: str, wanted: int) -> None:
    found = api.expect(200, "GET", "/users-by-email", email=email)
    assert len(found) == wanted
    assert found == [api.expect(200, "GET", _path(ADA))] * wanted


def test_by_email_fields_and_what_it_needs(api: Any) -> None:
    assert api.expect(200, "GET", "/users-by-email", email=ADA["email"], fields="user_id") == [
        {"user_id": ADA["user_id"]}
    ]
    assert "email" in api.expect(400, "GET", "/users-by-email")["message"]


def test_roles_are_assigned_from_both_sides(api: Any) -> None:
    writer, reader = _role(api, "writer"), _role(api, "reader")
    assert api.expect(204, "POST", _path(ADA, "/roles"), {"roles": [writer]}) is None
    assert api.expect(200, "POST", f"/roles/{reader}/users", {"users": [ADA["user_id"], GRACE["user_id"]]}) == {}
    api.expect(204, "POST", _path(ADA, "/roles"), {"roles": [writer, reader]})

    def names(user: Any) -> list[str]:
        return [role["name"] for role in api.expect(200, "GET", _path(user, "/roles"))]

    assert (names(ADA), names(GRACE)) == (["reader", "writer"], ["reader"])
    page = api.expect(200, "GET", _path(ADA, "/roles"), include_totals="true", page="0", per_page="1")
    assert page == {
        "roles": [{"id": reader, "name": "reader", "description": "", "type": "tenant"}],
        "start": 0,
        "limit": 1,
        "total": 2,
    }
    assert api.expect(200, "GET", f"/roles/{reader}/users", include_totals="true")["total"] == 2
    (member, _other) = api.expect(200, "GET", f"/roles/{reader}/users")
    assert member == {key: ADA[key] for key in ("user_id", "email", "picture", "name")}
    assert api.expect(204, "DELETE", _path(ADA, "/roles"), {"roles": [reader, "rol_unknown"]}) is None
    assert (names(ADA), names(GRACE)) == (["writer"], ["reader"])
    api.expect(200, "DELETE", f"/roles/{writer}")
    assert names(ADA) == []


def test_members_of_a_role_by_checkpoint(api: Any) -> None:
    role = _role(api, "reader")
    everyone = [ADA["user_id"], GRACE["user_id"], *(_made(api, f"u{n}@example.com")["user_id"] for n in range(3))]
    api.expect(200, "POST", f"/roles/{role}/users", {"users": everyone})
    found, query = [], {"take": "2"}
    while query:
        page = api.expect(200, "GET", f"/roles/{role}/users", **query)
        found += [user["user_id"] for user in page["users"]]
        query = {"take": "2", "from": page["next"]} if "next" in page else {}
    assert found == everyone


def test_assignments_that_are_refused_change_nothing(api: Any) -> None:
    role = _role(api, "reader")
    refused = api.expect(404, "POST", _path(ADA, "/roles"), {"roles": [role, "rol_unknown"]})
    assert refused["errorCode"] == "inexistent_role"
    refused = api.expect(404, "POST", f"/roles/{role}/users", {"users": [ADA["user_id"], "auth0|unknown"]})
    assert refused["message"] == "One or more of the users do not exist."
    api.expect(404, "POST", "/roles/rol_unknown/users", {"users": [ADA["user_id"]]})
    api.expect(404, "GET", "/roles/rol_unknown/users")
    api.expect(400, "POST", _path(ADA, "/roles"), {"roles": []})
    api.expect(400, "POST", f"/roles/{role}/users", {"users": []})
    api.expect(400, "POST", f"/roles/{role}/users", {})
    assert api.expect(200, "GET", _path(ADA, "/roles")) == []


def test_a_user_has_fifty_roles(api: Any) -> None:
    roles = [_role(api, f"role {number}") for number in range(51)]
    api.expect(204, "POST", _path(ADA, "/roles"), {"roles": roles[:50]})
    api.expect(204, "POST", _path(ADA, "/roles"), {"roles": roles[:1]})
    api.expect(403, "POST", _path(ADA, "/roles"), {"roles": roles[50:]})
    api.expect(403, "POST", f"/roles/{roles[50]}/users", {"users": [GRACE["user_id"], ADA["user_id"]]})
    api.expect(200, "POST", f"/roles/{roles[0]}/users", {"users": [ADA["user_id"]]})
    assert api.expect(200, "GET", _path(GRACE, "/roles")) == []


def test_permissions_and_where_they_come_from(api: Any) -> None:
    role = _role(api, "reader", "tools:read")
    api.expect(204, "POST", _path(ADA, "/roles"), {"roles": [role]})
    given = [_permission("tools:write"), _permission("tools:read"), _permission("x", OTHER)]
    for _turn in range(2):
        assert api.expect(201, "POST", _path(ADA, "/permissions"), {"permissions": given}) == {}
    direct = {"source_id": "", "source_name": "", "source_type": "DIRECT"}
    through = {"source_id": role, "source_name": "reader", "source_type": "ROLE"}
    assert api.expect(200, "GET", _path(ADA, "/permissions")) == [
        {**_permission("tools:read"), "resource_server_name": "MCP", "sources": [direct, through]},
        {
            **_permission("tools:write"),
            "resource_server_name": "MCP",
            "description": "Write tools",
            "sources": [direct],
        },
        {**_permission("x", OTHER), "sources": [direct]},
    ]
    api.expect(204, "DELETE", _path(ADA, "/permissions"), {"permissions": [*given, _permission("unknown")]})
    page = api.expect(200, "GET", _path(ADA, "/permissions"), include_totals="true")
    assert [one["sources"] for one in page.pop("permissions")] == [[through]]
    assert page == {"start": 0, "limit": 50, "total": 1}


@pytest.mark.parametrize(
    ("unknown", "code"),
    [
        (_permission("unknown"), "inexistent_permission"),
        (_permission("x", "https://no.example"), "inexistent_resource_server"),
    ],
    ids=str,
)
def test_unknown_permissions_are_refused_with_all_others(api: Any, unknown: Any, code: str) -> None:
    body = {"permissions": [_permission("tools:read"), unknown]}
    assert api.expect(404, "POST", _path(ADA, "/permissions"), body)["errorCode"] == code
    assert api.expect(200, "GET", _path(ADA, "/permissions")) == []


def test_a_scope_that_goes_takes_the_permissions_of_users_along(api: Any) -> None:
    body = {"permissions": [_permission("tools:read"), _permission("tools:write"), _permission("x", OTHER)]}
    api.expect(201, "POST", _path(ADA, "/permissions"), body)
    path = f"/resource-servers/{api.tenant.resource_server(MCP)['id']}"
    api.expect(200, "PATCH", path, {"scopes": [{"value": "tools:write"}]})
    api.expect(200, "PATCH", path, {"scopes": [{"value": "tools:write"}, {"value": "tools:read"}]})
    assert [one["permission_name"] for one in api.expect(200, "GET", _path(ADA, "/permissions"))] == [
        "tools:write",
        "x",
    ]
    api.expect(204, "DELETE", path)
    assert [one["permission_name"] for one in api.expect(200, "GET", _path(ADA, "/permissions"))] == ["x"]


def test_organizations_of_a_user(api: Any) -> None:
    made = [api.expect(201, "POST", "/organizations", {"name": name}) for name in ("acme", "other")]
    assert api.expect(200, "GET", _path(ADA, "/organizations")) == []
    api.expect(204, "POST", f"/organizations/{made[0]['id']}/members", {"members": [ADA["user_id"]]})
    assert api.expect(200, "GET", _path(ADA, "/organizations")) == [made[0]]
    page = api.expect(200, "GET", _path(ADA, "/organizations"), include_totals="true")
    assert page == {"organizations": [made[0]], "start": 0, "limit": 50, "total": 1}
