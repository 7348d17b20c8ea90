# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Kinds of object in a tenant: how one is found, what Auth0 refuses, how it is written.

A kind is data in the fields of a `Collection` or `Singleton`; where Auth0 treats it specially, a subclass overrides a
method.
"""

from __future__ import annotations

import typing as t
from abc import ABC, abstractmethod
from dataclasses import dataclass, field

from .._errors import InputError, PlanError
from .._types import Object
from .api import ManagementApi, Need, encode
from .form import Form
from .memory import Listing, Memory
from .part import Part
from .plan import Plan, Shape, find_faults


@dataclass(frozen=True)
class Expansion:
    """The user's values and what else follows from them.

    `missing` are sentences about what must be created first: an error, and in check mode a warning, since an earlier
    task of the play may create it. `faults` are sentences about what no earlier task changes: always an error.
    """

    wanted: Object
    warnings: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Resource(ABC):
    """What all kinds of object have. See `Collection` and `Singleton`."""

    noun: str
    path: str
    scope: str
    """What the scopes are called after: `create:` and so on."""
    shape: Shape = field(default_factory=Shape)
    keys: tuple[str, ...] = ()
    """The fields by which a user can name an object."""
    fields: t.Mapping[str, t.Any] = field(default_factory=dict)
    """What an object holds, as Ansible describes options: answers are checked against it."""
    query: t.Mapping[str, str] = field(default_factory=dict)
    """Narrows what reads return of an object."""
    readable: t.Mapping[str, str] = field(default_factory=dict)
    """Field -> the scope without which reads leave it out or empty."""
    explain: t.Mapping[int, str] = field(default_factory=dict)
    """Status to which only this kind gives a meaning -> remedy."""
    verbs: t.ClassVar[tuple[str, ...]] = ("create", "update")
    """What may be needed to bring one to a state, as scopes name it."""

    @property
    def form(self) -> Form:
        """What must be true of an object that the API tells."""
        return Form(fields=self.fields)

    @abstractmethod
    def find(self, api: ManagementApi, wanted: Object, memory: Memory | None = None) -> Object | None:
        """The object that the user's values name; None where there is none."""

    @abstractmethod
    def write(self, api: ManagementApi, wanted: Object, actual: Object, plan: Plan) -> Object:
        """Carry out a plan that changes something; the object as Auth0 tells it then, empty after a deletion."""

    def scopes(self, plan: Plan) -> t.Sequence[Need]:
        """The scopes that the plan's write needs."""
        return (f"{plan.action}:{self.scope}",)

    def find_faults(self, wanted: Object) -> list[str]:
        """What Auth0 would refuse of the user's values, whatever the object is now."""
        return find_faults(self.shape, wanted)

    def expand(self, api: ManagementApi, wanted: Object, actual: Object | None) -> Expansion:
        """What follows from the user's values for the current object."""
        return Expansion(wanted)

    def guard(self, actual: Object, plan: Plan) -> str | None:
        """Why Auth0 would refuse this plan for the current object, if it would."""
        return None

    def impact(self, actual: Object, plan: Plan) -> t.Sequence[str]:
        """What a plan takes from others who use the object as it is, in a sentence each."""
        return ()

    def refuse_creation(self, api: ManagementApi, wanted: Object) -> str | None:
        """Why an object that is not there cannot be created as wanted, if it cannot."""
        return None

    def title(self, wanted: Object, found: Object) -> str:
        """What heads the diff."""
        name = next((one[key] for one in (wanted, found) for key in reversed(self.keys) if one.get(key)), "")
        return f"{self.noun} {name}".strip()


