# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import functools
import hashlib
import re
import typing as t

from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.kinds.application import FIELDS
from tests.integration import harness
from tests.integration.harness import Play, Tenant

LIST = "GET clients"
STRICT: dict[str, t.Any] = {"is_first_party": False, "third_party_security_mode": "strict"}
CALLBACK = "http://localhost:6274/oauth/callback"

task = functools.partial(harness.task, "auth0_client")


def made(tenant: Tenant, **client: t.Any) -> str:
    return str(tenant.api("POST", "clients", client)["client_id"])


def test_life_of_an_application(play: Play, tenant: Tenant) -> None:
    first: dict[str, t.Any] = {
        "app_type": "native",
        "token_endpoint_auth_method": "none",
        "callbacks": ["http://127.0.0.1:6274/oauth/callback", CALLBACK],
        "grant_types": ["authorization_code", "refresh_token"],
        "client_metadata": {"team": "a", "stage": "test"},
        **STRICT,
    }
    second: dict[str, t.Any] = {
        "description": "For tests",
        "client_metadata": {"stage": None, "owner": "b"},
        "refresh_token": {"leeway": 10},
    }
    run = play(
        [
            task("check create", name="Inspector", check=True, diff=True, **first),
            task("create", name="Inspector", diff=True, **first),
            task("create again", name="Inspector", diff=True, **first),
            task("in another order", name="Inspector", callbacks=first["callbacks"][::-1]),
            task("check change", name="Inspector", check=True, diff=True, **second),
            task("change", name="Inspector", diff=True, **second),
            task("change again", name="Inspector", **second),
            task("check absent", name="Inspector", check=True, diff=True, state="absent"),
            task("absent", name="Inspector", diff=True, state="absent"),
            task("absent again", name="Inspector", state="absent"),
        ]
    )
    assert run.rc == 0, run.output
    assert run.changed == [*("check create", "create", "check change", "change", "check absent", "absent")]
    assert all(not step.warnings and step.logins == 1 for step in run.steps)
    reads = [step for step in run.steps if step.name.startswith("check ") or not step.changed]
    assert all(step.calls == [LIST] for step in reads)
    # Secrets are not even asked for.
    for request in run.requests_of("GET"):
        assert request["query"].items() >= {"include_fields": "false"}.items()
        assert "client_secret" in request["query"]["fields"].split(",")

    wanted = {"name": "Inspector", **first}
    assert run["create"].diff == run["check create"].diff == ({}, wanted)
    assert run["create"].writes == [("POST", wanted)]
    client = run["create"].result["client"]
    assert client["client_id"].startswith("tpc_")
    assert "client_secret" not in client
    # client_metadata is merged by Auth0 and a null removes a key; refresh_token is replaced whole.
    assert run["change"].writes == [
        (
            "PATCH",
            {
                "description": "For tests",
                "client_metadata": {"stage": None, "owner": "b"},
                "refresh_token": {**client["refresh_token"], "leeway": 10},
            },
        )
    ]
    assert run["change"].calls == [LIST, f"PATCH clients/{client['client_id']}"]
    assert run["change"].diff == run["check change"].diff
    assert run["change"].diff[0]["client_metadata"] == {"stage": "test"}
    assert run["change"].diff[1]["client_metadata"] == {"owner": "b"}
    assert run["change"].result["client"] == run["check change"].result["client"]
    assert run["change"].result["client"]["client_metadata"] == {"team": "a", "owner": "b"}
    assert run["absent"].diff == run["check absent"].diff == ({"name": "Inspector"}, {})
    assert run["absent again"].result["client"] == {}
    assert [one["name"] for one in tenant.api("GET", "clients?is_first_party=false")] == []


