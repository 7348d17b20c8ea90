# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

import pytest

PATH = "/client-grants"
MCP = "https://api.example/mcp"


@pytest.fixture(autouse=True)
def _mcp_api(api: Any) -> None:
    scopes = [{"value": "tools:read"}, {"value": "tools:write"}]
    api.expect(201, "POST", "/resource-servers", {"identifier": MCP, "scopes": scopes})


@pytest.fixture
def client_id(api: Any) -> str:
    return str(api.expect(201, "POST", "/clients", {"name": "app"})["client_id"])


def _made(api: Any, **body: Any) -> Any:
    return api.expect(201, "POST", PATH, {"audience": MCP, **body})


def test_create_with_defaults(api: Any, client_id: str) -> None:
    grant = _made(api, client_id=client_id)
    assert grant.pop("id").startswith("cgr_")
    assert grant == {"client_id": client_id, "audience": MCP, "subject_type": "client", "scope": []}


def test_default_grant_has_no_client(api: Any) -> None:
    grant = _made(api, default_for="third_party_clients", subject_type="user", scope=["tools:read"])
    assert (grant["default_for"], "client_id" in grant) == ("third_party_clients", False)


def test_users_and_clients_are_two_grants_and_each_is_unique(api: Any, client_id: str) -> None:
    for owner in ({"client_id": client_id}, {"default_for": "third_party_clients"}):
        _made(api, **owner)
        _made(api, **owner, subject_type="user")
        name = next(iter(owner.values()))
        refused = api.expect(409, "POST", PATH, {"audience": MCP, **owner})
        assert refused["message"] == f"A client grant already exists between {name} and {MCP}"


@pytest.mark.parametrize("owner", [{}, {"client_id": "x", "default_for": "third_party_clients"}])
def test_exactly_one_owner(api: Any, owner: dict[str, str]) -> None:
    api.expect(400, "POST", PATH, {"audience": MCP, **owner})


def test_unknown_client_and_api(api: Any, client_id: str) -> None:
    assert api.expect(404, "POST", PATH, {"audience": MCP, "client_id": "x"})["message"] == "Client not found"
    unknown = api.expect(404, "POST", PATH, {"audience": "x", "client_id": client_id})
    assert unknown["message"] == "Resource server not found"


def test_scopes_that_the_api_lacks_are_kept(api: Any, client_id: str) -> None:
    grant = _made(api, client_id=client_id, scope=["unknown", "tools:read"])
    assert grant["scope"] == ["unknown", "tools:read"]
    path = f"{PATH}/{grant['id']}"
    assert api.expect(200, "PATCH", path, {"scope": ["other"]})["scope"] == ["other"]
    assert api.expect(200, "GET", path)["scope"] == ["other"]


def test_organizations_are_those_linked_to_the_grant(api: Any, client_id: str) -> None:
    grant = _made(api, client_id=client_id, organization_usage="allow", allow_any_organization=True)
    path = f"{PATH}/{grant['id']}/organizations"
    assert api.expect(200, "GET", path, take="50", include_totals="true") == {"organizations": []}
    assert api.expect(200, "GET", path) == []
    linked = [api.expect(201, "POST", "/organizations", {"name": f"name-{number}"}) for number in range(3)]
    for one in linked:
        api.expect(201, "POST", f"/organizations/{one['id']}/client-grants", {"grant_id": grant["id"]})
    first = api.expect(200, "GET", path, take="2")
    assert first["organizations"] == linked[:2]
    assert api.expect(200, "GET", path, take="2", **{"from": first["next"]}) == {"organizations": linked[2:]}
    api.expect(404, "GET", f"{PATH}/cgr_unknown/organizations")
    api.expect(204, "DELETE", f"{PATH}/{grant['id']}")
    assert api.expect(200, "GET", f"/organizations/{linked[0]['id']}/client-grants") == []


def test_third_party_clients_get_no_system_api(api: Any) -> None:
    third = api.expect(201, "POST", "/clients", {"name": "t", "is_first_party": False})["client_id"]
    for owner in ({"client_id": third}, {"default_for": "third_party_clients"}):
        api.expect(400, "POST", PATH, {"audience": api.tenant.management_audience, **owner})
        api.expect(400, "POST", PATH, {"audience": MCP, "allow_any_organization": True, **owner})


def test_scope_is_replaced_whole_and_types_are_kept(api: Any, client_id: str) -> None:
    grant = _made(api, client_id=client_id, scope=["tools:read"], authorization_details_types=["payment"])
    changed = api.expect(200, "PATCH", f"{PATH}/{grant['id']}", {"scope": ["tools:write"]})
    assert (changed["scope"], changed["authorization_details_types"]) == (["tools:write"], ["payment"])


def test_all_scopes_hide_the_scope(api: Any, client_id: str) -> None:
    grant = _made(api, client_id=client_id, scope=["tools:read"])
    path = f"{PATH}/{grant['id']}"
    assert "scope" not in api.expect(200, "PATCH", path, {"allow_all_scopes": True})
    back = api.expect(200, "PATCH", path, {"allow_all_scopes": False, "scope": ["tools:write"]})
    assert (back["allow_all_scopes"], back["scope"]) == (False, ["tools:write"])


@pytest.mark.parametrize("key", ["client_id", "default_for", "audience", "subject_type", "id"])
def test_identity_cannot_be_patched(api: Any, client_id: str, key: str) -> None:
    grant = _made(api, client_id=client_id)
    refused = api.expect(400, "PATCH", f"{PATH}/{grant['id']}", {key: "x"})
    assert f"Additional properties not allowed: {key}" in refused["message"]


def test_delete_also_repeated(api: Any, client_id: str) -> None:
    path = f"{PATH}/{_made(api, client_id=client_id)['id']}"
    assert [api.call("DELETE", path).status_code for _turn in range(2)] == [204, 204]
    api.expect(404, "GET", path)


def test_filters(api: Any, client_id: str) -> None:
    first = _made(api, client_id=client_id, allow_any_organization=True)
    second = _made(api, default_for="third_party_clients", subject_type="user")

    def ids(**query: str) -> list[str]:
        return [grant["id"] for grant in api.expect(200, "GET", PATH, **query)]

    assert ids(audience=MCP) == [first["id"], second["id"]]
    assert ids(client_id=client_id) == [first["id"]]
    assert ids(default_for="third_party_clients") == [second["id"]]
    assert ids(subject_type="user") == [second["id"]]
    assert ids(allow_any_organization="true") == [first["id"]]
    query = {"audience": "x", "client_id": client_id, "include_totals": "true", "per_page": "50"}
    assert api.expect(200, "GET", PATH, **query) == {"total": 0, "start": 0, "limit": 50, "client_grants": []}


def test_own_grant_goes_before_the_default_one(api: Any) -> None:
    third = api.expect(
        201, "POST", "/clients", {"name": "t", "is_first_party": False, "grant_types": ["client_credentials"]}
    )
    named = {"client_id": third["client_id"], "client_secret": third["client_secret"], "audience": MCP}
    _made(api, default_for="third_party_clients", scope=["tools:read"])
    assert api.token(**named).json()["scope"] == "tools:read"
    _made(api, client_id=third["client_id"], scope=["tools:write"])
    assert api.token(**named).json()["scope"] == "tools:write"
