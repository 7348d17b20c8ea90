# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The sample playbook as an MCP client sees it: what one run opens, what each step is for, what teardown closes."""

from __future__ import annotations

import typing as t

import pytest
from mcp.client.auth import OAuthRegistrationError

from tests.integration.harness import Play, Tenant, task
from tests.mcp.client import LoginRefused
from tests.mcp.server import McpServer
from tests.mcp.test_login import go, publish

PLAYBOOK = "mcp_ops.oauth.mcp_server"
CHECK = "Check the Zuplo project, the gateway and the tenant"
ABSENT = "mcp_ops.oauth.mcp_server_absent"


def test_one_run_lets_clients_in_and_teardown_keeps_them_out(play: Play, tenant: Tenant, server: McpServer) -> None:
    with pytest.raises(OAuthRegistrationError):
        go(tenant, server)

    run = play(PLAYBOOK, mcp_server_url=server.url)
    assert run.rc == 0, run.output
    visit = go(tenant, server, calls=2)
    assert visit.tools == ["hello"]
    assert len(visit.answers) == 2
    # The second call came after the access token had expired.
    assert len(visit.tokens) == 2

    assert play(ABSENT, mcp_server_url=server.url).rc == 0
    with pytest.raises(LoginRefused, match="Service not found"):
        go(tenant, server)
    assert play(ABSENT, mcp_server_url=server.url, mcp_close_registration=True).rc == 0
    with pytest.raises(OAuthRegistrationError):
        go(tenant, server)


def test_the_check_says_beforehand_what_a_client_will_meet(play: Play, tenant: Tenant, server: McpServer) -> None:
    check = task("mcp_oauth_check", "check", mcp_server_url=server.url, register=True)
    assert play([check])["check"].status == "failed"
    assert play(PLAYBOOK, mcp_server_url=server.url).rc == 0
    grant = {"client_id": tenant.client_id, "audience": server.url, "subject_type": "client", "scope": []}
    tenant.api("POST", "client-grants", grant)
    step = play([check])["check"]
    assert step.status == "ok", step.result["msg"]
    assert {one["name"]: one["status"] for one in step.result["findings"] if one["status"] != "pass"} == {
        "cors": "skip",
        "cimd": "skip",
        "client_id_metadata_documents": "skip",
        "other_token": "skip",
        # The application of the emulator may not read these.
        **dict.fromkeys(["universal_login", "hooks", "mfa_policies", "network_acl"], "skip"),
        # Without project_dir.
        **dict.fromkeys(["project_route", "project_audience", "project_auth0_domain"], "skip"),
        **dict.fromkeys(["project_plugin", "project_tools", "project_tool_scopes"], "skip"),
        # No tool and no role is described.
        **dict.fromkeys(["tool_scopes", "tool_grant", "roles", "role_members", "tool_access"], "skip"),
    }
    assert go(tenant, server).tools == ["hello"]


def test_a_client_of_a_metadata_document(play: Play, tenant: Tenant, server: McpServer) -> None:
    url = publish(tenant)
    run = play(PLAYBOOK, mcp_server_url=server.url, mcp_client_registration=["cimd"], mcp_cimd_clients=[url])
    assert run.rc == 0, run.output
    assert go(tenant, server, metadata_url=url).client_id == url
    # Nobody else can register.
    with pytest.raises(OAuthRegistrationError):
        go(tenant, server)


def test_a_client_that_nobody_registered(play: Play, tenant: Tenant, server: McpServer) -> None:
    url = publish(tenant)
    options: dict[str, t.Any] = {"mcp_server_url": server.url, "mcp_client_registration": ["cimd"]}
    assert play(PLAYBOOK, **options).rc == 0
    with pytest.raises(LoginRefused, match="Unknown client"):
        go(tenant, server, metadata_url=url)
    run = play(PLAYBOOK, mcp_cimd_on_the_fly=True, **options)
    assert run.changed == ["Enable client ID metadata documents"]
    assert go(tenant, server, metadata_url=url).client_id == url


@pytest.mark.parametrize(
    ("left_out", "found", "error", "text"),
    [
        # Without the API there can be no grant for it.
        ("resource_server,client_grant", "resource_server", LoginRefused, "Service not found: {url}"),
        (
            "tenant_settings",
            "resource_parameter_profile",
            LoginRefused,
            "The userinfo audience is not allowed for third party clients",
        ),
        ("connection", "connection", LoginRefused, "no connections enabled for the client"),
        ("client_grant", "client_grant", LoginRefused, 'is not authorized to access resource server "{url}"'),
        ("client_registration", "dynamic_client_registration", OAuthRegistrationError, "Registration failed: 403"),
    ],
)
def test_every_step_is_needed(
    play: Play, tenant: Tenant, server: McpServer, left_out: str, found: str, error: type[Exception], text: str
) -> None:
    run = play(PLAYBOOK, "--skip-tags", left_out, mcp_server_url=server.url)
    # The playbook itself says so at its end.
    assert run.rc == 2
    failed = [one["name"] for one in run[CHECK].result["findings"] if one["status"] == "fail"]
    assert found in failed, run.output
    with pytest.raises(error) as caught:
        go(tenant, server)
    assert text.format(url=server.url) in str(caught.value)


def test_the_original_guide_alone_does_not_suffice(play: Play, tenant: Tenant, server: McpServer) -> None:
    run = play(PLAYBOOK, "--tags", "guide", mcp_server_url=server.url)
    assert run.rc == 0, run.output
    with pytest.raises(LoginRefused):
        go(tenant, server)
