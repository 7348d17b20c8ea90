# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which scope a token needs to call a tool: read it, and edit the policies that demand it. Pure."""

from __future__ import annotations

import itertools
import typing as t
from dataclasses import dataclass

from .._errors import ProjectError
from .._types import Object
from .configuration import COMPOSITE, free_name
from .draft import Draft
from .guards import Token, judge
from .json_text import Insertion, Path, value_at
from .ledger import address
from .list_policy import EXPORT as LIST_EXPORT
from .project import POLICIES, Operation, Project
from .routes import attachment_of, has_attached, inbound_of
from .scope_policy import EXPORT, first_name, is_scope_policy, path_of, scope_of, scope_policy


@dataclass(frozen=True)
class ToolScope:
    """Who may call a tool: `operation` is its operationId, in the routes file `file`.

    `scopes` are those that our policies demand, all of them. A policy that names no scope is not among them: `judge`
    tells that it refuses everybody. `is_authenticated` tells whether a policy before the tool is sure to accept the
    token of an MCP client, `is_open` whether anyone can call its route directly, without a token.
    """

    operation: str
    file: str
    scopes: tuple[str, ...]
    is_authenticated: bool
    is_open: bool


def tool_scopes(project: Project, route: str, token: Token) -> list[ToolScope]:
    """Of each tool of the MCP servers at a route. Raises ProjectError for a server that answers no request."""
    found = []
    for one in list_tools(project, route):
        policies = project.policies_before(one)
        guard = judge(one.title, policies, token)
        scopes = [scope_of(policy) for policy in policies if is_scope_policy(policy)]
        found.append(
            ToolScope(
                str(one.id),
                one.file,
                tuple(dict.fromkeys(scope for scope in scopes if scope is not None)),
                bool(guard.find("accepts")),
                guard.lets_in,
            )
        )
    return found


def list_tools(project: Project, route: str) -> list[Operation]:
    """The tools of the MCP servers at a route, each once."""
    return list({one.title: one for one in project.tools_at(route)}.values())


def set_scopes(draft: Draft, route: str, scopes: t.Mapping[str, str]) -> Draft:
    """With exactly these scopes demanded: titles of operations -> scope, empty for none.

    What other operations have stays. All policies of ours get the path of the MCP server, and those that no operation
    has any more go. Raises ProjectError where somebody else's policy demands another scope.
    """
    draft = _correct_policies(draft, route)
    names, draft = _add_policies(draft, route, scopes)
    operations = [one for one in draft.project.operations if one.title in scopes]
    for one in operations:
        _refuse_others(draft, one, names.get(scopes[one.title]), scopes[one.title])
    draft = _detach_former(draft, {one.title: names.get(scopes[one.title]) for one in operations})
    draft = attach(draft, {one.title: names[scopes[one.title]] for one in operations if scopes[one.title]})
    return remove_policies(draft, _own_names(draft) - used_names(draft.project))


def remove_policies(draft: Draft, names: t.Iterable[str] | None = None) -> Draft:
    """Without these policies, or all that were added beside the one that checks the token."""
    gone = _own_names(draft) | own_lists(draft) if names is None else set(names)
    indexes = [index for index, one in enumerate(draft.project.policies) if one.get("name") in gone]
    paths: list[Path] = [("policies", index) for index in indexes]
    # The first of a list goes alone.
    if later := [path for path in paths if path[-1]]:
        draft = draft.remove(POLICIES, *later)
    return draft.remove(POLICIES, ("policies", 0)) if 0 in indexes else draft


def forget_gone_policies(before: Draft, draft: Draft) -> Draft:
    """Without the notes of policies that were gone before this run: an earlier one has removed them."""
    there = {
        name
        for project in (before.project, draft.project)
        for name in (*(str(one.get("name")) for one in project.policies), *used_names(project))
    }
    gone = [address(POLICIES, ("policies", name)) for name in _noted_names(draft) - there]
    return draft.forget(*gone) if gone else draft


# -- the policies -----------------------------------------------------------------------------------------------------


def _noted_names(draft: Draft) -> set[str]:
    """Of the policies that were added beside the one that checks the token."""
    prefix = address(POLICIES, ("policies", ""))
    noted = (one.removeprefix(prefix) for one in draft.ledger.of(draft.policy_name) if one.startswith(prefix))
    return {*noted} - {draft.policy_name}


def _own_names(draft: Draft) -> set[str]:
    """Of the policies that were added to demand a scope. Raises ProjectError for one that has become another kind."""
    names = _noted_names(draft) - own_lists(draft)
    for name in sorted(names):
        export = _export_of(draft, name)
        if export != EXPORT and draft.project.find_policy(name) is not None:
            raise ProjectError(
                f"has a policy {name!r} with the handler {export!r} instead of {EXPORT} or {LIST_EXPORT}, which "
                "zuplo_mcp_oauth has written there",
                where=POLICIES,
                remedy="Restore that policy from version control, or give yours another name.",
            )
    return names


def own_lists(draft: Draft) -> set[str]:
    """The names of the policies that were added to narrow the list of tools, and are there."""
    return {name for name in _noted_names(draft) if _export_of(draft, name) == LIST_EXPORT}


