# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Modules inside the controller and as processes: when which, and that nobody can tell the difference."""

from __future__ import annotations

import json
import re
import sys
import time
import typing as t
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.integration.harness import DATABASE, WAYS, Play, Tenant, task

IDENTIFIER = "https://mcp.example.com/mcp"

# At this verbosity, Ansible tells each command that it starts.
VERBOSE = "-vvv"


def started_a_process(output: str) -> bool:
    return "> EXEC " in output


def api(label: str = "api", **options: t.Any) -> dict[str, t.Any]:
    return task("auth0_resource_server", label, **{"identifier": IDENTIFIER, **options})


STEP: dict[str, t.Any] = {"module": "auth0_connection_domain", "options": {"name": DATABASE}}
EVERYTHING: list[dict[str, t.Any]] = [
    api("check", check=True, diff=True, name="One", scopes=[{"value": "a"}]),
    api("create", diff=True, name="One", scopes=[{"value": "a"}]),
    api("again", diff=True, name="One"),
    api("purge", diff=True, scopes=[], purge_scopes=True),
    api("refused value", name="<b>"),
    api("unknown option", nam="One", client_secret="hush-hush-hush"),
    api("wrong type", token_lifetime="long"),
    api("missing", identifier=None),
    api("domain", domain="https://tenant.auth0.com/"),
    api("secret", signing_alg="HS256", signing_secret="hush-hush-hush-hush"),
    task("auth0_tenant_flags", "flags", diff=True, flags={"enable_dynamic_client_registration": True}),
    task("auth0_tenant_flags", "read-only flag", flags={"disable_impersonation": False}),
    task("auth0_connection_domain", "promote", diff=True, name=DATABASE),
    task("auth0_connection_domain", "unknown", name="none"),
    task("auth0_connection_domain", "check unknown", check=True, diff=True, name="none"),
    task("auth0_access_token", "scopes", required_scopes=["read:nothing"]),
    task("auth0_tenant_settings", "settings", diff=True, resource_parameter_profile="compatibility", mtls={}),
    task("auth0_tenant_settings", "twins", session_lifetime=1, session_lifetime_in_minutes=60),
    task(
        "auth0_connection",
        "connection",
        diff=True,
        name="staff",
        strategy="oidc",
        options={"client_secret": "hush-hush"},
    ),
    task("auth0_connection", "wrong option", name="staff", options={"client_secret": "hush-hush"}, nam="staff"),
    task("auth0_client", "application", diff=True, name="Inspector", client_metadata={"a": "b"}),
    task("auth0_client", "add-ons", diff=True, name="Inspector", addons={"azure_sb": {"sasKey": "hush-hush"}}),
    task(
        "auth0_client", "wrong add-ons", name="Inspector", addons={"azure_sb": {"sasKey": "hush-hush"}}, nam="Inspector"
    ),
    task("auth0_client_info", "applications", name="Inspector"),
    task("auth0_connection_info", "options", name="staff", include_options=True),
    task(
        "auth0_client_grant",
        "unknown API",
        default_for="third_party_clients",
        subject_type="user",
        audience="x",
        scope=[],
    ),
    task("auth0_cimd_client", "URL", external_client_id="https://localhost/client.json"),
    task("auth0_tenant_info", "info"),
    task("auth0_role", "role", diff=True, name="Tool User", description="Reads"),
    task("auth0_role", "no such permission", name="Tool User", permissions=[{"resource_server_identifier": "x"}]),
    task("auth0_role_info", "roles", name="Tool User", include_permissions=True),
    task("auth0_role_members", "members", diff=True, name="Tool User", members=[{"email": "x@example.com"}]),
    task("auth0_role_members", "no members", diff=True, name="Tool User", members=[], purge_members=True),
    task("auth0_role_members_info", "who", name="Tool User", include_emails=True),
    task("auth0_resource_server_info", "APIs"),
    task("auth0_client_grant_info", "grants", audience=IDENTIFIER),
    task("auth0_client_grant_info", "no audience", audience=""),
    task("zuplo_mcp_oauth", "warned", issuer_domain="a.example", mcp_server_url="https://mcp.example.com"),
    task("mcp_oauth_check", "checked", mcp_server_url="http://127.0.0.1:1/mcp", register=True),
    task("mcp_oauth_check", "checked URL", mcp_server_url="https://mcp.example.com/mcp/", fail_on_findings=False),
    task("mcp_preflight", "clear", steps=[STEP]),
    task(
        "mcp_preflight", "obstacles", steps=[{**STEP, "options": {"name": "none"}, "variables": ["x"]}, {"module": "x"}]
    ),
    {**api("hidden", name="Two"), "no_log": True},
    {**api("failed when"), "failed_when": True},
    {**api("until", name="Five"), "register": "r", "until": "r is not changed", "retries": 2, "delay": 0},
]


