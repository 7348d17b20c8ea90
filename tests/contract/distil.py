# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Makes `recordings/`: what exchanges that others have recorded with real tenants tell of Auth0, in a form of our own.

    python -m tests.contract.distil ORIGINALS

The recordings are those of auth0/terraform-provider-auth0 (`tf.*`, `test/data/recordings`) and auth0/auth0-deploy-cli
(`deploycli.*`, `test/e2e/recordings`), decoded to JSON below ORIGINALS, one file a scenario: `{exchanges: [{request:
{method, path, query, body}, response: {status, body}}]}`. Methods, paths, statuses, numbers and the names of fields and
scopes are theirs, names, texts, URLs, ids and moments are made up (`renaming.py`). Left out is what tells nothing new.
"""

from __future__ import annotations

import json
import sys
import typing as t
from dataclasses import replace
from pathlib import Path

from tests.contract.recorded import FOLDER, ROLES, Exchange, text
from tests.contract.renaming import Names, texts

ORIGINALS = Path(__file__).parents[2] / ".." / "shared" / "fixtures"
SOURCES = {
    "tf": "auth0/terraform-provider-auth0, test/data/recordings/{}.yaml",
    "deploycli": "auth0/auth0-deploy-cli, test/e2e/recordings/{}.json",
}

# Longer lists are cut, of scopes to those of these.
MANY = 20
ENTITIES = ("client_grants", "connections", "resource_servers", "users")


def original(file: Path) -> list[Exchange]:
    return [
        Exchange(
            entry["request"]["method"],
            entry["request"]["path"].removeprefix("/api/v2"),
            entry["response"]["status"],
            entry["request"]["query"] or {},
            entry["request"]["body"],
            entry["response"]["body"],
        )
        for entry in json.loads(file.read_text(encoding="utf-8"))["exchanges"]
    ]


def _without_repetitions(exchanges: list[Exchange]) -> t.Iterator[Exchange]:
    """Without reads whose answer has been read since the last write to the collection."""
    read: list[Exchange] = []
    for exchange in exchanges:
        if exchange.method != "GET":
            read = [other for other in read if other.kind != exchange.kind]
        elif exchange in read:
            continue
        else:
            read.append(exchange)
        yield exchange


def _likeness(value: t.Any) -> str:
    """A JSON value with types in place of values."""
    if isinstance(value, dict):
        return "".join(f"{key}{_likeness(inner)}" for key, inner in sorted(value.items()))
    return f"[{_likeness(value[0]) if value else ''}]" if isinstance(value, list) else type(value).__name__


class _Cut:
    """Shortens long lists: to the scopes of ENTITIES, others to what requests name and one of each likeness."""

    def __init__(self, exchanges: list[Exchange]) -> None:
        self._named = {part for one in exchanges for part in (*one.parts, *texts(one.sent), one.made or "")}

    def __call__(self, value: t.Any) -> t.Any:
        if isinstance(value, dict):
            return {key: self(inner) for key, inner in value.items()}
        if not isinstance(value, list):
            return value
        return [self(item) for item in (self._shortened(value) if len(value) > MANY else value)]

    def _shortened(self, items: list[t.Any]) -> list[t.Any]:
        keys = [str(item.get("value") or item.get("id")) if isinstance(item, dict) else item for item in items]
        if all(":" in key for key in keys):
            return [item for item, key in zip(items, keys, strict=True) if key.partition(":")[2] in ENTITIES]
        kept: dict[str, t.Any] = {}
        for item, key in zip(items, keys, strict=True):
            kept.setdefault(key if key in self._named else _likeness(item), item)
        return list(kept.values())


def distil(exchanges: list[Exchange]) -> list[Exchange]:
    cut = _Cut(exchanges)
    kept = [replace(one, sent=cut(one.sent), answer=cut(one.answer)) for one in _without_repetitions(exchanges)]
    names = Names(value for one in kept for value in (one.query, one.sent, one.answer))
    return [
        replace(
            one,
            path=names.path(one.path),
            query=names.value(one.query),
            sent=names.value(one.sent),
            answer=names.value(one.answer),
        )
        for one in kept
    ]


def make(originals: Path) -> dict[Path, list[Exchange]]:
    """The exchanges of each file."""
    return {
        folder / file.name: distil(original(file))
        for folder, name in ((FOLDER, "recordings"), (ROLES, "recordings-roles"))
        for file in sorted((originals / name).glob("*.json"))
    }


def source(scenario: str) -> str:
    kind, name = scenario.split(".", 1)
    return SOURCES[kind].format(name)


if __name__ == "__main__":
    for path, exchanges in make(Path(sys.argv[1])).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text(source(path.stem), exchanges), encoding="utf-8")
