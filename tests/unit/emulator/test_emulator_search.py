# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Searches for clients and resource servers, in both syntaxes, and `q` in the list of clients."""

from __future__ import annotations

from typing import Any

import pytest

CLIENTS = "/clients/search"
SERVERS = "/resource-servers/search"


@pytest.fixture
def found(api: Any) -> Any:
    """Names of the clients that a query finds."""
    bodies = (
        {"name": "Alpha", "app_type": "spa", "client_metadata": {"team": "red"}},
        {"name": "alpine", "app_type": "native", "client_metadata": {"team": "blue"}},
        {"name": "Third one", "is_first_party": False},
    )
    for body in bodies:
        api.clock.now += 60
        api.expect(201, "POST", "/clients", body)

    def names(q: str | None = None, **query: str) -> list[str]:
        asked = {**query, **({} if q is None else {"q": q})}
        return [client["name"] for client in api.expect(200, "GET", CLIENTS, **asked)["clients"]]

    return names


OPERATOR = "Emulator operator"


@pytest.mark.parametrize(
    ("parser", "q", "wanted"),
    [
        ("lucene", "name:alpha", ["Alpha"]),
        ("lucene", 'name:"Third one"', ["Third one"]),
        ("lucene", "name:al*", ["Alpha", "alpine"]),
        ("lucene", "name:*p?n*", ["alpine"]),
        ("lucene", "app_type:spa OR app_type:native", ["Alpha", "alpine"]),
        ("lucene", "app_type:spa app_type:native", ["Alpha", "alpine"]),
        ("lucene", "name:al* AND NOT app_type:spa", ["alpine"]),
        ("lucene", "is_first_party:false", ["Third one"]),
        ("lucene", "(name:alpha OR name:alpine) AND app_type:native", ["alpine"]),
        ("lucene", "metadata.team:red", ["Alpha"]),
        ("lucene", "metadata.team:*", ["Alpha", "alpine"]),
        ("lucene", "updated_at:[2027-01-15T08:02 TO *]", ["alpine", "Third one"]),
        ("lucene", "updated_at:{* TO 2027-01-15T08:02}", [OPERATOR, "Alpha"]),
        ("scim", 'name eq "ALPHA"', ["Alpha"]),
        ("scim", 'name ne "alpha"', [OPERATOR, "alpine", "Third one"]),
        ("scim", 'name sw "al" and app_type eq "spa"', ["Alpha"]),
        ("scim", 'name ew "one" or name co "pin"', ["alpine", "Third one"]),
        ("scim", "is_first_party eq false", ["Third one"]),
        ("scim", "metadata.team pr", ["Alpha", "alpine"]),
        ("scim", 'not (name co "al" or name co "op")', ["Third one"]),
        ("scim", 'updated_at gt "2027-01-15T08:02:00.000Z"', ["Third one"]),
        ("scim", 'updated_at le "2027-01-15T08:02:00.000Z"', [OPERATOR, "Alpha", "alpine"]),
    ],
)
def test_filters(found: Any, parser: str, q: str, wanted: list[str], api: Any) -> None:
    operator = api.tenant.state["clients"][api.tenant.state["client_id"]]
    operator["updated_at"] = "2027-01-15T08:00:00.000Z"
    assert found(q, parser=parser) == wanted


def test_lucene_is_the_default_and_all_is_found_without_a_query(found: Any) -> None:
    assert found("name:alpha") == ["Alpha"]
    assert found() == [OPERATOR, "Alpha", "alpine", "Third one"]
    assert found(sort="name") == ["Alpha", OPERATOR, "Third one", "alpine"]


@pytest.mark.parametrize(
    ("parser", "q"),
    [
        ("lucene", "secret:x"),
        ("lucene", "name"),
        ("lucene", "name:x AND"),
        ("lucene", "(name:x"),
        ("lucene", "name:[a]"),
        ("lucene", " OR ".join(["name:x"] * 6)),
        ("scim", "name eq x"),
        ("scim", 'name is "x"'),
        ("scim", 'client_secret eq "x"'),
        ("scim", "name eq"),
        ("scim", " or ".join(['name eq "x"'] * 6)),
        ("xpath", "name"),
    ],
)
def test_refused_queries(api: Any, parser: str, q: str) -> None:
    assert api.expect(400, "GET", CLIENTS, parser=parser, q=q)["errorCode"] == "invalid_query_string"


