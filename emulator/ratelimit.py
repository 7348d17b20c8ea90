# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Token buckets, and the rate-limit headers."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from .plans import EVERYTHING, STATUS, Limit, Plan

Clock = Callable[[], float]


@dataclass
class Bucket:
    limit: Limit
    tokens: float
    filled: float

    @classmethod
    def full(cls, limit: Limit, now: float) -> Bucket:
        return cls(limit, limit.burst, now)

    def take(self, now: float) -> bool:
        self.tokens = min(self.limit.burst, self.tokens + (now - self.filled) * self.limit.per_second)
        self.filled = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True

    def headers(self) -> dict[str, str]:
        """`x-ratelimit-reset` is the UNIX second at which a whole token has been added again."""
        left = math.floor(self.tokens)
        wait = (left + 1 - self.tokens) / self.limit.per_second
        return {
            "x-ratelimit-limit": str(self.limit.burst),
            "x-ratelimit-remaining": str(left),
            "x-ratelimit-reset": str(math.ceil(self.filled + wait)),
        }


_UNLIMITED = Limit(50, 16)


def group(method: str, path: str, query: str) -> str:
    """The bucket that a request falls into on plans with more than one."""
    if path.startswith("/api/v2/connections/") and path.endswith("/status"):
        return STATUS
    if method == "GET" and path.split("/")[3:4] == ["clients"]:
        searching = path.endswith("/search") or any(part.startswith("q=") for part in query.split("&"))
        return "search clients" if searching else "read clients"
    if method == "GET" and path.split("/")[3:4] == ["connections"]:
        return "read connections"
    return EVERYTHING


class RateLimiter:
    def __init__(self, plan: Plan, clock: Clock) -> None:
        self._limits = plan.buckets
        self._clock = clock
        self._buckets: dict[str, Bucket] = {}

    def reset(self) -> None:
        self._buckets.clear()

    def admit(self, method: str, path: str, query: str) -> tuple[bool, dict[str, str]]:
        """(may the request go on, headers of its answer)."""
        now = self._clock()
        if not self._limits:
            bucket = Bucket.full(_UNLIMITED, now)
            return bucket.take(now), bucket.headers()
        name = group(method, path, query)
        name = name if name in self._limits else EVERYTHING
        bucket = self._buckets.setdefault(name, Bucket.full(self._limits[name], now))
        return bucket.take(now), bucket.headers()
