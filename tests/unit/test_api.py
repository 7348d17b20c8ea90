# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the API client decides: waiting, paging, tokens, words. Real connections are the integration tests' matter."""

from __future__ import annotations

import base64
import contextlib
import json
import re
import typing as t
from pathlib import Path
from urllib.parse import unquote

import hypothesis
import hypothesis.strategies
import pytest
import requests
import responses
import urllib3
import yaml

from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0 import login, waiting
from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.api import ManagementApi, encode
from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.form import Form
from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.login import Token
from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.settings import Settings
from ansible_collections.mcp_ops.oauth.plugins.module_utils._errors import (
    ApiError,
    Auth0Error,
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
        ({"auth_access_token": "x", "timeout": 1e9}, "timeout is 1e+09 seconds. It must be 86400 at most."),
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
    assert api.missing_scopes([("write:a", "read:a"), ("write:b", "write:a")]) == ["write:b"]
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
    "lost", [requests.exceptions.ConnectionError(), requests.exceptions.ReadTimeout(), 500, 502, 503, 504]
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
    with pytest.raises(ApiError, match=r"failed with status 400: Global client cannot be deleted\. Correct what"):
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


# -- servers that misbehave -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
@pytest.mark.parametrize("status", [500, 502, 503, 504, 429])
def test_one_failure_is_ridden_out(
    server: responses.RequestsMock, api: ManagementApi, method: str, status: int
) -> None:
    server.add(method, f"{API}/things/1", status=status)
    server.add(method, f"{API}/things/1", **({"status": 204} if method == "DELETE" else {"json": {"id": "1"}}))
    act = {"GET": api.get, "PATCH": lambda path: api.update(path, {}), "DELETE": api.delete}[method]
    assert act("things/1") == (None if method == "DELETE" else {"id": "1"})
    assert len(server.calls) == 2


def test_a_login_that_fails_once_is_ridden_out(server: responses.RequestsMock, clock: Clock) -> None:
    server.post(LOGIN, status=500)
    server.post(LOGIN, json={"access_token": "fresh"})
    assert api_with(clock, auth_client_id="id", auth_client_secret="secret").token.value == "fresh"


ODD_NUMBERS = ["0", "-1", "0.0", "9" * 400, "1e9", "nan", "inf", "-inf", "", " ", "\xff", "0x10", "99999999999", "+1"]
ODD_DATES = [
    "Wed, 21 Oct 9999 07:28:10 GMT",
    "Wed, 21 Oct 99999999999 07:28:10 GMT",
    "Wed, 99 Oct 2026 99:99:99 GMT",
    "Thu, 01 Jan 1970 00:00:00 +9999",
    "Mon, 01 Jan 0001 00:00:00 +2359",
    ",",
    "21 Oct",
]


@pytest.mark.parametrize("header", ["Retry-After", "x-ratelimit-reset", "x-ratelimit-remaining", "Date"])
@pytest.mark.parametrize("value", [*ODD_NUMBERS, *ODD_DATES])
@pytest.mark.parametrize("status", [200, 429, 503])
def test_odd_headers_do_no_harm(
    server: responses.RequestsMock, api: ManagementApi, clock: Clock, header: str, value: str, status: int
) -> None:
    good = {"Retry-After": "1", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "9" * 12}
    server.get(f"{API}/things", status=status, json={}, headers={**good, header: value})
    server.get(f"{API}/things", json={})
    server.assert_all_requests_are_fired = False
    if status == 200 or (header in ("x-ratelimit-reset", "x-ratelimit-remaining", "Date")):
        api.get("things")
    else:
        with contextlib.suppress(ApiError):
            api.get("things")
    assert sum(clock.slept) <= api.settings.retry_timeout + 1.1
    assert min(clock.slept, default=1) > 0


@pytest.mark.parametrize("after", ["0", "0.0", "x", "", "1"])
def test_the_requests_of_a_task_share_the_total_wait(server: responses.RequestsMock, clock: Clock, after: str) -> None:
    """However many requests get a 429: never more than one retry a second, and no more than retry_timeout in all."""
    api = api_with(clock, auth_access_token="static", retry_timeout=20)
    start, headers = clock.now, {"Retry-After": after, "x-ratelimit-remaining": "0"}
    server.assert_all_requests_are_fired = False
    for number in range(100):
        server.get(f"{API}/things/{number}", status=429, headers=headers)
        server.get(f"{API}/things/{number}", json={})

    def read_all() -> None:
        for number in range(100):
            api.get(f"things/{number}")

    with pytest.raises(ApiError, match="The rate limit did not clear"):
        read_all()
    assert len(server.calls) == 41
    assert clock.now - start == 20
    assert api.warnings == [f"Auth0's rate limit made this task wait {clock.now - start:.0f} s."]
    server.reset()
    server.get(f"{API}/others", status=503)
    server.get(f"{API}/others", json={})
    api.begin()
    assert api.get("others") == {}
    assert api.warnings == []


def test_a_slow_rate_limit_is_not_waited_for_without_end(server: responses.RequestsMock, clock: Clock) -> None:
    api = api_with(clock, auth_access_token="static", retry_timeout=50)
    for number in range(8):
        server.get(f"{API}/things/{number}", status=429, headers={"Retry-After": "1"})
        headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "9" * 12}
        server.get(f"{API}/things/{number}", json={}, headers=headers)
        api.get(f"things/{number}")
    assert max(clock.slept) == 4.04
    assert sum(clock.slept) <= api.settings.retry_timeout + 8 * 0.505


