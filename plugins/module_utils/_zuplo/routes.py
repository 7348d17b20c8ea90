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
from .configuration import DEFAULT_CORS_POLICY, free_name, mcp_operation
from .draft import Draft
from .json_text import Insertion, Path, value_at
from .ledger import address
from .project import POLICIES, ROUTES, Operation, Project

CORS_POLICIES = ("none", "anything-goes")
"""Those that the gateway itself has."""


def add_route(
    draft: Draft, route: str, tools: t.Sequence[Object] | None, *, title: str, cors_policy: str | None
) -> Draft:
    """The MCP route with the policy, made where it is not there; `tools` only replace those of a route made here."""
    named = None if tools is None else _name_tools(draft.project, tools)
    operations = draft.project.operations_at(route)
    if not operations:
        return _make_route(draft, route, named, title, cors_policy or DEFAULT_CORS_POLICY)
    if not any("POST" in one.methods for one in operations):
        names = ", ".join(one.name for one in operations)
        raise ProjectError(
            f"has no POST operation at {route}, which MCP clients need; it has {names}",
            where=operations[0].file,
            remedy="Add one, or give mcp_server_url another path.",
        )
    if named is not None:
        for server in [one for one in operations if one.tools is not None] or operations:
            draft = _set_tools(draft, server, named)
    if cors_policy is not None:
        for one in operations:
            draft = _set_cors_policy(draft, one, cors_policy)
    return attach_token_policy(draft, operations)


def find_moved_route(draft: Draft, route: str, tools: t.Sequence[Object] | None) -> str | None:
    """The route that was made here for this MCP server, under its old path; None where there is none, or any doubt."""
    made = [
        old
        for old in draft.project.paths(ROUTES)
        if draft.has_added(ROUTES, ("paths", old))
        and any(draft.project.is_behind(one, draft.policy_name) for one in draft.project.operations_at(old))
    ]
    if len(made) != 1 or draft.project.operations_at(route):
        return None
    servers = [one for one in draft.project.operations_at(made[0]) if one.tools is not None]
    named = None if tools is None else _keys(_name_tools(draft.project, tools))
    return made[0] if named is None or [_keys(one.tools or ()) for one in servers] == [named] else None


def move_route(draft: Draft, old: str, new: str) -> Draft:
    """With a route that was made here under its new path.

    The note of the old path stays: a run that is killed before it has written the routes finds the route by it.
    """
    value = draft.project.paths(ROUTES)[old]
    draft = draft.insert(ROUTES, Insertion(("paths", new), value)).note(ROUTES, ("paths", new))
    return draft.remove(ROUTES, ("paths", old))


def forget_gone_routes(before: Draft, draft: Draft) -> Draft:
    """Without the notes of routes that were gone before this run: an earlier one has moved them."""
    prefix = address(ROUTES, ("paths", ""))
    there = {
        address(ROUTES, ("paths", one)) for project in (before.project, draft.project) for one in project.paths(ROUTES)
    }
    noted = [
        one
        for one in draft.ledger.of(draft.policy_name)
        if one.startswith(prefix) and one.count("/") == prefix.count("/")
    ]
    gone = [one for one in noted if one not in there]
    return draft.forget(*gone) if gone else draft


def rename_route(draft: Draft, route: str, old: str, new: str) -> Draft:
    """With the new name where the route that was made here has the old one."""
    if not draft.has_added(ROUTES, ("paths", route)):
        return draft
    for one in draft.project.operations_at(route):
        names = (
            ("summary",),
            ("x-zuplo-route", "label"),
            ("x-zuplo-route", "handler", "options", "name"),
        )
        for name in names:
            if one.file == ROUTES and value_at(one.value, *name) == old:
                draft = draft.merge(ROUTES, (*one.path, *name), new)
    return draft


def check_cors_policy(project: Project, name: str) -> None:
    """Raise ProjectError for a CORS policy that is neither the gateway's nor the project's."""
    known = [*CORS_POLICIES, *project.cors_policies]
    if name not in known:
        raise ProjectError(
            f"has no CORS policy {name!r}",
            where=POLICIES,
            remedy=f"Set cors_policy to one of: {', '.join(known)}; or add it to corsPolicies in that file.",
        )


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
    """Without the policies where they were attached: everywhere if the policy itself was added."""
    cuts: dict[str, list[Path]] = {}
    for one in draft.project.operations:
        ours = [index for index, name in enumerate(one.inbound) if has_attached(draft, one, name)]
        if ours:
            # What was attached last comes first.
            cuts.setdefault(one.file, []).append(_find_cut(draft, one, ours[-1]))
    for file, paths in cuts.items():
        draft = draft.remove(file, *paths)
    return detach(draft) if cuts else draft


def has_attached(draft: Draft, operation: Operation, name: str) -> bool:
    """Whether `absent` detaches a policy from an operation."""
    return draft.has_added(POLICIES, ("policies", name)) or draft.has_added(
        operation.file, attachment_of(operation, name)
    )


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


