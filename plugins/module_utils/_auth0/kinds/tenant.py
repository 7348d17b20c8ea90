# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The flags of a tenant and, apart from these, its other settings."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._types import Object
from ..plan import Plan, Shape
from ..resource import Singleton

NAMES = (
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
    "use_scope_descriptions_for_consent",
)


@dataclass(frozen=True)
class TenantFlags(Singleton):
    def guard(self, actual: Object, plan: Plan) -> str | None:
        flags = actual.get("flags") or {}
        if "enable_sso" in plan.body["flags"] and not flags.get("allow_changing_enable_sso"):
            return "flags.enable_sso cannot be changed: the tenant does not have the flag allow_changing_enable_sso."
        return None

    def title(self, wanted: Object, found: Object) -> str:
        return "tenant flags"


FLAG_OPTIONS: dict[str, t.Any] = {
    "flags": {"type": "dict", "required": True, "options": {flag: {"type": "bool"} for flag in NAMES}}
}

FLAGS = TenantFlags(
    noun="tenant settings",
    path="tenants/settings",
    scope="tenant_settings",
    fields=FLAG_OPTIONS,
    query={"fields": "flags", "include_fields": "true"},
    shape=Shape(
        maps=frozenset({"flags"}),
        immutable={
            "flags.allow_changing_enable_sso": "only Auth0 can set this flag; leave it out.",
            "flags.disable_impersonation": "only Auth0 can set this flag; leave it out.",
        },
        defaults={
            "flags.change_pwd_flow_v1": False,
            "flags.custom_domains_provisioning": False,
            "flags.disable_impersonation": False,
            "flags.disable_management_api_sms_obfuscation": True,
            "flags.enable_apis_section": False,
            "flags.enable_client_connections": True,
            "flags.enable_dynamic_client_registration": False,
            "flags.enable_pipeline2": True,
            "flags.trust_azure_adfs_email_verified_connection_property": False,
        },
    ),
)


# -- all settings but the flags ---------------------------------------------------------------------------------------

# Hours, each with a twin in minutes that only writes know.
LIFETIMES = {
    "session_lifetime": 168,
    "idle_session_lifetime": 72,
    "ephemeral_session_lifetime": 72,
    "idle_ephemeral_session_lifetime": 24,
}
TEXTS = (
    "default_audience",
    "default_directory",
    "default_redirection_uri",
    "friendly_name",
    "picture_url",
    "support_email",
    "support_url",
)
# Off where the tenant does not say.
SWITCHES = (
    "allow_organization_name_in_authentication_api",
    "authorization_response_iss_parameter_supported",
    "client_id_metadata_document_dynamic_registration_supported",
    "client_id_metadata_document_supported",
    "customize_mfa_in_postlogin_action",
    "dpop_strict_refresh_token_binding",
    "phone_consolidated_experience",
    "pushed_authorization_requests_supported",
)
# On, off or unset, which is something else.
PROMPT = "skip_non_verifiable_callback_uri_confirmation_prompt"
THREE_WAYS = {"true": True, "false": False, "": None}

_PAGE = {"type": "dict", "no_log": False, "options": {"enabled": {"type": "bool"}, "html": {"type": "str"}}}
QUOTA: dict[str, t.Any] = {
    "type": "dict",
    "options": {
        "client_credentials": {
            "type": "dict",
            "options": {"enforce": {"type": "bool"}, "per_day": {"type": "int"}, "per_hour": {"type": "int"}},
        }
    },
}
# A quota of the tenant always says how many; an application's may be emptied.
_DEFAULT_QUOTA = {
    **QUOTA,
    "options": {"client_credentials": {**QUOTA["options"]["client_credentials"], "required": True}},
}
OWNERS = ("default_token_quota.clients", "default_token_quota.organizations")


def quota_limits(path: str) -> dict[str, tuple[int, int]]:
    """What a token quota at a path may hold."""
    path = f"{path}.client_credentials"
    return {path: (1, 3), **{f"{path}.{period}": (1, 2**31 - 1) for period in ("per_day", "per_hour")}}


FIELDS: dict[str, t.Any] = {
    **{name: {"type": "str"} for name in TEXTS},
    **{name: {"type": "bool", "no_log": False} for name in SWITCHES},
    **{name: {"type": "int"} for name in LIFETIMES},
    **{f"{name}_in_minutes": {"type": "int"} for name in LIFETIMES},
    PROMPT: {"type": "str", "choices": list(THREE_WAYS)},
    "acr_values_supported": {"type": "list", "elements": "str"},
    "allowed_logout_urls": {"type": "list", "elements": "str"},
    "change_password": _PAGE,
    "country_codes": {
        "type": "dict",
        "options": {
            "list": {"type": "list", "elements": "str"},
            "mode": {"type": "str", "choices": ["allow", "deny"]},
        },
    },
    "default_token_quota": {
        "type": "dict",
        "no_log": False,
        "options": dict.fromkeys(("clients", "organizations"), _DEFAULT_QUOTA),
    },
    "device_flow": {
        "type": "dict",
        "options": {"charset": {"type": "str", "choices": ["base20", "digits"]}, "mask": {"type": "str"}},
    },
    "dynamic_client_registration_security_mode": {"type": "str", "choices": ["strict", "permissive"]},
    "enable_ai_guide": {"type": "bool"},
    "enabled_locales": {"type": "list", "elements": "str"},
    "error_page": {
        "type": "dict",
        "options": {"html": {"type": "str"}, "show_log_link": {"type": "bool"}, "url": {"type": "str"}},
    },
    "guardian_mfa_page": _PAGE,
    "include_session_metadata_in_tenant_logs": {"type": "bool"},
    "legacy_sandbox_version": {"type": "str"},
    "mtls": {"type": "dict", "options": {"enable_endpoint_aliases": {"type": "bool"}}},
    "oidc_logout": {"type": "dict", "options": {"rp_logout_end_session_endpoint_discovery": {"type": "bool"}}},
    "resource_parameter_profile": {"type": "str", "choices": ["audience", "compatibility"]},
    "sandbox_version": {"type": "str"},
    "security_headers": {"type": "dict"},
    "session_cookie": {
        "type": "dict",
        "options": {"mode": {"type": "str", "choices": ["persistent", "non-persistent"]}},
    },
    "sessions": {"type": "dict", "options": {"oidc_logout_prompt_enabled": {"type": "bool"}}},
}


