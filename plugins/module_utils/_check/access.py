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
from .._http import parse
from .._types import Object
from .probe import Answer
from .report import FQCN, ZUPLO, Finding, describe, fail, quote
from .scopes import Told, granted, lists_permissions, scopes_of
from .session import result_of

NO_TOOLS = "tools is empty, so who may use which tool is not described"
NAME_TOOLS = "tools: the tools of the MCP server, each with its scope"
NO_ROLES = "roles is empty, so who may use which tool is not described"
NAME_ROLES = "roles: the roles, with the tools that their members may call"
_API = f"{FQCN}auth0_resource_server"
_ROLE = f"{FQCN}auth0_role"
_MEMBERS = f"{FQCN}auth0_role_members"
_LOG = "read the gateway's log"
_ACCESS = "the findings tool_scopes, tool_grant, roles and role_members; then a new user_token, which has what changed"
_NAME_OF_TOOL = "project_dir, where the name of the tool is read; or deploy the project"
NO_ARGUMENTS = "not checked: no tool of tools has arguments, and a call does what the tool does"
NAME_ARGUMENTS = "tools: give the tools that may be called for a test arguments"
USER_TOKEN = "user_token: an access token of a test user for the MCP server"


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
        f"third-party applications are not granted {quote(missing)}, so the scope of a token never has it, which "
        f"{listed(description.tools_of(missing))} needs. Whether its permissions have it is not known"
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

    `lacking` and `excess` are named members who do not have it, and others who have it though `members` are all;
    `unresolved` says of named ones why they are not known. `empty` is whether nobody at all has the role.
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
        problems += [f"of the role {title}, {reason}" for reason in one.unresolved]
        if one.lacking:
            problems.append(f"{quote([*one.lacking])} should have the role {title}, and does not")
        if one.excess:
            problems.append(f"{quote([*one.excess])} has the role {title}, whose members do not name it")
    if problems:
        return Finding(name, "fail", "; ".join(problems), expected, f"{_MEMBERS}: members")
    # Nobody is what an empty list of all members describes.
    empty = [one.role.name for one in found if one.empty and not (one.role.members == () and one.role.purge_members)]
    if empty:
        seen = f"nobody has the role {listed(map(quote, empty))}"
        return Finding(name, "warn", seen, expected, f"{_MEMBERS}: members; or assign the role in the Dashboard")
    return Finding(name, "pass", f"members of {listed(quote(one.role.name) for one in found)} are as described")


def tool_value(tool: Tool) -> str:
    """The entry of the project's tool that the description asks for."""
    scope = f", scope: {quote(tool.scope)}" if tool.scope is not None else ""
    return f"{{id: {tool.operation}, file: {tool.file}{scope}}}"


# -- calls ------------------------------------------------------------------------------------------------------------

Outcome = t.Literal["answered", "refused", "failed"]
# What the answer of a tool's route holds where the gateway refuses it (RFC 9457): the tool's result is that text.
_FORBIDDEN = 403
_REFUSAL = "insufficient_scope"
_INVALID_PARAMS = -32602


@dataclass(frozen=True)
class Caller:
    """What a token says of itself: who calls, and the scopes with which the gateway lets a call pass."""

    sub: str
    scopes: frozenset[str]

    @classmethod
    def of(cls, claims: Object) -> Caller:
        permissions, scope = claims.get("permissions"), claims.get("scope")
        listed = [one for one in permissions if isinstance(one, str)] if isinstance(permissions, list) else []
        requested = scope.split() if isinstance(scope, str) else []
        return cls(str(claims.get("sub", "")), frozenset([*listed, *requested]))


@dataclass(frozen=True)
class Call:
    """A tool that was called, and what came of it: `why` in a few words, without what the tool has answered."""

    tool: Tool
    outcome: Outcome
    why: str = ""

    @classmethod
    def of(cls, tool: Tool, answer: Answer) -> Call:
        """From the answer to tools/call."""
        if answer.status == _FORBIDDEN:
            return cls(tool, "refused", describe(answer))
        if answer.document is None:
            return cls(tool, "failed", describe(answer))
        error, result = answer.document.get("error"), result_of(answer)
        if isinstance(error, dict):
            if _tells_refusal(error.get("message")):
                return cls(tool, "refused", "an error that names the scope")
            if error.get("code") == _INVALID_PARAMS:
                return cls(tool, "failed", f"the error {_INVALID_PARAMS}: the tool does not take these arguments")
            return cls(tool, "failed", f"the error {quote(error.get('code'))}")
        if not result.get("isError"):
            return cls(tool, "answered")
        content = result.get("content")
        texts = [one.get("text") for one in content if isinstance(one, dict)] if isinstance(content, list) else []
        if any(map(_tells_refusal, texts)):
            return cls(tool, "refused", f"status {_FORBIDDEN}")
        status = next((status for status in map(_status, texts) if status), None)
        return cls(tool, "failed", f"an error of the tool with status {status}" if status else "an error of the tool")


