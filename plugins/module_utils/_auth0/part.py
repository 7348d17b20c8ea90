# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Parts of an object that have endpoints of their own below it: sets, which are read and written member by member."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._types import Object
from .api import ManagementApi, Need
from .form import Form
from .plan import Plan


@dataclass(frozen=True)
class Part:
    """A set that is added to by POST and removed from by DELETE, each with the members under the field's name.

    The same field stands in the kind's `Shape.sets`. It costs no request where the user does not name it.
    """

    field: str
    scope: Need
    """The scope that a change of it needs."""
    removal_scope: Need | None = None
    """The scope that a removal needs, where it is another one."""
    checkpoint: bool = False
    """Whether its listing is paged by checkpoint, not by offset."""
    batch: int = 50
    """How many members one request takes at most."""

    def read(self, api: ManagementApi, owner: str, keys: tuple[str, ...]) -> list[Object]:
        """The members of the object at the path `owner`; `keys` identify one."""
        return list(api.listing(f"{owner}/{self.field}", self.field, Form(keys), checkpoint=self.checkpoint))

    def write(
        self, api: ManagementApi, owner: str, keys: tuple[str, ...], before: list[Object], after: list[Object]
    ) -> None:
        """Send the members that differ, and of each only what identifies it."""
        have, want = ([{key: member[key] for key in keys} for member in members] for members in (before, after))
        for members in self.batches([one for one in want if one not in have]):
            self.add(api, owner, members)
        for members in self.batches([one for one in have if one not in want]):
            self.remove(api, owner, members)

    def add(self, api: ManagementApi, owner: str, members: list[Object]) -> None:
        api.post(f"{owner}/{self.field}", {self.field: members})

    def remove(self, api: ManagementApi, owner: str, members: list[Object]) -> None:
        api.delete(f"{owner}/{self.field}", {self.field: members})

    def scopes(self, plan: Plan) -> t.Sequence[Need]:
        """The scopes that a plan which changes it needs."""
        if self.removal_scope is None:
            return (self.scope,)
        before, after = plan.before[self.field], plan.after[self.field]
        adds, removes = (any(one not in view for one in other) for view, other in ((before, after), (after, before)))
        return [*([self.scope] if adds else []), *([self.removal_scope] if removes else [])]

    def batches(self, members: list[Object]) -> t.Iterator[list[Object]]:
        for start in range(0, len(members), self.batch):
            yield members[start : start + self.batch]
