# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import functools
import typing as t

from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.kinds.tenant import FIELDS
from tests.integration import harness
from tests.integration.harness import Play, Tenant

READ = "GET tenants/settings"
WRITE = "PATCH tenants/settings"

task = functools.partial(harness.task, "auth0_tenant_settings")


def test_life_of_settings(play: Play, tenant: Tenant) -> None:
    wanted: dict[str, t.Any] = {
        "resource_parameter_profile": "compatibility",
        "authorization_response_iss_parameter_supported": True,
    }
    flags = tenant.api("GET", "tenants/settings")["flags"]
    run = play(
        [
            task("default of an absent setting", authorization_response_iss_parameter_supported=False),
            task("check set", check=True, diff=True, **wanted),
            task("set", diff=True, **wanted),
            task("set again", diff=True, **wanted),
            task("change one", diff=True, **{**wanted, "authorization_response_iss_parameter_supported": False}),
        ]
    )
    assert run.rc == 0, run.output
    assert run.changed == ["check set", "set", "change one"]
    assert all(not step.warnings and step.logins == 1 for step in run.steps)
    unchanged = [step for step in run.steps if not step.changed] + [run["check set"]]
    assert all(step.calls == [READ] for step in unchanged)
    # Flags are the matter of another module: not even asked for.
    assert all(request["query"] == {"fields": "flags", "include_fields": "false"} for request in run.requests_of("GET"))
    assert run["set"].calls == [READ, WRITE, READ]
    assert run["set"].writes == [("PATCH", wanted)]
    assert run["set"].diff == run["check set"].diff
    assert run["set"].diff == ({**wanted, **AUDIENCE, "authorization_response_iss_parameter_supported": False}, wanted)
    assert run["set"].result["settings"] == run["check set"].result["settings"]
    assert run["set"].result["settings"].items() >= wanted.items()
    assert "flags" not in run["set"].result["settings"]
    assert run["change one"].writes == [("PATCH", {"authorization_response_iss_parameter_supported": False})]
    assert tenant.api("GET", "tenants/settings")["flags"] == flags


AUDIENCE = {"resource_parameter_profile": "audience"}
EVERYTHING: dict[str, t.Any] = {
    "acr_values_supported": ["urn:a", "urn:b"],
    "allow_organization_name_in_authentication_api": True,
    "allowed_logout_urls": ["https://a.example.com", "https://b.example.com"],
    "authorization_response_iss_parameter_supported": True,
    "change_password": {"enabled": True, "html": "<p>Change</p>"},
    "client_id_metadata_document_dynamic_registration_supported": True,
    "client_id_metadata_document_supported": True,
    "country_codes": {"list": ["DE", "FR"], "mode": "allow"},
    "customize_mfa_in_postlogin_action": True,
    "default_audience": "https://mcp.example.com/mcp",
    "default_directory": "staff",
    "default_redirection_uri": "https://example.com/",
    "default_token_quota": {"clients": {"client_credentials": {"enforce": True, "per_day": 10, "per_hour": 2}}},
    "device_flow": {"charset": "digits", "mask": "***-***"},
    "dpop_strict_refresh_token_binding": True,
    "dynamic_client_registration_security_mode": "strict",
    "enable_ai_guide": False,
    "enabled_locales": ["de", "en"],
    "error_page": {"html": "<p>Error</p>", "show_log_link": False, "url": "https://example.com/error"},
    "friendly_name": "Example",
    "guardian_mfa_page": {"enabled": True, "html": "<p>Factor</p>"},
    "include_session_metadata_in_tenant_logs": True,
    "legacy_sandbox_version": "12",
    "mtls": {"enable_endpoint_aliases": True},
    "oidc_logout": {"rp_logout_end_session_endpoint_discovery": False},
    "phone_consolidated_experience": True,
    "picture_url": "https://example.com/logo.png",
    "pushed_authorization_requests_supported": True,
    "resource_parameter_profile": "compatibility",
    "sandbox_version": "18",
    "security_headers": {"x_xss_protection": {"enabled": True}},
    "session_cookie": {"mode": "non-persistent"},
    "session_lifetime": 24,
    "idle_session_lifetime": 12,
    "ephemeral_session_lifetime_in_minutes": 181,
    "idle_ephemeral_session_lifetime_in_minutes": 60,
    "sessions": {"oidc_logout_prompt_enabled": False},
    "skip_non_verifiable_callback_uri_confirmation_prompt": True,
    "support_email": "help@example.com",
    "support_url": "https://example.com/help",
}
# What takes a value back, and what of it Auth0 still has then.
CLEARED: dict[str, t.Any] = {
    **{key: {} for key in ("country_codes", "default_token_quota", "device_flow", "error_page", "mtls")},
    **{key: {} for key in ("security_headers", "session_cookie", "sessions")},
    "acr_values_supported": [],
    "skip_non_verifiable_callback_uri_confirmation_prompt": "",
    "allowed_logout_urls": [],
    **dict.fromkeys(("default_audience", "default_directory", "default_redirection_uri", "friendly_name"), ""),
    **dict.fromkeys(("picture_url", "support_email", "support_url"), ""),
}
STAYS_EMPTY = {
    *("allowed_logout_urls", "default_audience", "default_directory", "friendly_name"),
    *("picture_url", "support_email", "support_url"),
}


