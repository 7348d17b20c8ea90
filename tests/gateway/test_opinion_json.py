# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""JSON as we read and edit it, and as `jsonc-parser` and `JSON.parse` do."""

from __future__ import annotations

import json
import random
import re
import typing as t
from dataclasses import dataclass

from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.json_reader import JsonTextError
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.json_text import Document, Insertion
from tests.gateway.opinion import EXAMPLES, Opinion, Share

Step = str | int
# What ours refuses though it is JSON, each for its reason.
STRICTER = "Repeated key|surrogate|nested too deeply|digits"

BLANKS = ["", "", "", " ", "  ", "\t", "\n", "\r\n", "\n    ", "\r\n\t", " \n\n "]
NUMBERS = ["0", "-0", "7", "-12", "1.50", "1e5", "2E-3", "-0.0", "9007199254740993", "1e400", "-" + "1234567890" * 9]
ODD_KEYS = ["", "a", "b", "a/b", "~", "policies", "__proto__", "constructor", "0", "-1", "Ä", "😀"]
SHORT = {'"': '\\"', "\\": "\\\\", "/": "\\/", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


ODD_PIECES = [
    *',:"\\}]{[0-.e+',
    *"  \t\r1a",
    "",
    "\n",
    "\x01",
    "\x0b",
    "\u00a0",
    "\ufeff",
    "//",
    "/* */",
    "'",
    "NaN",
    "Infinity",
]
ODD_PIECES += ["-Infinity", "\\ud83d", "\\x41", "\\u00G0", "01", "1.", ".5", '"a":1,']


class Number(str):
    """As it is written."""


letters = st.text('ab/~0 .-"\\\b\f\n\r\t\x7fäß\u00a0\u2028字\ufeff😀', max_size=6)
keys = st.sampled_from(ODD_KEYS) | letters
trees = st.recursive(
    st.none() | st.booleans() | st.sampled_from(NUMBERS).map(Number) | letters,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)
containers = st.lists(trees, min_size=1, max_size=4) | st.dictionaries(keys, trees, min_size=1, max_size=4)
# Objects of JavaScript have keys that are numbers first.
wanted_keys = keys.filter(lambda key: not key.isdigit())
values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 99) | letters,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(wanted_keys, inner, max_size=3),
    max_leaves=6,
)


