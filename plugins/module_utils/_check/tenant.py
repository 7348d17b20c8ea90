# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Findings about the tenant: the Management API, the API for the MCP server, and the tenant's settings. Pure."""

from __future__ import annotations

import typing as t
from urllib.parse import urlsplit

from .._errors import Auth0Error
from .._types import Object
from .report import FQCN, Finding, fail, quote, skip
from .server import ENABLE_DCR

_API = f"{FQCN}auth0_resource_server"
_SETTINGS = f"{FQCN}auth0_tenant_settings"


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
        remedy = f"{_API}: proof_of_possession.required: false"
        return Finding(name, "fail", "the API requires proof of possession", "bearer tokens", remedy)
    return Finding(name, "pass", f"the API {quote(found.get('name'))}")


def signing_alg(found: Object) -> Finding:
    name, alg = "signing_alg", found.get("signing_alg", "RS256")
    if found.get("token_encryption"):
        remedy = f"{_API}: token_encryption: null"
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


def client_grant(grants: t.Iterable[Object], mcp_server_url: str) -> Finding:
    """`grants` are the default grants of third-party applications for the API."""
    name, found = "client_grant", {grant.get("subject_type", "client"): grant for grant in grants}
    if "user" in found:
        scopes = "all scopes" if found["user"].get("allow_all_scopes") else quote(found["user"].get("scope", []))
        return Finding(name, "pass", f"third-party applications may act for users, scopes: {scopes}")
    seen = "third-party applications have no default grant for the API"
    if found:
        seen = "the default grant of third-party applications has only subject_type client, which is not for users"
    expected = "a client grant with default_for third_party_clients and subject_type user"
    remedy = (
        f"{FQCN}auth0_client_grant: default_for: third_party_clients, subject_type: user, audience: {mcp_server_url}"
    )
    return Finding(name, "fail", seen, expected, remedy)


def connection(found: Object | None) -> Finding:
    name = "connection"
    if found:
        return Finding(name, "pass", f"the connection {quote(found.get('name'))} is at domain level")
    seen = "no connection is at domain level, so nobody can log in to third-party applications"
    remedy = f"{FQCN}auth0_connection_domain: name: the connection with which users log in"
    return Finding(name, "fail", seen, "at least one connection at domain level", remedy)


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
