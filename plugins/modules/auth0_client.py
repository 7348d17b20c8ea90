#!/usr/bin/python
# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: auth0_client
short_description: Manage an application (client) of an Auth0 tenant
version_added: 0.1.0
author:
  - mcp_ops.oauth contributors (@mcp-ops)
description:
  - Creates, updates or deletes an application, such as the MCP Inspector, a partner's service or a native application.
    Auth0's Management API calls it a client.
  - Self-registered applications can be updated and deleted by their O(client_id).
options:
  client_id:
    description: The client ID of an application that exists. Auth0 makes the client ID of a new one.
    type: str
  name:
    description:
      - The name of the application, by which it is found unless O(client_id) is set. With O(client_id), the name that
        the application gets.
      - If several applications have the name, O(client_id) is required.
    type: str
  is_first_party:
    description:
      - Whether the application is first-party, that is your own, or third-party. It can never be changed. Auth0's
        default is V(true).
    type: bool
  third_party_security_mode:
    description:
      - Which security controls Auth0 applies to a third-party application. Required to create one; it can never be
        changed.
      - V(permissive) is only for tenants that had third-party applications before April 2026.
    type: str
    choices: [strict, permissive]
  app_type:
    description: The type of the application. The types from V(rms) on are for single sign-on to other services.
    type: str
    choices:
      - native
      - spa
      - regular_web
      - non_interactive
      - resource_server
      - express_configuration
      - rms
      - box
      - cloudbees
      - concur
      - dropbox
      - mscrm
      - echosign
      - egnyte
      - newrelic
      - office365
      - salesforce
      - sentry
      - sharepoint
      - slack
      - springcm
      - zendesk
      - zoom
      - sso_integration
      - oag
  redirection_policy:
    description:
      - Whether Auth0 sends errors to a third-party application's callback URL (V(allow_always)) or shows them itself
        (V(open_redirect_protection)).
    type: str
    choices: [allow_always, open_redirect_protection]
  logo_uri:
    description: The URL of the application's logo. An empty string removes it.
    type: str
  callbacks:
    description: The URLs to which users may be sent after they log in. The complete list, in any order.
    type: list
    elements: str
  allowed_logout_urls:
    description: The URLs to which users may be sent after they log out. The complete list, in any order.
    type: list
    elements: str
  allowed_clients:
    description: The applications and APIs that may make delegation requests. The complete list, in any order.
    type: list
    elements: str
  client_aliases:
    description: The audiences or realms that the WS-Fed add-on accepts for SAML. The complete list, in any order.
    type: list
    elements: str
  initiate_login_uri:
    description: The https URL at which the application starts a login. An empty string removes it.
    type: str
  token_endpoint_auth_method:
    description: How the application authenticates at the token endpoint. V(none) is for applications without a secret.
    type: str
    choices: [none, client_secret_post, client_secret_basic]
  client_secret:
    description:
      - The client secret, in place of the one that Auth0 made. It is compared with the current one, which needs the
        scope C(read:client_keys).
    type: str
  include_client_secret:
    description:
      - Whether the result contains the client secret. If so, no output, log or callback shows what the task returns,
        unless it fails. Register it for later tasks.
    type: bool
    default: false
  jwt_configuration:
    description: How the application's ID tokens are signed and when they expire. What is left out stays as it is.
    type: dict
    suboptions:
      alg:
        description: The algorithm that signs ID tokens.
        type: str
        choices: [HS256, RS256, RS512, PS256]
      lifetime_in_seconds:
        description: Seconds until an ID token expires.
        type: int
      secret_encoded:
        description: Whether the client secret is encoded in base64.
        type: bool
      scopes:
        description: The scopes of ID tokens (legacy).
        type: dict
  resource_server_identifier:
    description:
      - The identifier of the API that an application with O(app_type=resource_server) belongs to, so that it can
        exchange tokens. It can never be changed.
    type: str
  cross_origin_authentication:
    description: Whether the application can make cross-origin authentication requests.
    type: bool
  cross_origin_loc:
    description: The URL of the page that verifies cross-origin authentication.
    type: str
  sso:
    description: Whether Auth0 handles single sign-on, and not the identity provider (legacy).
    type: bool
  sso_disabled:
    description: Whether single sign-on is turned off, so that users log in each time.
    type: bool
  custom_login_page:
    description: The HTML of the login page of Classic Login.
    type: str
  custom_login_page_on:
    description: Whether O(custom_login_page) is used.
    type: bool
  is_token_endpoint_ip_header_trusted:
    description: Whether Auth0 trusts the user's IP address in the application's header C(auth0-forwarded-for).
    type: bool
  require_pushed_authorization_requests:
    description: Whether the application must use pushed authorization requests (RFC 9126).
    type: bool
  par_request_expiry:
    description: Seconds for which a pushed authorization request can be used, from 10 to 600.
    type: int
  compliance_level:
    description: The security profile that the application must comply with.
    type: str
    choices: [none, fapi1_adv_pkj_par, fapi1_adv_mtls_par, fapi2_sp_pkj_mtls, fapi2_sp_mtls_mtls]
  skip_non_verifiable_callback_uri_confirmation_prompt:
    description:
      - Whether users log in without a confirmation prompt where the callback URL cannot be verified, such as one on
        localhost.
    type: bool
  organization_discovery_methods:
    description:
      - How users can name their organization. The complete list, in any order; an empty list removes the setting.
    type: list
    elements: str
    choices: [email, organization_name]
  default_organization:
    description: The organization for requests that name none. An empty dictionary removes it.
    type: dict
    suboptions:
      organization_id:
        description: The ID of the organization.
        type: str
      flows:
        description: The flows in which the default organization is used.
        type: list
        elements: str
        choices: [client_credentials]
  token_exchange:
    description: Which tokens the application can exchange. An empty dictionary removes the setting.
    type: dict
    suboptions:
      allow_any_profile_of_type:
        description: The types of token exchange profile that the application may use.
        type: list
        elements: str
        choices: [custom_authentication, on_behalf_of_token_exchange]
  token_quota:
    description: How many tokens the application may get. An empty dictionary removes the quota.
    type: dict
    suboptions:
      client_credentials:
        description: The quota for tokens that the application gets on its own behalf.
        type: dict
        suboptions:
          enforce:
            description: Whether requests above the quota are refused, and not only logged.
            type: bool
          per_day:
            description: Tokens a day.
            type: int
          per_hour:
            description: Tokens an hour.
            type: int
  oidc_logout:
    description: OpenID Connect back-channel logout. An empty dictionary removes it.
    type: dict
    suboptions:
      backchannel_logout_urls:
        description: The URLs that Auth0 calls when a session ends.
        type: list
        elements: str
      backchannel_logout_initiators:
        description: Which events make Auth0 call O(oidc_logout.backchannel_logout_urls).
        type: dict
        suboptions:
          mode:
            description: Whether all events count, or only those in
              O(oidc_logout.backchannel_logout_initiators.selected_initiators) (V(custom)).
            type: str
            choices: [custom, all]
          selected_initiators:
            description: The events that count, such as V(rp-logout).
            type: list
            elements: str
      backchannel_logout_session_metadata:
        description: Whether Auth0 sends the metadata of the session.
        type: dict
        suboptions:
          include:
            description: Whether the metadata of the session is sent.
            type: bool
  session_transfer:
    description: How sessions are transferred between applications, in Auth0's fields. An empty dictionary removes it.
    type: dict
  mobile:
    description: The mobile apps of the application, in Auth0's fields. What is left out stays as it is.
    type: dict
  native_social_login:
    description: Social logins of native applications, in Auth0's fields. What is left out stays as it is.
    type: dict
  addons:
    description:
      - Add-ons such as SAML, in Auth0's fields. They are never shown, since they may contain secrets. An empty
        dictionary removes them.
    type: dict
