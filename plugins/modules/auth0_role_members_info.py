#!/usr/bin/python
# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: auth0_role_members_info
short_description: Read which users and groups have a role of an Auth0 tenant
version_added: 0.1.0
author:
  - mcp_ops.oauth contributors (@mcp-ops)
description:
  - Reads all users that have a role of their own, and with O(include_groups=true) the groups that have it. Users that
    get it through a group are not told.
options:
  name:
    description: The exact name of the role.
    type: str
  id:
    description: The ID of the role.
    type: str
  include_emails:
    description:
      - Whether the result contains the email address of each user. This takes no further request.
      - To give such a result to M(mcp_ops.oauth.auth0_role_members), leave out C(email) or C(user_id) of each, since it
        takes only one of them.
    type: bool
    default: false
  include_groups:
    description: Whether the result contains the groups of enterprise connections that have the role.
    type: bool
    default: false
notes:
  - The token needs the scope C(read:roles), and with O(include_groups=true) C(read:group_roles).
extends_documentation_fragment: [mcp_ops.oauth._auth0, mcp_ops.oauth._info]
seealso:
  - module: mcp_ops.oauth.auth0_role_members
"""

EXAMPLES = r"""
- name: Read who may call the tools that write
  mcp_ops.oauth.auth0_role_members_info:
    domain: tenant.eu.auth0.com
    auth_client_id: "{{ auth0_client_id }}"
    auth_client_secret: "{{ auth0_client_secret }}"
    name: MCP writer
    include_groups: true
  register: found

# The tasks below take tenant and credentials from the variables auth0_domain, auth0_client_id and auth0_client_secret.
- name: Give the same users and groups another role
  mcp_ops.oauth.auth0_role_members:
    name: MCP reader
    members: "{{ found.members }}"
    groups: "{{ found.groups }}"
"""

RETURN = r"""
role:
  description: The ID and the name of the role. Empty if it does not exist.
  returned: success
  type: dict
  sample:
    id: rol_9dKKcib71UMRiHHW
    name: MCP writer
members:
  description: The users that have the role. Empty if the role does not exist.
  returned: success
  type: list
  elements: dict
  contains:
    user_id:
      description: The ID of the user.
      returned: always
      type: str
    email:
      description: The email address of the user.
      returned: when O(include_emails=true) and the user has one
      type: str
  sample:
    - user_id: auth0|507f1f77bcf86cd799439020
groups:
  description: The groups that have the role. Empty if the role does not exist.
  returned: when O(include_groups=true)
  type: list
  elements: dict
  contains:
    id:
      description: The ID of the group.
      returned: always
      type: str
  sample:
    - id: grp_9dKKcib71UMRiHHW
failure:
  description: Auth0's answer to the request that failed. A value is null where there was none.
  returned: when a request fails
  type: dict
  sample: {status: 401, code: null, message: Invalid token, request: GET /api/v2/roles}
"""

from ..module_utils._module import run
from ..module_utils._modules.auth0_role_members_info import MODULE


def main() -> None:
    run(MODULE)


if __name__ == "__main__":
    main()
