# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import functools
import typing as t

import pytest

from tests.integration import harness
from tests.integration.harness import DATABASE, Play, Tenant

LIST, SEARCH, BY_EMAIL = "GET roles", "GET users", "GET users-by-email"
STAFF = "staff"

task = functools.partial(harness.task, "auth0_role_members", name="Tool User")
info = functools.partial(harness.task, "auth0_role_members_info", name="Tool User")


def user(name: str, connection: str = DATABASE, **fields: t.Any) -> dict[str, t.Any]:
    """The user `auth0|<name>`, or of another connection `<connection>|<name>`, as the tenant has it."""
    provider = "auth0" if connection == DATABASE else connection
    return {
        "user_id": f"{provider}|{name}",
        "email": f"{name}@example.com",
        "name": f"Name of {name}",
        "picture": f"https://example.com/{name}.png",
        "identities": [{"connection": connection, "provider": provider, "user_id": name, "isSocial": False}],
        **fields,
    }


def users(tenant: Tenant, *those: dict[str, t.Any]) -> None:
    state = tenant.call("GET", "/_emulator/state")
    state["users"].update({one["user_id"]: one for one in those})
    tenant.call("PUT", "/_emulator/state", state)


@pytest.fixture
def role(tenant: Tenant) -> str:
    return str(tenant.api("POST", "roles", {"name": "Tool User"})["id"])


def stored(tenant: Tenant, role: str) -> set[str]:
    """Who has a role in the tenant."""
    return {one["user_id"] for one in tenant.api("GET", f"roles/{role}/users?take=100")["users"]}


def emails(*names: str) -> list[dict[str, str]]:
    return [{"email": f"{name}@example.com"} for name in names]


