# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The subset of Lucene's query syntax that Auth0's searches take (documentation: user search v3, log search v3).

Terms `field:value`, phrases, the wildcards `*` and `?`, ranges, parentheses, AND, OR, NOT, `_exists_`. Values are
compared whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from .listing import invalid_query

Item = dict[str, Any]
Test = Callable[[Item], bool]

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<parenthesis>[()])
      | (?P<field>(?:\\.|[^\s()\[\]{}":\\])+):
      | (?P<range>[\[{]\s*\S+\s+TO\s+[^\s\]}]+\s*[\]}])
      | "(?P<phrase>(?:\\.|[^"\\])*)"
      | (?P<word>(?:\\.|[^\s()\[\]{}"\\])+)
    )""",
    re.VERBOSE,
)
_RANGE = re.compile(r"([\[{])\s*(\S+)\s+TO\s+([^\s\]}]+)\s*([\]}])")
_ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True)
class Fields:
    """What can be searched, and how.

    `bare`: searched by a term that names no field; where there are none, each term must name one. `folded`: whether
    case does not count in a field. `dates`: a part of one matches. `named`: what a term may name, None for anything.
    `most`: how many terms there may be. `suffix`: a wildcard in front of fewer characters is refused.
    """

    bare: tuple[str, ...] = ()
    folded: Callable[[str], bool] = frozenset[str]().__contains__
    dates: frozenset[str] = frozenset()
    named: Callable[[str], bool] | None = None
    most: int | None = None
    suffix: int = 3

    def test(self, query: str) -> Test:
        """Whether an item matches."""
        return _Parser(query, self).parse()


def _refused(reason: str) -> Exception:
    return invalid_query(reason, "q")


def _tokens(query: str) -> Iterator[tuple[str, str]]:
    position = 0
    while query[position:].strip():
        found = _TOKEN.match(query, position)
        if found is None or found.lastgroup is None:
            raise _refused(f"Cannot parse the query at position {position}")
        yield found.lastgroup, found[found.lastgroup]
        position = found.end()


def _values(item: Any, path: str) -> Iterator[Any]:
    """What is at the end of a path; lists on the way are passed through."""
    if isinstance(item, list):
        for one in item:
            yield from _values(one, path)
    elif not path:
        if item is not None:
            yield item
    elif isinstance(item, dict):
        if path in item:
            yield from _values(item[path], "")
        else:
            first, _dot, rest = path.partition(".")
            if rest and first in item:
                yield from _values(item[first], rest)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _within(low: str, high: str, opening: str, closing: str) -> Callable[[Any], bool]:
    """Numbers are compared as such, everything else up to the length of the bound: a day holds all its moments."""

    def ordered(value: Any, bound: str) -> tuple[Any, Any]:
        if isinstance(value, (int, float)):
            try:
                return value, float(bound)
            except ValueError:
                raise _refused(f"{bound} is not a number") from None
        return _text(value)[: len(bound)], bound

    def test(value: Any) -> bool:
        if low != "*":
            found, bound = ordered(value, low)
            if found < bound or (found == bound and opening == "{"):
                return False
        if high != "*":
            found, bound = ordered(value, high)
            if found > bound or (found == bound and closing == "}"):
                return False
        return True

    return test


def _literal(text: str) -> str:
    return re.escape(_ESCAPED.sub(r"\1", text))


def _pattern(text: str) -> str:
    """Each `?` is any one character."""
    return ".".join(map(_literal, re.split(r"(?<!\\)\?", text)))


class _Parser:
    def __init__(self, query: str, fields: Fields) -> None:
        self._tokens = list(_tokens(query))
        self._place = 0
        self._fields = fields
        self._terms = 0

    def parse(self) -> Test:
        test = self._either(None)
        if self._place < len(self._tokens):
            raise _refused("Cannot parse the query: a parenthesis is not open")
        return test

    def _next(self) -> tuple[str, str] | None:
        return self._tokens[self._place] if self._place < len(self._tokens) else None

    def _take(self, *token: str) -> bool:
        if self._next() != token:
            return False
        self._place += 1
        return True

    def _either(self, field: str | None) -> Test:
        """Terms without an operator between them are alternatives, as in Lucene."""
        tests = [self._all(field)]
        while self._take("word", "OR") or self._next() not in (None, ("parenthesis", ")")):
            tests.append(self._all(field))
        return tests[0] if len(tests) == 1 else lambda item: any(test(item) for test in tests)

    def _all(self, field: str | None) -> Test:
        tests = [self._one(field)]
        while self._take("word", "AND"):
            tests.append(self._one(field))
        return tests[0] if len(tests) == 1 else lambda item: all(test(item) for test in tests)

    def _one(self, field: str | None) -> Test:
        if self._take("word", "NOT"):
            refused = self._one(field)
            return lambda item: not refused(item)
        token = self._next()
        if token is None or token in (("parenthesis", ")"), ("word", "AND"), ("word", "OR")):
            raise _refused("Cannot parse the query: a term is missing")
        self._place += 1
        kind, text = token
        if kind == "field":
            return self._one(self._named(_ESCAPED.sub(r"\1", text)))
        if kind == "parenthesis":
            inner = self._either(field)
            if not self._take("parenthesis", ")"):
                raise _refused("Cannot parse the query: a parenthesis is not closed")
            return inner
        self._terms += 1
        if self._fields.most is not None and self._terms > self._fields.most:
            raise _refused(f"More than {self._fields.most} filter operations")
        if field is None and not self._fields.bare:
            raise _refused(f"{text} must follow the name of a field and a colon")
        if field == "_exists_":
            return lambda item: any(True for _value in _values(item, text))
        names = self._fields.bare if field is None else (field,)
        tests = {name: self._value(kind, text, name) for name in names}
        return lambda item: any(test(value) for name, test in tests.items() for value in _values(item, name))

    def _named(self, field: str) -> str:
        if self._fields.named is not None and not self._fields.named(field):
            raise _refused(f"{field} cannot be searched by")
        return field

    def _value(self, kind: str, text: str, field: str) -> Callable[[Any], bool]:
        if kind == "range":
            bounds = _RANGE.fullmatch(text)
            if bounds is None:
                raise _refused(f"Cannot parse the range {text}")
            opening, low, high, closing = bounds.groups()
            return _within(low.strip('"'), high.strip('"'), opening, closing)
        folded = re.IGNORECASE if self._fields.folded(field) else 0
        parts = re.split(r"(?<!\\)\*", text) if kind == "word" else [text]
        if len(parts) > 1 and not parts[0] and any(parts) and max(map(len, parts)) < self._fields.suffix:
            raise _refused(f"A wildcard in front needs {self._fields.suffix} characters: {text}")
        pattern = ".*".join(_pattern(part) if kind == "word" else _literal(part) for part in parts)
        if field in self._fields.dates:
            pattern += ".*"
        wanted = re.compile(pattern, folded | re.DOTALL)
        return lambda value: wanted.fullmatch(_text(value)) is not None
