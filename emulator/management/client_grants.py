# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Client grants: `{id, client_id | default_for, audience, scope | allow_all_scopes, subject_type, …}`.

Scopes are kept as sent, also those that the API does not have; a token carries what both have.
"""

from __future__ import annotations

from .. import listing, organizations, schemas
from ..errors import ApiError, invalid_body, missing
from ..tenant import Tenant, token
from .operation import Answer, Call, Object, Operation, merged

COLLECTION = "client_grants"
DEFAULT_FOR = "third_party_clients"


def _find(tenant: Tenant, name: str) -> Object:
    found: Object | None = tenant.objects(COLLECTION).get(name)
    if found is None:
        raise missing("client grant")
    return found


def _settled(grant: Object) -> Object:
    """With allow_all_scopes a grant has no scope; without, it has one (TestAccClientGrant recording)."""
    if grant.get("allow_all_scopes"):
        grant.pop("scope", None)
    else:
        grant.setdefault("scope", [])
    return grant


def _owner(tenant: Tenant, body: Object) -> tuple[str, bool]:
    """(who the grant is for, whether that is third-party)."""
    if ("client_id" in body) == ("default_for" in body):
        raise invalid_body("Exactly one of client_id and default_for must be set")
    if "default_for" in body:
        return DEFAULT_FOR, True
    client = tenant.objects("clients").get(body["client_id"])
    if client is None:
        raise ApiError(404, "Client not found", "inexistent_client")
    return str(client["client_id"]), not client["is_first_party"]


def create(call: Call) -> Answer:
    tenant, body = call.tenant, call.body
    owner, third_party = _owner(tenant, body)
    audience = body["audience"]
    api = tenant.resource_server(audience)
    if api is None:
        raise ApiError(404, "Resource server not found", "inexistent_resource_server")
    if third_party and api.get("is_system"):
        raise invalid_body("Third-party clients cannot be granted access to system resource servers")
    if third_party and body.get("allow_any_organization"):
        raise invalid_body("allow_any_organization is not supported for third-party clients")
    grant = _settled({"id": token("cgr_", 16), "subject_type": "client", **body})
    for other in tenant.objects(COLLECTION).values():
        same_owner = owner in (other.get("client_id"), other.get("default_for"))
        # A grant from before there were subject types has none, and is one for the client.
        if same_owner and (other["audience"], other.get("subject_type", "client")) == (audience, grant["subject_type"]):
            raise ApiError(
                409, f"A client grant already exists between {owner} and {audience}", "client_grant_conflict"
            )
    tenant.objects(COLLECTION)[grant["id"]] = grant
    return Answer(201, grant)


def read_all(call: Call) -> Answer:
    names = ("audience", "client_id", "default_for", "subject_type")
    wanted = {name: call.query[name] for name in names if name in call.query}
    any_organization = listing.flag(call.query, "allow_any_organization")
    chosen = [
        grant
        for grant in call.tenant.objects(COLLECTION).values()
        if all(grant.get(name) == value for name, value in wanted.items())
        and any_organization in (None, bool(grant.get("allow_any_organization")))
    ]
    return Answer(200, listing.page(chosen, call.query, COLLECTION, key="id", checkpoint=True))


def read(call: Call) -> Answer:
    return Answer(200, _find(call.tenant, call.id))


def _check_not_system(grant: Object) -> None:
    if grant.get("is_system"):
        raise invalid_body("System client grants are read-only")


def update(call: Call) -> Answer:
    tenant = call.tenant
    stored = _find(tenant, call.id)
    _check_not_system(stored)
    client = tenant.objects("clients").get(stored.get("client_id", ""))
    if call.body.get("allow_any_organization") and (client is None or not client["is_first_party"]):
        raise invalid_body("allow_any_organization is not supported for third-party clients")
    grant = _settled(merged(stored, call.body))
    tenant.objects(COLLECTION)[grant["id"]] = grant
    return Answer(200, grant)


def drop(tenant: Tenant, name: str, value: str) -> None:
    """Takes away the grants that have this value."""
    grants = tenant.objects(COLLECTION)
    for key in [key for key, grant in grants.items() if grant.get(name) == value]:
        del grants[key]


def delete(call: Call) -> Answer:
    """204 also when repeated (TestAccClientGrant recording)."""
    grant = call.tenant.objects(COLLECTION).get(call.id)
    if grant is not None:
        _check_not_system(grant)
        drop(call.tenant, "id", call.id)
    return Answer(204)


def read_organizations(call: Call) -> Answer:
    """No totals, as with every checkpoint (TestAccDataSourceClientGrantOrganizations recording)."""
    _find(call.tenant, call.id)
    linked = organizations.with_grant(call.tenant, call.id)
    page = listing.page(
        linked, call.query, organizations.COLLECTION, key="id", checkpoint=True, shape=organizations.show
    )
    return Answer(200, page)


_PATH, _READ = "/client-grants", ("read:client_grants",)
_FILTERS = {"audience", "client_id", "default_for", "subject_type", "allow_any_organization"}
OPERATIONS = (
    Operation("GET", _PATH, _READ, read_all, query=listing.PAGING | listing.CHECKPOINT | _FILTERS),
    Operation("POST", _PATH, ("create:client_grants",), create, schemas.request("CreateClientGrant")),
    Operation("GET", f"{_PATH}/{{id}}", _READ, read),
    Operation("PATCH", f"{_PATH}/{{id}}", ("update:client_grants",), update, schemas.request("UpdateClientGrant")),
    Operation("DELETE", f"{_PATH}/{{id}}", ("delete:client_grants",), delete),
    Operation(
        "GET",
        f"{_PATH}/{{id}}/organizations",
        ("read:organization_client_grants",),
        read_organizations,
        query=listing.PAGING | listing.CHECKPOINT,
    ),
)