@pytest.mark.parametrize("query", [{"sort": "app_type"}, {"page": "0"}, {"take": "101"}, {"from": "x"}])
def test_refused_parameters(api: Any, query: dict[str, str]) -> None:
    api.expect(400, "GET", CLIENTS, **query)


def test_pages_and_fields(api: Any, found: Any) -> None:
    first = api.expect(200, "GET", CLIENTS, take="3", fields="name,created_at")
    assert [set(client) for client in first["clients"]] == [{"name"}, *[{"name", "created_at"}] * 2]
    rest = api.expect(200, "GET", CLIENTS, take="3", **{"from": first["next"]})
    assert (len(rest["clients"]), "next" in rest) == (1, False)
    assert not {"client_secret", "signing_keys", "encryption_key"} & set(rest["clients"][0])
    assert rest["clients"][0]["updated_at"] == "2027-01-15T08:03:00.000Z"


def test_moments_are_in_no_other_answer(api: Any, found: Any) -> None:
    made = api.expect(201, "POST", "/clients", {"name": "app"})
    path = f"/clients/{made['client_id']}"
    answers = [made, api.expect(200, "GET", path), api.expect(200, "PATCH", path, {"description": "d"})]
    answers += api.expect(200, "GET", "/clients")
    assert not any({"created_at", "updated_at"} & set(answer) for answer in answers)


def test_resource_servers(api: Any) -> None:
    secret = {"identifier": "https://b.example/mcp", "name": "Beta", "signing_alg": "HS256"}
    for body in (secret, {"identifier": "https://a.example/mcp", "name": "Alpha"}):
        api.expect(201, "POST", "/resource-servers", body)

    def names(**query: str) -> list[str]:
        return [api["name"] for api in api_call(**query)["resource_servers"]]

    def api_call(**query: str) -> Any:
        return api.expect(200, "GET", SERVERS, **query)

    assert names(q='identifier sw "https://a"', parser="scim") == ["Alpha"]
    assert names(q='identifier:"https://b.example/mcp"') == ["Beta"]
    assert names(q="name:*eta OR name:alpha", sort="identifier") == ["Alpha", "Beta"]
    assert len(names(take="1")) == 1
    assert all(
        "signing_secret" not in server and "updated_at" not in server for server in api_call()["resource_servers"]
    )
    api.expect(400, "GET", SERVERS, q="signing_secret:x")


def test_query_of_the_client_list(api: Any) -> None:
    """`q` asks for client grants only, and goes with no filter."""
    (first, second) = (api.expect(201, "POST", "/clients", {"name": name})["client_id"] for name in "ab")
    audience = api.tenant.management_audience
    grant = {"client_id": first, "audience": audience, "organization_usage": "allow", "allow_any_organization": True}
    api.expect(201, "POST", "/client-grants", grant)
    linked = api.expect(
        201, "POST", "/client-grants", {"client_id": second, "audience": audience, "organization_usage": "allow"}
    )
    org = api.expect(201, "POST", "/organizations", {"name": "one"})["id"]
    api.expect(201, "POST", f"/organizations/{org}/client-grants", {"grant_id": linked["id"]})

    def ids(q: str, **query: str) -> list[str]:
        return [client["client_id"] for client in api.expect(200, "GET", "/clients", q=q, **query)["clients"]]

    assert ids("client_grant.allow_any_organization:true", take="50") == [first]
    assert ids(f"client_grant.organization_id:{org}", take="50") == [second]
    assert ids("client_grant.organization_id:org_2", include_totals="true", page="0", per_page="50") == []
    for query in ({"q": "name:a"}, {"q": f"client_grant.organization_id:{org}", "app_type": "spa"}):
        assert api.expect(400, "GET", "/clients", take="50", **query)["errorCode"] == "invalid_query_string"
