# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """What can be set on every application, however it was registered."""

    DOCUMENTATION = r"""
options:
  grant_types:
    description:
      - The grant types that the application may use, such as V(authorization_code) and V(refresh_token). The complete
        list, in any order.
    type: list
    elements: str
  description:
    description: What the application is, at most 140 characters.
    type: str
  oidc_conformant:
    description: Whether the application conforms strictly to OpenID Connect, without legacy features.
    type: bool
  allowed_origins:
    description: The origins from which JavaScript may call Auth0 (CORS). The complete list, in any order.
    type: list
    elements: str
  web_origins:
    description: The origins that may log users in silently. The complete list, in any order.
    type: list
    elements: str
  refresh_token:
    description: How the application's refresh tokens rotate and expire. What is left out stays as it is.
    type: dict
    suboptions:
      rotation_type:
        description: Whether each use of a refresh token replaces it.
        type: str
        choices: [rotating, non-rotating]
      expiration_type:
        description: Whether refresh tokens expire.
        type: str
        choices: [expiring, non-expiring]
      leeway:
        description: Seconds for which a refresh token that was replaced can still be used, at most V(60).
        type: int
      token_lifetime:
        description: Seconds until a refresh token expires.
        type: int
      infinite_token_lifetime:
        description: Whether refresh tokens expire only without use. O(refresh_token.token_lifetime) is ignored then.
        type: bool
      idle_token_lifetime:
        description: Seconds until a refresh token that is not used expires.
        type: int
      infinite_idle_token_lifetime:
        description: Whether refresh tokens stay valid unused. O(refresh_token.idle_token_lifetime) is ignored then.
        type: bool
      policies:
        description: The further APIs for which a refresh token can be used. The complete list, in any order.
        type: list
        elements: dict
        suboptions:
          audience:
            description: The identifier of the API.
            type: str
            required: true
          scope:
            description: The scopes of the API that a refresh token can be used for.
            type: list
            elements: str
            required: true
  organization_usage:
    description: Whether users cannot (V(deny)), can (V(allow)) or must (V(require)) log in to an organization.
    type: str
    choices: [deny, allow, require]
  organization_require_behavior:
    description: When users are asked for their organization.
    type: str
    choices: [no_prompt, pre_login_prompt, post_login_prompt]
  client_metadata:
    description: Up to ten keys with a string each. Keys that are not named stay, and null removes a key.
    type: dict
  require_proof_of_possession:
    description: Whether the application's access tokens must be bound to a key that it holds.
    type: bool
"""
