# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Zuplo projects for the tests: files as path -> text, and what is wanted of them."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.mcp_ops.oauth.plugins.module_utils._urls import derive
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.choice import Wanted
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.configuration import (
    LITERAL,
    Environment,
    configuration,
)

STRINGS = derive("tenant.eu.auth0.com", "https://mcp.example.com/mcp")
NAME = "mcp-oauth-inbound"
TOOLS = [{"file": "config/routes.oas.json", "id": "hello"}]


def wanted(environment: Environment = LITERAL, policy_name: str = NAME, **options: t.Any) -> Wanted:
    return Wanted(STRINGS, environment, policy_name, "Ours", **options)


def policy(name: str = NAME) -> dict[str, t.Any]:
    """The policy that is wanted."""
    return dict(configuration(STRINGS, policy_name=name)["policy"])


def tool(policies: t.Any = None, *, id: str = "hello") -> dict[str, t.Any]:
    route: dict[str, t.Any] = {"handler": {"export": "default", "module": "$import(./modules/hello)"}}
    if policies is not None:
        route["policies"] = policies
    return {"operationId": id, "x-zuplo-route": route}


def mcp(policies: t.Any = None) -> dict[str, t.Any]:
    tools = [{"file": "./config/routes.oas.json", "id": "hello"}]
    options = {"name": "theirs", "version": "2", "operations": tools}
    route: dict[str, t.Any] = {"handler": {"export": "mcpServerHandler", "options": options}}
    if policies is not None:
        route["policies"] = policies
    return {"operationId": "mcp", "x-zuplo-route": route}


def with_tools(tools: t.Any) -> dict[str, t.Any]:
    operation = mcp()
    operation["x-zuplo-route"]["handler"]["options"]["operations"] = tools
    return operation


def routes(**paths: t.Any) -> str:
    return json.dumps({"openapi": "3.1.0", "paths": {f"/{name}": value for name, value in paths.items()}}, indent=2)


FRESH = {
    "config/policies.json": '{\n  "policies": []\n}\n',
    "config/routes.oas.json": routes(hello={"get": tool()}),
}
OWN_RUNTIME = """\
// Ours, with a comment: registerMcpOAuth(runtime)
import { RuntimeExtensions } from "@zuplo/runtime";
import other from "./other";

/** export function runtimeInit(runtime) {} */
export function runtimeInit(runtime: RuntimeExtensions) {
  other(`export function ${runtime}`); // stays
}
"""
OWN_PLUGIN = """\
import { OAuthProtectedResourcePlugin, RuntimeExtensions } from "@zuplo/runtime";
// authorizationServers: ["https://comment.example/"]
export function runtimeInit(runtime: RuntimeExtensions) {
  runtime.addPlugin(new OAuthProtectedResourcePlugin({ authorizationServers: [VALUE], resourceName: "x" }));
}
"""
OTHERS: dict[str, t.Any] = {
    "policies": [
        {
            "name": "a",
            "handler": {"export": "default", "module": "$import(./modules/limit)", "options": {"n": 1.50}},
        },
        {"name": "b", "handler": {"export": "RateLimitInboundPolicy", "module": "$import(@zuplo/runtime)"}},
    ],
    "corsPolicies": [{"x": 1}],
}


def elsewhere(path: str, **options: t.Any) -> Wanted:
    """The same for another URL."""
    strings = derive("tenant.eu.auth0.com", f"https://mcp.example.com{path}")
    name = options.pop("policy_name", NAME)
    return Wanted(strings, LITERAL, name, "Ours", **options)
