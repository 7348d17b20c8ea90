# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Keys and certificates of clients."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

import pytest
from joserfc import jwt

AUDIENCE = "https://tenant.example/"
MOMENT = "2027-01-15T08:00:00.000Z"


@pytest.fixture
def client(api: Any) -> Any:
    return api.expect(201, "POST", "/clients", {"name": "app", "token_endpoint_auth_method": "client_secret_post"})


@pytest.fixture
def path(client: Any) -> str:
    return f"/clients/{client['client_id']}/credentials"


def _pem(api: Any) -> str:
    return str(api.tenant.signing_key.as_pem(private=False).decode())


def _certificate(api: Any) -> str:
    return str(api.tenant.keys.signing_certificate)


def test_public_key(api: Any, path: str) -> None:
    made = api.expect(201, "POST", path, {"credential_type": "public_key", "pem": _pem(api), "name": "main"})
    assert made.pop("id").startswith("cred_")
    assert made == {
        "credential_type": "public_key",
        "kid": api.tenant.signing_key.thumbprint(),
        "alg": "RS256",
        "name": "main",
        "created_at": MOMENT,
        "updated_at": MOMENT,
    }


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ({"kid": "my-own-key-1", "alg": "PS256"}, {"kid": "my-own-key-1", "alg": "PS256"}),
        ({"expires_at": "2033-05-13T09:33:13Z"}, {"expires_at": "2033-05-13T09:33:13.000Z"}),
        ({"expires_at": "2033-05-13T11:33:13+02:00"}, {"expires_at": "2033-05-13T09:33:13.000Z"}),
        ({}, {"expires_at": None}),
    ],
)
def test_what_a_public_key_may_say(api: Any, path: str, more: dict[str, str], wanted: dict[str, Any]) -> None:
    made = api.expect(201, "POST", path, {"credential_type": "public_key", "pem": _pem(api), **more})
    assert {key: made.get(key) for key in wanted} == wanted


def test_expiry_of_a_certificate(api: Any, path: str) -> None:
    body = {"credential_type": "public_key", "pem": _certificate(api)}
    assert "expires_at" not in api.expect(201, "POST", path, body)
    made = api.expect(201, "POST", path, {**body, "parse_expiry_from_cert": True})
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z", made["expires_at"])


def test_certificate(api: Any, path: str) -> None:
    made = api.expect(201, "POST", path, {"credential_type": "x509_cert", "pem": _certificate(api)})
    body = "".join(_certificate(api).split("\n")[1:-2])
    thumbprint = base64.urlsafe_b64encode(hashlib.sha256(base64.b64decode(body)).digest()).decode().rstrip("=")
    assert made["thumbprint_sha256"] == thumbprint
    assert {"expires_at", "kid", "alg", "pem"} & set(made) == {"expires_at"}


def test_subjects(api: Any, path: str) -> None:
    sent = api.expect(201, "POST", path, {"credential_type": "cert_subject_dn", "subject_dn": "C=es\nCN=me"})
    read = api.expect(201, "POST", path, {"credential_type": "cert_subject_dn", "pem": _certificate(api)})
    assert sent["subject_dn"] == "C=es\nCN=me"
    assert re.fullmatch(r"([A-Z]+=[^\n]+\n)*[A-Z]+=[^\n]+", read["subject_dn"])
    assert all(not {"kid", "alg", "pem", "expires_at"} & set(made) for made in (sent, read))


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"credential_type": "unknown", "pem": "x"},
        {"credential_type": "public_key"},
        {"credential_type": "public_key", "pem": "x"},
        {"credential_type": "x509_cert", "pem": "x"},
        {"credential_type": "cert_subject_dn"},
        {"credential_type": "cert_subject_dn", "pem": "x", "subject_dn": "CN=a"},
        {"credential_type": "x509_cert", "subject_dn": "CN=a"},
        {"credential_type": "public_key", "pem": "PEM", "expires_at": "tomorrow"},
        {"credential_type": "public_key", "pem": "PEM", "kid": "short"},
        {"credential_type": "public_key", "pem": "PEM", "more": 1},
    ],
)
def test_refusals(api: Any, path: str, body: dict[str, Any]) -> None:
    sent = {key: _pem(api) if value == "PEM" else value for key, value in body.items()}
    assert api.expect(400, "POST", path, sent)["errorCode"] == "invalid_body"
    assert api.expect(200, "GET", path) == []


