# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""HTTP to one Auth0 tenant: session, token, retries, paging, errors. Knows nothing of Ansible, check mode or plans."""

from __future__ import annotations

import base64
import email.utils
import json
import os
import random
import re
import socket
import ssl
import time
import traceback
import typing as t
import uuid
import warnings
from dataclasses import dataclass, field
from urllib.parse import quote

from . import _urls

try:
    import requests
    import requests.auth
    import urllib3

    REQUESTS_IMPORT_ERROR = None
except ImportError:
    REQUESTS_IMPORT_ERROR = traceback.format_exc()

VERSION = "0.1.0"
USER_AGENT = f"mcp_ops.oauth/{VERSION}"
PER_PAGE = 100
# Offset paging serves about this many objects and no more.
OFFSET_LIMIT = 1000
# Seconds until an empty rate limit has room for one request, on the slowest of Auth0's plans (2 requests a second).
# x-ratelimit-reset tells whole seconds only, which would cost up to half of the rate.
TOKEN_EVERY = 0.505
# Server errors that say nothing about whether the request was carried out.
_OUTAGES = frozenset({502, 503, 504})
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Auth0Error(Exception):
    """What went wrong in plain words. Never holds a request body, a header or a token.

    `status` and `code` are Auth0's HTTP status and `errorCode` (`error` on the token endpoint), `message` is Auth0's
    own text, `request` is the method and path; each is None where there was no answer or no request.
    """

    def __init__(
        self,
        text: str,
        *,
        status: int | None = None,
        code: str | None = None,
        message: str | None = None,
        request: str | None = None,
    ) -> None:
        super().__init__(text)
        self.status = status
        self.code = code
        self.message = message
        self.request = request

    @property
    def failure(self) -> dict[str, t.Any]:
        return {"status": self.status, "code": self.code, "message": self.message, "request": self.request}


class CredentialsError(Auth0Error):
    """The settings cannot work, or Auth0 issued no token for them."""


class UnreachableError(Auth0Error):
    """No usable answer came from the domain."""


class ApiError(Auth0Error):
    """The Management API refused a request."""

    def with_advice(self, advice: str) -> ApiError:
        return ApiError(f"{self} {advice}", **self.failure)


class ScopeError(Auth0Error):
    """The token lacks a scope that the planned requests need; nothing was sent."""

    @classmethod
    def lacking(cls, missing: t.Iterable[str], purpose: str) -> ScopeError:
        """`purpose` goes on after the scopes: `which is needed to …`."""
        return cls(
            f"The token lacks the scope {', '.join(missing)}, {purpose}. Grant it to the application in Auth0 "
            "(Dashboard: Applications, APIs, Auth0 Management API)."
        )


@dataclass(frozen=True)
class Settings:
    """How to reach a tenant and log in. Empty strings count as not given; times are in seconds."""

    domain: str
    auth_client_id: str | None = None
    auth_client_secret: str | None = field(default=None, repr=False)
    auth_client_assertion_signing_key: str | None = field(default=None, repr=False)
    auth_client_assertion_signing_alg: str = "RS256"
    auth_access_token: str | None = field(default=None, repr=False)
    auth_audience: str | None = None
    ca_path: str | None = None
    validate_certs: bool = True
    timeout: float = 30.0
    retry_timeout: float = 60.0

    def __post_init__(self) -> None:
        _urls.check_domain(self.domain)
        if not has_credentials(vars(self)):
            raise ValueError(
                "No credentials: set auth_access_token, or auth_client_id with auth_client_secret or "
                "auth_client_assertion_signing_key. "
                "The environment variables are AUTH0_ACCESS_TOKEN, AUTH0_CLIENT_ID, AUTH0_CLIENT_SECRET and "
                "AUTH0_CLIENT_ASSERTION_SIGNING_KEY."
            )
        if self.timeout <= 0 or self.retry_timeout < 0:
            raise ValueError("timeout must be more than 0 seconds, and retry_timeout 0 seconds or more.")
        check_ca_path(self.ca_path, self.validate_certs)

    @property
    def can_log_in(self) -> bool:
        return can_log_in(vars(self))

    @property
    def management_audience(self) -> str:
        return self.auth_audience or f"https://{self.domain}/api/v2/"


