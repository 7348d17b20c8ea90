# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the policies before a route do with the access token of an MCP client. Pure.

Source of the kinds and options: the policy schemas and the runtime of the `zuplo` package, version 7.6.4.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from .._types import Object
from .configuration import COMPOSITE, POLICY, matches
from .json_text import value_at
from .scope_policy import is_scope_policy, scope_of

OPENID = "OpenIdJwtInboundPolicy"

_PACKAGES = "$import(@zuplo/"
"""How the modules begin that come with the gateway: some of its policies are in other packages than the runtime."""

_GATEWAY_IS_SERVER = re.compile(r"Mcp\w*OAuthInboundPolicy")
"""Policies of the vendor's MCP Gateway: the gateway itself is the authorization server."""

_REFUSING = {
    "BasicAuthInboundPolicy": "user names and passwords",
    "ClerkJwtInboundPolicy": "tokens of Clerk",
    "CognitoJwtInboundPolicy": "tokens of Amazon Cognito",
    "CurityPhantomTokenInboundPolicy": "tokens of Curity",
    "FirebaseJwtInboundPolicy": "tokens of Firebase",
    "LDAPAuthInboundPolicy": "user names and passwords",
    "OktaJwtInboundPolicy": "tokens of Okta",
    "PropelAuthJwtInboundPolicy": "tokens of PropelAuth",
    "StripeWebhookVerificationInboundPolicy": "webhooks of Stripe",
    "SupabaseJwtInboundPolicy": "tokens of Supabase",
}
"""What they accept, and nothing else."""

_KEYS = frozenset({"AIGatewayAuthV2InboundPolicy", "ApiKeyInboundPolicy", "MonetizationInboundPolicy"})
"""They accept API keys, in the header of their option `authHeader`, by default Authorization."""

_NEED_MORE = {
    "MTLSAuthInboundPolicy": "a client certificate",
    "WebBotAuthInboundPolicy": "the signature of a known bot",
}
"""What they need besides a token."""

_AUTHENTICATING = frozenset({POLICY, OPENID, *_REFUSING, *_KEYS, *_NEED_MORE})

_RULES = frozenset(
    {
        "AuthZenInboundPolicy",
        "AxiomaticsAuthZInboundPolicy",
        "OktaFGAAuthZInboundPolicy",
        "OpenFGAAuthZInboundPolicy",
        "RequireUserClaimsInboundPolicy",
    }
)
"""They decide by rules about the user."""

_CHANGING = frozenset(
    {
        "McpTokenExchangeInboundPolicy",
        "UpstreamAwsFederatedAuthInboundPolicy",
        "UpstreamAwsServiceAuthInboundPolicy",
        "UpstreamAzureAdServiceAuthInboundPolicy",
        "UpstreamFirebaseAdminAuthInboundPolicy",
        "UpstreamFirebaseUserAuthInboundPolicy",
        "UpstreamGcpFederatedAuthInboundPolicy",
        "UpstreamGcpJwtInboundPolicy",
        "UpstreamGcpServiceAuthInboundPolicy",
    }
)
"""They replace the header Authorization."""

_NAMED_HEADER = {
    "QueryParamToHeaderInboundPolicy": "headerName",
    "SetUpstreamApiKeyInboundPolicy": "header",
    "UpstreamOAuthClientCredentialsInboundPolicy": "headerName",
    "UpstreamZuploJwtAuthInboundPolicy": "headerName",
}
"""They replace the header of this option, by default Authorization."""

