# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Endpoints that discovery names and no client here may use: they refuse, as Auth0 refuses such a client.

Strict third-party clients have none of them (Security Controls for Third-Party Applications). A device code is for
public clients with the grant type (auth0/ruby-auth0#794); the text about grant types is Auth0's
(auth0-lab/auth0-unity#13).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from .client_authentication import authenticated, parameters, require
from .errors import NO_STORE, OAuthError
from .tenant import State, Tenant

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
MFA_OTP = "http://auth0.com/oauth/grant-type/mfa-otp"


def _unauthorized(grant_type: str) -> OAuthError:
    return OAuthError(403, "unauthorized_client", f"Grant type '{grant_type}' not allowed for the client.")


def _device_code(client: State, form: Mapping[str, str]) -> OAuthError:
    return _unauthorized(DEVICE_CODE)


def _mfa_challenge(client: State, form: Mapping[str, str]) -> OAuthError:
    """Nobody has a second factor, so no mfa_token is one of the tenant's."""
    require(form, "mfa_token")
    if not any("/grant-type/mfa-" in name for name in client.get("grant_types", [])):
        return _unauthorized(MFA_OTP)
    return OAuthError(403, "invalid_grant", "Malformed mfa_token")


def _pushed(client: State, form: Mapping[str, str]) -> OAuthError:
    return OAuthError(403, "unauthorized_client", "Pushed authorization requests are not available to the client.")


Refusal = Callable[[State, Mapping[str, str]], OAuthError]


def routes(tenant: Tenant) -> list[Route]:
    def refusing(refusal: Refusal) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            form = parameters(request.headers.get("content-type", ""), await request.body())
            unknown = OAuthError(401, "invalid_client", "Client authentication failed")
            raise refusal(authenticated(tenant, form, request.headers.get("authorization"), unknown), form)

        return endpoint

    async def global_revocation(request: Request) -> Response:
        """Its JWT is an identity provider's, and no connection here trusts one."""
        return PlainTextResponse("Unauthorized", 401, {**NO_STORE, "www-authenticate": "Bearer"})

    return [
        Route("/oauth/device/code", refusing(_device_code), methods=["POST"]),
        Route("/mfa/challenge", refusing(_mfa_challenge), methods=["POST"]),
        Route("/oauth/par", refusing(_pushed), methods=["POST"]),
        Route("/oauth/global-token-revocation/connection/{name}", global_revocation, methods=["POST"]),
    ]
