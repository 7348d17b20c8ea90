# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The TypeScript SDK at gateways of every shape: it gets in where the table says so, by which the check is held."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.gateway.clients import typescript
from tests.gateway.seen import ClientFailed
from tests.integration.harness import Tenant
from tests.mcp.shapes import SHAPES, TYPESCRIPT, Front, Shape


@pytest.fixture(scope="module")
def front(emulator: Tenant) -> Iterator[Front]:
    with Front(emulator) as front:
        yield front


def sees(front: Front, tenant: Tenant, shape: Shape, *, mode: str = "legacy") -> tuple[list[str], str] | str:
    """The tools and the answer that the SDK got, or what it says."""
    given = {"name": "MCP"}
    try:
        seen = typescript(
            front.url, tenant.ca_path, arguments=given, user_agent=shape.agent, token=shape.token, mode=mode
        )
        return seen.tools, seen.answer
    except ClientFailed as error:
        return str(error)


WORKS = (["hello"], "Hello, MCP!")


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_the_typescript_sdk(front: Front, emulator: Tenant, shape: Shape) -> None:
    front.take(shape)
    seen = sees(front, emulator, shape)
    assert (seen != WORKS) == (TYPESCRIPT in shape.fails), seen


@pytest.mark.parametrize("shape", [one for one in SHAPES if one.discover], ids=lambda shape: shape.name)
def test_where_it_asks_for_the_newest_revision(front: Front, emulator: Tenant, shape: Shape) -> None:
    front.take(shape)
    seen = sees(front, emulator, shape, mode="auto")
    assert (seen != WORKS) == ("protocol" in shape.found), seen
