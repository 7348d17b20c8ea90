# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A tenant to play against (`tenant`) and real `ansible-playbook` runs (`play`)."""

from __future__ import annotations

import functools
import json
import os
import sys
import typing as t
import zlib
from pathlib import Path

import pytest

from tests.integration.harness import WAYS, Play, Run, Step, Tenant, ansible_playbook


@pytest.fixture(scope="session")
def emulator() -> t.Iterator[Tenant]:
    tenant = Tenant()
    yield tenant
    tenant.close()


@pytest.fixture
def tenant(emulator: Tenant) -> Tenant:
    """A new tenant."""
    emulator.call("POST", "/_emulator/reset")
    return emulator


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A Zuplo project with one operation, `hello`, and no policies yet."""
    hello = {"operationId": "hello", "x-zuplo-route": {"handler": {"export": "default"}}}
    files = {
        "zuplo.jsonc": {"version": 1},
        "config/policies.json": {"policies": []},
        "config/routes.oas.json": {"paths": {"/hello": {"get": hello}}},
    }
    root = tmp_path / "gateway"
    (root / "config").mkdir(parents=True)
    for name, value in files.items():
        (root / name).write_text(json.dumps(value) + "\n")
    return root


@pytest.fixture(params=WAYS)
def each_way(request: pytest.FixtureRequest) -> str:
    """Where modules run, for what must be shown of both ways."""
    return str(request.param)


@pytest.fixture(params=WAYS if os.environ.get("WAYS") == "both" else ["either"])
def way(request: pytest.FixtureRequest) -> str:
    """Where modules run: everything holds for both, so each test takes one of them, by its name. `WAYS=both` runs both.

    `test_ways.py` compares the two for every module. Three of four run in the controller: a process takes far longer.
    """
    if request.param in WAYS:
        return str(request.param)
    return "process" if zlib.crc32(request.node.name.encode()) % 4 == 0 else "controller"


@pytest.fixture
def play(play_over: t.Callable[[str], Play], way: str) -> Play:
    """Runs a playbook of the collection by its name, or a list of tasks, against the tenant.

    Credentials come from the environment unless `env` says otherwise (None removes a variable).
    """
    return play_over(way)


@pytest.fixture
def play_over(tenant: Tenant, tmp_path: Path) -> t.Callable[[str], Play]:
    """`play` for a way by its name, or for `default`, where nothing is said of it."""
    return functools.partial(player, tenant, tmp_path)


def player(tenant: Tenant, tmp_path: Path, way: str) -> Play:

    def run(
        playbook: str | list[t.Any], *args: str, env: dict[str, str | None] | None = None, **variables: t.Any
    ) -> Run:
        if not isinstance(playbook, str):
            tasks = [{"name": f"task {number}", **task} for number, task in enumerate(playbook, 1)]
            file = tmp_path / "playbook.yml"
            file.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
            playbook = str(file)
        record = tmp_path / "record.jsonl"
        record.unlink(missing_ok=True)
        record.touch()
        variables = {"ansible_python_interpreter": sys.executable, **variables}
        environment: dict[str, str | None] = {
            "AUTH0_DOMAIN": tenant.domain,
            "AUTH0_CA_PATH": tenant.ca_path,
            "AUTH0_CLIENT_ID": tenant.client_id,
            "AUTH0_CLIENT_SECRET": tenant.client_secret,
            "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "callback"),
            "ANSIBLE_CALLBACKS_ENABLED": "record",
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            "RECORD_FILE": str(record),
            "RECORD_EMULATOR": tenant.domain,
            "RECORD_CA_PATH": tenant.ca_path,
            **(env or {}),
        }
        rc, output = ansible_playbook(tmp_path, way, playbook, *args, "-e", json.dumps(variables), env=environment)
        lines = [json.loads(line) for line in record.read_text().splitlines()]
        return Run(rc, output, [Step(**line) for line in lines])

    return run
