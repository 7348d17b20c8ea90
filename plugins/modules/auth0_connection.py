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
  - Creates, updates or deletes a connection of any strategy, that is a source of users.
  - Auth0 replaces the options of a connection whole. So those that are set are put into those that are there, at every
    depth, and what is not named stays as it is.
  - To take a connection to domain level and nothing else, M(mcp_ops.oauth.auth0_connection_domain) needs fewer scopes
    and never touches the options.
options:
  state:
    description: Whether the connection exists.
    type: str
    choices: [present, absent]
    default: present
  name:
    description:
      - The name of the connection, by which it is found. It has at most 128 letters, digits and single hyphens, and can
        never be changed.
    type: str
  id:
    description: The ID of the connection, such as V(con_9dKKcib71UMRiHHW), by which it is found where it is set.
    type: str
  strategy:
    description:
      - The kind of identity provider, such as V(auth0), V(google-oauth2), V(oidc) or V(samlp). Needed to create a
        connection; it can never be changed.
    type: str
  display_name:
    description: The name on the button of the login page, for strategies that have one.
    type: str
  options:
    description:
      - The options of the strategy, under Auth0's names. A list is managed whole, in any order except for
        C(precedence). Null removes an option.
      - Secrets in here, such as C(client_secret), are never shown.
      - Auth0 never tells C(configuration), the settings of a custom database, nor C(metadataXml). They are sent when
        the connection is created and along with any other change of options, or each time with
        O(resend_options=true).
    type: dict
  resend_options:
    description:
      - Whether to send O(options) even if nothing that can be compared differs. Needed to change what Auth0 never
        tells. The task then always reports a change.
    type: bool
    default: false
  is_domain_connection:
    description: Whether the connection is at domain level, so that all third-party applications can use it.
    type: bool
  show_as_button:
    description: Whether the login page has a button for the connection, for strategies that have one.
    type: bool
  realms:
    description: The realms for which the connection is used. The list is managed whole, in any order.
    type: list
    elements: str
  metadata:
    description: At most ten texts of your own.
    type: dict
  authentication:
    description: Logins through the connection.
    type: dict
    suboptions:
      active:
        description: Whether users can log in.
        type: bool
        required: true
  connected_accounts:
    description: Accounts of the identity provider that users connect to theirs.
    type: dict
    suboptions:
      active:
        description: Whether accounts can be connected.
        type: bool
        required: true
      cross_app_access:
        description: Whether connected accounts take part in cross-app access.
        type: bool
      allow_missing_user_id:
        description: Whether an account without a user ID can be connected.
        type: bool
  cross_app_access_requesting_app:
    description: The tenant as an application that asks for access by way of this identity provider.
    type: dict
    suboptions:
      active:
        description: Whether it can ask.
        type: bool
        required: true
  cross_app_access_resource_app:
    description:
      - The tenant as an application to which this identity provider grants access. An empty dictionary removes it.
    type: dict
    suboptions:
      status:
        description: Whether access is granted.
        type: str
        choices: [enabled, disabled]
  clients:
    description:
      - Applications to enable or disable for the connection. Those that are not listed stay as they are.
      - Third-party applications, such as MCP clients that register themselves, can only use connections at domain
        level.
    type: list
    elements: dict
    suboptions:
      client_id:
        description: The client ID of the application, or its name if no other application has it.
        type: str
        required: true
      status:
        description: Whether the application is enabled.
        type: bool
        default: true
  deletion_timeout:
    description:
      - Auth0 deletes a connection after its answer. The longest wait in seconds for the end, before which its name
        cannot be used again. V(0) does not wait.
    type: float
    default: 60
notes:
  - The token needs the scopes C(read:connections) and, for a change, C(create:connections), C(update:connections) or
    C(delete:connections). With O(options) it needs C(read:connections_options) and C(update:connections_options) as
    well, with O(clients) C(read:clients).
  - Options that Auth0 derives itself, or writes in another way than they were given, are seen as a change each time.
    Give them as Auth0 tells them (M(mcp_ops.oauth.auth0_connection_info)), or leave them out.
extends_documentation_fragment:
  - mcp_ops.oauth.auth0
  - mcp_ops.oauth.attributes
  - mcp_ops.oauth.attributes.tenant
seealso:
  - module: mcp_ops.oauth.auth0_connection_domain
  - module: mcp_ops.oauth.auth0_connection_info
"""

EXAMPLES = r"""
- name: Users of our identity provider can log in through MCP clients
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

- name: Nobody signs up, and one application can use the database
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
    - The connection without its options, afterwards or in check mode as it would be. Empty when it does not exist.
    - With O(clients), these are the applications that are enabled, and those among O(clients) that are not.
  returned: success
  type: dict
  sample:
    id: con_9dKKcib71UMRiHHW
    name: staff
    strategy: oidc
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

from dataclasses import replace

from ..module_utils._auth0.kinds.connection import CONNECTION, FIELDS, secrets
from ..module_utils._module import STATE, Result, TenantModule, TenantTask, run


def perform(task: TenantTask) -> Result:
    outcome = task.ensure(
        replace(CONNECTION, deletion_timeout=task.options["deletion_timeout"]),
        task.fields(FIELDS),
        force=["options"] if task.options["resend_options"] else (),
    )
    return Result.of(outcome, {"connection": {key: one for key, one in outcome.object.items() if key != "options"}})


MODULE = TenantModule(
    {
        **FIELDS,
        **STATE,
        "resend_options": {"type": "bool", "default": False},
        "deletion_timeout": {"type": "float", "default": 60.0},
    },
    perform,
    {"required_one_of": [["name", "id"]], "required_if": [["resend_options", True, ["options"]]]},
    secrets=secrets,
)


def main() -> None:
    run(MODULE)


if __name__ == "__main__":
    main()
