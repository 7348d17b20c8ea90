# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Runs commands and measures them: time, memory, requests. Contenders take turns; ratios are made within a round."""

from __future__ import annotations

import re
import statistics
import subprocess
import tempfile
import time
import typing as t
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from emulator.plans import EVERYTHING, PLANS
from tests.benchmark.contenders import Command, Contender, bare
from tests.benchmark.job import Job, Object, others
from tests.integration.harness import Tenant

LONGEST = 1800.0
BETWEEN_SAMPLES = 0.02
START = {"first": "first run", "unchanged": "no change"}
Start = t.Literal["first", "unchanged"]
# What the API makes of one that is created with its identifier alone, as far as it counts for a job.
OTHER_API = {"token_lifetime": 86400, "token_lifetime_for_web": 7200, "signing_alg": "RS256"}


@dataclass(frozen=True)
class Case:
    """What is measured: which scenario, on how many APIs, from which start, at which latency (ms) and rate limit."""

    scenario: str
    size: int
    run: Start
    latency: int = 0
    plan: str = "none"
    others: int = 0

    @property
    def text(self) -> str:
        parts = [self.scenario, f"{self.size} API{'s' * (self.size > 1)}", START[self.run], f"{self.latency} ms"]
        if self.plan != "none":
            parts.append(f"{self.plan} plan")
        if self.others:
            parts.append(f"{self.others} others")
        return ", ".join(parts)


@dataclass(frozen=True)
class Run:
    """One run of one contender. `refused` requests were answered 429; `peak` is in bytes, 0 where not measured."""

    seconds: float
    requests: int = 0
    refused: int = 0
    failed: int = 0
    peak: int = 0
    forced: float = 0.0
    """The seconds that the rate limit forces on the requests that it let through."""


@dataclass(frozen=True)
class Spread:
    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        numbers = list(values)
        return cls(statistics.median(numbers), min(numbers), max(numbers))


class ContenderError(RuntimeError):
    """A contender did not do its job, so its time says nothing."""


def execute(command: Command, *, watch: bool = False) -> tuple[float, int, int, str]:
    """(seconds, peak memory if watched, exit status, output)."""
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            command.arguments,
            env=command.environment,
            cwd=command.folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            peak = _watch(process) if watch else 0
            status = process.wait(timeout=LONGEST)
            seconds = time.perf_counter() - start
        finally:
            _end(process)
        output.seek(0)
        return seconds, peak, status, output.read().decode("utf-8", "replace")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Nothing outlives an interruption."""
    if process.poll() is None:
        for member in psutil.Process(process.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                member.kill()
        process.kill()
    process.wait()


def _watch(process: subprocess.Popen[bytes]) -> int:
    """The largest sum of the resident sets of the process and all below it, while it runs."""
    peak = 0
    root = psutil.Process(process.pid)
    end = time.monotonic() + LONGEST
    while process.poll() is None and time.monotonic() < end:
        total = 0
        # Where one has ended meanwhile, what was counted so far was there.
        with suppress(psutil.NoSuchProcess):
            for member in (root, *root.children(recursive=True)):
                total += member.memory_info().rss
        peak = max(peak, total)
        time.sleep(BETWEEN_SAMPLES)
    return peak


def _failed(status: int, output: str) -> int:
    """The number of failed tasks, or 1 where a contender that has none failed."""
    recap = re.search(r"localhost .*failed=(\d+)", output.rpartition("PLAY RECAP")[2])
    failed = int(recap.group(1)) if recap else 0
    return failed or int(status != 0)


@dataclass
class Laboratory:
    """Tenants to measure on, each in the exact state that a case starts from."""

    folder: Path
    _tenants: dict[tuple[int, str], Tenant] = field(default_factory=dict)
    _finished: dict[int, Object] = field(default_factory=dict)
    _warm: set[str] = field(default_factory=set)

    def close(self) -> None:
        while self._tenants:
            self._tenants.popitem()[1].close()

    def tenant(self, latency: int = 0, plan: str = "none") -> Tenant:
        if (latency, plan) not in self._tenants:
            self._tenants[latency, plan] = Tenant("--latency", str(latency), "--rate-limit", plan)
        return self._tenants[latency, plan]

    def run(self, contender: Contender, case: Case, *, watch: bool = False, tolerant: bool = False) -> Run:
        """One run from the case's start. Unless `tolerant`, one that leaves the job undone is an error."""
        if contender.name not in self._warm:
            self._warm.add(contender.name)
            self.run(contender, Case("warm-up", 1, "unchanged"))
        tenant, job = self._start(case), Job(case.size)
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            command = contender.prepare(tenant, job, Path(folder))
            tenant.call("DELETE", "/_emulator/requests")
            seconds, peak, status, output = execute(command, watch=watch)
        log = tenant.call("GET", "/_emulator/requests")
        failed = _failed(status, output)
        missing = job.missing(tenant.call("GET", "/_emulator/state")) if contender.whole_job else []
        if (failed or missing) and not tolerant:
            raise ContenderError(f"{contender.name}, {case.text}: not done: {missing}\n{output[-3000:]}")
        failed = failed or len(missing)
        refused = sum(request["status"] == 429 for request in log)
        return Run(seconds, len(log), refused, failed, peak, _forced(log, case.plan))

    def _start(self, case: Case) -> Tenant:
        """A tenant in the state that the case starts from, nothing logged, nothing of its rate limit used."""
        tenant = self.tenant(case.latency, case.plan)
        tenant.call("POST", "/_emulator/reset")
        state = tenant.call("GET", "/_emulator/state")
        apis = state["resource_servers"]
        if case.run == "unchanged":
            finished = self._finish(case.size)
            apis.update(finished["resource_servers"])
            state.update(settings=finished["settings"], connections=finished["connections"])
        apis.update(others(case.others, like=OTHER_API))
        tenant.call("PUT", "/_emulator/state", state)
        return tenant

    def _finish(self, size: int) -> Object:
        """What the job makes of a new tenant: its settings, connections and APIs, without those of the system."""
        if size not in self._finished:
            tenant, job = self.tenant(), Job(size)
            tenant.call("POST", "/_emulator/reset")
            with tempfile.TemporaryDirectory(dir=self.folder) as folder:
                status, output = execute(bare("setting up").prepare(tenant, job, Path(folder)))[2:]
            state = tenant.call("GET", "/_emulator/state")
            if status or job.missing(state):
                raise ContenderError(f"The tenant could not be set up.\n{output[-3000:]}")
            state["resource_servers"] = {
                key: api for key, api in state["resource_servers"].items() if not api.get("is_system")
            }
            self._finished[size] = state
        return self._finished[size]


def _forced(log: Sequence[Object], plan: str) -> float:
    limit = PLANS[plan].buckets.get(EVERYTHING)
    admitted = sum(r["path"].startswith("/api/v2/") and r["status"] != 429 for r in log)
    return max(0.0, (admitted - limit.burst) / limit.per_second) if limit else 0.0


def take_turns(
    contenders: Sequence[Contender], rounds: int, slow_rounds: int, run: Callable[[Contender], Run]
) -> dict[str, list[Run]]:
    """A B A B …: the runs of each contender, by name; the same place in two lists is the same round."""
    runs: dict[str, list[Run]] = {contender.name: [] for contender in contenders}
    for number in range(rounds):
        for contender in contenders:
            if not contender.slow or number < slow_rounds:
                runs[contender.name].append(run(contender))
    return runs
