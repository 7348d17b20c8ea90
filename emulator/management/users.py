# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Users of database connections: `{user_id, email, name, nickname, picture, identities, …}`, roles and permissions.

A stored user also holds `password`, `roles: [role id]`, `groups: [group id]` and `permissions: {audience: [scope]}`,
which answers leave out.
"""

from __future__ import annotations

import hashlib
from typing import Any

from .. import consents, listing, lucene, schemas
from ..errors import ApiError, invalid_body
from ..organizations import COLLECTION as ORGANIZATIONS
from ..organizations import show as show_organization
from ..tenant import Tenant, hex_id
from ..users import connection_name, connection_of, in_short
from . import roles
from .connections import COLLECTION as CONNECTIONS
from .operation import Answer, Call, Object, Operation, merged

COLLECTION = "users"
HIDDEN = ("password", "roles", "groups", "permissions")

# Auth0's limits: what a search pages through; roles and permissions of a user.
FOUND_BY_A_SEARCH = 1000
ROLES_OF_A_USER = 50
PERMISSIONS_OF_A_USER = 1000

# Neither is stored: what a PATCH says about itself, and what is kept elsewhere.
_ABOUT_THE_REQUEST = ("connection", "client_id", "verify_email", "verify_phone_number")
_METADATA = ("user_metadata", "app_metadata")

# Values of these are compared in any case, all others exactly (documentation: user search query syntax).
_SEARCH = lucene.Fields(
    bare=("email", "name", "nickname", "given_name", "family_name", "username", "user_id", "phone_number"),
    folded=frozenset({"email", "email.domain", "name", "nickname", "given_name", "family_name"}).__contains__,
    dates=frozenset({"created_at", "updated_at", "last_login"}),
)


def find(tenant: Tenant, name: str) -> Object:
    found: Object | None = tenant.objects(COLLECTION).get(name)
    if found is None:
        raise ApiError(404, "The user does not exist.", "inexistent_user")
    return found


def _show(user: Object) -> Object:
    return {key: value for key, value in user.items() if key not in HIDDEN}


def _database(tenant: Tenant, name: str) -> Object:
    found = next((one for one in tenant.objects(CONNECTIONS).values() if one["name"] == name), None)
    if found is None:
        raise ApiError(400, "The connection does not exist.", "inexistent_connection")
    if found["strategy"] != "auth0":
        raise invalid_body(
            "Connection does not support user creation through the API. "
            "It must either be a database or passwordless connection."
        )
    return found


def _check_password(connection: Object, password: str) -> None:
    complexity = connection["options"].get("password_options", {}).get("complexity", {})
    if len(password) < complexity.get("min_length", 1):
        raise ApiError(400, "PasswordStrengthError: Password is too weak")


def _check_username(connection: Object, user: Object) -> None:
    needed = bool(connection["options"].get("requires_username"))
    if "username" in user and not needed:
        raise invalid_body("Cannot set username for connection without requires_username.")
    if needed and "username" not in user:
        raise invalid_body("Payload validation error: 'Missing required property: username'.")


def _taken(tenant: Tenant, user: Object) -> bool:
    """Whether another user of the connection has the address or the name."""
    return any(
        other["user_id"] != user["user_id"]
        and connection_name(other) == connection_name(user)
        and any(key in user and other.get(key) == user[key] for key in ("email", "username"))
        for other in tenant.objects(COLLECTION).values()
    )


def _picture(email: str) -> str:
    digest = hashlib.md5(email.encode(), usedforsecurity=False).hexdigest()
    fallback = f"https%3A%2F%2Fcdn.auth0.com%2Favatars%2F{email[:2]}.png"
    return f"https://s.gravatar.com/avatar/{digest}?s=480&r=pg&d={fallback}"


def create(call: Call) -> Answer:
    """Email addresses are stored in lower case (TestAccUserPermission recording for everything else)."""
    tenant, body = call.tenant, dict(call.body)
    connection = _database(tenant, body.pop("connection"))
    for name in ("email", "password"):
        if name not in body:
            raise invalid_body(f"Payload validation error: 'Missing required property: {name}'.")
    _check_username(connection, body)
    _check_password(connection, body["password"])
    email, now, name = body["email"].lower(), tenant.timestamp(), body.pop("user_id", None) or hex_id()
    body.pop("verify_email", None)
    user: dict[str, Any] = {
        "created_at": now,
        "email_verified": False,
        "identities": [
            {"connection": connection["name"], "user_id": name, "provider": "auth0", "isSocial": False},
        ],
        "name": email,
        "nickname": email.partition("@")[0],
        "picture": _picture(email),
        "updated_at": now,
        **body,
        "email": email,
        "user_id": f"auth0|{name}",
    }
    if user["user_id"] in tenant.objects(COLLECTION) or _taken(tenant, user):
        raise ApiError(409, "The user already exists.", "auth0_idp_error")
    # Someone new, who has nothing from another user that once had the same id.
    consents.forget(tenant, "user_id", user["user_id"])
    tenant.objects(COLLECTION)[user["user_id"]] = user
    return Answer(201, _show(user))


def _searched(tenant: Tenant, user: Object) -> Object:
    """A user as the search has it."""
    joined = [one["id"] for one in tenant.objects(ORGANIZATIONS).values() if user["user_id"] in one["members"]]
    domain = user.get("email", "").partition("@")[2]
    return {**_show(user), "email.domain": domain, "organization_id": joined}


def _sorted(users: list[Object], order: str) -> list[Object]:
    field, _colon, direction = order.rpartition(":")
    if not field or direction not in ("1", "-1"):
        raise listing.invalid_query(f"String does not match pattern ^.+:(1|-1)$: {order}", "sort")
    having = sorted((user for user in users if field in user), key=lambda user: str(user[field]))
    return [*(having if direction == "1" else reversed(having)), *(user for user in users if field not in user)]


def read_all(call: Call) -> Answer:
    query = call.query
    engine = query.get("search_engine", "v3")
    if engine != "v3":
        advice = " Use search_engine=v3 instead." if engine == "v2" else ""
        raise ApiError(400, f"You are not allowed to use search_engine={engine}.{advice}", "invalid_query_string")
    found = list(call.tenant.objects(COLLECTION).values())
    if query.get("q"):
        matches = _SEARCH.test(query["q"])
        found = [user for user in found if matches(_searched(call.tenant, user))]
    found = _sorted(found, query["sort"]) if "sort" in query else found
    listing.flag(query, "primary_order")
    start = listing.number(query, "page", 0, least=0) * listing.number(query, "per_page", 50, least=1, most=100)
    if start >= FOUND_BY_A_SEARCH:
        raise ApiError(
            400,
            "You can only page through the first 1000 records. "
            "See https://auth0.com/docs/users/search/v3/view-search-results-by-page#limitation",
            "invalid_paging",
        )

    def shape(user: Object) -> Object:
        return listing.narrow(_show(user), query)

    answer = listing.page(found, query, COLLECTION, key="user_id", checkpoint=False, shape=shape)
    if isinstance(answer, dict):
        answer["length"] = len(answer[COLLECTION])
    return Answer(200, answer)


def read_by_email(call: Call) -> Answer:
    """Case counts, and the addresses of database users are stored in lower case."""
    if "email" not in call.query:
        raise listing.invalid_query("Missing required property: email")
    users = call.tenant.objects(COLLECTION).values()
    found = [_show(user) for user in users if user.get("email") == call.query["email"]]
    return Answer(200, [listing.narrow(user, call.query) for user in found])


def read(call: Call) -> Answer:
    return Answer(200, listing.narrow(_show(find(call.tenant, call.id)), call.query))


def update(call: Call) -> Answer:
    tenant, stored = call.tenant, find(call.tenant, call.id)
    body = {key: value for key, value in call.body.items() if key not in _ABOUT_THE_REQUEST}
    connection = connection_of(tenant, stored) or {"options": {}}
    if body.get("email"):
        body["email"] = body["email"].lower()
    for name in _METADATA:
        if name in body:
            body[name] = merged(stored.get(name, {}), body[name])
    user = {**merged(stored, body), "updated_at": tenant.timestamp()}
    if "username" in body:
        _check_username(connection, user)
    if _taken(tenant, user):
        what = "email" if "email" in body else "username"
        raise ApiError(400, f"The specified new {what} already exists", "auth0_idp_error")
    if body.get("password") is not None:
        _check_password(connection, body["password"])
        user["last_password_reset"] = user["updated_at"]
    tenant.objects(COLLECTION)[user["user_id"]] = user
    return Answer(200, _show(user))


def delete(call: Call) -> Answer:
    """204 also when repeated. Roles and organizations lose the user."""
    call.tenant.objects(COLLECTION).pop(call.id, None)
    for organization in call.tenant.objects(ORGANIZATIONS).values():
        organization["members"].pop(call.id, None)
    # Auth0 has words for a refresh token whose user is gone: those stay.
    consents.forget(call.tenant, "user_id", call.id, keep=("refresh_tokens",))
    return Answer(204)


def read_roles(call: Call) -> Answer:
    """By name (TestAccUser recording)."""
    names = find(call.tenant, call.id).get("roles", [])
    found = sorted((roles.find(call.tenant, name) for name in names), key=lambda role: str(role["name"]))
    return Answer(200, listing.page(found, call.query, "roles", key="id", checkpoint=False, shape=roles.show))


def assign_roles(call: Call) -> Answer:
    """All or none."""
    user = find(call.tenant, call.id)
    wanted = [roles.find(call.tenant, name)["id"] for name in call.body["roles"]]
    together = list(dict.fromkeys([*user.get("roles", []), *wanted]))
    if len(together) > ROLES_OF_A_USER:
        raise roles.limit_reached()
    user["roles"] = together
    return Answer(204)


def remove_roles(call: Call) -> Answer:
    """204 also for roles that the user does not have."""
    user = find(call.tenant, call.id)
    user["roles"] = [name for name in user.get("roles", []) if name not in call.body["roles"]]
    return Answer(204)


def _sources(tenant: Tenant, user: Object) -> list[Object]:
    """Every permission of the user with where it comes from (TestAccUserPermission recording)."""
    direct = {"source_id": "", "source_name": "", "source_type": "DIRECT"}
    found: dict[tuple[str, str], list[Object]] = {}
    for identifier, names in user.get("permissions", {}).items():
        for name in names:
            found.setdefault((name, identifier), []).append(direct)
    for role in (roles.find(tenant, name) for name in user.get("roles", [])):
        source = {"source_id": role["id"], "source_name": role["name"], "source_type": "ROLE"}
        for one in role["permissions"]:
            pair = one["permission_name"], one["resource_server_identifier"]
            found.setdefault(pair, []).append(source)
    return [
        {"resource_server_identifier": identifier, "permission_name": name, "sources": found[name, identifier]}
        for name, identifier in sorted(found)
    ]


def read_permissions(call: Call) -> Answer:
    found = _sources(call.tenant, find(call.tenant, call.id))

    def shape(permission: Object) -> Object:
        return roles.detailed(call.tenant, permission)

    query = call.query
    return Answer(200, listing.page(found, query, "permissions", key="permission_name", checkpoint=False, shape=shape))


def add_permissions(call: Call) -> Answer:
    """All or none."""
    user = find(call.tenant, call.id)
    together = {identifier: list(names) for identifier, names in user.get("permissions", {}).items()}
    for permission in call.body["permissions"]:
        roles.check_permission(call.tenant, permission)
        names = together.setdefault(permission["resource_server_identifier"], [])
        if permission["permission_name"] not in names:
            names.append(permission["permission_name"])
    if sum(map(len, together.values())) > PERMISSIONS_OF_A_USER:
        raise ApiError(400, "No more permissions can be assigned to this user.")
    user["permissions"] = together
    return Answer(201, {})


def remove_permissions(call: Call) -> Answer:
    """204 also for what the user does not have."""
    user = find(call.tenant, call.id)
    gone = {(one["resource_server_identifier"], one["permission_name"]) for one in call.body["permissions"]}
    kept = {
        identifier: [name for name in names if (identifier, name) not in gone]
        for identifier, names in user.get("permissions", {}).items()
    }
    user["permissions"] = {identifier: names for identifier, names in kept.items() if names}
    return Answer(204)


def read_organizations(call: Call) -> Answer:
    name = find(call.tenant, call.id)["user_id"]
    joined = [one for one in call.tenant.objects(ORGANIZATIONS).values() if name in one["members"]]
    return Answer(
        200,
        listing.page(joined, call.query, ORGANIZATIONS, key="id", checkpoint=False, shape=show_organization),
    )


def assign_to_role(call: Call) -> Answer:
    """The same assignment from the role's side. All or none."""
    role, users = roles.find(call.tenant, call.id), call.tenant.objects(COLLECTION)
    wanted = [users[name] for name in call.body["users"] if name in users]
    if len(wanted) < len(call.body["users"]):
        raise ApiError(404, "One or more of the users do not exist.", "inexistent_user")
    if any(
        role["id"] not in user.get("roles", []) and len(user.get("roles", [])) >= ROLES_OF_A_USER for user in wanted
    ):
        raise roles.limit_reached()
    for user in wanted:
        user["roles"] = list(dict.fromkeys([*user.get("roles", []), role["id"]]))
    return Answer(200, {})


