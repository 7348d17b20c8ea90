# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The plan, with made-up objects of every kind of field that a description can express."""

from __future__ import annotations

import copy
import json
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.plan import (
    HIDDEN,
    HIDDEN_CHANGED,
    Shape,
    find_faults,
    find_overflows,
    make_plan,
    plan_absent,
    secrets_in,
    without_secrets,
)
from ansible_collections.mcp_ops.oauth.plugins.module_utils._errors import PlanError

Object = dict[str, t.Any]

SHAPE = Shape(
    defaults={"on": False, "members": [], "pairs": [], "flags.first": True, "nested.kind": "plain"},
    sets={"members": ("value",), "pairs": ("kind", "number")},
    ordered=frozenset({"ranks"}),
    maps=frozenset({"flags"}),
    cleared_by={"nested": None, "words": None, "note": ""},
    sent_with={"password": "text", "nested.pem": "nested", "label": "*"},
    unreadable=frozenset({"password", "nested.pem"}),
    server_made=frozenset({"nested.thumbprint"}),
    secrets=frozenset({"password", "nested.token", "token"}),
    secret_paths=r"^free\.(.*\.)?\w*secret(\.|$)",
    limits={"text": (0, 5), "members": (0, 3), "members.value": (1, 5), "number": (0, 10), "free": (0, 2)},
    patterns={"text": (r"[^<>]*", "not contain < or >")},
)
SECRETS = ("hush-one", "hush-two")

texts = st.sampled_from(["", "a", "b", "c"])
secrets = st.sampled_from(SECRETS)
members = st.lists(
    st.fixed_dictionaries({"value": st.sampled_from("abcde")}, optional={"description": texts}),
    unique_by=lambda member: member["value"],
    max_size=4,
)
pairs = st.lists(
    st.fixed_dictionaries({"kind": st.sampled_from("ab"), "number": st.sampled_from("12")}, optional={"label": texts}),
    unique_by=lambda member: (member["kind"], member["number"]),
)
nested = st.fixed_dictionaries(
    {}, optional={"kind": st.sampled_from(["plain", "other"]), "level": st.integers(0, 2), "token": secrets}
)
flags = st.dictionaries(st.sampled_from(["first", "second", "third"]), st.booleans())


def free(leaves: st.SearchStrategy[t.Any]) -> st.SearchStrategy[Object]:
    """Objects whose fields no description knows, secrets among them."""
    names = st.sampled_from(["a", "b"])
    hidden = st.dictionaries(st.sampled_from(["secret", "app_secret"]), secrets, max_size=1)
    flat = st.builds(lambda known, secret: {**known, **secret}, st.dictionaries(names, leaves), hidden)
    return st.builds(lambda known, inner: {**known, **inner}, flat, st.dictionaries(st.just("deep"), flat))


fields: dict[str, st.SearchStrategy[t.Any]] = {
    "text": texts,
    "on": st.booleans(),
    "number": st.integers(0, 3),
    "token": secrets,
    "words": st.lists(texts, max_size=3),
    "members": members,
    "pairs": pairs,
    "flags": flags,
    "ranks": st.lists(texts, max_size=3),
    "label": texts,
    "note": texts,
    "free": free(st.integers(0, 2)),
}
# What is null in an object is to go.
nullable_flags = st.dictionaries(st.sampled_from(["first", "second", "third"]), st.none() | st.booleans())
wanteds = st.fixed_dictionaries(
    {},
    optional={
        **fields,
        "flags": nullable_flags,
        "free": free(st.none() | st.integers(0, 2)),
        "nested": nested.map(lambda value: {**value, "pem": "pem"} if value else {}),
        "password": secrets,
    },
)
actuals = st.fixed_dictionaries(
    {"id": st.just("1")},
    optional={**fields, "nested": nested.map(lambda value: {**value, "thumbprint": "x"}), "extra": texts},
)
purges = st.sampled_from([(), ("members",), ("pairs", "members")])