def test_the_members_of_a_role(play: Play, tenant: Tenant, role: str) -> None:
    users(tenant, *map(user, ("amy", "bob", "eve", "joe")), user("kim", username="kim"))
    other = tenant.api("POST", "roles", {"name": "A Tool User"})["id"]
    tenant.api("POST", f"roles/{other}/users", {"users": ["auth0|amy", "auth0|eve"]})
    first = [{"user_id": "auth0|amy"}, {"email": "Bob@Example.com", "connection": DATABASE}]
    more: list[dict[str, str]] = [{"username": "kim"}, *emails("eve")]
    run = play(
        [
            task("check create", check=True, diff=True, members=first),
            task("create", diff=True, members=first),
            task("create again", diff=True, members=first),
            task("by id", name=None, id=role, members=[{"user_id": "auth0|bob"}]),
            task("nobody", members=[]),
            task("check more", check=True, diff=True, members=more),
            task("more", diff=True, members=more),
            info("who"),
            info("who with emails", name=None, id=role, include_emails=True),
            task("check purge", check=True, diff=True, members=[*emails("joe"), *first[:1]], purge_members=True),
            task("purge", diff=True, members=[*emails("joe"), *first[:1]], purge_members=True),
            task("purge again", diff=True, members=[*emails("joe"), *first[:1]], purge_members=True),
            task("empty", members=[], purge_members=True),
            info("nobody has it"),
        ]
    )
    assert run.rc == 0, run.output
    changed = ["create", "more", "purge", "empty"]
    assert [name for name in run.changed if not name.startswith("check ")] == changed
    members = f"GET roles/{role}/users"
    for name in changed[:3]:
        assert run[f"check {name}"].diff == run[name].diff
        assert run[f"check {name}"].writes == []
        assert run[f"check {name}"].result["members"] == run[name].result["members"]
    assert run["create"].calls == [LIST, members, SEARCH, "GET users/auth0%7Camy", f"POST roles/{role}/users"]
    assert run["create"].writes == [("POST", {"users": ["auth0|amy", "auth0|bob"]})]
    assert run["create"].result["role"] == {"id": role, "name": "Tool User"}
    # Each with what named it.
    bob = {"user_id": "auth0|bob", **first[1]}
    named = {"name": "Tool User"}
    assert run["create"].diff == ({**named, "members": []}, {**named, "members": [{"user_id": "auth0|amy"}, bob]})
    assert run["create again"].diff == (({**named, "members": [{"user_id": "auth0|amy"}, bob]},) * 2)
    assert run["create again"].calls == [LIST, members, SEARCH]
    assert run["by id"].calls == [f"GET roles/{role}", members]
    assert run["nobody"].calls == [LIST, members]
    assert run["more"].writes == [("POST", {"users": ["auth0|kim", "auth0|eve"]})]
    four = ["auth0|amy", "auth0|bob", "auth0|eve", "auth0|kim"]
    assert sorted(one["user_id"] for one in run["who"].result["members"]) == four
    assert all(set(one) == {"user_id"} for one in run["who"].result["members"])
    assert run["who"].result["role"] == {"id": role, "name": "Tool User"}
    shown = {one["user_id"]: one["email"] for one in run["who with emails"].result["members"]}
    assert shown == {name: f"{name[6:]}@example.com" for name in four}
    assert run["who with emails"].calls == [f"GET roles/{role}", members]
    # Those that are removed are told by id alone.
    before, after = run["purge"].diff
    assert before == {**named, "members": [{"user_id": name} for name in four]}
    assert after == {**named, "members": [{"user_id": "auth0|amy"}, {"user_id": "auth0|joe", **emails("joe")[0]}]}
    assert run["purge"].writes == [("POST", {"users": ["auth0|joe"]}), *[("DELETE", {"roles": [role]})] * 3]
    assert run["purge"].calls[-3:] == [f"DELETE users/auth0%7C{name}/roles" for name in ("bob", "eve", "kim")]
    assert run["purge"].result["members"] == ["auth0|amy", "auth0|joe"]
    assert run["purge"].result["purged_members"] == run["check purge"].result["purged_members"] == four[1:]
    assert "'Tool User' is removed from these users: auth0|bob, auth0|eve, auth0|kim." in run["purge"].warnings
    assert run["purge again"].result["purged_members"] == []
    assert "purged_members" not in run["more"].result
    assert run["nobody has it"].result["members"] == []
    # Neither name nor picture of anybody, and no email but those that the tasks named.
    assert "Name of" not in run.output
    assert ".png" not in run.output
    assert stored(tenant, other) == {"auth0|amy", "auth0|eve"}


def test_a_user_is_named_in_exactly_one_way(play: Play, tenant: Tenant, role: str) -> None:
    wrong: list[tuple[str, list[dict[str, t.Any]]]] = [
        ("members[0] must have exactly one of user_id, email, username.", [{}]),
        ("members[0] must have exactly one of", [{"connection": DATABASE}]),
        ("members[1] must have exactly one of", [*emails("amy"), {**emails("bob")[0], "username": "bob"}]),
        ("members[0] has user_id, which needs no connection", [{"user_id": "auth0|amy", "connection": "x"}]),
        ("members[0].email is empty", [{"email": " "}]),
        ("members[0].connection is empty", [{**emails("amy")[0], "connection": ""}]),
        ("members lists email 'amy@example.com' twice", emails("amy", "Amy")),
        ("members lists user_id 'auth0|amy' twice", [{"user_id": "auth0|amy"}] * 2),
    ]
    run = play([task(f"{number}", members=members) for number, (_text, members) in enumerate(wrong)])
    for step, (text, _members) in zip(run.steps, wrong, strict=True):
        assert text in step.result["msg"]
        assert step.requests == []


