# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The token endpoint, and the check of a Management API token.

Error bodies of the token endpoint are OAuth's: `{error, error_description}`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from joserfc import jwt
from joserfc.errors import BadSignatureError, JoseError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from . import client_authentication, logs, user_grants
from .access import is_public, is_strict
from .client_authentication import require
from .errors import NO_STORE, ApiError, OAuthError, unauthorized
from .tenant import State, Tenant
from .tokens import issue

PATH = "/oauth/token"

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
        return client_authentication.basic(value)[0]
    claims = client_authentication.payload(value)
    name = claims.get("azp") or claims.get("client_id")
    return None if name is None else str(name)


def _refused() -> OAuthError:
    return OAuthError(401, "access_denied", "Unauthorized")


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
    require(form, "grant_type")
    grant_type = form["grant_type"]
    if grant_type not in GRANT_TYPES:
        raise OAuthError(403, "unsupported_grant_type", f"Unsupported grant type: {grant_type}")
    client = client_authentication.authenticated(tenant, form, header, _refused())
    if grant_type == "client_credentials" and is_public(client):
        raise _refused()
    if grant_type not in client.get("grant_types", []):
        raise OAuthError(403, "unauthorized_client", f"Grant type '{grant_type}' not allowed for the client.")
    return GRANT_TYPES[grant_type](tenant, client, form)


def routes(tenant: Tenant) -> list[Route]:
    async def token(request: Request) -> Response:
        form = client_authentication.parameters(request.headers.get("content-type", ""), await request.body())
        try:
            answer = exchange(tenant, form, request.headers.get("authorization"))
        except OAuthError as error:
            name = form.get("client_id") or client_of(request.headers.get("authorization")) or ""
            logs.not_exchanged(tenant, form.get("grant_type", ""), name, error)
            raise
        finally:
            # A refusal may have used up an assertion, a code, or a family of refresh tokens.
            tenant.save()
        return JSONResponse(answer, headers=NO_STORE)

    return [Route(PATH, token, methods=["POST"])]
