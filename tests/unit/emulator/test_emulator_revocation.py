# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Revocation of refresh tokens by the client that has them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.emulator.login import code, first_party, redeem, refresh, register, set_up

SCOPE = "offline_access tools:read"


def _token(api: Any, client: Any, **form: str) -> str:
    body = redeem(api, client, code(api, client, scope=SCOPE), **form).json()
    return str(body["refresh_token"])


def _revoke(api: Any, client: Any, token: str, **form: str) -> Any:
    return api.post("/oauth/revoke", data={"client_id": client["client_id"], "token": token, **form})


def test_a_revoked_token_is_gone_with_its_family(api: Any) -> None:
    set_up(api)
    client = register(api)
    other, first = _token(api, client), _token(api, client)
    second = refresh(api, client, first).json()["refresh_token"]
    answer = _revoke(api, client, first)
    assert (answer.status_code, answer.content, answer.headers["cache-control"]) == (200, b"", "no-store")
    assert [refresh(api, client, token).status_code for token in (second, first)] == [403, 403]
    # The grant stays, and with it what another login gave.
    assert refresh(api, client, other).status_code == 200
    assert len(api.tenant.objects("grants")) == 1


def test_with_the_flag_the_grant_goes_too(api: Any) -> None:
    set_up(api)
    api.expect(200, "PATCH", "/tenants/settings", {"flags": {"revoke_refresh_token_grant": True}})
    client, bystander = register(api), register(api)
    kept = _token(api, bystander)
    other, first = _token(api, client), _token(api, client)
    assert _revoke(api, client, first).status_code == 200
    assert refresh(api, client, other).status_code == 403
    assert [grant["clientID"] for grant in api.tenant.objects("grants").values()] == [bystander["client_id"]]
    assert refresh(api, bystander, kept).status_code == 200


def test_json_will_do(api: Any) -> None:
    set_up(api)
    client = register(api)
    token = _token(api, client)
    body = {"client_id": client["client_id"], "token": token, "token_type_hint": "refresh_token"}
    assert api.post("/oauth/revoke", json=body).status_code == 200
    assert refresh(api, client, token).status_code == 403


def test_unknown_tokens_and_access_tokens_change_nothing(api: Any) -> None:
    set_up(api)
    client = register(api)
    body = redeem(api, client, code(api, client, scope=SCOPE)).json()
    for token in ("made up", body["access_token"]):
        answer = _revoke(api, client, token)
        assert (answer.status_code, answer.content) == (200, b"")
    assert refresh(api, client, body["refresh_token"]).status_code == 200


def test_the_token_of_another_client_stays(api: Any) -> None:
    set_up(api)
    client = register(api)
    token = _token(api, client)
    answer = _revoke(api, register(api), token)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert refresh(api, client, token).status_code == 200


@pytest.mark.parametrize(
    ("form", "status", "error", "text"),
    [
        ({"client_id": "unknown"}, 401, "invalid_client", "Client authentication failed"),
        ({"client_id": ""}, 400, "invalid_request", "Missing required parameter: client_id"),
        ({"token": ""}, 400, "invalid_request", "Missing required parameter: token"),
    ],
    ids=str,
)
def test_refusals(api: Any, form: dict[str, str], status: int, error: str, text: str) -> None:
    set_up(api)
    answer = api.post("/oauth/revoke", data={"client_id": register(api)["client_id"], "token": "x", **form})
    assert (answer.status_code, answer.json()) == (status, {"error": error, "error_description": text})
    assert answer.headers["cache-control"] == "no-store"


def test_a_confidential_client_needs_its_secret(api: Any) -> None:
    set_up(api)
    client = first_party(api, token_endpoint_auth_method="client_secret_post")
    secret = {"client_secret": client["client_secret"]}
    token = _token(api, client, **secret)
    for wrong in ({}, {"client_secret": "wrong"}):
        answer = _revoke(api, client, token, **wrong)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert refresh(api, client, token, **secret).status_code == 200
    assert _revoke(api, client, token, **secret).status_code == 200
    assert refresh(api, client, token, **secret).status_code == 403


def test_the_log_holds_no_token(api: Any) -> None:
    set_up(api)
    client = register(api)
    token = _token(api, client)
    _revoke(api, client, token)
    assert api.log[-1]["body"] == {"client_id": client["client_id"], "token": "hidden"}
