# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Projects that cannot be edited safely: what the error says, where, and what to do."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.mcp_ops.oauth.plugins.module_utils._errors import ProjectError
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.edit import absent, present
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.ledger import MARK
from tests.unit.zuplo_project import (
    FRESH,
    NAME,
    TOOLS,
    mcp,
    routes,
    wanted,
    with_tools,
)

POLICIES, HELPER, RUNTIME = "config/policies.json", "modules/mcp-oauth.ts", "modules/zuplo.runtime.ts"
A, B, ROUTES = "config/a.oas.json", "config/b.oas.json", "config/mcp.oas.json"


def tool_of(id: str, file: str = "config/routes.oas.json") -> dict[str, t.Any]:
    return {"operations": [{"file": file, "id": id}]}


def a_policy(*policies: t.Any) -> dict[str, str]:
    return {POLICIES: json.dumps({"policies": policies})}


def a_route(**methods: t.Any) -> dict[str, str]:
    return {A: routes(mcp=methods)}


@pytest.mark.parametrize(
    ("files", "options", "where", "what"),
    [
        ({POLICIES: '{"policies": [],}'}, {}, POLICIES, "is not strict JSON: .* at line 1 column 17"),
        ({A: "// no\n{}"}, {}, A, "is not strict JSON: Expecting value at line 1 column 1"),
        ({POLICIES: "[]"}, {}, POLICIES, "holds no JSON object"),
        (a_policy(1), {}, POLICIES, "not a list of objects"),
        ({POLICIES: '{"policies": {}}'}, {}, POLICIES, "not a list of objects"),
        ({}, {}, "The project", "no route with the path /mcp .*its paths: /hello"),
        ({}, tool_of("bye"), "config/routes.oas.json", "no operation 'bye'"),
        ({}, tool_of("hello", "config/no.oas.json"), "config/no.oas.json", "no operation 'hello'"),
        (a_policy({"name": NAME, "handler": {"export": "ApiKey"}}), {}, POLICIES, "the handler 'ApiKey'"),
        (a_policy({"name": NAME}, {"name": NAME}), {}, POLICIES, f"2 policies with the name '{NAME}'"),
        ({HELPER: "export {};"}, {}, HELPER, "was not written by zuplo_mcp_oauth"),
        ({HELPER: MARK + "// added: {,}\n"}, {}, HELPER, "somebody has edited line 2"),
        ({HELPER: MARK + '// added: {"x": 5}\n'}, {}, HELPER, "somebody has edited line 2"),
        ({HELPER: MARK + '// added: {"x": [5]}\n'}, {}, HELPER, "somebody has edited line 2"),
        ({RUNTIME: "export {};"}, {"operations": TOOLS}, RUNTIME, "edited safely: .*no function runtimeInit"),
        (
            {RUNTIME: "export function runtimeInit(r) { use(OAuthProtectedResourcePlugin) }"},
            {"operations": TOOLS},
            RUNTIME,
            "uses OAuthProtectedResourcePlugin itself",
        ),
        (
            {A: routes(mcp={"post": mcp()}), B: routes(mcp={"GET,Post": mcp()})},
            {},
            f"{A} and {B}",
            "declares POST /mcp more than once",
        ),
        (a_route(post=with_tools([])), {"operations": TOOLS}, A, "POST /mcp with tools other than those in operations"),
        (a_route(post={}), {}, A, "POST /mcp without an object x-zuplo-route"),
        (a_route(post={"x-zuplo-route": []}), {}, A, "POST /mcp without an object x-zuplo-route"),
        (a_route(get=mcp(), put=mcp()), {}, A, "no POST operation at /mcp, .* has GET /mcp, PUT /mcp"),
        (a_route(**{"get,post": mcp()}), {}, A, "has the MCP server GET,POST /mcp. .* POST is the only method"),
        (a_route(post=mcp({"inbound": "x"})), {}, A, "POST /mcp, whose policies.inbound is not a list"),
        (a_route(post=mcp({"inbound": [{}]})), {}, A, "POST /mcp, whose policies.inbound is not a list"),
        (a_route(post=mcp(5)), {}, A, "POST /mcp, whose policies.inbound is not a list"),
        (a_route(post=mcp([])), {}, A, "POST /mcp, whose policies.inbound is not a list"),
        ({A: '{"paths": []}'}, {}, A, 'has "paths" that are not an object'),
        ({ROUTES: routes(mcp={})}, {"operations": TOOLS}, ROUTES, "already has the path /mcp, but no operation"),
        ({A: "\ufeff{}"}, {}, A, "begins with a byte order mark"),
        (a_route(post=with_tools([1])), {}, A, "POST /mcp, whose operations are not a list of objects"),
        (a_route(post=with_tools("x")), {}, A, "POST /mcp, whose operations are not a list of objects"),
    ],
)
def test_what_is_refused(files: dict[str, str], options: dict[str, t.Any], where: str, what: str) -> None:
    with pytest.raises(ProjectError, match=what) as refused:
        present({**FRESH, **files}, wanted(**options))
    assert refused.value.where == where
    assert refused.value.remedy


def test_the_operations_of_a_file_are_named() -> None:
    with pytest.raises(ProjectError) as refused:
        present(FRESH, wanted(**tool_of("bye")))
    assert refused.value.remedy == "Name one of its operations: hello."


def test_a_call_that_is_used_elsewhere_is_not_removed() -> None:
    files = dict(present(FRESH, wanted(operations=TOOLS)).files)
    files[RUNTIME] += "const twice = registerMcpOAuth;\n"
    with pytest.raises(ProjectError, match="edited safely: it uses registerMcpOAuth in further places") as refused:
        absent(files, NAME)
    assert refused.value.where == RUNTIME
