# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How an object is found and brought to what is wanted, with made-up kinds and an API that only remembers."""

from __future__ import annotations

import dataclasses
import typing as t
from dataclasses import replace

import pytest

from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.api import PER_PAGE
from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.ensure import ensure
from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.form import Form
from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.login import Token
from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.memory import LISTING_FROM, PAGES, Memory
from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.part import Part
from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.plan import Plan, Shape
from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.resource import (
    Collection,
    Expansion,
    Singleton,
)
from ansible_collections.mcp_ops.oauth.plugins.module_utils._errors import (
    ApiError,
    InputError,
    PlanError,
    ScopeError,
    UnreachableError,
)

Object = dict[str, t.Any]


class Remembering:
    """Stands in for a ManagementApi: the things that a tenant has, and what was asked of it."""

    page_size = 100
    counts = False

    def __init__(self, *things: Object, scopes: t.Collection[str] | None = None) -> None:
        self.things = {thing["id"]: thing for thing in things}
        self.scopes = scopes
        self.calls: list[str] = []
        self.members: dict[str, list[Object]] = {}
        self.secrets: set[str] = set()

    @property
    def token(self) -> Token:
        return Token("value", None if self.scopes is None else frozenset(self.scopes), None)

    def missing_scopes(self, needed: t.Iterable[str]) -> list[str]:
        return [] if self.scopes is None else sorted(set(needed) - set(self.scopes))

    def get(self, path: str, form: Form, **query: str) -> Object | None:
        self.calls.append(f"GET {path}")
        thing = self.things.get(path.partition("/")[2])
        return None if thing is None else self._narrowed(thing, query)

    def listing(self, path: str, key: str, form: Form, *, checkpoint: bool, **query: str) -> t.Iterator[Object]:
        if path in self.members:
            self.calls.append(f"LIST {path}")
            yield from self.members[path]
            return
        for page, _left in self.pages(path, key, form, checkpoint=checkpoint, **query):
            yield from page

    def pages(
        self, path: str, key: str, form: Form, *, checkpoint: bool, **query: str
    ) -> t.Iterator[tuple[list[Object], int]]:
        things = [self._narrowed(thing, query) for thing in self.things.values()]
        for start in range(0, max(1, len(things)), self.page_size):
            self.calls.append(f"LIST {path}")
            left = max(0, len(things) - start - self.page_size)
            # Paging by checkpoint does not tell how many.
            yield things[start : start + self.page_size], left if self.counts else min(left, 1)

    def post(self, path: str, body: Object) -> Object:
        self.calls.append(f"POST {path}")
        self.members.setdefault(path, []).extend(body["parts"])
        return {}

    def create(self, path: str, body: Object, form: Form, *, settle: t.Any) -> Object:
        self.calls.append(f"POST {path}")
        thing = {**body, "id": str(len(self.things) + 1)}
        self.things[thing["id"]] = thing
        return thing

    def update(self, path: str, body: Object, form: Form | None = None) -> Object:
        self.calls.append(f"PATCH {path}")
        thing = self.things.setdefault(path.partition("/")[2], {})
        thing.update(body)
        return thing

    def delete(self, path: str, body: Object | None = None, *, timeout: float = 0.0) -> None:
        self.calls.append(f"DELETE {path} {timeout:g}")
        if body:
            self.members[path] = [one for one in self.members[path] if one not in body["parts"]]
            return
        self.things.pop(path.partition("/")[2], None)

    @staticmethod
    def _narrowed(thing: Object, query: Object) -> Object:
        """Without the fields that the query leaves out."""
        left_out = query.get("fields", "").split(",")
        return {name: value for name, value in thing.items() if name not in left_out}


THING = Collection(
    noun="thing",
    path="things",
    scope="things",
    keys=("id", "name"),
    shape=Shape(secrets=frozenset({"secret"}), patterns={"name": ("[a-z0-9]*", "be small letters")}),
    checkpoint=True,
)
PAIR = replace(
    THING,
    keys=("owner", "audience", "kind"),
    addresses={},
    is_compound=True,
    shape=Shape(defaults={"kind": "old"}),
)


