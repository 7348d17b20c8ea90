# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""auth0_role_info: read the roles of an Auth0 tenant."""

from __future__ import annotations

from .._auth0.kinds.role import FIELDS, ROLE
from .._module import Result, TenantModule, TenantTask
from .._options import select_fields


def perform(task: TenantTask) -> Result:
    parts = ["permissions"] if task.options["include_permissions"] else []
    found = ROLE.search(task.api, task.fields(ROLE.keys), parts=parts)
    return Result({"roles": [select_fields(FIELDS, role) for role in found]})


MODULE = TenantModule(
    {"name": {"type": "str"}, "id": {"type": "str"}, "include_permissions": {"type": "bool", "default": False}},
    perform,
    {"mutually_exclusive": [["name", "id"]]},
)
