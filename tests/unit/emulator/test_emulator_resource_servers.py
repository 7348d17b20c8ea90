# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

MCP = "https://api.example/mcp"


@pytest.fixture
def made(api: Any) -> Any:
    return api.expect(201, "POST", "/resource-servers", {"identifier": MCP})


def test_minimal_create_has_these_keys_and_no_more(made: Any) -> None:
    assert len(made.pop("id")) == 24
    assert made == {
        "identifier": MCP,
        "allow_offline_access": False,
        "skip_consent_for_verifiable_first_party_clients": False,
        "subject_type_authorization": {
            "client": {"policy": "require_client_grant"},
            "user": {"policy": "allow_all"},
        },
        "token_lifetime": 86400,
        "token_lifetime_for_web": 7200,
        "signing_alg": "RS256",
    }


def test_found_by_id_and_by_encoded_identifier(api: Any, made: Any) -> None:
    once = quote(MCP, safe="")
    for name in (made["id"], once, once.replace("%3A", ":"), quote(once, safe="")):
        assert api.expect(200, "GET", f"/resource-servers/{name}") == made
    assert api.expect(200, "PATCH", f"/resource-servers/{once}", {"name": "n"})["name"] == "n"


def test_a_bare_slash_is_not_part_of_an_identifier(api: Any, made: Any) -> None:
    assert api.expect(404, "GET", f"/resource-servers/{MCP}")["message"] == "Not Found"


def test_patch_merges_at_the_top_and_replaces_below(api: Any, made: Any) -> None:
    path = f"/resource-servers/{made['id']}"
    first = {
        "scopes": [{"value": "b"}, {"value": "a"}],
        "proof_of_possession": {"mechanism": "dpop", "required": True, "required_for": "all_clients"},
    }
    api.expect(200, "PATCH", path, first)
    changed = api.expect(
        200, "PATCH", path, {"scopes": [], "proof_of_possession": {"mechanism": "mtls", "required": False}}
    )
    assert changed["scopes"] == []
    assert changed["proof_of_possession"] == {"mechanism": "mtls", "required": False}
    assert changed["signing_alg"] == "RS256"
    assert api.expect(200, "GET", path) == changed


def test_null_clears_what_is_nullable_only(api: Any, made: Any) -> None:
    path = f"/resource-servers/{made['id']}"
    api.expect(200, "PATCH", path, {"consent_policy": "transactional-authorization-with-mfa"})
    names = (
        "token_encryption",
        "consent_policy",
        "authorization_details",
        "proof_of_possession",
        "authorization_policy",
    )
    changed = api.expect(200, "PATCH", path, dict.fromkeys(names))
    assert not set(names) & set(changed)
    api.expect(400, "PATCH", path, {"name": None})
    api.expect(400, "PATCH", path, {"scopes": None})


def test_duplicates_and_reserved_identifiers(api: Any, made: Any) -> None:
    refused = api.expect(409, "POST", "/resource-servers", {"identifier": MCP})
    assert refused["message"] == "A resource server with the same identifier already exists"
    api.expect(409, "POST", "/resource-servers", {"identifier": api.tenant.management_audience})
    reserved = api.expect(400, "POST", "/resource-servers", {"identifier": f"{api.tenant.issuer}userinfo"})
    assert reserved["message"] == "The selected identifier is reserved."


def test_delete_also_repeated_takes_the_grants_along(api: Any, made: Any) -> None:
    grant = api.expect(201, "POST", "/client-grants", {"client_id": api.tenant.state["client_id"], "audience": MCP})
    path = f"/resource-servers/{made['id']}"
    assert [api.call("DELETE", path).status_code for _turn in range(2)] == [204, 204]
    api.expect(404, "GET", path)
    api.expect(404, "GET", f"/client-grants/{grant['id']}")


def test_web_lifetime_is_bounded_by_lifetime(api: Any, made: Any) -> None:
    path = f"/resource-servers/{made['id']}"
    api.expect(400, "PATCH", path, {"token_lifetime": 60, "token_lifetime_for_web": 61})
    assert api.expect(200, "PATCH", path, {"token_lifetime": 60})["token_lifetime_for_web"] == 60


def test_online_access_flags_depend_on_each_other(api: Any, made: Any) -> None:
    path, second = f"/resource-servers/{made['id']}", {"allow_online_access_with_ephemeral_sessions": True}
    api.expect(400, "PATCH", path, second)
    api.expect(200, "PATCH", path, {"allow_online_access": True, **second})


def test_half_a_subject_type_authorization_keeps_the_other_default(api: Any, made: Any) -> None:
    changed = api.expect(
        200,
        "PATCH",
        f"/resource-servers/{made['id']}",
        {"subject_type_authorization": {"user": {"policy": "deny_all"}}},
    )
    assert changed["subject_type_authorization"]["client"] == {"policy": "require_client_grant"}