def test_life_of_a_credential(api: Any, path: str) -> None:
    made = api.expect(201, "POST", path, {"credential_type": "public_key", "pem": _pem(api)})
    one = f"{path}/{made['id']}"
    assert api.expect(200, "GET", one) == made
    assert api.expect(200, "GET", path, include_totals="true", per_page="50") == [made]
    api.clock.now += 60
    changed = api.expect(200, "PATCH", one, {"expires_at": "2033-05-13T09:33:13.000Z"})
    assert changed == {**made, "expires_at": "2033-05-13T09:33:13.000Z", "updated_at": "2027-01-15T08:01:00.000Z"}
    assert "expires_at" not in api.expect(200, "PATCH", one, {"expires_at": None})
    assert api.expect(200, "PATCH", one, {})["id"] == made["id"]
    api.expect(400, "PATCH", one, {"name": "other"})
    assert [api.call("DELETE", one).status_code for _turn in range(2)] == [204, 204]
    for method in ("GET", "PATCH"):
        api.expect(404, method, one, {})


def test_unknown_client(api: Any) -> None:
    path = "/clients/unknown/credentials"
    for method, body in (("GET", None), ("POST", {"credential_type": "public_key", "pem": _pem(api)})):
        assert api.expect(404, method, path, body)["errorCode"] == "inexistent_client"
    api.expect(404, "GET", f"{path}/cred_1")


def test_a_client_logs_in_with_an_enabled_credential(api: Any, client: Any, path: str) -> None:
    made = api.expect(201, "POST", path, {"credential_type": "public_key", "pem": _pem(api)})
    grant = {"client_id": client["client_id"], "audience": api.tenant.management_audience, "scope": ["read:clients"]}
    api.expect(201, "POST", "/client-grants", grant)

    def login(jti: str) -> Any:
        claims = {"iss": client["client_id"], "sub": client["client_id"], "aud": AUDIENCE, "jti": jti}
        assertion = jwt.encode({"alg": "RS256"}, {**claims, "exp": int(api.clock.now) + 60}, api.tenant.signing_key)
        kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        return api.token(client_id="", client_secret="", client_assertion_type=kind, client_assertion=assertion)

    assert login("a").status_code == 401
    methods = {"private_key_jwt": {"credentials": [{"id": made["id"]}]}}
    change = {"client_authentication_methods": methods, "token_endpoint_auth_method": None}
    shown = api.expect(200, "PATCH", f"/clients/{client['client_id']}", change)
    assert shown["client_authentication_methods"] == methods
    assert not {"client_secret", "token_endpoint_auth_method"} & set(shown)
    assert login("b").status_code == 200
    api.expect(204, "DELETE", f"{path}/{made['id']}")
    assert login("c").status_code == 401
    kept = api.expect(200, "GET", f"/clients/{client['client_id']}")["client_authentication_methods"]
    assert kept == {"private_key_jwt": {"credentials": []}}


@pytest.mark.parametrize("setting", ["signed_request_object", "token_vault_privileged_access"])
def test_keys_sent_with_a_client_become_credentials(api: Any, setting: str) -> None:
    key = {"credential_type": "public_key", "pem": _pem(api), "name": "main"}
    made = api.expect(201, "POST", "/clients", {"name": "app", setting: {"credentials": [key]}})
    (credential,) = api.expect(200, "GET", f"/clients/{made['client_id']}/credentials")
    assert credential["name"] == "main"
    assert made[setting]["credentials"] == [{"id": credential["id"]}]
