# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Dynamic client registration (RFC 7591): `POST /oidc/register`, open to anyone while the tenant's flag is on.

Errors are OAuth's: `access_denied` while it is off, `invalid_redirect_uri`, `invalid_client_metadata`.
"""

from __future__ import annotations

from typing import Any

from jsonschema.exceptions import best_match
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from . import logs, redirects, schemas
from .access import is_public
from .errors import NO_STORE, ApiError, OAuthError
from .management import clients
from .management.operation import check_room
from .tenant import State, Tenant

PATH = "/oidc/register"
GRANT_TYPES = ("authorization_code", "refresh_token")
APP_TYPES = {"native": "native", "web": "regular_web"}
NAMELESS = "Dynamically registered client"

_REQUEST = schemas.validator(schemas.REGISTRATION)


def _invalid(description: str) -> OAuthError:
    return OAuthError(400, "invalid_client_metadata", description)


def _check(body: Any) -> None:
    problem = best_match(_REQUEST.iter_errors(body))
    if problem is not None:
        raise _invalid(f"{problem.json_path}: {problem.message}")
    refused = [uri for uri in body["redirect_uris"] if not redirects.may_be_registered(uri)]
    if refused:
        raise OAuthError(400, "invalid_redirect_uri", f"Redirect URIs that are not allowed: {', '.join(refused)}")


def register(tenant: Tenant, body: Any) -> State:
    """The client that came of a registration; grant types are cut down to those that users can log in with."""
    if not tenant.settings["flags"].get("enable_dynamic_client_registration"):
        raise OAuthError(403, "access_denied", "Dynamic client registration is disabled.")
    _check(body)
    try:
        check_room(tenant, clients.COLLECTION)
    except ApiError as refusal:
        raise OAuthError(403, "access_denied", refusal.message) from None
    grant_types = [name for name in body.get("grant_types", ["authorization_code"]) if name in GRANT_TYPES]
    if "authorization_code" not in grant_types:
        raise _invalid("grant_types must have authorization_code")
    wanted: dict[str, Any] = {
        "name": body.get("client_name", NAMELESS),
        "callbacks": body["redirect_uris"],
        "token_endpoint_auth_method": body.get("token_endpoint_auth_method", "client_secret_post"),
        "grant_types": grant_types,
        "app_type": APP_TYPES.get(body.get("application_type")),
        "logo_uri": body.get("logo_uri"),
        "external_metadata_type": "dcr",
        "external_metadata_created_by": "client",
    }
    mode = tenant.settings.get("dynamic_client_registration_security_mode", "strict")
    return clients.make(tenant, {key: value for key, value in wanted.items() if value is not None}, mode)


def _show(client: State) -> State:
    secret = {} if is_public(client) else {"client_secret": client["client_secret"]}
    return {
        "client_name": client["name"],
        "client_id": client["client_id"],
        **secret,
        "redirect_uris": client["callbacks"],
        "client_secret_expires_at": 0,
        "grant_types": client["grant_types"],
        "token_endpoint_auth_method": client["token_endpoint_auth_method"],
    }


def routes(tenant: Tenant) -> list[Route]:
    async def endpoint(request: Request) -> Response:
        try:
            body = await request.json()
        except ValueError:
            raise _invalid("The body is not JSON") from None
        client = _show(register(tenant, body))
        logs.registered(tenant, request.url.path, body, client)
        tenant.save()
        return JSONResponse(client, 201, NO_STORE)

    return [Route(PATH, endpoint, methods=["POST"])]
