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
  - MCP clients need O(resource_parameter_profile=compatibility) to log in, since they name the API in the parameter
    C(resource) and not in C(audience).
options:
  acr_values_supported:
    description: The ACR values that the tenant supports. An empty list removes the setting.
    type: list
    elements: str
  allow_organization_name_in_authentication_api:
    description: Whether a login can name an organization by its name, and not only by its ID.
    type: bool
  allowed_logout_urls:
    description: The URLs to which users may be sent after they log out. The complete list, in any order.
    type: list
    elements: str
  authorization_response_iss_parameter_supported:
    description:
      - Whether authorization responses name the issuer in the parameter C(iss) (RFC 9207), so that MCP clients can
        check which server answered.
    type: bool
  change_password:
    description: The page on which users change their password. What is left out stays as it is.
    type: dict
    suboptions:
      enabled:
        description: Whether O(change_password.html) replaces Auth0's own page.
        type: bool
      html:
        description: The HTML of the page.
        type: str
  client_id_metadata_document_dynamic_registration_supported:
    description:
      - Whether a client is registered the first time it names the URL of its metadata document.
      - Needs O(client_id_metadata_document_supported=true). With V(false), clients are registered with
        M(mcp_ops.oauth.auth0_cimd_client).
    type: bool
  client_id_metadata_document_supported:
    description:
      - Whether clients can use the URL of a metadata document as their client ID (CIMD). The authorization server's
        metadata states it.
    type: bool
  country_codes:
    description: The countries that are offered for telephone numbers. An empty dictionary removes the setting.
    type: dict
    suboptions:
      list:
        description: Two-letter country codes in capital letters. The complete list, in any order.
        type: list
        elements: str
      mode:
        description: Whether the listed countries are the allowed or the denied ones.
        type: str
        choices: [allow, deny]
  customize_mfa_in_postlogin_action:
    description: Whether post-login actions choose the factors of multi-factor authentication.
    type: bool
  default_audience:
    description:
      - The identifier of the API for which tokens are issued when a request names none, for all applications. An empty
        string removes it.
    type: str
  default_directory:
    description: The name of the connection for password grants. An empty string removes it.
    type: str
  default_redirection_uri:
    description: The https URL to which users are sent when there is no other. An empty string removes it.
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
    description: The user codes of the device flow. An empty dictionary restores the default.
    type: dict
    suboptions:
      charset:
        description: The characters of a user code.
        type: str
        choices: [base20, digits]
      mask:
        description: The pattern of a user code, at most 20 characters.
        type: str
  dpop_strict_refresh_token_binding:
    description: Whether all refresh tokens of public clients that send a DPoP proof are bound to the key (RFC 9449).
    type: bool
  dynamic_client_registration_security_mode:
    description:
      - Which security controls Auth0 applies to applications that register themselves. V(permissive) is only for
        tenants that had third-party applications before April 2026.
    type: str
    choices: [strict, permissive]
  enable_ai_guide:
    description: Whether the Dashboard has Auth0's AI assistant.
    type: bool
  enabled_locales:
    description: The languages of the pages that users see, such as V(en) or V(pt-BR). The first one is the default.
    type: list
    elements: str
  ephemeral_session_lifetime:
    description: Hours until an ephemeral session, which ends with the browser, expires. Auth0's default is V(72).
    type: int
  ephemeral_session_lifetime_in_minutes:
    description: The same as O(ephemeral_session_lifetime) in minutes.
    type: int
  error_page:
    description: The page that shows errors. An empty dictionary restores Auth0's own.
    type: dict
    suboptions:
      html:
        description: The HTML of the page.
        type: str
      show_log_link:
        description: Whether the page links to the log entry.
        type: bool
      url:
        description: A URL to which users are sent instead of showing the page.
        type: str
  friendly_name:
    description: The name of the tenant that users see. An empty string removes it.
    type: str
  guardian_mfa_page:
    description: The page of multi-factor authentication. What is left out stays as it is.
    type: dict
    suboptions:
      enabled:
        description: Whether O(guardian_mfa_page.html) replaces Auth0's own page.
        type: bool
      html:
        description: The HTML of the page.
        type: str
  idle_ephemeral_session_lifetime:
    description: Hours until an ephemeral session that is not used expires. Auth0's default is V(24).
    type: int
  idle_ephemeral_session_lifetime_in_minutes:
    description: The same as O(idle_ephemeral_session_lifetime) in minutes.
    type: int
  idle_session_lifetime:
    description: Hours until a session that is not used expires. Auth0's default is V(72).
    type: int
  idle_session_lifetime_in_minutes:
    description: The same as O(idle_session_lifetime) in minutes.
    type: int
  include_session_metadata_in_tenant_logs:
    description: Whether the tenant's logs contain the metadata of sessions.
    type: bool
  legacy_sandbox_version:
    description: The version of the runtime for legacy extensions.
    type: str
  mtls:
    description: Mutual TLS. An empty dictionary removes the setting.
    type: dict
    suboptions:
      enable_endpoint_aliases:
        description: Whether the authorization server's metadata names endpoints for mutual TLS.
        type: bool
  oidc_logout:
    description: OpenID Connect logout.
    type: dict
    suboptions:
      rp_logout_end_session_endpoint_discovery:
        description: Whether the authorization server's metadata names the logout endpoint. Auth0's default is V(true).
        type: bool
  phone_consolidated_experience:
    description: Whether one provider sends all messages to telephones.
    type: bool
  picture_url:
    description: The URL of the tenant's logo. An empty string removes it.
    type: str
  pushed_authorization_requests_supported:
    description: Whether applications can use pushed authorization requests (RFC 9126).
    type: bool
  resource_parameter_profile:
    description:
      - What the parameter C(resource) of a request means. With V(compatibility) it names the API if C(audience) is
        missing, which is what MCP clients need.
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
        description: Whether the session cookie persists when the browser is closed.
        type: str
        choices: [persistent, non-persistent]
  session_lifetime:
    description: Hours until a session expires. Auth0's default is V(168).
    type: int
  session_lifetime_in_minutes:
    description: The same as O(session_lifetime) in minutes.
    type: int
  sessions:
    description: How sessions end. An empty dictionary restores the default.
    type: dict
    suboptions:
      oidc_logout_prompt_enabled:
        description: Whether users are asked before they are logged out.
        type: bool
  skip_non_verifiable_callback_uri_confirmation_prompt:
    description:
      - Whether users log in without a confirmation prompt where the callback URL cannot be verified, such as one on
        localhost, which MCP clients on a desktop have. An empty string removes the setting.
    type: str
    choices: ["true", "false", ""]
  support_email:
    description: The email address for users who need support. An empty string removes it.
    type: str
  support_url:
    description: The URL for users who need support. An empty string removes it.
    type: str
