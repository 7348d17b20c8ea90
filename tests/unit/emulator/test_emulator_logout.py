# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Logout: where it leads, and where it does not."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest

from tests.unit.emulator.login import code, first_party, redeem, register, set_up

BACK = "https://app.example/bye"
TENANT_WIDE = "https://www.example/"
OIDC, PLAIN = "/oidc/logout", "/v2/logout"
PARAMETER = {OIDC: "post_logout_redirect_uri", PLAIN: "returnTo"}


@pytest.fixture
def client(api: Any) -> Any:
    set_up(api)
    api.expect(200, "PATCH", "/tenants/settings", {"allowed_logout_urls": [TENANT_WIDE]})
    urls = [BACK, "https://*.apps.example/bye", "https://App.Example/Query?a=b"]
    return first_party(api, allowed_logout_urls=urls, jwt_configuration={"alg": "RS256"})


def _get(api: Any, path: str, **query: str | None) -> Any:
    params = {key: value for key, value in query.items() if value is not None}
    return api.get(path, params=params, follow_redirects=False)


def _leads_to(answer: Any, uri: str) -> None:
    assert (answer.status_code, answer.headers["location"]) == (302, uri)


def _refused(answer: Any, error: str, text: str) -> None:
    assert answer.status_code in (400, 403)
    assert answer.headers["content-type"].startswith("text/html")
    assert "location" not in answer.headers
    assert f"<code>{error}</code>" in answer.text
    assert text in unescape(answer.text)


def _id_token(api: Any, client: Any) -> str:
    return str(redeem(api, client, code(api, client, scope="openid")).json()["id_token"])


@pytest.mark.parametrize("path", [OIDC, PLAIN])
def test_an_url_of_the_client(api: Any, client: Any, path: str) -> None:
    _leads_to(_get(api, path, client_id=client["client_id"], **{PARAMETER[path]: BACK}), BACK)
    # Without one, to its first.
    _leads_to(_get(api, path, client_id=client["client_id"]), BACK)


@pytest.mark.parametrize("path", [OIDC, PLAIN])
def test_an_url_of_the_tenant(api: Any, client: Any, path: str) -> None:
    _leads_to(_get(api, path, **{PARAMETER[path]: TENANT_WIDE}), TENANT_WIDE)
    answer = _get(api, path)
    assert (answer.status_code, answer.text) == (200, "OK")


@pytest.mark.parametrize("path", [OIDC, PLAIN])
def test_each_has_a_list_of_its_own(api: Any, client: Any, path: str) -> None:
    for uri, who in ((BACK, None), (TENANT_WIDE, client["client_id"])):
        refused = _get(api, path, client_id=who, **{PARAMETER[path]: uri})
        _refused(refused, "invalid_request", 'is not defined as a valid URL in "Allowed Logout URLs"')


@pytest.mark.parametrize(
    ("uri", "by_oidc", "plain"),
    [
        ("https://one.apps.example/bye", True, True),
        ("https://ONE.apps.example/bye", True, True),
        ("https://app.example/Query?a=b", True, True),
        ("https://app.example/Query?a=c", False, True),
        ("https://app.example/bye?a=b", False, True),
        ("https://app.example/query?a=b", False, False),
        ("https://app.example/bye/", False, False),
        ("http://app.example/bye", False, False),
        ("https://app.example:444/bye", False, False),
        ("https://apps.example/bye", False, False),
        ("https://one.two.apps.example/bye", False, False),
        ("https://evil.example/.apps.example/bye", False, False),
        ("https://app.example@evil.example/bye", False, False),
        ("javascript:alert(1)", False, False),
        ("https://[", False, False),
    ],
)
def test_which_urls_match(api: Any, client: Any, uri: str, by_oidc: bool, plain: bool) -> None:
    for path, allowed in ((OIDC, by_oidc), (PLAIN, plain)):
        answer = _get(api, path, client_id=client["client_id"], **{PARAMETER[path]: uri})
        assert answer.status_code == (302 if allowed else 400), path


def test_the_hint_names_the_client(api: Any, client: Any) -> None:
    token = _id_token(api, client)
    api.clock.now += 10**6
    answer = _get(api, OIDC, id_token_hint=token, post_logout_redirect_uri=BACK, state="x y")
    _leads_to(answer, f"{BACK}?state=x+y")
    form = {"id_token_hint": token, "post_logout_redirect_uri": BACK}
    _leads_to(api.post(OIDC, data=form, follow_redirects=False), BACK)


def test_a_hint_of_another_key(api: Any) -> None:
    set_up(api)
    client = first_party(api, allowed_logout_urls=[BACK])
    token = _id_token(api, client)
    _leads_to(_get(api, OIDC, id_token_hint=token), BACK)
    for forged in (f"{token[:-4]}AAAA", "x", f"{token.partition('.')[0]}..", token.rpartition(".")[0]):
        _refused(_get(api, OIDC, id_token_hint=forged), "invalid_request", "id_token_hint is not an ID token")


def test_an_access_token_is_no_hint(api: Any, client: Any) -> None:
    text = code(api, client, scope="openid")
    token = redeem(api, client, text).json()["access_token"]
    _refused(_get(api, OIDC, id_token_hint=token), "invalid_request", "id_token_hint is not an ID token")


def test_hints_must_agree(api: Any, client: Any) -> None:
    token, other = _id_token(api, client), first_party(api)
    _refused(_get(api, OIDC, id_token_hint=token, client_id=other["client_id"]), "invalid_request", "the aud claim")
    _refused(_get(api, OIDC, id_token_hint=token, logout_hint="x"), "invalid_request", "the sid claim")
    _leads_to(_get(api, OIDC, id_token_hint=token, client_id=client["client_id"]), BACK)


@pytest.mark.parametrize("path", [OIDC, PLAIN])
def test_strict_and_unknown_clients(api: Any, client: Any, path: str) -> None:
    strict = register(api)["client_id"]
    _refused(_get(api, path, client_id=strict, **{PARAMETER[path]: TENANT_WIDE}), "unauthorized_client", "third-party")
    _refused(_get(api, path, client_id="unknown"), "invalid_request", "Unknown client: unknown")
