# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Who may use which tool, as a user describes it: the tools of an MCP server, and the roles that may call them. Pure.

`mcp_tools` is a list of `{operation, file, scope, description, arguments}`, `mcp_roles` one of
`{name, description, tools, scopes, members, purge_members, groups, purge_groups}`.
A tool without a scope needs only a login.
"""

from __future__ import annotations

import posixpath
import typing as t
from dataclasses import dataclass, field

from .._errors import InputError
from .._types import SCOPE, Object

TOOLS, ROLES = "mcp_tools", "mcp_roles"
FILE = "config/routes.oas.json"
TOOL_OPTIONS: dict[str, t.Any] = {
    "operation": {"type": "str", "required": True},
    "file": {"type": "str", "default": FILE},
    "scope": {"type": "str"},
    "description": {"type": "str"},
    "arguments": {"type": "dict"},
}
ROLE_OPTIONS: dict[str, t.Any] = {
    "name": {"type": "str", "required": True},
    "description": {"type": "str"},
    "tools": {"type": "list", "elements": "str"},
    "scopes": {"type": "list", "elements": "str"},
    "members": {"type": "list", "elements": "dict"},
    "purge_members": {"type": "bool", "default": False},
    "groups": {"type": "list", "elements": "dict"},
    "purge_groups": {"type": "bool", "default": False},
}
_USER, _GROUP = ("user_id", "email", "username"), ("id", "name")
"""What a user and a group is named by, exactly one of them. `connection` goes with all but the first."""
_WAYS = {
    _USER: "Write {user_id: …}, or {email: …} or {username: …}, these with connection: … where several users match.",
    _GROUP: "Write {id: …}, or {name: …}, this with connection: … where several groups match.",
}
_LONGEST = 500


@dataclass(frozen=True)
class Tool:
    """A tool: the operation of the gateway's project that it is, and the scope that a call needs; None for a login.

    `arguments` are those with which the check may call it; None where it must not.
    """

    operation: str
    file: str = FILE
    scope: str | None = None
    description: str = ""
    arguments: Object | None = None


@dataclass(frozen=True)
class Role:
    """A role of the tenant, and the scopes of the MCP server that it has.

    `members` and `groups` are as the user named them. With `purge_members` and `purge_groups` they are all; otherwise
    there may be others.
    """

    name: str
    scopes: tuple[str, ...] = ()
    description: str | None = None
    members: tuple[Object, ...] | None = None
    purge_members: bool = False
    groups: tuple[Object, ...] | None = None
    purge_groups: bool = False


@dataclass(frozen=True)
class Description:
    """The tools and the roles."""

    tools: tuple[Tool, ...] = ()
    roles: tuple[Role, ...] = ()

    @property
    def scopes(self) -> dict[str, str]:
        """Each scope that a tool or a role names -> what the tools that need it do; empty where no tool says it."""
        texts: dict[str, list[str]] = {scope: [] for role in self.roles for scope in role.scopes}
        for tool in self.tools:
            if tool.scope is not None:
                texts.setdefault(tool.scope, []).extend([tool.description] if tool.description else [])
        ordered = dict.fromkeys([*(tool.scope for tool in self.tools if tool.scope is not None), *texts])
        return {scope: "; ".join(dict.fromkeys(texts[scope]))[:_LONGEST] for scope in ordered}

    def tools_of(self, scopes: t.Collection[str]) -> list[str]:
        """The operations of the tools that need one of these scopes."""
        return [tool.operation for tool in self.tools if tool.scope in scopes]

    def roles_with(self, scope: str) -> list[str]:
        return [role.name for role in self.roles if scope in role.scopes]


@dataclass
class _Faults:
    """All that is wrong, each with its place; `tools` is the name of the variable with the tools."""

    tools: str
    texts: list[str] = field(default_factory=list)

    def add(self, where: str, what: str, remedy: str) -> None:
        self.texts.append(f"{where} {what}. {remedy}")


def describe(
    tools: t.Sequence[Object], roles: t.Sequence[Object], *, names: tuple[str, str] = (TOOLS, ROLES)
) -> Description:
    """What the entries describe. Raises InputError for all that is wrong with them; `names` are those of the variables.

    An entry has the keys of TOOL_OPTIONS and ROLE_OPTIONS, a default where it may be left out.
    """
    faults = _Faults(names[0])
    found = [tool for index, one in enumerate(tools) if (tool := _tool(f"{names[0]}[{index}]", one, faults))]
    places = [(tool.file, tool.operation) for tool in found]
    for file, operation in dict.fromkeys(place for place in places if places.count(place) > 1):
        faults.add(names[0], f"names the operation {operation} of {file} more than once", "Name it once.")
    by_operation: dict[str, list[Tool]] = {}
    for tool in found:
        by_operation.setdefault(tool.operation, []).append(tool)
    made = [
        role for index, one in enumerate(roles) if (role := _role(f"{names[1]}[{index}]", one, by_operation, faults))
    ]
    titles = [role.name for role in made]
    for title in dict.fromkeys(one for one in titles if titles.count(one) > 1):
        faults.add(names[1], f"names the role {title!r} more than once", "Name it once, with all of its tools.")
    if faults.texts:
        raise InputError(" ".join(faults.texts).removesuffix("."))
    return Description(tuple(found), tuple(made))


def _tool(where: str, given: t.Any, faults: _Faults) -> Tool | None:
    if not _is_object(where, given, TOOL_OPTIONS, "operation", faults):
        return None
    scope, file = given.get("scope") or None, posixpath.normpath(str(given.get("file") or FILE))
    if scope is not None and not SCOPE.fullmatch(str(scope)):
        remedy = 'Use printable ASCII characters other than space, " and \\, at most 280.'
        faults.add(f"{where}.scope", f"{scope!r} is not a name of a scope", remedy)
    arguments = given.get("arguments")
    if arguments is not None and not isinstance(arguments, dict):
        faults.add(f"{where}.arguments", "is no mapping", "Write the arguments of the tool as a mapping.")
    return Tool(str(given["operation"]), file, scope, str(given.get("description") or ""), arguments)


def _role(where: str, given: t.Any, tools: t.Mapping[str, t.Sequence[Tool]], faults: _Faults) -> Role | None:
    if not _is_object(where, given, ROLE_OPTIONS, "name", faults):
        return None
    scopes = [str(scope) for scope in given.get("scopes") or ()]
    for scope in scopes:
        if not SCOPE.fullmatch(scope):
            faults.add(f"{where}.scopes", f"{scope!r} is not a name of a scope", "Name a scope of the API.")
    for name in given.get("tools") or ():
        meant = tools.get(str(name), ())
        if not meant:
            known = ", ".join(tools) or "none"
            faults.add(
                f"{where}.tools", f"names {name!r}, which {faults.tools} does not have", f"Its tools are: {known}."
            )
        elif len({tool.scope for tool in meant}) > 1:
            remedy = f"Name the scope in {where}.scopes instead."
            faults.add(
                f"{where}.tools", f"names {name!r}, of which {faults.tools} has several with different scopes", remedy
            )
        elif meant[0].scope is None:
            remedy = f"Give it a scope in {faults.tools}, or leave it out here: everyone who can log in may call it."
            faults.add(f"{where}.tools", f"names {name!r}, a tool without a scope", remedy)
        else:
            scopes.append(meant[0].scope)
    members, groups = given.get("members"), given.get("groups")
    for option, noun, keys in (("members", "user", _USER), ("groups", "group", _GROUP)):
        for index, member in enumerate(given.get(option) or ()):
            _check_member(f"{where}.{option}[{index}]", member, noun, keys, faults)
        if given.get(f"purge_{option}") and given.get(option) is None:
            remedy = f"Write {option}: [] to remove the role from all {noun}s."
            faults.add(f"{where}.purge_{option}", f"is set without {option}", remedy)
    description = given.get("description")
    return Role(
        str(given["name"]),
        tuple(dict.fromkeys(scopes)),
        None if description is None else str(description),
        None if members is None else tuple(members),
        bool(given.get("purge_members")),
        None if groups is None else tuple(groups),
        bool(given.get("purge_groups")),
    )


def _is_object(where: str, given: t.Any, options: t.Mapping[str, t.Any], key: str, faults: _Faults) -> bool:
    if not isinstance(given, dict) or not str(given.get(key) or "").strip():
        faults.add(where, f"has no {key}", f"Write an entry as a mapping with {key}.")
        return False
    if unknown := [str(name) for name in given if name not in options]:
        faults.add(where, f"has {', '.join(unknown)}", f"An entry has only {', '.join(options)}.")
        return False
    lists = [name for name, option in options.items() if option["type"] == "list" and given.get(name) is not None]
    if wrong := [name for name in lists if not isinstance(given[name], (list, tuple))]:
        faults.add(where, f"has {', '.join(wrong)} that is no list", "Write a list.")
    return not wrong


def _check_member(where: str, member: t.Any, noun: str, keys: tuple[str, ...], faults: _Faults) -> None:
    named = [key for key in keys if isinstance(member, dict) and member.get(key)]
    unknown = set(member) - {*keys, "connection"} if isinstance(member, dict) else set()
    if len(named) != 1 or unknown or (named[0] == keys[0] and "connection" in member):
        faults.add(where, f"does not name a {noun} in one way", _WAYS[keys])
