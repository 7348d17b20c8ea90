# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Read what a Zuplo project does about OAuth at one MCP route, whoever wrote it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from .._types import Object
from . import typescript
from .configuration import PLUGIN, REGISTER
from .project import HELPER, RUNTIME, Files, parse_project
from .typescript_lexer import SourceError


@dataclass(frozen=True)
class Installation:
    """What a project does about an MCP route.

    `route` are the titles of its operations, `unguarded` of those that no Auth0 policy guards; `others` are the names
    of the policies that such a one has instead. `policies` are the Auth0 policies before the route. `plugin` tells
    whether the plugin is registered, None where that may be in a module that is not read; `issuer` is the first
    authorization server that it names, as it stands in the source. `tools` are the titles of the operations that the
    route exposes, with the Auth0 policies before each; `open_tools` those without one, with the names of others.
    """

    route: list[str]
    unguarded: list[str]
    others: list[str]
    policies: list[Object]
    plugin: bool | None
    issuer: str | None
    tools: dict[str, list[Object]]
    open_tools: dict[str, list[str]]


def read_installation(files: Files, mcp_server_url: str) -> Installation:
    """Raises ProjectError for files that the gateway does not accept."""
    project, route = parse_project(files), urlsplit(mcp_server_url).path or "/"
    operations, tools = project.operations_at(route), project.tools_at(route)
    unguarded = [one for one in operations if not project.auth0_policies(one)]
    policies = {str(policy["name"]): policy for one in operations for policy in project.auth0_policies(one)}
    plugin, issuer = _read_plugin(files)
    return Installation(
        route=[one.title for one in operations],
        unguarded=[one.title for one in unguarded],
        others=list(dict.fromkeys(name for one in unguarded for name in one.inbound)),
        policies=list(policies.values()),
        plugin=plugin,
        issuer=issuer,
        tools={tool.title: project.auth0_policies(tool) for tool in tools},
        open_tools={tool.title: tool.inbound for tool in tools if not project.auth0_policies(tool)},
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
