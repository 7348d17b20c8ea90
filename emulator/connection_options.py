# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the server makes of a connection and its options: one row a strategy in STRATEGIES, with its source.

A write of options replaces them whole; what is made here is made again on each of them. TestAcc… are recordings of
auth0/terraform-provider-auth0; "SDK" is the API's description as it stands in auth0-python 6.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from . import saml
from .connection_scopes import with_scope

Object = dict[str, Any]


@dataclass(frozen=True)
class Write:
    """The circumstances of a write: `document` is what is at the URL that `source` names, if anything is."""

    new: bool
    domain: str = ""
    document: bytes | None = None


def _unchanged(options: Object, write: Write) -> Object:
    return dict(options)


def _nowhere(options: Object) -> str | None:
    return None


@dataclass(frozen=True)
class Strategy:
    """`named`: display_name is the name unless sent. `ticket`: has a provisioning_ticket_url. `source`: the URL of what
    Auth0 reads to make the options.
    """

    enterprise: bool = False
    named: bool = False
    ticket: bool = False
    hides_clients: bool = False
    make: Callable[[Object, Write], Object] = _unchanged
    source: Callable[[Object], str | None] = _nowhere


def _with_defaults(defaults: Object, options: Object) -> Object:
    """`options` with defaults in place of what is missing or null."""
    return {**options, **{key: value for key, value in defaults.items() if options.get(key) is None}}


def _filled(defaults: Object, given: Object) -> Object:
    """The same at every depth."""
    result = copy.deepcopy(defaults)
    for key, value in given.items():
        if isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = _filled(result[key], value)
        elif value is not None or key not in result:
            result[key] = value
    return result


# -- databases --------------------------------------------------------------------------------------------------------

# Defaults of August 2026 (TestAccConnectionAddEmailAttributeNonUnique).
PASSWORD_OPTIONS: Object = {
    "complexity": {
        "min_length": 15,
        "character_types": [],
        "character_type_rule": "all",
        "identical_characters": "allow",
        "sequential_characters": "allow",
        "max_length_exceeded": "error",
    },
    "profile_data": {
        "active": False,
        "blocked_fields": [
            *("name", "username", "nickname", "email", "phone_number"),
            *("user_metadata.name", "user_metadata.first", "user_metadata.last"),
        ],
    },
    "history": {"active": False, "size": 3},
    "dictionary": {"active": False, "custom": [], "default": "en_100k"},
}
# What is put back on every write (TestAccConnectionAddEmailAttributeUnique).
DATABASE_OPTIONS: Object = {
    "authentication_methods": {
        "password": {"enabled": True, "api_behavior": "required", "signup_behavior": "allow"},
        "passkey": {"enabled": False},
    },
    "passkey_options": {
        "challenge_ui": "both",
        "progressive_enrollment_enabled": True,
        "local_enrollment_enabled": True,
    },
    "brute_force_protection": True,
}
NEW_DATABASE_OPTIONS: Object = {
    "mfa": {"active": True, "return_enroll_settings": True},
    "strategy_version": 2,
    "password_options": PASSWORD_OPTIONS,
}
# TestAccConnectionPasswordAuthenticationBehaviors.
EMAIL_ATTRIBUTE: Object = {"verification_method": "link", "unique": True}


def _database(options: Object, write: Write) -> Object:
    """`mfa` and `strategy_version` are not filled in beneath (TestAccConnection)."""
    made = _filled(DATABASE_OPTIONS, options)
    if write.new:
        made = _with_defaults(copy.deepcopy(NEW_DATABASE_OPTIONS), made)
    if made.get("password_options") is not None:
        made["password_options"] = _filled(PASSWORD_OPTIONS, made["password_options"])
    attributes = made.get("attributes")
    if attributes and attributes.get("email") is not None:
        made["attributes"] = {**attributes, "email": _filled(EMAIL_ATTRIBUTE, attributes["email"])}
    return made


# -- OpenID Connect ---------------------------------------------------------------------------------------------------

_ENDPOINTS = ("issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")
# In the metadata of every provider, also of those whose documents lack them.
_METADATA = dict.fromkeys(
    (
        "claims_parameter_supported",
        "request_parameter_supported",
        "request_uri_parameter_supported",
        "require_request_uri_registration",
    ),
    False,
)


def _discovered(document: bytes | None) -> Object:
    try:
        found = json.loads(document or b"{}")
    except ValueError:
        return {}
    return {**_METADATA, **found} if isinstance(found, dict) and found else {}


def _openid(options: Object, write: Write) -> Object:
    """Endpoints that are missing or null come from the metadata (TestAccConnectionCrossAppAccessResourceApp), others
    stay as sent (TestAccConnectionRotateDataKeys). Without a document there is no metadata, and what is null stays so
    (TestAccSCIMConfiguration)."""
    given = options.get("oidc_metadata")
    metadata = given if isinstance(given, dict) and given else _discovered(write.document)
    defaults = {
        "schema_version": "oidc-V4",
        "attribute_map": {"mapping_mode": "bind_all"},
        "connection_settings": {"pkce": "auto" if write.new else "disabled"},
        **({"oidc_metadata": metadata} if metadata else {}),
        **{name: metadata[name] for name in _ENDPOINTS if name in metadata},
    }
    return _with_defaults(defaults, options)


