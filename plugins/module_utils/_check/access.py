# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Findings about who may use which tool: the scopes of the API, the default grant, the roles and their members. Pure.

Auth0 puts a user's permissions into the claim `permissions` of a token if the API has enforce_policies and a
token_dialect that ends in _authz, and into its `scope` what of them was requested and granted (docs: enable role-based
access control for APIs). The gateway takes a scope from either claim.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._access.description import Description, Role, Tool
from .._errors import OpsError
from .._types import Object
from .report import FQCN, Finding, fail, quote
from .scopes import Told, granted, lists_permissions, scopes_of

NO_TOOLS = "tools is empty, so who may use which tool is not described"
NAME_TOOLS = "tools: the tools of the MCP server, each with its scope"
NO_ROLES = "roles is empty, so who may use which tool is not described"
NAME_ROLES = "roles: the roles, with the tools that their members may call"
_API = f"{FQCN}auth0_resource_server"
_ROLE = f"{FQCN}auth0_role"
_MEMBERS = f"{FQCN}auth0_role_members"


def listed(names: t.Iterable[str]) -> str:
    return ", ".join(names)


def needed(description: Description) -> frozenset[str]:
    """The scopes that tools need."""
    return frozenset(tool.scope for tool in description.tools if tool.scope is not None)


def free(description: Description) -> list[str]:
    """The tools that everyone who can log in may call."""
    return [tool.operation for tool in description.tools if tool.scope is None]


def tool_scopes(description: Description, found: Object, told: Told) -> Finding:
    """`found` is the resource server, `told` the scopes that the gateway tells clients to request."""
    name, wanted, there = "tool_scopes", needed(description), scopes_of(found)
    if missing := sorted(wanted - there):
        seen = f"the API has no {quote(missing)}, so nobody may call {listed(description.tools_of(missing))}"
        return Finding(name, "fail", seen, "the scope of each tool", f"{_API}: scopes: also {quote(missing)}")
    anyone = free(description)
    rest = f"; everyone who can log in may call {listed(anyone)}, which need no scope" if anyone else ""
    if not wanted:
        return Finding(name, "pass", f"no tool needs a scope{rest}")
    if description.roles and not lists_permissions(found):
        return _without_permissions(description, found, told)
    return Finding(name, "pass", f"the API has {quote(sorted(wanted))}{rest}")


def _without_permissions(description: Description, found: Object, told: Told) -> Finding:
    """Roles are described, and the token does not list what a user may do."""
    name, wanted = "tool_scopes", needed(description)
    dialect = str(found.get("token_dialect", "access_token"))
    authz = dialect if dialect.endswith("_authz") else f"{dialect}_authz"
    untold = sorted(wanted - told.every)
    if found.get("enforce_policies"):
        seen = f"token_dialect is {quote(dialect)}, so the token has only those permissions that the client requests"
        if untold:
            seen += f"; clients are not told {quote(untold)}, so they are refused"
            seen += f" {listed(description.tools_of(untold))} whatever roles a user has"
        # Where clients are told all of them, those get in that request what they are told.
        status: t.Literal["fail", "warn"] = "fail" if untold else "warn"
        return Finding(name, status, seen, authz, f"{_API}: token_dialect: {authz}")
    seen = "enforce_policies is off, so roles decide nothing: Auth0 adds no permissions to the token"
    if asked := sorted(wanted & told.every):
        seen += (
            f", and clients are told to request {quote(asked)}, which Auth0 then gives to anybody who can log in: "
            f"{listed(description.tools_of(asked))}"
        )
    if untold:
        seen += (
            f", and clients that do not request {quote(untold)} by themselves are refused "
            f"{listed(description.tools_of(untold))}; those that do get it, whoever the user is"
        )
    remedy = f"{_API}: enforce_policies: true, with token_dialect: {authz}"
    return Finding(name, "fail", seen, f"enforce_policies: true and token_dialect: {authz}", remedy)


