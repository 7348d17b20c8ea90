# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Findings about the files of the gateway's Zuplo project. Pure."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from .._access.description import Description, Tool
from .._errors import ProjectError
from .._types import Object
from .._zuplo.configuration import matches
from .._zuplo.guards import Guard
from .._zuplo.installation import Installation, read_installation
from .._zuplo.project import POLICIES, RUNTIME, Files
from .._zuplo.tool_scopes import ToolScope
from . import access
from .report import ZUPLO, Finding, Status, fail, quote, skip, skip_after
from .server import NAME_ISSUER, Issuer, first_server

_PROJECT = "project_dir: this project"
_VARIABLE = re.compile(r"\$env\([^)]*\)")
_ONLY_VARIABLES = re.compile(rf"(?:{_VARIABLE.pattern})+")


def read_project(files: Files, mcp_server_url: str, issuer: Issuer | None) -> Installation | Finding:
    """What the project does about the MCP route; the finding where its files cannot be read."""
    try:
        return read_installation(files, mcp_server_url, issuer.domain if issuer else None)
    except ProjectError as error:
        remedy = f"correct the file, then {ZUPLO}: {_PROJECT}"
        return fail("project_route", error, "a project that can be read", remedy)


def project_findings(
    found: Installation | Finding, mcp_server_url: str, issuer: Issuer | None, description: Description
) -> list[Finding]:
    """All findings about the project; the first alone where it cannot be read, the last where tools are described."""
    if isinstance(found, Finding):
        return [found]
    described = [project_tool_scopes(found, description)] if description.tools else []
    return [
        project_route(found, mcp_server_url),
        project_audience(found, mcp_server_url),
        project_auth0_domain(found, issuer),
        project_plugin(found, issuer),
        project_tools(found, mcp_server_url),
        *described,
    ]


def project_route(found: Installation, mcp_server_url: str) -> Finding:
    name, expected, remedy = "project_route", "an Auth0 policy on the MCP route", f"{ZUPLO}: {_PROJECT}"
    if not found.route:
        path = urlsplit(mcp_server_url).path or "/"
        remedy = f"{ZUPLO}: operations, which makes the route, {_PROJECT}"
        return Finding(name, "fail", f"no route of the project has the path {path}", expected, remedy)
    titles = ", ".join(guard.title for guard in found.route)
    if "POST" not in found.methods:
        seen = f"the MCP route has only {titles}, but MCP clients send POST requests"
        return Finding(name, "fail", seen, "a POST operation", "add a POST operation to the route")
    for guard in found.route:
        if finding := _judge_route(guard, found, expected, remedy):
            return finding
    for policy in found.policies:
        if _options(policy).get("oAuthResourceMetadataEnabled") is not True:
            seen = (
                f"{_title(policy)} does not set oAuthResourceMetadataEnabled; clients fall back to the well-known path"
            )
            return Finding(name, "warn", seen, "oAuthResourceMetadataEnabled: true", remedy)
    names = dict.fromkeys(
        str(one.policy) for guard in found.route for one in guard.find("accepts", "unknown", "refuses")
    )
    return Finding(name, "pass", f"{titles}: {', '.join(f'the policy {one}' for one in names)}")


def _judge_route(guard: Guard, found: Installation, expected: str, remedy: str) -> Finding | None:
    """The finding of an operation of the MCP route where a client is refused, or anybody gets in.

    What an Auth0 policy requires is told by the findings about its options.
    """
    name, told = "project_route", {policy["name"] for policy in found.policies}
    if opened := guard.find("open"):
        remedy = f"remove allowUnauthenticatedRequests from the policy {opened[0].policy} in {POLICIES}"
        return Finding(name, "fail", f"{guard.title}: {opened[0]}", expected, remedy)
    if refusing := [one for one in guard.find("refuses") if one.policy not in told]:
        remedy = (
            f"remove {refusing[0].policy} from policies.inbound of the route, or from the composite policy that has it"
        )
        return Finding(name, "fail", f"{guard.title}: {refusing[0]}, so no MCP client gets in", expected, remedy)
    if guard.lets_in:
        return Finding(name, "fail", f"{guard.title} has no Auth0 policy, so it is open to everyone", expected, remedy)
    unknown = [one for one in guard.find("unknown") if one.policy not in told]
    if unknown:
        seen = f"{guard.title}: {'; '.join(map(str, unknown))}, so whether MCP clients get in is not known"
        return Finding(name, "warn", seen, expected, remedy)
    return None


