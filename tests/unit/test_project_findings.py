# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the check says of a project's files: all that is written here passes, and what spoils it is named."""

from __future__ import annotations

import itertools
import json
import typing as t

import pytest

from ansible_collections.mcp_ops.oauth.plugins.module_utils._access.description import Description, Tool
from ansible_collections.mcp_ops.oauth.plugins.module_utils._check.project import project_findings, read_project
from ansible_collections.mcp_ops.oauth.plugins.module_utils._check.report import Finding
from ansible_collections.mcp_ops.oauth.plugins.module_utils._check.server import Issuer
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.configuration import LITERAL, Environment
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.edit import present
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.project import (
    HELPER,
    POLICIES,
    ROUTES,
    RUNTIME,
    Files,
)
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.scope_policy import scope_policy
from tests.unit.test_project_edit import PROJECTS
from tests.unit.zuplo_project import (
    FRESH,
    NAME,
    OWN_PLUGIN,
    STRINGS,
    TOOLS,
    policy,
    routes,
    tool,
    wanted,
    with_tools,
)

ISSUER = f'"{STRINGS.issuer}"'
DESCRIPTION = Description()
EXPECTED = Issuer(STRINGS.issuer_domain, "issuer_domain")
AUDIENCE = f'"audience": "{STRINGS.audience}"'


def findings(files: Files, issuer: Issuer | None = EXPECTED, description: t.Any = DESCRIPTION) -> dict[str, Finding]:
    found = read_project(files, STRINGS.audience, issuer)
    return {one.name: one for one in project_findings(found, STRINGS.audience, issuer, description)}


def statuses(found: t.Mapping[str, Finding]) -> dict[str, str]:
    return {name.removeprefix("project_"): one.status for name, one in found.items() if one.status != "pass"}


@pytest.mark.parametrize("name", PROJECTS)
def test_what_is_written_passes(name: str) -> None:
    files, options = PROJECTS[name]
    assert statuses(findings(files))["route"] in ("fail", "warn")
    left = statuses(findings(present(files, wanted(**options)).files))
    # What the project's own code does with a token cannot be told.
    assert left == {
        **({} if options.get("attach") else {"tools": "warn"}),
        **({"route": "warn"} if name == "others" else {}),
    }


def make_project(environment: Environment = LITERAL) -> Files:
    return present(FRESH, wanted(environment, operations=TOOLS, attach=True)).files


def edited(path: str, old: str, new: str) -> Files:
    files = make_project()
    assert old in files[path]
    return {**files, path: files[path].replace(old, new)}


def without(path: str) -> Files:
    return {name: text for name, text in make_project().items() if name != path}


def own_plugin(value: str, made: str = "OAuthProtectedResourcePlugin") -> Files:
    source = OWN_PLUGIN.replace("VALUE", value).replace("new OAuthProtectedResourcePlugin", f"new {made}")
    return {**without(HELPER), RUNTIME: source}


def other_policy() -> dict[str, t.Any]:
    other = policy("other")
    other["handler"]["options"]["audience"] = "https://mcp.example.com/other"
    return other


