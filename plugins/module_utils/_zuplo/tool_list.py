# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which tools an MCP server lists to whom: edit the policy that decides it. Pure."""

from __future__ import annotations

import re
import typing as t

from .._errors import ProjectError
from .._types import Object
from .configuration import free_name
from .draft import Draft
from .guards import Token
from .json_text import Insertion, Path, value_at
from .list_policy import CODE as LIST_CODE
from .list_policy import first_name, list_policy
from .project import POLICIES, Operation, Project
from .routes import inbound_of
from .scope_policy import CODE, scope_policy
from .scope_policy import first_name as first_name_of_scope
from .tool_scopes import attach, holds_token_policy, list_tools, own_lists, remove_policies, tool_scopes, used_names


def set_list(draft: Draft, route: str, token: Token, *, narrow: bool | None) -> Draft:
    """With a list of tools for each user, or the same one for everyone; None keeps what there is, with today's scopes.

    Raises ProjectError for a tool whose name MCP clients know cannot be told.
    """
    own = own_lists(draft)
    if narrow is False:
        draft = _detach(draft, route, own)
        return remove_policies(draft, own - used_names(draft.project)) if own else draft
    if narrow is None and not own:
        return draft
    taken = {str(one.get("name")) for one in draft.project.policies}
    name = min(own) if own else free_name(first_name(draft.policy_name), taken)
    policy = list_policy(name, _scopes_by_name(draft.project, route, token))
    index = draft.project.find_policy(name)
    if index is None:
        draft = draft.insert(POLICIES, Insertion(("policies", len(draft.project.policies)), policy))
        draft = draft.note(POLICIES, ("policies", name))
    else:
        draft = draft.merge(POLICIES, ("policies", index), policy)
    servers = [one for one in draft.project.operations_at(route) if one.tools is not None]
    if any(_is_too_early(draft, one, name) for one in servers):
        draft = _detach(draft, route, {name})
    return attach(draft, {one.title: name for one in servers})


def _detach(draft: Draft, route: str, names: t.Collection[str]) -> Draft:
    for one in draft.project.operations_at(route):
        paths: list[Path] = [(*inbound_of(one), index) for index, name in enumerate(one.inbound) if name in names]
        for path in reversed(paths):
            draft = draft.remove(one.file, path)
    return draft


def _is_too_early(draft: Draft, server: Operation, name: str) -> bool:
    """Whether the policy is before the one that reads the token."""
    before = server.inbound[: server.inbound.index(name)] if name in server.inbound else None
    return before is not None and not any(holds_token_policy(draft, one) for one in before)


def _scopes_by_name(project: Project, route: str, token: Token) -> dict[str, tuple[str, ...]]:
    """Of the tools at a route, by the names that MCP clients know."""
    operations = {(one.file, str(one.id)): one for one in list_tools(project, route)}
    return {
        name: one.scopes
        for one in tool_scopes(project, route, token)
        for name in _names(operations[one.file, one.operation])
    }


def _names(tool: Operation) -> list[str]:
    """What MCP clients call a tool: several where its request has several content types (zuplo 7.6.4, registerTool)."""
    kind = value_at(tool.value, "x-zuplo-route", "mcp", "type")
    body = tool.value.get("requestBody")
    if kind in ("prompt", "resource"):
        return []
    if kind == "graphql" or value_at(body, "$ref") is not None:
        reason = "is of the type graphql" if kind == "graphql" else "has a reference in place of its requestBody"
        raise ProjectError(
            f"has the tool {tool.name}, which {reason}: zuplo_mcp_oauth cannot tell its name for MCP clients",
            where=tool.file,
            remedy="Change the tool, or set list_callable_tools to false.",
        )
    content = value_at(body, "content")
    types = [*content] if isinstance(content, dict) else []
    several = [f"{tool.mcp_name}_{re.sub('[^0-9A-Za-z_]', '_', one)}" for one in types]
    older = value_at(tool.value, "x-zuplo-mcp-tool", "name")
    # A name that no tool has does no harm.
    return [*(several if types[1:] else [tool.mcp_name]), *([older.strip()] if isinstance(older, str) else [])]


def by_hand(
    config: Object, operations: t.Sequence[Object], mcp_path: str, *, list_callable_tools: bool = False
) -> Object:
    """The configuration with what the scopes of the tools need in a project that is written by hand."""
    if not any(one.get("scope") for one in operations):
        return config
    auth0 = str(config["policy"]["name"])
    names: dict[str, str] = {}
    tools: list[Object] = []
    for one in operations:
        if (scope := one.get("scope")) is None:
            continue
        if scope and scope not in names:
            names[scope] = free_name(first_name_of_scope(auth0, scope), names.values())
        policy = scope_policy(names[scope], scope, mcp_path) if scope else None
        inbound = [auth0, *([names[scope]] if scope else [])]
        tools.append({"operation": one["id"], "file": one["file"], "policy": policy, "inbound_policies": inbound})
    found = {**config, "tool_policies": tools, "tool_module": CODE}
    if not list_callable_tools:
        return found
    scopes = {str(one["id"]): [one["scope"]] if one.get("scope") else [] for one in operations}
    policy = list_policy(free_name(first_name(auth0), names.values()), scopes)
    inbound = [*config["inbound_policies"], policy["name"]]
    return {**found, "tool_module": f"{CODE}\n{LIST_CODE}", "list_policy": policy, "inbound_policies": inbound}
