# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Groups of enterprise connections, which are in the state alone, and the groups of a role."""

from __future__ import annotations

from typing import Any

import pytest

MISSING = {"statusCode": 404, "error": "Not Found", "errorCode": "inexistent_group"}


@pytest.fixture
def groups(api: Any) -> dict[str, Any]:
    found = {
        "grp_a": {"id": "grp_a", "name": "Sales", "connection_id": "con_a", "external_id": "x-1"},
        "grp_b": {"id": "grp_b", "name": "Sales", "connection_id": "con_b"},
        "grp_c": {"id": "grp_c", "name": "After Sales"},
    }
    api.tenant.objects("groups").update({name: dict(one) for name, one in found.items()})
    return found


@pytest.fixture
def role(api: Any) -> str:
    return str(api.expect(200, "POST", "/roles", {"name": "reader"})["id"])


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({}, "abc"),
        ({"name": "Sales"}, "ab"),
        ({"name": "sales"}, ""),
        ({"name": "Sales", "connection_id": "con_b"}, "b"),
        ({"external_id": "x-1"}, "a"),
        ({"search": "sales"}, "abc"),
        ({"search": "X-"}, "a"),
    ],
    ids=str,
)
def test_lists_of_groups(api: Any, groups: Any, query: dict[str, str], ids: str) -> None:
    wanted = [groups[f"grp_{letter}"] for letter in ids]
    assert api.expect(200, "GET", "/groups", **query) == wanted
    assert api.expect(200, "GET", "/groups", take="50", include_totals="true", **query) == {"groups": wanted}


def test_a_group_and_pages_of_them(api: Any, groups: Any) -> None:
    assert api.expect(200, "GET", "/groups/grp_a") == groups["grp_a"]
    assert api.expect(404, "GET", "/groups/grp_d").items() >= MISSING.items()
    first = api.expect(200, "GET", "/groups", take="2", fields="id")
    assert first["groups"] == [{"id": "grp_a"}, {"id": "grp_b"}]
    rest = api.expect(200, "GET", "/groups", take="2", fields="id", **{"from": first["next"]})
    assert rest == {"groups": [{"id": "grp_c"}]}
    total = api.expect(200, "GET", "/groups", include_totals="true", per_page="1")
    assert total == {"groups": [groups["grp_a"]], "start": 0, "limit": 1, "total": 3}


def test_the_groups_of_a_role(api: Any, groups: Any, role: str) -> None:
    path = f"/roles/{role}/groups"
    assert api.expect(200, "GET", path) == {"groups": []}
    assert api.expect(404, "POST", path, {"groups": ["grp_a", "grp_d"]}).items() >= MISSING.items()
    assert api.expect(200, "GET", path) == {"groups": []}
    for _again in range(2):
        api.expect(204, "POST", path, {"groups": ["grp_a", "grp_c"]})
        assert api.expect(200, "GET", path) == {"groups": [groups["grp_a"], groups["grp_c"]]}
    assert api.expect(200, "GET", "/groups/grp_a") == groups["grp_a"]
    page = api.expect(200, "GET", path, take="1")
    assert (page["groups"], bool(page["next"])) == ([groups["grp_a"]], True)
    for _again in range(2):
        api.expect(204, "DELETE", path, {"groups": ["grp_a", "grp_b", "grp_d"]})
        assert api.expect(200, "GET", path) == {"groups": [groups["grp_c"]]}
    for method in ("POST", "DELETE"):
        assert api.expect(400, method, path, {"groups": []})["errorCode"] == "invalid_body"
        assert (
            api.expect(404, method, "/roles/rol_none/groups", {"groups": ["grp_a"]})["errorCode"] == "inexistent_role"
        )
