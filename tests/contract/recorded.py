# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Exchanges with Auth0, as the distilled recordings in `recordings/` have them: one file a scenario, one line an
exchange. `distil.py` says where they are from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emulator.management.operation import PREFIX

Object = dict[str, Any]

FOLDER = Path(__file__).parent / "recordings"
ROLES = FOLDER / "roles"

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
    sent: Any = None
    answer: Any = None

    @property
    def url(self) -> str:
        return f"{PREFIX}{self.path}"

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
        listed = self.answer if isinstance(self.answer, list) else self.answer.get(self.kind.replace("-", "_"))
        return listed if isinstance(listed, list) else [self.answer]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def scenarios(folder: Path = FOLDER) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.json"))


def read(scenario: str, folder: Path = FOLDER) -> list[Exchange]:
    content = json.loads((folder / f"{scenario}.json").read_text(encoding="utf-8"))
    return [Exchange(**entry) for entry in content["exchanges"]]


def read_all(folder: Path = FOLDER) -> Iterator[Exchange]:
    for scenario in scenarios(folder):
        yield from read(scenario, folder)
