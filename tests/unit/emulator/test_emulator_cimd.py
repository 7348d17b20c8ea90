# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json
from typing import Any

import pytest

from emulator.fetch import Unavailable

URL = "https://app.example/oauth/client.json"
PREVIEW, REGISTER = "/clients/cimd/preview", "/clients/cimd/register"
BODY = {"external_client_id": URL}
DOCUMENT = {
    "client_id": URL,
    "client_name": "App",
    "redirect_uris": ["https://app.example/callback"],
    "logo_uri": "https://app.example/logo.png",
    "grant_types": ["authorization_code", "refresh_token"],
    "response_types": ["code"],
    "application_type": "web",
    "token_endpoint_auth_method": "none",
}
MAPPED = {
    "external_client_id": URL,
    "name": "App",
    "callbacks": ["https://app.example/callback"],
    "logo_uri": "https://app.example/logo.png",
    "grant_types": ["authorization_code", "refresh_token"],
    "app_type": "regular_web",
    "token_endpoint_auth_method": "none",
}


def _publish(api: Any, **changes: Any) -> None:
    """The document as it is from now on; None takes a member away."""
    document = {key: value for key, value in {**DOCUMENT, **changes}.items() if value is not None}
    api.tenant.fetch = lambda url: json.dumps(document).encode()


def _unavailable(url: str) -> bytes:
    raise Unavailable("the answer has status 404")


def _clients(api: Any) -> Any:
    return api.expect(200, "GET", "/clients", is_first_party="false")


def test_preview_stores_nothing(api: Any) -> None:
    _publish(api)
    validation = {"valid": True, "violations": [], "warnings": []}
    assert api.expect(200, "POST", PREVIEW, BODY) == {"mapped_fields": MAPPED, "validation": validation}
    assert _clients(api) == []
    client_id = api.expect(200, "POST", REGISTER, BODY)["client_id"]
    assert api.expect(200, "POST", PREVIEW, BODY)["client_id"] == client_id


def test_register_makes_a_strict_client(api: Any) -> None:
    _publish(api)
    answer = api.expect(200, "POST", REGISTER, BODY)
    assert answer["mapped_fields"] == MAPPED
    client = api.expect(200, "GET", f"/clients/{answer['client_id']}")
    assert {key: client[key] for key in MAPPED} == MAPPED
    assert client["client_id"].startswith("tpc_")
    assert (client["is_first_party"], client["third_party_security_mode"]) == (False, "strict")
    assert (client["external_metadata_type"], client["external_metadata_created_by"]) == ("cimd", "admin")
    assert api.expect(200, "GET", "/clients", external_client_id=URL) == [client]


def test_register_again_brings_the_client_to_the_document(api: Any) -> None:
    _publish(api)
    path = f"/clients/{api.expect(200, 'POST', REGISTER, BODY)['client_id']}"
    api.expect(200, "PATCH", path, {"app_type": "native", "grant_types": ["refresh_token"], "description": "kept"})
    _publish(api, client_name="New name", logo_uri=None)
    api.expect(200, "POST", REGISTER, BODY)
    (client,) = _clients(api)
    assert (client["name"], client["app_type"], client["description"]) == ("New name", "regular_web", "kept")
    assert client["grant_types"] == MAPPED["grant_types"]
    assert "logo_uri" not in client


def test_unknown_properties_are_named(api: Any) -> None:
    _publish(api, client_uri="https://app.example", scope="a b")
    assert api.expect(200, "POST", REGISTER, BODY)["validation"]["warnings"] == [
        "Ignoring unsupported properties: client_uri, scope. "
        "These properties are not validated or mapped to the Auth0 client configuration."
    ]


