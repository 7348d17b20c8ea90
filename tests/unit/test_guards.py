# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Who gets in past the policies of the gateway: kind of policy x place x attach, for the module and for the check."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass

import pytest

from ansible_collections.mcp_ops.oauth.plugins.module_utils._access.description import Description
from ansible_collections.mcp_ops.oauth.plugins.module_utils._check.project import project_findings, read_project
from ansible_collections.mcp_ops.oauth.plugins.module_utils._check.server import Issuer
from ansible_collections.mcp_ops.oauth.plugins.module_utils._errors import ProjectError
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.configuration import matches
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.edit import present
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.guards import Effect, Token, judge
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.project import parse_project
from tests.unit.zuplo_project import FRESH, NAME, STRINGS, mcp, routes, tool, wanted

LIBRARY = "$import(@zuplo/runtime)"
KEYS = f"{STRINGS.issuer}.well-known/jwks.json"
DOMAIN = {"auth0Domain": STRINGS.issuer_domain, "oAuthResourceMetadataEnabled": True}
OURS = {**DOMAIN, "audience": STRINGS.audience}
OPENID = {"issuer": STRINGS.issuer, "audience": STRINGS.audience, "jwkUrl": KEYS}


@dataclass(frozen=True)
class Kind:
    """A policy, and what it does with the token of an MCP client."""

    export: str
    effect: Effect
    options: t.Mapping[str, t.Any]
    module: str = LIBRARY

    def policy(self, name: str = "theirs") -> dict[str, t.Any]:
        return {"name": name, "handler": {"export": self.export, "module": self.module, "options": dict(self.options)}}


ANYBODY = {"allowUnauthenticatedRequests": True}
KINDS = {
    "Auth0, right": Kind("Auth0JwtInboundPolicy", "accepts", OURS),
    "Auth0, no audience": Kind("Auth0JwtInboundPolicy", "accepts", DOMAIN),
    "Auth0, other audience": Kind("Auth0JwtInboundPolicy", "refuses", {**OURS, "audience": "https://a.example/"}),
    "Auth0, other tenant": Kind("Auth0JwtInboundPolicy", "refuses", {**OURS, "auth0Domain": "b.eu.auth0.com"}),
    "Auth0, variable": Kind("Auth0JwtInboundPolicy", "unknown", {**OURS, "audience": "$env(AUDIENCE)"}),
    "Auth0, variable that does not fit": Kind(
        "Auth0JwtInboundPolicy", "refuses", {**OURS, "audience": "https://$env(HOST)/other"}
    ),
    "Auth0, anybody": Kind("Auth0JwtInboundPolicy", "open", {**OURS, **ANYBODY}),
    "OpenID, right": Kind("OpenIdJwtInboundPolicy", "accepts", OPENID),
    "OpenID, other issuer": Kind("OpenIdJwtInboundPolicy", "refuses", {**OPENID, "issuer": "https://a.example/"}),
    "OpenID, other keys": Kind("OpenIdJwtInboundPolicy", "unknown", {**OPENID, "jwkUrl": "https://a.example/"}),
    "OpenID, other header": Kind("OpenIdJwtInboundPolicy", "unknown", {**OPENID, "authHeader": "X-Token"}),
    "API key": Kind("ApiKeyInboundPolicy", "refuses", {}),
    "API key, its header": Kind("ApiKeyInboundPolicy", "refuses", {"authHeader": "authorization"}),
    "API key, other header": Kind("ApiKeyInboundPolicy", "unknown", {"authHeader": "X-API-Key"}),
    "API key, anybody": Kind("ApiKeyInboundPolicy", "open", ANYBODY),
    "Basic": Kind("BasicAuthInboundPolicy", "refuses", {"accounts": []}),
    "Okta": Kind("OktaJwtInboundPolicy", "refuses", {"issuerUrl": "https://a.okta.com"}),
    "Okta, anybody": Kind("OktaJwtInboundPolicy", "open", ANYBODY),
    "Firebase": Kind("FirebaseJwtInboundPolicy", "refuses", {"projectId": "a"}),
    "LDAP": Kind("LDAPAuthInboundPolicy", "refuses", {}),
    "client certificate": Kind("MTLSAuthInboundPolicy", "unknown", {}),
    "rules": Kind("RequireUserClaimsInboundPolicy", "unknown", {"rule": {}}),
    "own code": Kind("default", "unknown", {}, "$import(./modules/check)"),
    "own code with a known name": Kind("ApiKeyInboundPolicy", "unknown", {}, "$import(./modules/keys)"),
    "not known yet": Kind("FutureInboundPolicy", "unknown", {}),
    "of another package": Kind("GraphQLCacheInboundPolicy", "nothing", {}, "$import(@zuplo/graphql)"),
    "rate limit": Kind("RateLimitInboundPolicy", "nothing", {}),
}
MATRIX = [
    (kind, place, attach, nested)
    for kind in KINDS
    for place in ("route", "tool")
    for attach in (True, False)
    for nested in (True, False)
]


