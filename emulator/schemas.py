# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Closed request schemas of the Management API, as JSON Schema.

Only what the API itself checks is here: names, types, limits, enums. What needs the stored object is checked by the
resource. Descriptions are shown in error messages.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator, FormatChecker

Schema = dict[str, Any]

formats = FormatChecker(formats=())


@formats.checks("email-or-empty")
def _email_or_empty(value: object) -> bool:
    return not isinstance(value, str) or value == "" or re.fullmatch(r"[^@\s]+@[^@\s]+", value) is not None


@formats.checks("absolute-uri-or-empty")
def _uri_or_empty(value: object) -> bool:
    return not isinstance(value, str) or value == "" or all(urlsplit(value)[:2])


@formats.checks("absolute-https-uri-or-empty")
def _https_or_empty(value: object) -> bool:
    return not isinstance(value, str) or value == "" or value.startswith("https://")


def text(*, least: int | None = None, most: int | None = None, **more: Any) -> Schema:
    limits = {"minLength": least, "maxLength": most}
    return {"type": "string", **{key: value for key, value in limits.items() if value is not None}, **more}


def boolean(**more: Any) -> Schema:
    return {"type": "boolean", **more}


def integer(least: int | None = None, most: int | None = None) -> Schema:
    limits = {"minimum": least, "maximum": most}
    return {"type": "integer", **{key: value for key, value in limits.items() if value is not None}}


def one_of(*values: str) -> Schema:
    return {"type": "string", "enum": list(values)}


def words(values: str) -> Schema:
    """`one_of` for many values: one text, separated by blanks."""
    return one_of(*values.split())


def array(items: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": items, **more}


def closed(properties: dict[str, Schema], *required: str, **more: Any) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
        **more,
    }


def open_object(properties: dict[str, Schema] | None = None, *required: str, **more: Any) -> Schema:
    return {"type": "object", "properties": properties or {}, "required": list(required), **more}


def nullable(schema: Schema) -> Schema:
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    changed = {**schema, "type": [*types, "null"]}
    if "enum" in schema:
        changed["enum"] = [*schema["enum"], None]
    return changed


def booleans(*names: str) -> dict[str, Schema]:
    return {name: boolean() for name in names}


def validator(schema: Schema) -> Draft202012Validator:
    return Draft202012Validator(schema, format_checker=formats)


def _without(properties: dict[str, Schema], *names: str) -> dict[str, Schema]:
    return {name: schema for name, schema in properties.items() if name not in names}


# Resource servers

SIGNING_ALGORITHMS = ("HS256", "RS256", "RS512", "PS256")

_SCOPES = array(closed({"value": text(least=1, most=280), "description": text(most=500)}, "value"))
_TOKEN_ENCRYPTION = closed(
    {
        "format": one_of("compact-nested-jwe"),
        "encryption_key": closed(
            {
                "name": text(least=1, most=128),
                "alg": one_of("RSA-OAEP-256", "RSA-OAEP-384", "RSA-OAEP-512"),
                "kid": text(least=1, most=128),
                "pem": text(least=1, most=4096),
            },
            "alg",
            "pem",
        ),
    },
    "format",
    "encryption_key",
)
_PROOF_OF_POSSESSION = closed(
    {
        "mechanism": one_of("mtls", "dpop"),
        "required": boolean(),
        "required_for": one_of("public_clients", "all_clients"),
    },
    "mechanism",
    "required",
)
_SUBJECT_TYPES = closed(
    {
        "user": open_object({"policy": one_of("allow_all", "deny_all", "require_client_grant")}),
        "client": open_object({"policy": one_of("deny_all", "require_client_grant")}),
        "anonymous_user": open_object({"policy": one_of("deny_all", "require_client_grant")}),
    }
)
_RESOURCE_SERVER = {
    "identifier": text(least=1, most=600, description="Audience of the tokens of this API"),
    "name": text(most=200, pattern="^[^<>]+$", description="Display name of the API"),
    "scopes": _SCOPES,
    "signing_alg": one_of(*SIGNING_ALGORITHMS),
    "signing_secret": text(least=16),
    **booleans(
        "allow_offline_access",
        "allow_online_access",
        "allow_online_access_with_ephemeral_sessions",
        "skip_consent_for_verifiable_first_party_clients",
        "enforce_policies",
        "require_consent_non_repudiation",
    ),
    "token_lifetime": integer(0, 2_592_000),
    "token_lifetime_for_web": integer(0),
    "token_lifetime_for_anonymous_access_tokens": integer(0),
    "token_dialect": one_of("access_token", "access_token_authz", "rfc9068_profile", "rfc9068_profile_authz"),
    "token_encryption": nullable(_TOKEN_ENCRYPTION),
    "consent_policy": nullable(one_of("transactional-authorization-with-mfa")),
    "authorization_details": nullable(array(open_object())),
    "proof_of_possession": nullable(_PROOF_OF_POSSESSION),
    "subject_type_authorization": _SUBJECT_TYPES,
    "authorization_policy": nullable(closed({"policy_id": text(least=1, most=1024)}, "policy_id")),
}
RESOURCE_SERVER_CREATE = closed(_RESOURCE_SERVER, "identifier")
RESOURCE_SERVER_UPDATE = closed(_without(_RESOURCE_SERVER, "identifier"))


