# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Token requests that speak for a user: with an authorization code, and with a refresh token.

A code and a refresh token stand for what was agreed to: `{client_id, user_id, audience, resource, scope,
organization}`. A code also holds `{redirect_uri, code_challenge, code_challenge_method}`, a refresh token
`{family, started, used?}`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Any

from . import access, logs, organizations, tokens, users
from .errors import OAuthError, ReusedToken
from .tenant import State, Tenant

AGREED = ("client_id", "user_id", "audience", "resource", "scope", "organization")


def _invalid(description: str) -> OAuthError:
    return OAuthError(403, "invalid_grant", description)


def verifier_fits(challenge: str, method: str, verifier: str) -> bool:
    """PKCE (RFC 7636): S256, or plain."""
    if method == "S256":
        verifier = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    return hmac.compare_digest(challenge.encode(), verifier.encode())


def by_code(tenant: Tenant, client: State, form: Mapping[str, str]) -> dict[str, Any]:
    """A code serves once, whether or not the request around it is right."""
    agreed = tenant.kept("codes", form.get("code", ""))
    if agreed is None or agreed["client_id"] != client["client_id"]:
        raise _invalid("Invalid authorization code")
    del tenant.objects("codes")[form["code"]]
    if form.get("redirect_uri") != agreed["redirect_uri"]:
        raise _invalid("The redirect URI is not the one of the authorization request.")
    challenge, verifier = agreed["code_challenge"], form.get("code_verifier", "")
    if bool(challenge) != bool(verifier):
        raise _invalid("Failed to verify code verifier")
    if challenge and not verifier_fits(challenge, agreed["code_challenge_method"], verifier):
        raise _invalid("Failed to verify code verifier")
    answer, scopes = _access_token(tenant, client, agreed, form, agreed["scope"])
    if access.OFFLINE_ACCESS in scopes:
        started = tenant.clock()
        family = {**{key: agreed.get(key) for key in AGREED}, "family": secrets.token_hex(8), "started": started}
        until = tokens.refresh_token_end(tenant, client, started)
        answer["refresh_token"] = tenant.keep("refresh_tokens", family, until)
    return answer


def by_refresh_token(tenant: Tenant, client: State, form: Mapping[str, str]) -> dict[str, Any]:
    """Where tokens rotate, one that comes back after its use takes its whole family along."""
    agreed = tenant.kept("refresh_tokens", form.get("refresh_token", ""))
    if agreed is None or agreed["client_id"] != client["client_id"]:
        raise _invalid("Unknown or invalid refresh token.")
    settings = tokens.refresh_settings(client)
    rotating, now = settings.get("rotation_type") == "rotating", tenant.clock()
    if rotating and "used" in agreed and now - agreed["used"] >= settings.get("leeway", 0):
        _revoke(tenant, agreed["family"])
        raise ReusedToken(403, "invalid_grant", "Unknown or invalid refresh token.")
    wanted = form.get("scope", "").split() or agreed["scope"]
    scopes = [scope for scope in agreed["scope"] if scope in wanted]
    answer, _scopes = _access_token(tenant, client, agreed, form, scopes)
    until = tokens.refresh_token_end(tenant, client, agreed["started"])
    if rotating:
        family = {key: value for key, value in agreed.items() if key != "used"}
        answer["refresh_token"] = tenant.keep("refresh_tokens", family, until)
        agreed.setdefault("used", now)
    else:
        agreed["until"] = until
    return answer


def _revoke(tenant: Tenant, family: str) -> None:
    kept = tenant.objects("refresh_tokens")
    for name in [name for name, item in kept.items() if item["family"] == family]:
        del kept[name]


def _access_token(
    tenant: Tenant, client: State, agreed: State, form: Mapping[str, str], requested: list[str]
) -> tuple[dict[str, Any], list[str]]:
    """(the answer, its scopes). What the client may have is asked anew: grants and permissions change."""
    resource = form.get("resource")
    if resource and resource not in (agreed["resource"], agreed["audience"]):
        raise OAuthError(400, "invalid_target", "The resource is not the one of the authorization request.")
    user = tenant.objects("users").get(agreed["user_id"])
    if user is None:
        raise _invalid("The user does not exist any more.")
    users.check(user)
    organization = organizations.of_login(tenant, agreed)
    organizations.admit(tenant, organization, user)
    api = access.api_for(tenant, client, agreed["audience"])
    scopes = access.scopes(tenant, client, api, user, requested)
    name = access.oauth_id(client)
    if api is None:
        answer = tokens.issue_opaque(tenant, name, scopes, user)
    else:
        answer = tokens.issue(tenant, name, api, scopes, user, organization)
    logs.exchanged(tenant, form["grant_type"], client, agreed["audience"], scopes, user=user, organization=organization)
    return answer, scopes
