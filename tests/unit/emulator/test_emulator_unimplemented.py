# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the emulator does not implement answers as if the token lacked the scope; what Auth0 does not have, with 404."""

from __future__ import annotations

import re
from typing import Any

import pytest

from emulator.management import OPERATIONS, unimplemented
from emulator.management.unimplemented import Unimplemented

NOT_FOUND = {"statusCode": 404, "error": "Not Found", "message": "Not Found"}


def _shape(path: str) -> str:
    return re.sub(r"{\w+}", "{}", path)


IMPLEMENTED = {(operation.method, _shape(operation.path)) for operation in OPERATIONS}
REST = [row for row in unimplemented.OPERATIONS if (row.method, _shape(row.path)) not in IMPLEMENTED]


def _call(api: Any, row: Unimplemented) -> Any:
    return api.call(row.method, _shape(row.path).replace("{}", "unknown"), {"name": "x"}, unknown="x")


def test_the_table_is_well_formed() -> None:
    rows = unimplemented.OPERATIONS
    assert len({(row.method, _shape(row.path)) for row in rows}) == len(rows) > 400
    for row in rows:
        assert row.method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        assert re.fullmatch(r"(/([\w-]+|{\w+}))+", row.path), row.path
        assert row.scopes, row.path
        for scope in row.scopes:
            assert re.fullmatch(r"(read|create|update|delete):[a-z_]+", scope), scope


def test_each_operation_asks_for_its_own_scopes(api: Any) -> None:
    """Even of a token that has them, and whatever is sent; no row hides behind another one."""
    api.use(*{scope for row in REST for scope in row.scopes})
    answers = {(row.method, row.path): _call(api, row) for row in REST}
    assert {key: answer.status_code for key, answer in answers.items()} == dict.fromkeys(answers, 403)
    assert {key: answer.json() for key, answer in answers.items()} == {
        (row.method, row.path): {
            "statusCode": 403,
            "error": "Forbidden",
            "message": f"Insufficient scope, expected any of: {','.join(row.scopes)}",
            "errorCode": "insufficient_scope",
        }
        for row in REST
    }


def test_a_token_without_scopes_is_refused_in_the_same_words(api: Any) -> None:
    api.use()
    for row in REST[::50]:
        assert _call(api, row).json()["message"].endswith(f"expected any of: {','.join(row.scopes)}")


@pytest.mark.parametrize(("header", "status"), [("", 400), ("Basic eDp5", 400), ("Bearer no.to.ken", 401)])
def test_a_token_is_needed(api: Any, header: str, status: int) -> None:
    api.headers["authorization"] = header
    assert {_call(api, row).status_code for row in REST[::50]} == {status}


def test_what_is_implemented_is_never_refused_like_this(api: Any) -> None:
    for operation in OPERATIONS:
        api.use(*operation.scopes)
        answer = api.call(operation.method, operation.path.replace("{id}", "unknown"), {})
        assert answer.status_code in (200, 204, 400, 404), operation


def test_a_fixed_segment_is_no_id(api: Any) -> None:
    assert api.expect(403, "GET", "/client-grants/search")["message"].endswith(": read:client_grants")
    assert api.expect(404, "GET", "/client-grants/searches")["errorCode"] == "inexistent_client_grant"
    assert api.expect(403, "GET", "/organizations/search")["message"].endswith("read:organizations_summary")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nothing"),
        ("GET", "/organizations/x/nothing"),
        ("GET", "/organizations/"),
        ("PUT", "/clients"),
        ("PATCH", "/organizations"),
        ("DELETE", "/tenants/settings"),
        ("POST", "/organizations/name/x"),
    ],
)
def test_an_unknown_path_or_method_is_404_with_and_without_a_token(api: Any, method: str, path: str) -> None:
    assert api.expect(404, method, path) == NOT_FOUND
    del api.headers["authorization"]
    assert api.expect(404, method, path) == NOT_FOUND


def test_outside_the_management_api_an_unknown_method_is_405(api: Any) -> None:
    assert api.get("/oauth/token").status_code == 405
