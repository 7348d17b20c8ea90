# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Secrets stay out of everything that a user or a log file could see."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.integration.harness import DATABASE, Play, Tenant

URL = "https://mcp.example.com/mcp"


def leaks(text: str, tenant: Tenant) -> list[str]:
    """The secrets that a text holds: the client's, and whatever looks like a part of a token."""
    return re.findall(rf"{re.escape(tenant.client_secret)}|eyJ[\w-]{{16,}}", text)


def test_at_the_highest_verbosity(play: Play, tenant: Tenant, tmp_path: Path) -> None:
    log = tmp_path / "ansible.log"
    run = play("mcp_ops.oauth.mcp_server", "-vvvvv", "--diff", mcp_server_url=URL, env={"ANSIBLE_LOG_PATH": str(log)})
    assert run.rc == 0
    assert leaks(run.output, tenant) == []
    assert leaks(log.read_text(), tenant) == []


def test_in_failures(play: Play, tenant: Tenant) -> None:
    token = tenant.token()
    options = {"auth_client_secret": tenant.client_secret, "auth_access_token": token}
    tasks = [
        {"mcp_ops.oauth.auth0_connection_domain": {"name": "none", **options}, "ignore_errors": True},
        {"mcp_ops.oauth.auth0_connection_domain": {"name": DATABASE, "nam": 1, **options}, "ignore_errors": True},
        {"mcp_ops.oauth.auth0_connection_domain": {"name": DATABASE, "timeout": "x", **options}, "ignore_errors": True},
        {
            "mcp_ops.oauth.auth0_connection_domain": {
                "name": DATABASE,
                **options,
                "domain": f"u:{token}@{tenant.domain}",
            },
            "ignore_errors": True,
        },
        {
            "mcp_ops.oauth.auth0_access_token": {"required_scopes": ["read:nothing"], **options},
            "ignore_errors": True,
        },
    ]
    tenant.fault("GET", "/api/v2/connections", status=400, body={"message": f"echo {tenant.client_secret}"})
    run = play(tasks, "-vvvvv")
    assert [step.status for step in run.steps] == ["failed"] * len(tasks)
    assert leaks(run.output, tenant) == []


@pytest.mark.parametrize("form", ["{}\n", " {}", "{}\u00e9", "{}\r\n"])
def test_a_credential_that_no_header_takes(play: Play, tenant: Tenant, form: str) -> None:
    """It is refused by name before anything is sent, and no library gets to print it."""
    token = tenant.token()
    wrong = {"auth_access_token": form.format(token), "auth_client_secret": form.format(tenant.client_secret)}
    tasks = [{"mcp_ops.oauth.auth0_tenant_info": {name: value}, "ignore_errors": True} for name, value in wrong.items()]
    run = play(tasks, "-vvvvv")
    for step, name in zip(run.steps, wrong, strict=True):
        assert re.match(rf"{name} has (white space|a character that no HTTP header takes) at", step.result["msg"])
        assert step.requests == []
    assert leaks(run.output, tenant) == []


def test_only_the_login_module_returns_a_token(play: Play, tenant: Tenant) -> None:
    tasks = [
        {"name": "login", "mcp_ops.oauth.auth0_access_token": {}, "register": "login"},
        {
            "name": "use",
            "mcp_ops.oauth.auth0_tenant_flags": {
                "flags": {"enable_client_connections": True},
                "auth_access_token": "{{ login.access_token }}",
            },
        },
    ]
    run = play(tasks)
    assert run.rc == 0
    # The second task could log in on its own; that it did not shows that the first one returned a token that works.
    assert run["use"].logins == 0
    assert leaks(str(run["use"].result), tenant) == []
