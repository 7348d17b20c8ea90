# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Tokens for users: by code, by refresh token, opaque ones."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.unit.emulator.login import (
    ADA,
    CALLBACK,
    GRACE,
    MCP,
    VERIFIER,
    code,
    first_party,
    redeem,
    refresh,
    register,
    set_up,
)

ISSUER = "https://tenant.example/"
ALL = "openid profile email offline_access tools:read tools:write tools:unknown"


def _token(api: Any, token: str) -> Any:
    return jwt.decode(token, KeySet.import_key_set(api.get("/.well-known/jwks.json").json()))


def _tokens(api: Any, client: Any, **query: Any) -> Any:
    answer = redeem(api, client, code(api, client, **query))
    assert answer.status_code == 200, answer.text
    return answer.json()


def _invalid_grant(answer: Any, text: str) -> None:
    assert (answer.status_code, answer.json()) == (403, {"error": "invalid_grant", "error_description": text})


def test_claims_of_a_strict_client(api: Any) -> None:
    set_up(api, token_lifetime=600)
    client = register(api)
    answer = redeem(api, client, code(api, client, scope=ALL))
    assert answer.headers["cache-control"] == "no-store"
    body, now = answer.json(), int(api.clock.now)
    token = _token(api, body["access_token"])
    assert token.header == {"alg": "RS256", "typ": "JWT", "kid": "emulator"}
    assert token.claims.pop("jti")
    assert token.claims == {
        "iss": ISSUER,
        "sub": ADA["user_id"],
        "aud": MCP,
        "azp": client["client_id"],
        "iat": now,
        "exp": now + 600,
        "scope": "offline_access tools:read tools:write",
    }
    assert (body["scope"], body["expires_in"], body["token_type"]) == (token.claims["scope"], 600, "Bearer")
    assert body["refresh_token"]


def test_claims_by_dialect(api: Any) -> None:
    set_up(api, token_dialect="rfc9068_profile_authz", enforce_policies=True)
    client = register(api)
    api.tenant.objects("users")[ADA["user_id"]]["permissions"] = {MCP: ["tools:read"], "https://other.example": ["x"]}
    token = _token(api, _tokens(api, client, scope=ALL)["access_token"])
    assert token.header["typ"] == "at+jwt"
    assert (token.claims["client_id"], token.claims["permissions"]) == (client["client_id"], ["tools:read"])
    assert token.claims["scope"] == "offline_access tools:read"
    assert "azp" not in token.claims
    other = _token(api, _tokens(api, client, scope=ALL, person=GRACE)["access_token"])
    assert (other.claims["sub"], other.claims["permissions"]) == (GRACE["user_id"], [])
    assert other.claims["scope"] == "offline_access"


def test_a_role_gives_its_permissions_to_those_who_have_it(api: Any) -> None:
    set_up(api, token_dialect="rfc9068_profile_authz", enforce_policies=True)
    client = register(api)
    role = api.expect(200, "POST", "/roles", {"name": "reader"})["id"]
    wanted = [{"resource_server_identifier": MCP, "permission_name": name} for name in ("tools:write", "tools:read")]
    api.expect(201, "POST", f"/roles/{role}/permissions", {"permissions": wanted})
    ada = api.tenant.objects("users")[ADA["user_id"]]
    ada.update(permissions={MCP: ["tools:read"]}, roles=[role])
    claims = _token(api, _tokens(api, client, scope="tools:write")["access_token"]).claims
    assert (claims["scope"], claims["permissions"]) == ("tools:write", ["tools:read", "tools:write"])
    api.expect(204, "DELETE", f"/roles/{role}/permissions", {"permissions": wanted[:1]})
    claims = _token(api, _tokens(api, client, scope=ALL)["access_token"]).claims
    assert (claims["scope"], claims["permissions"]) == ("offline_access tools:read", ["tools:read"])


def test_openid_of_a_first_party_client_adds_userinfo(api: Any) -> None:
    set_up(api)
    client = first_party(api)
    token = _tokens(api, client, scope=ALL)["access_token"]
    claims = _token(api, token).claims
    assert claims["aud"] == [MCP, f"{ISSUER}userinfo"]
    assert claims["scope"] == "openid profile email offline_access tools:read tools:write"
    claims = api.get("/userinfo", headers={"authorization": f"Bearer {token}"}).json()
    known = {"sub": ADA["user_id"], "name": ADA["name"], "email": ADA["email"], "email_verified": True}
    assert known.items() <= claims.items()
    assert claims.keys() - known.keys() == {"nickname", "picture", "updated_at"}


@pytest.mark.parametrize(
    ("grant", "scope"),
    [
        ({"scope": ["tools:write"]}, "tools:write"),
        ({"scope": []}, None),
        ({"allow_all_scopes": True}, "tools:read tools:write"),
    ],
    ids=str,
)
def test_third_party_clients_get_what_is_granted(api: Any, grant: dict[str, Any], scope: str | None) -> None:
    set_up(api)
    (default,) = api.expect(200, "GET", "/client-grants", default_for="third_party_clients")
    api.expect(200, "PATCH", f"/client-grants/{default['id']}", grant)
    assert _tokens(api, register(api), scope="tools:read tools:write").get("scope") == scope


