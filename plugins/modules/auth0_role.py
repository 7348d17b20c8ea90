#!/usr/bin/python
# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: auth0_role
short_description: Manage a role of an Auth0 tenant and its permissions
version_added: 0.1.0
author:
  - mcp_ops.oauth contributors (@mcp-ops)
description:
  - Creates, updates or deletes a role, which is a named set of permissions. A permission is a scope of an API.
  - With O(mcp_ops.oauth.auth0_resource_server#module:enforce_policies=true), the roles of a user decide which scopes of
    the API the user gets, such as which tools of an MCP server.
  - Auth0 also removes a deleted role from all users that have it.
options:
  id:
    description:
      - The ID of a role that exists, such as V(rol_9dKKcib71UMRiHHW). With O(state=present), an ID that the tenant does
        not have is an error.
    type: str
  name:
    description:
      - The exact name of the role, by which it is found unless O(id) is set. With O(id), the name that the role gets.
    type: str
  description:
    description: What the role is for.
    type: str
  permissions:
    description:
      - The permissions of the role, in any order.
      - Permissions that are not listed stay, unless O(purge_permissions=true).
    type: list
    elements: dict
    suboptions:
      resource_server_identifier:
        description: The identifier of the API that has the permission.
        type: str
        required: true
      permission_name:
        description: The name of the permission, which is the C(value) of a scope of the API.
        type: str
        required: true
  purge_permissions:
    description: Whether permissions that O(permissions) does not list are removed from the role.
    type: bool
    default: false
  remove_permissions:
    description:
      - Permissions that the role must not have. All others that O(permissions) does not list stay.
    type: list
    elements: dict
    suboptions:
      resource_server_identifier:
        description: The identifier of the API that has the permission.
        type: str
        required: true
      permission_name:
        description: The name of the permission, which is the C(value) of a scope of the API.
        type: str
        required: true
notes:
  - The token needs the scope C(read:roles), and for a change C(create:roles), C(update:roles) or C(delete:roles). A
    change of O(permissions) always needs C(update:roles).
  - With the scope C(read:resource_servers), permissions that do not exist are an error before anything is written.
    Without it, Auth0 refuses them after the role itself is written.
extends_documentation_fragment: [mcp_ops.oauth._auth0, mcp_ops.oauth._state]
seealso:
  - module: mcp_ops.oauth.auth0_resource_server
  - module: mcp_ops.oauth.auth0_role_info
"""

EXAMPLES = r"""
- name: Create a role for the tools that only read
  mcp_ops.oauth.auth0_role:
    domain: tenant.eu.auth0.com
    auth_client_id: "{{ auth0_client_id }}"
    auth_client_secret: "{{ auth0_client_secret }}"
    name: MCP reader
    description: Calls the tools that only read
    permissions:
      - resource_server_identifier: https://mcp.example.com/mcp
        permission_name: tools:read

# The tasks below take tenant and credentials from the variables auth0_domain, auth0_client_id and auth0_client_secret.
- name: Set exactly these permissions
  mcp_ops.oauth.auth0_role:
    name: MCP reader
    permissions:
      - resource_server_identifier: https://mcp.example.com/mcp
        permission_name: tools:read
      - resource_server_identifier: https://mcp.example.com/mcp
        permission_name: tools:list
    purge_permissions: true

- name: Take one permission away, and leave all others
  mcp_ops.oauth.auth0_role:
    name: MCP reader
    remove_permissions:
      - resource_server_identifier: https://mcp.example.com/mcp
        permission_name: tools:write

- name: Delete the role, also from all users that have it
  mcp_ops.oauth.auth0_role:
    name: MCP reader
    state: absent
"""

RETURN = r"""
role:
  description:
    - The role after the run, or in check mode as it would be. Empty if it does not exist.
    - With O(permissions), it has its C(permissions).
  returned: success
  type: dict
  sample:
    id: rol_9dKKcib71UMRiHHW
    name: MCP reader
    description: Calls the tools that only read
    permissions:
      - resource_server_identifier: https://mcp.example.com/mcp
        permission_name: tools:read
purged_permissions:
  description:
    - The permissions that O(purge_permissions) or O(remove_permissions) removed, or in check mode would remove.
  returned: when O(purge_permissions=true) or O(remove_permissions) is set, and O(state=present)
  type: list
  elements: dict
  sample:
    - resource_server_identifier: https://mcp.example.com/mcp
      permission_name: tools:write
failure:
  description: Auth0's answer to the request that failed. A value is null where there was none.
  returned: when a request fails
  type: dict
  sample: {status: 401, code: null, message: Invalid token, request: GET /api/v2/roles}
"""

from ..module_utils._module import run
from ..module_utils._modules.auth0_role import MODULE


def main() -> None:
    run(MODULE)


if __name__ == "__main__":
    main()
