# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Plan the edits that put the gateway's configuration into a Zuplo project, and those that remove it again. Pure.

What the edits do not name keeps every byte.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .._errors import ProjectError
from .._types import Object
from .choice import Choice, Wanted, choose, choose_added, find_resource_name, refuse_to_share
from .configuration import PLUGIN, POLICY, VARIABLE
from .draft import Draft
from .guards import is_of_mcp_gateway, judge
from .json_text import Insertion, value_at
from .plugin import add_plugin, remove_plugin, source_of_options
from .project import POLICIES, Files, Project, parse_project
from .routes import (
    add_route,
    attach_token_policy,
    check_cors_policy,
    detach,
    find_moved_route,
    forget_gone_routes,
    move_route,
    remove_empty_file,
    remove_routes,
    rename_route,
)
from .tool_list import set_list
from .tool_scopes import ToolScope, forget_gone_policies, list_tools, remove_policies, set_scopes, tool_scopes

_NEW_POLICIES = '{\n  "policies": []\n}\n'
_OPTIONS = ("handler", "options")


@dataclass(frozen=True)
class Plan:
    """The files as they will be, what they configure, and the tools' routes that anyone can call without a token.

    `config` is what `configuration` returns; None for `absent`. `scopes` and `scopes_before` are those of the tools, as
    they will be and as they are; empty for `absent`, and where the MCP route is not there or answers no request.
    """

    files: Files
    config: Object | None = None
    open_routes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    scopes: list[ToolScope] = field(default_factory=list)
    scopes_before: list[ToolScope] = field(default_factory=list)


def present(files: Files, wanted: Wanted) -> Plan:
    """The project with what is wanted. Raises ProjectError where that cannot be done safely."""
    project = parse_project(files)
    _refuse_mcp_gateway(project)
    if wanted.cors_policy is not None:
        check_cors_policy(project, wanted.cors_policy)
    chosen = choose(project, wanted)
    before = Draft.of(project, chosen.policy_name)
    moved = find_moved_route(before, wanted.route, wanted.operations) if wanted.move else None
    refuse_to_share(project, chosen, wanted, moved)
    draft = _add_policy(before, chosen.config["policy"])
    if moved:
        draft = move_route(draft, moved, wanted.route)
    draft = add_route(
        draft, wanted.route, wanted.operations, title=chosen.resource_name, cors_policy=wanted.cors_policy
    )
    old_name = find_resource_name(project)
    if wanted.resource_name and old_name:
        draft = rename_route(draft, wanted.route, old_name, wanted.resource_name)
    tools, scopes = list_tools(draft.project, wanted.route), _find_scopes(draft, wanted)
    draft = attach_token_policy(draft, [one for one in tools if wanted.attach or one.title in scopes])
    draft = set_scopes(draft, wanted.route, scopes)
    draft = set_list(draft, wanted.route, wanted.token, narrow=wanted.list_callable_tools)
    warnings = _check_guards(draft, wanted)
    if draft.files != before.files:
        draft = forget_gone_policies(before, forget_gone_routes(before, draft))
    draft = add_plugin(draft, chosen, wanted)
    return Plan(
        draft.files,
        chosen.config,
        open_routes=_list_open_routes(draft, wanted),
        warnings=[
            *warnings,
            *_warn_of_audience(draft, chosen),
            *_warn_of_move(moved, wanted),
            *_warn_of_no_tools(draft, wanted),
            *_warn_of_sharing(before, draft),
        ],
        scopes=tool_scopes(draft.project, wanted.route, wanted.token),
        scopes_before=_read_scopes(project, moved or wanted.route, wanted),
    )


def absent(files: Files, policy_name: str | None = None) -> Plan:
    """The project without what `present` has added for this policy, and with what it has replaced.

    Raises ProjectError like `present`.
    """
    project = parse_project(files)
    draft = Draft.of(project, policy_name or choose_added(project))
    for step in (remove_routes, detach, remove_empty_file, _remove_policy, remove_plugin):
        draft = step(draft)
    return Plan(draft.files)


