# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a project does about an MCP route is read from its files, whoever wrote them."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.mcp_ops.oauth.plugins.module_utils._errors import ProjectError
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.edit import present
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.guards import Guard, Verdict
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.installation import Installation, read_installation
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.ledger import (
    Ledger,
    read_code,
    read_ledger,
    write_helper,
)
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.project import parse_project
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.tool_scopes import ToolScope
from tests.unit.zuplo_project import FRESH, NAME, STRINGS, TOOLS, mcp, policy, routes, tool, wanted

HELPER, RUNTIME = "modules/mcp-oauth.ts", "modules/zuplo.runtime.ts"


def read(files: t.Mapping[str, str], url: str = STRINGS.audience) -> Installation:
    found: Installation = read_installation(files, url)
    return found


def test_what_this_collection_writes() -> None:
    files = present(FRESH, wanted(operations=TOOLS)).files
    accepts, hello = Verdict(NAME, "accepts"), "GET /hello (config/routes.oas.json)"
    assert read(files) == Installation(
        route=[Guard("POST /mcp (config/mcp.oas.json)", (accepts,))],
        methods=["POST"],
        tools=[Guard(hello, ())],
        scopes=[ToolScope("hello", "config/routes.oas.json", (), False, True)],
        names={("config/routes.oas.json", "hello"): "hello"},
        policies=[policy()],
        serves=True,
        gone_tools=False,
        plugin=True,
        issuer=STRINGS.issuer,
    )
    attached = read(present(files, wanted(operations=TOOLS, attach=True)).files)
    assert attached.tools == [Guard(hello, (accepts,))]


def test_a_project_without_oauth() -> None:
    files = {
        "config/routes.oas.json": routes(hello={"get": tool({"inbound": ["key"]})}),
        "config/mcp.oas.json": routes(mcp={"post": mcp({"inbound": ["limit"]}), "get": mcp()}),
    }
    found = read(files)
    assert [one.title for one in found.route] == ["POST /mcp (config/mcp.oas.json)", "GET /mcp (config/mcp.oas.json)"]
    assert [[verdict.policy for verdict in one.verdicts] for one in (*found.route, *found.tools)] == [
        ["limit"],
        [],
        ["key"],
    ]
    assert (found.policies, found.plugin, found.issuer) == ([], False, None)
    assert read(files, "https://mcp.example.com/other").route == []


@pytest.mark.parametrize(
    ("runtime", "helper", "plugin", "issuer"),
    [
        ("export const x = 1;", "", False, None),
        ('import a from "./a";', "", None, None),
        ("const x = 'never closed", "", None, None),
        ('new OAuthProtectedResourcePlugin({authorizationServers: ["https://a/"]})', "", True, "https://a/"),
        ("registerMcpOAuth(r)", 'new OAuthProtectedResourcePlugin({authorizationServers: ["b"]})', True, "b"),
        ("other(r)", 'new OAuthProtectedResourcePlugin({authorizationServers: ["b"]})', False, None),
    ],
)
def test_the_plugin(runtime: str, helper: str, plugin: bool | None, issuer: str | None) -> None:
    found = read({**FRESH, RUNTIME: runtime, HELPER: helper})
    assert (found.plugin, found.issuer) == (plugin, issuer)


def test_a_path_need_not_be_an_operation() -> None:
    paths: dict[str, t.Any] = {
        "/a": None,
        "/b": [],
        "/c": {"get": None, "parameters": [], "x-get": {}, "get,other": {}},
        "/d": {"get": {}},
    }
    project = parse_project({"config/a.oas.json": json.dumps({"paths": paths})})
    assert [one.name for one in project.operations] == ["GET /d"]
    assert project.operations[0].id is None


def test_what_was_added_is_read_as_it_was_written() -> None:
    ledger = Ledger({"b": frozenset({"y", "x"})}).note("a", "config/a.oas.json#/paths/~1ü").note("b", "z").note("c")
    text = write_helper(ledger, "// code\n\n// more\n")
    for helper in (text, text.replace("\n", "\r\n")):
        assert read_ledger(helper) == ledger
        assert read_code(helper) == "// code\n\n// more\n"
    assert ledger.others("a") == ["b", "c"]
    assert ledger.drop("b").others("a") == ["c"]
    assert ledger.of(NAME) == frozenset()
    assert read_ledger(None) == Ledger({})
    with pytest.raises(ProjectError, match="was not written by zuplo_mcp_oauth"):
        read_ledger("")
