# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The description of tools and roles, and what changes for whom."""

from __future__ import annotations

import re
import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mcp_ops.oauth.plugins.filter.mcp_access import mcp_access
from ansible_collections.mcp_ops.oauth.plugins.module_utils._access.changes import Change, Planned, RoleChange, tell
from ansible_collections.mcp_ops.oauth.plugins.module_utils._access.description import describe
from ansible_collections.mcp_ops.oauth.plugins.module_utils._errors import InputError

URL = "https://mcp.example.com/mcp"
TOOLS: list[dict[str, t.Any]] = [
    {"operation": "list-orders", "scope": "orders:read", "description": "Read orders"},
    {"operation": "get-order", "scope": "orders:read", "file": "./config/more.oas.json", "description": "Read one"},
    {"operation": "delete-order", "scope": "orders:delete"},
    {"operation": "hello"},
]
ROLES: list[dict[str, t.Any]] = [
    {"name": "Reader", "tools": ["list-orders"], "members": [{"email": "ada@example.com"}]},
    {"name": "Admin", "description": "All", "tools": ["get-order", "delete-order"], "scopes": ["reports:read"]},
]


def permissions(*scopes: str) -> list[dict[str, str]]:
    return [{"resource_server_identifier": URL, "permission_name": scope} for scope in scopes]


def test_all_that_is_needed_follows_from_the_description() -> None:
    found = mcp_access(TOOLS, ROLES, audience=URL)
    assert found["scopes"] == [
        {"value": "orders:read", "description": "Read orders; Read one"},
        {"value": "orders:delete"},
        {"value": "reports:read"},
    ]
    assert found["operations"] == [
        {"id": "list-orders", "file": "config/routes.oas.json", "scope": "orders:read"},
        {"id": "get-order", "file": "config/more.oas.json", "scope": "orders:read"},
        {"id": "delete-order", "file": "config/routes.oas.json", "scope": "orders:delete"},
        {"id": "hello", "file": "config/routes.oas.json", "scope": ""},
    ]
    assert found["roles"] == [
        {
            "name": "Reader",
            "permissions": permissions("orders:read"),
            "remove_permissions": permissions("orders:delete"),
        },
        {
            "name": "Admin",
            "description": "All",
            "permissions": permissions("reports:read", "orders:read", "orders:delete"),
            "remove_permissions": [],
        },
    ]
    # Where no members are named, they stay as they are.
    assert found["members"] == [{"name": "Reader", "members": [{"email": "ada@example.com"}], "purge_members": False}]
    groups = {"groups": [{"name": "Sales", "connection": "okta"}, {"id": "grp_a"}], "purge_groups": True}
    assert mcp_access(TOOLS, [{"name": "Reader", **groups}])["members"] == [{"name": "Reader", **groups}]
    both = {"members": [], "purge_members": True, "groups": [], "purge_groups": False}
    assert mcp_access(TOOLS, [{"name": "Reader", **both}])["members"] == [{"name": "Reader", **both}]
    assert found["lines"] == [
        "list-orders: Reader, Admin (orders:read)",
        "get-order: Reader, Admin (orders:read)",
        "delete-order: Admin (orders:delete)",
        "hello: everyone who can log in",
    ]
    assert mcp_access([]) == {key: [] for key in ("scopes", "operations", "roles", "members", "lines")}


