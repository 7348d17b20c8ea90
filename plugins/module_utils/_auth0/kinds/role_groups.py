# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The groups of a role: Auth0 makes them of what an enterprise connection provisions, and their members have it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from functools import cache

from ..._errors import ScopeError
from ..._types import Object
from ..api import ManagementApi, encode
from ..form import Form
from ..naming import Match, Naming
from ..part import Part
from .connection import CONNECTION_DOMAIN

NAMING = Naming("groups", "groups", ("id", "name"))
GROUP = Form(("id",), {"name": {"type": "str"}, "connection_id": {"type": "str"}})


@dataclass(frozen=True)
class Groups(Part):
    """The groups of a role, each `{id, name}`; only the id is sent."""

    def read(self, api: ManagementApi, owner: str, keys: tuple[str, ...]) -> list[Object]:
        if lacking := api.missing_scopes(["read:group_roles"]):
            raise ScopeError(lacking, "which is needed to read the groups of a role")
        found = api.listing(f"{owner}/{self.field}", self.field, GROUP, checkpoint=self.checkpoint)
        return [{name: one[name] for name in ("id", "name") if one.get(name)} for one in found]

    def add(self, api: ManagementApi, owner: str, members: list[Object]) -> None:
        super().add(api, owner, _ids(members))

    def remove(self, api: ManagementApi, owner: str, members: list[Object]) -> None:
        super().remove(api, owner, _ids(members))


def _ids(groups: list[Object]) -> list[t.Any]:
    return [one["id"] for one in groups]


def resolve(api: ManagementApi, groups: t.Sequence[Object], there: t.Collection[str]) -> Match:
    """The groups with their id. Those in `there` are known to exist."""
    unread = [one for one in groups if one.get("id") not in there]
    with_connection = any("connection" in one for one in unread)
    needed = [*(["read:groups"] if unread else []), *(["read:connections"] if with_connection else [])]
    if needed and (lacking := api.missing_scopes(needed)):
        raise ScopeError(lacking, "which is needed to find the groups that groups names")

    @cache
    def connections() -> dict[str, str]:
        """Id -> name. Without the scope, only what an error tells of a connection is its id."""
        listed = [] if api.missing_scopes(["read:connections"]) else CONNECTION_DOMAIN.list(api)
        return {one["id"]: one["name"] for one in listed}

    def connection_of(group: Object) -> list[str]:
        found = str(group.get("connection_id") or "")
        return [connections().get(found, found) if found else "no connection"]

    @cache
    def named(name: str) -> list[Object]:
        # As the official SDK asks, so that the answer is an object whatever the default is.
        found = api.listing("groups", "groups", GROUP, checkpoint=True, name=name, include_totals="true")
        return [group for group in found if group.get("name") == name]

    def find(one: Object) -> list[Object]:
        if one.get("id") in there:
            return [one]
        if "id" in one:
            group = api.get(f"groups/{encode(one['id'])}", GROUP)
            return [group] if group else []
        found = named(one["name"])
        return (
            [group for group in found if [one["connection"]] == connection_of(group)] if "connection" in one else found
        )

    return NAMING.match(groups, find, connection_of)


GROUPS = Groups("groups", scope="create:group_roles", removal_scope="delete:group_roles", checkpoint=True)
