# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the items of one loop share in one process: a session for each tenant, and the objects that one listing told."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .._types import Object
from .api import PER_PAGE, ManagementApi
from .settings import Settings

# From this look-up of a kind on, one listing answers them all. In a tenant with one page of objects, that is never more
# requests than single reads.
LISTING_FROM = 2
# A listing that needs more pages than this is given up: single reads cost less.
PAGES = 2


@dataclass
class Listing:
    """The objects of one kind by id, once they have been listed; None before, and where there are too many."""

    objects: dict[str, Object] | None = None
    lookups: int = 0

    def count_lookup(self, pages: t.Iterator[tuple[list[Object], int]], id_field: str) -> None:
        """With the second look-up, read the pages if they are few; each comes with how many objects are left."""
        self.lookups += 1
        if self.lookups != LISTING_FROM:
            return
        listed: list[Object] = []
        for count, (page, left) in enumerate(pages, start=1):
            listed += page
            if left > (PAGES - count) * PER_PAGE:
                return
        self.objects = {found[id_field]: found for found in listed}


@dataclass
class Memory:
    """Lives as long as one task. Without `shares_listings`, as for a task that is retried, only sessions are shared.

    A listing is remembered under the path, and the query that says which fields its objects have. Only `ensure` uses
    it; a module that only reads asks each time.
    """

    shares_listings: bool = True
    _apis: dict[Settings, ManagementApi] = field(default_factory=dict)
    _listings: dict[tuple[int, str], dict[str, Listing]] = field(default_factory=dict)

    def api(self, settings: Settings) -> ManagementApi:
        """One session, and so one token, for each tenant."""
        if settings not in self._apis:
            self._apis[settings] = ManagementApi(settings)
        self._apis[settings].begin()
        return self._apis[settings]

    def listing(self, api: ManagementApi, path: str, query: str) -> Listing | None:
        """What is known of a kind; None where nothing is to be shared."""
        if not self.shares_listings:
            return None
        return self._listings.setdefault((id(api), path), {}).setdefault(query, Listing())

    def forget(self, api: ManagementApi, path: str) -> None:
        """Let the next look-up of a kind read again."""
        self._listings.pop((id(api), path), None)

    def note_write(self, api: ManagementApi, path: str, query: str, id_field: str, old: Object, new: Object) -> None:
        """Follow a write: what was there before it, and what it answered (nothing after a delete).

        What other queries told is forgotten: they have other fields.
        """
        own = self.listing(api, path, query)
        if own is None:
            return
        self._listings[(id(api), path)] = {query: own}
        if own.objects is not None:
            own.objects.pop(old.get(id_field, ""), None)
            if new:
                own.objects[new[id_field]] = new
