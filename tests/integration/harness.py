# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the integration tests work with: a tenant, and a run of `ansible-playbook` with what came of it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import typing as t
from dataclasses import dataclass
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parents[2]
# Where modules run, and what the switch says then.
WAYS = {"controller": "true", "process": "false"}
DATABASE = "Username-Password-Authentication"


def task(module: str, label: str, /, *, check: bool = False, diff: bool = False, **options: t.Any) -> dict[str, t.Any]:
    """A task of a play that goes on when the task fails."""
    return {
        "name": label,
        f"mcp_ops.oauth.{module}": options,
        "check_mode": check,
        "diff": diff,
        "ignore_errors": True,
    }


class Tenant:
    """An emulator process, and direct access to the tenant in it."""

    def __init__(self, *options: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "emulator", *options], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        ready = json.loads(self._process.stdout.readline())
        self.domain: str = ready["domain"]
        self.ca_path: str = ready["ca_path"]
        self.client_id: str = ready["client_id"]
        self.client_secret: str = ready["client_secret"]
        self._session = requests.Session()

    def close(self) -> None:
        self._session.close()
        self._process.terminate()
        self._process.wait(timeout=10)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def call(self, method: str, path: str, body: t.Any = None, *, token: str | None = None) -> t.Any:
        """One request, of which the control and Management APIs answer JSON or nothing."""
        response = self._session.request(
            method,
            f"https://{self.domain}{path}",
            json=body,
            headers={"Authorization": f"Bearer {token}"} if token else {},
            verify=self.ca_path,
            timeout=20,
        )
        response.raise_for_status()
        return response.json() if response.content else None

    def token(self) -> str:
        """A token for the Management API; leaves no trace in the log."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "audience": f"https://{self.domain}/api/v2/",
        }
        token = self.call("POST", "/oauth/token", form)["access_token"]
        self.call("DELETE", "/_emulator/requests")
        return str(token)

    def api(self, method: str, path: str, body: t.Any = None) -> t.Any:
        """Look at the tenant, or set it up, past the modules; leaves no trace in the log."""
        answer = self.call(method, f"/api/v2/{path}", body, token=self.token())
        self.call("DELETE", "/_emulator/requests")
        return answer

    def grant(self, *scopes: str) -> None:
        """From now on the application gets just these scopes."""
        state = self.call("GET", "/_emulator/state")
        for grant in state["client_grants"].values():
            if grant.get("client_id") == self.client_id:
                grant["scope"] = list(scopes)
        self.call("PUT", "/_emulator/state", state)

    def grant_reads(self) -> None:
        """From now on the application may also read what can only be read."""
        state = self.call("GET", "/_emulator/state")
        for grant in state["client_grants"].values():
            if grant.get("client_id") == self.client_id and grant["audience"].endswith("/api/v2/"):
                grant["scope"] += ["read:hooks", "read:mfa_policies", "read:network_acls", "read:prompts"]
        self.call("PUT", "/_emulator/state", state)

    def fault(self, method: str, path: str, times: int = 1, **fault: t.Any) -> None:
        self.call("POST", "/_emulator/faults", {"method": method, "path": path, "times": times, **fault})

    def connection(self) -> dict[str, t.Any]:
        """The database connection that every tenant starts with."""
        return dict(self.api("GET", f"connections?name={DATABASE}")[0])


@dataclass(frozen=True)
class Step:
    """One task of a run: what it answered, and the requests that the emulator saw for it."""

    name: str
    action: str
    check: bool
    status: str
    result: dict[str, t.Any]
    requests: list[dict[str, t.Any]]

    @property
    def changed(self) -> bool:
        return bool(self.result["changed"])

    @property
    def calls(self) -> list[str]:
        """Management API requests, such as `GET tenants/settings`."""
        paths = ((r["method"], r["path"].removeprefix("/api/v2/")) for r in self.requests)
        return [f"{method} {path}" for method, path in paths if path != "/oauth/token"]

    @property
    def writes(self) -> list[tuple[str, t.Any]]:
        return [(r["method"], r["body"]) for r in self.requests if r["method"] != "GET" and r["path"] != "/oauth/token"]

    @property
    def logins(self) -> int:
        return sum(r["path"] == "/oauth/token" for r in self.requests)

    @property
    def diff(self) -> tuple[t.Any, t.Any]:
        diff = self.result["diff"]
        diff = diff[0] if isinstance(diff, list) else diff
        return diff["before"], diff["after"]

    @property
    def warnings(self) -> str:
        return " ".join(str(warning) for warning in self.result.get("warnings", []))


@dataclass(frozen=True)
class Run:
    """One `ansible-playbook` run."""

    rc: int
    output: str
    steps: list[Step]

    def __getitem__(self, name: str) -> Step:
        return {step.name: step for step in self.steps}[name]

    @property
    def changed(self) -> list[str]:
        """The names of the tasks that changed something, or in check mode would."""
        return [step.name for step in self.steps if step.result.get("changed")]

    @property
    def passed(self) -> list[str]:
        """The names of the tasks that did not fail."""
        return [step.name for step in self.steps if step.status == "ok"]

    @property
    def calls(self) -> list[str]:
        return [call for step in self.steps for call in step.calls]

    @property
    def logins(self) -> int:
        return sum(step.logins for step in self.steps)

    @property
    def recap(self) -> dict[str, int]:
        line = self.output.rpartition("PLAY RECAP")[2].partition("localhost")[2].partition("\n")[0]
        return {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", line)}

    @property
    def requests(self) -> list[dict[str, t.Any]]:
        return [request for step in self.steps for request in step.requests]

    def requests_of(self, method: str) -> list[dict[str, t.Any]]:
        return [request for request in self.requests if request["method"] == method]


def ansible_playbook(
    folder: Path, way: str, *args: str, env: t.Mapping[str, str | None], seconds: float = 180
) -> tuple[int, str]:
    """Run `ansible-playbook` in a folder that holds all it leaves: its exit status, and its output.

    `env` comes over the environment of the tests without AUTH0_ variables; None removes a variable.
    """
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AUTH0_")},
        "ANSIBLE_HOME": str(folder / "ansible"),
        "ANSIBLE_NOCOLOR": "1",
        "MCP_OPS_IN_PROCESS": WAYS.get(way),
        **env,
    }
    with subprocess.Popen(
        [str(Path(sys.executable).with_name("ansible-playbook")), *args],
        env={name: value for name, value in environment.items() if value is not None},
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            printed, _none = process.communicate(timeout=seconds)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)  # with the workers that it has forked
            raise
    return process.returncode, printed


def content(root: Path) -> dict[str, bytes]:
    """Path below the directory -> what is in the file, of all files there."""
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


class Play(t.Protocol):
    def __call__(
        self, playbook: str | list[t.Any], *args: str, env: dict[str, str | None] | None = None, **vars: t.Any
    ) -> Run: ...