_HARMLESS = frozenset(
    {
        "AIGatewayConfigurationExecutorV2InboundPolicy",
        "AIGatewayConfigurationLoaderV2InboundPolicy",
        "AIGatewayDlpInboundPolicy",
        "AIGatewayFallbackModelV2InboundPolicy",
        "AIGatewayMeteringV2InboundPolicy",
        "AIGatewayModelFilteringV2InboundPolicy",
        "AIGatewaySemanticCacheV2InboundPolicy",
        "AIGatewaySmartRouterInboundPolicy",
        "AkamaiAIFirewallV2InboundPolicy",
        "AkamaiFirewallForAiInboundPolicy",
        "AmberfloMeteringInboundPolicy",
        "AuditLogInboundPolicy",
        "BotDetectionInboundPolicy",
        "BrownoutInboundPolicy",
        "CachingInboundPolicy",
        "ChangeMethodInboundPolicy",
        "CometOpikTracingV2InboundPolicy",
        "ComplexRateLimitInboundPolicy",
        "DataLossPreventionInboundPolicy",
        "FormDataToJsonInboundPolicy",
        "GalileoTracingV2InboundPolicy",
        "GeoFilterInboundPolicy",
        "GraphQLCacheInboundPolicy",
        "GraphQLComplexityLimitInboundPolicy",
        "GraphQLDisableIntrospectionInboundPolicy",
        "IpAddressRestrictionInboundPolicy",
        "JWTScopeValidationInboundPolicy",
        "McpCapabilityFilterInboundPolicy",
        "MockApiInboundPolicy",
        "MoesifInboundPolicy",
        "OpenMeterInboundPolicy",
        "QuotaInboundPolicy",
        "RateLimitInboundPolicy",
        "ReadmeMetricsInboundPolicy",
        "RemoveQueryParamsInboundPolicy",
        "RequestSizeLimitInboundPolicy",
        "RequestValidationInboundPolicy",
        "RequireOriginInboundPolicy",
        "SemanticCacheInboundPolicy",
        "SetBodyInboundPolicy",
        "SetQueryParamsInboundPolicy",
        "SleepInboundPolicy",
        "TrafficSplittingInboundPolicy",
        "ValidateJsonSchemaInbound",
    }
)
"""They neither read nor change the header Authorization."""

EXPORTS = frozenset(
    {COMPOSITE, OPENID, POLICY, "ClearHeadersInboundPolicy", "RemoveHeadersInboundPolicy", "SetHeadersInboundPolicy"}
).union(_REFUSING, _KEYS, _NEED_MORE, _RULES, _CHANGING, _NAMED_HEADER, _HARMLESS)
"""The known policies of the gateway, besides those of the MCP Gateway."""

Effect = t.Literal["accepts", "refuses", "open", "unknown", "changes", "nothing"]


@dataclass(frozen=True)
class Token:
    """What the access token of an MCP client carries; `domain` is None where the issuer is not known."""

    audience: str
    domain: str | None = None


@dataclass(frozen=True)
class Verdict:
    """The effect of a policy on requests with a token, and why: a clause that goes on from the policy's name.

    `accepts` and `refuses` authenticate the caller. `open` would, but lets everybody in. `unknown` may refuse.
    """

    policy: str
    effect: Effect
    why: str = ""

    def __str__(self) -> str:
        return f"the policy {self.policy}{f' {self.why}' if self.why else ''}"


@dataclass(frozen=True)
class Guard:
    """The verdicts on the policies before one operation, in their order."""

    title: str
    verdicts: tuple[Verdict, ...]

    def find(self, *effects: Effect) -> list[Verdict]:
        return [verdict for verdict in self.verdicts if verdict.effect in effects]

    @property
    def lets_in(self) -> bool:
        """Whether a caller without any credential is sure to get in."""
        return not self.find("accepts", "refuses", "unknown")


def judge(title: str, policies: t.Sequence[Object], token: Token) -> Guard:
    """The verdicts on policies; a header that is replaced before the token is read makes that policy refuse."""
    verdicts: list[Verdict] = []
    for policy in policies:
        verdict = _judge_scope(policy, verdicts) if is_scope_policy(policy) else _judge_policy(policy, token)
        changed = next((one for one in verdicts if one.effect == "changes"), None)
        if changed and verdict.effect == "accepts":
            why = f"never sees the token, as {changed.policy} before it replaces the header Authorization"
            verdict = Verdict(verdict.policy, "refuses", why)
        verdicts.append(verdict)
    return Guard(title, tuple(verdicts))


def is_of_mcp_gateway(policy: Object) -> bool:
    """Whether the gateway itself is the authorization server for the route."""
    return bool(_GATEWAY_IS_SERVER.fullmatch(_export(policy) or ""))


def _judge_policy(policy: Object, token: Token) -> Verdict:
    name, export, options = str(policy.get("name")), _export(policy), _options(policy)
    if "handler" not in policy:
        return Verdict(name, "refuses", "has no handler in config/policies.json, so the gateway does not start")
    effect, why = _judge_export(export, options, token)
    if export in _AUTHENTICATING and options.get("allowUnauthenticatedRequests") is True:
        effect, why = "open", "has allowUnauthenticatedRequests, so it lets everybody in"
    return Verdict(name, effect, why)


