# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Projects that have a life of their own: the linter and the compiler take them after each edit, and get them back."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest

from tests.gateway.conftest import Site
from tests.gateway.gateway import build, lint
from tests.gateway.project import POLICIES, ROUTES, RUNTIME, create
from tests.integration.harness import content, task

LIMIT = {
    "name": "rate-limit",
    "policyType": "rate-limit-inbound",
    "handler": {
        "export": "RateLimitInboundPolicy",
        "module": "$import(@zuplo/runtime)",
        "options": {"rateLimitBy": "ip", "requestsAllowed": 10, "timeWindowMinutes": 1},
    },
}
INIT = """\
// What we do first. Not: export function runtimeInit(runtime) {
import { RuntimeExtensions } from "@zuplo/runtime";

export function runtimeInit(runtime: RuntimeExtensions) {
  /* "nothing" yet */ runtime.addRequestHook((request) => request); // `done`
}
"""


def lived_in(project: Path) -> None:
    """A policy, a runtimeInit, and a route with that policy, in a hand of its own."""
    (project / POLICIES).write_text(json.dumps({"policies": [LIMIT]}, indent="\t").replace("\n", "\r\n"), newline="")
    (project / RUNTIME).write_text(INIT)
    routes = json.loads((project / ROUTES).read_text())
    routes["paths"]["/hello"]["post"]["x-zuplo-route"]["policies"]["inbound"] = ["rate-limit"]
    (project / ROUTES).write_text(json.dumps(routes, indent=4, ensure_ascii=False))


def own_route(project: Path) -> None:
    """The same, with an MCP route that somebody has written."""
    lived_in(project)
    routes = json.loads((project / ROUTES).read_text())
    operations = [{"file": f"./{ROUTES}", "id": "hello"}]
    routes["paths"]["/mcp"] = {
        "post": {
            "operationId": "ours",
            "summary": "Ours",
            "description": "Ours.",
            "tags": ["Ours"],
            "x-zuplo-route": {
                "label": "Ours",
                "corsPolicy": "none",
                "handler": {
                    "export": "mcpServerHandler",
                    "module": "$import(@zuplo/runtime)",
                    "options": {"name": "ours", "version": "2.0.0", "operations": operations},
                },
                "policies": {"inbound": ["rate-limit"]},
            },
            "responses": {"200": {"description": "Ours"}},
        }
    }
    (project / ROUTES).write_text(json.dumps(routes, indent=4))


PROJECTS: dict[str, tuple[t.Callable[[Path], None], dict[str, t.Any]]] = {
    "lived in": (lived_in, {"operations": [{"id": "hello"}]}),
    "with a route of its own": (own_route, {"attach_to_tools": True}),
    "with variables": (
        lived_in,
        {"operations": [{"id": "hello"}], "issuer_domain_env": "AUTH0_DOMAIN", "mcp_host_env": "MCP_HOST"},
    ),
}


def sources(project: Path) -> dict[str, dict[str, bytes]]:
    return {name: content(project / name) for name in ("config", "modules")}


@pytest.mark.parametrize("name", PROJECTS)
def test_the_gateway_takes_it_after_each_edit(site: Site, tmp_path: Path, name: str) -> None:
    prepare, options = PROJECTS[name]
    project = create(tmp_path / "project")
    prepare(project)
    before = sources(project)
    taken(project)
    present = task("zuplo_mcp_oauth", "present", mcp_server_url=site.url, project_dir=str(project), **options)
    # One more MCP server of the same tenant. Its tool cannot be guarded for both.
    options = {**options, "policy_name": "other-inbound", "operations": [{"id": "hello"}], "attach_to_tools": False}
    url = site.url.replace("/mcp", "/other")
    other = task("zuplo_mcp_oauth", "other", mcp_server_url=url, project_dir=str(project), **options)
    assert site.play([present, other]).changed == ["present", "other"]
    taken(project)
    assert site.play([present, other]).changed == []
    gone = [
        task("zuplo_mcp_oauth", label, state="absent", policy_name=policy, project_dir=str(project))
        for label, policy in (("one", "mcp-oauth-inbound"), ("all", "other-inbound"))
    ]
    assert site.play(gone[:1]).changed == ["one"]
    taken(project)
    assert site.play(gone).changed == ["all"]
    assert sources(project) == before


def taken(project: Path) -> None:
    linted = lint(project, "error")
    assert linted.rc == 0, linted.output
    built = build(project)
    assert built.rc == 0, built.output