def can_log_in(settings: t.Mapping[str, t.Any]) -> bool:
    key = settings["auth_client_secret"] or settings["auth_client_assertion_signing_key"]
    return bool(settings["auth_client_id"] and key)


def has_credentials(settings: t.Mapping[str, t.Any]) -> bool:
    return bool(settings["auth_access_token"]) or can_log_in(settings)


def check_ca_path(ca_path: str | None, validate_certs: bool) -> None:
    if ca_path and validate_certs and not os.path.exists(ca_path):
        raise ValueError(f"ca_path {ca_path!r} does not exist; it must be a PEM file of trusted certificates.")


@dataclass(frozen=True)
class Token:
    """An access token, its scopes (None when it does not tell them) and the seconds it has left (None likewise)."""

    value: str = field(repr=False)
    scopes: frozenset[str] | None
    expires_in: int | None

    @classmethod
    def read(cls, value: str) -> Token:
        """What a given token says of itself; Management API tokens are JWTs, which are read here, not verified."""
        claims = _claims(value)
        scope, exp = claims.get("scope"), claims.get("exp")
        return cls(
            value,
            scopes=frozenset(scope.split()) if isinstance(scope, str) else None,
            expires_in=max(0, int(exp - time.time())) if isinstance(exp, (int, float)) else None,
        )


