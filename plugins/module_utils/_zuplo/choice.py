# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the options leave open is what the project already has, and a default only where it has nothing. Pure."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass
from urllib.parse import urlsplit

from .._errors import ProjectError
from .._types import Object
from .._urls import Strings
from . import typescript
from .configuration import (
    DEFAULT_POLICY_NAME,
    DEFAULT_RESOURCE_NAME,
    LITERAL,
    MODULE,
    PLUGIN,
    SCOPES,
    VARIABLE,
    Environment,
    configuration,
    matches,
)
from .guards import Token
from .json_text import value_at
from .ledger import read_code, read_ledger
from .project import HELPER, POLICIES, RUNTIME, Project
from .typescript_lexer import SourceError
from .typescript_object import find_argument


@dataclass(frozen=True)
class Wanted:
    """What a project should hold; None is what the user has not named.

    `operations`, each `{file, id}`, are all tools of the route; None where the route is there already. One with `scope`
    is guarded, and its token needs that scope, or none where it is empty. `attach` also puts the policy before the
    routes of the other tools. `move` takes along a route that was made here for another URL. `cors_policy` is that of
    the route, the gateway's name or one of the project. `scopes_supported` are those that clients are told, beside any
    that the plugin has; the gateway's plugin takes them. `list_callable_tools` lists to each user only the tools that
    they may call.
    """

    strings: Strings
    environment: Environment = LITERAL
    policy_name: str | None = None
    resource_name: str | None = None
    operations: t.Sequence[Object] | None = None
    attach: bool = False
    move: bool = True
    cors_policy: str | None = None
    scopes_supported: t.Sequence[str] = ()
    list_callable_tools: bool | None = None

    @property
    def token(self) -> Token:
        return Token(self.strings.audience, self.strings.issuer_domain)

    @property
    def route(self) -> str:
        return urlsplit(self.strings.audience).path or "/"


@dataclass(frozen=True)
class Choice:
    """The configuration of the gateway, which `configuration` returns, and the environment that it is made for."""

    config: Object
    environment: Environment

    @property
    def policy_name(self) -> str:
        return str(self.config["policy"]["name"])

    @property
    def resource_name(self) -> str:
        return str(self.config["plugin_options"]["resourceName"])


def choose(project: Project, wanted: Wanted) -> Choice:
    """Raises ProjectError where the project leaves several names of the policy possible."""
    name = wanted.policy_name or _find_guard(project, wanted) or DEFAULT_POLICY_NAME
    environment = _read_environment(project, name, wanted)
    resource_name = wanted.resource_name or find_resource_name(project) or DEFAULT_RESOURCE_NAME
    config = configuration(
        wanted.strings,
        policy_name=name,
        resource_name=resource_name,
        environment=environment,
        scopes_supported=list(dict.fromkeys([*_find_scopes(project), *wanted.scopes_supported])),
    )
    return Choice(config, environment)


def choose_added(project: Project) -> str:
    """The name of the policy whose additions are to be removed. Raises ProjectError where there are several."""
    added = sorted(read_ledger(project.files.get(HELPER)).added)
    if added[1:]:
        raise ProjectError(
            f"has several MCP servers, with the policies {', '.join(added)}",
            where="The project",
            remedy="Set policy_name to the one that is to be removed.",
        )
    return added[0] if added else DEFAULT_POLICY_NAME


def refuse_to_share(project: Project, chosen: Choice, wanted: Wanted, moved: str | None) -> None:
    """Raise ProjectError where other routes would suddenly require the tokens of this MCP server.

    `moved` is the old path of the MCP server's own route.
    """
    index = project.find_policy(chosen.policy_name)
    if index is None or token_of(project.policies[index]) == token_of(chosen.config["policy"]):
        return
    routes = [wanted.route, *([moved] if moved else [])]
    own = {one.title for route in routes for one in (*project.operations_at(route), *project.tools_at(route))}
    others = [one for one in project.operations if one.title not in own and project.is_behind(one, chosen.policy_name)]
    if not others:
        return
    servers = [] if project.operations_at(wanted.route) else [one.route for one in others if one.tools is not None]
    moved_from = next(iter(servers), None)
    guarded = any(project.is_behind(one, chosen.policy_name) for one in project.operations_at(wanted.route))
    names = [one.title for one in others]
    raise ProjectError(
        f"has the policy {chosen.policy_name!r} for tokens of another audience or tenant, and other routes use it: "
        f"{', '.join(names[:5])}{' ...' if names[5:] else ''}",
        where=POLICIES,
        remedy=f"Set policy_name to a name of its own for {wanted.strings.audience}."
        + (f" Remove {chosen.policy_name} from the route {wanted.route}." if guarded else "")
        + (f" If the MCP server has moved from {moved_from}, remove that route first." if moved_from else ""),
    )


def token_of(policy: Object) -> str:
    """What a policy requires of a token; equal texts require the same."""
    options = value_at(policy, "handler", "options")
    return json.dumps([value_at(options, "auth0Domain"), value_at(options, "audience")])


def _find_guard(project: Project, wanted: Wanted) -> str | None:
    """The name of the Auth0 policy before the MCP route; where there are several, the one with its audience."""
    operations = project.operations_at(wanted.route)
    policies = {str(policy["name"]): policy for one in operations for policy in project.auth0_policies(one)}
    fitting = [
        name
        for name, policy in policies.items()
        if value_at(policy, "handler", "options", "audience") == wanted.strings.audience
    ]
    names = fitting or list(policies)
    if names[1:]:
        raise ProjectError(
            f"has the policies {' and '.join(names)} at {wanted.route}",
            where=operations[0].file,
            remedy="Set policy_name to the one that is for the MCP server.",
        )
    return names[0] if names else None


def _read_environment(project: Project, name: str, wanted: Wanted) -> Environment:
    """Variables that the policy has stay, where no option names one."""
    index = project.find_policy(name)
    options = value_at({} if index is None else project.policies[index], "handler", "options")
    domain, audience = value_at(options, "auth0Domain"), value_at(options, "audience")
    variable = VARIABLE.fullmatch(str(domain))
    given, strings = wanted.environment, wanted.strings
    return Environment(
        given.issuer_domain or (variable.group(1) if variable else None),
        given.mcp_host,
        None if given.issuer_domain else _keep(domain, strings.issuer_domain),
        None if given.mcp_host else _keep(audience, strings.audience),
    )


def _keep(given: t.Any, wanted: str) -> str | None:
    return str(given) if matches(given, wanted) is None else None


def _find_scopes(project: Project) -> list[str]:
    """What the plugin has that the helper module registers; one plugin serves all MCP servers of a project."""
    try:
        argument = find_argument(read_code(project.files.get(HELPER)), PLUGIN, MODULE)
    except SourceError:  # what cannot be read is refused where it is to be edited
        return []
    items = (argument and argument.items(SCOPES)) or []
    return [text for text in (typescript.decode(item.text) for item in items if item.is_text) if text is not None]


def find_resource_name(project: Project) -> str | None:
    """What the plugin has, whoever registers it."""
    try:
        runtime = project.files.get(RUNTIME, "")
        if typescript.calls(runtime, PLUGIN):
            return typescript.text_of(runtime, "resourceName")
        return typescript.text_of(read_code(project.files.get(HELPER)), "resourceName")
    except SourceError:  # what cannot be read is refused where it is to be edited
        return None
