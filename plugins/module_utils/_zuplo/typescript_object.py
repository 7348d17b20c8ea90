# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Read and edit what a TypeScript module gives to a class: `new Name({ key: value, ... })`. Pure."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from .typescript_lexer import Code, lex
from .typescript_names import imports, is_imported, uses_beyond_imports

_GAP = re.compile(r"\s*")


class Value(t.NamedTuple):
    """A value as it stands in the source, and without the space and the comments in it.

    `is_text` tells whether it is one literal of a text, in which nothing is computed.
    """

    start: int
    text: str
    bare: str
    is_text: bool

    def replace(self, source: str, text: str) -> str:
        """The source with another text there."""
        return source[: self.start] + text + source[self.start + len(self.text) :]


@dataclass(frozen=True)
class Argument:
    """An object literal in braces that is the only argument of the only use of a class.

    `values` are the indexes of the first and the last token of each value, by key.
    """

    code: Code
    opening: int
    values: t.Mapping[str, tuple[int, int]]

    def value(self, key: str) -> Value | None:
        return _value(self.code, *self.values[key]) if key in self.values else None

    def items(self, key: str) -> list[Value] | None:
        """Of the list that is the value; None where it is none, or it is computed which items it has."""
        first, last = self.values.get(key, (0, 0))
        if not self.code.match(first, "[") or self.code.pairs[first] != last:
            return None
        items = list(_split(self.code, first))
        if any(begin > end or self.code.match(begin, "...") for begin, end in items):
            return None
        return [_value(self.code, begin, end) for begin, end in items]


def find_argument(source: str, name: str, module: str) -> Argument | None:
    """None where the class is not imported from the module, or its argument is not literal, or it has several uses."""
    code = lex(source)
    used = uses_beyond_imports(code, name)
    if len(used) != 1 or not is_imported(code, used[0], name, module):
        return None
    first = used[0] - 2 if code.match(used[0] - 1, ".") else used[0]
    opening = used[0] + 2
    if not code.match(first - 1, "new") or not code.match(opening - 1, "(", "{"):
        return None
    after = code.pairs[opening] + (2 if code.match(code.pairs[opening] + 1, ",") else 1)
    values = _read_members(code, opening) if code.match(after, ")") else None
    return None if values is None else Argument(code, opening, values)


def begin_with(code: Code, opening: int, member: str) -> tuple[int, str]:
    """Where to put a member first in braces, and the text to put there, which is laid out like what follows."""
    at = code.tokens[opening].end
    gap = t.cast("re.Match[str]", _GAP.match(code.source, at)).group()
    if code.match(opening + 1, "}"):
        return at, f" {member} "
    return at, f"{gap if chr(10) in gap else ' '}{member},"


def find_import(code: Code, module: str) -> int | None:
    """The index of the brace after which the names begin that are imported from a module, other than types."""
    for clause, found in imports(code):
        braces = [index for index in clause if code.match(index, "{")]
        if found == module and braces and not code.match(clause.start, "type", "{"):
            return braces[0]
    return None


def _read_members(code: Code, opening: int) -> dict[str, tuple[int, int]] | None:
    """By key, where each value is; None where a member is not `key: value` or `key`."""
    values: dict[str, tuple[int, int]] = {}
    for begin, end in _split(code, opening):
        token = code.token(begin)
        key = token.text[1:-1] if token.kind == "text" else token.text
        if token.kind not in ("word", "text") or "\\" in key or key in values:
            return None
        if begin == end and token.kind == "word":
            values[key] = begin, end
        elif code.match(begin + 1, ":") and begin + 2 <= end:
            values[key] = begin + 2, end
        else:
            return None
    return values


def _split(code: Code, opening: int) -> t.Iterator[tuple[int, int]]:
    """The first and the last token of what commas divide in these brackets."""
    begin = index = opening + 1
    while index < code.pairs[opening]:
        if code.match(index, ","):
            yield begin, index - 1
            begin = index + 1
        index = code.pairs.get(index, index + 1)
    if begin < index:
        yield begin, index - 1


def _value(code: Code, first: int, last: int) -> Value:
    start, tokens = code.tokens[first].start, code.tokens[first : last + 1]
    is_text = first == last and tokens[0].kind in ("text", "template")
    return Value(start, code.source[start : tokens[-1].end], "".join(token.text for token in tokens), is_text)
