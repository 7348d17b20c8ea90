# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Organizations: `{id, name, display_name?, third_party_client_access, …}`, with members, connections, client grants.

A stored organization also holds `members: [user_id]`, `connections: [{connection_id, assign_membership_on_login, …}]`
and `client_grants: [grant_id]`, which answers leave out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import listing, schemas
from ..errors import ApiError, invalid_body
from ..organizations import CLIENT_GRANTS, COLLECTION, MEMBERS, show
from ..tenant import Tenant, token
from ..users import in_short
from . import roles
from .client_grants import COLLECTION as GRANTS
from .connections import COLLECTION as CONNECTIONS
from .operation import Answer, Call, Object, Operation, merged

ENABLED = "enabled_connections"

# Auth0's entity limit.
GRANTS_OF_AN_ORGANIZATION = 100


def _missing(text: str) -> ApiError:
    return ApiError(404, text, "inexistent_organization")


def _find(tenant: Tenant, name: str) -> Object:
    found: Object | None = tenant.objects(COLLECTION).get(name)
    if found is None:
        raise _missing("No organization found by that id")
    return found


def _check_name(tenant: Tenant, organization: Object) -> None:
    for other in tenant.objects(COLLECTION).values():
        if other["name"] == organization["name"] and other["id"] != organization["id"]:
            raise ApiError(409, "An organization with this name already exists.", "organization_conflict")


def create(call: Call) -> Answer:
    """Defaults: TestAccOrganizationThirdPartyClientAccess recording."""
    tenant, body = call.tenant, dict(call.body)
    connections = [_settled(tenant, one) for one in body.pop(ENABLED, [])]
    organization: dict[str, Any] = {"id": token("org_", 16), "third_party_client_access": "block", **body}
    _check_name(tenant, organization)
    tenant.objects(COLLECTION)[organization["id"]] = {
        **organization,
        MEMBERS: [],
        "connections": connections,
        CLIENT_GRANTS: [],
    }
    enabled = {ENABLED: [_show_connection(tenant, one) for one in connections]} if connections else {}
    return Answer(201, {**organization, **enabled})


def read_all(call: Call) -> Answer:
    found = list(call.tenant.objects(COLLECTION).values())
    if "sort" in call.query:
        field, _colon, direction = call.query["sort"].partition(":")
        if field not in ("name", "display_name") or direction not in ("1", "-1"):
            raise listing.invalid_query(f"String does not match pattern: {call.query['sort']}", "sort")
        found.sort(key=lambda one: str(one.get(field, "")), reverse=direction == "-1")
    return Answer(200, listing.page(found, call.query, COLLECTION, key="id", checkpoint=True, shape=show))


def read(call: Call) -> Answer:
    """The words of a missing one: the tests of Auth0's Terraform provider and of its .NET SDK."""
    found = call.tenant.objects(COLLECTION).get(call.id)
    if found is None:
        raise _missing("No organization found by that id or name")
    return Answer(200, show(found))


def read_by_name(call: Call) -> Answer:
    found = [one for one in call.tenant.objects(COLLECTION).values() if one["name"] == call.member]
    if not found:
        raise _missing("No organization found by that id or name")
    return Answer(200, show(found[0]))


def update(call: Call) -> Answer:
    stored, body = _find(call.tenant, call.id), dict(call.body)
    if "metadata" in body:
        body["metadata"] = merged(stored.get("metadata", {}), body["metadata"])
    organization = merged(stored, body)
    _check_name(call.tenant, organization)
    call.tenant.objects(COLLECTION)[organization["id"]] = organization
    return Answer(200, show(organization))


def delete(call: Call) -> Answer:
    """Its roles go too; users and connections stay."""
    if call.id not in call.tenant.objects(COLLECTION):
        raise _missing("The organization does not exist.")
    del call.tenant.objects(COLLECTION)[call.id]
    for role in list(call.tenant.objects(roles.COLLECTION).values()):
        if role.get("owner_id") == call.id:
            roles.remove(call.tenant, role["id"])
    return Answer(204)