def _tells_refusal(text: t.Any) -> bool:
    return isinstance(text, str) and (_REFUSAL in text or _status(text) == _FORBIDDEN)


def _status(text: t.Any) -> int | None:
    """The status in a problem of HTTP."""
    problem = parse(text) if isinstance(text, str) else None
    status = problem.get("status") if isinstance(problem, dict) else None
    return status if isinstance(status, int) and not isinstance(status, bool) else None


def session_failed(answer: Answer, source: str) -> Finding:
    """No session could be opened, or its tools be listed; `source` says whose token was sent."""
    seen = f"an MCP session with {source} gets {describe(answer)}"
    remedy = "user_token: a new one, of a login at this MCP server" if answer.status == 401 else _LOG
    return Finding("tool_access", "fail", seen, "the list of the tools", remedy)


def tool_access(
    description: Description,
    calls: t.Sequence[Call],
    absent: t.Sequence[str],
    there: t.Sequence[str],
    caller: Caller,
    source: str,
) -> Finding:
    """What came of the calls, compared with the caller's scopes, and with what the description says of a member.

    `absent` are names of tools with arguments that are not `there`, among those that the MCP server lists. `source`
    says whose token it was.
    """
    name, expected = "tool_access", "an answer of the tools for which the token has the scope, and of no other"
    roles = [role for role in description.roles if any(_is_member(one, caller) for one in role.members or ())]
    described = frozenset(scope for role in roles for scope in role.scopes)
    problems: list[str] = []
    remedies: list[str] = []

    def add(problem: str, remedy: str) -> None:
        problems.append(problem)
        remedies.append(remedy)

    # The worst first.
    for call in sorted(calls, key=lambda one: ("answered", "refused", "failed").index(one.outcome)):
        tool, scope = call.tool, call.tool.scope
        has_scope, is_described = scope is None or scope in caller.scopes, scope is None or scope in described
        attach = f"{ZUPLO}: operations: {tool_value(tool)}, then deploy the project"
        if call.outcome == "answered" and not has_scope:
            effect = "anybody who can log in gets in who should not"
            add(f"{tool.operation} answered, although the token has no {quote(scope)}: {effect}", attach)
        elif call.outcome == "answered" and roles and not is_described:
            add(f"{tool.operation} answered, which {quote(caller.sub)} may not call by roles", _ACCESS)
        elif call.outcome == "refused" and has_scope:
            has = f"the token has {quote(scope)}" if scope is not None else "it needs no scope"
            add(f"{tool.operation} refused the token ({call.why}), although {has}", attach)
        elif call.outcome == "refused" and roles and is_described:
            lacks = f"which has no {quote(scope)}, although {quote(caller.sub)} may call it by roles"
            add(f"{tool.operation} refused the token, {lacks}", _ACCESS)
        elif call.outcome == "failed":
            meant = "should answer" if has_scope else "should refuse"
            add(f"{tool.operation}, which {meant}, gets {call.why}", "tools: arguments with which the tool answers")
    if absent:
        add(f"the MCP server lists no tool {listed(absent)}, only {quote([*there])}", _NAME_OF_TOOL)
    uncalled = [tool.operation for tool in description.tools if tool.arguments is None]
    outcomes = {
        "answered": [one.tool.operation for one in calls if one.outcome == "answered"],
        "refused": [one.tool.operation for one in calls if one.outcome == "refused"],
        "not checked, since they have no arguments": uncalled,
    }
    seen = f"with {source}, " + "; ".join(f"{text}: {listed(names)}" for text, names in outcomes.items() if names)
    if problems:
        remedy = "; ".join(dict.fromkeys(remedies))
        return Finding(name, "fail", f"{'; '.join(problems)}. {seen[:1].upper()}{seen[1:]}", expected, remedy)
    return Finding(name, "pass", seen)


def _is_member(member: Object, caller: Caller) -> bool:
    return bool(caller.sub) and member.get("user_id") == caller.sub
