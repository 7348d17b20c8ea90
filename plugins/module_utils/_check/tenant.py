# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Findings about the tenant: the Management API, the API for the MCP server, and the tenant's settings. Pure."""

from __future__ import annotations

import typing as t
from urllib.parse import urlsplit

from .._errors import Auth0Error
from .._types import Object
from .report import CHECK, FQCN, Finding, fail, quote, skip
from .scopes import Told, lists_permissions
from .server import ENABLE_DCR

_API = f"{FQCN}auth0_resource_server"
_SETTINGS = f"{FQCN}auth0_tenant_settings"
# How many applications a tenant may have, by plan (docs: entity limit policy). The API does not tell the plan.
PLANS = {"Free": 10, "self-service": 100, "Enterprise": 100_000}
# Scopes of network ACLs that cover the registration endpoint: as the API's description and as the documentation (tenant
# access control list, reference) calls them.
_COVERS_REGISTRATION = ("dynamic_client_registration", "dcr", "authentication", "tenant")


def management_api(error: Auth0Error | None) -> Finding:
    """`error` is what stopped the reading of the tenant."""
    name = "management_api"
    if error is None:
        return Finding(name, "pass", "the Management API answers")
    remedy = "domain and the credentials of this task; Auth0's logs may tell more (Dashboard: Monitoring, Logs)"
    return fail(name, error, "a tenant that can be read", remedy)


def similar_identifiers(mcp_server_url: str, *others: str | None) -> list[str]:
    """Identifiers that an API may have by mistake, at most ten; `others` are strings seen elsewhere."""
    parts = urlsplit(mcp_server_url)
    scheme = {"http": "https", "https": "http"}[parts.scheme]
    port = f":{parts.port}" if parts.port else ""
    loopback = {"localhost": "127.0.0.1", "127.0.0.1": "localhost"}.get(parts.hostname or "")
    origin = f"{parts.scheme}://{parts.netloc}"
    candidates = [
        f"{mcp_server_url}/",
        origin,
        f"{origin}/",
        f"{scheme}://{parts.netloc}{parts.path}",
        f"{parts.netloc}{parts.path}",
        f"{parts.scheme}://{f'{loopback}{port}' if loopback else f'www.{parts.netloc}'}{parts.path}",
        *others,
    ]
    return list(dict.fromkeys(one for one in candidates if one and one != mcp_server_url))[:10]


def resource_server(found: Object | None, similar: t.Sequence[str], mcp_server_url: str) -> Finding:
    """`similar` are identifiers of APIs that the tenant has instead."""
    name = "resource_server"
    if found is None:
        seen = f"the tenant has no API with the identifier {mcp_server_url}"
        if similar:
            seen += f", but with {', '.join(map(quote, similar))}; an identifier can never be changed"
        return Finding(name, "fail", seen, mcp_server_url, f"{_API}: identifier: {mcp_server_url}")
    policy = ((found.get("subject_type_authorization") or {}).get("user") or {}).get("policy")
    if policy == "deny_all":
        remedy = f"{_API}: subject_type_authorization.user.policy: require_client_grant"
        return Finding(name, "fail", "the API denies access to all users", "access for users", remedy)
    if (found.get("proof_of_possession") or {}).get("required"):
        remedy = f"{_API}: proof_of_possession: {{}}"
        return Finding(name, "fail", "the API requires proof of possession", "bearer tokens", remedy)
    return Finding(name, "pass", f"the API {quote(found.get('name'))}")


def signing_alg(found: Object) -> Finding:
    name, alg = "signing_alg", found.get("signing_alg", "RS256")
    if found.get("token_encryption"):
        remedy = f"{_API}: token_encryption: {{}}"
        return Finding(name, "fail", "tokens are encrypted: the gateway cannot read them", "RS256", remedy)
    if alg == "HS256":
        remedy = f"{_API}: signing_alg: RS256"
        return Finding(name, "fail", "HS256: the gateway has no key to verify tokens with", "RS256", remedy)
    return Finding(name, "pass", quote(alg))


def offline_access(found: Object) -> Finding:
    name, remedy = "offline_access", f"{_API}: allow_offline_access: true"
    if found.get("allow_offline_access"):
        return Finding(name, "pass", "clients get refresh tokens")
    return Finding(name, "warn", "no refresh tokens: users log in again when a token expires", "true", remedy)


