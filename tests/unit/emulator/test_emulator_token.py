# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import base64
import secrets
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

ISSUER = "https://tenant.example/"
AUDIENCE = f"{ISSUER}api/v2/"
MCP = "https://api.example/mcp"


@pytest.fixture(scope="module")
def private_key() -> RSAKey:
    key: RSAKey = RSAKey.generate_key(2048)
    return key


def _claims(api: Any, token: str) -> dict[str, Any]:
    keys = KeySet.import_key_set(api.get("/.well-known/jwks.json").json())
    return dict(jwt.decode(token, keys).claims)


def _mcp_api(api: Any, **fields: Any) -> None:
    api.expect(201, "POST", "/resource-servers", {"identifier": MCP, "scopes": [{"value": "tools:read"}], **fields})


def _grant(api: Any, client_id: str, **fields: Any) -> None:
    body = {"client_id": client_id, "audience": MCP, "scope": ["tools:read"], **fields}
    api.expect(201, "POST", "/client-grants", body)


def test_client_credentials(api: Any) -> None:
    answer = api.token()
    assert answer.status_code == 200
    body, client_id = answer.json(), api.tenant.state["client_id"]
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 86400)
    claims = _claims(api, body["access_token"])
    now = int(api.clock.now)
    assert claims.pop("jti")
    assert claims == {
        "iss": ISSUER,
        "sub": f"{client_id}@clients",
        "aud": AUDIENCE,
        "azp": client_id,
        "gty": "client-credentials",
        "iat": now,
        "exp": now + 86400,
        "scope": body["scope"],
    }
    assert {"create:resource_servers", "read:client_keys", "update:connections_options"} <= set(body["scope"].split())


def test_json_body_and_basic_authentication(api: Any) -> None:
    state = api.tenant.state
    form = {"grant_type": "client_credentials", "audience": AUDIENCE}
    named = {"client_id": state["client_id"], "client_secret": state["client_secret"]}
    assert api.post("/oauth/token", json={**form, **named}).status_code == 200
    pair = base64.b64encode(f"{state['client_id']}:{state['client_secret']}".encode()).decode()
    assert api.post("/oauth/token", data=form, headers={"authorization": f"Basic {pair}"}).status_code == 200
    wrong = base64.b64encode(f"{state['client_id']}:wrong".encode()).decode()
    assert api.post("/oauth/token", data=form, headers={"authorization": f"Basic {wrong}"}).status_code == 401


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "access_denied"),
        ({"client_secret": ""}, 401, "access_denied"),
        ({"client_id": "unknown"}, 401, "access_denied"),
        ({"audience": "https://unknown.example"}, 403, "access_denied"),
        ({"audience": ""}, 403, "access_denied"),
        ({"client_id": ""}, 400, "invalid_request"),
        ({"grant_type": ""}, 400, "invalid_request"),
        ({"grant_type": "password"}, 403, "unsupported_grant_type"),
    ],
)
def test_refusals_are_oauth_errors(api: Any, change: dict[str, str], status: int, error: str) -> None:
    answer = api.token(**change)
    assert answer.status_code == status
    assert answer.json()["error"] == error
    assert set(answer.json()) == {"error", "error_description"}
    assert answer.headers["cache-control"] == "no-store"


def test_wrong_secret_in_the_words_of_auth0(api: Any) -> None:
    assert api.token(client_secret="wrong").json() == {"error": "access_denied", "error_description": "Unauthorized"}


def test_without_a_grant_the_api_is_refused(api: Any) -> None:
    _mcp_api(api)
    answer = api.token(audience=MCP)
    assert answer.status_code == 403
    assert answer.json()["error_description"].startswith(f'Client is not authorized to access "{MCP}".')


def test_a_grant_for_users_is_none_for_the_client_itself(api: Any) -> None:
    _mcp_api(api)
    _grant(api, api.tenant.state["client_id"], subject_type="user")
    assert api.token(audience=MCP).status_code == 403


def test_an_api_of_ones_own(api: Any) -> None:
    _mcp_api(api, token_lifetime=600)
    _grant(api, api.tenant.state["client_id"])
    body = api.token(audience=MCP).json()
    assert (body["expires_in"], body["scope"]) == (600, "tools:read")
    assert _claims(api, body["access_token"])["aud"] == MCP


def test_denied_subject_type_beats_a_grant(api: Any) -> None:
    _mcp_api(api, subject_type_authorization={"client": {"policy": "deny_all"}, "user": {"policy": "deny_all"}})
    _grant(api, api.tenant.state["client_id"])
    assert api.token(audience=MCP).status_code == 403


