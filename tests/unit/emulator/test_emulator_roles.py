# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

import pytest

MCP = "https://api.example/mcp"
OTHER = "https://other.example"
PATH = "/roles"
READ, WRITE = "tools:read", "tools:write"


@pytest.fixture(autouse=True)
def _apis(api: Any) -> None:
    scopes = [{"value": WRITE, "description": "Write tools"}, {"value": READ}]
    api.expect(201, "POST", "/resource-servers", {"identifier": MCP, "name": "MCP", "scopes": scopes})
    api.expect(201, "POST", "/resource-servers", {"identifier": OTHER, "scopes": [{"value": READ}]})


@pytest.fixture
def role(api: Any) -> str:
    """Path of a role."""
    return f"{PATH}/{_made(api, name='reader')['id']}"


def _made(api: Any, **body: Any) -> Any:
    return api.expect(200, "POST", PATH, body)


def _permission(name: str, identifier: str = MCP) -> dict[str, str]:
    return {"resource_server_identifier": identifier, "permission_name": name}


def _change(api: Any, status: int, method: str, role: str, *permissions: dict[str, str]) -> Any:
    return api.expect(status, method, f"{role}/permissions", {"permissions": list(permissions)})


def _names(api: Any, role: str) -> list[tuple[str, str]]:
    found = api.expect(200, "GET", f"{role}/permissions")
    return [(item["resource_server_identifier"], item["permission_name"]) for item in found]


def test_only_the_answer_of_a_create_may_lack_the_description(api: Any) -> None:
    made = _made(api, name="reader")
    identifier = made["id"]
    assert (identifier[:4], len(identifier)) == ("rol_", 20)
    assert made == {"id": identifier, "name": "reader", "type": "tenant"}
    whole = {**made, "description": ""}
    path = f"{PATH}/{identifier}"
    assert api.expect(200, "GET", path) == whole
    assert api.expect(200, "GET", PATH) == [whole]
    assert api.expect(200, "PATCH", path, {}) == whole
    described = {**whole, "description": "Reads"}
    assert api.expect(200, "PATCH", path, {"description": "Reads"}) == described
    assert api.expect(200, "GET", path) == described
    assert _made(api, name="writer", description="Writes")["description"] == "Writes"


def test_a_role_of_an_organization(api: Any) -> None:
    given = {"name": "reader", "type": "organization", "owner_id": "org_1"}
    made = _made(api, **given)
    assert made == {"id": made["id"], **given}
    _made(api, name="reader")
    _made(api, name="reader", type="organization", owner_id="org_2")
    assert api.expect(200, "GET", PATH, type="organization", owner_id="org_1") == [{**made, "description": ""}]
    assert len(api.expect(200, "GET", PATH, type="tenant")) == 1
    api.expect(400, "GET", PATH, type="organization")


@pytest.mark.parametrize(
    "body", [{"type": "organization"}, {"owner_id": "org_1"}, {"type": "tenant", "owner_id": "org_1"}]
)
def test_type_and_owner_belong_together(api: Any, body: dict[str, str]) -> None:
    refused = api.expect(400, "POST", PATH, {"name": "reader", **body})
    assert refused["message"].startswith('owner_id is required when type is "organization"')


@pytest.mark.parametrize("key", ["id", "type", "owner_id", "permissions"])
def test_what_a_patch_does_not_take(api: Any, role: str, key: str) -> None:
    refused = api.expect(400, "PATCH", role, {key: "x"})
    assert refused["message"] == f"Payload validation error: 'Additional properties not allowed: {key}'."


def test_a_name_serves_once(api: Any, role: str) -> None:
    conflict = {
        "statusCode": 409,
        "error": "Conflict",
        "message": "The role already exists.",
        "errorCode": "role_conflict",
    }
    assert api.expect(409, "POST", PATH, {"name": "reader"}) == conflict
    other = f"{PATH}/{_made(api, name='writer')['id']}"
    assert api.expect(409, "PATCH", other, {"name": "reader"}) == conflict
    assert api.expect(200, "PATCH", role, {"name": "reader"})["name"] == "reader"
    assert api.expect(200, "PATCH", other, {"name": "Reader"})["name"] == "Reader"


def test_the_filter_takes_a_part_of_the_name_in_any_case(api: Any) -> None:
    for name in ("MCP writer", "admin", "mcp reader", "MCP"):
        _made(api, name=name)

    def names(**query: str) -> list[str]:
        return [role["name"] for role in api.expect(200, "GET", PATH, **query)]

    assert names() == ["MCP", "MCP writer", "admin", "mcp reader"]
    assert names(name_filter="mcp") == ["MCP", "MCP writer", "mcp reader"]
    assert names(name_filter="READER") == ["mcp reader"]
    assert names(name_filter="mcp ") == ["MCP writer", "mcp reader"]
    assert names(name_filter="nobody") == []
    page = api.expect(200, "GET", PATH, name_filter="mcp", include_totals="true", page="1", per_page="2")
    assert [role["name"] for role in page.pop("roles")] == ["mcp reader"]
    assert page == {"start": 2, "limit": 2, "total": 3}


@pytest.mark.parametrize("path", [PATH, "{role}/permissions"])
@pytest.mark.parametrize("query", [{"take": "5"}, {"per_page": "101"}, {"page": "-1"}])
def test_offset_paging_only(api: Any, role: str, path: str, query: dict[str, str]) -> None:
    assert api.expect(400, "GET", path.format(role=role), **query)["errorCode"] == "invalid_query_string"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("PATCH", "", {"name": "x"}),
        ("DELETE", "", None),
        ("GET", "/permissions", None),
        ("POST", "/permissions", {"permissions": [_permission(READ)]}),
        ("DELETE", "/permissions", {"permissions": [_permission(READ)]}),
    ],
)
def test_an_unknown_role(api: Any, method: str, path: str, body: Any) -> None:
    refused = api.expect(404, method, f"{PATH}/rol_unknown{path}", body)
    assert (refused["message"], refused["errorCode"]) == ("The role does not exist", "inexistent_role")


