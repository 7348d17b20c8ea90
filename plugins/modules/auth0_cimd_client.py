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
  - Registers an application whose client ID is the URL of its metadata document (CIMD), as more and more MCP clients
    have. Auth0 fetches the document and makes a third-party application of it.
  - What an administrator may add to the document is set in the same run.
  - The tenant must support such clients (M(mcp_ops.oauth.auth0_tenant_settings)).
options:
  state:
    description: Whether the application exists.
    type: str
    choices: [present, absent]
    default: present
  external_client_id:
    description:
      - The URL of the metadata document, which is the client ID that the application uses.
      - It uses https, has a path, at most 120 bytes, and no query, fragment or user information; its host is not
        localhost.
    type: str
    required: true
  refresh:
    description:
      - Whether the application is compared with its document as it is now, and registered anew if they differ.
        Otherwise the document only counts when the application does not exist.
    type: bool
    default: false
  app_type:
    description: The kind of application, in place of what the document says.
    type: str
    choices: [native, regular_web]
  jwt_configuration:
    description: The tokens of the application. What is left out stays as it is.
    type: dict
    suboptions:
      alg:
        description: How they are signed.
        type: str
        choices: [RS256]
      lifetime_in_seconds:
        description: Seconds until an ID token expires.
        type: int
notes:
  - The token needs the scopes C(read:clients) and, for a change, C(create:clients), C(update:clients) or
    C(delete:clients).
  - Check mode lets Auth0 fetch and check the document (a preview), and registers nothing.
extends_documentation_fragment:
  - mcp_ops.oauth.auth0
  - mcp_ops.oauth.attributes
  - mcp_ops.oauth.attributes.tenant
  - mcp_ops.oauth.client
seealso:
  - module: mcp_ops.oauth.auth0_client
  - module: mcp_ops.oauth.auth0_tenant_settings
"""

EXAMPLES = r"""
- name: An MCP client that publishes its metadata
  mcp_ops.oauth.auth0_cimd_client:
    domain: tenant.eu.auth0.com
    auth_client_id: "{{ auth0_client_id }}"
    auth_client_secret: "{{ auth0_client_secret }}"
    external_client_id: https://client.example.com/client.json
    grant_types: [authorization_code, refresh_token]

- name: Take over what has changed in the document
  mcp_ops.oauth.auth0_cimd_client:
    external_client_id: https://client.example.com/client.json
    refresh: true
"""

RETURN = r"""
client:
  description: The application, afterwards or in check mode as it would be. Empty when it does not exist.
  returned: success
  type: dict
  sample:
    client_id: tpc_bU3H7iEFPD3nVwc6a6yoa2
    external_client_id: https://client.example.com/client.json
    name: Example client
    callbacks: ["https://client.example.com/callback"]
    third_party_security_mode: strict
failure:
  description: What Auth0 answered to the request that failed. Each value is null where there was none.
  returned: when a request fails
  type: dict
  sample:
    status: 403
    code: insufficient_scope
    message: "Insufficient scope, expected any of: create:clients"
    request: POST /api/v2/clients/cimd/register
"""

from dataclasses import replace

from ..module_utils._auth0.kinds.application import CIMD_FIELDS
from ..module_utils._auth0.kinds.cimd_application import DOCUMENT_APPLICATION, EXTERNAL
from ..module_utils._module import STATE, Result, TenantModule, TenantTask, run
from ..module_utils._urls import check_client_id_url


def perform(task: TenantTask) -> Result:
    wanted = task.fields([EXTERNAL, *CIMD_FIELDS])
    check_client_id_url(wanted[EXTERNAL], EXTERNAL)
    outcome = task.ensure(replace(DOCUMENT_APPLICATION, refresh=task.options["refresh"]), wanted)
    return Result.of(outcome, {"client": outcome.object})


MODULE = TenantModule(
    {
        EXTERNAL: {"type": "str", "required": True},
        **CIMD_FIELDS,
        **STATE,
        "refresh": {"type": "bool", "default": False, "no_log": False},
    },
    perform,
)


def main() -> None:
    run(MODULE)


if __name__ == "__main__":
    main()