def project(kind: Kind, place: str, *, nested: bool) -> dict[str, str]:
    """A project by hand, with the policy before the MCP route or the tool, alone or in a composite one."""
    policies = [kind.policy()]
    if nested:
        options = {"policies": ["theirs"]}
        policies.append(Kind("CompositeInboundPolicy", "nothing", options).policy("group"))
    inbound = {"inbound": ["group" if nested else "theirs"]}
    return {
        "config/policies.json": json.dumps({"policies": policies}, indent=2),
        "config/routes.oas.json": routes(
            hello={"get": tool(inbound if place == "tool" else None)},
            mcp={"post": mcp(inbound if place == "route" else None)},
        ),
    }


def statuses(files: t.Mapping[str, str]) -> dict[str, str]:
    issuer = Issuer(STRINGS.issuer_domain, "issuer_domain")
    found = project_findings(read_project(files, STRINGS.audience, issuer), STRINGS.audience, issuer, Description())
    return {one.name.removeprefix("project_"): one.status for one in found}


@pytest.mark.parametrize("name", KINDS)
def test_the_effect_of_a_policy(name: str) -> None:
    kind = KINDS[name]
    (verdict,) = judge("", [kind.policy()], Token(STRINGS.audience, STRINGS.issuer_domain)).verdicts
    assert verdict.effect == kind.effect
    assert bool(verdict.why) == (kind.effect not in ("accepts", "nothing"))


@pytest.mark.parametrize(("name", "place", "attach", "nested"), MATRIX)
def test_no_run_passes_while_somebody_is_refused(name: str, place: str, attach: bool, nested: bool) -> None:
    kind = KINDS[name]
    files = project(kind, place, nested=nested)
    if kind.effect == "refuses" and (place == "route" or attach):
        with pytest.raises(ProjectError, match="theirs"):
            present(files, wanted(attach=attach))
        return
    planned = present(files, wanted(attach=attach))
    found = statuses(planned.files)
    assert "fail" not in found.values() or kind.effect in ("refuses", "open"), found
    told = " ".join(planned.warnings)
    tool_title = "GET /hello (config/routes.oas.json)"
    if place == "tool":
        assert (tool_title in planned.open_routes) == (not attach and kind.effect in ("open", "nothing"))
    if kind.effect == "unknown":
        assert "theirs" in told
        # What an Auth0 policy of the MCP route requires is told by the findings about its options.
        assert "warn" in ((found["route"], found["audience"]) if place == "route" else (found["tools"],))
    elif kind.effect == "refuses":
        assert "refuses MCP clients: the policy theirs" in told
        assert found["tools"] == "fail"
    elif kind.effect == "open" and place == "route":
        assert "lets everybody in" in told
        assert found["route"] == "fail"
    elif kind.effect in ("accepts", "nothing"):
        assert "theirs" not in told
        assert found["route"] == "pass"


@pytest.mark.parametrize("place", ["route", "tool"])
@pytest.mark.parametrize(
    "export", ["McpAuth0OAuthInboundPolicy", "McpOAuthInboundPolicy", "McpGoogleOAuthInboundPolicy"]
)
def test_a_route_of_the_mcp_gateway_is_refused(export: str, place: str) -> None:
    files = project(Kind(export, "refuses", {}, "$import(@zuplo/runtime/mcp-gateway)"), place, nested=False)
    with pytest.raises(ProjectError, match=r"of the MCP Gateway at .*the gateway itself is the authorization server"):
        present(files, wanted())


@pytest.mark.parametrize(
    ("export", "options", "replaces"),
    [
        ("ClearHeadersInboundPolicy", {"exclude": []}, True),
        ("ClearHeadersInboundPolicy", {"exclude": ["Authorization"]}, False),
        ("RemoveHeadersInboundPolicy", {"headers": ["authorization"]}, True),
        ("RemoveHeadersInboundPolicy", {"headers": ["cookie"]}, False),
        ("SetHeadersInboundPolicy", {"headers": [{"name": "Authorization", "value": "a"}]}, True),
        ("SetUpstreamApiKeyInboundPolicy", {"value": "a"}, True),
        ("SetUpstreamApiKeyInboundPolicy", {"value": "a", "header": "X-API-Key"}, False),
        ("UpstreamGcpJwtInboundPolicy", {}, True),
    ],
)
def test_a_header_that_is_replaced_before_the_token_is_read(
    export: str, options: dict[str, t.Any], replaces: bool
) -> None:
    changing = Kind(export, "changes", options).policy()
    ours = KINDS["Auth0, right"].policy(NAME)
    token = Token(STRINGS.audience, STRINGS.issuer_domain)
    before = judge("", [changing, ours], token).verdicts[1]
    assert before.effect == ("refuses" if replaces else "accepts")
    after = judge("", [ours, changing], token).verdicts[0]
    assert after.effect == "accepts"


