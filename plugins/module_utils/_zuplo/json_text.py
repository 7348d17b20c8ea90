# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Edit JSON as text: what an edit does not name keeps every byte, its order and its formatting. Pure.

A path is the keys and indexes from the root. Text that is not strict JSON raises `JsonTextError`.
"""

from __future__ import annotations

import functools
import json
import re
import typing as t
from dataclasses import dataclass, field

Path = tuple[t.Union[str, int], ...]

_SPACE = re.compile(r"[ \t\r\n]*")
# Python itself reads no integer of more than 4300 digits.
_MAX_DIGITS = 4000


class JsonTextError(Exception):
    """A text is not strict JSON: the `problem`, and where, both counted from 1."""

    def __init__(self, problem: str, text: str, at: int) -> None:
        self.problem = problem
        self.line = text.count("\n", 0, at) + 1
        self.column = at - text.rfind("\n", 0, at)
        super().__init__(f"{problem} at line {self.line} column {self.column}")


@dataclass(frozen=True)
class Node:
    """A value in a text: from `start` up to `end`, its members or items in `parts`, where each begins in `starts`.

    The beginning of a member is that of its key. What `find` returns has no parts of parts.
    """

    start: int
    end: int
    value: t.Any
    parts: dict[str | int, Node] = field(default_factory=dict)
    starts: dict[str | int, int] = field(default_factory=dict)


def parse(text: str) -> Node:
    """The root of a text. Every number, text and literal is as `json` reads it; a repeated key is refused."""
    try:
        node = _value(text, _skip(text, 0), _value)
    except RecursionError:
        raise JsonTextError("Lists and objects are nested too deeply", text, 0) from None
    if (end := _skip(text, node.end)) != len(text):
        raise JsonTextError("Extra data", text, end)
    return node


@functools.lru_cache(maxsize=16)
def load(text: str) -> t.Any:
    """The value of a text that `parse` takes, much faster. Not to be changed: all callers get the same."""
    return _DECODER.decode(text)


def find(text: str, path: Path) -> Node | None:
    """What is at a path of a text that `parse` takes; reads only the parents on the way in full."""
    node: Node | None = _value(text, _skip(text, 0), _leaf)
    for step in path:
        part = node.parts.get(step) if node else None
        node = _value(text, part.start, _leaf) if part else None
    return node


def merge(text: str, path: Path, wanted: t.Any) -> str:
    """Write what is wanted at a path whose parent exists; members of objects that it does not name stay."""
    current = find(text, path)
    if current is None:
        return insert(text, path, wanted)
    if isinstance(wanted, dict) and isinstance(current.value, dict):
        for key, value in wanted.items():
            text = merge(text, (*path, key), value)
        return text
    if json.dumps(current.value) == json.dumps(wanted):
        return text
    return text[: current.start] + _dump(text, wanted, _indent(text, current.start)) + text[current.end :]


def insert(text: str, path: Path, value: t.Any, *, first: bool = False) -> str:
    """Put a new member or item at the end of its parent, or of a list at its beginning."""
    parent, key = _parent(text, path), path[-1]
    name = f"{_dump(text, key)}: " if isinstance(key, str) else ""
    starts = sorted(parent.starts.values())
    if not starts:
        at, outer = parent.start + 1, _indent(text, parent.start)
        if at < parent.end - 1:
            return text[:at] + name + _dump(text, value) + text[at:]
        inner = outer + _unit(text)
        content = name + _dump(text, value, inner)
        return text[:at] + _newline(text) + inner + content + _newline(text) + outer + text[at:]
    at = starts[0] if first else starts[-1]
    gap = text[_skip_back(text, at) : at] or " "
    content = name + _dump(text, value, _indent(text, at) if "\n" in gap else None)
    if first:
        return text[:at] + content + "," + gap + text[at:]
    end = max(part.end for part in parent.parts.values())
    return text[:end] + "," + gap + content + text[end:]


def remove(text: str, path: Path) -> str:
    """Remove a member or an item, with the comma and the space that `insert` put beside it."""
    parent, key = _parent(text, path), path[-1]
    starts = sorted(parent.starts.values())
    start, end = parent.starts[key], parent.parts[key].end
    index = starts.index(start)
    if index:
        before = max(part.end for part in parent.parts.values() if part.end <= start)
        return text[:before] + text[end:]
    if len(starts) > 1:
        return text[:start] + text[starts[1] :]
    left, right = text[parent.start + 1 : start], text[end : parent.end - 1]
    if left and right:
        return text[: parent.start + 1] + text[parent.end - 1 :]
    return text[:start] + text[end:]


def value_at(value: t.Any, *keys: str) -> t.Any:
    """What is at these keys below a value; None where one is absent, or its parent is not an object."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def pointer(path: Path) -> str:
    """A path as a JSON pointer (RFC 6901)."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def _parent(text: str, path: Path) -> Node:
    parent = find(text, path[:-1])
    if parent is None:
        raise KeyError(pointer(path[:-1]))
    return parent


def _leaf(text: str, at: int, _part: t.Any = None) -> Node:
    value, end = _decode(text, at)
    return Node(at, end, value)


def _decode(text: str, at: int) -> tuple[t.Any, int]:
    """The value at a position, and where it ends."""
    try:
        return _DECODER.raw_decode(text, at)
    except json.JSONDecodeError as error:
        raise JsonTextError(error.msg, text, error.pos) from None
    except _NoValue as error:
        raise JsonTextError(str(error), text, at) from None


def _value(text: str, at: int, part: t.Callable[..., Node]) -> Node:
    """The value at a position, whose members or items `part` makes."""
    opening = text[at : at + 1]
    if opening not in ("{", "["):
        return _leaf(text, at)
    closing = "}" if opening == "{" else "]"
    parts: dict[str | int, Node] = {}
    starts: dict[str | int, int] = {}
    end = _skip(text, at + 1)
    while text[end : end + 1] != closing or parts:
        key: str | int = len(parts)
        start = end
        if opening == "{":
            key, end = _key(text, start)
            if key in parts:
                raise JsonTextError(f"Repeated key {json.dumps(key)}", text, start)
            end = _expect(text, _skip(text, end), ":")
        parts[key] = part(text, _skip(text, end), part)
        starts[key] = start
        end = _skip(text, parts[key].end)
        if text[end : end + 1] == closing:
            break
        end = _skip(text, _expect(text, end, ","))
    whole = {name: one.value for name, one in parts.items()} if opening == "{" else [p.value for p in parts.values()]
    return Node(at, end + 1, whole, parts, starts)


def _key(text: str, at: int) -> tuple[str, int]:
    if text[at : at + 1] != '"':
        raise JsonTextError("Expecting a key in double quotes", text, at)
    return _decode(text, at)


class _NoValue(Exception):
    """The decoder has met a number or a constant that is not taken."""


def _refuse(constant: str) -> t.NoReturn:
    raise _NoValue(f"{constant} is not JSON")


def _integer(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise _NoValue(f"A number has more than {_MAX_DIGITS} digits")
    return int(digits)


_DECODER = json.JSONDecoder(parse_constant=_refuse, parse_int=_integer)


def _expect(text: str, at: int, sign: str) -> int:
    if text[at : at + 1] != sign:
        raise JsonTextError(f"Expecting {sign!r}", text, at)
    return at + 1


def _skip(text: str, at: int) -> int:
    return t.cast("re.Match[str]", _SPACE.match(text, at)).end()


def _skip_back(text: str, at: int) -> int:
    while at and text[at - 1] in " \t\r\n":
        at -= 1
    return at


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _unit(text: str) -> str:
    """One step of indentation, as the text has it."""
    found = re.search(r"^([ \t]+)\S", text, re.MULTILINE)
    return found.group(1) if found else "  "


def _indent(text: str, at: int) -> str:
    """The indentation of the line of a position."""
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return t.cast("re.Match[str]", re.match(r"[ \t]*", line)).group()


def _dump(text: str, value: t.Any, indent: str | None = None) -> str:
    """A value as JSON: in one line, or over several as the text has them, of which all but the first are indented."""
    if indent is None:
        return json.dumps(value, ensure_ascii=False)
    return json.dumps(value, ensure_ascii=False, indent=_unit(text)).replace("\n", _newline(text) + indent)