def read_members(call: Call) -> Answer:
    users = call.tenant.objects("users")
    members = [users[name] for name in _find(call.tenant, call.id)[MEMBERS]]

    def shape(user: Object) -> Object:
        return listing.narrow(in_short(user), call.query)

    return Answer(200, listing.page(members, call.query, MEMBERS, key="user_id", checkpoint=True, shape=shape))


def add_members(call: Call) -> Answer:
    """All or none."""
    organization, users = _find(call.tenant, call.id), call.tenant.objects("users")
    unknown = [name for name in call.body[MEMBERS] if name not in users]
    if unknown:
        raise invalid_body(f"Users that do not exist: {','.join(unknown)}")
    organization[MEMBERS] = list(dict.fromkeys([*organization[MEMBERS], *call.body[MEMBERS]]))
    return Answer(204)


def remove_members(call: Call) -> Answer:
    organization = _find(call.tenant, call.id)
    organization[MEMBERS] = [name for name in organization[MEMBERS] if name not in call.body[MEMBERS]]
    return Answer(204)


def _settled(tenant: Tenant, body: Object) -> Object:
    if body["connection_id"] not in tenant.objects(CONNECTIONS):
        raise invalid_body(f"The connection does not exist: {body['connection_id']}")
    return {"assign_membership_on_login": False, **body}


def _show_connection(tenant: Tenant, enabled: Object) -> Object:
    """TestAccOrganization recording."""
    connection = tenant.objects(CONNECTIONS)[enabled["connection_id"]]
    return {**enabled, "connection": {key: connection[key] for key in ("name", "strategy")}}


def _enabled(tenant: Tenant, organization: Object) -> list[Object]:
    """Connections that were deleted since are not among them."""
    return [one for one in organization["connections"] if one["connection_id"] in tenant.objects(CONNECTIONS)]


def _find_enabled(call: Call) -> Object:
    for one in _enabled(call.tenant, _find(call.tenant, call.id)):
        if one["connection_id"] == call.member:
            return one
    raise ApiError(404, "The organization connection does not exists.", "inexistent_organization_connection")


def _counted(answer: Object | Sequence[Object], collection: str) -> Object | Sequence[Object]:
    """`limit` is the number of members that are shown (TestAccOrganization, TestAccOrganizationMember recordings)."""
    if isinstance(answer, dict):
        answer["limit"] = len(answer[collection])
    return answer


def read_connections(call: Call) -> Answer:
    found = _enabled(call.tenant, _find(call.tenant, call.id))

    def shape(enabled: Object) -> Object:
        return _show_connection(call.tenant, enabled)

    answer = listing.page(found, call.query, ENABLED, key="connection_id", checkpoint=False, shape=shape)
    return Answer(200, _counted(answer, ENABLED))


def enable_connection(call: Call) -> Answer:
    organization = _find(call.tenant, call.id)
    enabled = _settled(call.tenant, call.body)
    if enabled["connection_id"] in {one["connection_id"] for one in organization["connections"]}:
        raise ApiError(409, "The organization connection already exists.", "organization_connection_conflict")
    organization["connections"].append(enabled)
    return Answer(201, _show_connection(call.tenant, enabled))


def read_connection(call: Call) -> Answer:
    return Answer(200, _show_connection(call.tenant, _find_enabled(call)))


def update_connection(call: Call) -> Answer:
    enabled = _find_enabled(call)
    enabled.update(call.body)
    return Answer(200, _show_connection(call.tenant, enabled))


def disable_connection(call: Call) -> Answer:
    organization = _find(call.tenant, call.id)
    organization["connections"] = [one for one in organization["connections"] if one["connection_id"] != call.member]
    return Answer(204)


def _granted(tenant: Tenant, organization: Object) -> list[Object]:
    """Grants that were deleted since are not among them."""
    grants = tenant.objects(GRANTS)
    return [grants[name] for name in organization[CLIENT_GRANTS] if name in grants]


def read_grants(call: Call) -> Answer:
    query = call.query
    wanted = {name: query[name] for name in ("audience", "client_id") if name in query}
    names = query.getlist("grant_ids")
    found = [
        grant
        for grant in _granted(call.tenant, _find(call.tenant, call.id))
        if all(grant.get(name) == value for name, value in wanted.items()) and (not names or grant["id"] in names)
    ]
    return Answer(200, listing.page(found, query, CLIENT_GRANTS, key="id", checkpoint=False))


