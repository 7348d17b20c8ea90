#!/usr/bin/python
# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: auth0_cimd_client
short_description: Register an application with Auth0 by its client ID metadata document
version_added: 0.1.0
author:
  - mcp_ops.oauth contributors (@mcp-ops)
description:
  - Registers an application whose client ID is the URL of its client ID metadata document (CIMD), as many MCP clients
    have one. Auth0 fetches the document and creates a third-party application from it.
  - Sets in the same run the further fields that Auth0 lets an administrator set on such an application.
  - The tenant must support CIMD, see
    O(mcp_ops.oauth.auth0_tenant_settings#module:client_id_metadata_document_supported).
options:
  external_client_id:
    description:
      - The URL of the metadata document, which is the client ID that the application uses.
      - An https URL of at most 120 bytes with a path, and without query, fragment or user information. Its host is not
        localhost.
    type: str
    required: true
  refresh:
    description:
      - Whether to fetch the document of an application that exists, and to register the application again if the
        document has changed. With V(false), the document is fetched only to create the application.
    type: bool
    default: false
  app_type:
    description: The type of the application, in place of the one in its document.
    type: str
    choices: [native, regular_web]
  jwt_configuration:
    description: How the application's ID tokens are signed and when they expire. What is left out stays as it is.
    type: dict
    suboptions:
      alg:
        description: The algorithm that signs ID tokens.
        type: str
        choices: [RS256]
      lifetime_in_seconds:
        description: Seconds until an ID token expires.
        type: int
notes:
  - The token needs the scope C(read:clients), and for a change C(create:clients) with C(update:clients),
    C(update:clients) or C(delete:clients).
  - In check mode Auth0 fetches and checks the document (a preview), and registers nothing.
extends_documentation_fragment: [mcp_ops.oauth._application, mcp_ops.oauth._auth0, mcp_ops.oauth._state]
seealso:
  - module: mcp_ops.oauth.auth0_client
  - module: mcp_ops.oauth.auth0_tenant_settings
"""

EXAMPLES = r"""
- name: Register an MCP client that publishes a metadata document
  mcp_ops.oauth.auth0_cimd_client:
    domain: tenant.eu.auth0.com
    auth_client_id: "{{ auth0_client_id }}"
    auth_client_secret: "{{ auth0_client_secret }}"
    external_client_id: https://client.example.com/client.json
    grant_types: [authorization_code, refresh_token]

# The tasks below take tenant and credentials from the variables auth0_domain, auth0_client_id and auth0_client_secret.
- name: Register it again if its document has changed
  mcp_ops.oauth.auth0_cimd_client:
    external_client_id: https://client.example.com/client.json
    refresh: true
"""

RETURN = r"""
client:
  description: The application after the run, or in check mode as it would be. Empty if it does not exist.
  returned: success
  type: dict
  sample:
    client_id: tpc_bU3H7iEFPD3nVwc6a6yoa2
    external_client_id: https://client.example.com/client.json
    name: Example client
    callbacks: ["https://client.example.com/callback"]
    third_party_security_mode: strict
failure:
  description: Auth0's answer to the request that failed. A value is null where there was none.
  returned: when a request fails
  type: dict
  sample: {status: 401, code: null, message: Invalid token, request: GET /api/v2/clients}
"""

from ..module_utils._module import run
from ..module_utils._modules.auth0_cimd_client import MODULE


def main() -> None:
    run(MODULE)


if __name__ == "__main__":
    main()
