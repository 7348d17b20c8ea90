# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Projects as different hands write them: present twice, absent, and every byte that is not ours."""

from __future__ import annotations

import json
import typing as t
from dataclasses import replace

import pytest

from ansible_collections.mcp_ops.oauth.plugins.module_utils import _project as project
from ansible_collections.mcp_ops.oauth.plugins.module_utils import _zuplo as zuplo
from ansible_collections.mcp_ops.oauth.plugins.module_utils._plan import PlanError
from ansible_collections.mcp_ops.oauth.plugins.module_utils._urls import derive

STRINGS = derive("tenant.eu.auth0.com", "https://mcp.example.com/mcp")
NAME = "mcp-oauth-inbound"
TOOLS = [{"file": "config/routes.oas.json", "id": "hello"}]


def wanted(environment: zuplo.Environment = zuplo.LITERAL, policy_name: str = NAME, **options: t.Any) -> project.Wanted:
    config = zuplo.configuration(STRINGS, resource_name="Ours", policy_name=policy_name, environment=environment)
    return project.Wanted(config, environment, **options)


def tool(policies: t.Any = None, *, id: str = "hello") -> dict[str, t.Any]:
    route: dict[str, t.Any] = {"handler": {"export": "default", "module": "$import(./modules/hello)"}}
    if policies is not None:
        route["policies"] = policies
    return {"operationId": id, "x-zuplo-route": route}


def mcp(policies: t.Any = None) -> dict[str, t.Any]:
    tools = [{"file": "./config/routes.oas.json", "id": "hello"}]
    options = {"name": "theirs", "version": "2", "operations": tools}
    route: dict[str, t.Any] = {"handler": {"export": "mcpServerHandler", "options": options}}
    if policies is not None:
        route["policies"] = policies
    return {"operationId": "mcp", "x-zuplo-route": route}


def with_tools(tools: t.Any) -> dict[str, t.Any]:
    operation = mcp()
    operation["x-zuplo-route"]["handler"]["options"]["operations"] = tools
    return operation


def routes(**paths: t.Any) -> str:
    return json.dumps({"openapi": "3.1.0", "paths": {f"/{name}": value for name, value in paths.items()}}, indent=2)


FRESH = {
    "config/policies.json": '{\n  "policies": []\n}\n',
    "config/routes.oas.json": routes(hello={"get": tool()}),
}
RUNTIME = """\
// Ours, with a comment: registerMcpOAuth(runtime)
import { RuntimeExtensions } from "@zuplo/runtime";
import other from "./other";

/** export function runtimeInit(runtime) {} */
export function runtimeInit(runtime: RuntimeExtensions) {
  other(`export function ${runtime}`); // stays
}
"""
OTHERS = {"policies": [{"name": "a", "handler": {"options": {"n": 1.50}}}, {"name": "b"}], "corsPolicies": [{"x": 1}]}

PROJECTS: dict[str, tuple[dict[str, str], dict[str, t.Any]]] = {
    "fresh": (FRESH, {"operations": TOOLS}),
    "without policies": ({"config/routes.oas.json": FRESH["config/routes.oas.json"]}, {"operations": TOOLS}),
    "one line": (
        {
            "config/policies.json": '{"policies":[]}',
            "config/routes.oas.json": json.dumps({"paths": {"/h": {"get": tool()}}}),
        },
        {"operations": TOOLS},
    ),
    "others": (
        {
            "config/policies.json": json.dumps(OTHERS, indent=4).replace("1.5", "1.50"),
            "config/routes.oas.json": routes(hello={"get": tool()}, mcp={"post": mcp({"inbound": ["a", "b"]})}),
            "modules/zuplo.runtime.ts": RUNTIME,
        },
        {"attach": True},
    ),
    "tabs and CRLF": (
        {
            "config/policies.json": json.dumps(OTHERS, indent="\t").replace("\n", "\r\n"),
            "config/own.oas.json": routes(mcp={"post": mcp({"inbound": []}), "get": mcp({})}),
            "config/routes.oas.json": routes(hello={"get": tool({"outbound": ["x"], "inbound": []})}),
            "modules/zuplo.runtime.ts": RUNTIME.replace("\n", "\r\n"),
        },
        {"attach": True},
    ),
    "no policies on the routes": (
        {**FRESH, "config/mcp.oas.json": routes(mcp={"post": mcp()}), "modules/zuplo.runtime.ts": RUNTIME},
        {"attach": True},
    ),
    "no list of policies": (
        {**FRESH, "config/policies.json": json.dumps({"corsPolicies": []}, indent=2)},
        {"operations": TOOLS},
    ),
    "nothing in the policies": ({**FRESH, "config/policies.json": "{}"}, {"operations": TOOLS}),
    "no paths in our file": (
        {**FRESH, "config/mcp.oas.json": json.dumps({"openapi": "3.1.0", "info": {"title": "x"}}, indent=2)},
        {"operations": TOOLS},
    ),
    "another route in our file": (
        {**FRESH, "config/mcp.oas.json": routes(other={"post": tool(id="other")})},
        {"operations": TOOLS, "attach": True},
    ),
}