@pytest.mark.parametrize(
    ("given", "wanted", "found"),
    [
        ("a", "a", True),
        ("a", "b", False),
        (["a"], "a", False),
        (None, "a", False),
        ("$env(A)", "a", None),
        ("https://$env(A)/x", "https://a.b/x", None),
        ("https://$env(A)/y", "https://a.b/x", False),
    ],
)
def test_values_with_variables(given: t.Any, wanted: str, found: bool | None) -> None:
    assert matches(given, wanted) is found


def test_a_composite_policy_that_names_itself_ends() -> None:
    options = {"policies": ["group", "theirs", "gone"]}
    policies = [Kind("CompositeInboundPolicy", "nothing", options).policy("group"), KINDS["rate limit"].policy()]
    files = {
        **FRESH,
        "config/policies.json": json.dumps({"policies": policies}),
        "config/mcp.oas.json": routes(mcp={"post": mcp({"inbound": ["group"]})}),
    }
    with pytest.raises(ProjectError, match="the policy gone has no handler"):
        present(files, wanted())


SCOPE = {"scope": "orders:read", "mcpPath": "/mcp"}
OWN_MODULE = "$import(./modules/mcp-oauth)"


def scope(options: t.Mapping[str, t.Any] | None = None, export: str = "requireScope", module: str = OWN_MODULE) -> Kind:
    return Kind(export, "nothing", SCOPE if options is None else options, module)


def before_scope(kind: Kind, *, nested: bool) -> list[dict[str, t.Any]]:
    """The policies before an operation, one of this kind before the one that demands a scope."""
    files = project(kind, "tool", nested=nested)
    document = json.loads(files["config/routes.oas.json"])
    document["paths"]["/hello"]["get"]["x-zuplo-route"]["policies"]["inbound"].append("ours")
    policies = json.loads(files["config/policies.json"])
    policies["policies"].append(scope().policy("ours"))
    parsed = parse_project(
        {"config/policies.json": json.dumps(policies), "config/routes.oas.json": json.dumps(document)}
    )
    (hello,) = parsed.operations_at("/hello")
    return list(parsed.policies_before(hello))


@pytest.mark.parametrize("nested", [True, False])
@pytest.mark.parametrize("name", KINDS)
def test_a_scope_needs_somebody_who_reads_the_token(name: str, nested: bool) -> None:
    guard = judge("", before_scope(KINDS[name], nested=nested), Token(STRINGS.audience, STRINGS.issuer_domain))
    first, verdict = guard.verdicts
    assert first.effect == KINDS[name].effect
    expected = {"accepts": "nothing", "unknown": "nothing", "open": "accepts"}.get(first.effect, "refuses")
    assert (verdict.policy, verdict.effect) == ("ours", expected)
    assert ("needs a policy before it that reads the token" in verdict.why) == (expected == "refuses")
    # Who has no token never gets past it.
    assert not guard.lets_in


@pytest.mark.parametrize(
    "options", [{}, {"scope": ""}, {"scope": 1}, {"scope": "a b"}, {"scope": ["a"]}, {"mcpPath": ""}]
)
def test_a_scope_that_is_none_lets_nobody_pass(options: dict[str, t.Any]) -> None:
    policies = [KINDS["Auth0, right"].policy(), scope(options).policy("ours")]
    _first, verdict = judge("", policies, Token(STRINGS.audience)).verdicts
    assert (verdict.effect, "names no scope" in verdict.why) == ("refuses", True)


@pytest.mark.parametrize(
    "kind", [scope(export="other"), scope(module="$import(./modules/mine)"), scope(module=LIBRARY)]
)
def test_a_function_of_somebody_else_is_not_known(kind: Kind) -> None:
    _first, verdict = judge("", [KINDS["Auth0, right"].policy(), kind.policy()], Token(STRINGS.audience)).verdicts
    assert verdict.effect == "unknown"


def test_a_header_that_is_replaced_leaves_no_user() -> None:
    clear = Kind("ClearHeadersInboundPolicy", "changes", {})
    policies = [clear.policy("clear"), KINDS["Auth0, right"].policy("auth0"), scope().policy("ours")]
    assert [one.effect for one in judge("", policies, Token(STRINGS.audience)).verdicts] == [
        "changes",
        "refuses",
        "refuses",
    ]


@pytest.mark.parametrize("attach", [True, False])
def test_a_check_has_nothing_against_a_scope(attach: bool) -> None:
    tools = [{"file": "config/routes.oas.json", "id": "hello", "scope": "orders:read"}]
    planned = present(FRESH, wanted(operations=tools, attach=attach))
    assert (planned.warnings, planned.open_routes) == ([], [])
    assert {status for name, status in statuses(planned.files).items()} == {"pass"}
    alone = json.loads(planned.files["config/routes.oas.json"])
    alone["paths"]["/hello"]["get"]["x-zuplo-route"]["policies"]["inbound"].remove(NAME)
    assert statuses({**planned.files, "config/routes.oas.json": json.dumps(alone)})["tools"] == "fail"
