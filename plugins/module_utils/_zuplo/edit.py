# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Plan the edits that put the gateway's configuration into a Zuplo project, and those that remove it again. Pure.

What the edits do not name keeps every byte.
"""

from __future__ import annotations

import json
import typing as t
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from .._errors import ProjectError
from .._types import Object
from . import typescript
from .configuration import LITERAL, NEW_RUNTIME, PLUGIN, POLICY, REGISTER, Environment, runtime_module
from .draft import Draft
from .json_text import value_at
from .ledger import address, read_code, unify_line_ends, write_helper
from .project import HELPER, POLICIES, ROUTES, RUNTIME, Files
from .routes import add_route, attach_to_tools, detach, remove_empty_file, remove_routes
from .typescript_lexer import SourceError

_NEW_POLICIES = '{\n  "policies": []\n}\n'


@dataclass(frozen=True)
class Wanted:
    """What a project should hold.

    `config` is what `configuration` returns. `operations`, each `{file, id}`, are the tools of a route that is made
    here; None where the route is there already. `attach` also puts the policy before the routes of the tools.
    """

    config: Object
    environment: Environment = LITERAL
    operations: t.Sequence[Object] | None = None
    attach: bool = False

    @property
    def policy_name(self) -> str:
        return str(self.config["policy"]["name"])

    @property
    def resource_name(self) -> str:
        return str(self.config["plugin_options"]["resourceName"])

    @property
    def route(self) -> str:
        return urlsplit(self.config["audience"]).path or "/"

    @property
    def helper_code(self) -> str:
        return runtime_module(REGISTER, self.config["plugin_options"], self.environment)


@dataclass(frozen=True)
class Plan:
    """The files as they will be, and the tools' routes that anyone can still call without a token."""

    files: Files
    open_routes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def present(files: Files, wanted: Wanted) -> Plan:
    """The project with what is wanted. Raises ProjectError where that cannot be done safely."""
    before = Draft.of(files, wanted.policy_name)
    draft = _add_policy(before, wanted.config["policy"])
    draft = add_route(draft, wanted.route, wanted.operations, title=wanted.resource_name)
    if wanted.attach:
        draft = attach_to_tools(draft, wanted.route)
    _refuse_conflicts(draft, wanted.route)
    draft = _add_plugin(draft, wanted.helper_code)
    return Plan(
        draft.files,
        open_routes=_list_open_routes(draft, wanted.route),
        warnings=[
            *_warn_of_open_policy(draft),
            *_warn_of_stale_routes(draft, wanted),
            *_warn_of_sharing(before, wanted),
        ],
    )


def absent(files: Files, policy_name: str) -> Plan:
    """The project without what `present` has added for this policy. Raises ProjectError like `present`."""
    draft = Draft.of(files, policy_name)
    for step in (remove_routes, detach, remove_empty_file, _remove_policy, _remove_plugin):
        draft = step(draft)
    return Plan(draft.files)


# -- the policy -------------------------------------------------------------------------------------------------------


def _add_policy(draft: Draft, policy: Object) -> Draft:
    if POLICIES not in draft.files:
        draft = draft.put(POLICIES, _NEW_POLICIES).note(POLICIES)
    if "policies" not in draft.load(POLICIES):
        draft = draft.insert(POLICIES, ("policies",), []).note(POLICIES, ("policies",))
    index = _find_own_policy(draft)
    if index is not None:
        return draft.merge(POLICIES, ("policies", index), policy)
    draft = draft.insert(POLICIES, ("policies", len(draft.project.policies)), policy)
    return draft.note(POLICIES, ("policies", draft.policy_name))


def _remove_policy(draft: Draft) -> Draft:
    if not draft.has_added(POLICIES, ("policies", draft.policy_name)):
        return draft
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


# -- the plugin -------------------------------------------------------------------------------------------------------


