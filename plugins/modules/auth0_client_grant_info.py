#!/usr/bin/python
# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: auth0_client_grant_info
short_description: Read the client grants of an Auth0 tenant
version_added: 0.1.0
author:
  - mcp_ops.oauth contributors (@mcp-ops)
description:
  - Reads all client grants, or those that match all options that are set.
options:
  client_id:
    description: Only client grants for the application with this client ID.
    type: str
  default_for:
    description: Only client grants for all applications of this kind.
    type: str
    choices: [third_party_clients]
  audience:
    description: Only client grants for the API with this identifier.
    type: str
  subject_type:
    description: Only client grants to act on behalf of a V(user), or of the application itself (V(client)).
    type: str
    choices: [user, client]
notes:
  - The token needs the scope C(read:client_grants).
extends_documentation_fragment: [mcp_ops.oauth._auth0, mcp_ops.oauth._info]
seealso:
  - module: mcp_ops.oauth.auth0_client_grant
"""

EXAMPLES = r"""
- name: Read which applications can get tokens for the MCP server
  mcp_ops.oauth.auth0_client_grant_info:
    domain: tenant.eu.auth0.com
    auth_client_id: "{{ auth0_client_id }}"
    auth_client_secret: "{{ auth0_client_secret }}"
    audience: https://mcp.example.com/mcp
"""

RETURN = r"""
client_grants:
  description: The client grants. Empty if none was found.
  returned: success
  type: list
  elements: dict
  sample:
    - default_for: third_party_clients
      audience: https://mcp.example.com/mcp
      subject_type: user
      scope: [tools:read]
failure:
  description: Auth0's answer to the request that failed. A value is null where there was none.
  returned: when a request fails
  type: dict
  sample: {status: 401, code: null, message: Invalid token, request: GET /api/v2/client-grants}
"""

from ..module_utils._module import run
from ..module_utils._modules.auth0_client_grant_info import MODULE


def main() -> None:
    run(MODULE)


if __name__ == "__main__":
    main()