def project_audience(found: Installation, mcp_server_url: str) -> Finding:
    name, remedy = "project_audience", f"{ZUPLO}: mcp_server_url: {mcp_server_url}, {_PROJECT}"
    # Every policy must let a token pass, so one that checks the audience makes up for one that does not.
    checked = any(_options(policy).get("audience") == mcp_server_url for policy in found.policies)
    for policy in found.policies:
        audience = _options(policy).get("audience")
        if checked and not audience:
            continue
        seen = f"{_title(policy)} has the audience {quote(audience)}"
        if audience is None or audience == "":
            seen = f"{_title(policy)} has no audience, so any token of the tenant is accepted"
        elif checked and matches(audience, mcp_server_url) is None:
            seen += f", and no token passes the other policy as well unless that is {mcp_server_url}"
            return Finding(name, "warn", seen, mcp_server_url, "remove one of the two policies from the MCP route")
        elif isinstance(audience, str) and _ONLY_VARIABLES.fullmatch(audience):
            seen += ", and where that is unset, any token of the tenant is accepted"
            remedy = f"{ZUPLO}: mcp_host_env: the variable of the host alone, {_PROJECT}"
            return Finding(name, "warn", seen, mcp_server_url, remedy)
        elif matches(audience, mcp_server_url) is not False:
            continue
        elif audience == f"{mcp_server_url}/":
            seen += ", with a slash at its end"
        return Finding(name, "fail", seen, mcp_server_url, remedy)
    return _consistent(name, found, "audience")


def project_auth0_domain(found: Installation, issuer: Issuer | None) -> Finding:
    """Named after the option of the policy that it is about."""
    name = "project_auth0_domain"
    if issuer is None:
        return skip(name, "not compared: the issuer is not known", NAME_ISSUER)
    for policy in found.policies:
        given = _options(policy).get("auth0Domain")
        if matches(given, issuer.domain) is False:
            seen = f"{_title(policy)} has the auth0Domain {quote(given)}"
            if given in (issuer.url, issuer.url[:-1], f"{issuer.domain}/"):
                seen += ": it must be a bare host name"
            return Finding(name, "fail", seen, issuer.domain, issuer.remedy)
    return _consistent(name, found, "auth0Domain")


def project_plugin(found: Installation, issuer: Issuer | None) -> Finding:
    name, plugin, server = "project_plugin", "OAuthProtectedResourcePlugin", found.issuer
    if found.plugin is None:
        return skip(name, f"not checked: {RUNTIME} imports other modules, which may register the {plugin}")
    if not found.plugin:
        seen = f"{RUNTIME} registers no {plugin}, so clients find no authorization server"
        return Finding(name, "fail", seen, f"the {plugin}", f"{ZUPLO}: {_PROJECT}")
    if server is None or "${" in server:
        computed = f" from {quote(server)}" if server else ""
        return skip(name, f"not checked: the gateway computes authorizationServers{computed} when it runs")
    return first_server(name, server, issuer)


def project_tools(found: Installation, mcp_server_url: str) -> Finding:
    name = "project_tools"
    if not found.tools:
        if found.gone_tools:
            seen = "the MCP server has no tools: the gateway does not read openApiFilePaths any more"
            return Finding(name, "fail", seen, "the tools in operations", f"{ZUPLO}: operations, {_PROJECT}")
        if found.serves:
            remedy = "name the tools in operations of the MCP server's handler"
            return Finding(name, "warn", "the MCP server has no tools", "at least one tool", remedy)
        return skip(name, "the MCP route names no operations as tools")
    # What the policies of the MCP route require is told by the findings about their options.
    told = {policy["name"] for policy in found.policies}
    verdicts = [(guard, one) for guard in found.tools for one in guard.verdicts if one.policy not in told]
    if refusing := [(guard, one) for guard, one in verdicts if one.effect == "refuses"]:
        seen = "; ".join(f"the tool {guard.title} refuses MCP clients: {one}" for guard, one in refusing)
        remedy = (
            f"remove {refusing[0][1].policy} from policies.inbound of the tool's route, or from the composite policy"
        )
        return Finding(name, "fail", seen, f"policies that accept tokens for {mcp_server_url}, or none", remedy)
    guarded = [guard for guard in found.tools if told.intersection(one.policy for one in guard.verdicts)]
    if opened := [guard.title for guard in found.tools if guard.lets_in and guard not in guarded]:
        seen = f"the tool {', '.join(opened)} has no Auth0 policy, so anyone can call it directly at the gateway"
        expected, remedy = "an Auth0 policy on the route of each tool", f"{ZUPLO}: attach_to_tools: true"
        return Finding(name, "warn", seen, expected, remedy)
    if unknown := [(guard, one) for guard, one in verdicts if one.effect == "unknown"]:
        seen = "; ".join(f"the tool {guard.title} may refuse MCP clients: {one}" for guard, one in unknown)
        return Finding(name, "warn", seen, "policies whose effect is known")
    return Finding(name, "pass", ", ".join(guard.title for guard in found.tools))


