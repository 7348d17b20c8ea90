# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Connections of an organization, one set in two views: `{connection_id, assign_membership_on_login, connection, …}`.

`/enabled_connections` has those that are enabled; in `/connections` they may also be disabled, and have more fields.
"""

from __future__ import annotations

from dataclasses import dataclass

from .. import listing, schemas
from ..errors import ApiError, invalid_body
from ..organizations import CONNECTIONS, find
from ..tenant import Tenant
from .connections import COLLECTION
from .operation import Answer, Call, Object, Operation, merged

_OLDER = ("connection_id", "assign_membership_on_login", "show_as_button", "is_signup_enabled")


def settled(tenant: Tenant, body: Object) -> Object:
    """As it is stored. `show_as_button` is told where it was not sent (TestAccOrganizationConnection recording)."""
    if body["connection_id"] not in tenant.objects(COLLECTION):
        raise invalid_body(f"The connection does not exist: {body['connection_id']}")
    return {"assign_membership_on_login": False, "show_as_button": True, "is_enabled": True, **body}


@dataclass(frozen=True)
class View:
    """`older`: the view in which all connections are enabled."""

    collection: str
    older: bool = False

    def show(self, tenant: Tenant, one: Object) -> Object:
        """TestAccOrganization recording."""
        connection = tenant.objects(COLLECTION)[one["connection_id"]]
        shown = {key: one[key] for key in _OLDER if key in one} if self.older else one
        return {**shown, "connection": {key: connection[key] for key in ("name", "strategy")}}

    def _all(self, call: Call) -> list[Object]:
        """Connections that were deleted since are not among them."""
        known = call.tenant.objects(COLLECTION)
        return [
            one
            for one in find(call.tenant, call.id)[CONNECTIONS]
            if one["connection_id"] in known and (one["is_enabled"] or not self.older)
        ]

    def _find(self, call: Call) -> Object:
        for one in self._all(call):
            if one["connection_id"] == call.member:
                return one
        raise ApiError(404, "The organization connection does not exists.", "inexistent_organization_connection")

    def read_all(self, call: Call) -> Answer:
        """`limit` of the older view is the number of members that are shown (TestAccOrganization recording)."""
        wanted = listing.flag(call.query, "is_enabled")
        found = [one for one in self._all(call) if wanted in (None, one["is_enabled"])]

        def shape(one: Object) -> Object:
            return self.show(call.tenant, one)

        answer = listing.page(found, call.query, self.collection, key="connection_id", checkpoint=False, shape=shape)
        if self.older and isinstance(answer, dict):
            answer["limit"] = len(answer[self.collection])
        return Answer(200, answer)

    def read(self, call: Call) -> Answer:
        return Answer(200, self.show(call.tenant, self._find(call)))

    def create(self, call: Call) -> Answer:
        organization = find(call.tenant, call.id)
        added = settled(call.tenant, call.body)
        if added["connection_id"] in {one["connection_id"] for one in organization[CONNECTIONS]}:
            raise ApiError(409, "The organization connection already exists.", "organization_connection_conflict")
        organization[CONNECTIONS].append(added)
        return Answer(201, self.show(call.tenant, added))

    def update(self, call: Call) -> Answer:
        stored = self._find(call)
        changed = merged(stored, call.body)
        there = find(call.tenant, call.id)[CONNECTIONS]
        there[there.index(stored)] = changed
        return Answer(200, self.show(call.tenant, changed))

    def delete(self, call: Call) -> Answer:
        organization = find(call.tenant, call.id)
        organization[CONNECTIONS] = [one for one in organization[CONNECTIONS] if one["connection_id"] != call.member]
        return Answer(204)

    def operations(self, new: str, changed: str, query: frozenset[str]) -> tuple[Operation, ...]:
        """`new`, `changed`: names of the request bodies."""
        path = f"/organizations/{{id}}/{self.collection}"
        return (
            Operation("GET", path, self.read_all, query=query),
            Operation("POST", path, self.create, schemas.request(new)),
            Operation("GET", f"{path}/{{member}}", self.read),
            Operation("PATCH", f"{path}/{{member}}", self.update, schemas.request(changed)),
            Operation("DELETE", f"{path}/{{member}}", self.delete),
        )


ENABLED = View("enabled_connections", older=True)
OPERATIONS = (
    *ENABLED.operations("AddOrganizationConnection", "UpdateOrganizationConnection", listing.PAGING),
    *View(CONNECTIONS).operations(
        "CreateOrganizationAllConnection", "UpdateOrganizationAllConnection", listing.PAGING | {"is_enabled"}
    ),
)
