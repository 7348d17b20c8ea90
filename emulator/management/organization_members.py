# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Members of an organization, and the roles that each has in it."""

from __future__ import annotations

from .. import listing, schemas
from ..errors import ApiError, invalid_body
from ..organizations import MEMBERS, find
from ..tenant import Tenant
from ..users import in_short
from . import roles
from .operation import Answer, Call, Object, Operation

# Documented with the way to add them.
ROLES_OF_A_MEMBER = 50


def read_all(call: Call) -> Answer:
    """Roles are told where `fields` names them (reference of the official SDKs)."""
    organization, users = find(call.tenant, call.id), call.tenant.objects("users")
    with_roles = "roles" in call.query.get("fields", "").split(",")

    def shape(user: Object) -> Object:
        member = in_short(user)
        if with_roles:
            having = (roles.find(call.tenant, name) for name in organization[MEMBERS][user["user_id"]])
            member["roles"] = [{"id": role["id"], "name": role["name"]} for role in having]
        return listing.narrow(member, call.query)

    members = [users[name] for name in organization[MEMBERS]]
    return Answer(200, listing.page(members, call.query, MEMBERS, key="user_id", checkpoint=True, shape=shape))


def add(call: Call) -> Answer:
    """All or none."""
    organization, users = find(call.tenant, call.id), call.tenant.objects("users")
    unknown = [name for name in call.body[MEMBERS] if name not in users]
    if unknown:
        raise invalid_body(f"Users that do not exist: {','.join(unknown)}")
    for name in call.body[MEMBERS]:
        organization[MEMBERS].setdefault(name, [])
    return Answer(204)


def remove(call: Call) -> Answer:
    """Their roles in it go too."""
    organization = find(call.tenant, call.id)
    for name in call.body[MEMBERS]:
        organization[MEMBERS].pop(name, None)
    return Answer(204)


def _roles(call: Call) -> list[str]:
    found: list[str] | None = find(call.tenant, call.id)[MEMBERS].get(call.member)
    if found is None:
        raise ApiError(404, "The user is not a member of the organization.", "inexistent_organization_member")
    return found


def _assignable(tenant: Tenant, organization: str, name: str) -> str:
    """A role of the tenant, or one of the organization itself."""
    role = roles.find(tenant, name)
    if role.get("owner_id") not in (None, organization):
        raise invalid_body(f"The role belongs to another organization: {name}")
    return name


def read_roles(call: Call) -> Answer:
    found = sorted((roles.find(call.tenant, name) for name in _roles(call)), key=lambda role: str(role["name"]))
    return Answer(200, listing.page(found, call.query, "roles", key="id", checkpoint=False, shape=roles.show))


def assign_roles(call: Call) -> Answer:
    """All or none (204: TestAccOrganizationMemberRoles recording)."""
    having = _roles(call)
    wanted = [_assignable(call.tenant, call.id, name) for name in call.body["roles"]]
    together = list(dict.fromkeys([*having, *wanted]))
    if len(together) > ROLES_OF_A_MEMBER:
        raise roles.limit_reached()
    having[:] = together
    return Answer(204)


def remove_roles(call: Call) -> Answer:
    """204 also for roles that the member does not have."""
    having = _roles(call)
    having[:] = [name for name in having if name not in call.body["roles"]]
    return Answer(204)


_PATH = "/organizations/{id}/members"
_ROLES = f"{_PATH}/{{member}}/roles"
_MEMBERS, _ASSIGNED = schemas.request("CreateOrganizationMember"), schemas.request("AssignOrganizationMemberRoles")
OPERATIONS = (
    Operation("GET", _PATH, read_all, query=listing.PAGING | listing.CHECKPOINT | listing.FIELDS),
    Operation("POST", _PATH, add, _MEMBERS),
    Operation("DELETE", _PATH, remove, _MEMBERS),
    Operation("GET", _ROLES, read_roles, query=listing.PAGING),
    Operation("POST", _ROLES, assign_roles, _ASSIGNED),
    Operation("DELETE", _ROLES, remove_roles, _ASSIGNED),
)