SPOILT: dict[str, tuple[Files, dict[str, str], str]] = {
    "no route": (
        without(ROUTES),
        {"route": "fail", "audience": "skip", "auth0_domain": "skip", "tools": "skip"},
        "no route of the project has the path /mcp",
    ),
    "no policy": (
        edited(ROUTES, '"mcp-oauth-inbound"', ""),
        {"route": "fail", "audience": "skip", "auth0_domain": "skip"},
        "POST /mcp (config/mcp.oas.json) has no Auth0 policy, so it is open to everyone",
    ),
    "another policy": (
        edited(ROUTES, '"mcp-oauth-inbound"', '"of-ours"'),
        {"route": "fail", "audience": "skip", "auth0_domain": "skip"},
        "the policy of-ours has no handler in config/policies.json, so the gateway does not start",
    ),
    "lets anyone in": (
        edited(POLICIES, AUDIENCE, f'{AUDIENCE}, "allowUnauthenticatedRequests": true'),
        {"route": "fail"},
        "has allowUnauthenticatedRequests, so it lets everybody in",
    ),
    "no metadata": (
        edited(POLICIES, '"oAuthResourceMetadataEnabled": true', '"oAuthResourceMetadataEnabled": false'),
        {"route": "warn"},
        "does not set oAuthResourceMetadataEnabled",
    ),
    "no audience": (
        edited(POLICIES, f"{AUDIENCE},", ""),
        {"audience": "fail"},
        "has no audience, so any token of the tenant is accepted",
    ),
    "another audience": (
        edited(POLICIES, AUDIENCE, '"audience": ["https://mcp.example.com/mcp"]'),
        {"audience": "fail"},
        'has the audience ["https://mcp.example.com/mcp"]',
    ),
    "audience with a slash": (
        edited(POLICIES, AUDIENCE, f'{AUDIENCE[:-1]}/"'),
        {"audience": "fail"},
        "with a slash at its end",
    ),
    "audience from a variable alone": (
        edited(POLICIES, AUDIENCE, '"audience": "$env(AUDIENCE)"'),
        {"audience": "warn"},
        "where that is unset, any token of the tenant is accepted",
    ),
    "audience from a variable, on another path": (
        edited(POLICIES, AUDIENCE, '"audience": "https://$env(HOST)/other"'),
        {"audience": "fail"},
        'has the audience "https://$env(HOST)/other"',
    ),
    "domain with a scheme": (
        edited(POLICIES, '"auth0Domain": "', '"auth0Domain": "https://'),
        {"auth0_domain": "fail"},
        "it must be a bare host name",
    ),
    "another domain": (
        edited(POLICIES, '"auth0Domain": "tenant', '"auth0Domain": "tenant2'),
        {"auth0_domain": "fail"},
        'has the auth0Domain "tenant2.eu.auth0.com"',
    ),
    "no runtime": (without(RUNTIME), {"plugin": "fail"}, "registers no OAuthProtectedResourcePlugin"),
    "nothing calls": (
        {**make_project(), RUNTIME: "export function runtimeInit() {}\n"},
        {"plugin": "fail"},
        "registers no OAuthProtectedResourcePlugin",
    ),
    "another module may": (
        {**make_project(), RUNTIME: 'import { all } from "./all";\nexport function runtimeInit(r) { all(r); }\n'},
        {"plugin": "skip"},
        "imports other modules",
    ),
    "cannot be read": ({**make_project(), RUNTIME: "const s = 'open"}, {"plugin": "skip"}, "imports other modules"),
    "issuer without a slash": (
        edited(HELPER, ISSUER, f'{ISSUER[:-2]}"'),
        {"plugin": "fail"},
        "the slash at its end is missing",
    ),
    "its own plugin, another issuer": (
        own_plugin("'https://other.example/'"),
        {"plugin": "fail"},
        '"https://other.example/"',
    ),
    "its own plugin, a value that is computed": (own_plugin("issuer()"), {"plugin": "skip"}, "when it runs"),
    "a tool without a policy": (
        edited("config/routes.oas.json", '"mcp-oauth-inbound"', ""),
        {"tools": "warn"},
        "GET /hello (config/routes.oas.json) has no Auth0 policy, so anyone can call it",
    ),
    "a tool whose policy is not known": (
        edited("config/routes.oas.json", '"mcp-oauth-inbound"', '"rate-limit"'),
        {"tools": "fail"},
        "the policy rate-limit has no handler in config/policies.json",
    ),
    "a tool with another audience": (
        {
            **edited("config/routes.oas.json", '"mcp-oauth-inbound"', '"other"'),
            POLICIES: json.dumps({"policies": [json.loads(make_project()[POLICIES])["policies"][0], other_policy()]}),
        },
        {"tools": "fail"},
        "GET /hello (config/routes.oas.json) refuses MCP clients: the policy other has the audience",
    ),
    "no POST": (
        edited(ROUTES, '"post"', '"get"'),
        {"route": "fail"},
        "GET /mcp (config/mcp.oas.json), but MCP clients send POST requests",
    ),
    "the call is a comment": (
        edited(RUNTIME, "  registerMcpOAuth(", "  // registerMcpOAuth("),
        {"plugin": "skip"},
        "imports other modules",
    ),
    "imported, never made": (
        own_plugin(ISSUER, "Nothing"),
        {"plugin": "fail"},
        "registers no OAuthProtectedResourcePlugin",
    ),
    "two of one name": (
        edited(POLICIES, '"policies": [', '"policies": [{"name": "mcp-oauth-inbound"},'),
        {"route": "fail"},
        "2 policies with the name",
    ),
    "audience of two variables": (
        edited(POLICIES, AUDIENCE, '"audience": "$env(A)$env(B)"'),
        {"audience": "warn"},
        "where that is unset",
    ),
    "no such tool": (edited(ROUTES, '"id": "hello"', '"id": "gone"'), {"route": "fail"}, "has no operation 'gone'"),
    "no JSON": (edited(POLICIES, "{", "// comment\n{"), {"route": "fail"}, "config/policies.json is not strict JSON"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_what_is_spoilt_is_named(name: str) -> None:
    files, expected, text = SPOILT[name]
    found = findings(files)
    assert statuses(found) == expected
    assert text in " ".join(one.seen for one in found.values())
    for one in found.values():
        assert one.status in ("pass", "skip") or one.remedy


def test_a_server_that_answers_no_request() -> None:
    made = dict(present(FRESH, wanted(operations=TOOLS)).files)
    made[ROUTES] = made[ROUTES].replace('"post": {', '"get,post": {')
    (found,) = findings(made).values()
    assert (found.name, found.status) == ("project_route", "fail")
    assert "has the MCP server GET,POST /mcp" in found.seen


def test_a_plugin_of_its_own_passes() -> None:
    assert statuses(findings(own_plugin(ISSUER))) == {}


def test_what_the_gateway_s_environment_decides() -> None:
    files = make_project(Environment(issuer_domain="DOMAIN", mcp_host="HOST"))
    found = findings(files)
    assert statuses(found) == {"audience": "skip", "auth0_domain": "skip", "plugin": "skip"}
    assert "https://$env(HOST)/mcp" in found["project_audience"].seen


def test_without_an_issuer() -> None:
    assert statuses(findings(make_project(), None)) == {"auth0_domain": "skip", "plugin": "skip"}


@pytest.mark.parametrize(
    ("options", "status", "seen"),
    [
        ({"operations": []}, "warn", "the MCP server has no tools"),
        ({}, "warn", "the MCP server has no tools"),
        ({"openApiFilePaths": ["config/routes.oas.json"]}, "fail", "does not read openApiFilePaths any more"),
    ],
)
def test_an_mcp_server_without_tools(options: dict[str, t.Any], status: str, seen: str) -> None:
    files = make_project()
    document = json.loads(files[ROUTES])
    handler = document["paths"]["/mcp"]["post"]["x-zuplo-route"]["handler"]
    handler["options"] = {"name": "a", "version": "1", **options}
    found = findings({**files, ROUTES: json.dumps(document)})["project_tools"]
    assert (found.status, seen in found.seen) == (status, True)
    handler["export"] = "theirs"
    assert findings({**files, ROUTES: json.dumps(document)})["project_tools"].status == "skip"


# -- which tool demands which scope -----------------------------------------------------------------------------------

HELLO, SECOND = "config/routes.oas.json", "config/second.oas.json"
STATES: list[tuple[str, ...]] = [(), ("a",), ("b",), ("a", "b")]
"""The scopes that the policies before a tool demand."""


def with_scopes(hello: tuple[str, ...], second: tuple[str, ...] | None, *, guarded: bool = True) -> Files:
    """A project with the tool `hello` and, unless None, the tool `again`, which demand these scopes."""
    tools = [*TOOLS, {"file": SECOND, "id": "again"}][: 1 if second is None else 2]
    policies = [policy(), *(scope_policy(f"scope-{one}", one, "/mcp") for one in "ab")]

    def inbound(scopes: tuple[str, ...]) -> dict[str, t.Any]:
        return {"inbound": [*([NAME] if guarded else []), *(f"scope-{one}" for one in scopes)]}

    mcp = with_tools(tools)
    mcp["x-zuplo-route"]["policies"] = {"inbound": [NAME]}
    return {
        POLICIES: json.dumps({"policies": policies}),
        ROUTES: routes(mcp={"post": mcp}),
        HELLO: routes(hello={"get": tool(inbound(hello))}),
        SECOND: routes(again={"get": tool(inbound(second or ()), id="again")}),
    }


def judged(files: Files, *tools: Tool) -> Finding:
    return findings(files, description=Description(tools))["project_tool_scopes"]


def test_each_tool_demands_its_scope() -> None:
    """Whatever is described of two tools, whatever they demand, and whether both are described."""
    seen = set()
    scopes = (None, "a", "b")
    for demanded, other, scope, also in itertools.product(STATES, [*STATES, None], scopes, [*scopes, "not described"]):
        described = [Tool("hello", HELLO, scope)]
        if also != "not described":
            described.append(Tool("again", SECOND, also))
        finding = judged(with_scopes(demanded, other), *described)
        wrong = demanded != ((scope,) if scope else ())
        open_to_all = False
        if also == "not described":
            open_to_all = other == () and scope is not None
            left = other is not None
        else:
            wrong |= other is None or other != ((also,) if also else ())
            left = False
        expected = "fail" if wrong or open_to_all else "warn" if left else "pass"
        assert finding.status == expected, (demanded, other, described, finding)
        assert (
            "everyone who can log in may call again, which is a tool of the MCP route" in finding.seen
        ) is open_to_all
        assert ("tools: also again" in finding.remedy) is left
        assert ("zuplo_mcp_oauth: operations: {id: " in finding.remedy) is wrong
        seen.add(finding.status)
    assert seen == {"pass", "warn", "fail"}


@pytest.mark.parametrize(
    ("files", "tools", "text"),
    [
        (
            with_scopes((), None),
            [Tool("hello", scope="a")],
            'demands no scope instead of "a", so everyone who can log in',
        ),
        (with_scopes(("b",), None), [Tool("hello", scope="a")], 'demands the scope "b" instead of "a"'),
        (with_scopes(("a",), None), [Tool("hello")], 'demands the scope "a", and is described without one'),
        (with_scopes(("a",), None, guarded=False), [Tool("hello", scope="a")], "has no policy before it that is known"),
        (with_scopes((), None), [Tool("hello"), Tool("gone")], "the tool gone (config/routes.oas.json) is not among"),
        # The same operation of another file is another tool.
        (with_scopes((), None), [Tool("hello"), Tool("hello", SECOND)], f"the tool hello ({SECOND}) is not among"),
    ],
)
def test_a_tool_that_is_not_as_described(files: Files, tools: list[Tool], text: str) -> None:
    finding = judged(files, *tools)
    assert (finding.status, text in finding.seen) == ("fail", True), finding
    wrong = tools[-1]
    scope = f', scope: "{wrong.scope}"' if wrong.scope else ', scope: ""'
    assert f"operations: {{id: {wrong.operation}, file: {wrong.file}{scope}}}" in finding.remedy


def test_without_a_description_or_a_route_there_is_nothing_to_compare() -> None:
    assert "project_tool_scopes" not in findings(with_scopes((), None))
    assert judged(without(ROUTES), Tool("hello")).seen == "not checked: project_route did not pass"


@pytest.mark.parametrize(("mcp", "name"), [(None, "hello"), ({"name": " greet "}, "greet"), ({"name": " "}, "hello")])
def test_the_name_of_a_tool(mcp: t.Any, name: str) -> None:
    operation = tool()
    operation["x-zuplo-route"]["mcp"] = mcp
    files = {**with_scopes((), None), HELLO: routes(hello={"get": operation})}
    found = read_project(files, STRINGS.audience, EXPECTED)
    assert found.names == {(HELLO, "hello"): name}
