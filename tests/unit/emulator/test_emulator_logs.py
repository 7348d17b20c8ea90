# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from emulator.tenant import LOGS_KEPT
from tests.unit.emulator.login import (
    ADA,
    CALLBACK,
    MCP,
    agree,
    begin,
    code,
    first_party,
    log_in,
    redeem,
    refresh,
    register,
    set_up,
)

PATH = "/logs"

# Required keys of auth0/auth0-log-schemas, `date` being optional there.
ALWAYS = {"client_name", "description", "details", "ip", "log_id", "tenant_name", "type", "date", "_id", "client_id"}
REQUIRED = {
    "s": {"strategy", "strategy_type", "connection", "connection_id", "hostname", "environment_name"},
    "f": {"strategy", "strategy_type", "environment_name"},
    "fp": {"strategy", "strategy_type", "environment_name"},
    "fu": {"strategy", "strategy_type", "environment_name"},
    "seacft": {"hostname"},
    "feacft": {"hostname", "environment_name"},
    "sertft": {"hostname", "audience"},
    "fertft": {"hostname", "environment_name"},
    "ferrt": {"hostname", "environment_name"},
    "seccft": {"hostname", "audience"},
    "feccft": {"hostname"},
    "sapi": set(),
    "mgmt_api_read": set(),
}


def _found(api: Any, q: str, **query: Any) -> list[Any]:
    found: list[Any] = api.expect(200, "GET", PATH, q=q, **query)
    for event in found:
        assert set(event) >= ALWAYS | REQUIRED[event["type"]]
    return found


def _only(api: Any, q: str) -> Any:
    (event,) = _found(api, q)
    return event


def test_a_registration(api: Any) -> None:
    set_up(api)
    client = register(api, client_name="Some agent", token_endpoint_auth_method="client_secret_post")
    event = _only(api, 'type:"sapi" AND description:"Dynamic client registration"')
    assert event["details"]["request"]["method"] == "post"
    assert event["details"]["request"]["path"] == "/oidc/register"
    assert event["details"]["request"]["body"]["client_name"] == "Some agent"
    assert event["details"]["response"]["statusCode"] == 201
    body = event["details"]["response"]["body"]
    assert (body["client_id"], body["redirect_uris"]) == (client["client_id"], [CALLBACK])
    assert client["client_secret"] not in str(api.expect(200, "GET", PATH, per_page="100"))


def test_a_refused_registration_leaves_no_event(api: Any) -> None:
    set_up(api)
    before = len(api.expect(200, "GET", PATH, per_page="100"))
    assert api.post("/oidc/register", json={"redirect_uris": []}).status_code == 400
    assert len(api.expect(200, "GET", PATH, per_page="100")) == before


def test_a_login_and_its_tokens(api: Any) -> None:
    set_up(api)
    client = register(api)
    api.headers["user-agent"] = "agent/1.0"
    text = code(api, client, scope="offline_access tools:read")
    tokens = redeem(api, client, text).json()
    renewed = refresh(api, client, tokens["refresh_token"]).json()
    (connection,) = api.expect(200, "GET", "/connections")
    about = {"client_id": client["client_id"], "client_name": "App", "ip": "testclient", "user_agent": "agent/1.0"}
    user = {"user_id": ADA["user_id"], "user_name": ADA["email"], "hostname": "tenant.example"}
    for kind, description in (
        ("s", "Successful login"),
        ("seacft", "Authorization Code for Access Token"),
        ("sertft", "Refresh Token for Access Token"),
    ):
        event = _only(api, f"type:{kind}")
        assert event["description"] == description
        assert {key: event[key] for key in (*about, *user)} == {**about, **user}
        assert (event["audience"], event["scope"]) == (MCP, "offline_access tools:read")
    login = _only(api, "type:s")
    assert (login["connection"], login["connection_id"]) == (connection["name"], connection["id"])
    assert (login["strategy"], login["strategy_type"]) == ("auth0", "database")
    everything = str(api.expect(200, "GET", PATH, per_page="100"))
    for secret in (text, tokens["refresh_token"], tokens["access_token"], renewed["access_token"], ADA["password"]):
        assert secret not in everything


def test_logins_that_fail(api: Any) -> None:
    set_up(api)
    client = register(api)
    page = begin(api, client)
    log_in(api, page, password="wrong")
    log_in(api, page, email="nobody@example.com", password="wrong-too")
    agree(api, log_in(api, page), "decline")
    begin(api, client, code_challenge=None)
    begin(api, client, redirect_uri="https://evil.example")
    begin(api, {"client_id": "unknown"})
    wrong = _only(api, "type:fp")
    assert (wrong["user_id"], wrong["user_name"]) == (ADA["user_id"], ADA["email"])
    assert wrong["details"] == {"error": {"message": "Wrong email or password."}}
    unknown = _only(api, "type:fu")
    assert (unknown["user_id"], unknown["user_name"]) == ("", "nobody@example.com")
    failed = _found(api, "type:f", sort="date:1")
    assert [(event["client_id"], event["details"]["error"]["oauthError"]) for event in failed] == [
        (client["client_id"], "access_denied"),
        (client["client_id"], "invalid_request"),
        (client["client_id"], "unauthorized_client"),
        (None, "invalid_request"),
    ]
    assert failed[0]["description"] == "User did not authorize the request"
    assert failed[0]["user_id"] == ADA["user_id"]
    assert not _found(api, "type:s")
    assert "wrong-too" not in str(api.expect(200, "GET", PATH, per_page="100"))


