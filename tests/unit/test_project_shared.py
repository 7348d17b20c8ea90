# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Several MCP servers, or several policies, in one project."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ansible_collections.mcp_ops.oauth.plugins.module_utils._errors import ProjectError
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.choice import Wanted
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.edit import absent, present
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.project import ROUTES
from tests.unit.zuplo_project import FRESH, NAME, OWN_PLUGIN, TOOLS, elsewhere, mcp, routes, tool, wanted


@pytest.mark.parametrize("attach", [True, False])
def test_a_url_that_moved_takes_its_route_along(attach: bool) -> None:
    first = present(FRESH, wanted(operations=TOOLS, attach=attach)).files
    other = elsewhere("/other", operations=TOOLS, attach=attach)
    moved = present(first, other)
    assert moved.warnings == ["The MCP server has moved from /mcp to /other, and its route with it."]
    paths = json.loads(moved.files[ROUTES])["paths"]
    assert {"/other": paths["/other"]} == paths
    assert paths["/other"] == json.loads(first[ROUTES])["paths"]["/mcp"]
    assert present(moved.files, other) == replace(moved, warnings=[], scopes_before=moved.scopes)
    assert absent(moved.files, NAME).files == FRESH
    # Without the tools it moves as well, and back.
    assert json.loads(present(moved.files, wanted()).files[ROUTES])["paths"].keys() == {"/mcp"}


@pytest.mark.parametrize(
    "other",
    [
        elsewhere("/other", operations=TOOLS, move=False),
        elsewhere("/other", operations=[{"file": "config/routes.oas.json", "id": "bye"}]),
    ],
    ids=["is not to move", "has other tools"],
)
def test_a_policy_for_two_urls(other: Wanted) -> None:
    files = {**FRESH, "config/routes.oas.json": routes(hello={"get": tool()}, bye={"get": tool(id="bye")})}
    first = present(files, wanted(operations=TOOLS)).files
    with pytest.raises(ProjectError, match=r"other routes use it: POST /mcp .*If the MCP server has moved from /mcp"):
        present(first, other)


def test_the_note_of_an_old_path_goes_with_the_next_change() -> None:
    """A route that somebody makes there later is not ours."""
    moved = present(present(FRESH, wanted(operations=TOOLS)).files, elsewhere("/other", operations=TOOLS)).files
    changed = present(moved, elsewhere("/other", operations=TOOLS, attach=True)).files
    document = json.loads(changed[ROUTES])
    document["paths"]["/mcp"] = {"post": mcp()}
    left = absent({**changed, ROUTES: json.dumps(document)}, NAME).files
    assert json.loads(left[ROUTES])["paths"] == {"/mcp": {"post": mcp()}}


def test_what_was_replaced_comes_back_after_a_move() -> None:
    """The notes of old paths go, those of replaced texts stay."""
    runtime = OWN_PLUGIN.replace("VALUE", '"https://tenant.eu.auth0.com"')
    files = {**FRESH, "modules/zuplo.runtime.ts": runtime}
    first = present(files, wanted(operations=TOOLS)).files
    moved = present(first, elsewhere("/other", operations=TOOLS)).files
    changed = present(moved, elsewhere("/other", operations=TOOLS, attach=True)).files
    assert absent(changed, NAME).files == files


def test_a_new_name_renames_what_has_the_old_one() -> None:
    first = present(FRESH, wanted(operations=TOOLS)).files
    renamed = replace(wanted(operations=TOOLS), resource_name="Theirs")
    after = present(first, renamed).files
    operation = json.loads(after[ROUTES])["paths"]["/mcp"]["post"]
    assert (operation["summary"], operation["x-zuplo-route"]["label"]) == ("Theirs", "Theirs")
    assert operation["x-zuplo-route"]["handler"]["options"]["name"] == "Theirs"
    assert present(after, renamed).files == after
    by_hand = {**first, ROUTES: first[ROUTES].replace('"label": "Ours"', '"label": "Mine"')}
    assert '"label": "Mine"' in present(by_hand, renamed).files[ROUTES]


def test_a_tool_cannot_be_guarded_for_two_servers() -> None:
    first = present(FRESH, wanted(operations=TOOLS, attach=True)).files
    with pytest.raises(ProjectError, match=r"would let nobody in at the tool GET /hello: the policy mcp-oauth-inbound"):
        present(first, elsewhere("/other", operations=TOOLS, attach=True, policy_name="other"))
    unguarded = present(first, elsewhere("/other", operations=TOOLS, policy_name="other"))
    assert unguarded.open_routes == []
    (warning,) = unguarded.warnings
    assert "GET /hello (config/routes.oas.json) refuses MCP clients: the policy mcp-oauth-inbound" in warning


def test_a_policy_under_a_new_name_inherits_the_route() -> None:
    first = present(FRESH, wanted(operations=TOOLS)).files
    both = present(first, wanted(operations=TOOLS, policy_name="new")).files
    left = absent(both, NAME).files
    (operation,) = json.loads(left[ROUTES])["paths"]["/mcp"].values()
    assert operation["x-zuplo-route"]["policies"]["inbound"] == ["new"]
    assert present(left, wanted(operations=TOOLS, policy_name="new")).files == left
    assert absent(left, "new").files == FRESH


def test_an_operation_has_an_id_whatever_the_policy_s_name() -> None:
    files = present(FRESH, wanted(operations=TOOLS, policy_name="-inbound")).files
    assert json.loads(files[ROUTES])["paths"]["/mcp"]["post"]["operationId"] == "mcp"


def test_two_servers_share_the_plugin() -> None:
    first = present(FRESH, wanted(operations=TOOLS)).files
    other = elsewhere("/other", operations=TOOLS, policy_name="other")
    planned = present(first, other)
    both = planned.files
    assert planned.warnings == []
    assert present(both, wanted(operations=TOOLS)).files == both
    (warning,) = present(both, replace(other, resource_name="Theirs")).warnings
    assert f"also apply to those of the policies {NAME}." in warning
    left = absent(both, NAME).files
    assert json.loads(left["config/policies.json"])["policies"] == [planned.config["policy"]]
    assert list(json.loads(left["config/mcp.oas.json"])["paths"]) == ["/other"]
    assert "modules/mcp-oauth.ts" in left
    assert absent(left, "other").files == FRESH
