# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The scope that a tool's route demands: projects of different hands x what was wanted before x what is wanted now."""

from __future__ import annotations

import functools
import json
import os
import shutil
import typing as t
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ansible_collections.mcp_ops.oauth.plugins.module_utils._errors import InputError, ProjectError
from ansible_collections.mcp_ops.oauth.plugins.module_utils._types import SCOPE
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.choice import Wanted
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.configuration import check_options, configuration
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.edit import Plan, absent, present
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.project import (
    HELPER,
    POLICIES,
    RUNTIME,
    Files,
    parse_project,
)
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.scope_policy import first_name, scope_policy
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.tool_list import by_hand
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.tool_scopes import tool_scopes
from tests.unit.zuplo_project import (
    NAME,
    OTHERS,
    OWN_PLUGIN,
    OWN_RUNTIME,
    STRINGS,
    elsewhere,
    mcp,
    policy,
    routes,
    tool,
    wanted,
)
from tests.unit.zuplo_run import KILLED, content, create, kill, list_changes, run

TOOLS = "config/routes.oas.json"
IDS = ("hello", "bye", "list")
READ, WRITE = "orders:read", "orders:write"
Scopes = dict[str, str | None]


def operations(scopes: t.Mapping[str, str | None], ids: t.Iterable[str] = IDS) -> list[dict[str, t.Any]]:
    return [{"file": TOOLS, "id": one, "scope": scopes.get(one)} for one in ids]


def server(*inbound: str) -> dict[str, t.Any]:
    """An MCP route by hand, whose tools have another order and another form than in the option."""
    operation = mcp({"inbound": list(inbound)} if inbound else None)
    tools = [{"file": TOOLS, "id": one} for one in reversed(IDS)]
    operation["x-zuplo-route"]["handler"]["options"]["operations"] = tools
    return operation


def tools(*policies: t.Any) -> dict[str, t.Any]:
    """The routes of the tools, with these policies."""
    several = [*policies, *[None] * (len(IDS) - len(policies))]
    return {one: {"get": tool(given, id=one)} for one, given in zip(IDS, several, strict=True)}


def composite(*members: str) -> dict[str, t.Any]:
    handler = {"export": "CompositeInboundPolicy", "module": "$import(@zuplo/runtime)"}
    return {"name": "group", "handler": {**handler, "options": {"policies": list(members)}}}


FRESH = {POLICIES: '{\n  "policies": []\n}\n', TOOLS: routes(**tools())}
ISSUER = '"https://tenant.eu.auth0.com"'
BOTH = {**FRESH, "config/others.oas.json": routes(third={"get": tool(id="third")})}
LAYOUTS: dict[str, dict[str, str]] = {
    "fresh": FRESH,
    "without policies": {TOOLS: FRESH[TOOLS]},
    "one line": {POLICIES: '{"policies":[]}', TOOLS: json.dumps(json.loads(FRESH[TOOLS]))},
    "by hand": {
        POLICIES: json.dumps(OTHERS, indent=4).replace("1.5", "1.50"),
        TOOLS: routes(**tools({"inbound": ["a", "b"]}, {"inbound": []}, {"outbound": ["x"]}), mcp={"post": server()}),
        RUNTIME: OWN_RUNTIME,
    },
    "tabs and CRLF": {
        POLICIES: json.dumps(OTHERS, indent="\t").replace("\n", "\r\n"),
        "config/own.oas.json": routes(mcp={"post": server("b")}).replace("\n", "\r\n"),
        TOOLS: json.dumps(json.loads(routes(**tools({"inbound": ["b", "a"]}, {}))), indent="\t").replace("\n", "\r\n"),
        RUNTIME: OWN_RUNTIME.replace("\n", "\r\n"),
    },
    "a plugin of its own": {
        POLICIES: json.dumps({"policies": [*OTHERS["policies"], policy()]}, indent=2),
        TOOLS: routes(**tools({"inbound": [NAME]}, {"inbound": ["a", NAME, "b"]}), mcp={"post": server(NAME)}),
        RUNTIME: OWN_PLUGIN.replace("VALUE", ISSUER),
    },
    "a plugin of its own, new policy": {**FRESH, RUNTIME: OWN_PLUGIN.replace("VALUE", ISSUER)},
    "in a composite policy": {
        POLICIES: json.dumps({"policies": [composite("a", NAME), *OTHERS["policies"], policy()]}, indent=2),
        TOOLS: routes(**tools({"inbound": ["group"]}, {"inbound": ["b", "group", "a"]}), mcp={"post": server("group")}),
    },
    "names that are taken": {
        POLICIES: json.dumps({"policies": [{"name": f"{NAME}-scope-orders-read{end}"} for end in ("", "-2")]}),
        TOOLS: FRESH[TOOLS],
    },
    "a second MCP server": dict(
        present(
            BOTH,
            elsewhere(
                "/other",
                policy_name="other",
                operations=[{"file": "config/others.oas.json", "id": "third", "scope": READ}],
            ),
        ).files
    ),
}
WANTED: dict[str, Scopes] = {
    "nothing": {},
    "one": {"hello": READ},
    "another": {"hello": WRITE},
    "two tools with one": {"bye": READ, "hello": READ},
    "one each": {"list": "a", "bye": WRITE, "hello": READ},
    "with one slug": {"list": "orders.read", "bye": "Orders-Read", "hello": READ},
    "a login": {"hello": "", "bye": WRITE},
    "no scope at all": dict.fromkeys(IDS, ""),
}


