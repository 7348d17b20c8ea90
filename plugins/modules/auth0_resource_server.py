#!/usr/bin/python
# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: auth0_resource_server
short_description: Manage an API (resource server) of an Auth0 tenant
version_added: 0.1.0
author:
  - mcp_ops.oauth contributors (@mcp-ops)
description:
  - Creates, updates or deletes an API. Auth0's Management API calls it a resource server.
  - The O(identifier) of an MCP server's API is the server's public URL. It becomes the audience of tokens.
options:
  identifier:
    description:
      - The identifier of the API, by which it is found. It can never be changed.
      - A new API's identifier has from 1 to 600 characters.
      - Auth0 compares identifiers letter by letter, a trailing slash included.
    type: str
    required: true
  name:
    description: The name shown in the Dashboard, from 1 to 200 characters without V(<) and V(>).
    type: str
  scopes:
    description:
      - The scopes (permissions) of the API, in any order.
      - Scopes that are not listed stay, unless O(purge_scopes=true).
    type: list
    elements: dict
    suboptions:
      value:
        description: The name of the scope, from 1 to 280 characters.
        type: str
        required: true
      description:
        description: What the scope allows, at most 500 characters. If not set, the current description stays.
        type: str
  purge_scopes:
    description:
      - Whether scopes that O(scopes) does not list are removed.
      - Auth0 also removes such a scope from every role and user that has it.
    type: bool
    default: false
  signing_alg:
    description: The algorithm that signs the API's access tokens.
    type: str
    choices: [HS256, RS256, RS512, PS256]
  signing_secret:
    description:
      - The secret for O(signing_alg=HS256), at least 16 characters.
      - Auth0 does not return the current one, so it is sent only when the API is created or O(signing_alg) changes.
    type: str
  allow_offline_access:
    description: Whether applications can get refresh tokens for the API. MCP clients rely on it.
    type: bool
  allow_online_access:
    description:
      - Whether applications can get online refresh tokens, which are bound to the user's session. Early access at
        Auth0.
    type: bool
  allow_online_access_with_ephemeral_sessions:
    description: Whether O(allow_online_access) also holds for ephemeral sessions. Early access at Auth0.
    type: bool
  token_lifetime:
    description: How long an access token is valid, in seconds from 0 to 2592000 (30 days).
    type: int
  token_lifetime_for_web:
    description: How long an access token from a browser-based flow is valid, in seconds, at most O(token_lifetime).
    type: int
  token_lifetime_for_anonymous_access_tokens:
    description: How long an access token of an anonymous session is valid, in seconds from 0 to 2592000 (30 days).
    type: int
  skip_consent_for_verifiable_first_party_clients:
    description: Whether verifiable first-party applications need no consent of the user.
    type: bool
  enforce_policies:
    description:
      - Whether role-based access control decides which scopes a user gets.
      - With V(true), a user's token has only those requested scopes that the user's roles
        (M(mcp_ops.oauth.auth0_role)) or own permissions contain.
    type: bool
  token_dialect:
    description:
      - The format of access tokens. The values that end in V(_authz) add the user's permissions, and need
        O(enforce_policies=true).
    type: str
    choices: [access_token, access_token_authz, rfc9068_profile, rfc9068_profile_authz]
  token_encryption:
    description: How access tokens are encrypted. An empty dictionary turns encryption off.
    type: dict
    suboptions:
      format:
        description: The format of the encrypted token.
        type: str
        choices: [compact-nested-jwe]
      encryption_key:
        description: The public key of the API.
        type: dict
        suboptions:
          name:
            description: A name for the key, from 1 to 128 characters.
            type: str
          alg:
            description: The algorithm that encrypts with the key.
            type: str
            choices: [RSA-OAEP-256, RSA-OAEP-384, RSA-OAEP-512]
          kid:
            description: The ID of the key, from 1 to 128 characters.
            type: str
          pem:
            description:
              - The public key or certificate in PEM form, at most 4096 characters.
              - Auth0 does not return the current one, so a new key is noticed only by its new
                O(token_encryption.encryption_key.name) or O(token_encryption.encryption_key.kid).
            type: str
  consent_policy:
    description: How users consent to a single transaction. An empty string removes the policy.
    type: str
    choices: [transactional-authorization-with-mfa, ""]
  require_consent_non_repudiation:
    description: Whether every consent is signed, so that the user cannot deny it later.
    type: bool
  authorization_details:
    description:
      - The types of authorization details (RFC 9396) of the API, each a dictionary such as V({"type":"payment"}).
      - The complete list, in any order. An empty list removes it.
    type: list
    elements: dict
  proof_of_possession:
    description: How access tokens are bound to a key of the application. An empty dictionary removes the setting.
    type: dict
    suboptions:
      mechanism:
        description: How access tokens are bound.
        type: str
        choices: [mtls, dpop]
      required:
        description: Whether only bound access tokens are issued.
        type: bool
      required_for:
        description: Which applications O(proof_of_possession.required) holds for.
        type: str
        choices: [public_clients, all_clients]
  subject_type_authorization:
    description:
      - Which applications can get tokens for the API. Third-party applications always need a client grant.
    type: dict
    suboptions:
      user:
        description: Access on behalf of a user.
        type: dict
        suboptions:
          policy:
            description: Which applications can get tokens on behalf of a user.
            type: str
            choices: [allow_all, deny_all, require_client_grant]
      client:
        description: Access of an application on its own behalf.
        type: dict
        suboptions:
          policy:
            description: Which applications can get tokens on their own behalf.
            type: str
            choices: [deny_all, require_client_grant]
      anonymous_user:
        description: Access on behalf of an anonymous session.
        type: dict
        suboptions:
          policy:
            description: Which applications can get tokens on behalf of an anonymous session.
            type: str
            choices: [deny_all, require_client_grant]
  authorization_policy:
    description: The policy that decides on access. An empty dictionary removes it. Early access at Auth0.
    type: dict
    suboptions:
      policy_id:
        description: The ID of the policy, from 1 to 1024 characters.
        type: str