def test_all_users_that_cannot_be_told_are_one_error(play: Play, tenant: Tenant, role: str) -> None:
    users(
        tenant,
        user("amy"),
        user("amy", STAFF),
        user("bob", STAFF),
        user("joe", username="joe"),
        user("twin-1", STAFF, email="twin@example.com"),
        user("twin-2", STAFF, email="twin@example.com"),
    )
    unknown = [{"user_id": "auth0|none"}, *emails("none"), {"username": "none"}, {"username": "JOE"}]
    elsewhere = [{**emails("bob")[0], "connection": DATABASE}]
    several = [*emails("amy"), {**emails("twin")[0], "connection": STAFF}]
    told = [
        "Create these first: user_id 'auth0|none', email 'none@example.com', username 'none', username 'JOE', "
        f"email 'bob@example.com' of the connection '{DATABASE}'.",
        f"2 users with the email 'amy@example.com': auth0|amy ({DATABASE}), staff|amy (staff). "
        "Name one by its user_id or with its connection.",
        "2 users with the email 'twin@example.com' of the connection 'staff': staff|twin-1 (staff), "
        "staff|twin-2 (staff). Name one by its user_id.",
    ]
    run = play(
        [
            task("all", members=[*unknown, *several, *elsewhere]),
            task("check all", check=True, members=[*unknown, *several, *elsewhere]),
            task("unknown", members=[*unknown, *elsewhere, {"username": "joe"}]),
            task("check unknown", check=True, members=[*unknown, *elsewhere, {"username": "joe"}]),
            task("several", members=several),
            task("no role", name="None", members=[*unknown, *elsewhere]),
            task("check no role", check=True, name="None", members=[*unknown, *elsewhere, {"username": "joe"}]),
            task("no such id", name=None, id="rol_0000000000000000", members=[]),
            task("twice", members=[{"username": "joe"}, *emails("joe")]),
            task("told apart", members=[{**emails("amy")[0], "connection": STAFF}]),
        ]
    )
    assert run.passed == ["check unknown", "check no role", "told apart"]
    assert all(step.writes == [] for step in run.steps[:-1])
    for text in told:
        assert text in run["all"].result["msg"]
        assert text in run["check all"].result["msg"]
    assert told[0] in run["unknown"].result["msg"]
    assert told[0] in run["check unknown"].warnings
    assert run["check unknown"].result["members"] == ["auth0|joe"]
    no_role = "The tenant has no role with the name 'None'. Create it with auth0_role."
    for text in (no_role, told[0]):
        assert text in run["no role"].result["msg"]
        assert text in run["check no role"].warnings
    assert run["check no role"].result["role"] == {"name": "None"}
    assert "no role with the id 'rol_0000000000000000'. Create it" in run["no such id"].result["msg"]
    assert "lists the user auth0|joe twice, the second time as email 'joe@example.com'" in run["twice"].result["msg"]
    assert stored(tenant, role) == {"staff|amy"}


@pytest.mark.parametrize("address", ["new@example.com", "New@Example.com"])
def test_the_search_lags_behind(play: Play, tenant: Tenant, role: str, address: str) -> None:
    users(tenant, user("new"), user("new", STAFF))
    empty = {"users": [], "start": 0, "limit": 100, "length": 0, "total": 0}
    tenant.fault("GET", "/api/v2/users", status=200, body=empty)
    run = play([task("new", members=[{"email": address, "connection": DATABASE}])])
    assert run.rc == 0, run.output
    assert run["new"].writes == [("POST", {"users": ["auth0|new"]})]
    # As it is given, and as Auth0 stores it.
    count = len({address, address.lower()})
    assert run["new"].calls[2:-1] == [SEARCH, *[BY_EMAIL] * count]


def test_characters_that_a_search_gives_a_meaning(play: Play, tenant: Tenant, role: str) -> None:
    odd = [r"a+b*?@example.com", r'"quo\"ted"@example.com', "é(x):[y]&&||!{z}^~/@example.com", "OR@example.com"]
    users(tenant, *(user(f"{number}", email=email) for number, email in enumerate(odd)), user("aXb", email="a+bc@x"))
    run = play([task("odd", members=[{"email": email} for email in odd])])
    assert run.rc == 0, run.output
    assert run["odd"].result["members"] == [f"auth0|{number}" for number in range(4)]
    assert run["odd"].calls == [LIST, f"GET roles/{role}/users", SEARCH, f"POST roles/{role}/users"]


