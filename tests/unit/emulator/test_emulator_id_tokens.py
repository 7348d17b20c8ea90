# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""ID tokens: for first-party applications that ask for `openid`, never for strict third-party ones."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from joserfc import jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import KeySet, OctKey

from tests.unit.emulator.login import ADA, code, first_party, redeem, refresh, register, set_up

ISSUER = "https://tenant.example/"
RS256 = {"alg": "RS256", "lifetime_in_seconds": 600}
ALL = "openid profile email offline_access"


def _tokens(api: Any, client: Any, **query: Any) -> Any:
    secret = {} if "client_secret" not in client else {"client_secret": client["client_secret"]}
    answer = redeem(api, client, code(api, client, **query), **secret)
    assert answer.status_code == 200, answer.text
    return answer.json()


def _read(api: Any, token: str) -> Any:
    return jwt.decode(token, KeySet.import_key_set(api.get("/.well-known/jwks.json").json()))


def test_claims(api: Any) -> None:
    set_up(api)
    client = first_party(api, jwt_configuration=RS256)
    ada = api.tenant.objects("users")[ADA["user_id"]]
    ada.update(nickname="ada", picture="https://pictures.example/ada.png")
    token = _read(api, _tokens(api, client, scope=ALL, nonce="n-1")["id_token"])
    assert token.header == {"alg": "RS256", "typ": "JWT", "kid": "emulator"}
    now = int(api.clock.now)
    assert token.claims.pop("sid")
    assert token.claims == {
        "nickname": "ada",
        "name": ADA["name"],
        "picture": "https://pictures.example/ada.png",
        "updated_at": ada["updated_at"],
        "email": ADA["email"],
        "email_verified": True,
        "iss": ISSUER,
        "sub": ADA["user_id"],
        "aud": client["client_id"],
        "iat": now,
        "exp": now + 600,
        "nonce": "n-1",
    }


@pytest.mark.parametrize(
    ("scope", "claims"),
    [
        ("openid", set()),
        ("openid profile", {"name", "nickname", "picture", "updated_at"}),
        ("openid email", {"email", "email_verified"}),
    ],
)
def test_claims_follow_the_scopes(api: Any, scope: str, claims: set[str]) -> None:
    set_up(api)
    client = first_party(api, jwt_configuration=RS256)
    found = _read(api, _tokens(api, client, scope=scope)["id_token"]).claims
    assert set(found) - {"iss", "sub", "aud", "iat", "exp", "sid"} == claims


def test_without_openid_there_is_none(api: Any) -> None:
    set_up(api)
    assert "id_token" not in _tokens(api, first_party(api), scope="profile email offline_access")


def test_strict_third_party_clients_get_none(api: Any) -> None:
    set_up(api)
    body = _tokens(api, register(api), scope=ALL)
    assert "id_token" not in body
    assert body["refresh_token"]


def test_auth_time_is_for_those_who_ask_for_max_age(api: Any) -> None:
    set_up(api)
    client = first_party(api, jwt_configuration=RS256)
    began = int(api.clock.now)
    tokens = _tokens(api, client, scope=ALL, max_age="3600")
    assert _read(api, tokens["id_token"]).claims["auth_time"] == began
    api.clock.now += 100
    again = _read(api, refresh(api, client, tokens["refresh_token"]).json()["id_token"]).claims
    assert (again["auth_time"], again["iat"]) == (began, began + 100)


def test_a_refresh_gives_one_of_the_same_session(api: Any) -> None:
    set_up(api)
    client = first_party(api, jwt_configuration=RS256)
    tokens = _tokens(api, client, scope=ALL, nonce="n-1")
    first = _read(api, tokens["id_token"]).claims
    again = _read(api, refresh(api, client, tokens["refresh_token"]).json()["id_token"]).claims
    assert (again["sid"], again["sub"]) == (first["sid"], first["sub"])
    assert "nonce" not in again
    other = _read(api, _tokens(api, client, scope="openid")["id_token"]).claims
    assert other["sid"] != first["sid"]
    narrowed = refresh(api, client, tokens["refresh_token"], scope="offline_access").json()
    assert "id_token" not in narrowed


@pytest.mark.parametrize("encoded", [False, True])
def test_hs256_is_signed_with_the_secret(api: Any, encoded: bool) -> None:
    set_up(api)
    settings = {"alg": "HS256", "secret_encoded": encoded}
    confidential = {"token_endpoint_auth_method": "client_secret_post", "jwt_configuration": settings}
    client = first_party(api, **confidential)
    text = client["client_secret"]
    token = _tokens(api, client, scope="openid")["id_token"]
    found = jwt.decode(token, OctKey.import_key(base64.urlsafe_b64decode(text) if encoded else text))
    assert found.header == {"alg": "HS256", "typ": "JWT"}
    assert found.claims["exp"] - found.claims["iat"] == 36000
    with pytest.raises(BadSignatureError):
        jwt.decode(token, OctKey.import_key("another secret that is long enough"))


def test_hs256_is_the_default(api: Any) -> None:
    set_up(api)
    token = _tokens(api, first_party(api), scope="openid")["id_token"]
    assert json.loads(base64.urlsafe_b64decode(f"{token.split('.')[0]}=="))["alg"] == "HS256"


def test_for_the_userinfo_audience_too(api: Any) -> None:
    set_up(api)
    api.expect(200, "PATCH", "/tenants/settings", {"resource_parameter_profile": "audience"})
    client = first_party(api, jwt_configuration=RS256)
    body = _tokens(api, client, scope="openid email")
    assert body["access_token"].count(".") == 0
    assert _read(api, body["id_token"]).claims["email"] == ADA["email"]
