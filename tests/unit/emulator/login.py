# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A login step by step: a tenant on which any client may log in, a client, the pages, the token request."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from emulator.tenant import USERS

MCP = "https://api.example/mcp"
CALLBACK = "https://app.example/callback"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
ADA, GRACE = USERS
SCOPES = ["tools:read", "tools:write"]


def set_up(api: Any, *, granted: list[str] | None = None, **fields: Any) -> None:
    """An API with a default grant for users, domain-level connection, `resource` and registration switched on."""
    scopes = [{"value": value, "description": f"May {value}"} for value in SCOPES]
    body = {"identifier": MCP, "name": "MCP", "scopes": scopes, "allow_offline_access": True, **fields}
    api.expect(201, "POST", "/resource-servers", body)
    settings = {
        "resource_parameter_profile": "compatibility",
        "flags": {"enable_dynamic_client_registration": True},
        "client_id_metadata_document_supported": True,
    }
    api.expect(200, "PATCH", "/tenants/settings", settings)
    promote(api)
    grant = {"audience": MCP, "subject_type": "user", "scope": SCOPES if granted is None else granted}
    api.expect(201, "POST", "/client-grants", {"default_for": "third_party_clients", **grant})


def promote(api: Any, promoted: bool = True) -> None:
    (connection,) = api.expect(200, "GET", "/connections")
    api.expect(200, "PATCH", f"/connections/{connection['id']}", {"is_domain_connection": promoted})


def register(api: Any, **body: Any) -> Any:
    """A public client that registered itself."""
    given = {
        "client_name": "App",
        "redirect_uris": [CALLBACK],
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"],
        **body,
    }
    answer = api.post("/oidc/register", json=given)
    assert answer.status_code == 201, answer.text
    return answer.json()


def first_party(api: Any, **body: Any) -> Any:
    given = {"name": "Own app", "callbacks": [CALLBACK], "token_endpoint_auth_method": "none", **body}
    return api.expect(201, "POST", "/clients", given)


def begin(api: Any, client: Any, **query: str | None) -> Any:
    """The answer of the authorization endpoint; None takes a parameter away."""
    given = {
        "client_id": client["client_id"],
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "state": "xyz",
        "resource": MCP,
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **query,
    }
    params = {key: value for key, value in given.items() if value is not None}
    return api.get("/authorize", params=params, follow_redirects=False)


def transaction(page: Any) -> str:
    found = re.search(r'name="transaction" value="([^"]+)"', page.text)
    assert found, page.text
    return found.group(1)


def log_in(api: Any, page: Any, **form: str) -> Any:
    given = {"transaction": transaction(page), "email": ADA["email"], "password": ADA["password"], **form}
    return api.post("/u/login", data=given, follow_redirects=False)


def agree(api: Any, page: Any, action: str = "accept") -> Any:
    return api.post("/u/consent", data={"transaction": transaction(page), "action": action}, follow_redirects=False)


def answer(redirect: Any) -> dict[str, str]:
    """What a redirect tells the client."""
    assert redirect.status_code == 302, redirect.text
    return dict(parse_qsl(urlsplit(redirect.headers["location"]).query))


def code(api: Any, client: Any, *, person: dict[str, str] = ADA, **query: str | None) -> str:
    page = log_in(api, begin(api, client, **query), email=person["email"], password=person["password"])
    return answer(agree(api, page) if page.status_code == 200 else page)["code"]


def redeem(api: Any, client: Any, code: str, /, **form: str | None) -> Any:
    given = {
        "grant_type": "authorization_code",
        "client_id": client["client_id"],
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
        **form,
    }
    return api.post("/oauth/token", data={key: value for key, value in given.items() if value is not None})


def refresh(api: Any, client: Any, token: str, **form: str) -> Any:
    given = {"grant_type": "refresh_token", "client_id": client["client_id"], "refresh_token": token, **form}
    return api.post("/oauth/token", data=given)