FAULTS: list[tuple[t.Any, t.Any, str]] = [
    (["list-orders"], [], r"mcp_tools\[0\] has no operation"),
    ([{"operation": " "}], [], r"mcp_tools\[0\] has no operation"),
    ([{"operation": "a", "scopes": ["x"]}], [], r"mcp_tools\[0\] has scopes\. An entry has only operation, file"),
    ([{"operation": "a", "scope": "two words"}], [], r"mcp_tools\[0\]\.scope 'two words' is not a name of a scope"),
    ([{"operation": "a", "scope": "x" * 281}], [], r"is not a name of a scope"),
    ([{"operation": "a", "arguments": "b"}], [], r"mcp_tools\[0\]\.arguments is no mapping"),
    (
        [{"operation": "a"}, {"operation": "a", "file": "./config/routes.oas.json"}],
        [],
        "names the operation a of config",
    ),
    ([], [{}], r"mcp_roles\[0\] has no name"),
    ([], [{"name": "R"}, {"name": "R"}], "names the role 'R' more than once"),
    ([], [{"name": "R", "tools": "a"}], r"mcp_roles\[0\] has tools that is no list"),
    ([], [{"name": "R", "tools": ["a"]}], r"mcp_roles\[0\]\.tools names 'a', which mcp_tools does not have"),
    ([{"operation": "a"}], [{"name": "R", "tools": ["a"]}], "names 'a', a tool without a scope"),
    (
        [{"operation": "a", "scope": "x"}, {"operation": "a", "scope": "y", "file": "config/b.oas.json"}],
        [{"name": "R", "tools": ["a"]}],
        "several with different scopes",
    ),
    ([], [{"name": "R", "scopes": ['"']}], r"mcp_roles\[0\]\.scopes '\"' is not a name of a scope"),
    ([], [{"name": "R", "members": ["ada"]}], r"members\[0\] does not name a user in one way"),
    ([], [{"name": "R", "members": [{"email": "a@b", "user_id": "c"}]}], "does not name a user in one way"),
    ([], [{"name": "R", "members": [{"user_id": "c", "connection": "d"}]}], "does not name a user in one way"),
    ([], [{"name": "R", "purge_members": True}], r"mcp_roles\[0\]\.purge_members is set without members"),
    ([], [{"name": "R", "groups": "Sales"}], r"mcp_roles\[0\] has groups that is no list"),
    ([], [{"name": "R", "groups": ["Sales"]}], r"groups\[0\] does not name a group in one way"),
    ([], [{"name": "R", "groups": [{"id": "c", "name": "d"}]}], r"groups\[0\] does not name a group in one way"),
    ([], [{"name": "R", "groups": [{"id": "c", "connection": "d"}]}], "does not name a group in one way"),
    ([], [{"name": "R", "groups": [{"email": "a@b"}]}], r"in one way\. Write {id: …}, or {name: …}, this with"),
    ([], [{"name": "R", "purge_groups": True}], r"mcp_roles\[0\]\.purge_groups is set without groups"),
]


@pytest.mark.parametrize(("tools", "roles", "text"), FAULTS, ids=[fault[2][:60] for fault in FAULTS])
def test_a_description_that_cannot_be_carried_out(tools: t.Any, roles: t.Any, text: str) -> None:
    with pytest.raises(InputError) as error:
        describe(tools, roles)
    assert re.search(text, str(error.value))


def test_faults_name_the_variables_that_the_user_has_set() -> None:
    with pytest.raises(InputError) as error:
        describe([{"operation": "a"}], [{"name": "R", "tools": ["a", "b"]}], names=("tools", "roles"))
    assert "mcp_" not in str(error.value)
    assert "roles[0].tools names 'b', which tools does not have" in str(error.value)


def test_all_faults_are_told_at_once() -> None:
    tools = [one for fault in FAULTS[:3] for one in fault[0]]
    with pytest.raises(AnsibleFilterError) as error:
        mcp_access(tools, [{"name": "R", "tools": ["nowhere"]}])
    assert len(re.findall(r"mcp_(?:tools|roles)\[\d\]", str(error.value))) == len(tools) + 1
    with pytest.raises(AnsibleFilterError, match="mcp_roles is no list"):
        mcp_access([], {"name": "R"})


