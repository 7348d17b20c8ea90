# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Who gains and who loses which tool, between two states of a tenant and a gateway. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace

from .._types import Object

Tools: t.TypeAlias = "t.Mapping[str, str | None]"
"""Tool -> the scope that a call needs; None where a login is enough."""


@dataclass(frozen=True)
class RoleChange:
    """What becomes of a role: its scopes before and after, the users and groups that get it and those that lose it."""

    name: str
    before: frozenset[str] = frozenset()
    after: frozenset[str] = frozenset()
    joined: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


@dataclass(frozen=True)
class Change:
    """Two states. `before` is None where it is not known what the tools need, and so what they need does not change."""

    before: Tools | None
    after: Tools
    roles: t.Sequence[RoleChange] = field(default_factory=tuple)


def tell(change: Change) -> list[str]:
    """A sentence for each who gains or loses tools; empty where nobody does."""
    before, after = change.after if change.before is None else change.before, change.after
    # A tool that is new is nobody's before, and one that is gone is nobody's after.
    opened = [one for one, scope in after.items() if scope is None and before.get(one, "") is not None]
    closed = [one for one, scope in before.items() if scope is None and after.get(one, "") is not None]
    lines = [f"Everyone who can log in gains {_list(opened)}."] if opened else []
    lines += [
        f"Users lose {one}" + (f", unless a role gives them {after[one]}." if one in after else ".") for one in closed
    ]
    for role in change.roles:
        had, has = _callable(before, role.before), _callable(after, role.after)
        gained = [one for one in has if one not in had and after[one] is not None]
        lost = [one for one in had if one not in has]
        lines += [f"Users with the role {role.name} gain {_list(gained)}."] if gained else []
        lines += [f"Users with the role {role.name} lose {_list(lost)}."] if lost else []
        own = [one for one in has if after[one] is not None]
        taken = [one for one in had if before[one] is not None]
        with_it = f", and with it {_list(own)}" if own else ""
        without = f", and {_list(taken)} unless another role gives them" if taken else ""
        lines += [f"{one} gets the role {role.name}{with_it}." for one in role.joined]
        lines += [f"{one} loses the role {role.name}{without}." for one in role.left]
    everyone = [role.after for role in change.roles]
    if lines and everyone:
        lines += [
            f"No role of this run may call {one}, which needs {scope}."
            for one, scope in after.items()
            if scope is not None and not any(scope in scopes for scopes in everyone)
        ]
    return lines


def _callable(tools: Tools, scopes: t.Collection[str]) -> list[str]:
    """The tools that users with these scopes may call."""
    return [one for one, scope in tools.items() if scope is None or scope in scopes]


def _list(tools: t.Sequence[str]) -> str:
    return ", ".join(tools)


class Planned:
    """Gathers from the steps of a run, each with what it plans, who gains and who loses which tool."""

    def __init__(self) -> None:
        self._audience = ""
        self._before: Tools | None = None
        self._after: dict[str, str | None] = {}
        self._roles: dict[str, RoleChange] = {}

    def add(self, module: str, given: Object, result: Object, before: Object, after: Object) -> None:
        """A step: its module and options, its return values, and what the module manages before and after it."""
        if module == "zuplo_mcp_oauth":
            self._add_gateway(given, result)
        elif module == "auth0_role" and "name" in given:
            old, new = (self._scopes(one.get("permissions", ())) for one in (before, after))
            self._roles[given["name"]] = replace(self._role(given["name"]), before=old, after=new)
        elif module == "auth0_role_members" and "name" in given:
            had, has = _holders(before), _holders(after)
            joined = tuple(name for identity, name in has.items() if identity not in had)
            left = tuple(name for identity, name in had.items() if identity not in has)
            self._roles[given["name"]] = replace(self._role(given["name"]), joined=joined, left=left)

    def _add_gateway(self, given: Object, values: Object) -> None:
        self._audience = values["config"]["audience"] if "config" in values else self._audience
        if "tool_scopes" in values:
            self._before, self._after = (
                _by_operation(values["tool_scopes_before"]),
                _by_operation(values["tool_scopes"]),
            )
        elif not self._after:
            self._after = {one["id"]: one.get("scope") or None for one in given.get("operations", ())}

    def tell(self) -> list[str]:
        return tell(Change(self._before, self._after, tuple(self._roles.values())))

    def _role(self, name: str) -> RoleChange:
        return self._roles.get(name, RoleChange(name))

    def _scopes(self, permissions: t.Iterable[Object]) -> frozenset[str]:
        return frozenset(
            one["permission_name"] for one in permissions if one["resource_server_identifier"] == self._audience
        )


def _by_operation(tools: t.Iterable[Object]) -> dict[str, str | None]:
    return {one["operation"]: one["scope"] for one in tools}


def _holders(state: Object) -> dict[str, str]:
    """Id of each user and group that has a role -> how to call it."""
    users = {one["user_id"]: _user(one) for one in state.get("members", ())}
    return {**users, **{one["id"]: f"The group {one.get('name') or one['id']}" for one in state.get("groups", ())}}


def _user(member: Object) -> str:
    """With the email or username by which the run names the user."""
    name = member.get("email") or member.get("username")
    return f"{member['user_id']} ({name})" if name else str(member["user_id"])
