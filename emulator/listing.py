# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Paging, `fields` and filters of the list operations.

Offset: a bare array, or `{total, start, limit, <collection>}` with `include_totals=true`.
Checkpoint: `{<collection>, next?}`; totals are never given with `take` (TestAccDataSourceClientGrants recording).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Collection, Sequence
from typing import Any

from starlette.datastructures import QueryParams

from .errors import ApiError

Item = dict[str, Any]

PAGING = frozenset({"page", "per_page", "include_totals"})
CHECKPOINT = frozenset({"from", "take"})
FIELDS = frozenset({"fields", "include_fields"})


def invalid_query(reason: str, name: str | None = None) -> ApiError:
    where = f" on property {name}" if name else ""
    return ApiError(400, f"Query validation error: '{reason}'{where}.", "invalid_query_string")


def check_query(query: QueryParams, allowed: Collection[str]) -> None:
    unknown = sorted({name for name in query if name not in allowed})
    if unknown:
        raise invalid_query(f"Additional properties not allowed: {','.join(unknown)}")


def flag(query: QueryParams, name: str) -> bool | None:
    text = query.get(name)
    if text is None:
        return None
    if text not in ("true", "false"):
        raise invalid_query("Expected type boolean but found type string", name)
    return text == "true"


def number(query: QueryParams, name: str, default: int, *, least: int, most: int | None = None) -> int:
    text = query.get(name)
    if text is None:
        return default
    try:
        value = int(text)
    except ValueError:
        raise invalid_query("Expected type integer but found type string", name) from None
    if value < least:
        raise invalid_query(f"Value {value} is less than minimum {least}", name)
    if most is not None and value > most:
        raise invalid_query(f"Value {value} is greater than maximum {most}", name)
    return value


def narrow(item: Item, query: QueryParams, always: Collection[str] = ()) -> Item:
    """Keeps or drops the keys of `fields`; keys in `always` stay in both cases."""
    text = query.get("fields")
    if not text:
        return item
    named = {name.strip() for name in text.split(",")}
    keep = flag(query, "include_fields") is not False
    return {key: value for key, value in item.items() if key in always or (key in named) is keep}


def with_take(query: QueryParams) -> QueryParams:
    """For lists that know checkpoints only."""
    return query if "take" in query else QueryParams([*query.multi_items(), ("take", "50")])


def _checkpoint(position: int, key: str) -> str:
    return base64.urlsafe_b64encode(f"{position}:{key}".encode()).decode().rstrip("=")


def _after(text: str, keys: Sequence[str]) -> int:
    """Where to go on: behind the named item, or at its old place if it has been deleted since."""
    try:
        place, key = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().split(":", 1)
        position = int(place)
    except (binascii.Error, ValueError):
        raise invalid_query("Invalid checkpoint", "from") from None
    return keys.index(key) + 1 if key in keys else position - 1


def page(
    items: Sequence[Item],
    query: QueryParams,
    collection: str,
    *,
    key: str,
    checkpoint: bool,
    most: int = 100,
    shape: Callable[[Item], Item] = dict,
) -> Item | Sequence[Item]:
    """`key` names an item in checkpoints; `shape` makes what is shown of one."""
    if checkpoint and ("take" in query or "from" in query):
        take = number(query, "take", 50, least=1, most=most)
        keys = [item[key] for item in items]
        start = _after(query["from"], keys) if "from" in query else 0
        chosen = [shape(item) for item in items[start : start + take]]
        envelope: Item = {collection: chosen}
        if start + take < len(items):
            envelope["next"] = _checkpoint(start + take, keys[start + take - 1])
        return envelope
    per_page = number(query, "per_page", 50, least=1, most=100)
    start = number(query, "page", 0, least=0) * per_page
    chosen = [shape(item) for item in items[start : start + per_page]]
    if flag(query, "include_totals"):
        return {"total": len(items), "start": start, "limit": per_page, collection: chosen}
    return chosen