def test_what_a_document_leaves_out(api: Any) -> None:
    _publish(api, grant_types=None, application_type=None, token_endpoint_auth_method=None, logo_uri=None)
    fields = api.expect(200, "POST", PREVIEW, BODY)["mapped_fields"]
    assert (fields["grant_types"], fields["app_type"]) == (["authorization_code"], "regular_web")
    assert fields["token_endpoint_auth_method"] == "none"


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "https://app.example/other.json"},
        {"client_name": None},
        {"client_name": "<b>"},
        {"redirect_uris": None},
        {"redirect_uris": []},
        {"redirect_uris": ["http://app.example/callback"]},
        {"redirect_uris": ["http://127.0.0.1/callback"]},
        {"redirect_uris": ["app:/callback"], "application_type": "native"},
        {"grant_types": ["client_credentials"]},
        {"application_type": "service"},
        {"token_endpoint_auth_method": "client_secret_post"},
        {"token_endpoint_auth_method": "private_key_jwt"},
        {"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://other.example/jwks"},
        {"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://["},
        {"jwks": {"keys": []}},
        {"redirect_uris": [1]},
        {"redirect_uris": ["http://[::1"]},
        {"application_type": ["web"]},
        {"logo_uri": "http://app.example/logo.png"},
    ],
    ids=str,
)
def test_documents_that_break_a_rule(api: Any, change: dict[str, Any]) -> None:
    _publish(api, **change)
    validation = api.expect(200, "POST", PREVIEW, BODY)["validation"]
    assert validation["valid"] is False
    assert len(validation["violations"]) == 1
    refused = api.expect(400, "POST", REGISTER, BODY)
    assert refused["message"].startswith(f"The document at {URL} cannot be applied: ")
    assert _clients(api) == []


def test_native_applications_have_loopback_redirects(api: Any) -> None:
    _publish(api, application_type="native", redirect_uris=["http://127.0.0.1/callback", "http://localhost:1/callback"])
    assert api.expect(200, "POST", REGISTER, BODY)["mapped_fields"]["app_type"] == "native"


def test_keys_are_for_other_plans(api: Any) -> None:
    _publish(api, token_endpoint_auth_method="private_key_jwt", jwks_uri="https://app.example/jwks")
    assert api.expect(200, "POST", PREVIEW, BODY)["mapped_fields"]["jwks_uri"] == "https://app.example/jwks"
    assert api.expect(403, "POST", REGISTER, BODY)["errorCode"] == "insufficient_entitlement"


@pytest.mark.parametrize(
    "url",
    [
        "http://app.example/client.json",
        "https://localhost/client.json",
        "https://app.example",
        "https://app.example/",
        "https://app.example/a/../client.json",
        "https://app.example/a/%2e%2e/client.json",
        "https://app.example/client.json?a=b",
        "https://app.example/client.json#a",
        "https://user@app.example/client.json",
        "https://app.example:0/client.json",
        "https://app.example:port/client.json",
        "https://app.example/%zz",
        "https://app.example/ä",
        "https:///client.json",
        f"https://app.example/{'a' * 101}",
        "",
    ],
)
@pytest.mark.parametrize("path", [PREVIEW, REGISTER])
def test_urls_that_name_no_client(api: Any, path: str, url: str) -> None:
    _publish(api, client_id=url)
    assert api.expect(400, "POST", path, {"external_client_id": url})["errorCode"] == "invalid_body"


def test_a_document_that_is_not_there(api: Any) -> None:
    api.tenant.fetch = _unavailable
    text = f"The document at {URL} could not be retrieved: the answer has status 404"
    assert api.expect(200, "POST", PREVIEW, BODY) == {"errors": [text]}
    assert api.expect(400, "POST", REGISTER, BODY)["message"] == text


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff"])
def test_a_document_that_is_none(api: Any, content: bytes) -> None:
    api.tenant.fetch = lambda url: content
    assert set(api.expect(200, "POST", PREVIEW, BODY)) == {"errors"}
    api.expect(400, "POST", REGISTER, BODY)


@pytest.mark.parametrize(
    "body",
    [
        {"name": "n"},
        {"callbacks": ["https://a.example/cb"]},
        {"logo_uri": "https://a.example/l.png"},
        {"token_endpoint_auth_method": "client_secret_post"},
        {"redirection_policy": "allow_always"},
        {"app_type": "spa"},
        {"grant_types": ["implicit"]},
        {"description": "d" * 141},
    ],
    ids=str,
)
def test_patch_leaves_to_the_document_what_is_its_own(api: Any, body: dict[str, Any]) -> None:
    _publish(api)
    path = f"/clients/{api.expect(200, 'POST', REGISTER, BODY)['client_id']}"
    api.expect(400, "PATCH", path, body)
    api.expect(200, "PATCH", path, {"web_origins": ["https://a.example"], "organization_usage": "allow"})


def test_patch_answers_do_not_tell_the_document(api: Any) -> None:
    _publish(api)
    client_id = api.expect(200, "POST", "/clients/cimd/register", BODY)["client_id"]
    origin = {"external_client_id", "external_metadata_type", "external_metadata_created_by"}
    changed = api.expect(200, "PATCH", f"/clients/{client_id}", {"description": "d"})
    shown = api.expect(200, "GET", f"/clients/{client_id}")
    assert set(shown) - set(changed) == origin
    assert "cross_origin_authentication" not in shown
