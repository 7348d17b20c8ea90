# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""An in-process emulator with a clock of its own, and one served over TLS."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from starlette.testclient import TestClient

from emulator import tokens
from emulator.app import create_app
from emulator.tenant import MANAGEMENT_SCOPES, Keys, Tenant

ROOT = Path(__file__).parents[3]
DOMAIN = "tenant.example"


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


class Api(TestClient):
    """Client of the Management API with a token of every scope. Paths are those behind /api/v2."""

    def __init__(self, tenant: Tenant, clock: Clock, plan: str = "none") -> None:
        super().__init__(create_app(tenant, plan=plan), base_url=f"https://{DOMAIN}")
        self.tenant = tenant
        self.clock = clock
        self.use(*MANAGEMENT_SCOPES)

    def use(self, *scopes: str) -> None:
        """From here on, requests carry a token with these scopes."""
        api = self.tenant.resource_server(self.tenant.management_audience)
        assert api is not None
        answer = tokens.issue(self.tenant, self.tenant.state["client_id"], api, list(scopes))
        self.headers["authorization"] = f"Bearer {answer['access_token']}"

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        return self.request(method, f"/api/v2{path}", json=body, params=query or None)

    def expect(self, status: int, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """The answer's body, once its status is as told."""
        answer = self.call(method, path, body, **query)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def token(self, **form: str) -> Any:
        """Token request of the tenant's own client; `form` adds to it or replaces."""
        state = self.tenant.state
        given = {
            "grant_type": "client_credentials",
            "client_id": state["client_id"],
            "client_secret": state["client_secret"],
            "audience": self.tenant.management_audience,
            **form,
        }
        return self.post("/oauth/token", data={key: value for key, value in given.items() if value})

    @property
    def log(self) -> list[dict[str, Any]]:
        log: list[dict[str, Any]] = self.get("/_emulator/requests").json()
        return log


@pytest.fixture(scope="session")
def keys() -> Keys:
    return Keys.create(DOMAIN)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def api(keys: Keys, clock: Clock) -> Api:
    return Api(Tenant.create(DOMAIN, clock=clock, keys=keys), clock)


@pytest.fixture
def limited(keys: Keys, clock: Clock) -> Callable[[str], Api]:
    """An emulator with the limits of a plan."""
    return lambda plan: Api(Tenant.create(DOMAIN, clock=clock, keys=keys), clock, plan)


class Served:
    """`python -m emulator` as a process of its own."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "emulator", *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.ready: dict[str, str] = json.loads(self.process.stdout.readline() or "{}")
        assert self.ready, self.process.communicate()[1]
        self.url = f"https://{self.ready['domain']}"
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = self.ready["ca_path"]

    def authorize(self) -> None:
        answer = self.session.post(
            f"{self.url}/oauth/token",
            json={
                "grant_type": "client_credentials",
                "client_id": self.ready["client_id"],
                "client_secret": self.ready["client_secret"],
                "audience": f"{self.url}/api/v2/",
            },
            timeout=10,
        )
        self.session.headers["authorization"] = f"Bearer {answer.json()['access_token']}"

    def call(self, method: str, path: str, body: Any = None) -> requests.Response:
        return self.session.request(method, f"{self.url}{path}", json=body, timeout=10)

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str, str]:
        """(exit status, rest of stdout, stderr)."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        out, err = self.process.communicate(timeout=10)
        self.session.close()
        return self.process.returncode, out, err


@pytest.fixture
def serve() -> Iterator[Callable[..., Served]]:
    started: list[Served] = []

    def start(*arguments: str) -> Served:
        started.append(Served(*arguments))
        return started[-1]

    yield start
    for served in started:
        served.stop()