def test_by_client_id(play: Play, tenant: Tenant) -> None:
    key = made(tenant, name="One")
    run = play(
        [
            task("rename", client_id=key, name="Two"),
            task("rename again", client_id=key, name="Two"),
            task("unknown", client_id="nobody", name="Two"),
            task("unknown absent", client_id="nobody", state="absent"),
            task("absent", client_id=key, state="absent"),
        ]
    )
    assert run.changed == ["rename", "absent"], run.output
    assert run["rename"].calls == [f"GET clients/{key}", f"PATCH clients/{key}"]
    assert run["rename"].writes == [("PATCH", {"name": "Two"})]
    assert "no application with the client_id 'nobody'" in run["unknown"].result["msg"]
    assert run["unknown absent"].status == "ok"


def test_a_name_that_is_not_unique(play: Play, tenant: Tenant) -> None:
    keys = [made(tenant, name="Twin") for _turn in range(2)]
    run = play([task("change", name="Twin", description="x"), task("absent", name="Twin", state="absent")])
    assert run.passed == []
    for step in run.steps:
        assert (
            f"There are 2 applications of that name. Name one by its client_id: {', '.join(keys)}" in step.result["msg"]
        )
        assert step.writes == []


def test_what_auth0_would_refuse_is_refused_before_the_write(play: Play, tenant: Tenant) -> None:
    made(tenant, name="Own")
    made(tenant, name="Strict", **STRICT)
    run = play(
        [
            task("no mode", name="New", is_first_party=False),
            task("check no mode", check=True, name="New", is_first_party=False),
            task("other party", name="Own", **STRICT),
            task("other mode", name="Strict", third_party_security_mode="permissive"),
            task("not for strict", name="Strict", sso_disabled=True, web_origins=["https://a.example.com"]),
            task("not for new strict", name="New", initiate_login_uri="https://a.example.com", **STRICT),
            task("secret of a new one", name="New", client_secret="hush-hush-hush"),
            task("limits", name="<b>", client_metadata={str(n): "x" for n in range(11)}, par_request_expiry=5),
            task("global", client_id=next(iter(tenant.call("GET", "/_emulator/state")["clients"])), state="absent"),
        ]
    )
    assert run.passed == []
    assert all(step.writes == [] for step in run.steps)
    assert "needs third_party_security_mode: strict or permissive" in run["no mode"].result["msg"]
    assert "needs third_party_security_mode" in run["check no mode"].result["msg"]
    assert "is_first_party is true and cannot become false" in run["other party"].result["msg"]
    assert "third_party_security_mode is" in run["other mode"].result["msg"]
    for name, field in (("not for strict", "sso_disabled"), ("not for new strict", "initiate_login_uri")):
        assert f"strict third-party application have {field}." in run[name].result["msg"]
    assert "Auth0 makes the client_secret" in run["secret of a new one"].result["msg"]
    assert "cannot be managed" in run["global"].result["msg"]
    for fault in ("name must not contain < or >", "client_metadata has 11 members", "par_request_expiry is 5"):
        assert fault in run["limits"].result["msg"]


def test_a_secret_is_returned_only_when_asked_for(play: Play, tenant: Tenant) -> None:
    secret = "a-secret-of-ones-own-for-this-application"
    run = play(
        [
            task("create", name="Service", app_type="non_interactive"),
            task("ask", name="Service", include_client_secret=True),
            task("set", diff=True, name="Service", client_secret=secret),
            task("set again", diff=True, name="Service", client_secret=secret),
            task("ask again", name="Service", include_client_secret=True),
        ],
        "-vvvv",
    )
    assert run.changed == ["create", "set"], run.output
    assert "client_secret" not in run["create"].result["client"]
    ours = next(one for one in tenant.api("GET", "clients") if one["name"] == "Service")
    assert ours["client_secret"] == secret
    asked = [step.name for step in run.steps if not any(r["query"].get("fields") for r in step.requests)]
    assert asked == ["ask", "set", "set again", "ask again"]
    assert run["set"].writes == [("PATCH", {"client_secret": secret})]
    assert run["set"].diff == (
        {"name": "Service", "client_secret": "(secret)"},
        {"name": "Service", "client_secret": "(secret, changed)"},
    )
    assert "client_secret" not in run["set"].result["client"]


