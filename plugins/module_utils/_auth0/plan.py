# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Compare what the user wants with what the server has, once. Pure: no input, no output.

`changed`, the diff, check mode and the request body are all read off the one `Plan` made here, so they cannot disagree.
"""

from __future__ import annotations

import json
import re
import typing as t
from collections import Counter
from dataclasses import dataclass, field

from .._errors import PlanError
from .._secrets import HIDDEN, secrets_at
from .._types import Object

HIDDEN_CHANGED = "(secret, changed)"


@dataclass(frozen=True)
class Shape:
    """How the API treats the fields of one kind of object.

    A path is dotted; the members of a list add nothing to it: `scopes.value`. Only named fields are ever managed. An
    object is replaced whole by the API, so it is sent merged over the current one, without what the user named as null;
    a list without an entry in `sets` is managed whole, in any order.
    """

    immutable: t.Mapping[str, str] = field(default_factory=dict)
    """Path -> why a difference can never be written."""
    defaults: t.Mapping[str, t.Any] = field(default_factory=dict)
    """Path -> what an absent value counts as."""
    sets: t.Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Path of a list of objects -> the fields that identify a member. An unlisted member stays unless purged."""
    ordered: frozenset[str] = frozenset()
    """Paths of lists whose order matters."""
    maps: frozenset[str] = frozenset()
    """Paths of objects that the API merges key by key: only the keys that differ are sent, a null removes one."""
    cleared_by: t.Mapping[str, t.Any] = field(default_factory=dict)
    """Path that an empty value clears -> what is sent to clear it: null, or an empty value that the API takes."""
    sent_with: t.Mapping[str, str] = field(default_factory=dict)
    """Path that is sent even where it does not differ -> the top-level field with whose change it is sent.

    With `*`, it is sent with any change, as it is where the user did not name it: the API would reset it.
    """
    aliases: frozenset[str] = frozenset()
    """Paths by which a user names members of a set in place of its key. Never compared, shown as the user gave them."""
    unreadable: frozenset[str] = frozenset()
    """Paths that no read returns. Never compared, never shown."""
    server_made: frozenset[str] = frozenset()
    """Paths inside objects that reads add and writes refuse."""
    secrets: frozenset[str] = frozenset()
    """Paths whose values are compared where readable but never shown."""
    secret_paths: str = ""
    """The same as a regular expression, for objects whose fields are not all known."""
    limits: t.Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Path -> lowest and highest number, or length of a text, list or object. `tags[]` are the texts in a list."""
    patterns: t.Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Path -> a regular expression for the whole text, and what it demands in words."""

    required: t.Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Path of an object -> what it must hold wherever it is sent."""

    def hides(self, path: str) -> bool:
        return path in self.secrets or bool(self.secret_paths and re.search(self.secret_paths, path))


@dataclass(frozen=True)
class Plan:
    """What to do, and how it looks.

    `body` is the write's request body: all that was named for a create, only what differs for an update. `before` and
    `after` hold only what the user manages; `predicted` is the object as it will be, as far as can be known.
    """

    action: str
    """`create`, `update`, `delete` or `none`."""
    body: Object
    before: Object
    after: Object
    predicted: Object
    purged: t.Mapping[str, list[tuple[str, ...]]] = field(default_factory=dict)
    """Path of a set -> the keys of the members that a purge removes, in order."""

    @property
    def changed(self) -> bool:
        return self.action != "none"


def find_faults(shape: Shape, wanted: Object) -> list[str]:
    """What is wrong with values that the API would refuse."""
    faults: list[str] = []
    for path, where, value in _walk(wanted):
        if path in shape.limits and isinstance(value, (str, list, dict, int)):
            faults += _beyond(where, value, *shape.limits[path])
        if path in shape.patterns and isinstance(value, str) and not re.fullmatch(shape.patterns[path][0], value):
            faults.append(f"{where} must {shape.patterns[path][1]}")
        if path in shape.sets and isinstance(value, list):
            names = Counter(_member_key(shape, path, member) for member in value)
            twice = sorted(name for name, count in names.items() if count > 1)
            faults += [f"{where} lists {' '.join(map(repr, name))} twice" for name in twice]
            unlimited = [name for name in shape.sets[path] if _at(path, name) not in shape.limits]
            empty = [(index, name) for index, one in enumerate(value) for name in unlimited if one[name] == ""]
            faults += [f"{where}[{index}].{name} is empty" for index, name in empty]
    return faults


def find_overflows(shape: Shape, plan: Plan) -> list[str]:
    """What would have too many members, merged with what is there."""
    merged = {key: plan.predicted.get(key) for key in plan.body if key in shape.limits}
    return [
        fault
        for key, value in merged.items()
        if isinstance(value, (dict, list))
        for fault in _beyond(f"{key}, with what is there already,", value, *shape.limits[key])
    ]


def make_plan(
    shape: Shape, wanted: Object, actual: Object | None, *, purge: t.Collection[str] = (), force: t.Collection[str] = ()
) -> Plan:
    """Plan that the object exists as wanted. `wanted` holds only what the user named.

    `purge` names sets to trim, `force` top-level fields to send even where nothing that can be compared differs.
    """
    wanted = {key: _clear_empty(shape, key, value) for key, value in wanted.items()}
    if actual is None:
        # Nothing is there to be emptied, and some texts may be empty in an update only.
        body = {
            key: value for key, value in _drop_nulls(wanted).items() if value != "" or shape.defaults.get(key) != ""
        }
        _refuse_incomplete(shape, body)
        return Plan(
            "create", body, {}, _mask(shape, "", _view(shape, "", body, body), {}), without_secrets(shape, body)
        )
    before = _view(shape, "", wanted, actual, purge)
    after = _view(shape, "", wanted, wanted)
    _refuse_immutable(shape, before, after)
    changes = [key for key in wanted if before.get(key) != after.get(key) or key in force]
    partners = [path for path, partner in shape.sent_with.items() if partner in changes or (partner == "*" and changes)]
    changes += [path for path in partners if path in wanted and path not in changes]
    body = {key: _merge(shape, key, wanted[key], actual.get(key), purge) for key in changes}
    body.update({key: shape.cleared_by[key] for key in body if body[key] is None and key in shape.cleared_by})
    _refuse_incomplete(shape, body)
    for key in shape.maps & set(body):
        old, new = before.get(key, {}), after.get(key, {})
        body[key] = {name: value for name, value in wanted[key].items() if old.get(name) != new.get(name)}
    if body:
        kept = [path for path, partner in shape.sent_with.items() if partner == "*"]
        body.update({key: actual[key] for key in kept if key in actual and key not in body})
    return Plan(
        action="update" if body else "none",
        body=body,
        before=_mask(shape, "", before, before),
        after=_mask(shape, "", after, before),
        predicted=without_secrets(shape, _apply(shape, actual, body)),
        purged={path: _removed_keys(shape, path, before, after) for path in purge if path in wanted},
    )


def plan_absent(shape: Shape, named: Object, actual: Object | None) -> Plan:
    """Plan that the object does not exist; `named` are the fields by which the user named it."""
    if actual is None:
        return Plan("none", {}, {}, {}, {})
    before = _view(shape, "", named, actual)
    _refuse_immutable(shape, before, _view(shape, "", named, named))
    return Plan("delete", {}, before, {}, {})


def without_secrets(shape: Shape, value: t.Any, path: str = "") -> t.Any:
    """An object as results may show it: without secrets and without what only writes know."""
    if isinstance(value, dict):
        return {
            key: without_secrets(shape, inner, _at(path, key))
            for key, inner in value.items()
            if not shape.hides(_at(path, key)) and _at(path, key) not in shape.unreadable
        }
    return [without_secrets(shape, member, path) for member in value] if isinstance(value, list) else value


def secrets_in(shape: Shape, value: t.Any) -> t.Iterator[str]:
    """The texts and numbers at the secret paths of an object."""
    return secrets_at(shape.hides, value)


def _drop_nulls(value: t.Any) -> t.Any:
    """Without what was named as null, at any depth of objects."""
    if isinstance(value, dict):
        return {key: _drop_nulls(inner) for key, inner in value.items() if inner is not None}
    return value


def _at(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _walk(value: t.Any, path: str = "", where: str = "") -> t.Iterator[tuple[str, str, t.Any]]:
    """Every value with its path and with its place in words a user knows: `scopes[2].value`."""
    if path:
        yield path, where, value
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _walk(inner, _at(path, key), _at(where, key))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            if isinstance(member, dict):
                for key, inner in member.items():
                    yield from _walk(inner, _at(path, key), f"{where}[{index}].{key}")
            else:
                yield f"{path}[]", f"{where}[{index}]", member


def _beyond(where: str, value: str | list[t.Any] | Object | int, lowest: int, highest: int) -> list[str]:
    if isinstance(value, int):
        return [] if lowest <= value <= highest else [f"{where} is {value}; it must be from {lowest} to {highest}"]
    unit = "characters" if isinstance(value, str) else "members"
    # What is named as null goes.
    count = len(_drop_nulls(value))
    if lowest <= count <= highest:
        return []
    return [f"{where} has {count} {unit}; it must have from {lowest} to {highest}"]


def _clears(shape: Shape, path: str, value: t.Any) -> bool:
    return path in shape.cleared_by and value in ({}, [], "")


def _clear_empty(shape: Shape, path: str, value: t.Any) -> t.Any:
    """An empty value that clears as None; everything else as it is."""
    if _clears(shape, path, value):
        return None
    if isinstance(value, dict):
        return {key: _clear_empty(shape, _at(path, key), inner) for key, inner in value.items()}
    return value


def _view(shape: Shape, path: str, named: t.Any, value: t.Any, purge: t.Collection[str] = ()) -> t.Any:
    """The part of `value` that `named` manages, in one comparable form: absent as its default, sets in order."""
    if path in shape.aliases:
        return named
    if value is None or _clears(shape, path, value):
        value = shape.defaults.get(path)
    if isinstance(named, dict) and isinstance(value or {}, dict):
        view = {
            key: _view(shape, _at(path, key), inner, (value or {}).get(key), purge)
            for key, inner in named.items()
            if _at(path, key) not in shape.unreadable
        }
        return {key: inner for key, inner in view.items() if inner is not None}
    if path in shape.sets and isinstance(named, list):
        wanted = _by_key(shape, path, named)
        members = {key: one for key, one in _by_key(shape, path, value or []).items() if key in wanted or path in purge}
        return [_view(shape, path, wanted.get(key, members[key]), members[key], purge) for key in sorted(members)]
    return sorted(value, key=_canonical) if isinstance(value, list) and path not in shape.ordered else value


def _canonical(value: t.Any) -> str:
    return json.dumps(value, sort_keys=True)


def _merge(shape: Shape, path: str, named: t.Any, value: t.Any, purge: t.Collection[str]) -> t.Any:
    """The whole value to send: `named` over the current one, in the server's order, without what writes refuse."""
    if isinstance(named, dict):
        current = value if isinstance(value, dict) else {}
        kept = {key: inner for key, inner in current.items() if _at(path, key) not in shape.server_made}
        over = {k: _merge(shape, _at(path, k), inner, current.get(k), purge) for k, inner in named.items()}
        gone = {k for k, inner in over.items() if inner is None and _at(path, k) not in shape.cleared_by}
        return {k: inner for k, inner in {**kept, **over}.items() if k not in gone}
    if path in shape.sets and isinstance(named, list):
        wanted = _by_key(shape, path, named)
        kept = {
            key: one for key, one in _by_key(shape, path, value or []).items() if key in wanted or path not in purge
        }
        merged = {name: {**member, **wanted.get(name, {})} for name, member in kept.items()}
        return list({**merged, **{name: member for name, member in wanted.items() if name not in kept}}.values())
    return named


