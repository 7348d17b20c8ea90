# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Read strict JSON, and find where its members and items are. Pure.

It takes a time in proportion to the size of the text. The decoder of `json` reads, and what it refuses is searched from
the outside inwards: a reader in Python would be much slower, and limited in depth.
"""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass

MAX_DEPTH = 200
_SPACE = re.compile(r"[ \t\r\n]*")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
# Python itself reads no integer of more than 4300 digits.
_MAX_DIGITS = 4000


class JsonTextError(Exception):
    """A text is not strict JSON: the `problem`, and where, both counted from 1."""

    def __init__(self, problem: str, text: str, at: int) -> None:
        self.problem = problem
        self.line = text.count("\n", 0, at) + 1
        self.column = at - text.rfind("\n", 0, at)
        super().__init__(f"{problem} at line {self.line} column {self.column}")


class Part(t.NamedTuple):
    """A member or item: where it begins (a member with its key), and where its value starts and ends."""

    begin: int
    start: int
    end: int


@dataclass(frozen=True)
class Node:
    """A value in a text: from `start` up to `end`, with its members or items in their order."""

    start: int
    end: int
    parts: t.Mapping[str | int, Part]


class _Fault(Exception):
    """The decoder has met what `json` takes and a strict reader does not."""


class _Inside(Exception):
    """The fault is inside the list or object at this position."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.at = at


def _refuse(constant: str) -> t.NoReturn:
    raise _Fault(f"{constant} is not JSON")


def _integer(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise _Fault(f"A number has more than {_MAX_DIGITS} digits")
    return int(digits)


def _unique(pairs: list[tuple[str, t.Any]]) -> dict[str, t.Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _Fault("Repeated key")
    return members


_STRICT = json.JSONDecoder(parse_constant=_refuse, parse_int=_integer, object_pairs_hook=_unique)
_PLAIN = json.JSONDecoder()


def load(text: str) -> t.Any:
    """Every number, text and literal is as `json` reads it; a repeated key is refused. Raises JsonTextError."""
    try:
        value = _STRICT.decode(text)
    except (json.JSONDecodeError, _Fault):
        raise _find_fault(text) from None
    except RecursionError:
        raise _too_deep(text) from None
    level, depth = [value], 0
    while level := [part for one in level for part in _list_containers(one)]:
        depth += 1
        if depth > MAX_DEPTH:
            raise _too_deep(text)
    if _SURROGATE.search(text):
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise JsonTextError("Half a surrogate pair, which is no character, is in a text", text, 0) from None
    return value


def _list_containers(value: t.Any) -> t.Iterator[t.Any]:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return (part for part in parts if isinstance(part, (dict, list)))


def _too_deep(text: str) -> JsonTextError:
    return JsonTextError(f"Lists and objects are nested too deeply, more than {MAX_DEPTH} levels,", text, 0)


def _find_fault(text: str) -> JsonTextError:
    """Why a text is not strict JSON; goes inwards to the innermost list or object with a fault."""
    at = skip(text, 0)
    try:
        for _level in range(MAX_DEPTH):
            try:
                node = scan(text, at, _STRICT)
                return JsonTextError("Extra data", text, skip(text, node.end))
            except _Inside as inside:
                at = inside.at
    except JsonTextError as error:
        return error
    return _too_deep(text)


def scan(text: str, at: int, decoder: json.JSONDecoder = _PLAIN) -> Node:
    """Where the value at a position ends, and its members or items are, in a text that `load` takes."""
    opening = text[at : at + 1]
    if opening not in ("{", "["):
        return Node(at, _decode(text, at, decoder)[1], {})
    closing = "}" if opening == "{" else "]"
    parts: dict[str | int, Part] = {}
    end = skip(text, at + 1)
    while text[end : end + 1] != closing or parts:
        key: str | int = len(parts)
        begin = end
        if opening == "{":
            key, end = _read_key(text, begin, decoder)
            if key in parts:
                raise JsonTextError(f"Repeated key {json.dumps(key)}", text, begin)
            end = _expect(text, skip(text, end), ":")
        start = skip(text, end)
        parts[key] = Part(begin, start, _read_end(text, start, decoder))
        end = skip(text, parts[key].end)
        if text[end : end + 1] == closing:
            break
        end = skip(text, _expect(text, end, ","))
    return Node(at, end + 1, parts)


def _read_end(text: str, at: int, decoder: json.JSONDecoder) -> int:
    """Where a member or item ends."""
    try:
        return _decode(text, at, decoder)[1]
    except JsonTextError:
        if text[at : at + 1] in ("{", "["):
            raise _Inside(at) from None
        raise


def _decode(text: str, at: int, decoder: json.JSONDecoder) -> tuple[t.Any, int]:
    """The value at a position, and where it ends."""
    try:
        return decoder.raw_decode(text, at)
    except json.JSONDecodeError as error:
        raise JsonTextError(error.msg, text, error.pos) from None
    except _Fault as error:
        raise JsonTextError(str(error), text, at) from None
    except RecursionError:
        raise _too_deep(text) from None


def _read_key(text: str, at: int, decoder: json.JSONDecoder) -> tuple[str, int]:
    if text[at : at + 1] != '"':
        raise JsonTextError("Expecting a key in double quotes", text, at)
    return _decode(text, at, decoder)


def _expect(text: str, at: int, sign: str) -> int:
    if text[at : at + 1] != sign:
        raise JsonTextError(f"Expecting {sign!r}", text, at)
    return at + 1


def skip(text: str, at: int) -> int:
    """The position after white space."""
    return t.cast("re.Match[str]", _SPACE.match(text, at)).end()
