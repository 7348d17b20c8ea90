# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a script of another origin may ask for and read."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.emulator.login import CALLBACK, code, first_party, redeem, register, set_up

APP, OTHER = "https://app.example", "https://other.example"
OPEN = [
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
    "/.well-known/jwks.json",
    "/oidc/register",
    "/userinfo",
]
BY_CLIENT = ["/oauth/token", "/oauth/revoke"]


def _preflight(api: Any, path: str, origin: str = OTHER) -> Any:
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "content-type,mcp-x"}
    return api.options(path, headers={"origin": origin, **asked})


@pytest.mark.parametrize("path", [*OPEN, *BY_CLIENT])
def test_preflights_are_granted(api: Any, path: str) -> None:
    answer = _preflight(api, path)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == ("*" if path in OPEN else OTHER)
    assert answer.headers["access-control-allow-methods"] == "POST"
    assert answer.headers["access-control-allow-headers"] == "content-type,mcp-x"


@pytest.mark.parametrize("path", ["/authorize", "/u/login", "/v2/logout", "/api/v2/clients", "/oauth/device/code"])
def test_elsewhere_they_are_not(api: Any, path: str) -> None:
    answer = _preflight(api, path)
    assert answer.status_code in (404, 405)
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("path", OPEN)
def test_anyone_may_read_what_is_open(api: Any, path: str) -> None:
    answer = api.get(path, headers={"origin": OTHER})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-expose-headers"] == "www-authenticate"


def test_without_an_origin_nothing_is_said(api: Any) -> None:
    for path in (*OPEN, *BY_CLIENT):
        assert not [name for name in api.get(path).headers if name.startswith("access-control")]


def _try(api: Any, client: Any, path: str, origin: str) -> Any:
    form = {"client_id": client["client_id"], "grant_type": "refresh_token", "refresh_token": "x", "token": "x"}
    return api.post(path, data=form, headers={"origin": origin})


@pytest.mark.parametrize("path", BY_CLIENT)
def test_the_origins_of_a_client(api: Any, path: str) -> None:
    set_up(api)
    listed = {"allowed_origins": ["https://one.example"], "web_origins": ["https://two.example"]}
    client = first_party(api, **listed)
    for origin in (APP, "https://one.example", "https://two.example"):
        answer = _try(api, client, path, origin)
        assert answer.headers["access-control-allow-origin"] == origin
        assert "Origin" in answer.headers["vary"]
    for origin in (OTHER, "http://app.example", f"{APP}:444", "null"):
        answer = _try(api, client, path, origin)
        assert "access-control-allow-origin" not in answer.headers
        assert "Origin" in answer.headers["vary"]
    assert "access-control-allow-origin" not in _try(api, register(api), path, "https://one.example").headers


@pytest.mark.parametrize("path", BY_CLIENT)
def test_refusals_can_be_read(api: Any, path: str) -> None:
    set_up(api)
    refused = api.post(path, data={"client_id": register(api)["client_id"]}, headers={"origin": APP})
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (400, APP)
    unknown = _try(api, {"client_id": "unknown"}, path, OTHER)
    assert (unknown.status_code, unknown.headers["access-control-allow-origin"]) == (401, OTHER)
    broken = api.post(path, content="{", headers={"origin": OTHER, "content-type": "application/json"})
    assert (broken.status_code, broken.headers["access-control-allow-origin"]) == (400, OTHER)


def test_a_script_goes_through_it_all(api: Any) -> None:
    set_up(api)
    api.headers["origin"] = APP
    made = api.post("/oidc/register", json={"redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none"})
    assert (made.status_code, made.headers["access-control-allow-origin"]) == (201, "*")
    client = made.json()
    tokens = redeem(api, client, code(api, client))
    assert (tokens.status_code, tokens.headers["access-control-allow-origin"]) == (200, APP)
