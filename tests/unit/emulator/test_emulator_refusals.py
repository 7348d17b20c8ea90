# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a client meets at the token endpoint when a request is not right: status, error, text, headers."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.unit.emulator.login import ADA, MCP, code, first_party, redeem, refresh, register, set_up

UNKNOWN_TOKEN = "Unknown or invalid refresh token."
NOT_FITTING = "Failed to verify code verifier"
BAD_CODE = "Invalid authorization code"
LENGTH = "Parameter 'code_verifier' must be between 43 and 128 characters long"


def _missing(name: str) -> tuple[int, str, str]:
    return 400, "invalid_request", f"Missing required parameter: {name}"


@dataclass
class Case:
    """A client with a code and a refresh token of its own."""

    api: Any
    client: Any
    code: str
    token: str

    def by_code(self, **form: str | None) -> Any:
        return redeem(self.api, self.client, self.code, **form)

    def by_token(self, **form: str | None) -> Any:
        given = {"grant_type": "refresh_token", "client_id": self.client["client_id"], "refresh_token": self.token}
        sent = {key: value for key, value in {**given, **form}.items() if value is not None}
        return self.api.post("/oauth/token", data=sent)

    def later(self, seconds: int) -> Any:
        self.api.clock.now += seconds
        return self


@pytest.fixture
def case(api: Any) -> Case:
    set_up(api)
    client = register(api)
    first = redeem(api, client, code(api, client, scope="offline_access")).json()
    return Case(api, client, code(api, client, scope="offline_access"), first["refresh_token"])


def _reused_code(case: Case) -> Any:
    assert case.by_code().status_code == 200
    return case.by_code()


def _rotated(case: Case) -> Any:
    assert case.by_token().status_code == 200
    return case.by_token()


def _revoked(case: Case) -> Any:
    form = {"client_id": case.client["client_id"], "token": case.token}
    assert case.api.post("/oauth/revoke", data=form).status_code == 200
    return case.by_token()


def _without_its_user(case: Case) -> Any:
    del case.api.tenant.objects("users")[ADA["user_id"]]
    return case.by_token()


def _of_another(case: Case) -> dict[str, str]:
    return {"client_id": register(case.api)["client_id"]}