def server_applies(actual: Object, body: Object) -> Object:
    """What Auth0 does with an update: top level merged, values replaced whole, flags merged, null removes.

    It also resets a label that is left out, and removes a note that is empty.
    """
    result = copy.deepcopy(actual)
    if body and "label" not in body:
        result.pop("label", None)
    for key, value in body.items():
        if value is None or (key, value) == ("note", ""):
            result.pop(key, None)
        elif key == "flags":
            merged = {**result.get(key, {}), **value}
            result[key] = {name: flag for name, flag in merged.items() if flag is not None}
        elif key != "password":
            result[key] = value
    if isinstance(result.get("nested"), dict):
        result["nested"] = {key: value for key, value in result["nested"].items() if key != "pem"}
    return result


@given(wanteds, actuals, purges)
def test_applying_the_plan_leaves_nothing_to_do(wanted: Object, actual: Object, purge: tuple[str, ...]) -> None:
    plan = make_plan(SHAPE, wanted, actual, purge=purge)
    after = server_applies(actual, plan.body)
    again = make_plan(SHAPE, wanted, after, purge=purge)
    assert again.action == "none"
    assert again.body == {}
    assert again.before == again.after
    assert plan.changed == bool(plan.body)


@given(wanteds)
def test_creating_leaves_nothing_to_do(wanted: Object) -> None:
    plan = make_plan(SHAPE, wanted, None)
    assert plan.action == "create"
    assert plan.before == {}
    assert not make_plan(SHAPE, wanted, server_applies({"id": "1"}, plan.body)).changed


@given(wanteds, actuals, purges)
def test_nothing_unnamed_is_in_a_plan(wanted: Object, actual: Object, purge: tuple[str, ...]) -> None:
    plan = make_plan(SHAPE, wanted, actual, purge=purge)
    assert set(plan.body) <= {*wanted, "label"}
    assert set(plan.before) <= set(wanted)
    assert set(plan.after) <= set(wanted)
    assert set(plan.body.get("flags") or {}) <= set(wanted.get("flags") or {})
    for view in (plan.before, plan.after):
        assert set(view.get("flags", {})) <= set(wanted.get("flags", {}))
        if wanted.get("nested"):
            assert set(view.get("nested", {})) <= set(wanted["nested"])
        if not purge:
            assert {m["value"] for m in view.get("members", [])} <= {m["value"] for m in wanted.get("members", [])}


@given(wanteds, actuals, purges)
def test_what_is_not_named_is_not_touched(wanted: Object, actual: Object, purge: tuple[str, ...]) -> None:
    after = server_applies(actual, make_plan(SHAPE, wanted, actual, purge=purge).body)
    for key in set(actual) - set(wanted):
        assert after[key] == actual[key]
    for key in set(actual.get("flags", {})) - set(wanted.get("flags", {})):
        assert after["flags"][key] == actual["flags"][key]
    if not purge:
        mine = {member["value"] for member in wanted.get("members", [])}
        kept = [member for member in actual.get("members", []) if member["value"] not in mine]
        assert [member for member in after.get("members", []) if member["value"] not in mine] == kept
    if wanted.get("nested"):
        unnamed = set(actual.get("nested", {})) - set(wanted["nested"]) - {"thumbprint"}
        assert all(after["nested"][key] == actual["nested"][key] for key in unnamed)
    unnamed = set(actual.get("free", {})) - set(wanted.get("free", {}))
    assert all(after["free"][key] == actual["free"][key] for key in unnamed)


@given(wanteds, actuals, purges, st.randoms(use_true_random=False))
def test_the_order_of_lists_never_matters(
    wanted: Object, actual: Object, purge: tuple[str, ...], random: t.Any
) -> None:
    def shuffled(value: Object) -> Object:
        unordered = {key: inner for key, inner in value.items() if isinstance(inner, list) and key != "ranks"}
        lists = {key: random.sample(inner, len(inner)) for key, inner in unordered.items()}
        return {**value, **lists}

    plan = make_plan(SHAPE, wanted, actual, purge=purge)
    other = make_plan(SHAPE, shuffled(wanted), shuffled(actual), purge=purge)
    assert (plan.action, plan.before, plan.after) == (other.action, other.before, other.after)
    assert set(plan.body) == set(other.body)


