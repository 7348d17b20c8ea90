# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Consent: remembered per user, client and audience."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.emulator.login import ADA, GRACE, MCP, agree, answer, begin, code, first_party, log_in, register, set_up


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
