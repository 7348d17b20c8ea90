# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Kinds of MCP servers that people have in their projects, all in one project, and what comes of each in a run."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

from tests.gateway.project import HELLO, POLICIES, RUNTIME, create

LIBRARY = "$import(@zuplo/runtime)"
TOOL, PROMPT, RESOURCE = "hello", "ask", "read"
# Not registered: only the import is there.
UNUSED = """\
import { OAuthProtectedResourcePlugin, RuntimeExtensions } from "@zuplo/runtime";

export function runtimeInit(runtime: RuntimeExtensions) {
  // runtime.addPlugin(new OAuthProtectedResourcePlugin({})), as soon as we have an issuer
}
"""
NOBODY = """\
import { ZuploContext, ZuploRequest } from "@zuplo/runtime";

export default async function (request: ZuploRequest, context: ZuploContext) {
  return new Response("Not today", { status: 401 });
}
"""
WORKS = "works"
REFUSED = "^MCPError: Server returned an error response$"


def by_operations(file: str) -> dict[str, t.Any]:
    return {"operations": [{"file": f"./{file}", "id": TOOL}]}


def by_files(file: str) -> dict[str, t.Any]:
    return {"files": [{"path": f"./{file}", "operationIds": [TOOL]}]}


def by_older_options(file: str) -> dict[str, t.Any]:
    named = {"files": TOOL, "prompts": PROMPT, "resources": RESOURCE}
    return {option: [{"path": f"./{file}", "operationIds": [name]}] for option, name in named.items()}


def by_paths(file: str) -> dict[str, t.Any]:
    return {"openApiFilePaths": [{"filePath": f"./{file}"}]}


@dataclass(frozen=True)
class Kind:
    """An MCP server in a routes file of its own, with its tool `hello`; `forwards` tells that it is behind the route.

    `inbound` and `tool` are the policies before the MCP route and before the tool. `before` are the statuses that a
    client gets without a token and with one of the tenant for this server, before the run. `refused` and `warned` are
    patterns of what a run says with `options`. `after` is the outcome of a real client, WORKS or a pattern, and
    `closed` is false where callers without a token get in all the same. `found` are the findings of a check that do not
    pass, with their status.
    """

    server: t.Callable[[str], dict[str, t.Any]] = by_operations
    key: str = "post"
    forwards: bool = False
    inbound: t.Sequence[str] = ()
    tool: t.Sequence[str] = ()
    tool_is_route: bool = True
    before: tuple[int, int] = (200, 200)
    options: t.Mapping[str, t.Any] = field(default_factory=lambda: {"attach_to_tools": True})
    refused: str = ""
    warned: str = ""
    after: str = WORKS
    closed: bool = True
    found: t.Mapping[str, str] = field(default_factory=dict)


ALONE: dict[str, t.Any] = {}
"""Options of a run that leaves the tool to itself."""

KINDS: dict[str, Kind] = {
    # This handler answers no other method, and a request to its route is an error for ever.
    "server-with-methods": Kind(
        key="get,post",
        before=(500, 500),
        refused="the MCP server GET,POST /server-with-methods. mcpServerHandler answers every request with an error",
    ),
    "several-methods": Kind(key="get,post", forwards=True),
    "capital-methods": Kind(key="POST"),
    "files": Kind(by_files),
    "older-options": Kind(by_older_options),
    "paths": Kind(
        by_paths,
        warned=r"POST /paths \(config/paths.oas.json\) has no tools: the gateway does not read openApiFilePaths",
        after="hello",
        found={"project_tools": "fail"},
    ),
    "forwarded-tool": Kind(
        tool_is_route=False,
        refused="has the operation POST /forwarded-tool/hello without an object x-zuplo-route",
    ),
    "group": Kind(inbound=("group",), before=(401, 200)),
    "group-with-keys": Kind(
        inbound=("group-with-keys",),
        before=(401, 401),
        refused="at POST /group-with-keys: the policy keys accepts only API keys in the header Authorization",
    ),
    "keys": Kind(
        inbound=("keys",),
        before=(401, 401),
        refused="at POST /keys: the policy keys accepts only API keys in the header Authorization",
    ),
    "tool-with-keys": Kind(
        tool=("keys",),
        refused="let nobody in at the tool POST /tool-with-keys/hello: the policy keys accepts only API keys",
    ),
    "tool-with-keys-alone": Kind(
        tool=("keys",),
        options=ALONE,
        warned="tool POST /tool-with-keys-alone/hello .*refuses MCP clients: the policy keys accepts only API keys",
        after="^answered: .*Unauthorized",
        found={"project_tools": "fail"},
    ),
    "other-issuer": Kind(
        inbound=("other-issuer",),
        before=(401, 401),
        refused="at POST /other-issuer: the policy other-issuer has the issuer 'https://elsewhere.example/'",
    ),
    "same-issuer": Kind(inbound=("same-issuer",), before=(401, 200)),
    "own-code": Kind(
        inbound=("nobody",),
        before=(401, 401),
        warned="At POST /own-code .*the policy nobody is code of the project's own[.] MCP clients may be refused",
        after=REFUSED,
        found={"project_route": "warn", "own_token": "fail"},
    ),
    "anybody": Kind(
        inbound=("anybody",),
        options=ALONE,
        warned="At POST /anybody .*the policy anybody has allowUnauthenticatedRequests, so it lets everybody in",
        closed=False,
        found={"project_route": "fail", "unauthorized": "fail", "project_tools": "warn"},
    ),
    "variable": Kind(
        inbound=("variable",),
        before=(401, 200),
        warned="The policy variable takes its audience from the gateway's environment variable AUDIENCE",
        found={"project_audience": "warn"},
    ),
    "tool-with-variable": Kind(
        tool=("tool-with-variable",),
        options=ALONE,
        warned="tool POST /tool-with-variable/hello .*may refuse MCP clients: the policy tool-with-variable takes its "
        "audience from the gateway's environment",
        found={"project_tools": "warn"},
    ),
}
ACCEPTED = [name for name, kind in KINDS.items() if not kind.refused]
REFUSED_KINDS = [name for name, kind in KINDS.items() if kind.refused]


