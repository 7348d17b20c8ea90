# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Official clients for Node.js, unmodified, against a running emulator over TLS.

The SDK `auth0` makes the calls that `tests/contract/test_official_clients.py` has auth0-python make.
"""

from __future__ import annotations

import json
import re
import subprocess
import typing as t
from pathlib import Path

import pytest

from tests.contract.sdk import Object, Outcome, Row, Stage, rows
from tests.contract.sdk_stories import STORIES, prepare
from tests.gateway.gateway import stop_group
from tests.gateway.install import MODULES, NODE, environment
from tests.integration.harness import Tenant

SDK = MODULES / "auth0" / "dist" / "esm" / "index.mjs"
HERE = Path(__file__).parent


class NodeSdk:
    """The SDK in a Node.js process, which gets its tokens itself."""

    def __init__(self, tenant: Tenant) -> None:
        arguments = [str(SDK), tenant.domain, tenant.client_id, tenant.client_secret]
        self._process = subprocess.Popen(
            [NODE, str(HERE / "sdk.mjs"), *arguments],
            env=environment(NODE_EXTRA_CA_CERTS=tenant.ca_path),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def __call__(self, name: str, path: list[str], body: Object | list[Object]) -> Outcome:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        called = re.sub(r"_([a-z])", lambda found: found[1].upper(), name)
        self._process.stdin.write(json.dumps({"name": called, "path": path, "body": body or None}) + "\n")
        self._process.stdin.flush()
        said = json.loads(self._process.stdout.readline())
        return Outcome(said.get("value"), said.get("status", 0), said.get("error", ""))

    def close(self) -> None:
        stop_group(self._process)
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()


@pytest.fixture(scope="module")
def stage(emulator: Tenant) -> t.Iterator[Stage]:
    sdk = NodeSdk(emulator)
    yield Stage(sdk, emulator, prepare)
    sdk.close()


@pytest.mark.parametrize("row", rows(STORIES), ids=str)
def test_management_calls(stage: Stage, row: Row) -> None:
    stage.check(row)
