# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a client may have for a user: which API, which scopes, through which connections.

Refusals are OAuthErrors. Strict clients are third-party clients in strict security mode.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .errors import OAuthError
from .tenant import State, Tenant

OPENID = "openid"
OIDC_SCOPES = frozenset({OPENID, "profile", "email"})
OFFLINE_ACCESS = "offline_access"


def is_strict(client: State) -> bool:
    return client.get("third_party_security_mode") == "strict"


def is_public(client: State) -> bool:
    return client.get("token_endpoint_auth_method") == "none"


def oauth_id(client: State) -> str:
    """The client_id that OAuth requests and tokens carry: of a client made from a metadata document, its URL."""
    return str(client.get("external_client_id", client["client_id"]))


def find_client(tenant: Tenant, name: str) -> State | None:
    """By the client_id of an OAuth request. Metadata documents count while the tenant's setting is on."""
    client = next((client for client in tenant.objects("clients").values() if oauth_id(client) == name), None)
    if client is None or client.get("global"):
        return None
    documents_count = tenant.settings.get("client_id_metadata_document_supported", False)
    return client if documents_count or "external_client_id" not in client else None


def userinfo_audience(tenant: Tenant) -> str:
    return f"{tenant.issuer}userinfo"


def audience(tenant: Tenant, query: Mapping[str, str]) -> str:
    """`audience`, else `resource` where the tenant's profile says so, else the tenant's default, else userinfo."""
    settings = tenant.settings
    resource = query.get("resource") if settings.get("resource_parameter_profile") == "compatibility" else None
    return query.get("audience") or resource or settings.get("default_audience") or userinfo_audience(tenant)


def _needs_grant(client: State, api: State) -> bool:
    """Third-party clients do whatever the API's policy says."""
    return not client["is_first_party"] or _policy(api) == "require_client_grant"


def _policy(api: State) -> str:
    return str(api.get("subject_type_authorization", {}).get("user", {}).get("policy", "allow_all"))


def api_for(tenant: Tenant, client: State, audience: str) -> State | None:
    """The API that the client may have for users; None stands for userinfo."""
    if audience == userinfo_audience(tenant):
        if is_strict(client):
            raise OAuthError(
                403,
                "access_denied",
                "The userinfo audience is not allowed for third party clients. Ask for the audience of an API.",
            )
        return None
    found = tenant.resource_server(audience)
    if found is None:
        raise OAuthError(403, "access_denied", f"Service not found: {audience}")
    granted = not _needs_grant(client, found) or tenant.grant(client, audience, "user") is not None
    if found.get("is_system") or _policy(found) == "deny_all" or not granted:
        raise OAuthError(
            403,
            "access_denied",
            f'Client "{oauth_id(client)}" is not authorized to access resource server "{audience}".',
        )
    return found


def scopes(
    tenant: Tenant,
    client: State,
    api: State | None,
    user: State,
    requested: Iterable[str],
    organization: State | None = None,
) -> list[str]:
    """What comes of the requested scopes; `api` is None for userinfo."""
    allowed: set[str] = set() if is_strict(client) else set(OIDC_SCOPES)
    if (api is None or api.get("allow_offline_access")) and "refresh_token" in client.get("grant_types", []):
        allowed.add(OFFLINE_ACCESS)
    if api is not None:
        allowed |= _api_scopes(tenant, client, api, user, organization)
    return [scope for scope in dict.fromkeys(requested) if scope in allowed]


def _api_scopes(tenant: Tenant, client: State, api: State, user: State, organization: State | None) -> set[str]:
    allowed = {scope["value"] for scope in api.get("scopes", [])}
    if _needs_grant(client, api):
        grant = tenant.grant(client, api["identifier"], "user") or {}
        allowed &= allowed if grant.get("allow_all_scopes") else set(grant.get("scope", []))
    if api.get("enforce_policies"):
        allowed &= set(permissions(tenant, user, api, organization))
    return allowed


def permissions(tenant: Tenant, user: State, api: State, organization: State | None = None) -> list[str]:
    """What the user may do at the API: the user's own permissions, then those of the roles of the user and its groups.

    At a login through an organization, those of the roles as its member alone (community.auth0.com/t/99135, t/134310).
    """
    identifier, roles = api["identifier"], tenant.objects("roles")
    own, names = user.get("permissions", {}).get(identifier, []), [*user.get("roles", []), *_group_roles(tenant, user)]
    if organization is not None:
        own, names = [], organization["members"].get(user["user_id"], [])
    of_roles = (permission for name in names for permission in roles[name]["permissions"])
    through_roles = [
        permission["permission_name"]
        for permission in of_roles
        if permission["resource_server_identifier"] == identifier
    ]
    return list(dict.fromkeys([*own, *through_roles]))


def _group_roles(tenant: Tenant, user: State) -> list[str]:
    """Members of a group have its roles at a login (documentation: assign roles for enterprise groups)."""
    groups = tenant.objects("groups")
    return [role for name in user.get("groups", []) if name in groups for role in groups[name].get("roles", [])]


def _reaches(client: State, connection: State) -> bool:
    """Third-party clients reach domain-level connections only, whatever the connection's list says."""
    if client["is_first_party"]:
        return client["client_id"] in connection["enabled_clients"]
    return bool(connection["is_domain_connection"])


def connections(tenant: Tenant, client: State) -> list[State]:
    """Those that the client may log users in through."""
    usable = [connection for connection in tenant.objects("connections").values() if _reaches(client, connection)]
    if not usable:
        raise OAuthError(400, "invalid_request", "no connections enabled for the client")
    return usable