def variant(kind: type[Collection], **fields: t.Any) -> Collection:
    """A kind with methods of its own, else as THING."""
    return kind(**{**{one.name: getattr(THING, one.name) for one in dataclasses.fields(THING)}, **fields})


def test_a_compound_key_is_all_of_its_fields() -> None:
    here = {"id": "1", "owner": "a", "audience": "x", "kind": "new", "size": 1}
    there = {"id": "2", "owner": "a", "audience": "x", "size": 1}
    other = {"id": "3", "audience": "x", "kind": "new", "size": 1}
    for wanted, found in (
        ({"owner": "a", "audience": "x", "kind": "new"}, here),
        # A field that is absent counts as its default.
        ({"owner": "a", "audience": "x", "kind": "old"}, there),
        # One that the user does not name must be absent.
        ({"audience": "x", "kind": "new"}, other),
        ({"audience": "x", "kind": "old"}, None),
        ({"owner": "b", "audience": "x", "kind": "new"}, None),
    ):
        api: t.Any = Remembering(here, there, other)
        assert PAIR.find(api, wanted) == found


def test_what_is_not_unique_is_named_by_its_id() -> None:
    api: t.Any = Remembering({"id": "1", "name": "a"}, {"id": "2", "name": "a", "size": 1}, {"id": "3", "name": "b"})
    with pytest.raises(PlanError, match=r"There are 2 things of that name. Name one by its id: 1, 2\."):
        ensure(THING, api, {"name": "a"})
    with pytest.raises(PlanError, match="There are 2 things"):
        ensure(THING, api, {"name": "a"}, absent=True)
    assert ensure(THING, api, {"id": "2", "size": 1}).plan.action == "none"
    assert not [call for call in api.calls if not call.startswith(("GET", "LIST"))]


def test_in_a_loop_the_second_look_up_lists_and_the_list_follows_writes() -> None:
    api: t.Any = Remembering({"id": "1", "name": "a", "size": 1})
    memory = Memory()
    assert ensure(THING, api, {"id": "1", "size": 1}, memory=memory).plan.action == "none"
    assert api.calls == ["GET things/1"]
    api.calls.clear()
    assert ensure(THING, api, {"name": "b"}, memory=memory).plan.action == "create"
    assert api.calls == ["LIST things", "POST things"]
    api.calls.clear()
    assert ensure(THING, api, {"name": "b", "size": 2}, memory=memory).plan.action == "update"
    assert ensure(THING, api, {"name": "b", "size": 2}, memory=memory).plan.action == "none"
    assert ensure(THING, api, {"name": "a"}, absent=True, memory=memory).plan.action == "delete"
    assert ensure(THING, api, {"id": "1"}, absent=True, memory=memory).plan.action == "none"
    assert ensure(THING, api, {"name": "c"}, check_mode=True, memory=memory).plan.action == "create"
    assert ensure(THING, api, {"name": "c"}, check_mode=True, memory=memory).plan.action == "create"
    assert api.calls == ["PATCH things/2", "DELETE things/1 0"]


