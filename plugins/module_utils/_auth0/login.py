# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Access tokens: asking the tenant for one, and what a given one says of itself."""

from __future__ import annotations

import base64
import json
import time
import typing as t
import uuid
from dataclasses import dataclass, field

from .._errors import Auth0Error, CredentialsError, UnreachableError
from .._http import NOT_IN_A_WORD
from .form import is_number
from .settings import Settings
from .transport import OUTAGES, Answer, Transport

_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(frozen=True)
class Token:
    """An access token, its scopes (None when it does not tell them) and the seconds it has left (None likewise)."""

    value: str = field(repr=False)
    scopes: frozenset[str] | None
    expires_in: int | None

    @classmethod
    def read(cls, value: str) -> Token:
        """What a given token says of itself; Management API tokens are JWTs, which are read here, not verified."""
        claims = claims_of(value)
        exp = claims.get("exp")
        return cls(
            value,
            scopes=_scopes(claims.get("scope")),
            expires_in=max(0, int(exp - time.time())) if is_number(exp) else None,
        )


def log_in(transport: Transport, settings: Settings, audience: str) -> Token:
    """A token of the application for an API; CredentialsError, with Auth0's status, where there is none."""
    # Made anew for each attempt: Auth0 takes a client assertion only once.
    answer = transport.send("POST", "/oauth/token", lambda: {"data": _login_form(settings, audience)})
    value = answer.get("access_token")
    if answer.status != 200 or not isinstance(value, str):
        raise _login_error(answer, settings, audience)
    if not value or NOT_IN_A_WORD.search(value):
        raise UnreachableError(
            f"{settings.domain} answered POST /oauth/token with a token that no HTTP header takes",
            remedy="Check that domain is an Auth0 tenant and that no proxy answers in its place.",
            status=answer.status,
            request="POST /oauth/token",
        )
    told, expires_in = Token.read(value), answer.get("expires_in")
    scopes = _scopes(answer.get("scope"))
    return Token(
        value,
        scopes=told.scopes if scopes is None else scopes,
        expires_in=max(0, int(expires_in)) if is_number(expires_in) else told.expires_in,
    )


def _scopes(value: t.Any) -> frozenset[str] | None:
    return frozenset(value.split()) if isinstance(value, str) else None


def _login_form(settings: Settings, audience: str) -> dict[str, str | None]:
    form = {"grant_type": "client_credentials", "client_id": settings.auth_client_id, "audience": audience}
    if settings.auth_client_assertion_signing_key:
        return {**form, "client_assertion_type": _ASSERTION_TYPE, "client_assertion": _assertion(settings)}
    return {**form, "client_secret": settings.auth_client_secret}


def _assertion(settings: Settings) -> str:
    """A one-minute client assertion (RFC 7523); Auth0 wants the issuer as audience and a fresh `jti`."""
    option = "auth_client_assertion_signing_key"
    try:
        import cryptography  # noqa: F401
        import jwt
    except ImportError as error:
        raise CredentialsError(
            f"needs the Python libraries PyJWT and cryptography, and {error.name} is missing where the module runs",
            where=option,
            remedy="Install them: pip install 'PyJWT[crypto]'.",
        ) from None
    now = int(time.time())
    claims = {
        "iss": settings.auth_client_id,
        "sub": settings.auth_client_id,
        "aud": f"https://{settings.domain}/",
        "iat": now,
        "exp": now + 60,
        "jti": str(uuid.uuid4()),
    }
    key = t.cast("str", settings.auth_client_assertion_signing_key)
    try:
        return jwt.encode(claims, key, algorithm=settings.auth_client_assertion_signing_alg)
    except (ValueError, TypeError, jwt.PyJWTError):
        raise CredentialsError(
            "is not an unencrypted RSA private key in PEM form",
            where=option,
            remedy="Give the whole key with its BEGIN and END lines, and without a passphrase. "
            + settings.origins(option),
        ) from None


def _login_error(answer: Answer, settings: Settings, audience: str) -> Auth0Error:
    code, message = answer.text("error"), answer.text("error_description")
    error: type[Auth0Error] = CredentialsError
    what = f"Auth0 issued no token, status {answer.status}"
    remedy = "Check auth_client_id and domain, and run it again."
    if answer.status == 401:
        what = "Auth0 refused the credentials"
        remedy = "Check auth_client_id, its secret or key, and that domain is their tenant."
        named = ("auth_client_id", "auth_client_secret", "auth_client_assertion_signing_key", "domain")
        remedy = f"{remedy} {settings.origins(*named)}".strip()
    elif answer.status == 403 and audience != settings.management_audience:
        what = f"The application gets no token for {audience!r}"
    elif answer.status == 403:
        what = "The application may not call the Management API"
        remedy = (
            "Authorize it there (Dashboard: Applications, APIs, Auth0 Management API). Where domain is a custom "
            "domain, set auth_audience to 'https://<canonical domain>/api/v2/'."
        )
        if settings.auth_audience:
            source = settings.sources.get("auth_audience")
            what = f"{what} at auth_audience, which is {settings.auth_audience!r}"
            what += f" (from the environment variable {source})" if source else ""
            # Other tools call the API that they want a token for by the same name.
            remedy = f"{remedy} Else {f'unset {source}' if source else 'leave auth_audience out'}."
        remedy = f"{remedy} {settings.origins('auth_client_id', 'domain')}".strip()
    elif answer.status == 429 or answer.status in OUTAGES:
        what = f"{what}, {answer.gave_up}"
    elif not code:
        what, remedy = (
            f"{settings.domain} does not answer like an Auth0 tenant, status {answer.status}",
            f"Check domain. {settings.origins('domain')}".strip(),
        )
        error = UnreachableError
    if message:
        remedy = f"{remedy} Auth0 says: {message}".strip()
    return error(what, remedy=remedy, status=answer.status, code=code, message=message, request="POST /oauth/token")


def claims_of(token: str) -> dict[str, t.Any]:
    """The payload of a JWT; empty for an opaque token."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}
