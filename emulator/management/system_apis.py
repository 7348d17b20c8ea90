# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Auth0's own APIs that a tenant gets by creating a resource server with their identifier.

`https://HOST/me/` is the My Account API (TestAccResourceServer_ACR recording), `https://HOST/my-org/` the My
Organization API, whose scopes are those that Auth0's own set-up script grants. HOST is that of the tenant, or any below
auth0.com: the recording names another region than its tenant's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..tenant import Tenant, hex_id
from .operation import Object

# What a system API takes when it is made and later. Name and scopes are its own.
CHANGEABLE = frozenset(
    {
        "token_lifetime",
        "token_lifetime_for_web",
        "skip_consent_for_verifiable_first_party_clients",
        "subject_type_authorization",
        "authorization_policy",
    }
)


@dataclass(frozen=True)
class SystemApi:
    """`at_once` is the number of scopes in the answer to the create; the rest follows with the next read."""

    name: str
    client_policy: str
    scopes: tuple[str, ...]
    at_once: int


def _scopes(entity: str, actions: str) -> tuple[str, ...]:
    return tuple(f"{action}:{entity}" for action in actions.split())


_MY_ACCOUNT = SystemApi(
    "Auth0 My Account API",
    "deny_all",
    (
        *_scopes("me:connected_accounts", "create read delete"),
        *_scopes("me:authentication_methods", "read delete update"),
        "read:me:factors",
        "create:me:authentication_methods",
    ),
    3,
)
_MY_ORGANIZATION_SCOPES = (
    *_scopes("my_org:details", "read update"),
    *_scopes("my_org:identity_providers", "create read update delete"),
    *_scopes("my_org:identity_providers_detach", "update"),
    *_scopes("my_org:domains", "read delete create update"),
    *_scopes("my_org:identity_providers_domains", "create delete"),
    *_scopes("my_org:identity_providers_scim_tokens", "read create delete"),
    *_scopes("my_org:identity_providers_provisioning", "create read delete"),
    *_scopes("my_org:configuration", "read"),
)
_MY_ORGANIZATION = SystemApi(
    "Auth0 My Organization API", "require_client_grant", _MY_ORGANIZATION_SCOPES, len(_MY_ORGANIZATION_SCOPES)
)
_BY_PATH = {"/me/": _MY_ACCOUNT, "/my-org/": _MY_ORGANIZATION}


def _find(tenant: Tenant, identifier: str) -> SystemApi | None:
    host = rf"https://({re.escape(tenant.domain)}|[\w.-]+\.auth0\.com)"
    return next((api for path, api in _BY_PATH.items() if re.fullmatch(host + re.escape(path), identifier)), None)


def _scope(value: str) -> Object:
    action, *_entity, thing = value.split(":")
    return {"value": value, "description": f"{action} {thing.replace('_', ' ')}".title()}


def activated(tenant: Tenant, body: Object) -> Object | None:
    """The API that a create with this body activates, if it is one of Auth0's own."""
    api = _find(tenant, body["identifier"])
    if api is None:
        return None
    return {
        "id": hex_id(),
        "name": api.name,
        "identifier": body["identifier"],
        "allow_offline_access": True,
        "skip_consent_for_verifiable_first_party_clients": True,
        "subject_type_authorization": {
            "client": {"policy": api.client_policy},
            "user": {"policy": "require_client_grant"},
        },
        "proof_of_possession": {"mechanism": "dpop", "required": False},
        "token_lifetime": 600,
        "token_lifetime_for_web": 600,
        "signing_alg": "RS256",
        "scopes": [_scope(value) for value in api.scopes],
        "is_system": True,
        **{key: value for key, value in body.items() if key in CHANGEABLE and value is not None},
    }


def at_once(tenant: Tenant, made: Object) -> Object:
    """What the answer to the create shows of an API."""
    api = _find(tenant, made["identifier"])
    return made if api is None else {**made, "scopes": made["scopes"][: api.at_once]}
