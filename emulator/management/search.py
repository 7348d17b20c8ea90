# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Searches: a filter in `q`, in Lucene or SCIM syntax, over the fields that a kind of object can be searched by.

Parameters, fields, operators and the limit of five operations: the reference of the official SDKs (auth0-python 6.8,
node-auth0 7.1). A filter becomes a function that tells whether an object fits.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from starlette.datastructures import QueryParams

from .. import listing
from .operation import Object

Fits = Callable[[Object], bool]

PARAMETERS = listing.CHECKPOINT | listing.FIELDS | {"q", "parser", "sort"}
MOST_OPERATIONS = 5
# Compared with case; other texts without.
EXACT = frozenset({"id", "client_id", "external_client_id", "identifier"})
# Objects of any keys.
OPEN = "metadata"


@dataclass(frozen=True)
class Fields:
    searched: Sequence[str]
    sorted: Sequence[str]


def _refused(reason: str) -> Exception:
    return listing.invalid_query(reason, "q")


def _values(item: Object, name: str) -> list[Any]:
    found: Any = item
    for step in name.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    return [value for value in (found if isinstance(found, list) else [found]) if value is not None]


def _text(name: str, value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if name in EXACT else text.casefold()


def _any(name: str, compare: Callable[[str, str], bool], wanted: Any) -> Fits:
    text = _text(name, wanted)
    return lambda item: any(compare(_text(name, value), text) for value in _values(item, name))


class _Parser:
    """What both syntaxes share: tokens, brackets, `and` before `or`, and how many operations there may be."""

    TOKENS: re.Pattern[str]
    AND: str
    OR: str
    NOT: str
    # Whether two operations may follow each other with nothing between them, which means OR.
    ADJACENT = False

    def __init__(self, text: str, fields: Sequence[str]) -> None:
        self._tokens = [match.group() for match in self.TOKENS.finditer(text)]
        if re.sub(r"\s", "", "".join(self._tokens)) != re.sub(r"\s", "", text):
            raise _refused("The query cannot be parsed")
        self._fields = fields
        self._operations = 0

    def parsed(self) -> Fits:
        fits = self._either()
        if self._tokens:
            raise _refused(f"Unexpected {self._tokens[0]}")
        return fits

    def _next(self) -> str:
        if not self._tokens:
            raise _refused("The query ends too early")
        return self._tokens.pop(0)

    def _follows(self, word: str) -> bool:
        found = bool(self._tokens) and self._tokens[0] == word
        if found:
            self._tokens.pop(0)
        return found

    def _either(self) -> Fits:
        parts = [self._both()]
        while self._follows(self.OR) or (self.ADJACENT and self._tokens and self._tokens[0] != ")"):
            parts.append(self._both())
        return lambda item: any(fits(item) for fits in parts)

    def _both(self) -> Fits:
        parts = [self._one()]
        while self._follows(self.AND):
            parts.append(self._one())
        return lambda item: all(fits(item) for fits in parts)

    def _one(self) -> Fits:
        if self._follows(self.NOT):
            refused = self._one()
            return lambda item: not refused(item)
        if self._follows("("):
            fits = self._either()
            if not self._follows(")"):
                raise _refused("A bracket is not closed")
            return fits
        self._operations += 1
        if self._operations > MOST_OPERATIONS:
            raise _refused(f"More than {MOST_OPERATIONS} filter operations")
        return self._operation()

    def _field(self, name: str) -> str:
        if name not in self._fields and not (OPEN in self._fields and name.startswith(f"{OPEN}.")):
            raise _refused(f"{name} cannot be searched by")
        return name

    def _operation(self) -> Fits:
        raise NotImplementedError


_COMPARISONS: Mapping[str, Callable[[str, str], bool]] = {
    "eq": operator.eq,
    "sw": str.startswith,
    "ew": str.endswith,
    "co": operator.contains,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}


class _Scim(_Parser):
    TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[()]|[^\s()"]+')
    AND, OR, NOT = "and", "or", "not"

    def _operation(self) -> Fits:
        name, comparison = self._field(self._next()), self._next()
        if comparison == "pr":
            return lambda item: bool(_values(item, name))
        try:
            wanted = json.loads(self._next())
        except ValueError:
            raise _refused("A value must be a text in double quotes, a number, true or false") from None
        if comparison == "ne":
            equal = _any(name, operator.eq, wanted)
            return lambda item: not equal(item)
        if comparison not in _COMPARISONS:
            raise _refused(f"{comparison} is no operator")
        return _any(name, _COMPARISONS[comparison], wanted)


class _Lucene(_Parser):
    TOKENS = re.compile(r'[^\s():"]+:(?:"(?:[^"\\]|\\.)*"|[\[{][^\]}]*[\]}]|[^\s()"]+)|[()]|[^\s()":]+')
    AND, OR, NOT = "AND", "OR", "NOT"
    ADJACENT = True

    def _operation(self) -> Fits:
        name, colon, value = self._next().partition(":")
        self._field(name)
        if not colon:
            raise _refused(f"{name} must be followed by a colon and a value")
        if value[0] in "[{":
            return self._between(name, value)
        if value[0] == '"':
            return _any(name, operator.eq, json.loads(value))
        if value == "*":
            return lambda item: bool(_values(item, name))
        pattern = re.sub(r"\\(.)", r"\1", value).replace("[", "[[]")
        return _any(name, fnmatchcase, pattern)

    def _between(self, name: str, value: str) -> Fits:
        low, to, high = value[1:-1].partition(" TO ")
        if not to:
            raise _refused(f"{value} is no range")
        above = _any(name, operator.ge if value[0] == "[" else operator.gt, low.strip())
        below = _any(name, operator.le if value[-1] == "]" else operator.lt, high.strip())
        return lambda item: (low.strip() == "*" or above(item)) and (high.strip() == "*" or below(item))


def lucene(text: str, fields: Sequence[str]) -> Fits:
    return _Lucene(text, fields).parsed()


_PARSERS = {"lucene": _Lucene, "scim": _Scim}


def chosen(
    query: QueryParams, items: Iterable[Object], view: Callable[[Object], Object], fields: Fields
) -> list[Object]:
    """What fits `q`, in the order of `sort` or of creation; `view` makes what is asked of an object."""
    parser, sort = query.get("parser", "lucene"), query.get("sort")
    if parser not in _PARSERS:
        raise listing.invalid_query(f"No enum match for: {json.dumps(parser)}", "parser")
    if sort is not None and sort not in fields.sorted:
        raise listing.invalid_query(f"No enum match for: {json.dumps(sort)}", "sort")
    found = list(items)
    if query.get("q"):
        fits = _PARSERS[parser](query["q"], fields.searched).parsed()
        found = [item for item in found if fits(view(item))]
    return found if sort is None else sorted(found, key=lambda item: str(item.get(sort, "")))


def page(
    items: Sequence[Object], query: QueryParams, collection: str, *, key: str, shape: Callable[[Object], Object]
) -> Any:
    return listing.page(items, listing.with_take(query), collection, key=key, checkpoint=True, shape=shape)