notes:
  - The token needs the scope C(read:clients), and for a change C(create:clients), C(update:clients) or
    C(delete:clients).
  - An application is read directly by its O(client_id). To find a O(name), all applications are listed.
extends_documentation_fragment: [mcp_ops.oauth._application, mcp_ops.oauth._auth0, mcp_ops.oauth._state]
seealso:
  - module: mcp_ops.oauth.auth0_cimd_client
  - module: mcp_ops.oauth.auth0_client_grant
  - module: mcp_ops.oauth.auth0_client_info
"""

EXAMPLES = r"""
- name: Create an application for the MCP Inspector
  mcp_ops.oauth.auth0_client:
    domain: tenant.eu.auth0.com
    auth_client_id: "{{ auth0_client_id }}"
    auth_client_secret: "{{ auth0_client_secret }}"
    name: MCP Inspector
    app_type: native
    is_first_party: false
    third_party_security_mode: strict
    token_endpoint_auth_method: none
    grant_types: [authorization_code, refresh_token]
    callbacks: ["http://localhost:6274/oauth/callback"]
  register: inspector

# The tasks below take tenant and credentials from the variables auth0_domain, auth0_client_id and auth0_client_secret.
- name: Delete the application by its client ID
  mcp_ops.oauth.auth0_client:
    client_id: "{{ inspector.client.client_id }}"
    state: absent
"""

RETURN = r"""
client:
  description:
    - The application after the run, or in check mode as it would be, without its secrets. Empty if it does not exist.
    - With O(include_client_secret=true), it has its C(client_secret).
  returned: success
  type: dict
  sample:
    client_id: tpc_bU3H7iEFPD3nVwc6a6yoa2
    name: MCP Inspector
    app_type: native
    is_first_party: false
failure:
  description: Auth0's answer to the request that failed. A value is null where there was none.
  returned: when a request fails
  type: dict
  sample: {status: 401, code: null, message: Invalid token, request: GET /api/v2/clients}
"""

from ..module_utils._module import run
from ..module_utils._modules.auth0_client import MODULE


def main() -> None:
    run(MODULE)


if __name__ == "__main__":
    main()
