# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The TypeScript SDK at gateways of every shape: it gets in where the table says so, by which the check is held."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.gateway.clients import ClientFailed, Seen, typescript
from tests.integration.harness import Tenant
from tests.mcp.shapes import SHAPES, TYPESCRIPT, Front, Shape


@pytest.fixture(scope="module")
def front(emulator: Tenant) -> Iterator[Front]:
    with Front(emulator) as front:
        yield front


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_the_typescript_sdk(front: Front, emulator: Tenant, shape: Shape) -> None:
    front.take(shape)
    seen: Seen | str
    try:
        seen = typescript(
            front.url, emulator.ca_path, arguments={"name": "MCP"}, user_agent=shape.agent, token=shape.token
        )
    except ClientFailed as error:
        seen = str(error)
    assert (seen != Seen(["hello"], "Hello, MCP!")) == (TYPESCRIPT in shape.fails), seen
