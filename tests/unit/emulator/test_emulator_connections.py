# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

import pytest

PATH = "/connections"
OIDC = {"client_id": "a", "issuer": "https://idp.example", "type": "back_channel", "scope": "openid"}


@pytest.fixture
def database(api: Any) -> Any:
    return api.expect(201, "POST", PATH, {"name": "people", "strategy": "auth0"})


@pytest.fixture
def partner(api: Any) -> Any:
    return api.expect(201, "POST", PATH, {"name": "partner", "strategy": "oidc", "options": OIDC})


def test_options_are_replaced_whole_but_for_what_the_server_puts_back(api: Any, database: Any) -> None:
    path = f"{PATH}/{database['id']}"
    api.expect(200, "PATCH", path, {"options": {"authentication_methods": {"passkey": {"enabled": True}}}})
    options = api.expect(200, "PATCH", path, {"options": {"import_mode": True}})["options"]
    assert set(options) == {"import_mode", "authentication_methods", "passkey_options", "brute_force_protection"}
    assert options["authentication_methods"]["passkey"] == {"enabled": False}
    assert api.expect(200, "PATCH", path, {"is_domain_connection": True})["options"] == options


def test_name_and_strategy_cannot_be_patched(api: Any, database: Any) -> None:
    for body in ({"name": "other"}, {"strategy": "oidc"}, {}):
        api.expect(400, "PATCH", f"{PATH}/{database['id']}", body)


@pytest.mark.parametrize("name", ["-a", "a-", "a--b", "a_b", "", "a b"])
def test_names_of_another_form_are_refused(api: Any, name: str) -> None:
    api.expect(400, "POST", PATH, {"name": name, "strategy": "auth0"})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"validation": {}}, "Cannot set both options.attributes and options.validation"),
        ({"requires_username": True}, "Cannot set both options.attributes and options.requires_username"),
        ({"attributes": {"email": {"identifier": {"active": False}}}}, "attributes must contain one active identifier"),
        (
            {"attributes": {"phone_number": {"identifier": {"active": True}, "signup": {"status": "optional"}}}},
            "attribute phone_number must also be required on signup",
        ),
        (
            {"password_options": {}, "passwordPolicy": "good"},
            "Cannot set both options.password_options and options.passwordPolicy",
        ),
    ],
)
def test_options_that_exclude_each_other(api: Any, options: Any, message: str) -> None:
    options = {"attributes": {"email": {"identifier": {"active": True}}}, **options}
    refused = api.expect(400, "POST", PATH, {"name": "x", "strategy": "auth0", "options": options})
    assert (refused["message"], refused["errorCode"]) == (message, "invalid_body")


def test_uniqueness_of_email_is_settled_on_create(api: Any, database: Any) -> None:
    path = f"{PATH}/{database['id']}"
    email: dict[str, Any] = {"identifier": {"active": True}}
    refused = api.expect(400, "PATCH", path, {"options": {"attributes": {"email": {**email, "unique": False}}}})
    assert refused["message"] == "cannot add non-unique email attribute"
    api.expect(200, "PATCH", path, {"options": {"attributes": {"email": email}}})
    refused = api.expect(400, "PATCH", path, {"options": {"attributes": {"email": {**email, "unique": False}}}})
    assert refused["message"] == "cannot patch unique property on email attribute"


def test_configuration_comes_back_encrypted_anew(api: Any, database: Any) -> None:
    path, sent = f"{PATH}/{database['id']}", {"options": {"configuration": {"key": "plain"}}}
    values = [api.expect(200, "PATCH", path, sent)["options"]["configuration"]["key"] for _turn in range(2)]
    assert "plain" not in values
    assert values[0] != values[1]


def test_cross_app_access_is_for_openid_connections(api: Any, database: Any, partner: Any) -> None:
    body = {"cross_app_access_requesting_app": {"active": True}}
    refused = api.expect(400, "PATCH", f"{PATH}/{database['id']}", body)
    assert refused["errorCode"] == "operation_not_supported"
    path = f"{PATH}/{partner['id']}"
    assert api.expect(200, "PATCH", path, body)["cross_app_access_requesting_app"] == {"active": True}
    api.expect(200, "PATCH", path, {"cross_app_access_resource_app": {"status": "enabled"}})
    assert "cross_app_access_resource_app" not in api.expect(
        200, "PATCH", path, {"cross_app_access_resource_app": None}
    )


