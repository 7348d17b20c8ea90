# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the API client decides: waiting, paging, tokens, words. Real connections are the integration tests' matter."""

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

from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0 import login, waiting
from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.api import ManagementApi
from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.login import Token
from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.settings import Settings
from ansible_collections.mcp_ops.oauth.plugins.module_utils._errors import (
    ApiError,
    CredentialsError,
    InputError,
    ListingError,
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
    monkeypatch.setattr(waiting.random, "uniform", lambda low, high: low)
    return Clock()


@pytest.fixture
def server() -> t.Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def api(clock: Clock) -> t.Iterator[ManagementApi]:
    made = api_with(clock, auth_access_token="static")
    yield made
    made.close()


def api_with(clock: Clock, **settings: t.Any) -> ManagementApi:
    return ManagementApi(Settings("tenant.auth0.com", **settings), sleep=clock.sleep, clock=lambda: clock.now)


def jwt(**claims: t.Any) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"header.{payload}.signature"


def test_version_and_user_agent(server: responses.RequestsMock, api: ManagementApi) -> None:
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text())
    server.get(f"{API}/clients", json={})
    api.get("clients")
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


ONE_WORD = ("auth_client_id", "auth_client_secret", "auth_access_token", "auth_audience")


@pytest.mark.parametrize("option", ONE_WORD)
@pytest.mark.parametrize(
    "value", ["s3cret\n", " s3cret", "s3 cret", "s3\tcret", "s3crét", "s3cret\u200b", "s3cret\x00"]
)
def test_what_no_header_takes_is_refused_and_not_shown(option: str, value: str) -> None:
    good = {"auth_client_id": "id", "auth_client_secret": "secret", "auth_access_token": "token"}
    with pytest.raises(
        InputError, match=rf"^{option} has (white space|a character .*) at position \d of \d\. "
    ) as error:
        Settings("tenant.auth0.com", **{**good, option: value})
    assert "cr" not in str(error.value).replace("secret", "")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({}, "No credentials for the tenant. Set auth_access_token, or "),
        ({"auth_client_id": "id"}, "No credentials for the tenant."),
        ({"auth_access_token": "x", "timeout": 0}, "timeout is 0 seconds. It must be more than 0."),
        ({"auth_access_token": "x", "timeout": float("nan")}, "timeout is nan seconds."),
        ({"auth_access_token": "x", "retry_timeout": -1}, "retry_timeout is -1 seconds. It must be 0 or more."),
        ({"auth_access_token": "x", "retry_timeout": float("inf")}, "retry_timeout is inf seconds."),
        ({"auth_access_token": "x", "ca_path": "/nowhere.pem"}, "ca_path '/nowhere.pem' does not exist."),
    ],
)
def test_settings_that_cannot_work(options: dict[str, t.Any], text: str) -> None:
    with pytest.raises(InputError) as error:
        Settings("tenant.auth0.com", **options)
    assert str(error.value).startswith(text)


@pytest.mark.parametrize("proxy", ["http://", "http://[", "socks5://127.0.0.1:1", "http://:x"])
def test_a_proxy_that_is_no_url_is_told(monkeypatch: pytest.MonkeyPatch, api: ManagementApi, proxy: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(UnreachableError, match=r"the proxy in the environment, is not valid\. Check HTTPS_PROXY"):
        api.get("clients")


@pytest.mark.parametrize("location", ["https://[", "//", "\u00e9", "https://example.com/"])
def test_a_redirect_is_not_even_read(server: responses.RequestsMock, api: ManagementApi, location: str) -> None:
    server.get(f"{API}/clients", status=302, headers={"Location": location})
    with pytest.raises(ApiError, match=r"status 302\. Auth0 does not redirect: check domain\."):
        api.get("clients")


def test_a_value_error_of_the_library_is_a_bug(server: responses.RequestsMock, api: ManagementApi) -> None:
    server.get(f"{API}/clients", body=requests.exceptions.InvalidHeader("text of a foreign library"))
    with pytest.raises(requests.exceptions.InvalidHeader):
        api.get("clients")


def test_what_a_token_tells_of_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login.time, "time", lambda: 5000.0)
    assert Token.read("opaque") == Token("opaque", None, None)
    assert Token.read("a.b.c") == Token("a.b.c", None, None)
    token = Token.read(jwt(scope="read:a write:a", exp=5060))
    assert (token.scopes, token.expires_in) == (frozenset({"read:a", "write:a"}), 60)
    assert Token.read(jwt(exp=4000)).expires_in == 0


def test_an_expired_token_is_not_even_tried_where_a_login_can_replace_it(
    server: responses.RequestsMock, clock: Clock
) -> None:
    server.post(LOGIN, json={"access_token": "fresh", "scope": "read:a", "expires_in": 60})
    api = api_with(clock, auth_access_token=jwt(exp=1), auth_client_id="id", auth_client_secret="secret")
    assert api.token == Token("fresh", frozenset({"read:a"}), 60)
    assert api.missing_scopes(["read:a", "write:b", "write:a"]) == ["write:a", "write:b"]
    assert api_with(clock, auth_access_token=jwt(exp=1)).token.value == jwt(exp=1)