def ask(scopes: t.Mapping[str, str | None]) -> Wanted:
    return wanted(operations=operations(scopes))


def demanded(files: Files) -> dict[str, list[str]]:
    """The scopes that stand before the tools, each after the Auth0 policy, read without the code under test."""
    policies = {one["name"]: one for one in json.loads(files[POLICIES])["policies"]}
    auth0 = {NAME, *(one for one in ("group",) if one in policies)}
    found = {}
    for item in json.loads(files[TOOLS])["paths"].values():
        for operation in item.values():
            if operation["operationId"] not in IDS:
                continue
            inbound = operation["x-zuplo-route"].get("policies", {}).get("inbound", [])
            ours = [one for one in inbound if policies.get(one, {}).get("policyType") == "custom-code-inbound"]
            for one in ours:
                assert inbound[inbound.index(one) - 1] in auth0
                handler = policies[one]["handler"]
                assert (handler["export"], handler["module"]) == ("requireScope", "$import(./modules/mcp-oauth)")
                assert handler["options"]["mcpPath"] == "/mcp"
            found[operation["operationId"]] = [policies[one]["handler"]["options"]["scope"] for one in ours]
    return found


def follow(*steps: Scopes) -> dict[str, list[str]]:
    """What is demanded after these runs: what is not named stays."""
    now: dict[str, str] = {}
    for step in steps:
        now.update({one: scope for one, scope in step.items() if scope is not None})
    return {one: [now[one]] if now.get(one) else [] for one in IDS}


def without_ledger(files: Files) -> dict[str, str]:
    """Another MCP server takes over what was added for both."""
    return {path: text.partition("\n\n")[2] if path == HELPER else text for path, text in files.items()}


def reported(plan: Plan) -> dict[str, list[str]]:
    return {one.operation: list(one.scopes) for one in plan.scopes}


@pytest.mark.parametrize("second", WANTED)
@pytest.mark.parametrize("first", WANTED)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_one_run_after_another(layout: str, first: str, second: str) -> None:
    files, steps = LAYOUTS[layout], (WANTED[first], WANTED[second])
    one = present(files, ask(steps[0]))
    two = present(one.files, ask(steps[1]))
    assert demanded(one.files) == reported(one) == follow(steps[0])
    assert demanded(two.files) == reported(two) == follow(*steps)
    assert two.scopes_before == one.scopes
    for scopes, plan in zip(steps, (one, two), strict=True):
        again = present(plan.files, ask(scopes))
        assert again == replace(plan, scopes_before=plan.scopes)
        left = absent(plan.files, NAME).files
        assert without_ledger(left) == without_ledger(files)
        assert left == files or absent(left).files == BOTH
        # What is not named stays.
        assert present(plan.files, ask({})).files == plan.files
        assert present(plan.files, wanted()).files == plan.files
    policies = [one["name"] for one in json.loads(two.files[POLICIES])["policies"] if f"{NAME}-scope-" in one["name"]]
    kept = [one["name"] for one in json.loads(files.get(POLICIES, '{"policies": []}'))["policies"]]
    assert len(set(policies) - set(kept)) == len({scope for found in follow(*steps).values() for scope in found})
    others = "other-scope-orders-read" in kept
    assert ("requireScope" in two.files[HELPER].partition("\n\n")[2]) == (others or any(follow(*steps).values()))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_tool_with_a_scope_is_guarded(layout: str) -> None:
    plan = present(LAYOUTS[layout], ask({"hello": READ, "bye": ""}))
    found = {one.operation: one for one in plan.scopes}
    guarded = {one for one in IDS if one in ("hello", "bye")}
    assert {name for name, one in found.items() if one.is_authenticated and not one.is_open} >= guarded
    titles = [f"GET /{name} ({TOOLS})" for name, one in found.items() if one.is_open]
    assert sorted(plan.open_routes) == sorted(titles)
    everything = replace(ask({"hello": READ}), attach=True)
    assert present(LAYOUTS[layout], everything).open_routes == []


