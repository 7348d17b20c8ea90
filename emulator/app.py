# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The emulator as one ASGI application: routes, error answers, rate limit, CORS, and the traffic layer around them."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import (
    authorize,
    control,
    discovery,
    documents,
    logout,
    logs,
    management,
    oauth,
    registration,
    revocation,
    unavailable,
    userinfo,
)
from .cors import Cors
from .errors import NO_STORE, ApiError, OAuthError
from .management.operation import PREFIX
from .plans import PLANS
from .ratelimit import RateLimiter
from .tenant import Tenant
from .traffic import Traffic


class RateLimit:
    """Puts the rate-limit headers on every answer of the Management API, and answers 429 when a bucket is empty."""

    def __init__(self, app: ASGIApp, limiter: RateLimiter) -> None:
        self._app = app
        self._limiter = limiter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(f"{PREFIX}/"):
            await self._app(scope, receive, send)
            return
        query = scope["query_string"].decode("ascii", "replace")
        admitted, headers = self._limiter.admit(scope["method"], scope["path"], query)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(headers)
            await send(message)

        if admitted:
            await self._app(scope, receive, with_headers)
            return
        refusal = ApiError(429, "Global limit has been reached", "too_many_requests")
        await JSONResponse(refusal.body(), 429)(scope, receive, with_headers)


async def _api_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return JSONResponse(error.body(), error.status)


async def _oauth_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, OAuthError)
    return JSONResponse(error.body(), error.status, NO_STORE)


async def _http_error(request: Request, error: Exception) -> Response:
    """A method that a path of the Management API lacks is a 404: hapi has no 405 (hapijs/hapi#3238), and the errors of
    the Management API are in hapi's words."""
    assert isinstance(error, HTTPException)
    if error.status_code == 405 and request.url.path.startswith(f"{PREFIX}/"):
        error = HTTPException(404)
    return JSONResponse(ApiError(error.status_code, error.detail).body(), error.status_code, error.headers)


def create_app(tenant: Tenant, *, latency: float = 0.0, plan: str = "none") -> Traffic:
    """`latency` in seconds; `plan` is a name of plans.PLANS."""
    limiter = RateLimiter(PLANS[plan], tenant.clock)
    tenant.limits = PLANS[plan].objects
    app = Starlette(
        routes=[
            *control.routes(tenant, limiter),
            *documents.routes(tenant),
            *discovery.routes(tenant),
            *registration.routes(tenant),
            *authorize.routes(tenant),
            *oauth.routes(tenant),
            *userinfo.routes(tenant),
            *revocation.routes(tenant),
            *logout.routes(tenant),
            *unavailable.routes(tenant),
            *management.routes(tenant),
        ],
        middleware=[
            Middleware(logs.RememberOrigin),
            Middleware(RateLimit, limiter=limiter),
            Middleware(Cors, tenant=tenant),
        ],
        exception_handlers={ApiError: _api_error, OAuthError: _oauth_error, HTTPException: _http_error},
    )
    app.router.redirect_slashes = False
    app.state.traffic = Traffic(app, latency)
    traffic: Traffic = app.state.traffic
    return traffic