def test_a_grant_of_its_own_goes_before_the_default(api: Any) -> None:
    set_up(api)
    client = register(api)
    own = {"client_id": client["client_id"], "audience": MCP, "subject_type": "user", "scope": ["tools:read"]}
    api.expect(201, "POST", "/client-grants", own)
    assert _tokens(api, client, scope=ALL)["scope"] == "offline_access tools:read"


def test_scopes_that_are_not_asked_for_are_not_given(api: Any) -> None:
    set_up(api)
    assert "scope" not in _tokens(api, register(api))


@pytest.mark.parametrize(
    ("offline", "grant_types"), [(False, ["authorization_code", "refresh_token"]), (True, ["authorization_code"])]
)
def test_no_refresh_token_unless_api_and_client_have_it(api: Any, offline: bool, grant_types: list[str]) -> None:
    set_up(api, allow_offline_access=offline)
    body = _tokens(api, register(api, grant_types=grant_types), scope="offline_access")
    assert not {"refresh_token", "scope"} & set(body)


def test_plain_challenges_and_none_at_all(api: Any) -> None:
    set_up(api)
    client = register(api)
    assert redeem(api, client, code(api, client, code_challenge=VERIFIER, code_challenge_method="plain")).is_success
    confidential = first_party(api, token_endpoint_auth_method="client_secret_post")
    secret = {"client_secret": confidential["client_secret"]}
    without = code(api, confidential, code_challenge=None, code_challenge_method=None)
    assert redeem(api, confidential, without, code_verifier=None, **secret).is_success


def test_without_a_method_a_challenge_is_plain(api: Any) -> None:
    set_up(api)
    client = register(api)
    plain = code(api, client, code_challenge=VERIFIER, code_challenge_method=None)
    assert redeem(api, client, plain).is_success
    other = code(api, client, code_challenge_method=None)
    _invalid_grant(redeem(api, client, other), "Failed to verify code verifier")


