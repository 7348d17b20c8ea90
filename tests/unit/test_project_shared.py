# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Several MCP servers, or several policies, in one project."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ansible_collections.mcp_ops.oauth.plugins.module_utils._errors import ProjectError
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.edit import absent, present
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.project import ROUTES
from tests.unit.zuplo_project import (
    FRESH,
    NAME,
    TOOLS,
    elsewhere,
    wanted,
)


def test_a_policy_for_two_urls() -> None:
    first = present(FRESH, wanted(operations=TOOLS)).files
    moved = present(first, elsewhere("/other", operations=TOOLS))
    (warning,) = moved.warnings
    assert "The route /mcp in config/mcp.oas.json has the same policy" in warning
    assert absent(moved.files, NAME).files == FRESH


def test_a_tool_cannot_be_guarded_for_two_servers() -> None:
    first = present(FRESH, wanted(operations=TOOLS, attach=True)).files
    with pytest.raises(ProjectError, match=r"would have the policies .* at GET /hello: they require tokens"):
        present(first, elsewhere("/other", operations=TOOLS, attach=True, policy_name="other"))
    assert present(first, elsewhere("/other", operations=TOOLS, policy_name="other")).open_routes


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
