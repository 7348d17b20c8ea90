# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Error bodies: `{statusCode, error, message, errorCode?, attributes?}`, and JSON Schema errors as Auth0 words them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from jsonschema import ValidationError
from jsonschema.protocols import Validator


@dataclass(eq=False)
class ApiError(Exception):
    """An answer of the Management API that is not a success."""

    status: int
    message: str
    code: str | None = None
    attributes: dict[str, Any] | None = None

    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            "statusCode": self.status,
            "error": HTTPStatus(self.status).phrase,
            "message": self.message,
        }
        if self.attributes is not None:
            body["attributes"] = self.attributes
        if self.code is not None:
            body["errorCode"] = self.code
        return body


# Of each answer that holds a token or refuses one (RFC 6749, 5.1).
NO_STORE = {"cache-control": "no-store"}


@dataclass(eq=False)
class OAuthError(Exception):
    """A refusal of an OAuth endpoint: `{error, error_description}`, no statusCode."""

    status: int
    error: str
    description: str

    def body(self) -> dict[str, str]:
        return {"error": self.error, "error_description": self.description}


class ReusedToken(OAuthError):
    """A rotating refresh token came back after its use."""


def invalid_body(message: str) -> ApiError:
    return ApiError(400, message, "invalid_body")


def not_allowed(keys: Iterable[str]) -> ApiError:
    return invalid_body(f"Payload validation error: 'Additional properties not allowed: {','.join(keys)}'.")


def unauthorized(text: str) -> ApiError:
    return ApiError(401, text, attributes={"error": text})


def insufficient_scope(scopes: Iterable[str]) -> ApiError:
    return ApiError(403, f"Insufficient scope, expected any of: {','.join(scopes)}", "insufficient_scope")


def missing(kind: str) -> ApiError:
    """`kind` in the words of the API: "resource server", "connection", "client", "client grant", "role"."""
    return ApiError(404, f"The {kind} does not exist", f"inexistent_{kind.replace(' ', '_')}")


_TYPES = {
    dict: "object",
    list: "array",
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    type(None): "null",
}


def _unknown_keys(found: dict[str, Any], schema: Any) -> list[str]:
    return [key for key in found if key not in schema.get("properties", {})]


def _repeated(items: list[Any]) -> str:
    for later, item in enumerate(items):
        if item in items[:later]:
            return f"Array items are not unique (indexes {items.index(item)} and {later})"
    return "Array items are not unique"


def reason(error: ValidationError) -> str:
    """The quoted part of a validation message."""
    found: Any = error.instance
    limit: Any = error.validator_value
    if error.validator == "additionalProperties":
        return f"Additional properties not allowed: {','.join(_unknown_keys(found, error.schema))}"
    if error.validator == "required":
        absent = next(key for key in limit if key not in found)
        return f"Missing required property: {absent}"
    if error.validator == "uniqueItems":
        return _repeated(found)
    if error.validator == "type":
        wanted = limit if isinstance(limit, str) else ",".join(limit)
        return f"Expected type {wanted} but found type {_TYPES[type(found)]}"
    texts: dict[str, Callable[[], str]] = {
        "minProperties": lambda: f"Too few properties defined ({len(found)}), minimum {limit}",
        "maxProperties": lambda: f"Too many properties defined ({len(found)}), maximum {limit}",
        "minItems": lambda: f"Array is too short ({len(found)}), minimum {limit}",
        "maxItems": lambda: f"Array is too long ({len(found)}), maximum {limit}",
        "minLength": lambda: f"String is too short ({len(found)} chars), minimum {limit}",
        "maxLength": lambda: f"String is too long ({len(found)} chars), maximum {limit}",
        "minimum": lambda: f"Value {found} is less than minimum {limit}",
        "maximum": lambda: f"Value {found} is greater than maximum {limit}",
        "pattern": lambda: f"String does not match pattern {limit}: {found}",
        "format": lambda: f"Object didn't pass validation for format {limit}: {found}",
        "enum": lambda: f"No enum match for: {json.dumps(found)}",
        "oneOf": lambda: "Data does not match any schemas from 'oneOf'",
    }
    return texts[str(error.validator)]()


def _location(error: ValidationError) -> str:
    text = ""
    for step in error.absolute_path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def payload_error(error: ValidationError) -> ApiError:
    location = _location(error)
    description = error.schema.get("description") if isinstance(error.schema, dict) else None
    where = f" on property {location}" if location else ""
    if where and description:
        where += f" ({description})"
    return invalid_body(f"Payload validation error: '{reason(error)}'{where}.")


def validate(validator: Validator, body: Any) -> None:
    """Raises the error nearest to the top of the body, as the message names one property only."""
    errors = sorted(validator.iter_errors(body), key=lambda error: len(error.absolute_path))
    if errors:
        raise payload_error(errors[0])
