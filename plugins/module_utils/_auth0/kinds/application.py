# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Applications, which Auth0's API calls clients."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from ..._secrets import SECRET_NAMES
from ..._types import Object
from ..plan import Plan, Shape
from ..resource import Collection
from .tenant import QUOTA, quota_limits

_TEXTS = {"type": "list", "elements": "str"}
REFRESH_TOKEN: dict[str, t.Any] = {
    "type": "dict",
    "no_log": False,
    "options": {
        "rotation_type": {"type": "str", "choices": ["rotating", "non-rotating"]},
        "expiration_type": {"type": "str", "choices": ["expiring", "non-expiring"]},
        "leeway": {"type": "int"},
        "token_lifetime": {"type": "int", "no_log": False},
        "infinite_token_lifetime": {"type": "bool", "no_log": False},
        "idle_token_lifetime": {"type": "int", "no_log": False},
        "infinite_idle_token_lifetime": {"type": "bool", "no_log": False},
        "policies": {
            "type": "list",
            "elements": "dict",
            "options": {"audience": {"type": "str", "required": True}, "scope": {**_TEXTS, "required": True}},
        },
    },
}

# What an administrator may set on an application that a metadata document describes.
CIMD_FIELDS: dict[str, t.Any] = {
    "app_type": {"type": "str", "choices": ["native", "regular_web"]},
    "grant_types": _TEXTS,
    "jwt_configuration": {
        "type": "dict",
        "options": {"alg": {"type": "str", "choices": ["RS256"]}, "lifetime_in_seconds": {"type": "int"}},
    },
    "description": {"type": "str"},
    "oidc_conformant": {"type": "bool"},
    "allowed_origins": _TEXTS,
    "web_origins": _TEXTS,
    "refresh_token": REFRESH_TOKEN,
    "organization_usage": {"type": "str", "choices": ["deny", "allow", "require"]},
    "organization_require_behavior": {
        "type": "str",
        "choices": ["no_prompt", "pre_login_prompt", "post_login_prompt"],
    },
    "client_metadata": {"type": "dict"},
    "require_proof_of_possession": {"type": "bool"},
}

# The last ones are for single sign-on to services of others, each of which has a kind of its own.
APP_TYPES = [
    *("native", "spa", "regular_web", "non_interactive", "resource_server", "express_configuration", "rms", "box"),
    *("cloudbees", "concur", "dropbox", "mscrm", "echosign", "egnyte", "newrelic", "office365", "salesforce"),
    *("sentry", "sharepoint", "slack", "springcm", "zendesk", "zoom", "sso_integration", "oag"),
]

FIELDS: dict[str, t.Any] = {
    "client_id": {"type": "str"},
    "name": {"type": "str"},
    **CIMD_FIELDS,
    "app_type": {"type": "str", "choices": APP_TYPES},
    "is_first_party": {"type": "bool"},
    "third_party_security_mode": {"type": "str", "choices": ["strict", "permissive"]},
    "redirection_policy": {"type": "str", "choices": ["allow_always", "open_redirect_protection"]},
    "logo_uri": {"type": "str"},
    "callbacks": _TEXTS,
    "allowed_logout_urls": _TEXTS,
    "allowed_clients": _TEXTS,
    "client_aliases": _TEXTS,
    "initiate_login_uri": {"type": "str"},
    "token_endpoint_auth_method": {
        "type": "str",
        "no_log": False,
        "choices": ["none", "client_secret_post", "client_secret_basic"],
    },
    "client_secret": {"type": "str", "no_log": True},
    "jwt_configuration": {
        "type": "dict",
        "options": {
            "alg": {"type": "str", "choices": ["HS256", "RS256", "RS512", "PS256"]},
            "lifetime_in_seconds": {"type": "int"},
            "secret_encoded": {"type": "bool", "no_log": False},
            "scopes": {"type": "dict"},
        },
    },
    "resource_server_identifier": {"type": "str"},
    "cross_origin_authentication": {"type": "bool"},
    "cross_origin_loc": {"type": "str"},
    "sso": {"type": "bool"},
    "sso_disabled": {"type": "bool"},
    "custom_login_page": {"type": "str"},
    "custom_login_page_on": {"type": "bool"},
    "is_token_endpoint_ip_header_trusted": {"type": "bool", "no_log": False},
    "require_pushed_authorization_requests": {"type": "bool"},
    "par_request_expiry": {"type": "int"},
    "compliance_level": {
        "type": "str",
        "choices": [
            "none",
            "fapi1_adv_pkj_par",
            "fapi1_adv_mtls_par",
            "fapi2_sp_pkj_mtls",
            "fapi2_sp_mtls_mtls",
        ],
    },
    "skip_non_verifiable_callback_uri_confirmation_prompt": {"type": "bool"},
    "organization_discovery_methods": {"type": "list", "elements": "str", "choices": ["email", "organization_name"]},
    "default_organization": {
        "type": "dict",
        "options": {
            "organization_id": {"type": "str"},
            "flows": {"type": "list", "elements": "str", "choices": ["client_credentials"]},
        },
    },
    "token_exchange": {
        "type": "dict",
        "no_log": False,
        "options": {
            "allow_any_profile_of_type": {
                "type": "list",
                "elements": "str",
                "choices": ["custom_authentication", "on_behalf_of_token_exchange"],
            }
        },
    },
    "token_quota": {**QUOTA, "no_log": False},
    "oidc_logout": {
        "type": "dict",
        "options": {
            "backchannel_logout_urls": _TEXTS,
            "backchannel_logout_initiators": {
                "type": "dict",
                "options": {
                    "mode": {"type": "str", "choices": ["custom", "all"]},
                    "selected_initiators": _TEXTS,
                },
            },
            "backchannel_logout_session_metadata": {"type": "dict", "options": {"include": {"type": "bool"}}},
        },
    },
    "session_transfer": {"type": "dict"},
    "mobile": {"type": "dict"},
    "native_social_login": {"type": "dict"},
    "addons": {"type": "dict"},
}