def test_the_returned_secret_works(play: Play, tenant: Tenant) -> None:
    """In a later task, on every ansible-core; some mask it in what callbacks see."""
    audience = f"https://{tenant.domain}/api/v2/"
    run = play(
        [
            {
                "name": "create",
                "mcp_ops.oauth.auth0_client": {
                    "name": "Service",
                    "app_type": "non_interactive",
                    "include_client_secret": True,
                },
                "register": "service",
            },
            {
                "name": "grant",
                "mcp_ops.oauth.auth0_client_grant": {
                    "client_id": "{{ service.client.client_id }}",
                    "audience": audience,
                    "subject_type": "client",
                    "scope": ["read:clients"],
                },
            },
            {
                "name": "use",
                "mcp_ops.oauth.auth0_client_info": {
                    "client_id": "{{ service.client.client_id }}",
                    "auth_client_id": "{{ service.client.client_id }}",
                    "auth_client_secret": "{{ service.client.client_secret }}",
                },
            },
        ]
    )
    assert run.rc == 0, run.output
    assert [client["name"] for client in run["use"].result["clients"]] == ["Service"]
    assert "client" not in run["create"].result


def test_without_the_scope_for_secrets(play: Play, tenant: Tenant) -> None:
    made(tenant, name="Service")
    tenant.grant("read:clients", "update:clients")
    run = play(
        [
            task("secret", name="Service", client_secret="a-secret-of-ones-own"),
            task("no secret", name="Service", description="x"),
            task("ask", name="Service", include_client_secret=True),
        ]
    )
    assert run.changed == ["no secret"]
    assert "lacks the scope read:client_keys, so the result holds no client_secret" in re.sub(r"\s+", " ", run.output)
    assert run["no secret"].warnings == ""
    assert "lacks the scope read:client_keys" in run["secret"].result["msg"]
    assert run["secret"].writes == []


def api(tenant: Tenant) -> str:
    return str(tenant.api("POST", "resource-servers", {"identifier": "https://mcp.example.com/mcp"})["identifier"])


EVERYTHING: dict[str, t.Any] = {
    "app_type": "resource_server",
    "is_first_party": True,
    "description": "All that can be said",
    "logo_uri": "https://example.com/logo.png",
    "callbacks": ["https://b.example.com/callback", "https://a.example.com/callback"],
    "allowed_logout_urls": ["https://b.example.com", "https://a.example.com"],
    "allowed_origins": ["https://b.example.com", "https://a.example.com"],
    "web_origins": ["https://b.example.com", "https://a.example.com"],
    "allowed_clients": ["b", "a"],
    "client_aliases": ["b", "a"],
    "grant_types": ["refresh_token", "authorization_code"],
    "initiate_login_uri": "https://example.com/login",
    "token_endpoint_auth_method": "client_secret_basic",
    "jwt_configuration": {
        "alg": "RS256",
        "lifetime_in_seconds": 600,
        "secret_encoded": True,
        "scopes": {"a": {"actions": ["b"]}},
    },
    "resource_server_identifier": "https://mcp.example.com/mcp",
    "cross_origin_authentication": True,
    "cross_origin_loc": "https://example.com/fallback",
    "sso": True,
    "sso_disabled": True,
    "custom_login_page": "<p>Log in</p>",
    "custom_login_page_on": False,
    "is_token_endpoint_ip_header_trusted": True,
    "require_pushed_authorization_requests": True,
    "par_request_expiry": 60,
    "compliance_level": "none",
    "require_proof_of_possession": True,
    "skip_non_verifiable_callback_uri_confirmation_prompt": True,
    "oidc_conformant": True,
    "organization_usage": "allow",
    "organization_require_behavior": "pre_login_prompt",
    "organization_discovery_methods": ["organization_name", "email"],
    "default_organization": {"organization_id": "org_0123456789abcdef", "flows": ["client_credentials"]},
    "token_exchange": {"allow_any_profile_of_type": ["custom_authentication"]},
    "token_quota": {"client_credentials": {"enforce": True, "per_day": 5, "per_hour": 1}},
    "oidc_logout": {
        "backchannel_logout_urls": ["https://example.com/out"],
        "backchannel_logout_initiators": {"mode": "custom", "selected_initiators": ["rp-logout", "idp-logout"]},
        "backchannel_logout_session_metadata": {"include": True},
    },
    "session_transfer": {"can_create_session_transfer_token": True, "allowed_authentication_methods": ["query"]},
    "mobile": {"ios": {"team_id": "A", "app_bundle_identifier": "com.example"}},
    "native_social_login": {"apple": {"enabled": True}},
    "addons": {"azure_sb": {"namespace": "example", "sasKey": "hush-hush-hush"}},
    "refresh_token": {
        "rotation_type": "rotating",
        "expiration_type": "expiring",
        "leeway": 5,
        "token_lifetime": 7200,
        "idle_token_lifetime": 3600,
        "infinite_token_lifetime": False,
        "infinite_idle_token_lifetime": False,
        "policies": [{"audience": "https://a.example.com", "scope": ["b", "a"]}],
    },
    "client_metadata": {"team": "a"},
}