def test_many_members_need_few_requests(play: Play, tenant: Tenant, role: str) -> None:
    names = [f"somebody.with.a.long.name-{number:03}" for number in range(120)]
    users(tenant, *map(user, names))
    run = play(
        [
            task("assign", members=emails(*names)),
            task("again", members=emails(*names)),
            task("fifty", members=emails(*names[:50])),
            task("ids", members=[{"user_id": f"auth0|{name}"} for name in names]),
            info("all"),
        ]
    )
    assert run.rc == 0, run.output
    assert run.changed == ["assign"]
    assert [len(body["users"]) for _method, body in run["assign"].writes] == [50, 50, 20]
    pages = [f"GET roles/{role}/users"] * 2
    assert run["again"].calls == [LIST, *pages, *[SEARCH] * 3]
    assert run["fifty"].calls == [LIST, *pages, SEARCH]
    assert run["ids"].calls == run["all"].calls == [LIST, *pages]
    assert len(run["all"].result["members"]) == 120


def test_each_scope_is_needed_for_its_own(play: Play, tenant: Tenant, role: str) -> None:
    users(tenant, *map(user, ("amy", "bob", "eve")))
    tenant.api("POST", f"roles/{role}/users", {"users": ["auth0|amy"]})

    def with_scopes(label: str, *scopes: str, **options: t.Any) -> dict[str, t.Any]:
        tenant.grant("read:roles", *scopes)
        return task(label, auth_access_token=tenant.token(), **options)

    amy, bob, eve = ({"user_id": f"auth0|{name}"} for name in ("amy", "bob", "eve"))
    run = play(
        [
            with_scopes("no users to read", members=[amy]),
            with_scopes("users", "update:roles", "update:users", members=[bob]),
            with_scopes("to assign", "read:users", "update:users", members=[bob]),
            with_scopes("check to assign", "read:users", check=True, members=[bob]),
            with_scopes("assign", "read:users", "update:roles", members=[bob]),
            with_scopes("assign otherwise", "read:users", "create:role_members", members=[eve]),
            with_scopes("to remove", "update:roles", members=[amy, bob], purge_members=True),
            with_scopes("remove", "update:users", members=[amy, bob], purge_members=True),
            with_scopes("remove otherwise", "delete:role_members", members=[amy], purge_members=True),
        ]
    )
    passed = ["no users to read", "check to assign", "assign", "assign otherwise", "remove", "remove otherwise"]
    assert run.passed == passed, run.output
    assert "lacks the scope read:users, which is needed to find the users" in run["users"].result["msg"]
    assert "lacks the scope update:roles, which is needed to update" in run["to assign"].result["msg"]
    assert "lacks the scope update:roles" in run["check to assign"].warnings
    assert "lacks the scope update:users, which" in run["to remove"].result["msg"]
    assert stored(tenant, role) == {"auth0|amy"}


def test_a_user_with_as_many_roles_as_can_be(play: Play, tenant: Tenant, role: str) -> None:
    others = [tenant.api("POST", "roles", {"name": f"Other {number}"})["id"] for number in range(50)]
    users(tenant, user("amy", roles=others))
    run = play([task("too many", members=emails("amy"))])
    assert "A user can have 50 roles at most." in run["too many"].result["msg"]


