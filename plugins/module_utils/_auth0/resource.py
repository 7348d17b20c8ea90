# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What kinds of object a tenant has, and how one of them is brought to the state the user wants.

A description says where an object lives, how it is found and which rules its fields follow; `ensure` does the rest.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ._client import OFFSET_LIMIT, ApiError, Client, ScopeError, encode
from ._plan import Object, Plan, PlanError, Shape, check, make_plan, plan_absent, secrets_in, shown

# From this look-up of a kind on, one listing answers them all. In a tenant with one page of objects, that is never more
# requests than single reads.
LISTING_FROM = 2


@dataclass(frozen=True)
class Collection:
    """Many objects of one kind below one path, and how Auth0 treats them."""

    noun: str
    path: str
    scope: str
    """What the scopes are called after: `create:` and so on."""
    keys: tuple[str, ...]
    """The fields by which a user can name an object: the first that is given, or all together where `compound`."""
    shape: Shape
    read: t.Callable[[Collection, Client, Object], Object | None]
    """Reads the object that the user's values name, with the fewest requests and as the collection's query says."""
    checkpoint: bool
    """Whether listings are paged by checkpoint, not by offset."""
    id: str = "id"
    """The field with Auth0's own id."""
    compound: bool = False
    id_for_key: bool = False
    """Whether Auth0 takes the id in place of the key."""
    query: t.Mapping[str, str] = field(default_factory=dict)
    """Narrows what reads return."""
    readable: t.Mapping[str, str] = field(default_factory=dict)
    """Field -> the scope without which reads leave it out or empty."""
    field_scopes: t.Mapping[str, str] = field(default_factory=dict)
    """Field -> the further scope that its update needs."""
    guard: t.Callable[[Object, Plan], str | None] = lambda actual, plan: None
    """Why Auth0 would refuse this plan for the current object, if it would."""
    explain: t.Mapping[int, str] = field(default_factory=dict)
    """Status to which only this kind gives a meaning -> advice."""
    unknown: t.Callable[[Client, Object], str | None] = lambda client, wanted: None
    """Why an object that is not there cannot be created as wanted, if it cannot."""
    deletion_timeout: float = 0.0
    """Seconds to wait for the end of a deletion that goes on after its answer."""

    def find(self, client: Client, wanted: Object) -> Object | None:
        return _known(client, self).find(client, wanted)

    def expand(self, client: Client, wanted: Object, actual: Object | None) -> tuple[Object, tuple[str, ...]]:
        """(the user's values and what else follows from them, warnings)."""
        return wanted, ()

    def choose(self, wanted: Object, candidates: t.Iterable[Object]) -> Object | None:
        """The one among the candidates that the user's values name; that there are several is an error."""
        found = [candidate for candidate in candidates if self._names(wanted, candidate)]
        if len(found) > 1:
            ids = ", ".join(str(candidate[self.id]) for candidate in found)
            raise PlanError(f"There are {len(found)} {self.noun}s of that name. Name one by its {self.id}: {ids}.")
        return found[0] if found else None

    def _names(self, wanted: Object, candidate: Object) -> bool:
        def is_same(key: str) -> bool:
            return wanted.get(key) == candidate.get(key, self.shape.defaults.get(key))

        if self.compound:
            return all(is_same(key) for key in self.keys)
        key = next(key for key in self.keys if key in wanted)
        return is_same(key) or (self.id_for_key and wanted[key] == candidate[self.id])

    def list(self, client: Client, **query: t.Any) -> t.Iterator[Object]:
        collection = self.path.replace("-", "_")
        return client.listing(self.path, collection, checkpoint=self.checkpoint, **{**self.query, **query})

    def search(self, client: Client, named: Object, **query: t.Any) -> t.Sequence[Object]:
        """The object that the key in `named` tells, else all objects that the query lets through."""
        if not named:
            return tuple(self.list(client, **query))
        found = self.find(client, named)
        return (found,) if found else ()

    def write(self, client: Client, wanted: Object, actual: Object, plan: Plan) -> Object:
        written: Object = {}
        if plan.action == "create":
            written = client.create(self.path, plan.body, settle=lambda: self.read(self, client, wanted))
        elif plan.action == "update":
            written = client.update(self.path_of(actual), plan.body)
        else:
            client.delete(self.path_of(actual), timeout=self.deletion_timeout)
        follow(client, self, actual, written)
        return written

    def path_of(self, actual: Object) -> str:
        return f"{self.path}/{encode(actual[self.id])}"

    def scopes(self, plan: Plan) -> t.Sequence[str]:
        """The scopes that the plan's write needs."""
        further = self.field_scopes.items() if plan.action == "update" else ()
        return (f"{plan.action}:{self.scope}", *(scope for name, scope in further if name in plan.body))


