# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Edits of JSON text: they say what they should, and can be taken back to the byte."""

from __future__ import annotations

import json
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo import json_reader, json_text
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.json_text import Document, Insertion

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
LAYOUTS = [
    {"indent": None},
    {"indent": 2},
    {"indent": 4},
    {"indent": "\t"},
    {"separators": (",", ":")},
]


@st.composite
def texts(draw: st.DrawFn) -> str:
    """An object in JSON as different hands write it."""
    value = draw(st.dictionaries(st.text(max_size=3), VALUES, max_size=4))
    text = json.dumps(value, ensure_ascii=draw(st.booleans()), **draw(st.sampled_from(LAYOUTS)))  # type: ignore[arg-type]
    if draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    if draw(st.booleans()):
        # A space inside empty containers, where it is no part of a text.
        text = text.replace(": {}", ": { }").replace(": []", ": [\n]")
    return text + draw(st.sampled_from(["", "\n", "\r\n"]))


def containers(value: t.Any, path: json_text.Path = ()) -> t.Iterator[json_text.Path]:
    if isinstance(value, (dict, list)):
        yield path
        for step, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from containers(part, (*path, step))


def insert(text: str, path: json_text.Path, value: t.Any) -> str:
    return str(Document(text).insert(Insertion(path, value)).text)


def merge(text: str, path: json_text.Path, value: t.Any) -> str:
    return str(Document(text).merge(path, value).text)


@given(texts())
def test_reads_what_json_reads(text: str) -> None:
    assert json_reader.load(text) == json.loads(text)


@given(texts(), VALUES, st.data())
def test_what_is_inserted_is_there_and_goes_without_a_trace(text: str, value: t.Any, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(list(containers(json.loads(text)))))
    parent: t.Any = json.loads(text)
    for one in path:
        parent = parent[one]
    step = "new key" if isinstance(parent, dict) else data.draw(st.integers(0, len(parent)))
    inserted = insert(text, (*path, step), value)

    expected: t.Any = json.loads(text)
    inner: t.Any = expected
    for one in path:
        inner = inner[one]
    if isinstance(inner, dict):
        inner["new key"] = value
    else:
        inner.insert(t.cast("int", step), value)
    assert json.loads(inserted) == expected
    assert Document(inserted).remove((*path, step)).text == text


@given(st.lists(VALUES, min_size=1), st.lists(VALUES), st.sampled_from([None, 2]))
def test_several_items_go_to_the_end_of_a_list_and_go_again(
    there: list[t.Any], new: list[t.Any], indent: t.Any
) -> None:
    text = json.dumps([there], indent=indent)
    paths: list[json_text.Path] = [(0, len(there) + number) for number in range(len(new))]
    inserted = Document(text).insert(*(Insertion((0, len(there)), value) for value in new))
    assert inserted.value == [[*there, *new]]
    assert inserted.remove(*paths).text == text


@given(texts(), VALUES)
def test_a_merge_holds_what_is_wanted_and_keeps_the_rest(text: str, value: t.Any) -> None:
    before = json.loads(text)
    merged = merge(text, ("new key",), {"x": value})
    assert json.loads(merged) == {**before, "new key": {"x": value}}
    assert merge(merged, ("new key",), {"x": value}) == merged
    again = merge(merged, ("new key", "y"), 1)
    assert json.loads(merge(again, ("new key",), {"x": "other"})) == {
        **before,
        "new key": {"x": "other", "y": 1},
    }


def test_the_layout_is_the_text_s_own() -> None:
    text = '{\r\n\t"policies": [\r\n\t\t{"name": "a"}\r\n\t]\r\n}'
    assert insert(text, ("policies", 1), {"name": "b"}) == (
        '{\r\n\t"policies": [\r\n\t\t{"name": "a"},\r\n\t\t{\r\n\t\t\t"name": "b"\r\n\t\t}\r\n\t]\r\n}'
    )
    assert insert('{"a": ["x", "y"]}', ("a", 0), "z") == '{"a": ["z", "x", "y"]}'
    assert merge('{"a": 1, "b": 2.50}', ("a",), True) == '{"a": true, "b": 2.50}'


@pytest.mark.parametrize(
    ("text", "problem", "line", "column"),
    [
        ('{"a": 1,}', "double quotes", 1, 9),
        ('{\n  // no\n  "a": 1\n}', "double quotes", 2, 3),
        ('{"a":\n NaN}', "NaN is not JSON", 2, 2),
        ("[-Infinity]", "-Infinity is not JSON", 1, 2),
        ("[1 2]", "Expecting ','", 1, 4),
        ('{"a": [1', "Expecting ','", 1, 9),
        ("", "Expecting value", 1, 1),
        ('{"a": 1,\n "a": 2}', 'Repeated key "a"', 2, 2),
        ("{'a': 1}", "double quotes", 1, 2),
        ("[1]]", "Extra data", 1, 4),
        ("\ufeff{}", "Expecting value", 1, 1),
        ('["a\nb"]', "Invalid control character", 1, 4),
        (f"[\n{'9' * 5000}]", "more than 4000 digits", 2, 1),
        ("[" * 100_000, "nested too deeply", 1, 1),
    ],
)
def test_what_is_not_strict_json(text: str, problem: str, line: int, column: int) -> None:
    with pytest.raises(json_reader.JsonTextError) as refused:
        json_reader.load(text)
    assert problem in refused.value.problem
    assert (refused.value.line, refused.value.column) == (line, column)
    assert str(refused.value).endswith(f" at line {line} column {column}")


@given(texts(), st.data())
def test_a_broken_text_has_one_kind_of_error(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text)))
    broken = text[:at] + data.draw(st.text(max_size=2)) + text[data.draw(st.integers(at, len(text))) :]
    try:
        expected = json.loads(broken)
    except json.JSONDecodeError:
        with pytest.raises(json_reader.JsonTextError):
            json_reader.load(broken)
        return
    try:
        found = json_reader.load(broken)
    except json_reader.JsonTextError as error:
        # All that `json` takes, and a strict reader does not.
        if not error.problem.startswith(("Repeated key", "Half a surrogate")) and not error.problem.endswith(
            "is not JSON"
        ):
            raise
    else:
        assert found == expected


def test_a_value_below_keys() -> None:
    assert json_text.value_at({"a": {"b": 1}}, "a", "b") == 1
    assert json_text.value_at({"a": [1]}, "a", "b", "c") is None
    assert json_text.value_at(None) is None


def test_a_pointer() -> None:
    assert json_text.pointer(("paths", "/a~b", 0)) == "/paths/~1a~0b/0"