CHANGES = {
    "a scope closes a tool": (
        Change({"a": None, "b": None}, {"a": "x", "b": None}, [RoleChange("R", after=frozenset("x"))]),
        ["Users lose a, unless a role gives them x."],
    ),
    "no scope opens it": (
        Change({"a": "x"}, {"a": None}, [RoleChange("R", frozenset("x"), frozenset("x"))]),
        ["Everyone who can log in gains a."],
    ),
    "a role gains and loses": (
        Change({"a": "x", "b": "y"}, {"a": "x", "b": "y"}, [RoleChange("R", frozenset("x"), frozenset("y"))]),
        [
            "Users with the role R gain b.",
            "Users with the role R lose a.",
            "No role of this run may call a, which needs x.",
        ],
    ),
    "users come and go": (
        Change({"a": "x"}, {"a": "x"}, [RoleChange("R", frozenset("x"), frozenset("x"), ("ada",), ("bob",))]),
        ["ada gets the role R, and with it a.", "bob loses the role R, and a unless another role gives them."],
    ),
    "a new tool": (
        Change({}, {"a": "x", "b": None}, [RoleChange("R", after=frozenset("x"))]),
        ["Everyone who can log in gains b.", "Users with the role R gain a."],
    ),
    "another scope": (
        Change({"a": "x"}, {"a": "y"}, [RoleChange("R", frozenset("x"), frozenset("x"))]),
        ["Users with the role R lose a.", "No role of this run may call a, which needs y."],
    ),
    "nothing": (Change({"a": "x"}, {"a": "x"}, [RoleChange("R", frozenset("x"), frozenset("x"))]), []),
    "an unknown project": (
        Change(None, {"a": "x"}, [RoleChange("R", after=frozenset("x"), joined=("ada",))]),
        ["Users with the role R gain a.", "ada gets the role R, and with it a."],
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_who_gains_and_who_loses(name: str) -> None:
    change, lines = CHANGES[name]
    assert tell(change) == lines


NAMES = st.sampled_from("abc")
SCOPES = st.sampled_from("xyz")
STATES = st.dictionaries(NAMES, st.none() | SCOPES)


@given(STATES, STATES, st.frozensets(SCOPES), st.frozensets(SCOPES))
def test_every_gain_and_loss_of_a_role_is_told(
    before: dict[str, str | None], after: dict[str, str | None], old: frozenset[str], new: frozenset[str]
) -> None:
    def may(tools: dict[str, str | None], scopes: frozenset[str]) -> set[str]:
        return {tool for tool, scope in tools.items() if scope is None or scope in scopes}

    text = "\n".join(tell(Change(before, after, [RoleChange("R", old, new)])))
    gained = set(re.findall(r"\b[abc]\b", " ".join(re.findall(r"(?:R|log in) gains? (.*)\.", text))))
    assert gained == (may(after, new) - may(before, old)) | {
        tool for tool in after if after[tool] is None and before.get(tool, "") is not None
    }
    lost = set(re.findall(r"\b[abc]\b", " ".join(re.findall(r"R lose (.*)\.", text))))
    assert lost == may(before, old) - may(after, new)


def test_what_the_steps_of_a_run_plan_is_gathered() -> None:
    planned = Planned()
    operations = [{"id": "a", "scope": "x"}, {"id": "b", "scope": ""}]
    planned.add("zuplo_mcp_oauth", {"operations": operations}, {"config": {"audience": URL}}, {}, {})
    other = {"resource_server_identifier": "https://other.example.com", "permission_name": "y"}
    planned.add("auth0_role", {"name": "R"}, {}, {}, {"permissions": [*permissions("x"), other]})
    planned.add("auth0_role_members", {"name": "R"}, {}, {"members": [{"user_id": "bob"}]}, {"members": []})
    assert planned.tell() == [
        "Users with the role R gain a.",
        "bob loses the role R.",
    ]
    had, has = (
        {"groups": [{"id": "grp_a", "name": "Sales"}, {"id": "grp_b"}]},
        {"groups": [{"id": "grp_c", "name": "IT"}]},
    )
    planned.add("auth0_role_members", {"name": "R"}, {}, had, has)
    assert planned.tell() == [
        "Users with the role R gain a.",
        "The group IT gets the role R, and with it a.",
        "The group Sales loses the role R.",
        "The group grp_b loses the role R.",
    ]
    before, after = [{"operation": "a", "scope": None}], [{"operation": "a", "scope": "x"}]
    values = {"config": {"audience": URL}, "tool_scopes": after, "tool_scopes_before": before}
    planned.add("zuplo_mcp_oauth", {"operations": operations}, values, {}, {})
    assert planned.tell()[0] == "Users lose a, unless a role gives them x."
