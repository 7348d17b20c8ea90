# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Projects as people have them, on the disk: preview, present, present, absent, absent.

The shapes are those of the vendor's documentation (`docs` of the `zuplo` package), in words of our own.
"""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest

from tests.unit.zuplo_project import FRESH, OWN_RUNTIME, STRINGS, mcp, routes, tool
from tests.unit.zuplo_run import content, create, run

Files = dict[str, str]
Layout = tuple[Files, dict[str, t.Any]]

POLICIES, ROUTES, RUNTIME = "config/policies.json", "config/routes.oas.json", "modules/zuplo.runtime.ts"
NEW = {"operations": [{"id": "hello", "file": ROUTES}]}
ATTACH = {"attach_to_tools": True}
LIMIT = {
    "name": "limit",
    "policyType": "rate-limit-inbound",
    "handler": {"export": "RateLimitInboundPolicy", "module": "$import(@zuplo/runtime)", "options": {"mode": "strict"}},
}
GUIDE_POLICY = {
    "name": "auth0-jwt-auth-inbound",
    "policyType": "auth0-jwt-auth-inbound",
    "handler": {
        "export": "Auth0JwtInboundPolicy",
        "module": "$import(@zuplo/runtime)",
        "options": {"auth0Domain": STRINGS.issuer_domain, "audience": STRINGS.audience + "/"},
    },
}
GUIDE_RUNTIME = """\
import { OAuthProtectedResourcePlugin, RuntimeExtensions } from "@zuplo/runtime";

export function runtimeInit(runtime: RuntimeExtensions) {
  runtime.addPlugin(
    new OAuthProtectedResourcePlugin({
      authorizationServers: ["https://tenant.eu.auth0.com"],
      resourceName: "Orders",
    }),
  );
}
"""


def policies(*several: t.Any, indent: t.Any = 2, **more: t.Any) -> str:
    return json.dumps({"policies": list(several), **more}, indent=indent, ensure_ascii=False) + "\n"


def server(key: str = "post", inbound: t.Sequence[str] = (), **options: t.Any) -> dict[str, t.Any]:
    """An MCP route whose handler has these options besides."""
    operation = mcp({"inbound": list(inbound)})
    given = operation["x-zuplo-route"]["handler"]["options"]
    if options:
        del given["operations"]
    given.update(options)
    return {key: operation}


def project(route: dict[str, t.Any] | None = None, **more: str) -> Files:
    """A tool, and an MCP route of the project's own where one is given."""
    paths: dict[str, t.Any] = {"hello": {"get": tool({"inbound": []})}}
    if route is not None:
        paths["mcp"] = route
    return {POLICIES: policies(LIMIT), ROUTES: routes(**paths), **more}


def composite(*names: str) -> dict[str, t.Any]:
    handler = {
        "export": "CompositeInboundPolicy",
        "module": "$import(@zuplo/runtime)",
        "options": {"policies": list(names)},
    }
    return {"name": "group", "policyType": "composite-inbound", "handler": handler}