def read_of_role(call: Call) -> Answer:
    role = roles.find(call.tenant, call.id)["id"]
    having = [user for user in call.tenant.objects(COLLECTION).values() if role in user.get("roles", [])]
    return Answer(200, listing.page(having, call.query, COLLECTION, key="user_id", checkpoint=True, shape=in_short))


_PATH = "/users"
_ROLES, _PERMISSIONS = schemas.request("AssignUserRoles"), schemas.request("CreateUserPermissions")
_SEARCHES = frozenset({"q", "search_engine", "sort", "connection", "primary_order"})
OPERATIONS = (
    Operation("GET", _PATH, read_all, query=listing.PAGING | listing.FIELDS | _SEARCHES),
    Operation("POST", _PATH, create, schemas.request("CreateUser")),
    Operation("GET", "/users-by-email", read_by_email, query=listing.FIELDS | {"email"}),
    # Nobody's own profile can be asked for.
    Operation("GET", f"{_PATH}/{{id}}", read, query=listing.FIELDS, instead=("read:users", "read:user_idp_tokens")),
    Operation(
        "PATCH",
        f"{_PATH}/{{id}}",
        update,
        schemas.request("UpdateUser"),
        instead=("update:users", "update:users_app_metadata"),
    ),
    Operation("DELETE", f"{_PATH}/{{id}}", delete, instead=("delete:users",)),
    Operation("GET", f"{_PATH}/{{id}}/roles", read_roles, query=listing.PAGING),
    Operation("POST", f"{_PATH}/{{id}}/roles", assign_roles, _ROLES),
    Operation("DELETE", f"{_PATH}/{{id}}/roles", remove_roles, _ROLES),
    Operation("GET", f"{_PATH}/{{id}}/permissions", read_permissions, query=listing.PAGING),
    Operation("POST", f"{_PATH}/{{id}}/permissions", add_permissions, _PERMISSIONS),
    Operation("DELETE", f"{_PATH}/{{id}}/permissions", remove_permissions, _PERMISSIONS),
    Operation("GET", f"{_PATH}/{{id}}/organizations", read_organizations, query=listing.PAGING),
    Operation("GET", "/roles/{id}/users", read_of_role, query=listing.PAGING | listing.CHECKPOINT),
    Operation("POST", "/roles/{id}/users", assign_to_role, schemas.request("AssignRoleUsers")),
)