@given(wanteds, st.none() | actuals, purges)
def test_secrets_are_in_nothing_that_is_shown(wanted: Object, actual: Object | None, purge: tuple[str, ...]) -> None:
    plan = make_plan(SHAPE, wanted, actual, purge=purge)
    text = json.dumps([plan.before, plan.after, plan.predicted, without_secrets(SHAPE, {**(actual or {}), **wanted})])
    assert not any(secret in text for secret in SECRETS)
    assert "pem" not in text


@given(wanteds, actuals, purges)
def test_the_prediction_comes_true(wanted: Object, actual: Object, purge: tuple[str, ...]) -> None:
    plan = make_plan(SHAPE, wanted, actual, purge=purge)
    real = without_secrets(SHAPE, server_applies(actual, plan.body))
    assert plan.predicted == real
    assert (plan.before != plan.after) == plan.changed


@given(wanteds, actuals)
def test_what_is_named_as_null_goes(wanted: Object, actual: Object) -> None:
    after = server_applies(actual, make_plan(SHAPE, wanted, actual).body)
    for key in ("flags", "free"):
        # Absent, `first` counts as true, so it may stay if it is.
        gone = {name for name, value in wanted.get(key, {}).items() if value is None and name != "first"}
        assert not gone & set(after.get(key, {}))
    made = make_plan(SHAPE, wanted, None).body
    assert "null" not in json.dumps(made)


@given(wanteds, actuals)
def test_what_is_forced_is_sent(wanted: Object, actual: Object) -> None:
    forced = {key for key in ("free", "text") if key in wanted}
    plan = make_plan(SHAPE, wanted, actual, force=("free", "text"))
    assert forced <= set(plan.body)
    # What goes along with any change, or with one of the text.
    along = {"label"} | ({"password"} & set(wanted) if "text" in forced else set())
    assert set(plan.body) - along == (set(make_plan(SHAPE, wanted, actual).body) | forced) - along


def test_an_order_that_matters() -> None:
    assert make_plan(SHAPE, {"ranks": ["a", "b"]}, {"ranks": ["b", "a"]}).body == {"ranks": ["a", "b"]}
    assert not make_plan(SHAPE, {"words": ["a", "b"]}, {"words": ["b", "a"]}).changed


def test_what_is_empty_and_what_is_absent_are_the_same_where_empty_clears() -> None:
    empties: list[Object] = [{"nested": {}}, {"words": []}, {"note": ""}]
    for empty in empties:
        assert not make_plan(SHAPE, empty, empty).changed
        assert not make_plan(SHAPE, empty, {}).changed
    there = {"nested": {"level": 1}, "words": ["a"], "note": "b"}
    plan = make_plan(SHAPE, {"nested": {}, "words": [], "note": ""}, there)
    assert plan.body == {"nested": None, "words": None, "note": ""}
    assert (plan.before, plan.after, plan.predicted) == (there, {}, {})
    # A text that stays when it is empty is no such thing.
    assert make_plan(SHAPE, {"text": ""}, {"text": "a"}).predicted == {"text": ""}


def test_an_empty_text_that_counts_as_none_is_not_sent_for_a_new_object() -> None:
    shape = Shape(defaults={"text": ""})
    plan = make_plan(shape, {"text": "", "other": ""}, None)
    assert (plan.body, plan.after, plan.predicted) == ({"other": ""}, {"other": ""}, {"other": ""})
    assert not make_plan(shape, {"text": ""}, plan.body).changed
    assert make_plan(shape, {"text": ""}, {"text": "a"}).body == {"text": ""}


def test_what_is_cleared_inside_an_object_is_sent_as_null() -> None:
    shape = Shape(cleared_by={"nested.inner": None}, defaults={"nested.inner": []})
    plan = make_plan(shape, {"nested": {"inner": []}}, {"nested": {"inner": ["a"], "level": 1}})
    assert plan.body == {"nested": {"inner": None, "level": 1}}
    assert (plan.before, plan.after) == ({"nested": {"inner": ["a"]}}, {"nested": {"inner": []}})
    assert plan.predicted == {"nested": {"level": 1}}
    absent: list[Object] = [{"nested": {"level": 1}}, {"nested": {"inner": []}}, {"nested": {"inner": None}}]
    for actual in absent:
        assert not make_plan(shape, {"nested": {"inner": []}}, actual).changed
    assert make_plan(shape, {"nested": {"inner": [], "level": 1}}, None).body == {"nested": {"level": 1}}