Try = Callable[[Case], Any]
CASES: dict[str, tuple[Try, tuple[int, str, str]]] = {
    "no grant type": (lambda case: case.by_code(grant_type=None), _missing("grant_type")),
    "unsupported grant type": (
        lambda case: case.by_code(grant_type="password"),
        (403, "unsupported_grant_type", "Unsupported grant type: password"),
    ),
    "no client": (lambda case: case.by_code(client_id=None), _missing("client_id")),
    "unknown client": (lambda case: case.by_code(client_id="unknown"), (401, "access_denied", "Unauthorized")),
    "no code": (lambda case: case.by_code(code=None), _missing("code")),
    "empty code": (lambda case: case.by_code(code=""), _missing("code")),
    "made-up code": (lambda case: case.by_code(code="made up"), (403, "invalid_grant", BAD_CODE)),
    "reused code": (_reused_code, (403, "invalid_grant", BAD_CODE)),
    "expired code": (lambda case: case.later(600).by_code(), (403, "invalid_grant", BAD_CODE)),
    "code of another client": (
        lambda case: case.by_code(**_of_another(case)),
        (403, "invalid_grant", BAD_CODE),
    ),
    "no redirect URI": (lambda case: case.by_code(redirect_uri=None), _missing("redirect_uri")),
    "other redirect URI": (
        lambda case: case.by_code(redirect_uri="https://other.example"),
        (403, "invalid_grant", "The redirect URI is not the one of the authorization request."),
    ),
    "no verifier": (
        lambda case: case.by_code(code_verifier=None),
        (400, "invalid_request", "Parameter 'code_verifier' is required"),
    ),
    "short verifier": (lambda case: case.by_code(code_verifier="v" * 42), (400, "invalid_request", LENGTH)),
    "long verifier": (lambda case: case.by_code(code_verifier="v" * 129), (400, "invalid_request", LENGTH)),
    "odd verifier": (
        lambda case: case.by_code(code_verifier="v" * 42 + "é"),
        (400, "invalid_request", "Parameter 'code_verifier' has characters that are not allowed"),
    ),
    "wrong verifier": (lambda case: case.by_code(code_verifier="w" * 43), (403, "invalid_grant", NOT_FITTING)),
    "other resource than at the login": (
        lambda case: case.by_code(resource=f"{MCP}/"),
        (400, "invalid_target", "The resource is not the one of the authorization request."),
    ),
    "no refresh token": (lambda case: case.by_token(refresh_token=None), _missing("refresh_token")),
    "made-up refresh token": (
        lambda case: case.by_token(refresh_token="made up"),
        (403, "invalid_grant", UNKNOWN_TOKEN),
    ),
    "rotated refresh token": (_rotated, (403, "invalid_grant", UNKNOWN_TOKEN)),
    "revoked refresh token": (_revoked, (403, "invalid_grant", UNKNOWN_TOKEN)),
    "expired refresh token": (
        lambda case: case.later(1_296_000).by_token(),
        (403, "invalid_grant", UNKNOWN_TOKEN),
    ),
    "refresh token of another client": (
        lambda case: case.by_token(**_of_another(case)),
        (403, "invalid_grant", UNKNOWN_TOKEN),
    ),
    "refresh token of a user who is gone": (
        _without_its_user,
        (403, "invalid_grant", "The refresh_token was generated for a user who doesn't exist anymore."),
    ),
    "other resource at a refresh": (
        lambda case: case.by_token(resource="https://other.example"),
        (400, "invalid_target", "The resource is not the one of the authorization request."),
    ),
    "client credentials of a public client": (
        lambda case: case.by_code(grant_type="client_credentials", audience=MCP),
        (401, "access_denied", "Unauthorized"),
    ),
    "broken JSON": (
        lambda case: case.api.post("/oauth/token", content="{", headers={"content-type": "application/json"}),
        (400, "invalid_request", "Invalid JSON body"),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_refusals(case: Case, name: str) -> None:
    attempt, (status, error, text) = CASES[name]
    answer = attempt(case)
    assert (answer.status_code, answer.json()) == (status, {"error": error, "error_description": text})
    assert answer.headers["cache-control"] == "no-store"


def test_the_requests_they_are_made_of_are_right(case: Case) -> None:
    for answer in (case.by_code(), case.by_token()):
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")


# Nothing was tried with the code, or the code itself is not known.
KEEPS = {"no grant type", "unsupported grant type", "no client", "unknown client", "no code", "empty code"}
KEEPS |= {"made-up code", "code of another client", "no redirect URI", "no verifier"}
KEEPS |= {"short verifier", "long verifier", "odd verifier", "client credentials of a public client"}
USES_UP = {"reused code", "other redirect URI", "wrong verifier", "other resource than at the login"}


@pytest.mark.parametrize("name", sorted(KEEPS | USES_UP))
def test_a_wrong_try_uses_a_code_up_and_a_malformed_request_does_not(case: Case, name: str) -> None:
    CASES[name][0](case)
    assert case.by_code().status_code == (200 if name in KEEPS else 403)


def test_a_reused_code_takes_its_tokens_along(case: Case) -> None:
    given = case.by_code().json()
    renewed = refresh(case.api, case.client, given["refresh_token"]).json()
    case.by_code()
    for token in (given["refresh_token"], renewed["refresh_token"]):
        assert refresh(case.api, case.client, token).status_code == 403
    # Tokens of another login stay.
    assert case.by_token().status_code == 200


def test_a_reused_code_takes_its_opaque_token_along(api: Any) -> None:
    set_up(api)
    api.expect(200, "PATCH", "/tenants/settings", {"resource_parameter_profile": "audience"})
    client = first_party(api)
    text, other = code(api, client, scope="openid"), code(api, client, scope="openid")
    tokens = [redeem(api, client, given).json()["access_token"] for given in (text, other)]
    redeem(api, client, text)

    def status(token: str) -> int:
        found: int = api.get("/userinfo", headers={"authorization": f"Bearer {token}"}).status_code
        return found

    assert [status(token) for token in tokens] == [401, 200]


def test_the_code_of_another_client_takes_nothing_along(case: Case) -> None:
    given = case.by_code().json()
    assert case.by_code(**_of_another(case)).status_code == 403
    assert refresh(case.api, case.client, given["refresh_token"]).status_code == 200


def _basic(name: str, secret: str) -> dict[str, str]:
    return {"authorization": f"Basic {base64.b64encode(f'{name}:{secret}'.encode()).decode()}"}


@pytest.mark.parametrize("secret", [None, "wrong"])
@pytest.mark.parametrize("by_header", [False, True])
def test_a_confidential_client_needs_its_secret(api: Any, secret: str | None, by_header: bool) -> None:
    set_up(api)
    client = register(api, token_endpoint_auth_method="client_secret_post")
    text = code(api, client)
    form = {"grant_type": "authorization_code", "code": text, "redirect_uri": client["redirect_uris"][0]}

    def attempt(secret: str | None) -> Any:
        if by_header:
            return api.post("/oauth/token", data=form, headers=_basic(client["client_id"], secret or ""))
        named = {"client_id": client["client_id"], **({"client_secret": secret} if secret else {})}
        return api.post("/oauth/token", data={**form, **named})

    refused = attempt(secret)
    assert (refused.status_code, refused.json()["error"]) == (401, "access_denied")
    # With its secret, it gets as far as the verifier.
    assert attempt(client["client_secret"]).json()["error_description"] == "Parameter 'code_verifier' is required"


def test_a_grant_type_that_is_not_the_clients(api: Any) -> None:
    set_up(api)
    client = register(api, grant_types=["authorization_code"])
    answer = refresh(api, client, "x")
    assert (answer.status_code, answer.json()["error"]) == (403, "unauthorized_client")


def test_a_verifier_without_a_challenge(api: Any) -> None:
    set_up(api)
    client = first_party(api, token_endpoint_auth_method="client_secret_post")
    text = code(api, client, code_challenge=None, code_challenge_method=None)
    answer = redeem(api, client, text, client_secret=client["client_secret"])
    assert (answer.status_code, answer.json()["error_description"]) == (403, NOT_FITTING)
