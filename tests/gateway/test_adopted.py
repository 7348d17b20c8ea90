# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A project that somebody has set up after the gateway vendor's guide: taken over, moved, opened to browsers, restored.

The guide names the authorization server without the slash that the issuer has.
"""

from __future__ import annotations

import json
import typing as t
from functools import partial
from pathlib import Path

import pytest
import requests

from tests.gateway.conftest import Gateways, Site, initialize
from tests.gateway.gateway import build, lint
from tests.gateway.kinds import LIBRARY, WORKS, policy
from tests.gateway.project import POLICIES, ROUTES, RUNTIME, create
from tests.gateway.test_kinds import Tenancy, outcome, refused, replace_all, sources
from tests.integration.harness import Run, task

GUIDE = """\
import {{ RuntimeExtensions, OAuthProtectedResourcePlugin }} from "@zuplo/runtime";

export function runtimeInit(runtime: RuntimeExtensions) {{
  runtime.addPlugin(
    new OAuthProtectedResourcePlugin({{
      authorizationServers: ["https://{domain}"],
      resourceName: "As in the guide",
    }}),
  );
}}
"""
PAGE = "https://inspector.example"
OURS, MADE, MOVED = "/ours", "/made", "/moved"
MCP_GATEWAY = "$import(@zuplo/runtime/mcp-gateway)"
Put = t.Callable[[Path], None]


def guide(project: Path, domain: str, url: str) -> Path:
    create(project)
    auth0: dict[str, t.Any] = {"auth0Domain": domain, "audience": url, "oAuthResourceMetadataEnabled": True}
    document = {"policies": [policy("auth0-jwt-auth-inbound", "Auth0JwtInboundPolicy", **auth0)]}
    (project / POLICIES).write_text(json.dumps(document, indent=2))
    (project / RUNTIME).write_text(GUIDE.format(domain=domain))
    add_server(project, "auth0-jwt-auth-inbound")
    return project


def add_server(project: Path, inbound: str) -> None:
    routes = json.loads((project / ROUTES).read_text())
    options = {"name": "ours", "version": "1.0.0", "operations": [{"file": f"./{ROUTES}", "id": "hello"}]}
    route = {
        "corsPolicy": "none",
        "handler": {"export": "mcpServerHandler", "module": LIBRARY, "options": options},
        "policies": {"inbound": [inbound]},
    }
    routes["paths"][OURS] = {"post": {"operationId": "ours", "x-zuplo-route": route}}
    (project / ROUTES).write_text(json.dumps(routes))


class Adopted:
    """The project before the run, after it, and after another one for another URL."""

    def __init__(self, site: Site) -> None:
        origin = site.url.removesuffix("/mcp")
        self.urls = {path: f"{origin}{path}" for path in (OURS, MADE, MOVED)}
        self.site = site
        self.tenancy = Tenancy(site, self.urls.values())
        self.before = guide(site.folder / "guide", site.tenant.domain, self.urls[OURS])
        self.first = self._run(self.before, "guide-first", self._present(OURS), self._present(MADE))
        self.second = self._run(
            self.first,
            "guide-second",
            self._present(MADE, MOVED, resource_name="Renamed", cors_policy="anything-goes"),
        )
        # Stays the same for one gateway to serve all its tests.
        self.edits: dict[str, Put] = {
            name: partial(replace_all, source=getattr(self, name)) for name in ("before", "first", "second")
        }

    def _present(self, name: str, path: str | None = None, **options: t.Any) -> dict[str, t.Any]:
        if name == MADE:
            options |= {"policy_name": "made-inbound", "operations": [{"id": "hello"}]}
        return task("zuplo_mcp_oauth", name, mcp_server_url=self.urls[path or name], **options)

    def _run(self, source: Path, folder: str, *tasks: dict[str, t.Any]) -> Path:
        project = self.site.folder / folder
        project.mkdir()
        replace_all(project, source)
        for one in tasks:
            one["mcp_ops.oauth.zuplo_mcp_oauth"]["project_dir"] = str(project)
        run = self.site.play(list(tasks))
        assert run.changed == [one["name"] for one in tasks], run.output
        assert self.site.play(list(tasks)).changed == []
        return project

    def check(self, path: str, project: Path) -> Run:
        options: dict[str, t.Any] = {"project_dir": str(project), "gateway_deployed": True, "browser_origin": PAGE}
        options["fail_on_findings"] = False
        return self.site.play([task("mcp_oauth_check", "check", mcp_server_url=self.urls[path], **options)])

    def outcome(self, path: str) -> str:
        self.tenancy.restore()
        return outcome(self.urls[path], self.site.tenant.ca_path)


@pytest.fixture(scope="module")
def adopted(site: Site) -> Adopted:
    return Adopted(site)


def preflight(url: str) -> requests.Response:
    headers = {
        "Origin": PAGE,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,mcp-protocol-version",
    }
    return requests.options(url, headers=headers, timeout=10)


def failing(run: Run) -> dict[str, str]:
    found = run["check"].result["findings"]
    return {one["name"]: one["status"] for one in found if one["status"] == "fail"}


def test_a_guide_without_the_slash_lets_no_client_in(adopted: Adopted, gateways: Gateways) -> None:
    gateways.open(adopted.edits["before"])
    assert adopted.outcome(OURS).startswith("OAuthFlowError: Authorization server metadata issuer mismatch")
    # Though the gateway itself is right.
    assert initialize(adopted.urls[OURS], adopted.tenancy.token(adopted.urls[OURS])) == 200


def test_the_same_registration_with_the_slash_lets_them_in(adopted: Adopted, gateways: Gateways) -> None:
    gateway = gateways.open(adopted.edits["first"])
    before, after = ((one / RUNTIME).read_text() for one in (adopted.before, adopted.first))
    server = f"https://{adopted.site.tenant.domain}"
    assert after == before.replace(f'"{server}"', f'"{server}/"')
    for path in (OURS, MADE):
        assert adopted.outcome(path) == WORKS
        assert requests.post(adopted.urls[path], json={}, timeout=10).status_code == 401
    # No page of a browser, unless somebody wants that.
    assert "access-control-allow-origin" not in preflight(adopted.urls[MADE]).headers
    assert failing(adopted.check(MADE, gateway.project)) == {"cors": "fail"}


def test_a_url_that_has_moved_a_new_name_and_browsers(adopted: Adopted, gateways: Gateways) -> None:
    gateway = gateways.open(adopted.edits["second"])
    assert requests.post(adopted.urls[MADE], json={}, timeout=10).status_code == 404
    assert requests.post(adopted.urls[MOVED], json={}, timeout=10).status_code == 401
    for path in (OURS, MOVED):
        assert adopted.outcome(path) == WORKS
        metadata = requests.get(f"{gateway.origin}/.well-known/oauth-protected-resource{path}", timeout=10).json()
        assert (metadata["resource"], metadata["resource_name"]) == (adopted.urls[path], "Renamed")
    answer = preflight(adopted.urls[MOVED])
    assert answer.headers["access-control-allow-origin"] in (PAGE, "*")
    assert "authorization" in answer.headers["access-control-allow-headers"].lower()
    assert failing(adopted.check(MOVED, gateway.project)) == {}
    assert failing(adopted.check(OURS, gateway.project)) == {"cors": "fail"}


def test_absent_gives_the_guide_back(adopted: Adopted, tmp_path: Path) -> None:
    before = lint(adopted.before, "error")
    for number, source in enumerate((adopted.first, adopted.second)):
        built = build(source)
        assert built.rc == 0, built.output
        assert lint(source, "error").rules == before.rules
        project = tmp_path / str(number)
        project.mkdir()
        replace_all(project, source)
        gone = [
            task("zuplo_mcp_oauth", name, state="absent", policy_name=name, project_dir=str(project))
            for name in ("made-inbound", "auth0-jwt-auth-inbound")
        ]
        run = adopted.site.play(gone)
        assert all(step.status == "ok" for step in run.steps), run.output
        assert sources(project) == sources(adopted.before)
    assert build(project).rc == 0


def test_a_project_of_the_mcp_gateway_is_left_alone(site: Site, tmp_path: Path) -> None:
    project = create(tmp_path / "project")
    options = {"auth0Domain": "tenant.eu.auth0.com", "clientId": "a", "clientSecret": "b"}
    theirs = policy("managed", "McpAuth0OAuthInboundPolicy", code=MCP_GATEWAY, **options)
    (project / POLICIES).write_text(json.dumps({"policies": [theirs]}))
    add_server(project, "managed")
    built = build(project)
    assert built.rc == 0, built.output
    site.restore()
    new = {"mcp_server_url": site.url, "mcp_zuplo_operations": [{"id": "hello"}]}
    for variables in ({"mcp_server_url": site.url.replace("/mcp", OURS)}, new):
        assert "has the policy managed of the MCP Gateway at POST /ours" in refused(site, project, **variables)
