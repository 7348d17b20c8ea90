# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Requests to one tenant: sent again where that is safe and may help, as fast as its rate limit lets."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .. import _http
from .._errors import UnreachableError, clean
from .settings import Settings
from .waiting import Waiting, seconds_until_next_try

# Server errors that say nothing about whether the request was carried out.
OUTAGES = frozenset({500, 502, 503, 504})
# Bytes of an answer that are read at most. A page has 100 objects; a connection with its scripts may have 100 kB.
LIMIT = 20_000_000


@dataclass(frozen=True)
class Answer:
    """The last answer to a request: its status, its parsed JSON (None when it is not JSON), how many tries it took.

    `problem` is why its body could not be used. `wait` is set where the total wait ran out: the seconds that the next
    try would have had to wait.
    """

    status: int
    data: t.Any
    attempts: int
    problem: str = ""
    wait: float | None = None

    def get(self, key: str) -> t.Any:
        return self.data.get(key) if isinstance(self.data, dict) else None

    def text(self, key: str) -> str | None:
        """A text of the server's that is fit to be shown; None where there is none."""
        return clean(self.get(key)) or None

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

    def __init__(self, settings: Settings, waiting: Waiting) -> None:
        self._settings = settings
        self._waiting = waiting
        self._session = _http.Session(
            ca_path=settings.ca_path, validate_certs=settings.validate_certs, timeout=settings.timeout, limit=LIMIT
        )

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
        attempts = 0
        unknown = False
        while True:
            attempts += 1
            reply, problem = self._attempt(method, path, token, content(), settle)
            status = reply.status if reply else 0
            if reply and status not in OUTAGES and status != 429:
                if unknown and settle and status == 409:
                    # The conflict is with our own earlier request.
                    _settle(settle)
                return Answer(status, reply.data, attempts, reply.problem)
            unknown = unknown or status != 429
            wait = seconds_until_next_try(status, reply.headers if reply else {}, attempts)
            if wait > self._waiting.left:
                if reply:
                    return Answer(status, reply.data, attempts, reply.problem, wait)
                raise self._unreachable(
                    method,
                    path,
                    f"no answer, {_tries(attempts)}: {problem}",
                    f"Check domain and the network; retry_timeout ({self._settings.retry_timeout:g} s) bounds the wait."
                    + (" Whether the request was carried out is not known; it is safe to run again." if settle else ""),
                )
            self._waiting.wait(wait, is_limit=status == 429)
            if unknown and settle:
                _settle(settle)

    def _attempt(
        self,
        method: str,
        path: str,
        token: str | None,
        content: dict[str, t.Any],
        settle: t.Callable[[], t.Any] | None,
    ) -> tuple[_http.Reply | None, str]:
        """One try: the answer, or why there was none where another try may bring one."""
        sent = self._waiting.clock()
        try:
            url = f"https://{self._settings.domain}{path}"
            reply = self._session.exchange(method, url, token=token, **content)
        except _http.NoReply as none:
            self._waiting.spend(self._waiting.clock() - sent)
            if none.again:
                return None, none.why
            if none.answered and settle:
                _settle(settle)
            raise self._unreachable(method, path, none.why, none.remedy) from None
        if reply.status in OUTAGES or reply.status == 429:
            self._waiting.spend(self._waiting.clock() - sent)
        self._waiting.heed(reply.status, reply.headers, sent)
        return reply, ""

    def _unreachable(self, method: str, path: str, why: str, remedy: str = "") -> UnreachableError:
        origins = self._settings.origins("domain", "ca_path", "timeout", "retry_timeout")
        return UnreachableError(
            f"Cannot reach {self._settings.domain}: {why}",
            remedy=f"{remedy} {origins}".strip(),
            request=f"{method} {path}",
        )


def _settle(settle: t.Callable[[], t.Any]) -> None:
    if (found := settle()) is not None:
        raise CarriedOut(found)


def _tries(attempts: int) -> str:
    return "tried once" if attempts == 1 else f"tried {attempts} times"