# Tenant settings

FLAGS = (
    "allow_changing_enable_sso",
    "allow_legacy_delegation_grant_types",
    "allow_legacy_ro_grant_types",
    "allow_legacy_tokeninfo_endpoint",
    "change_pwd_flow_v1",
    "custom_domains_provisioning",
    "dashboard_insights_view",
    "dashboard_log_streams_next",
    "disable_clickjack_protection_headers",
    "disable_fields_map_fix",
    "disable_impersonation",
    "disable_management_api_sms_obfuscation",
    "enable_adfs_waad_email_verification",
    "enable_apis_section",
    "enable_client_connections",
    "enable_dynamic_client_registration",
    "enable_idtoken_api2",
    "enable_legacy_profile",
    "enable_pipeline2",
    "enable_public_signup_user_exists_error",
    "enable_sso",
    "enforce_client_authentication_on_passwordless_start",
    "genai_trial",
    "improved_signup_bot_detection_in_classic",
    "local_resource_discovery",
    "mfa_show_factor_list_on_enrollment",
    "no_disclose_enterprise_connections",
    "remove_alg_from_jwks",
    "revoke_refresh_token_grant",
    "trust_azure_adfs_email_verified_connection_property",
)
# Outside the documented schema and accepted all the same (TestAccTenant_Main recording).
FLAG_OUTSIDE_THE_SCHEMA = "use_scope_descriptions_for_consent"

LIFETIMES = (
    "session_lifetime",
    "idle_session_lifetime",
    "ephemeral_session_lifetime",
    "idle_ephemeral_session_lifetime",
)

_LOCALES = words(
    "am ar ar-EG ar-SA az bg bn bs ca-ES cnr cs cy da de el en en-CA es es-419 es-AR es-MX et eu-ES fa fi fr fr-CA "
    "fr-FR gl-ES gu he hi hr hu hy id is it ja ka kk kn ko lt lv mk ml mn mr ms my nb nl nn no pa pl pt pt-BR pt-PT "
    "ro ru sk sl so sq sr sv sw ta te th tl tr uk ur vi zgh zh-CN zh-HK zh-MO zh-TW"
)

_QUOTA = closed(
    {"enforce": boolean(), "per_day": integer(1, 2**31 - 1), "per_hour": integer(1, 2**31 - 1)}, minProperties=1
)
_QUOTA_OWNER = open_object({"client_credentials": _QUOTA}, "client_credentials")
_PAGE = {"enabled": boolean(), "html": text()}

