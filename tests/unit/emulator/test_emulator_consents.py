# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Consent: remembered per user, client and audience."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from tests.unit.emulator.login import (
    ADA,
    GRACE,
    MCP,
    agree,
    answer,
    begin,
    code,
    first_party,
    log_in,
    redeem,
    refresh,
    register,
    set_up,
)


def _asks(api: Any, client: Any, *, person: dict[str, str] = ADA, **query: str | None) -> bool:
    """Whether a login shows the consent page; nobody answers it."""
    page = log_in(api, begin(api, client, **query), email=person["email"], password=person["password"])
    if page.status_code == 302:
        assert answer(page)["code"]
        return False
    assert "is requesting access to" in page.text
    return True


def _grants(api: Any) -> list[Any]:
    return list(api.tenant.objects("grants").values())


def test_a_user_is_asked_once(api: Any) -> None:
    set_up(api)
    client = register(api)
    assert _asks(api, client, scope="tools:read")
    assert _grants(api) == []
    code(api, client, scope="tools:read")
    (grant,) = _grants(api)
    assert grant.pop("id")
    assert grant == {
        "clientID": client["client_id"],
        "user_id": ADA["user_id"],
        "audience": MCP,
        "scope": ["tools:read"],
    }
    assert not _asks(api, client, scope="tools:read")
    assert not _asks(api, client)


def test_wider_scopes_are_asked_for_and_add_up(api: Any) -> None:
    set_up(api)
    client = register(api)
    code(api, client, scope="tools:read")
    assert _asks(api, client, scope="tools:write")
    assert _asks(api, client, scope="offline_access tools:read")
    code(api, client, scope="tools:write")
    (grant,) = _grants(api)
    assert grant["scope"] == ["tools:read", "tools:write"]
    assert not _asks(api, client, scope="tools:read tools:write")
    # What the client may not have is not asked for.
    assert not _asks(api, client, scope="openid tools:unknown")


def test_consent_is_of_one_user_one_client_and_one_api(api: Any) -> None:
    set_up(api)
    client, other = register(api), register(api)
    code(api, client, scope="tools:read")
    assert _asks(api, client, person=GRACE, scope="tools:read")
    assert _asks(api, other, scope="tools:read")
    api.expect(201, "POST", "/resource-servers", {"identifier": "https://other.example"})
    grant = {"audience": "https://other.example", "subject_type": "user", "scope": []}
    api.expect(201, "POST", "/client-grants", {"default_for": "third_party_clients", **grant})
    assert _asks(api, client, resource="https://other.example")


@pytest.mark.parametrize("prompt", ["consent", "login consent"])
def test_prompt_consent_asks_again(api: Any, prompt: str) -> None:
    set_up(api, skip_consent_for_verifiable_first_party_clients=True)
    client = register(api)
    code(api, client)
    assert _asks(api, client, prompt=prompt)
    assert not _asks(api, client, prompt="login")
    assert _asks(api, first_party(api), prompt=prompt)


def test_who_declines_has_agreed_to_nothing(api: Any) -> None:
    set_up(api)
    client = register(api)
    agree(api, log_in(api, begin(api, client)), "decline")
    assert _grants(api) == []
    assert _asks(api, client)


CONTEXT = ("grants", "logins", "codes", "refresh_tokens", "opaque_tokens")


def _context(api: Any, collection: str) -> list[dict[str, Any]]:
    names = {"clients": ("client_id", "clientID"), "users": ("user_id",), "resource-servers": ("audience",)}
    return [
        {kind: next((item[name] for name in either if name in item), None) for kind, either in names.items()}
        for item in api.tenant.objects(collection).values()
    ]


@pytest.mark.parametrize(
    ("kind", "stay"), [("clients", ()), ("users", ("refresh_tokens",)), ("resource-servers", ("opaque_tokens",))]
)
def test_what_goes_takes_along_what_was_agreed_to(api: Any, kind: str, stay: tuple[str, ...]) -> None:
    set_up(api)
    clients = first_party(api), register(api)
    for person in (ADA, GRACE):
        for client in clients:
            redeem(api, client, code(api, client, person=person, scope="offline_access tools:read"))
            # This login waits for the user's consent.
            page = begin(api, client, scope="tools:write")
            assert log_in(api, page, email=person["email"], password=person["password"]).status_code == 200
        redeem(api, clients[0], code(api, clients[0], person=person, resource=None, scope="openid offline_access"))
    name = {"clients": clients[0]["client_id"], "users": ADA["user_id"], "resource-servers": MCP}[kind]
    before = {collection: _context(api, collection) for collection in CONTEXT}
    api.expect(204, "DELETE", f"/{kind}/{quote(name, safe='')}")
    for collection in CONTEXT:
        left = [item for item in before[collection] if item[kind] != name]
        if collection in stay:
            left = before[collection]
        else:
            assert len(left) < len(before[collection]), collection
        assert _context(api, collection) == left, collection


def test_who_comes_with_the_id_of_another_has_nothing_of_theirs(api: Any) -> None:
    set_up(api)
    client = register(api)
    token = redeem(api, client, code(api, client, scope="offline_access")).json()["refresh_token"]
    api.expect(204, "DELETE", f"/users/{quote(ADA['user_id'])}")
    gone = refresh(api, client, token)
    assert gone.json()["error_description"].endswith("a user who doesn't exist anymore.")
    body = {"connection": "Username-Password-Authentication", "email": "x@example.com", "password": "Correct-Horse-7"}
    again = api.expect(201, "POST", "/users", {**body, "user_id": ADA["user_id"].partition("|")[2]})
    assert again["user_id"] == ADA["user_id"]
    assert refresh(api, client, token).json()["error_description"] == "Unknown or invalid refresh token."
