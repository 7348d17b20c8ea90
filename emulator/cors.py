# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""CORS: which answers a script of another origin may read.

Open to any origin: what everyone may know, registration, and userinfo. Token and revocation endpoint: origins of the
client's callbacks, its allowed_origins and its web_origins, as Application Settings describes them. A preflight names
no client, so it is granted to any origin.
"""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import access, client_authentication, discovery, oauth, redirects, registration, revocation, userinfo
from .errors import OAuthError
from .tenant import Tenant

OPEN = frozenset({*discovery.PATHS, discovery.JWKS_PATH, registration.PATH, userinfo.PATH})
BY_CLIENT = frozenset({oauth.PATH, revocation.PATH})
SECONDS = "600"
# Beyond those that a script may always read.
EXPOSED = "www-authenticate"


def _preflight(headers: Headers) -> Response:
    granted = {
        "access-control-allow-methods": headers["access-control-request-method"],
        "access-control-max-age": SECONDS,
    }
    if "access-control-request-headers" in headers:
        granted["access-control-allow-headers"] = headers["access-control-request-headers"]
    return Response(status_code=204, headers=granted)


def _allows(tenant: Tenant, headers: Headers, content: bytes) -> bool:
    """Whether the client of a request lets its origin read the answer. Of an unknown client, anyone may read that."""
    try:
        form = client_authentication.parameters(headers.get("content-type", ""), content)
    except OAuthError:
        return True
    client = access.find_client(tenant, client_authentication.named(form, headers.get("authorization")) or "")
    return client is None or redirects.is_origin_of(client, headers["origin"])


class Cors:
    """Puts the headers on answers to other origins, refusals too, and answers preflights."""

    def __init__(self, app: ASGIApp, tenant: Tenant) -> None:
        self._app = app
        self._tenant = tenant

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope) if scope["type"] == "http" else Headers()
        if "origin" not in headers or scope["path"] not in OPEN | BY_CLIENT:
            await self._app(scope, receive, send)
            return
        origin = "*" if scope["path"] in OPEN else headers["origin"]
        preflight = scope["method"] == "OPTIONS" and "access-control-request-method" in headers
        message = await receive()
        if scope["path"] in BY_CLIENT and not preflight and not _allows(self._tenant, headers, message["body"]):
            origin = ""

        async def replay() -> Message:
            return message

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                told = MutableHeaders(scope=message)
                if origin:
                    told["access-control-allow-origin"] = origin
                    told["access-control-expose-headers"] = EXPOSED
                if origin != "*":
                    told.add_vary_header("Origin")
            await send(message)

        await (_preflight(headers) if preflight else self._app)(scope, replay, with_headers)
