# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A value that only a default supplies changes nothing that is there, and nobody else's routes change their tokens."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.mcp_ops.oauth.plugins.module_utils._errors import ProjectError
from ansible_collections.mcp_ops.oauth.plugins.module_utils._urls import derive
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.choice import Wanted
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.configuration import Environment
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.edit import Plan, absent, present
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.project import HELPER, POLICIES, RUNTIME
from tests.unit.zuplo_project import (
    FRESH,
    NAME,
    OWN_RUNTIME,
    STRINGS,
    TOOLS,
    elsewhere,
    mcp,
    policy,
    routes,
    tool,
    wanted,
)

OWN_PLUGIN = """\
import { OAuthProtectedResourcePlugin, RuntimeExtensions } from "@zuplo/runtime";

export function runtimeInit(runtime: RuntimeExtensions) {
  runtime.addPlugin(
    new OAuthProtectedResourcePlugin({
      authorizationServers: ["https://tenant.eu.auth0.com/"],
      resourceName: "Theirs",
    }),
  );
}
"""


def by_hand(guard: dict[str, t.Any], *more: dict[str, t.Any], **others: t.Any) -> dict[str, str]:
    """A project whose MCP route somebody has put a policy before."""
    guarded = mcp({"inbound": [guard["name"]]})
    return {
        POLICIES: json.dumps({"policies": [guard, *more]}, indent=2),
        "config/routes.oas.json": routes(hello={"get": tool()}, mcp={"post": guarded}, **others),
        RUNTIME: OWN_PLUGIN,
    }


def named(name: str, **options: t.Any) -> dict[str, t.Any]:
    one = policy(name)
    one["handler"]["options"].update(options)
    return one


def names_of(plan: Plan) -> tuple[str, str]:
    assert plan.config is not None
    return plan.config["policy"]["name"], plan.config["plugin_options"]["resourceName"]


def test_what_is_right_by_hand_stays() -> None:
    files = by_hand(named("theirs"))
    plan = present(files, Wanted(STRINGS))
    assert plan.files == files
    assert names_of(plan) == ("theirs", "Theirs")
    assert absent(files).files == files


def test_what_is_added_beside_a_plugin_of_their_own_goes_again() -> None:
    files = by_hand(named("theirs"))
    attached = present(files, Wanted(STRINGS, attach=True)).files
    assert attached[RUNTIME] == OWN_PLUGIN
    assert json.loads(attached["config/routes.oas.json"])["paths"]["/hello"]["get"]["x-zuplo-route"]["policies"]
    assert present(attached, Wanted(STRINGS)).files == attached
    assert absent(attached).files == files


@pytest.mark.parametrize("computed", ["authorizationServers: issuers()", "authorizationServers: [`https://${a.B}/`]"])
def test_what_cannot_be_read_of_their_plugin_is_not_judged(computed: str) -> None:
    old = 'authorizationServers: ["https://tenant.eu.auth0.com/"]'
    files = {**by_hand(named("theirs")), RUNTIME: OWN_PLUGIN.replace(old, computed)}
    assert present(files, Wanted(STRINGS)).files == files


@pytest.mark.parametrize("name", ["Ours", 'Café "x" \\ \u2028', "it's"])
def test_a_name_that_was_set_once_stays(name: str) -> None:
    first = present(FRESH, Wanted(STRINGS, policy_name="set-once", resource_name=name, operations=TOOLS)).files
    again = present(first, Wanted(STRINGS, operations=TOOLS))
    assert again.files == first
    assert names_of(again) == ("set-once", name)
    assert absent(first).files == FRESH


def test_a_default_fills_in_what_is_created() -> None:
    assert names_of(present(FRESH, Wanted(STRINGS, operations=TOOLS))) == (NAME, "MCP server")


def test_variables_that_the_policy_has_stay() -> None:
    environment = Environment("DOMAIN", "HOST")
    first = present(FRESH, wanted(environment, operations=TOOLS)).files
    assert present(first, Wanted(STRINGS)).files == first
    other = present(first, Wanted(STRINGS, Environment("OTHER"))).files
    assert "environment.OTHER" in other[HELPER]
    assert "$env(HOST)" in other[POLICIES]


