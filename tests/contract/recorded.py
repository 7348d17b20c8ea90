# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Exchanges with Auth0, as the distilled recordings in `recordings/` have them. `distil.py` says where they are from.

One file is a scenario: `{"source": ..., "exchanges": [...]}`, with a line for each exchange: the fields of `Exchange`
without those that have their default. An object that is as it was when an answer showed it last is
`{"as_before": "its id"}`.
"""

from __future__ import annotations

import copy
import json
import typing as t
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

Object = dict[str, t.Any]

FOLDER = Path(__file__).parent / "recordings"
ROLES = FOLDER / "roles"

_AS_BEFORE = "as_before"

# Collections, and the field by which Auth0 names an object of each.
IDS = {
    "resource-servers": "id",
    "connections": "id",
    "client-grants": "id",
    "roles": "id",
    "clients": "client_id",
    "users": "user_id",
}


@dataclass(frozen=True)
class Exchange:
    """`path` is below the Management API and encoded as it was sent; `sent` and `answer` are decoded bodies."""

    method: str
    path: str
    status: int
    query: Object = field(default_factory=dict)
    sent: t.Any = None
    answer: t.Any = None

    @property
    def parts(self) -> list[str]:
        return self.path.split("/")[1:]

    @property
    def kind(self) -> str:
        return self.parts[0]

    @property
    def made(self) -> str | None:
        """The id of what the exchange makes."""
        if self.method != "POST" or self.status >= 300 or self.kind not in IDS:
            return None
        if self.parts[2:] == ["credentials"]:
            return str(self.answer["id"])
        return str(self.answer[IDS[self.kind]]) if len(self.parts) == 1 or self.parts[-1] == "register" else None

    @property
    def shown(self) -> list[Object]:
        """The objects in an answer about a collection or one object of it, or about the tenant's settings."""
        if self.status >= 300 or not isinstance(self.answer, (dict, list)):
            return []
        if isinstance(self.answer, list):
            return self.answer
        listed = self.answer.get(self.kind.replace("-", "_"))
        return listed if isinstance(listed, list) else [self.answer]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def _name(value: Object) -> str | None:
    return next((value[key] for key in ("id", "user_id", "client_id") if key in value), None)


def _folded(value: t.Any, shown: dict[str, Object]) -> t.Any:
    """`shown` has the objects of the answers so far by their ids, as they were shown last; this value's are added."""
    if isinstance(value, list):
        return [_folded(item, shown) for item in value]
    if not isinstance(value, dict):
        return value
    name = _name(value)
    if name is None:
        return {key: _folded(inner, shown) for key, inner in value.items()}
    known, shown[name] = shown.get(name), value
    return {_AS_BEFORE: name} if known == value and len(value) > 1 else value


def _unfolded(value: t.Any, shown: dict[str, Object]) -> t.Any:
    if isinstance(value, list):
        return [_unfolded(item, shown) for item in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {_AS_BEFORE}:
        return copy.deepcopy(shown[value[_AS_BEFORE]])
    name = _name(value)
    if name is None:
        return {key: _unfolded(inner, shown) for key, inner in value.items()}
    shown[name] = copy.deepcopy(value)
    return value


def text(source: str, exchanges: Iterable[Exchange]) -> str:
    """The content of a file."""
    shown: dict[str, Object] = {}
    lines = []
    for one in exchanges:
        given = {"method": one.method, "path": one.path, "query": one.query or None, "sent": one.sent}
        given |= {"status": one.status, "answer": _folded(one.answer, shown)}
        lines.append(json.dumps({key: value for key, value in given.items() if value is not None}))
    return "\n".join((f'{{"source": {json.dumps(source)}, "exchanges": [', ",\n".join(lines), "]}", ""))


def parse(content: str) -> list[Exchange]:
    shown: dict[str, Object] = {}
    return [
        Exchange(**{**entry, "answer": _unfolded(entry.get("answer"), shown)})
        for entry in json.loads(content)["exchanges"]
    ]


def scenarios(folder: Path = FOLDER) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.json"))


def read(scenario: str, folder: Path = FOLDER) -> list[Exchange]:
    return parse((folder / f"{scenario}.json").read_text(encoding="utf-8"))


def read_all(folder: Path = FOLDER) -> Iterator[Exchange]:
    for scenario in scenarios(folder):
        yield from read(scenario, folder)
