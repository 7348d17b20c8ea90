# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Token requests that speak for a user: with an authorization code, and with a refresh token.

A code and a refresh token stand for what was agreed to: `{client_id, user_id, audience, resource, scope, organization,
session}`, where `session` is `{sid, auth_time?}` of the login. A code also holds `{redirect_uri, code_challenge,
code_challenge_method, nonce}` and, once it has served, the `family` of the tokens it gave; a refresh token
`{family, started, used?}`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from typing import Any

from . import access, logs, organizations, tokens, users
from .client_authentication import require
from .errors import OAuthError, ReusedToken
from .tenant import State, Tenant

AGREED = ("client_id", "user_id", "audience", "resource", "scope", "organization", "session")
# Of a challenge, and of the verifier behind it (RFC 7636, 4.1 and 4.2).
PKCE_VALUE = re.compile(r"[A-Za-z0-9._~-]*")


def _invalid(description: str) -> OAuthError:
    return OAuthError(403, "invalid_grant", description)


def check_pkce_value(name: str, value: str) -> None:
    """Auth0 words the length (its support article on code_challenge)."""
    if not 43 <= len(value) <= 128:
        raise OAuthError(400, "invalid_request", f"Parameter '{name}' must be between 43 and 128 characters long")
    if not PKCE_VALUE.fullmatch(value):
        raise OAuthError(400, "invalid_request", f"Parameter '{name}' has characters that are not allowed")


def verifier_fits(challenge: str, method: str, verifier: str) -> bool:
    """PKCE (RFC 7636): S256, or plain."""
    if method == "S256":
        verifier = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    return hmac.compare_digest(challenge.encode(), verifier.encode())


def by_code(tenant: Tenant, client: State, form: Mapping[str, str]) -> dict[str, Any]:
    """A code serves once, whether or not the request around it is right. Used again, it takes its tokens along."""
    require(form, "code", "redirect_uri")
    agreed = tenant.kept("codes", form["code"])
    if agreed is None or agreed["client_id"] != client["client_id"]:
        raise _invalid("Invalid authorization code")
    if "family" in agreed:
        revoke(tenant, agreed["family"])
        raise _invalid("Invalid authorization code")
    challenge, verifier = agreed["code_challenge"], form.get("code_verifier", "")
    if challenge and not verifier:
        # Reported for Auth0 in these words. Nothing was tried yet, so the code stays.
        raise OAuthError(400, "invalid_request", "Parameter 'code_verifier' is required")
    if verifier:
        check_pkce_value("code_verifier", verifier)
    agreed["family"] = secrets.token_hex(8)
    if form["redirect_uri"] != agreed["redirect_uri"]:
        raise _invalid("The redirect URI is not the one of the authorization request.")
    if bool(challenge) != bool(verifier):
        raise _invalid("Failed to verify code verifier")
    if challenge and not verifier_fits(challenge, agreed["code_challenge_method"], verifier):
        raise _invalid("Failed to verify code verifier")
    answer, scopes = _issue(tenant, client, agreed, form, agreed["scope"], agreed.get("nonce"))
    if access.OFFLINE_ACCESS in scopes:
        started = tenant.clock()
        family = {**{key: agreed.get(key) for key in AGREED}, "family": agreed["family"], "started": started}
        until = tokens.refresh_token_end(tenant, client, started)
        answer["refresh_token"] = tenant.keep("refresh_tokens", family, until)
    return answer


def by_refresh_token(tenant: Tenant, client: State, form: Mapping[str, str]) -> dict[str, Any]:
    """Where tokens rotate, one that comes back after its use takes its whole family along."""
    require(form, "refresh_token")
    agreed = tenant.kept("refresh_tokens", form["refresh_token"])
    if agreed is None or agreed["client_id"] != client["client_id"]:
        raise _invalid("Unknown or invalid refresh token.")
    settings = tokens.refresh_settings(client)
    rotating, now = settings.get("rotation_type") == "rotating", tenant.clock()
    if rotating and "used" in agreed and now - agreed["used"] >= settings.get("leeway", 0):
        revoke(tenant, agreed["family"])
        raise ReusedToken(403, "invalid_grant", "Unknown or invalid refresh token.")
    wanted = form.get("scope", "").split() or agreed["scope"]
    scopes = [scope for scope in agreed["scope"] if scope in wanted]
    answer, _scopes = _issue(tenant, client, agreed, form, scopes)
    until = tokens.refresh_token_end(tenant, client, agreed["started"])
    if rotating:
        family = {key: value for key, value in agreed.items() if key != "used"}
        answer["refresh_token"] = tenant.keep("refresh_tokens", family, until)
        agreed.setdefault("used", now)
    else:
        agreed["until"] = until
    return answer


def revoke(tenant: Tenant, family: str) -> None:
    """Takes back what came of one code: refresh tokens and opaque tokens. A JWT stays valid until it ends."""
    for collection in ("refresh_tokens", "opaque_tokens"):
        kept = tenant.objects(collection)
        for name in [name for name, item in kept.items() if item.get("family") == family]:
            del kept[name]


def _issue(
    tenant: Tenant,
    client: State,
    agreed: State,
    form: Mapping[str, str],
    requested: list[str],
    nonce: str | None = None,
) -> tuple[dict[str, Any], list[str]]:
    """(the answer, its scopes). What the client may have is asked anew: grants and permissions change."""
    resource = form.get("resource")
    if resource and resource not in (agreed["resource"], agreed["audience"]):
        raise OAuthError(400, "invalid_target", "The resource is not the one of the authorization request.")
    user = tenant.objects("users").get(agreed["user_id"])
    if user is None:
        raise _invalid("The refresh_token was generated for a user who doesn't exist anymore.")
    users.check(user)
    organization = organizations.of_login(tenant, agreed)
    organizations.admit(tenant, organization, user)
    api = access.api_for(tenant, client, agreed["audience"])
    scopes = access.scopes(tenant, client, api, user, requested)
    name = access.oauth_id(client)
    if api is None:
        answer = tokens.issue_opaque(tenant, name, scopes, user, agreed["family"])
    else:
        answer = tokens.issue(tenant, name, api, scopes, user, organization)
    if access.OPENID in scopes:
        answer["id_token"] = tokens.issue_id_token(tenant, client, scopes, user, agreed["session"], nonce)
    logs.exchanged(tenant, form["grant_type"], client, agreed["audience"], scopes, user=user, organization=organization)
    return answer, scopes