def tool_grant(description: Description, found: Object | None, grant: Object) -> Finding:
    """`found` is the resource server, None where it is not known; `grant` the default one of third-party applications.

    Whether Auth0 leaves out of `permissions` what an application is not granted is not established.
    """
    name, wanted = "tool_grant", needed(description)
    if not wanted:
        return Finding(name, "pass", "no tool needs a scope")
    if grant.get("allow_all_scopes"):
        return Finding(name, "pass", "third-party applications are granted all scopes of the API")
    allowed = granted(found, grant) if found is not None else frozenset(grant.get("scope") or ())
    missing = sorted(wanted - allowed)
    if not missing:
        return Finding(name, "pass", f"third-party applications are granted {quote(sorted(wanted))}")
    seen = (
        f"third-party applications are not granted {quote(missing)}, so a token never has it in its scope, for "
        f"{listed(description.tools_of(missing))}. Whether it has it in its permissions is not known"
    )
    remedy = f"{FQCN}auth0_client_grant: scope: also {quote(missing)}, in the default grant of third-party applications"
    return Finding(name, "fail", seen, "the scope of each tool", remedy)


@dataclass(frozen=True)
class RoleState:
    """A described role, and the scopes of the MCP server that it has; None where the tenant has no such role."""

    role: Role
    scopes: frozenset[str] | None


def roles(description: Description, states: t.Sequence[RoleState], error: OpsError | None = None) -> Finding:
    """`error` is why a role cannot be told from others."""
    name, expected = "roles", "each role with the permissions for its tools, and for no other tool"
    if error is not None:
        return fail(name, error, expected, f"{_ROLE}: name: one that a single role has")
    problems, remedies = [], []
    for state in states:
        title = state.role.name
        if state.scopes is None:
            problems.append(f"the tenant has no role {quote(title)}")
            remedies.append(f"{_ROLE}: name: {title}")
            continue
        # What no tool needs is not a matter of the tools.
        missing = [scope for scope in state.role.scopes if scope not in state.scopes]
        excess = sorted((state.scopes & needed(description)).difference(state.role.scopes))
        if missing:
            barred = description.tools_of(missing)
            effect = f", so its members may not call {listed(barred)}" if barred else ""
            problems.append(f"the role {quote(title)} lacks {quote(missing)}{effect}")
        if excess:
            effect = f", so its members may call {listed(description.tools_of(excess))} as well"
            problems.append(f"the role {quote(title)} also has {quote(excess)}{effect}")
        if missing or excess:
            remedies.append(f"{_ROLE}: permissions: those of roles, for {title}")
    if problems:
        return Finding(name, "fail", "; ".join(problems), expected, "; ".join(dict.fromkeys(remedies)))
    nobody = [scope for scope in sorted(needed(description)) if not description.roles_with(scope)]
    titles = quote([role.name for role in description.roles])
    if nobody:
        tools = listed(description.tools_of(nobody))
        seen = f"no described role has {quote(nobody)}, so nobody may call {tools} by one of {titles}"
        return Finding(name, "warn", seen, "a role for each scope", "roles: one with these tools")
    return Finding(name, "pass", f"{titles} have the permissions for their tools, and for no other tool")


@dataclass(frozen=True)
class Membership:
    """The members of a described role.

    `lacking` and `excess` are named users and groups that do not have it, and others that have it though those are all;
    `unresolved` says of named ones why they are not known. `empty` is whether nobody is known to have the role.
    """

    role: Role
    empty: bool
    lacking: tuple[str, ...] = ()
    excess: tuple[str, ...] = ()
    unresolved: tuple[str, ...] = ()


def role_members(found: t.Sequence[Membership]) -> Finding:
    name, expected = "role_members", "each role with its members"
    problems = []
    for one in found:
        title = quote(one.role.name)
        problems += [f"the role {title}: {reason.rstrip('.')}" for reason in one.unresolved]
        if one.lacking:
            problems.append(f"{quote([*one.lacking])} should have the role {title}, and does not")
        if one.excess:
            problems.append(f"{quote([*one.excess])} has the role {title}, whose description does not name it")
    if problems:
        return Finding(name, "fail", "; ".join(problems), expected, f"{_MEMBERS}: members, groups")
    # Nobody is what an empty list of all members describes.
    empty = [one.role.name for one in found if one.empty and not (one.role.members == () and one.role.purge_members)]
    if empty:
        seen = f"nobody has the role {listed(map(quote, empty))}"
        return Finding(name, "warn", seen, expected, f"{_MEMBERS}: members; or assign the role in the Dashboard")
    return Finding(name, "pass", f"members of {listed(quote(one.role.name) for one in found)} are as described")


def tool_value(tool: Tool) -> str:
    """The entry of the project's tool that the description asks for; an empty scope is none."""
    return f"{{id: {tool.operation}, file: {tool.file}, scope: {quote(tool.scope or '')}}}"
