# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Roles: named sets of permissions that users get."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._types import Object
from ..api import ManagementApi, encode
from ..part import Part
from ..plan import Shape
from ..resource import Collection, Expansion

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
        there = [[one[key] for key in PERMISSION] for one in (actual or {}).get("permissions", [])]
        added = [one for one in wanted.get("permissions", []) if [one[key] for key in PERMISSION] not in there]
        if not added or api.missing_scopes(["read:resource_servers"]):
            return Expansion(wanted)
        missing = []
        for identifier in dict.fromkeys(one["resource_server_identifier"] for one in added):
            found = api.get(f"resource-servers/{encode(identifier)}")
            if found is None:
                missing.append(f"The tenant has no API with the identifier '{identifier}', named in permissions.")
                continue
            scopes = [scope["value"] for scope in found.get("scopes", [])]
            names = [one["permission_name"] for one in added if one["resource_server_identifier"] == identifier]
            missing += [
                f"The API '{identifier}' has no permission '{name}', named in permissions. "
                f"It has: {', '.join(scopes) or 'none'}."
                for name in names
                if name not in scopes
            ]
        return Expansion(wanted, missing=tuple(missing))


ROLE = Roles(
    noun="role",
    path="roles",
    scope="roles",
    keys=("id", "name"),
    filters={"name": "name_filter"},
    parts=(Part("permissions", scope="update:roles"),),
    shape=Shape(defaults={"description": "", "permissions": []}, sets={"permissions": PERMISSION}),
)
