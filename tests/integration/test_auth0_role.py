# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import functools
import typing as t

import pytest

from tests.integration import harness
from tests.integration.harness import Play, Tenant

API, OTHER = "https://mcp.example.com/mcp", "https://other.example.com/mcp"
LIST = "GET roles"

task = functools.partial(harness.task, "auth0_role", name="Tool Administrator")
info = functools.partial(harness.task, "auth0_role_info")


def permissions(*names: str) -> list[dict[str, str]]:
    """`read` is that of the API, `other:read` that of the other one."""
    return [
        {
            "resource_server_identifier": OTHER if name.startswith("other:") else API,
            "permission_name": name.rpartition(":")[2],
        }
        for name in names
    ]


@pytest.fixture(autouse=True)
def apis(tenant: Tenant) -> None:
    for identifier in (API, OTHER):
        scopes = [{"value": value} for value in ("read", "write", "delete")]
        tenant.api("POST", "resource-servers", {"identifier": identifier, "scopes": scopes})


def stored(tenant: Tenant, role: str) -> list[dict[str, str]]:
    """The permissions that a role has in the tenant."""
    listed = tenant.api("GET", f"roles/{role}/permissions?include_totals=true&per_page=100")["permissions"]
    return [{key: one[key] for key in permissions("read")[0]} for one in listed]


def test_life_of_a_role(play: Play, tenant: Tenant) -> None:
    first: dict[str, t.Any] = {"description": "All tools", "permissions": permissions("read", "other:read")}
    more = permissions("write", "delete")
    run = play(
        [
            task("check create", check=True, diff=True, **first),
            task("create", diff=True, **first),
            task("create again", diff=True, **first),
            task("in another order", permissions=permissions("other:read", "read")),
            task("only the name"),
            task("check more", check=True, diff=True, permissions=more),
            task("more", diff=True, permissions=more),
            task("description", description="Some tools"),
            task("no description", description=""),
            task("check purge", check=True, diff=True, permissions=permissions("read"), purge_permissions=True),
            task("purge", diff=True, permissions=permissions("read"), purge_permissions=True),
            task("purge again", permissions=permissions("read"), purge_permissions=True),
            task("check absent", check=True, diff=True, state="absent"),
            task("absent", diff=True, state="absent"),
            task("absent again", state="absent"),
        ]
    )
    assert run.rc == 0, run.output
    changed = ["create", "more", "description", "no description", "purge", "absent"]
    assert [name for name in run.changed if not name.startswith("check ")] == changed
    for name in ("create", "more", "purge", "absent"):
        assert run[f"check {name}"].diff == run[name].diff
        assert run[f"check {name}"].writes == []
    role = run["create"].result["role"]["id"]
    look = [f"GET resource-servers/{api}" for api in ("https%3A%2F%2Fmcp.example.com%2Fmcp",)]
    other = "GET resource-servers/https%3A%2F%2Fother.example.com%2Fmcp"
    assert run["create"].calls == [LIST, *look, other, "POST roles", f"POST roles/{role}/permissions"]
    assert run["create"].writes[0] == ("POST", {"name": "Tool Administrator", "description": "All tools"})
    assert run["create"].writes[1] == ("POST", {"permissions": first["permissions"]})
    # One read of the role, and one of its permissions where they are named.
    for name in ("create again", "in another order", "purge again"):
        assert run[name].calls == [LIST, f"GET roles/{role}/permissions"]
    assert run["only the name"].calls == [LIST]
    # What is there stays, and only what is new is sent.
    assert run["more"].writes == [("POST", {"permissions": more})]
    assert run["description"].writes == [("PATCH", {"description": "Some tools"})]
    assert [method for method, _body in run["purge"].writes] == ["DELETE"]
    removed = run["purge"].writes[0][1]["permissions"]
    gone = [one for one in [*first["permissions"], *more] if one != permissions("read")[0]]
    assert sorted(removed, key=str) == sorted(gone, key=str)
    assert sorted(run["purge"].result["purged_permissions"], key=str) == sorted(removed, key=str)
    assert run["check purge"].result["purged_permissions"] == run["purge"].result["purged_permissions"]
    assert run["purge again"].result["purged_permissions"] == []
    assert run["absent"].writes == [("DELETE", None)]
    assert run["absent"].result["role"] == run["absent again"].result["role"] == {}


def test_named_permissions_are_removed_and_no_others(play: Play, tenant: Tenant) -> None:
    one = functools.partial(task, remove_permissions=permissions("write", "other:write"))
    run = play(
        [
            task("create", permissions=permissions("read", "write", "delete", "other:read")),
            one("check remove", check=True, diff=True),
            one("remove", diff=True),
            one("remove again", diff=True),
            one("add as well", permissions=permissions("other:delete")),
            task("both", permissions=permissions("read", "write"), remove_permissions=permissions("write")),
            task("new", name="New role", permissions=permissions("read"), remove_permissions=permissions("write")),
        ]
    )
    assert run.changed == ["create", "check remove", "remove", "add as well", "new"]
    assert run["check remove"].diff == run["remove"].diff
    assert run["remove"].writes == [("DELETE", {"permissions": permissions("write")})]
    assert run["remove"].result["purged_permissions"] == permissions("write")
    assert run["remove again"].result["purged_permissions"] == []
    left = stored(tenant, run["create"].result["role"]["id"])
    assert sorted(left, key=str) == sorted(permissions("read", "delete", "other:read", "other:delete"), key=str)
    assert "remove_permissions names write, as permissions does" in run["both"].result["msg"]
    assert run["both"].requests == []
    assert stored(tenant, run["new"].result["role"]["id"]) == permissions("read")


