# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from emulator.plans import PLANS, Limit
from emulator.ratelimit import Bucket, RateLimiter, group


def test_bucket_serves_its_burst_then_its_rate() -> None:
    bucket = Bucket.full(Limit(2, 2), 100.0)
    assert [bucket.take(100.0) for _turn in range(3)] == [True, True, False]
    assert bucket.take(100.4) is False
    assert bucket.take(100.5) is True
    assert bucket.take(100.6) is False


def test_bucket_never_holds_more_than_its_burst() -> None:
    bucket = Bucket.full(Limit(2, 2), 0.0)
    assert [bucket.take(1000.0) for _turn in range(3)] == [True, True, False]


def test_headers_name_the_second_of_the_next_token() -> None:
    bucket = Bucket.full(Limit(2, 0.5), 100.0)
    bucket.take(100.0)
    bucket.take(100.0)
    assert bucket.headers() == {
        "x-ratelimit-limit": "2",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": "102",
    }
    assert bucket.take(102.0) is True


@pytest.mark.parametrize(
    ("method", "path", "query", "name"),
    [
        ("GET", "/api/v2/clients", "", "read clients"),
        ("GET", "/api/v2/clients/abc", "", "read clients"),
        ("GET", "/api/v2/clients", "take=5&q=x", "search clients"),
        ("GET", "/api/v2/clients/search", "", "search clients"),
        ("GET", "/api/v2/connections", "", "read connections"),
        ("GET", "/api/v2/connections/con_1/status", "", "status"),
        ("PATCH", "/api/v2/connections/con_1", "", "everything"),
        ("GET", "/api/v2/resource-servers", "", "everything"),
    ],
)
def test_groups(method: str, path: str, query: str, name: str) -> None:
    assert group(method, path, query) == name


def test_essentials_has_buckets_that_do_not_share(clock: Any) -> None:
    limiter = RateLimiter(PLANS["essentials"], clock)
    clients = [limiter.admit("GET", "/api/v2/clients", "")[0] for _turn in range(6)]
    others = [limiter.admit("GET", "/api/v2/resource-servers", "")[0] for _turn in range(11)]
    assert (clients, others) == ([True] * 5 + [False], [True] * 10 + [False])


def test_free_plan_answers_429_until_the_bucket_fills(limited: Callable[[str], Any]) -> None:
    api = limited("free")
    answers = [api.call("GET", "/clients") for _turn in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].json() == {
        "statusCode": 429,
        "error": "Too Many Requests",
        "message": "Global limit has been reached",
        "errorCode": "too_many_requests",
    }
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["1", "0", "0"]
    assert answers[2].headers["x-ratelimit-limit"] == "2"
    api.clock.now = float(answers[2].headers["x-ratelimit-reset"])
    assert api.call("GET", "/clients").status_code == 200


def test_token_endpoint_and_control_have_no_limit(limited: Callable[[str], Any]) -> None:
    api = limited("free")
    assert {api.token().status_code for _turn in range(5)} == {200}
    assert {api.get("/_emulator/state").status_code for _turn in range(5)} == {200}


def test_reset_fills_the_buckets(limited: Callable[[str], Any]) -> None:
    api = limited("free")
    assert [api.call("GET", "/clients").status_code for _turn in range(3)][-1] == 429
    api.post("/_emulator/reset")
    assert api.call("GET", "/clients").status_code == 200


def test_headers_are_on_every_management_answer_and_on_no_other(api: Any) -> None:
    names = {"x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"}
    answers = [
        api.call("GET", "/clients"),
        api.call("GET", "/clients/unknown"),
        api.call("POST", "/clients", {}),
        api.call("DELETE", "/clients/unknown"),
        api.call("GET", "/no-such-thing"),
    ]
    assert [answer.status_code for answer in answers] == [200, 404, 400, 204, 404]
    assert all(names <= set(answer.headers) for answer in answers)
    assert not names & set(api.token().headers)