def add_minutes(settings: Object) -> Object:
    """With the lifetimes in minutes as well: reads give hours, maybe with a fraction (should-deploy-... recordings)."""
    minutes = {f"{name}_in_minutes": round(settings[name] * 60) for name in LIFETIMES if settings.get(name) is not None}
    return {**settings, **minutes}


def align_lifetimes(settings: Object, changed: t.Collection[str]) -> Object:
    """Planned settings whose hours and minutes say the same: a write names one of the two."""
    in_hours = {name: settings[f"{name}_in_minutes"] for name in LIFETIMES if f"{name}_in_minutes" in changed}
    hours = {name: minutes // 60 if minutes % 60 == 0 else minutes / 60 for name, minutes in in_hours.items()}
    return add_minutes({**settings, **hours})


def drop_doubled_lifetimes(settings: Object) -> Object:
    """Settings with each lifetime in one unit: in hours, unless only minutes are whole."""
    whole = {name for name in LIFETIMES if (settings.get(name) or 0) == int(settings.get(name) or 0)}
    doubled = {f"{name}_in_minutes" if name in whole else name for name in LIFETIMES}
    return {name: value for name, value in settings.items() if name not in doubled}


@dataclass(frozen=True)
class TenantSettings(Singleton):
    def complete(self, actual: Object) -> Object:
        return add_minutes(actual)

    def guard(self, actual: Object, plan: Plan) -> str | None:
        there, wanted = actual.get("sandbox_versions_available"), plan.body.get("sandbox_version")
        if there and wanted and wanted not in there:
            return f"The tenant has no sandbox_version '{wanted}'. It has: {', '.join(there)}."
        dynamic = "client_id_metadata_document_dynamic_registration_supported"
        if plan.body.get(dynamic) and not plan.predicted.get("client_id_metadata_document_supported"):
            return f"{dynamic} needs client_id_metadata_document_supported: true."
        return None

    def impact(self, actual: Object, plan: Plan) -> t.Sequence[str]:
        default = actual.get("default_audience")
        if plan.body.get("resource_parameter_profile") != "compatibility" or not default:
            return ()
        return [
            "resource_parameter_profile: compatibility makes Auth0 heed the parameter resource that clients send. "
            f"Until now they got tokens for default_audience '{default}', whatever they sent. From now on, a client "
            "that sends a resource that is no identifier of an API gets an error, until there is such an API."
        ]


# A field of reads alone.
_READ = {**FIELDS, "sandbox_versions_available": {"type": "list", "elements": "str"}}
ALL = TenantSettings("tenant", "tenants/settings", "tenant_settings", fields={**_READ, **FLAG_OPTIONS})

SETTINGS = TenantSettings(
    noun="tenant settings",
    path="tenants/settings",
    scope="tenant_settings",
    fields=_READ,
    query={"fields": "flags", "include_fields": "false"},
    shape=Shape(
        maps=frozenset({"change_password", "guardian_mfa_page"}),
        # The first one is the tenant's default.
        ordered=frozenset({"enabled_locales"}),
        defaults={
            **dict.fromkeys(TEXTS, ""),
            **dict.fromkeys(SWITCHES, False),
            **LIFETIMES,
            **{f"{name}_in_minutes": hours * 60 for name, hours in LIFETIMES.items()},
            "allowed_logout_urls": [],
            "oidc_logout.rp_logout_end_session_endpoint_discovery": True,
        },
        # default_redirection_uri: TestAccTenant_DefaultRedirectionURI recording. Other texts stay as "".
        cleared_by={
            **dict.fromkeys(
                (
                    "acr_values_supported",
                    "country_codes",
                    "default_token_quota",
                    "device_flow",
                    "error_page",
                    "mtls",
                    "security_headers",
                    "session_cookie",
                    "sessions",
                )
            ),
            "default_redirection_uri": "",
        },
        limits={
            "enabled_locales": (1, 100),
            "legacy_sandbox_version": (1, 8),
            "sandbox_version": (1, 8),
            "device_flow.mask": (1, 20),
            **dict.fromkeys(LIFETIMES, (1, 2**31 - 1)),
            **{f"{name}_in_minutes": (1, 2**31 - 1) for name in LIFETIMES},
            **{path: limit for owner in OWNERS for path, limit in quota_limits(owner).items()},
        },
        patterns={
            "default_redirection_uri": (r"(https://.+)?", "be an https URL, or empty"),
            "support_email": (r"([^@\s]+@[^@\s]+)?", "be an email address, or empty"),
            "support_url": (r"(https?://.+)?", "be a URL, or empty"),
            "picture_url": (r"(https?://.+)?", "be a URL, or empty"),
            "error_page.url": (r"(https?://.+)?", "be a URL, or empty"),
        },
    ),
)