def test_signing_secret_is_made_and_never_shown(api: Any) -> None:
    made = api.expect(201, "POST", "/resource-servers", {"identifier": "hs", "signing_alg": "HS256"})
    assert "signing_secret" not in made
    assert len(api.tenant.objects("resource_servers")[made["id"]]["signing_secret"]) >= 16


def test_system_api_takes_few_changes_and_no_delete(api: Any) -> None:
    (system,) = api.expect(200, "GET", "/resource-servers")
    assert (system["is_system"], system["token_lifetime"]) == (True, 86400)
    path = f"/resource-servers/{system['id']}"
    assert api.expect(200, "PATCH", path, {"token_lifetime": 3600})["token_lifetime"] == 3600
    refused = api.expect(400, "PATCH", path, {"name": "other"})
    assert refused["message"] == "Payload validation error: 'Additional properties not allowed: name'."
    refused = api.expect(400, "PATCH", path, {"scopes": []})
    assert refused["message"] == "System resource servers cannot be patched."
    api.expect(400, "DELETE", path)
    api.expect(200, "GET", path)


def test_my_account_api_is_activated_by_its_identifier(api: Any) -> None:
    made = api.expect(201, "POST", "/resource-servers", {"identifier": f"{api.tenant.issuer}me/", "name": "mine"})
    assert (made["name"], made["is_system"], made["token_lifetime"]) == ("Auth0 My Account API", True, 600)
    path = f"/resource-servers/{made['id']}"
    assert (len(made["scopes"]), len(api.expect(200, "GET", path)["scopes"])) == (3, 8)
    assert api.call("DELETE", path).status_code == 204


@pytest.mark.parametrize("host", ["tenant.example", "other.eu.auth0.com"])
@pytest.mark.parametrize(
    ("path", "name", "client_policy", "scope"),
    [
        ("/me/", "Auth0 My Account API", "deny_all", ("read:me:factors", "Read Factors")),
        ("/my-org/", "Auth0 My Organization API", "require_client_grant", ("read:my_org:domains", "Read Domains")),
    ],
)
def test_system_apis(api: Any, host: str, path: str, name: str, client_policy: str, scope: tuple[str, str]) -> None:
    policy = {"policy_id": "019b76da-a800-73c9-b656-b349ae415c17"}
    body = {"identifier": f"https://{host}{path}", "name": "mine", "authorization_policy": policy, "scopes": []}
    made = api.expect(201, "POST", "/resource-servers", body)
    shown = api.expect(200, "GET", f"/resource-servers/{made['id']}")
    assert {"value": scope[0], "description": scope[1]} in shown.pop("scopes")
    assert {key: value for key, value in made.items() if key != "scopes"} == shown
    assert shown == {
        "id": made["id"],
        "name": name,
        "identifier": body["identifier"],
        "allow_offline_access": True,
        "skip_consent_for_verifiable_first_party_clients": True,
        "subject_type_authorization": {
            "client": {"policy": client_policy},
            "user": {"policy": "require_client_grant"},
        },
        "proof_of_possession": {"mechanism": "dpop", "required": False},
        "token_lifetime": 600,
        "token_lifetime_for_web": 600,
        "signing_alg": "RS256",
        "is_system": True,
        "authorization_policy": policy,
    }


@pytest.mark.parametrize(
    "identifier", ["https://tenant.example/me", "https://other.example/me/", "https://auth0.com/me/"]
)
def test_other_identifiers_are_no_system_apis(api: Any, identifier: str) -> None:
    assert "is_system" not in api.expect(201, "POST", "/resource-servers", {"identifier": identifier})


def test_online_access_is_shown_with_anonymous_users(api: Any) -> None:
    policy = {"anonymous_user": {"policy": "require_client_grant"}}
    body = {"identifier": MCP, "subject_type_authorization": policy}
    made = api.expect(201, "POST", "/resource-servers", body)
    assert (made["allow_online_access"], made["allow_online_access_with_ephemeral_sessions"]) == (False, False)
    assert set(made["subject_type_authorization"]) == {"anonymous_user", "client", "user"}
    other = api.expect(201, "POST", "/resource-servers", {"identifier": f"{MCP}/other"})
    assert "allow_online_access" not in other


def test_list_filter(api: Any, made: Any) -> None:
    names = [MCP, "unknown"]
    assert api.expect(200, "GET", "/resource-servers", identifiers=names) == [made]
    api.expect(400, "GET", "/resource-servers", identifiers=[str(number) for number in range(11)])
