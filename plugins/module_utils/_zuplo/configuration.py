# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the gateway has to hold so that it accepts this tenant's tokens, and the options that it is made of. Pure.

Source of the names: the policies, the handler and the plugin of the `zuplo` package, version 7.6.4.
"""

from __future__ import annotations

import itertools
import json
import posixpath
import re
import typing as t
from dataclasses import dataclass
from urllib.parse import urlsplit

from .._errors import InputError
from .._types import SCOPE, Object
from .._urls import Strings, check_domain, check_mcp_server_url

POLICY = "Auth0JwtInboundPolicy"
COMPOSITE = "CompositeInboundPolicy"
PLUGIN = "OAuthProtectedResourcePlugin"
SCOPES = "scopesSupported"
"""The option of the plugin with the scopes that clients are told. Not every version has it."""
HANDLER = "mcpServerHandler"
MODULE = "@zuplo/runtime"
LIBRARY = f"$import({MODULE})"
DEFAULT_POLICY_NAME = "mcp-oauth-inbound"
DEFAULT_RESOURCE_NAME = "MCP server"
DEFAULT_CORS_POLICY = "none"
REGISTER = "registerMcpOAuth"
"""The function of the helper module, which registers the plugin."""
_RUNTIME_MODULE = """\
import {{ {imports} }} from "@zuplo/runtime";

export function {function}(runtime: RuntimeExtensions) {{
  runtime.addPlugin(
    new OAuthProtectedResourcePlugin({options}),
  );
}}
"""
VARIABLE = re.compile(r"\$env\((\w+)\)")
_REFERENCE = re.compile(r"\$(?:env|import)\(")
_SCOPE_OPTION = re.compile(r"operations\[\d+\]\.scope")
_POLICY_NAME = re.compile(r"[0-9a-z-]+")
_NO_TEXT = re.compile(r"[\x00\ud800-\udfff]")
_ENV_NAME = re.compile(r"(?!ZUPLO_|__ZUPLO)[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Environment:
    """Names of the gateway's environment variables that stand for values of the strings; None keeps the value itself.

    Only forms that fail closed are made of them: a policy whose whole audience is an unset variable checks no audience.
    """

    issuer_domain: str | None = None
    mcp_host: str | None = None
    domain_text: str | None = None
    audience_text: str | None = None
    """What somebody else has written for the two, with variables: it is kept, and never made."""

    def domain(self, strings: Strings) -> str:
        if self.domain_text:
            return self.domain_text
        return f"$env({self.issuer_domain})" if self.issuer_domain else strings.issuer_domain

    def audience(self, strings: Strings) -> str:
        if self.audience_text:
            return self.audience_text
        if not self.mcp_host:
            return strings.audience
        parts = urlsplit(strings.audience)
        return f"{parts.scheme}://$env({self.mcp_host}){parts.path}"


LITERAL = Environment()


def matches(given: t.Any, wanted: str) -> bool | None:
    """Whether an option has a value; None where variables of the gateway decide."""
    if not isinstance(given, str):
        return False
    if given == wanted:
        return True
    parts = VARIABLE.split(given)[::2]
    return None if parts[1:] and re.fullmatch(".*".join(map(re.escape, parts)), wanted) else False


def check_options(options: Object) -> None:
    """Refuse values of `zuplo_mcp_oauth`'s options that can never work, all of them at once: InputError."""
    operations = options.get("operations") or ()
    faults = _find_contradictions(operations)
    if options.get("list_callable_tools") and not any(one.get("scope") for one in operations):
        faults.append(
            InputError(
                "is true, and no tool in operations names a scope, so everyone may call all tools",
                where="list_callable_tools",
                remedy="Give the tools in operations their scope, or leave list_callable_tools out.",
            )
        )
    for option, value in [*options.items(), *_suboptions(operations)]:
        try:
            _check_option(option, value)
        except InputError as error:
            faults.append(error)
    if faults[1:]:
        raise InputError(" ".join(map(str, faults)))
    if faults:
        raise faults[0]


def _suboptions(operations: t.Sequence[Object]) -> t.Iterator[tuple[str, t.Any]]:
    for index, operation in enumerate(operations):
        yield from ((f"operations[{index}].{name}", value) for name, value in operation.items())


def _find_contradictions(operations: t.Sequence[Object]) -> list[InputError]:
    """Operations that are named with several scopes: which one holds is not to depend on their order."""
    scopes: dict[tuple[str, str], set[str | None]] = {}
    for one in operations:
        scopes.setdefault((posixpath.normpath(one["file"]), one["id"]), set()).add(one.get("scope"))
    return [
        InputError(
            f"names {name} of {file} more than once, with different scopes",
            where="operations",
            remedy="Name it once, with the scope that it needs.",
        )
        for (file, name), several in scopes.items()
        if len(several) > 1
    ]