@pytest.mark.parametrize("change", [{"metadata": {"a": "b"}}, None])
def test_what_happens_while_a_document_is_fetched_counts(api: Any, partner: Any, change: Any) -> None:
    stored = api.tenant.objects("connections")

    def fetch(url: str) -> bytes:
        if change is None:
            del stored[partner["id"]]
        else:
            stored[partner["id"]].update(change)
        return b"{}"

    api.tenant.fetch = fetch
    body = {"options": {**OIDC, "discovery_url": "https://idp.example/.well-known/openid-configuration"}}
    answer = api.call("PATCH", f"{PATH}/{partner['id']}", body)
    assert answer.status_code == (404 if change is None else 200)
    assert answer.json().get("metadata") == (change or {}).get("metadata")


def test_delete_runs_for_a_while_and_holds_the_name(api: Any, database: Any) -> None:
    path = f"{PATH}/{database['id']}"
    first = api.expect(202, "DELETE", path)
    assert first["deleted_at"].endswith("Z")
    api.expect(404, "GET", path)
    assert api.expect(200, "GET", PATH, name="people") == []
    assert api.expect(202, "DELETE", path) == first
    body = {"name": "people", "strategy": "auth0"}
    assert "being deleted" in api.expect(409, "POST", PATH, body)["message"]
    api.clock.now += 1
    api.expect(204, "DELETE", path)
    api.expect(201, "POST", PATH, body)


def test_duplicate_name(api: Any, database: Any) -> None:
    refused = api.expect(409, "POST", PATH, {"name": "people", "strategy": "oidc"})
    assert refused["message"] == "A connection with the same name already exists"


def test_deleting_what_never_was_is_204(api: Any) -> None:
    api.expect(204, "DELETE", f"{PATH}/con_unknown")


def test_filters(api: Any, database: Any, partner: Any) -> None:
    def names(**query: Any) -> list[str]:
        return [connection["name"] for connection in api.expect(200, "GET", PATH, **query)]

    assert names(name="people") == ["people"]
    assert names(name="peopl") == []
    assert names(strategy="oidc") == ["partner"]
    assert len(names(strategy=["oidc", "auth0"])) == 3


def test_fields_keep_what_always_shows(api: Any, database: Any) -> None:
    shown = api.expect(200, "GET", f"{PATH}/{database['id']}", fields="strategy,name")
    assert set(shown) == {"id", "strategy", "name", "is_domain_connection", "authentication", "connected_accounts"}


def test_enabled_clients_are_added_and_removed_by_name(api: Any, database: Any) -> None:
    path = f"{PATH}/{database['id']}/clients"
    one, two = (api.expect(201, "POST", "/clients", {"name": name})["client_id"] for name in "ab")

    def enabled() -> list[str]:
        return [client["client_id"] for client in api.expect(200, "GET", path)["clients"]]

    assert enabled() == [one, two]
    api.expect(204, "PATCH", path, [{"client_id": one, "status": False}])
    api.expect(204, "PATCH", path, [{"client_id": two, "status": True}, {"client_id": one, "status": False}])
    assert enabled() == [two]
    api.expect(404, "PATCH", path, [{"client_id": "unknown", "status": True}])
    api.expect(400, "PATCH", path, [])
    api.expect(400, "PATCH", path, [{"client_id": one, "status": True}] * 51)


def test_third_party_clients_are_not_kept(api: Any, database: Any) -> None:
    third = api.expect(201, "POST", "/clients", {"name": "t", "is_first_party": False})["client_id"]
    path = f"{PATH}/{database['id']}"
    api.expect(204, "PATCH", f"{path}/clients", [{"client_id": third, "status": True}])
    assert api.expect(200, "PATCH", path, {"enabled_clients": [third]})["enabled_clients"] == []


def test_enabled_clients_page_by_checkpoint(api: Any, database: Any) -> None:
    for name in "abc":
        api.expect(201, "POST", "/clients", {"name": name})
    path = f"{PATH}/{database['id']}/clients"
    first = api.expect(200, "GET", path, take="2")
    second = api.expect(200, "GET", path, **{"take": "2", "from": first["next"]})
    assert [len(page["clients"]) for page in (first, second)] == [2, 1]
    assert "next" not in second


def test_status(api: Any, database: Any) -> None:
    api.expect(200, "GET", f"{PATH}/{database['id']}/status")
    agent = api.expect(201, "POST", PATH, {"name": "agent", "strategy": "ad"})
    api.expect(404, "GET", f"{PATH}/{agent['id']}/status")