def test_roles_and_members_in_one_preflight(play: Play, tenant: Tenant, role: str) -> None:
    users(tenant, *map(user, ("amy", "bob")))
    gone = tenant.api("POST", "roles", {"name": "Gone"})["id"]
    tenant.api("POST", f"roles/{role}/users", {"users": ["auth0|bob"]})
    api = "https://mcp.example.com/mcp"

    def step(module: str, **options: t.Any) -> dict[str, t.Any]:
        return {"module": module, "options": options}

    def permission(name: str) -> dict[str, t.Any]:
        return {"permissions": [{"resource_server_identifier": api, "permission_name": name}]}

    steps = [
        step("auth0_resource_server", identifier=api, scopes=[{"value": "read"}]),
        step("auth0_role", name="New", **permission("read")),
        step("auth0_role_members", name="New", members=emails("amy"), purge_members=True),
        step("auth0_role", name="New", description="Another step", **permission("read")),
        step("auth0_role", name="Tool User", description="Uses tools"),
        step("auth0_role_members", name="Tool User", members=emails("amy", "bob")),
        step("auth0_role", name="Tool Person", id=role),
        step("auth0_role_members", name="Tool Person", members=[{"user_id": "auth0|bob"}]),
        step("auth0_role_members", id=role, members=[{"user_id": "auth0|bob"}]),
    ]
    wrong = [
        step("auth0_role", name="Newer", **permission("write")),
        step("auth0_role_members", name="Never", members=emails("none")),
        step("auth0_role", name="Gone", state="absent"),
        step("auth0_role_members", name="Gone", members=[]),
        step("auth0_role", id=role, state="absent"),
        step("auth0_role_members", id=role, members=[]),
    ]
    run = play(
        [
            harness.task("mcp_preflight", "clear", steps=steps),
            harness.task("mcp_preflight", "obstacles", steps=[*steps[:1], *wrong]),
        ]
    )
    assert run["clear"].status == "ok", run["clear"].result
    assert run["clear"].result["obstacles"] == run["clear"].result["missing_scopes"] == []
    # Of the new role: one look whether it is there, and who its members are to be.
    assert run["clear"].calls[:3] == ["GET resource-servers/https%3A%2F%2Fmcp.example.com%2Fmcp", LIST, SEARCH]
    assert all(call.startswith("GET ") for call in run.calls)
    assert not any("rol_new" in call for call in run.calls)
    expected = [
        f"The API '{api}' has no scope write. Its scopes are: read.",
        "The tenant has no role with the name 'Never'. Create it with auth0_role.",
        "Create these first: email 'none@example.com'.",
        "The tenant has no role with the name 'Gone'.",
        f"The tenant has no role with the id '{role}'.",
    ]
    obstacles = run["obstacles"].result["obstacles"]
    assert len(obstacles) == len(expected), obstacles
    for text, obstacle in zip(expected, obstacles, strict=True):
        assert text in obstacle
    assert {one["id"] for one in tenant.api("GET", "roles")} >= {role, gone}


# -- groups -----------------------------------------------------------------------------------------------------------

OKTA, ENTRA = "okta", "entra"
SALES, OTHER_SALES, LEADS, NEW = (f"grp_{letter * 16}" for letter in "ABCD")
BY_NAME = "GET groups"


@pytest.fixture
def groups(tenant: Tenant) -> None:
    """Two connections, each with a group Sales."""
    state = tenant.call("GET", "/_emulator/state")
    (database,) = state["connections"].values()
    for name in (OKTA, ENTRA):
        state["connections"][f"con_{name}"] = {**database, "id": f"con_{name}", "name": name}
    named = [(SALES, "Sales", OKTA), (OTHER_SALES, "Sales", ENTRA), (LEADS, "Leads", OKTA), (NEW, "New", None)]
    for key, name, connection in named:
        state["groups"][key] = {
            "id": key,
            "name": name,
            **({"connection_id": f"con_{connection}"} if connection else {}),
        }
    tenant.call("PUT", "/_emulator/state", state)


def groups_of(tenant: Tenant, role: str) -> set[str]:
    return {one["id"] for one in tenant.api("GET", f"roles/{role}/groups")["groups"]}