def file_of(name: str) -> str:
    return f"config/{name}.oas.json"


def policy(name: str, export: str, /, *, code: str = LIBRARY, **options: t.Any) -> dict[str, t.Any]:
    handler = {"export": export, "module": code, "options": options}
    return {"name": name, "policyType": "custom-code-inbound", "handler": handler}


def policies(domain: str, urls: t.Mapping[str, str]) -> list[dict[str, t.Any]]:
    """What the kinds name; `urls` are those of the MCP servers."""
    issuer = f"https://{domain}/"
    keys = f"{issuer}.well-known/jwks.json"
    auth0: dict[str, t.Any] = {"auth0Domain": domain, "oAuthResourceMetadataEnabled": True}
    return [
        policy("limit", "RateLimitInboundPolicy", rateLimitBy="ip", requestsAllowed=1000, timeWindowMinutes=1),
        policy("keys", "ApiKeyInboundPolicy", bucketName="ours"),
        policy("group", "CompositeInboundPolicy", policies=["limit", "group-auth"]),
        policy("group-auth", "Auth0JwtInboundPolicy", **auth0, audience=urls["group"]),
        policy("group-with-keys", "CompositeInboundPolicy", policies=["limit", "keys"]),
        policy(
            "other-issuer",
            "OpenIdJwtInboundPolicy",
            issuer="https://elsewhere.example/",
            audience=urls["other-issuer"],
            jwkUrl=keys,
        ),
        policy("same-issuer", "OpenIdJwtInboundPolicy", issuer=issuer, audience=urls["same-issuer"], jwkUrl=keys),
        policy("nobody", "default", code="$import(./modules/nobody)"),
        policy(
            "anybody", "Auth0JwtInboundPolicy", **auth0, audience=urls["anybody"], allowUnauthenticatedRequests=True
        ),
        policy("variable", "Auth0JwtInboundPolicy", **auth0, audience="$env(AUDIENCE)"),
        policy("tool-with-variable", "Auth0JwtInboundPolicy", **auth0, audience="$env(TOOL_AUDIENCE)"),
    ]


def routes(name: str, kind: Kind, url: str) -> dict[str, t.Any]:
    """The routes file of a kind."""
    options = {"name": name, "version": "1.0.0", **kind.server(file_of(name))}
    handler = {"export": "mcpServerHandler", "module": LIBRARY, "options": options}
    paths = {f"/{name}": {kind.key: _operation("server", handler, kind.inbound)}}
    if kind.forwards:
        onwards = {"export": "urlRewriteHandler", "module": LIBRARY, "options": {"rewritePattern": f"{url}/server"}}
        paths = {
            f"/{name}": {kind.key: _operation("onwards", onwards, kind.inbound)},
            f"/{name}/server": {"post": _operation("server", handler, ())},
        }
    own = {"export": "default", "module": "$import(./modules/hello)"}
    paths[f"/{name}/hello"] = {"post": _operation(TOOL, own, kind.tool)}
    properties = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
    tool = paths[f"/{name}/hello"]["post"]
    tool["requestBody"] = {"required": True, "content": {"application/json": {"schema": properties}}}
    if not kind.tool_is_route:
        del tool["x-zuplo-route"]
    if kind.server is by_older_options:
        for identifier, of_kind, method in ((PROMPT, "prompt", "post"), (RESOURCE, "resource", "get")):
            said = {"export": "default", "module": "$import(./modules/said)"}
            operation = _operation(identifier, said, ())
            operation["x-zuplo-route"]["mcp"] = {"type": of_kind}
            paths[f"/{name}/{identifier}"] = {method: operation}
    servers = [{"url": "http://127.0.0.1:1"}]
    return {"openapi": "3.1.0", "info": {"title": name, "version": "1.0.0"}, "servers": servers, "paths": paths}


def _operation(identifier: str, handler: dict[str, t.Any], inbound: t.Sequence[str]) -> dict[str, t.Any]:
    return {
        "operationId": identifier,
        "summary": "What we have",
        "description": "What we have.",
        "tags": ["Ours"],
        "x-zuplo-route": {
            "label": "What we have",
            "corsPolicy": "none",
            "handler": handler,
            "policies": {"inbound": list(inbound)},
        },
        "responses": {"200": {"description": "The answer"}},
    }


def create_kinds(project: Path, domain: str, urls: t.Mapping[str, str], key_service: str) -> Path:
    """The project with all kinds; `key_service` is where the gateway asks about API keys."""
    create(project)
    texts = {
        RUNTIME: UNUSED,
        "modules/nobody.ts": NOBODY,
        "modules/said.ts": HELLO.replace("await request.json()", '{ name: "you" }'),
        POLICIES: json.dumps({"policies": policies(domain, urls)}, indent=4),
        ".env": f"AUDIENCE={urls['variable']}\nTOOL_AUDIENCE={urls['tool-with-variable']}\n"
        f"__ZUPLO_EDGE_API_URL={key_service}\n__ZUPLO_AUTH_API_JWT=none\n",
        **{file_of(name): json.dumps(routes(name, kind, urls[name]), indent=1) for name, kind in KINDS.items()},
    }
    for name, text in texts.items():
        (project / name).write_text(text, encoding="utf-8")
    return project