# All that Auth0 lets anyone set on a strict third-party application (docs: third-party applications, security).
STRICT_FIELDS = frozenset(
    {
        *("name", "description", "logo_uri", "callbacks", "allowed_origins", "web_origins", "grant_types"),
        *("token_endpoint_auth_method", "app_type", "client_metadata", "jwt_configuration", "refresh_token"),
        *("require_proof_of_possession", "redirection_policy", "is_first_party", "third_party_security_mode"),
        *("oidc_conformant", "client_secret", "organization_usage", "organization_require_behavior"),
    }
)
SECRET_FIELDS = ("client_secret", "signing_keys", "encryption_key")
# Each add-on has fields of its own, and which of them are secrets only their names tell. None are shown anyway.
SECRET_ADDONS = rf"(?i)^addons\.(.*\.)?({SECRET_NAMES})"


@dataclass(frozen=True)
class Applications(Collection):
    def guard(self, actual: Object, plan: Plan) -> str | None:
        if actual.get("global"):
            return "This is the tenant's own application for all others; it cannot be managed."
        if plan.action == "create" and "client_secret" in plan.body:
            return (
                "Auth0 makes the client_secret of a new application. Leave it out, and set it in a second task if "
                "need be."
            )
        third_party = plan.action == "create" and plan.body.get("is_first_party") is False
        if third_party and "third_party_security_mode" not in plan.body:
            return (
                "A new third-party application needs third_party_security_mode: strict or permissive. Auth0's own "
                "default differs from tenant to tenant."
            )
        if plan.predicted.get("third_party_security_mode") == "strict":
            refused = sorted(set(plan.body) - STRICT_FIELDS)
            if refused:
                return f"Auth0 does not let a strict third-party application have {', '.join(refused)}. Leave it out."
        return None


NEVER = "Auth0 never changes this of an application. Delete it and create it anew."
SHAPE = Shape(
    immutable={
        "is_first_party": NEVER,
        "third_party_security_mode": NEVER,
        "resource_server_identifier": NEVER,
    },
    defaults={
        **{name: [] for name, option in FIELDS.items() if option is _TEXTS and name != "grant_types"},
        **dict.fromkeys(("description", "logo_uri", "initiate_login_uri", "custom_login_page"), ""),
        **dict.fromkeys(("require_proof_of_possession", "require_pushed_authorization_requests"), False),
        "is_first_party": True,
        "refresh_token.policies": [],
    },
    maps=frozenset({"client_metadata"}),
    # addons by null: TestAccClientAddons recording; the two others: TestAccClientConfig and TestAccClientMobile.
    cleared_by={
        **dict.fromkeys(("default_organization", "session_transfer", "token_exchange", "token_quota")),
        **dict.fromkeys(("organization_discovery_methods", "addons", "refresh_token.policies")),
        "initiate_login_uri": "",
        "oidc_logout": {},
    },
    secrets=frozenset({*SECRET_FIELDS, "addons"}),
    secret_paths=SECRET_ADDONS,
    required={
        "refresh_token": ("rotation_type", "expiration_type"),
        "default_organization": ("organization_id", "flows"),
        "token_quota": ("client_credentials",),
    },
    limits={
        "name": (1, 1000),
        "description": (0, 140),
        "client_metadata": (0, 10),
        "jwt_configuration.lifetime_in_seconds": (1, 2_592_000),
        "refresh_token.leeway": (0, 60),
        "refresh_token.token_lifetime": (1, 157_788_000),
        "refresh_token.idle_token_lifetime": (1, 157_788_000),
        "refresh_token.policies.audience": (1, 600),
        "refresh_token.policies.scope[]": (1, 280),
        "par_request_expiry": (10, 600),
        "resource_server_identifier": (1, 600),
        **quota_limits("token_quota"),
        **{f"{name}[]": (1, 2000) for name in ("allowed_clients", "client_aliases", "grant_types")},
    },
    patterns={"name": (r"[^<>]*", "not contain < or >")},
)

APPLICATION = Applications(
    noun="application",
    path="clients",
    scope="clients",
    keys=("client_id", "name"),
    fields=FIELDS,
    id="client_id",
    addresses={"client_id": ""},
    listed={"is_global": "false"},
    checkpoint=True,
    # Not even asked for, unless the user names one.
    query={"fields": ",".join(SECRET_FIELDS), "include_fields": "false"},
    readable={"client_secret": "read:client_keys"},
    shape=SHAPE,
)
APPLICATION_WITH_SECRETS = replace(APPLICATION, query={})
