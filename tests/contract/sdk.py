# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Plays stories of calls with an official SDK against a running emulator, and tells where the answers are wrong.

A story begins with a new tenant. What its calls take and expect may refer to earlier answers: `{api.id}` is the `id` in
the answer kept as `api`.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from tests.integration.harness import Tenant

Object = dict[str, t.Any]

_REFERENCE = re.compile(r"\{(\w+)\.(\w+)\}")


# -- what an answer has to be -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Like:
    """A text that the regular expression matches as a whole."""

    pattern: str


@dataclass(frozen=True)
class Other:
    """A value of the same type as this one that differs from it."""

    value: t.Any


@dataclass(frozen=True)
class Words:
    """These words in any order, with blanks between."""

    value: str


ABSENT: t.Any = type("Absent", (), {"__repr__": lambda self: "ABSENT"})()


@dataclass(frozen=True)
class Listing:
    """All pages of a list: what is in them, in any order, each told by the field `by`; how long each page is; and
    what else the first page says."""

    by: str
    items: t.Collection[t.Any]
    lengths: t.Sequence[int] = ()
    first: Object = field(default_factory=dict)


def differences(wanted: t.Any, found: t.Any, path: str = "answer") -> t.Iterator[str]:
    """Where `found` is not what is wanted. An object may hold more than that; a list may not."""
    if isinstance(wanted, Like):
        if not isinstance(found, str) or not re.fullmatch(wanted.pattern, found):
            yield f"{path}: {found!r} is not like {wanted.pattern}"
    elif isinstance(wanted, Other):
        if found == wanted.value or type(found) is not type(wanted.value):
            yield f"{path}: {found!r} is no other value"
    elif isinstance(wanted, Words):
        if not isinstance(found, str) or sorted(found.split(" ")) != sorted(wanted.value.split(" ")):
            yield f"{path}: {found!r} instead of the words {wanted.value!r}"
    elif isinstance(wanted, Listing):
        yield from _listing_differences(wanted, found, path)
    elif isinstance(wanted, dict) and isinstance(found, dict):
        for key, value in wanted.items():
            inner = f"{path}.{key}"
            if value is ABSENT:
                if key in found:
                    yield f"{inner}: {found[key]!r} is not absent"
            elif key not in found:
                yield f"{inner}: absent instead of {value!r}"
            else:
                yield from differences(value, found[key], inner)
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        for number, (value, other) in enumerate(zip(wanted, found, strict=True)):
            yield from differences(value, other, f"{path}[{number}]")
    elif wanted != found or isinstance(wanted, bool) is not isinstance(found, bool):
        yield f"{path}: {found!r} instead of {wanted!r}"


def _listing_differences(wanted: Listing, found: t.Any, path: str) -> t.Iterator[str]:
    if not isinstance(found, dict) or found.keys() != {"pages", "first"}:
        yield f"{path}: no list with pages, but {found!r}"
        return
    pages = found["pages"]
    there = sorted(str(item.get(wanted.by)) for page in pages for item in page)
    if there != sorted(map(str, wanted.items)):
        yield f"{path}: {there} instead of {sorted(map(str, wanted.items))}"
    lengths = [len(page) for page in pages]
    if wanted.lengths and lengths != list(wanted.lengths):
        yield f"{path}: pages of {lengths} instead of {list(wanted.lengths)}"
    yield from differences(wanted.first, found["first"], f"{path}.first")


# -- calls ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Call:
    """A call of an SDK by its name in snake_case, with the arguments `path` and the fields or the list `body`.

    `answer` is what must come, `status` that of the error that must come, with `answer` as its body. `keep` names the
    answer, or the first item of a list. `variant` tells calls of one name apart.
    """

    name: str
    path: tuple[str, ...] = ()
    body: Object | list[Object] = field(default_factory=dict)
    answer: t.Any = None
    status: int = 0
    keep: str = ""
    variant: str = ""