def _apply(shape: Shape, actual: Object, body: Object) -> Object:
    """The object after the API has carried out an update with this body."""
    result = dict(actual)
    for key, value in body.items():
        if value is None or (key in shape.cleared_by and value == shape.cleared_by[key]):
            result.pop(key, None)
        else:
            result[key] = _drop_nulls({**(actual.get(key) or {}), **value} if key in shape.maps else value)
    return result


def _refuse_immutable(shape: Shape, before: Object, after: Object) -> None:
    for path, reason in shape.immutable.items():
        have, want = _dig(before, path), _dig(after, path)
        if want is not None and have != want:
            raise PlanError(f"is {_canonical(have)} and cannot become {_canonical(want)}: {reason}", where=path)


def _refuse_incomplete(shape: Shape, body: Object) -> None:
    missing = {
        path: [name for name in names if name not in (_dig(body, path) or {})]
        for path, names in shape.required.items()
        if isinstance(_dig(body, path), dict)
    }
    if faults := [f"{path} needs {', '.join(names)}" for path, names in missing.items() if names]:
        raise PlanError(f"{'; '.join(faults)} as well")


def _dig(view: t.Any, path: str) -> t.Any:
    for key in path.split("."):
        view = view.get(key) if isinstance(view, dict) else None
    return view


def _member_key(shape: Shape, path: str, member: Object) -> tuple[str, ...]:
    return tuple(str(member[name]) for name in shape.sets[path])


def _by_key(shape: Shape, path: str, members: t.Iterable[Object]) -> dict[tuple[str, ...], Object]:
    return {_member_key(shape, path, member): member for member in members}


def _removed_keys(shape: Shape, path: str, before: Object, after: Object) -> list[tuple[str, ...]]:
    return sorted(_by_key(shape, path, before.get(path, [])).keys() - _by_key(shape, path, after.get(path, [])).keys())


def _mask(shape: Shape, path: str, view: t.Any, before: t.Any) -> t.Any:
    """A view as the diff may show it: a secret only says whether it changes."""
    if shape.hides(path):
        return HIDDEN if before in (None, view) else HIDDEN_CHANGED
    if isinstance(view, dict):
        old = before if isinstance(before, dict) else {}
        return {key: _mask(shape, _at(path, key), inner, old.get(key)) for key, inner in view.items()}
    return [_mask(shape, path, member, None) for member in view] if isinstance(view, list) else view
