# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from emulator.tenant import Keys
from tests.contract.published import DESCRIPTION
from tests.integration.conftest import emulator
from tests.integration.harness import Tenant

__all__ = ["emulator"]


@pytest.fixture(scope="session")
def keys() -> Keys:
    return Keys.create("tenant.example")


@pytest.fixture(scope="session")
def description() -> Any:
    """The published API description, which is beside the checkout and not part of it."""
    if not DESCRIPTION.exists():
        pytest.skip(f"to compare, put Auth0's OpenAPI description at {DESCRIPTION.resolve()}")
    return json.loads(DESCRIPTION.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def trust(emulator: Tenant) -> Iterator[None]:
    """Clients in this process trust the emulator's CA, as an administrator would have them."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SSL_CERT_FILE", emulator.ca_path)
        environment.setenv("REQUESTS_CA_BUNDLE", emulator.ca_path)
        yield
