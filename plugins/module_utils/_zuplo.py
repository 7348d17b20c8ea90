# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a Zuplo project needs so that its gateway accepts this tenant's tokens. Pure.

Source of the names: the policy and plugin of `@zuplo/runtime`, as in version 7.4.5 of the `zuplo` package.
"""

from __future__ import annotations

import json

from ._plan import Object
from ._urls import Strings

RUNTIME_MODULE = """\
import {{ OAuthProtectedResourcePlugin, RuntimeExtensions }} from "@zuplo/runtime";

export function runtimeInit(runtime: RuntimeExtensions) {{
  runtime.addPlugin(
    new OAuthProtectedResourcePlugin({options}),
  );
}}
"""


def configuration(strings: Strings, *, resource_name: str, policy_name: str) -> Object:
    """The gateway's half of the configuration, as data to put into the project's files."""
    plugin_options = {"authorizationServers": [strings.issuer], "resourceName": resource_name}
    return {
        "audience": strings.audience,
        "issuer": strings.issuer,
        "auth0_domain": strings.auth0_domain,
        "policy": {
            "name": policy_name,
            "policyType": "auth0-jwt-auth-inbound",
            "handler": {
                "export": "Auth0JwtInboundPolicy",
                "module": "$import(@zuplo/runtime)",
                "options": {
                    "auth0Domain": strings.auth0_domain,
                    "audience": strings.audience,
                    "oAuthResourceMetadataEnabled": True,
                },
            },
        },
        "inbound_policies": [policy_name],
        "plugin_options": plugin_options,
        "runtime_module": RUNTIME_MODULE.format(options=json.dumps(plugin_options, indent=2).replace("\n", "\n    ")),
    }
