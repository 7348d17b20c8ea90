# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What one playbook run and one project give to real MCP clients, through the real gateway."""

from __future__ import annotations

import socket

import pytest
import requests

from tests.gateway.clients import typescript
from tests.gateway.conftest import PLAYBOOK, Site, initialize
from tests.gateway.gateway import Gateway, GatewayFailed, build, lint
from tests.gateway.page import browser
from tests.gateway.project import POLICIES, ROUTES, create, edit_policy
from tests.gateway.seen import ClientFailed
from tests.integration.harness import content


def test_the_project_is_clean(site: Site) -> None:
    linted = lint(site.project)
    assert (linted.rc, linted.violations) == (0, [])
    built = build(site.project)
    assert built.rc == 0, built.output


def test_a_second_run_changes_no_file_and_nothing_in_the_tenant(site: Site) -> None:
    site.restore()
    before = content(site.project)
    run = site.play(PLAYBOOK, **site.variables)
    assert (run.rc, run.changed) == (0, [])
    assert content(site.project) == before
    assert site.tenant.call("GET", "/_emulator/state") == site.state


def test_the_playbook_finds_the_running_gateway_in_order(site: Site, gateway: Gateway) -> None:
    run = site.play(PLAYBOOK, mcp_gateway_deployed=True, **site.variables)
    assert (run.rc, run.changed) == (0, []), run.output
    assert site.check(gateway.project) == {}


def test_only_a_page_needs_a_cors_policy(site: Site, gateway: Gateway) -> None:
    seen = typescript(gateway.url, site.tenant.ca_path)
    assert (seen.tools, seen.answer) == (["hello"], '{"greeting":"Hello, MCP!"}')
    with pytest.raises(ClientFailed, match=r"^TypeError: Failed to fetch$"):
        browser(gateway.url, site.tenant.ca_path)


def test_a_token_of_another_api_is_refused(site: Site, gateway: Gateway) -> None:
    before = len(gateway.log)
    assert initialize(gateway.url, site.tenant.token()) == 401
    assert gateway.says('unexpected "aud" claim value', before)


def test_the_tool_itself_is_closed(gateway: Gateway) -> None:
    response = requests.post(f"{gateway.origin}/hello", json={"name": "MCP"}, timeout=10)
    assert response.status_code == 401


def test_nothing_listens_on_other_addresses(gateway: Gateway) -> None:
    for port in (gateway.port, gateway.port + 1):
        socket.create_connection(("127.0.0.1", port), 5).close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", port), 5)


def test_a_gateway_leaves_its_ports(site: Site) -> None:
    with Gateway(create(site.folder / "fresh"), site.tenant.ca_path) as gateway:
        assert requests.post(f"{gateway.origin}/hello", json={"name": "you"}, timeout=10).status_code == 200
    for port in (gateway.port, gateway.port + 1):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), 5)


def test_a_project_that_does_not_compile(site: Site) -> None:
    project = create(site.folder / "broken")
    (project / "modules" / "hello.ts").write_text("export default {", encoding="utf-8")
    built = build(project)
    assert built.rc == 1
    assert "hello.ts" in built.output
    with pytest.raises(GatewayFailed, match=r"hello\.ts"), Gateway(project, site.tenant.ca_path):
        pass


def test_the_linter_finds_what_the_gateway_would_not(site: Site) -> None:
    project = site.copy(lambda project: edit_policy(project, audience=["not", "a", "string"]))
    linted = lint(project, "error")
    assert (linted.rc, linted.rules) == (1, {"zuplo/schema-policy-options"})
    assert {violation["file"] for violation in linted.violations} == {POLICIES}
    assert ROUTES not in linted.output