def test_delete_is_answered_once(api: Any, role: str) -> None:
    users = api.tenant.objects("users").values()
    for user in users:
        user["roles"] = ["rol_other", role.removeprefix(f"{PATH}/")]
    assert api.expect(200, "DELETE", role) == {}
    api.expect(404, "DELETE", role)
    assert [user["roles"] for user in users] == [["rol_other"], ["rol_other"]]


def test_permissions_are_added_and_listed_by_name(api: Any, role: str) -> None:
    assert _change(api, 201, "POST", role, _permission(WRITE)) == {}
    assert _change(api, 201, "POST", role, _permission(WRITE), _permission(READ), _permission(READ, OTHER)) == {}
    assert api.expect(200, "GET", f"{role}/permissions") == [
        {**_permission(READ), "resource_server_name": "MCP"},
        _permission(READ, OTHER),
        {**_permission(WRITE), "resource_server_name": "MCP", "description": "Write tools"},
    ]
    page = api.expect(200, "GET", f"{role}/permissions", include_totals="true", page="1", per_page="2")
    assert [item["permission_name"] for item in page.pop("permissions")] == [WRITE]
    assert page == {"start": 2, "limit": 2, "total": 3}
    assert "permissions" not in api.expect(200, "GET", role)


def test_permissions_are_removed_whether_the_role_has_them_or_not(api: Any, role: str) -> None:
    _change(api, 201, "POST", role, _permission(READ), _permission(WRITE), _permission(READ, OTHER))
    for _turn in range(2):
        assert _change(api, 204, "DELETE", role, _permission(READ), _permission("unknown")) is None
        assert _names(api, role) == [(OTHER, READ), (MCP, WRITE)]


@pytest.mark.parametrize(
    ("unknown", "message", "code"),
    [
        (_permission("x"), "This permission does not exist: 'x'", "inexistent_permission"),
        (
            _permission(READ, "https://unknown.example"),
            "The resource server does not exist: 'https://unknown.example'",
            "inexistent_resource_server",
        ),
    ],
)
def test_unknown_permissions_are_refused_with_all_others(
    api: Any, role: str, unknown: dict[str, str], message: str, code: str
) -> None:
    refused = _change(api, 404, "POST", role, _permission(READ), unknown)
    assert (refused["message"], refused["errorCode"]) == (message, code)
    assert _names(api, role) == []


def test_an_api_is_named_by_its_identifier_not_its_id(api: Any, role: str) -> None:
    _change(api, 404, "POST", role, _permission(READ, api.tenant.resource_server(MCP)["id"]))


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_bodies_of_permissions(api: Any, role: str, method: str) -> None:
    where = "on property permissions (array of resource_server_identifier, permission_name pairs.)."
    for permissions, reason in (
        ([], "Array is too short (0), minimum 1"),
        (None, "Expected type array but found type null"),
    ):
        refused = api.expect(400, method, f"{role}/permissions", {"permissions": permissions})
        assert refused["message"] == f"Payload validation error: '{reason}' {where}"
    lacking = _change(api, 400, method, role, {"permission_name": READ})
    assert "'Missing required property: resource_server_identifier' on property permissions[0]" in lacking["message"]
    _change(api, 400, method, role, {**_permission(READ), "description": "x"})


def test_a_scope_that_goes_takes_the_permission_along_for_good(api: Any, role: str) -> None:
    _change(api, 201, "POST", role, _permission(READ), _permission(WRITE), _permission(READ, OTHER))
    path = f"/resource-servers/{api.tenant.resource_server(MCP)['id']}"
    api.expect(200, "PATCH", path, {"name": "Renamed"})
    assert len(_names(api, role)) == 3
    api.expect(200, "PATCH", path, {"scopes": [{"value": WRITE}]})
    api.expect(200, "PATCH", path, {"scopes": [{"value": WRITE}, {"value": READ}]})
    assert _names(api, role) == [(OTHER, READ), (MCP, WRITE)]


def test_an_api_that_goes_takes_its_permissions_along(api: Any, role: str) -> None:
    _change(api, 201, "POST", role, _permission(READ), _permission(WRITE), _permission(READ, OTHER))
    api.expect(204, "DELETE", f"/resource-servers/{api.tenant.resource_server(MCP)['id']}")
    assert _names(api, role) == [(OTHER, READ)]


def test_a_tenant_has_a_thousand_roles(api: Any, role: str) -> None:
    roles = api.tenant.objects("roles")
    for number in range(998):
        roles[f"rol_{number}"] = {"id": f"rol_{number}", "name": f"r{number}", "type": "tenant", "permissions": []}
    _made(api, name="the last one")
    refused = api.expect(403, "POST", PATH, {"name": "one too many"})
    assert refused["message"] == "You reached the limit of entities of this type for this tenant."
    api.expect(200, "DELETE", role)
    _made(api, name="one too many")


def test_a_role_has_a_thousand_permissions(api: Any, role: str) -> None:
    scopes = [f"tools:{number}" for number in range(1001)]
    api.tenant.resource_server(MCP)["scopes"] = [{"value": scope} for scope in scopes]
    _change(api, 201, "POST", role, *map(_permission, scopes[:1000]))
    _change(api, 201, "POST", role, _permission(scopes[0]))
    _change(api, 403, "POST", role, _permission(scopes[1000]))
    assert api.expect(200, "GET", f"{role}/permissions", include_totals="true", per_page="1")["total"] == 1000
