# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The variables `mcp_tools` and `mcp_roles`: one run gives each role its tools, in the tenant and at the gateway.

`tests/gateway` has the real clients that may call exactly these then.
"""

from __future__ import annotations

import copy
import json
import re
import typing as t
from pathlib import Path

import pytest

from tests.integration.harness import Play, Run, Tenant, content
from tests.integration.test_mcp_server import ABSENT, CHANGES, PLAYBOOK, PREFLIGHT, PROJECT, URL

ADA, GRACE = "auth0|000000000000000000000001", "auth0|000000000000000000000002"
ROLES = "Create or update the roles that may call tools"
MEMBERS = "Give the roles to their members"
ACCESS = "Who gains and who loses which tool"
TOOLS = [
    {"operation": "hello"},
    {"operation": "list-orders", "scope": "orders:read", "description": "Read orders"},
    {"operation": "delete-order", "scope": "orders:delete", "description": "Delete an order"},
]
READER = {"name": "Tool User", "tools": ["list-orders"], "members": [{"email": "Ada@example.com"}]}
ADMIN = {
    "name": "Tool Administrator",
    "description": "All tools",
    "tools": ["list-orders", "delete-order"],
    "members": [{"user_id": GRACE}],
}


@pytest.fixture
def shop(project: Path) -> Path:
    """The project with three operations."""
    routes = project / "config/routes.oas.json"
    document = json.loads(routes.read_text())
    ((_path, item),) = document["paths"].items()
    for method, name in (("get", "list-orders"), ("delete", "delete-order")):
        operation = copy.deepcopy(next(iter(item.values())))
        document["paths"].setdefault("/orders", {})[method] = {**operation, "operationId": name}
    routes.write_text(json.dumps(document, indent=2))
    return project


def variables(project: Path | None, *roles: dict[str, t.Any], tools: t.Any = None, **more: t.Any) -> dict[str, t.Any]:
    folder = {"mcp_zuplo_project_dir": str(project)} if project else {}
    return {
        "mcp_server_url": URL,
        **folder,
        "mcp_tools": tools or TOOLS,
        "mcp_roles": roles or (READER, ADMIN),
        "mcp_verify": False,
        **more,
    }


def permissions(tenant: Tenant) -> dict[str, set[str]]:
    """Of each role of the tenant."""
    listed = {one["name"]: one["id"] for one in tenant.api("GET", "roles")}
    return {
        name: {one["permission_name"] for one in tenant.api("GET", f"roles/{role}/permissions")}
        for name, role in listed.items()
    }


def members(tenant: Tenant) -> dict[str, set[str]]:
    listed = {one["name"]: one["id"] for one in tenant.api("GET", "roles")}
    return {name: {one["user_id"] for one in tenant.api("GET", f"roles/{role}/users")} for name, role in listed.items()}


def told(run: Run) -> list[str]:
    return list(run[ACCESS].result.get("msg", []))


def test_one_run_gives_each_role_its_tools(play: Play, tenant: Tenant, shop: Path) -> None:
    before = content(shop)
    preview = play(PLAYBOOK, "--check", "--diff", **variables(shop))
    assert preview.rc == 0, preview.output
    assert content(shop) == before
    first = play(PLAYBOOK, "--diff", **variables(shop))
    assert first.rc == 0, first.output
    assert first.changed == preview.changed == [*CHANGES[:4], ROLES, MEMBERS, CHANGES[4], PROJECT]
    assert (
        told(first)
        == told(preview)
        == [
            "Everyone who can log in gains hello.",
            "Users with the role Tool User gain list-orders.",
            f"{ADA} (Ada@example.com) gets the role Tool User, and with it list-orders.",
            "Users with the role Tool Administrator gain list-orders, delete-order.",
            f"{GRACE} gets the role Tool Administrator, and with it list-orders, delete-order.",
        ]
    )
    api = tenant.api("GET", f"resource-servers/{URL.replace('/', '%2F')}")
    assert api["scopes"] == [
        {"value": "orders:read", "description": "Read orders"},
        {"value": "orders:delete", "description": "Delete an order"},
    ]
    assert (api["enforce_policies"], api["token_dialect"]) == (True, "rfc9068_profile_authz")
    assert permissions(tenant) == {
        "Tool User": {"orders:read"},
        "Tool Administrator": {"orders:read", "orders:delete"},
    }
    assert members(tenant) == {"Tool User": {ADA}, "Tool Administrator": {GRACE}}
    (grant,) = tenant.api("GET", f"client-grants?audience={URL}&default_for=third_party_clients")
    assert set(grant["scope"]) == {"orders:read", "orders:delete"}

    second = play(PLAYBOOK, **variables(shop))
    assert second.rc == 0, second.output
    assert (second.changed, told(second)) == ([], [])
    assert [call for call in second.calls if not call.startswith("GET")] == []

    gone = play(ABSENT, **variables(shop))
    assert gone.rc == 0, gone.output
    assert content(shop) == before
    assert tenant.api("GET", "roles") == []
    again = play(ABSENT, **variables(shop))
    assert (again.rc, again.changed) == (0, [])


def test_groups_that_get_a_role(play: Play, tenant: Tenant) -> None:
    state = tenant.call("GET", "/_emulator/state")
    state["groups"] = {"grp_a": {"id": "grp_a", "name": "Sales"}}
    tenant.call("PUT", "/_emulator/state", state)
    named = variables(None, {"name": "Seller", "tools": ["list-orders"], "groups": [{"name": "Sales"}]})
    preview, first, second = play(PLAYBOOK, "--check", **named), play(PLAYBOOK, **named), play(PLAYBOOK, **named)
    assert (preview.rc, first.rc, second.rc) == (0, 0, 0), first.output
    assert "The group Sales gets the role Seller, and with it list-orders." in told(first)
    assert told(first) == told(preview)
    assert (MEMBERS in first.changed, second.changed) == (True, [])
    assert first[MEMBERS].writes == [("POST", {"groups": ["grp_a"]})]
    unknown = play(PLAYBOOK, **variables(None, {"name": "Seller", "groups": [{"name": "None"}]}))
    assert "It lacks: name 'None'." in unknown[PREFLIGHT].result["msg"]
    assert all(step.writes == [] for step in unknown.steps)


def test_a_change_of_the_roles(play: Play, tenant: Tenant, shop: Path) -> None:
    assert play(PLAYBOOK, **variables(shop)).rc == 0
    # What somebody else has done with the roles stays.
    (reader,) = (one["id"] for one in tenant.api("GET", "roles") if one["name"] == "Tool User")
    other = {"identifier": "https://other.example.com", "scopes": [{"value": "x"}]}
    tenant.api("POST", "resource-servers", other)
    permission = {"resource_server_identifier": other["identifier"], "permission_name": "x"}
    tenant.api("POST", f"roles/{reader}/permissions", {"permissions": [permission]})
    tenant.api("POST", f"roles/{reader}/users", {"users": [GRACE]})
    roles = (
        {**READER, "tools": ["delete-order"]},
        {**ADMIN, "tools": ["hello", "delete-order"], "members": [], "purge_members": True},
    )
    tools = [{"operation": "hello", "scope": "orders:read"}, {"operation": "list-orders"}, TOOLS[2]]
    preview = play(PLAYBOOK, "--check", "--diff", **variables(shop, *roles, tools=tools))
    assert preview.rc == 0, preview.output
    run = play(PLAYBOOK, "--diff", **variables(shop, *roles, tools=tools))
    assert run.rc == 0, run.output
    assert (
        told(run)
        == told(preview)
        == [
            "Everyone who can log in gains list-orders.",
            "Users lose hello, unless a role gives them orders:read.",
            "Users with the role Tool User gain delete-order.",
            "Users with the role Tool User lose hello.",
            f"{GRACE} loses the role Tool Administrator, and list-orders, delete-order unless another role gives them.",
        ]
    )
    assert permissions(tenant)["Tool User"] == {"orders:delete", "x"}
    assert members(tenant) == {"Tool User": {ADA, GRACE}, "Tool Administrator": set()}
    # A role that has permissions of another API is not for this MCP server alone.
    assert play(ABSENT, **variables(shop, *roles, tools=tools)).rc == 0
    assert permissions(tenant) == {"Tool User": {"x"}}


OBSTACLES: dict[str, tuple[dict[str, t.Any], str]] = {
    "unknown user": (
        {"roles": [{**READER, "members": [{"email": "nobody@example.com"}, {"user_id": "auth0|none"}]}]},
        "nobody@example.com.*auth0\\|none",
    ),
    "unknown tool": ({"tools": [*TOOLS, {"operation": "nowhere"}]}, "no operation 'nowhere'"),
    "rbac off": ({"mcp_enforce_policies": False}, "mcp_enforce_policies is false"),
    "dialect": ({"mcp_token_dialect": "rfc9068_profile"}, "mcp_token_dialect is rfc9068_profile"),
    "grant": ({"mcp_client_scopes": ["orders:read"]}, "mcp_client_scopes lacks orders:delete"),
    "two lists": ({"mcp_zuplo_operations": [{"id": "hello"}]}, "mcp_zuplo_operations is set as well"),
    "no roles": ({"mcp_roles": []}, "nothing gives them to users"),
    "misspelt tool": ({"roles": [{**READER, "tools": ["list-order"]}]}, "which mcp_tools does not have"),
}


@pytest.mark.parametrize("name", OBSTACLES)
def test_what_cannot_be_carried_out_is_said_before_anything_is_written(
    play: Play, tenant: Tenant, shop: Path, name: str
) -> None:
    given, text = OBSTACLES[name]
    before, given = content(shop), dict(given)
    all_variables = variables(shop, *given.pop("roles", ()), **given)
    run = play(PLAYBOOK, **all_variables)
    assert run.rc == 2
    assert re.search(text, run.output, re.DOTALL), run.output
    assert content(shop) == before
    assert [call for call in run.calls if not call.startswith("GET")] == []


def test_requests_of_an_unchanged_run(play: Play, tenant: Tenant) -> None:
    """Three roles of ten permissions each, and 50 members: a page each, however many they are."""
    users = []
    state = tenant.call("GET", "/_emulator/state")
    for number in range(50):
        user = copy.deepcopy(state["users"][ADA])
        user |= {"user_id": f"auth0|{number:024}", "email": f"user{number}@example.com"}
        user["identities"][0]["user_id"] = f"{number:024}"
        state["users"][user["user_id"]] = user
        users.append({"email": user["email"]})
    tenant.call("PUT", "/_emulator/state", state)
    tools = [{"operation": f"tool{number}", "scope": f"scope:{number}"} for number in range(12)]
    roles = [
        {"name": f"Role {first}", "tools": [one["operation"] for one in tools[first : first + 10]], "members": users}
        for first in range(3)
    ]
    assert play(PLAYBOOK, **variables(None, *roles, tools=tools)).rc == 0
    second = play(PLAYBOOK, **variables(None, *roles, tools=tools))
    assert (second.rc, second.changed) == (0, [])
    # A role, its permissions; then the role, its members, and the users that are named by email.
    assert len(second[ROLES].calls) <= 2 * 3
    assert len(second[MEMBERS].calls) <= 3 * 3
    assert len([call for call in second[PREFLIGHT].calls if "role" in call or "user" in call]) <= 5 * 3
