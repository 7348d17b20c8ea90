# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What kinds of object a tenant has, and how one of them is brought to the state the user wants.

A description says where an object lives, how it is found and which rules its fields follow; `ensure` does the rest.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ._client import OFFSET_LIMIT, ApiError, Client, ScopeError, encode
from ._plan import Object, Plan, PlanError, Shape, check, make_plan, plan_absent, shown

# From this look-up of a kind on, one listing answers them all. In a tenant with one page of objects, that is never more
# requests than single reads.
LISTING_FROM = 2


@dataclass(frozen=True)
class Collection:
    """Many objects of one kind below one path.

    `keys` are the fields by which a user can name an object; Auth0 takes its `id` in place of any. `read` reads the
    object that the user's values name with a single request. `query` narrows what a listing returns, and `checkpoint`
    says how it is paged. `guard` looks at the current object and the plan, and returns why Auth0 would refuse it, if it
    would. `explain` turns a status that only this kind gives a meaning to into advice. `unknown` is for a kind that
    cannot be created here: what to say of an object that is not there.
    """

    noun: str
    path: str
    scope: str
    keys: tuple[str, ...]
    shape: Shape
    read: t.Callable[[Client, Object], Object | None]
    checkpoint: bool
    query: t.Mapping[str, str] = field(default_factory=dict)
    guard: t.Callable[[Object, Plan], str | None] = lambda actual, plan: None
    explain: t.Mapping[int, str] = field(default_factory=dict)
    unknown: t.Callable[[Client, Object], str] | None = None

    def find(self, client: Client, wanted: Object) -> Object | None:
        return _known(client, self).find(client, wanted)

    def names(self, wanted: Object, candidate: Object) -> bool:
        return any(wanted[key] in (candidate.get(key), candidate["id"]) for key in self.keys if key in wanted)

    def list(self, client: Client, **query: str) -> t.Iterator[Object]:
        collection = self.path.replace("-", "_")
        return client.listing(self.path, collection, checkpoint=self.checkpoint, **{**self.query, **query})

    def write(self, client: Client, wanted: Object, actual: Object, plan: Plan) -> Object:
        written: Object = {}
        if plan.action == "create":
            written = client.create(self.path, plan.body, settle=lambda: self.read(client, wanted))
        elif plan.action == "update":
            written = client.update(f"{self.path}/{encode(actual['id'])}", plan.body)
        else:
            client.delete(f"{self.path}/{encode(actual['id'])}")
        _known(client, self).note(actual, written)
        return written

    def scopes(self, plan: Plan) -> t.Sequence[str]:
        """The scopes that the plan's write needs."""
        return (f"{plan.action}:{self.scope}",)


@dataclass(frozen=True)
class Singleton:
    """The one object at a path: it always exists, and can only be changed. `fields` are the top-level ones to read."""

    noun: str
    path: str
    scope: str
    shape: Shape
    fields: str
    guard: t.Callable[[Object, Plan], str | None] = lambda actual, plan: None
    explain: t.Mapping[int, str] = field(default_factory=dict)
    keys: tuple[str, ...] = ()
    unknown: None = None

    def find(self, client: Client, wanted: Object) -> Object | None:
        return client.get(self.path, fields=self.fields, include_fields="true")

    def write(self, client: Client, wanted: Object, actual: Object, plan: Plan) -> Object:
        """Update, then read: the answer to a PATCH of the tenant settings differs from what GET returns afterwards."""
        client.update(self.path, plan.body)
        return self.find(client, wanted) or {}

    def scopes(self, plan: Plan) -> t.Sequence[str]:
        return (f"update:{self.scope}",)


class Known:
    """What a client knows of one collection: how often it was asked, and the objects once they have been listed.

    The first look-up is a single read; in a loop, the second one lists the collection, which serves the rest. Lives as
    long as its client, and follows the client's own writes.
    """

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._lookups = 0
        self._objects: dict[str, Object] | None = None
        self._complete = False

    def find(self, client: Client, wanted: Object) -> Object | None:
        self._lookups += 1
        if self._objects is None and self._lookups >= LISTING_FROM:
            self._objects = {found["id"]: found for found in self._collection.list(client)}
            self._complete = self._collection.checkpoint or len(self._objects) < OFFSET_LIMIT
        for found in (self._objects or {}).values():
            if self._collection.names(wanted, found):
                return found
        return None if self._complete else self._collection.read(client, wanted)

    def note(self, actual: Object, written: Object) -> None:
        """Follow a write: what was there before it, and what it answered (nothing after a delete)."""
        if self._objects is not None:
            self._objects.pop(actual.get("id", ""), None)
            if written:
                self._objects[written["id"]] = written


def _known(client: Client, collection: Collection) -> Known:
    return t.cast("Known", client.memory.setdefault(collection.path, Known(collection)))


@dataclass(frozen=True)
class Outcome:
    """What was done, or in check mode would be, and the object as it is then; `warnings` are for the user."""

    plan: Plan
    object: Object
    warnings: tuple[str, ...] = ()


def ensure(
    resource: Collection | Singleton,
    client: Client,
    wanted: Object,
    *,
    absent: bool = False,
    purge: t.Collection[str] = (),
    check_mode: bool = False,
) -> Outcome:
    """Bring the object to the wanted state: one read, one plan, at most one write.

    Everything that can be known beforehand to fail is looked at before the write.
    """
    check(resource.shape, wanted)
    actual = resource.find(client, wanted)
    named = {key: wanted[key] for key in resource.keys if key in wanted}
    if actual is None and resource.unknown:
        text = resource.unknown(client, wanted)
        if not check_mode:
            raise PlanError(text)
        # The preview of a longer play goes on: an earlier task may be the one that makes the object.
        plan = make_plan(resource.shape, wanted, named)
        return Outcome(plan, plan.predicted, (f"{text} Unless it is made first, the real run will fail here.",))
    if absent:
        plan = plan_absent(resource.shape, named, actual)
    else:
        plan = make_plan(resource.shape, wanted, actual, purge=purge)
    if not plan.changed:
        return Outcome(plan, shown(resource.shape, actual or {}))
    if refusal := resource.guard(actual or {}, plan):
        raise PlanError(refusal)
    missing = client.missing_scopes(resource.scopes(plan))
    if missing:
        text = (
            f"The token lacks the scope {', '.join(missing)}, which is needed to {plan.action} the {resource.noun}. "
            "Grant it to the application in Auth0 (Dashboard: Applications, APIs, Auth0 Management API)."
        )
        if not check_mode:
            raise ScopeError(text)
        # A preview with a token that can only read is a good habit, so it goes on.
        return Outcome(plan, plan.predicted, (text,))
    if check_mode:
        return Outcome(plan, plan.predicted)
    try:
        return Outcome(plan, shown(resource.shape, resource.write(client, wanted, actual or {}, plan)))
    except ApiError as error:
        advice = resource.explain.get(error.status or 0)
        raise (error.with_advice(advice) if advice else error) from None