@pytest.mark.parametrize("error", [ApiError("failed", status=500), UnreachableError("no answer")])
def test_after_a_write_that_failed_a_loop_reads_again(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may have been carried out in part."""
    api: t.Any = Remembering({"id": "1", "name": "a", "size": 1})
    memory = Memory()
    for _turn in range(3):
        ensure(THING, api, {"name": "a", "size": 1}, memory=memory)
    assert api.calls == ["LIST things"] * 2

    def update(path: str, body: Object, form: Form) -> t.NoReturn:
        api.things["1"]["size"] = 2
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(api, "update", update)
        with pytest.raises(type(error)):
            ensure(THING, api, {"name": "a", "size": 2}, memory=memory)
    assert not ensure(THING, api, {"name": "a", "size": 2}, memory=memory).plan.changed


@pytest.mark.parametrize("memory", [None, Memory(shares_listings=False)], ids=["none", "retries"])
def test_outside_of_a_loop_and_in_retries_each_look_up_reads(memory: Memory | None) -> None:
    api: t.Any = Remembering({"id": "1", "name": "a", "size": 1})
    for turn in range(4):
        assert not ensure(THING, api, {"id": "1", "size": turn + 1}, memory=memory, check_mode=turn > 0).plan.changed
        # Somebody else's change.
        api.things["1"]["size"] = turn + 2
    assert api.calls == ["GET things/1"] * 4


@pytest.mark.parametrize("counts", [True, False])
@pytest.mark.parametrize("pages", [1, PAGES, PAGES + 1, 200])
@pytest.mark.parametrize("items", [2, 7])
def test_a_listing_that_does_not_pay_is_given_up(pages: int, items: int, counts: bool) -> None:
    """In a tenant with 20,000 objects as well: where offset paging tells so at once, else after two pages."""
    api: t.Any = Remembering(*({"id": str(number), "name": str(number)} for number in range(pages * PER_PAGE)))
    api.counts = counts
    memory = Memory()
    for number in range(items):
        assert not ensure(THING, api, {"id": str(number), "name": str(number)}, memory=memory).plan.changed
    listed = api.calls.count("LIST things")
    assert listed == (pages if pages <= PAGES else 1 if counts else PAGES)
    assert len(api.calls) - listed == (items if pages > PAGES else LISTING_FROM - 1)


@pytest.mark.parametrize("key", ["id", "name"])
def test_each_query_is_answered_for_itself(key: str) -> None:
    """One that leaves fields out says nothing of them to another, in single reads or in lists."""
    thing = {"id": "1", "name": "a", "secret": "hush", "size": 1}
    narrow = replace(THING, query={"fields": "secret"})
    api: t.Any = Remembering(thing)
    named = {key: thing[key]}
    memory = Memory()
    for _turn in range(3):
        assert narrow.find(api, named, memory) == {"id": "1", "name": "a", "size": 1}
        assert THING.find(api, named, memory) == thing
    # A write by way of one is known to the other.
    ensure(narrow, api, {**named, "size": 2}, memory=memory)
    assert THING.find(api, named, memory) == {**thing, "size": 2}
    ensure(THING, api, named, absent=True, memory=memory)
    assert narrow.find(api, named, memory) is None


def test_what_the_token_cannot_read_is_not_overwritten() -> None:
    options = replace(THING, readable={"options": "read:options"}, field_scopes={"options": "update:options"})
    scopes = ["create:things", "update:things", "delete:things"]
    api: t.Any = Remembering({"id": "1", "name": "a"}, scopes=scopes)
    for check_mode in (True, False):
        with pytest.raises(ScopeError, match="lacks the scope read:options, so it cannot be told what differs"):
            ensure(options, api, {"name": "a", "options": 1}, check_mode=check_mode)
    assert ensure(options, api, {"name": "a", "size": 1}).plan.action == "update"
    assert ensure(options, api, {"name": "b", "options": 1}).plan.action == "create"
    assert ensure(options, api, {"name": "a", "options": 1}, absent=True).plan.action == "delete"
    # Reading is not writing.
    api.scopes = [*scopes, "read:options"]
    with pytest.raises(ScopeError, match="lacks the scope update:options, which is needed to update the thing"):
        ensure(options, api, {"name": "b", "options": 2})
    assert ensure(options, api, {"name": "b", "options": 1}).plan.action == "none"


def test_with_a_token_that_does_not_tell_its_scopes_what_is_not_shown_is_not_overwritten() -> None:
    options = replace(THING, readable={"options": "read:options"})
    hiding: list[Object] = [{}, {"options": {}}]
    for hidden in hiding:
        api: t.Any = Remembering({"id": "1", "name": "a", **hidden})
        with pytest.raises(ScopeError, match="lacks the scope read:options"):
            ensure(options, api, {"name": "a", "options": {"b": 1}})
        assert ensure(options, api, {"name": "a", "size": 1}).plan.action == "update"
    api = Remembering({"id": "1", "name": "a", "options": {"c": 2}})
    assert ensure(options, api, {"name": "a", "options": {"b": 1}}).plan.body == {"options": {"c": 2, "b": 1}}


def test_the_preview_of_what_is_not_there_yet_supposes_what_can_never_change() -> None:
    class Fixed(Collection):  # type: ignore[misc]
        def refuse_creation(self, api: t.Any, wanted: Object) -> str:
            return "Not there."

    fixed = variant(Fixed, shape=Shape(immutable={"color": "never"}))
    outcome = ensure(fixed, t.cast("t.Any", Remembering()), {"name": "a", "color": "red", "size": 1}, check_mode=True)
    assert outcome.plan.body == {"size": 1}


def test_what_cannot_be_made_is_a_warning_in_check_mode() -> None:
    class Sized(Collection):  # type: ignore[misc]
        def refuse_creation(self, api: t.Any, wanted: Object) -> str | None:
            return None if "size" in wanted else "A new thing needs a size."

    known = variant(Sized)
    api: t.Any = Remembering()
    with pytest.raises(PlanError, match=r"^A new thing needs a size\.$"):
        ensure(known, api, {"name": "a", "color": "red"})
    outcome = ensure(known, api, {"name": "a", "color": "red"}, check_mode=True)
    assert list(map(str, outcome.obstacles)) == ["A new thing needs a size."]
    assert (outcome.plan.before, outcome.plan.after) == ({"name": "a"}, {"name": "a", "color": "red"})
    assert outcome.object == {"name": "a", "color": "red"}
    # What is to be absent is never made.
    assert ensure(known, api, {"name": "a"}, absent=True).plan.action == "none"
    assert ensure(known, api, {"name": "a", "size": 1}).plan.action == "create"


def test_all_that_must_be_there_first_is_one_error() -> None:
    class Lonely(Collection):  # type: ignore[misc]
        def refuse_creation(self, api: t.Any, wanted: Object) -> str:
            return "No such thing."

        def expand(self, api: t.Any, wanted: Object, actual: Object | None) -> Expansion:
            faults = ("Two sizes.",) if wanted.get("size") == 2 else ()
            return Expansion(wanted, missing=("No owner.",), faults=faults)

    api: t.Any = Remembering()
    with pytest.raises(PlanError, match=r"^No such thing\. No owner\.$"):
        ensure(variant(Lonely), api, {"name": "a"})
    outcome = ensure(variant(Lonely), api, {"name": "a"}, check_mode=True)
    assert list(map(str, outcome.obstacles)) == ["No such thing.", "No owner."]
    # What no earlier task changes is an error in any mode.
    for check_mode in (True, False):
        with pytest.raises(PlanError, match=r"^No such thing\. No owner\. Two sizes\.$"):
            ensure(variant(Lonely), api, {"name": "a", "size": 2}, check_mode=check_mode)


def test_a_refusal_comes_before_missing_scopes_and_the_write() -> None:
    class Guarded(Collection):  # type: ignore[misc]
        def guard(self, actual: Object, plan: Plan) -> str | None:
            return "Not this one." if actual.get("fixed") else None

    guarded = variant(Guarded)
    api: t.Any = Remembering({"id": "1", "name": "a", "fixed": True, "size": 1}, scopes=[])
    for check_mode in (True, False):
        with pytest.raises(PlanError, match=r"^Not this one\.$"):
            ensure(guarded, api, {"id": "1", "size": 2}, check_mode=check_mode)
    # Without a change there is nothing to refuse.
    assert ensure(guarded, api, {"id": "1", "size": 1}).plan.action == "none"
    assert "PATCH things/1" not in api.calls


def test_an_error_gets_the_advice_of_its_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    def conflict(*args: t.Any, **kwargs: t.Any) -> t.NoReturn:
        raise ApiError("failed with status 409", where="POST /api/v2/things", status=409, code="conflict")

    api: t.Any = Remembering()
    monkeypatch.setattr(api, "create", conflict)
    with pytest.raises(ApiError, match=r"failed with status 409\. Wait\.$") as error:
        ensure(replace(THING, explain={409: "Wait."}), api, {"name": "a"})
    assert error.value.failure["code"] == "conflict"
    with pytest.raises(ApiError, match=r"failed with status 409\.$"):
        ensure(replace(THING, explain={404: "Wait."}), api, {"name": "a"})


def test_secrets_are_told_apart_from_what_is_shown() -> None:
    api: t.Any = Remembering({"id": "1", "name": "a", "secret": "hush"})
    outcome = ensure(THING, api, {"id": "1", "name": "b"})
    assert outcome.object == {"id": "1", "name": "b"}
    assert outcome.secrets == {"secret": "hush"}
    assert api.secrets == {"hush"}


def test_the_deletion_timeout_is_that_of_the_kind() -> None:
    api: t.Any = Remembering({"id": "1", "name": "a"})
    ensure(replace(THING, deletion_timeout=7.0), api, {"name": "a"}, absent=True)
    assert api.calls[-1] == "DELETE things/1 7"


def test_the_only_object_is_read_again_after_a_change() -> None:
    class Setting(Singleton):  # type: ignore[misc]
        def complete(self, actual: Object) -> Object:
            return {**actual, "completed": True}

    single = Setting("setting", "things/1", "things")
    api: t.Any = Remembering({"id": "1", "size": 1})
    assert ensure(single, api, {"size": 2}, check_mode=True).object == {"id": "1", "size": 2, "completed": True}
    assert api.calls == ["GET things/1"]
    api.calls.clear()
    outcome = ensure(single, api, {"size": 2})
    assert api.calls == ["GET things/1", "PATCH things/1", "GET things/1"]
    assert outcome.object == {"id": "1", "size": 2, "completed": True}


# -- keys and rules ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("absent", [False, True])
@pytest.mark.parametrize("wanted", [{"id": ""}, {"name": ""}, {"id": "1", "name": ""}])
def test_an_empty_key_is_an_error(wanted: Object, absent: bool) -> None:
    api: t.Any = Remembering({"id": "1", "name": "a"})
    for check_mode in (False, True):
        with pytest.raises(InputError, match=r"^(id|name) is empty\. Give it a value, or leave it out\.$"):
            ensure(THING, api, wanted, absent=absent, check_mode=check_mode)
    with pytest.raises(InputError, match="is empty"):
        THING.search(api, wanted)
    assert api.calls == []


def test_without_any_key_nothing_is_looked_for() -> None:
    api: t.Any = Remembering({"id": "1", "name": "a"})
    with pytest.raises(InputError, match=r"^No thing is named\. Set id or name\.$"):
        ensure(THING, api, {"size": 1})
    assert api.calls == []


def test_a_key_can_have_a_path_of_its_own() -> None:
    named = replace(THING, addresses={"id": "", "name": "name/"})
    api: t.Any = Remembering({"id": "1", "name": "a"})
    named.find(api, {"name": "a b"})
    named.find(api, {"name": "a", "id": "1"})
    assert api.calls == ["GET things/name/a%20b", "GET things/1"]
    # An id is no name.
    memory = Memory()
    assert [named.find(api, {"name": "1"}, memory) for _turn in range(2)] == [None, None]


def test_rules_for_names_are_for_new_objects() -> None:
    api: t.Any = Remembering({"id": "1", "name": "OLD", "size": 1})
    assert ensure(THING, api, {"name": "OLD", "size": 2}).plan.body == {"size": 2}
    assert not ensure(THING, api, {"id": "1", "name": "OLD"}).plan.changed
    for wanted in ({"name": "NEW"}, {"id": "1", "name": "NEW"}):
        with pytest.raises(InputError, match=r"^name must be small letters\.$"):
            ensure(THING, api, wanted)
    assert ensure(THING, api, {"name": "NEW"}, absent=True).plan.action == "none"
    assert ensure(THING, api, {"name": "OLD"}, absent=True).plan.action == "delete"


# -- parts ------------------------------------------------------------------------------------------------------------

WHOLE = replace(
    THING,
    parts=(Part("parts", scope="update:parts", batch=2),),
    shape=Shape(sets={"parts": ("kind", "number")}, defaults={"parts": []}),
)


def parts(*names: str) -> list[Object]:
    """`a1` is the part of kind a with the number 1."""
    return [{"kind": name[0], "number": name[1:]} for name in names]


def test_a_part_costs_nothing_where_it_is_not_named() -> None:
    api: t.Any = Remembering({"id": "1", "name": "a", "size": 1})
    ensure(WHOLE, api, {"id": "1", "size": 2})
    assert api.calls == ["GET things/1", "PATCH things/1"]


def test_a_part_is_planned_with_the_object_and_written_below_it() -> None:
    api: t.Any = Remembering({"id": "1", "name": "a", "size": 1})
    api.members = {"things/1/parts": parts("a1", "a2", "b1")}
    read = ["GET things/1", "LIST things/1/parts"]
    assert not ensure(WHOLE, api, {"id": "1", "parts": parts("b1", "a1")}).plan.changed
    assert api.calls == read
    api.calls.clear()
    # Three more in two requests, and nothing sent to the object itself. What is not named stays.
    outcome = ensure(WHOLE, api, {"id": "1", "size": 1, "parts": parts("a3", "a4", "a5")})
    assert api.calls == [*read, "POST things/1/parts", "POST things/1/parts"]
    assert outcome.object["parts"] == api.members["things/1/parts"] == parts("a1", "a2", "b1", "a3", "a4", "a5")
    api.calls.clear()
    outcome = ensure(WHOLE, api, {"id": "1", "size": 2, "parts": parts("a1")}, purge=["parts"])
    assert api.calls == [*read, "PATCH things/1", *["DELETE things/1/parts 0"] * 3]
    assert outcome.plan.purged == {"parts": [("a", "2"), ("a", "3"), ("a", "4"), ("a", "5"), ("b", "1")]}
    assert api.members["things/1/parts"] == parts("a1")


def test_a_new_object_gets_its_parts() -> None:
    api: t.Any = Remembering()
    outcome = ensure(WHOLE, api, {"name": "a", "parts": parts("a1")})
    assert api.calls == ["LIST things", "POST things", "POST things/1/parts"]
    assert outcome.object == {"id": "1", "name": "a", "parts": parts("a1")}
    assert ensure(WHOLE, api, {"name": "a", "parts": parts("a1")}).plan.action == "none"


def test_a_part_needs_its_own_scope_only() -> None:
    api: t.Any = Remembering({"id": "1", "name": "a", "size": 1}, scopes=["update:parts"])
    api.members = {"things/1/parts": []}
    assert ensure(WHOLE, api, {"id": "1", "size": 1, "parts": parts("a1")}).plan.changed
    with pytest.raises(ScopeError, match="lacks the scope update:things, which is needed to update the thing"):
        ensure(WHOLE, api, {"id": "1", "size": 2, "parts": parts("a2")})


def test_what_must_be_created_first_is_a_warning_in_check_mode() -> None:
    class Needy(Collection):  # type: ignore[misc]
        def expand(self, api: t.Any, wanted: Object, actual: Object | None) -> Expansion:
            return Expansion({**wanted, "more": 1}, ("Look out.",), ("There is no owner.",))

    api: t.Any = Remembering()
    with pytest.raises(PlanError, match=r"^There is no owner\.$"):
        ensure(variant(Needy), api, {"name": "a"})
    outcome = ensure(variant(Needy), api, {"name": "a"}, check_mode=True)
    assert outcome.plan.body == {"name": "a", "more": 1}
    assert outcome.warnings == ("Look out.",)
    assert list(map(str, outcome.obstacles)) == ["There is no owner."]
    assert "POST things" not in api.calls
