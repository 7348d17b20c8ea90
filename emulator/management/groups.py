# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Groups of enterprise connections: `{id, name, external_id?, connection_id?, tenant_name, created_at, updated_at}`.

They can be read and have roles, and are made in the state alone, as users are put into them there (`groups` of a user).
A stored group also holds `roles: [role id]`, which answers leave out.
"""

from __future__ import annotations

from .. import listing, schemas
from ..errors import missing
from ..tenant import Tenant
from . import roles
from .operation import Answer, Call, Object, Operation

COLLECTION = "groups"
ROLES = "roles"
_FILTERS = ("connection_id", "name", "external_id")


def find(tenant: Tenant, name: str) -> Object:
    found: Object | None = tenant.objects(COLLECTION).get(name)
    if found is None:
        raise missing("group")
    return found


def _show(group: Object) -> Object:
    return {key: value for key, value in group.items() if key != ROLES}


def read_all(call: Call) -> Answer:
    query = call.query
    part = query.get("search", "").casefold()
    found = [
        group
        for group in call.tenant.objects(COLLECTION).values()
        if all(group.get(name) == query[name] for name in _FILTERS if name in query)
        and any(part in group.get(name, "").casefold() for name in ("name", "external_id"))
    ]

    def shape(group: Object) -> Object:
        return listing.narrow(_show(group), query)

    return Answer(200, listing.page(found, query, COLLECTION, key="id", checkpoint=True, shape=shape))


def read(call: Call) -> Answer:
    return Answer(200, _show(find(call.tenant, call.id)))


def read_of_role(call: Call) -> Answer:
    role = roles.find(call.tenant, call.id)["id"]
    having = [group for group in call.tenant.objects(COLLECTION).values() if role in group.get(ROLES, [])]
    query = listing.with_take(call.query)
    return Answer(200, listing.page(having, query, COLLECTION, key="id", checkpoint=True, shape=_show))


def assign_to_role(call: Call) -> Answer:
    """All or none."""
    role = roles.find(call.tenant, call.id)["id"]
    for group in [find(call.tenant, name) for name in call.body[COLLECTION]]:
        group[ROLES] = list(dict.fromkeys([*group.get(ROLES, []), role]))
    return Answer(204)


def remove_from_role(call: Call) -> Answer:
    """204 also for groups that do not have the role, or are not there."""
    role, groups = roles.find(call.tenant, call.id)["id"], call.tenant.objects(COLLECTION)
    for group in (groups[name] for name in call.body[COLLECTION] if name in groups):
        group[ROLES] = [name for name in group.get(ROLES, []) if name != role]
    return Answer(204)


_PATH = "/groups"
_OF_A_ROLE = "/roles/{id}/groups"
OPERATIONS = (
    Operation(
        "GET",
        _PATH,
        read_all,
        query=listing.PAGING | listing.CHECKPOINT | listing.FIELDS | {*_FILTERS, "search"},
    ),
    Operation("GET", f"{_PATH}/{{id}}", read),
    Operation("GET", _OF_A_ROLE, read_of_role, query=listing.CHECKPOINT),
    Operation("POST", _OF_A_ROLE, assign_to_role, schemas.request("AssignRoleGroups")),
    Operation("DELETE", _OF_A_ROLE, remove_from_role, schemas.request("DeleteRoleGroups")),
)