def token_dialect(found: Object, told: Told) -> Finding:
    name, dialect = "token_dialect", str(found.get("token_dialect", "access_token"))
    enforced = bool(found.get("enforce_policies"))
    if lists_permissions(found):
        return Finding(name, "pass", f"{quote(dialect)}: the token lists the user's permissions")
    if dialect.endswith("_authz"):
        seen = f"{quote(dialect)}: the token lists no permissions, since enforce_policies is off"
        return Finding(name, "warn", seen, "enforce_policies: true", f"{_API}: enforce_policies: true")
    if not enforced:
        return Finding(name, "pass", quote(dialect))
    seen = f"{quote(dialect)}, with enforce_policies: the token has only those requested scopes that the user may have"
    if told.of_api:
        return Finding(name, "pass", seen)
    expected = f"{dialect}_authz"
    seen += ", and nothing tells clients to request any; it does not list the user's permissions"
    return Finding(name, "warn", seen, expected, f"{_API}: token_dialect: {expected}")


def resource_parameter_profile(settings: Object, mcp_server_url: str) -> Finding:
    name, expected = "resource_parameter_profile", "compatibility"
    profile, default = settings.get(name), settings.get("default_audience")
    if profile == expected:
        return Finding(name, "pass", expected)
    seen = f"{profile or 'not set'}: Auth0 ignores the parameter resource that clients send"
    remedy = f"{_SETTINGS}: resource_parameter_profile: compatibility"
    if default == mcp_server_url:
        return Finding(name, "warn", f"{seen}; it works since default_audience is this API", expected, remedy)
    if default:
        seen += f", so tokens are for default_audience, another API: {quote(default)}"
    return Finding(name, "fail", seen, expected, remedy)


def user_grant(grants: t.Iterable[Object]) -> Object | None:
    """The grant for users. One from before there were subject types is for the application itself."""
    return next((grant for grant in grants if grant.get("subject_type", "client") == "user"), None)


def client_grant(grants: t.Collection[Object], mcp_server_url: str) -> Finding:
    """`grants` are the default grants of third-party applications for the API."""
    name, found = "client_grant", user_grant(grants)
    if found:
        scopes = "all scopes" if found.get("allow_all_scopes") else quote(found.get("scope", []))
        return Finding(name, "pass", f"third-party applications may act for users, scopes: {scopes}")
    seen = "third-party applications have no default grant for the API"
    if grants:
        seen = "the default grant of third-party applications has only subject_type client, which is not for users"
    expected = "a client grant with default_for third_party_clients and subject_type user"
    remedy = (
        f"{FQCN}auth0_client_grant: default_for: third_party_clients, subject_type: user, audience: {mcp_server_url}"
    )
    return Finding(name, "fail", seen, expected, remedy)


def connection(listed: t.Iterable[Object], named: t.Sequence[str]) -> Finding:
    """`listed` are all connections of the tenant; `named` those with which users shall log in, none for any."""
    name, promote = "connection", f"{FQCN}auth0_connection_domain: name"
    levels = {one.get("name"): bool(one.get("is_domain_connection")) for one in listed}
    absent = [one for one in named if one not in levels]
    if absent:
        seen = f"the tenant has no connection {', '.join(map(quote, absent))}"
        remedy = f"{CHECK}: connection: names that the tenant has; or {FQCN}auth0_connection: name, strategy"
        return Finding(name, "fail", seen, "each named connection at domain level", remedy)
    below = [one for one in named if not levels[one]]
    if below:
        seen = f"not at domain level, so nobody can log in to third-party applications with it: {quote(below)}"
        return Finding(name, "fail", seen, "each named connection at domain level", f"{promote}: {', '.join(below)}")
    promoted: list[t.Any] = [*named] or [one for one, is_promoted in levels.items() if is_promoted]
    if promoted:
        return Finding(name, "pass", f"at domain level: {quote(promoted)}")
    seen = "no connection is at domain level, so nobody can log in to third-party applications"
    remedy = f"{promote}: the connection with which users log in"
    return Finding(name, "fail", seen, "at least one connection at domain level", remedy)


