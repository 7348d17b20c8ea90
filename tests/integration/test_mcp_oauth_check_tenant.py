# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the check says of tenants in which MCP clients cannot log in, and of tokens that may not read all of that."""

from __future__ import annotations

import typing as t

import pytest

from tests.integration.harness import DATABASE, Play, Run, Tenant
from tests.integration.test_mcp_oauth_check import check, set_up

# Nobody answers there: this is about the tenant.
URL = "http://127.0.0.1:1/mcp"
SCRIPT = "module.exports = function (a, b, c) { c(); };"
OPTIONAL = ("prompts", "rules", "hooks", "guardian/policies", "clients", "network-acls")
NEEDED = ("read:tenant_settings", "read:resource_servers", "read:client_grants", "read:connections")


def change(tenant: Tenant, **state: t.Any) -> None:
    """Put into the tenant's state what its API here only reads."""
    tenant.call("PUT", "/_emulator/state", {**tenant.call("GET", "/_emulator/state"), **state})


def hook(trigger: str, *, enabled: bool) -> dict[str, t.Any]:
    return {"id": trigger, "name": trigger, "script": SCRIPT, "triggerId": trigger, "enabled": enabled}


def acl(*, active: bool) -> dict[str, t.Any]:
    rule = {"action": {"block": True}, "match": {"asns": [1]}, "scope": "dynamic_client_registration"}
    return {"id": "acl_1", "description": "Ours alone", "active": active, "priority": 1, "rule": rule}


def harmless(tenant: Tenant) -> None:
    """Things of the same kinds that are in nobody's way."""
    tenant.api("POST", "rules", {"name": "off", "script": SCRIPT, "enabled": False})
    hooks = [hook("credentials-exchange", enabled=False), hook("pre-user-registration", enabled=True)]
    change(
        tenant,
        hooks={one["id"]: one for one in hooks},
        mfa_policies=["confidence-score"],
        network_acls={"acl_1": acl(active=False)},
    )


def harmful(tenant: Tenant) -> None:
    harmless(tenant)
    tenant.api("POST", "rules", {"name": "on", "script": SCRIPT})
    prompts = {"universal_login_experience": "classic", "identifier_first": False}
    change(
        tenant,
        prompts={**prompts, "webauthn_platform_first_factor": False},
        hooks={"a": hook("credentials-exchange", enabled=True)},
        mfa_policies=["all-applications"],
        network_acls={"acl_1": acl(active=True)},
    )
    entra = {"name": "entra", "strategy": "waad", "options": {}, "is_domain_connection": True}
    tenant.api("POST", "connections", entra)
    tenant.api("PATCH", "tenants/settings", {"resource_parameter_profile": "audience", "default_audience": URL})
    tenant.api("PATCH", f"resource-servers/{URL.replace('/', '%2F')}", {"token_dialect": "rfc9068_profile_authz"})
    registration = {"redirect_uris": ["http://127.0.0.1/callback"], "client_name": "MCP client"}
    for _turn in range(7):
        tenant.call("POST", "/oidc/register", registration)
    tenant.call("DELETE", "/_emulator/requests")


def found(run: Run, label: str = "check") -> dict[str, tuple[str, str]]:
    """Status and text of each finding."""
    return {one["name"]: (one["status"], " ".join(one.values())) for one in run[label].result["findings"]}


