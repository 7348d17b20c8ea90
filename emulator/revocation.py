# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""`POST /oauth/revoke`: a client gives a refresh token back (RFC 7009).

The tenant's flag revoke_refresh_token_grant says whether the user's grant goes too. Statuses and errors are those of
the documentation, which wants 401 `invalid_client` here; access tokens cannot be revoked.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from . import consents, logs
from .client_authentication import authenticated, parameters, require
from .errors import NO_STORE, OAuthError
from .tenant import State, Tenant
from .user_grants import revoke

PATH = "/oauth/revoke"


def give_back(tenant: Tenant, client: State, token: str) -> None:
    """An unknown token is as good as revoked; another client's is refused."""
    found = tenant.kept("refresh_tokens", token)
    if found is None:
        return
    if found["client_id"] != client["client_id"]:
        raise OAuthError(400, "invalid_request", "The refresh token was not issued to this client.")
    revoke(tenant, found["family"])
    logs.record(tenant, "srrt", client=client, user=tenant.objects("users").get(found["user_id"]))
    if tenant.settings["flags"].get("revoke_refresh_token_grant"):
        consents.withdraw(tenant, found["client_id"], found["user_id"], found["audience"])


def routes(tenant: Tenant) -> list[Route]:
    async def endpoint(request: Request) -> Response:
        form = parameters(request.headers.get("content-type", ""), await request.body())
        try:
            refusal = OAuthError(401, "invalid_client", "Client authentication failed")
            client = authenticated(tenant, form, request.headers.get("authorization"), refusal)
            require(form, "token")
            give_back(tenant, client, form["token"])
        finally:
            # A refusal may have used up an assertion.
            tenant.save()
        return Response(headers=NO_STORE)

    return [Route(PATH, endpoint, methods=["POST"])]
