# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Tenant logs: search by `q` or `search` with pages, or all events after one of them (`from`, `take`).

Facts: documentation, "Log Search Query Syntax" and "Retrieve Logs Using the Management API"; for `search`, the
reference of the official SDKs (auth0-python 6.8.0, auth0 for Node.js 7.1.0).
"""

from __future__ import annotations

import re
from urllib.parse import urlencode

from .. import listing, lucene
from ..errors import missing
from .operation import PREFIX, Answer, Call, Object, Operation

COLLECTION = "logs"

_SEARCH = lucene.Fields(
    bare=("client_name", "connection", "description", "ip", "log_id", "type", "user_name"), dates=frozenset({"date"})
)


# `field:text`, `field:"text"`, or either without a field; what the reference calls two of the fields in its example.
_TERM = re.compile(r'(?:([\w.]+):)?(?:"([^"]*)"|(\S+))')
_CALLED = {"application": "client_name", "user": "user_name"}
_SEARCHED = ("client_name", "connection", "user_name")


def _found(event: Object, search: str) -> bool:
    """Whether every term is how its field begins, or in quotes all of it, in any case."""
    for field, quoted, begin in _TERM.findall(search):
        names = (_CALLED.get(field, field),) if field else _SEARCHED
        values = [str(event[name]).casefold() for name in names if name in event]
        if not any(value.startswith(begin.casefold()) if begin else value == quoted.casefold() for value in values):
            return False
    return True


def _after(call: Call) -> Answer:
    """All other parameters are ignored. The `next` link of an empty answer leads to the same request again."""
    take = listing.number(call.query, "take", 50, least=1, most=100)
    mark = call.query["from"]
    events = [event for event in call.tenant.logs if event["log_id"] > mark][:take]
    following = urlencode({"from": events[-1]["log_id"] if events else mark, "take": take})
    link = f'<{call.tenant.issuer.rstrip("/")}{PREFIX}/{COLLECTION}?{following}>; rel="next"'
    return Answer(200, events, {"link": link})


def _page(call: Call, events: list[Object]) -> Answer:
    def shape(event: Object) -> Object:
        return listing.narrow(event, call.query)

    field, _colon, direction = call.query.get("sort", "date:-1").rpartition(":")
    if not field or direction not in ("1", "-1"):
        raise listing.invalid_query(f"String does not match pattern ^.+:(1|-1)$: {call.query['sort']}", "sort")
    # Of events of one moment, the order of their ids.
    events.sort(key=lambda event: (str(event.get(field, "")), event["log_id"]), reverse=direction == "-1")
    answer = listing.page(events, call.query, COLLECTION, key="log_id", checkpoint=False, shape=shape)
    if isinstance(answer, dict):
        # Both count what is on this page.
        answer["length"] = answer["total"] = len(answer[COLLECTION])
    return Answer(200, answer)


def read_all(call: Call) -> Answer:
    if "from" in call.query:
        return _after(call)
    events = list(call.tenant.logs)
    if call.query.get("q"):
        matches = _SEARCH.test(call.query["q"])
        events = [event for event in events if matches(event)]
    return _page(call, [event for event in events if _found(event, call.query.get("search", ""))])


def read(call: Call) -> Answer:
    found = [event for event in call.tenant.logs if event["log_id"] == call.id]
    if not found:
        raise missing("log")
    return Answer(200, found[0])


def read_of_user(call: Call) -> Answer:
    return _page(call, [event for event in call.tenant.logs if event["user_id"] == call.id])


_PATH = "/logs"
OPERATIONS = (
    Operation(
        "GET", _PATH, read_all, query=listing.PAGING | listing.CHECKPOINT | listing.FIELDS | {"q", "search", "sort"}
    ),
    Operation("GET", f"{_PATH}/{{id}}", read),
    Operation("GET", "/users/{id}/logs", read_of_user, query=listing.PAGING | {"sort"}),
)