def _export_of(draft: Draft, name: str) -> t.Any:
    index = draft.project.find_policy(name)
    return None if index is None else value_at(draft.project.policies[index], "handler", "export")


def used_names(project: Project) -> set[str]:
    """Of the policies that an operation or a composite policy has."""
    composites = [one for one in project.policies if value_at(one, "handler", "export") == COMPOSITE]
    members = [value_at(one, "handler", "options", "policies") for one in composites]
    named = [one for one in members if isinstance(one, list)]
    return {str(name) for name in itertools.chain(*(one.inbound for one in project.operations), *named)}


def _correct_policies(draft: Draft, route: str) -> Draft:
    own = _own_names(draft)
    for index, policy in enumerate(draft.project.policies):
        if (name := policy.get("name")) in own:
            wanted = scope_policy(str(name), "", route)
            del wanted["handler"]["options"]["scope"]
            draft = draft.merge(POLICIES, ("policies", index), wanted)
    return draft


def _add_policies(draft: Draft, route: str, scopes: t.Mapping[str, str]) -> tuple[dict[str, str], Draft]:
    """The names of the policies that demand the scopes, by scope, and the draft with those that were not there."""
    policies = draft.project.policies
    wanted = dict.fromkeys(scope for scope in scopes.values() if scope)
    names = {
        str(scope_of(one)): str(one.get("name"))
        for one in reversed(policies)
        if is_scope_policy(one) and path_of(one) == route and scope_of(one) in wanted
    }
    others = {name for one in draft.project.operations if one.title not in scopes for name in one.inbound}
    # Somebody has given these another scope, which no tool needs.
    free = _own_names(draft) - {*names.values()} - others
    taken = {str(one.get("name")) for one in policies} - free
    insertions: list[Insertion] = []
    for scope in wanted:
        if scope in names:
            continue
        name = free_name(first_name(draft.policy_name, scope), taken)
        taken.add(name)
        names[scope] = name
        policy, index = scope_policy(name, scope, route), draft.project.find_policy(name)
        if index is None:
            insertions.append(Insertion(("policies", len(policies)), policy))
        else:
            draft = draft.merge(POLICIES, ("policies", index), policy)
    if insertions:
        notes: list[Path] = [("policies", one.value["name"]) for one in insertions]
        draft = draft.insert(POLICIES, *insertions).note(POLICIES, *notes)
    return names, draft


# -- on the routes ----------------------------------------------------------------------------------------------------


def _refuse_others(draft: Draft, operation: Operation, name: str | None, scope: str) -> None:
    """Raise ProjectError where a policy that is not ours to detach demands a scope."""
    for policy in draft.project.policies_before(operation):
        other = str(policy.get("name"))
        if not is_scope_policy(policy) or other == name:
            continue
        if other in operation.inbound and has_attached(draft, operation, other):
            continue
        raise ProjectError(
            f"has the policy {other} at the tool {operation.name}, which demands the scope {scope_of(policy)!r}, and "
            f"zuplo_mcp_oauth has not attached it there, while the scope {scope!r} is wanted",
            where=operation.file,
            remedy=f"Remove {other} from policies.inbound there, or from the composite policy that has it; or leave "
            "scope out for this tool.",
        )


def _detach_former(draft: Draft, wanted: t.Mapping[str, str | None]) -> Draft:
    """Without the policies of ours that demand another scope of these operations, by title."""
    own = _own_names(draft)
    cuts: dict[str, list[Path]] = {}
    for one in draft.project.operations:
        for index, name in enumerate(one.inbound):
            if one.title in wanted and name != wanted[one.title] and _is_former(draft, one, name, own):
                cuts.setdefault(one.file, []).append((*inbound_of(one), index))
                break
    for file, paths in cuts.items():
        draft = draft.remove(file, *paths)
    return _detach_former(draft, wanted) if cuts else draft


def _is_former(draft: Draft, operation: Operation, name: str, own: set[str]) -> bool:
    if name in own:
        return True
    index = draft.project.find_policy(name)
    demands = index is not None and is_scope_policy(draft.project.policies[index])
    return demands and has_attached(draft, operation, name)


def attach(draft: Draft, names: t.Mapping[str, str]) -> Draft:
    """With these policies, by title of the operation, directly after the policy that checks the token."""
    insertions: dict[str, list[Insertion]] = {}
    for one in draft.project.operations:
        name = names.get(one.title)
        if name is None or draft.project.is_behind(one, name):
            continue
        after = next(index for index, other in enumerate(one.inbound) if holds_token_policy(draft, other))
        insertions.setdefault(one.file, []).append(Insertion((*inbound_of(one), after + 1), name))
        if not draft.has_added(POLICIES, ("policies", name)):
            draft = draft.note(one.file, attachment_of(one, name))
    for file, several in insertions.items():
        draft = draft.insert(file, *several)
    return draft


def holds_token_policy(draft: Draft, name: str) -> bool:
    """Whether a policy is the one that checks the token, or a composite one that has it."""
    return any(one.get("name") == draft.policy_name for one in draft.project.open_up(name))


def report(found: t.Iterable[ToolScope]) -> list[Object]:
    """As the module returns them."""
    return [
        {"operation": one.operation, "file": one.file, "scope": " ".join(one.scopes) or None, "open": one.is_open}
        for one in found
    ]
