#!/usr/bin/python
# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: auth0_role_members
short_description: Manage which users and groups have a role of an Auth0 tenant
version_added: 0.1.0
author:
  - mcp_ops.oauth contributors (@mcp-ops)
description:
  - Assigns a role to users, and with O(purge_members=true) removes it from all others. Does the same for groups of
    enterprise connections, with O(groups) and O(purge_groups).
  - The role, the users and the groups must exist. All that cannot be found is one error, before anything is written.
  - Changes nothing else of a role, a user or a group. To create the role, use M(mcp_ops.oauth.auth0_role).
options:
  name:
    description: The exact name of the role.
    type: str
  id:
    description: The ID of the role, such as V(rol_9dKKcib71UMRiHHW).
    type: str
  members:
    description:
      - The users that have the role, in any order. Each is named by exactly one of O(members[].user_id),
        O(members[].email) and O(members[].username).
      - Users that are not listed keep the role, unless O(purge_members=true).
      - Required without O(groups). If not set, users of the role are neither read nor changed.
    type: list
    elements: dict
    suboptions:
      user_id:
        description: The ID of the user, such as V(auth0|507f1f77bcf86cd799439020).
        type: str
      email:
        description:
          - The email address of the user, in any case.
          - If several users have it, name one by O(members[].user_id) or with its O(members[].connection).
        type: str
      username:
        description: The exact username of the user.
        type: str
      connection:
        description:
          - The name of the connection that the user belongs to, with O(members[].email) or O(members[].username).
          - Users of other connections are then never taken.
        type: str
  purge_members:
    description: Whether the role is removed from users that O(members) does not list. It needs O(members).
    type: bool
    default: false
  groups:
    description:
      - The groups of enterprise connections that have the role, in any order. Each is named by exactly one of
        O(groups[].id) and O(groups[].name). All members of a group have its roles when they log in.
      - Groups that are not listed keep the role, unless O(purge_groups=true).
      - Required without O(members). If not set, groups of the role are neither read nor changed.
    type: list
    elements: dict
    suboptions:
      id:
        description: The ID of the group, such as V(grp_9dKKcib71UMRiHHW).
        type: str
      name:
        description:
          - The exact name of the group.
          - If several groups have it, name one by O(groups[].id) or with its O(groups[].connection).
        type: str
      connection:
        description:
          - The name of the connection that the group comes from, with O(groups[].name).
          - Groups of other connections are then never taken.
        type: str
  purge_groups:
    description: Whether the role is removed from groups that O(groups) does not list. It needs O(groups).
    type: bool
    default: false
notes:
  - The token needs the scope C(read:roles). To find users that do not have the role yet, or that are named by email or
    username, it needs C(read:users).
  - To assign the role, the token needs C(update:roles) or C(create:role_members). To remove it, it needs
    C(update:users) or C(delete:role_members).
  - Users that O(members) names by O(members[].email) or O(members[].username) are found by Auth0's search, which lags
    some seconds behind. A user that was just created is found by O(members[].user_id) or O(members[].email).
  - Auth0 lets a user have 50 roles at most, and tells so only when the role is assigned.
  - A role that does not exist is an error. In check mode it is a warning, since an earlier task of the play may create
    it. So is a user or a group that does not exist.
  - With O(groups), the token needs C(read:group_roles). To find groups that do not have the role yet, or that are named
    by name, it needs C(read:groups), and where one is named with its connection C(read:connections). To assign the
    role, it needs C(create:group_roles), and to remove it, C(delete:group_roles).
  - Groups are never created. They come from an enterprise connection that provisions them, and who is in a group is
    decided at the identity provider. So O(purge_members=true) leaves the role to those who have it through a group. To
    remove it from everyone, set O(groups=[]) and O(purge_groups=true) as well.
extends_documentation_fragment: [mcp_ops.oauth._attributes, mcp_ops.oauth._auth0]
seealso:
  - module: mcp_ops.oauth.auth0_role
  - module: mcp_ops.oauth.auth0_role_members_info
"""

EXAMPLES = r"""
- name: Let two users call the tools that only read
  mcp_ops.oauth.auth0_role_members:
    domain: tenant.eu.auth0.com
    auth_client_id: "{{ auth0_client_id }}"
    auth_client_secret: "{{ auth0_client_secret }}"
    name: MCP reader
    members:
      - user_id: auth0|507f1f77bcf86cd799439020
      - email: alice@example.com
        connection: Username-Password-Authentication

# The tasks below take tenant and credentials from the variables auth0_domain, auth0_client_id and auth0_client_secret.
- name: Let exactly these users call the tools that write
  mcp_ops.oauth.auth0_role_members:
    name: MCP writer
    members:
      - email: alice@example.com
      - username: bob
    purge_members: true

- name: Let a group of the identity provider call the tools that only read
  mcp_ops.oauth.auth0_role_members:
    name: MCP reader
    groups:
      - name: Sales
        connection: okta-workforce

- name: Remove the role from all users and groups
  mcp_ops.oauth.auth0_role_members:
    name: MCP tester
    members: []
    purge_members: true
    groups: []
    purge_groups: true
"""

RETURN = r"""
role:
  description: The ID and the name of the role. In check mode, only what the task names if it does not exist.
  returned: success
  type: dict
  contains:
    id:
      description: The ID of the role.
      returned: when the role exists or O(id) is set
      type: str
    name:
      description: The name of the role.
      returned: when the role exists or O(name) is set
      type: str
  sample:
    id: rol_9dKKcib71UMRiHHW
    name: MCP reader
members:
  description:
    - The IDs of the users that O(members) lists, which have the role after the run, or in check mode would have it.
    - With O(purge_members=true), no other user has it directly.
  returned: when O(members) is set
  type: list
  elements: str
  sample: [auth0|507f1f77bcf86cd799439020, auth0|507f1f77bcf86cd799439021]
purged_members:
  description: The IDs of the users from whom O(purge_members) removed the role, or in check mode would remove it.
  returned: when O(purge_members=true)
  type: list
  elements: str
  sample: [auth0|507f1f77bcf86cd799439022]
groups:
  description:
    - The IDs of the groups that O(groups) lists, which have the role after the run, or in check mode would have it.
    - With O(purge_groups=true), no other group has it.
  returned: when O(groups) is set
  type: list
  elements: str
  sample: [grp_9dKKcib71UMRiHHW]
purged_groups:
  description: The IDs of the groups from which O(purge_groups) removed the role, or in check mode would remove it.
  returned: when O(purge_groups=true)
  type: list
  elements: str
  sample: [grp_3hQaTzM7xkVbNcPd]
failure:
  description: Auth0's answer to the request that failed. A value is null where there was none.
  returned: when a request fails
  type: dict
  sample: {status: 401, code: null, message: Invalid token, request: GET /api/v2/roles}
"""

from ..module_utils._module import run
from ..module_utils._modules.auth0_role_members import MODULE


def main() -> None:
    run(MODULE)


if __name__ == "__main__":
    main()
