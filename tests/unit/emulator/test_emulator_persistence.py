# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emulator.__main__ import READY
from emulator.tenant import Keys, Tenant
from tests.unit.emulator import login

API = {"identifier": "https://api.example/mcp"}
PATH = "/api/v2/resource-servers"


def test_a_restart_continues_the_tenant(serve: Callable[..., Any], tmp_path: Path) -> None:
    state = tmp_path / "tenant.json"
    first = serve("--state", str(state))
    first.authorize()
    made = first.call("POST", PATH, API).json()
    token, ca = first.session.headers["authorization"], Path(first.ready["ca_path"]).read_text(encoding="ascii")
    assert first.stop() == (0, "", "")

    second = serve("--state", str(state))
    same = ("domain", "client_id", "client_secret")
    assert {key: second.ready[key] for key in same} == {key: first.ready[key] for key in same}
    assert Path(second.ready["ca_path"]).read_text(encoding="ascii") == ca
    second.session.headers["authorization"] = token
    assert second.call("GET", f"{PATH}/{made['id']}").json() == made
    assert second.stop() == (0, "", "")
    assert list(tmp_path.iterdir()) == [state]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_it_cleanly_and_no_file_is_left(serve: Callable[..., Any], number: int) -> None:
    served = serve()
    ca = Path(served.ready["ca_path"])
    assert served.call("GET", "/.well-known/jwks.json").status_code == 200
    assert ca.exists()
    assert served.stop(number) == (0, "", "")
    assert not ca.exists()


def test_ready_line_and_address(serve: Callable[..., Any]) -> None:
    served = serve()
    assert set(served.ready) == {"domain", "ca_path", "client_id", "client_secret"}
    assert served.ready["domain"].startswith("127.0.0.1:")


def test_a_shell_takes_what_is_exported() -> None:
    ready = {"domain": "127.0.0.1:1", "ca_path": "/tmp/it's here.pem", "client_id": "a", "client_secret": "$b`c"}
    shell = ["/bin/sh", "-c", f"{READY['export'](ready)}\nenv"]
    done = subprocess.run(shell, env={}, capture_output=True, text=True, check=True)
    assert {f"AUTH0_{name.upper()}={value}" for name, value in ready.items()} < set(done.stdout.splitlines())


def test_connections_are_kept_alive(serve: Callable[..., Any]) -> None:
    served = serve()
    url = f"{served.url}/.well-known/jwks.json"
    first = served.session.get(url, stream=True, timeout=10)
    connection = first.raw.connection
    assert first.json()["keys"]
    second = served.session.get(url, stream=True, timeout=10)
    assert second.raw.connection is connection
    assert second.json() == first.json()


def test_latency_delays_answers_and_not_control(serve: Callable[..., Any]) -> None:
    served = serve("--latency", "150")
    assert served.call("GET", "/.well-known/jwks.json").elapsed.total_seconds() >= 0.15
    assert served.call("GET", "/_emulator/requests").elapsed.total_seconds() < 0.15


def test_rate_limit_option(serve: Callable[..., Any]) -> None:
    served = serve("--rate-limit", "free")
    assert served.call("GET", PATH).headers["x-ratelimit-limit"] == "2"


def test_each_change_is_written_and_reads_are_not(tmp_path: Path, keys: Keys, api: Any) -> None:
    file = tmp_path / "tenant.json"
    api.tenant._file = file
    api.call("GET", "/clients")
    assert not file.exists()
    api.expect(201, "POST", "/resource-servers", API)
    stored = json.loads(file.read_text(encoding="utf-8"))
    assert [entry["identifier"] for entry in stored["resource_servers"].values()][-1] == API["identifier"]
    api.post("/_emulator/reset")
    assert len(json.loads(file.read_text(encoding="utf-8"))["resource_servers"]) == 1


def test_logins_outlive_a_restart(tmp_path: Path, api: Any) -> None:
    api.tenant._file = tmp_path / "tenant.json"
    login.set_up(api)
    client = login.register(api)
    page = login.begin(api, client, scope="offline_access")
    token = login.redeem(api, client, login.code(api, client, scope="offline_access")).json()["refresh_token"]
    again = Tenant.load(tmp_path / "tenant.json", clock=api.clock)
    assert again.kept("refresh_tokens", token) == api.tenant.kept("refresh_tokens", token)
    assert again.kept("logins", login.transaction(page)) is not None
    assert again.objects("users") == api.tenant.objects("users")
    api.post("/_emulator/reset")
    assert api.tenant.kept("refresh_tokens", token) is None


def test_a_failed_write_leaves_the_old_state_and_no_other_file(tmp_path: Path, keys: Keys) -> None:
    file = tmp_path / "tenant.json"
    tenant = Tenant.create("tenant.example", file, keys=keys)
    tenant.save()
    before = file.read_text(encoding="utf-8")
    tenant.state["settings"]["friendly_name"] = object()
    with pytest.raises(TypeError):
        tenant.save()
    assert file.read_text(encoding="utf-8") == before
    assert list(tmp_path.iterdir()) == [file]


def test_a_tenant_that_moves_takes_its_own_urls_along(tmp_path: Path, keys: Keys) -> None:
    file = tmp_path / "tenant.json"
    Tenant.create("127.0.0.1:1", file, keys=keys).save()
    moved = Tenant.load(file, "127.0.0.1:2")
    api = moved.resource_server("https://127.0.0.1:2/api/v2/")
    assert api is not None
    assert moved.grant(moved.objects("clients")[moved.state["client_id"]], api["identifier"], "client") is not None