def test_the_route_that_is_not_there_yet_has_no_tools() -> None:
    assert present(FRESH, ask({"hello": READ})).scopes_before == []
    by_hand = present(LAYOUTS["by hand"], ask({"hello": READ})).scopes_before
    assert [(one.operation, one.file, one.scopes) for one in by_hand] == [(one, TOOLS, ()) for one in reversed(IDS)]


def test_a_policy_s_name() -> None:
    plan = present(LAYOUTS["names that are taken"], ask({"hello": READ}))
    assert json.loads(plan.files[POLICIES])["policies"][-1] == {
        "name": f"{NAME}-scope-orders-read-3",
        "policyType": "custom-code-inbound",
        "handler": {
            "export": "requireScope",
            "module": "$import(./modules/mcp-oauth)",
            "options": {"scope": READ, "mcpPath": "/mcp"},
        },
    }


SCOPE_TEXTS = st.text(st.sampled_from([chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"\\']), min_size=1)


@settings(deadline=None)
@given(st.lists(SCOPE_TEXTS, min_size=3, max_size=3), st.sampled_from(["fresh", "by hand", "names that are taken"]))
def test_any_scopes(scopes: list[str], layout: str) -> None:
    assume(not any("$env(" in one or "$import(" in one for one in scopes))
    wishes = dict(zip(IDS, scopes, strict=True))
    check_options({"operations": operations(wishes)})
    plan = present(LAYOUTS[layout], ask(wishes))
    assert demanded(plan.files) == {one: [scope] for one, scope in wishes.items()}
    names = [one["name"] for one in json.loads(plan.files[POLICIES])["policies"]]
    assert len(names) == len(set(names))
    assert present(plan.files, ask(wishes)).files == plan.files
    assert absent(plan.files, NAME).files == LAYOUTS[layout]


@given(SCOPE_TEXTS)
def test_a_name_has_the_letters_that_names_have(scope: str) -> None:
    assert SCOPE.fullmatch(scope)
    name = first_name(NAME, scope)
    assert name.startswith(f"{NAME}-scope")
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert not name.endswith("-")


# -- what somebody else has done --------------------------------------------------------------------------------------


def edit(files: Files, file: str, change: t.Callable[[t.Any], None]) -> dict[str, str]:
    document = json.loads(files[file])
    change(document)
    return {**files, file: json.dumps(document, indent=2)}


def set_option(name: str, key: str, value: t.Any) -> t.Callable[[t.Any], None]:
    def change(document: t.Any) -> None:
        (found,) = (one for one in document["policies"] if one["name"] == name)
        (found["handler"]["options"] if key in ("scope", "mcpPath", "more") else found["handler"])[key] = value

    return change


OURS = f"{NAME}-scope-orders-read"


@pytest.mark.parametrize(
    ("key", "value"),
    [("scope", "other"), ("scope", None), ("mcpPath", "/x"), ("mcpPath", 1), ("module", "$import(./modules/mine)")],
)
def test_a_policy_of_ours_is_corrected_and_keeps_what_was_added_to_it(key: str, value: t.Any) -> None:
    first = present(FRESH, ask({"hello": READ})).files
    edited = edit(edit(first, POLICIES, set_option(OURS, key, value)), POLICIES, set_option(OURS, "more", 1))
    assert edited[POLICIES] != first[POLICIES]
    plan = present(edited, ask({"hello": READ}))
    assert json.loads(plan.files[POLICIES]) == json.loads(edit(first, POLICIES, set_option(OURS, "more", 1))[POLICIES])
    assert demanded(plan.files)["hello"] == [READ]
    left = absent(plan.files, NAME).files
    assert {path: json.loads(text) for path, text in left.items()} == {
        path: json.loads(text) for path, text in FRESH.items()
    }


def test_a_policy_of_ours_with_another_handler_is_not_ours_any_more() -> None:
    first = present(FRESH, ask({"hello": READ})).files
    edited = edit(first, POLICIES, set_option(OURS, "export", "mine"))
    told = f"policy '{OURS}' with the handler 'mine' instead of requireScope"
    with pytest.raises(ProjectError, match=told):
        present(edited, ask({"hello": READ}))
    with pytest.raises(ProjectError, match=told):
        absent(edited, NAME)


def test_a_scope_of_somebody_else_is_not_taken_away() -> None:
    theirs = {POLICIES: json.dumps({"policies": [scope_policy("theirs", "x", "/mcp"), policy()]}, indent=2)}
    files = {**theirs, TOOLS: routes(**tools({"inbound": [NAME, "theirs"]}))}
    for scope in (READ, ""):
        with pytest.raises(ProjectError, match=r"policy theirs at the tool GET /hello, which demands the scope 'x'"):
            present(files, ask({"hello": scope}))
    assert present(files, ask({"bye": READ})).scopes[0].scopes == ("x",)
    same = present(files, ask({"hello": "x", "bye": "x"}))
    assert demanded(same.files) == {"hello": ["x"], "bye": ["x"], "list": []}
    assert [one["name"] for one in json.loads(same.files[POLICIES])["policies"]] == ["theirs", NAME]
    assert absent(same.files, NAME).files == files


def test_a_policy_of_ours_that_somebody_has_attached_elsewhere_stays() -> None:
    first = present(FRESH, ask({"hello": READ})).files

    def attach(document: t.Any) -> None:
        document["paths"]["/list"]["get"]["x-zuplo-route"]["policies"] = {"inbound": [NAME, OURS]}

    edited = edit(first, TOOLS, attach)
    assert demanded(present(edited, ask({"hello": WRITE})).files) == {"hello": [WRITE], "bye": [], "list": [READ]}
    path = ("paths", "/list", "get", "x-zuplo-route", "policies", "inbound")
    swapped = edit(edited, TOOLS, lambda document: functools.reduce(dict.__getitem__, path, document).reverse())
    with pytest.raises(ProjectError, match=f"the policy {OURS} needs a policy before it that reads the token"):
        present(swapped, ask({"hello": READ}))


def test_a_tool_that_refuses_mcp_clients_cannot_have_a_scope() -> None:
    keys = {"name": "keys", "handler": {"export": "ApiKeyInboundPolicy", "module": "$import(@zuplo/runtime)"}}
    files = {POLICIES: json.dumps({"policies": [keys]}), TOOLS: routes(**tools({"inbound": ["keys"]}))}
    with pytest.raises(
        ProjectError, match=r"let nobody in at the tool GET /hello: the policy keys accepts only API"
    ) as refused:
        present(files, ask({"hello": READ}))
    assert "leave scope out for this tool" in refused.value.remedy
    (warning,) = present(files, ask({"bye": READ})).warnings
    assert "refuses MCP clients: the policy keys" in warning


# -- the list of tools ------------------------------------------------------------------------------------------------

LIST = f"{NAME}-tools"


def lists(scopes: t.Mapping[str, str | None], narrow: bool | None = True) -> Wanted:
    return replace(ask(scopes), list_callable_tools=narrow)


def listed(files: Files) -> dict[str, list[str]] | None:
    """Tool -> the scopes with which it is listed; None where it is to everyone. Read without the code under test."""
    found = [one for one in json.loads(files[POLICIES])["policies"] if one.get("name") == LIST]
    routes = [json.loads(text)["paths"] for file, text in files.items() if file.endswith(".oas.json")]
    (inbound,) = (paths["/mcp"]["post"]["x-zuplo-route"]["policies"]["inbound"] for paths in routes if "/mcp" in paths)
    assert (LIST in inbound) == bool(found) == ("listCallableTools" in files[HELPER].partition("\n\n")[2])
    if not found:
        return None
    assert inbound[inbound.index(LIST) - 1] in (NAME, "group")
    handler = found[0]["handler"]
    assert (handler["export"], handler["module"]) == (
        "McpCapabilityFilterInboundPolicy",
        "$import(@zuplo/runtime/mcp-gateway)",
    )
    assert handler["options"]["accessControl"] == {
        "mode": "function",
        "identifier": {"module": "$import(./modules/mcp-oauth)", "export": "listCallableTools"},
    }
    tools = handler["options"]["tools"]
    assert all(("roles" in one) != (one.get("public") is True) for one in tools)
    return {one["name"]: one.get("roles", []) for one in tools}


@pytest.mark.parametrize("second", [True, None, False])
@pytest.mark.parametrize("first", [True, None, False])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_list_of_tools(layout: str, first: bool | None, second: bool | None) -> None:
    files = LAYOUTS[layout]
    steps: list[Scopes] = [{"hello": READ}, {"hello": WRITE, "bye": READ, "list": ""}]
    one = present(files, lists(steps[0], first))
    two = present(one.files, lists(steps[1], second))
    narrow = bool(first) if second is None else second
    assert listed(one.files) == (follow(steps[0]) if first else None)
    assert listed(two.files) == (follow(*steps) if narrow else None)
    for plan, scopes, wish in ((one, steps[0], first), (two, steps[1], second)):
        assert present(plan.files, lists(scopes, wish)).files == plan.files
        assert without_ledger(absent(plan.files, NAME).files) == without_ledger(files)
    if not narrow:
        assert without_ledger(two.files) == without_ledger(
            present(present(files, ask(steps[0])).files, ask(steps[1])).files
        )


def test_no_scope_any_more_lists_everything_to_everyone() -> None:
    first = present(FRESH, lists({"hello": READ})).files
    without = present(first, lists({"hello": ""}, None))
    assert listed(without.files) == {one: [] for one in IDS}
    assert demanded(without.files) == {one: [] for one in IDS}
    assert "requireScope" in without.files[HELPER].partition("\n\n")[2]


def test_a_list_that_somebody_has_edited_is_corrected() -> None:
    first = present(FRESH, lists({"hello": READ})).files

    def edit_policy(document: t.Any) -> None:
        (found,) = (one for one in document["policies"] if one["name"] == LIST)
        found["handler"]["options"]["tools"][0] = {"name": "hello", "public": True}
        found["handler"]["options"]["accessControl"]["mode"] = "allPublic"

    def swap(document: t.Any) -> None:
        document["paths"]["/mcp"]["post"]["x-zuplo-route"]["policies"]["inbound"].reverse()

    edited = edit(edit(first, POLICIES, edit_policy), "config/mcp.oas.json", swap)
    for wish in (True, None):
        assert listed(present(edited, lists({"hello": READ}, wish)).files) == follow({"hello": READ})


def test_the_names_that_mcp_clients_know() -> None:
    def name(document: t.Any) -> None:
        hello, bye = (document["paths"][f"/{one}"]["get"] for one in ("hello", "bye"))
        hello["x-zuplo-route"]["mcp"] = {"type": "tool", "name": " greet "}
        bye["requestBody"] = {"content": {"application/json": {}, "text/plain": {}}}
        document["paths"]["/list"]["get"]["x-zuplo-route"]["mcp"] = {"type": "resource", "name": "orders"}

    files = edit(FRESH, TOOLS, name)
    assert listed(present(files, lists({"hello": READ, "bye": WRITE})).files) == {
        "greet": [READ],
        "bye_application_json": [WRITE],
        "bye_text_plain": [WRITE],
    }


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda tool: tool["x-zuplo-route"].update(mcp={"type": "graphql"}), "is of the type graphql"),
        (lambda tool: tool.update(requestBody={"$ref": "#/x"}), "has a reference in place of its requestBody"),
    ],
)
def test_a_tool_without_a_name_that_can_be_told(change: t.Callable[[t.Any], None], what: str) -> None:
    files = edit(FRESH, TOOLS, lambda document: change(document["paths"]["/bye"]["get"]))
    with pytest.raises(ProjectError, match=rf"the tool GET /bye, which {what}"):
        present(files, lists({"hello": READ}))
    assert present(files, ask({"hello": READ})).scopes


