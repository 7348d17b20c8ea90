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
  - Creates, updates or deletes an application that is registered by hand, such as the MCP Inspector, a service of a
    partner or a native application. Auth0's Management API calls it a client.
  - Only the options that are set are compared and sent. Whatever else the application holds stays as it is.
  - Applications that register themselves can be updated and deleted by their O(client_id).
options:
  state:
    description: Whether the application exists.
    type: str
    choices: [present, absent]
    default: present
  client_id:
    description: The client ID, by which the application is found where it is set. Auth0 makes that of a new one.
    type: str
  name:
    description:
      - The name, by which the application is found where O(client_id) is not set. Auth0 allows several applications of
        one name; then O(client_id) must be set.
    type: str
  is_first_party:
    description:
      - Whether the application is your own. It can never be changed. Auth0's default is V(true).
    type: bool
  third_party_security_mode:
    description:
      - Which rules hold for a third-party application. Needed to create one; it can never be changed.
      - V(permissive) is only for tenants that had third-party applications before April 2026.
    type: str
    choices: [strict, permissive]
  app_type:
    description: The kind of application. The last ones are for single sign-on to services of others.
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
    description: Whether errors are shown to the user or sent to a third-party application.
    type: str
    choices: [allow_always, open_redirect_protection]
  logo_uri:
    description: The URL of the application's logo. The empty text removes it.
    type: str
  callbacks:
    description: The URLs to which users may be sent after they log in. The list is managed whole, in any order.
    type: list
    elements: str
  allowed_logout_urls:
    description: The URLs to which users may be sent after they log out. The list is managed whole, in any order.
    type: list
    elements: str
  allowed_clients:
    description: The applications that may ask for tokens on behalf of this one. The list is managed whole.
    type: list
    elements: str
  client_aliases:
    description: Further names that count as audience of SAML requests. The list is managed whole.
    type: list
    elements: str
  initiate_login_uri:
    description: The URL at which the application starts a login. The empty text removes it.
    type: str
  token_endpoint_auth_method:
    description: How the application proves who it is when it gets tokens. V(none) is for applications without a secret.
    type: str
    choices: [none, client_secret_post, client_secret_basic]
  client_secret:
    description:
      - A secret to set in place of the one that Auth0 made. Compared with the current one, which needs the scope
        C(read:client_keys).
    type: str
  return_client_secret:
    description: Whether the result holds the secret. Set C(no_log=true) on the task then.
    type: bool
    default: false
  jwt_configuration:
    description: The tokens of the application. What is left out stays as it is.
    type: dict
    suboptions:
      alg:
        description: How they are signed.
        type: str
        choices: [HS256, RS256, RS512, PS256]
      lifetime_in_seconds:
        description: Seconds until an ID token expires.
        type: int
      secret_encoded:
        description: Whether the secret is encoded in base64.
        type: bool
      scopes:
        description: Legacy scopes.
        type: dict
  resource_server_identifier:
    description:
      - The API that an application of O(app_type=resource_server) stands for, so that it can exchange tokens. It can
        never be changed.
    type: str
  cross_origin_authentication:
    description: Whether passwords can be sent from another origin.
    type: bool
  cross_origin_loc:
    description: The page that logins from another origin fall back on.
    type: str
  sso:
    description: Whether users who are logged in elsewhere are logged in here too (legacy).
    type: bool
  sso_disabled:
    description: Whether users log in here each time.
    type: bool
  custom_login_page:
    description: The login page of the classic experience.
    type: str
  custom_login_page_on:
    description: Whether O(custom_login_page) is used.
    type: bool
  is_token_endpoint_ip_header_trusted:
    description: Whether the application can tell Auth0 the address of the user.
    type: bool
  require_pushed_authorization_requests:
    description: Whether authorization requests must be pushed beforehand (RFC 9126).
    type: bool
  par_request_expiry:
    description: Seconds for which a pushed authorization request can be used, from 10 to 600.
    type: int
  compliance_level:
    description: The security profile to which the application is held.
    type: str
    choices: [none, fapi1_adv_pkj_par, fapi1_adv_mtls_par, fapi2_sp_pkj_mtls, fapi2_sp_mtls_mtls]
  skip_non_verifiable_callback_uri_confirmation_prompt:
    description: Whether users are spared the question whether they trust a callback URL that nobody can verify.
    type: bool
  organization_discovery_methods:
    description: How users name their organization. The list is managed whole; an empty one removes the setting.
    type: list
    elements: str
    choices: [email, organization_name]
  default_organization:
    description: The organization where a request names none. An empty dictionary removes it.
    type: dict
    suboptions:
      organization_id:
        description: The ID of the organization.
        type: str
      flows:
        description: The flows in which it counts.
        type: list
        elements: str
        choices: [client_credentials]
  token_exchange:
    description: The exchange of tokens. An empty dictionary removes the setting.
    type: dict
    suboptions:
      allow_any_profile_of_type:
        description: The kinds of profile that the application may use.
        type: list
        elements: str
        choices: [custom_authentication, on_behalf_of_token_exchange]
  token_quota:
    description: How many tokens the application may get. An empty dictionary removes the quota.
    type: dict
    suboptions:
      client_credentials:
        description: The quota for tokens that it gets on its own behalf.
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
    description: Back-channel logout. An empty dictionary removes it.
    type: dict
    suboptions:
      backchannel_logout_urls:
        description: The URLs that are told of a logout.
        type: list
        elements: str
      backchannel_logout_initiators:
        description: What counts as a logout.
        type: dict
        suboptions:
          mode:
            description: Whether it is all, or what is selected.
            type: str
            choices: [custom, all]
          selected_initiators:
            description: What is selected, such as V(rp-logout).
            type: list
            elements: str
      backchannel_logout_session_metadata:
        description: The metadata of the session.
        type: dict
        suboptions:
          include:
            description: Whether it is sent along.
            type: bool
  session_transfer:
    description: The transfer of sessions between applications, under Auth0's names. An empty dictionary removes it.
    type: dict
  mobile:
    description: The mobile applications behind it, under Auth0's names. What is left out stays as it is.
    type: dict
  native_social_login:
    description: Social logins in native applications, under Auth0's names. What is left out stays as it is.
    type: dict
  addons:
    description:
      - Add-ons such as SAML, under Auth0's names. Never shown, since they may hold secrets. An empty dictionary removes
        them.
    type: dict
