# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Compare what the user wants with what the server has, once. Pure: no input, no output.

`changed`, the diff, check mode and the request body are all read off the one `Plan` made here, so they cannot disagree.
"""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass, field

Object = dict[str, t.Any]

HIDDEN = "(secret)"
HIDDEN_CHANGED = "(secret, changed)"


class PlanError(Exception):
    """What the user wants cannot be written; nothing has been sent. The text says what, where and what to do."""


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
    sets: t.Mapping[str, str] = field(default_factory=dict)
    """Path of a list of objects -> the key that identifies a member. An unlisted member stays unless purged."""
    ordered: frozenset[str] = frozenset()
    """Paths of lists whose order matters."""
    maps: frozenset[str] = frozenset()
    """Paths of objects that the API merges key by key: only the keys that differ are sent, a null removes one."""
    resent: frozenset[str] = frozenset()
    """Top-level fields that the API resets where an update leaves them out: sent along as they are."""
    nullable: frozenset[str] = frozenset()
    """Paths that an empty value clears; it is sent as null."""
    emptied: t.Mapping[str, t.Any] = field(default_factory=dict)
    """Top-level field that the API removes where it is sent empty, and takes no null for -> that empty value."""
    write_only: t.Mapping[str, str] = field(default_factory=dict)
    """Path that no read returns -> the top-level field with whose change it is sent. Never compared, never shown."""
    along: t.Mapping[str, str] = field(default_factory=dict)
    """Top-level field -> the one with whose change it is sent, even where it does not differ itself."""
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
    purged: t.Mapping[str, set[str]] = field(default_factory=dict)
    """Path of a set -> the members that a purge removes."""

    @property
    def changed(self) -> bool:
        return self.action != "none"


def check(shape: Shape, wanted: Object) -> None:
    """Refuse values that the API would refuse, all of them at once, before anything is asked or sent."""
    faults: list[str] = []
    for path, where, value in _walk(wanted):
        if path in shape.limits and isinstance(value, (str, list, dict, int)):
            faults += _beyond(where, value, *shape.limits[path])
        if path in shape.patterns and isinstance(value, str) and not re.fullmatch(shape.patterns[path][0], value):
            faults.append(f"{where} must {shape.patterns[path][1]}")
        if path in shape.sets and isinstance(value, list):
            members = [member[shape.sets[path]] for member in value]
            faults += [f"{where} lists {name!r} twice" for name in sorted({m for m in members if members.count(m) > 1})]
    if faults:
        raise PlanError(f"{'; '.join(faults)}.")


def make_plan(
    shape: Shape, wanted: Object, actual: Object | None, *, purge: t.Collection[str] = (), force: t.Collection[str] = ()
) -> Plan:
    """Plan that the object exists as wanted. `wanted` holds only what the user named.

    `purge` names sets to trim, `force` top-level fields to send even where nothing that can be compared differs.
    """
    wanted = {key: _cleared(shape, key, value) for key, value in wanted.items()}
    if actual is None:
        # Nothing is there to be emptied, and some texts may be empty in an update only.
        body = {key: value for key, value in _named(wanted).items() if value != "" or shape.defaults.get(key) != ""}
        _refuse_incomplete(shape, body)
        return Plan("create", body, {}, _mask(shape, "", _view(shape, "", body, body), {}), shown(shape, body))
    before = _view(shape, "", wanted, actual, purge)
    after = _view(shape, "", wanted, wanted)
    _refuse_immutable(shape, before, after)
    changes = [key for key in wanted if before.get(key) != after.get(key) or key in force]
    partners = {**shape.write_only, **shape.along}.items()
    changes += [path for path, partner in partners if path in wanted and path not in changes and partner in changes]
    body = {key: _merge(shape, key, wanted[key], actual.get(key), purge) for key in changes}
    body.update({key: empty for key, empty in shape.emptied.items() if key in body and body[key] is None})
    _refuse_incomplete(shape, body)
    for key in shape.maps & set(body):
        old, new = before.get(key, {}), after.get(key, {})
        body[key] = {name: value for name, value in wanted[key].items() if old.get(name) != new.get(name)}
    if body:
        body.update({key: actual[key] for key in shape.resent if key in actual and key not in body})
    return Plan(
        action="update" if body else "none",
        body=body,
        before=_mask(shape, "", before, before),
        after=_mask(shape, "", after, before),
        predicted=shown(shape, _applied(shape, actual, body)),
        purged={path: _members(shape, path, before) - _members(shape, path, after) for path in purge if path in wanted},
    )


def plan_absent(shape: Shape, named: Object, actual: Object | None) -> Plan:
    """Plan that the object does not exist; `named` are the fields by which the user named it."""
    if actual is None:
        return Plan("none", {}, {}, {}, {})
    before = _view(shape, "", named, actual)
    _refuse_immutable(shape, before, _view(shape, "", named, named))
    return Plan("delete", {}, before, {}, {})


def shown(shape: Shape, value: t.Any, path: str = "") -> t.Any:
    """An object as results may show it: without secrets and without what only writes know."""
    if isinstance(value, dict):
        return {
            key: shown(shape, inner, _at(path, key))
            for key, inner in value.items()
            if not shape.hides(_at(path, key)) and _at(path, key) not in shape.write_only
        }
    return [shown(shape, member, path) for member in value] if isinstance(value, list) else value


def secrets_in(shape: Shape, value: t.Any, path: str = "") -> t.Iterator[str]:
    """The secret texts in an object: those at a secret path, and all below one."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from secrets_in(shape, inner, _at(path, key))
    elif isinstance(value, list):
        for member in value:
            yield from secrets_in(shape, member, path)
    elif isinstance(value, str) and value and shape.hides(path):
        yield value


