# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The variable `mcp_clients`: what one run does for the MCP clients that are named, and whom it names that stay out.

`tests/gateway` has the real clients that get in then.
"""

from __future__ import annotations

import functools
import json
import typing as t

import pytest

from tests.integration import harness
from tests.integration.harness import Play, Run, Tenant
from tests.integration.test_auth0_cimd_client import publish
from tests.integration.test_mcp_server import CHANGES, CHECK, DOCUMENTS, PLANNED, PLAYBOOK, PREFLIGHT, URL

BY_HAND = "Register an application for each MCP client that is registered by hand"
REGISTER = "Register the applications of the metadata documents"
ADVERTISED = "client_id_metadata_document_supported"


def finding(run: Run) -> tuple[str, str]:
    """Status and text of the finding `clients` of the check at the end."""
    (found,) = (one for one in run[CHECK].result["findings"] if one["name"] == "clients")
    return found["status"], found["seen"]


def test_the_tenant_gets_what_the_clients_need_and_no_more(play: Play, tenant: Tenant) -> None:
    url = publish(tenant)
    clients = [{"claude_code": url}, {"mcp_remote": "by_hand"}]
    preview = play(PLAYBOOK, "--check", mcp_server_url=URL, mcp_clients=clients)
    assert preview.rc == 0, preview.output
    first = play(PLAYBOOK, mcp_server_url=URL, mcp_clients=clients)
    assert first.rc == 0, first.output
    # What lets clients in comes last; documents are registered before the tenant says that it supports them.
    assert first.changed == preview.changed == [*CHANGES[:4], BY_HAND, REGISTER, DOCUMENTS]
    settings = tenant.api("GET", "tenants/settings")
    assert settings[ADVERTISED] is True
    assert "enable_dynamic_client_registration" not in settings["flags"]
    assert finding(first) == ("pass", "Claude Code and mcp-remote can register")
    listed = {one["name"]: one for one in tenant.api("GET", "clients?is_first_party=false")}
    by_hand = listed["mcp-remote (MCP)"]
    assert by_hand["callbacks"] == ["http://localhost:9696/oauth/callback"]
    assert by_hand["token_endpoint_auth_method"] == "none"
    assert f"mcp-remote (MCP), client_id {by_hand['client_id']}" in first.output

    second = play(PLAYBOOK, mcp_server_url=URL, mcp_clients=clients)
    assert (second.rc, second.changed) == (0, [])
    # The application by hand and the document cost a read each, in the preflight and in the task.
    assert second[BY_HAND].calls == ["GET clients"]
    assert second[REGISTER].calls == ["GET clients"]
    assert second[PREFLIGHT].calls == [*PLANNED[:4], "GET clients", "GET clients", PLANNED[4]]
    assert [call for call in second.calls if not call.startswith("GET")] == []


def test_clients_that_the_tenant_refuses_are_named_before_and_after(play: Play, tenant: Tenant) -> None:
    tenant.api("PATCH", "tenants/settings", {ADVERTISED: True})
    named = play(PLAYBOOK, "--check", mcp_server_url=URL, mcp_clients=[{"claude_code": "dcr"}, "chatgpt", "cursor"])
    assert named.rc == 2
    for title in ("Claude Code", "ChatGPT"):
        assert f"mcp_clients: {title} is refused, since its metadata document is not registered" in named.output
    assert "mcp_clients: Cursor" not in named.output

    # What no step of the run plans, is as it is in the tenant.
    part = play(PLAYBOOK, "--check", "--tags", "guide", mcp_server_url=URL, mcp_clients=["gemini_cli"])
    assert part.rc == 2
    assert "mcp_clients: Gemini CLI is refused, since it demands the response parameter iss" in part.output

    # Without names it is not known whether anybody uses them.
    unnamed = play(PLAYBOOK, "--check", mcp_server_url=URL)
    assert unnamed.rc == 0, unnamed.output
    assert "Auth0 refuses Claude Code, " in unnamed[PREFLIGHT].warnings
    run = play(PLAYBOOK, mcp_server_url=URL)
    assert run.rc == 0, run.output
    assert run[PREFLIGHT].warnings == unnamed[PREFLIGHT].warnings
    status, seen = finding(run)
    assert status == "warn"
    assert "VS Code" in seen
    assert "Cursor" not in seen


def test_documents_take_the_way_from_clients_that_register_themselves(play: Play, tenant: Tenant) -> None:
    url = publish(tenant)
    assert play(PLAYBOOK, mcp_server_url=URL).rc == 0
    options: dict[str, t.Any] = {"mcp_server_url": URL, "mcp_clients": [{"claude_code": url}, "cursor"]}
    refused = play(PLAYBOOK, mcp_refuse_impact=True, **options)
    assert refused.rc == 2
    assert "refuse_impact: With metadata documents, Auth0 refuses " in refused.output
    assert "Codex" in refused.output
    assert [call for call in refused.calls if not call.startswith("GET ") and "preview" not in call] == []
    run = play(PLAYBOOK, **options)
    assert (run.rc, run.changed) == (0, [REGISTER, DOCUMENTS])
    assert "With metadata documents, Auth0 refuses " in run[PREFLIGHT].warnings


# A way of each kind: `{document}` stands for a document that is published.
EACH_WAY: dict[str, dict[str, t.Any]] = {
    "document": {"mcp_clients": [{"claude_code": "{document}"}]},
    "registers itself": {"mcp_clients": ["mcp_remote"]},
    "document and registers itself": {"mcp_clients": [{"claude_code": "{document}"}, "mcp_remote"]},
    "on the fly": {"mcp_clients": [{"claude_code": "{document}"}], "mcp_cimd_on_the_fly": True},
    "by hand": {"mcp_clients": [{"mcp_remote": "by_hand"}]},
    "no name": {},
}


@pytest.mark.parametrize("way", EACH_WAY)
def test_a_second_run_changes_nothing(play: Play, tenant: Tenant, way: str) -> None:
    text = json.dumps({"mcp_server_url": URL, **EACH_WAY[way]}).replace("{document}", publish(tenant))
    first, second = play(PLAYBOOK, **json.loads(text)), play(PLAYBOOK, **json.loads(text))
    assert first.rc == second.rc == 0, first.output + second.output
    assert first.changed
    assert second.changed == []
    assert [call for call in second.calls if not call.startswith("GET")] == []


def test_the_check_names_each_client_that_is_refused(play: Play, tenant: Tenant) -> None:
    tenant.api("PATCH", "tenants/settings", {ADVERTISED: True})
    check = functools.partial(harness.task, "mcp_oauth_check", mcp_server_url=URL, fail_on_findings=False)
    run = play(
        [
            check("refused", mcp_clients=["chatgpt", {"claude_code": "dcr"}, "cursor"]),
            check("by hand", mcp_clients=[{"cursor": "by_hand"}]),
        ]
    )
    for name, titles in (("refused", ("ChatGPT", "Claude Code", "Cursor")), ("by hand", ("Cursor",))):
        (found,) = (one for one in run[name].result["findings"] if one["name"] == "clients")
        assert found["status"] == "fail"
        assert all(title in found["seen"] for title in titles), found


def test_what_can_be_known_to_fail_is_said_before_anything_is_sent(play: Play, tenant: Tenant) -> None:
    misspelt = play(PLAYBOOK, mcp_server_url=URL, mcp_clients=["claude-code"])
    assert misspelt.rc == 2
    assert "Did you mean claude_code?" in misspelt.output
    lacking = play(PLAYBOOK, mcp_server_url=URL, mcp_clients=["claude_code"], mcp_client_registration=["dcr"])
    assert lacking.rc == 2
    assert "mcp_client_registration lacks cimd, which mcp_clients" in lacking.output
    assert misspelt.requests == lacking.requests == []
