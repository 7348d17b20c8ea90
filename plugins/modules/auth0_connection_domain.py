#!/usr/bin/python
# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: auth0_connection_domain
short_description: Promote an Auth0 connection to domain level
version_added: 0.1.0
author:
  - mcp_ops.oauth contributors (@mcp-ops)
description:
  - Makes a connection available to every third-party application of the tenant, or takes that back.
  - MCP clients that register themselves are third-party applications; without a connection at domain level nobody can
    log in through them.
  - Neither reads nor sends the options of the connection.
options:
  name:
    description: The name of the connection.
    type: str
  connection_id:
    description: The ID of the connection, such as V(con_9dKKcib71UMRiHHW).
    type: str
  is_domain_connection:
    description: Whether the connection is at domain level.
    type: bool
    default: true
notes:
  - The token needs the scopes C(read:connections) and, for a change, C(update:connections).
  - A connection that does not exist is an error that lists those that do. In check mode it is a warning, so that the
    preview of a longer play goes on.
extends_documentation_fragment:
  - mcp_ops.oauth.auth0
  - mcp_ops.oauth.attributes
  - mcp_ops.oauth.attributes.tenant
"""

EXAMPLES = r"""
- name: Users of the default database can log in through MCP clients
  mcp_ops.oauth.auth0_connection_domain:
    domain: tenant.eu.auth0.com
    auth_client_id: "{{ auth0_client_id }}"
    auth_client_secret: "{{ auth0_client_secret }}"
    name: Username-Password-Authentication

- name: Google accounts no longer can
  mcp_ops.oauth.auth0_connection_domain:
    name: google-oauth2
    is_domain_connection: false
"""

RETURN = r"""
connection:
  description: The connection, afterwards or in check mode as it would be.
  returned: success
  type: dict
  contains:
    id:
      description: The ID of the connection.
      returned: when the connection exists
      type: str
    name:
      description: Its name.
      returned: when known
      type: str
    strategy:
      description: The kind of identity provider.
      returned: when the connection exists
      type: str
    is_domain_connection:
      description: Whether it is at domain level.
      returned: success
      type: bool
  sample:
    id: con_9dKKcib71UMRiHHW
    name: Username-Password-Authentication
    strategy: auth0
    is_domain_connection: true
failure:
  description: What Auth0 answered to the request that failed. Each value is null where there was none.
  returned: when a request fails
  type: dict
  sample:
    status: 403
    code: insufficient_scope
    message: "Insufficient scope, expected any of: update:connections"
    request: PATCH /api/v2/connections/con_9dKKcib71UMRiHHW
"""

from ..module_utils._auth0.kinds.connection import CONNECTION_DOMAIN, DOMAIN_FIELDS
from ..module_utils._module import Result, TenantModule, TenantTask, run


def perform(task: TenantTask) -> Result:
    outcome = task.ensure(CONNECTION_DOMAIN, task.options)
    return Result.of(
        outcome, {"connection": {key: outcome.object[key] for key in DOMAIN_FIELDS if key in outcome.object}}
    )


MODULE = TenantModule(
    {
        "name": {"type": "str"},
        "id": {"type": "str"},
        "is_domain_connection": {"type": "bool", "default": True},
    },
    perform,
    {"required_one_of": [["name", "id"]], "mutually_exclusive": [["name", "id"]]},
)


def main() -> None:
    run(MODULE)


if __name__ == "__main__":
    main()