def test_issued_tokens_are_known_as_secrets(server: responses.RequestsMock, clock: Clock) -> None:
    server.post(LOGIN, json={"access_token": "fresh"})
    api = api_with(clock, auth_client_id="id", auth_client_secret="secret")
    assert api.missing_scopes(["read:a"]) == []
    assert api.secrets == {"fresh"}


def test_a_request_waits_where_the_last_answer_left_no_room(
    server: responses.RequestsMock, api: ManagementApi, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting.time, "time", lambda: 5000.25)
    for remaining, reset, slept in (("1", "5010", []), ("0", "5010", [0.505]), ("0", "5000", []), ("1", "5010", [])):
        headers = {"x-ratelimit-remaining": remaining, "x-ratelimit-reset": reset}
        server.get(f"{API}/clients", json={}, headers=headers)
        clock.slept.clear()
        api.get("clients")
        assert clock.slept == slept
    # A limit that refuses all the same is slower than that of the slowest plan.
    server.get(f"{API}/clients", status=429, headers={"Retry-After": "1"})
    server.get(f"{API}/clients", json={}, headers={"x-ratelimit-remaining": "0", "x-ratelimit-reset": "5010"})
    clock.slept.clear()
    api.get("clients")
    assert clock.slept == [1, 1.01]


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:10 GMT", "Date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 10),
        ({"x-ratelimit-reset": "1792567683", "Date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 3),
        ({"Retry-After": "2", "x-ratelimit-reset": "1792567683"}, 2),
        ({"Retry-After": "0"}, 1),
        ({"Retry-After": "0.2"}, 1),
        ({"x-ratelimit-reset": "1"}, 1),
        ({"x-ratelimit-reset": "soon", "Retry-After": "later"}, 1),
        ({}, 1),
    ],
)
def test_how_long_a_rate_limit_is_waited_for(
    server: responses.RequestsMock, api: ManagementApi, clock: Clock, headers: dict[str, str], wait: float
) -> None:
    server.get(f"{API}/clients", status=429, headers=headers)
    server.get(f"{API}/clients", json={"done": True})
    assert api.get("clients") == {"done": True}
    assert clock.slept == [wait]


def test_backoff_doubles_within_the_total_wait(
    server: responses.RequestsMock, api: ManagementApi, clock: Clock
) -> None:
    server.get(f"{API}/clients", status=503)
    with pytest.raises(
        ApiError, match=r"not available, tried 7 times and the next try would wait 24\.0 s more"
    ) as error:
        api.get("clients")
    assert "retry_timeout" in str(error.value)
    assert clock.slept == [1, 2, 4, 8, 16, 24]
    assert sum(clock.slept) <= api.settings.retry_timeout


@pytest.mark.parametrize(
    "lost", [requests.exceptions.ConnectionError(), requests.exceptions.ReadTimeout(), 502, 503, 504]
)
@pytest.mark.parametrize("carried_out", [True, False])
def test_a_create_without_an_answer_is_settled_by_reading(
    server: responses.RequestsMock, api: ManagementApi, lost: t.Any, carried_out: bool
) -> None:
    if isinstance(lost, int):
        server.post(f"{API}/things", status=lost)
    else:
        server.post(f"{API}/things", body=lost)
    if not carried_out:
        server.post(f"{API}/things", json={"id": "second"}, status=201)
    found = api.create("things", {}, settle=lambda: {"id": "first"} if carried_out else None)
    assert found == {"id": "first" if carried_out else "second"}
    assert len(server.calls) == (1 if carried_out else 2)


def test_a_conflict_with_our_own_lost_request_is_success(server: responses.RequestsMock, api: ManagementApi) -> None:
    answers = iter([None, {"id": "first"}])
    server.post(f"{API}/things", body=requests.exceptions.ConnectionError())
    server.post(f"{API}/things", status=409)
    assert api.create("things", {}, settle=lambda: next(answers)) == {"id": "first"}

    server.post(f"{API}/others", status=409)
    with pytest.raises(ApiError) as error:
        api.create("others", {}, settle=lambda: {"id": "somebody else's"})
    assert error.value.status == 409


def test_rate_limited_creates_need_no_settling(server: responses.RequestsMock, api: ManagementApi) -> None:
    server.post(f"{API}/things", status=429)
    server.post(f"{API}/things", json={"id": "one"}, status=201)
    assert api.create("things", {}, settle=lambda: pytest.fail("must not look")) == {"id": "one"}


def test_offset_paging_follows_the_servers_page_size(server: responses.RequestsMock, api: ManagementApi) -> None:
    everything = [{"id": number} for number in range(120)]
    for page in range(3):
        window = everything[page * 50 : page * 50 + 50]
        server.get(
            f"{API}/things",
            match=[responses.matchers.query_param_matcher({"page": page, "per_page": 100, "include_totals": "true"})],
            json={"start": page * 50, "limit": 50, "total": 120, "things": window},
        )
    assert list(api.listing("things", "things", checkpoint=False)) == everything