def test_token_requests_that_fail(api: Any) -> None:
    set_up(api)
    client = register(api)
    redeem(api, client, "made-up-code")
    refresh(api, client, "made-up-token")
    api.token(client_secret="wrong-secret")
    api.token(client_id="unknown")
    api.token(grant_type="password")
    for kind, description in (
        ("feacft", "Invalid authorization code"),
        ("fertft", "Unknown or invalid refresh token."),
    ):
        event = _only(api, f"type:{kind}")
        assert (event["description"], event["client_id"]) == (description, client["client_id"])
        assert event["details"] == {"requested_client_id": client["client_id"]}
    own = api.tenant.state["client_id"]
    failed = _found(api, "type:feccft", sort="date:1")
    assert [(event["client_id"], event["details"]["requested_client_id"]) for event in failed] == [
        (own, own),
        (None, "unknown"),
    ]
    everything = str(api.expect(200, "GET", PATH, per_page="100"))
    assert not any(secret in everything for secret in ("made-up", "wrong-secret"))


def test_a_rotating_token_that_comes_back(api: Any) -> None:
    set_up(api)
    client = register(api)
    used = redeem(api, client, code(api, client, scope="offline_access")).json()["refresh_token"]
    following = refresh(api, client, used).json()["refresh_token"]
    for token in (used, following):
        assert refresh(api, client, token).status_code == 403
    assert _only(api, "type:ferrt")["client_id"] == client["client_id"]
    # The rest of the family went with it.
    assert _only(api, "type:fertft")["client_id"] == client["client_id"]
    assert used not in str(api.expect(200, "GET", PATH, per_page="100"))


def test_client_credentials(api: Any) -> None:
    assert api.token(scope="read:logs").status_code == 200
    event = _only(api, "type:seccft")
    assert event["client_id"] == api.tenant.state["client_id"]
    assert (event["audience"], event["scope"]) == (api.tenant.management_audience, "read:logs")
    assert api.tenant.state["client_secret"] not in str(event)


def test_writes_of_the_management_api(api: Any) -> None:
    api.headers["user-agent"] = "tool/2"
    role = api.expect(200, "POST", "/roles", {"name": "reader"})["id"]
    api.expect(200, "PATCH", f"/roles/{role}", {"description": "x"})
    api.expect(409, "POST", "/roles", {"name": "reader"})
    api.expect(200, "POST", f"/roles/{role}/users", {"users": [ADA["user_id"]]})
    api.expect(200, "GET", f"/roles/{role}")
    api.expect(200, "DELETE", f"/roles/{role}")
    found = _found(api, "type:sapi", sort="date:1")
    assert [event["description"] for event in found] == [
        "Create a role",
        "Update a role",
        "Create role users",
        "Delete a role",
    ]
    assert {event["client_id"] for event in found} == {api.tenant.state["client_id"]}
    request, response = found[0]["details"]["request"], found[0]["details"]["response"]
    assert (request["method"], request["path"], request["channel"]) == ("post", "/api/v2/roles", "api")
    assert (request["userAgent"], request["query"]) == ("tool/2", {})
    assert response == {"statusCode": 200, "body": {"id": role, "name": "reader"}}


def test_reads_that_return_secrets(api: Any) -> None:
    secret = api.tenant.state["client_secret"]
    api.expect(200, "GET", "/clients", fields="name")
    assert not _found(api, "type:mgmt_api_read")
    api.expect(200, "GET", "/clients")
    event = _only(api, "type:mgmt_api_read")
    assert event["details"]["accessedSecrets"] == ["client_secret"]
    api.use("read:clients", "read:logs")
    api.expect(200, "GET", "/clients")
    _only(api, "type:mgmt_api_read")
    body = {"connection": "Username-Password-Authentication", "email": "a@b.example", "password": "long enough to take"}
    api.use("create:users", "read:logs")
    api.expect(201, "POST", "/users", body)
    everything = str(api.expect(200, "GET", PATH, per_page="100"))
    assert secret not in everything
    assert body["password"] not in everything


def _events(api: Any, count: int) -> list[str]:
    """The names of so many roles, each made a second after the last one."""
    names = [f"role {number}" for number in range(count)]
    for name in names:
        api.expect(200, "POST", "/roles", {"name": name})
        api.clock.now += 1
    return names


def _names(events: Any) -> list[str]:
    return [event["details"]["response"]["body"]["name"] for event in events]