notes:
  - The token needs the scopes C(read:clients) and, for a change, C(create:clients), C(update:clients) or
    C(delete:clients).
  - A name is looked for among all applications, a client ID is read at once.
extends_documentation_fragment:
  - mcp_ops.oauth.auth0
  - mcp_ops.oauth.attributes
  - mcp_ops.oauth.attributes.tenant
  - mcp_ops.oauth.client
seealso:
  - module: mcp_ops.oauth.auth0_cimd_client
  - module: mcp_ops.oauth.auth0_client_grant
  - module: mcp_ops.oauth.auth0_client_info
"""

EXAMPLES = r"""
- name: The MCP Inspector, registered by hand
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

- name: It no longer can log in
  mcp_ops.oauth.auth0_client:
    client_id: "{{ inspector.client.client_id }}"
    state: absent
"""

RETURN = r"""
client:
  description:
    - The application without its secrets, afterwards or in check mode as it would be. Empty when it does not exist.
    - With O(return_client_secret=true), it has its C(client_secret).
  returned: success
  type: dict
  sample:
    client_id: tpc_bU3H7iEFPD3nVwc6a6yoa2
    name: MCP Inspector
    app_type: native
    is_first_party: false
failure:
  description: What Auth0 answered to the request that failed. Each value is null where there was none.
  returned: when a request fails
  type: dict
  sample:
    status: 403
    code: insufficient_scope
    message: "Insufficient scope, expected any of: update:clients"
    request: PATCH /api/v2/clients/tpc_bU3H7iEFPD3nVwc6a6yoa2
"""

from ..module_utils._auth0.kinds.application import APPLICATION, APPLICATION_WITH_SECRETS, FIELDS, secrets
from ..module_utils._errors import ScopeError
from ..module_utils._module import STATE, Result, TenantModule, TenantTask, run


def perform(task: TenantTask) -> Result:
    wanted, included = task.fields(FIELDS), task.options["include_client_secret"] and not task.absent
    resource = APPLICATION_WITH_SECRETS if included or "client_secret" in wanted else APPLICATION
    outcome = task.ensure(resource, wanted)
    secret = {name: value for name, value in outcome.secrets.items() if included and name == "client_secret"}
    warnings = []
    if included and not secret and (missing := task.api.missing_scopes(resource.readable.values())):
        warnings = [str(ScopeError(missing, "so the result holds no client_secret"))]
    values = {"client": {**outcome.object, **secret}}
    return Result.of(outcome, values, warnings=warnings, revealed=frozenset(secret.values()))


MODULE = TenantModule(
    {**FIELDS, **STATE, "include_client_secret": {"type": "bool", "default": False, "no_log": False}},
    perform,
    {"required_one_of": [["client_id", "name"]]},
    secrets=secrets,
)


def main() -> None:
    run(MODULE)


if __name__ == "__main__":
    main()
