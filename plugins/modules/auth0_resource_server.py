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
  - Creates, updates or deletes an API, which Auth0's Management API calls a resource server.
  - For an MCP server the O(identifier) is its public URL. It becomes the audience of tokens and can never be changed.
  - Only the options that are set are compared and sent. Whatever else the API holds stays as it is.
options:
  identifier:
    description:
      - The API's identifier, by which it is found. It has from 1 to 600 characters.
      - Auth0 compares it letter by letter, a trailing slash included.
    type: str
    required: true
  state:
    description: Whether the API exists.
    type: str
    choices: [present, absent]
    default: present
  name:
    description: The name shown in the Dashboard, from 1 to 200 characters without V(<) and V(>).
    type: str
  scopes:
    description:
      - The permissions that the API knows. Their order does not matter.
      - Scopes that are not listed stay, unless O(purge_scopes) is set.
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
      - Removing a scope takes it away from every role and user that has it, without further notice.
    type: bool
    default: false
  signing_alg:
    description: The algorithm that signs the API's access tokens.
    type: str
    choices: [HS256, RS256, RS512, PS256]
  signing_secret:
    description:
      - The secret for O(signing_alg=HS256), at least 16 characters.
      - Auth0 does not tell the current one, so it is sent only when the API is created or O(signing_alg) changes.
    type: str
  allow_offline_access:
    description: Whether clients can get refresh tokens for this API. MCP clients rely on it.
    type: bool
  allow_online_access:
    description:
      - Whether clients can get refresh tokens that are bound to the session of the user. In early access at Auth0.
    type: bool
  allow_online_access_with_ephemeral_sessions:
    description: Whether O(allow_online_access) extends to ephemeral sessions. In early access at Auth0.
    type: bool
  token_lifetime:
    description: How long an access token is valid, in seconds from 0 to 2592000 (30 days).
    type: int
  token_lifetime_for_web:
    description: The same for tokens that browser-based flows get. At most O(token_lifetime).
    type: int
  token_lifetime_for_anonymous_access_tokens:
    description: The same for tokens of anonymous sessions.
    type: int
  skip_consent_for_verifiable_first_party_clients:
    description: Whether first-party applications that can be verified need no consent of the user.
    type: bool
  enforce_policies:
    description:
      - Whether role-based access control decides which scopes a user gets.
      - With V(true), a user without a role that has the permission gets a token without that scope.
    type: bool
  token_dialect:
    description:
      - The format of the access tokens. The values that end in V(_authz) add the user's permissions, and need
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
              - Auth0 does not tell the current one, so a new key is noticed only by its new
                O(token_encryption.encryption_key.name) or O(token_encryption.encryption_key.kid).
            type: str
  consent_policy:
    description: How users consent to a single transaction. The empty text removes the policy.
    type: str
    choices: [transactional-authorization-with-mfa, ""]
  require_consent_non_repudiation:
    description: Whether every consent is signed, so that the user cannot deny it later.
    type: bool
  authorization_details:
    description:
      - The types of authorization details (RFC 9396) that the API knows, each a dictionary such as
        V({"type":"payment"}).
      - The list is managed whole, in any order. The empty list removes it.
    type: list
    elements: dict
  proof_of_possession:
    description: Whether access tokens are bound to a key of the client. An empty dictionary removes the requirement.
    type: dict
    suboptions:
      mechanism:
        description: How tokens are bound.
        type: str
        choices: [mtls, dpop]
      required:
        description: Whether only bound tokens are issued.
        type: bool
      required_for:
        description: Which clients O(proof_of_possession.required) applies to.
        type: str
        choices: [public_clients, all_clients]
  subject_type_authorization:
    description:
      - Which applications can get tokens for the API. Third-party applications need a client grant whatever this says.
    type: dict
    suboptions:
      user:
        description: Access on behalf of a user.
        type: dict
        suboptions:
          policy:
            description: Which applications can ask for it.
            type: str
            choices: [allow_all, deny_all, require_client_grant]
      client:
        description: Access of an application on its own behalf.
        type: dict
        suboptions:
          policy:
            description: Which applications can ask for it.
            type: str
            choices: [deny_all, require_client_grant]
      anonymous_user:
        description: Access on behalf of an anonymous session.
        type: dict
        suboptions:
          policy:
            description: Which applications can ask for it.
            type: str
            choices: [deny_all, require_client_grant]
  authorization_policy:
    description: The policy that decides on access. An empty dictionary removes it. In early access at Auth0.
    type: dict
    suboptions:
      policy_id:
        description: The ID of the policy, from 1 to 1024 characters.
        type: str
notes:
  - The token needs the scope C(read:resource_servers), and C(create:resource_servers), C(update:resource_servers) or
    C(delete:resource_servers) for the change.
  - Of a system API, such as the Management API itself, only O(token_lifetime), O(token_lifetime_for_web),
    O(skip_consent_for_verifiable_first_party_clients), O(subject_type_authorization) and O(authorization_policy) can
    change.
extends_documentation_fragment:
  - mcp_ops.oauth.auth0
  - mcp_ops.oauth.attributes
  - mcp_ops.oauth.attributes.tenant
"""

EXAMPLES = r"""
- name: The API of an MCP server
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

- name: Exactly these scopes and no others
  mcp_ops.oauth.auth0_resource_server:
    identifier: https://mcp.example.com/mcp
    scopes:
      - value: tools:read
      - value: tools:write
    purge_scopes: true

- name: The API is gone
  mcp_ops.oauth.auth0_resource_server:
    identifier: https://mcp.example.com/mcp
    state: absent
"""

RETURN = r"""
resource_server:
  description:
    - The API as Auth0 returns it, without secrets. A field that was never set is missing.
    - In check mode the object as it would be, without values that Auth0 makes up on creation.
    - Empty if the API does not exist (afterwards).
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
  description: What Auth0 answered to the request that failed. Each value is null where there was none.
  returned: when a request fails
  type: dict
  sample:
    status: 403
    code: insufficient_scope
    message: "Insufficient scope, expected any of: create:resource_servers"
    request: POST /api/v2/resource-servers
"""

from ..module_utils._auth0.kinds.resource_server import FIELDS, RESOURCE_SERVER
from ..module_utils._module import STATE, Result, TenantModule, TenantTask, run
from ..module_utils._types import Object


def perform(task: TenantTask) -> Result:
    purge = ["scopes"] if task.options["purge_scopes"] else []
    outcome = task.ensure(RESOURCE_SERVER, task.fields(FIELDS), purge=purge)
    values: Object = {"resource_server": outcome.object}
    if purge and not task.absent:
        values["purged_scopes"] = [value for (value,) in outcome.plan.purged.get("scopes", ())]
    return Result.of(outcome, values)


OPTIONS = {**FIELDS, **STATE, "purge_scopes": {"type": "bool", "default": False}}
MODULE = TenantModule(OPTIONS, perform, {"required_by": {"signing_secret": ["signing_alg"]}})


def main() -> None:
    run(MODULE)


if __name__ == "__main__":
    main()