TENANT_SETTINGS_UPDATE = closed(
    {
        "acr_values_supported": nullable(array(text())),
        **{
            name: nullable(boolean())
            for name in (
                "allow_organization_name_in_authentication_api",
                "authorization_response_iss_parameter_supported",
                "customize_mfa_in_postlogin_action",
                "pushed_authorization_requests_supported",
                "skip_non_verifiable_callback_uri_confirmation_prompt",
            )
        },
        "allowed_logout_urls": array(text()),
        "change_password": nullable(closed(_PAGE)),
        "client_id_metadata_document_dynamic_registration_supported": boolean(),
        "client_id_metadata_document_supported": boolean(),
        "country_codes": nullable(closed({"list": array(text(least=2, most=2)), "mode": one_of("allow", "deny")})),
        "default_audience": text(),
        "default_directory": text(),
        "default_redirection_uri": text(format="absolute-https-uri-or-empty"),
        "default_token_quota": nullable(
            closed({"clients": _QUOTA_OWNER, "organizations": _QUOTA_OWNER}, minProperties=1)
        ),
        "device_flow": nullable(closed({"charset": one_of("base20", "digits"), "mask": text(most=20)})),
        "dpop_strict_refresh_token_binding": boolean(),
        "dynamic_client_registration_security_mode": one_of("strict", "permissive"),
        "enable_ai_guide": boolean(),
        "enabled_locales": array(_LOCALES, minItems=1),
        "error_page": nullable(
            closed({"html": text(), "show_log_link": boolean(), "url": text(format="absolute-uri-or-empty")})
        ),
        "flags": closed(
            booleans(*FLAGS, FLAG_OUTSIDE_THE_SCHEMA),
            minProperties=1,
            description="Switches for the behaviour of this tenant",
        ),
        "friendly_name": text(),
        "guardian_mfa_page": nullable(closed(_PAGE)),
        "include_session_metadata_in_tenant_logs": nullable(boolean()),
        "legacy_sandbox_version": text(most=8),
        "mtls": nullable(closed({"enable_endpoint_aliases": boolean()})),
        "oidc_logout": closed({"rp_logout_end_session_endpoint_discovery": boolean()}),
        "phone_consolidated_experience": boolean(),
        "picture_url": text(format="absolute-uri-or-empty"),
        "resource_parameter_profile": one_of("audience", "compatibility"),
        "sandbox_version": text(most=8),
        "security_headers": nullable(open_object()),
        "session_cookie": nullable(closed({"mode": one_of("persistent", "non-persistent")}, "mode")),
        **{name: integer(1) for name in LIFETIMES},
        **{f"{name}_in_minutes": integer(1) for name in LIFETIMES},
        "sessions": nullable(closed({"oidc_logout_prompt_enabled": boolean()})),
        "support_email": text(format="email-or-empty"),
        "support_url": text(format="absolute-uri-or-empty"),
        # Accepted live, in no published schema (should-deploy-... recordings).
        "universal_login": open_object({"colors": open_object()}),
    },
    minProperties=1,
)


# Connections

_STRATEGIES = words(
    "ad adfs amazon apple dropbox bitbucket auth0-oidc auth0 baidu bitly box custom daccount dwolla email "
    "evernote-sandbox evernote exact facebook fitbit github google-apps google-oauth2 instagram ip line linkedin "
    "oauth1 oauth2 office365 oidc okta paypal paypal-sandbox pingfederate planningcenter salesforce-community "
    "salesforce-sandbox salesforce samlp sharepoint shopify shop sms soundcloud thirtysevensignals twitter untappd "
    "vkontakte waad weibo windowslive wordpress yahoo yandex"
)

