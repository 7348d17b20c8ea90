#!/usr/bin/python
# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: zuplo_mcp_oauth
short_description: Manage the OAuth configuration of an MCP server in a Zuplo project
version_added: 0.1.0
author:
  - mcp_ops.oauth contributors (@mcp-ops)
description:
  - Derives the strings that Auth0, the gateway and MCP clients must agree on from two inputs, and refuses inputs that
    do not work everywhere. It sends no requests.
  - Without O(project_dir), it only returns the configuration. With O(project_dir), it also writes the configuration
    into the files of that Zuplo project, which you then deploy as usual.
  - Everything else in the files stays the same, byte for byte. A policy or route that exists is extended, not replaced.
    It is an error if other routes use the policy and would require other tokens than before.
  - All files change together or none does. A file that cannot be edited safely is an error. So is a file that another
    program changes while the module runs. Two runs on one project wait for each other.
  - A run that is killed leaves each file whole. The next one finishes the work and deletes temporary files
    (C(.zuplo_mcp_oauth-*.tmp)).
  - A file keeps its owner, group, mode, extended attributes and ACL, on Linux; the module warns of what it cannot keep.
    It replaces files, so other hard links to a file keep the old text.
options:
  issuer_domain:
    description:
      - The host name under which Auth0 issues tokens, such as V(tenant.eu.auth0.com), or the tenant's custom domain if
        users log in there.
      - Read from the environment variable E(AUTH0_DOMAIN) if not set.
      - Required if O(state=present).
    type: str
  mcp_server_url:
    description:
      - The public URL of the MCP server, exactly as MCP clients use it. It is also the identifier of the API in Auth0.
      - It uses https, or http on a loopback address. It has no trailing slash, query, fragment or user information.
      - The MCP route in the Zuplo project must have the same path.
      - Required if O(state=present).
    type: str
  resource_name:
    description:
      - The name of the MCP server, which MCP clients may show to their users.
      - If not set, the name that the project has stays. A new one is V(MCP server).
    type: str
  policy_name:
    description:
      - The name of the gateway's policy. Only small letters, digits and hyphens.
      - If not set, it is the Auth0 policy that the MCP route already has. A new one is V(mcp-oauth-inbound).
      - If O(state=absent) and not set, it is the policy of the only MCP server that the module has configured.
    type: str
  project_dir:
    description:
      - The directory of the Zuplo project, on the host where the task runs.
      - The module writes the policy to C(config/policies.json) and attaches it to the MCP route in any
        C(config/*.oas.json). It writes C(modules/mcp-oauth.ts) and calls it in C(modules/zuplo.runtime.ts), unless that
        file registers an OAuthProtectedResourcePlugin itself.
      - A plugin that C(modules/zuplo.runtime.ts) registers itself is corrected there, and a policy that the MCP route
        has keeps its name. C(modules/mcp-oauth.ts) notes what O(state=absent) puts back.
      - Required if O(state=absent).
    type: path
  operations:
    description:
      - The operations that the MCP server exposes as tools. Set it if the project has no MCP route yet. The module then
        adds the route to C(config/mcp.oas.json).
      - A route that the module has added gets exactly these operations. For a route that was written by hand, they must
        be all of its tools, in any order, or not be set.
    type: list
    elements: dict
    suboptions:
      id:
        description: The C(operationId).
        type: str
        required: true
      file:
        description: The routes file that contains the operation, relative to O(project_dir).
        type: str
        default: config/routes.oas.json
      scope:
        description:
          - The scope that an access token needs to call the tool, such as V(orders:read). It must be in the claim
            C(permissions) or in the claim C(scope) of the token. Otherwise the gateway refuses the call with the status
            403, and the MCP client shows its user which permission is missing.
          - With V(""), a login is enough. A scope that the module has set before is removed.
          - If not set, what the tool has stays.
          - A tool for which it is set, also to V(""), always gets the policy before its route, as with
            O(attach_to_tools).
          - 1 to 280 printable ASCII characters without spaces, quotation marks and backslashes.
        type: str
  attach_to_tools:
    description:
      - Whether to attach the policy to the routes of the tools as well. The gateway passes the token on to them.
      - A tool with O(operations[].scope) gets the policy whatever is set here.
      - A tool with another policy that refuses MCP clients, such as one for API keys, is an error, since nobody could
        call it with both policies.
      - With V(false), anyone can call these routes directly, unless another policy guards them. The module warns of
        them and returns them in RV(open_routes). It does not detach a policy that is attached.
    type: bool
    default: false
  list_callable_tools:
    description:
      - Whether the MCP server lists to each user only the tools that their token may call. Users can then call no other
        tool either. MCP clients show them the error C(Method not found), without the scope that is missing.
      - With V(true), a tool of O(operations) must have a O(operations[].scope). The module puts the policy
        C(<policy_name>-tools), the gateway's C(McpCapabilityFilterInboundPolicy), before the MCP route.
      - Prompts and resources are listed to everyone.
      - With V(false), everyone sees all tools. A policy that the module has added is removed.
      - If not set, what the project has stays. A policy that the module has added follows the scopes of the tools.
      - MCP clients may remember the list of tools until they connect again.
    type: bool
  move_route:
    description:
      - Whether an MCP route that the module has added takes the path of another O(mcp_server_url), if the project has
        no route there and O(operations) are the same or not set.
      - With V(false), and for a route that was written by hand, a policy that other routes use for another audience is
        an error.
    type: bool
    default: true
  cors_policy:
    description:
      - The CORS policy of an MCP route that the module adds or has added. Either one of the gateway, V(none) or
        V(anything-goes), or one in C(corsPolicies) of C(config/policies.json).
      - MCP clients that run in a web page need one that allows the page's origin.
      - If not set, the one that the route has stays. A new route gets V(none).
    type: str
  scopes_supported:
    description:
      - The scopes that MCP clients are told to ask for, in the protected resource metadata and the answer to a request
        without a token. They are added to any that the plugin has.
      - Written only where the gateway's plugin has the option C(scopesSupported), see O(takes_scopes_supported). Where
        it does not, most MCP clients ask for no scope.
    type: list
    elements: str
    default: []
  takes_scopes_supported:
    description:
      - Whether the gateway's plugin has the option C(scopesSupported). The package C(zuplo) 7.6.4 does not have it.
      - If not set, it is found out from the package that is installed in O(project_dir), and V(false) where none is.
    type: bool
  allow_links_outside:
    description:
      - Whether files of the project may be links that lead out of O(project_dir). They are then read and written where
        they lead. With V(false), such a link is an error.
    type: bool
    default: false
  issuer_domain_env:
    description:
      - The name of an environment variable of the gateway that contains O(issuer_domain). It is written instead of the
        value, for a project that is deployed with several tenants.
      - If the variable is not set, the gateway refuses every token.
      - If the option is not set, a text with variables that the policy has, and that may be the value, stays.
    type: str
  mcp_host_env:
    description:
      - The name of an environment variable of the gateway that contains the host and port of O(mcp_server_url). It is
        written instead of the value. The rest of the URL stays as it is.
      - If the variable is not set, the gateway refuses every token. No variable can contain the whole audience, because
        the gateway does not check an audience that is not set.
      - If the option is not set, a text with variables that the policy has, and that may be the value, stays. For a
        whole audience, the module then warns.
    type: str
  state:
    description:
      - V(absent) removes what V(present) has added for the same O(policy_name), and detaches the policy from all
        routes.
      - A policy that existed before V(present) stays. It is detached from the routes to which V(present) has attached
        it.
      - V(absent) puts back the values of a policy or plugin that V(present) has replaced, byte for byte. A value that
        somebody has changed since stays.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment: [mcp_ops.oauth._attributes]
notes:
  - The module knows what the gateway's own policies do with a token. If one of them refuses every MCP client at the MCP
    route, this is an error. Of a policy that is code of the project's own it cannot be told, and the module warns.
  - A project whose routes use the vendor's MCP Gateway (C(McpAuth0OAuthInboundPolicy) and its like) is an error. There
    the gateway itself is the authorization server.
  - Several MCP servers in one project need one policy each. Give each task its own O(policy_name), and all of them the
    same O(resource_name) and O(issuer_domain), because the gateway has only one OAuthProtectedResourcePlugin.
  - The policy of only one MCP server can be attached to a tool, because no token passes two such policies.
  - A scope of O(operations) is demanded by a policy of its own, C(<policy_name>-scope-<scope>), whose code the module
    adds to C(modules/mcp-oauth.ts). It stands directly after O(policy_name), which checks the token. A scope that no
    tool needs any more takes its policy along.
  - The gateway's own policies do not suffice for that. C(jwt-scopes-inbound) knows only the claim C(scope), and answers
    with the status 401 and without a challenge. C(require-user-claims-inbound) finds no word in the claim C(scope), and
    its answer 403 has no challenge and does not name what is missing.
  - Of a plugin that C(modules/zuplo.runtime.ts) registers itself, the module corrects C(authorizationServers), and
    C(resourceName) if O(resource_name) is set. The file must make the plugin once, of the class that it imports from
    C(@zuplo/runtime), with an object literal as the only argument, without spreads and computed keys, and name one
    authorization server. In any other form, a wrong issuer is an error. Values that the gateway computes when it runs
    stay, and M(mcp_ops.oauth.mcp_oauth_check) cannot check them in the project.
seealso:
  - module: mcp_ops.oauth.mcp_oauth_check
  - module: mcp_ops.oauth.auth0_role
  - name: RFC 6750, section 3
    description: The answer to a request whose token lacks a scope.
    link: https://www.rfc-editor.org/rfc/rfc6750#section-3
  - name: Zuplo documentation
    description: Policies, routes and plugins of a Zuplo project.
    link: https://zuplo.com/docs
"""

EXAMPLES = r"""
- name: Return the configuration of the gateway
  mcp_ops.oauth.zuplo_mcp_oauth:
    issuer_domain: tenant.eu.auth0.com
    mcp_server_url: https://mcp.example.com/mcp
    resource_name: Example MCP server
  register: zuplo

- name: Write the configuration into a project, with a new MCP route for two tools
  mcp_ops.oauth.zuplo_mcp_oauth:
    issuer_domain: tenant.eu.auth0.com
    mcp_server_url: https://mcp.example.com/mcp
    project_dir: "{{ playbook_dir }}/gateway"
    operations:
      - id: list-orders
      - id: get-order
    attach_to_tools: true

- name: Let only those list and cancel orders who may
  mcp_ops.oauth.zuplo_mcp_oauth:
    issuer_domain: tenant.eu.auth0.com
    mcp_server_url: https://mcp.example.com/mcp
    project_dir: "{{ playbook_dir }}/gateway"
    operations:
      - id: list-orders
        scope: orders:read
      - id: cancel-order
        scope: orders:cancel
      - id: get-order
        scope: "" # a login is enough
    list_callable_tools: true

- name: Configure a project that is deployed with several tenants
  mcp_ops.oauth.zuplo_mcp_oauth:
    issuer_domain: tenant.eu.auth0.com
    mcp_server_url: https://mcp.example.com/mcp
    project_dir: "{{ playbook_dir }}/gateway"
    issuer_domain_env: AUTH0_DOMAIN
    mcp_host_env: MCP_HOST

- name: Remove the configuration from a project
  mcp_ops.oauth.zuplo_mcp_oauth:
    project_dir: "{{ playbook_dir }}/gateway"
    state: absent
"""

RETURN = r"""
files:
  description: The files that have changed, or would change in check mode.
  returned: if O(project_dir) is set
  type: list
  elements: str
  sample: [config/policies.json, config/mcp.oas.json, modules/mcp-oauth.ts]
open_routes:
  description: The routes of tools that no policy guards. Anyone can call them directly, without a token.
  returned: if O(project_dir) is set
  type: list
  elements: str
  sample: [GET /orders (config/routes.oas.json)]
tool_scopes:
  description:
    - Who may call which tool of the MCP route, as it will be after the run.
    - Empty if O(state=absent).
  returned: if O(project_dir) is set
  type: list
  elements: dict
  contains: &tool_scope
    operation:
      description: The C(operationId).
      returned: success
      type: str
      sample: list-orders
    file:
      description: The routes file that contains the operation.
      returned: success
      type: str
      sample: config/routes.oas.json
    scope:
      description:
        - The scope that a token needs. A login is enough if it is null.
        - Several, separated by spaces, if somebody has put further policies of this kind before the tool.
      returned: success
      type: str
      sample: orders:read
    open:
      description: Whether anyone can call the route directly, without a token.
      returned: success
      type: bool
      sample: false
tool_scopes_before:
  description:
    - The same before the run.
    - Empty if O(state=absent), and if the project had no MCP route or one that answered no request.
  returned: if O(project_dir) is set
  type: list
  elements: dict
  contains: *tool_scope
config:
  description: The configuration of the gateway, with the names that the project already has.
  returned: if O(state=present)
  type: dict
  contains:
    audience:
      description: The identifier of the API in Auth0, and the C(resource) that MCP clients send.
      returned: success
      type: str
      sample: https://mcp.example.com/mcp
    issuer:
      description: The issuer of the tokens, and the authorization server in the protected resource metadata.
      returned: success
      type: str
      sample: https://tenant.eu.auth0.com/
    issuer_domain:
      description: The host name of the issuer.
      returned: success
      type: str
      sample: tenant.eu.auth0.com
    policy:
      description: The entry in C(policies) of C(config/policies.json).
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
      description: The names in C(policies.inbound) of the MCP route.
      returned: success
      type: list
      elements: str
      sample: [mcp-oauth-inbound]
    plugin_options:
      description: The options of C(OAuthProtectedResourcePlugin).
      returned: success
      type: dict
      sample:
        authorizationServers: ["https://tenant.eu.auth0.com/"]
        resourceName: Example MCP server
    runtime_module:
      description: The source of C(modules/zuplo.runtime.ts) for a project without one.
      returned: success
      type: str
      sample: import { OAuthProtectedResourcePlugin, RuntimeExtensions } from "@zuplo/runtime"; ...
    tool_policies:
      description: What a project that you write yourself needs at the routes of the tools whose scope is set.
      returned: if O(project_dir) is not set, and a tool names a scope
      type: list
      elements: dict
      contains:
        operation:
          description: The C(operationId).
          returned: success
          type: str
          sample: list-orders
        file:
          description: The routes file that contains the operation.
          returned: success
          type: str
          sample: config/routes.oas.json
        policy:
          description:
            - The entry in C(policies) of C(config/policies.json). Tools with the same scope have the same one.
            - Null where the scope is V(""), for which a login is enough.
          returned: success
          type: dict
          sample:
            name: mcp-oauth-inbound-scope-orders-read
            policyType: custom-code-inbound
            handler:
              export: requireScope
              module: $import(./modules/mcp-oauth)
              options:
                scope: orders:read
                mcpPath: /mcp
        inbound_policies:
          description: The names in C(policies.inbound) of the tool's route, in this order.
          returned: success
          type: list
          elements: str
          sample: [mcp-oauth-inbound, mcp-oauth-inbound-scope-orders-read]
    tool_module:
      description: The source of C(modules/mcp-oauth.ts), the code of these policies.
      returned: if O(project_dir) is not set, and a tool names a scope
      type: str
      sample: import { HttpProblems, ZuploContext, ZuploRequest } from "@zuplo/runtime"; ...
    list_policy:
      description:
        - The entry in C(policies) of C(config/policies.json) for O(list_callable_tools). Its name is in
          RV(config.inbound_policies).
        - It names the tools by their C(operationId). A tool with a C(name) in C(x-zuplo-route.mcp) must be named by
          that.
      returned: if O(project_dir) is not set, and O(list_callable_tools=true)
      type: dict
      sample:
        name: mcp-oauth-inbound-tools
        policyType: mcp-capability-filter-inbound
        handler:
          export: McpCapabilityFilterInboundPolicy
          module: $import(@zuplo/runtime/mcp-gateway)
          options:
            tools:
              - name: list-orders
                roles: [orders:read]
            accessControl:
              mode: function
              identifier:
                module: $import(./modules/mcp-oauth)
                export: listCallableTools
"""

from ..module_utils._module import run
from ..module_utils._modules.zuplo_mcp_oauth import MODULE


def main() -> None:
    run(MODULE)


if __name__ == "__main__":
    main()