@pytest.mark.usefixtures("groups")
def test_the_groups_of_a_role(play: Play, tenant: Tenant, role: str) -> None:
    users(tenant, user("amy"))
    first = [{"name": "Sales", "connection": OKTA}, {"id": NEW}]
    run = play(
        [
            task("check add", check=True, diff=True, groups=first),
            task("add", diff=True, groups=first),
            task("again", groups=first),
            task("by id", groups=[{"id": SALES}]),
            task("by name", groups=[{"name": "Leads"}]),
            task("users alone", members=[{"user_id": "auth0|amy"}]),
            task("none", groups=[]),
            info("who", include_groups=True),
            info("users"),
            task("check purge", check=True, diff=True, groups=[{"id": LEADS}], purge_groups=True),
            task("purge", diff=True, groups=[{"id": LEADS}], purge_groups=True),
            task("purge again", groups=[{"id": LEADS}], purge_groups=True),
            task("both", members=[], purge_members=True, groups=[{"id": NEW}], purge_groups=True),
        ]
    )
    assert run.rc == 0, run.output
    changed = ["add", "by name", "users alone", "purge", "both"]
    assert [name for name in run.changed if not name.startswith("check ")] == changed
    path = f"roles/{role}/groups"
    for name in ("add", "purge"):
        assert run[f"check {name}"].diff == run[name].diff
        assert run[f"check {name}"].writes == []
        assert run[f"check {name}"].result["groups"] == run[name].result["groups"]
    assert run["add"].calls == [LIST, f"GET {path}", BY_NAME, "GET connections", f"GET groups/{NEW}", f"POST {path}"]
    assert run["add"].writes == [("POST", {"groups": [SALES, NEW]})]
    named = {"name": "Tool User"}
    assert run["add"].diff == ({**named, "groups": []}, {**named, "groups": [{"id": SALES, **first[0]}, {"id": NEW}]})
    assert run["add"].result["groups"] == [SALES, NEW]
    assert not {"members", "purged_groups"} & set(run["add"].result)
    assert run["again"].calls == [LIST, f"GET {path}", BY_NAME, "GET connections"]
    assert run["by id"].calls == run["none"].calls == [LIST, f"GET {path}"]
    # Without a connection to tell, none is read.
    assert run["by name"].calls == [LIST, f"GET {path}", BY_NAME, f"POST {path}"]
    # What is not named is neither read nor sent.
    assert not any("groups" in call for call in [*run["users alone"].calls, *run["users"].calls])
    assert "groups" not in {**run["users alone"].result, **run["users"].result}
    assert not any("users" in call for name in ("add", "by name", "purge") for call in run[name].calls)
    assert run["who"].result["groups"] == [{"id": SALES}, {"id": LEADS}, {"id": NEW}]
    assert run["who"].result["members"] == [{"user_id": "auth0|amy"}]
    assert run["purge"].writes == [("DELETE", {"groups": [SALES, NEW]})]
    assert run["purge"].result["purged_groups"] == run["check purge"].result["purged_groups"] == [SALES, NEW]
    assert run["purge"].diff[0]["groups"] == [
        {"id": SALES, "name": "Sales"},
        {"id": LEADS},
        {"id": NEW, "name": "New"},
    ]
    assert "'Tool User' is removed from these groups: Sales, New." in run["purge"].warnings
    assert run["purge again"].result["purged_groups"] == []
    writes = [("DELETE", {"roles": [role]}), ("POST", {"groups": [NEW]}), ("DELETE", {"groups": [LEADS]})]
    assert run["both"].writes == writes
    assert (stored(tenant, role), groups_of(tenant, role)) == (set(), {NEW})