def test_a_variable_for_the_whole_audience_stays_with_a_warning() -> None:
    files = by_hand(named("theirs", auth0Domain="$env(DOMAIN)", audience="$env(AUDIENCE)"))
    plan = present(files, Wanted(STRINGS))
    assert plan.files == files
    (warning,) = plan.warnings
    assert "AUDIENCE, which must contain https://mcp.example.com/mcp" in warning
    safe = present(files, Wanted(STRINGS, Environment(mcp_host="HOST")))
    assert "https://$env(HOST)/mcp" in safe.files[POLICIES]
    assert safe.warnings == []


def test_a_policy_with_unknown_values_beside_ours_is_a_warning() -> None:
    files = by_hand(named("theirs", audience="$env(AUDIENCE)"))
    (warning,) = present(files, Wanted(STRINGS, policy_name="ours")).warnings
    assert "the policy theirs takes its audience from the gateway's environment. MCP clients may be refused" in warning


def test_several_policies_before_the_route() -> None:
    files = by_hand(named("a", audience="https://x.example/"), named("b"))
    document = json.loads(files["config/routes.oas.json"])
    document["paths"]["/mcp"]["post"]["x-zuplo-route"]["policies"]["inbound"] = ["a", "b"]
    both = {**files, "config/routes.oas.json": json.dumps(document)}
    # The one with the audience is meant; that no token passes both is said then.
    with pytest.raises(
        ProjectError, match=r"lets no MCP client in at POST /mcp: the policy a has the audience 'https://x.example/'"
    ):
        present(both, Wanted(STRINGS))
    same = {**both, POLICIES: json.dumps({"policies": [named("a"), named("b")]})}
    with pytest.raises(ProjectError, match=r"has the policies a and b at /mcp\. Set policy_name"):
        present(same, Wanted(STRINGS))
    assert present(same, Wanted(STRINGS, policy_name="b")).files == same


def test_another_mcp_server_keeps_its_policy() -> None:
    """Neither a default nor a name that is set twice takes a policy from another hand-made route."""
    files = {
        **FRESH,
        "config/routes.oas.json": routes(hello={"get": tool()}, mcp={"post": mcp()}, other={"post": mcp()}),
    }
    first = present(files, Wanted(STRINGS)).files
    other = elsewhere("/other")
    for name in (None, NAME):
        with pytest.raises(ProjectError, match="and other routes use it: POST /mcp") as refused:
            present(first, Wanted(other.strings, policy_name=name))
        assert refused.value.remedy == "Set policy_name to a name of its own for https://mcp.example.com/other."
    both = present(first, Wanted(other.strings, policy_name="other")).files
    assert [one["name"] for one in json.loads(both[POLICIES])["policies"]] == [NAME, "other"]
    with pytest.raises(ProjectError, match="has several MCP servers, with the policies mcp-oauth-inbound, other"):
        absent(both)
    assert absent(absent(both, "other").files).files == files


def test_a_policy_that_other_routes_use_keeps_its_audience() -> None:
    page = tool({"inbound": ["shared"]}, id="page")
    files = by_hand(named("shared", audience="https://x.example/"), page={"get": page})
    with pytest.raises(ProjectError, match=r"use it: GET /page \(config/routes.oas.json\)\. .* Remove shared from"):
        present(files, Wanted(STRINGS))


def test_a_server_that_moves_keeps_its_former_tools() -> None:
    """They have the policy since an earlier run has put it before them."""
    first = present(FRESH, wanted(operations=TOOLS, attach=True)).files
    others = {**first, "config/more.oas.json": routes(bye={"get": tool(id="bye")})}
    more = [{"file": "config/more.oas.json", "id": "bye"}]
    moved = Wanted(derive("tenant.eu.auth0.com", "https://new.example.com/mcp"), operations=more)
    assert '"audience": "https://new.example.com/mcp"' in present(others, moved).files[POLICIES]


def test_only_what_was_added_is_taken_out_of_the_runtime_module() -> None:
    own = 'import { registerMcpOAuth } from "./mcp-oauth";\n' + OWN_RUNTIME
    files = {**FRESH, RUNTIME: own}
    assert absent(files).files == files
    first = present(files, wanted(operations=TOOLS)).files
    assert first[RUNTIME].count("registerMcpOAuth } from") == 1
    with pytest.raises(ProjectError, match="uses registerMcpOAuth in further places, which zuplo_mcp_oauth has not"):
        absent(first)
    assert absent({**first, RUNTIME: first[RUNTIME].replace(own.splitlines()[0] + "\n", "")}).files == {
        **FRESH,
        RUNTIME: OWN_RUNTIME,
    }
