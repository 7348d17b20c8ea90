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
  - Self-registered MCP clients are third-party applications. Without a connection at domain level, no user can log in
    through them.
  - Neither reads nor sends the options of the connection.
options:
  name:
    description: The name of the connection.
    type: str
  id:
    description: The ID of the connection, such as V(con_9dKKcib71UMRiHHW).
    type: str
  is_domain_connection:
    description: Whether the connection is at domain level.
    type: bool
    default: true
  only_if_none:
    description:
      - Whether to change nothing if any connection of the tenant is at domain level already. The result is then that
        connection.
    type: bool
    default: false
notes:
  - The token needs the scope C(read:connections), and for a change C(update:connections).
  - A connection that does not exist is an error that lists those that do. In check mode it is a warning, since an
    earlier task of the play may create it.
extends_documentation_fragment: [mcp_ops.oauth._attributes, mcp_ops.oauth._auth0]
seealso:
  - module: mcp_ops.oauth.auth0_connection
"""

EXAMPLES = r"""
- name: Let users of the default database log in through MCP clients
  mcp_ops.oauth.auth0_connection_domain:
    domain: tenant.eu.auth0.com
    auth_client_id: "{{ auth0_client_id }}"
    auth_client_secret: "{{ auth0_client_secret }}"
    name: Username-Password-Authentication

# The tasks below take tenant and credentials from the variables auth0_domain, auth0_client_id and auth0_client_secret.
- name: Close MCP clients to Google accounts
  mcp_ops.oauth.auth0_connection_domain:
    name: google-oauth2
    is_domain_connection: false
"""

RETURN = r"""
connection:
  description: The connection after the run, or in check mode as it would be.
  returned: success
  type: dict
  contains:
    id:
      description: The ID of the connection.
      returned: when the connection exists
      type: str
    name:
      description: The name of the connection.
      returned: when the connection exists or O(name) is set
      type: str
    strategy:
      description: The type of identity provider.
      returned: when the connection exists
      type: str
    is_domain_connection:
      description: Whether the connection is at domain level.
      returned: success
      type: bool
  sample:
    id: con_9dKKcib71UMRiHHW
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
from ..module_utils._modules.auth0_connection_domain import MODULE


def main() -> None:
    run(MODULE)


if __name__ == "__main__":
    main()
