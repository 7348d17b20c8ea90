# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What one worker works on: a tenant that is somebody's, a Zuplo project, and modules and playbooks run on both."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import psutil

from ansible_collections.mcp_ops.oauth.plugins.plugin_utils import _core
from tests.integration.harness import Tenant, content

Object = dict[str, t.Any]
COLLECTION = "ansible_collections.mcp_ops.oauth.plugins"
# Seconds for one wait and for all together: with a fault, so that a stall costs little; without, for a busy machine.
SHORT, LONG = (1.0, 2.5), (20.0, 40.0)
# Seconds after which one module, and one run of the playbook, counts as hung: several times what those allow.
MODULE_LIMIT, RUN_LIMIT = 15.0, 90.0
# Seconds after which a worker whose playbook was killed has ended too.
ORPHAN_LIMIT = 30.0
# Bytes that one module may need beyond what it started with.
MEMORY_LIMIT = 100_000_000
FAILED = re.compile(r"^(fatal: \[localhost\]: FAILED!|failed: \[localhost\] .*?) => (?={)", re.MULTILINE)
# What of a tenant's state is no object of its owner.
PASSING = frozenset({"keys", "token_generation", "used_assertions", "opaque_tokens", "logins", "codes", "deleting"})


class Hung(BaseException):
    """No `Exception`, so that nothing that is tested can catch it."""


@contextlib.contextmanager
def limit(seconds: float) -> t.Iterator[None]:
    """Raises Hung in the main thread when the time is over."""

    def over(*_: object) -> t.NoReturn:
        raise Hung

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@dataclass(frozen=True)
class Ended:
    """How a module or a playbook ended. `rc` is None where it hung; `memory` is what a module needed, in bytes."""

    rc: int | None
    output: str
    result: Object
    seconds: float
    memory: int = 0

    @property
    def msg(self) -> str:
        return str(self.result.get("msg", ""))


