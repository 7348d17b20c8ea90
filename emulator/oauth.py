# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Token endpoint, userinfo, JWKS, discovery, and the check of a Management API token.

Error bodies of the token endpoint are OAuth's: `{error, error_description}`.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from joserfc import jwt
from joserfc.errors import BadSignatureError, JoseError
from joserfc.jwk import KeySet, RSAKey
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from . import logs, user_grants
from .access import find_client, is_public, is_strict
from .errors import ApiError, OAuthError, unauthorized
from .tenant import State, Tenant
from .tokens import KEY_ID, issue, userinfo

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_ALGORITHMS = ["RS256", "RS384", "PS256"]
# An assertion that lives longer than five minutes is refused.
ASSERTION_LIFETIME = 300

_EXPIRED = "Expired token received for JSON Web Token validation"
_BAD_SIGNATURE = "Invalid signature received for JSON Web Token validation"
_INVALID = "Invalid token"


def authenticate(tenant: Tenant, header: str | None) -> frozenset[str]:
    """The scopes of a Management API token."""
    scheme, _blank, value = (header or "").partition(" ")
    if scheme.lower() != "bearer" or not value.strip():
        raise ApiError(400, "Bad HTTP authentication header format", "Bearer")
    try:
        claims = jwt.decode(value.strip(), tenant.signing_key, algorithms=["RS256"]).claims
    except BadSignatureError:
        raise unauthorized(_BAD_SIGNATURE) from None
    except (JoseError, ValueError):
        raise unauthorized(_INVALID) from None
    if claims.get("iss") != tenant.issuer or claims.get("aud") != tenant.management_audience:
        raise unauthorized(_INVALID)
    generation = str(claims.get("jti", "")).partition(".")[0]
    if claims.get("exp", 0) <= tenant.clock() or generation != str(tenant.state["token_generation"]):
        raise unauthorized(_EXPIRED)
    return frozenset(str(claims.get("scope", "")).split())


def client_of(header: str | None) -> str | None:
    """The client that an Authorization header speaks for, unverified: for the request log only."""
    scheme, _blank, value = (header or "").partition(" ")
    if scheme.lower() == "basic":
        return _basic(value)[0]
    try:
        payload = value.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        name = claims.get("azp") or claims.get("client_id")
        return None if name is None else str(name)
    except (IndexError, ValueError, AttributeError):
        return None


def _basic(value: str) -> tuple[str | None, str | None]:
    try:
        name, _colon, secret = base64.b64decode(value).decode().partition(":")
    except (binascii.Error, ValueError):
        return None, None
    return unquote_plus(name), unquote_plus(secret)


def _refused() -> OAuthError:
    return OAuthError(401, "access_denied", "Unauthorized")


def parameters(content_type: str, content: bytes) -> dict[str, str]:
    """Form or JSON body of the token endpoint as one flat map."""
    if content_type.partition(";")[0].strip() == "application/json":
        try:
            body = json.loads(content)
        except ValueError:
            raise OAuthError(400, "invalid_request", "Invalid JSON body") from None
        return {key: str(value) for key, value in body.items()} if isinstance(body, dict) else {}
    return dict(parse_qsl(content.decode("utf-8", "replace"), keep_blank_values=True))


def _authenticated_client(tenant: Tenant, form: Mapping[str, str], header: str | None) -> State:
    """By assertion or secret; a public client by its name alone, where it does not speak for itself."""
    if "client_assertion" in form:
        return _client_of_assertion(tenant, form)
    name, secret = form.get("client_id"), form.get("client_secret")
    if header and header.lower().startswith("basic "):
        name, secret = _basic(header.partition(" ")[2])
    client = find_client(tenant, name or "")
    if client is None or "client_authentication_methods" in client:
        raise _refused()
    if is_public(client):
        if form.get("grant_type") == "client_credentials":
            raise _refused()
        return client
    if not secret or not hmac.compare_digest(client["client_secret"].encode(), secret.encode()):
        raise _refused()
    return client