@pytest.mark.usefixtures("groups")
def test_all_groups_that_cannot_be_told_are_one_error(play: Play, tenant: Tenant, role: str) -> None:
    unknown = [{"id": "grp_EEEEEEEEEEEEEEEE"}, {"name": "sales"}, {"name": "Leads", "connection": ENTRA}]
    told = (
        f"It lacks: id 'grp_EEEEEEEEEEEEEEEE', name 'sales', name 'Leads' of the connection '{ENTRA}'. "
        "Groups come from an enterprise connection"
    )
    several = (
        f"The tenant has 2 groups with the name 'Sales': {SALES} (okta), {OTHER_SALES} (entra). "
        "Name one by its id or with its connection."
    )
    wrong: list[tuple[str, dict[str, t.Any]]] = [
        ("groups[0] must have exactly one of id, name.", {"groups": [{"connection": OKTA}]}),
        ("groups[0] must have exactly one of", {"groups": [{"id": NEW, "name": "New"}]}),
        ("groups[0] has id, which needs no connection", {"groups": [{"id": NEW, "connection": OKTA}]}),
        ("groups[0].name is empty", {"groups": [{"name": " "}]}),
        ("groups lists name 'New' twice", {"groups": [{"name": "New"}] * 2}),
        ("purge_groups is set without groups.", {"members": [], "purge_groups": True}),
        ("purge_members is set without members.", {"groups": [], "purge_members": True}),
        ("one of the following is required: members, groups", {}),
    ]
    run = play(
        [
            task("all", groups=[*unknown, {"name": "Sales"}], members=emails("none")),
            task("unknown", groups=[*unknown, {"name": "New"}]),
            task("check unknown", check=True, groups=[*unknown, {"name": "New"}]),
            task("twice", groups=[{"name": "New"}, {"id": NEW}]),
            *(task(f"{number}", **options) for number, (_text, options) in enumerate(wrong)),
        ]
    )
    assert run.passed == ["check unknown"]
    assert all(step.writes == [] for step in run.steps)
    for text in (told, several, "Create these first: email 'none@example.com'."):
        assert text in run["all"].result["msg"]
    assert told in run["unknown"].result["msg"]
    assert told in run["check unknown"].warnings
    assert run["check unknown"].result["groups"] == [NEW]
    assert f"groups lists the group {NEW} twice, the second time as id '{NEW}'" in run["twice"].result["msg"]
    for number, (text, _options) in enumerate(wrong):
        assert text in run[f"{number}"].result["msg"]
        assert run[f"{number}"].requests == []


@pytest.mark.usefixtures("groups")
def test_scopes_for_groups(play: Play, tenant: Tenant, role: str) -> None:
    tenant.api("POST", f"roles/{role}/groups", {"groups": [SALES]})

    def with_scopes(label: str, *scopes: str, **options: t.Any) -> dict[str, t.Any]:
        tenant.grant("read:roles", *scopes)
        return task(label, auth_access_token=tenant.token(), **options)

    leads = [{"name": "Leads", "connection": OKTA}]
    read = ("read:group_roles", "read:groups", "read:connections")
    run = play(
        [
            with_scopes("nothing", groups=[]),
            with_scopes("read", "read:group_roles", groups=[{"id": SALES}]),
            with_scopes("to find", "read:group_roles", groups=leads),
            with_scopes("to add", *read, groups=leads),
            with_scopes("check to add", *read, check=True, groups=leads),
            with_scopes("add", *read, "create:group_roles", groups=leads),
            with_scopes("no names", "read:group_roles", "read:groups", groups=[{"name": "Sales"}]),
            with_scopes("to remove", "read:group_roles", groups=[], purge_groups=True),
            with_scopes("remove", "read:group_roles", "delete:group_roles", groups=[], purge_groups=True),
        ]
    )
    assert run.passed == ["read", "check to add", "add", "remove"], run.output
    assert "lacks the scope read:group_roles, which is needed to read the groups" in run["nothing"].result["msg"]
    assert "lacks the scopes read:connections, read:groups, which" in run["to find"].result["msg"]
    assert "lacks the scope create:group_roles" in run["to add"].result["msg"]
    assert "lacks the scope create:group_roles" in run["check to add"].warnings
    assert f"{SALES} (con_okta), {OTHER_SALES} (con_entra)" in run["no names"].result["msg"]
    assert "lacks the scope delete:group_roles" in run["to remove"].result["msg"]
    assert groups_of(tenant, role) == set()
