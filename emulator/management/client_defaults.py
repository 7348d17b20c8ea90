# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the server makes of the body of a client: defaults of a new one by its kind, and what a PATCH keeps.

Nested objects of a PATCH are merged per key where a recording shows it (TestAccClientJwtScopes,
TestAccClientSessionTransfer, TestAccClientMobile, TestAccClientAuthenticationMethodsSignedRequestObject,
TestAccClientMetadataBehavior), the others are replaced whole (TestAccClientAddons).
"""

from __future__ import annotations

from typing import Any

from ..tenant import refresh_token
from .operation import Object, merged

ALL_GRANT_TYPES = ("authorization_code", "implicit", "refresh_token", "client_credentials")

SESSION_TRANSFER = {
    "can_create_session_transfer_token": False,
    "allowed_authentication_methods": [],
    "enforce_device_binding": "ip",
    "allow_refresh_token": False,
    "enforce_online_refresh_tokens": True,
    "enforce_cascade_revocation": True,
}
MERGED_PER_KEY = ("jwt_configuration", "mobile", "native_social_login", "refresh_token", "signed_request_object")

# Two names of one setting. The deprecated one has the URLs only (TestAccClientOIDCLogout recording).
LOGOUT, DEPRECATED_LOGOUT = "oidc_logout", "oidc_backchannel_logout"
LOGOUT_URLS = "backchannel_logout_urls"
LOGOUT_INITIATORS = {"mode": "custom", "selected_initiators": ["rp-logout", "idp-logout"]}


def _method(body: Object) -> Any:
    return body.get("token_endpoint_auth_method")


def _plain(body: Object) -> Object:
    public = _method(body) == "none"
    return {
        "oidc_conformant": False,
        "grant_types": [name for name in ALL_GRANT_TYPES if not (public and name == "client_credentials")],
        "jwt_configuration": {"lifetime_in_seconds": 36000, "secret_encoded": False},
    }


def _resource_server(_body: Object) -> Object:
    """TestAccClientResourceServer recording."""
    return {"oidc_conformant": True, "grant_types": [], "jwt_configuration": {"alg": "RS256", "secret_encoded": False}}


def _express_configuration(_body: Object) -> Object:
    """TestAccClientExpressApp recording."""
    return {
        "oidc_conformant": True,
        "callbacks": ["https://system-admin.okta.com/admin/app/generic/oauth20redirect"],
        "grant_types": ["authorization_code", "client_credentials"],
        "jwt_configuration": {"alg": "RS256", "secret_encoded": False},
        "organization_usage": "require",
        "organization_require_behavior": "pre_login_prompt",
        "client_authentication_methods": {"private_key_jwt": {"credentials": []}},
    }


def _b2b_integration(body: Object) -> Object:
    """TestAccClientB2BIntegrationConfiguration recording."""
    return {
        **_plain(body),
        "oidc_conformant": True,
        "grant_types": ["authorization_code"],
        "organization_usage": "require",
        "organization_require_behavior": "pre_login_prompt",
        "organization_discovery_methods": ["email", "organization_name"],
    }


_FIRST_PARTY = {"resource_server": _resource_server, "express_configuration": _express_configuration}


def _first_party(body: Object) -> Object:
    """Who names a confidential method gets refresh tokens with long lifetimes, whatever the app_type
    (TestAccClientCanSetDefaultAuthMethodOnCreate, TestAccClientGetsCreatedWithDeviceCodeGrant recordings)."""
    of_kind = _b2b_integration if "b2b_integration_configuration" in body else _plain
    return {
        **_FIRST_PARTY.get(str(body.get("app_type")), of_kind)(body),
        "refresh_token": refresh_token(expiring=False, long=_method(body) not in (None, "none")),
    }


def _permissive(body: Object) -> Object:
    """TestAccDataClients recording for public ones, TestAccClientZeroValueCheck for others."""
    public = {"refresh_token": refresh_token(expiring=True, rotating=True)} if _method(body) == "none" else {}
    return {**_first_party(body), "oidc_conformant": True, "third_party_security_mode": "permissive", **public}


def _strict(body: Object) -> Object:
    """TestAccClient_ThirdPartySecurityMode recording for confidential ones, TestAccClientCIMD for public ones."""
    public = _method(body) == "none"
    return {
        "oidc_conformant": True,
        "grant_types": ["authorization_code"],
        "jwt_configuration": {"alg": "RS256", "lifetime_in_seconds": 3600, "secret_encoded": False},
        "refresh_token": refresh_token(expiring=True, rotating=public, long=not public),
        "third_party_security_mode": "strict",
        "redirection_policy": "open_redirect_protection",
    }


def _jwt(made: Object, sent: Object, mode: str | None) -> Object:
    """What a strict client leaves out gets its default; others lose the lifetime with a configuration of their own
    (TestAccClientAuthenticationMethodsSignedRequestObject recording)."""
    return {**made, **sent} if mode == "strict" else {"secret_encoded": False, **sent}


def _refresh_token(made: Object, sent: Object) -> Object:
    """TestAccClientRefreshTokenApplied recording."""
    kind = refresh_token(
        expiring=sent["expiration_type"] == "expiring",
        rotating=sent["rotation_type"] == "rotating",
        long=made["token_lifetime"] > refresh_token(expiring=False)["token_lifetime"],
    )
    return merged(kind, sent)


def _logout(body: Object) -> Object:
    name = next((name for name in (LOGOUT, DEPRECATED_LOGOUT) if name in body), None)
    if name is None:
        return {}
    sent = body[name]
    if sent is None:
        return {LOGOUT: None, DEPRECATED_LOGOUT: None}
    urls = {key: value for key, value in sent.items() if key == LOGOUT_URLS}
    return {LOGOUT: {"backchannel_logout_initiators": LOGOUT_INITIATORS, **sent}, DEPRECATED_LOGOUT: urls}


def created(body: Object, mode: str | None) -> Object:
    """The settings of a new client. `mode` is its security mode, None for first-party."""
    made = (_first_party if mode is None else _permissive if mode == "permissive" else _strict)(body)
    client = {
        "is_first_party": mode is None,
        "is_token_endpoint_ip_header_trusted": False,
        "sso_disabled": False,
        "cross_origin_authentication": False,
        "custom_login_page_on": True,
        **made,
        **body,
        **_logout(body),
    }
    if "jwt_configuration" in body:
        client["jwt_configuration"] = _jwt(made["jwt_configuration"], body["jwt_configuration"], mode)
    if "refresh_token" in body:
        client["refresh_token"] = _refresh_token(made["refresh_token"], body["refresh_token"])
    if "session_transfer" in body:
        client["session_transfer"] = {**SESSION_TRANSFER, **body["session_transfer"]}
    return client


def changed(stored: Object, body: Object) -> Object:
    """The client after a PATCH."""
    change = dict(body)
    for name in MERGED_PER_KEY:
        if change.get(name) is not None:
            change[name] = merged(stored.get(name, {}), change[name])
    if "client_metadata" in change:
        change["client_metadata"] = merged(stored.get("client_metadata", {}), change["client_metadata"])
    if change.get("session_transfer") is not None:
        change["session_transfer"] = {
            **SESSION_TRANSFER,
            **stored.get("session_transfer", {}),
            **change["session_transfer"],
        }
    for name in (LOGOUT, DEPRECATED_LOGOUT):
        # The empty object removes it (TestAccClientSessionTransfer recording).
        if change.get(name) == {}:
            change[name] = None
    if change.get("initiate_login_uri") == "":
        # The empty string removes it (TestAccClientConfig recording); other texts stay as "".
        change["initiate_login_uri"] = None
    return merged(stored, {**change, **_logout(change)})