def _okta(options: Object, write: Write) -> Object:
    """TestAccSCIMConfiguration."""
    return _openid(
        _with_defaults({"type": "back_channel", "attribute_map": {"mapping_mode": "basic_profile"}}, options), write
    )


def _discovery_url(options: Object) -> str | None:
    return None if options.get("oidc_metadata") else options.get("discovery_url")


def _okta_discovery_url(options: Object) -> str | None:
    """Discovery runs only where there is no metadata and a domain is given (SDK)."""
    domain = None if options.get("oidc_metadata") else options.get("domain")
    return f"https://{domain}/.well-known/openid-configuration" if domain else None


# -- SAML, WS-Federation and the like ---------------------------------------------------------------------------------


def _saml(options: Object, write: Write) -> Object:
    """`metadataXml` is never returned (TestAccConnectionSAML); a certificate stays as sent (…OIDCMetadata)."""
    made = {**saml.provider(options.get("metadataXml") or write.document), **options}
    made.pop("metadataXml", None)
    if write.new:
        made.setdefault("assertion_decryption_settings", {"algorithm_profile": "v2026-1", "algorithm_exceptions": []})
    return {**made, **saml.certificate(made.get("signingCert"))}


def _metadata_url(options: Object) -> str | None:
    return None if options.get("metadataXml") else options.get("metadataUrl")


def _pingfederate(options: Object, write: Write) -> Object:
    """`cert` takes the place of `signingCert` (TestAccConnectionPingFederate)."""
    found = saml.certificate(options.get("signingCert"))
    return {**{key: value for key, value in options.items() if not found or key != "signingCert"}, **found}


def _adfs(options: Object, write: Write) -> Object:
    """Thumbprints are there even if there are none (TestAccConnectionADFS)."""
    found = saml.federation(options.get("fedMetadataXml") or write.document)
    thumbprints = found.get("thumbprints", options.get("thumbprints") or [])
    return {**found, **options, "thumbprints": thumbprints}


def _adfs_server(options: Object) -> str | None:
    return None if options.get("fedMetadataXml") else options.get("adfs_server")


def _waad(options: Object, write: Write) -> Object:
    """TestAccConnectionAzureAD, and TestAccConnectionOptionsAttrUserName for `userid_attribute` without its source.

    The thumbprints are those of Microsoft's keys, which are not read here.
    """
    attribute = options.get("user_id_attribute", "")
    return {
        "thumbprints": [],
        "app_domain": write.domain,
        "userid_attribute": {"": "sub", "oid": "oid"}.get(str(attribute)),
        **options,
        "waad_common_endpoint": bool(options.get("useCommonEndpoint")),
    }


def _google_apps(options: Object, write: Write) -> Object:
    """Scopes of one's own count only where they are allowed (SDK). The rest: TestAccConnectionGoogleApps."""
    sent = {key: value for key, value in options.items() if key != "scope" or options.get("allow_setting_login_scopes")}
    return _with_defaults({"handle_login_from_social": True}, sent)


# Those that hide clients have enabled_clients in lists and POST answers only, since July 2026
# (TestAccConnectionCrossAppAccessResourceApp, TestAccConnectionOIDCMetadata, TestAccDirectorySynchronizedGroups).
STRATEGIES: Mapping[str, Strategy] = {
    "ad": Strategy(enterprise=True, ticket=True),  # TestAccConnectionAD
    "adfs": Strategy(enterprise=True, ticket=True, make=_adfs, source=_adfs_server),
    "auth0": Strategy(make=_database),
    "google-apps": Strategy(enterprise=True, ticket=True, hides_clients=True, make=_google_apps),
    "ip": Strategy(enterprise=True),
    "office365": Strategy(enterprise=True),
    "oidc": Strategy(enterprise=True, named=True, hides_clients=True, make=_openid, source=_discovery_url),
    "okta": Strategy(enterprise=True, named=True, make=_okta, source=_okta_discovery_url),
    "pingfederate": Strategy(enterprise=True, ticket=True, make=_pingfederate),
    "samlp": Strategy(enterprise=True, ticket=True, hides_clients=True, make=_saml, source=_metadata_url),
    "sharepoint": Strategy(enterprise=True),
    "waad": Strategy(enterprise=True, named=True, ticket=True, make=_waad),
}


def strategy(name: str) -> Strategy:
    """Those without a row keep their options as sent (TestAccConnectionEmail, …SMS, …OAuth2, …Twitter)."""
    return STRATEGIES.get(name, Strategy())


def stored(name: str, options: Object, write: Write) -> Object:
    return with_scope(name, strategy(name).make(options, write))
