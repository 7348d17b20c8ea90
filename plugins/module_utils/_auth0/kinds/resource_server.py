# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Resource servers, which the Dashboard calls APIs."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass

from ..._errors import ApiError
from ..._types import Object
from ..api import ManagementApi, encode
from ..plan import Plan, Shape
from ..resource import Collection

FIELDS: dict[str, t.Any] = {
    "identifier": {"type": "str", "required": True},
    "name": {"type": "str"},
    "scopes": {
        "type": "list",
        "elements": "dict",
        "options": {"value": {"type": "str", "required": True}, "description": {"type": "str"}},
    },
    "signing_alg": {"type": "str", "choices": ["HS256", "RS256", "RS512", "PS256"]},
    "signing_secret": {"type": "str", "no_log": True},
    "allow_offline_access": {"type": "bool"},
    "allow_online_access": {"type": "bool"},
    "allow_online_access_with_ephemeral_sessions": {"type": "bool"},
    "token_lifetime": {"type": "int", "no_log": False},
    "token_lifetime_for_web": {"type": "int", "no_log": False},
    "token_lifetime_for_anonymous_access_tokens": {"type": "int", "no_log": False},
    "skip_consent_for_verifiable_first_party_clients": {"type": "bool"},
    "enforce_policies": {"type": "bool"},
    "token_dialect": {
        "type": "str",
        "choices": ["access_token", "access_token_authz", "rfc9068_profile", "rfc9068_profile_authz"],
    },
    "token_encryption": {
        "type": "dict",
        "no_log": False,
        "options": {
            "format": {"type": "str", "choices": ["compact-nested-jwe"]},
            "encryption_key": {
                "type": "dict",
                "no_log": False,
                "options": {
                    "name": {"type": "str"},
                    "alg": {"type": "str", "choices": ["RSA-OAEP-256", "RSA-OAEP-384", "RSA-OAEP-512"]},
                    "kid": {"type": "str"},
                    "pem": {"type": "str"},
                },
            },
        },
        "required_together": [["format", "encryption_key"]],
    },
    "consent_policy": {"type": "str", "choices": ["transactional-authorization-with-mfa", ""]},
    "require_consent_non_repudiation": {"type": "bool"},
    "authorization_details": {"type": "list", "elements": "dict"},
    "proof_of_possession": {
        "type": "dict",
        "options": {
            "mechanism": {"type": "str", "choices": ["mtls", "dpop"]},
            "required": {"type": "bool"},
            "required_for": {"type": "str", "choices": ["public_clients", "all_clients"]},
        },
        "required_together": [["mechanism", "required"]],
        "required_by": {"required_for": ["mechanism"]},
    },
    "subject_type_authorization": {
        "type": "dict",
        "options": {
            "user": {
                "type": "dict",
                "options": {"policy": {"type": "str", "choices": ["allow_all", "deny_all", "require_client_grant"]}},
            },
            "client": {
                "type": "dict",
                "options": {"policy": {"type": "str", "choices": ["deny_all", "require_client_grant"]}},
            },
            "anonymous_user": {
                "type": "dict",
                "options": {"policy": {"type": "str", "choices": ["deny_all", "require_client_grant"]}},
            },
        },
    },
    "authorization_policy": {"type": "dict", "options": {"policy_id": {"type": "str"}}},
}

# What the PATCH schema of a system API lets through.
SYSTEM_FIELDS = frozenset(
    {
        "token_lifetime",
        "token_lifetime_for_web",
        "skip_consent_for_verifiable_first_party_clients",
        "subject_type_authorization",
        "authorization_policy",
    }
)


# Fields that callers of an API and those who check its tokens feel -> the value that takes nothing from them.
_FELT = {
    "signing_alg": None,
    "token_dialect": None,
    "token_encryption": None,
    "enforce_policies": False,
    "allow_offline_access": True,
    "allow_online_access": True,
    "proof_of_possession": None,
    "consent_policy": None,
    "subject_type_authorization": None,
}


def _say(value: t.Any) -> str:
    return json.dumps(value).strip('"')


def find_unknown_scopes(api: ManagementApi, named: t.Iterable[tuple[str, str]]) -> list[str]:
    """A sentence for each (identifier of an API, scope) that the tenant does not have, with one read an API.

    Empty where the token may not read APIs: then only Auth0 can tell.
    """
    by_api: dict[str, list[str]] = {}
    for identifier, scope in named:
        by_api.setdefault(identifier, []).append(scope)
    if not by_api or api.missing_scopes(["read:resource_servers"]):
        return []
    faults = []
    for identifier, scopes in by_api.items():
        try:
            found = api.get(f"resource-servers/{encode(identifier)}", RESOURCE_SERVER.form)
        except ApiError as error:
            if error.status != 403:
                raise
            return []
        there = [scope["value"] for scope in (found or {}).get("scopes") or []]
        if found is None:
            faults.append(f"The tenant has no API with the identifier '{identifier}'. Create it first.")
        elif unknown := [scope for scope in scopes if scope not in there]:
            known = ", ".join(there) or "none"
            faults.append(f"The API '{identifier}' has no scope {', '.join(unknown)}. Its scopes are: {known}.")
    return faults


