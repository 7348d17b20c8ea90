# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The client's own decisions: waiting, paging, tokens, words. Real connections are the integration tests' matter."""

from __future__ import annotations

import base64
import json
import re
import typing as t
from pathlib import Path

import pytest
import requests
import responses
import yaml

from ansible_collections.mcp_ops.oauth.plugins.module_utils import _client
from ansible_collections.mcp_ops.oauth.plugins.module_utils._client import (
    ApiError,
    Client,
    CredentialsError,
    Settings,
    Token,
    UnreachableError,
)

ROOT = Path(__file__).resolve().parents[2]
HOST = "https://tenant.auth0.com"
LOGIN = f"{HOST}/oauth/token"
API = f"{HOST}/api/v2"


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 3))
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    monkeypatch.setattr(_client.random, "uniform", lambda low, high: high)
    return Clock()


@pytest.fixture
def server() -> t.Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def client(clock: Clock) -> t.Iterator[Client]:
    made = client_with(clock, auth_access_token="static")
    yield made
    made.close()


def client_with(clock: Clock, **settings: t.Any) -> Client:
    return Client(Settings("tenant.auth0.com", **settings), sleep=clock.sleep, clock=lambda: clock.now)


def jwt(**claims: t.Any) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"header.{payload}.signature"


def test_version_and_user_agent(server: responses.RequestsMock, client: Client) -> None:
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text())
    server.get(f"{API}/clients", json={})
    client.get("clients")
    assert server.calls[0].request.headers["User-Agent"] == f"mcp_ops.oauth/{galaxy['version']}"


def test_settings_hide_their_secrets() -> None:
    settings = Settings(
        "tenant.auth0.com",
        auth_client_id="id",
        auth_client_secret="s3cret",
        auth_access_token="t0ken",
        auth_client_assertion_signing_key="k3y",
    )
    assert not re.search("s3cret|t0ken|k3y", repr(settings) + repr(Token.read("t0ken")))


def test_what_a_token_tells_of_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_client.time, "time", lambda: 5000.0)
    assert Token.read("opaque") == Token("opaque", None, None)
    assert Token.read("a.b.c") == Token("a.b.c", None, None)
    token = Token.read(jwt(scope="read:a write:a", exp=5060))
    assert (token.scopes, token.expires_in) == (frozenset({"read:a", "write:a"}), 60)
    assert Token.read(jwt(exp=4000)).expires_in == 0


def test_an_expired_token_is_not_even_tried_where_a_login_can_replace_it(
    server: responses.RequestsMock, clock: Clock
) -> None:
    server.post(LOGIN, json={"access_token": "fresh", "scope": "read:a", "expires_in": 60})
    client = client_with(clock, auth_access_token=jwt(exp=1), auth_client_id="id", auth_client_secret="secret")
    assert client.token == Token("fresh", frozenset({"read:a"}), 60)
    assert client.missing_scopes(["read:a", "write:b", "write:a"]) == ["write:a", "write:b"]
    assert client_with(clock, auth_access_token=jwt(exp=1)).token.value == jwt(exp=1)


def test_issued_tokens_are_known_as_secrets(server: responses.RequestsMock, clock: Clock) -> None:
    server.post(LOGIN, json={"access_token": "fresh"})
    client = client_with(clock, auth_client_id="id", auth_client_secret="secret")
    assert client.missing_scopes(["read:a"]) == []
    assert client.secrets == {"fresh"}


def test_a_request_waits_where_the_last_answer_left_no_room(
    server: responses.RequestsMock, client: Client, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_client.time, "time", lambda: 5000.25)
    for remaining, reset, slept in (("1", "5010", []), ("0", "5010", [0.505]), ("0", "5000", []), ("1", "5010", [])):
        headers = {"x-ratelimit-remaining": remaining, "x-ratelimit-reset": reset}
        server.get(f"{API}/clients", json={}, headers=headers)
        clock.slept.clear()
        client.get("clients")
        assert clock.slept == slept
    # A limit that refuses all the same is slower than that of the slowest plan.
    server.get(f"{API}/clients", status=429, headers={"Retry-After": "1"})
    server.get(f"{API}/clients", json={}, headers={"x-ratelimit-remaining": "0", "x-ratelimit-reset": "5010"})
    clock.slept.clear()
    client.get("clients")
    assert clock.slept == [1, 1.01]


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:10 GMT", "Date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 10),
        ({"x-ratelimit-reset": "1792567683", "Date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 3),
        ({"Retry-After": "2", "x-ratelimit-reset": "1792567683"}, 2),
        ({"x-ratelimit-reset": "1"}, 0.5),
        ({"x-ratelimit-reset": "soon", "Retry-After": "later"}, 0.5),
        ({}, 0.5),
    ],
)
def test_how_long_a_rate_limit_is_waited_for(
    server: responses.RequestsMock, client: Client, clock: Clock, headers: dict[str, str], wait: float
) -> None:
    server.get(f"{API}/clients", status=429, headers=headers)
    server.get(f"{API}/clients", json={"done": True})
    assert client.get("clients") == {"done": True}
    assert clock.slept == [wait]