@dataclass(frozen=True)
class Singleton:
    """The one object at a path: it always exists, and can only be changed. `query` narrows what is read of it.

    `complete` adds to it what reads leave out.
    """

    noun: str
    path: str
    scope: str
    shape: Shape
    query: t.Mapping[str, str] = field(default_factory=dict)
    complete: t.Callable[[Object], Object] = lambda actual: actual
    guard: t.Callable[[Object, Plan], str | None] = lambda actual, plan: None
    explain: t.Mapping[int, str] = field(default_factory=dict)
    keys: tuple[str, ...] = ()
    readable: t.Mapping[str, str] = field(default_factory=dict)
    unknown: t.Callable[[Client, Object], str | None] = lambda client, wanted: None

    def find(self, client: Client, wanted: Object) -> Object | None:
        actual = client.get(self.path, **self.query)
        return None if actual is None else self.complete(actual)

    def expand(self, client: Client, wanted: Object, actual: Object | None) -> tuple[Object, tuple[str, ...]]:
        return wanted, ()

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
            self._objects = {found[self._collection.id]: found for found in self._collection.list(client)}
            self._complete = self._collection.checkpoint or len(self._objects) < OFFSET_LIMIT
        found = self._collection.choose(wanted, (self._objects or {}).values())
        return found if found or self._complete else self._collection.read(self._collection, client, wanted)

    def note(self, actual: Object, written: Object) -> None:
        """Follow a write: what was there before it, and what it answered (nothing after a delete)."""
        if self._objects is not None:
            self._objects.pop(actual.get(self._collection.id, ""), None)
            if written:
                self._objects[written[self._collection.id]] = written


def _known(client: Client, collection: Collection) -> Known:
    """What is known of the objects as this collection reads them: another query may leave fields out."""
    known: dict[str, Known] = client.memory.setdefault(collection.path, {})
    return known.setdefault(str(collection.query), Known(collection))


def follow(client: Client, collection: Collection, actual: Object, written: Object) -> None:
    """Let what is known follow a write, and forget what other queries had told."""
    own = _known(client, collection)
    own.note(actual, written)
    client.memory[collection.path] = {str(collection.query): own}


@dataclass(frozen=True)
class Outcome:
    """What was done, or in check mode would be, and the object as it is then; `warnings` are for the user.

    `secrets` are the object's own, which `object` leaves out.
    """

    plan: Plan
    object: Object
    warnings: tuple[str, ...] = ()
    secrets: Object = field(default_factory=dict)


def ensure(
    resource: Collection | Singleton,
    client: Client,
    wanted: Object,
    *,
    absent: bool = False,
    purge: t.Collection[str] = (),
    force: t.Collection[str] = (),
    check_mode: bool = False,
) -> Outcome:
    """Bring the object to the wanted state: one read, one plan, at most one write.

    Everything that can be known beforehand to fail is looked at before the write.
    """
    check(resource.shape, wanted)
    actual = resource.find(client, wanted)
    client.secrets.update(secrets_in(resource.shape, actual))
    named = {key: wanted[key] for key in resource.keys if key in wanted}
    if actual is not None and not absent:
        _refuse_unreadable(resource, client, wanted, actual)
    if actual is None and not absent and (text := resource.unknown(client, wanted)):
        if not check_mode:
            raise PlanError(text)
        # The preview of a longer play goes on: an earlier task may be the one that makes the object.
        supposed = {key: wanted[key] for key in (*resource.keys, *resource.shape.immutable) if key in wanted}
        plan = make_plan(resource.shape, wanted, supposed)
        return Outcome(plan, plan.predicted, (f"{text} Unless it is made first, the real run will fail here.",))
    warnings: tuple[str, ...] = ()
    if absent:
        plan = plan_absent(resource.shape, named, actual)
    else:
        wanted, warnings = resource.expand(client, wanted, actual)
        plan = make_plan(resource.shape, wanted, actual, purge=purge, force=force)
    if not plan.changed:
        return _outcome(resource, plan, actual or {}, warnings)
    if refusal := resource.guard(actual or {}, plan):
        raise PlanError(refusal)
    missing = client.missing_scopes(resource.scopes(plan))
    if missing:
        lacking = ScopeError.lacking(missing, f"which is needed to {plan.action} the {resource.noun}")
        if not check_mode:
            raise lacking
        # A preview with a token that can only read is a good habit, so it goes on.
        return Outcome(plan, plan.predicted, (*warnings, str(lacking)))
    if check_mode:
        return Outcome(plan, plan.predicted, warnings)
    try:
        written = resource.write(client, wanted, actual or {}, plan)
    except ApiError as error:
        advice = resource.explain.get(error.status or 0)
        raise (error.with_advice(advice) if advice else error) from None
    client.secrets.update(secrets_in(resource.shape, written))
    return _outcome(resource, plan, written, warnings)


def _outcome(resource: Collection | Singleton, plan: Plan, found: Object, warnings: tuple[str, ...]) -> Outcome:
    secrets = {name: value for name, value in found.items() if resource.shape.hides(name)}
    return Outcome(plan, shown(resource.shape, found), warnings, secrets)


def _refuse_unreadable(resource: Collection | Singleton, client: Client, wanted: Object, actual: Object) -> None:
    """What the token cannot read would look as if it were not there, and be overwritten."""
    needed = {name: scope for name, scope in resource.readable.items() if name in wanted}
    missing = client.missing_scopes(needed.values())
    if client.token.scopes is None:
        # Then only that nothing is shown gives it away.
        missing = [scope for name, scope in needed.items() if not actual.get(name)]
    if missing:
        raise ScopeError.lacking(missing, "so it cannot be told what differs")