@pytest.mark.parametrize("following", ["same", ["x"], 7, {"a": 1}])
def test_a_listing_whose_next_leads_nowhere(
    server: responses.RequestsMock, api: ManagementApi, following: t.Any
) -> None:
    server.get(f"{API}/things", json={"things": [{"id": "1"}], "next": following})
    with pytest.raises(UnreachableError, match="next names no further page"):
        list(api.listing("things", "things", checkpoint=True))
    assert len(server.calls) <= 2


@pytest.mark.parametrize("checkpoint", [True, False])
def test_a_listing_without_end(server: responses.RequestsMock, api: ManagementApi, checkpoint: bool) -> None:
    def page(request: t.Any) -> tuple[int, dict[str, str], str]:
        number = len(server.calls)
        body = {"things": [{"id": "1"}], "next": str(number), "start": number, "total": number + 10**6}
        return 200, {}, json.dumps(body)

    server.add_callback("GET", f"{API}/things", page)
    with pytest.raises(ListingError, match="lists only 1000 of all objects"):
        list(api.listing("things", "things", checkpoint=checkpoint))
    assert len(server.calls) == 1000


@pytest.mark.parametrize("name", ["start", "total"])
@pytest.mark.parametrize("value", [None, "0", -1, True, 1.5, [], {}])
def test_a_page_that_does_not_count(
    server: responses.RequestsMock, api: ManagementApi, name: str, value: t.Any
) -> None:
    server.get(f"{API}/things", json={"things": [], "start": 0, "total": 0, name: value})
    with pytest.raises(UnreachableError, match="start and total are not both numbers"):
        list(api.listing("things", "things", checkpoint=False))


@pytest.mark.parametrize("body", ["[]", '"x"', "7", "null", "<html>", "[" * 100_000, '{"id": 7}', '{"id": null}', ""])
@pytest.mark.parametrize("carried_out", [True, False])
def test_a_create_whose_answer_cannot_be_used_is_settled(
    server: responses.RequestsMock, api: ManagementApi, body: str, carried_out: bool
) -> None:
    server.post(f"{API}/things", status=201, body=body)

    def create() -> t.Any:
        return api.create("things", {}, Form(("id",)), settle=lambda: {"id": "first"} if carried_out else None)

    if carried_out:
        assert create() == {"id": "first"}
    else:
        with pytest.raises(UnreachableError, match="with something other than "):
            create()
    assert len(server.calls) == 1