@pytest.mark.parametrize("scopes", [{}, {"hello": "", "bye": None}])
def test_without_scopes_there_is_no_list(scopes: Scopes) -> None:
    with pytest.raises(InputError, match="no tool in operations names a scope") as refused:
        check_options({"operations": operations(scopes), "list_callable_tools": True})
    assert refused.value.where == "list_callable_tools"
    for wish in (None, False):
        check_options({"operations": operations(scopes), "list_callable_tools": wish})
    with pytest.raises(InputError, match="no tool in operations names a scope"):
        check_options({"list_callable_tools": True})


# -- a project that is written by hand --------------------------------------------------------------------------------


@pytest.mark.parametrize("scopes", WANTED.values(), ids=WANTED)
@pytest.mark.parametrize("narrow", [False, True])
def test_what_a_project_by_hand_needs_is_what_the_module_writes(scopes: Scopes, narrow: bool) -> None:
    config: t.Any = configuration(STRINGS)
    found = by_hand(config, operations(scopes), "/mcp", list_callable_tools=narrow)
    if not any(scopes.values()):
        assert found == config
        return
    files = present(FRESH, lists(scopes, narrow)).files
    policies, paths = json.loads(files[POLICIES])["policies"], json.loads(files[TOOLS])["paths"]
    named = [one for one in IDS if scopes.get(one) is not None]
    assert [one["operation"] for one in found["tool_policies"]] == named
    for one in found["tool_policies"]:
        inbound = paths[f"/{one['operation']}"]["get"]["x-zuplo-route"]["policies"]["inbound"]
        assert (one["file"], one["inbound_policies"]) == (TOOLS, inbound)
        assert one["policy"] is None if inbound[1:] == [] else one["policy"] in policies
    assert files[HELPER].endswith(f"\n{found['tool_module']}")
    mcp_route = json.loads(files["config/mcp.oas.json"])["paths"]["/mcp"]["post"]
    assert found["inbound_policies"] == mcp_route["x-zuplo-route"]["policies"]["inbound"]
    assert found["list_policy"] in policies if narrow else "list_policy" not in found
    assert {name: found[name] for name in config if name != "inbound_policies"} == {
        name: config[name] for name in config if name != "inbound_policies"
    }