def test_what_keeps_clients_out(play_over: t.Callable[[str], Play], tenant: Tenant) -> None:
    set_up(tenant, URL)
    harmful(tenant)
    run = play_over("controller")([check(mcp_server_url=URL)])
    expected = {
        "universal_login": ("fail", "Dashboard: Branding, Universal Login"),
        "rules": ("fail", 'active Rules: ["on"]'),
        "hooks": ("fail", 'active Hooks of the trigger credentials-exchange: ["credentials-exchange"]'),
        "mfa_policies": ("warn", "oauth2-refresh-token"),
        "entra_resource": ("warn", "AADSTS901002"),
        "token_dialect": ("warn", "enforce_policies: true"),
        "application_limit": ("warn", "applications: 8, self-registered: 7"),
        "network_acl": ("pass", 'decide who may register: ["Ours alone"]'),
    }
    seen = found(run)
    for name, (status, text) in expected.items():
        assert seen[name][0] == status, seen[name]
        assert text in seen[name][1]
    failed = {name for name, (status, _text) in seen.items() if status == "fail"}
    assert failed == {"universal_login", "rules", "hooks"}
    for name in expected:
        assert (f"{name}: " in run["check"].result["msg"]) is (name in failed)
        assert (f"{name}: " in run["check"].warnings) is (expected[name][0] == "warn")


def test_what_is_in_nobodys_way(play_over: t.Callable[[str], Play], tenant: Tenant) -> None:
    set_up(tenant, URL)
    harmless(tenant)
    run = play_over("controller")([check(mcp_server_url=URL, connection=[DATABASE])])
    assert run["check"].status == "ok", run.output
    assert not run["check"].warnings
    seen = found(run)
    names = ("universal_login", "rules", "hooks", "mfa_policies", "entra_resource", "connection", "application_limit")
    assert {seen[name][0] for name in (*names, "network_acl", "token_dialect")} == {"pass"}
    assert "anyone can register" in seen["network_acl"][1]
    calls = [call for call in run["check"].calls if not call.startswith("GET /.well-known/")]
    assert calls[4:] == [f"GET {path}" for path in OPTIONAL]


def test_named_connections(play_over: t.Callable[[str], Play], tenant: Tenant) -> None:
    set_up(tenant, URL)
    tenant.api("POST", "connections", {"name": "second", "strategy": "auth0"})
    run = play_over("controller")(
        [
            check("one", mcp_server_url=URL, connection=[DATABASE]),
            check("both", mcp_server_url=URL, connection=[DATABASE, "second"]),
            check("absent", mcp_server_url=URL, connection=["third", DATABASE]),
        ]
    )
    assert [step.status for step in run.steps] == ["ok", "failed", "failed"]
    assert "auth0_connection_domain: name: second" in run["both"].result["msg"]
    assert 'the tenant has no connection "third"' in run["absent"].result["msg"]
    assert [step.calls.count("GET connections") for step in run.steps] == [1, 1, 1]


def test_scopes_that_are_missing_name_themselves(play_over: t.Callable[[str], Play], tenant: Tenant) -> None:
    """A token that may read what the playbook needs is enough."""
    set_up(tenant, URL)
    harmful(tenant)
    tenant.grant(*NEEDED)
    run = play_over("controller")([check(mcp_server_url=URL)])
    assert run["check"].status == "ok", run.output
    seen = found(run)
    for name, scope in {
        "universal_login": "read:prompts",
        "rules": "read:rules",
        "hooks": "read:hooks",
        "mfa_policies": "read:mfa_policies",
        "application_limit": "read:clients",
        "network_acl": "read:network_acls",
    }.items():
        assert seen[name][0] == "skip"
        assert f"the token lacks the scope {scope}" in seen[name][1]
    assert len([call for call in run["check"].calls if not call.startswith("GET /.well-known/")]) == len(NEEDED)


@pytest.mark.parametrize("path", ["rules", "network-acls"])
def test_what_a_plan_or_a_tenant_does_not_have(play_over: t.Callable[[str], Play], tenant: Tenant, path: str) -> None:
    set_up(tenant, URL)
    refusal = {
        "statusCode": 403,
        "error": "Forbidden",
        "message": "Please upgrade your subscription",
        "errorCode": "insufficient_entitlement",
    }
    tenant.fault("GET", f"/api/v2/{path}", status=403, body=refusal)
    run = play_over("controller")([check(mcp_server_url=URL)])
    assert run["check"].status == "ok", run.output
    status, text = found(run)[path.replace("-acls", "_acl")]
    assert status == "skip"
    assert "plan does not include this" in text
