# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Plan the edits that put the gateway's configuration into a Zuplo project, and those that remove it again. Pure.

What the edits do not name keeps every byte.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .._errors import ProjectError
from .._types import Object
from .choice import Choice, Wanted, choose, choose_added, refuse_to_share, token_of
from .configuration import PLUGIN, POLICY, VARIABLE
from .draft import Draft
from .json_text import Insertion, value_at
from .plugin import add_plugin, remove_plugin, source_of_options
from .project import POLICIES, ROUTES, Files, parse_project
from .routes import add_route, attach_to_tools, detach, remove_empty_file, remove_routes

_NEW_POLICIES = '{\n  "policies": []\n}\n'
_OPTIONS = ("handler", "options")


@dataclass(frozen=True)
class Plan:
    """The files as they will be, what they configure, and the tools' routes that anyone can call without a token.

    `config` is what `configuration` returns; None for `absent`.
    """

    files: Files
    config: Object | None = None
    open_routes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def present(files: Files, wanted: Wanted) -> Plan:
    """The project with what is wanted. Raises ProjectError where that cannot be done safely."""
    project = parse_project(files)
    chosen = choose(project, wanted)
    before = Draft.of(project, chosen.policy_name)
    refuse_to_share(before, chosen, wanted)
    draft = _add_policy(before, chosen.config["policy"])
    draft = add_route(draft, wanted.route, wanted.operations, title=chosen.resource_name)
    if wanted.attach:
        draft = attach_to_tools(draft, wanted.route)
    warnings = _check_conflicts(draft, wanted.route)
    draft = add_plugin(draft, chosen, wanted)
    return Plan(
        draft.files,
        chosen.config,
        open_routes=_list_open_routes(draft, wanted.route),
        warnings=[
            *warnings,
            *_warn_of_open_policy(draft),
            *_warn_of_audience(draft, chosen),
            *_warn_of_stale_routes(draft, wanted),
            *_warn_of_sharing(before, draft),
        ],
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


def _check_conflicts(draft: Draft, route: str) -> list[str]:
    """No token passes two policies that require different audiences or tenants. Returns warnings of unknown ones."""
    project, unknown = draft.project, []
    for operation in (*project.operations_at(route), *project.tools_at(route)):
        policies = project.auth0_policies(operation) if draft.policy_name in operation.inbound else []
        required = {token_of(policy): str(policy["name"]) for policy in policies}
        names = " and ".join(required.values())
        if len(required) > 1 and any("$env(" in token for token in required):
            unknown.append(
                f"{operation.title} has the policies {names}, and one of them takes values from the gateway's "
                "environment. No token passes both unless they require the same audience and tenant."
            )
        elif len(required) > 1:
            raise ProjectError(
                f"would have the policies {names} at {operation.name}: they require tokens "
                "of different audiences or tenants, so no token passes both",
                where=operation.file,
                remedy="Remove one of them there; for a tool, set attach_to_tools to false.",
            )
    return unknown


def _list_open_routes(draft: Draft, route: str) -> list[str]:
    tools = draft.project.tools_at(route)
    return list(dict.fromkeys(one.title for one in tools if draft.policy_name not in one.inbound))


def _warn_of_open_policy(draft: Draft) -> list[str]:
    index = draft.project.find_policy(draft.policy_name)
    policy = {} if index is None else draft.project.policies[index]
    if not value_at(policy, "handler", "options", "allowUnauthenticatedRequests"):
        return []
    return [
        f"The policy {draft.policy_name} in {POLICIES} has allowUnauthenticatedRequests, so it lets callers without a "
        "token in, and MCP clients are never asked to log in. Remove that option."
    ]


def _warn_of_stale_routes(draft: Draft, wanted: Wanted) -> list[str]:
    """An earlier run has made routes for the same policy, whose audience now is another URL."""
    stale = [
        route
        for route in draft.project.paths(ROUTES)
        if route != wanted.route
        and draft.has_added(ROUTES, ("paths", route))
        and any(draft.policy_name in one.inbound for one in draft.project.operations_at(route))
    ]
    return [
        f"The route {route} in {ROUTES} has the same policy {draft.policy_name}, which now accepts only tokens for "
        f"{wanted.strings.audience}, so {route} refuses its clients. Give each MCP server a policy_name of its own. "
        f"If the MCP server has moved, remove the route {route} from that file."
        for route in stale
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
