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
  - Reads one API by its identifier, or all of them, those of Auth0 itself included.
  - What it returns can be given back to M(mcp_ops.oauth.auth0_resource_server), which then changes nothing. So only
    what that module knows is returned.
options:
  identifier:
    description: The identifier of the API. Without it, all are read.
    type: str
notes:
  - The token needs the scope C(read:resource_servers).
extends_documentation_fragment:
  - mcp_ops.oauth.auth0
  - mcp_ops.oauth.attributes
  - mcp_ops.oauth.attributes.tenant
attributes:
  diff_mode:
    support: none
    details: It changes nothing.
seealso:
  - module: mcp_ops.oauth.auth0_resource_server
"""

EXAMPLES = r"""
- name: Which APIs are there
  mcp_ops.oauth.auth0_resource_server_info:
    domain: tenant.eu.auth0.com
    auth_client_id: "{{ auth0_client_id }}"
    auth_client_secret: "{{ auth0_client_secret }}"
  register: apis

- name: All custom ones issue tokens for an hour
  mcp_ops.oauth.auth0_resource_server:
    identifier: "{{ item.identifier }}"
    token_lifetime: 3600
  loop: "{{ apis.resource_servers | rejectattr('identifier', 'search', '/api/v2/$') }}"
"""

RETURN = r"""
resource_servers:
  description: The APIs, an empty list where none was found.
  returned: success
  type: list
  elements: dict
  sample:
    - identifier: https://mcp.example.com/mcp
      name: MCP server
      signing_alg: RS256
failure:
  description: What Auth0 answered to the request that failed. Each value is null where there was none.
  returned: when a request fails
  type: dict
  sample:
    status: 403
    code: insufficient_scope
    message: "Insufficient scope, expected any of: read:resource_servers"
    request: GET /api/v2/resource-servers
"""

from ..module_utils._auth0.kinds.resource_server import FIELDS, RESOURCE_SERVER
from ..module_utils._auth0.plan import without_secrets
from ..module_utils._module import Result, TenantModule, TenantTask, run, select_fields


def perform(task: TenantTask) -> Result:
    found = RESOURCE_SERVER.search(task.api, task.fields(["identifier"]))
    shape = RESOURCE_SERVER.shape
    return Result({"resource_servers": [without_secrets(shape, select_fields(FIELDS, api)) for api in found]})


MODULE = TenantModule({"identifier": {"type": "str"}}, perform)


def main() -> None:
    run(MODULE)


if __name__ == "__main__":
    main()
