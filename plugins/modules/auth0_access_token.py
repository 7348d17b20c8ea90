#!/usr/bin/python
# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: auth0_access_token
short_description: Get one access token for the Auth0 Management API
version_added: 0.1.0
author:
  - mcp_ops.oauth contributors (@mcp-ops)
description:
  - Requests one token for all tasks that follow. Any other module that gets no O(auth_access_token) requests a token of
    its own.
  - Checks that the token has all O(required_scopes), before any task writes something.
  - The result contains the token for later tasks. No output, log or callback shows it, so the task needs no
    C(no_log), which would hide why a login fails.
options:
  required_scopes:
    description:
      - The scopes that the play needs. If the token lacks any, the module fails and names all of them.
    type: list
    elements: str
    default: []
notes:
  - With O(auth_access_token), no request is sent unless that token has expired and the application's credentials are
    set.
extends_documentation_fragment: [mcp_ops.oauth._attributes, mcp_ops.oauth._auth0]
attributes:
  diff_mode:
    support: none
    details: The module changes nothing.
"""

EXAMPLES = r"""
- name: One token for all tasks
  hosts: localhost
  gather_facts: false
  tasks:
    - name: Get a token
      mcp_ops.oauth.auth0_access_token:
        domain: tenant.eu.auth0.com
        auth_client_id: "{{ auth0_client_id }}"
        auth_client_secret: "{{ auth0_client_secret }}"
        required_scopes: [read:resource_servers, create:resource_servers, update:resource_servers]
      register: login

    - name: Manage the tenant with this token
      module_defaults:
        group/mcp_ops.oauth.auth0:
          domain: tenant.eu.auth0.com
          auth_access_token: "{{ login.access_token }}"
      block:
        - name: Create the API of an MCP server
          mcp_ops.oauth.auth0_resource_server:
            identifier: https://mcp.example.com/mcp
"""

RETURN = r"""
access_token:
  description: The access token for the Management API.
  returned: success
  type: str
  sample: eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9...
scopes:
  description: The scopes of the token, in alphabetical order. Null if the token does not state them.
  returned: success
  type: list
  elements: str
  sample: [create:resource_servers, read:resource_servers]
expires_in:
  description: Seconds until the token expires. Null if the token does not state it.
  returned: success
  type: int
  sample: 86400
failure:
  description: Auth0's answer to the request that failed. A value is null where there was none.
  returned: when a request fails
  type: dict
  sample: {status: 401, code: access_denied, message: Unauthorized, request: POST /oauth/token}
"""

from ..module_utils._module import run
from ..module_utils._modules.auth0_access_token import MODULE


def main() -> None:
    run(MODULE)


if __name__ == "__main__":
    main()
