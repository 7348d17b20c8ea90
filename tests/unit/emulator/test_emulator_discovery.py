# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Discovery and JWKS: what they say, and that what they name is there."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography.x509 import load_der_x509_certificate
from joserfc.jwk import RSAKey

from tests.unit.emulator.login import first_party, register, set_up

ISSUER = "https://tenant.example/"
DISCOVERY = "/.well-known/openid-configuration"


def test_jwks(api: Any) -> None:
    (key,) = api.get("/.well-known/jwks.json").json()["keys"]
    assert list(key) == ["kty", "use", "n", "e", "kid", "x5t", "x5c", "alg"]
    assert (key["kty"], key["alg"], key["use"]) == ("RSA", "RS256", "sig")
    (certificate,) = [base64.b64decode(text) for text in key["x5c"]]
    thumbprint = base64.urlsafe_b64encode(hashlib.sha1(certificate).digest()).decode().rstrip("=")
    assert key["x5t"] == thumbprint
    public = load_der_x509_certificate(certificate).public_key()
    assert public == RSAKey.import_key(key).public_key


def test_jwks_without_alg(api: Any) -> None:
    api.expect(200, "PATCH", "/tenants/settings", {"flags": {"remove_alg_from_jwks": True}})
    (key,) = api.get("/.well-known/jwks.json").json()["keys"]
    assert "alg" not in key
    assert key["x5c"]


def test_discovery_documents_are_the_same(api: Any) -> None:
    document = api.get(DISCOVERY).json()
    assert document == api.get("/.well-known/oauth-authorization-server").json()
    assert document["issuer"] == ISSUER
    assert document["token_endpoint"] == f"{ISSUER}oauth/token"
    assert document["registration_endpoint"] == f"{ISSUER}oidc/register"
    assert document["code_challenge_methods_supported"] == ["S256", "plain"]
    assert document["token_endpoint_auth_methods_supported"] == [
        *("client_secret_basic", "client_secret_post", "private_key_jwt", "none"),
    ]
    assert document["response_modes_supported"] == ["query", "fragment", "form_post"]
    assert {"authorization_code", "refresh_token"} <= set(document["grant_types_supported"])
    assert {"openid", "profile", "email", "offline_access"} <= set(document["scopes_supported"])
    assert {"sub", "iss", "aud", "exp", "iat", "name", "email"} <= set(document["claims_supported"])


@pytest.mark.parametrize(
    ("settings", "key", "value"),
    [
        ({"client_id_metadata_document_supported": True}, "client_id_metadata_document_supported", True),
        (
            {"authorization_response_iss_parameter_supported": True},
            "authorization_response_iss_parameter_supported",
            True,
        ),
        (
            {"pushed_authorization_requests_supported": True},
            "pushed_authorization_request_endpoint",
            f"{ISSUER}oauth/par",
        ),
    ],
)
def test_discovery_follows_the_settings(api: Any, settings: dict[str, Any], key: str, value: Any) -> None:
    assert key not in api.get(DISCOVERY).json()
    api.expect(200, "PATCH", "/tenants/settings", settings)
    assert api.get(DISCOVERY).json()[key] == value


def test_end_session_endpoint_can_be_hidden(api: Any) -> None:
    assert "end_session_endpoint" in api.get(DISCOVERY).json()
    hidden = {"oidc_logout": {"rp_logout_end_session_endpoint_discovery": False}}
    api.expect(200, "PATCH", "/tenants/settings", hidden)
    assert "end_session_endpoint" not in api.get(DISCOVERY).json()


def _endpoints(api: Any) -> dict[str, str]:
    settings = {"pushed_authorization_requests_supported": True}
    api.expect(200, "PATCH", "/tenants/settings", settings)
    document = api.get(DISCOVERY).json()
    return {key: value for key, value in document.items() if key.endswith(("_endpoint", "_uri"))}


def test_what_is_named_is_there(api: Any) -> None:
    endpoints = _endpoints(api)
    assert {"end_session_endpoint", "pushed_authorization_request_endpoint", "jwks_uri"} < set(endpoints)
    for name, url in endpoints.items():
        assert url.startswith(ISSUER), name
        statuses = {method: api.request(method, urlsplit(url).path).status_code for method in ("GET", "POST")}
        assert 404 not in statuses.values(), name
        assert set(statuses.values()) != {405}, name


@pytest.mark.parametrize(
    ("path", "form", "status", "error"),
    [
        ("oauth/device/code", {}, 403, "unauthorized_client"),
        ("mfa/challenge", {"mfa_token": "x"}, 403, "unauthorized_client"),
        ("mfa/challenge", {}, 400, "invalid_request"),
        ("oauth/par", {}, 403, "unauthorized_client"),
    ],
    ids=str,
)
def test_what_no_client_here_may_use(api: Any, path: str, form: dict[str, str], status: int, error: str) -> None:
    set_up(api)
    for client in (register(api), first_party(api)):
        answer = api.post(f"/{path}", data={"client_id": client["client_id"], **form})
        assert (answer.status_code, answer.json()["error"]) == (status, error)
    unknown = api.post(f"/{path}", data={"client_id": "unknown", **form})
    assert (unknown.status_code, unknown.json()["error"]) == (401, "invalid_client")
    nobody = api.post(f"/{path}", data=form)
    assert nobody.json() == {"error": "invalid_request", "error_description": "Missing required parameter: client_id"}


def test_an_mfa_token_that_is_none(api: Any) -> None:
    client = first_party(api, grant_types=["http://auth0.com/oauth/grant-type/mfa-oob"])
    answer = api.post("/mfa/challenge", data={"client_id": client["client_id"], "mfa_token": "x"})
    assert (answer.status_code, answer.json()["error"]) == (403, "invalid_grant")


def test_no_identity_provider_may_revoke_globally(api: Any) -> None:
    answer = api.post("/oauth/global-token-revocation/connection/okta", json={"subject": {}})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