def test_checkpoint_paging_follows_next(server: responses.RequestsMock, api: ManagementApi) -> None:
    match = responses.matchers.query_param_matcher
    server.get(f"{API}/things", match=[match({"take": 100, "q": "x"})], json={"things": [{"id": 1}], "next": "abc"})
    server.get(f"{API}/things", match=[match({"take": 100, "q": "x", "from": "abc"})], json={"things": [{"id": 2}]})
    assert list(api.listing("things", "things", checkpoint=True, q="x")) == [{"id": 1}, {"id": 2}]


def test_never_more_than_one_try_a_second(server: responses.RequestsMock, api: ManagementApi, clock: Clock) -> None:
    server.get(f"{API}/clients", status=429, headers={"Retry-After": "0"})
    with pytest.raises(ApiError, match="The rate limit did not clear, tried 61 times"):
        api.get("clients")
    assert len(server.calls) == 61


@pytest.mark.parametrize("beyond", [{"start": 100, "limit": 50, "total": 120, "things": []}, 400])
def test_a_listing_that_auth0_cuts_off_is_an_error(
    server: responses.RequestsMock, api: ManagementApi, beyond: t.Any
) -> None:
    for page in range(2):
        body = {"start": page * 50, "limit": 50, "total": 120, "things": [{"id": number} for number in range(50)]}
        server.get(f"{API}/things", json=body)
    server.get(f"{API}/things", **({"status": beyond} if isinstance(beyond, int) else {"json": beyond}))
    with pytest.raises(ListingError, match=r"lists only 100 of (120|all) objects of /api/v2/things.* Name the one"):
        list(api.listing("things", "things", checkpoint=False))


def test_a_refused_first_page_keeps_its_own_error(server: responses.RequestsMock, api: ManagementApi) -> None:
    server.get(f"{API}/things", status=400, json={"message": "Query validation error"})
    with pytest.raises(ApiError, match="Query validation error"):
        list(api.listing("things", "things", checkpoint=False))


def test_deleting_what_is_gone_is_fine(server: responses.RequestsMock, api: ManagementApi) -> None:
    server.delete(f"{API}/things/1", status=404, json={"statusCode": 404})
    server.delete(f"{API}/things/2", status=204)
    server.delete(f"{API}/things/3", status=400, json={"message": "Global client cannot be deleted."})
    api.delete("things/1")
    api.delete("things/2")
    with pytest.raises(ApiError, match=r"failed with status 400: Global client cannot be deleted\.$"):
        api.delete("things/3")


def test_a_deletion_that_goes_on_is_asked_for_until_it_has_ended(
    server: responses.RequestsMock, api: ManagementApi, clock: Clock
) -> None:
    for _turn in range(5):
        server.delete(f"{API}/things/1", status=202, json={"deleted_at": "2026-11-24T00:00:00.000Z"})
    server.delete(f"{API}/things/1", status=204)
    api.delete("things/1", timeout=20)
    assert clock.slept == [0.5, 1, 2, 4, 5]


def test_a_deletion_is_waited_for_no_longer_than_told(
    server: responses.RequestsMock, api: ManagementApi, clock: Clock
) -> None:
    server.delete(f"{API}/things/1", status=202, json={"deleted_at": "2026-11-24T00:00:00.000Z"})
    api.delete("things/1")
    assert len(server.calls) == 1
    with pytest.raises(ApiError, match=r"has not finished within 3 s\. Until then its name cannot be used") as error:
        api.delete("things/1", timeout=3)
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
    server: responses.RequestsMock, api: ManagementApi, status: int, code: str | None, message: str | None, remedy: str
) -> None:
    body = {"statusCode": status, "errorCode": code, "message": message}
    server.patch(f"{API}/things/1", status=status, json=body)
    with pytest.raises(ApiError) as error:
        api.update("things/1", {"secret": "hush"})
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
        (404, "<html>", UnreachableError, "does not answer like an Auth0 tenant, status 404. Check domain."),
        (200, "<html>", UnreachableError, "does not answer like an Auth0 tenant, status 200. Check domain."),
    ],
)
def test_login_errors(
    server: responses.RequestsMock, clock: Clock, status: int, body: t.Any, kind: type[Exception], text: str
) -> None:
    content = {"body": body} if isinstance(body, str) else {"json": body}
    server.post(LOGIN, status=status, **content)
    with pytest.raises(kind) as error:
        api_with(clock, auth_client_id="id", auth_client_secret="secret").get("clients")
    assert text in str(error.value)


def test_an_exhausted_login_quota_is_told(server: responses.RequestsMock, clock: Clock) -> None:
    server.post(LOGIN, status=429, headers={"Retry-After": "3600"}, json={"error": "too_many_requests"})
    with pytest.raises(CredentialsError, match=r"status 429, tried once and the next try would wait 3600\.0 s more"):
        api_with(clock, auth_client_id="id", auth_client_secret="secret").get("clients")


def test_a_signing_key_without_its_library(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    monkeypatch.setitem(__import__("sys").modules, "jwt", None)
    with pytest.raises(CredentialsError, match="PyJWT and cryptography, and jwt is missing"):
        api_with(clock, auth_client_id="id", auth_client_assertion_signing_key="key").get("clients")
