# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Requests to one tenant: sent again within a total wait, and never faster than its rate limit."""

from __future__ import annotations

import contextlib
import email.utils
import random
import re
import socket
import ssl
import time
import typing as t
from dataclasses import dataclass

from .. import _http
from .._errors import UnreachableError
from .settings import Settings

with contextlib.suppress(ImportError):  # a module says so before anything here is used
    import requests

# Server errors that say nothing about whether the request was carried out.
OUTAGES = frozenset({502, 503, 504})
# Seconds between two tries of a request at least, whatever the server asks for.
SHORTEST_WAIT = 1.0
# Seconds until an empty rate limit has room for one request, on the slowest of Auth0's plans (2 requests a second).
# x-ratelimit-reset tells whole seconds only, which would cost up to half of the rate.
SECONDS_PER_REQUEST = 0.505


@dataclass(frozen=True)
class Answer:
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


class CarriedOut(Exception):
    """A POST got no answer, and a read found that it had been carried out. `found` is the object."""

    def __init__(self, found: dict[str, t.Any]) -> None:
        super().__init__()
        self.found = found


class Transport:
    """One session with one tenant. Knows no path and no token but those it is given."""

    def __init__(self, settings: Settings, *, sleep: t.Callable[[float], None], clock: t.Callable[[], float]) -> None:
        self.sleep = sleep
        self.clock = clock
        self._settings = settings
        self._seconds_per_request = SECONDS_PER_REQUEST
        self._session = _http.new_session()

    def close(self) -> None:
        self._session.close()

    def send(
        self,
        method: str,
        path: str,
        content: t.Callable[[], dict[str, t.Any]],
        *,
        token: str | None = None,
        settle: t.Callable[[], t.Any] | None = None,
    ) -> Answer:
        """Send until there is an answer, within the total wait, and return the last one.

        `content` makes the query or body of one attempt, as keywords of `requests`. With `settle`, a request that may
        have been carried out without our knowing is never repeated blindly: `settle` reads, and what it finds is raised
        as `CarriedOut`.
        """
        deadline = self.clock() + self._settings.retry_timeout
        attempts = 0
        unknown = False
        while True:
            attempts += 1
            response, error = self._attempt(method, path, token, content())
            status = 0 if response is None else response.status_code
            if response is not None and status not in OUTAGES and status != 429:
                if unknown and settle and status == 409:
                    # The conflict is with our own earlier request.
                    _settle(settle)
                return Answer(status, _json(response), attempts)
            unknown = unknown or status != 429
            wait = _wait(response, attempts)
            if self.clock() + wait > deadline:
                if response is not None:
                    return Answer(status, _json(response), attempts, wait)
                raise self._unreachable(
                    method,
                    path,
                    f"no answer, {_tries(attempts)}: {_http.reason(error)}",
                    f"Check domain and the network; retry_timeout ({self._settings.retry_timeout:g} s) bounds the wait."
                    + (" Whether the request was carried out is not known; it is safe to run again." if settle else ""),
                )
            self.sleep(wait)
            if unknown and settle:
                _settle(settle)

    def _attempt(
        self, method: str, path: str, token: str | None, content: dict[str, t.Any]
    ) -> tuple[requests.Response | None, Exception | None]:
        """One try: the response, or the error of a connection that gave none but may give one later."""
        settings = self._settings
        sent = self.clock()
        try:
            with _http.quiet_about_certificates():
                response = self._session.request(
                    method,
                    f"https://{settings.domain}{path}",
                    auth=_http.bearer(token),
                    timeout=settings.timeout,
                    allow_redirects=False,
                    verify=_http.verification(settings.ca_path, settings.validate_certs),
                    **content,
                )
            self._heed_rate_limit(response, sent)
            return response, None
        except requests.exceptions.ProxyError as error:
            raise self._unreachable(method, path, f"the proxy gave no connection: {_http.reason(error)}") from None
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema):
            # The URL itself has a scheme and a host that were checked.
            raise self._unreachable(
                method, path, "the proxy in the environment cannot be used", "Check HTTPS_PROXY and ALL_PROXY."
            ) from None
        except requests.exceptions.SSLError as error:
            if _http.is_caused_by(error, ssl.SSLEOFError, ssl.SSLZeroReturnError):
                return None, error
            remedy = ""
            if _http.is_caused_by(error, ssl.SSLCertVerificationError):
                remedy = "Set ca_path to a PEM file with the authority that signed the certificate, or check domain."
            raise self._unreachable(method, path, f"TLS failed: {_http.reason(error)}", remedy) from None
        except (
            requests.exceptions.ConnectionError,
            requests.exceptions.Timeout,
            requests.exceptions.ChunkedEncodingError,
        ) as error:
            if any(isinstance(one, socket.gaierror) and one.errno != socket.EAI_AGAIN for one in _http.causes(error)):
                raise self._unreachable(method, path, "the name does not resolve", "Check domain.") from None
            return None, error
        except (requests.exceptions.RequestException, OSError) as error:
            if isinstance(error, ValueError):
                # What requests refuses to send is a bug of ours.
                raise
            raise self._unreachable(method, path, _http.reason(error)) from None

    def _heed_rate_limit(self, response: requests.Response, sent: float) -> None:
        """Wait until the rate limit has room again where the answer says that it has none left.

        At once, and not before the next request: the next task is another process, which would run into the limit.
        """
        if response.status_code == 429:
            # This limit is slower than that; not every one is for all requests together.
            self._seconds_per_request *= 2
        elif response.headers.get("x-ratelimit-remaining") == "0":
            wait = min(_until_reset(response.headers), sent + self._seconds_per_request - self.clock())
            if wait > 0:
                self.sleep(wait)

    def _unreachable(self, method: str, path: str, why: str, remedy: str = "") -> UnreachableError:
        return UnreachableError(
            f"Cannot reach {self._settings.domain}: {why}", remedy=remedy, request=f"{method} {path}"
        )


def _settle(settle: t.Callable[[], t.Any]) -> None:
    if (found := settle()) is not None:
        raise CarriedOut(found)


def _wait(response: t.Any, attempt: int) -> float:
    """Seconds until the next try: what the server says, else a backoff that doubles to 30 s, with jitter."""
    headers = {} if response is None else response.headers
    after = headers.get("Retry-After", "")
    if re.fullmatch(r"\d+(\.\d+)?", after):
        return max(SHORTEST_WAIT, float(after))
    wait = (_date(after) or 0.0) - _server_time(headers)
    if wait <= 0 and response is not None and response.status_code == 429:
        wait = _until_reset(headers)
    if wait > 0:
        return max(SHORTEST_WAIT, wait)
    return random.uniform(1.0, 1.25) * min(24.0, SHORTEST_WAIT * 2.0 ** (attempt - 1))


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


def _tries(attempts: int) -> str:
    return "tried once" if attempts == 1 else f"tried {attempts} times"