class Client:
    """One session with one tenant.

    `secrets` are the tokens it has been issued, for the caller to keep out of sight. `memory` is for what callers want
    to remember as long as the session lives.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        sleep: t.Callable[[float], None] = time.sleep,
        clock: t.Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings
        self.secrets: set[str] = set()
        self.memory: dict[str, t.Any] = {}
        self._sleep = sleep
        self._clock = clock
        self._token_every = TOKEN_EVERY
        self._session = requests.Session()
        self._session.headers["User-Agent"] = USER_AGENT
        self._token = self._given_token()

    def close(self) -> None:
        self._session.close()

    # -- the Management API ---------------------------------------------------------------------------------------

    def get(self, path: str, **params: t.Any) -> dict[str, t.Any] | None:
        """Read one object; None when the API answers 404."""
        try:
            return t.cast("dict[str, t.Any]", self._api("GET", path, params=params))
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def listing(self, path: str, key: str, *, checkpoint: bool, **params: t.Any) -> t.Iterator[dict[str, t.Any]]:
        """Yield every object of a listing, whose page answers hold the objects under `key`.

        `checkpoint` says which of Auth0's two ways of paging the path has; offset paging ends at `OFFSET_LIMIT`.
        """
        if checkpoint:
            params["take"] = PER_PAGE
            while True:
                page = self._api("GET", path, params=params)
                yield from page[key]
                if not page.get("next"):
                    return
                params["from"] = page["next"]
        params.update(per_page=PER_PAGE, include_totals="true", page=0)
        while True:
            page = self._api("GET", path, params=params)
            yield from page[key]
            # The server may cap the page size, so the answer's own figures count.
            if not page[key] or page["start"] + len(page[key]) >= min(page["total"], OFFSET_LIMIT):
                return
            params["page"] += 1

    def create(
        self, path: str, body: dict[str, t.Any], *, settle: t.Callable[[], dict[str, t.Any] | None]
    ) -> dict[str, t.Any]:
        """Create an object. `settle` reads it: it decides whether a request without an answer was carried out."""
        try:
            return t.cast("dict[str, t.Any]", self._api("POST", path, body=body, settle=settle))
        except _Settled as settled:
            return settled.found

    def update(self, path: str, body: t.Any) -> dict[str, t.Any]:
        return t.cast("dict[str, t.Any]", self._api("PATCH", path, body=body))

    def call(self, path: str, body: dict[str, t.Any]) -> dict[str, t.Any]:
        """An operation that is a POST and that may be sent again: it creates nothing twice."""
        return t.cast("dict[str, t.Any]", self._api("POST", path, body=body))

    def delete(self, path: str, *, timeout: float = 0.0) -> None:
        """Delete an object; one that is gone already is fine.

        Where the deletion goes on after the answer (202), ask again until it has ended (204), for `timeout` seconds at
        most; 0 does not ask.
        """
        deadline, wait = self._clock() + timeout, 0.5
        while self._deletes(path) and timeout:
            if self._clock() + wait > deadline:
                raise ApiError(
                    f"Auth0 has accepted to delete it, and has not finished within {timeout:g} s. Until then its name "
                    "cannot be used again.",
                    request=f"DELETE /api/v2/{path}",
                )
            self._sleep(wait)
            wait = min(5.0, wait * 2)

    def _deletes(self, path: str) -> bool:
        """Send a deletion; whether it goes on. Only such an answer has a body."""
        try:
            return self._api("DELETE", path) is not None
        except ApiError as error:
            if error.status != 404:
                raise
            return False

    # -- the token ------------------------------------------------------------------------------------------------

    @property
    def token(self) -> Token:
        """The token in use, obtained when first needed."""
        if self._token is None:
            self._token = self._log_in()
        return self._token

    def missing_scopes(self, needed: t.Iterable[str]) -> list[str]:
        """Those of the needed scopes that the token is known to lack; empty when the token does not tell its scopes."""
        scopes = self.token.scopes
        return [] if scopes is None else sorted(set(needed) - scopes)

    def token_for(self, audience: str) -> Token:
        """A token of the application for another API; CredentialsError, with Auth0's status, where there is none."""
        if audience == self.settings.management_audience or audience.endswith("/api/v2/"):
            raise ValueError(f"{audience!r} is the Management API, whose tokens are for the tenant alone.")
        return self._log_in(audience)

    def _given_token(self) -> Token | None:
        """The access token of the settings, unless it has expired and a login can replace it."""
        token = Token.read(self.settings.auth_access_token) if self.settings.auth_access_token else None
        return None if token and token.expires_in == 0 and self.settings.can_log_in else token

    def _log_in(self, audience: str | None = None) -> Token:
        """For the Management API, or for another API by its identifier."""
        # Made anew for each attempt: Auth0 takes a client assertion only once.
        answer = self._send("POST", "/oauth/token", lambda: {"data": _login_form(self.settings, audience)})
        value = answer.get("access_token")
        if answer.status != 200 or not isinstance(value, str):
            raise _login_error(answer, self.settings, audience)
        self.secrets.add(value)
        token = Token.read(value)
        scope = answer.get("scope")
        return Token(
            value,
            scopes=frozenset(scope.split()) if isinstance(scope, str) else token.scopes,
            expires_in=answer.get("expires_in") or token.expires_in,
        )

    # -- one request ----------------------------------------------------------------------------------------------

    def _api(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, t.Any] | None = None,
        body: t.Any = None,
        settle: t.Callable[[], t.Any] | None = None,
    ) -> t.Any:
        """The parsed answer of a Management API request; None where the answer is empty (204)."""
        path = f"/api/v2/{path}"
        content = {"params": params, "json": body}
        answer = self._send(method, path, lambda: content, token=self.token, settle=settle)
        if answer.status == 401 and self.settings.can_log_in:
            self._token = None
            answer = self._send(method, path, lambda: content, token=self.token, settle=settle)
        if answer.status not in (200, 201, 202, 204):
            raise _api_error(answer, method, path)
        if answer.data is None and answer.status != 204:
            raise UnreachableError(
                f"{self.settings.domain} answered {method} {path} with something other than JSON: check that domain is "
                "an Auth0 tenant and that no proxy answers in its place.",
                status=answer.status,
                request=f"{method} {path}",
            )
        return answer.data

    def _send(
        self,
        method: str,
        path: str,
        content: t.Callable[[], dict[str, t.Any]],
        *,
        token: Token | None = None,
        settle: t.Callable[[], t.Any] | None = None,
    ) -> _Answer:
        """Send until there is an answer, within the total wait, and return the last one.

        `content` makes the query or body of one attempt, as keywords of `requests`. With `settle`, a request that may
        have been carried out without our knowing is never repeated blindly: `settle` looks, and what it finds is raised
        as `_Settled`.
        """
        deadline = self._clock() + self.settings.retry_timeout
        attempts = 0
        unknown = False
        while True:
            attempts += 1
            response, error = self._attempt(method, path, token, content())
            status = 0 if response is None else response.status_code
            if response is not None and status not in _OUTAGES and status != 429:
                if unknown and settle and status == 409:
                    # The conflict is with our own earlier request.
                    _settle(settle)
                return _Answer(status, _json(response), attempts)
            unknown = unknown or status != 429
            wait = _wait(response, attempts)
            if self._clock() + wait > deadline:
                if response is not None:
                    return _Answer(status, _json(response), attempts, wait)
                raise self._unreachable(
                    method,
                    path,
                    f"no answer, {_tries(attempts)}: {reason(error)}. Check domain and the network; retry_timeout "
                    f"({self.settings.retry_timeout:g} s) bounds the wait."
                    + (" Whether the request was carried out is not known; it is safe to run again." if settle else ""),
                )
            self._sleep(wait)
            if unknown and settle:
                _settle(settle)

    def _heed_rate_limit(self, response: requests.Response, sent: float) -> None:
        """Wait until the rate limit has room again where the answer says that it has none left.

        At once, and not before the next request: the next task is another process, which would run into the limit.
        """
        if response.status_code == 429:
            # This limit is slower than that; not every one is for all requests together.
            self._token_every *= 2
        elif response.headers.get("x-ratelimit-remaining") == "0":
            wait = min(_until_reset(response.headers), sent + self._token_every - self._clock())
            if wait > 0:
                self._sleep(wait)

    def _attempt(
        self, method: str, path: str, token: Token | None, content: dict[str, t.Any]
    ) -> tuple[requests.Response | None, Exception | None]:
        """One try: the response, or the error of a connection that gave none but may give one later."""
        settings = self.settings
        sent = self._clock()
        try:
            with warnings.catch_warnings():
                # validate_certs=false was the user's decision; urllib3 would repeat its warning for each request.
                warnings.simplefilter("ignore", urllib3.exceptions.InsecureRequestWarning)
                response = self._session.request(
                    method,
                    f"https://{settings.domain}{path}",
                    auth=bearer(token),
                    timeout=settings.timeout,
                    allow_redirects=False,
                    # Given with each request: requests lets REQUESTS_CA_BUNDLE override what the session says.
                    verify=settings.validate_certs and (settings.ca_path or True),
                    **content,
                )
            self._heed_rate_limit(response, sent)
            return response, None
        except requests.exceptions.ProxyError as error:
            raise self._unreachable(method, path, f"the proxy gave no connection: {reason(error)}.") from None
        except requests.exceptions.SSLError as error:
            if caused_by(error, ssl.SSLEOFError, ssl.SSLZeroReturnError):
                return None, error
            hint = ""
            if caused_by(error, ssl.SSLCertVerificationError):
                hint = " Set ca_path to a PEM file with the authority that signed the certificate, or check domain."
            raise self._unreachable(method, path, f"TLS failed: {reason(error)}.{hint}") from None
        except (
            requests.exceptions.ConnectionError,
            requests.exceptions.Timeout,
            requests.exceptions.ChunkedEncodingError,
        ) as error:
            if any(isinstance(link, socket.gaierror) and link.errno != socket.EAI_AGAIN for link in chain(error)):
                raise self._unreachable(method, path, "the name does not resolve. Check domain.") from None
            return None, error
        except (requests.exceptions.RequestException, OSError) as error:
            raise self._unreachable(method, path, f"{reason(error)}.") from None

    def _unreachable(self, method: str, path: str, text: str) -> UnreachableError:
        return UnreachableError(f"Cannot reach {self.settings.domain}: {text}", request=f"{method} {path}")