# -- the policy -------------------------------------------------------------------------------------------------------


def _add_policy(draft: Draft, policy: Object) -> Draft:
    if POLICIES not in draft.files:
        draft = draft.put(POLICIES, _NEW_POLICIES).note(POLICIES)
    if "policies" not in draft.load(POLICIES):
        draft = draft.insert(POLICIES, Insertion(("policies",), [])).note(POLICIES, ("policies",))
    index = _find_own_policy(draft)
    if index is not None and draft.has_added(POLICIES, ("policies", draft.policy_name)):
        return draft.merge(POLICIES, ("policies", index), policy)
    if index is not None:
        return _correct_policy(draft, index, policy)
    draft = draft.insert(POLICIES, Insertion(("policies", len(draft.project.policies)), policy))
    return draft.note(POLICIES, ("policies", draft.policy_name))


def _correct_policy(draft: Draft, index: int, policy: Object) -> Draft:
    """Of a policy that was there before, only the options count."""
    options = value_at(policy, *_OPTIONS)
    whole = not isinstance(value_at(draft.project.policies[index], *_OPTIONS), dict)
    for place, value in [((), options)] if whole else [((key,), value) for key, value in options.items()]:
        path = (*_OPTIONS, *place)
        noted = ("policies", draft.policy_name, *path)
        draft = draft.correct(POLICIES, ("policies", index, *path), value, noted)
    return draft


def _restore_policy(draft: Draft) -> Draft:
    index = draft.project.find_policy(draft.policy_name)
    if index is None:
        return draft
    options = value_at(draft.project.policies[index], *_OPTIONS)
    for place in [*((key,) for key in options or ()), ()]:
        path = (*_OPTIONS, *place)
        draft = draft.restore(POLICIES, ("policies", index, *path), ("policies", draft.policy_name, *path))
    return draft


def _remove_policy(draft: Draft) -> Draft:
    draft = remove_policies(draft)
    if not draft.has_added(POLICIES, ("policies", draft.policy_name)):
        return _restore_policy(draft)
    index = _find_own_policy(draft)
    if index is None:
        return draft
    draft = draft.remove(POLICIES, ("policies", index))
    if draft.has_added(POLICIES, ("policies",)) and not draft.project.policies:
        draft = draft.remove(POLICIES, ("policies",))
    if draft.has_added(POLICIES) and draft.load(POLICIES) == {"policies": []}:
        draft = draft.delete(POLICIES)
    return draft


def _find_own_policy(draft: Draft) -> int | None:
    """The index of the policy with our name; ProjectError where that is a policy of another kind."""
    index = draft.project.find_policy(draft.policy_name)
    if index is None:
        return None
    export = value_at(draft.project.policies[index], "handler", "export")
    if export != POLICY:
        raise ProjectError(
            f"has a policy {draft.policy_name!r} with the handler {export!r} instead of {POLICY}",
            where=POLICIES,
            remedy="Set policy_name to another name.",
        )
    return index


# -- what comes of it -------------------------------------------------------------------------------------------------


def _refuse_mcp_gateway(project: Project) -> None:
    for operation in project.operations:
        for policy in project.policies_before(operation):
            if is_of_mcp_gateway(policy):
                raise ProjectError(
                    f"has the policy {policy.get('name')} of the MCP Gateway at {operation.name}: there the gateway "
                    f"itself is the authorization server, and {PLUGIN}, which is for the whole gateway, would send its "
                    "clients to Auth0",
                    where=operation.file,
                    remedy="Put the MCP server that is to use Auth0 into a Zuplo project of its own.",
                )


