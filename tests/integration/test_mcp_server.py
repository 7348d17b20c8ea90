# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The sample playbook, from an empty tenant to facts for the gateway."""

from __future__ import annotations

import pytest

from tests.integration.harness import DATABASE, Play, Tenant

PLAYBOOK = "mcp_ops.oauth.mcp_server"
URL = "https://mcp.example.com/mcp"
READS = ["GET resource-servers/https%3A%2F%2Fmcp.example.com%2Fmcp", "GET tenants/settings", "GET connections"]
TASKS = 8


def test_first_run_and_second_run(play: Play, tenant: Tenant) -> None:
    scopes = [{"value": "tools:read", "description": "Read"}]
    preview = play(PLAYBOOK, "--check", "--diff", mcp_server_url=URL, mcp_scopes=scopes)
    assert preview.rc == 0, preview.output
    assert preview.recap["changed"] == 3
    assert preview.calls == READS

    first = play(PLAYBOOK, "--diff", mcp_server_url=URL, mcp_scopes=scopes)
    assert first.rc == 0, first.output
    assert first.recap["changed"] == 3
    assert len(first.calls) == 7
    assert first.changed == preview.changed
    assert [step.result.get("diff") for step in first.steps] == [s.result.get("diff") for s in preview.steps]
    assert len(first.steps) == TASKS

    second = play(PLAYBOOK, mcp_server_url=URL, mcp_scopes=scopes)
    assert second.rc == 0, second.output
    assert second.recap["changed"] == 0
    assert second.calls == READS
    assert [run.logins for run in (preview, first, second)] == [1, 1, 1]

    facts = second["Emit the facts for the gateway"].result["ansible_facts"]["zuplo_mcp_oauth"]
    assert facts["audience"] == URL
    assert facts["issuer"] == f"https://{tenant.domain}/"
    assert tenant.api("GET", READS[0].removeprefix("GET "))["identifier"] == facts["audience"]
    assert tenant.call("GET", "/.well-known/openid-configuration")["issuer"] == facts["issuer"]
    assert tenant.api("GET", "tenants/settings")["flags"]["enable_dynamic_client_registration"] is True
    assert tenant.connection()["is_domain_connection"] is True


@pytest.mark.parametrize("before", range(2, TASKS + 1))
def test_killed_anywhere_it_converges(play: Play, before: int) -> None:
    killed = play(PLAYBOOK, mcp_server_url=URL, env={"RECORD_KILL_BEFORE": str(before)})
    assert killed.rc == -9
    assert len(killed.steps) == before - 1
    again = play(PLAYBOOK, mcp_server_url=URL)
    assert again.rc == 0, again.output
    done = sum(step.changed for step in killed.steps)
    assert again.recap["changed"] == 3 - done
    third = play(PLAYBOOK, mcp_server_url=URL)
    assert third.recap["changed"] == 0
    assert third.calls == READS


def test_preview_with_a_read_only_token_and_a_connection_to_come(play: Play, tenant: Tenant) -> None:
    tenant.grant("read:connections", "read:resource_servers", "read:tenant_settings")
    run = play(PLAYBOOK, "--check", "--diff", mcp_server_url=URL, mcp_connection="to-come")
    assert run.rc == 0, run.output
    assert run.recap["changed"] == 3
    assert f"It has: {DATABASE}." in run["The connection at domain level"].warnings


def test_nothing_is_written_unless_all_of_it_can_be(play: Play, tenant: Tenant) -> None:
    slash = play(PLAYBOOK, mcp_server_url=f"{URL}/")
    assert f"use '{URL}'" in slash.output
    assert slash.requests == []

    nothing = play(PLAYBOOK)
    assert "Set mcp_server_url to the public URL" in nothing.output
    nowhere = play(PLAYBOOK, mcp_server_url=URL, env={"AUTH0_DOMAIN": None})
    assert "AUTH0_DOMAIN to the host name of the tenant" in nowhere.output

    tenant.grant("read:connections", "read:resource_servers", "read:tenant_settings", "create:resource_servers")
    poor = play(PLAYBOOK, mcp_server_url=URL)
    assert poor.rc == 2
    assert poor.calls == []
