# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Roles: `{id, name, description, type, owner_id?}`, and the permissions that each has.

A stored role also holds `permissions: [{resource_server_identifier, permission_name}]`, which answers leave out.
"""

from __future__ import annotations

from collections.abc import Iterable

from .. import listing, schemas
from ..errors import ApiError, invalid_body, missing
from ..tenant import Tenant, token
from .operation import Answer, Call, Object, Operation

COLLECTION = "roles"
PERMISSIONS = "permissions"

# Auth0's entity limits, the same on every plan.
ROLES_OF_A_TENANT = 1000
PERMISSIONS_OF_A_ROLE = 1000


def find(tenant: Tenant, name: str) -> Object:
    found: Object | None = tenant.objects(COLLECTION).get(name)
    if found is None:
        raise missing("role")
    return found


def show(role: Object) -> Object:
    """Every answer but that of a create has a description (TestAccRole recording)."""
    return {"description": "", **{key: value for key, value in role.items() if key != PERMISSIONS}}


def _check_name(tenant: Tenant, role: Object) -> None:
    for other in tenant.objects(COLLECTION).values():
        same = (other["name"], other.get("owner_id")) == (role["name"], role.get("owner_id"))
        if same and other["id"] != role["id"]:
            raise ApiError(409, "The role already exists.", "role_conflict")


def limit_reached() -> ApiError:
    return ApiError(403, "You reached the limit of entities of this type for this tenant.")


def create(call: Call) -> Answer:
    tenant = call.tenant
    role = {"id": token("rol_", 16), "type": "tenant", **call.body}
    if (role["type"] == "organization") != ("owner_id" in role):
        raise invalid_body('owner_id is required when type is "organization", and not allowed otherwise')
    _check_name(tenant, role)
    if len(tenant.objects(COLLECTION)) >= ROLES_OF_A_TENANT:
        raise limit_reached()
    tenant.objects(COLLECTION)[role["id"]] = {**role, PERMISSIONS: []}
    return Answer(200, role)


def read_all(call: Call) -> Answer:
    wanted = {name: call.query[name] for name in ("type", "owner_id") if name in call.query}
    if wanted.get("type") == "organization" and "owner_id" not in wanted:
        raise listing.invalid_query("Missing required property: owner_id")
    part = call.query.get("name_filter", "").casefold()
    chosen = [
        role
        for role in call.tenant.objects(COLLECTION).values()
        if part in role["name"].casefold() and all(role.get(name) == value for name, value in wanted.items())
    ]
    chosen.sort(key=lambda role: str(role["name"]))
    return Answer(200, listing.page(chosen, call.query, COLLECTION, key="id", checkpoint=False, shape=show))


def read(call: Call) -> Answer:
    return Answer(200, show(find(call.tenant, call.id)))


def update(call: Call) -> Answer:
    role = {**find(call.tenant, call.id), **call.body}
    _check_name(call.tenant, role)
    call.tenant.objects(COLLECTION)[role["id"]] = role
    return Answer(200, show(role))


def delete(call: Call) -> Answer:
    """200 and `{}`; 404 when repeated, unlike other objects."""
    remove(call.tenant, find(call.tenant, call.id)["id"])
    return Answer(200, {})


def remove(tenant: Tenant, name: str) -> None:
    """Users, groups and members of organizations lose the role."""
    del tenant.objects(COLLECTION)[name]
    having = [one.get("roles", []) for kind in ("users", "groups") for one in tenant.objects(kind).values()]
    for organization in tenant.objects("organizations").values():
        having += organization["members"].values()
    for names in having:
        if name in names:
            names.remove(name)


def check_permission(tenant: Tenant, permission: Object) -> None:
    """Both texts: public reports, the second one without what follows the colon."""
    identifier, name = permission["resource_server_identifier"], permission["permission_name"]
    api = tenant.resource_server(identifier)
    if api is None:
        raise ApiError(404, f"The resource server does not exist: '{identifier}'", "inexistent_resource_server")
    if name not in {scope["value"] for scope in api.get("scopes", [])}:
        raise ApiError(404, f"This permission does not exist: '{name}'", "inexistent_permission")


def detailed(tenant: Tenant, permission: Object) -> Object:
    """Name of the API and description of the scope are those of now, and absent where there are none."""
    api = tenant.resource_server(permission["resource_server_identifier"]) or {}
    scopes = {scope["value"]: scope for scope in api.get("scopes", [])}
    details = {
        "description": scopes.get(permission["permission_name"], {}).get("description"),
        "resource_server_name": api.get("name"),
    }
    return {**permission, **{key: value for key, value in details.items() if value is not None}}


def read_permissions(call: Call) -> Answer:
    """By name, whatever the order in which they were added (TestAccDataSourceRole recording)."""
    found = sorted(
        find(call.tenant, call.id)[PERMISSIONS],
        key=lambda permission: (permission["permission_name"], permission["resource_server_identifier"]),
    )

    def shape(permission: Object) -> Object:
        return detailed(call.tenant, permission)

    return Answer(
        200, listing.page(found, call.query, PERMISSIONS, key="permission_name", checkpoint=False, shape=shape)
    )


def add_permissions(call: Call) -> Answer:
    """All or none."""
    role = find(call.tenant, call.id)
    together = list(role[PERMISSIONS])
    for permission in call.body[PERMISSIONS]:
        check_permission(call.tenant, permission)
        if permission not in together:
            together.append(permission)
    if len(together) > PERMISSIONS_OF_A_ROLE:
        raise limit_reached()
    role[PERMISSIONS] = together
    return Answer(201, {})


def remove_permissions(call: Call) -> Answer:
    """204 also for what the role does not have (TestAccRolePermission recording)."""
    role = find(call.tenant, call.id)
    role[PERMISSIONS] = [permission for permission in role[PERMISSIONS] if permission not in call.body[PERMISSIONS]]
    return Answer(204)


def keep_scopes(tenant: Tenant, identifier: str, scopes: Iterable[str]) -> None:
    """Takes from every role and user the permissions for all other scopes of the API."""
    kept = set(scopes)
    for user in tenant.objects("users").values():
        if identifier in user.get("permissions", {}):
            user["permissions"][identifier] = [name for name in user["permissions"][identifier] if name in kept]
    for role in tenant.objects(COLLECTION).values():
        role[PERMISSIONS] = [
            permission
            for permission in role[PERMISSIONS]
            if permission["resource_server_identifier"] != identifier or permission["permission_name"] in kept
        ]


_PATH = "/roles"
_CHANGE = schemas.request("AddRolePermissions")
OPERATIONS = (
    Operation("GET", _PATH, read_all, query=listing.PAGING | {"name_filter", "type", "owner_id"}),
    Operation("POST", _PATH, create, schemas.request("CreateRole")),
    Operation("GET", f"{_PATH}/{{id}}", read),
    Operation("PATCH", f"{_PATH}/{{id}}", update, schemas.request("UpdateRole")),
    Operation("DELETE", f"{_PATH}/{{id}}", delete),
    Operation("GET", f"{_PATH}/{{id}}/permissions", read_permissions, query=listing.PAGING),
    Operation("POST", f"{_PATH}/{{id}}/permissions", add_permissions, _CHANGE),
    Operation("DELETE", f"{_PATH}/{{id}}/permissions", remove_permissions, _CHANGE),
)