@pytest.mark.parametrize("name", PROJECTS)
def test_present_present_absent(name: str) -> None:
    files, options = PROJECTS[name]
    first = project.present(files, wanted(**options))
    assert first.files != files
    second = project.present(first.files, wanted(**options))
    assert second.files == first.files
    assert project.absent(second.files, NAME).files == files
    assert project.absent(files, NAME).files == files


@pytest.mark.parametrize("name", PROJECTS)
def test_what_is_written(name: str) -> None:
    files, options = PROJECTS[name]
    after = project.present(files, wanted(**options)).files
    policies = json.loads(after["config/policies.json"])["policies"]
    assert policies[-1] == wanted().config["policy"]
    assert [one for one in policies if one["name"] == NAME] == policies[-1:]
    served = [
        operation
        for file, text in after.items()
        if file.endswith(".oas.json")
        for operation in json.loads(text)["paths"].get("/mcp", {}).values()
    ]
    assert served
    for operation in served:
        assert operation["x-zuplo-route"]["policies"]["inbound"][0] == NAME
    assert '"authorizationServers": [' in after["modules/mcp-oauth.ts"]
    assert "registerMcpOAuth(runtime);" in after["modules/zuplo.runtime.ts"]
    other = json.loads(files.get("config/policies.json", '{"policies": []}'))
    assert policies[:-1] == other.get("policies", [])


def test_a_policy_of_ours_is_mended_and_keeps_what_was_added_to_it() -> None:
    after = project.present(FRESH, wanted(operations=TOOLS)).files
    policies = json.loads(after["config/policies.json"])
    options = policies["policies"][0]["handler"]["options"]
    options.update(audience="https://mcp.example.com/mcp/", allowUnauthenticatedRequests=True)
    del options["oAuthResourceMetadataEnabled"]
    broken = {**after, "config/policies.json": json.dumps(policies)}
    mended = project.present(broken, wanted(operations=TOOLS))
    found = json.loads(mended.files["config/policies.json"])["policies"][0]["handler"]["options"]
    assert found == {**wanted().config["policy"]["handler"]["options"], "allowUnauthenticatedRequests": True}
    assert "without a token" in mended.warnings[0]


def test_tools_of_a_route_that_was_made_here() -> None:
    files = {**FRESH, "config/more.oas.json": routes(bye={"post": tool(id="bye")})}
    first = project.present(files, wanted(operations=TOOLS))
    assert first.open_routes == ["GET /hello (config/routes.oas.json)"]
    more = [*TOOLS, {"file": "./config/more.oas.json", "id": "bye"}]
    both = project.present(first.files, wanted(operations=more, attach=True))
    assert both.open_routes == []
    options = json.loads(both.files["config/mcp.oas.json"])["paths"]["/mcp"]["post"]["x-zuplo-route"]["handler"][
        "options"
    ]
    assert [one["id"] for one in options["operations"]] == ["hello", "bye"]
    assert project.present(both.files, wanted(attach=True)).files == both.files
    assert project.absent(both.files, NAME).files == files


def test_further_methods_on_a_route_that_was_made_here() -> None:
    first = project.present(FRESH, wanted(operations=TOOLS)).files
    document = json.loads(first[project.ROUTES])
    document["paths"]["/mcp"].update(put=mcp(), get=tool(id="page"))
    document["paths"]["/mcp"]["put"]["x-zuplo-route"]["handler"]["options"]["operations"] = []
    theirs = {**first, project.ROUTES: json.dumps(document, indent=2) + "\n"}
    second = project.present(theirs, wanted(operations=TOOLS)).files
    route = json.loads(second[project.ROUTES])["paths"]["/mcp"]
    assert {method: _tools(one) for method, one in route.items()} == {"post": ["hello"], "put": ["hello"], "get": None}
    assert project.present(second, wanted(operations=TOOLS)).files == second


def _tools(operation: t.Any) -> list[str] | None:
    named = operation["x-zuplo-route"]["handler"].get("options", {}).get("operations")
    return None if named is None else [one["id"] for one in named]


def with_hand_made(policy: dict[str, t.Any]) -> dict[str, str]:
    """A project in which somebody has written the policy, and put it before the tool."""
    return {
        "config/policies.json": json.dumps({"policies": [policy]}, indent=2),
        "config/routes.oas.json": routes(hello={"get": tool({"inbound": [NAME]})}, bye={"get": tool(id="bye")}),
    }