@dataclass(frozen=True)
class _Answer:
    """The last answer to a request: its status, its parsed JSON (None when it is not JSON), how many tries it took.

    `wait` is set where the total wait ran out: the seconds that the next try would have had to wait.
    """

    status: int
    data: t.Any
    attempts: int
    wait: float | None = None

    def get(self, key: str) -> t.Any:
        return self.data.get(key) if isinstance(self.data, dict) else None

    @property
    def gave_up(self) -> str:
        wait = "" if self.wait is None else f" and the next try would wait {self.wait:.1f} s more"
        return f"{_tries(self.attempts)}{wait}; a longer retry_timeout waits longer"


class _Settled(Exception):
    """A POST got no answer, and a read found that it had been carried out."""

    def __init__(self, found: dict[str, t.Any]) -> None:
        super().__init__()
        self.found = found


def _settle(settle: t.Callable[[], t.Any]) -> None:
    if (found := settle()) is not None:
        raise _Settled(found)


def bearer(token: Token | None) -> t.Callable[[requests.PreparedRequest], requests.PreparedRequest]:
    """Sets the token. Being given at all, it also keeps requests from sending a password out of ~/.netrc instead."""

    def authorize(request: requests.PreparedRequest) -> requests.PreparedRequest:
        if token is not None:
            request.headers["Authorization"] = f"Bearer {token.value}"
        return request

    return authorize


