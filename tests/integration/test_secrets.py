# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Secrets stay out of everything that a user or a log file could see."""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path

import pytest

from tests.integration.harness import DATABASE, Play, Tenant

URL = "https://mcp.example.com/mcp"


@pytest.fixture
def way(each_way: str) -> str:
    """In each of the two, other code hides the secrets."""
    return each_way


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


LOGIN = {"name": "login", "mcp_ops.oauth.auth0_access_token": {}, "register": "login"}


def use(token: str) -> dict[str, t.Any]:
    flags = {"flags": {"enable_client_connections": True}, "auth_access_token": token}
    return {"name": "use", "mcp_ops.oauth.auth0_tenant_flags": flags}


@pytest.mark.parametrize(
    ("keywords", "token"),
    [
        ({}, "login.access_token"),
        ({"loop": [1, 2]}, "login.results.0.access_token"),
        ({"until": "login is succeeded", "retries": 2, "delay": 0}, "login.access_token"),
        ({"until": "login.attempts == 2", "retries": 2, "delay": 0}, "login.access_token"),
        ({"loop": [1], "until": "false", "retries": 1, "delay": 0}, "login.results.0.access_token"),
    ],
    ids=str,
)
def test_a_token_is_for_later_tasks_and_for_nobody_else(
    play: Play, tenant: Tenant, tmp_path: Path, keywords: dict[str, t.Any], token: str
) -> None:
    log = tmp_path / "ansible.log"
    tasks = [{**LOGIN, **keywords, "ignore_errors": True}, use(f"{{{{ {token} }}}}")]
    run = play(tasks, "-vvvv", "--diff", env={"ANSIBLE_LOG_PATH": str(log)})
    assert run.rc == 0, run.output
    # The second task could log in on its own; that it did not shows that the first one returned a token that works.
    assert run["use"].logins == 0
    assert run["use"].requests
    for text in (run.output, log.read_text(), *(json.dumps(step.result) for step in run.steps)):
        assert leaks(text, tenant) == []


def test_the_result_of_an_asynchronous_login_is_hidden(play: Play, tenant: Tenant) -> None:
    run = play([{**LOGIN, "async": 30, "poll": 1}, use("{{ login.access_token }}")], "-vvvv")
    assert run.rc == 0, run.output
    for text in (run.output, *(json.dumps(step.result) for step in run.steps)):
        assert leaks(text, tenant) == []


CAUSES: dict[str, tuple[dict[str, str | None], str]] = {
    "wrong secret": ({"AUTH0_CLIENT_SECRET": "wrong"}, "Auth0 refused the credentials. Check auth_client_id"),
    "no credentials": ({"AUTH0_CLIENT_SECRET": None}, "No credentials for the tenant. Set auth_access_token"),
    "missing scope": ({}, "The token lacks the scope read:nothing, which required_scopes names. Grant it"),
    "missing requests": ({"PYTHONPATH": "SHADOWED"}, "Failed to import the required Python library (requests)"),
}


@pytest.mark.parametrize("cause", CAUSES)
@pytest.mark.parametrize("keywords", [{}, {"loop": [1]}, {"until": "false", "retries": 1, "delay": 0}], ids=str)
def test_why_a_login_fails_is_shown(
    play: Play, tenant: Tenant, tmp_path: Path, cause: str, keywords: dict[str, t.Any]
) -> None:
    """On screen, and in what callbacks get."""
    env, text = CAUSES[cause]
    (tmp_path / "requests.py").write_text('raise ImportError("No module named requests")')
    env = {name: str(tmp_path) if value == "SHADOWED" else value for name, value in env.items()}
    login = {**LOGIN, "mcp_ops.oauth.auth0_access_token": {"required_scopes": ["read:nothing"]}, **keywords}
    run = play([login], env=env)
    assert run.rc != 0
    assert text in re.sub(r"\s+", " ", run.output)
    if not keywords:
        assert text in run["login"].result["msg"]
    elif "loop" in keywords:
        assert text in run["login"].result["results"][0]["msg"]
    assert leaks(run.output, tenant) == []