def test_what_an_object_must_hold() -> None:
    shape = Shape(required={"nested": ("kind", "level"), "nested.inner": ("a",)}, cleared_by={"nested": None})
    for actual in (None, {"id": "1"}):
        with pytest.raises(PlanError, match=r"^nested needs kind, level; nested.inner needs a as well\.$"):
            make_plan(shape, {"nested": {"inner": {"b": 1}}}, actual)
    with pytest.raises(PlanError, match="nested needs level"):
        make_plan(shape, {"nested": {"kind": "a"}}, {"nested": {}})
    # What is there already counts, unless it goes.
    there = {"nested": {"kind": "a", "level": 1}}
    assert make_plan(shape, {"nested": {"kind": "b"}}, there).body == {"nested": {"kind": "b", "level": 1}}
    with pytest.raises(PlanError, match="nested needs level"):
        make_plan(shape, {"nested": {"level": None}}, there)
    assert make_plan(shape, {"nested": {}}, there).body == {"nested": None}
    # Without a change nothing is sent.
    assert make_plan(shape, {"nested": {"kind": "a"}}, {"nested": {"kind": "a"}}).body == {}


def test_secrets_in_free_objects_are_found() -> None:
    value = {"free": {"a": "a", "app_secret": "hush-one", "deep": {"secret": ["hush-two", {"x": "hush-three"}]}}}
    assert list(secrets_in(SHAPE, [value])) == ["hush-one", "hush-two", "hush-three"]


def test_a_secret_shows_only_whether_it_changes() -> None:
    plan = make_plan(SHAPE, {"token": "hush-one"}, {"token": "hush-two"})
    assert (plan.before, plan.after) == ({"token": HIDDEN}, {"token": HIDDEN_CHANGED})
    plan = make_plan(SHAPE, {"token": "hush-one"}, {"token": "hush-one"})
    assert (plan.action, plan.before, plan.after) == ("none", {"token": HIDDEN}, {"token": HIDDEN})
    assert make_plan(SHAPE, {"token": "hush-one"}, None).after == {"token": HIDDEN}


def test_write_only_fields_go_along_with_their_partner() -> None:
    wanted = {"text": "a", "password": "hush-one"}
    assert make_plan(SHAPE, wanted, {"text": "a"}).body == {}
    assert make_plan(SHAPE, wanted, {"text": "b"}).body == wanted
    assert make_plan(SHAPE, wanted, None).body == wanted
    assert make_plan(SHAPE, {"nested": {"level": 1, "pem": "p"}}, {"nested": {"level": 1}}).body == {}
    assert make_plan(SHAPE, {"nested": {"level": 2, "pem": "p"}}, {"nested": {"level": 1}}).body == {
        "nested": {"level": 2, "pem": "p"}
    }


def test_what_goes_along_with_the_change_of_another() -> None:
    shape = Shape(defaults={"list": [], "all": False}, sent_with={"list": "all"})
    wanted: Object = {"list": [], "all": False}
    assert make_plan(shape, wanted, {"all": True}).body == wanted
    assert make_plan(shape, wanted, {}).body == {}
    assert make_plan(shape, {"list": ["a"], "all": False}, {}).body == {"list": ["a"]}
    assert make_plan(shape, {"all": False}, {"all": True}).body == {"all": False}


def test_what_only_the_server_makes_is_not_sent_back() -> None:
    plan = make_plan(SHAPE, {"nested": {"level": 2}}, {"nested": {"level": 1, "thumbprint": "x", "kind": "other"}})
    assert plan.body == {"nested": {"level": 2, "kind": "other"}}


def test_purge_names_what_it_removes() -> None:
    actual = {"members": [{"value": "a"}, {"value": "b", "description": "B"}]}
    plan = make_plan(SHAPE, {"members": [{"value": "b"}, {"value": "c"}]}, actual, purge=("members",))
    assert plan.purged == {"members": [("a",)]}
    assert plan.body == {"members": [{"value": "b", "description": "B"}, {"value": "c"}]}
    assert plan.before == {"members": [{"value": "a"}, {"value": "b"}]}
    assert plan.after == {"members": [{"value": "b"}, {"value": "c"}]}


