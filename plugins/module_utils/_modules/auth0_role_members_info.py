# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""auth0_role_members_info: read which users and groups have a role of an Auth0 tenant."""

from __future__ import annotations

from .._auth0.kinds.role_groups import GROUPS
from .._auth0.kinds.role_members import ROLE_MEMBERS, USERS
from .._module import Result, TenantModule, TenantTask
from .._options import select_fields
from .._types import Object


def perform(task: TenantTask) -> Result:
    shown = ("user_id", "email") if task.options["include_emails"] else ("user_id",)
    found = ROLE_MEMBERS.search(task.api, task.fields(ROLE_MEMBERS.keys))
    users = [user for role in found for user in USERS.users(task.api, ROLE_MEMBERS.path_of(role))]
    values: Object = {
        "role": select_fields(ROLE_MEMBERS.fields, found[0]) if found else {},
        "members": [{name: user[name] for name in shown if user.get(name) is not None} for user in users],
    }
    if task.options["include_groups"]:
        groups = [group for role in found for group in GROUPS.read(task.api, ROLE_MEMBERS.path_of(role), ("id",))]
        values["groups"] = [{"id": group["id"]} for group in groups]
    return Result(values)


MODULE = TenantModule(
    {
        **ROLE_MEMBERS.fields,
        "include_emails": {"type": "bool", "default": False},
        "include_groups": {"type": "bool", "default": False},
    },
    perform,
    {"required_one_of": [["name", "id"]], "mutually_exclusive": [["name", "id"]]},
)