@dataclass(frozen=True)
class Story:
    name: str
    calls: tuple[Call, ...]


@dataclass(frozen=True)
class Outcome:
    """What came of a call: a value, or the status and body of the error that the SDK raised; `error` is its text."""

    value: t.Any = None
    status: int = 0
    error: str = ""


class Sdk(t.Protocol):
    """Does one call. A list comes back as `{pages: [[item]], first: {total?, start?, limit?, next?}}`."""

    def __call__(self, name: str, path: list[str], body: Object | list[Object]) -> Outcome: ...


@dataclass(frozen=True)
class Row:
    story: Story
    call: Call

    def __str__(self) -> str:
        return f"{self.story.name}: {self.call.name}{' ' + self.call.variant if self.call.variant else ''}"


def rows(stories: t.Iterable[Story]) -> list[Row]:
    made = [Row(story, call) for story in stories for call in story.calls]
    names = [str(row) for row in made]
    assert len(set(names)) == len(names), [name for name in names if names.count(name) > 1]
    return made


class Stage:
    """Plays a story when one of its rows is asked for, once."""

    def __init__(self, sdk: Sdk, tenant: Tenant, prepare: t.Callable[[Tenant], dict[str, Object]]) -> None:
        """`prepare` is given each new tenant, and gives what calls may refer to from the start."""
        self._sdk = sdk
        self._tenant = tenant
        self._prepare = prepare
        self._found: dict[str, list[str]] = {}

    def check(self, row: Row) -> None:
        """Fails with all that is not as it has to be in the call's outcome."""
        if str(row) not in self._found:
            self._play(row.story)
        found = self._found[str(row)]
        assert not found, "\n".join(found)

    def _play(self, story: Story) -> None:
        self._tenant.call("POST", "/_emulator/reset")
        kept = self._prepare(self._tenant)
        for call in story.calls:
            try:
                path, body = _resolved(list(call.path), kept), _resolved(call.body, kept)
                wanted = _resolved(call.answer, kept)
            except KeyError as missing:
                found = [f"not called, as an earlier call gave no {missing.args[0]}"]
            else:
                outcome = self._sdk(call.name, path, body)
                found = list(outcome_differences(call, wanted, outcome))
                if call.keep and not outcome.error:
                    kept[call.keep] = _first(outcome.value)
            self._found[str(Row(story, call))] = found


def outcome_differences(call: Call, wanted: t.Any, outcome: Outcome) -> t.Iterator[str]:
    if call.status != outcome.status or (outcome.error and not outcome.status):
        wanted_status = call.status or "an answer"
        yield f"{outcome.status or 'no status'} instead of {wanted_status}: {outcome.error or outcome.value}"
    else:
        least = {"statusCode": call.status} if call.status and wanted is None else wanted
        yield from differences(least, outcome.value)


def _first(value: t.Any) -> Object:
    if isinstance(value, dict) and value.keys() == {"pages", "first"}:
        value = [item for page in value["pages"] for item in page]
    return dict((value[0] if value else {}) if isinstance(value, list) else value)


def _resolved(value: t.Any, kept: dict[str, Object]) -> t.Any:
    """The value with references replaced. Raises KeyError with the reference to what is not there."""
    if isinstance(value, str):
        return _REFERENCE.sub(lambda found: _referred(found, kept), value)
    if isinstance(value, dict):
        return {_resolved(key, kept): _resolved(inner, kept) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_resolved(inner, kept) for inner in value]
    if isinstance(value, Other):
        return Other(_resolved(value.value, kept))
    if isinstance(value, Listing):
        return Listing(value.by, _resolved(value.items, kept), value.lengths, _resolved(value.first, kept))
    return value


def _referred(found: re.Match[str], kept: dict[str, Object]) -> str:
    try:
        return str(kept[found[1]][found[2]])
    except KeyError:
        raise KeyError(found[0]) from None
