# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The finding about real calls of tools: whom the gateway lets through, compared with the token and the roles. Pure.

Zuplo's gateway makes the answer of a tool's route the text of the tool's result, with isError where it is no success
(zuplo 7.6.4, registerGenericToolSpec); it checks arguments before it asks the route. What a tool answers is not shown.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._access.description import Description, Tool
from .._http import parse
from .._types import Object
from .access import listed, tool_value
from .probe import Answer
from .report import ZUPLO, Finding, describe, quote
from .session import result_of

NAME = "tool_access"
_LOG = "read the gateway's log"
_ACCESS = "the findings tool_scopes, tool_grant, roles and role_members; then a new user_token, which has what changed"
_NAME_OF_TOOL = "project_dir, where the name of the tool is read; or deploy the project"
NO_ARGUMENTS = "not checked: no tool of tools has arguments, and a call does what the tool does"
NAME_ARGUMENTS = "tools: give the tools that may be called for a test arguments"
USER_TOKEN = "user_token: an access token of a test user for the MCP server"
Outcome = t.Literal["answered", "refused", "failed"]
# What the answer of a tool's route holds where the gateway refuses it (RFC 9457): the tool's result is that text.
_FORBIDDEN = 403
_REFUSAL = "insufficient_scope"
_INVALID_PARAMS = -32602
_METHOD_NOT_FOUND = -32601


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
    def of(cls, tool: Tool, answer: Answer, *, listed: bool = True) -> Call:
        """From the answer to tools/call; `listed` tells whether the caller sees the tool."""
        if answer.status == _FORBIDDEN:
            return cls(tool, "refused", describe(answer))
        if answer.document is None:
            return cls(tool, "failed", describe(answer))
        error, result = answer.document.get("error"), result_of(answer)
        if isinstance(error, dict):
            if _tells_refusal(error.get("message")):
                return cls(tool, "refused", "an error that names the scope")
            if not listed and error.get("code") == _METHOD_NOT_FOUND:
                return cls(tool, "refused", "the tool is not listed")
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
    error = ", with an error of JSON-RPC" if answer.document is not None else ""
    seen = f"an MCP session with {source} gets {describe(answer)}{error}"
    remedy = "user_token: a new one, of a login at this MCP server" if answer.status == 401 else _LOG
    return Finding(NAME, "fail", seen, "the list of the tools", remedy)


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
    expected = "an answer of the tools for which the token has the scope, and of no other"
    roles = [role for role in description.roles if any(_is_member(one, caller) for one in role.members or ())]
    described = frozenset(scope for role in roles for scope in role.scopes)
    # Who is in a group is not known.
    through_groups = frozenset(scope for role in description.roles if role.groups for scope in role.scopes)
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
        elif call.outcome == "answered" and roles and not is_described and scope not in through_groups:
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
        return Finding(NAME, "fail", f"{'; '.join(problems)}. {seen[:1].upper()}{seen[1:]}", expected, remedy)
    return Finding(NAME, "pass", seen)


def _is_member(member: Object, caller: Caller) -> bool:
    return bool(caller.sub) and member.get("user_id") == caller.sub
