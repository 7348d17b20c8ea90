# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the server makes of the settings of a client: a matrix of kinds for creates, one of merges for PATCHes."""

from __future__ import annotations

from typing import Any

import pytest

PATH = "/clients"
ALL = ["authorization_code", "implicit", "refresh_token", "client_credentials"]
FOR_USERS = ALL[:3]
LIFETIMES = {False: (2_592_000, 1_296_000), True: (31_557_600, 2_592_000)}
STRICT = {"is_first_party": False}
PERMISSIVE = {**STRICT, "third_party_security_mode": "permissive"}
LOGOUT_URLS = {"backchannel_logout_urls": ["https://app.example/logout"]}
CHOSEN = {"backchannel_logout_initiators": {"mode": "all"}}
USUAL = {"backchannel_logout_initiators": {"mode": "custom", "selected_initiators": ["rp-logout", "idp-logout"]}}
TRANSFER = {
    "can_create_session_transfer_token": False,
    "allowed_authentication_methods": [],
    "enforce_device_binding": "ip",
    "allow_refresh_token": False,
    "enforce_online_refresh_tokens": True,
    "enforce_cascade_revocation": True,
}


def _made(api: Any, **body: Any) -> Any:
    api.tenant.state["permissive_allowed"] = True
    return api.expect(201, "POST", PATH, {"name": "app", **body})


def _with(method: str | None, **body: Any) -> dict[str, Any]:
    return {**body, **({} if method is None else {"token_endpoint_auth_method": method})}


@pytest.mark.parametrize(
    ("body", "expiring", "rotating", "long"),
    [
        *(
            (_with(method, **app), False, False, method in ("client_secret_post", "client_secret_basic"))
            for app in ({}, *({"app_type": kind} for kind in ("spa", "native", "regular_web", "non_interactive")))
            for method in (None, "none", "client_secret_post", "client_secret_basic")
        ),
        *((_with(method, **STRICT), True, False, True) for method in (None, "client_secret_post")),
        (_with("none", **STRICT), True, True, False),
        (_with(None, **PERMISSIVE), False, False, False),
        (_with("client_secret_post", **PERMISSIVE), False, False, True),
        (_with("none", **PERMISSIVE), True, True, False),
        ({"app_type": "resource_server"}, False, False, False),
        ({"app_type": "express_configuration"}, False, False, False),
        ({"oidc_conformant": True, **_with("none", app_type="native")}, False, False, False),
    ],
    ids=str,
)
def test_refresh_tokens_by_kind(api: Any, body: dict[str, Any], expiring: bool, rotating: bool, long: bool) -> None:
    lifetime, idle = LIFETIMES[long]
    assert _made(api, **body)["refresh_token"] == {
        "rotation_type": "rotating" if rotating else "non-rotating",
        "expiration_type": "expiring" if expiring else "non-expiring",
        "leeway": 0,
        "token_lifetime": lifetime,
        "infinite_token_lifetime": not rotating,
        "infinite_idle_token_lifetime": not expiring,
        "idle_token_lifetime": idle,
    }


def test_refresh_token_of_a_create_is_filled_in(api: Any) -> None:
    half = {"rotation_type": "rotating", "expiration_type": "expiring", "leeway": 5}
    made = _made(api, token_endpoint_auth_method="client_secret_post", refresh_token=half)["refresh_token"]
    assert {key: made[key] for key in half} == half
    assert (made["token_lifetime"], made["infinite_token_lifetime"]) == (31_557_600, False)