def entra_resource(listed: t.Iterable[Object], settings: Object | None) -> Finding:
    """Microsoft Entra ID refuses the parameter resource that Auth0 forwards (modelcontextprotocol#1389).

    With the profile compatibility, Auth0 forwards it no longer (docs: resource parameter compatibility profile).
    `listed` are all connections of the tenant, `settings` None where they could not be read.
    """
    name, expected, key = "entra_resource", "compatibility", "resource_parameter_profile"
    found = [one.get("name") for one in listed if one.get("strategy") == "waad" and one.get("is_domain_connection")]
    if not found:
        return Finding(name, "pass", "no connection of Microsoft Entra ID (waad) is at domain level")
    if settings is None:
        return skip(name, f"not checked: {key} was not read")
    if settings.get(key) == expected:
        return Finding(name, "pass", f"Auth0 does not forward the parameter resource to {quote(found)}")
    seen = (
        f"Auth0 forwards the parameter resource to Microsoft Entra ID, which refuses it (AADSTS901002): {quote(found)}"
    )
    return Finding(name, "warn", seen, f"{key}: {expected}", f"{_SETTINGS}: {key}: {expected}")


def dynamic_client_registration(settings: Object, client_registration: t.Collection[str]) -> Finding:
    name = "dynamic_client_registration"
    if "dcr" not in client_registration:
        return skip(name, "client_registration has no dcr")
    if (settings.get("flags") or {}).get("enable_dynamic_client_registration"):
        return Finding(name, "pass", "on")
    return Finding(name, "fail", "off: clients cannot register", "on", ENABLE_DCR)


def registration_security_mode(settings: Object, client_registration: t.Collection[str]) -> Finding:
    name, mode = "registration_security_mode", settings.get("dynamic_client_registration_security_mode", "strict")
    if "dcr" not in client_registration:
        return skip(name, "client_registration has no dcr")
    if mode == "strict":
        return Finding(name, "pass", "strict")
    seen = f"{mode}: self-registered clients get the rights of an ordinary application"
    remedy = f"{_SETTINGS}: dynamic_client_registration_security_mode: strict"
    return Finding(name, "warn", seen, "strict", remedy)


def application_limit(first: t.Sequence[Object], total: int) -> Finding:
    """`first` are applications of the tenant, `total` is how many it has. Each login of a new MCP client adds one."""
    name = "application_limit"
    registered = sum(one.get("external_metadata_type") == "dcr" for one in first)
    of_many = f" of the first {len(first)}" if len(first) < total else ""
    limits = ", ".join(f"{limit:,} on the plan {plan}" for plan, limit in PLANS.items())
    seen = f"applications: {total}, self-registered: {registered}{of_many}; a tenant may have {limits}"
    # Auth0 itself gives notice at 80 % (docs: entity limit policy).
    near = next((plan for plan, limit in PLANS.items() if 0.8 * limit <= total <= limit), None)
    if near is None:
        return Finding(name, "pass", seen)
    remedy = (
        f"{FQCN}auth0_client: state: absent, for those that nobody uses any more; or metadata documents, which are "
        "registered once for all users"
    )
    return Finding(name, "warn", f"{seen}. Beyond it, clients cannot register", f"room on the plan {near}", remedy)


def network_acl(acls: t.Iterable[Object]) -> Finding:
    """Whether anyone may register is the tenant's decision, so it is told and nothing more."""
    name = "network_acl"
    found = [one.get("description") for one in acls if one.get("active") and _restricts_registration(one)]
    if found:
        return Finding(name, "pass", f"network ACLs decide who may register: {quote(found)}")
    seen = "anyone can register applications; a network ACL of the scope dynamic_client_registration can restrict it"
    return Finding(name, "pass", seen)


def _restricts_registration(acl: Object) -> bool:
    rule = acl.get("rule") or {}
    action = rule.get("action") or {}
    return rule.get("scope") in _COVERS_REGISTRATION and bool(action.get("block") or action.get("redirect"))


def client_id_metadata_documents(settings: Object, client_registration: t.Collection[str]) -> Finding:
    name, key = "client_id_metadata_documents", "client_id_metadata_document_supported"
    if "cimd" not in client_registration:
        return skip(name, "client_registration has no cimd")
    if not settings.get(key):
        seen = "off: clients cannot identify themselves by a metadata document"
        return Finding(name, "fail", seen, "on", f"{_SETTINGS}: {key}: true")
    if settings.get("client_id_metadata_document_dynamic_registration_supported"):
        return Finding(name, "pass", "on, also for clients that were not registered beforehand")
    return Finding(name, "pass", f"on, for clients that were registered with {FQCN}auth0_cimd_client")


def iss_parameter(settings: Object) -> Finding:
    name, key = "iss_parameter", "authorization_response_iss_parameter_supported"
    if settings.get(key):
        return Finding(name, "pass", "on")
    seen = "off: clients cannot tell which authorization server has answered them"
    return Finding(name, "warn", seen, "on", f"{_SETTINGS}: {key}: true")
