# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

import pytest

PATH = "/clients"


def _made(api: Any, **body: Any) -> Any:
    return api.expect(201, "POST", PATH, {"name": "app", **body})


def test_first_party_defaults(api: Any) -> None:
    client = _made(api)
    assert len(client["client_id"]) == 32
    assert (client["is_first_party"], client["oidc_conformant"], client["global"]) == (True, False, False)
    assert client["jwt_configuration"] == {"secret_encoded": False, "lifetime_in_seconds": 36000}
    assert client["grant_types"] == ["authorization_code", "implicit", "refresh_token", "client_credentials"]
    assert client["refresh_token"]["rotation_type"] == "non-rotating"
    assert not {"third_party_security_mode", "app_type", "callbacks", "description"} & set(client)


def test_strict_third_party_defaults(api: Any) -> None:
    client = _made(api, is_first_party=False)
    assert client["client_id"].startswith("tpc_")
    assert len(client["client_id"]) == 26
    assert (client["third_party_security_mode"], client["redirection_policy"]) == (
        "strict",
        "open_redirect_protection",
    )
    assert (client["grant_types"], client["oidc_conformant"]) == (["authorization_code"], True)
    assert client["jwt_configuration"] == {"alg": "RS256", "lifetime_in_seconds": 3600, "secret_encoded": False}
    assert client["refresh_token"]["expiration_type"] == "expiring"
    assert client["refresh_token"]["infinite_idle_token_lifetime"] is False


@pytest.mark.parametrize(
    "body",
    [
        {"sso": True},
        {"allowed_logout_urls": ["https://a.b"]},
        {"grant_types": ["implicit"]},
        {"app_type": "resource_server"},
        {"callbacks": ["https://*.a.b"]},
        {"jwt_configuration": {"alg": "HS256"}},
    ],
)
def test_strict_clients_take_less(api: Any, body: dict[str, Any]) -> None:
    api.expect(400, "POST", PATH, {"name": "t", "is_first_party": False, **body})
    client = _made(api, is_first_party=False)
    api.expect(400, "PATCH", f"{PATH}/{client['client_id']}", body)
    _made(api, **body)


def test_ownership_and_mode_never_change(api: Any) -> None:
    client = _made(api, is_first_party=False)
    path = f"{PATH}/{client['client_id']}"
    api.expect(200, "PATCH", path, {"is_first_party": False, "third_party_security_mode": "strict"})
    api.expect(400, "PATCH", path, {"is_first_party": True})
    api.expect(400, "PATCH", path, {"third_party_security_mode": "permissive"})
    assert (
        api.expect(200, "PATCH", path, {"redirection_policy": "allow_always"})["redirection_policy"] == "allow_always"
    )


def test_permissive_clients_where_the_tenant_may(api: Any) -> None:
    body = {"name": "t", "is_first_party": False, "third_party_security_mode": "permissive"}
    api.expect(403, "POST", PATH, body)
    api.tenant.state["permissive_allowed"] = True
    client = api.expect(201, "POST", PATH, body)
    assert (client["client_id"].startswith("tpc_"), client["third_party_security_mode"]) == (False, "permissive")


def test_public_clients_have_no_client_credentials(api: Any) -> None:
    client = _made(api, token_endpoint_auth_method="none")
    assert client["grant_types"] == ["authorization_code", "implicit", "refresh_token"]


def test_metadata_merges_per_key(api: Any) -> None:
    client = _made(api, client_metadata={"a": "1", "b": "2"})
    changed = api.expect(200, "PATCH", f"{PATH}/{client['client_id']}", {"client_metadata": {"b": None, "c": "3"}})
    assert changed["client_metadata"] == {"a": "1", "c": "3"}


def test_null_clears_and_other_keys_stay(api: Any) -> None:
    client = _made(api, token_quota={"client_credentials": {"per_day": 1}}, description="d")
    changed = api.expect(200, "PATCH", f"{PATH}/{client['client_id']}", {"token_quota": None})
    assert "token_quota" not in changed
    assert changed["description"] == "d"
    api.expect(400, "PATCH", f"{PATH}/{client['client_id']}", {"name": None})


def test_secret_can_be_changed(api: Any) -> None:
    client = _made(api, grant_types=["client_credentials"])
    api.expect(200, "PATCH", f"{PATH}/{client['client_id']}", {"client_secret": "new-secret"})
    assert api.token(client_id=client["client_id"], client_secret=client["client_secret"]).status_code == 401
    assert api.token(client_id=client["client_id"], client_secret="new-secret").status_code == 403