ORGANIZATIONS = {"organization_usage": "require", "organization_require_behavior": "pre_login_prompt"}


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (
            {},
            {
                "grant_types": ALL,
                "oidc_conformant": False,
                "jwt_configuration": {"secret_encoded": False, "lifetime_in_seconds": 36000},
            },
        ),
        ({"token_endpoint_auth_method": "none"}, {"grant_types": FOR_USERS}),
        ({"app_type": "sso_integration"}, {"grant_types": ALL, "oidc_conformant": False}),
        (
            {"app_type": "resource_server"},
            {
                "grant_types": [],
                "oidc_conformant": True,
                "jwt_configuration": {"secret_encoded": False, "alg": "RS256"},
            },
        ),
        (
            {"app_type": "express_configuration"},
            {
                "grant_types": ["authorization_code", "client_credentials"],
                "oidc_conformant": True,
                "jwt_configuration": {"secret_encoded": False, "alg": "RS256"},
                "callbacks": ["https://system-admin.okta.com/admin/app/generic/oauth20redirect"],
                "client_authentication_methods": {"private_key_jwt": {"credentials": []}},
                **ORGANIZATIONS,
            },
        ),
        (
            {"app_type": "express_configuration", "organization_require_behavior": "post_login_prompt"},
            {**ORGANIZATIONS, "organization_require_behavior": "post_login_prompt"},
        ),
        (
            {"b2b_integration_configuration": {"integration_type": "third_party"}},
            {
                "grant_types": ["authorization_code"],
                "oidc_conformant": True,
                "jwt_configuration": {"secret_encoded": False, "lifetime_in_seconds": 36000},
                "organization_discovery_methods": ["email", "organization_name"],
                **ORGANIZATIONS,
            },
        ),
        (
            {"jwt_configuration": {"alg": "RS256"}},
            {"jwt_configuration": {"secret_encoded": False, "alg": "RS256"}},
        ),
        (
            {**STRICT, "jwt_configuration": {"lifetime_in_seconds": 60}},
            {"jwt_configuration": {"secret_encoded": False, "alg": "RS256", "lifetime_in_seconds": 60}},
        ),
        ({"session_transfer": {}}, {"session_transfer": TRANSFER}),
        (
            {"session_transfer": {"allow_refresh_token": True}},
            {"session_transfer": {**TRANSFER, "allow_refresh_token": True}},
        ),
        ({"oidc_logout": {}}, {"oidc_logout": USUAL, "oidc_backchannel_logout": {}}),
        (
            {"oidc_logout": {**LOGOUT_URLS, **CHOSEN}},
            {"oidc_logout": {**LOGOUT_URLS, **CHOSEN}, "oidc_backchannel_logout": LOGOUT_URLS},
        ),
        (
            {"oidc_backchannel_logout": LOGOUT_URLS},
            {"oidc_logout": {**LOGOUT_URLS, **USUAL}, "oidc_backchannel_logout": LOGOUT_URLS},
        ),
    ],
    ids=str,
)
def test_creates_by_kind(api: Any, body: dict[str, Any], wanted: dict[str, Any]) -> None:
    made = _made(api, **body)
    shown = api.expect(200, "GET", f"{PATH}/{made['client_id']}")
    for answer in (made, shown):
        assert {key: answer.get(key) for key in wanted} == wanted


def test_express_configuration_has_no_secret(api: Any) -> None:
    made = _made(api, app_type="express_configuration")
    assert "client_secret" not in made
    assert "client_secret" not in api.expect(200, "GET", f"{PATH}/{made['client_id']}")


KEY = {"id": "cred_1"}


@pytest.mark.parametrize(
    ("body", "change", "wanted"),
    [
        (
            {"jwt_configuration": {"secret_encoded": True, "alg": "RS256", "lifetime_in_seconds": 300}},
            {"jwt_configuration": {"scopes": {"foo": "bar"}}},
            {
                "jwt_configuration": {
                    "secret_encoded": True,
                    "alg": "RS256",
                    "lifetime_in_seconds": 300,
                    "scopes": {"foo": "bar"},
                }
            },
        ),
        (
            {},
            {"jwt_configuration": {"alg": "RS256"}},
            {"jwt_configuration": {"secret_encoded": False, "alg": "RS256", "lifetime_in_seconds": 36000}},
        ),
        (
            {"session_transfer": {"allow_refresh_token": True}},
            {"session_transfer": {"enforce_device_binding": "asn"}},
            {"session_transfer": {**TRANSFER, "allow_refresh_token": True, "enforce_device_binding": "asn"}},
        ),
        (
            {},
            {"session_transfer": {"enforce_device_binding": "asn"}},
            {"session_transfer": {**TRANSFER, "enforce_device_binding": "asn"}},
        ),
        ({"session_transfer": {}}, {"session_transfer": None}, {"session_transfer": None}),
        (
            {"mobile": {"ios": {"team_id": "T"}}},
            {"mobile": {"android": {"app_package_name": "a.b"}}},
            {"mobile": {"ios": {"team_id": "T"}, "android": {"app_package_name": "a.b"}}},
        ),
        (
            {"native_social_login": {"apple": {"enabled": True}}},
            {"native_social_login": {"google": {"enabled": True}}},
            {"native_social_login": {"apple": {"enabled": True}, "google": {"enabled": True}}},
        ),
        (
            {"signed_request_object": {"required": True}},
            {"signed_request_object": {"credentials": [KEY]}},
            {"signed_request_object": {"required": True, "credentials": [KEY]}},
        ),
        (
            {"client_metadata": {"a": "1", "b": "2"}},
            {"client_metadata": {"b": None, "c": "3"}},
            {"client_metadata": {"a": "1", "c": "3"}},
        ),
        (
            {"addons": {"samlp": {"audience": "a", "recipient": "r"}}},
            {"addons": {"samlp": {"audience": "b"}}},
            {"addons": {"samlp": {"audience": "b"}}},
        ),
        (
            {"oidc_logout": {**LOGOUT_URLS, **CHOSEN}},
            {"oidc_logout": {"backchannel_logout_urls": []}},
            {
                "oidc_logout": {"backchannel_logout_urls": [], **USUAL},
                "oidc_backchannel_logout": {"backchannel_logout_urls": []},
            },
        ),
        *(
            ({"oidc_logout": LOGOUT_URLS}, {name: gone}, {"oidc_logout": None, "oidc_backchannel_logout": None})
            for name, gone in (("oidc_logout", {}), ("oidc_backchannel_logout", {}), ("oidc_backchannel_logout", None))
        ),
        ({"initiate_login_uri": "https://a.b/login"}, {"initiate_login_uri": ""}, {"initiate_login_uri": None}),
        ({"description": "d"}, {"description": ""}, {"description": ""}),
        ({"sso": True}, {"sso": False}, {"sso": False}),
        ({"token_endpoint_auth_method": "none"}, {"app_type": "spa"}, {"token_endpoint_auth_method": "none"}),
        ({}, {"is_token_endpoint_ip_header_trusted": True}, {"is_token_endpoint_ip_header_trusted": True}),
    ],
    ids=str,
)
def test_changes(api: Any, body: dict[str, Any], change: dict[str, Any], wanted: dict[str, Any]) -> None:
    made = _made(api, **body)
    path = f"{PATH}/{made['client_id']}"
    for answer in (api.expect(200, "PATCH", path, change), api.expect(200, "GET", path)):
        assert {key: answer.get(key) for key in wanted} == wanted
        assert all(key in answer for key, value in wanted.items() if value is not None)
        assert not {key for key, value in wanted.items() if value is None} & set(answer)
        untouched = set(made) - {"encrypted", "signing_keys"} - set(change) - set(wanted)
        assert {key: answer[key] for key in untouched} == {key: made[key] for key in untouched}


