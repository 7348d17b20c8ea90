# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Organizations at a login: which one a request may name, through which connections, with whom, and what tokens tell.

Third-party clients: the organization lets them in, and the connection is both at domain level and enabled for the
organization (documentation: enable third-party application access for an organization).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .errors import OAuthError
from .tenant import State, Tenant
from .users import connection_of

COLLECTION = "organizations"

MEMBERS, CONNECTIONS, CLIENT_GRANTS = HIDDEN = ("members", "connections", "client_grants")
"""What a stored organization holds, and answers leave out."""


def show(organization: State) -> State:
    return {key: value for key, value in organization.items() if key not in HIDDEN}


def with_grant(tenant: Tenant, grant_id: str) -> list[State]:
    """Those that a client grant is linked to."""
    return [one for one in tenant.objects(COLLECTION).values() if grant_id in one[CLIENT_GRANTS]]


def _invalid(description: str) -> OAuthError:
    return OAuthError(400, "invalid_request", description)


def _names_count(tenant: Tenant) -> bool:
    return bool(tenant.settings.get("allow_organization_name_in_authentication_api"))


def _named(tenant: Tenant, name: str) -> State | None:
    found = tenant.objects(COLLECTION).get(name)
    if found is None and _names_count(tenant):
        found = next((one for one in tenant.objects(COLLECTION).values() if one["name"] == name.lower()), None)
    return found


def of_request(tenant: Tenant, client: State, query: Mapping[str, str]) -> State | None:
    """The organization that an authorization request names; None where it names none and need not."""
    usage = client.get("organization_usage", "deny")
    if "organization" not in query:
        if usage == "require" and client.get("organization_require_behavior", "no_prompt") == "no_prompt":
            raise _invalid("parameter organization is required for this client")
        return None
    found = _named(tenant, query["organization"])
    if found is None or not (client["is_first_party"] or found["third_party_client_access"] == "allow"):
        raise _invalid(f"parameter organization is invalid: {query['organization']}")
    if client["is_first_party"] and usage == "deny":
        raise _invalid("parameter organization is not allowed for this client")
    return found


def of_login(tenant: Tenant, login: State) -> State | None:
    """The organization of a login, a code or a refresh token."""
    name = login.get("organization")
    if name is None:
        return None
    found = tenant.objects(COLLECTION).get(name)
    if found is None:
        raise _invalid(f"parameter organization is invalid: {name}")
    return found


def connections(organization: State | None, usable: Sequence[State]) -> list[State]:
    """Those of the client's connections that are enabled for the organization."""
    if organization is None:
        return list(usable)
    enabled = {one["connection_id"] for one in organization["connections"]}
    found = [connection for connection in usable if connection["id"] in enabled]
    if not found:
        raise _invalid("no connections enabled for the organization")
    return found


def admit(tenant: Tenant, organization: State | None, user: State) -> None:
    """Members only. A connection may make members of those who log in through it."""
    if organization is None or user["user_id"] in organization["members"]:
        return
    connection = connection_of(tenant, user) or {}
    enabled = {one["connection_id"]: one for one in organization["connections"]}
    if not enabled.get(connection.get("id"), {}).get("assign_membership_on_login"):
        raise OAuthError(
            403, "access_denied", f"user {user['user_id']} is not part of the {organization['id']} organization"
        )
    organization["members"].append(user["user_id"])


def claims(tenant: Tenant, organization: State | None) -> dict[str, Any]:
    if organization is None:
        return {}
    name = {"org_name": organization["name"]} if _names_count(tenant) else {}
    return {"org_id": organization["id"], **name}
