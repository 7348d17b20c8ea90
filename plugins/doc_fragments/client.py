# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """What can be set on every application, however it was registered."""

    DOCUMENTATION = r"""
options:
  grant_types:
    description:
      - How the application gets tokens, such as V(authorization_code) and V(refresh_token). The list is managed
        whole, in any order.
    type: list
    elements: str
  description:
    description: What the application is, at most 140 characters.
    type: str
  oidc_conformant:
    description: Whether the application keeps strictly to OpenID Connect.
    type: bool
  allowed_origins:
    description: The origins from which scripts may call Auth0. The list is managed whole, in any order.
    type: list
    elements: str
  web_origins:
    description: The origins for silent logins. The list is managed whole, in any order.
    type: list
    elements: str
  refresh_token:
    description: The application's refresh tokens. What is left out stays as it is.
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
        description: Whether O(refresh_token.token_lifetime) does not count.
        type: bool
      idle_token_lifetime:
        description: Seconds without use until a refresh token expires.
        type: int
      infinite_idle_token_lifetime:
        description: Whether O(refresh_token.idle_token_lifetime) does not count.
        type: bool
      policies:
        description: For which further APIs a refresh token can be used. The list is managed whole, in any order.
        type: list
        elements: dict
        suboptions:
          audience:
            description: The identifier of the API.
            type: str
            required: true
          scope:
            description: The scopes.
            type: list
            elements: str
            required: true
  organization_usage:
    description: Whether users can, cannot or must log in to an organization.
    type: str
    choices: [deny, allow, require]
  organization_require_behavior:
    description: When users are asked for their organization.
    type: str
    choices: [no_prompt, pre_login_prompt, post_login_prompt]
  client_metadata:
    description: At most ten texts of your own. Those that are not named stay, and null removes one.
    type: dict
  require_proof_of_possession:
    description: Whether the application's tokens must be bound to a key.
    type: bool
"""