def _named(value: t.Any) -> t.Any:
    """Without what was named as null, at any depth of objects."""
    if isinstance(value, dict):
        return {key: _named(inner) for key, inner in value.items() if inner is not None}
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
    count = len(_named(value))
    if lowest <= count <= highest:
        return []
    return [f"{where} has {count} {unit}; it must have from {lowest} to {highest}"]


def _clears(shape: Shape, path: str, value: t.Any) -> bool:
    return (path in shape.nullable or path in shape.emptied) and value in ({}, [], "")


def _cleared(shape: Shape, path: str, value: t.Any) -> t.Any:
    """An empty value that clears as None; everything else as it is."""
    if _clears(shape, path, value):
        return None
    if isinstance(value, dict):
        return {key: _cleared(shape, _at(path, key), inner) for key, inner in value.items()}
    return value


def _view(shape: Shape, path: str, named: t.Any, value: t.Any, purge: t.Collection[str] = ()) -> t.Any:
    """The part of `value` that `named` manages, in one comparable form: absent as its default, sets in order."""
    if value is None or _clears(shape, path, value):
        value = shape.defaults.get(path)
    if isinstance(named, dict) and isinstance(value or {}, dict):
        view = {
            key: _view(shape, _at(path, key), inner, (value or {}).get(key), purge)
            for key, inner in named.items()
            if _at(path, key) not in shape.write_only
        }
        return {key: inner for key, inner in view.items() if inner is not None}
    if path in shape.sets and isinstance(named, list):
        key = shape.sets[path]
        wanted = {member[key]: member for member in named}
        members = [member for member in value or [] if member[key] in wanted or path in purge]
        views = [_view(shape, path, wanted.get(member[key], member), member, purge) for member in members]
        return sorted(views, key=lambda member: str(member[key]))
    return sorted(value, key=_canonical) if isinstance(value, list) and path not in shape.ordered else value


def _canonical(value: t.Any) -> str:
    return json.dumps(value, sort_keys=True)


def _merge(shape: Shape, path: str, named: t.Any, value: t.Any, purge: t.Collection[str]) -> t.Any:
    """The whole value to send: `named` over the current one, in the server's order, without what writes refuse."""
    if isinstance(named, dict):
        current = value if isinstance(value, dict) else {}
        kept = {key: inner for key, inner in current.items() if _at(path, key) not in shape.server_made}
        over = {k: _merge(shape, _at(path, k), inner, current.get(k), purge) for k, inner in named.items()}
        gone = {k for k, inner in over.items() if inner is None and _at(path, k) not in shape.nullable}
        return {k: inner for k, inner in {**kept, **over}.items() if k not in gone}
    if path in shape.sets and isinstance(named, list):
        key = shape.sets[path]
        wanted = {member[key]: member for member in named}
        kept = {member[key]: member for member in value or [] if member[key] in wanted or path not in purge}
        merged = {name: {**member, **wanted.get(name, {})} for name, member in kept.items()}
        return list({**merged, **{name: member for name, member in wanted.items() if name not in kept}}.values())
    return named


def _applied(shape: Shape, actual: Object, body: Object) -> Object:
    """The object after the API has carried out an update with this body."""
    result = dict(actual)
    for key, value in body.items():
        if value is None or (key in shape.emptied and value == shape.emptied[key]):
            result.pop(key, None)
        else:
            result[key] = _named({**(actual.get(key) or {}), **value} if key in shape.maps else value)
    return result


def _refuse_immutable(shape: Shape, before: Object, after: Object) -> None:
    for path, reason in shape.immutable.items():
        have, want = _dig(before, path), _dig(after, path)
        if want is not None and have != want:
            raise PlanError(f"{path} is {_canonical(have)} and cannot become {_canonical(want)}: {reason}")


def _refuse_incomplete(shape: Shape, body: Object) -> None:
    missing = {
        path: [name for name in names if name not in (_dig(body, path) or {})]
        for path, names in shape.required.items()
        if isinstance(_dig(body, path), dict)
    }
    if faults := [f"{path} needs {', '.join(names)}" for path, names in missing.items() if names]:
        raise PlanError(f"{'; '.join(faults)} as well.")


def _dig(view: t.Any, path: str) -> t.Any:
    for key in path.split("."):
        view = view.get(key) if isinstance(view, dict) else None
    return view


def _members(shape: Shape, path: str, view: Object) -> set[str]:
    return {member[shape.sets[path]] for member in view.get(path, [])}


def _mask(shape: Shape, path: str, view: t.Any, before: t.Any) -> t.Any:
    """A view as the diff may show it: a secret only says whether it changes."""
    if shape.hides(path):
        return HIDDEN if before in (None, view) else HIDDEN_CHANGED
    if isinstance(view, dict):
        old = before if isinstance(before, dict) else {}
        return {key: _mask(shape, _at(path, key), inner, old.get(key)) for key, inner in view.items()}
    return [_mask(shape, path, member, None) for member in view] if isinstance(view, list) else view
