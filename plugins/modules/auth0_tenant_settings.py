#!/usr/bin/python
# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: auth0_tenant_settings
short_description: Manage the settings of an Auth0 tenant
version_added: 0.1.0
author:
  - mcp_ops.oauth contributors (@mcp-ops)
description:
  - Manages the settings of a tenant, except for its flags (M(mcp_ops.oauth.auth0_tenant_flags)).
  - Only the options that are set are compared, and only those that differ are sent. All others stay as they are.
  - For MCP clients to log in, O(resource_parameter_profile=compatibility) is needed, since they name the API in the
    parameter C(resource) and not in C(audience).
options:
  acr_values_supported:
    description: The ACR values that the tenant supports. The empty list removes the setting.
    type: list
    elements: str
  allow_organization_name_in_authentication_api:
    description: Whether an organization can be named by its name, and not by its ID only, when users log in.
    type: bool
  allowed_logout_urls:
    description: The URLs to which users may be sent after they log out. The list is managed whole, in any order.
    type: list
    elements: str
  authorization_response_iss_parameter_supported:
    description:
      - Whether the answer to an authorization request names the issuer (RFC 9207), against which MCP clients can check
        that it came from the server they asked.
    type: bool
  change_password:
    description: The page on which users change their password. What is left out stays as it is.
    type: dict
    suboptions:
      enabled:
        description: Whether the page replaces Auth0's own.
        type: bool
      html:
        description: The page.
        type: str
  client_id_metadata_document_dynamic_registration_supported:
    description:
      - Whether a client becomes known the first time it names the URL of its metadata document.
      - Needs O(client_id_metadata_document_supported=true). Without it, clients are registered with
        M(mcp_ops.oauth.auth0_cimd_client).
    type: bool
  client_id_metadata_document_supported:
    description:
      - Whether clients can name the URL of a metadata document as their client ID (CIMD). The metadata of the
        authorization server says so.
    type: bool
  country_codes:
    description: For which countries telephone numbers are offered. An empty dictionary removes the setting.
    type: dict
    suboptions:
      list:
        description: Two-letter country codes in capital letters, managed whole and in any order.
        type: list
        elements: str
      mode:
        description: Whether the listed countries are the allowed or the denied ones.
        type: str
        choices: [allow, deny]
  customize_mfa_in_postlogin_action:
    description: Whether actions decide on the factors of multi-factor authentication.
    type: bool
  default_audience:
    description:
      - The API for which tokens are issued when a request names none, for all applications. The empty text removes it.
    type: str
  default_directory:
    description: The name of the connection for password grants. The empty text removes it.
    type: str
  default_redirection_uri:
    description: The https URL to which users are sent when there is no other. The empty text removes it.
    type: str
  default_token_quota:
    description: How many tokens each application and organization may get. An empty dictionary removes the quotas.
    type: dict
    suboptions:
      clients:
        description: The quota of each application.
        type: dict
        suboptions:
          client_credentials:
            description: The quota for tokens that an application gets on its own behalf.
            type: dict
            required: true
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
      organizations:
        description: The quota of each organization.
        type: dict
        suboptions:
          client_credentials:
            description: The quota for tokens that an application gets on its own behalf.
            type: dict
            required: true
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
  device_flow:
    description: The codes of the device flow. An empty dictionary restores the default.
    type: dict
    suboptions:
      charset:
        description: The characters of a code.
        type: str
        choices: [base20, digits]
      mask:
        description: The pattern of a code, at most 20 characters.
        type: str
  dpop_strict_refresh_token_binding:
    description: Whether all refresh tokens of public clients that prove a key are bound to it (RFC 9449).
    type: bool
  dynamic_client_registration_security_mode:
    description:
      - Which rules hold for applications that register themselves. V(permissive) is only for tenants that had
        third-party applications before April 2026.
    type: str
    choices: [strict, permissive]
  enable_ai_guide:
    description: Whether Auth0's assistant is there in the Dashboard.
    type: bool
  enabled_locales:
    description: The languages of the pages that users see, such as V(en) or V(pt-BR). The first one is the default.
    type: list
    elements: str
  ephemeral_session_lifetime:
    description: Hours until a session that ends with the browser ends anyway. Auth0's default is V(72).
    type: int
  ephemeral_session_lifetime_in_minutes:
    description: The same as O(ephemeral_session_lifetime) in minutes.
    type: int
  error_page:
    description: The page that shows errors. An empty dictionary restores Auth0's own.
    type: dict
    suboptions:
      html:
        description: The page.
        type: str
      show_log_link:
        description: Whether the page links to the log entry.
        type: bool
      url:
        description: A URL to send users to in place of the page.
        type: str
  friendly_name:
    description: The name of the tenant that users see. The empty text removes it.
    type: str
  guardian_mfa_page:
    description: The page of multi-factor authentication. What is left out stays as it is.
    type: dict
    suboptions:
      enabled:
        description: Whether the page replaces Auth0's own.
        type: bool
      html:
        description: The page.
        type: str
  idle_ephemeral_session_lifetime:
    description: Hours without use until a session that ends with the browser ends anyway. Auth0's default is V(24).
    type: int
  idle_ephemeral_session_lifetime_in_minutes:
    description: The same as O(idle_ephemeral_session_lifetime) in minutes.
    type: int
  idle_session_lifetime:
    description: Hours without use until a session ends. Auth0's default is V(72).
    type: int
  idle_session_lifetime_in_minutes:
    description: The same as O(idle_session_lifetime) in minutes.
    type: int
  include_session_metadata_in_tenant_logs:
    description: Whether the log of the tenant holds the metadata of sessions.
    type: bool
  legacy_sandbox_version:
    description: The version of the runtime for legacy extensions.
    type: str
  mtls:
    description: Mutual TLS. An empty dictionary removes the setting.
    type: dict
    suboptions:
      enable_endpoint_aliases:
        description: Whether the metadata of the authorization server names endpoints for mutual TLS.
        type: bool
  oidc_logout:
    description: Logout by OpenID Connect.
    type: dict
    suboptions:
      rp_logout_end_session_endpoint_discovery:
        description: Whether the metadata names the endpoint for logging out. Auth0's default is V(true).
        type: bool
  phone_consolidated_experience:
    description: Whether one provider sends all messages to telephones.
    type: bool
  picture_url:
    description: The URL of the tenant's logo. The empty text removes it.
    type: str
  pushed_authorization_requests_supported:
    description: Whether authorization requests can be pushed beforehand (RFC 9126).
    type: bool
  resource_parameter_profile:
    description:
      - How the parameter C(resource) of a request is understood. With V(compatibility) it names the API where
        C(audience) is missing, which is what MCP clients need.
      - Which value a tenant starts with depends on its age.
    type: str
    choices: [audience, compatibility]
  sandbox_version:
    description: The version of the runtime for extensions, one of those that the tenant offers.
    type: str
  security_headers:
    description: The security headers of the pages that users see. An empty dictionary removes the setting.
    type: dict
  session_cookie:
    description: The session cookie. An empty dictionary restores the default.
    type: dict
    suboptions:
      mode:
        description: Whether the cookie outlives the browser.
        type: str
        choices: [persistent, non-persistent]
  session_lifetime:
    description: Hours until a session ends. Auth0's default is V(168).
    type: int
  session_lifetime_in_minutes:
    description: The same as O(session_lifetime) in minutes.
    type: int
  sessions:
    description: Sessions. An empty dictionary restores the default.
    type: dict
    suboptions:
      oidc_logout_prompt_enabled:
        description: Whether users are asked before they are logged out.
        type: bool
  skip_non_verifiable_callback_uri_confirmation_prompt:
    description:
      - Whether users are spared the question whether they trust a callback URL that nobody can verify, such as one on
        localhost, which is what MCP clients on a desktop have. The empty text removes the setting.
    type: str
    choices: ["true", "false", ""]
  support_email:
    description: The email address that users are given. The empty text removes it.
    type: str
  support_url:
    description: The URL that users are given for help. The empty text removes it.
    type: str
