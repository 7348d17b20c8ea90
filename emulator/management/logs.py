# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Tenant logs: search by `q` with pages, or all events after one of them (`from`, `take`).

Facts: documentation, "Log Search Query Syntax" and "Retrieve Logs Using the Management API".
"""

from __future__ import annotations

from urllib.parse import urlencode

from .. import listing, lucene
from ..errors import missing
from .operation import PREFIX, Answer, Call, Object, Operation

COLLECTION = "logs"

_SEARCH = lucene.Fields(
    bare=("client_name", "connection", "description", "ip", "log_id", "type", "user_name"), dates=frozenset({"date"})
)


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
    return _page(call, events)


def read(call: Call) -> Answer:
    found = [event for event in call.tenant.logs if event["log_id"] == call.id]
    if not found:
        raise missing("log")
    return Answer(200, found[0])


def read_of_user(call: Call) -> Answer:
    return _page(call, [event for event in call.tenant.logs if event["user_id"] == call.id])


_PATH, _READ = "/logs", ("read:logs", "read:logs_users")
OPERATIONS = (
    Operation(
        "GET", _PATH, _READ, read_all, query=listing.PAGING | listing.CHECKPOINT | listing.FIELDS | {"q", "sort"}
    ),
    Operation("GET", f"{_PATH}/{{id}}", _READ, read),
    Operation("GET", "/users/{id}/logs", _READ, read_of_user, query=listing.PAGING | {"sort"}),
)
