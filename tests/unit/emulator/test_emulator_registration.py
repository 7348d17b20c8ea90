# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.emulator.login import CALLBACK, register

BODY = {"client_name": "App", "redirect_uris": [CALLBACK]}


@pytest.fixture(autouse=True)
def _switched_on(api: Any) -> None:
    api.expect(200, "PATCH", "/tenants/settings", {"flags": {"enable_dynamic_client_registration": True}})


def _refused(api: Any, body: Any, error: str) -> None:
    answer = api.post("/oidc/register", json=body)
    assert (answer.status_code, answer.json()["error"]) == (400, error), answer.text
    assert len(api.expect(200, "GET", "/clients")) == 2


def test_switched_off_it_refuses(api: Any) -> None:
    api.expect(200, "PATCH", "/tenants/settings", {"flags": {"enable_dynamic_client_registration": False}})
    answer = api.post("/oidc/register", json=BODY)
    assert (answer.status_code, answer.json()["error"]) == (403, "access_denied")


def test_no_token_is_needed_and_the_answer_is_that_of_the_standard(api: Any) -> None:
    del api.headers["authorization"]
    answer = api.post(
        "/oidc/register", json={**BODY, "grant_types": ["authorization_code", "refresh_token", "implicit"]}
    )
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    made = answer.json()
    assert made.pop("client_id").startswith("tpc_")
    assert made.pop("client_secret")
    assert made == {
        "client_name": "App",
        "redirect_uris": [CALLBACK],
        "client_secret_expires_at": 0,
        "grant_types": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_method": "client_secret_post",
    }


def test_the_client_is_a_strict_third_party_one(api: Any) -> None:
    made = register(api)
    assert "client_secret" not in made
    client = api.expect(200, "GET", f"/clients/{made['client_id']}")
    assert (client["is_first_party"], client["third_party_security_mode"]) == (False, "strict")
    assert (client["external_metadata_type"], client["external_metadata_created_by"]) == ("dcr", "client")
    assert client["refresh_token"]["rotation_type"] == "rotating"
    assert (client["name"], client["callbacks"]) == ("App", [CALLBACK])


def test_in_permissive_mode_it_is_an_ordinary_one(api: Any) -> None:
    api.tenant.state["permissive_allowed"] = True
    api.expect(200, "PATCH", "/tenants/settings", {"dynamic_client_registration_security_mode": "permissive"})
    client = api.expect(200, "GET", f"/clients/{register(api)['client_id']}")
    assert (client["client_id"].startswith("tpc_"), client["third_party_security_mode"]) == (False, "permissive")
    assert client["external_metadata_type"] == "dcr"


@pytest.mark.parametrize(
    "uri",
    ["https://a.example/cb", "http://127.0.0.1:9/cb", "http://localhost/cb", "http://[::1]:1/cb", "cursor://auth/cb"],
)
def test_redirect_uris_that_may_be_registered(api: Any, uri: str) -> None:
    assert register(api, redirect_uris=[uri])["redirect_uris"] == [uri]


@pytest.mark.parametrize(
    "uri",
    [
        "http://a.example/cb",
        "http://127.0.0.1.example/cb",
        "http://127.0.0.1@a.example/cb",
        "http://a.example\\@127.0.0.1/cb",
        "https://*.a.example/cb",
        "https://a.example/cb#part",
        "https:///cb",
        "javascript:alert(1)",
        "data:text/html,x",
        "/cb",
        "http://[::1",
    ],
)
def test_redirect_uris_that_may_not(api: Any, uri: str) -> None:
    _refused(api, {**BODY, "redirect_uris": [CALLBACK, uri]}, "invalid_redirect_uri")


@pytest.mark.parametrize(
    "change",
    [
        {"redirect_uris": []},
        {"redirect_uris": "https://a.example/cb"},
        {"token_endpoint_auth_method": "private_key_jwt"},
        {"grant_types": ["client_credentials"]},
        {"grant_types": ["refresh_token"]},
        {"client_name": "<b>"},
    ],
    ids=str,
)
def test_metadata_that_is_refused(api: Any, change: dict[str, Any]) -> None:
    _refused(api, {**BODY, **change}, "invalid_client_metadata")


@pytest.mark.parametrize("body", [{}, [], {"client_name": "App"}], ids=str)
def test_bodies_without_redirect_uris(api: Any, body: Any) -> None:
    _refused(api, body, "invalid_client_metadata")
    answer = api.post("/oidc/register", content=b"{")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")
