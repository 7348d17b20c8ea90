# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How an object is found and brought to what is wanted, with made-up kinds and a client that only remembers."""

from __future__ import annotations

import typing as t
from dataclasses import replace

import pytest

from ansible_collections.mcp_ops.oauth.plugins.module_utils._client import ApiError, ScopeError, Token
from ansible_collections.mcp_ops.oauth.plugins.module_utils._plan import PlanError, Shape
from ansible_collections.mcp_ops.oauth.plugins.module_utils._resource import Collection, Singleton, ensure

Object = dict[str, t.Any]


class Remembering:
    """Stands in for a client: the things that a tenant has, and what was asked of it."""

    def __init__(self, *things: Object, scopes: t.Collection[str] | None = None) -> None:
        self.things = {thing["id"]: thing for thing in things}
        self.scopes = scopes
        self.calls: list[str] = []
        self.memory: Object = {}
        self.secrets: set[str] = set()

    @property
    def token(self) -> Token:
        return Token("value", None if self.scopes is None else frozenset(self.scopes), None)

    def missing_scopes(self, needed: t.Iterable[str]) -> list[str]:
        return [] if self.scopes is None else sorted(set(needed) - set(self.scopes))

    def get(self, path: str, **query: str) -> Object | None:
        self.calls.append(f"GET {path}")
        thing = self.things.get(path.partition("/")[2])
        return None if thing is None else self._narrowed(thing, query)

    def listing(self, path: str, key: str, *, checkpoint: bool, **query: str) -> t.Iterator[Object]:
        self.calls.append(f"LIST {path}")
        return (self._narrowed(thing, query) for thing in self.things.values())

    def create(self, path: str, body: Object, *, settle: t.Any) -> Object:
        self.calls.append(f"POST {path}")
        thing = {**body, "id": str(len(self.things) + 1)}
        self.things[thing["id"]] = thing
        return thing

    def update(self, path: str, body: Object) -> Object:
        self.calls.append(f"PATCH {path}")
        thing = self.things.setdefault(path.partition("/")[2], {})
        thing.update(body)
        return thing

    def delete(self, path: str, *, timeout: float) -> None:
        self.calls.append(f"DELETE {path} {timeout:g}")
        self.things.pop(path.partition("/")[2], None)

    @staticmethod
    def _narrowed(thing: Object, query: Object) -> Object:
        """Without the fields that the query leaves out."""
        left_out = query.get("fields", "").split(",")
        return {name: value for name, value in thing.items() if name not in left_out}


def read(collection: Collection, client: t.Any, wanted: Object) -> t.Any:
    if "id" in wanted:
        return client.get(f"things/{wanted['id']}", **collection.query)
    return collection.choose(wanted, collection.list(client))


THING = Collection(
    noun="thing",
    path="things",
    scope="things",
    keys=("id", "name"),
    shape=Shape(secrets=frozenset({"secret"})),
    read=read,
    checkpoint=True,
)
PAIR = replace(THING, keys=("owner", "audience", "kind"), compound=True, shape=Shape(defaults={"kind": "old"}))


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
        client: t.Any = Remembering(here, there, other)
        assert PAIR.find(client, wanted) == found


def test_what_is_not_unique_is_named_by_its_id() -> None:
    client: t.Any = Remembering({"id": "1", "name": "a"}, {"id": "2", "name": "a", "size": 1}, {"id": "3", "name": "b"})
    with pytest.raises(PlanError, match=r"There are 2 things of that name. Name one by its id: 1, 2\."):
        ensure(THING, client, {"name": "a"})
    with pytest.raises(PlanError, match="There are 2 things"):
        ensure(THING, client, {"name": "a"}, absent=True)
    assert ensure(THING, client, {"id": "2", "size": 1}).plan.action == "none"
    assert not [call for call in client.calls if not call.startswith(("GET", "LIST"))]