def test_backoff_doubles_within_the_total_wait(server: responses.RequestsMock, client: Client, clock: Clock) -> None:
    server.get(f"{API}/clients", status=503)
    with pytest.raises(ApiError, match=r"not available, tried 7 times and the next try would wait 30\.0 s more"):
        client.get("clients")
    assert clock.slept == [0.5, 1, 2, 4, 8, 16]
    assert sum(clock.slept) <= client.settings.retry_timeout


@pytest.mark.parametrize(
    "lost", [requests.exceptions.ConnectionError(), requests.exceptions.ReadTimeout(), 502, 503, 504]
)
@pytest.mark.parametrize("carried_out", [True, False])
def test_a_create_without_an_answer_is_settled_by_reading(
    server: responses.RequestsMock, client: Client, lost: t.Any, carried_out: bool
) -> None:
    if isinstance(lost, int):
        server.post(f"{API}/things", status=lost)
    else:
        server.post(f"{API}/things", body=lost)
    if not carried_out:
        server.post(f"{API}/things", json={"id": "second"}, status=201)
    found = client.create("things", {}, settle=lambda: {"id": "first"} if carried_out else None)
    assert found == {"id": "first" if carried_out else "second"}
    assert len(server.calls) == (1 if carried_out else 2)


def test_a_conflict_with_our_own_lost_request_is_success(server: responses.RequestsMock, client: Client) -> None:
    answers = iter([None, {"id": "first"}])
    server.post(f"{API}/things", body=requests.exceptions.ConnectionError())
    server.post(f"{API}/things", status=409)
    assert client.create("things", {}, settle=lambda: next(answers)) == {"id": "first"}

    server.post(f"{API}/others", status=409)
    with pytest.raises(ApiError) as error:
        client.create("others", {}, settle=lambda: {"id": "somebody else's"})
    assert error.value.status == 409


def test_rate_limited_creates_need_no_settling(server: responses.RequestsMock, client: Client) -> None:
    server.post(f"{API}/things", status=429)
    server.post(f"{API}/things", json={"id": "one"}, status=201)
    assert client.create("things", {}, settle=lambda: pytest.fail("must not look")) == {"id": "one"}


def test_offset_paging_follows_the_servers_page_size(server: responses.RequestsMock, client: Client) -> None:
    everything = [{"id": number} for number in range(120)]
    for page in range(3):
        window = everything[page * 50 : page * 50 + 50]
        server.get(
            f"{API}/things",
            match=[responses.matchers.query_param_matcher({"page": page, "per_page": 100, "include_totals": "true"})],
            json={"start": page * 50, "limit": 50, "total": 120, "things": window},
        )
    assert list(client.listing("things", "things", checkpoint=False)) == everything


def test_checkpoint_paging_follows_next(server: responses.RequestsMock, client: Client) -> None:
    match = responses.matchers.query_param_matcher
    server.get(f"{API}/things", match=[match({"take": 100, "q": "x"})], json={"things": [1], "next": "abc"})
    server.get(f"{API}/things", match=[match({"take": 100, "q": "x", "from": "abc"})], json={"things": [2]})
    assert list(client.listing("things", "things", checkpoint=True, q="x")) == [1, 2]


def test_deleting_what_is_gone_is_fine(server: responses.RequestsMock, client: Client) -> None:
    server.delete(f"{API}/things/1", status=404, json={"statusCode": 404})
    server.delete(f"{API}/things/2", status=204)
    server.delete(f"{API}/things/3", status=400, json={"message": "Global client cannot be deleted."})
    client.delete("things/1")
    client.delete("things/2")
    with pytest.raises(ApiError, match=r"failed with status 400: Global client cannot be deleted\.$"):
        client.delete("things/3")