def encode(key: str) -> str:
    """A key as one path segment: an identifier that is a URL has slashes of its own."""
    return quote(key, safe="")


def _wait(response: t.Any, attempt: int) -> float:
    """Seconds until the next try: what the server says, else a backoff of 0.5 s doubling to 30 s, with jitter."""
    headers = {} if response is None else response.headers
    after = headers.get("Retry-After", "")
    if re.fullmatch(r"\d+(\.\d+)?", after):
        return float(after)
    wait = (_date(after) or 0.0) - _server_time(headers)
    if wait <= 0 and response is not None and response.status_code == 429:
        wait = _until_reset(headers)
    if wait > 0:
        return wait
    return random.uniform(0.75, 1.0) * min(30.0, 0.5 * 2.0 ** (attempt - 1))


def _until_reset(headers: t.Mapping[str, str]) -> float:
    """Seconds until Auth0 adds to the rate limit's bucket; 0 where it does not say."""
    reset = headers.get("x-ratelimit-reset", "")
    return max(0.0, float(reset) - _server_time(headers)) if reset.isdecimal() else 0.0


def _server_time(headers: t.Mapping[str, str]) -> float:
    """The server's clock: ours, which is finer than the whole seconds of a Date header, unless the two disagree."""
    now = time.time()
    date = _date(headers.get("Date", ""))
    return now if date is None or abs(date - now) < 1.5 else date


def _date(text: str) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError):
        return None


def _json(response: t.Any) -> t.Any:
    try:
        return response.json()
    except ValueError:
        return None