OLDER = [{"path": "./config/routes.oas.json", "operationIds": ["hello"]}]
LAYOUTS: dict[str, Layout] = {
    "new": (FRESH, NEW),
    "new, with the tools guarded": (FRESH, {**NEW, **ATTACH}),
    "no policies file": ({ROUTES: FRESH[ROUTES]}, NEW),
    "a policies file without a list": ({**FRESH, POLICIES: '{"corsPolicies": []}'}, NEW),
    "all in one line": ({POLICIES: '{"policies":[]}', ROUTES: json.dumps(json.loads(FRESH[ROUTES]))}, NEW),
    "tabs and CRLF": (
        {
            POLICIES: policies(LIMIT, indent="\t").replace("\n", "\r\n"),
            ROUTES: routes(hello={"get": tool({"inbound": ["limit"]})}).replace("\n", "\r\n"),
            RUNTIME: OWN_RUNTIME.replace("\n", "\r\n"),
        },
        {**NEW, **ATTACH},
    ),
    "names that are not ASCII": (
        {**FRESH, POLICIES: policies({**LIMIT, "description": "Für alle: 100 %"})},
        {**NEW, "resource_name": 'Café "Größe"'},
    ),
    "an MCP route of its own": (project(server()), ATTACH),
    "a tool for several methods": (
        {**FRESH, ROUTES: routes(hello={"get,head": tool()}, mcp=server())},
        ATTACH,
    ),
    "a method in capitals": (project(server("POST")), ATTACH),
    "a method with blanks": (project(server(" Post ")), {}),
    "tools in files": (project(server(files=OLDER)), ATTACH),
    "prompts and resources": (project(server(prompts=OLDER, resources=OLDER)), ATTACH),
    "tools that the gateway does not read any more": (project(server(openApiFilePaths=[ROUTES])), {}),
    "a server without tools": (project(server(operations=[])), {}),
    "a group of policies": (
        project(server(inbound=["group"]), **{POLICIES: policies(LIMIT, composite("limit"))}),
        ATTACH,
    ),
    "the policy in a group": (
        project(server(inbound=["group"]), **{POLICIES: policies(GUIDE_POLICY, composite("auth0-jwt-auth-inbound"))}),
        {"policy_name": "auth0-jwt-auth-inbound", **ATTACH},
    ),
    "the vendor's guide": (
        project(
            server(inbound=["auth0-jwt-auth-inbound"]), **{POLICIES: policies(GUIDE_POLICY), RUNTIME: GUIDE_RUNTIME}
        ),
        {},
    ),
    "the vendor's guide, with another name and the tools guarded": (
        project(
            server(inbound=["auth0-jwt-auth-inbound"]), **{POLICIES: policies(GUIDE_POLICY), RUNTIME: GUIDE_RUNTIME}
        ),
        {**ATTACH, "resource_name": "Ours"},
    ),
    "an import that nothing uses": (
        {**FRESH, RUNTIME: 'import { OAuthProtectedResourcePlugin } from "@zuplo/runtime";\n' + OWN_RUNTIME},
        NEW,
    ),
    "the plugin of the MCP Gateway": (
        {
            **FRESH,
            RUNTIME: 'import { McpGatewayPlugin } from "@zuplo/runtime/mcp-gateway";\n\n'
            "export function runtimeInit(runtime) {\n  runtime.addPlugin(new McpGatewayPlugin());\n}\n",
        },
        NEW,
    ),
    "several routes files": (
        {
            **FRESH,
            "config/orders.oas.json": routes(orders={"get,head": tool(id="orders")}),
            "config/mcp-own.oas.json": routes(mcp=server()),
        },
        ATTACH,
    ),
    "a route in two files": (
        {**project(server()), "config/more.oas.json": routes(mcp={"delete": tool(id="end")})},
        {},
    ),
    "operations without an id, and without x-zuplo-route": (
        {
            **FRESH,
            "config/plain.oas.json": json.dumps({"openapi": "3.1.0", "paths": {"/plain": {"get": {"summary": "a"}}}}),
        },
        NEW,
    ),
    "our routes file, with another route": (
        {**FRESH, "config/mcp.oas.json": routes(other={"post": tool(id="other")})},
        {**NEW, **ATTACH},
    ),
    "a CORS policy of its own": (
        {**FRESH, POLICIES: policies(LIMIT, corsPolicies=[{"name": "app", "allowedOrigins": ["https://app.example"]}])},
        {**NEW, "cors_policy": "app"},
    ),
    "variables": (FRESH, {**NEW, "issuer_domain_env": "AUTH0_DOMAIN", "mcp_host_env": "MCP_HOST"}),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_preview_present_present_absent_absent(tmp_path: Path, name: str) -> None:
    files, options = LAYOUTS[name]
    root = create(tmp_path / "project", files)
    before = content(root)
    preview = run(root, check=True, **options)
    assert content(root) == before
    first = run(root, **options)
    assert (preview.changed, preview.diff) == (first.changed, first.diff)
    assert first.changed
    again = run(root, **options)
    assert (again.changed, again.diff) == (False, [])
    removed = run(root, state="absent")
    assert removed.changed
    left = content(root)
    assert {path: data for path, data in left.items() if data is not None} == {
        path: data for path, data in before.items() if data is not None
    }
    assert not run(root, state="absent").changed
    assert content(root) == left
