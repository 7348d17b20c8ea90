# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The official Python SDK, unmodified, against a running emulator over TLS: each call with each kind of object.

`tests/gateway/test_official_clients.py` has the SDK for Node.js do the same.
"""

from __future__ import annotations

import functools
import typing as t

import pytest
from auth0.management.core.api_error import ApiError
from auth0.management.core.pagination import SyncPager
from auth0.management.management_client import ManagementClient
from pydantic import BaseModel

from tests.contract.sdk import Object, Outcome, Row, Stage, outcome_differences, rows
from tests.contract.sdk_stories import STORIES, prepare
from tests.integration.harness import Tenant

# An SDK that goes through pages without an end has gone wrong.
MOST_PAGES = 20


class PythonSdk:
    """auth0-python, which gets its tokens itself, and whose models every answer has to fit."""

    def __init__(self, tenant: Tenant) -> None:
        self._client: t.Any = ManagementClient(
            domain=tenant.domain, client_id=tenant.client_id, client_secret=tenant.client_secret
        )

    def __call__(self, name: str, path: list[str], body: Object | list[Object]) -> Outcome:
        method = functools.reduce(getattr, name.split("."), self._client)
        fields = {"request": body} if isinstance(body, list) else body
        try:
            # It would repeat what ended in a conflict.
            return Outcome(_plain(method(*path, **fields, request_options={"max_retries": 0})))
        except ApiError as error:
            return Outcome(error.body, error.status_code or 0, str(error.body))
        except Exception as error:
            return Outcome(error=f"{type(error).__name__}: {error}")


def _plain(answer: t.Any) -> t.Any:
    """The answer as JSON, out of the SDK's models."""
    if isinstance(answer, SyncPager):
        first = {key: value for key, value in _plain(answer.response).items() if not isinstance(value, list)}
        pages = []
        for page in answer.iter_pages():
            pages.append(_plain(page.items or []))
            if len(pages) > MOST_PAGES:
                raise RuntimeError(f"more than {MOST_PAGES} pages")
        return {"pages": [page for page in pages if page], "first": first}
    if isinstance(answer, list):
        return [_plain(item) for item in answer]
    if isinstance(answer, BaseModel):
        return answer.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return answer


@pytest.fixture(scope="module")
def stage(emulator: Tenant, trust: None) -> Stage:
    return Stage(PythonSdk(emulator), emulator, prepare)


def test_no_row_takes_any_answer() -> None:
    for wrong in (Outcome({}), Outcome({"statusCode": 500}, 500, "failed"), Outcome(error="failed")):
        taken = [str(row) for row in rows(STORIES) if not list(outcome_differences(row.call, row.call.answer, wrong))]
        assert taken == []


@pytest.mark.parametrize("row", rows(STORIES), ids=str)
def test_management_calls(stage: Stage, row: Row) -> None:
    stage.check(row)