def test_every_option_and_back(play: Play, tenant: Tenant) -> None:
    assert {"name", *EVERYTHING} == set(FIELDS) - {
        *("client_id", "client_secret", "third_party_security_mode", "redirection_policy"),
    }
    api(tenant)
    lists: dict[str, t.Any] = {name: value[::-1] for name, value in EVERYTHING.items() if isinstance(value, list)}
    nulls: dict[str, t.Any] = {
        **{
            name: {} for name in ("default_organization", "session_transfer", "token_exchange", "token_quota", "addons")
        },
        "organization_discovery_methods": [],
    }
    empty: dict[str, t.Any] = {
        **dict.fromkeys(("description", "logo_uri", "initiate_login_uri"), ""),
        **{name: [] for name in ("callbacks", "allowed_logout_urls", "allowed_origins", "web_origins")},
        **{name: [] for name in ("allowed_clients", "client_aliases", "grant_types")},
        "oidc_logout": {},
    }
    run = play(
        [
            task("create", name="All", **EVERYTHING),
            task("again", name="All", **EVERYTHING),
            task("in another order", name="All", **lists),
            task("check clear", check=True, diff=True, name="All", **nulls, **empty),
            task("clear", diff=True, name="All", **nulls, **empty),
            task("clear again", name="All", **nulls, **empty),
        ],
        "-vvvvv",
    )
    assert run.rc == 0, run.output
    assert run.changed == ["create", "check clear", "clear"]
    assert run["create"].writes == [("POST", {"name": "All", **EVERYTHING})]
    assert run["clear"].writes == [("PATCH", {**dict.fromkeys(nulls), **empty})]
    assert run["clear"].diff == run["check clear"].diff
    assert run["clear"].diff[0]["addons"] == "(secret)"
    # The deprecated name of oidc_logout goes with it, which no preview knows.
    predicted = {**run["check clear"].result["client"]}
    del predicted["oidc_backchannel_logout"]
    assert run["clear"].result["client"] == predicted
    left = next(one for one in tenant.api("GET", "clients") if one["name"] == "All")
    assert not {*nulls, "oidc_logout", "initiate_login_uri"} & set(left)
    # Add-ons have fields of their own, any of which may be a secret.
    assert "hush-hush-hush" not in run.output
    assert all("addons" not in step.result["client"] for step in run.steps)