def _check_option(option: str, value: t.Any) -> None:
    if isinstance(value, str) and _NO_TEXT.search(value):
        raise InputError("has a null byte or a lone surrogate", where=option, remedy="Remove it.")
    if _SCOPE_OPTION.fullmatch(option):
        _check_scope(option, value or "")
    elif isinstance(value, str) and not value.strip():
        raise InputError("is empty", where=option, remedy="Give it a value.")
    if option == "issuer_domain":
        check_domain(value, option)
    elif option == "mcp_server_url":
        check_mcp_server_url(value, option)
    elif option == "policy_name" and not _POLICY_NAME.fullmatch(value):
        raise InputError(
            f"{value!r} is not a name of a policy", where=option, remedy="Use only small letters, digits and hyphens."
        )
    elif option in ("issuer_domain_env", "mcp_host_env") and not _ENV_NAME.fullmatch(value):
        raise InputError(
            f"{value!r} is not the name of an environment variable that a project can set",
            where=option,
            remedy="Use letters, digits and underscores, no digit first, and not the prefix ZUPLO_, which is Zuplo's.",
        )


def _check_scope(option: str, scope: str) -> None:
    if scope and not SCOPE.fullmatch(scope):
        raise InputError(
            f"{scope!r} is not a scope",
            where=option,
            remedy='Use 1 to 280 printable ASCII characters without spaces, " and \\; or "" where a login is enough.',
        )
    if found := _REFERENCE.search(scope):
        raise InputError(
            f"{scope!r} has {found.group()}, for which the gateway puts another text",
            where=option,
            remedy="Write the scope itself, as Auth0 has it.",
        )


def free_name(first: str, taken: t.Container[str | None]) -> str:
    """A name that nothing else has: the first, or with a number."""
    numbered = (f"{first}-{number}" for number in itertools.count(2))
    return next(one for one in itertools.chain([first], numbered) if one not in taken)


def configuration(
    strings: Strings,
    *,
    resource_name: str = DEFAULT_RESOURCE_NAME,
    policy_name: str = DEFAULT_POLICY_NAME,
    environment: Environment = LITERAL,
    scopes_supported: t.Sequence[str] = (),
) -> Object:
    """The gateway's half of the configuration, as data to put into the project's files."""
    plugin_options: Object = {"authorizationServers": [strings.issuer], "resourceName": resource_name}
    if scopes_supported:
        plugin_options[SCOPES] = list(scopes_supported)
    return {
        "audience": strings.audience,
        "issuer": strings.issuer,
        "issuer_domain": strings.issuer_domain,
        "policy": {
            "name": policy_name,
            "policyType": "auth0-jwt-auth-inbound",
            "handler": {
                "export": POLICY,
                "module": LIBRARY,
                "options": {
                    "auth0Domain": environment.domain(strings),
                    "audience": environment.audience(strings),
                    "oAuthResourceMetadataEnabled": True,
                },
            },
        },
        "inbound_policies": [policy_name],
        "plugin_options": plugin_options,
        "runtime_module": runtime_module("runtimeInit", plugin_options, environment),
    }


def runtime_module(function: str, plugin_options: Object, environment: Environment) -> str:
    """A module whose function, called with the runtime, registers the plugin."""
    imports = f"{PLUGIN}, RuntimeExtensions"
    options = json.dumps(plugin_options, indent=2).replace("\n", "\n    ")
    if environment.issuer_domain:
        issuer = json.dumps(plugin_options["authorizationServers"][0])
        options = options.replace(issuer, f"`https://${{environment.{environment.issuer_domain}}}/`", 1)
        imports += ", environment"
    return _RUNTIME_MODULE.format(imports=imports, function=function, options=options)


NEW_RUNTIME = f"""\
import {{ RuntimeExtensions }} from "@zuplo/runtime";
import {{ {REGISTER} }} from "./mcp-oauth";

export function runtimeInit(runtime: RuntimeExtensions) {{
  {REGISTER}(runtime);
}}
"""
"""The runtime module of a project that has none: it calls the helper module."""


def mcp_operation(
    name: str, policy_name: str, operation_id: str, tools: t.Sequence[Object], cors_policy: str
) -> Object:
    """The POST operation of an MCP route; `tools`, each `{file, id}`, are the operations that it exposes."""
    return {
        "summary": name,
        "description": "The MCP server, for clients with an access token of the authorization server.",
        "operationId": operation_id,
        "tags": ["MCP"],
        "x-zuplo-route": {
            "label": name,
            "corsPolicy": cors_policy,
            "handler": {
                "export": HANDLER,
                "module": LIBRARY,
                "options": {"name": name, "version": "1.0.0", "operations": tools},
            },
            "policies": {"inbound": [policy_name]},
        },
        "responses": {"200": {"description": "The answer to a JSON-RPC message"}},
    }
