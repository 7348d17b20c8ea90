# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The filter `needed_scopes`, which knows no role; its documentation is in needed_scopes.yml."""

from __future__ import annotations

import typing as t
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ansible.errors import AnsibleFilterError

_SPECIAL = frozenset({"all", "tagged", "untagged", "always"})


@dataclass(frozen=True)
class Step:
    """Something that a run does: its tags, and the scopes that it needs to read and to write."""

    tags: frozenset[str]
    when: bool
    read: tuple[str, ...]
    write: tuple[str, ...]

    def runs(self, run_tags: Collection[str], skip_tags: Collection[str]) -> bool:
        """Whether ansible-core runs a task with these tags (`Taggable.evaluate_tags`)."""
        names = self.tags | {"all", "tagged" if self.tags else "untagged"}
        return self.when and not names.isdisjoint(run_tags) and names.isdisjoint(skip_tags)


def needed_scopes(steps: t.Any, run_tags: t.Any, skip_tags: t.Any, check_mode: t.Any) -> list[str]:
    """The scopes of the steps that run, each once, those to read first. AnsibleFilterError for any other shape."""
    table = [_step(f"step {number}", value) for number, value in enumerate(_list("the input", steps), 1)]
    chosen = _texts("run_tags", run_tags)
    skipped = _texts("skip_tags", skip_tags)
    preview = _bool("check_mode", check_mode)
    if not _SPECIAL.union(*(step.tags for step in table)).issuperset(chosen):
        chosen = ("all",)
    running = [step for step in table if step.runs(chosen, skipped)]
    read = [scope for step in running for scope in step.read]
    write = [scope for step in running for scope in step.write if not preview]
    return list(dict.fromkeys([*read, *write]))


def _step(where: str, value: t.Any) -> Step:
    if not isinstance(value, Mapping):
        raise _error(f"{where} must be a dictionary")
    unknown = [str(key) for key in value if key not in Step.__dataclass_fields__]
    if unknown:
        raise _error(f"{where} has the unknown key {', '.join(unknown)}; known are tags, when, read and write")
    tags = frozenset(_texts(f"tags of {where}", value.get("tags", ())))
    if not tags.isdisjoint(("always", "never")):
        raise _error(f"tags of {where} must not be always or never")
    return Step(
        tags,
        _bool(f"when of {where}", value.get("when", True)),
        _texts(f"read of {where}", value.get("read", ())),
        _texts(f"write of {where}", value.get("write", ())),
    )


def _list(where: str, value: t.Any) -> Sequence[t.Any]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise _error(f"{where} must be a list")
    return value


def _texts(where: str, value: t.Any) -> tuple[str, ...]:
    values = tuple(_list(where, value))
    if not all(isinstance(one, str) for one in values):
        raise _error(f"{where} must be a list of strings")
    return values


def _bool(where: str, value: t.Any) -> bool:
    if not isinstance(value, bool):
        raise _error(f"{where} must be true or false")
    return value


def _error(text: str) -> t.Any:
    return AnsibleFilterError(f"mcp_ops.oauth.needed_scopes: {text}.")


class FilterModule:
    """The filter, by its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"needed_scopes": needed_scopes}