@pytest.mark.parametrize("verbosity", [(), ("-v",)], ids=["quiet", "verbose"])
def test_results_and_output_are_the_same(
    play_over: t.Callable[[str], Play], tenant: Tenant, verbosity: tuple[str, ...]
) -> None:
    """All that a callback or a person sees, and all that the tenant sees; only ids that Auth0 makes up differ."""
    seen = []
    for way in WAYS:
        tenant.call("POST", "/_emulator/reset")
        run = play_over(way)(EVERYTHING, *verbosity)
        # Requests have ids and moments of their own, and within the controller a repeated task needs fewer.
        calls = {step.name: step.calls for step in run.steps if step.name != "until"}
        texts = [json.dumps({**asdict(step), "requests": calls.get(step.name)}, sort_keys=True) for step in run.steps]
        texts += run.output.splitlines()
        seen.append([re.sub(r"\b([0-9a-f]{24}|[0-9a-zA-Z]{32}|(con|tpc|rol)_\w{16,})\b", "ID", text) for text in texts])
    for here, there in zip(*seen, strict=True):
        assert here == there


def test_where_modules_run_by_default(play_over: t.Callable[[str], Play]) -> None:
    assert not started_a_process(play_over("default")([api()], VERBOSE).output)
    assert started_a_process(play_over("process")([api()], VERBOSE).output)


@pytest.mark.parametrize(
    ("keywords", "variables", "here"),
    [
        ({}, {}, True),
        ({"delegate_to": "localhost"}, {}, True),
        ({"environment": {}}, {}, True),
        ({"environment": {"A": "b"}}, {}, False),
        ({"async": 30, "poll": 1}, {}, False),
        ({}, {"mcp_ops_in_process": False}, False),
        ({}, {"mcp_ops_in_process": "no"}, False),
        ({}, {"mcp_ops_in_process": "{{ 1 == 2 }}"}, False),
        ({}, {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}, True),
        ({}, {"ansible_python_interpreter": "auto_silent"}, True),
        ({}, {"ansible_python_interpreter": "OTHER"}, False),
        ({"become": True}, {"ansible_become_exe": "BECOME", "ansible_become_method": "sudo"}, False),
    ],
    ids=str,
)
def test_what_decides(
    play_over: t.Callable[[str], Play],
    tmp_path: Path,
    keywords: dict[str, t.Any],
    variables: dict[str, t.Any],
    here: bool,
) -> None:
    other = tmp_path / "python"
    other.symlink_to(sys.executable)
    # A stand-in for sudo, which a test machine may not have: runs what follows its options.
    sudo = tmp_path / "sudo"
    sudo.write_text('#!/bin/sh\nwhile [ "$1" != "/bin/sh" ]; do shift; done\nexec "$@"\n')
    sudo.chmod(0o755)
    variables = {
        key: {"OTHER": str(other), "BECOME": str(sudo)}.get(str(value), value) for key, value in variables.items()
    }
    run = play_over("default")([{**api(), **keywords}], VERBOSE, **variables)
    assert started_a_process(run.output) is not here, run.output
    if here:
        assert run.rc == 0
        assert run["api"].changed


def test_the_timeout_of_a_task_ends_it(play: Play, tenant: Tenant) -> None:
    tenant.fault("GET", "/api/v2/resource-servers/https%3A%2F%2Fmcp.example.com%2Fmcp", delay=4)
    # Ansible does not end a module process with its task, so this one gives up by itself before it could write.
    run = play([{**api(timeout=3, retry_timeout=0), "timeout": 1}])
    assert re.search("timed out|time frame", run["api"].result["msg"], re.IGNORECASE)
    # On a busy machine it has not even begun by then: without the delay of this tenant, it would write into the next.
    seen, end = run["api"].requests, time.monotonic() + 20
    while time.monotonic() < end and all(one["method"] != "GET" for one in seen):
        time.sleep(0.2)
        seen = tenant.call("GET", "/_emulator/requests")


