#!/usr/bin/python
# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: auth0_client_info
short_description: Read the applications (clients) of an Auth0 tenant
version_added: 0.1.0
author:
  - mcp_ops.oauth contributors (@mcp-ops)
description:
  - Reads all applications, or those that match all options that are set.
options:
  client_id:
    description: Only the application with this client ID.
    type: str
  name:
    description: Only applications with this name.
    type: str
  external_client_id:
    description: Only the application whose client ID metadata document has this URL.
    type: str
  is_first_party:
    description: Only first-party applications (V(true)), or only third-party ones (V(false)).
    type: bool
  app_type:
    description: Only applications of these types.
    type: list
    elements: str
  include_client_secret:
    description:
      - Whether the result contains client secrets. If so, no output, log or callback shows what the task returns,
        unless it fails. Register it for later tasks.
    type: bool
    default: false
notes:
  - The token needs the scope C(read:clients), and C(read:client_keys) with O(include_client_secret=true).
  - The tenant's global client, which Auth0 keeps for itself, is left out.
extends_documentation_fragment: [mcp_ops.oauth._auth0, mcp_ops.oauth._info]
seealso:
  - module: mcp_ops.oauth.auth0_client
"""

EXAMPLES = r"""
- name: Read the third-party applications, such as self-registered ones
  mcp_ops.oauth.auth0_client_info:
    domain: tenant.eu.auth0.com
    auth_client_id: "{{ auth0_client_id }}"
    auth_client_secret: "{{ auth0_client_secret }}"
    is_first_party: false
"""

RETURN = r"""
clients:
  description: The applications. Empty if none was found.
  returned: success
  type: list
  elements: dict
  sample:
    - client_id: tpc_bU3H7iEFPD3nVwc6a6yoa2
      name: MCP Inspector
      is_first_party: false
failure:
  description: Auth0's answer to the request that failed. A value is null where there was none.
  returned: when a request fails
  type: dict
  sample: {status: 401, code: null, message: Invalid token, request: GET /api/v2/clients}
"""

from ..module_utils._module import run
from ..module_utils._modules.auth0_client_info import MODULE


def main() -> None:
    run(MODULE)


if __name__ == "__main__":
    main()
