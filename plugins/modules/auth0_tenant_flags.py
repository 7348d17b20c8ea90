#!/usr/bin/python
# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: auth0_tenant_flags
short_description: Manage the flags of an Auth0 tenant
version_added: 0.1.0
author:
  - mcp_ops.oauth contributors (@mcp-ops)
description:
  - Turns features of a tenant on and off.
  - Only the flags that are set are compared, and only those that differ are sent. All others stay as they are.
options:
  flags:
    description:
      - The flags to manage. A flag that the tenant has never set counts as Auth0's documented default. Without a
        documented default, it differs from V(true) and V(false).
    type: dict
    required: true
    suboptions:
      allow_changing_enable_sso:
        description: >-
          Whether O(flags.enable_sso) can be changed. Only Auth0 can set this flag: a value that differs is an error.
        type: bool
      allow_legacy_delegation_grant_types:
        description: Whether applications can have legacy delegation grant types.
        type: bool
      allow_legacy_ro_grant_types:
        description: Whether applications can have legacy resource owner grant types.
        type: bool
      allow_legacy_tokeninfo_endpoint:
        description: Whether the legacy C(/tokeninfo) endpoint is available.
        type: bool
      change_pwd_flow_v1:
        description: >-
          Whether the old flow for changing passwords is used. Auth0 may refuse to turn it on again. Auth0's
          default is V(false).
        type: bool
      custom_domains_provisioning:
        description: Whether custom domains can be set up. Auth0's default is V(false).
        type: bool
      dashboard_insights_view:
        description: Whether the Dashboard shows its insights page.
        type: bool
      dashboard_log_streams_next:
        description: Whether beta features of log streams are available.
        type: bool
      disable_clickjack_protection_headers:
        description: Whether pages of Classic Login lack the headers against clickjacking.
        type: bool
      disable_fields_map_fix:
        description: Whether a fix of Auth0's for the field mapping of SAML connections is off.
        type: bool
      disable_impersonation:
        description: >-
          Whether impersonation is off. Only Auth0 can set this flag: a value that differs is an error. Auth0's
          default is V(false).
        type: bool
      disable_management_api_sms_obfuscation:
        description: Whether the Management API shows telephone numbers in full. Auth0's default is V(true).
        type: bool
      enable_adfs_waad_email_verification:
        description: Whether users of Azure AD and ADFS connections are asked to verify their email address.
        type: bool
      enable_apis_section:
        description: Whether the Dashboard shows the APIs section. Auth0's default is V(false).
        type: bool
      enable_client_connections:
        description: >-
          Whether a new application gets all connections that exist. Third-party applications, such as self-registered
          MCP clients, only ever get those at domain level (M(mcp_ops.oauth.auth0_connection_domain)). Auth0's default
          is V(true).
        type: bool
      enable_dynamic_client_registration:
        description: >-
          Whether anyone can register an application at C(/oidc/register) (dynamic client registration), as many MCP
          clients do. Auth0's default is V(false).
        type: bool
      enable_idtoken_api2:
        description: Whether ID tokens can authorize some requests to the Management API (legacy).
        type: bool
      enable_legacy_profile:
        description: Whether ID tokens contain the complete user profile (legacy).
        type: bool
      enable_pipeline2:
        description: Whether advanced API authorization is on. Auth0's default is V(true).
        type: bool
      enable_public_signup_user_exists_error:
        description: Whether a sign-up fails with its own error if the user exists, and not with a generic one.
        type: bool
      enable_sso:
        description: >-
          Whether users are logged in to further applications without a confirmation (single sign-on). Can only be
          changed where O(flags.allow_changing_enable_sso) is on.
        type: bool
      enforce_client_authentication_on_passwordless_start:
        description: >-
          Whether applications must authenticate to start a passwordless login. On some tenants Auth0 refuses a change.
        type: bool
      genai_trial:
        description: Whether the tenant takes part in the trial of Auth0's AI features.
        type: bool
      improved_signup_bot_detection_in_classic:
        description: Whether improved bot detection guards sign-ups in Classic Login.
        type: bool
      local_resource_discovery:
        description: Whether the Local Resource Discovery endpoint is available.
        type: bool
      mfa_show_factor_list_on_enrollment:
        description: Whether users choose the factor when they enroll in multi-factor authentication.
        type: bool
      no_disclose_enterprise_connections:
        description: Whether the public configuration of applications hides enterprise connections.
        type: bool
      remove_alg_from_jwks:
        description: Whether the signing keys in the JWKS lack their C(alg).
        type: bool
      revoke_refresh_token_grant:
        description: Whether revoking a refresh token deletes the user's grant.
        type: bool
      trust_azure_adfs_email_verified_connection_property:
        description: >-
          Whether email addresses that Azure AD and ADFS connections call verified count as verified. Auth0's default
          is V(false).
        type: bool
      use_scope_descriptions_for_consent:
        description: Whether the consent page shows the descriptions of scopes instead of their names.
        type: bool
notes:
  - The token needs the scope C(read:tenant_settings), and for a change C(update:tenant_settings).
extends_documentation_fragment: [mcp_ops.oauth._attributes, mcp_ops.oauth._auth0]
seealso:
  - module: mcp_ops.oauth.auth0_connection_domain
  - module: mcp_ops.oauth.auth0_tenant_info
"""

EXAMPLES = r"""
- name: Let MCP clients register themselves
  mcp_ops.oauth.auth0_tenant_flags:
    domain: tenant.eu.auth0.com
    auth_client_id: "{{ auth0_client_id }}"
    auth_client_secret: "{{ auth0_client_secret }}"
    flags:
      enable_dynamic_client_registration: true

# The tasks below take tenant and credentials from the variables auth0_domain, auth0_client_id and auth0_client_secret.
- name: Show what would change
  mcp_ops.oauth.auth0_tenant_flags:
    flags:
      enable_dynamic_client_registration: false
      revoke_refresh_token_grant: true
  check_mode: true
  diff: true
"""

RETURN = r"""
flags:
  description:
    - All flags of the tenant after the run, or in check mode as they would be. A flag that was never set is missing.
  returned: success
  type: dict
  sample:
    enable_client_connections: false
    enable_dynamic_client_registration: true
failure:
  description: Auth0's answer to the request that failed. A value is null where there was none.
  returned: when a request fails
  type: dict
  sample: {status: 401, code: null, message: Invalid token, request: GET /api/v2/tenants/settings}
"""

from ..module_utils._module import run
from ..module_utils._modules.auth0_tenant_flags import MODULE


def main() -> None:
    run(MODULE)


if __name__ == "__main__":
    main()
