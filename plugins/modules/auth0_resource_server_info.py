#!/usr/bin/python
# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: auth0_resource_server_info
short_description: Read the APIs (resource servers) of an Auth0 tenant
version_added: 0.1.0
author:
  - mcp_ops.oauth contributors (@mcp-ops)
description:
  - Reads one API by its identifier, or all APIs, including the system APIs of Auth0.
options:
  identifier:
    description: Only the API with this identifier.
    type: str
notes:
  - The token needs the scope C(read:resource_servers).
  - Auth0 lists at most about 1,000 APIs. In a tenant with more, the module fails unless O(identifier) is set; it never
    returns a part of the list.
extends_documentation_fragment: [mcp_ops.oauth._auth0, mcp_ops.oauth._info]
seealso:
  - module: mcp_ops.oauth.auth0_resource_server
"""

EXAMPLES = r"""
- name: Read all APIs
  mcp_ops.oauth.auth0_resource_server_info:
    domain: tenant.eu.auth0.com
    auth_client_id: "{{ auth0_client_id }}"
    auth_client_secret: "{{ auth0_client_secret }}"
  register: apis

# The tasks below take tenant and credentials from the variables auth0_domain, auth0_client_id and auth0_client_secret.
- name: Let the access tokens of all APIs but the Management API expire after an hour
  mcp_ops.oauth.auth0_resource_server:
    identifier: "{{ item.identifier }}"
    token_lifetime: 3600
  loop: "{{ apis.resource_servers | rejectattr('identifier', 'search', '/api/v2/$') }}"
"""

RETURN = r"""
resource_servers:
  description: The APIs. Empty if none was found.
  returned: success
  type: list
  elements: dict
  sample:
    - identifier: https://mcp.example.com/mcp
      name: MCP server
      signing_alg: RS256
failure:
  description: Auth0's answer to the request that failed. A value is null where there was none.
  returned: when a request fails
  type: dict
  sample: {status: 401, code: null, message: Invalid token, request: GET /api/v2/resource-servers}
"""

from ..module_utils._module import run
from ..module_utils._modules.auth0_resource_server_info import MODULE


def main() -> None:
    run(MODULE)


if __name__ == "__main__":
    main()
