# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Error bodies: statuses, messages and codes as Auth0 gives them."""

from __future__ import annotations

from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from emulator import schemas
from emulator.errors import ApiError, validate

BAD_FORMAT = {
    "statusCode": 400,
    "error": "Bad Request",
    "message": "Bad HTTP authentication header format",
    "errorCode": "Bearer",
}


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic abc", "abc"])
def test_authorization_header_of_no_use(api: Any, header: str | None) -> None:
    del api.headers["authorization"]
    headers = {} if header is None else {"authorization": header}
    answer = api.get("/api/v2/clients", headers=headers)
    assert (answer.status_code, answer.json()) == (400, BAD_FORMAT)


def _unauthorized(message: str) -> dict[str, Any]:
    return {"statusCode": 401, "error": "Unauthorized", "message": message, "attributes": {"error": message}}


def _signed(api: Any, key: Any = None, **changes: Any) -> str:
    token = api.token().json()["access_token"]
    claims = {**jwt.decode(token, api.tenant.signing_key).claims, **changes}
    return jwt.encode({"alg": "RS256"}, claims, key or api.tenant.signing_key)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"iss": "https://other.example/"}, "Invalid token"),
        ({"aud": "https://api.example/mcp"}, "Invalid token"),
        ({"exp": 1_799_999_999}, "Expired token received for JSON Web Token validation"),
        ({"exp": 1_800_000_000}, "Expired token received for JSON Web Token validation"),
    ],
)
def test_tokens_of_no_use(api: Any, changes: dict[str, Any], message: str) -> None:
    answer = api.get("/api/v2/clients", headers={"authorization": f"Bearer {_signed(api, **changes)}"})
    assert (answer.status_code, answer.json()) == (401, _unauthorized(message))


def test_tokens_that_are_none_or_signed_by_another(api: Any) -> None:
    answer = api.get("/api/v2/clients", headers={"authorization": "Bearer abc"})
    assert (answer.status_code, answer.json()) == (401, _unauthorized("Invalid token"))
    stranger = _signed(api, RSAKey.generate_key(2048))
    answer = api.get("/api/v2/clients", headers={"authorization": f"Bearer {stranger}"})
    message = "Invalid signature received for JSON Web Token validation"
    assert (answer.status_code, answer.json()) == (401, _unauthorized(message))


def test_a_token_ends_with_the_lifetime_of_the_management_api(api: Any) -> None:
    management = api.tenant.resource_server(api.tenant.management_audience)
    api.expect(200, "PATCH", f"/resource-servers/{management['id']}", {"token_lifetime": 60})
    api.headers["authorization"] = f"Bearer {api.token().json()['access_token']}"
    api.clock.now += 59
    api.expect(200, "GET", "/clients")
    api.clock.now += 1
    api.expect(401, "GET", "/clients")


@pytest.mark.parametrize(
    ("path", "message", "code"),
    [
        ("/resource-servers/unknown", "The resource server does not exist", "inexistent_resource_server"),
        ("/connections/con_unknown", "The connection does not exist", "inexistent_connection"),
        ("/clients/unknown", "The client does not exist", "inexistent_client"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_objects_that_do_not_exist(api: Any, method: str, path: str, message: str, code: str) -> None:
    body = {"display_name": "x"} if "connections" in path else {"name": "x"}
    assert api.expect(404, method, path, body) == {
        "statusCode": 404,
        "error": "Not Found",
        "message": message,
        "errorCode": code,
    }


def _message(api: Any, method: str, path: str, body: Any) -> str:
    answer = api.expect(400, method, path, body)
    assert {key: answer[key] for key in ("statusCode", "error", "errorCode")} == {
        "statusCode": 400,
        "error": "Bad Request",
        "errorCode": "invalid_body",
    }
    return str(answer["message"])


@pytest.mark.parametrize(
    ("method", "path", "body", "message"),
    [
        (
            "PATCH",
            "/resource-servers/unknown",
            {"id": "1", "identifier": "x"},
            "Payload validation error: 'Additional properties not allowed: id,identifier'.",
        ),
        (
            "POST",
            "/resource-servers",
            {"identifier": "x", "scopes": [{"value": "a"}, {"description": "b"}]},
            "Payload validation error: 'Missing required property: value' on property scopes[1].",
        ),
        ("POST", "/resource-servers", {}, "Payload validation error: 'Missing required property: identifier'."),
        (
            "POST",
            "/resource-servers",
            {"identifier": 5},
            "Payload validation error: 'Expected type string but found type integer' on property identifier "
            "(Audience of the tokens of this API).",
        ),
        (
            "POST",
            "/resource-servers",
            {"identifier": "x", "scopes": [{"value": ""}]},
            "Payload validation error: 'String is too short (0 chars), minimum 1' on property scopes[0].value.",
        ),
        (
            "POST",
            "/resource-servers",
            {"identifier": "x", "token_lifetime": 2_592_001},
            "Payload validation error: 'Value 2592001 is greater than maximum 2592000' on property token_lifetime.",
        ),
        (
            "POST",
            "/resource-servers",
            {"identifier": "x", "signing_alg": "none"},
            "Payload validation error: 'No enum match for: \"none\"' on property signing_alg.",
        ),
        (
            "PATCH",
            "/tenants/settings",
            {"flags": {"new_universal_login_experience_enabled": True}},
            "Payload validation error: 'Additional properties not allowed: new_universal_login_experience_enabled' "
            "on property flags (Switches for the behaviour of this tenant).",
        ),
        (
            "PATCH",
            "/tenants/settings",
            {"flags": {}},
            "Payload validation error: 'Too few properties defined (0), minimum 1' "
            "on property flags (Switches for the behaviour of this tenant).",
        ),
        (
            "PATCH",
            "/tenants/settings",
            {"support_email": "nobody"},
            "Payload validation error: 'Object didn't pass validation for format email-or-empty: nobody' "
            "on property support_email.",
        ),
        ("PATCH", "/tenants/settings", {}, "Payload validation error: 'Too few properties defined (0), minimum 1'."),
        ("PATCH", "/client-grants/x", [], "Payload validation error: 'Expected type object but found type array'."),
        ("POST", "/clients", None, "Payload validation error: 'Expected type object but found type null'."),
    ],
)
def test_payload_errors(api: Any, method: str, path: str, body: Any, message: str) -> None:
    assert _message(api, method, path, body) == message


def test_repeated_items() -> None:
    schema = schemas.validator(schemas.array(schemas.text(), uniqueItems=True))
    with pytest.raises(ApiError, match=r"Array items are not unique \(indexes 0 and 2\)"):
        validate(schema, ["a", "b", "a"])


def test_body_that_is_no_json_or_too_large(api: Any) -> None:
    answer = api.post("/api/v2/clients", content=b"{")
    assert (answer.status_code, answer.json()["message"]) == (400, "Invalid request payload JSON format")
    answer = api.post("/api/v2/clients", content=b" " * (1024 * 1024 + 1))
    assert answer.status_code == 413


def test_schema_is_checked_before_the_object_is_looked_up(api: Any) -> None:
    api.expect(400, "PATCH", "/resource-servers/unknown", {"unknown": 1})
    api.expect(404, "PATCH", "/resource-servers/unknown", {"name": "x"})
