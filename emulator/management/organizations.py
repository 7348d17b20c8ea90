# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Organizations: `{id, name, display_name?, third_party_client_access, …}`, and the client grants linked to each.

A stored organization also holds `members: {user_id: [role id]}`, `connections: [{connection_id, is_enabled, …}]` and
`client_grants: [grant_id]`, which answers leave out.
"""

from __future__ import annotations

from typing import Any

from .. import listing, schemas
from ..errors import ApiError
from ..organizations import CLIENT_GRANTS, COLLECTION, CONNECTIONS, MEMBERS, find, inexistent, show
from ..tenant import Tenant, token
from . import roles
from .client_grants import COLLECTION as GRANTS
from .operation import Answer, Call, Object, Operation, merged
from .organization_connections import ENABLED, settled

# Auth0's entity limit.
GRANTS_OF_AN_ORGANIZATION = 100


def _check_name(tenant: Tenant, organization: Object) -> None:
    for other in tenant.objects(COLLECTION).values():
        if other["name"] == organization["name"] and other["id"] != organization["id"]:
            raise ApiError(409, "An organization with this name already exists.", "organization_conflict")


def create(call: Call) -> Answer:
    """Defaults: TestAccOrganizationThirdPartyClientAccess recording."""
    tenant, body = call.tenant, dict(call.body)
    connections = [settled(tenant, one) for one in body.pop(ENABLED.collection, [])]
    organization: dict[str, Any] = {"id": token("org_", 16), "third_party_client_access": "block", **body}
    _check_name(tenant, organization)
    tenant.objects(COLLECTION)[organization["id"]] = {
        **organization,
        MEMBERS: {},
        CONNECTIONS: connections,
        CLIENT_GRANTS: [],
    }
    enabled = {ENABLED.collection: [ENABLED.show(tenant, one) for one in connections]} if connections else {}
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
        raise inexistent("No organization found by that id or name")
    return Answer(200, show(found))


def read_by_name(call: Call) -> Answer:
    found = [one for one in call.tenant.objects(COLLECTION).values() if one["name"] == call.member]
    if not found:
        raise inexistent("No organization found by that id or name")
    return Answer(200, show(found[0]))


def update(call: Call) -> Answer:
    stored, body = find(call.tenant, call.id), dict(call.body)
    if "metadata" in body:
        body["metadata"] = merged(stored.get("metadata", {}), body["metadata"])
    organization = merged(stored, body)
    _check_name(call.tenant, organization)
    call.tenant.objects(COLLECTION)[organization["id"]] = organization
    return Answer(200, show(organization))


def delete(call: Call) -> Answer:
    """Its roles go too; users and connections stay."""
    if call.id not in call.tenant.objects(COLLECTION):
        raise inexistent("The organization does not exist.")
    del call.tenant.objects(COLLECTION)[call.id]
    for role in list(call.tenant.objects(roles.COLLECTION).values()):
        if role.get("owner_id") == call.id:
            roles.remove(call.tenant, role["id"])
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
        for grant in _granted(call.tenant, find(call.tenant, call.id))
        if all(grant.get(name) == value for name, value in wanted.items()) and (not names or grant["id"] in names)
    ]
    return Answer(200, listing.page(found, query, CLIENT_GRANTS, key="id", checkpoint=False))


def add_grant(call: Call) -> Answer:
    """The answer names the grant otherwise than a list does (TestAccOrganizationClientGrant recording)."""
    organization = find(call.tenant, call.id)
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
    organization = find(call.tenant, call.id)
    organization[CLIENT_GRANTS] = [name for name in organization[CLIENT_GRANTS] if name != call.member]
    return Answer(204)


_PATH = "/organizations"
_ONE = f"{_PATH}/{{id}}"
_GRANT = f"{_ONE}/client-grants"
OPERATIONS = (
    Operation("GET", _PATH, read_all, query=listing.PAGING | listing.CHECKPOINT | {"sort"}),
    Operation("POST", _PATH, create, schemas.request("CreateOrganization")),
    Operation("GET", f"{_PATH}/name/{{member}}", read_by_name),
    Operation("GET", _ONE, read),
    Operation("PATCH", _ONE, update, schemas.request("UpdateOrganization")),
    Operation("DELETE", _ONE, delete),
    Operation("GET", _GRANT, read_grants, query=listing.PAGING | {"audience", "client_id", "grant_ids"}),
    Operation("POST", _GRANT, add_grant, schemas.request("AssociateOrganizationClientGrant")),
    Operation("DELETE", f"{_GRANT}/{{member}}", remove_grant),
)