def test_a_deletion_that_goes_on_is_asked_for_until_it_has_ended(
    server: responses.RequestsMock, client: Client, clock: Clock
) -> None:
    for _turn in range(5):
        server.delete(f"{API}/things/1", status=202, json={"deleted_at": "2026-11-24T00:00:00.000Z"})
    server.delete(f"{API}/things/1", status=204)
    client.delete("things/1", timeout=20)
    assert clock.slept == [0.5, 1, 2, 4, 5]


def test_a_deletion_is_waited_for_no_longer_than_told(
    server: responses.RequestsMock, client: Client, clock: Clock
) -> None:
    server.delete(f"{API}/things/1", status=202, json={"deleted_at": "2026-11-24T00:00:00.000Z"})
    client.delete("things/1")
    assert len(server.calls) == 1
    with pytest.raises(ApiError, match=r"has not finished within 3 s\. Until then its name cannot be used") as error:
        client.delete("things/1", timeout=3)
    assert clock.slept == [0.5, 1]
    assert error.value.failure["request"] == "DELETE /api/v2/things/1"


@pytest.mark.parametrize(
    ("status", "code", "message", "remedy"),
    [
        (403, "insufficient_scope", "Insufficient scope, expected any of: read:a,read:b", "scopes: read:a,read:b."),
        (403, "insufficient_scope", "Please upgrade your subscription to enable X.", "plan does not include this."),
        (403, "insufficient_entitlement", "No.", "plan does not include this."),
        (403, None, "You reached the limit of entities of this type for this tenant.", "no more objects of this kind."),
        (401, None, "Invalid token", "The token is not accepted"),
        (302, None, None, "Auth0 does not redirect: check domain."),
    ],
)
def test_errors_say_what_to_do(
    server: responses.RequestsMock, client: Client, status: int, code: str | None, message: str | None, remedy: str
) -> None:
    body = {"statusCode": status, "errorCode": code, "message": message}
    server.patch(f"{API}/things/1", status=status, json=body)
    with pytest.raises(ApiError) as error:
        client.update("things/1", {"secret": "hush"})
    assert remedy in str(error.value)
    assert error.value.failure == {
        "status": status,
        "code": code,
        "message": message,
        "request": "PATCH /api/v2/things/1",
    }
    assert "hush" not in str(error.value)


@pytest.mark.parametrize(
    ("status", "body", "kind", "text"),
    [
        (
            401,
            {"error": "access_denied", "error_description": "Unauthorized"},
            CredentialsError,
            "Auth0 says: Unauthorized",
        ),
        (401, {"error": "invalid_client"}, CredentialsError, "refused the credentials"),
        (403, {"error": "access_denied"}, CredentialsError, "may not call the Management API"),
        (400, {"error": "invalid_request"}, CredentialsError, "Auth0 issued no token, status 400."),
        (404, "<html>", UnreachableError, "does not answer like an Auth0 tenant, status 404: check domain."),
        (200, "<html>", UnreachableError, "does not answer like an Auth0 tenant, status 200: check domain."),
    ],
)
def test_login_errors(
    server: responses.RequestsMock, clock: Clock, status: int, body: t.Any, kind: type[Exception], text: str
) -> None:
    content = {"body": body} if isinstance(body, str) else {"json": body}
    server.post(LOGIN, status=status, **content)
    with pytest.raises(kind) as error:
        client_with(clock, auth_client_id="id", auth_client_secret="secret").get("clients")
    assert text in str(error.value)


def test_an_exhausted_login_quota_is_told(server: responses.RequestsMock, clock: Clock) -> None:
    server.post(LOGIN, status=429, headers={"Retry-After": "3600"}, json={"error": "too_many_requests"})
    with pytest.raises(CredentialsError, match=r"status 429, tried once and the next try would wait 3600\.0 s more"):
        client_with(clock, auth_client_id="id", auth_client_secret="secret").get("clients")


def test_a_signing_key_without_its_library(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    monkeypatch.setitem(__import__("sys").modules, "jwt", None)
    with pytest.raises(CredentialsError, match="PyJWT and cryptography, and jwt is missing"):
        client_with(clock, auth_client_id="id", auth_client_assertion_signing_key="key").get("clients")
