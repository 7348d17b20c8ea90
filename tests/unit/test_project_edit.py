# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Projects as different hands write them: present twice, absent, and every byte that is not ours."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.configuration import Environment
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.edit import absent, present
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.project import ROUTES, RUNTIME
from tests.unit.zuplo_project import (
    FRESH,
    NAME,
    OTHERS,
    OWN_RUNTIME,
    TOOLS,
    mcp,
    policy,
    routes,
    tool,
    wanted,
)

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
            "modules/zuplo.runtime.ts": OWN_RUNTIME,
        },
        {"attach": True},
    ),
    "tabs and CRLF": (
        {
            "config/policies.json": json.dumps(OTHERS, indent="\t").replace("\n", "\r\n"),
            "config/own.oas.json": routes(mcp={"post": mcp({"inbound": []}), "get": mcp({})}),
            "config/routes.oas.json": routes(hello={"get": tool({"outbound": ["x"], "inbound": []})}),
            "modules/zuplo.runtime.ts": OWN_RUNTIME.replace("\n", "\r\n"),
        },
        {"attach": True},
    ),
    "no policies on the routes": (
        {**FRESH, "config/mcp.oas.json": routes(mcp={"post": mcp()}), "modules/zuplo.runtime.ts": OWN_RUNTIME},
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
    first = present(files, wanted(**options))
    assert first.files != files
    second = present(first.files, wanted(**options))
    assert second.files == first.files
    assert absent(second.files, NAME).files == files
    assert absent(files, NAME).files == files


@pytest.mark.parametrize("name", PROJECTS)
def test_what_is_written(name: str) -> None:
    files, options = PROJECTS[name]
    after = present(files, wanted(**options)).files
    policies = json.loads(after["config/policies.json"])["policies"]
    assert policies[-1] == policy()
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


def test_a_policy_of_ours_is_corrected_and_keeps_what_was_added_to_it() -> None:
    after = present(FRESH, wanted(operations=TOOLS)).files
    policies = json.loads(after["config/policies.json"])
    options = policies["policies"][0]["handler"]["options"]
    options.update(audience="https://mcp.example.com/mcp/", allowUnauthenticatedRequests=True)
    del options["oAuthResourceMetadataEnabled"]
    broken = {**after, "config/policies.json": json.dumps(policies)}
    corrected = present(broken, wanted(operations=TOOLS))
    found = json.loads(corrected.files["config/policies.json"])["policies"][0]["handler"]["options"]
    assert found == {**policy()["handler"]["options"], "allowUnauthenticatedRequests": True}
    assert "has allowUnauthenticatedRequests, so it lets everybody in" in corrected.warnings[0]


def test_tools_of_a_route_that_was_made_here() -> None:
    files = {**FRESH, "config/more.oas.json": routes(bye={"post": tool(id="bye")})}
    first = present(files, wanted(operations=TOOLS))
    assert first.open_routes == ["GET /hello (config/routes.oas.json)"]
    more = [*TOOLS, {"file": "./config/more.oas.json", "id": "bye"}]
    both = present(first.files, wanted(operations=more, attach=True))
    assert both.open_routes == []
    options = json.loads(both.files["config/mcp.oas.json"])["paths"]["/mcp"]["post"]["x-zuplo-route"]["handler"][
        "options"
    ]
    assert [one["id"] for one in options["operations"]] == ["hello", "bye"]
    assert present(both.files, wanted(attach=True)).files == both.files
    assert absent(both.files, NAME).files == files


def test_further_methods_on_a_route_that_was_made_here() -> None:
    first = present(FRESH, wanted(operations=TOOLS)).files
    document = json.loads(first[ROUTES])
    document["paths"]["/mcp"].update(put=mcp(), get=tool(id="page"))
    document["paths"]["/mcp"]["put"]["x-zuplo-route"]["handler"]["options"]["operations"] = []
    theirs = {**first, ROUTES: json.dumps(document, indent=2) + "\n"}
    second = present(theirs, wanted(operations=TOOLS)).files
    route = json.loads(second[ROUTES])["paths"]["/mcp"]
    assert {method: _tools(one) for method, one in route.items()} == {"post": ["hello"], "put": ["hello"], "get": None}
    assert present(second, wanted(operations=TOOLS)).files == second


def _tools(operation: t.Any) -> list[str] | None:
    named = operation["x-zuplo-route"]["handler"].get("options", {}).get("operations")
    return None if named is None else [one["id"] for one in named]


def with_hand_made(one: dict[str, t.Any]) -> dict[str, str]:
    """A project in which somebody has written the policy, and put it before the tool."""
    return {
        "config/policies.json": json.dumps({"policies": [one]}, indent=2),
        "config/routes.oas.json": routes(hello={"get": tool({"inbound": [NAME]})}, bye={"get": tool(id="bye")}),
    }


def test_what_was_there_before_stays() -> None:
    files = with_hand_made(policy())
    assert absent(files, NAME).files == files
    tools = [*TOOLS, {"file": "config/routes.oas.json", "id": "bye"}]
    first = present(files, wanted(operations=tools, attach=True)).files
    assert json.loads(first["config/routes.oas.json"])["paths"]["/bye"]["get"]["x-zuplo-route"]["policies"]
    assert absent(first, NAME).files == files


def test_what_a_user_adds_to_our_route_stays() -> None:
    first = present(FRESH, wanted(operations=TOOLS)).files
    document = json.loads(first[ROUTES])
    document["paths"]["/mcp"]["get"] = tool(id="page")
    document["components"] = {"schemas": {}}
    theirs = {**first, ROUTES: json.dumps(document, indent=2) + "\n"}
    left = absent(theirs, NAME).files
    assert json.loads(left[ROUTES])["paths"] == {"/mcp": {"get": document["paths"]["/mcp"]["get"]}}
    assert "components" in json.loads(left[ROUTES])
    assert RUNTIME not in left


def test_version_control_may_change_line_ends() -> None:
    first = present(FRESH, wanted(operations=TOOLS)).files
    checkout = {path: text.replace("\n", "\r\n") for path, text in first.items()}
    assert present(checkout, wanted(operations=TOOLS)).files == checkout
    assert absent(checkout, NAME).files == {path: text.replace("\n", "\r\n") for path, text in FRESH.items()}


def test_values_from_the_gateway_s_environment_fail_closed() -> None:
    environment = Environment("AUTH0_DOMAIN", "MCP_HOST")
    after = present(FRESH, wanted(environment, operations=TOOLS)).files
    options = json.loads(after["config/policies.json"])["policies"][0]["handler"]["options"]
    assert options["auth0Domain"] == "$env(AUTH0_DOMAIN)"
    # Never the variable alone: unset, it would be no audience at all.
    assert options["audience"] == "https://$env(MCP_HOST)/mcp"
    assert "`https://${environment.AUTH0_DOMAIN}/`" in after["modules/mcp-oauth.ts"]
    assert "RuntimeExtensions, environment }" in after["modules/mcp-oauth.ts"]
