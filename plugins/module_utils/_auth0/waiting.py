# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How long to wait for a tenant: between the tries of a request, and for its rate limit. Whatever headers say."""

from __future__ import annotations

import email.utils
import random
import re
import time
import typing as t

# Seconds between two tries of a request at least, whatever the server asks for, and as many as are ever told.
SHORTEST_WAIT, LONGEST_WAIT = 1.0, 86_400.0
# Seconds until an empty rate limit has room for one request, on the slowest of Auth0's plans (2 requests a second).
# x-ratelimit-reset tells whole seconds only, which would cost up to half of the rate.
SECONDS_PER_REQUEST = 0.505
# And at most, where such a limit refuses all the same.
MOST_SECONDS_PER_REQUEST = 4.04
# Seconds of waiting in a task that a user is told of.
TELL_FROM = 5.0

Headers = t.Mapping[str, str]


class Waiting:
    """The waits of one task. `retry_timeout` bounds the seconds that go to failed tries and the waits after them, over
    all its requests; a rate limit is waited for beyond that, but no longer than the slowest plan needs."""

    def __init__(self, retry_timeout: float, *, sleep: t.Callable[[float], None], clock: t.Callable[[], float]) -> None:
        self.sleep, self.clock = sleep, clock
        self._retry_timeout = retry_timeout
        self._seconds_per_request = SECONDS_PER_REQUEST
        self.begin()

    def begin(self) -> None:
        """A new task begins."""
        self._spent = 0.0
        self._waited = {True: 0.0, False: 0.0}

    @property
    def left(self) -> float:
        return self._retry_timeout - self._spent

    def spend(self, seconds: float) -> None:
        self._spent += seconds

    def wait(self, seconds: float, *, is_limit: bool) -> None:
        """Wait before the next try: for the rate limit, or for Auth0 to be available."""
        self.spend(seconds)
        self._waited[is_limit] += seconds
        self.sleep(seconds)

    def heed(self, status: int, headers: Headers, sent: float) -> None:
        """Wait until the rate limit has room again where the answer says that it has none left.

        At once, and not before the next request: the next task is another process, which would run into the limit.
        """
        if status == 429:
            # This limit is slower than that; not every one is for all requests together.
            self._seconds_per_request = min(MOST_SECONDS_PER_REQUEST, self._seconds_per_request * 2)
        elif headers.get("x-ratelimit-remaining") == "0":
            wait = min(_until_reset(headers), sent + self._seconds_per_request - self.clock())
            wait = min(wait, SECONDS_PER_REQUEST + max(0.0, self.left))
            if wait > 0:
                self.spend(max(0.0, wait - SECONDS_PER_REQUEST))
                self._waited[True] += wait
                self.sleep(wait)

    def tell(self) -> list[str]:
        """What a user should know of the waits of this task."""
        reasons = {True: "Auth0's rate limit", False: "Auth0 was not available, which"}
        return [
            f"{reasons[is_limit]} made this task wait {seconds:.0f} s."
            for is_limit, seconds in self._waited.items()
            if seconds >= TELL_FROM
        ]


def seconds_until_next_try(status: int, headers: Headers, attempt: int) -> float:
    """What the server says, else a backoff that doubles to 30 s, with jitter."""
    after = headers.get("Retry-After", "")
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", after):
        wait = max(SHORTEST_WAIT, float(after))
    else:
        wait = (_date(after) or 0.0) - _server_time(headers)
        if wait <= 0 and status == 429:
            wait = _until_reset(headers)
        if wait <= 0:
            return random.uniform(1.0, 1.25) * min(24.0, SHORTEST_WAIT * 2.0 ** (min(attempt, 10) - 1))
    return min(LONGEST_WAIT, max(SHORTEST_WAIT, wait))


def _until_reset(headers: Headers) -> float:
    """Seconds until Auth0 adds to the rate limit's bucket; 0 where it does not say."""
    reset = headers.get("x-ratelimit-reset", "")
    return max(0.0, float(reset) - _server_time(headers)) if re.fullmatch(r"[0-9]+", reset) else 0.0


def _server_time(headers: Headers) -> float:
    """The server's clock: ours, which is finer than the whole seconds of a Date header, unless the two disagree."""
    now = time.time()
    date = _date(headers.get("Date", ""))
    return now if date is None or abs(date - now) < 1.5 else date


def _date(text: str) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError, OverflowError, IndexError, OSError):
        return None