@dataclass(frozen=True)
class Collection(Resource):
    """Many objects of one kind below one path."""

    checkpoint: bool = False
    """Whether listings are paged by checkpoint, not by offset."""
    id: str = "id"
    """The field with Auth0's own id."""
    addresses: t.Mapping[str, str] = field(default_factory=lambda: {"id": ""})
    """Key that Auth0 takes in the path of a read -> what stands before it, such as `name/`. After nothing, it takes the
    id as well."""
    filters: t.Mapping[str, str] = field(default_factory=dict)
    """Key -> the query parameter of a listing that narrows it to about those that have it. A key that is neither here
    nor an address costs the whole listing."""
    listed: t.Mapping[str, str] = field(default_factory=dict)
    """Narrows which objects a look-up by listing considers."""
    always: tuple[str, ...] = ()
    """Further fields that every object has, as text."""
    is_compound: bool = False
    """Whether all keys together name an object, and not the first that is given."""
    field_scopes: t.Mapping[str, str] = field(default_factory=dict)
    """Field -> the further scope that its update needs."""
    parts: tuple[Part, ...] = ()
    """Fields with endpoints of their own."""
    deletion_timeout: float = 0.0
    """Seconds to wait for the end of a deletion that goes on after its answer."""

    @property
    def form(self) -> Form:
        # A part is read by itself.
        own = {name: option for name, option in self.fields.items() if name not in {part.field for part in self.parts}}
        return Form((self.id, *self.always), own)

    def find(self, api: ManagementApi, wanted: Object, memory: Memory | None = None) -> Object | None:
        listing = memory.listing(api, self.path, str(self.query)) if memory else None
        found = self._recall(api, wanted, listing) if listing else self.read(api, wanted)
        return found and self._with_parts(api, found, wanted)

    def read(self, api: ManagementApi, wanted: Object) -> Object | None:
        """One read of what the user's values name, by its address or by a narrowed listing."""
        for key, before in self.addresses.items():
            if key in wanted:
                return api.get(f"{self.path}/{before}{encode(wanted[key])}", self.form, **self.query)
        narrowed = {name: wanted[key] for key, name in self.filters.items() if key in wanted}
        return self.choose(wanted, self.list(api, **self.listed, **narrowed))

    def list(self, api: ManagementApi, **query: t.Any) -> t.Iterator[Object]:
        return api.listing(self.path, self._key, self.form, checkpoint=self.checkpoint, **{**self.query, **query})

    def search(
        self, api: ManagementApi, named: Object, *, parts: t.Collection[str] = (), **query: t.Any
    ) -> t.Sequence[Object]:
        """The object that the key in `named` tells, else all objects that the query lets through, with these parts."""
        check_keys(self, named)
        found = filter(None, [self.find(api, named)]) if named else self.list(api, **query)
        return [self._with_parts(api, one, parts) for one in found]

    def choose(self, wanted: Object, candidates: t.Iterable[Object]) -> Object | None:
        """The one among the candidates that the user's values name; that there are several is an error."""
        found = [candidate for candidate in candidates if self._is_named(wanted, candidate)]
        if len(found) > 1:
            ids = ", ".join(str(candidate[self.id]) for candidate in found)
            raise PlanError(
                f"There are {len(found)} {self.noun}s of that name", remedy=f"Name one by its {self.id}: {ids}."
            )
        return found[0] if found else None

    def write(self, api: ManagementApi, wanted: Object, actual: Object, plan: Plan) -> Object:
        own = {part.field for part in self.parts}
        body = {key: value for key, value in plan.body.items() if key not in own}
        written: Object = {}
        if plan.action == "create":
            written = api.create(self.path, body, self.form, settle=lambda: self.read(api, wanted))
        elif plan.action == "delete":
            api.delete(self.path_of(actual), timeout=self.deletion_timeout)
        else:
            # What is only sent along with a change is no change of the object itself.
            sent_along = {key for key, partner in self.shape.sent_with.items() if partner == "*"}
            sent_along = {key for key in sent_along if body.get(key) == actual.get(key)}
            written = api.update(self.path_of(actual), body, self.form) if body.keys() - sent_along else actual
        for part in self.parts:
            if part.field in plan.body:
                before, after = actual.get(part.field, []), plan.body[part.field]
                part.write(api, self.path_of(written), self.shape.sets[part.field], before, after)
                written = {**written, part.field: after}
        return written

    def refuse_creation(self, api: ManagementApi, wanted: Object) -> str | None:
        if self.id in self.keys and self.id in wanted:
            return (
                f"The tenant has no {self.noun} with the {self.id} '{wanted[self.id]}', and Auth0 makes the {self.id} "
                f"of a new one. Leave it out to create the {self.noun}."
            )
        return None

    def path_of(self, actual: Object) -> str:
        return f"{self.path}/{encode(actual[self.id])}"

    def scopes(self, plan: Plan) -> t.Sequence[Need]:
        parts = [part for part in self.parts if part.field in plan.body]
        itself = plan.action != "update" or len(plan.body) > len(parts)
        further = self.field_scopes.items() if plan.action == "update" else ()
        return (
            *([f"{plan.action}:{self.scope}"] if itself else []),
            *(scope for part in parts for scope in part.scopes(plan)),
            *(scope for name, scope in further if name in plan.body),
        )

    @property
    def _key(self) -> str:
        """What a listing holds its objects under."""
        return self.path.replace("-", "_")

    def _with_parts(self, api: ManagementApi, found: Object, fields: t.Collection[str]) -> Object:
        parts = [part for part in self.parts if part.field in fields]
        return {
            **found,
            **{part.field: part.read(api, self.path_of(found), self.shape.sets[part.field]) for part in parts},
        }

    def _is_named(self, wanted: Object, candidate: Object) -> bool:
        def is_same(key: str) -> bool:
            return bool(wanted.get(key) == candidate.get(key, self.shape.defaults.get(key)))

        if self.is_compound:
            return all(is_same(key) for key in self.keys)
        key = next(key for key in self.keys if key in wanted)
        return is_same(key) or (self.addresses.get(key) == "" and wanted[key] == candidate[self.id])

    def _recall(self, api: ManagementApi, wanted: Object, listing: Listing) -> Object | None:
        pages = api.pages(self.path, self._key, self.form, checkpoint=self.checkpoint, **self.query)
        listing.count_lookup(pages, self.id)
        return self.read(api, wanted) if listing.objects is None else self.choose(wanted, listing.objects.values())


@dataclass(frozen=True)
class Singleton(Resource):
    """The one object at a path: it always exists, and can only be changed."""

    verbs: t.ClassVar[tuple[str, ...]] = ("update",)

    def find(self, api: ManagementApi, wanted: Object, memory: Memory | None = None) -> Object | None:
        actual = api.get(self.path, self.form, **self.query)
        return None if actual is None else self.complete(actual)

    def complete(self, actual: Object) -> Object:
        """The object with what reads leave out."""
        return actual

    def write(self, api: ManagementApi, wanted: Object, actual: Object, plan: Plan) -> Object:
        """Update, then read: the answer to a PATCH of the tenant settings differs from what GET returns afterwards."""
        api.update(self.path, plan.body)
        return self.find(api, wanted) or {}


def check_keys(resource: Resource, named: Object) -> None:
    """Refuse to look for an object by an empty name: InputError."""
    for key in resource.keys:
        if named.get(key) == "":
            raise InputError("is empty", where=key, remedy="Give it a value, or leave it out.")