def _claims(token: str) -> dict[str, t.Any]:
    """The payload of a JWT; empty for an opaque token."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return {}
    return claims if isinstance(claims, dict) else {}


def _login_form(settings: Settings, audience: str | None = None) -> dict[str, str | None]:
    form = {
        "grant_type": "client_credentials",
        "client_id": settings.auth_client_id,
        "audience": audience or settings.management_audience,
    }
    if settings.auth_client_assertion_signing_key:
        return {**form, "client_assertion_type": _ASSERTION_TYPE, "client_assertion": _assertion(settings)}
    return {**form, "client_secret": settings.auth_client_secret}


def _assertion(settings: Settings) -> str:
    """A one-minute client assertion (RFC 7523); Auth0 wants the issuer as audience and a fresh `jti`."""
    try:
        import cryptography  # noqa: F401
        import jwt
    except ImportError as error:
        raise CredentialsError(
            f"auth_client_assertion_signing_key needs the Python libraries PyJWT and cryptography, and {error.name} is "
            "missing where the module runs: pip install 'PyJWT[crypto]'."
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
            "auth_client_assertion_signing_key is not an unencrypted RSA private key in PEM."
        ) from None


def _login_error(answer: _Answer, settings: Settings, audience: str | None = None) -> Auth0Error:
    code, message = answer.get("error"), answer.get("error_description")
    error: type[Auth0Error] = CredentialsError
    if answer.status == 401:
        text = (
            "Auth0 refused the credentials: check auth_client_id, its secret or key, and that domain is their tenant."
        )
    elif answer.status == 403 and audience:
        text = f"The application gets no token for {audience!r}."
    elif answer.status == 403:
        text = (
            "The application may not call the Management API: authorize it there (Dashboard: Applications, APIs, Auth0 "
            "Management API); where domain is a custom domain, set auth_audience to "
            "'https://<canonical domain>/api/v2/'."
        )
    elif answer.status == 429 or answer.status in _OUTAGES:
        text = f"Auth0 issued no token, status {answer.status}, {answer.gave_up}."
    elif code:
        text = f"Auth0 issued no token, status {answer.status}."
    else:
        text = f"{settings.domain} does not answer like an Auth0 tenant, status {answer.status}: check domain."
        error = UnreachableError
    said = f" Auth0 says: {message}" if message else ""
    return error(text + said, status=answer.status, code=code, message=message, request="POST /oauth/token")


def _api_error(answer: _Answer, method: str, path: str) -> ApiError:
    code, message = answer.get("errorCode"), answer.get("message")
    text = f"{method} {path} failed with status {answer.status}" + (f": {message}" if message else "")
    return ApiError(
        f"{text.rstrip('.')}.{_remedy(answer, code, message or '')}",
        status=answer.status,
        code=code,
        message=message,
        request=f"{method} {path}",
    )


def _remedy(answer: _Answer, code: str | None, message: str) -> str:
    """What to do about it. A 403 is about a scope or about the plan, and its code does not always tell which."""
    if answer.status == 401:
        return " The token is not accepted: it has expired, or is of another tenant or another of its domains."
    if answer.status == 403:
        scopes = re.search(r"expected any of: *([\w:, ]+)", message)
        if scopes:
            return f" Grant the application one of these Management API scopes: {scopes.group(1).strip()}."
        if code == "insufficient_entitlement" or "upgrade" in message:
            return " The tenant's Auth0 plan does not include this."
        if "limit of entities" in message or "can only create" in message:
            return " The tenant's Auth0 plan allows no more objects of this kind."
    if answer.status == 429:
        return f" The rate limit did not clear, {answer.gave_up}."
    if answer.status in _OUTAGES:
        return f" Auth0 is not available, {answer.gave_up}."
    if 300 <= answer.status < 400:
        return " Auth0 does not redirect: check domain."
    return ""


def _tries(attempts: int) -> str:
    return "tried once" if attempts == 1 else f"tried {attempts} times"


def chain(error: BaseException | None) -> t.Iterator[BaseException]:
    """An error and all that it wraps; urllib3 keeps a cause in `reason` or among the arguments."""
    seen: set[int] = set()
    queue: list[t.Any] = [error]
    while queue:
        link = queue.pop(0)
        if isinstance(link, BaseException) and id(link) not in seen:
            seen.add(id(link))
            yield link
            queue += [getattr(link, "reason", None), *link.args, link.__cause__, link.__context__]


def caused_by(error: Exception, *kinds: type[BaseException]) -> bool:
    return any(isinstance(link, kinds) for link in chain(error))


def reason(error: Exception | None) -> str:
    """The innermost cause in a few words: the outer texts hold addresses of Python objects and whole URLs."""
    for link in reversed(list(chain(error))):
        text = getattr(link, "verify_message", None) or getattr(link, "strerror", None)
        if isinstance(link, OSError) and text:
            return str(text).rstrip(".")
    if error and caused_by(error, requests.exceptions.Timeout, urllib3.exceptions.TimeoutError):
        return "it timed out"
    return "the connection was cut" if isinstance(error, requests.exceptions.ConnectionError) else type(error).__name__
