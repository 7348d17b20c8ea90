# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The tokens that the tenant issues: access tokens of APIs, opaque ones for userinfo, refresh tokens."""

from __future__ import annotations

import secrets
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey, RSAKey

from . import organizations
from .access import permissions, userinfo_audience
from .errors import OAuthError
from .tenant import State, Tenant, refresh_token

KEY_ID = "emulator"
ALGORITHMS = ["HS256", "RS256", "RS512", "PS256"]
OPAQUE_LIFETIME = 86400


def issue(
    tenant: Tenant,
    client_id: str,
    api: State,
    scopes: list[str],
    user: State | None = None,
    organization: State | None = None,
) -> dict[str, Any]:
    """The answer of the token endpoint: `{access_token, scope?, expires_in, token_type}`.

    Without a user the token speaks for the client itself.
    """
    now = int(tenant.clock())
    lifetime = int(api["token_lifetime"])
    dialect = str(api.get("token_dialect", "access_token"))
    claims: dict[str, Any] = {
        "iss": tenant.issuer,
        "sub": f"{client_id}@clients" if user is None else user["user_id"],
        "aud": [api["identifier"], userinfo_audience(tenant)] if user and "openid" in scopes else api["identifier"],
        "iat": now,
        "exp": now + lifetime,
        "azp": client_id,
        # The first part tells tokens issued before an expire-tokens call from later ones.
        "jti": f"{tenant.state['token_generation']}.{secrets.token_urlsafe(12)}",
    }
    if user is None:
        claims["gty"] = "client-credentials"
    claims.update(organizations.claims(tenant, organization))
    if scopes:
        claims["scope"] = " ".join(scopes)
    if dialect.endswith("_authz") and api.get("enforce_policies"):
        claims["permissions"] = scopes if user is None else permissions(tenant, user, api)
    header = {"alg": api["signing_alg"], "typ": "JWT", "kid": KEY_ID}
    if dialect.startswith("rfc9068"):
        header["typ"] = "at+jwt"
        claims["client_id"] = claims.pop("azp")
    key: RSAKey | OctKey = tenant.signing_key
    if api["signing_alg"] == "HS256":
        key = OctKey.import_key(api["signing_secret"])
        del header["kid"]
    return _answer(jwt.encode(header, claims, key, algorithms=ALGORITHMS), scopes, lifetime)


def _answer(access_token: str, scopes: list[str], lifetime: int) -> dict[str, Any]:
    scope = {"scope": " ".join(scopes)} if scopes else {}
    return {"access_token": access_token, **scope, "expires_in": lifetime, "token_type": "Bearer"}


def issue_opaque(tenant: Tenant, client_id: str, scopes: list[str], user: State) -> dict[str, Any]:
    """As `issue`, for the userinfo audience: a token that only the tenant itself can read."""
    item = {"client_id": client_id, "user_id": user["user_id"], "scope": scopes}
    name = tenant.keep("opaque_tokens", item, tenant.clock() + OPAQUE_LIFETIME)
    return _answer(name, scopes, OPAQUE_LIFETIME)


def refresh_settings(client: State) -> State:
    found: State = client.get("refresh_token") or refresh_token(expiring=False)
    return found


def refresh_token_end(tenant: Tenant, client: State, started: float) -> float | None:
    """When a refresh token used now ends, as one of a family that `started` then; None: never."""
    settings, ends = refresh_settings(client), []
    if not settings.get("infinite_token_lifetime"):
        ends.append(started + settings.get("token_lifetime", 2_592_000))
    if not settings.get("infinite_idle_token_lifetime"):
        ends.append(tenant.clock() + settings.get("idle_token_lifetime", 1_296_000))
    return min(ends, default=None)


def userinfo(tenant: Tenant, header: str | None) -> dict[str, Any]:
    """Claims of the user whom a token speaks for, opaque or with userinfo among its audiences."""
    scheme, _blank, value = (header or "").partition(" ")
    user_id, scopes = _bearer(tenant, value.strip()) if scheme.lower() == "bearer" else (None, [])
    user = tenant.objects("users").get(user_id or "")
    if user is None:
        raise OAuthError(401, "invalid_token", "Unauthorized")
    claims = {"sub": user["user_id"]}
    if "profile" in scopes:
        claims["name"] = user["name"]
    if "email" in scopes:
        claims.update(email=user["email"], email_verified=True)
    return claims


def _bearer(tenant: Tenant, value: str) -> tuple[str | None, list[str]]:
    """(user, scopes) of a token that userinfo takes."""
    opaque = tenant.kept("opaque_tokens", value)
    if opaque is not None:
        return opaque["user_id"], opaque["scope"]
    try:
        claims = jwt.decode(value, tenant.signing_key, algorithms=["RS256", "RS512", "PS256"]).claims
    except (JoseError, ValueError):
        return None, []
    generation = str(claims.get("jti", "")).partition(".")[0]
    current = claims.get("exp", 0) > tenant.clock() and generation == str(tenant.state["token_generation"])
    meant = isinstance(claims.get("aud"), list) and userinfo_audience(tenant) in claims["aud"]
    return (claims.get("sub"), str(claims.get("scope", "")).split()) if current and meant else (None, [])
