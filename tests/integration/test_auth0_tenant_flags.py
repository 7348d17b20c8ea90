# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import typing as t

from tests.integration import harness
from tests.integration.harness import Play, Tenant

READ = "GET tenants/settings"
WRITE = "PATCH tenants/settings"


def task(label: str, *, check: bool = False, diff: bool = False, **flags: bool | str) -> dict[str, t.Any]:
    return harness.task("auth0_tenant_flags", label, check=check, diff=diff, flags=flags)


def test_life_of_flags(play: Play, tenant: Tenant) -> None:
    wanted = {"enable_dynamic_client_registration": True, "enable_client_connections": True}
    back = {"enable_dynamic_client_registration": False}
    before = tenant.api("GET", "tenants/settings")["flags"]
    run = play(
        [
            task("nothing named"),
            task("default of an absent flag", **back),
            task("check set", check=True, diff=True, **wanted),
            task("set", diff=True, **wanted),
            task("set again", diff=True, **wanted),
            task("check back", check=True, **back),
            task("back", **back),
            task("back again", **back),
            task("absent without a default", diff=True, remove_alg_from_jwks=False),
            task("absent without a default again", remove_alg_from_jwks=False),
        ]
    )
    assert run.rc == 0
    assert run.changed == [*("check set", "set", "check back", "back", "absent without a default")]
    assert all(not step.warnings and step.logins == 1 for step in run.steps)
    unchanged = [step for step in run.steps if not step.changed] + [run["check set"], run["check back"]]
    assert all(step.calls == [READ] for step in unchanged)

    # enable_client_connections counts as true already, so it is neither sent nor shown as a difference.
    assert run["set"].calls == [READ, WRITE, READ]
    assert run["set"].writes == [("PATCH", {"flags": {"enable_dynamic_client_registration": True}})]
    assert run["set"].diff == run["check set"].diff
    assert run["set"].diff == (
        {"flags": {"enable_client_connections": True, "enable_dynamic_client_registration": False}},
        {"flags": wanted},
    )
    assert run["set"].result["flags"] == {**before, "enable_dynamic_client_registration": True}
    assert run["check set"].result["flags"] == run["set"].result["flags"]
    assert run["absent without a default"].diff[0] == {"flags": {}}


def test_what_cannot_be_set_is_refused_before_the_write(play: Play, tenant: Tenant) -> None:
    tenant.api("PATCH", "tenants/settings", {"flags": {"enable_apis_section": True}})
    run = play(
        [
            task("misspelt", enable_dynamic_client_registratoin=True),
            task("not a flag", enable_apis_section="perhaps"),
            task("read only", disable_impersonation=False, enable_apis_section=False),
            task("read only and equal", disable_impersonation=True),
            task("pinned", enable_sso=False, enable_apis_section=False),
        ]
    )
    assert run.passed == ["read only and equal"]
    assert all(step.writes == [] for step in run.steps)
    assert "enable_dynamic_client_registratoin" in run["misspelt"].result["msg"]
    assert run["misspelt"].requests == run["not a flag"].requests == []
    assert "flags.disable_impersonation is true and cannot become false: only Auth0" in run["read only"].result["msg"]
    assert "does not have the flag allow_changing_enable_sso" in run["pinned"].result["msg"]
    assert tenant.api("GET", "tenants/settings")["flags"]["enable_apis_section"] is True
