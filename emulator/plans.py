# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The subscription plans: token buckets of the Management API, and how many objects of a kind a tenant may have.

Figures: Auth0's rate limit configurations and its entity limit policy. The status operation has a bucket of its own on
every plan.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Limit:
    burst: int
    per_second: float


@dataclass(frozen=True)
class Plan:
    """By name: limits of buckets, and the number of objects in a collection. What is absent has no limit."""

    buckets: Mapping[str, Limit] = field(default_factory=dict)
    objects: Mapping[str, int] = field(default_factory=dict)


EVERYTHING = "everything"
STATUS = "status"
_STATUS_LIMIT = Limit(100, 15)
_SELF_SERVICE = {"clients": 100, "resource_servers": 100, "client_grants": 10_000, "connections": 100}

PLANS = {
    "free": Plan(
        {STATUS: _STATUS_LIMIT, EVERYTHING: Limit(2, 2)},
        {"clients": 10, "resource_servers": 10, "client_grants": 100, "connections": 100},
    ),
    "essentials": Plan(
        {
            STATUS: _STATUS_LIMIT,
            EVERYTHING: Limit(10, 150 / 60),
            "read clients": Limit(5, 100 / 60),
            "search clients": Limit(5, 150 / 60),
            "read connections": Limit(5, 50 / 60),
        },
        _SELF_SERVICE,
    ),
    "enterprise": Plan({STATUS: _STATUS_LIMIT, EVERYTHING: Limit(50, 16)}),
    "none": Plan(),
}
