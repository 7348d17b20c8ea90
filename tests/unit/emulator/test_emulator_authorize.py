# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import base64
import hashlib
import re
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from joserfc import jwt

from tests.unit.emulator.login import (
    ADA,
    CALLBACK,
    MCP,
    agree,
    answer,
    begin,
    code,
    first_party,
    log_in,
    promote,
    redeem,
    register,
    set_up,
    transaction,
)

ISSUER = "https://tenant.example/"


def _refused(page: Any, status: int, text: str) -> None:
    """A page for the person, and no redirect."""
    assert (page.status_code, page.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert text in unescape(page.text)
    assert "location" not in page.headers


def test_login_and_consent_lead_to_a_code(api: Any) -> None:
    set_up(api)
    client = register(api)
    login = begin(api, client, scope="openid tools:read")
    assert login.status_code == 200
    assert "<strong>App</strong>" in login.text
    consent = log_in(api, login)
    assert consent.status_code == 200
    assert "<strong>App</strong> is requesting access to <strong>MCP</strong>" in consent.text
    assert "<li><code>tools:read</code>: May tools:read</li>" in consent.text
    assert "openid" not in consent.text
    redirect = agree(api, consent)
    assert redirect.headers["location"].startswith(f"{CALLBACK}?")
    told = answer(redirect)
    assert told.pop("code")
    assert told == {"state": "xyz"}


def test_the_issuer_is_told_where_the_tenant_says_so(api: Any) -> None:
    set_up(api)
    api.expect(200, "PATCH", "/tenants/settings", {"authorization_response_iss_parameter_supported": True})
    told = answer(agree(api, log_in(api, begin(api, register(api)))))
    assert told["iss"] == ISSUER


def test_a_redirect_uri_keeps_its_query(api: Any) -> None:
    set_up(api)
    client = register(api, redirect_uris=[f"{CALLBACK}?a=b"])
    told = answer(agree(api, log_in(api, begin(api, client, redirect_uri=f"{CALLBACK}?a=b", state=None))))
    assert told.pop("code")
    assert told == {"a": "b"}


def test_an_answer_in_the_fragment(api: Any) -> None:
    set_up(api)
    redirect = agree(api, log_in(api, begin(api, register(api), response_mode="fragment")))
    address, _sign, fragment = redirect.headers["location"].partition("#")
    assert (redirect.status_code, address) == (302, CALLBACK)
    told = dict(parse_qsl(fragment))
    assert told.pop("code")
    assert told == {"state": "xyz"}


def test_an_answer_by_form(api: Any) -> None:
    set_up(api)
    page = agree(api, log_in(api, begin(api, register(api), response_mode="form_post", state='"&<x')))
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
    assert f'<form method="post" action="{CALLBACK}">' in page.text
    assert re.search('name="code" value="[^"]{20,}"', page.text)
    assert 'name="state" value="&#34;&amp;&lt;x"' in page.text
    script = re.search("<script>(.*)</script>", page.text)
    assert script
    digest = base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode()
    assert page.headers["content-security-policy"].endswith(f"script-src 'sha256-{digest}'")


def test_a_refusal_by_form_and_in_the_fragment(api: Any) -> None:
    set_up(api)
    client = first_party(api)
    page = begin(api, client, response_mode="form_post", prompt="none")
    assert 'name="error" value="login_required"' in page.text
    redirect = begin(api, client, response_mode="fragment", prompt="none")
    assert redirect.headers["location"].startswith(f"{CALLBACK}#error=login_required&")


def test_everything_on_a_page_is_escaped(api: Any) -> None:
    set_up(api, name="R&D")
    api.expect(200, "PATCH", "/tenants/settings", {"friendly_name": "<i>T</i>"})
    login = begin(api, register(api, client_name='A "quoted" & app'), login_hint='"><script>')
    assert "&lt;i&gt;T&lt;/i&gt;" in login.text
    assert "A &#34;quoted&#34; &amp; app" in login.text
    assert "<script>" not in login.text
    assert "<strong>R&amp;D</strong>" in log_in(api, login).text
    assert "&lt;b&gt;" in begin(api, {"client_id": "<b>"}).text
    assert login.headers["content-security-policy"].startswith("default-src 'none'")


@pytest.mark.parametrize("form", [{"password": "wrong"}, {"email": "nobody@example.com"}, {"email": ""}], ids=str)
def test_a_wrong_login_may_be_tried_again(api: Any, form: dict[str, str]) -> None:
    set_up(api)
    again = log_in(api, begin(api, register(api)), **form)
    assert again.status_code == 400
    assert "Wrong email or password" in again.text
    assert answer(agree(api, log_in(api, again)))["code"]


def test_consent_needs_a_login_first(api: Any) -> None:
    set_up(api)
    page = agree(api, begin(api, register(api)))
    assert '<input type="password"' in page.text


def test_a_login_is_over_after_its_code_and_after_ten_minutes(api: Any) -> None:
    set_up(api)
    client = register(api)
    consent = log_in(api, begin(api, client))
    agree(api, consent)
    _refused(agree(api, consent), 400, "This login is over")
    late = begin(api, client)
    api.clock.now += 600
    _refused(log_in(api, late), 400, "This login is over")
    _refused(api.post("/u/login", data={"transaction": "made up"}), 400, "This login is over")


def test_users_are_those_of_the_database_connection(api: Any) -> None:
    set_up(api)
    promote(api, False)
    other = {"name": "other", "strategy": "auth0", "is_domain_connection": True}
    api.expect(201, "POST", "/connections", other)
    assert log_in(api, begin(api, register(api))).status_code == 400


@pytest.mark.parametrize(
    ("change", "status", "text"),
    [
        ({"client_id": "unknown"}, 400, "Unknown client: unknown"),
        ({"client_id": None}, 400, "Unknown client"),
        ({"redirect_uri": None}, 400, "Missing required parameter: redirect_uri"),
        ({"redirect_uri": f"{CALLBACK}/"}, 403, "Callback URL mismatch"),
        ({"redirect_uri": "https://evil.example/callback"}, 403, "Callback URL mismatch"),
        ({"redirect_uri": "http://127.0.0.1/callback"}, 403, "Callback URL mismatch"),
    ],
    ids=str,
)
def test_nobody_is_sent_to_an_address_that_is_not_the_clients(
    api: Any, change: dict[str, Any], status: int, text: str
) -> None:
    set_up(api)
    for client in (register(api), first_party(api)):
        _refused(begin(api, client, **change), status, text)


@pytest.mark.parametrize(
    ("callback", "uri", "allowed"),
    [
        ("http://127.0.0.1/cb", "http://127.0.0.1:5000/cb", True),
        ("http://127.0.0.1:1/cb", "http://127.0.0.1:5000/cb", True),
        ("http://[::1]/cb", "http://[::1]:5000/cb", True),
        ("http://127.0.0.1/cb", "http://127.0.0.1:5000/other", False),
        ("http://127.0.0.1/cb", "http://localhost:5000/cb", False),
        ("https://app.example/cb", "https://app.example:5000/cb", False),
    ],
)
def test_loopback_ports_are_free_for_public_clients(api: Any, callback: str, uri: str, allowed: bool) -> None:
    set_up(api)
    client = register(api, redirect_uris=[callback])
    assert begin(api, client, redirect_uri=uri).status_code == (200 if allowed else 403)
    confidential = register(api, redirect_uris=[callback], token_endpoint_auth_method="client_secret_post")
    assert begin(api, confidential, redirect_uri=uri).status_code == 403
    assert begin(api, confidential, redirect_uri=callback).status_code == 200


REFUSALS = [
    ({"response_type": "token"}, "unsupported_response_type", "Unsupported response type: token"),
    ({"response_type": None}, "invalid_request", "Missing required parameter: response_type"),
    ({"response_mode": "web_message"}, "invalid_request", "Unsupported response mode: web_message"),
    ({"code_challenge": None}, "invalid_request", "Missing required parameter: code_challenge"),
    ({"code_challenge": ""}, "invalid_request", "Missing required parameter: code_challenge"),
    ({"code_challenge": "c" * 42}, "invalid_request", "must be between 43 and 128 characters long"),
    ({"code_challenge": "c" * 129}, "invalid_request", "must be between 43 and 128 characters long"),
    ({"code_challenge": "c" * 42 + "+"}, "invalid_request", "has characters that are not allowed"),
    ({"code_challenge_method": "S512"}, "invalid_request", "code_challenge_method must be S256 or plain"),
    ({"organization": "org_1"}, "invalid_request", "parameter organization is invalid: org_1"),
    ({"prompt": "none"}, "login_required", "Login required"),
    ({"prompt": "none", "max_age": "3600"}, "login_required", "Login required"),
    ({"audience": "https://unknown.example"}, "access_denied", "Service not found: https://unknown.example"),
    ({"resource": f"{MCP}/"}, "access_denied", f"Service not found: {MCP}/"),
    ({"audience": f"{ISSUER}api/v2/"}, "access_denied", "is not authorized to access resource server"),
]


@pytest.mark.parametrize(("change", "error", "text"), REFUSALS, ids=str)
def test_refusals_are_pages_for_strict_clients_and_redirects_for_others(
    api: Any, change: dict[str, Any], error: str, text: str
) -> None:
    set_up(api)
    page = begin(api, register(api), **change)
    assert page.status_code in (400, 403)
    _refused(page, page.status_code, text)
    assert f"<code>{error}</code>" in page.text
    told = answer(begin(api, first_party(api), **change))
    assert (told["error"], told["state"]) == (error, "xyz")
    assert text in told["error_description"]


def test_a_strict_client_without_protection_gets_redirects(api: Any) -> None:
    set_up(api)
    client = register(api)
    api.expect(200, "PATCH", f"/clients/{client['client_id']}", {"redirection_policy": "allow_always"})
    assert answer(begin(api, client, response_type="token"))["error"] == "unsupported_response_type"


@pytest.mark.parametrize("name", ["request", "request_uri", "claims", "id_token_hint", "screen_hint", "login_ticket"])
def test_parameters_that_strict_clients_have_not(api: Any, name: str) -> None:
    set_up(api)
    _refused(begin(api, register(api), **{name: "x"}), 400, f"Parameters not supported for third-party clients: {name}")
    assert begin(api, first_party(api), **{name: "x"}).status_code == 200


def test_a_person_may_decline(api: Any) -> None:
    set_up(api)
    text = "User did not authorize the request"
    _refused(agree(api, log_in(api, begin(api, register(api))), "decline"), 403, text)
    told = answer(agree(api, log_in(api, begin(api, first_party(api))), "decline"))
    assert (told["error"], told["error_description"], told["state"]) == ("access_denied", text, "xyz")


def test_third_party_clients_need_a_domain_level_connection(api: Any) -> None:
    set_up(api)
    promote(api, False)
    _refused(begin(api, register(api)), 400, "no connections enabled for the client")
    assert begin(api, first_party(api)).status_code == 200


def test_first_party_clients_need_to_be_enabled(api: Any) -> None:
    set_up(api)
    client = first_party(api)
    (connection,) = api.expect(200, "GET", "/connections")
    off = [{"client_id": client["client_id"], "status": False}]
    api.expect(204, "PATCH", f"/connections/{connection['id']}/clients", off)
    assert answer(begin(api, client))["error_description"] == "no connections enabled for the client"


def _grant(api: Any) -> Any:
    (grant,) = api.expect(200, "GET", "/client-grants", default_for="third_party_clients")
    return grant


def test_third_party_clients_need_a_grant_for_users(api: Any) -> None:
    set_up(api)
    client = register(api)
    api.expect(204, "DELETE", f"/client-grants/{_grant(api)['id']}")
    text = f'Client "{client["client_id"]}" is not authorized to access resource server "{MCP}".'
    _refused(begin(api, client), 403, text)
    own = {"client_id": client["client_id"], "audience": MCP, "scope": []}
    api.expect(201, "POST", "/client-grants", own)
    _refused(begin(api, client), 403, text)
    api.expect(201, "POST", "/client-grants", {**own, "subject_type": "user"})
    assert begin(api, client).status_code == 200


@pytest.mark.parametrize(
    ("policy", "third", "first"), [("allow_all", 200, 200), ("require_client_grant", 200, 302), ("deny_all", 403, 302)]
)
def test_the_policy_of_the_api(api: Any, policy: str, third: int, first: int) -> None:
    types = {"user": {"policy": policy}, "client": {"policy": "require_client_grant"}}
    set_up(api, subject_type_authorization=types)
    assert begin(api, register(api)).status_code == third
    assert begin(api, first_party(api)).status_code == first


def test_which_audience_counts(api: Any) -> None:
    set_up(api)
    client = first_party(api)

    def error(**query: str) -> str:
        return answer(begin(api, client, **query))["error_description"]

    assert error(audience="https://a.example", resource="https://b.example") == "Service not found: https://a.example"
    settings = {"resource_parameter_profile": "audience", "default_audience": "https://c.example"}
    api.expect(200, "PATCH", "/tenants/settings", settings)
    assert error(resource="https://b.example") == "Service not found: https://c.example"
    api.expect(200, "PATCH", "/tenants/settings", {"default_audience": ""})
    assert begin(api, client).status_code == 200
    _refused(begin(api, register(api)), 403, "The userinfo audience is not allowed for third party clients")


def test_first_party_clients_may_go_without_consent(api: Any) -> None:
    set_up(api, skip_consent_for_verifiable_first_party_clients=True)
    client = first_party(api, callbacks=[CALLBACK, "http://127.0.0.1/cb"])
    assert answer(log_in(api, begin(api, client)))["code"]
    assert log_in(api, begin(api, client, redirect_uri="http://127.0.0.1/cb")).status_code == 200
    assert log_in(api, begin(api, register(api))).status_code == 200


def test_a_metadata_document_names_its_client(api: Any) -> None:
    set_up(api)
    url = "https://app.example/client.json"
    document = f'{{"client_id": "{url}", "client_name": "App", "redirect_uris": ["{CALLBACK}"]}}'
    api.tenant.fetch = lambda url: document.encode()
    _refused(begin(api, {"client_id": url}), 400, f"Unknown client: {url}")
    made = api.expect(200, "POST", "/clients/cimd/register", {"external_client_id": url})
    body = redeem(api, {"client_id": url}, code(api, {"client_id": url})).json()
    assert jwt.decode(body["access_token"], api.tenant.signing_key).claims["azp"] == url
    _refused(begin(api, made), 400, "Unknown client")
    api.expect(200, "PATCH", "/tenants/settings", {"client_id_metadata_document_supported": False})
    _refused(begin(api, {"client_id": url}), 400, "Unknown client")


def test_the_log_holds_no_secret_of_a_login(api: Any) -> None:
    set_up(api)
    login = begin(api, register(api))
    code = answer(agree(api, log_in(api, login)))["code"]
    bodies = {entry["path"]: entry["body"] for entry in api.log}
    assert bodies["/u/login"] == {"transaction": "hidden", "email": ADA["email"], "password": "hidden"}
    assert bodies["/u/consent"] == {"transaction": "hidden", "action": "accept"}
    for secret in (transaction(login), ADA["password"], code):
        assert secret not in str(api.log)


def test_the_redirect_goes_where_the_client_is(api: Any) -> None:
    """A scheme of the application's own, as desktop clients have."""
    set_up(api)
    client = register(api, redirect_uris=["cursor://auth/callback"])
    redirect = agree(api, log_in(api, begin(api, client, redirect_uri="cursor://auth/callback")))
    assert urlsplit(redirect.headers["location"])[:3] == ("cursor", "auth", "/callback")