_ENABLED = closed({"enabled": boolean()})
_IDENTIFIER = closed({"active": boolean(), "default_method": one_of("password", "email_otp", "phone_otp")})
_SIGNUP = closed({"status": one_of("required", "optional", "inactive"), "verification": closed({"active": boolean()})})
_ATTRIBUTE = {"identifier": _IDENTIFIER, "profile_required": boolean(), "signup": _SIGNUP}
_CONNECTION_OPTIONS = open_object(
    {
        "attributes": closed(
            {
                "email": closed(
                    {**_ATTRIBUTE, "unique": boolean(), "verification_method": one_of("link", "code", "otp")}
                ),
                "phone_number": closed(_ATTRIBUTE),
                "username": closed(
                    {
                        **_ATTRIBUTE,
                        "validation": closed(
                            {
                                "min_length": integer(1, 128),
                                "max_length": integer(1, 128),
                                "allowed_types": closed(booleans("email", "phone_number")),
                            }
                        ),
                    }
                ),
            },
            minProperties=1,
        ),
        "authentication_methods": closed(
            {
                "password": closed(
                    {
                        "enabled": boolean(),
                        "api_behavior": one_of("required", "optional"),
                        "signup_behavior": one_of("allow", "block"),
                    }
                ),
                "passkey": _ENABLED,
                "email_otp": _ENABLED,
                "phone_otp": _ENABLED,
            }
        ),
        "passkey_options": closed(
            {
                "challenge_ui": one_of("both", "autofill", "button"),
                **booleans("local_enrollment_enabled", "progressive_enrollment_enabled"),
            }
        ),
        "passwordPolicy": nullable(one_of("none", "low", "fair", "good", "excellent")),
        "password_complexity_options": closed({"min_length": integer(1, 128)}),
        "password_dictionary": closed({"enable": boolean(), "dictionary": array(text(most=50))}, "enable"),
        "password_history": closed({"enable": boolean(), "size": integer(0, 24)}, "enable"),
        "password_no_personal_info": closed({"enable": boolean()}, "enable"),
        "password_options": closed(
            {
                "complexity": closed(
                    {
                        "min_length": integer(1, 72),
                        "character_types": array(one_of("uppercase", "lowercase", "number", "special")),
                        "character_type_rule": one_of("all", "three_of_four"),
                        "identical_characters": one_of("allow", "block"),
                        "sequential_characters": one_of("allow", "block"),
                        "max_length_exceeded": one_of("truncate", "error"),
                    }
                ),
                "dictionary": closed(
                    {"active": boolean(), "custom": array(text(most=50)), "default": one_of("en_10k", "en_100k")}
                ),
                "history": closed({"active": boolean(), "size": integer(1, 24)}),
                "profile_data": closed({"active": boolean(), "blocked_fields": array(text())}),
            }
        ),
        "precedence": array(one_of("email", "phone_number", "username"), minItems=3),
        "set_user_root_attributes": one_of("on_each_login", "on_first_login", "never_on_login"),
        "validation": closed(
            {"username": nullable(closed({"min": integer(1), "max": integer(None, 128)}, "min", "max"))}
        ),
        "configuration": nullable(open_object()),
        "customScripts": open_object(),
        "upstream_params": nullable(open_object()),
        **booleans(
            "disable_self_service_change_password",
            "enable_script_context",
            "enabledDatabaseCustomization",
            "import_mode",
        ),
    }
)
_ACTIVE = closed({"active": boolean()}, "active")
_CONNECTION = {
    "name": text(
        most=128,
        pattern=r"^[a-zA-Z0-9](-[a-zA-Z0-9]|[a-zA-Z0-9])*$",
        description="Name of the connection: letters, digits and single inner hyphens",
    ),
    "strategy": {**_STRATEGIES, "description": "Kind of identity provider"},
    "display_name": text(most=128),
    "options": _CONNECTION_OPTIONS,
    "enabled_clients": array(text()),
    "is_domain_connection": boolean(),
    "show_as_button": boolean(),
    "realms": array(text()),
    "metadata": open_object(additionalProperties={"type": ["string", "null"], "maxLength": 255}, maxProperties=10),
    "authentication": _ACTIVE,
    "connected_accounts": closed(booleans("active", "cross_app_access", "allow_missing_user_id"), "active"),
    "cross_app_access_requesting_app": _ACTIVE,
    "cross_app_access_resource_app": nullable(open_object()),
}
CONNECTION_CREATE = closed(_CONNECTION, "name", "strategy")
CONNECTION_UPDATE = closed(
    {
        **_without(_CONNECTION, "name", "strategy"),
        "options": nullable(_CONNECTION_OPTIONS),
        "enabled_clients": nullable(array(text())),
    },
    minProperties=1,
)
ENABLED_CLIENTS_UPDATE = array(
    closed({"client_id": text(least=1), "status": boolean()}, "client_id", "status"), minItems=1, maxItems=50
)


# Client grants

_GRANT_SCOPE = array(text(least=1, most=280))
_GRANT_CHANGEABLE = {
    "scope": _GRANT_SCOPE,
    "allow_all_scopes": boolean(),
    "authorization_details_types": array(text(least=1, most=255)),
    "organization_usage": one_of("deny", "allow", "require"),
    "allow_any_organization": boolean(),
}
CLIENT_GRANT_CREATE = closed(
    {
        "client_id": text(),
        "default_for": one_of("third_party_clients"),
        "audience": text(least=1),
        "subject_type": one_of("client", "user"),
        **_GRANT_CHANGEABLE,
    },
    "audience",
)
CLIENT_GRANT_UPDATE = closed(
    {
        **_GRANT_CHANGEABLE,
        **{
            name: nullable(_GRANT_CHANGEABLE[name])
            for name in ("scope", "allow_all_scopes", "organization_usage", "allow_any_organization")
        },
    },
    minProperties=1,
)


