#!/usr/bin/python
# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: auth0_tenant_info
short_description: Read the settings and flags of an Auth0 tenant
version_added: 0.1.0
author:
  - mcp_ops.oauth contributors (@mcp-ops)
description:
  - Reads all settings and flags of a tenant. What was never set is missing.
  - RV(settings) are options of M(mcp_ops.oauth.auth0_tenant_settings), and RV(flags) is the option of
    M(mcp_ops.oauth.auth0_tenant_flags).
notes:
  - The token needs the scope C(read:tenant_settings).
extends_documentation_fragment: [mcp_ops.oauth._auth0, mcp_ops.oauth._info]
seealso:
  - module: mcp_ops.oauth.auth0_tenant_flags
  - module: mcp_ops.oauth.auth0_tenant_settings
"""

EXAMPLES = r"""
- name: Read the settings and flags of the tenant
  mcp_ops.oauth.auth0_tenant_info:
    domain: tenant.eu.auth0.com
    auth_client_id: "{{ auth0_client_id }}"
    auth_client_secret: "{{ auth0_client_secret }}"
  register: tenant

- name: Show whether MCP clients can name the API in the parameter resource
  ansible.builtin.debug:
    msg: "{{ tenant.settings.resource_parameter_profile == 'compatibility' }}"
"""

RETURN = r"""
settings:
  description: The settings. A lifetime is in hours, or in minutes if it is no whole number of hours.
  returned: success
  type: dict
  sample:
    enabled_locales: [en]
    resource_parameter_profile: compatibility
flags:
  description: The flags.
  returned: success
  type: dict
  sample:
    enable_dynamic_client_registration: true
failure:
  description: Auth0's answer to the request that failed. A value is null where there was none.
  returned: when a request fails
  type: dict
  sample: {status: 401, code: null, message: Invalid token, request: GET /api/v2/tenants/settings}
"""

from ..module_utils._module import run
from ..module_utils._modules.auth0_tenant_info import MODULE


def main() -> None:
    run(MODULE)


if __name__ == "__main__":
    main()