notes:
  - The token needs the scope C(read:tenant_settings), and for a change C(update:tenant_settings).
  - A dictionary is sent whole, with the tenant's values for what is not set.
extends_documentation_fragment: [mcp_ops.oauth._attributes, mcp_ops.oauth._auth0]
seealso:
  - module: mcp_ops.oauth.auth0_tenant_flags
  - module: mcp_ops.oauth.auth0_tenant_info
"""

EXAMPLES = r"""
- name: Let MCP clients name the API in the parameter resource
  mcp_ops.oauth.auth0_tenant_settings:
    domain: tenant.eu.auth0.com
    auth_client_id: "{{ auth0_client_id }}"
    auth_client_secret: "{{ auth0_client_secret }}"
    resource_parameter_profile: compatibility
    authorization_response_iss_parameter_supported: true

# The tasks below take tenant and credentials from the variables auth0_domain, auth0_client_id and auth0_client_secret.
- name: Shorten sessions and remove the default API
  mcp_ops.oauth.auth0_tenant_settings:
    session_lifetime: 24
    idle_session_lifetime_in_minutes: 90
    default_audience: ""
"""

RETURN = r"""
settings:
  description:
    - All settings of the tenant but its flags after the run, or in check mode as they would be. What was never set is
      missing. Lifetimes are in hours and in minutes.
  returned: success
  type: dict
  sample:
    enabled_locales: [en]
    resource_parameter_profile: compatibility
failure:
  description: Auth0's answer to the request that failed. A value is null where there was none.
  returned: when a request fails
  type: dict
  sample: {status: 401, code: null, message: Invalid token, request: GET /api/v2/tenants/settings}
"""

from ..module_utils._module import run
from ..module_utils._modules.auth0_tenant_settings import MODULE


def main() -> None:
    run(MODULE)


if __name__ == "__main__":
    main()
