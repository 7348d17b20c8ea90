# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

import pytest
from starlette.datastructures import QueryParams

from emulator import listing
from emulator.errors import ApiError

ITEMS = [{"id": f"i{number}", "n": number} for number in range(7)]


def _page(query: str, **more: Any) -> Any:
    given = {"key": "id", "checkpoint": True, **more}
    return listing.page(ITEMS, QueryParams(query), "things", **given)


def test_without_parameters_a_bare_array() -> None:
    assert _page("") == ITEMS


def test_offset_paging() -> None:
    assert _page("page=1&per_page=3") == ITEMS[3:6]
    assert _page("page=2&per_page=3&include_totals=true") == {
        "total": 7,
        "start": 6,
        "limit": 3,
        "things": ITEMS[6:],
    }
    assert _page("page=9&include_totals=true") == {"total": 7, "start": 450, "limit": 50, "things": []}


def test_the_list_of_actions_is_empty(api: Any) -> None:
    empty = {"total": 0, "page": 0, "per_page": 50, "actions": []}
    assert api.expect(200, "GET", "/actions/actions") == empty
    assert api.expect(200, "GET", "/actions/actions", page=1, per_page=100) == {**empty, "page": 1, "per_page": 100}
    api.expect(400, "GET", "/actions/actions", per_page=101)


def test_checkpoint_paging_to_the_end() -> None:
    seen, query = [], "take=3&include_totals=true&per_page=1"
    sizes = []
    while True:
        envelope = _page(query)
        assert not {"total", "start", "limit"} & set(envelope)
        seen += envelope["things"]
        sizes.append(len(envelope["things"]))
        if "next" not in envelope:
            break
        query = f"take=3&from={envelope['next']}"
    assert (seen, sizes) == (ITEMS, [3, 3, 1])


def test_no_next_on_a_last_page_that_is_full() -> None:
    assert "next" not in _page("take=7")


def test_a_checkpoint_outlives_the_item_it_names() -> None:
    after = _page("take=3")["next"]
    left = [item for item in ITEMS if item["id"] != "i2"]
    envelope: Any = listing.page(left, QueryParams(f"take=9&from={after}"), "things", key="id", checkpoint=True)
    assert envelope["things"] == ITEMS[3:]


def test_take_means_nothing_where_there_is_no_checkpoint() -> None:
    assert _page("take=3", checkpoint=False) == ITEMS


@pytest.mark.parametrize("query", ["per_page=101", "per_page=x", "page=-1", "take=0", "take=101", "from=%21"])
def test_parameters_out_of_range(query: str) -> None:
    with pytest.raises(ApiError) as caught:
        _page(query)
    assert (caught.value.status, caught.value.code) == (400, "invalid_query_string")


def test_fields() -> None:
    item = {"id": 1, "name": "n", "kind": "k"}
    assert listing.narrow(item, QueryParams("fields=name")) == {"name": "n"}
    assert listing.narrow(item, QueryParams("fields=name,kind&include_fields=false")) == {"id": 1}
    assert listing.narrow(item, QueryParams("fields=name"), ["id"]) == {"id": 1, "name": "n"}
    assert listing.narrow(item, QueryParams("fields=id&include_fields=false"), ["id"]) == item
    assert listing.narrow(item, QueryParams("include_fields=false")) == item


@pytest.mark.parametrize(
    ("path", "collection"),
    [
        ("/resource-servers", "resource_servers"),
        ("/clients", "clients"),
        ("/connections", "connections"),
        ("/client-grants", "client_grants"),
        ("/roles", "roles"),
    ],
)
def test_envelopes_of_the_collections(api: Any, path: str, collection: str) -> None:
    bare = api.expect(200, "GET", path)
    assert isinstance(bare, list)
    totals = api.expect(200, "GET", path, include_totals="true", per_page="100")
    assert totals == {"total": len(bare), "start": 0, "limit": 100, collection: bare}
    if collection not in ("resource_servers", "roles"):
        assert api.expect(200, "GET", path, take="50") == {collection: bare}


def test_unknown_query_parameters_are_refused(api: Any) -> None:
    body = api.expect(400, "GET", "/resource-servers", take="5")
    assert body["message"] == "Query validation error: 'Additional properties not allowed: take'."
    assert body["errorCode"] == "invalid_query_string"
    api.expect(400, "GET", "/clients", include_totals="yes")