def loop(count: int, **options: t.Any) -> dict[str, t.Any]:
    return {
        "name": "loop",
        "mcp_ops.oauth.auth0_resource_server": {"identifier": "https://mcp.example.com/{{ item }}", **options},
        "loop": list(range(count)),
    }


def test_a_loop_shares_its_session_its_token_and_one_listing(
    play_over: t.Callable[[str], Play], tenant: Tenant
) -> None:
    play = play_over("controller")
    first = play([loop(100, name="{{ item }}")])
    assert first.rc == 0, first.output
    # A token, a single read, one page of the listing, and what there is to create.
    counted = Counter((request["method"], request["status"]) for request in first.requests)
    assert counted == {("POST", 200): 1, ("GET", 404): 1, ("GET", 200): 1, ("POST", 201): 100}
    again = play([loop(100, name="{{ item }}")])
    assert not again["loop"].changed
    assert len(again.requests) == 4
    assert [request["query"].get("page") for request in again.requests[2:]] == ["0", "1"]
    # The listing follows our own writes: changed, changed back, deleted, made again.
    items = [{"name": name} for name in ("a", "b", "b", "c", "c", "d", "d")]
    tasks = {
        "name": "loop",
        "mcp_ops.oauth.auth0_resource_server": {
            "identifier": "https://mcp.example.com/1",
            "name": "{{ item.name }}",
            "state": "{{ 'absent' if item.name == 'c' else 'present' }}",
        },
        "loop": items,
    }
    results = play([tasks])["loop"].result["results"]
    assert [result["changed"] for result in results] == [True, True, False, True, False, True, False]


def test_a_listing_that_the_api_cuts_off_is_not_taken_for_all(
    play_over: t.Callable[[str], Play], tenant: Tenant
) -> None:
    state = tenant.call("GET", "/_emulator/state")
    example = next(iter(state["resource_servers"].values()))
    for number in range(1100):
        key = f"{number:024x}"
        identifier = f"https://mcp.example.com/{number}"
        state["resource_servers"][key] = {
            **example,
            "is_system": False,
            "id": key,
            "identifier": identifier,
            "scopes": [],
        }
    tenant.call("PUT", "/_emulator/state", state)
    tasks = {**loop(0), "loop": [1, 2, 1095, 1096, 3]}
    run = play_over("controller")([tasks])
    assert run.rc == 0, run.output
    assert not run["loop"].changed
    pages = [request for request in run.requests if "page" in request["query"]]
    # One page tells that there are too many, and then each is read by itself.
    assert len(pages) == 1
    assert len(run.requests) == 1 + 5 + 1


def test_retries_see_what_others_have_done_since(play: Play, tenant: Tenant) -> None:
    """An object that is created between two tries is found: by the module that reads, and by the one that manages."""
    path = "/api/v2/resource-servers/https%3A%2F%2Fmcp.example.com%2Fmcp"
    tenant.api("POST", "resource-servers", {"identifier": IDENTIFIER, "name": "There"})
    not_there = {"statusCode": 404, "error": "Not Found", "message": "not there yet"}
    for _turn in range(2):
        tenant.fault("GET", path, status=404, body=not_there, times=1)
    retried: dict[str, t.Any] = {"register": "r", "retries": 4, "delay": 0, "loop": [1, 2]}
    reads = task("auth0_resource_server_info", "reads", identifier=IDENTIFIER)
    manages = task("auth0_resource_server", "manages", identifier=IDENTIFIER, name="There")
    run = play(
        [
            {**reads, **retried, "until": "r.resource_servers | length > 0"},
            {**manages, **retried, "until": "r is not changed"},
        ]
    )
    assert run.rc == 0, run.output
    assert [result["attempts"] for result in run["reads"].result["results"]] == [3, 1]
    assert [one["method"] for one in run["reads"].requests if one["path"] == path] == ["GET"] * 4