# -- tools by hand ----------------------------------------------------------------------------------------------------


def test_the_tools_of_a_route_by_hand_are_all_named() -> None:
    files = LAYOUTS["by hand"]
    with pytest.raises(ProjectError, match=r"that route: operations does not name list \(config/routes.oas.json\)\. "):
        present(files, wanted(operations=operations({}, ("hello", "bye"))))
    document = json.loads(files[TOOLS])
    document["paths"]["/new"] = {"get": tool(id="new")}
    more = {**files, TOOLS: json.dumps(document)}
    with pytest.raises(ProjectError, match=r"not name bye .*, list .*; the route does not have new \("):
        present(more, wanted(operations=operations({}, ("new", "hello"))))
    assert present(more, wanted(operations=operations({}, ("list", "hello", "bye")))).scopes


# -- a URL that moves, and a second server ----------------------------------------------------------------------------


def test_a_url_that_moves_takes_the_policies_along() -> None:
    first = present(FRESH, ask({"hello": READ}))
    other = elsewhere("/other", operations=operations({"hello": READ}))
    moved = present(first.files, other)
    handler = json.loads(moved.files[POLICIES])["policies"][-1]["handler"]
    assert handler["options"] == {"scope": READ, "mcpPath": "/other"}
    assert moved.scopes_before == [replace(one, is_authenticated=False) for one in first.scopes]
    assert [one.scopes for one in moved.scopes] == [(READ,), (), ()]
    assert present(moved.files, other).files == moved.files
    assert absent(moved.files, NAME).files == FRESH


