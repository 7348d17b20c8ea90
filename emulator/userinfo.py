# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""`/userinfo`: claims of the user whom a token speaks for.

A refusal is the plain text "Unauthorized", with the reason in WWW-Authenticate (auth0/react-native-auth0#241,
auth0/Auth0.Android#629).
"""

from __future__ import annotations

from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from .access import userinfo_audience
from .errors import NO_STORE
from .tenant import Tenant
from .tokens import user_claims

PATH = "/userinfo"


class Refused(Exception):
    """Its text is what WWW-Authenticate says behind the realm."""


_INVALID = ', error="invalid_token"'
_EXPIRED = f'{_INVALID}, error_description="The token has expired"'


def claims(tenant: Tenant, header: str | None) -> dict[str, Any]:
    """For an opaque token, and for one of an API with userinfo among its audiences."""
    scheme, _blank, value = (header or "").partition(" ")
    if scheme.lower() != "bearer" or not value.strip():
        raise Refused
    user_id, scopes = _bearer(tenant, value.strip())
    user = tenant.objects("users").get(user_id)
    if user is None:
        raise Refused(_INVALID)
    return {"sub": user["user_id"], **user_claims(user, scopes)}


def _bearer(tenant: Tenant, value: str) -> tuple[str, list[str]]:
    """(user, scopes) of a token."""
    opaque = tenant.objects("opaque_tokens").get(value)
    if opaque is not None:
        if opaque["until"] <= tenant.clock():
            raise Refused(_EXPIRED)
        return opaque["user_id"], opaque["scope"]
    try:
        found = jwt.decode(value, tenant.signing_key, algorithms=["RS256", "RS512", "PS256"]).claims
    except (JoseError, ValueError):
        raise Refused(_INVALID) from None
    if not isinstance(found.get("aud"), list) or userinfo_audience(tenant) not in found["aud"]:
        raise Refused(_INVALID)
    generation = str(found.get("jti", "")).partition(".")[0]
    if found.get("exp", 0) <= tenant.clock() or generation != str(tenant.state["token_generation"]):
        raise Refused(_EXPIRED)
    return str(found.get("sub")), str(found.get("scope", "")).split()


def routes(tenant: Tenant) -> list[Route]:
    async def endpoint(request: Request) -> Response:
        try:
            return JSONResponse(claims(tenant, request.headers.get("authorization")), headers=NO_STORE)
        except Refused as refused:
            challenge = f'Bearer realm="Users"{refused}'
            return PlainTextResponse("Unauthorized", 401, {**NO_STORE, "www-authenticate": challenge})

    return [Route(PATH, endpoint, methods=["GET", "POST"])]