def test_refresh_token_keeps_what_a_change_leaves_out(api: Any) -> None:
    policies = [{"audience": "https://a.b", "scope": ["c"]}]
    kind = {"rotation_type": "rotating", "expiration_type": "expiring"}
    made = _made(api, refresh_token={**kind, "leeway": 5, "policies": policies})
    path = f"{PATH}/{made['client_id']}"
    changed = api.expect(200, "PATCH", path, {"refresh_token": {**kind, "leeway": 7}})["refresh_token"]
    assert changed == {**made["refresh_token"], "leeway": 7}
    changed = api.expect(200, "PATCH", path, {"refresh_token": {**kind, "policies": None}})["refresh_token"]
    assert "policies" not in changed


def test_signing_keys_by_method(api: Any) -> None:
    """Only the answer to a create has the private key."""
    made = _made(api)
    path = f"{PATH}/{made['client_id']}"
    found = {
        "POST": made,
        "GET": api.expect(200, "GET", path),
        "PATCH": api.expect(200, "PATCH", path, {"description": "d"}),
        "list": next(client for client in api.expect(200, "GET", PATH) if client["client_id"] == made["client_id"]),
    }
    subjects = {name: client["signing_keys"][0]["subject"] for name, client in found.items()}
    assert subjects == {
        "POST": "/CN=tenant.example",
        "GET": "deprecated",
        "PATCH": "/CN=tenant.example",
        "list": "deprecated",
    }
    assert {name for name, client in found.items() if "key" in client["signing_keys"][0]} == {"POST"}
    assert all(client["signing_keys"][0]["pkcs7"].startswith("-----BEGIN PKCS7-----") for client in found.values())


def test_secret_is_rotated(api: Any) -> None:
    made = _made(api, token_endpoint_auth_method="client_secret_post")
    path = f"{PATH}/{made['client_id']}"
    rotated = api.expect(200, "POST", f"{path}/rotate-secret")
    assert len(rotated["client_secret"]) == 64
    assert rotated["client_secret"] != made["client_secret"]
    assert api.expect(200, "GET", path)["client_secret"] == rotated["client_secret"]
    login = {"client_id": made["client_id"], "audience": api.tenant.management_audience}
    assert api.token(**login, client_secret=made["client_secret"]).status_code == 401
    assert api.token(**login, client_secret=rotated["client_secret"]).json()["error"] != "invalid_client"
    api.expect(404, "POST", f"{PATH}/unknown/rotate-secret")


def test_secret_of_a_client_with_keys_is_not_rotated(api: Any) -> None:
    made = _made(api, app_type="express_configuration")
    api.expect(400, "POST", f"{PATH}/{made['client_id']}/rotate-secret")
