# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Logout: `/oidc/logout` (RP-Initiated Logout) and `/v2/logout`, which lead back to an Allowed Logout URL.

Nobody stays logged in here, so there is no session to end and no confirmation to ask for. What goes wrong is told on a
page. Strict third-party clients have no logout endpoints (Security Controls for Third-Party Applications).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from . import pages, redirects
from .access import find_client, is_strict
from .client_authentication import parameters, payload
from .errors import NO_STORE, OAuthError
from .tenant import State, Tenant
from .tokens import ALGORITHMS, id_token_key

OIDC_TARGET = "post_logout_redirect_uri"
TARGET = "returnTo"


def _invalid(description: str) -> OAuthError:
    return OAuthError(400, "invalid_request", description)


def _client(tenant: Tenant, name: str) -> State:
    client = find_client(tenant, name)
    if client is None:
        raise _invalid(f"Unknown client: {name}")
    if is_strict(client):
        raise OAuthError(403, "unauthorized_client", "Logout is not supported for third-party clients.")
    return client


def _hinted(tenant: Tenant, token: str) -> tuple[State, dict[str, Any]]:
    """(client, claims) of an ID token that the tenant issued; it may have ended."""
    client = find_client(tenant, str(payload(token).get("aud")))
    if client is not None:
        _algorithm, key = id_token_key(tenant, client)
        try:
            claims = jwt.decode(token, key, algorithms=ALGORITHMS).claims
        except (JoseError, ValueError):
            claims = {}
        if claims.get("iss") == tenant.issuer and "sid" in claims:
            return client, dict(claims)
    raise _invalid("Parameter id_token_hint is not an ID token of this tenant")


def _who(tenant: Tenant, query: Mapping[str, str]) -> State | None:
    """The client that asks. Hints may be redundant, and must not contradict each other."""
    client = _client(tenant, query["client_id"]) if "client_id" in query else None
    if "id_token_hint" not in query:
        return client
    hinted, claims = _hinted(tenant, query["id_token_hint"])
    if client is not None and client is not hinted:
        raise _invalid("Parameter client_id does not match the aud claim of id_token_hint")
    if query.get("logout_hint", claims["sid"]) != claims["sid"]:
        raise _invalid("Parameter logout_hint does not match the sid claim of id_token_hint")
    return hinted


def _target(tenant: Tenant, client: State | None, parameter: str, query: Mapping[str, str]) -> str | None:
    """Where the person goes then; None: nowhere. The client's list counts, without a client the tenant's."""
    allowed = (tenant.settings if client is None else client).get("allowed_logout_urls", [])
    wanted = query.get(parameter)
    if wanted is None:
        return next(iter(allowed), None) if client is not None else None
    # The query counts for one of the endpoints only.
    if not any(redirects.leads_back(url, wanted, whole=parameter == OIDC_TARGET) for url in allowed):
        raise _invalid(
            f'The "{parameter}" querystring parameter "{wanted}" is not defined as a valid URL in "Allowed Logout URLs"'
        )
    return wanted


def routes(tenant: Tenant) -> list[Route]:
    def logout(parameter: str) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            if request.method == "POST":
                query = parameters(request.headers.get("content-type", ""), await request.body())
            else:
                query = {key: value for key, value in request.query_params.items() if value}
            state = {"state": query.get("state")} if parameter == OIDC_TARGET else {}
            try:
                target = _target(tenant, _who(tenant, query), parameter, query)
            except OAuthError as error:
                return pages.error(tenant.domain, error.status, error.error, error.description)
            if target is None:
                return PlainTextResponse("OK", headers=NO_STORE)
            return RedirectResponse(redirects.answer_at(target, state), 302, NO_STORE)

        return endpoint

    return [
        Route("/oidc/logout", logout(OIDC_TARGET), methods=["GET", "POST"]),
        Route("/v2/logout", logout(TARGET)),
    ]
