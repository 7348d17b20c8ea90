# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What else decides who can log in, and what can only be read: login pages, policies for MFA, Hooks, network ACLs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.emulator.login import begin, first_party, register, set_up

HOOK = {"script": "module.exports = cb => cb();", "dependencies": {}, "triggerId": "credentials-exchange"}
ACL = {"active": True, "priority": 1, "rule": {"action": {"block": True}, "match": {"asns": [1]}, "scope": "tenant"}}


def put(api: Any, collection: str, **objects: dict[str, Any]) -> None:
    api.tenant.objects(collection).update({name: {"id": name, **one} for name, one in objects.items()})


def test_a_new_tenant(api: Any) -> None:
    assert api.expect(200, "GET", "/prompts")["universal_login_experience"] == "new"
    for path in ("/guardian/policies", "/hooks", "/network-acls"):
        assert api.expect(200, "GET", path) == []


def test_hooks_by_what_runs_them(api: Any) -> None:
    put(api, "hooks", a={**HOOK, "name": "a", "enabled": True}, b={**HOOK, "name": "b", "enabled": False})
    put(api, "hooks", c={**HOOK, "name": "c", "enabled": True, "triggerId": "pre-user-registration"})
    page = api.expect(200, "GET", "/hooks", include_totals="true", per_page="1", fields="name")
    assert page == {"hooks": [{"name": "a"}], "start": 0, "limit": 1, "total": 3}
    found = api.expect(200, "GET", "/hooks", triggerId="credentials-exchange", enabled="true")
    assert found == [{"id": "a", **HOOK, "name": "a", "enabled": True}]


def test_network_acls_come_in_pages(api: Any) -> None:
    put(api, "network_acls", a=ACL, b={**ACL, "active": False})
    page = api.expect(200, "GET", "/network-acls", include_totals="true", per_page="1", page="1")
    assert page == {"network_acls": [{"id": "b", **ACL, "active": False}], "start": 1, "limit": 1, "total": 2}


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("/prompts", "read:prompts"),
        ("/guardian/policies", "read:mfa_policies"),
        ("/hooks", "read:hooks"),
        ("/network-acls", "read:network_acls"),
    ],
)
def test_each_read_has_its_scope(api: Any, path: str, scope: str) -> None:
    api.use(scope)
    api.expect(200, "GET", path)
    api.use("read:clients")
    assert scope in api.expect(403, "GET", path)["message"]


def classic(api: Any) -> None:
    api.tenant.state["prompts"]["universal_login_experience"] = "classic"


def hook(api: Any) -> None:
    put(api, "hooks", a={**HOOK, "name": "a", "enabled": True})


@pytest.mark.parametrize(("spoil", "text"), [(classic, "Classic Login is not supported"), (hook, "Hooks are not")])
def test_strict_clients_cannot_log_in(api: Any, spoil: Any, text: str) -> None:
    set_up(api)
    strict, own = register(api), first_party(api)
    put(api, "hooks", b={**HOOK, "name": "b", "enabled": False})
    assert begin(api, strict).status_code == 200
    spoil(api)
    assert (begin(api, strict).status_code, begin(api, own).status_code) == (400, 200)
    assert text in begin(api, strict).text