def _make_route(draft: Draft, route: str, tools: list[Object] | None, title: str, cors_policy: str) -> Draft:
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
        draft = draft.insert(ROUTES, Insertion(("paths",), {})).note(ROUTES, ("paths",))
    taken = {one.id for one in draft.project.operations}
    operation_id = free_name(draft.policy_name.replace("-inbound", "") or "mcp", taken)
    operation = mcp_operation(title, draft.policy_name, operation_id, tools, cors_policy)
    return draft.insert(ROUTES, Insertion(("paths", route), {"post": operation})).note(ROUTES, ("paths", route))


def _set_tools(draft: Draft, server: Operation, tools: list[Object]) -> Draft:
    if server.tools == tools:
        return draft
    if server.file == ROUTES and draft.has_added(ROUTES, ("paths", server.route)):
        return draft.merge(ROUTES, (*server.path, "x-zuplo-route", "handler", "options", "operations"), tools)
    there, named = _keys(server.tools or ()), _keys(tools)
    if there == named:
        return draft
    differences = {"operations does not name": there - named, "the route does not have": named - there}
    told = [f"{what} {', '.join(sorted(map(_title, keys)))}" for what, keys in differences.items() if keys]
    raise ProjectError(
        f"has {server.name} with tools other than those in operations, and zuplo_mcp_oauth has not made that route: "
        f"{'; '.join(told)}",
        where=server.file,
        remedy="Name all tools of that route in operations, or leave operations out, or change the route by hand.",
    )


def _keys(tools: t.Iterable[Object]) -> set[tuple[str, str]]:
    """What tells tools apart, in whatever order and form they are named."""
    return {(posixpath.normpath(one["file"]), one["id"]) for one in tools}


def _title(key: tuple[str, str]) -> str:
    file, name = key
    return f"{name} ({file})"


def _set_cors_policy(draft: Draft, one: Operation, name: str) -> Draft:
    given = value_at(one.value, "x-zuplo-route", "corsPolicy")
    if given == name:
        return draft
    if one.file != ROUTES or not draft.has_added(ROUTES, ("paths", one.route)):
        raise ProjectError(
            f"has {one.name} with the corsPolicy {given!r} instead of {name!r}, and zuplo_mcp_oauth has not made that "
            "route",
            where=one.file,
            remedy="Change it there, or leave cors_policy out.",
        )
    return draft.merge(ROUTES, (*one.path, "x-zuplo-route", "corsPolicy"), name)


def attach_token_policy(draft: Draft, operations: t.Sequence[Operation]) -> Draft:
    """With the policy before these operations, and before all others: a caller without a token gets nothing."""
    insertions: dict[str, list[Insertion]] = {}
    notes: dict[str, list[Path]] = {}
    # A policy that was there before stays with `absent`, and only what is attached here is detached again.
    stays = not draft.has_added(POLICIES, ("policies", draft.policy_name))
    for operation in operations:
        if draft.project.is_behind(operation, draft.policy_name):
            continue
        insertion = _make_insertion(draft, operation)
        insertions.setdefault(operation.file, []).append(insertion)
        added = [insertion.path] if isinstance(insertion.path[-1], str) else []
        attachment = [attachment_of(operation, draft.policy_name)] if stays else []
        notes.setdefault(operation.file, []).extend([*added, *attachment])
    for file, paths in notes.items():
        draft = draft.note(file, *paths) if paths else draft
    for file, several in insertions.items():
        draft = draft.insert(file, *several)
    return draft


def _make_insertion(draft: Draft, operation: Operation) -> Insertion:
    """Of the policy into its list, or of the list, or of what holds that."""
    route = value_at(operation.value, "x-zuplo-route")
    if not isinstance(route, dict):
        raise ProjectError(
            f"has the operation {operation.name} without an object x-zuplo-route. The gateway forwards it to the first "
            "of the file's servers, and no policy can be attached to it",
            where=operation.file,
            remedy="Add x-zuplo-route with the handler of that operation, such as urlRewriteHandler.",
        )
    path, value = inbound_of(operation), [draft.policy_name]
    if "inbound" in route.get("policies", {}):
        return Insertion((*path, 0), draft.policy_name)
    if "policies" in route:
        return Insertion(path, value)
    return Insertion(path[:-1], {"inbound": value})


def _find_cut(draft: Draft, operation: Operation, index: int) -> Path:
    """A policy in its list, or what was made around it where nothing else is in there."""
    path = inbound_of(operation)
    policies = operation.value["x-zuplo-route"]["policies"]
    alone = len(operation.inbound) == 1
    if alone and draft.has_added(operation.file, path):
        return path
    if alone and len(policies) == 1 and draft.has_added(operation.file, path[:-1]):
        return path[:-1]
    return (*path, index)


def inbound_of(operation: Operation) -> Path:
    """Where the list of an operation's policies is."""
    return (*operation.path, "x-zuplo-route", "policies", "inbound")


def attachment_of(operation: Operation, name: str) -> Path:
    """Where the ledger notes that a policy was attached to an operation."""
    return (*operation.path, name)
