# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The tokens that the tenant issues: access tokens of APIs, opaque ones for userinfo, ID tokens, refresh tokens."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from . import organizations
from .access import oauth_id, permissions, userinfo_audience
from .tenant import State, Tenant, refresh_token

KEY_ID = "emulator"
ALGORITHMS = ["HS256", "RS256", "RS512", "PS256"]
OPAQUE_LIFETIME = 86400
ID_TOKEN_LIFETIME = 36000

# Claims of a user by scope, in the order of a real ID token (primait/localauth0#34); of each, what the user has.
CLAIMS = {
    "profile": ("given_name", "family_name", "nickname", "name", "picture", "locale", "updated_at"),
    "email": ("email", "email_verified"),
}


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


def issue_opaque(tenant: Tenant, client_id: str, scopes: list[str], user: State, family: str) -> dict[str, Any]:
    """As `issue`, for the userinfo audience: a token that only the tenant itself can read."""
    item = {"client_id": client_id, "user_id": user["user_id"], "scope": scopes, "family": family}
    name = tenant.keep("opaque_tokens", item, tenant.clock() + OPAQUE_LIFETIME)
    return _answer(name, scopes, OPAQUE_LIFETIME)


def user_claims(user: State, scopes: Iterable[str]) -> dict[str, Any]:
    known = {"email_verified": True, **user}
    return {name: known[name] for scope in scopes for name in CLAIMS.get(scope, ()) if name in known}


def id_token_key(tenant: Tenant, client: State) -> tuple[str, RSAKey | OctKey]:
    """(algorithm, key) of the client's ID tokens. HS256 is the default of the Management API's description."""
    settings = client.get("jwt_configuration", {})
    algorithm = settings.get("alg", "HS256")
    if algorithm != "HS256":
        return algorithm, tenant.signing_key
    secret = client["client_secret"]
    return algorithm, OctKey.import_key(base64.urlsafe_b64decode(secret) if settings.get("secret_encoded") else secret)


def issue_id_token(
    tenant: Tenant, client: State, scopes: list[str], user: State, session: Mapping[str, Any], nonce: str | None
) -> str:
    """`session`: `{sid, auth_time?}` of the login. No at_hash: the tenant gives none where a code is exchanged."""
    now = int(tenant.clock())
    algorithm, key = id_token_key(tenant, client)
    claims = {
        **user_claims(user, scopes),
        "iss": tenant.issuer,
        "sub": user["user_id"],
        "aud": oauth_id(client),
        "iat": now,
        "exp": now + client.get("jwt_configuration", {}).get("lifetime_in_seconds", ID_TOKEN_LIFETIME),
        **session,
    }
    if nonce:
        claims["nonce"] = nonce
    header = {"alg": algorithm, "typ": "JWT", **({} if algorithm == "HS256" else {"kid": KEY_ID})}
    return jwt.encode(header, claims, key, algorithms=ALGORITHMS)


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
