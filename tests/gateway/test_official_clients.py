# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Official clients for Node.js, unmodified, against a running emulator over TLS.

The SDK `auth0` makes the calls that `tests/contract/test_official_clients.py` has auth0-python make, and openid-client
takes the steps that `tests/contract/test_official_logins.py` has Authlib take.
"""

from __future__ import annotations

import json
import re
import subprocess
import typing as t
from pathlib import Path

import pytest

from tests.contract import logins
from tests.contract.logins import API, LOGINS, UNKNOWN, Known, Visits
from tests.contract.sdk import Object, Outcome, Row, Stage, rows
from tests.contract.sdk_stories import STORIES, client_key, prepare
from tests.gateway.gateway import stop_group
from tests.gateway.install import MODULES, NODE, environment
from tests.integration.harness import Tenant
from tests.mcp.client import REDIRECT_URI

SDK = MODULES / "auth0" / "dist" / "esm" / "index.mjs"
OPENID_CLIENT = MODULES / "openid-client" / "build" / "index.js"
HERE = Path(__file__).parent


class Script:
    """A script of ours in a Node.js process, which answers a line of JSON with one."""

    def __init__(self, name: str, ca_path: str, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [NODE, str(HERE / name), *arguments],
            env=environment(NODE_EXTRA_CA_CERTS=ca_path),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def ask(self, question: Object) -> Outcome:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        said = json.loads(self._process.stdout.readline())
        return Outcome(said.get("value"), said.get("status", 0), said.get("error", ""))

    def close(self) -> None:
        stop_group(self._process)
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()


class NodeSdk:
    """auth0, which gets its tokens itself."""

    def __init__(self, tenant: Tenant, **credentials: str) -> None:
        options = json.dumps({"domain": tenant.domain, **credentials})
        self._script = Script("sdk.mjs", tenant.ca_path, str(SDK), options)
        self.close = self._script.close

    def __call__(self, name: str, path: list[str], body: Object | list[Object]) -> Outcome:
        called = re.sub(r"_([a-z])", lambda found: found[1].upper(), name)
        return self._script.ask({"name": called, "path": path, "body": body or None})


class OpenidClient:
    own = frozenset(step for login in LOGINS for step in login.steps)

    def __init__(self, ca_path: str) -> None:
        self._script = Script("openid.mjs", ca_path, str(OPENID_CLIENT))
        self.close = self._script.close

    def __call__(self, step: str, known: Known) -> Outcome:
        told = {
            **{name: getattr(known, name) for name in ("issuer", "client_id", "client_secret", "redirect", "tokens")},
            "method": known.login.method,
            "registration": known.login.registration,
            "parameters": known.parameters,
            "openid": "openid" in known.login.granted,
            "redirect_uri": REDIRECT_URI,
            "audience": API,
            "unknown": UNKNOWN,
            "private_key": client_key()["private"],
        }
        return self._script.ask({"step": step, "known": told})


@pytest.fixture(scope="module")
def stage(emulator: Tenant) -> t.Iterator[Stage]:
    sdk = NodeSdk(emulator, clientId=emulator.client_id, clientSecret=emulator.client_secret)
    yield Stage(sdk, emulator, prepare)
    sdk.close()


@pytest.mark.parametrize("row", rows(STORIES), ids=str)
def test_management_calls(stage: Stage, row: Row) -> None:
    stage.check(row)


def test_the_sdk_logs_in_with_a_key(tenant: Tenant) -> None:
    (machine,) = (login for login in LOGINS if login.method == "private_key_jwt")
    client_id = tenant.api("POST", "clients", machine.application)["client_id"]
    grant = {"client_id": client_id, "audience": f"https://{tenant.domain}/api/v2/", "scope": ["read:roles"]}
    tenant.api("POST", "client-grants", grant)
    sdk = NodeSdk(tenant, clientId=client_id, clientAssertionSigningKey=client_key()["private"])
    try:
        assert sdk("roles.list", [], {}) == Outcome({"pages": [], "first": {"start": 0, "limit": 50, "total": 0}})
        assert sdk("clients.list", [], {}).status == 403
    finally:
        sdk.close()


@pytest.fixture(scope="module")
def visits(emulator: Tenant) -> Visits:
    return Visits(emulator)


@pytest.mark.parametrize("row", logins.rows(OpenidClient), ids=str)
def test_logins(visits: Visits, row: logins.Row) -> None:
    visits.check(row)