def _check_guards(draft: Draft, wanted: Wanted) -> list[str]:
    """Raise ProjectError where no MCP client would get in. Returns warnings of what may refuse them."""
    project, warnings = draft.project, []
    for operation in project.operations_at(wanted.route):
        guard = judge(operation.title, project.policies_before(operation), wanted.token)
        if refusing := guard.find("refuses"):
            raise ProjectError(
                f"lets no MCP client in at {operation.name}: {refusing[0]}",
                where=operation.file,
                remedy=f"Remove {refusing[0].policy} from policies.inbound there, or from the composite policy that "
                "has it.",
            )
        warnings += [
            f"At {guard.title}, {one}. MCP clients may be refused."
            for one in guard.find("unknown")
            if one.policy != draft.policy_name
        ]
        warnings += [
            f"At {guard.title}, {one}. MCP clients are never asked to log in. Remove that option."
            for one in guard.find("open")
        ]
    for operation in list_tools(draft.project, wanted.route):
        guard = judge(operation.title, project.policies_before(operation), wanted.token)
        if refusing := guard.find("refuses"):
            if project.is_behind(operation, draft.policy_name):
                raise ProjectError(
                    f"would let nobody in at the tool {operation.name}: {refusing[0]}, and the policy "
                    f"{draft.policy_name} accepts only tokens for {wanted.strings.audience}",
                    where=operation.file,
                    remedy=f"Remove {refusing[0].policy} from policies.inbound there, or from the composite policy "
                    "that has it; or set attach_to_tools to false and leave scope out for this tool, which then "
                    "stays with those who can call it today.",
                )
            warnings.append(f"The tool {guard.title} refuses MCP clients: {refusing[0]}.")
        warnings += [
            f"The tool {guard.title} may refuse MCP clients: {one}."
            for one in guard.find("unknown")
            if one.policy != draft.policy_name
        ]
    return warnings


def _find_scopes(draft: Draft, wanted: Wanted) -> dict[str, str]:
    """Of the tools whose scope is named: title of the operation -> scope."""
    named = {draft.project.find_tool(one).title: one.get("scope") for one in wanted.operations or ()}
    return {title: scope for title, scope in named.items() if scope is not None}


def _read_scopes(project: Project, route: str, wanted: Wanted) -> list[ToolScope]:
    try:
        return tool_scopes(project, route, wanted.token)
    except ProjectError:  # a server that answers no request has no tools
        return []


def _list_open_routes(draft: Draft, wanted: Wanted) -> list[str]:
    return [
        one.title
        for one in list_tools(draft.project, wanted.route)
        if judge(one.title, draft.project.policies_before(one), wanted.token).lets_in
    ]


def _warn_of_move(moved: str | None, wanted: Wanted) -> list[str]:
    return [f"The MCP server has moved from {moved} to {wanted.route}, and its route with it."] if moved else []


def _warn_of_no_tools(draft: Draft, wanted: Wanted) -> list[str]:
    servers = [one for one in draft.project.operations_at(wanted.route) if one.tools == []]
    return [
        f"The MCP server {one.title} has no tools"
        + (": the gateway does not read openApiFilePaths any more" if "openApiFilePaths" in (one.server or {}) else "")
        + ". Name them in operations."
        for one in servers
    ]


def _warn_of_audience(draft: Draft, chosen: Choice) -> list[str]:
    text = chosen.environment.audience_text or ""
    if not text or VARIABLE.sub("", text):
        return []
    variable = " and ".join(VARIABLE.findall(text))
    return [
        f"The policy {draft.policy_name} takes its audience from the gateway's environment variable {variable}, which "
        f"must contain {chosen.config['audience']}. If it is not set, the gateway checks no audience. Set mcp_host_env "
        "to a variable for the host alone: if that is not set, the gateway refuses every token."
    ]


def _warn_of_sharing(before: Draft, draft: Draft) -> list[str]:
    others = before.ledger.others(before.policy_name)
    if not others or source_of_options(before) == source_of_options(draft):
        return []
    return [
        f"The gateway has one {PLUGIN} for all MCP servers, so its new options also apply to those of the policies "
        f"{', '.join(others)}. Give all of them the same resource_name, issuer_domain and issuer_domain_env; otherwise "
        "each run changes them."
    ]
