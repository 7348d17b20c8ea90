#!/usr/bin/python
# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: mcp_oauth_check
short_description: Check an MCP server and its Auth0 tenant as MCP clients use them
version_added: 0.1.0
author:
  - mcp_ops.oauth contributors (@mcp-ops)
description:
  - Checks the gateway's project, the gateway, the metadata of the authorization server and, through the Management API,
    the tenant. A check fails where MCP clients would fail, or where anyone would get access.
  - Each check gives one finding, with what was seen, what was expected and the option that fixes it. All findings are
    listed with the return value RV(findings).
  - Changes nothing, unless O(register=true), which registers a client and deletes it again. The tools of O(tools) that
    have C(arguments) are called, and do what they do.
  - Without credentials, or without a scope that a read needs, the findings about the tenant are skipped. If Auth0
    refuses the credentials or cannot be reached, the finding C(management_api) fails, and the rest is checked all the
    same.
options:
  mcp_server_url:
    description: The public URL of the MCP server, exactly as MCP clients are given it.
    type: str
    required: true
  domain:
    description:
      - The tenant's host name, with a port if it is not 443, such as V(tenant.eu.auth0.com).
      - Needed only for the findings about the tenant.
      - Read from the environment variable E(AUTH0_DOMAIN) if not set.
    type: str
    required: false
  issuer_domain:
    description:
      - The domain under which Auth0 issues the tokens, which is the custom domain if users log in there.
      - Defaults to O(domain).
    type: str
  client_registration:
    description:
      - The ways in which MCP clients register. Each one that is listed must work.
      - V(dcr) is dynamic client registration, V(cimd) client ID metadata documents.
    type: list
    elements: str
    choices: [dcr, cimd]
    default: [dcr]
  mcp_clients:
    description:
      - The MCP clients that people use, as the variable O(mcp_ops.oauth.mcp_server#role:main:mcp_clients) takes them.
        Each one that is listed must be able to become known to Auth0.
      - If empty, the known clients that the tenant refuses for their metadata document are warned of.
    type: list
    elements: raw
    default: []
  connection:
    description:
      - The names of the connections with which users log in. Each one that is listed must be at domain level.
      - If not set, one connection at domain level is enough, whichever it is.
    type: list
    elements: str
  tools:
    description:
      - The tools of the MCP server, each with the scope that a call needs. The check then proves who may use which.
      - If empty, the findings about tools are skipped.
    type: list
    elements: dict
    default: []
    suboptions:
      operation:
        description: The operationId of the tool in the gateway's project.
        type: str
        required: true
      file:
        description: The routes file of the project that has the operation.
        type: str
        default: config/routes.oas.json
      scope:
        description: The scope of the API that a call needs. If not set, everyone who can log in may call the tool.
        type: str
      description:
        description: What the tool does. Not checked.
        type: str
      arguments:
        description:
          - The arguments with which the check calls the tool, exactly as an MCP client sends them. Zuplo's gateway
            takes the body of a request as an object under C(body).
          - If not set, the tool is not called, since a call does what the tool does. An empty mapping calls it without
            arguments.
        type: dict
  roles:
    description:
      - The roles of the tenant whose members may call tools, as they should be.
      - If empty, the findings C(roles) and C(role_members) are skipped. Roles that are not listed are not read.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The name of the role.
        type: str
        required: true
      description:
        description: What the role is for. Not checked.
        type: str
      tools:
        description: The operations of O(tools) that members may call. Each one needs a scope there.
        type: list
        elements: str
      scopes:
        description: Further scopes of the API that the role has.
        type: list
        elements: str
      members:
        description:
          - Users who have the role, each named by exactly one of C(user_id), C(email) and C(username). With the last
            two, C(connection) tells users of the same name apart.
          - If neither these nor C(groups) are set, only whether anybody has the role is checked.
        type: list
        elements: dict
      purge_members:
        description: Whether no other user may have the role.
        type: bool
        default: false
      groups:
        description:
          - Groups of enterprise connections that have the role, each named by C(id), or by C(name), this with
            C(connection) where several groups have it.
          - With groups, the role need not have users of its own. Who is in a group is not read.
        type: list
        elements: dict
      purge_groups:
        description: Whether no other group may have the role.
        type: bool
        default: false
  user_token:
    description:
      - An access token of a test user for O(mcp_server_url), with which the tools that have C(arguments) are called.
        What the token's own claims and O(roles) say of the user is compared with what the tools answer.
      - C(auth0 test token <client ID> --audience <mcp_server_url>) of the Auth0 CLI logs the user in, with a native
        application of the tenant, and prints one. MCP Inspector shows the one that it got, which has what MCP clients
        get. A token expires, so get it anew for each check.
      - If not set, the tools are called with a token of the application with O(auth_client_id), as for the finding
        C(own_token). That proves what the gateway does, and nothing of users and roles.
      - It is sent to the MCP server alone.
    type: str
  project_dir:
    description:
      - The directory of the gateway's Zuplo project, on the host where the task runs. Its files are checked as well, so
        that mistakes are found before the project is deployed.
      - A value that the gateway's environment decides, C($env(NAME)), is skipped.
    type: path
  register:
    description:
      - Whether to register a client and to delete it again, which proves that registration works.
      - A client is registered only at the issuer that O(issuer_domain) or O(domain) names, and only if its registration
        endpoint is at that host. Without either option, the finding C(registration) is skipped.
      - Needs the scope C(delete:clients), and C(read:clients) if O(issuer_domain) is not O(domain). Not done in check
        mode.
      - Without credentials, the client is deleted with the C(registration_access_token) of its registration, if there
        is one whose C(registration_client_uri) is at that host. A client that could not be deleted is named.
    type: bool
    default: false
  other_audience:
    description:
      - The identifier of another API for which the application has a client grant. A token for it is requested, and the
        MCP server must refuse that token.
      - Not the Management API, whose tokens are sent only to the tenant.
    type: str
  browser_origin:
    description:
      - The origin of a web page whose MCP client calls the MCP server from the browser, such as
        V(https://app.example.com). The gateway must then allow such calls (CORS).
      - If not set, the finding C(cors) is skipped.
    type: str
  gateway_deployed:
    description:
      - Whether the gateway has been deployed as it should be. If V(true), it is a failure that the MCP server cannot be
        reached. If V(false), the gateway is not asked, and the findings about it are skipped, also where an older
        configuration answers.
      - If not set, the findings about the gateway are skipped where the MCP server cannot be reached.
    type: bool
  fail_on_findings:
    description: Whether the module fails when a finding has the status V(fail).
    type: bool
    default: true
notes:
  - The findings about the tenant need the scopes C(read:resource_servers), C(read:tenant_settings),
    C(read:client_grants) and C(read:connections).
  - With more scopes, the check finds more. Each one costs a request, and without it only its own finding is skipped.
    C(read:prompts) is for C(universal_login), C(read:rules) for C(rules), C(read:hooks) for C(hooks),
    C(read:mfa_policies) for C(mfa_policies), C(read:clients) for C(clients) and C(application_limit),
    C(read:network_acls) for C(network_acl), C(read:roles) for C(roles) and C(role_members), which need O(roles).
    Members who are named otherwise than by a C(user_id) that has the role also need C(read:users), groups
    C(read:group_roles) and C(read:groups), and those with a C(connection) C(read:connections).
  - What Auth0's API does not tell is not checked. That is whether an Action denies a login or demands MFA, whom a
    network ACL lets through, and which plan the tenant is on. Nor are permissions that users have directly, or by
    roles that O(roles) does not list.
  - The findings C(own_token) and C(other_token) need O(auth_client_id), and client grants with C(subject_type=client)
    for O(mcp_server_url) and O(other_audience). Each costs a token of the tenant's monthly quota for machine-to-machine
    tokens.
  - O(ca_path) and O(validate_certs) hold for the gateway as well.
extends_documentation_fragment: [mcp_ops.oauth._attributes, mcp_ops.oauth._auth0]
attributes:
  check_mode:
    support: partial
    details: O(register) is left out, and no tool is called. All else changes nothing anyway.
  diff_mode:
    support: none
    details: It changes nothing.
seealso:
  - module: mcp_ops.oauth.zuplo_mcp_oauth
"""

EXAMPLES = r"""
- name: Check project, gateway and tenant
  mcp_ops.oauth.mcp_oauth_check:
    mcp_server_url: https://mcp.example.com/mcp
    domain: tenant.eu.auth0.com
    auth_client_id: "{{ auth0_client_id }}"
    auth_client_secret: "{{ auth0_client_secret }}"
    project_dir: "{{ playbook_dir }}/gateway"
    gateway_deployed: true

- name: Check the project and the authorization server before the gateway is deployed
  mcp_ops.oauth.mcp_oauth_check:
    mcp_server_url: https://mcp.example.com/mcp
    issuer_domain: tenant.eu.auth0.com
    project_dir: "{{ playbook_dir }}/gateway"
    gateway_deployed: false

- name: Check from outside, without credentials
  mcp_ops.oauth.mcp_oauth_check:
    mcp_server_url: https://mcp.example.com/mcp
    issuer_domain: tenant.eu.auth0.com
    fail_on_findings: false
  register: check

- name: Prove who may use which tool, as a test user who may greet and not erase
  mcp_ops.oauth.mcp_oauth_check:
    mcp_server_url: https://mcp.example.com/mcp
    domain: tenant.eu.auth0.com
    auth_client_id: "{{ auth0_client_id }}"
    auth_client_secret: "{{ auth0_client_secret }}"
    project_dir: "{{ playbook_dir }}/gateway"
    tools:
      - operation: greet
        scope: tools:greet
        arguments: {body: {name: MCP}}
      - operation: erase
        scope: tools:erase
    roles:
      - name: Greeters
        tools: [greet]
        members: [{email: test@example.com}]
      - name: Administrators
        tools: [greet, erase]
    user_token: "{{ test_user_token }}"

- name: Show the findings
  ansible.builtin.debug:
    var: check.report
"""

RETURN = r"""
findings:
  description: All findings, always each of them, in the order in which an MCP client meets what they are about.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description:
        - The name of the finding, one of the following.
        - C(url), that O(mcp_server_url) has the exact form that all sides compare.
        - C(project_route), that the project has the MCP route with an Auth0 policy.
        - C(project_audience), that the policy's C(audience) is O(mcp_server_url).
        - C(project_auth0_domain), that the policy's C(auth0Domain) is O(issuer_domain).
        - C(project_plugin), that the project registers the C(OAuthProtectedResourcePlugin) with the right issuer.
        - C(project_tools), that the routes of the tools have a policy that accepts the same tokens.
        - C(project_tool_scopes), that each of O(tools) demands exactly its scope, and no other tool is open.
        - C(gateway), that the gateway answers.
        - C(unauthorized), that a request without a token gets status 401; a list of tools, if C(initialize) needs none.
        - C(www_authenticate), that this answer leads to the protected resource metadata.
        - C(garbage_token), that an expired token gets status 401 as well, from which clients log in again.
        - C(hosted_clients), that no bot rule blocks the requests of hosted clients, by their C(User-Agent).
        - C(cors), that a browser lets a page from O(browser_origin) call the MCP server.
        - C(protected_resource_metadata), that clients find this metadata.
        - C(resource), that its C(resource) is O(mcp_server_url), or one that clients take for it.
        - C(authorization_servers), that its first authorization server is the issuer.
        - C(offline_access_scope), that clients are not told to request C(offline_access), which they add themselves.
        - C(authorization_server_metadata), that the authorization server serves its metadata.
        - C(issuer), that the C(issuer) there is the same string.
        - C(pkce), that the authorization server supports the code challenge method C(S256).
        - C(public_clients), that its metadata lists C(none) among the ways in which clients authenticate.
        - C(registration_endpoint), that it names a registration endpoint, if O(client_registration) has V(dcr).
        - C(cimd), that it supports client ID metadata documents, if O(client_registration) has V(cimd).
        - C(management_api), that Auth0 accepts the credentials and the tenant can be read.
        - C(resource_server), that the tenant has an API whose identifier is O(mcp_server_url), open to users.
        - C(signing_alg), that the gateway can verify the tokens of this API.
        - C(offline_access), that clients get refresh tokens.
        - C(token_dialect), that this goes with C(enforce_policies), so that permissions of users are in the token.
        - C(resource_parameter_profile), that Auth0 heeds the parameter C(resource) that clients send.
        - C(client_grant), that third-party applications have a default client grant for the API on behalf of users.
        - C(advertised_scopes), that clients are told which scopes of the API to request, if the token needs any.
        - C(granted_scopes), that Auth0 can grant third-party applications what clients are told to request.
        - C(tool_scopes), that the API has the scope of each of O(tools), and roles decide who gets it.
        - C(tool_grant), that the default client grant of third-party applications has the scope of each of O(tools).
        - C(roles), that each of O(roles) has the permissions for its tools, and for no other tool.
        - C(role_members), that the members of O(roles) have them.
        - C(connection), that users can log in to third-party applications, since O(connection) is at domain level.
        - C(entra_resource), that Auth0 forwards no parameter C(resource) to Microsoft Entra ID, which refuses it.
        - C(universal_login), that the login pages are not those of Classic Login.
        - C(rules), that no Rule is active.
        - C(hooks), that no Hook of the trigger C(credentials-exchange) is active.
        - C(mfa_policies), that no policy demands MFA when a refresh token is exchanged.
        - C(dynamic_client_registration), that this is on, if O(client_registration) has V(dcr).
        - C(registration_security_mode), that self-registered clients get no rights of ordinary applications.
        - C(application_limit), that the tenant has room for more applications, if O(client_registration) has V(dcr).
        - C(network_acl), that it is known who may register, if O(client_registration) has V(dcr).
        - C(client_id_metadata_documents), that these are on, if O(client_registration) has V(cimd).
        - C(clients), that each of O(mcp_clients) has a way to become known to Auth0.
        - C(iss_parameter), that Auth0 sends its issuer with the authorization response.
        - C(iss_advertised), that the metadata says the same of this setting as the tenant.
        - C(registration), that a client can register, if O(register=true).
        - C(protocol), that clients of the newest revision of MCP get in, or fall back to the one before.
        - C(own_token), that the MCP server accepts a token for O(mcp_server_url).
        - C(other_token), that the MCP server refuses a token for O(other_audience).
        - C(tool_access), that a user may call the tools of O(tools) for which the token has the scope, and no others.
      returned: always
      type: str
      sample: resource_parameter_profile
    status:
      description:
        - V(fail) where clients fail, anyone gets access, or the tenant cannot be read; V(warn) where clients work all
          the same; V(skip) where it could not be checked; else V(pass).
      returned: always
      type: str
      sample: fail
    seen:
      description: What was seen.
      returned: always
      type: str
      sample: "audience: Auth0 ignores the parameter resource that clients send"
    expected:
      description: What was expected. Empty for what passed.
      returned: always
      type: str
      sample: compatibility
    remedy:
      description: The option that fixes it, with its module and value. Empty for what passed.
      returned: always
      type: str
      sample: "mcp_ops.oauth.auth0_tenant_settings: resource_parameter_profile: compatibility"
summary:
  description: How many findings there are of each status, and the reason for which the most are skipped.
  returned: always
  type: str
  sample: >-
    20 passed, 0 failed, 13 not checked: 9 of them since the MCP server cannot be reached: the connection is refused.
    Deploy it, then check again; gateway_deployed: true makes this a failure.
report:
  description: The findings as the lines of a table, which a terminal shows with colours.
  returned: always
  type: list
  elements: str
  sample:
    - "PASS  url                            https://mcp.example.com/mcp"
    - "PASS  gateway                        answers, status 401"
"""

from ..module_utils._module import run
from ..module_utils._modules.mcp_oauth_check import MODULE


def main() -> None:
    run(MODULE)


if __name__ == "__main__":
    main()