def _add_plugin(draft: Draft, code: str) -> Draft:
    if RUNTIME not in draft.files:
        draft = draft.put(RUNTIME, NEW_RUNTIME).note(RUNTIME)
    source = draft.files[RUNTIME]
    with _explain():
        if typescript.mentions(source, PLUGIN):
            raise ProjectError(
                f"uses {PLUGIN} itself, which {HELPER} is to do",
                where=RUNTIME,
                remedy=f"Remove what it does with {PLUGIN}, and the import.",
            )
        draft = draft.put(RUNTIME, typescript.add_call(source, "runtimeInit", REGISTER, "./mcp-oauth"))
    return _put_helper(replace(draft, ledger=draft.ledger.note(draft.policy_name)), code)


def _remove_plugin(draft: Draft) -> Draft:
    others = draft.ledger.others(draft.policy_name)
    if others:
        # Another MCP server of the project still needs the plugin, and takes over what was added for both.
        shared = [one for one in draft.ledger.of(draft.policy_name) if one in draft.files or _is_parent(one)]
        ledger = draft.ledger.drop(draft.policy_name).note(others[0], *shared)
        return _put_helper(replace(draft, ledger=ledger), read_code(draft.files[HELPER]))
    draft = draft.delete(HELPER)
    source = draft.files.get(RUNTIME)
    if source is None:
        return draft
    if draft.has_added(RUNTIME) and unify_line_ends(source) == NEW_RUNTIME:
        return draft.delete(RUNTIME)
    with _explain():
        return draft.put(RUNTIME, typescript.remove_call(source, REGISTER))


def _is_parent(one: str) -> bool:
    """Whether an address is one under which several MCP servers may have members."""
    lists = (address(POLICIES, ("policies",)), address(ROUTES, ("paths",)))
    return one in lists or one.endswith(("/x-zuplo-route/policies", "/x-zuplo-route/policies/inbound"))


def _put_helper(draft: Draft, code: str) -> Draft:
    text = write_helper(draft.ledger, code)
    return draft if unify_line_ends(draft.files.get(HELPER, "")) == text else draft.put(HELPER, text)


@contextmanager
def _explain() -> t.Iterator[None]:
    """Say of which file the TypeScript cannot be edited."""
    try:
        yield
    except SourceError as error:
        raise ProjectError(
            f"cannot be edited safely: {error}", where=RUNTIME, remedy="Correct the file, then run again."
        ) from None


# -- what comes of it -------------------------------------------------------------------------------------------------


def _refuse_conflicts(draft: Draft, route: str) -> None:
    """No token passes two policies that require different audiences or tenants."""
    project = draft.project
    for operation in (*project.operations_at(route), *project.tools_at(route)):
        policies = project.auth0_policies(operation) if draft.policy_name in operation.inbound else []
        required = {_describe_token(policy): str(policy["name"]) for policy in policies}
        if len(required) > 1:
            raise ProjectError(
                f"would have the policies {' and '.join(required.values())} at {operation.name}: they require tokens "
                "of different audiences or tenants, so no token passes both",
                where=operation.file,
                remedy="Remove one of them there; for a tool, set attach_to_tools to false.",
            )


def _describe_token(policy: Object) -> str:
    options = value_at(policy, "handler", "options")
    return json.dumps([value_at(options, "auth0Domain"), value_at(options, "audience")])


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
        f"{wanted.config['audience']}, so {route} refuses its clients. Give each MCP server a policy_name of its own. "
        f"If the MCP server has moved, remove the route {route} from that file."
        for route in stale
    ]


def _warn_of_sharing(before: Draft, wanted: Wanted) -> list[str]:
    others = before.ledger.others(wanted.policy_name)
    if not others or read_code(before.files[HELPER]) == wanted.helper_code:
        return []
    return [
        f"The gateway has one {PLUGIN} for all MCP servers, so its new options also apply to those of the policies "
        f"{', '.join(others)}. Give all of them the same resource_name, issuer_domain and issuer_domain_env; otherwise "
        "each run changes them."
    ]
