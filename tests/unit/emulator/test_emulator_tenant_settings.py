# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

import pytest

PATH = "/tenants/settings"


def test_a_new_tenant_shows_what_was_set_and_nothing_else(api: Any) -> None:
    settings = api.expect(200, "GET", PATH)
    assert set(settings) == {
        "enabled_locales",
        "flags",
        "sandbox_version",
        "oidc_logout",
        "resource_parameter_profile",
        "phone_consolidated_experience",
        "sandbox_versions_available",
    }
    assert "enable_dynamic_client_registration" not in settings["flags"]


def test_flags_merge_per_key(api: Any) -> None:
    before = api.expect(200, "GET", PATH)["flags"]
    api.expect(200, "PATCH", PATH, {"flags": {"enable_dynamic_client_registration": True}})
    assert api.expect(200, "GET", PATH)["flags"] == {**before, "enable_dynamic_client_registration": True}


def test_patch_answer_is_not_the_get_answer(api: Any) -> None:
    answer = api.expect(200, "PATCH", PATH, {"universal_login": {"colors": {"primary": "#000000"}}})
    settings = api.expect(200, "GET", PATH)
    assert set(answer["flags"]) - set(settings["flags"]) == {
        "cannot_change_enforce_client_authentication_on_passwordless_start",
        "enforce_client_authentication_on_passwordless_start",
    }
    assert set(answer["universal_login"]) - set(settings["universal_login"]) == {
        "is_custom_theme_set",
        "is_custom_template_set",
    }
    assert set(settings) - set(answer) == {"sandbox_versions_available"}


@pytest.mark.parametrize(
    "flag",
    ["disable_impersonation", "allow_changing_enable_sso", "enable_sso", "genai_trial", "custom_domains_provisioning"],
)
def test_flags_that_may_not_be_set(api: Any, flag: str) -> None:
    refused = api.expect(400, "PATCH", PATH, {"flags": {flag: True}})
    assert refused["message"] == f"You are not allowed to set flag '{flag}' for this tenant."


def test_enable_sso_where_the_tenant_allows_it(api: Any) -> None:
    api.tenant.settings["flags"]["allow_changing_enable_sso"] = True
    api.expect(200, "PATCH", PATH, {"flags": {"enable_sso": False}})
    assert api.expect(200, "GET", PATH)["flags"]["enable_sso"] is False


def test_pinned_flag_and_one_way_flag(api: Any) -> None:
    pinned = {"enforce_client_authentication_on_passwordless_start": False}
    refused = api.expect(400, "PATCH", PATH, {"flags": pinned})
    assert refused["message"].startswith("Updating the enforce_client_authentication_on_passwordless_start flag")
    api.expect(400, "PATCH", PATH, {"flags": {"change_pwd_flow_v1": True}})
    api.expect(200, "PATCH", PATH, {"flags": {"change_pwd_flow_v1": False}})


def test_a_refused_patch_changes_nothing(api: Any) -> None:
    before = api.expect(200, "GET", PATH)
    api.expect(400, "PATCH", PATH, {"friendly_name": "x", "flags": {"enable_apis_section": True, "enable_sso": False}})
    assert api.expect(200, "GET", PATH) == before


def test_flags_of_a_get_cannot_be_sent_back(api: Any) -> None:
    flags = api.expect(200, "GET", PATH)["flags"]
    assert (
        "Additional properties not allowed: universal_login"
        in api.expect(400, "PATCH", PATH, {"flags": flags})["message"]
    )


def test_a_flag_outside_the_schema_is_taken(api: Any) -> None:
    flag = {"use_scope_descriptions_for_consent": True}
    assert api.expect(200, "PATCH", PATH, {"flags": flag})["flags"]["use_scope_descriptions_for_consent"] is True


@pytest.mark.parametrize("page", ["change_password", "guardian_mfa_page"])
def test_pages_merge_per_key(api: Any, page: str) -> None:
    api.expect(200, "PATCH", PATH, {page: {"enabled": True, "html": "<p>"}})
    assert api.expect(200, "PATCH", PATH, {page: {"enabled": False}})[page] == {"enabled": False, "html": "<p>"}


def test_other_objects_are_replaced(api: Any) -> None:
    api.expect(200, "PATCH", PATH, {"error_page": {"html": "a", "url": "https://a.b"}})
    assert api.expect(200, "PATCH", PATH, {"error_page": {"html": "b"}})["error_page"] == {"html": "b"}


def test_null_and_empty_values(api: Any) -> None:
    given = {
        "mtls": {"enable_endpoint_aliases": True},
        "acr_values_supported": ["a"],
        "default_redirection_uri": "https://a.b/c",
        "default_audience": "x",
        "allowed_logout_urls": ["https://a.b"],
    }
    api.expect(200, "PATCH", PATH, given)
    api.expect(200, "PATCH", PATH, {"mtls": None, "country_codes": None, "error_page": None})
    api.expect(
        200,
        "PATCH",
        PATH,
        {"default_redirection_uri": "", "default_audience": "", "allowed_logout_urls": [], "acr_values_supported": []},
    )
    settings = api.expect(200, "GET", PATH)
    assert not {"mtls", "default_redirection_uri", "error_page"} & set(settings)
    assert (settings["default_audience"], settings["allowed_logout_urls"]) == ("", [])
    assert settings["acr_values_supported"] == []
    api.expect(200, "PATCH", PATH, {"acr_values_supported": None})
    assert "acr_values_supported" not in api.expect(200, "GET", PATH)


def test_lifetimes_in_minutes_read_as_hours(api: Any) -> None:
    answer = api.expect(
        200, "PATCH", PATH, {"session_lifetime_in_minutes": 181, "idle_session_lifetime_in_minutes": 120}
    )
    assert (answer["session_lifetime"], answer["idle_session_lifetime"]) == (3.0166666666666666, 2)
    assert not [key for key in answer if key.endswith("_in_minutes")]
    api.expect(400, "PATCH", PATH, {"session_lifetime": 1, "session_lifetime_in_minutes": 60})


def test_sandbox_version_must_be_available(api: Any) -> None:
    api.expect(200, "PATCH", PATH, {"sandbox_version": "18"})
    refused = api.expect(400, "PATCH", PATH, {"sandbox_version": "8"})
    assert refused["message"] == (
        'The sandbox_version provided is invalid. Please use one of the available options: ["22","18"]'
    )


def test_permissive_registration_is_for_tenants_that_may(api: Any) -> None:
    mode = {"dynamic_client_registration_security_mode": "permissive"}
    api.expect(403, "PATCH", PATH, mode)
    api.tenant.state["permissive_allowed"] = True
    assert api.expect(200, "PATCH", PATH, mode)["dynamic_client_registration_security_mode"] == "permissive"


def test_fields(api: Any) -> None:
    assert api.expect(200, "GET", PATH, fields="enabled_locales") == {"enabled_locales": ["en"]}