def test_identifier_of_a_resource_server_links_it(api: Any) -> None:
    server = api.expect(201, "POST", "/resource-servers", {"identifier": "https://api.example/mcp"})
    link = {"app_type": "resource_server", "resource_server_identifier": server["identifier"]}
    client = _made(api, **link)
    assert client["grant_types"] == []
    path = f"/resource-servers/{server['id']}"
    assert api.expect(200, "GET", path)["client_id"] == client["client_id"]
    api.expect(204, "DELETE", f"{PATH}/{client['client_id']}")
    assert "client_id" not in api.expect(200, "GET", path)
    api.expect(404, "POST", PATH, {"name": "x", **link, "resource_server_identifier": "unknown"})
    assert len(api.expect(200, "GET", PATH)) == 2


def test_delete_takes_grants_and_enabled_clients_along(api: Any) -> None:
    client = _made(api)
    body = {"client_id": client["client_id"], "audience": api.tenant.management_audience}
    grant = api.expect(201, "POST", "/client-grants", body)
    path = f"{PATH}/{client['client_id']}"
    assert [api.call("DELETE", path).status_code for _turn in range(2)] == [204, 204]
    api.expect(404, "GET", path)
    api.expect(404, "GET", f"/client-grants/{grant['id']}")
    (connection,) = api.expect(200, "GET", "/connections")
    assert client["client_id"] not in connection["enabled_clients"]


def test_global_client(api: Any) -> None:
    (client,) = api.expect(200, "GET", PATH, is_global="true")
    assert client["name"] == "All Applications"
    refused = api.expect(400, "DELETE", f"{PATH}/{client['client_id']}")
    assert refused["message"] == "Global client cannot be deleted."
    assert len(api.expect(200, "GET", PATH, is_global="false")) == 1


def test_new_clients_and_existing_connections(api: Any) -> None:
    (connection,) = api.expect(200, "GET", "/connections")
    first = _made(api)["client_id"]
    third = _made(api, is_first_party=False)["client_id"]
    api.expect(200, "PATCH", "/tenants/settings", {"flags": {"enable_client_connections": False}})
    second = _made(api)["client_id"]
    assert api.expect(200, "GET", f"/connections/{connection['id']}")["enabled_clients"] == [first]
    shown = api.expect(200, "GET", f"{PATH}/{first}/connections")
    assert [entry["name"] for entry in shown["connections"]] == ["Username-Password-Authentication"]
    for client_id in (second, third):
        assert api.expect(200, "GET", f"{PATH}/{client_id}/connections") == {"connections": []}


def test_filters(api: Any) -> None:
    third = _made(api, is_first_party=False, app_type="native")
    spa = _made(api, app_type="spa")

    def ids(**query: str) -> list[str]:
        return [client["client_id"] for client in api.expect(200, "GET", PATH, **query)]

    assert ids(is_first_party="false") == [third["client_id"]]
    assert ids(app_type="native,spa") == [third["client_id"], spa["client_id"]]
    assert ids(external_client_id="https://a.b/client.json") == []


def test_fields_keep_what_always_shows(api: Any) -> None:
    client_id = _made(api)["client_id"]
    assert all(set(entry) == {"tenant", "client_id"} for entry in api.expect(200, "GET", PATH, fields="client_id"))
    shown = api.expect(200, "GET", f"{PATH}/{client_id}", fields="client_id")
    assert set(shown) == {"tenant", "client_id", "signing_keys"}


def test_credentials_show_no_key(api: Any) -> None:
    pem = api.tenant.signing_key.as_pem(private=False).decode()
    key = {"credential_type": "public_key", "pem": pem, "name": "main"}
    client = _made(api, client_authentication_methods={"private_key_jwt": {"credentials": [key]}})
    (credential,) = api.expect(200, "GET", f"{PATH}/{client['client_id']}/credentials")
    assert (credential["name"], credential["alg"]) == ("main", "RS256")
    assert "pem" not in credential


def test_paging_with_narrowed_fields(api: Any) -> None:
    for number in range(3):
        _made(api, description=str(number))
    names, query = [], {"take": "2", "fields": "name"}
    while True:
        answer = api.expect(200, "GET", PATH, **query)
        names += [client["name"] for client in answer["clients"]]
        if "next" not in answer:
            break
        query["from"] = answer["next"]
    assert len(names) == 5