notes:
  - The token needs the scope C(read:resource_servers), and for a change C(create:resource_servers),
    C(update:resource_servers) or C(delete:resource_servers).
  - Of a system API, such as the Management API itself, only O(token_lifetime), O(token_lifetime_for_web),
    O(skip_consent_for_verifiable_first_party_clients), O(subject_type_authorization) and O(authorization_policy) can be
    changed.
extends_documentation_fragment: [mcp_ops.oauth._auth0, mcp_ops.oauth._state]
seealso:
  - module: mcp_ops.oauth.auth0_client_grant
  - module: mcp_ops.oauth.auth0_resource_server_info
"""

EXAMPLES = r"""
- name: Create the API of an MCP server
  mcp_ops.oauth.auth0_resource_server:
    domain: tenant.eu.auth0.com
    auth_client_id: "{{ auth0_client_id }}"
    auth_client_secret: "{{ auth0_client_secret }}"
    identifier: https://mcp.example.com/mcp
    name: Example MCP server
    signing_alg: RS256
    token_dialect: rfc9068_profile
    allow_offline_access: true
    scopes:
      - value: tools:read
        description: List and call the tools that only read

# The tasks below take tenant and credentials from the variables auth0_domain, auth0_client_id and auth0_client_secret.
- name: Set exactly these scopes
  mcp_ops.oauth.auth0_resource_server:
    identifier: https://mcp.example.com/mcp
    scopes:
      - value: tools:read
      - value: tools:write
    purge_scopes: true

- name: Delete the API
  mcp_ops.oauth.auth0_resource_server:
    identifier: https://mcp.example.com/mcp
    state: absent
"""

RETURN = r"""
resource_server:
  description:
    - The API as Auth0 returns it after the run, without secrets. A field that was never set is missing.
    - In check mode the API as it would be, without values that Auth0 makes on creation.
    - Empty if the API does not exist.
  returned: success
  type: dict
  sample:
    id: 69a006b6f39293776f28ab5d
    identifier: https://mcp.example.com/mcp
    name: Example MCP server
    signing_alg: RS256
    token_dialect: rfc9068_profile
    allow_offline_access: true
    token_lifetime: 86400
    token_lifetime_for_web: 7200
    scopes:
      - value: tools:read
        description: List and call the tools that only read
purged_scopes:
  description: The scopes that O(purge_scopes) removed, or in check mode would remove.
  returned: when O(purge_scopes=true) and O(state=present)
  type: list
  elements: str
  sample: [tools:admin]
failure:
  description: Auth0's answer to the request that failed. A value is null where there was none.
  returned: when a request fails
  type: dict
  sample: {status: 401, code: null, message: Invalid token, request: GET /api/v2/resource-servers}
"""

from ..module_utils._module import run
from ..module_utils._modules.auth0_resource_server import MODULE


def main() -> None:
    run(MODULE)


if __name__ == "__main__":
    main()
