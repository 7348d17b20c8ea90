# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Discovery and JWKS: what the tenant tells clients about itself.

Members and values are those of a real tenant in July 2026 (a public transcript of dev-yg.us.auth0.com), and of one in
March 2026 (a public transcript of ceposta-solo.auth0.com) for the end of the document. What only tenants of Enterprise
plans show is absent: mTLS, back-channel logins and logouts, request objects.
"""

from __future__ import annotations

import base64
import hashlib
import ssl
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .client_authentication import ASSERTION_ALGORITHMS
from .redirects import RESPONSE_MODES
from .tenant import Tenant
from .tokens import KEY_ID

PATHS = ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server")
JWKS_PATH = "/.well-known/jwks.json"

_MFA = "http://auth0.com/oauth/grant-type/mfa"
_STANDARD: dict[str, Any] = {
    "scopes_supported": [
        *("openid", "profile", "offline_access", "name", "given_name", "family_name", "nickname", "email"),
        *("email_verified", "picture", "created_at", "identities", "phone", "address"),
    ],
    "response_types_supported": [
        *("code", "token", "id_token", "code token", "code id_token", "token id_token", "code token id_token"),
    ],
    "code_challenge_methods_supported": ["S256", "plain"],
    "response_modes_supported": list(RESPONSE_MODES),
    "subject_types_supported": ["public"],
    "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"],
    "token_endpoint_auth_signing_alg_values_supported": ASSERTION_ALGORITHMS,
    "claims_supported": [
        *("aud", "auth_time", "created_at", "email", "email_verified", "exp", "family_name", "given_name", "iat"),
        *("identities", "iss", "name", "nickname", "phone_number", "picture", "sub"),
    ],
    "grant_types_supported": [
        *("client_credentials", "authorization_code", "refresh_token", "password", "implicit"),
        "urn:ietf:params:oauth:grant-type:device_code",
        "urn:ietf:params:oauth:grant-type:token-exchange",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "http://auth0.com/oauth/grant-type/password-realm",
        "http://auth0.com/oauth/grant-type/passwordless/otp",
        *(f"{_MFA}-oob", f"{_MFA}-otp", f"{_MFA}-recovery-code"),
    ],
    "request_uri_parameter_supported": False,
    "request_parameter_supported": False,
    "id_token_signing_alg_values_supported": ["HS256", "RS256", "PS256"],
}


def _unpadded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def jwks(tenant: Tenant) -> dict[str, Any]:
    public = tenant.signing_key.as_dict(private=False)
    certificate = ssl.PEM_cert_to_DER_cert(tenant.keys.signing_certificate)
    key = {
        "kty": public["kty"],
        "use": "sig",
        "n": public["n"],
        "e": public["e"],
        "kid": KEY_ID,
        "x5t": _unpadded(hashlib.sha1(certificate, usedforsecurity=False).digest()),
        "x5c": [base64.b64encode(certificate).decode()],
        "alg": "RS256",
    }
    if tenant.settings["flags"].get("remove_alg_from_jwks"):
        del key["alg"]
    return {"keys": [key]}


def document(tenant: Tenant) -> dict[str, Any]:
    base, settings = tenant.issuer, tenant.settings
    told: dict[str, Any] = {
        "issuer": base,
        "authorization_endpoint": f"{base}authorize",
        "token_endpoint": f"{base}oauth/token",
        "device_authorization_endpoint": f"{base}oauth/device/code",
        "userinfo_endpoint": f"{base}userinfo",
        "mfa_challenge_endpoint": f"{base}mfa/challenge",
        "jwks_uri": f"{base}{JWKS_PATH[1:]}",
        "registration_endpoint": f"{base}oidc/register",
        "revocation_endpoint": f"{base}oauth/revoke",
        **_STANDARD,
        "global_token_revocation_endpoint": f"{base}oauth/global-token-revocation/connection/{{connectionName}}",
        "global_token_revocation_endpoint_auth_methods_supported": ["global-token-revocation+jwt"],
    }
    if settings.get("oidc_logout", {}).get("rp_logout_end_session_endpoint_discovery", True):
        told["end_session_endpoint"] = f"{base}oidc/logout"
    if settings.get("client_id_metadata_document_supported"):
        told["client_id_metadata_document_supported"] = True
    if settings.get("authorization_response_iss_parameter_supported"):
        told["authorization_response_iss_parameter_supported"] = True
    if settings.get("pushed_authorization_requests_supported"):
        told["pushed_authorization_request_endpoint"] = f"{base}oauth/par"
    if settings.get("mtls", {}).get("enable_endpoint_aliases"):
        told["mtls_endpoint_aliases"] = {"token_endpoint": f"https://mtls.{tenant.domain}/oauth/token"}
    return told


def routes(tenant: Tenant) -> list[Route]:
    async def keys(request: Request) -> Response:
        return JSONResponse(jwks(tenant))

    async def metadata(request: Request) -> Response:
        return JSONResponse(document(tenant))

    return [Route(JWKS_PATH, keys), *(Route(path, metadata) for path in PATHS)]
