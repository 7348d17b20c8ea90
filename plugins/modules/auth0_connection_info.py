#!/usr/bin/python
# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: auth0_connection_info
short_description: Read the connections of an Auth0 tenant
version_added: 0.1.0
author:
  - mcp_ops.oauth contributors (@mcp-ops)
description:
  - Reads one connection by its name or ID, all connections, or those of some strategies.
options:
  name:
    description: Only the connection with this name.
    type: str
  id:
    description: Only the connection with this ID.
    type: str
  strategy:
    description: Only connections of these strategies.
    type: list
    elements: str
  include_options:
    description:
      - Whether the result contains the options. They may hold secrets in clear text, so no output, log or callback
        shows what the task returns, unless it fails. Register it for later tasks.
    type: bool
    default: false
notes:
  - The token needs the scope C(read:connections), and C(read:connections_options) with O(include_options=true).
extends_documentation_fragment: [mcp_ops.oauth._auth0, mcp_ops.oauth._info]
seealso:
  - module: mcp_ops.oauth.auth0_connection
"""

EXAMPLES = r"""
- name: Read all connections
  mcp_ops.oauth.auth0_connection_info:
    domain: tenant.eu.auth0.com
    auth_client_id: "{{ auth0_client_id }}"
    auth_client_secret: "{{ auth0_client_secret }}"
  register: found

- name: Show the connections through which users of MCP clients can log in
  ansible.builtin.debug:
    msg: "{{ found.connections | selectattr('is_domain_connection') | map(attribute='name') }}"
"""

RETURN = r"""
connections:
  description: The connections. Empty if none was found.
  returned: success
  type: list
  elements: dict
  sample:
    - id: con_9dKKcib71UMRiHHW
      name: Username-Password-Authentication
      strategy: auth0
      is_domain_connection: true
failure:
  description: Auth0's answer to the request that failed. A value is null where there was none.
  returned: when a request fails
  type: dict
  sample: {status: 401, code: null, message: Invalid token, request: GET /api/v2/connections}
"""

from ..module_utils._module import run
from ..module_utils._modules.auth0_connection_info import MODULE


def main() -> None:
    run(MODULE)


if __name__ == "__main__":
    main()