def test_the_second_look_up_lists_and_the_list_follows_writes() -> None:
    client: t.Any = Remembering({"id": "1", "name": "a", "size": 1})
    assert ensure(THING, client, {"id": "1", "size": 1}).plan.action == "none"
    assert client.calls == ["GET things/1"]
    client.calls.clear()
    assert ensure(THING, client, {"name": "b"}).plan.action == "create"
    assert client.calls == ["LIST things", "POST things"]
    client.calls.clear()
    assert ensure(THING, client, {"name": "b", "size": 2}).plan.action == "update"
    assert ensure(THING, client, {"name": "b", "size": 2}).plan.action == "none"
    assert ensure(THING, client, {"name": "a"}, absent=True).plan.action == "delete"
    assert ensure(THING, client, {"id": "1"}, absent=True).plan.action == "none"
    assert ensure(THING, client, {"name": "c"}, check_mode=True).plan.action == "create"
    assert ensure(THING, client, {"name": "c"}, check_mode=True).plan.action == "create"
    assert client.calls == ["PATCH things/2", "DELETE things/1 0"]


@pytest.mark.parametrize("key", ["id", "name"])
def test_each_query_is_answered_for_itself(key: str) -> None:
    """One that leaves fields out says nothing of them to another, in single reads or in lists."""
    thing = {"id": "1", "name": "a", "secret": "hush", "size": 1}
    narrow = replace(THING, query={"fields": "secret"})
    client: t.Any = Remembering(thing)
    named = {key: thing[key]}
    for _turn in range(3):
        assert narrow.find(client, named) == {"id": "1", "name": "a", "size": 1}
        assert THING.find(client, named) == thing
    # A write by way of one is known to the other.
    ensure(narrow, client, {**named, "size": 2})
    assert THING.find(client, named) == {**thing, "size": 2}
    ensure(THING, client, named, absent=True)
    assert narrow.find(client, named) is None


def test_what_the_token_cannot_read_is_not_overwritten() -> None:
    options = replace(THING, readable={"options": "read:options"}, field_scopes={"options": "update:options"})
    scopes = ["create:things", "update:things", "delete:things"]
    client: t.Any = Remembering({"id": "1", "name": "a"}, scopes=scopes)
    for check_mode in (True, False):
        with pytest.raises(ScopeError, match="lacks the scope read:options, so it cannot be told what differs"):
            ensure(options, client, {"name": "a", "options": 1}, check_mode=check_mode)
    assert ensure(options, client, {"name": "a", "size": 1}).plan.action == "update"
    assert ensure(options, client, {"name": "b", "options": 1}).plan.action == "create"
    assert ensure(options, client, {"name": "a", "options": 1}, absent=True).plan.action == "delete"
    # Reading is not writing.
    client.scopes = [*scopes, "read:options"]
    with pytest.raises(ScopeError, match="lacks the scope update:options, which is needed to update the thing"):
        ensure(options, client, {"name": "b", "options": 2})
    assert ensure(options, client, {"name": "b", "options": 1}).plan.action == "none"


def test_with_a_token_that_does_not_tell_its_scopes_what_is_not_shown_is_not_overwritten() -> None:
    options = replace(THING, readable={"options": "read:options"})
    hiding: list[Object] = [{}, {"options": {}}]
    for hidden in hiding:
        client: t.Any = Remembering({"id": "1", "name": "a", **hidden})
        with pytest.raises(ScopeError, match="lacks the scope read:options"):
            ensure(options, client, {"name": "a", "options": {"b": 1}})
        assert ensure(options, client, {"name": "a", "size": 1}).plan.action == "update"
    client = Remembering({"id": "1", "name": "a", "options": {"c": 2}})
    assert ensure(options, client, {"name": "a", "options": {"b": 1}}).plan.body == {"options": {"c": 2, "b": 1}}