class Writer:
    """Writes each thing in any of the ways that JSON has for it."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def write(self, value: t.Any) -> str:
        if isinstance(value, Number):
            return value
        if isinstance(value, str):
            return self.string(value)
        if isinstance(value, dict):
            members = [f"{self.string(key)}{self.blank()}:{self._spaced(one)}" for key, one in value.items()]
            return "{" + (",".join(self.blank() + one for one in members) or self.blank()) + "}"
        if isinstance(value, list):
            return "[" + (",".join(self._spaced(one) for one in value) or self.blank()) + "]"
        return json.dumps(value)

    def _spaced(self, value: t.Any) -> str:
        return self.blank() + self.write(value) + self.blank()

    def blank(self) -> str:
        return self._random.choice(BLANKS)

    def string(self, value: str) -> str:
        return '"' + "".join(self._random.choice(self._ways(letter)) for letter in value) + '"'

    def _ways(self, letter: str) -> list[str]:
        escaped = re.sub("(....)", r"\\u\1", letter.encode("utf-16-be").hex())
        plain = [] if letter in '"\\' or letter < " " else [letter, letter]
        return [*plain, escaped, escaped.upper().replace("U", "u"), SHORT.get(letter, escaped)]

    def usual(self, value: t.Any) -> str:
        """As one of the usual programs does."""
        plain = json.loads(self.write(value))
        indent, ascii_only = self._random.choice([None, 0, 2, 4, "\t"]), self._random.random() < 0.5
        text = json.dumps(plain, indent=indent, ensure_ascii=ascii_only).replace("Infinity", "1e999")
        return text.replace("\n", self._random.choice(["\n", "\r\n"])) + self.blank()

    def document(self, value: t.Any) -> str:
        return self.usual(value) if self._random.random() < 0.4 else self._spaced(value)


def documents(of: st.SearchStrategy[t.Any]) -> st.SearchStrategy[str]:
    return st.builds(lambda value, seed: Writer(seed).document(value), of, st.integers(0, 9999))


def value_of(answer: dict[str, t.Any]) -> t.Any:
    """What the other reader has read. Of a repeated key, the last."""
    if "members" in answer:
        return {key: value_of(one) for key, one in answer["members"]}
    if "items" in answer:
        return [value_of(one) for one in answer["items"]]
    return json.loads(answer["number"]) if "number" in answer else answer["literal"]


def same(one: t.Any, other: t.Any) -> bool:
    """With the order of members, and 1, 1.0 and true told apart."""
    return json.dumps(one) == json.dumps(other)


def read_ours(text: str) -> tuple[t.Any, str]:
    """The value, or why it is refused."""
    try:
        return Document(text).value, ""
    except JsonTextError as error:
        return None, str(error)


def read(opinion: Opinion, text: str) -> t.Any:
    answer = opinion.ask("json", text=text)
    assert answer["strict"]
    assert answer["parsed"]
    return value_of(answer["value"])


@EXAMPLES
@given(text=documents(trees))
def test_the_value_is_the_same(opinion: Opinion, text: str) -> None:
    assert same(Document(text).value, read(opinion, text))


def test_what_is_no_json_is_refused_and_nothing_else(opinion: Opinion) -> None:
    share = Share()

    @EXAMPLES
    @given(
        text=documents(trees),
        at=st.integers(0, 200),
        length=st.integers(0, 2),
        new=st.sampled_from(ODD_PIECES),
    )
    def judge(text: str, at: int, length: int, new: str) -> None:
        at = at % (len(text) + 1)
        text = text[:at] + new + text[at + length :]
        answer = opinion.ask("json", text=text)
        ours, why = read_ours(text)
        share.count(refused=bool(why))
        if why:
            assert not answer["strict"] or re.search(STRICTER, why)
        else:
            assert answer["strict"]
            assert same(ours, value_of(answer["value"]))

    judge()
    share.check(at_most=0.95)


def test_repeated_keys_are_refused(opinion: Opinion) -> None:
    share = Share()

    @EXAMPLES
    @given(members=st.lists(keys, min_size=2, max_size=5), seed=st.integers(0, 9999))
    def judge(members: list[str], seed: int) -> None:
        writer = Writer(seed)
        text = "[{" + ",".join(writer.string(key) + ": 1" for key in members) + "}]"
        theirs = opinion.ask("json", text=text)["value"]
        ours, why = read_ours(text)
        share.count(refused=bool(why))
        repeated = len(set(members)) < len(members)
        assert ("Repeated key" in why) == repeated
        assert repeated or same(ours, value_of(theirs))

    judge()
    share.check(at_most=0.8)


@dataclass(frozen=True)
class Place:
    path: tuple[Step, ...]
    value: t.Any


def places(value: t.Any, path: tuple[Step, ...] = ()) -> list[Place]:
    """A value, and all that is in it."""
    parts: t.Iterable[tuple[Step, t.Any]] = ()
    if isinstance(value, dict):
        parts = value.items()
    elif isinstance(value, list):
        parts = enumerate(value)
    return [Place(path, value), *(one for step, part in parts for one in places(part, (*path, step)))]


def new_keys(value: t.Any) -> st.SearchStrategy[str]:
    return keys.filter(lambda key: key not in value)


def kept(one: str, other: str) -> int:
    """How many characters two texts share at their beginnings and ends, each counted once."""
    most = min(len(one), len(other))
    start = next((at for at in range(most) if one[at] != other[at]), most)
    return start + next((at for at in range(most - start) if one[-1 - at] != other[-1 - at]), most - start)


def agree(opinion: Opinion, before: str, after: str, kind: str, *edits: dict[str, t.Any]) -> None:
    """Both edit to the same value; where it is one edit in one place, ours keeps all around that place."""
    theirs = opinion.ask("edit", text=before, kind=kind, edits=edits)["value"]
    assert same(read(opinion, after), value_of(theirs))
    assert same(Document(after).value, read(opinion, after))
    if len(edits) == 1 and not isinstance(edits[0].get("value"), dict):
        place = opinion.ask("around", text=before, kind=kind, **edits[0])
        assert after.startswith(place["before"])
        assert after.endswith(place["after"])
        assert len(after) >= len(place["before"]) + len(place["after"])
        if kind != "merge":
            assert kept(before, after) == min(len(before), len(after))


@EXAMPLES
@given(text=documents(containers), wanted=values, data=st.data())
def test_a_value_is_merged(opinion: Opinion, text: str, wanted: t.Any, data: st.DataObject) -> None:
    document = Document(text)
    place = data.draw(st.sampled_from(places(document.value)))
    path = place.path
    if isinstance(place.value, dict) and data.draw(st.booleans()):
        path = (*path, data.draw(keys))
    assume(path)
    after = document.merge(path, wanted)
    agree(opinion, text, after.text, "merge", {"path": path, "value": wanted})
    assert after.merge(path, wanted).text == after.text


@EXAMPLES
@given(text=documents(containers), wanted=values, data=st.data())
def test_members_and_items_are_inserted(opinion: Opinion, text: str, wanted: t.Any, data: st.DataObject) -> None:
    document, edits = Document(text), []
    lists_and_objects = [one for one in places(document.value) if isinstance(one.value, (list, dict))]
    for one in data.draw(st.lists(st.sampled_from(lists_and_objects), min_size=1, max_size=3, unique_by=id)):
        is_list = isinstance(one.value, list)
        step: Step = data.draw(st.integers(0, len(one.value))) if is_list else data.draw(new_keys(one.value))
        edits.append({"path": (*one.path, step), "value": wanted})
    after = document.insert(*(Insertion(**one) for one in edits))
    # An insertion into a list moves the items that the others have in their paths: these come before.
    ordered = sorted(edits, key=lambda one: -len(one["path"]))
    agree(opinion, text, after.text, "insert", *ordered)


@EXAMPLES
@given(text=documents(containers), data=st.data())
def test_members_and_items_are_removed(opinion: Opinion, text: str, data: st.DataObject) -> None:
    document = Document(text)
    path = data.draw(st.sampled_from(places(document.value))).path
    assume(path)
    agree(opinion, text, document.remove(path).text, "remove", {"path": path})