def test_the_function_stays_while_another_server_needs_it() -> None:
    both = present(LAYOUTS["a second MCP server"], ask({"hello": READ})).files
    left = absent(both, "other").files
    assert "requireScope" in left[HELPER]
    assert demanded(left)["hello"] == [READ]
    assert present(left, ask({"hello": READ})).files == left
    without = present(left, ask({"hello": ""})).files
    assert "requireScope" not in without[HELPER].partition("\n\n")[2]
    assert "registerMcpOAuth" in without[HELPER]


def test_the_note_of_a_policy_goes_with_the_change_after_its_own() -> None:
    """A run that is killed before it has removed the policy finds it by the note."""
    first = present(FRESH, ask({"hello": READ})).files
    gone = present(first, ask({"hello": ""})).files
    assert OURS in gone[HELPER]
    assert OURS not in gone[POLICIES]
    assert OURS not in present(gone, ask({"bye": WRITE})).files[HELPER]


# -- on the disk ------------------------------------------------------------------------------------------------------

STEPS: dict[str, tuple[Scopes | None, Scopes]] = {
    "set": (None, {"hello": READ}),
    "changed": ({"hello": READ, "bye": "a"}, {"hello": WRITE, "bye": ""}),
    "taken away": ({"hello": READ}, {"hello": ""}),
}