def test_what_was_there_before_stays() -> None:
    files = with_hand_made(wanted().config["policy"])
    assert project.absent(files, NAME).files == files
    tools = [*TOOLS, {"file": "config/routes.oas.json", "id": "bye"}]
    first = project.present(files, wanted(operations=tools, attach=True)).files
    assert json.loads(first["config/routes.oas.json"])["paths"]["/bye"]["get"]["x-zuplo-route"]["policies"]
    assert project.absent(first, NAME).files == files


def test_what_a_user_adds_to_our_route_stays() -> None:
    first = project.present(FRESH, wanted(operations=TOOLS)).files
    document = json.loads(first[project.ROUTES])
    document["paths"]["/mcp"]["get"] = tool(id="page")
    document["components"] = {"schemas": {}}
    theirs = {**first, project.ROUTES: json.dumps(document, indent=2) + "\n"}
    left = project.absent(theirs, NAME).files
    assert json.loads(left[project.ROUTES])["paths"] == {"/mcp": {"get": document["paths"]["/mcp"]["get"]}}
    assert "components" in json.loads(left[project.ROUTES])
    assert project.RUNTIME not in left


def test_version_control_may_change_line_ends() -> None:
    first = project.present(FRESH, wanted(operations=TOOLS)).files
    checkout = {path: text.replace("\n", "\r\n") for path, text in first.items()}
    assert project.present(checkout, wanted(operations=TOOLS)).files == checkout
    assert project.absent(checkout, NAME).files == {path: text.replace("\n", "\r\n") for path, text in FRESH.items()}


def elsewhere(path: str, **options: t.Any) -> project.Wanted:
    """The same for another URL."""
    strings = derive("tenant.eu.auth0.com", f"https://mcp.example.com{path}")
    name = options.pop("policy_name", NAME)
    return project.Wanted(zuplo.configuration(strings, resource_name="Ours", policy_name=name), **options)


def test_a_policy_for_two_urls() -> None:
    first = project.present(FRESH, wanted(operations=TOOLS)).files
    moved = project.present(first, elsewhere("/other", operations=TOOLS))
    (warning,) = moved.warnings
    assert "The route /mcp in config/mcp.oas.json has the same policy" in warning
    assert project.absent(moved.files, NAME).files == FRESH


def test_a_tool_cannot_be_guarded_for_two_servers() -> None:
    first = project.present(FRESH, wanted(operations=TOOLS, attach=True)).files
    with pytest.raises(PlanError, match=r"GET /hello .* would have the policies .*, which want tokens of different"):
        project.present(first, elsewhere("/other", operations=TOOLS, attach=True, policy_name="other"))
    assert project.present(first, elsewhere("/other", operations=TOOLS, policy_name="other")).open_routes


def test_a_policy_under_a_new_name_inherits_the_route() -> None:
    first = project.present(FRESH, wanted(operations=TOOLS)).files
    both = project.present(first, wanted(operations=TOOLS, policy_name="new")).files
    left = project.absent(both, NAME).files
    (operation,) = json.loads(left[project.ROUTES])["paths"]["/mcp"].values()
    assert operation["x-zuplo-route"]["policies"]["inbound"] == ["new"]
    assert project.present(left, wanted(operations=TOOLS, policy_name="new")).files == left
    assert project.absent(left, "new").files == FRESH


def test_an_operation_has_an_id_whatever_the_policy_s_name() -> None:
    files = project.present(FRESH, wanted(operations=TOOLS, policy_name="-inbound")).files
    assert json.loads(files[project.ROUTES])["paths"]["/mcp"]["post"]["operationId"] == "mcp"


def test_two_servers_share_the_plugin() -> None:
    first = project.present(FRESH, wanted(operations=TOOLS)).files
    other = elsewhere("/other", operations=TOOLS, policy_name="other")
    planned = project.present(first, other)
    both = planned.files
    assert planned.warnings == []
    assert project.present(both, wanted(operations=TOOLS)).files == both
    config = zuplo.configuration(STRINGS, resource_name="Theirs", policy_name="other")
    (warning,) = project.present(both, replace(other, config={**other.config, **_plugin(config)})).warnings
    assert f"hold for {NAME} as well" in warning
    left = project.absent(both, NAME).files
    assert json.loads(left["config/policies.json"])["policies"] == [other.config["policy"]]
    assert list(json.loads(left["config/mcp.oas.json"])["paths"]) == ["/other"]
    assert "modules/mcp-oauth.ts" in left
    assert project.absent(left, "other").files == FRESH


def _plugin(config: dict[str, t.Any]) -> dict[str, t.Any]:
    return {"plugin_options": config["plugin_options"]}


