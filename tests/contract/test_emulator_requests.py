# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The emulator takes the request bodies that Auth0 has published, and what the newest official SDK sends."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from emulator import errors, schemas
from tests.contract import published

NAMES = sorted(schemas.REQUESTS)


def test_the_stored_schemas_are_the_published_ones(description: Any) -> None:
    made, answers = published.make(description), published.make_answers(description)
    assert published.PUBLISHED.read_text(encoding="utf-8") == published.text(made)
    assert published.PUBLISHED_ANSWERS.read_text(encoding="utf-8") == published.text(answers)


def test_nothing_is_refused_that_the_sdk_sends() -> None:
    assert published.lacking(schemas.REQUESTS) == []


def test_a_field_and_a_value_that_the_emulator_lacks_are_named() -> None:
    requests = copy.deepcopy(schemas.REQUESTS)
    del requests["CreateClient"]["properties"]["fedcm_login"]
    requests["CreateClientGrant"]["properties"]["subject_type"]["enum"].remove("anonymous_user")
    assert published.lacking(requests) == [
        "CreateClientGrant.subject_type=anonymous_user",
        "CreateClient.fedcm_login",
        "CreateClient.fedcm_login.google",
        "CreateClient.fedcm_login.google.is_enabled",
    ]


@pytest.mark.parametrize("deviation", schemas.DEVIATIONS, ids=lambda deviation: f"{deviation.bodies} {deviation.path}")
def test_every_deviation_is_needed(deviation: schemas.Deviation, monkeypatch: pytest.MonkeyPatch) -> None:
    rest = tuple(other for other in schemas.DEVIATIONS if other is not deviation)
    monkeypatch.setattr(schemas, "DEVIATIONS", rest)
    assert schemas.make_requests() != schemas.REQUESTS


@pytest.mark.parametrize("name", NAMES)
def test_a_field_that_nobody_knows_is_refused(name: str) -> None:
    body = {"nobody_knows_this": 1}
    errors = schemas.request(name).iter_errors([body] if schemas.REQUESTS[name]["type"] == "array" else body)
    assert "additionalProperties" in {error.validator for error in errors}


def _keywords(schema: Any) -> set[str]:
    if isinstance(schema, list):
        return set().union(*map(_keywords, schema))
    if not isinstance(schema, dict):
        return set()
    inner = {key: value for key, value in schema.items() if key != "properties"}
    named = schema.get("properties", {})
    return {*inner, *_keywords(list(inner.values())), *_keywords(list(named.values()))}


def test_every_refusal_has_words() -> None:
    """One body against each keyword that occurs, worded."""
    wrong: dict[str, tuple[schemas.Schema, Any]] = {
        "additionalProperties": (schemas.closed({}), {"a": 1}),
        "enum": (schemas.one_of("a"), "b"),
        "format": (schemas.text(format="email-or-empty"), "a"),
        "maxItems": (schemas.array({}, maxItems=0), [1]),
        "maxLength": (schemas.text(most=1), "ab"),
        "maxProperties": (schemas.open_object(maxProperties=0), {"a": 1}),
        "maximum": (schemas.integer(0, 1), 2),
        "minItems": (schemas.array({}, minItems=1), []),
        "minLength": (schemas.text(least=1), ""),
        "minProperties": (schemas.open_object(minProperties=1), {}),
        "minimum": (schemas.integer(1), 0),
        "oneOf": ({"oneOf": [schemas.text(), schemas.boolean()]}, 1),
        "pattern": (schemas.text(pattern="^a$"), "b"),
        "required": (schemas.closed({"a": {}}, "a"), {}),
        "type": (schemas.boolean(), 1),
    }
    assert _keywords(list(schemas.REQUESTS.values())) - {"items", "description"} == set(wrong)
    for keyword, (schema, body) in wrong.items():
        (error,) = schemas.validator(schema).iter_errors(body)
        assert error.validator == keyword
        assert errors.reason(error)