# Roles. No lengths are published.

_ROLE = {"name": text(), "description": text()}
ROLE_CREATE = closed({**_ROLE, "type": one_of("tenant", "organization"), "owner_id": text(pattern="^org_")}, "name")
ROLE_UPDATE = closed(_ROLE)
ROLE_PERMISSIONS = closed(
    {
        "permissions": array(
            closed(
                {"resource_server_identifier": text(), "permission_name": text()},
                "resource_server_identifier",
                "permission_name",
            ),
            minItems=1,
            description="array of resource_server_identifier, permission_name pairs.",
        )
    },
    "permissions",
)


# Clients

_URLS = array(text())
_NAMES = array(text(least=1))
_REFRESH_TOKEN = closed(
    {
        "rotation_type": one_of("rotating", "non-rotating"),
        "expiration_type": one_of("expiring", "non-expiring"),
        "leeway": integer(0),
        "token_lifetime": integer(1, 157_788_000),
        "idle_token_lifetime": integer(1),
        **booleans("infinite_token_lifetime", "infinite_idle_token_lifetime"),
        "policies": nullable(
            array(
                closed({"audience": text(least=1, most=600), "scope": array(text())}, "audience", "scope"), minItems=1
            )
        ),
    },
    "rotation_type",
    "expiration_type",
)
_PUBLIC_KEY = closed(
    {
        "credential_type": one_of("public_key"),
        "pem": text(),
        "alg": one_of("RS256", "RS384", "PS256"),
        "kid": text(pattern="^[0-9a-zA-Z_-]{10,64}$"),
        "name": text(most=128),
        "expires_at": text(),
        "parse_expiry_from_cert": boolean(),
    },
    "credential_type",
    "pem",
)


def _authentication_methods(key: Schema, certificate: Schema) -> Schema:
    def method(credential: Schema) -> Schema:
        return closed({"credentials": array(credential, minItems=1)}, "credentials")

    methods = {
        "private_key_jwt": method(key),
        "tls_client_auth": method(certificate),
        "self_signed_tls_client_auth": method(certificate),
    }
    return closed(methods, minProperties=1, maxProperties=1)


_STORED = closed({"id": text()}, "id")
_LOGOUT = open_object({"backchannel_logout_urls": _URLS})
_CLIENT = {
    "name": text(pattern="^[^<>]+$", description="Name of the client"),
    "description": text(most=140, description="Free text about the client"),
    "logo_uri": text(format="absolute-uri-or-empty"),
    "app_type": words(
        "native spa regular_web non_interactive resource_server express_configuration rms box cloudbees concur "
        "dropbox mscrm echosign egnyte newrelic office365 salesforce sentry sharepoint slack springcm zendesk "
        "zoom sso_integration oag"
    ),
    "callbacks": _URLS,
    "allowed_logout_urls": _URLS,
    "allowed_origins": _URLS,
    "web_origins": _URLS,
    "allowed_clients": _NAMES,
    "client_aliases": _NAMES,
    "grant_types": array(text(least=1)),
    "token_endpoint_auth_method": one_of("none", "client_secret_post", "client_secret_basic"),
    "client_authentication_methods": _authentication_methods(_PUBLIC_KEY, open_object()),
    "client_metadata": open_object(
        additionalProperties={"type": ["string", "null"], "maxLength": 255}, maxProperties=10
    ),
    "jwt_configuration": open_object(
        {
            "alg": one_of(*SIGNING_ALGORITHMS),
            "lifetime_in_seconds": integer(),
            "secret_encoded": boolean(),
            "scopes": open_object(),
        }
    ),
    "refresh_token": nullable(_REFRESH_TOKEN),
    "initiate_login_uri": text(),
    "cross_origin_loc": text(),
    **{name: text(least=1) for name in ("custom_login_page", "custom_login_page_preview", "form_template")},
    **booleans(
        "cross_origin_authentication",
        "custom_login_page_on",
        "is_first_party",
        "is_token_endpoint_ip_header_trusted",
        "oidc_conformant",
        "require_proof_of_possession",
        "require_pushed_authorization_requests",
        "skip_non_verifiable_callback_uri_confirmation_prompt",
        "sso",
        "sso_disabled",
    ),
    "addons": open_object(),
    "async_approval_notification_channels": array(one_of("guardian-push", "email"), minItems=1),
    "b2b_integration_configuration": open_object(),
    "compliance_level": nullable(
        one_of(
            "none",
            "fapi1_adv_pkj_par",
            "fapi1_adv_mtls_par",
            "fapi2_sp_pkj_mtls",
            "fapi2_sp_mtls_mtls",
        )
    ),
    "default_organization": nullable(
        closed({"organization_id": text(), "flows": array(one_of("client_credentials"))}, "organization_id", "flows")
    ),
    "encryption_key": nullable(open_object()),
    "express_configuration": open_object(),
    "fedcm_login": open_object(),
    "mobile": open_object(),
    "my_organization_configuration": open_object(),
    "native_social_login": closed(dict.fromkeys(("apple", "facebook", "google"), _ENABLED), minProperties=1),
    "oidc_backchannel_logout": _LOGOUT,
    "oidc_logout": _LOGOUT,
    "organization_discovery_methods": array(one_of("email", "organization_name"), minItems=1),
    "organization_require_behavior": one_of("no_prompt", "pre_login_prompt", "post_login_prompt"),
    "organization_usage": one_of("deny", "allow", "require"),
    "par_request_expiry": nullable(integer(10, 600)),
    "redirection_policy": one_of("allow_always", "open_redirect_protection"),
    "resource_server_identifier": text(least=1, most=600),
    "session_transfer": nullable(open_object()),
    "signed_request_object": open_object(),
    "third_party_security_mode": one_of("strict", "permissive"),
    "token_exchange": closed(
        {"allow_any_profile_of_type": array(one_of("custom_authentication", "on_behalf_of_token_exchange"))}
    ),
    "token_quota": closed({"client_credentials": _QUOTA}, "client_credentials"),
    "token_vault_privileged_access": open_object(),
}
CLIENT_CREATE = closed(_CLIENT, "name")

