# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Edit the routes of a Zuplo project: make the MCP route, attach the policy, and take both back. Pure."""

from __future__ import annotations

import json
import posixpath
import typing as t
from dataclasses import replace

from .._errors import ProjectError
from .._types import Object
from .configuration import mcp_operation
from .draft import Draft
from .json_text import Path, find, value_at
from .ledger import address
from .project import POLICIES, ROUTES, Operation, Project


def add_route(draft: Draft, route: str, tools: t.Sequence[Object] | None, *, title: str) -> Draft:
    """The MCP route with the policy, made where it is not there; `tools` only replace those of a route made here."""
    named = None if tools is None else _name_tools(draft.project, tools)
    operations = draft.project.operations_at(route)
    if not operations:
        return _make_route(draft, route, named, title)
    if not any(one.method == "post" for one in operations):
        names = ", ".join(one.name for one in operations)
        raise ProjectError(
            f"has no POST operation at {route}, which MCP clients need; it has {names}",
            where=operations[0].file,
            remedy="Add one, or give mcp_server_url another path.",
        )
    if named is not None:
        for server in [one for one in operations if one.tools is not None] or operations:
            draft = _set_tools(draft, server, named)
    for operation in operations:
        draft = _attach(draft, operation)
    return draft


def attach_to_tools(draft: Draft, route: str) -> Draft:
    """With the policy before the routes of the MCP route's tools."""
    for tool in {one.title: one for one in draft.project.tools_at(route)}.values():
        draft = _attach(draft, tool)
    return draft


def remove_routes(draft: Draft) -> Draft:
    """Without the MCP routes that were made for the policy. One that another policy of ours guards goes over to it."""
    for route, item in draft.project.paths(ROUTES).items():
        if not draft.has_added(ROUTES, ("paths", route)):
            continue
        guards = {name for one in draft.project.operations_at(route) for name in one.inbound}
        methods = set(item) if isinstance(item, dict) else set()
        if heirs := sorted(guards.intersection(draft.ledger.others(draft.policy_name))):
            draft = replace(draft, ledger=draft.ledger.note(heirs[0], address(ROUTES, ("paths", route))))
        elif methods == {"post"}:
            draft = draft.remove(ROUTES, ("paths", route))
        elif "post" in methods:
            draft = draft.remove(ROUTES, ("paths", route, "post"))
    return draft


def detach(draft: Draft) -> Draft:
    """Without the policy where it was attached: everywhere if the policy itself was added."""
    everywhere = draft.has_added(POLICIES, ("policies", draft.policy_name))
    for operation in draft.project.operations:
        if draft.policy_name in operation.inbound and (everywhere or draft.has_added(*_attachment(draft, operation))):
            draft = _detach(draft, operation)
    return draft


def remove_empty_file(draft: Draft) -> Draft:
    """Without what was added around the routes of `config/mcp.oas.json`, where no route is left."""
    if ROUTES not in draft.files or draft.project.paths(ROUTES):
        return draft
    if draft.has_added(ROUTES) and set(draft.load(ROUTES)) == {"openapi", "info", "paths"}:
        return draft.delete(ROUTES)
    if draft.has_added(ROUTES, ("paths",)) and "paths" in draft.load(ROUTES):
        return draft.remove(ROUTES, ("paths",))
    return draft


def _name_tools(project: Project, tools: t.Sequence[Object]) -> list[Object]:
    """As the gateway's handler names them. Raises ProjectError for an operation that is not there."""
    named = [{"file": "./" + posixpath.normpath(one["file"]), "id": one["id"]} for one in tools]
    for tool in named:
        project.find_tool(tool)
    return named


def _make_route(draft: Draft, route: str, tools: list[Object] | None, title: str) -> Draft:
    if not tools:
        known = ", ".join(sorted({one.route for one in draft.project.operations})) or "none"
        raise ProjectError(
            f"has no route with the path {route} of mcp_server_url; its paths: {known}",
            where="The project",
            remedy="Name the MCP server's tools in operations, and zuplo_mcp_oauth makes the route.",
        )
    if route in draft.project.paths(ROUTES):
        raise ProjectError(
            f"already has the path {route}, but no operation there",
            where=ROUTES,
            remedy="Remove that path, and zuplo_mcp_oauth makes the route.",
        )
    if ROUTES not in draft.files:
        document = {"openapi": "3.1.0", "info": {"title": title, "version": "1.0.0"}, "paths": {}}
        draft = draft.put(ROUTES, json.dumps(document, indent=2, ensure_ascii=False) + "\n").note(ROUTES)
    if "paths" not in draft.load(ROUTES):
        draft = draft.insert(ROUTES, ("paths",), {}).note(ROUTES, ("paths",))
    operation = mcp_operation(title, draft.policy_name, _free_id(draft), tools)
    return draft.insert(ROUTES, ("paths", route), {"post": operation}).note(ROUTES, ("paths", route))


def _free_id(draft: Draft) -> str:
    """An operationId that no operation has."""
    taken = {one.id for one in draft.project.operations}
    base = draft.policy_name.replace("-inbound", "") or "mcp"
    return next(one for one in (base, *(f"{base}-{n}" for n in range(2, len(taken) + 3))) if one not in taken)


def _set_tools(draft: Draft, server: Operation, tools: list[Object]) -> Draft:
    if server.tools == tools:
        return draft
    if server.file != ROUTES or not draft.has_added(ROUTES, ("paths", server.route)):
        raise ProjectError(
            f"has {server.name} with tools other than those in operations, and zuplo_mcp_oauth has not made that route",
            where=server.file,
            remedy="Leave operations out, or change the tools of that route by hand.",
        )
    return draft.merge(ROUTES, (*server.path, "x-zuplo-route", "handler", "options", "operations"), tools)


def _attach(draft: Draft, operation: Operation) -> Draft:
    """Before all other policies: the gateway does nothing for a caller without a token."""
    if draft.policy_name in operation.inbound:
        return draft
    route = value_at(operation.value, "x-zuplo-route")
    if not isinstance(route, dict):
        raise ProjectError(
            f"has the operation {operation.name} without an object x-zuplo-route, so it is no route of the gateway",
            where=operation.file,
            remedy="Add x-zuplo-route with the handler of that operation.",
        )
    if not draft.has_added(POLICIES, ("policies", draft.policy_name)):
        # The policy was there before, so it stays with `absent`, and only what is attached here is detached again.
        draft = draft.note(*_attachment(draft, operation))
    path, value = _inbound(operation), [draft.policy_name]
    if value_at(route, "policies", "inbound") is not None:
        return draft.insert(operation.file, (*path, 0), draft.policy_name, first=True)
    if value_at(route, "policies") is not None:
        return draft.merge(operation.file, path, value).note(operation.file, path)
    return draft.merge(operation.file, path[:-1], {"inbound": value}).note(operation.file, path[:-1])


def _detach(draft: Draft, operation: Operation) -> Draft:
    path = _inbound(operation)
    draft = draft.remove(operation.file, (*path, operation.inbound.index(draft.policy_name)))
    for whole, empty in ((path, []), (path[:-1], {"inbound": []})):
        node = find(draft.files[operation.file], whole)
        if draft.has_added(operation.file, whole) and node and node.value == empty:
            draft = draft.remove(operation.file, whole)
    return draft


def _inbound(operation: Operation) -> Path:
    return (*operation.path, "x-zuplo-route", "policies", "inbound")


def _attachment(draft: Draft, operation: Operation) -> tuple[str, Path]:
    """Where the ledger notes that the policy was attached to an operation."""
    return operation.file, (*operation.path, draft.policy_name)