class World:
    """Each worker has its own. `close` removes the folder.

    `here` is where modules run, so that a relative path, as a value of an option, leads nowhere.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.project = folder / "gateway"
        self.here = folder / "here"
        self.here.mkdir()
        self.tenant = Tenant()
        _seed(self.tenant)
        self.seeded: Object = self.state()
        self.waits = LONG

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AUTH0_DOMAIN": self.tenant.domain,
            "AUTH0_CA_PATH": self.tenant.ca_path,
            "AUTH0_CLIENT_ID": self.tenant.client_id,
            "AUTH0_CLIENT_SECRET": self.tenant.client_secret,
            "AUTH0_TIMEOUT": str(self.waits[0]),
            "AUTH0_RETRY_TIMEOUT": str(self.waits[1]),
        }

    def close(self) -> None:
        self.tenant.close()
        shutil.rmtree(self.folder)

    # -- the tenant and the project -----------------------------------------------------------------------------------

    def state(self) -> Object:
        state: Object = self.tenant.call("GET", "/_emulator/state")
        return {name: value for name, value in state.items() if name not in PASSING}

    def restore(self, state: Object, files: dict[str, bytes] | None = None) -> None:
        """The tenant and the project as they were; log and faults are empty."""
        self.waits = LONG
        self.tenant.call("POST", "/_emulator/reset")
        self.tenant.call("PUT", "/_emulator/state", {**self.tenant.call("GET", "/_emulator/state"), **state})
        shutil.rmtree(self.project, ignore_errors=True)
        for name, data in (_new_project() if files is None else files).items():
            path = self.project / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    def files(self) -> dict[str, bytes]:
        return content(self.project)

    def requests(self) -> list[Object]:
        """Those of the log."""
        return list(self.tenant.call("GET", "/_emulator/requests"))

    # -- what is run --------------------------------------------------------------------------------------------------

    def module(self, name: str, options: Object, *, check: bool = False) -> Ended:
        """Run a module within this process, as the controller does."""
        main = importlib.import_module(f"{COLLECTION}.modules.{name}").main
        arguments = _core._encode({**options, "_ansible_check_mode": check, "_ansible_diff": True})
        errors = io.StringIO()
        started, memory = time.monotonic(), _start_memory()
        try:
            with mock.patch.dict(os.environ, self.environment), limit(MODULE_LIMIT), contextlib.redirect_stderr(errors):
                done = _core._call(main, arguments)
        except Hung:
            return Ended(None, "", {}, time.monotonic() - started)
        seconds = time.monotonic() - started
        output = done["stdout"] + done["stderr"] + errors.getvalue()
        try:
            result = json.loads(done["stdout"])
        except ValueError:
            result = {}
        return Ended(done["rc"], output, result, seconds, _peak_memory() - memory)

    def launch(self, playbook: str, /, env: t.Mapping[str, str] | None = None, **variables: t.Any) -> Playbook:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("AUTH0_")}
        environment |= self.environment
        environment |= {
            "ANSIBLE_HOME": str(self.folder / "ansible"),
            "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "callback"),
            "ANSIBLE_CALLBACKS_ENABLED": "strike",
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            "ANSIBLE_NOCOLOR": "1",
            **(env or {}),
        }
        return Playbook([playbook, "-e", json.dumps(variables)], environment, self.folder)

    def play(self, playbook: str, /, env: t.Mapping[str, str] | None = None, **variables: t.Any) -> Ended:
        return self.launch(playbook, env, **variables).wait()


class Playbook:
    """A run of `ansible-playbook` under way."""

    def __init__(self, arguments: list[str], environment: dict[str, str], folder: Path) -> None:
        self._started = time.monotonic()
        self._left: list[psutil.Process] = []
        self._process = subprocess.Popen(
            [str(Path(sys.executable).with_name("ansible-playbook")), *arguments],
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )

    def is_running(self) -> bool:
        return self._process.poll() is None

    def kill(self, *, alone: bool = False) -> None:
        """All its processes, as when the machine dies; or the first one alone, which leaves a task under way."""
        with contextlib.suppress(psutil.NoSuchProcess):
            first = psutil.Process(self._process.pid)
            # Nothing is started meanwhile.
            first.suspend()
            self._left = first.children(recursive=True)
            if not alone:
                self._end_left()
            first.kill()

    def wait_for_left(self) -> bool:
        """Whether what `kill` left has ended by itself."""
        _gone, alive = psutil.wait_procs(self._left, ORPHAN_LIMIT)
        self._end_left()
        return not alive

    def _end_left(self) -> None:
        for member in self._left:
            with contextlib.suppress(psutil.NoSuchProcess):
                member.kill()

    def wait(self) -> Ended:
        try:
            output, _none = self._process.communicate(timeout=RUN_LIMIT)
            rc: int | None = self._process.returncode
        except subprocess.TimeoutExpired:
            self.kill()
            output, _none = self._process.communicate()
            rc = None
        return Ended(rc, output, _failure(output), time.monotonic() - self._started)


def _failure(output: str) -> Object:
    """The result of the last task that failed, or of its last item, as the default callback shows it."""
    shown = [match.end() for match in FAILED.finditer(output)]
    try:
        found, _end = json.JSONDecoder().raw_decode(output, shown[-1] if shown else 0)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _start_memory() -> int:
    """From here on, the peak is counted anew; what is resident now."""
    Path("/proc/self/clear_refs").write_text("5")
    return _peak_memory()


def _peak_memory() -> int:
    line = next(one for one in Path("/proc/self/status").read_text().splitlines() if one.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def _seed(tenant: Tenant) -> None:
    """What somebody else has in the tenant."""
    other = {"identifier": "https://other.example.com/mcp", "name": "Other", "scopes": [{"value": "a"}, {"value": "b"}]}
    tenant.api("POST", "resource-servers", other)
    default = {"default_for": "third_party_clients", "audience": other["identifier"], "subject_type": "user"}
    tenant.api("POST", "client-grants", {**default, "scope": ["a"]})
    client = tenant.api("POST", "clients", {"name": "Batch", "app_type": "non_interactive"})
    for client_id in (client["client_id"], tenant.client_id):
        grant = {"client_id": client_id, "audience": other["identifier"], "subject_type": "client"}
        tenant.api("POST", "client-grants", {**grant, "scope": ["a", "b"]})
    options = {"client_id": "staff", "client_secret": "staff-secret-3f1d9a", "issuer": "https://id.example.com/"}
    tenant.api("POST", "connections", {"name": "staff", "strategy": "oidc", "options": options})
    tenant.api("PATCH", "tenants/settings", {"friendly_name": "Ours", "flags": {"enable_client_connections": False}})
    role = tenant.api("POST", "roles", {"name": "Reader", "description": "Reads"})
    permission = {"resource_server_identifier": other["identifier"], "permission_name": "a"}
    tenant.api("POST", f"roles/{role['id']}/permissions", {"permissions": [permission]})


def _new_project() -> dict[str, bytes]:
    """A Zuplo project with one operation, `hello`, and no policies yet."""
    hello = {"operationId": "hello", "x-zuplo-route": {"handler": {"export": "default"}}}
    files: dict[str, Object] = {
        "zuplo.jsonc": {"version": 1},
        "config/policies.json": {"policies": []},
        "config/routes.oas.json": {"paths": {"/hello": {"get": hello}}},
    }
    return {name: json.dumps(value).encode() + b"\n" for name, value in files.items()}