def _judge_scope(policy: Object, before: t.Sequence[Verdict]) -> Verdict:
    """Of the policy that demands a scope: it needs the user whom a policy before it has read from the token."""
    name, effects = str(policy.get("name")), {one.effect for one in before}
    if scope_of(policy) is None:
        return Verdict(name, "refuses", "names no scope in its options, so it lets nobody pass")
    if effects & {"accepts", "unknown"}:
        return Verdict(name, "nothing")
    if "open" in effects:
        return Verdict(name, "accepts")  # it refuses whom the policy before it has let in without a token
    return Verdict(name, "refuses", "needs a policy before it that reads the token, and there is none")


def _judge_export(export: str | None, options: Object, token: Token) -> tuple[Effect, str]:
    if export is None:
        return "unknown", "is code of the project's own"
    if export == POLICY:
        return _compare({"auth0Domain": token.domain, "audience": token.audience}, options)
    if export == OPENID:
        return _judge_openid(options, token)
    if _GATEWAY_IS_SERVER.fullmatch(export):
        return "refuses", "accepts only tokens that the gateway itself has issued"
    if export in _REFUSING:
        return "refuses", f"accepts only {_REFUSING[export]}"
    if export in _KEYS:
        header = str(options.get("authHeader", "Authorization"))
        if header.lower() == "authorization":
            return "refuses", "accepts only API keys in the header Authorization"
        return "unknown", f"also requires an API key in the header {header}"
    if export in _NEED_MORE:
        return "unknown", f"also requires {_NEED_MORE[export]}"
    if export in _RULES:
        return "unknown", "decides by rules about the user"
    if _changes_header(export, options):
        return "changes", "replaces the header Authorization"
    return ("nothing", "") if export in EXPORTS else ("unknown", f"is of the kind {export}, which is not known here")


def _judge_openid(options: Object, token: Token) -> tuple[Effect, str]:
    header = str(options.get("authHeader", "Authorization"))
    if header.lower() != "authorization":
        return "unknown", f"also requires a token in the header {header}"
    issuer = None if token.domain is None else f"https://{token.domain}/"
    keys = None if issuer is None else f"{issuer}.well-known/jwks.json"
    effect, why = _compare({"issuer": issuer, "audience": token.audience}, options)
    if effect == "accepts" and keys is not None and options.get("jwkUrl") != keys:
        return "unknown", "takes its keys from elsewhere"
    return effect, why


def _compare(wanted: t.Mapping[str, str | None], options: Object) -> tuple[Effect, str]:
    """The effect of a policy that reads tokens like ours. An option that is not there accepts any value."""
    effect, why = "accepts", ""
    for name, value in wanted.items():
        if value is None or name not in options:
            continue
        found = matches(options[name], value)
        if found is False:
            return "refuses", f"has the {name} {options[name]!r} instead of {value!r}"
        if found is None:
            effect, why = "unknown", f"takes its {name} from the gateway's environment"
    return t.cast("Effect", effect), why


def _changes_header(export: str, options: Object) -> bool:
    if export in _CHANGING:
        return True
    if export in _NAMED_HEADER:
        return str(options.get(_NAMED_HEADER[export], "Authorization")).lower() == "authorization"
    named = {_name(one).lower() for key in ("headers", "exclude") for one in options.get(key) or ()}
    if export == "ClearHeadersInboundPolicy":
        return "authorization" not in named
    return export in ("RemoveHeadersInboundPolicy", "SetHeadersInboundPolicy") and "authorization" in named


def _name(header: t.Any) -> str:
    return str(value_at(header, "name") if isinstance(header, dict) else header)


def _export(policy: Object) -> str | None:
    """None where the handler is not the gateway's own."""
    handler = policy.get("handler")
    export = value_at(handler, "export")
    own = str(value_at(handler, "module")).startswith(_PACKAGES)
    return export if own and isinstance(export, str) else None


def _options(policy: Object) -> Object:
    options = value_at(policy, "handler", "options")
    return options if isinstance(options, dict) else {}