def test_the_preview_of_what_is_not_there_yet_supposes_what_can_never_change() -> None:
    fixed = replace(THING, shape=Shape(immutable={"color": "never"}), unknown=lambda client, wanted: "Not there.")
    outcome = ensure(fixed, t.cast("t.Any", Remembering()), {"name": "a", "color": "red", "size": 1}, check_mode=True)
    assert outcome.plan.body == {"size": 1}


def test_what_cannot_be_made_is_a_warning_in_check_mode() -> None:
    known = replace(THING, unknown=lambda client, wanted: None if "size" in wanted else "A new thing needs a size.")
    client: t.Any = Remembering()
    with pytest.raises(PlanError, match=r"^A new thing needs a size\.$"):
        ensure(known, client, {"name": "a", "color": "red"})
    outcome = ensure(known, client, {"name": "a", "color": "red"}, check_mode=True)
    assert outcome.warnings == ("A new thing needs a size. Unless it is made first, the real run will fail here.",)
    assert (outcome.plan.before, outcome.plan.after) == ({"name": "a"}, {"name": "a", "color": "red"})
    assert outcome.object == {"name": "a", "color": "red"}
    # What is to be absent is never made.
    assert ensure(known, client, {"name": "a"}, absent=True).plan.action == "none"
    assert ensure(known, client, {"name": "a", "size": 1}).plan.action == "create"


def test_a_refusal_comes_before_missing_scopes_and_the_write() -> None:
    guarded = replace(THING, guard=lambda actual, plan: "Not this one." if actual.get("fixed") else None)
    client: t.Any = Remembering({"id": "1", "name": "a", "fixed": True, "size": 1}, scopes=[])
    for check_mode in (True, False):
        with pytest.raises(PlanError, match=r"^Not this one\.$"):
            ensure(guarded, client, {"id": "1", "size": 2}, check_mode=check_mode)
    # Without a change there is nothing to refuse.
    assert ensure(guarded, client, {"id": "1", "size": 1}).plan.action == "none"
    assert "PATCH things/1" not in client.calls


def test_an_error_gets_the_advice_of_its_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    def conflict(*args: t.Any, **kwargs: t.Any) -> t.NoReturn:
        raise ApiError("POST /api/v2/things failed with status 409.", status=409, code="conflict")

    client: t.Any = Remembering()
    monkeypatch.setattr(client, "create", conflict)
    with pytest.raises(ApiError, match=r"failed with status 409\. Wait\.$") as error:
        ensure(replace(THING, explain={409: "Wait."}), client, {"name": "a"})
    assert error.value.failure["code"] == "conflict"
    with pytest.raises(ApiError, match=r"failed with status 409\.$"):
        ensure(replace(THING, explain={404: "Wait."}), client, {"name": "a"})


def test_secrets_are_told_apart_from_what_is_shown() -> None:
    client: t.Any = Remembering({"id": "1", "name": "a", "secret": "hush"})
    outcome = ensure(THING, client, {"id": "1", "name": "b"})
    assert outcome.object == {"id": "1", "name": "b"}
    assert outcome.secrets == {"secret": "hush"}
    assert client.secrets == {"hush"}


def test_the_deletion_timeout_is_that_of_the_kind() -> None:
    client: t.Any = Remembering({"id": "1", "name": "a"})
    ensure(replace(THING, deletion_timeout=7.0), client, {"name": "a"}, absent=True)
    assert client.calls[-1] == "DELETE things/1 7"


def test_the_only_object_is_read_again_after_a_change() -> None:
    single = Singleton("setting", "things/1", "things", Shape(), complete=lambda actual: {**actual, "completed": True})
    client: t.Any = Remembering({"id": "1", "size": 1})
    assert ensure(single, client, {"size": 2}, check_mode=True).object == {"id": "1", "size": 2, "completed": True}
    assert client.calls == ["GET things/1"]
    client.calls.clear()
    outcome = ensure(single, client, {"size": 2})
    assert client.calls == ["GET things/1", "PATCH things/1", "GET things/1"]
    assert outcome.object == {"id": "1", "size": 2, "completed": True}