@dataclass(frozen=True)
class ResourceServers(Collection):
    def impact(self, actual: Object, plan: Plan) -> t.Sequence[str]:
        if plan.action != "update":
            return ()
        changes = []
        for name, harmless in _FELT.items():
            old, new = actual.get(name, self.shape.defaults.get(name)), plan.body.get(name)
            if name in plan.body and old is not None and new not in (old, harmless):
                is_plain = not isinstance(new, dict) and not isinstance(old, dict)
                changes.append(f"{name} becomes {_say(new)}, and was {_say(old)}" if is_plain else f"{name} changes")
        if lost := [value for (value,) in plan.purged.get("scopes", ())]:
            changes.append(f"its scopes {', '.join(lost)} are removed")
        return [f"This affects all who use the API '{actual['identifier']}': {'; '.join(changes)}."] if changes else ()

    def guard(self, actual: Object, plan: Plan) -> str | None:
        if actual.get("is_system"):
            refused = sorted(set(plan.body) - SYSTEM_FIELDS)
            if refused:
                return (
                    f"'{actual['identifier']}' is a system API, and Auth0 lets nobody change its {', '.join(refused)}."
                )
            # The My Account API is activated and deactivated by creating and deleting it.
            if plan.action == "delete" and not actual["identifier"].endswith("/me/"):
                return f"'{actual['identifier']}' is a system API, which Auth0 lets nobody delete."
        encryption = plan.body.get("token_encryption")
        if encryption and not {"alg", "pem"} <= set(encryption["encryption_key"]):
            return "token_encryption.encryption_key needs alg and pem: Auth0 does not tell the current key."
        web, lifetime = plan.body.get("token_lifetime_for_web", 0), plan.predicted.get("token_lifetime")
        if lifetime is not None and web > lifetime:
            return f"token_lifetime_for_web ({web}) must not be longer than token_lifetime ({lifetime})."
        if plan.body.get("allow_online_access_with_ephemeral_sessions") and not plan.predicted.get(
            "allow_online_access"
        ):
            return "allow_online_access_with_ephemeral_sessions needs allow_online_access: true."
        return None


RESOURCE_SERVER = ResourceServers(
    noun="API",
    path="resource-servers",
    scope="resource_servers",
    keys=("identifier",),
    fields=FIELDS,
    always=("identifier",),
    addresses={"identifier": ""},
    explain={409: "Another run created it in the meantime: run again."},
    shape=Shape(
        immutable={
            "identifier": "an API's identifier can never be changed. Auth0 finds an API by its id as well, so give the "
            "identifier, not the id."
        },
        defaults={
            "scopes": [],
            "allow_online_access": False,
            "allow_online_access_with_ephemeral_sessions": False,
            "enforce_policies": False,
            "require_consent_non_repudiation": False,
            "token_dialect": "access_token",
            "subject_type_authorization.user.policy": "allow_all",
            "subject_type_authorization.client.policy": "require_client_grant",
        },
        sets={"scopes": ("value",)},
        cleared_by=dict.fromkeys(
            (
                "token_encryption",
                "consent_policy",
                "authorization_details",
                "proof_of_possession",
                "authorization_policy",
            )
        ),
        sent_with={"signing_secret": "signing_alg", "token_encryption.encryption_key.pem": "token_encryption"},
        unreadable=frozenset({"signing_secret", "token_encryption.encryption_key.pem"}),
        server_made=frozenset({"token_encryption.encryption_key.thumbprint_sha256"}),
        secrets=frozenset({"signing_secret"}),
        limits={
            "identifier": (1, 600),
            "name": (1, 200),
            "scopes": (0, 1000),
            "scopes.value": (1, 280),
            "scopes.description": (0, 500),
            "signing_secret": (16, 10_000),
            "token_lifetime": (0, 2_592_000),
            "token_lifetime_for_web": (0, 2_592_000),
            "token_lifetime_for_anonymous_access_tokens": (0, 2_592_000),
            "token_encryption.encryption_key.name": (1, 128),
            "token_encryption.encryption_key.kid": (1, 128),
            "token_encryption.encryption_key.pem": (1, 4096),
            "authorization_policy.policy_id": (1, 1024),
        },
        patterns={"name": (r"[^<>]*", "not contain < or >")},
    ),
)
