#!/usr/bin/python
# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: auth0_role_info
short_description: Read the roles of an Auth0 tenant
version_added: 0.1.0
author:
  - mcp_ops.oauth contributors (@mcp-ops)
description:
  - Reads one role by its name or ID, or all roles.
options:
  name:
    description: Only the role with exactly this name.
    type: str
  id:
    description: Only the role with this ID.
    type: str
  include_permissions:
    description: Whether the result contains the permissions of each role. This takes one more request for each role.
    type: bool
    default: false
notes:
  - The token needs the scope C(read:roles).
extends_documentation_fragment: [mcp_ops.oauth._auth0, mcp_ops.oauth._info]
seealso:
  - module: mcp_ops.oauth.auth0_role
"""

EXAMPLES = r"""
- name: Read all roles with their permissions
  mcp_ops.oauth.auth0_role_info:
    domain: tenant.eu.auth0.com
    auth_client_id: "{{ auth0_client_id }}"
    auth_client_secret: "{{ auth0_client_secret }}"
    include_permissions: true
  register: found

- name: Show the roles that may call the tools that only read
  ansible.builtin.debug:
    msg: "{{ found.roles | selectattr('permissions', 'contains', permission) | map(attribute='name') }}"
  vars:
    permission:
      resource_server_identifier: https://mcp.example.com/mcp
      permission_name: tools:read
"""

RETURN = r"""
roles:
  description: The roles. Empty if none was found.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The ID of the role.
      returned: always
      type: str
    name:
      description: The name of the role.
      returned: always
      type: str
    description:
      description: What the role is for. An empty string if the role has no description.
      returned: always
      type: str
    permissions:
      description: The permissions of the role, each with C(resource_server_identifier) and C(permission_name).
      returned: when O(include_permissions=true)
      type: list
      elements: dict
  sample:
    - id: rol_9dKKcib71UMRiHHW
      name: MCP reader
      description: Calls the tools that only read
      permissions:
        - resource_server_identifier: https://mcp.example.com/mcp
          permission_name: tools:read
failure:
  description: Auth0's answer to the request that failed. A value is null where there was none.
  returned: when a request fails
  type: dict
  sample: {status: 401, code: null, message: Invalid token, request: GET /api/v2/roles}
"""

from ..module_utils._module import run
from ..module_utils._modules.auth0_role_info import MODULE


def main() -> None:
    run(MODULE)


if __name__ == "__main__":
    main()