def test_parts_of_nested_settings(play: Play, tenant: Tenant) -> None:
    api(tenant)
    made(tenant, name="All", **EVERYTHING)
    parts: dict[str, t.Any] = {
        "jwt_configuration": {"lifetime_in_seconds": 60},
        "refresh_token": {"leeway": 10, "policies": []},
        "oidc_logout": {"backchannel_logout_initiators": {"mode": "all"}},
        "mobile": {"android": {"app_package_name": "com.example"}},
        "native_social_login": {"google": {"enabled": True}},
        "token_quota": {"client_credentials": {"per_day": 6}},
        "client_metadata": {"stage": "test"},
    }
    run = play(
        [
            task("check", check=True, diff=True, name="All", **parts),
            task("change", diff=True, name="All", **parts),
            task("again", name="All", **parts),
        ]
    )
    assert run.rc == 0, run.output
    assert run.changed == ["check", "change"]
    logout = EVERYTHING["oidc_logout"]
    # Auth0 replaces these whole or merges them; what is named goes out with what is there, which is right for both.
    assert run["change"].writes == [
        (
            "PATCH",
            {
                "jwt_configuration": {**EVERYTHING["jwt_configuration"], "lifetime_in_seconds": 60},
                "refresh_token": {**EVERYTHING["refresh_token"], "leeway": 10, "policies": None},
                "oidc_logout": {
                    **logout,
                    "backchannel_logout_initiators": {**logout["backchannel_logout_initiators"], "mode": "all"},
                },
                "mobile": {**EVERYTHING["mobile"], **parts["mobile"]},
                "native_social_login": {**EVERYTHING["native_social_login"], **parts["native_social_login"]},
                "token_quota": {"client_credentials": {"enforce": True, "per_day": 6, "per_hour": 1}},
                "client_metadata": {"stage": "test"},
            },
        )
    ]
    assert run["change"].diff == run["check"].diff
    assert run["change"].result["client"] == run["check"].result["client"]
    assert run["change"].result["client"]["client_metadata"] == {"team": "a", "stage": "test"}


def test_the_items_of_a_loop_ask_for_secrets_each_for_itself(play: Play, tenant: Tenant) -> None:
    secrets = {}
    for name in ("a", "b", "c", "d"):
        key = made(tenant, name=name, app_type="non_interactive")
        secrets[name] = tenant.call("GET", "/_emulator/state")["clients"][key]["client_secret"]
    looped = {
        "name": "loop",
        "mcp_ops.oauth.auth0_client": {"name": "{{ item.name }}", "include_client_secret": "{{ item.ask }}"},
        "loop": [{"name": name, "ask": name in "bd"} for name in "abcd"],
    }
    # What a result holds on purpose can be used, which masking in what a callback sees does not change.
    use = {
        "name": "use",
        "ansible.builtin.assert": {
            "that": [
                "asked.results | map(attribute='client.client_secret', default='none') | map('hash', 'sha256') | list"
                " == hashes"
            ]
        },
    }
    hashes = [hashlib.sha256((secrets[name] if name in "bd" else "none").encode()).hexdigest() for name in "abcd"]
    run = play([{**looped, "register": "asked"}, use], hashes=hashes)
    assert run.rc == 0, run.output
    assert run.changed == []


def test_a_partner_that_is_no_strict_one(play: Play, tenant: Tenant) -> None:
    state = tenant.call("GET", "/_emulator/state")
    tenant.call("PUT", "/_emulator/state", {**state, "permissive_allowed": True})
    options: dict[str, t.Any] = {
        "is_first_party": False,
        "third_party_security_mode": "permissive",
        "sso_disabled": True,
    }
    run = play(
        [
            task("create", name="Partner", **options),
            task("again", name="Partner", **options),
            task("redirects", name="Partner", redirection_policy="allow_always"),
            task("to strict", name="Partner", third_party_security_mode="strict"),
        ]
    )
    assert run.changed == ["create", "redirects"], run.output
    assert 'third_party_security_mode is "permissive" and cannot become "strict"' in run["to strict"].result["msg"]
    assert run["to strict"].writes == []
