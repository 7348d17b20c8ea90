# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Roles: named sets of permissions that users get."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._types import Object
from ..api import ManagementApi
from ..part import Part
from ..plan import Shape
from ..resource import Collection, Expansion
from .resource_server import find_unknown_scopes

PERMISSION = ("resource_server_identifier", "permission_name")
FIELDS: dict[str, t.Any] = {
    "id": {"type": "str"},
    "name": {"type": "str"},
    "description": {"type": "str"},
    "permissions": {
        "type": "list",
        "elements": "dict",
        "options": {key: {"type": "str", "required": True} for key in PERMISSION},
    },
}


@dataclass(frozen=True)
class Roles(Collection):
    def expand(self, api: ManagementApi, wanted: Object, actual: Object | None) -> Expansion:
        """Looks for the permissions to add at their APIs: Auth0 refuses unknown ones, after the role is written."""
        there, added = ([_key(one) for one in role.get("permissions", [])] for role in (actual or {}, wanted))
        missing = find_unknown_scopes(api, [one for one in added if one not in there])
        return Expansion(wanted, missing=tuple(missing))


def _key(permission: Object) -> tuple[str, str]:
    return permission["resource_server_identifier"], permission["permission_name"]


ROLE = Roles(
    noun="role",
    path="roles",
    scope="roles",
    keys=("id", "name"),
    fields=FIELDS,
    always=("name",),
    filters={"name": "name_filter"},
    parts=(Part("permissions", scope="update:roles"),),
    shape=Shape(defaults={"description": "", "permissions": []}, sets={"permissions": PERMISSION}),
)