def test_values_from_the_gateway_s_environment_fail_closed() -> None:
    environment = zuplo.Environment("AUTH0_DOMAIN", "MCP_HOST")
    after = project.present(FRESH, wanted(environment, operations=TOOLS)).files
    options = json.loads(after["config/policies.json"])["policies"][0]["handler"]["options"]
    assert options["auth0Domain"] == "$env(AUTH0_DOMAIN)"
    # Never the variable alone: unset, it would be no audience at all.
    assert options["audience"] == "https://$env(MCP_HOST)/mcp"
    assert "`https://${environment.AUTH0_DOMAIN}/`" in after["modules/mcp-oauth.ts"]
    assert "RuntimeExtensions, environment }" in after["modules/mcp-oauth.ts"]


def with_policies(*policies: t.Any) -> dict[str, str]:
    return {**FRESH, "config/policies.json": json.dumps({"policies": policies})}


@pytest.mark.parametrize(
    ("files", "options", "text"),
    [
        ({**FRESH, "config/policies.json": '{"policies": [],}'}, {}, "config/policies.json is not strict JSON.*line 1"),
        ({**FRESH, "config/x.oas.json": "// no\n{}"}, {}, "config/x.oas.json is not strict JSON"),
        ({**FRESH, "config/policies.json": "[]"}, {}, "holds no JSON object"),
        ({**FRESH, "config/policies.json": '{"policies": [1]}'}, {}, "must be a list of objects"),
        (FRESH, {}, "No route of the project has the path /mcp.*its paths: /hello"),
        (FRESH, {"operations": [{"file": "config/routes.oas.json", "id": "bye"}]}, "no operation 'bye'.*It has: hello"),
        (FRESH, {"operations": [{"file": "config/no.oas.json", "id": "hello"}]}, "It has: none"),
        (with_policies({"name": NAME, "handler": {"export": "ApiKey"}}), {}, "with the handler 'ApiKey'"),
        (with_policies({"name": NAME}, {"name": NAME}), {}, "has 2 policies of the name"),
        ({**FRESH, "modules/mcp-oauth.ts": "export {};"}, {}, "not a file that this module has written"),
        (
            {**FRESH, "modules/mcp-oauth.ts": project._MARK + "// added: {,}\n"},
            {},
            "mcp-oauth.ts, line 2: .* was edited.*from version control",
        ),
        ({**FRESH, "modules/zuplo.runtime.ts": "export {};"}, {"operations": TOOLS}, "exports no function runtimeInit"),
        (
            {
                **FRESH,
                "modules/zuplo.runtime.ts": "export function runtimeInit(r) { new OAuthProtectedResourcePlugin() }",
            },
            {"operations": TOOLS},
            "registers an OAuthProtectedResourcePlugin itself",
        ),
        (
            {
                **FRESH,
                "config/a.oas.json": routes(mcp={"post": mcp()}),
                "config/b.oas.json": routes(mcp={"get": mcp()}),
            },
            {},
            "config/a.oas.json and config/b.oas.json both have the path /mcp",
        ),
        ({**FRESH, "config/a.oas.json": routes(mcp={"post": mcp()})}, {"operations": TOOLS * 2}, "its tools differ"),
        ({**FRESH, "config/a.oas.json": routes(mcp={"post": mcp({"inbound": "x"})})}, {}, "must be a list of names"),
        ({**FRESH, "config/a.oas.json": routes(mcp={"post": {}})}, {}, "has no x-zuplo-route"),
        ({**FRESH, "config/a.oas.json": routes(mcp={"get": mcp()})}, {}, "without the POST operation"),
        ({**FRESH, "config/a.oas.json": routes(mcp={"post": mcp({"inbound": [{}]})})}, {}, "must be a list of names"),
        ({**FRESH, "config/a.oas.json": routes(mcp={"post": mcp(5)})}, {}, "must be a list of names"),
        ({**FRESH, "config/a.oas.json": routes(mcp={"post": mcp([])})}, {}, "must be a list of names"),
        ({**FRESH, "config/a.oas.json": '{"paths": []}'}, {}, '"paths" in config/a.oas.json must be an object'),
        ({**FRESH, "config/mcp.oas.json": routes(mcp={})}, {"operations": TOOLS}, "has the path /mcp already"),
        ({**FRESH, "config/a.oas.json": "\ufeff{}"}, {}, "begins with a byte order mark"),
        ({**FRESH, "config/a.oas.json": routes(mcp={"post": with_tools([1])})}, {}, "objects with file and id"),
        ({**FRESH, "config/a.oas.json": routes(mcp={"post": with_tools("x")})}, {}, "objects with file and id"),
        ({**FRESH, "modules/mcp-oauth.ts": project._MARK + '// added: {"x": 5}\n'}, {}, "line 2: .* was edited"),
    ],
)
def test_what_is_refused(files: dict[str, str], options: dict[str, t.Any], text: str) -> None:
    with pytest.raises(PlanError, match=text):
        project.present(files, wanted(**options))