def _client_of_assertion(tenant: Tenant, form: Mapping[str, str]) -> State:
    """`iss` and `sub` name the client, `aud` is the issuer, `jti` may be used once."""
    if form.get("client_assertion_type") != ASSERTION_TYPE:
        raise OAuthError(400, "invalid_request", "Unknown client_assertion_type")
    assertion = form["client_assertion"]
    try:
        payload = assertion.split(".")[1]
        name = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["sub"]
    except (IndexError, KeyError, ValueError, TypeError):
        raise OAuthError(401, "invalid_client", "Invalid client assertion") from None
    claims = _verified(assertion, tenant.objects("credentials").get(str(name), {}))
    client = tenant.objects("clients").get(str(name))
    if claims is None or client is None or "private_key_jwt" not in client.get("client_authentication_methods", {}):
        raise OAuthError(401, "invalid_client", "Invalid client assertion")
    now = tenant.clock()
    used: dict[str, float] = tenant.state["used_assertions"]
    for stale in [jti for jti, expiry in used.items() if expiry <= now]:
        del used[stale]
    expiry, jti = claims.get("exp", 0), claims.get("jti")
    audiences = claims.get("aud") if isinstance(claims.get("aud"), list) else [claims.get("aud")]
    valid = (
        claims.get("iss") == name
        and tenant.issuer in (audiences or [])
        and isinstance(expiry, (int, float))
        and now < expiry <= now + ASSERTION_LIFETIME
        and isinstance(jti, str)
        and jti not in used
    )
    if not valid:
        raise OAuthError(401, "invalid_client", "Invalid client assertion")
    used[str(jti)] = float(expiry)
    return client


def _verified(assertion: str, credentials: Mapping[str, State]) -> dict[str, Any] | None:
    for credential in credentials.values():
        try:
            key = RSAKey.import_key(credential["pem"])
            return dict(jwt.decode(assertion, key, algorithms=[credential.get("alg", "RS256")]).claims)
        except (JoseError, ValueError, KeyError):
            continue
    return None


def _granted(tenant: Tenant, client: State, audience: str) -> tuple[State, list[str]]:
    """(the API, the scopes a client credentials token carries)."""
    api = tenant.resource_server(audience)
    if api is None:
        raise OAuthError(403, "access_denied", f"Service not found: {audience}")
    grant = tenant.grant(client, audience, "client")
    denied = api["subject_type_authorization"]["client"]["policy"] == "deny_all"
    if grant is None or denied:
        raise OAuthError(
            403,
            "access_denied",
            f'Client is not authorized to access "{audience}". '
            'You need to create a "client-grant" associated to this API.',
        )
    if grant.get("allow_all_scopes"):
        return api, [scope["value"] for scope in api.get("scopes", [])]
    return api, list(grant.get("scope", []))


def _by_client_credentials(tenant: Tenant, client: State, form: Mapping[str, str]) -> dict[str, Any]:
    if is_strict(client) and "external_metadata_type" in client:
        raise OAuthError(403, "unauthorized_client", "Clients that registered themselves cannot speak for themselves.")
    audience = form.get("audience")
    if not audience:
        raise OAuthError(403, "access_denied", "No audience parameter was provided.")
    api, scopes = _granted(tenant, client, audience)
    if form.get("scope"):
        wanted = form["scope"].split()
        scopes = [scope for scope in scopes if scope in wanted]
    logs.exchanged(tenant, "client_credentials", client, audience, scopes)
    return issue(tenant, client["client_id"], api, scopes)


GRANT_TYPES: dict[str, Callable[[Tenant, State, Mapping[str, str]], dict[str, Any]]] = {
    "client_credentials": _by_client_credentials,
    "authorization_code": user_grants.by_code,
    "refresh_token": user_grants.by_refresh_token,
}