def test_pages_newest_first(api: Any) -> None:
    names = _events(api, 5)
    assert _names(api.expect(200, "GET", PATH)) == names[::-1]
    assert _names(api.expect(200, "GET", PATH, sort="date:1")) == names
    page = api.expect(200, "GET", PATH, page="1", per_page="2", include_totals="true", sort="date:-1")
    assert _names(page.pop("logs")) == [names[2], names[1]]
    assert page == {"start": 2, "limit": 2, "length": 2, "total": 2}
    assert api.expect(200, "GET", PATH, fields="type,description", per_page="1") == [
        {"type": "sapi", "description": "Create a role"}
    ]
    assert "details" not in api.expect(200, "GET", PATH, fields="details", include_fields="false")[0]


@pytest.mark.parametrize(
    "query", [{"per_page": "101"}, {"sort": "date"}, {"sort": "date:0"}, {"q": 'type:"s'}, {"search": "x"}], ids=str
)
def test_queries_that_are_refused(api: Any, query: dict[str, str]) -> None:
    assert api.expect(400, "GET", PATH, **query)["errorCode"] == "invalid_query_string"


def test_all_events_after_one_by_the_links(api: Any) -> None:
    names = _events(api, 5)
    first = api.expect(200, "GET", PATH, sort="date:1")[0]["log_id"]
    found: list[Any] = []
    url = f"/api/v2{PATH}?from={first}&take=2&q=ignored:x"
    for _turn in range(4):
        answer = api.get(url)
        found += answer.json()
        link = answer.headers["link"]
        assert link.endswith('; rel="next"')
        url = link.partition(">")[0].removeprefix("<")
        assert parse_qs(urlsplit(url).query)["take"] == ["2"]
    assert _names(found) == names[1:]
    assert api.get(url).json() == []
    assert api.get(url).headers["link"] == link
    _made = api.expect(200, "POST", "/roles", {"name": "later"})
    assert _names(api.get(url).json()) == ["later"]


def test_ids_grow_within_a_moment(api: Any) -> None:
    for number in range(20):
        api.expect(200, "POST", "/roles", {"name": f"role {number}"})
    found = [event["log_id"] for event in api.expect(200, "GET", PATH, sort="date:1")]
    assert found == sorted(found)
    assert len(set(found)) == 20
    assert {len(name) for name in found} == {56}


def test_one_event(api: Any) -> None:
    _events(api, 2)
    for event in api.expect(200, "GET", PATH):
        assert api.expect(200, "GET", f"{PATH}/{event['log_id']}") == event
        assert event["_id"] == event["log_id"]
    assert api.expect(404, "GET", f"{PATH}/90020270101")["errorCode"] == "inexistent_log"


def test_events_of_a_user(api: Any) -> None:
    set_up(api)
    client = first_party(api)
    redeem(api, client, code(api, client))
    path = f"/users/{ADA['user_id'].replace('|', '%7C')}/logs"
    assert [event["type"] for event in api.expect(200, "GET", path, sort="date:1")] == ["s", "seacft"]
    assert api.expect(200, "GET", "/users/auth0%7Cunknown/logs") == []


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("type:s", ["s"]),
        ('type:"s"', ["s"]),
        ("type:s*", ["s", "sapi", "seacft"]),
        ("type:S", []),
        ("type:(s OR seacft)", ["s", "seacft"]),
        ("type:s OR type:seacft", ["s", "seacft"]),
        ('client_id:"CLIENT"', ["s", "seacft"]),
        ('client_id:"CLIENT" AND type:s', ["s"]),
        ("client_name:Own*", ["s", "seacft"]),
        ("user_id:auth0*", ["s", "seacft"]),
        (f'user_name:"{ADA["email"]}" AND NOT type:s', ["seacft"]),
        ("description:login", []),
        ("description:*login", ["s"]),
        ('description:"Successful login"', ["s"]),
        ("strategy:auth0", ["s"]),
        ("date:2027-01-15 AND type:s", ["s"]),
        ("date:[2027-01-15 TO *] AND type:s", ["s"]),
        ("date:[* TO 2027-01-15}", []),
        ("seacft", ["seacft"]),
        ("hostname:tenant.example AND type:s", ["s"]),
        ("type.raw:s", []),
    ],
)
def test_searches(api: Any, query: str, wanted: list[str]) -> None:
    set_up(api)
    client = first_party(api)
    redeem(api, client, code(api, client))
    found = {event["type"] for event in _found(api, query.replace("CLIENT", client["client_id"]), per_page="100")}
    assert found == set(wanted)


def test_logs_are_bounded_and_cleared_by_a_reset(api: Any) -> None:
    for _turn in range(LOGS_KEPT + 5):
        api.tenant.logs.append({"log_id": "1"})
    assert len(api.tenant.logs) == LOGS_KEPT
    api.post("/_emulator/reset")
    api.use("read:logs")
    assert api.expect(200, "GET", PATH) == []
