# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The real Zuplo gateway on a project directory: running, linted, built."""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import signal
import socket
import subprocess
import tempfile
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

import psutil
import requests

from tests.gateway.install import MODULES, NODE, environment

METADATA = "/.well-known/oauth-protected-resource/mcp"
# The gateway starts its engine, and then once more; where the second start is not seen, answers for so long will do.
ENGINE = "deno"
STEADY_SECONDS = 10
# On a busy machine, the second start takes its time, and the first engine may answer until then.
RESTARTED_SECONDS = 2
START_SECONDS = 60
STOP_SECONDS = 6
ZUPLO = str(MODULES / "zuplo" / "zuplo.js")
# Without telemetry and the look for updates, which wait for a network.
QUIET = {"ZUPLO_DO_NOT_TRACK": "1", "ZUPLO_DISABLE_UPDATE_CHECK": "1", "__ZUPLO_REMOTE_LOG_URL": ""}


class GatewayFailed(Exception):
    """The gateway did not start; the text is its log."""


def free_ports() -> int:
    """A free port whose successor is free too: the gateway serves on the first, and its statistics on the second.

    Not one of those that systems hand out themselves, as it must stay free while a gateway is started again.
    """
    while True:
        port = random.randrange(20_000, 32_000, 2)
        with socket.socket() as first, socket.socket() as second, contextlib.suppress(OSError):
            first.bind(("127.0.0.1", port))
            second.bind(("127.0.0.1", port + 1))
            return port


def stop_group(process: subprocess.Popen[t.Any], seconds: float = STOP_SECONDS) -> None:
    """End a process that leads a session of its own, and all that it started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            process.poll()
            try:
                os.killpg(process.pid, 0)
            except ProcessLookupError:
                process.wait()
                return
            time.sleep(0.05)


def link_modules(project: Path) -> None:
    """Give the project the packages of the one installation, but a runtime of its own.

    Each start and each build writes the runtime anew into the project's `node_modules`, so projects must not share it.
    """
    modules = project / "node_modules"
    if modules.exists():
        return
    scope = modules / "@zuplo"
    scope.mkdir(parents=True)
    for package in (*MODULES.iterdir(), *(MODULES / "@zuplo").iterdir()):
        if package.name not in ("@zuplo", "runtime", ".zuplo"):
            (modules / package.relative_to(MODULES)).symlink_to(package)


class Gateway:
    """The gateway of a project, as a context manager, at `url` on a free port of 127.0.0.1, or on `port`.

    It trusts the CA at `ca_path`. Raises GatewayFailed where the project does not start.
    """

    def __init__(self, project: Path, ca_path: str, port: int | None = None) -> None:
        self.port = port or free_ports()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.url = f"{self.origin}/mcp"
        self.project = project
        self._ca_path = ca_path

    @property
    def log(self) -> str:
        """All that the gateway has said so far, without colours."""
        # Not read(): the gateway writes where this process has moved to, since they share the position.
        file = self._output.fileno()
        written = os.pread(file, os.fstat(file).st_size, 0)
        return re.sub(r"\x1b\[[0-9;]*m", "", written.decode(errors="replace"))

    def says(self, pattern: str, since: int = 0, seconds: float = 5) -> bool:
        """Whether the pattern comes up in the log past its first `since` characters; it waits for that."""
        end = time.monotonic() + seconds
        while not re.search(pattern, self.log[since:]):
            if time.monotonic() > end:
                return False
            time.sleep(0.05)
        return True

    def __enter__(self) -> Gateway:
        link_modules(self.project)
        self._output = tempfile.TemporaryFile()
        command = [
            NODE,
            "--no-warnings",
            ZUPLO,
            "dev",
            "--no-start-editor",
            "--no-start-docs",
            "--port",
            str(self.port),
        ]
        self._process = subprocess.Popen(
            command,
            cwd=self.project,
            env=environment(**QUIET, DENO_CERT=self._ca_path),
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            self._wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        stop_group(self._process)
        self._output.close()

    def _wait(self) -> None:
        end = time.monotonic() + START_SECONDS
        engines: set[int] = set()
        since = None
        with requests.Session() as session:
            session.trust_env = False
            while True:
                if self._process.poll() is not None or time.monotonic() > end:
                    raise GatewayFailed(self.log)
                now = self._engines()
                if now - engines:
                    since = None
                engines |= now
                # While the first still runs, it may be the one that answers.
                restarted = len(engines) > 1 and len(now) == 1
                try:
                    session.get(self.origin + METADATA, timeout=5, headers={"Connection": "close"})
                    since = since or time.monotonic()
                    if time.monotonic() > since + (RESTARTED_SECONDS if restarted else STEADY_SECONDS):
                        return
                except requests.RequestException:
                    since = None
                time.sleep(0.05)

    def _engines(self) -> set[int]:
        """The ids of the processes that serve now."""
        with contextlib.suppress(psutil.Error):
            children = psutil.Process(self._process.pid).children(recursive=True)
            return {child.pid for child in children if child.name() == ENGINE}
        return set()


@dataclass(frozen=True)
class Report:
    """What the linter, or the compiler, says of a project: exit status, output, and the linter's violations."""

    rc: int
    output: str
    violations: list[dict[str, t.Any]]

    @property
    def rules(self) -> set[str]:
        return {violation["ruleId"] for violation in self.violations}


def _zuplo(project: Path, *args: str) -> subprocess.CompletedProcess[str]:
    link_modules(project)
    return subprocess.run(
        [NODE, "--no-warnings", ZUPLO, *args],
        cwd=project,
        env=environment(**QUIET),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def lint(project: Path, fail_on: str = "warn") -> Report:
    """`zuplo lint`; status 1 from the severity `fail_on` on (error, warn, none), 2 where it could not run."""
    done = _zuplo(project, "lint", "--format", "json", "--fail-on", fail_on)
    violations = json.loads(done.stdout)["violations"] if done.returncode < 2 else []
    return Report(done.returncode, done.stdout + done.stderr, violations)


def build(project: Path) -> Report:
    """`zuplo build`, which compiles without a server; status 1 on an error."""
    done = _zuplo(project, "build")
    return Report(done.returncode, done.stdout + done.stderr, [])