def exchange(tenant: Tenant, form: Mapping[str, str], header: str | None) -> dict[str, Any]:
    grant_type = form.get("grant_type", "")
    if grant_type not in GRANT_TYPES:
        raise OAuthError(403, "unsupported_grant_type", f"Unsupported grant type: {grant_type}".rstrip())
    client = _authenticated_client(tenant, form, header)
    if grant_type not in client.get("grant_types", []):
        raise OAuthError(403, "unauthorized_client", f"Grant type '{grant_type}' not allowed for the client.")
    return GRANT_TYPES[grant_type](tenant, client, form)


def jwks(tenant: Tenant) -> dict[str, Any]:
    key = RSAKey.import_key(tenant.keys.signing_key, {"kid": KEY_ID, "use": "sig", "alg": "RS256"})
    document: dict[str, Any] = dict(KeySet([key]).as_dict(private=False))
    if tenant.settings["flags"].get("remove_alg_from_jwks"):
        for entry in document["keys"]:
            del entry["alg"]
    return document


def discovery(tenant: Tenant) -> dict[str, Any]:
    base, settings = tenant.issuer, tenant.settings
    document: dict[str, Any] = {
        "issuer": base,
        "authorization_endpoint": f"{base}authorize",
        "token_endpoint": f"{base}oauth/token",
        "device_authorization_endpoint": f"{base}oauth/device/code",
        "userinfo_endpoint": f"{base}userinfo",
        "mfa_challenge_endpoint": f"{base}mfa/challenge",
        "jwks_uri": f"{base}.well-known/jwks.json",
        "registration_endpoint": f"{base}oidc/register",
        "revocation_endpoint": f"{base}oauth/revoke",
        "scopes_supported": ["openid", "profile", "offline_access", "email"],
        "response_types_supported": ["code", "token", "id_token", "code token", "code id_token", "token id_token"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["HS256", "RS256", "PS256"],
        "code_challenge_methods_supported": ["S256", "plain"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ASSERTION_ALGORITHMS,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
    }
    if settings.get("client_id_metadata_document_supported"):
        document["client_id_metadata_document_supported"] = True
    if settings.get("oidc_logout", {}).get("rp_logout_end_session_endpoint_discovery", True):
        document["end_session_endpoint"] = f"{base}oidc/logout"
    if settings.get("authorization_response_iss_parameter_supported"):
        document["authorization_response_iss_parameter_supported"] = True
    if settings.get("pushed_authorization_requests_supported"):
        document["pushed_authorization_request_endpoint"] = f"{base}oauth/par"
    if settings.get("mtls", {}).get("enable_endpoint_aliases"):
        document["mtls_endpoint_aliases"] = {"token_endpoint": f"https://mtls.{tenant.domain}/oauth/token"}
    return document


def routes(tenant: Tenant) -> list[Route]:
    async def token(request: Request) -> Response:
        form = parameters(request.headers.get("content-type", ""), await request.body())
        try:
            answer = exchange(tenant, form, request.headers.get("authorization"))
        except OAuthError as error:
            name = form.get("client_id") or client_of(request.headers.get("authorization")) or ""
            logs.not_exchanged(tenant, form.get("grant_type", ""), name, error)
            raise
        finally:
            # A refusal may have used up an assertion, a code, or a family of refresh tokens.
            tenant.save()
        return JSONResponse(answer, headers={"cache-control": "no-store"})

    async def user_claims(request: Request) -> Response:
        return JSONResponse(userinfo(tenant, request.headers.get("authorization")))

    async def keys(request: Request) -> Response:
        return JSONResponse(jwks(tenant))

    async def metadata(request: Request) -> Response:
        return JSONResponse(discovery(tenant))

    return [
        Route("/oauth/token", token, methods=["POST"]),
        Route("/userinfo", user_claims, methods=["GET", "POST"]),
        Route("/.well-known/jwks.json", keys),
        Route("/.well-known/openid-configuration", metadata),
        Route("/.well-known/oauth-authorization-server", metadata),
    ]