HOSTILE = "\x1b[2J\x1b]0;title\x07\r\n\u202eevil\u2028\x9b31m\ud800" + "x" * 1_000_000


@pytest.mark.parametrize("message", [HOSTILE, ["a"], {"a": HOSTILE}, 7, None, True, ""])
@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 429, 500, 503, 302, 599])
def test_texts_of_a_server_are_short_and_fit_for_a_terminal(
    server: responses.RequestsMock, clock: Clock, status: int, message: t.Any
) -> None:
    settings = {"auth_client_id": "id", "auth_client_secret": "secret", "retry_timeout": 0}
    told = {"message": message, "errorCode": message, "error": message, "error_description": message}
    server.post(LOGIN, status=status, json=told)
    errors = []
    with pytest.raises(Auth0Error) as error:
        api_with(clock, **settings).get("things")
    errors.append(error.value)
    server.patch(f"{API}/things", status=status, json=told)
    with pytest.raises(ApiError) as refused:
        api_with(clock, auth_access_token="static", retry_timeout=0).update("things", {})
    for one in (*errors, refused.value):
        assert str(one).isprintable()
        assert len(str(one)) < 2000
        shown = [text for text in one.failure.values() if isinstance(text, str)]
        assert all(text.isprintable() and len(text) <= 500 for text in shown)


@pytest.mark.parametrize("value", ["", "a b", "a\n", "\x00", "é", " "])
def test_an_issued_token_that_no_header_takes(server: responses.RequestsMock, clock: Clock, value: str) -> None:
    server.post(LOGIN, json={"access_token": value})
    with pytest.raises(UnreachableError, match="with a token that no HTTP header takes") as error:
        api_with(clock, auth_client_id="id", auth_client_secret="secret").get("things")
    assert not value.strip() or value not in str(error.value)


@pytest.mark.parametrize(
    ("given", "understood"),
    [
        (None, None),
        (True, None),
        ("60", None),
        ([], None),
        (10**400, None),
        (-1, 0),
        (-0.5, 0),
        (-(2**40), 0),
        (60, 60),
        (60.5, 60),
        ("NaN", None),
        ("1e999", None),
    ],
    ids=repr,
)
def test_how_long_a_token_lasts(
    server: responses.RequestsMock, clock: Clock, given: t.Any, understood: int | None
) -> None:
    raw = given if given == "1e999" else json.dumps(given)
    server.post(LOGIN, body=f'{{"access_token": "fresh", "expires_in": {raw}}}')
    api = api_with(clock, auth_client_id="id", auth_client_secret="secret")
    assert api.token.expires_in == understood


@pytest.mark.parametrize("exp", [True, -1, 1e300, float("nan"), float("inf"), "5", None, [], 10**400])
def test_a_given_token_with_an_odd_end(exp: t.Any) -> None:
    assert Token.read(jwt(exp=exp)).expires_in in (None, 0)


@hypothesis.given(hypothesis.strategies.text(max_size=8) | hypothesis.strategies.text("./%2eE\\?#;:@", max_size=6))
@hypothesis.example("..")
@hypothesis.example(".")
@hypothesis.example("")
@hypothesis.example("%2e%2e")
@hypothesis.example("\ud800")
def test_a_key_is_one_more_segment_or_is_refused(key: str) -> None:
    """As requests and urllib3 send it: what they make of a URL decides where a DELETE goes."""
    try:
        segment = encode(key)
    except InputError:
        assert key in ("", ".", "..") or not key.isprintable()
        return
    prepared = requests.Request("DELETE", f"{API}/clients/{segment}").prepare()
    sent = urllib3.util.parse_url(prepared.path_url).request_uri
    before, _slash, last = sent.rpartition("/")
    assert before == "/api/v2/clients"
    assert unquote(last) == key
    assert not {"?", "#"} & set(last)


# -- where a value came from ------------------------------------------------------------------------------------------