def test_every_setting_and_back(play: Play, tenant: Tenant) -> None:
    # Lifetimes are there in one of their units.
    assert {name.removesuffix("_in_minutes") for name in EVERYTHING} == {
        name.removesuffix("_in_minutes") for name in FIELDS
    }
    run = play(
        [
            task("set", **EVERYTHING),
            task("again", **EVERYTHING),
            task(
                "lists in another order",
                allowed_logout_urls=EVERYTHING["allowed_logout_urls"][::-1],
                acr_values_supported=EVERYTHING["acr_values_supported"][::-1],
                country_codes={"list": ["FR", "DE"]},
            ),
            task("another default language", enabled_locales=["en", "de"]),
            task("part of a dictionary", error_page={"show_log_link": True}),
            task("part of a page", change_password={"enabled": False}),
            task("check clear", check=True, diff=True, **CLEARED),
            task("clear", diff=True, **CLEARED),
            task("clear again", **CLEARED),
        ]
    )
    assert run.rc == 0, run.output
    assert run.changed == [
        *("set", "another default language", "part of a dictionary", "part of a page", "check clear", "clear"),
    ]
    assert run["set"].writes == [("PATCH", EVERYTHING)]
    # Auth0 replaces a dictionary whole, except for the pages.
    assert run["part of a dictionary"].writes == [
        ("PATCH", {"error_page": {**EVERYTHING["error_page"], "show_log_link": True}})
    ]
    assert run["part of a page"].writes == [("PATCH", {"change_password": {"enabled": False}})]
    assert run["clear"].diff == run["check clear"].diff
    assert run["clear"].result["settings"] == run["check clear"].result["settings"]
    ((_method, body),) = run["clear"].writes
    assert body == {
        name: value if name in {*STAYS_EMPTY, "default_redirection_uri"} else None for name, value in CLEARED.items()
    }
    settings = tenant.api("GET", "tenants/settings")
    assert set(settings) & set(CLEARED) == STAYS_EMPTY
    assert settings["change_password"] == {"enabled": False, "html": "<p>Change</p>"}


def test_parts_of_a_quota(play: Play, tenant: Tenant) -> None:
    each = {"client_credentials": {"enforce": True, "per_day": 100, "per_hour": 10}}
    tenant.api("PATCH", "tenants/settings", {"default_token_quota": {"clients": each, "organizations": each}})
    part = {"clients": {"client_credentials": {"per_day": 200}}}
    run = play(
        [
            task("check", check=True, diff=True, default_token_quota=part),
            task("change", diff=True, default_token_quota=part),
            task("again", default_token_quota=part),
            task("nothing of it", oidc_logout={}, change_password={}),
        ]
    )
    assert run.changed == ["check", "change"], run.output
    changed = {"clients": {"client_credentials": {"enforce": True, "per_day": 200, "per_hour": 10}}}
    assert run["change"].writes == [("PATCH", {"default_token_quota": {**changed, "organizations": each}})]
    before = {"clients": {"client_credentials": {"per_day": 100}}}
    assert run["change"].diff == run["check"].diff
    assert run["change"].diff == ({"default_token_quota": before}, {"default_token_quota": part})
    assert run["change"].result["settings"] == run["check"].result["settings"]


def test_what_is_empty_already_is_not_cleared_again(play: Play, tenant: Tenant) -> None:
    state = tenant.call("GET", "/_emulator/state")
    empty: dict[str, t.Any] = {
        "acr_values_supported": [],
        "security_headers": {},
        "default_audience": "",
        "picture_url": "",
    }
    state["settings"].update(empty)
    tenant.call("PUT", "/_emulator/state", state)
    step = play([task("clear", diff=True, **empty)])["clear"]
    assert step.status == "ok"
    assert not step.changed
    assert step.calls == [READ]


