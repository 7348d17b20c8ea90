# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Read what a Zuplo project does about OAuth at one MCP route, whoever wrote it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from .._types import Object
from . import typescript
from .configuration import PLUGIN, REGISTER
from .guards import Guard, Token, judge
from .project import HELPER, RUNTIME, Files, parse_project
from .tool_scopes import ToolScope, list_tools, tool_scopes
from .typescript_lexer import SourceError


@dataclass(frozen=True)
class Installation:
    """What a project does about an MCP route.

    `route` and `tools` are the operations at the route, and those that it exposes, each with the policies before it;
    `methods` are those of the route. `scopes` are those that the tools demand, `names` those of the tools for MCP
    clients, by file and operation. `policies` are the Auth0 policies before the route. `serves` tells whether the
    gateway's own MCP server is there, `gone_tools` that it names its tools in an option that the gateway does not read
    any more. `plugin` tells whether the plugin is registered, None where that may be in a module that is not read;
    `issuer` is the first authorization server that it names, as it stands in the source.
    """

    route: list[Guard]
    methods: list[str]
    tools: list[Guard]
    scopes: list[ToolScope]
    names: dict[tuple[str, str], str]
    policies: list[Object]
    serves: bool
    gone_tools: bool
    plugin: bool | None
    issuer: str | None


def read_installation(files: Files, mcp_server_url: str, domain: str | None = None) -> Installation:
    """Raises ProjectError for files that the gateway does not accept. `domain` is that of the issuer, if known."""
    project, token = parse_project(files), Token(mcp_server_url, domain)
    route = urlsplit(mcp_server_url).path or "/"
    operations, tools = project.operations_at(route), list_tools(project, route)
    policies = {str(policy["name"]): policy for one in operations for policy in project.auth0_policies(one)}
    plugin, issuer = _read_plugin(files)
    return Installation(
        route=[judge(one.title, project.policies_before(one), token) for one in operations],
        methods=[method for one in operations for method in one.methods],
        tools=[judge(one.title, project.policies_before(one), token) for one in tools],
        scopes=tool_scopes(project, route, token),
        names={(one.file, str(one.id)): one.mcp_name for one in tools},
        policies=list(policies.values()),
        serves=any(one.server is not None for one in operations),
        gone_tools=any("openApiFilePaths" in (one.server or {}) for one in operations),
        plugin=plugin,
        issuer=issuer,
    )


def _read_plugin(files: Files) -> tuple[bool | None, str | None]:
    runtime, helper = files.get(RUNTIME, ""), files.get(HELPER, "")
    try:
        for source in (runtime, helper if typescript.calls(runtime, REGISTER) else ""):
            if typescript.calls(source, PLUGIN):
                return True, typescript.first_text(source, "authorizationServers")
        return (None if typescript.imports_modules(runtime) else False), None
    except SourceError:
        return None, None
