# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A Zuplo project with one tool: as a user has it, as the gateway needs it, and with one thing in it changed."""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path

from tests.gateway.install import installed

POLICIES = "config/policies.json"
ROUTES = "config/routes.oas.json"
MCP_ROUTES = "config/mcp.oas.json"
RUNTIME = "modules/zuplo.runtime.ts"
PLUGIN = "modules/mcp-oauth.ts"

HELLO = """\
import { ZuploContext, ZuploRequest } from "@zuplo/runtime";

export default async function (request: ZuploRequest, context: ZuploContext) {
  const { name } = await request.json();
  return { greeting: `Hello, ${name}!` };
}
"""


def _write(project: Path, name: str, content: t.Any) -> None:
    file = project / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content if isinstance(content, str) else json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _read(project: Path, name: str) -> t.Any:
    return json.loads((project / name).read_text(encoding="utf-8"))


def _document(title: str, path: str, operation: dict[str, t.Any]) -> dict[str, t.Any]:
    return {"openapi": "3.1.0", "info": {"title": title, "version": "1.0.0"}, "paths": {path: {"post": operation}}}


def _operation(identifier: str, summary: str, tag: str, route: dict[str, t.Any]) -> dict[str, t.Any]:
    return {
        "operationId": identifier,
        "summary": summary,
        "description": f"{summary}.",
        "tags": [tag],
        "x-zuplo-route": {"label": summary, "corsPolicy": "none", **route},
        "responses": {"200": {"description": "The answer"}},
    }


def create(project: Path) -> Path:
    """Write a project that knows nothing of MCP yet: one route, the operation `hello`, open to everyone."""
    compiler = {
        "module": "ESNext",
        "target": "ES2022",
        "moduleResolution": "Bundler",
        "noEmit": True,
        "lib": ["ESNext", "WebWorker", "Webworker.Iterable"],
    }
    name = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
    handler = {"export": "default", "module": "$import(./modules/hello)"}
    hello = _operation("hello", "Greets somebody", "Tools", {"handler": handler, "policies": {"inbound": []}})
    hello["requestBody"] = {"required": True, "content": {"application/json": {"schema": name}}}
    files: dict[str, t.Any] = {
        "package.json": {"name": "example", "private": True, "devDependencies": {"zuplo": installed("zuplo")}},
        "zuplo.jsonc": {"version": 1, "compatibilityDate": "2025-02-06", "projectType": "managed-dedicated"},
        "zuplo.lint.jsonc": {
            "extends": ["zuplo:recommended"],
            "failOn": "warn",
            "rules": {"zuplo/schema-policy-options": "error"},
        },
        "tsconfig.json": {
            "include": ["modules/**/*", ".zuplo/**/*", "tests/**/*"],
            "exclude": ["./node_modules", "./dist"],
            "compilerOptions": compiler,
        },
        POLICIES: {"policies": []},
        ROUTES: _document("Example", "/hello", hello),
        "modules/hello.ts": HELLO,
    }
    for name_, content in files.items():
        _write(project, name_, content)
    return project


def edit_policy(project: Path, **options: t.Any) -> None:
    """Change options of the policy; one that is None is taken away."""
    policies = _read(project, POLICIES)
    given = policies["policies"][0]["handler"]["options"]
    given.update(options)
    policies["policies"][0]["handler"]["options"] = {key: value for key, value in given.items() if value is not None}
    _write(project, POLICIES, policies)


def guard_tool(project: Path, audience: str) -> None:
    """Another policy in the place of the tool's own, for another audience."""
    policies = _read(project, POLICIES)
    other = json.loads(json.dumps({**policies["policies"][0], "name": "other-inbound"}))
    other["handler"]["options"]["audience"] = audience
    _write(project, POLICIES, {"policies": [*policies["policies"], other]})
    routes = _read(project, ROUTES)
    routes["paths"]["/hello"]["post"]["x-zuplo-route"]["policies"]["inbound"] = ["other-inbound"]
    _write(project, ROUTES, routes)


def edit_plugin(project: Path, **options: t.Any) -> None:
    """Change options of the plugin."""
    file = project / PLUGIN
    code = file.read_text(encoding="utf-8")
    found = re.search(r"OAuthProtectedResourcePlugin\((\{.*?\})\)", code, re.DOTALL)
    assert found is not None
    changed = {**json.loads(found[1]), **options}
    file.write_text(code[: found.start(1)] + json.dumps(changed) + code[found.end(1) :], encoding="utf-8")


def drop_plugin(project: Path) -> None:
    """Nothing registers the plugin any more."""
    (project / RUNTIME).write_text("export function runtimeInit() {}\n", encoding="utf-8")


def detach_policy(project: Path, name: str) -> None:
    """Take the policies off the routes of a file."""
    routes = _read(project, name)
    for path in routes["paths"].values():
        for operation in path.values():
            operation["x-zuplo-route"]["policies"]["inbound"] = []
    _write(project, name, routes)
