# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest

from emulator.tenant import Keys
from tests.integration.conftest import emulator

__all__ = ["emulator"]


@pytest.fixture(scope="session")
def keys() -> Keys:
    return Keys.create("tenant.example")
