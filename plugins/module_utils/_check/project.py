# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Findings about the files of the gateway's Zuplo project. Pure."""

from __future__ import annotations

import re
import typing as t
from urllib.parse import urlsplit

from .._errors import ProjectError
from .._types import Object
from .._zuplo.installation import Installation, read_installation
from .._zuplo.project import POLICIES, RUNTIME, Files
from .report import ZUPLO, Finding, fail, quote, skip
from .server import NAME_ISSUER, Issuer, first_server

_PROJECT = "project_dir: this project"
_VARIABLE = re.compile(r"\$env\([^)]*\)")
_ONLY_VARIABLES = re.compile(rf"(?:{_VARIABLE.pattern})+")


def project_findings(files: Files, mcp_server_url: str, issuer: Issuer | None) -> list[Finding]:
    """All findings about the project; the first alone where its files cannot be read."""
    try:
        found = read_installation(files, mcp_server_url)
    except ProjectError as error:
        remedy = f"correct the file, then {ZUPLO}: {_PROJECT}"
        return [fail("project_route", error, "a project that can be read", remedy)]
    return [
        project_route(found, mcp_server_url),
        project_audience(found, mcp_server_url),
        project_auth0_domain(found, issuer),
        project_plugin(found, issuer),
        project_tools(found, mcp_server_url),
    ]


def project_route(found: Installation, mcp_server_url: str) -> Finding:
    name, expected, remedy = "project_route", "an Auth0 policy on the MCP route", f"{ZUPLO}: {_PROJECT}"
    if not found.route:
        path = urlsplit(mcp_server_url).path or "/"
        remedy = f"{ZUPLO}: operations, which makes the route, {_PROJECT}"
        return Finding(name, "fail", f"no route of the project has the path {path}", expected, remedy)
    if not any(title.startswith("POST ") for title in found.route):
        seen = f"the MCP route has only {', '.join(found.route)}, but MCP clients send POST requests"
        return Finding(name, "fail", seen, "a POST operation", "add a POST operation to the route")
    if found.unguarded:
        seen = f"{', '.join(found.unguarded)} has no Auth0 policy"
        if found.others:
            seen += f"; whether {', '.join(found.others)} authenticates callers is not known"
            return Finding(name, "warn", seen, expected, remedy)
        return Finding(name, "fail", f"{seen}, so it is open to everyone", expected, remedy)
    for policy in found.policies:
        options, title = _options(policy), _title(policy)
        if options.get("allowUnauthenticatedRequests"):
            remedy = f"remove allowUnauthenticatedRequests from {title} in {POLICIES}"
            return Finding(name, "fail", f"{title} lets callers without a token in", expected, remedy)
        if options.get("oAuthResourceMetadataEnabled") is not True:
            seen = f"{title} does not set oAuthResourceMetadataEnabled; clients fall back to the well-known path"
            return Finding(name, "warn", seen, "oAuthResourceMetadataEnabled: true", remedy)
    return Finding(name, "pass", f"{', '.join(found.route)}: {', '.join(map(_title, found.policies))}")


def project_audience(found: Installation, mcp_server_url: str) -> Finding:
    name, remedy = "project_audience", f"{ZUPLO}: mcp_server_url: {mcp_server_url}, {_PROJECT}"
    for policy in found.policies:
        audience = _options(policy).get("audience")
        seen = f"{_title(policy)} has the audience {quote(audience)}"
        if audience is None or audience == "":
            seen = f"{_title(policy)} has no audience, so any token of the tenant is accepted"
        elif isinstance(audience, str) and _ONLY_VARIABLES.fullmatch(audience):
            seen += ", and where that is unset, any token of the tenant is accepted"
            remedy = f"{ZUPLO}: mcp_host_env: the variable of the host alone, {_PROJECT}"
            return Finding(name, "warn", seen, mcp_server_url, remedy)
        elif _may_be(audience, mcp_server_url):
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
        if not _may_be(given, issuer.domain):
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
    name, remedy = "project_tools", "remove that policy from policies.inbound of the tool's route"
    if not found.tools:
        return skip(name, "the MCP route names no operations as tools")
    for title, policies in found.tools.items():
        for policy in (one for one in policies if one not in found.policies):
            if not _may_be(_options(policy).get("audience", mcp_server_url), mcp_server_url):
                seen = f"the tool {title} has {_title(policy)}, which refuses the tokens of the MCP server"
                return Finding(name, "fail", seen, f"the audience {mcp_server_url}, or no such policy", remedy)
    if found.open_tools:
        seen = f"the tool {', '.join(found.open_tools)} has no Auth0 policy"
        others = list(dict.fromkeys(name for names in found.open_tools.values() for name in names))
        if others:
            seen += f"; whether {', '.join(others)} authenticates callers is not known"
        else:
            seen += ", so anyone can call it directly at the gateway"
        expected, remedy = "an Auth0 policy on the route of each tool", f"{ZUPLO}: attach_to_tools: true"
        return Finding(name, "warn", seen, expected, remedy)
    return Finding(name, "pass", ", ".join(found.tools))


def _may_be(given: t.Any, wanted: str) -> bool:
    """Whether an option has a value, as far as that can be told where it holds variables of the gateway."""
    if not isinstance(given, str):
        return False
    return bool(re.fullmatch(".*".join(map(re.escape, _VARIABLE.split(given))), wanted))


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
