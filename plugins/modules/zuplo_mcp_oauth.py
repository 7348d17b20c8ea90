#!/usr/bin/python
# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: zuplo_mcp_oauth
short_description: Derive the OAuth configuration of an MCP server behind a Zuplo gateway
version_added: 0.1.0
author:
  - mcp_ops.oauth contributors (@mcp-ops)
description:
  - Derives from two inputs every string that Auth0, the gateway and MCP clients must agree on, and refuses inputs that
    would make them disagree.
  - Returns what belongs into the files of the Zuplo project. Sends no request and writes no file.
options:
  auth0_domain:
    description:
      - The host name under which Auth0 issues the tokens, such as V(tenant.eu.auth0.com), or the custom domain at which
        users log in.
      - Read from the environment variable E(AUTH0_DOMAIN) if not set.
    type: str
    required: true
  mcp_server_url:
    description:
      - The public URL of the MCP server, exactly as MCP clients are given it. It is the identifier of the API in Auth0.
      - It uses https, or http on a loopback address, and has no trailing slash, query, fragment or user information.
    type: str
    required: true
  resource_name:
    description: The name of the MCP server that clients may show to their users.
    type: str
    default: MCP server
  policy_name:
    description: The name of the gateway's policy. It consists of small letters, digits and hyphens.
    type: str
    default: mcp-oauth-inbound
extends_documentation_fragment:
  - mcp_ops.oauth.attributes
attributes:
  diff_mode:
    support: none
    details: It changes nothing.
seealso:
  - name: Zuplo documentation
    description: How the policy and the plugin are put into a project.
    link: https://zuplo.com/docs
"""

EXAMPLES = r"""
- name: The gateway's configuration
  mcp_ops.oauth.zuplo_mcp_oauth:
    auth0_domain: tenant.eu.auth0.com
    mcp_server_url: https://mcp.example.com/mcp
    resource_name: Example MCP server
  register: zuplo

- name: The runtime module of a new project
  ansible.builtin.copy:
    content: "{{ zuplo.config.runtime_module }}"
    dest: project/modules/zuplo.runtime.ts
    mode: "0644"
"""

RETURN = r"""
config:
  description: The configuration.
  returned: success
  type: dict
  contains:
    audience:
      description:
        - At once the identifier of the API in Auth0, the C(resource) in the protected resource metadata, the
          C(resource) that clients send and the audience of the gateway's policy.
      returned: success
      type: str
      sample: https://mcp.example.com/mcp
    issuer:
      description: At once Auth0's issuer and the authorization server in the protected resource metadata.
      returned: success
      type: str
      sample: https://tenant.eu.auth0.com/
    auth0_domain:
      description: The host name in the gateway's policy.
      returned: success
      type: str
      sample: tenant.eu.auth0.com
    policy:
      description: The entry for the list C(policies) in C(config/policies.json).
      returned: success
      type: dict
      sample:
        name: mcp-oauth-inbound
        policyType: auth0-jwt-auth-inbound
        handler:
          export: Auth0JwtInboundPolicy
          module: $import(@zuplo/runtime)
          options:
            auth0Domain: tenant.eu.auth0.com
            audience: https://mcp.example.com/mcp
            oAuthResourceMetadataEnabled: true
    inbound_policies:
      description: The names for C(policies.inbound) of the MCP route.
      returned: success
      type: list
      elements: str
      sample: [mcp-oauth-inbound]
    plugin_options:
      description: The options of the runtime's C(OAuthProtectedResourcePlugin).
      returned: success
      type: dict
      sample:
        authorizationServers: ["https://tenant.eu.auth0.com/"]
        resourceName: Example MCP server
    runtime_module:
      description: The TypeScript source of C(modules/zuplo.runtime.ts), for a project that has none.
      returned: success
      type: str
      sample: import { OAuthProtectedResourcePlugin, RuntimeExtensions } from "@zuplo/runtime"; ...
"""

from ansible.module_utils.basic import env_fallback

from ..module_utils._module import Module, Result, Task, run
from ..module_utils._plan import Shape, check
from ..module_utils._urls import derive
from ..module_utils._zuplo import configuration

SHAPE = Shape(patterns={"policy_name": (r"[0-9a-z-]+", "consist of small letters, digits and hyphens")})


def perform(task: Task) -> Result:
    options = task.options
    check(SHAPE, options)
    strings = derive(options["auth0_domain"], options["mcp_server_url"])
    warnings = []
    if strings.audience.count("/") == 2:
        warnings = [
            f"mcp_server_url {strings.audience} has no path. MCP clients differ over the slash of a bare origin, so "
            f"some will fail: better give the MCP server a path, such as {strings.audience}/mcp."
        ]
    names = {name: options[name] for name in ("resource_name", "policy_name")}
    return Result({"config": configuration(strings, **names)}, warnings=warnings)


MODULE = Module(
    {
        "auth0_domain": {"type": "str", "required": True, "fallback": (env_fallback, ["AUTH0_DOMAIN"])},
        "mcp_server_url": {"type": "str", "required": True},
        "resource_name": {"type": "str", "default": "MCP server"},
        "policy_name": {"type": "str", "default": "mcp-oauth-inbound"},
    },
    perform,
    tenant=False,
)


def main() -> None:
    run(MODULE)


if __name__ == "__main__":
    main()