def act(root: Path, scopes: Scopes | None, **options: t.Any) -> t.Any:
    return run(root, operations=operations({} if scopes is None else scopes), **options)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("step", STEPS)
def test_the_preview_is_exact(tmp_path: Path, layout: str, step: str) -> None:
    root = create(tmp_path / "project", LAYOUTS[layout])
    options = {"policy_name": NAME}
    before, after = STEPS[step]
    if before is not None:
        act(root, before, **options)
    start = content(root)
    foreseen, none = act(root, after, check=True, **options), content(root)
    done = act(root, after, **options)
    assert none == start
    assert (foreseen.values, foreseen.diff, foreseen.changed) == (done.values, done.diff, True)
    assert [one["scope"] for one in done.values["tool_scopes"] if one["operation"] == "hello"] == [
        after.get("hello") or None
    ]
    again = act(root, after, **options)
    assert not again.changed
    assert again.values["tool_scopes_before"] == again.values["tool_scopes"] == done.values["tool_scopes"]


@pytest.mark.parametrize("layout", ["by hand", "a plugin of its own"])
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("killed", ["present", "absent"])
def test_a_killed_run_leaves_what_the_next_one_finishes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layout: str, step: str, killed: str
) -> None:
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    before, after = STEPS[step]
    original = create(tmp_path / "original", LAYOUTS[layout])
    start = copy(original, tmp_path / "start")
    if before is not None:
        act(start, before)
    whole = copy(start, tmp_path / "whole")
    act(whole, after)
    runs: dict[str, dict[str, t.Any]] = {"present": {}, "absent": {"state": "absent"}}
    begin = start if killed == "present" else whole
    calls = list_changes(lambda: act(copy(begin, tmp_path / "counted"), after, **runs[killed]))
    changes = [(number, call) for number, call in enumerate(calls) if call in ("link", "replace", "unlink")]
    assert changes
    for number, call in changes:
        left = copy(begin, tmp_path / "left")
        assert kill(lambda: act(tmp_path / "left", after, **runs[killed]), number) == KILLED
        project = copy(left, tmp_path / "project")
        act(project, after)
        found = {path: text.decode() for path, text in content(project).items() if text is not None}
        assert demanded(found) == follow(before or {}, after), f"{call} {number}"
        act(project, after, state="absent")
        assert content(project) == content(original), f"{call} {number}"
        act(left, after, state="absent")
        assert content(left) == content(original), f"{call} {number}"


def copy(source: Path, target: Path) -> Path:
    shutil.rmtree(target, ignore_errors=True)
    return Path(shutil.copytree(source, target))


# -- the option -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", [None, "", READ, "!", "~", "a[b]'", "x" * 280])
def test_a_scope_that_can_be(scope: str | None) -> None:
    check_options({"operations": operations({"hello": scope})})


@pytest.mark.parametrize(
    ("scope", "what"),
    [
        *((one, "is not a scope") for one in (" ", "a b", 'a"', "a\\b", "\x7f", "ä", "a\n", "x" * 281)),
        ("$env(SCOPE)", r"has \$env\(, for which the gateway puts another text"),
        ("a$import(b)", r"has \$import\(, for which"),
        ("a\0", "has a null byte"),
    ],
)
def test_a_scope_that_cannot_be(scope: str, what: str) -> None:
    with pytest.raises(InputError, match=what) as refused:
        check_options({"operations": operations({"bye": scope})})
    assert refused.value.where == "operations[1].scope"


def test_one_tool_has_one_scope() -> None:
    twice = [*operations({"hello": READ}), {"file": f"./{TOOLS}", "id": "hello", "scope": WRITE}]
    with pytest.raises(InputError, match=f"names hello of {TOOLS} more than once, with different scopes"):
        check_options({"operations": twice})
    check_options({"operations": [*operations({"hello": READ}), *operations({"hello": READ})]})


def test_who_may_call_what_is_read_for_others() -> None:
    files = present(LAYOUTS["by hand"], ask({"hello": READ})).files
    found = tool_scopes(parse_project(files), "/mcp", wanted().token)
    assert [(one.operation, one.scopes, one.is_authenticated, one.is_open) for one in found] == [
        ("list", (), False, True),
        ("bye", (), False, True),
        ("hello", (READ,), True, False),
    ]
    assert tool_scopes(parse_project(files), "/elsewhere", wanted().token) == []