def test_profile_dialect_with_permissions(api: Any) -> None:
    _mcp_api(api, token_dialect="rfc9068_profile_authz", enforce_policies=True)
    _grant(api, api.tenant.state["client_id"], allow_all_scopes=True, scope=[])
    token = api.token(audience=MCP).json()["access_token"]
    claims = _claims(api, token)
    assert (claims["permissions"], claims["client_id"]) == (["tools:read"], api.tenant.state["client_id"])
    assert "azp" not in claims
    assert jwt.decode(token, api.tenant.signing_key).header["typ"] == "at+jwt"


def test_scope_parameter_narrows(api: Any) -> None:
    body = api.token(scope="read:clients read:unknown").json()
    assert body["scope"] == "read:clients"
    assert _claims(api, body["access_token"])["scope"] == "read:clients"


def test_public_clients_and_clients_without_the_grant_type_are_refused(api: Any) -> None:
    for fields, status, error in (
        ({"token_endpoint_auth_method": "none"}, 401, "access_denied"),
        ({"grant_types": ["authorization_code"]}, 403, "unauthorized_client"),
    ):
        client = api.expect(201, "POST", "/clients", {"name": "other", **fields})
        answer = api.token(client_id=client["client_id"], client_secret=client["client_secret"])
        assert (answer.status_code, answer.json()["error"]) == (status, error)


def _keyed_client(api: Any, key: RSAKey) -> str:
    pem = key.as_pem(private=False).decode()
    client = api.expect(
        201,
        "POST",
        "/clients",
        {
            "name": "keyed",
            "app_type": "non_interactive",
            "client_authentication_methods": {
                "private_key_jwt": {"credentials": [{"credential_type": "public_key", "pem": pem, "alg": "RS256"}]}
            },
        },
    )
    assert "client_secret" not in client
    (credential,) = client["client_authentication_methods"]["private_key_jwt"]["credentials"]
    assert set(credential) == {"id"}
    _mcp_api(api)
    _grant(api, client["client_id"])
    return str(client["client_id"])


def _assertion(api: Any, key: RSAKey, client_id: str, alg: str = "RS256", **changes: Any) -> str:
    now = int(api.clock.now)
    claims = {"iss": client_id, "sub": client_id, "aud": ISSUER, "iat": now, "exp": now + 60}
    claims = {**claims, "jti": secrets.token_hex(8), **changes}
    return jwt.encode({"alg": alg}, {k: v for k, v in claims.items() if v is not None}, key, algorithms=[alg])


def _with_assertion(api: Any, assertion: str, **form: str) -> Any:
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    given = {"client_assertion_type": kind, "client_assertion": assertion, "audience": MCP, **form}
    return api.token(client_id="", client_secret="", **given)


def test_private_key_jwt(api: Any, private_key: RSAKey) -> None:
    client_id = _keyed_client(api, private_key)
    answer = _with_assertion(api, _assertion(api, private_key, client_id))
    assert answer.status_code == 200, answer.text
    assert _claims(api, answer.json()["access_token"])["sub"] == f"{client_id}@clients"


def test_an_assertion_serves_once(api: Any, private_key: RSAKey) -> None:
    assertion = _assertion(api, private_key, _keyed_client(api, private_key))
    assert [_with_assertion(api, assertion).status_code for _turn in range(2)] == [200, 401]


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "https://other.example/"},
        {"aud": "https://tenant.example"},
        {"iss": "other"},
        {"sub": "other"},
        {"exp": 1},
        {"exp": 1_800_000_000 + 301},
        {"exp": None},
        {"jti": None},
        {"alg": "RS512"},
    ],
    ids=str,
)
def test_assertions_that_are_refused(api: Any, private_key: RSAKey, changes: dict[str, Any]) -> None:
    answer = _with_assertion(api, _assertion(api, private_key, _keyed_client(api, private_key), **changes))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_assertions_of_another_key_or_none_are_refused(api: Any, private_key: RSAKey) -> None:
    client_id = _keyed_client(api, private_key)
    stranger = _assertion(api, RSAKey.generate_key(2048), client_id)
    assert [_with_assertion(api, text).status_code for text in (stranger, "garbage", "a.b.c")] == [401, 401, 401]
    unknown = _with_assertion(api, _assertion(api, private_key, client_id), client_assertion_type="other")
    assert (unknown.status_code, unknown.json()["error"]) == (400, "invalid_request")


def test_a_client_with_a_key_has_no_use_for_its_secret(api: Any, private_key: RSAKey) -> None:
    client_id = _keyed_client(api, private_key)
    secret = api.tenant.objects("clients")[client_id]["client_secret"]
    assert api.token(client_id=client_id, client_secret=secret, audience=MCP).status_code == 401