SOURCES = {
    "domain": "AUTH0_DOMAIN",
    "auth_client_id": "AUTH0_CLIENT_ID",
    "auth_client_secret": "AUTH0_CLIENT_SECRET",
    "auth_access_token": "AUTH0_API_TOKEN",
    "auth_audience": "AUTH0_AUDIENCE",
    "ca_path": "AUTH0_CA_PATH",
    "timeout": "AUTH0_TIMEOUT",
    "retry_timeout": "AUTH0_RETRY_TIMEOUT",
}


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"domain": "https://tenant.auth0.com"}, "domain (AUTH0_DOMAIN)"),
        ({"auth_access_token": "a b"}, "auth_access_token (AUTH0_API_TOKEN)"),
        ({"auth_client_secret": "a\n"}, "auth_client_secret (AUTH0_CLIENT_SECRET)"),
        ({"auth_audience": "a b"}, "auth_audience (AUTH0_AUDIENCE)"),
        ({"ca_path": "/nowhere.pem"}, "ca_path (AUTH0_CA_PATH)"),
        ({"timeout": 0}, "timeout (AUTH0_TIMEOUT)"),
        ({"retry_timeout": -1}, "retry_timeout (AUTH0_RETRY_TIMEOUT)"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_refused_setting_names_its_variable(options: dict[str, t.Any], named: str) -> None:
    given = {"domain": "tenant.auth0.com", "auth_access_token": "token", **options}
    with pytest.raises(InputError) as error:
        Settings(**given, sources=SOURCES)
    assert str(error.value).endswith(f" Read from the environment: {named}.")
    with pytest.raises(InputError) as error:
        Settings(**given)
    assert "environment" not in str(error.value)


@pytest.mark.parametrize(
    ("status", "audience", "texts"),
    [
        (401, None, ["Read from the environment: auth_client_id (AUTH0_CLIENT_ID), auth_client_secret (", "domain ("]),
        (403, "https://my-api", ["auth_audience, which is 'https://my-api' (from the environment variable AUTH0_AUD",
                                 "unset AUTH0_AUDIENCE."]),
        (403, None, ["Read from the environment: auth_client_id (AUTH0_CLIENT_ID), domain (AUTH0_DOMAIN)."]),
        (404, None, ["Check domain. Read from the environment: domain (AUTH0_DOMAIN)."]),
    ],
)  # fmt: skip
def test_a_refused_login_names_the_variables(
    server: responses.RequestsMock, clock: Clock, status: int, audience: str | None, texts: list[str]
) -> None:
    server.post(LOGIN, status=status, json={"error": "access_denied"} if status < 404 else {})
    settings = {"auth_client_id": "id", "auth_client_secret": "secret", "auth_audience": audience}
    with pytest.raises(Auth0Error) as error:
        api_with(clock, **settings, sources=SOURCES).get("things")
    for text in texts:
        assert text in str(error.value)
    with pytest.raises(Auth0Error) as error:
        api_with(clock, **settings).get("things")
    assert "environment" not in str(error.value)


def test_a_refused_token_and_a_host_out_of_reach_name_the_variables(
    server: responses.RequestsMock, clock: Clock
) -> None:
    server.get(f"{API}/things", status=401, json={})
    api = api_with(clock, auth_access_token="stale", sources=SOURCES)
    with pytest.raises(ApiError, match=r"environment: auth_access_token \(AUTH0_API_TOKEN\), domain \(AUTH0_D"):
        api.get("things")
    server.get(f"{API}/others", body=requests.exceptions.ConnectionError())
    with pytest.raises(UnreachableError, match=r"environment: domain \(AUTH0_DOMAIN\), ca_path .*AUTH0_RETRY_TIMEOUT"):
        api.get("others")


def test_where_a_value_came_from_does_not_matter_to_what_is_shared() -> None:
    settings = Settings("tenant.auth0.com", auth_access_token="token", sources=SOURCES)
    assert settings == Settings("tenant.auth0.com", auth_access_token="token")
    assert len({settings, Settings("tenant.auth0.com", auth_access_token="token")}) == 1