def project_tool_scopes(found: Installation, description: Description) -> Finding:
    """Whether each tool demands the scope that it is described with, of a caller whose token a policy has checked.

    A tool that is not described and demands no scope fails where others are restricted: whoever added it to the project
    may not have decided that everyone may call it, and one line says so if it is meant.
    """
    name, expected = "project_tool_scopes", "each tool with the scope that it is described with"
    if not found.route:
        return skip_after(name, "project_route")
    there = {(one.file, one.operation): one for one in found.scopes}
    wanted = {(tool.file, tool.operation): tool for tool in description.tools}
    wrong = [(tool, problem) for place, tool in wanted.items() if (problem := _judge_tool(tool, there.get(place)))]
    others = [one for place, one in there.items() if place not in wanted]
    is_restricted = any(tool.scope is not None for tool in description.tools)
    anyones = [one.operation for one in others if not one.scopes] if is_restricted else []
    problems = [f"the tool {tool.operation} ({tool.file}) {problem}" for tool, problem in wrong]
    remedies = (
        [f"{ZUPLO}: operations: {', '.join(access.tool_value(tool) for tool, _problem in wrong)}"] if wrong else []
    )
    if anyones:
        problems.append(
            f"everyone who can log in may call {access.listed(anyones)}, which is a tool of the MCP route, demands no "
            "scope, and is not described"
        )
    remaining = [f"{one.operation} ({one.file})" for one in others if one.operation not in anyones]
    if others:
        remedies.append(f"tools: also {access.listed(dict.fromkeys(one.operation for one in others))}")
    if remaining:
        problems.append(f"the MCP route has tools that are not described: {access.listed(remaining)}")
    if problems:
        status: Status = "fail" if wrong or anyones else "warn"
        return Finding(name, status, "; ".join(problems), expected, "; ".join(remedies))
    scopes = {tool.operation: tool.scope for tool in description.tools}
    seen = ", ".join(f"{operation}: {scope or 'no scope, a login is enough'}" for operation, scope in scopes.items())
    return Finding(name, "pass", seen)


def _judge_tool(tool: Tool, found: ToolScope | None) -> str:
    """What is wrong with a tool that is described; empty where nothing is."""
    if found is None:
        return "is not among the tools of the MCP route"
    demanded = access.listed(map(quote, found.scopes))
    if tool.scope is None:
        return f"demands the scope {demanded}, and is described without one" if found.scopes else ""
    if not found.scopes:
        return f"demands no scope instead of {quote(tool.scope)}, so everyone who can log in may call it"
    if found.scopes != (tool.scope,):
        return f"demands the scope {demanded} instead of {quote(tool.scope)}"
    if not found.is_authenticated:
        return f"demands the scope {demanded}, and has no policy before it that is known to accept tokens"
    return ""


def _consistent(name: str, found: Installation, option: str) -> Finding:
    """The finding of an option that no policy contradicts."""
    if not found.policies:
        return skip(name, "not checked: the MCP route has no Auth0 policy")
    given = ", ".join(dict.fromkeys(str(_options(policy).get(option)) for policy in found.policies))
    if _VARIABLE.search(given):
        return skip(name, f"not checked: {given} depends on the gateway's environment variables")
    return Finding(name, "pass", given)


def _options(policy: Object) -> Object:
    options = (policy.get("handler") or {}).get("options")
    return options if isinstance(options, dict) else {}


def _title(policy: Object) -> str:
    return f"the policy {policy.get('name')}"
