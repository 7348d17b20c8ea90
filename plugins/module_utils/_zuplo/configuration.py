# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the gateway has to hold so that it accepts this tenant's tokens. Pure.

Source of the names: the policies, the handler and the plugin of the `zuplo` package, version 7.4.5.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import urlsplit

from .._types import Object
from .._urls import Strings

POLICY = "Auth0JwtInboundPolicy"
PLUGIN = "OAuthProtectedResourcePlugin"
LIBRARY = "$import(@zuplo/runtime)"
_RUNTIME_MODULE = """\
import {{ {imports} }} from "@zuplo/runtime";

export function {function}(runtime: RuntimeExtensions) {{
  runtime.addPlugin(
    new OAuthProtectedResourcePlugin({options}),
  );
}}
"""


@dataclass(frozen=True)
class Environment:
    """Names of the gateway's environment variables that stand for values of the strings; None keeps the value itself.

    Only forms that fail closed are made of them: a policy whose whole audience is an unset variable checks no audience.
    """

    issuer_domain: str | None = None
    mcp_host: str | None = None

    def domain(self, strings: Strings) -> str:
        return f"$env({self.issuer_domain})" if self.issuer_domain else strings.issuer_domain

    def audience(self, strings: Strings) -> str:
        if not self.mcp_host:
            return strings.audience
        parts = urlsplit(strings.audience)
        return f"{parts.scheme}://$env({self.mcp_host}){parts.path}"


LITERAL = Environment()


def configuration(
    strings: Strings, *, resource_name: str, policy_name: str, environment: Environment = LITERAL
) -> Object:
    """The gateway's half of the configuration, as data to put into the project's files."""
    plugin_options = {"authorizationServers": [strings.issuer], "resourceName": resource_name}
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