def test_an_immutable_difference_is_an_error() -> None:
    shape = Shape(immutable={"name": "it is carved in stone.", "flags.pinned": "only the owner can."})
    assert make_plan(shape, {"name": "a"}, None).action == "create"
    assert (
        make_plan(shape, {"name": "a", "flags": {"pinned": True}}, {"name": "a", "flags": {"pinned": True}}).body == {}
    )
    assert make_plan(shape, {"size": 1}, {"name": "a", "size": 1}).body == {}
    with pytest.raises(PlanError, match=r'name is "a" and cannot become "b": it is carved in stone'):
        make_plan(shape, {"name": "b"}, {"name": "a"})
    with pytest.raises(PlanError, match=r"flags.pinned is false and cannot become true: only the owner can"):
        make_plan(shape, {"flags": {"pinned": True}}, {"flags": {"pinned": False}})


def test_all_faults_are_found_at_once() -> None:
    wanted: Object = {
        "text": "<b>bold</b>",
        "number": 11,
        "members": [{"value": "a"}, {"value": ""}, {"value": "a"}, {"value": "b"}],
        "pairs": [{"kind": "a", "number": ""}, {"kind": "a", "number": ""}],
    }
    assert find_faults(SHAPE, wanted) == [
        "text has 11 characters; it must have from 0 to 5",
        "text must not contain < or >",
        "number is 11; it must be from 0 to 10",
        "members has 4 members; it must have from 0 to 3",
        "members lists 'a' twice",
        "members[1].value has 0 characters; it must have from 1 to 5",
        "pairs lists 'a' '' twice",
        "pairs[0].number is empty",
        "pairs[1].number is empty",
    ]
    shape = Shape(limits={"words": (0, 3), "words[]": (1, 9)})
    assert find_faults(shape, {"words": ["a", ""]}) == ["words[1] has 0 characters; it must have from 1 to 9"]
    assert find_faults(SHAPE, {"free": {"a": 1, "b": 2, "c": 3, "gone": None}}) == [
        "free has 3 members; it must have from 0 to 2"
    ]
    wanted = {"text": "plain", "number": 10, "members": [{"value": "a"}], "free": {"a": 1, "b": 2, "gone": None}}
    assert find_faults(SHAPE, {**wanted, "unknown": object()}) == []


def test_what_is_merged_can_have_too_many_members() -> None:
    shape = Shape(limits={"map": (0, 2), "free": (0, 2), "set": (0, 2)}, maps=frozenset({"map"}), sets={"set": ("v",)})
    there: Object = {"map": {"a": 1, "b": 2}, "free": {"a": 1, "b": 2}, "set": [{"v": "a"}, {"v": "b"}]}
    for wanted in ({"map": {"c": 3}}, {"free": {"c": 3}}, {"set": [{"v": "c"}]}):
        (key,) = wanted
        (fault,) = find_overflows(shape, make_plan(shape, wanted, there))
        assert fault == f"{key}, with what is there already, has 3 members; it must have from 0 to 2"
    fitting: list[Object] = [{"map": {"c": 3, "a": None}}, {"free": {"a": 2}}, {"set": [{"v": "a"}]}, {"other": 1}]
    for wanted in fitting:
        assert find_overflows(shape, make_plan(shape, wanted, there)) == []
    assert find_overflows(shape, make_plan(shape, {"set": [{"v": "c"}]}, there, purge=["set"])) == []


def test_absent() -> None:
    shape = Shape(immutable={"name": "it is carved in stone."})
    assert plan_absent(shape, {"name": "a"}, None).action == "none"
    plan = plan_absent(shape, {"name": "a"}, {"id": "1", "name": "a", "token": "hush-one"})
    assert (plan.action, plan.changed, plan.before, plan.after) == ("delete", True, {"name": "a"}, {})
    with pytest.raises(PlanError, match="carved in stone"):
        plan_absent(shape, {"name": "1"}, {"id": "1", "name": "a"})
