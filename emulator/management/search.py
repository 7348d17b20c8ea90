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
from typing import Any

from starlette.datastructures import QueryParams

from .. import listing, lucene
from .operation import Object

Fits = Callable[[Object], bool]

PARAMETERS = listing.CHECKPOINT | listing.FIELDS | {"q", "parser", "sort"}
MOST_OPERATIONS = 5
# Compared with case; other texts without.
EXACT = frozenset({"id", "client_id", "external_client_id", "identifier"})
# Objects of any keys.
OPEN = "metadata"


def _is_folded(name: str) -> bool:
    return name not in EXACT


@dataclass(frozen=True)
class Fields:
    searched: Sequence[str]
    sorted: Sequence[str]

    def has(self, name: str) -> bool:
        return name in self.searched or (OPEN in self.searched and name.startswith(f"{OPEN}."))

    def lucene(self, text: str) -> Fits:
        return lucene.Fields(folded=_is_folded, named=self.has, most=MOST_OPERATIONS, suffix=0).test(text)

    def scim(self, text: str) -> Fits:
        return _Scim(text, self).parsed()


def _refused(reason: str) -> Exception:
    return listing.invalid_query(reason, "q")


def _values(item: Object, name: str) -> list[Any]:
    found: Any = item
    for step in name.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    return [value for value in (found if isinstance(found, list) else [found]) if value is not None]


def _text(name: str, value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text.casefold() if _is_folded(name) else text


def _any(name: str, compare: Callable[[str, str], bool], wanted: Any) -> Fits:
    text = _text(name, wanted)
    return lambda item: any(compare(_text(name, value), text) for value in _values(item, name))


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
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[()]|[^\s()"]+')


class _Scim:
    """`field operator value`, `and` before `or`, `not` and brackets (RFC 7644, 3.4.2.2)."""

    def __init__(self, text: str, fields: Fields) -> None:
        self._tokens = [match.group() for match in _TOKENS.finditer(text)]
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
        while self._follows("or"):
            parts.append(self._both())
        return lambda item: any(fits(item) for fits in parts)

    def _both(self) -> Fits:
        parts = [self._one()]
        while self._follows("and"):
            parts.append(self._one())
        return lambda item: all(fits(item) for fits in parts)

    def _one(self) -> Fits:
        if self._follows("not"):
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

    def _operation(self) -> Fits:
        name, comparison = self._next(), self._next()
        if not self._fields.has(name):
            raise _refused(f"{name} cannot be searched by")
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


def chosen(
    query: QueryParams, items: Iterable[Object], view: Callable[[Object], Object], fields: Fields
) -> list[Object]:
    """What fits `q`, in the order of `sort` or of creation; `view` makes what is asked of an object."""
    parser, sort = query.get("parser", "lucene"), query.get("sort")
    parsers = {"lucene": fields.lucene, "scim": fields.scim}
    if parser not in parsers:
        raise listing.invalid_query(f"No enum match for: {json.dumps(parser)}", "parser")
    if sort is not None and sort not in fields.sorted:
        raise listing.invalid_query(f"No enum match for: {json.dumps(sort)}", "sort")
    found = list(items)
    if query.get("q"):
        fits = parsers[parser](query["q"])
        found = [item for item in found if fits(view(item))]
    return found if sort is None else sorted(found, key=lambda item: str(item.get(sort, "")))


def page(
    items: Sequence[Object], query: QueryParams, collection: str, *, key: str, shape: Callable[[Object], Object]
) -> Any:
    return listing.page(items, listing.with_take(query), collection, key=key, checkpoint=True, shape=shape)
