# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What must never come of a run. Pure, but for what is searched."""

from __future__ import annotations

import base64
import json
import re
import typing as t
from collections import Counter

from tests.faults.world import MEMORY_LIMIT, Ended, Object

KINDS = ("lost", "leaked", "duplicated", "hung", "unexplained", "unhealed")
# Collections of a tenant, and what an object of each must be the only one with.
UNIQUE = {
    "resource_servers": ("identifier",),
    "connections": ("name",),
    "clients": ("name", "external_client_id"),
    "client_grants": ("client_id", "default_for", "audience", "subject_type"),
    "roles": ("name",),
}
MOMENTS = ("created_at", "updated_at")
# A signed token, or the start of one.
TOKEN = re.compile(r"eyJ[\w-]{8,}\.[\w-]{8,}")
TRACES = ("Traceback (most recent call last)", "this is a bug", "Unexpected Exception", "MODULE FAILURE")
# One of these stands in every message that tells what to do.
TO_DO = re.compile(
    r"\b(check|set|grant|give|use|add|remove|run|rerun|try|retry|wait|waits longer|must|it has|name|choose|correct|fix"
    r"|remedy|needs|expected|see|report|delete|create|update|install|leave|make|put|save|request|log in|allowed|bounds"
    r"|known)\b",
    re.IGNORECASE,
)
# How ansible-core itself refuses a value, for any module and in its own words.
OF_CORE = re.compile(
    r"of type .* unable to convert to|missing required arguments|missing parameter|must be one (or more )?of|null value"
    r"|could not parse JSON or key=value|string as dictionary|Unsupported parameters|parameters are (required|mutually)"
)
# Where ansible-core fails over a value before any code of the module runs.
IN_CORE = "super().__init__(argument_spec="
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
LONGEST_MESSAGE = 3000

Verdicts = t.Iterator[tuple[str, str]]
"""A kind of what must not be, and what it was."""


def explained(ended: Ended, about: t.Sequence[str] = ()) -> Verdicts:
    """Of any end; `about` names the option, where a value of the user's own was odd: to name it says what to do."""
    if ended.rc is None:
        yield "hung", f"no end after {ended.seconds:.0f} s"
        return
    if about and IN_CORE in ended.output:
        return
    for trace in TRACES:
        if trace in ended.output:
            lines = (ended.result.get("traceback") or ended.output).strip().splitlines()
            yield "unexplained", f"{trace}: {' / '.join(line.strip() for line in reversed(lines[-7:]))[:600]}"
            return
    if ended.memory > MEMORY_LIMIT:
        yield "unexplained", f"took {ended.memory // 1_000_000} MB"
    if ended.rc == 0:
        return
    msg = ended.msg
    if OF_CORE.search(msg):
        pass
    elif not msg:
        yield "unexplained", f"no message: {ended.output[-300:]!r}"
    elif len(msg) > LONGEST_MESSAGE:
        yield "unexplained", f"a message of {len(msg)} characters: {msg[:200]!r}"
    elif not about and CONTROL.search(msg):
        yield "unexplained", f"control characters: {msg[:300]!r}"
    elif not about and not TO_DO.search(msg):
        yield "unexplained", f"says not what to do: {msg[:300]!r}"
    if msg and about and not OF_CORE.search(msg) and not any(text in msg for text in about):
        yield "unexplained", f"names none of {', '.join(about)}: {msg[:300]!r}"


def leaked(output: str, secrets: t.Iterable[str], revealed: str = "") -> Verdicts:
    """`revealed` is what a module returns on purpose."""
    text = output.replace(revealed, "") if revealed else output
    for secret in secrets:
        forms = {secret, json.dumps(secret)[1:-1], repr(secret)[1:-1], base64.b64encode(secret.encode()).decode()}
        if any(form in text for form in forms):
            yield "leaked", f"{secret[:3]}… in {text[:100]!r}"
    if found := TOKEN.search(text):
        yield "leaked", f"a token: {text[max(0, found.start() - 80) : found.start() + 5]!r}"


def duplicated(state: Object) -> Verdicts:
    for collection, keys in UNIQUE.items():
        found = Counter(tuple(one.get(key) for key in keys) for one in state[collection].values())
        for name, times in found.items():
            if times > 1:
                yield "duplicated", f"{times} {collection} {name}"


def lost(before: t.Any, after: t.Any, now: t.Any, where: str = "tenant") -> Verdicts:
    """What was there before and is now neither as it was nor as an undisturbed run leaves it."""
    if not isinstance(before, dict):
        if now not in (before, after):
            yield "lost", f"{where}: {_short(before)} became {_short(now)}"
        return
    for key, value in before.items():
        place = f"{where}.{key}"
        if key in MOMENTS:
            continue
        if isinstance(now, dict) and key in now:
            yield from lost(value, after.get(key, value), now[key], place)
        elif key in after:
            yield "lost", f"{place} is gone"


def healed(before: Object, after: Object, now: Object) -> Verdicts:
    """The tenant is as an undisturbed run leaves it, but for the ids of new objects."""
    for name in after:
        wanted, found = (_nameless(before.get(name), _timeless(state.get(name))) for state in (after, now))
        if wanted != found:
            yield "unhealed", f"{name}: {_short(found)} for {_short(wanted)}"


def _nameless(before: t.Any, now: t.Any) -> t.Any:
    """Ids of objects that were not there before are left out."""
    if not isinstance(now, dict) or not all(isinstance(value, dict) for value in now.values()):
        return now
    old = before or {}
    new = [{**value, "id": "", "client_id": ""} if "name" in value else value for key, value in now.items()]
    kept = {key: value for key, value in now.items() if key in old}
    made = [value for key, value in zip(now, new, strict=True) if key not in old]
    made = [{name: value for name, value in one.items() if name != "id"} for one in made]
    return kept, sorted(json.dumps(one, sort_keys=True) for one in made)


def _timeless(value: t.Any) -> t.Any:
    """Without the moments of changes."""
    if isinstance(value, list):
        return [_timeless(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {name: _timeless(one) for name, one in value.items() if name not in MOMENTS}


def _short(value: t.Any) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) < 200 else f"{text[:200]}…"
