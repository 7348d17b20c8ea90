#!/usr/bin/python
# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: mcp_preflight
short_description: Check that all tasks of a set-up can be carried out
version_added: 0.1.0
author:
  - mcp_ops.oauth contributors (@mcp-ops)
description:
  - Plans a list of tasks against the tenant and the Zuplo project before the first of them runs, and fails with all
    that is in the way at once, such as an option that does not exist, a connection or scope that is not there, a
    missing permission, or a project that cannot be edited.
  - Each task is planned as if those before it had been carried out. Nothing is changed.
  - Warns of what the tasks would take from others who use the tenant.
options:
  steps:
    description: The tasks, in the order in which they will run.
    type: list
    elements: dict
    required: true
    suboptions:
      module:
        description: The module of the task.
        type: str
        required: true
        choices:
          - auth0_cimd_client
          - auth0_client
          - auth0_client_grant
          - auth0_connection
          - auth0_connection_domain
          - auth0_resource_server
          - auth0_role
          - auth0_role_members
          - auth0_tenant_flags
          - auth0_tenant_settings
          - zuplo_mcp_oauth
      options:
        description: The options of the task, without those that connect to the tenant.
        type: dict
        required: true
      loop:
        description: Repeats the task with options that change.
        type: dict
        suboptions:
          option:
            description: The name of the option. If not set, each value is an object with options.
            type: str
          values:
            description: The values, one for each repetition.
            type: list
            elements: raw
            required: true
      variables:
        description: The variables from which the options are made. What is in the way is reported with them.
        type: list
        elements: str
        default: []
      tags:
        description: The tags of the task.
        type: list
        elements: str
        default: []
      when:
        description: Whether the task runs at all.
        type: bool
        default: true
  run_tags:
    description: The tags that this run was asked for, the variable C(ansible_run_tags). Other tasks are not planned.
    type: list
    elements: str
    default: [all]
  skip_tags:
    description: The tags that this run skips, the variable C(ansible_skip_tags).
    type: list
    elements: str
    default: []
  login_error:
    description:
      - The message of a login that failed before. If it is not empty, it is in the way, and the tenant is not read;
        only the options of the tasks and the Zuplo project are checked.
    type: str
    default: ""
  refuse_impact:
    description: Whether what the tasks would take from others is in the way. If not, it is a warning.
    type: bool
    default: false
  mcp_clients:
    description:
      - The MCP clients that must be able to become known to Auth0 once all tasks have run, as the variable
        O(mcp_ops.oauth.mcp_server#role:main:mcp_clients) takes them.
      - If empty, the known clients that the tenant then refuses for their metadata document are warned of.
    type: list
    elements: raw
    default: []
  domain:
    description:
      - The tenant's host name, with a port if it is not 443, such as V(tenant.eu.auth0.com).
      - Needed only for tasks of a tenant. Without credentials, only their options are checked.
      - Read from the environment variable E(AUTH0_DOMAIN) if not set.
    type: str
    required: false
notes:
  - The token needs the scopes to read what the tasks write. Where it lacks the scope to write, that is in the way; in
    check mode it is a warning, so that a preview is complete.
  - Defaults from C(module_defaults) for the modules of the tasks are not known here.
extends_documentation_fragment: [mcp_ops.oauth._attributes, mcp_ops.oauth._auth0]
attributes:
  diff_mode:
    support: none
    details: The module changes nothing.
seealso:
  - module: mcp_ops.oauth.mcp_oauth_check
"""

EXAMPLES = r"""
- name: Check that both tasks can be carried out
  mcp_ops.oauth.mcp_preflight:
    domain: tenant.eu.auth0.com
    auth_client_id: "{{ auth0_client_id }}"
    auth_client_secret: "{{ auth0_client_secret }}"
    steps:
      - module: auth0_resource_server
        options: &api
          identifier: https://mcp.example.com/mcp
          scopes: [{value: "tools:read"}]
      - module: auth0_client_grant
        options: &grant
          default_for: third_party_clients
          audience: https://mcp.example.com/mcp
          subject_type: user
          scope: [tools:read]

# The tasks below take tenant and credentials from the variables auth0_domain, auth0_client_id and auth0_client_secret.
- name: Create the API
  mcp_ops.oauth.auth0_resource_server: *api

- name: Let MCP clients in
  mcp_ops.oauth.auth0_client_grant: *grant
"""

RETURN = r"""
obstacles:
  description: All that is in the way. The module fails unless this is empty.
  returned: always
  type: list
  elements: str
  sample:
    - "mcp_connection: The tenant has no connection with the name 'google'. It has: Username-Password-Authentication."
missing_scopes:
  description: The scopes that the tasks need and the token lacks.
  returned: always
  type: list
  elements: str
  sample: [update:connections]
access:
  description:
    - Who gains and who loses which tool of the MCP server, in a sentence each. It follows from the tasks of
      M(mcp_ops.oauth.auth0_role), M(mcp_ops.oauth.auth0_role_members) and M(mcp_ops.oauth.zuplo_mcp_oauth) that name
      roles and operations.
  returned: always
  type: list
  elements: str
  sample:
    - Users with the role MCP reader gain list-orders, get-order.
    - auth0|64fb1d2e9c3a (ada@example.com) gets the role MCP reader, and with it list-orders, get-order.
"""

from ..module_utils._module import run
from ..module_utils._modules.mcp_preflight import MODULE


def main() -> None:
    run(MODULE)


if __name__ == "__main__":
    main()