CLIENT_NULLABLE = (
    # In no published schema (TestAccClientAddons recording).
    "addons",
    "async_approval_notification_channels",
    "client_authentication_methods",
    "compliance_level",
    "cross_origin_loc",
    "default_organization",
    "encryption_key",
    "express_configuration",
    "my_organization_configuration",
    "oidc_backchannel_logout",
    "organization_discovery_methods",
    "organization_require_behavior",
    "organization_usage",
    "par_request_expiry",
    "refresh_token",
    "session_transfer",
    "skip_non_verifiable_callback_uri_confirmation_prompt",
    "token_endpoint_auth_method",
    "token_exchange",
    "token_quota",
)
_CLIENT_CHANGEABLE: dict[str, Schema] = {
    **_without(_CLIENT, "resource_server_identifier"),
    "client_secret": text(least=1),
    "client_authentication_methods": _authentication_methods(_STORED, _STORED),
    **{name: text() for name in ("custom_login_page", "custom_login_page_preview", "form_template")},
}
CLIENT_UPDATE = closed(
    {name: nullable(schema) if name in CLIENT_NULLABLE else schema for name, schema in _CLIENT_CHANGEABLE.items()},
    minProperties=1,
)

# Both CIMD operations. The limit counts bytes; what fits in 120 characters of ASCII is the same.
CIMD_REQUEST = closed(
    {"external_client_id": text(least=1, most=120, format="absolute-https-uri-or-empty")}, "external_client_id"
)

# Dynamic client registration (RFC 7591): unknown members are ignored.
REGISTRATION = open_object(
    {
        "redirect_uris": array(text(least=1), minItems=1),
        "client_name": text(least=1, pattern="^[^<>]+$"),
        "token_endpoint_auth_method": one_of("none", "client_secret_post"),
        "grant_types": array(text()),
        "response_types": array(text()),
        "application_type": one_of("native", "web"),
        "logo_uri": text(format="absolute-uri-or-empty"),
    },
    "redirect_uris",
)


# Credentials of clients

CLIENT_CREDENTIAL_CREATE = closed(
    {
        **_PUBLIC_KEY["properties"],
        "credential_type": one_of("public_key", "cert_subject_dn", "x509_cert"),
        "subject_dn": text(least=1, most=256),
    },
    "credential_type",
)
CLIENT_CREDENTIAL_UPDATE = closed({"expires_at": nullable(text())})
