#!/usr/bin/python
# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: auth0_connection
short_description: Manage a connection of an Auth0 tenant
version_added: 0.1.0
author:
  - mcp_ops.oauth contributors (@mcp-ops)
description:
  - Creates, updates or deletes a connection of any strategy, which is a source of users.
  - Auth0 replaces the options of a connection as a whole. So the module sends O(options) merged, at every depth, into
    the options that the connection has.
  - To promote a connection to domain level and nothing else, M(mcp_ops.oauth.auth0_connection_domain) needs fewer
    scopes and never reads or sends the options.
options:
  name:
    description:
      - The name of the connection, by which it is found unless O(id) is set. It can never be changed.
      - A new connection's name has at most 128 letters, digits and single hyphens.
    type: str
  id:
    description: The ID of a connection that exists, such as V(con_9dKKcib71UMRiHHW).
    type: str
  strategy:
    description:
      - The type of identity provider, such as V(auth0), V(google-oauth2), V(oidc) or V(samlp). Required to create a
        connection; it can never be changed.
    type: str
  display_name:
    description: The name on the button of the login page, for strategies that have one.
    type: str
  options:
    description:
      - The options of the strategy, in Auth0's fields. A list is the complete one, in any order except for
        C(precedence). Null removes an option.
      - Secrets in these options, such as C(client_secret), are never shown.
      - Auth0 returns C(configuration), the settings of a custom database, only encrypted, and never C(metadataXml).
        Both are sent when the connection is created and along with any other change of options, or each time with
        O(resend_options=true).
    type: dict
  resend_options:
    description:
      - Whether to send O(options) even if nothing that can be compared differs. Needed to change options that Auth0
        does not return. The task then always reports a change.
    type: bool
    default: false
  is_domain_connection:
    description: Whether the connection is at domain level, so that all third-party applications can use it.
    type: bool
  show_as_button:
    description: Whether the login page has a button for the connection, for strategies that have one.
    type: bool
  realms:
    description: The realms for which the connection is used. The complete list, in any order.
    type: list
    elements: str
  metadata:
    description: Up to ten keys with a string each.
    type: dict
  authentication:
    description: Whether users can log in through the connection.
    type: dict
    suboptions:
      active:
        description: Whether users can log in through the connection.
        type: bool
        required: true
  connected_accounts:
    description: Whether users can connect their accounts at the identity provider.
    type: dict
    suboptions:
      active:
        description: Whether users can connect accounts.
        type: bool
        required: true
      cross_app_access:
        description: Whether connected accounts take part in cross-app access.
        type: bool
      allow_missing_user_id:
        description: Whether an account without a user ID at the identity provider can be connected.
        type: bool
  cross_app_access_requesting_app:
    description: Whether the tenant can request access through this identity provider (cross-app access).
    type: dict
    suboptions:
      active:
        description: Whether the tenant can request access.
        type: bool
        required: true
  cross_app_access_resource_app:
    description:
      - Whether this identity provider can grant access to the tenant (cross-app access). An empty dictionary removes
        the setting.
    type: dict
    suboptions:
      status:
        description: Whether the identity provider can grant access.
        type: str
        choices: [enabled, disabled]
  clients:
    description:
      - Applications to enable or disable for the connection. Those that are not listed stay as they are.
      - Third-party applications, such as self-registered MCP clients, can only use connections at domain level.
    type: list
    elements: dict
    suboptions:
      client_id:
        description:
          - The client ID of the application, or its name if no other application has it. To find a name, all
            applications are listed; a client ID needs no listing.
        type: str
        required: true
      status:
        description: Whether the application is enabled.
        type: bool
        default: true
  deletion_timeout:
    description:
      - The longest wait in seconds for the end of a deletion. Auth0 answers when it has only started; the name can be
        used again when it has ended. V(0) does not wait.
    type: float
    default: 60
notes:
  - The token needs the scope C(read:connections), and for a change C(create:connections), C(update:connections) or
    C(delete:connections). With O(options) it also needs C(read:connections_options) and C(update:connections_options),
    with O(clients) C(read:clients).
  - Options that Auth0 derives, or stores in another form than given, make each run report a change. Give them as
    M(mcp_ops.oauth.auth0_connection_info) returns them, or leave them out.
extends_documentation_fragment: [mcp_ops.oauth._auth0, mcp_ops.oauth._state]
seealso:
  - module: mcp_ops.oauth.auth0_connection_domain
  - module: mcp_ops.oauth.auth0_connection_info
"""

EXAMPLES = r"""
- name: Let users of our identity provider log in through MCP clients
  mcp_ops.oauth.auth0_connection:
    domain: tenant.eu.auth0.com
    auth_client_id: "{{ auth0_client_id }}"
    auth_client_secret: "{{ auth0_client_secret }}"
    name: staff
    strategy: oidc
    is_domain_connection: true
    options:
      type: back_channel
      client_id: "{{ oidc_client_id }}"
      client_secret: "{{ oidc_client_secret }}"
      discovery_url: https://login.example.com/.well-known/openid-configuration
      scope: openid profile email

# The tasks below take tenant and credentials from the variables auth0_domain, auth0_client_id and auth0_client_secret.
- name: Turn off sign-up, enable one application and disable another
  mcp_ops.oauth.auth0_connection:
    name: Username-Password-Authentication
    options:
      disable_signup: true
    clients:
      - client_id: MCP Inspector
      - client_id: Old application
        status: false
"""

RETURN = r"""
connection:
  description:
    - The connection after the run, or in check mode as it would be, without its options. Empty if it does not exist.
    - With O(clients), its C(clients) are the applications that are enabled, and those that the task disabled.
  returned: success
  type: dict
  sample:
    id: con_9dKKcib71UMRiHHW
    name: staff
    strategy: oidc
    is_domain_connection: true
failure:
  description: Auth0's answer to the request that failed. A value is null where there was none.
  returned: when a request fails
  type: dict
  sample: {status: 401, code: null, message: Invalid token, request: GET /api/v2/connections}
"""

from ..module_utils._module import run
from ..module_utils._modules.auth0_connection import MODULE


def main() -> None:
    run(MODULE)


if __name__ == "__main__":
    main()
