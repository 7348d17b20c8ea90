#!/usr/bin/python
# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: auth0_client_grant
short_description: Manage a client grant of an Auth0 tenant
version_added: 0.1.0
author:
  - mcp_ops.oauth contributors (@mcp-ops)
description:
  - Lets an application, or all third-party applications, get tokens for an API.
  - Self-registered MCP clients are third-party applications. They get no token for an API without a client grant,
    whatever the API's own policy is.
  - A client grant is found by O(client_id) or O(default_for), O(audience) and O(subject_type). These can never be
    changed, so other values are another client grant.
options:
  client_id:
    description: The client ID of the application that the client grant is for.
    type: str
  default_for:
    description:
      - The applications that the client grant is for where they have none of their own for the API. An application's
        own client grant replaces this one, and does not add to it.
    type: str
    choices: [third_party_clients]
  audience:
    description: The identifier of the API.
    type: str
    required: true
  subject_type:
    description:
      - Whether the application acts on behalf of a V(user), as MCP clients do, or on its own behalf (V(client)).
      - Required, since Auth0's own default is V(client), with which no user can log in through an MCP client.
    type: str
    choices: [user, client]
    required: true
  scope:
    description:
      - The scopes of the API that the application may get, in any order. The complete list, unless
        O(purge_scope=false).
      - The API must have these scopes (M(mcp_ops.oauth.auth0_resource_server)). With an empty list, the application
        gets tokens without scopes.
      - A new client grant needs O(scope) or O(allow_all_scopes=true).
    type: list
    elements: str
  purge_scope:
    description:
      - Whether the application loses scopes that are not in O(scope). With V(false), O(scope) is only added, which
        changes nothing for a client grant that allows all scopes.
    type: bool
    default: true
  allow_all_scopes:
    description: Whether the application may get all scopes of the API, present and future ones, in place of O(scope).
    type: bool
  authorization_details_types:
    description:
      - The types of authorization details (RFC 9396) that the application may request. The complete list, in any order.
    type: list
    elements: str
  organization_usage:
    description:
      - Whether an application that acts on its own behalf cannot (V(deny)), can (V(allow)) or must (V(require)) name an
        organization.
    type: str
    choices: [deny, allow, require]
  allow_any_organization:
    description: Whether the application can name any organization. Not for third-party applications.
    type: bool
notes:
  - The token needs the scope C(read:client_grants), and for a change C(create:client_grants), C(update:client_grants)
    or C(delete:client_grants).
extends_documentation_fragment: [mcp_ops.oauth._auth0, mcp_ops.oauth._state]
seealso:
  - module: mcp_ops.oauth.auth0_client_grant_info
  - module: mcp_ops.oauth.auth0_resource_server
"""

EXAMPLES = r"""
- name: Let users log in to the MCP server through self-registered clients
  mcp_ops.oauth.auth0_client_grant:
    domain: tenant.eu.auth0.com
    auth_client_id: "{{ auth0_client_id }}"
    auth_client_secret: "{{ auth0_client_secret }}"
    default_for: third_party_clients
    audience: https://mcp.example.com/mcp
    subject_type: user
    scope: [tools:read]

# The tasks below take tenant and credentials from the variables auth0_domain, auth0_client_id and auth0_client_secret.
- name: Let a partner's service call all tools on its own behalf
  mcp_ops.oauth.auth0_client_grant:
    client_id: "{{ partner_client_id }}"
    audience: https://mcp.example.com/mcp
    subject_type: client
    allow_all_scopes: true
"""

RETURN = r"""
client_grant:
  description: The client grant after the run, or in check mode as it would be. Empty if it does not exist.
  returned: success
  type: dict
  sample:
    id: cgr_9dKKcib71UMRiHHW
    default_for: third_party_clients
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
from ..module_utils._modules.auth0_client_grant import MODULE


def main() -> None:
    run(MODULE)


if __name__ == "__main__":
    main()