notes:
  - The token needs the scopes C(read:tenant_settings) and, for a change, C(update:tenant_settings).
  - A dictionary is sent whole, with what the tenant has where the options say nothing.
extends_documentation_fragment:
  - mcp_ops.oauth.auth0
  - mcp_ops.oauth.attributes
  - mcp_ops.oauth.attributes.tenant
seealso:
  - module: mcp_ops.oauth.auth0_tenant_flags
  - module: mcp_ops.oauth.auth0_tenant_info
"""

EXAMPLES = r"""
- name: MCP clients can name the API in the parameter resource
  mcp_ops.oauth.auth0_tenant_settings:
    domain: tenant.eu.auth0.com
    auth_client_id: "{{ auth0_client_id }}"
    auth_client_secret: "{{ auth0_client_secret }}"
    resource_parameter_profile: compatibility
    authorization_response_iss_parameter_supported: true

- name: Shorter sessions, and no default API any more
  mcp_ops.oauth.auth0_tenant_settings:
    session_lifetime: 24
    idle_session_lifetime_in_minutes: 90
    default_audience: ""
"""

RETURN = r"""
settings:
  description:
    - All settings of the tenant but its flags, read again after a change. What was never set is missing. Lifetimes are
      there in hours and in minutes.
    - In check mode as they would be.
  returned: success
  type: dict
  sample:
    enabled_locales: [en]
    resource_parameter_profile: compatibility
failure:
  description: What Auth0 answered to the request that failed. Each value is null where there was none.
  returned: when a request fails
  type: dict
  sample:
    status: 403
    code: insufficient_scope
    message: "Insufficient scope, expected any of: update:tenant_settings"
    request: PATCH /api/v2/tenants/settings
"""

from ..module_utils._auth0.kinds.tenant import FIELDS, LIFETIMES, PROMPT, SETTINGS, THREE_WAYS, align_lifetimes
from ..module_utils._module import Result, TenantModule, TenantTask, run


def perform(task: TenantTask) -> Result:
    wanted = task.fields(FIELDS)
    if PROMPT in wanted:
        wanted[PROMPT] = THREE_WAYS[wanted[PROMPT]]
    outcome = task.ensure(SETTINGS, wanted)
    return Result.of(outcome, {"settings": align_lifetimes(outcome.object, outcome.plan.body)})


MODULE = TenantModule(
    FIELDS,
    perform,
    {"mutually_exclusive": [[name, f"{name}_in_minutes"] for name in LIFETIMES], "required_one_of": [list(FIELDS)]},
)


def main() -> None:
    run(MODULE)


if __name__ == "__main__":
    main()