def add_grant(call: Call) -> Answer:
    """The answer names the grant otherwise than a list does (TestAccOrganizationClientGrant recording)."""
    organization = _find(call.tenant, call.id)
    grant = call.tenant.objects(GRANTS).get(call.body["grant_id"])
    if grant is None:
        raise ApiError(404, "The grant does not exist.", "inexistent_client_grant")
    if grant["id"] in organization[CLIENT_GRANTS]:
        raise ApiError(
            409, "The client grant has already been added to this organization.", "organization_client_grant_conflict"
        )
    if len(_granted(call.tenant, organization)) >= GRANTS_OF_AN_ORGANIZATION:
        raise ApiError(409, "Quota exceeded; cannot add more than 100 client grants to a single organization")
    organization[CLIENT_GRANTS].append(grant["id"])
    shown = ("client_id", "audience", "scope", "organization_usage", "allow_any_organization")
    return Answer(201, {"grant_id": grant["id"], **{key: grant[key] for key in shown if key in grant}})


def remove_grant(call: Call) -> Answer:
    organization = _find(call.tenant, call.id)
    organization[CLIENT_GRANTS] = [name for name in organization[CLIENT_GRANTS] if name != call.member]
    return Answer(204)


_PATH, _READ = "/organizations", ("read:organizations", "read:organizations_summary")
_ONE = f"{_PATH}/{{id}}"
_CONNECTION, _GRANT = f"{_ONE}/enabled_connections", f"{_ONE}/client-grants"


def _scopes(entity: str, action: str) -> tuple[str]:
    return (f"{action}:organization_{entity}",)


_MEMBERS = schemas.request("CreateOrganizationMember")
_PAGES = listing.PAGING | listing.CHECKPOINT
OPERATIONS = (
    Operation("GET", _PATH, _READ, read_all, query=_PAGES | {"sort"}),
    Operation(
        "POST",
        _PATH,
        ("create:organizations", "create:organization_connections"),
        create,
        schemas.request("CreateOrganization"),
    ),
    Operation("GET", f"{_PATH}/name/{{member}}", ("read:organizations",), read_by_name),
    Operation("GET", _ONE, _READ, read),
    Operation("PATCH", _ONE, ("update:organizations",), update, schemas.request("UpdateOrganization")),
    Operation("DELETE", _ONE, ("delete:organizations",), delete),
    Operation("GET", f"{_ONE}/members", _scopes("members", "read"), read_members, query=_PAGES | listing.FIELDS),
    Operation("POST", f"{_ONE}/members", _scopes("members", "create"), add_members, _MEMBERS),
    Operation("DELETE", f"{_ONE}/members", _scopes("members", "delete"), remove_members, _MEMBERS),
    Operation("GET", _CONNECTION, _scopes("connections", "read"), read_connections, query=listing.PAGING),
    Operation(
        "POST",
        _CONNECTION,
        _scopes("connections", "create"),
        enable_connection,
        schemas.request("AddOrganizationConnection"),
    ),
    Operation("GET", f"{_CONNECTION}/{{member}}", _scopes("connections", "read"), read_connection),
    Operation(
        "PATCH",
        f"{_CONNECTION}/{{member}}",
        _scopes("connections", "update"),
        update_connection,
        schemas.request("UpdateOrganizationConnection"),
    ),
    Operation("DELETE", f"{_CONNECTION}/{{member}}", _scopes("connections", "delete"), disable_connection),
    Operation(
        "GET",
        _GRANT,
        _scopes("client_grants", "read"),
        read_grants,
        query=listing.PAGING | {"audience", "client_id", "grant_ids"},
    ),
    Operation(
        "POST",
        _GRANT,
        _scopes("client_grants", "create"),
        add_grant,
        schemas.request("AssociateOrganizationClientGrant"),
    ),
    Operation("DELETE", f"{_GRANT}/{{member}}", _scopes("client_grants", "delete"), remove_grant),
)
