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
  - MCP clients that register themselves are third-party applications. They get no token for an API without a grant,
    whatever the API itself says.
  - A grant is found by whom it is for, by O(audience) and by O(subject_type). These can never be changed, so other
    values are another grant.
options:
  state:
    description: Whether the grant exists.
    type: str
    choices: [present, absent]
    default: present
  client_id:
    description: The client ID of the application that the grant is for.
    type: str
  default_for:
    description:
      - The applications that the grant is for where they have none of their own for the API. An application's own grant
        replaces this one, and does not add to it.
    type: str
    choices: [third_party_clients]
  audience:
    description: The identifier of the API.
    type: str
    required: true
  subject_type:
    description:
      - Whether the application acts on behalf of a V(user), as MCP clients do, or on its own behalf (V(client)).
      - Auth0 itself takes V(client) where nothing is said, with which nobody can log in through an MCP client. So it
        has to be said here.
    type: str
    choices: [user, client]
    required: true
  scope:
    description:
      - The scopes of the API that the application may get. The list is managed whole, in any order.
      - The API must know them (M(mcp_ops.oauth.auth0_resource_server)). The empty list lets it get tokens without any.
      - A new grant needs this or O(allow_all_scopes=true).
    type: list
    elements: str
  allow_all_scopes:
    description: Whether the application may get all scopes of the API, present and future ones, in place of O(scope).
    type: bool
  authorization_details_types:
    description:
      - The types of authorization details (RFC 9396) that the application may ask for. The list is managed whole.
    type: list
    elements: str
  organization_usage:
    description: Whether the application can, cannot or must name an organization when it acts on its own behalf.
    type: str
    choices: [deny, allow, require]
  allow_any_organization:
    description: Whether any organization can be named. Not for third-party applications.
    type: bool
notes:
  - The token needs the scopes C(read:client_grants) and, for a change, C(create:client_grants),
    C(update:client_grants) or C(delete:client_grants).
extends_documentation_fragment:
  - mcp_ops.oauth.auth0
  - mcp_ops.oauth.attributes
  - mcp_ops.oauth.attributes.tenant
seealso:
  - module: mcp_ops.oauth.auth0_client_grant_info
  - module: mcp_ops.oauth.auth0_resource_server
"""

EXAMPLES = r"""
- name: Users can log in to the MCP server through clients that register themselves
  mcp_ops.oauth.auth0_client_grant:
    domain: tenant.eu.auth0.com
    auth_client_id: "{{ auth0_client_id }}"
    auth_client_secret: "{{ auth0_client_secret }}"
    default_for: third_party_clients
    audience: https://mcp.example.com/mcp
    subject_type: user
    scope: [tools:read]

- name: A partner's service may call all tools on its own behalf
  mcp_ops.oauth.auth0_client_grant:
    client_id: "{{ partner_client_id }}"
    audience: https://mcp.example.com/mcp
    subject_type: client
    allow_all_scopes: true
"""

RETURN = r"""
client_grant:
  description: The grant, afterwards or in check mode as it would be. Empty when it does not exist.
  returned: success
  type: dict
  sample:
    id: cgr_9dKKcib71UMRiHHW
    default_for: third_party_clients
    audience: https://mcp.example.com/mcp
    subject_type: user
    scope: [tools:read]
failure:
  description: What Auth0 answered to the request that failed. Each value is null where there was none.
  returned: when a request fails
  type: dict
  sample:
    status: 403
    code: insufficient_scope
    message: "Insufficient scope, expected any of: update:client_grants"
    request: PATCH /api/v2/client-grants/cgr_9dKKcib71UMRiHHW
"""

from ..module_utils._auth0.kinds.client_grant import CLIENT_GRANT, FIELDS, drop_implied_scope
from ..module_utils._module import STATE, Result, TenantModule, TenantTask, run


def perform(task: TenantTask) -> Result:
    outcome = task.ensure(CLIENT_GRANT, task.fields(FIELDS))
    return Result.of(outcome, {"client_grant": drop_implied_scope(outcome.object)})


MODULE = TenantModule(
    {**FIELDS, **STATE},
    perform,
    {"required_one_of": [["client_id", "default_for"]], "mutually_exclusive": [["client_id", "default_for"]]},
)


def main() -> None:
    run(MODULE)


if __name__ == "__main__":
    main()