def test_lifetimes_in_hours_and_minutes(play: Play) -> None:
    run = play(
        [
            task("default", session_lifetime=168, idle_session_lifetime_in_minutes=72 * 60),
            task("check minutes", check=True, session_lifetime_in_minutes=181),
            task("minutes", session_lifetime_in_minutes=181),
            task("minutes again", session_lifetime_in_minutes=181),
            task("not quite three hours", session_lifetime=3),
            task("three hours in minutes", session_lifetime_in_minutes=180),
            task("check hours", check=True, session_lifetime=4),
            task("hours", session_lifetime=4),
            task("the same in minutes", session_lifetime_in_minutes=240),
            task("both", session_lifetime=4, session_lifetime_in_minutes=240),
        ]
    )
    assert run.changed == ["check minutes", "minutes", "not quite three hours", "check hours", "hours"]
    assert run.passed == [step.name for step in run.steps if step.name != "both"]
    for name in ("minutes", "hours"):
        assert run[name].result["settings"] == run[f"check {name}"].result["settings"]
    assert run["minutes"].writes == [("PATCH", {"session_lifetime_in_minutes": 181})]
    assert run["minutes"].result["settings"]["session_lifetime"] == 181 / 60
    assert run["hours"].result["settings"]["session_lifetime_in_minutes"] == 240
    assert "mutually exclusive" in run["both"].result["msg"]


def test_what_auth0_would_refuse_is_refused_before_the_write(play: Play, tenant: Tenant) -> None:
    dynamic = "client_id_metadata_document_dynamic_registration_supported"
    run = play(
        [
            task("nothing"),
            task("version", sandbox_version="8", friendly_name="No"),
            task("dynamic alone", friendly_name="No", **{dynamic: True}),
            task("dynamic beside off", **{dynamic: True, "client_id_metadata_document_supported": False}),
            task(
                "texts",
                support_email="nobody",
                support_url="example.com",
                default_redirection_uri="http://a",
                picture_url="logo.png",
                error_page={"url": "error"},
                legacy_sandbox_version="123456789",
                device_flow={"mask": "*" * 21},
            ),
            task(
                "numbers",
                session_lifetime=0,
                idle_session_lifetime_in_minutes=0,
                enabled_locales=[],
                default_token_quota={"clients": {"client_credentials": {"per_day": 0}}},
            ),
            task("half a quota", default_token_quota={"clients": {}}),
            task("unknown", enable_dynamic_client_registration=True),
            task("unknown value", resource_parameter_profile="both"),
        ]
    )
    assert run.passed == []
    assert all(step.writes == [] for step in run.steps)
    silent = ("nothing", "texts", "numbers", "half a quota", "unknown", "unknown value")
    assert all(run[name].requests == [] for name in silent)
    assert "no sandbox_version '8'. It has: 22, 18." in run["version"].result["msg"]
    for name in ("dynamic alone", "dynamic beside off"):
        assert f"{dynamic} needs client_id_metadata_document_supported: true" in run[name].result["msg"]
        assert run[name].calls == [READ]
    for fault in (
        "support_email must be an email address",
        "support_url must be a URL",
        "default_redirection_uri must be an https URL",
        "picture_url must be a URL",
        "error_page.url must be a URL",
        "legacy_sandbox_version has 9 characters",
        "device_flow.mask has 21 characters",
    ):
        assert fault in run["texts"].result["msg"]
    assert "session_lifetime is 0; it must be from 1" in run["numbers"].result["msg"]
    assert "idle_session_lifetime_in_minutes is 0" in run["numbers"].result["msg"]
    assert "enabled_locales has 0 members" in run["numbers"].result["msg"]
    assert "default_token_quota.clients.client_credentials.per_day is 0" in run["numbers"].result["msg"]
    assert "one of the following is required" in run["nothing"].result["msg"]
    assert "friendly_name" not in tenant.api("GET", "tenants/settings")


def test_documents_on_the_fly_need_what_is_on_or_comes_along(play: Play) -> None:
    dynamic = {"client_id_metadata_document_dynamic_registration_supported": True}
    run = play(
        [
            task("together", **dynamic, client_id_metadata_document_supported=True),
            task("off", client_id_metadata_document_dynamic_registration_supported=False),
            task("beside what is on", **dynamic),
        ]
    )
    assert run.rc == 0, run.output
    assert run["beside what is on"].writes == [("PATCH", dynamic)]


def test_with_a_token_that_can_only_read(play: Play, tenant: Tenant) -> None:
    tenant.grant("read:tenant_settings")
    run = play(
        [
            task("no change", friendly_name=""),
            task("check", check=True, friendly_name="New"),
            task("real", friendly_name="New"),
        ]
    )
    assert run.passed == ["no change", "check"]
    assert run.changed == ["check"]
    assert not run["no change"].warnings
    assert "lacks the scope update:tenant_settings" in run["check"].warnings
    assert "lacks the scope update:tenant_settings" in run["real"].result["msg"]
    assert run["real"].writes == []
