# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The client behind a request: its parameters, its name, and the proof that it is the one it says it is."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from .access import find_client, is_public
from .errors import OAuthError
from .tenant import State, Tenant

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_ALGORITHMS = ["RS256", "RS384", "PS256"]
# An assertion that lives longer than five minutes is refused.
ASSERTION_LIFETIME = 300


def parameters(content_type: str, content: bytes) -> dict[str, str]:
    """Form or JSON body as one flat map. What is empty counts as absent (RFC 6749, 3.2)."""
    if content_type.partition(";")[0].strip() == "application/json":
        try:
            body = json.loads(content)
        except ValueError:
            raise OAuthError(400, "invalid_request", "Invalid JSON body") from None
        pairs = [(key, str(value)) for key, value in body.items()] if isinstance(body, dict) else []
    else:
        pairs = parse_qsl(content.decode("utf-8", "replace"))
    return {key: value for key, value in pairs if value}


def missing(name: str) -> OAuthError:
    """In the words of the Authentication API's description."""
    return OAuthError(400, "invalid_request", f"Missing required parameter: {name}")


def require(form: Mapping[str, str], *names: str) -> None:
    for name in names:
        if name not in form:
            raise missing(name)


def basic(value: str) -> tuple[str | None, str | None]:
    """Name and secret behind `Authorization: Basic`."""
    try:
        name, _colon, secret = base64.b64decode(value).decode().partition(":")
    except (binascii.Error, ValueError):
        return None, None
    return unquote_plus(name), unquote_plus(secret)


def payload(token: str) -> dict[str, Any]:
    """The claims of a JWT, unverified; none where it is no JWT."""
    try:
        part = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (IndexError, ValueError):
        return {}
    return claims if isinstance(claims, dict) else {}


def named(form: Mapping[str, str], header: str | None) -> str | None:
    """The client_id that a request gives, unverified."""
    if "client_assertion" in form:
        name = payload(form["client_assertion"]).get("sub")
        return None if name is None else str(name)
    scheme, _blank, value = (header or "").partition(" ")
    return basic(value)[0] if scheme.lower() == "basic" else form.get("client_id")


def authenticated(tenant: Tenant, form: Mapping[str, str], header: str | None, refusal: OAuthError) -> State:
    """By assertion or secret; a public client by its name alone. `refusal` is what a wrong name or secret raises."""
    if "client_assertion" in form:
        return _by_assertion(tenant, form)
    name, secret = named(form, header), form.get("client_secret")
    if header and header.lower().startswith("basic "):
        secret = basic(header.partition(" ")[2])[1]
    elif name is None:
        raise missing("client_id")
    client = find_client(tenant, name or "")
    if client is None or "client_authentication_methods" in client:
        raise refusal
    if is_public(client):
        return client
    if not secret or not hmac.compare_digest(client["client_secret"].encode(), secret.encode()):
        raise refusal
    return client


def _by_assertion(tenant: Tenant, form: Mapping[str, str]) -> State:
    """`iss` and `sub` name the client, `aud` is the issuer, `jti` may be used once."""
    if form.get("client_assertion_type") != ASSERTION_TYPE:
        raise OAuthError(400, "invalid_request", "Unknown client_assertion_type")
    name = str(named(form, None))
    claims = _verified(form["client_assertion"], tenant.objects("credentials").get(name, {}))
    client = tenant.objects("clients").get(name)
    if claims is None or client is None or "private_key_jwt" not in client.get("client_authentication_methods", {}):
        raise OAuthError(401, "invalid_client", "Invalid client assertion")
    now = tenant.clock()
    used: dict[str, float] = tenant.state["used_assertions"]
    for stale in [jti for jti, expiry in used.items() if expiry <= now]:
        del used[stale]
    expiry, jti = claims.get("exp", 0), claims.get("jti")
    audiences = claims.get("aud") if isinstance(claims.get("aud"), list) else [claims.get("aud")]
    valid = (
        claims.get("iss") == name
        and tenant.issuer in (audiences or [])
        and isinstance(expiry, (int, float))
        and now < expiry <= now + ASSERTION_LIFETIME
        and isinstance(jti, str)
        and jti not in used
    )
    if not valid:
        raise OAuthError(401, "invalid_client", "Invalid client assertion")
    used[str(jti)] = float(expiry)
    return client


def _verified(assertion: str, credentials: Mapping[str, State]) -> dict[str, Any] | None:
    for credential in credentials.values():
        try:
            key = RSAKey.import_key(credential["pem"])
            return dict(jwt.decode(assertion, key, algorithms=[credential.get("alg", "RS256")]).claims)
        except (JoseError, ValueError, KeyError):
            continue
    return None