def test_a_role_is_named_by_its_exact_name_or_its_id(play: Play, tenant: Tenant) -> None:
    # The filter of the listing finds all of these.
    others = [tenant.api("POST", "roles", {"name": f"{name}Tool User{name}"})["id"] for name in ("", "A ", "B ")]
    run = play(
        [
            task("exact", name="Tool User", description="Reads"),
            task("rename", name="Tool Reader", id=others[0]),
            task("unknown id", name="Tool Writer", id="rol_0000000000000000"),
            task("unknown id absent", id="rol_0000000000000000", state="absent"),
            task("empty name", name=""),
            task("empty id", id=""),
            task("neither", name=None),
            info("empty", name=""),
        ]
    )
    assert run.changed == ["exact", "rename"]
    assert run["exact"].result["role"]["id"] == others[0]
    assert run["rename"].writes == [("PATCH", {"name": "Tool Reader"})]
    assert "no role with the id 'rol_0000000000000000', and Auth0 makes the id" in run["unknown id"].result["msg"]
    assert run.passed == ["exact", "rename", "unknown id absent"]
    for name, key in (("empty name", "name"), ("empty id", "id"), ("empty", "name")):
        assert run[name].result["msg"] == f"{key} is empty. Give it a value, or leave it out."
        assert run[name].requests == []
    assert run["neither"].result["msg"] == "one of the following is required: name, id"


def test_what_is_wrong_is_said_before_the_role_is_written(play: Play, tenant: Tenant) -> None:
    wrong = [*permissions("none", "other:nothing"), {**permissions("read")[0], "resource_server_identifier": "x"}]
    run = play(
        [
            task("unknown", permissions=[*permissions("read"), *wrong]),
            task("check unknown", check=True, permissions=wrong),
            task("twice", permissions=permissions("read", "read")),
            task("empty", permissions=[{**permissions("read")[0], "permission_name": ""}]),
        ]
    )
    assert run.passed == ["check unknown"]
    assert all(step.writes == [] for step in run.steps)
    texts = [
        f"The API '{API}' has no scope none. Its scopes are: read, write, delete.",
        f"The API '{OTHER}' has no scope nothing. Its scopes are: read, write, delete.",
        "The tenant has no API with the identifier 'x'.",
    ]
    for text in texts:
        assert text in run["unknown"].result["msg"]
        assert text in run["check unknown"].warnings
    assert f"permissions lists '{API}' 'read' twice" in run["twice"].result["msg"]
    assert "permissions[0].permission_name is empty" in run["empty"].result["msg"]


def test_many_permissions_go_in_parts_and_come_in_pages(play: Play, tenant: Tenant) -> None:
    names = [f"scope-{number}" for number in range(120)]
    tenant.api("POST", "resource-servers", {"identifier": "many", "scopes": [{"value": name} for name in names]})
    many = [{"resource_server_identifier": "many", "permission_name": name} for name in names]
    run = play([task("create", permissions=many), task("again", permissions=many)])
    assert run.changed == ["create"], run.output
    sent = [body["permissions"] for _method, body in run["create"].writes[1:]]
    assert [len(members) for members in sent] == [50, 50, 20]
    role = run["create"].result["role"]["id"]
    assert run["again"].calls == [LIST, *[f"GET roles/{role}/permissions"] * 2]


def test_each_scope_is_needed_for_its_own(play: Play, tenant: Tenant) -> None:
    tenant.api("POST", "roles", {"name": "Tool Administrator"})

    def with_scopes(label: str, *scopes: str, **options: t.Any) -> dict[str, t.Any]:
        tenant.grant("read:roles", *scopes)
        return task(label, auth_access_token=tenant.token(), **options)

    run = play(
        [
            with_scopes("description", description="x"),
            with_scopes("permissions", permissions=permissions("read")),
            with_scopes("unseen", "update:roles", permissions=permissions("read")),
            with_scopes("create", "update:roles", name="Other"),
        ]
    )
    assert run.changed == ["unseen"]
    for name, scope in (("description", "update"), ("permissions", "update"), ("create", "create")):
        assert f"lacks the scope {scope}:roles, which is needed to {scope} the role" in run[name].result["msg"]


def test_reading_roles(play: Play, tenant: Tenant) -> None:
    made = {name: tenant.api("POST", "roles", {"name": name})["id"] for name in ("User", "Power User", "Other")}
    tenant.api("POST", f"roles/{made['User']}/permissions", {"permissions": permissions("read", "other:write")})
    run = play(
        [
            info("all"),
            info("by name", name="User", include_permissions=True),
            info("by id", id=made["Other"], include_permissions=True),
            info("none", name="Nobody"),
            info("no such id", id="rol_0000000000000000"),
            {
                "name": "given back",
                "mcp_ops.oauth.auth0_role": "{{ item }}",
                "loop": [{"id": made["User"], "name": "User", "permissions": permissions("read", "other:write")}],
            },
        ]
    )
    assert run.rc == 0, run.output
    assert run.changed == []
    roles = {name: {"id": id, "name": name, "description": ""} for name, id in made.items()}
    assert sorted(run["all"].result["roles"], key=str) == sorted(roles.values(), key=str)
    assert run["all"].calls == [LIST]
    (one,) = run["by name"].result["roles"]
    assert one == {**roles["User"], "permissions": permissions("read", "other:write")}
    assert run["by id"].result["roles"] == [{**roles["Other"], "permissions": []}]
    assert run["by id"].calls == [f"GET roles/{made['Other']}", f"GET roles/{made['Other']}/permissions"]
    assert run["none"].result["roles"] == run["no such id"].result["roles"] == []