def test_clients_with_a_secret_have_to_send_it(api: Any) -> None:
    set_up(api)
    client = register(api, token_endpoint_auth_method="client_secret_post")
    text = code(api, client)
    for secret in (None, "wrong"):
        assert redeem(api, client, text, client_secret=secret).status_code == 401
    pair = base64.b64encode(f"{client['client_id']}:{client['client_secret']}".encode()).decode()
    form = {"grant_type": "authorization_code", "code": text, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    basic = api.post("/oauth/token", data=form, headers={"authorization": f"Basic {pair}"})
    assert basic.status_code == 200
    assert redeem(api, client, code(api, client), client_secret=client["client_secret"]).status_code == 200


def test_clients_that_registered_themselves_cannot_speak_for_themselves(api: Any) -> None:
    set_up(api)
    client = register(api, token_endpoint_auth_method="client_secret_post")
    secret = {"client_id": client["client_id"], "client_secret": client["client_secret"], "audience": MCP}
    assert api.token(**secret).json()["error"] == "unauthorized_client"
    api.expect(200, "PATCH", f"/clients/{client['client_id']}", {"grant_types": ["client_credentials"]})
    api.expect(201, "POST", "/client-grants", {"client_id": client["client_id"], "audience": MCP, "scope": []})
    answer = api.token(**secret)
    assert (answer.status_code, answer.json()["error"]) == (403, "unauthorized_client")


def test_the_resource_must_be_that_of_the_login(api: Any) -> None:
    set_up(api)
    client = register(api)
    answer = redeem(api, client, code(api, client), resource="https://other.example")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_target")
    body = redeem(api, client, code(api, client, scope=ALL), resource=MCP).json()
    answer = refresh(api, client, body["refresh_token"], resource="https://other.example")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_target")


def test_what_was_taken_away_meanwhile_is_not_given(api: Any) -> None:
    set_up(api)
    client = register(api)
    text = code(api, client)
    body = _tokens(api, client, scope=ALL)
    (grant,) = api.expect(200, "GET", "/client-grants", default_for="third_party_clients")
    api.expect(204, "DELETE", f"/client-grants/{grant['id']}")
    for answer in (redeem(api, client, text), refresh(api, client, body["refresh_token"])):
        assert (answer.status_code, answer.json()["error"]) == (403, "access_denied")


def test_refresh_tokens_rotate_and_a_used_one_ends_the_family(api: Any) -> None:
    set_up(api)
    client = register(api)
    other = _tokens(api, client, scope=ALL)["refresh_token"]
    first = _tokens(api, client, scope=ALL)["refresh_token"]
    body = refresh(api, client, first).json()
    assert body["scope"] == "offline_access tools:read tools:write"
    second = body["refresh_token"]
    assert second != first
    third = refresh(api, client, second).json()["refresh_token"]
    for used in (first, third):
        _invalid_grant(refresh(api, client, used), "Unknown or invalid refresh token.")
    assert refresh(api, client, other).status_code == 200


def test_leeway_lets_a_used_token_pass(api: Any) -> None:
    set_up(api)
    client = register(api)
    leeway = {"rotation_type": "rotating", "expiration_type": "expiring", "leeway": 30}
    api.expect(200, "PATCH", f"/clients/{client['client_id']}", {"refresh_token": leeway})
    token = _tokens(api, client, scope=ALL)["refresh_token"]
    for seconds, status in ((0, 200), (29, 200), (1, 403)):
        api.clock.now += seconds
        assert refresh(api, client, token).status_code == status


def test_without_rotation_the_token_stays(api: Any) -> None:
    set_up(api)
    client = first_party(api)
    token = _tokens(api, client, scope=ALL)["refresh_token"]
    for _turn in range(2):
        api.clock.now += 10**9
        answer = refresh(api, client, token)
        assert answer.status_code == 200
        assert "refresh_token" not in answer.json()


@pytest.mark.parametrize(("waits", "statuses"), [([1_295_999] * 3, [200, 200, 403]), ([1_296_000], [403])])
def test_refresh_tokens_end_when_idle_and_when_old(api: Any, waits: list[int], statuses: list[int]) -> None:
    set_up(api)
    client = register(api)
    token, found = _tokens(api, client, scope=ALL)["refresh_token"], []
    for seconds in waits:
        api.clock.now += seconds
        answer = refresh(api, client, token)
        found.append(answer.status_code)
        token = answer.json().get("refresh_token", token)
    assert found == statuses


def test_a_refresh_may_narrow_and_not_widen(api: Any) -> None:
    set_up(api)
    client = register(api)
    token = _tokens(api, client, scope="offline_access tools:read")["refresh_token"]
    body = refresh(api, client, token, scope="tools:read tools:write").json()
    assert body["scope"] == "tools:read"
    assert refresh(api, client, body["refresh_token"]).json()["scope"] == "offline_access tools:read"


def test_opaque_tokens_are_for_userinfo(api: Any) -> None:
    set_up(api)
    api.expect(200, "PATCH", "/tenants/settings", {"resource_parameter_profile": "audience"})
    body = _tokens(api, first_party(api), scope="openid email offline_access tools:read")
    assert body["access_token"].count(".") == 0
    assert (body["scope"], body["expires_in"]) == ("openid email offline_access", 86400)
    assert body["refresh_token"]

    def userinfo() -> Any:
        return api.get("/userinfo", headers={"authorization": f"Bearer {body['access_token']}"})

    assert userinfo().json() == {"sub": ADA["user_id"], "email": ADA["email"], "email_verified": True}
    api.post("/_emulator/expire-tokens")
    assert userinfo().status_code == 401


def _userinfo(api: Any, header: str) -> tuple[int, str, str]:
    answer = api.get("/userinfo", headers={"authorization": header})
    return answer.status_code, answer.text, answer.headers.get("www-authenticate", "")


def test_userinfo_refuses_other_tokens(api: Any) -> None:
    set_up(api)
    strict = _tokens(api, register(api), scope=ALL)["access_token"]
    first = _tokens(api, first_party(api), scope="openid")["access_token"]
    api.expect(200, "PATCH", "/tenants/settings", {"resource_parameter_profile": "audience"})
    opaque = _tokens(api, first_party(api), scope="openid")["access_token"]
    invalid = (401, "Unauthorized", 'Bearer realm="Users", error="invalid_token"')
    for token in (strict, "x", api.headers["authorization"].partition(" ")[2]):
        assert _userinfo(api, f"Bearer {token}") == invalid
    api.clock.now += 86400
    for token in (first, opaque):
        expired = (*invalid[:2], f'{invalid[2]}, error_description="The token has expired"')
        assert _userinfo(api, f"Bearer {token}") == expired
    assert _userinfo(api, "Basic x") == (401, "Unauthorized", 'Bearer realm="Users"')


def test_a_users_token_opens_no_management_api(api: Any) -> None:
    set_up(api)
    token = _tokens(api, first_party(api), scope=ALL)["access_token"]
    assert api.get("/api/v2/clients", headers={"authorization": f"Bearer {token}"}).status_code == 401


def test_the_log_holds_no_token(api: Any) -> None:
    set_up(api)
    client = register(api)
    text = code(api, client, scope=ALL)
    body = redeem(api, client, text).json()
    refresh(api, client, body["refresh_token"])
    logged = [entry["body"] for entry in api.log if entry["path"] == "/oauth/token"]
    assert [entry["grant_type"] for entry in logged] == ["authorization_code", "refresh_token"]
    for secret in (text, VERIFIER, body["refresh_token"], body["access_token"]):
        assert secret not in str(api.log)
