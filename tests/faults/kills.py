# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Runs that are killed, while a request is under way or while the project is written; and runs at the same time."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass

from tests.faults import verdict
from tests.faults.job import PLAYBOOK, Job, replay, variables
from tests.faults.matrix import Place, damage, heal, secrets, undisturbed
from tests.faults.verdict import Verdicts
from tests.faults.world import LONG, RUN_LIMIT, SHORT, World


def writes(world: World, job: Job) -> int:
    """How often an undisturbed run asks the operating system to change something in the project."""
    world.restore(undisturbed(world, job).first.state)
    log = world.folder / "writes"
    env = {"STRIKE_BELOW": str(world.project), "STRIKE_FILE": str(log)}
    ended = world.play(PLAYBOOK, env, **variables(world))
    assert ended.rc == 0, ended.output
    return len(log.read_text().splitlines())


@dataclass(frozen=True)
class AtRequest:
    """Killed while the request with this number is under way, before or after the server acted.

    With `alone`, the playbook dies and leaves its worker with the task.
    """

    job: Job
    number: int
    acted: bool
    alone: bool

    def __str__(self) -> str:
        moment = "after" if self.acted else "before"
        return f"killed {moment} {self.job.requests['first'][self.number]} ({self.number}), alone: {self.alone}"

    def judge(self, world: World) -> Verdicts:
        there = undisturbed(world, self.job)
        world.restore(there.first.state, there.first.files)
        # An answer that never comes: the client is caught waiting for it.
        fault = {"method": "*", "path": "*", "skip": self.number, "repeat": "", "after": self.acted}
        world.tenant.call("POST", "/_emulator/faults", fault)
        # What is left alone tries again meanwhile.
        world.waits = SHORT if self.alone else LONG
        run = world.launch(PLAYBOOK, **variables(world))
        world.waits = LONG
        end = time.monotonic() + RUN_LIMIT
        while len(world.requests()) <= self.number and run.is_running() and time.monotonic() < end:
            time.sleep(0.02)
        # The server acts meanwhile.
        time.sleep(0.05)
        run.kill(alone=self.alone)
        ended = run.wait()
        if self.alone:
            world.tenant.call("DELETE", "/_emulator/faults")
        if ended.rc != -9:
            yield "unexplained", f"ended with {ended.rc} before it was killed: {ended.output[-300:]!r}"
        yield from verdict.leaked(ended.output, secrets(world))
        yield from damage(world, there.first, there.done)
        yield from heal(world, self.job, "playbook")
        if not run.wait_for_left():
            yield "hung", "the worker that was left"
        yield from remove(world, self.job, there.first)


@dataclass(frozen=True)
class AtWrite:
    """Killed before the project is changed for the nth time, counted from 1, or `later` seconds after that."""

    job: Job
    number: int
    later: float

    def __str__(self) -> str:
        return f"killed at write {self.number} in the project, {self.later * 1000:.1f} ms later"

    def judge(self, world: World) -> Verdicts:
        there = undisturbed(world, self.job)
        world.restore(there.first.state, there.first.files)
        env = {"STRIKE_BELOW": str(world.project), "STRIKE_AT": str(self.number), "STRIKE_LATER": str(self.later)}
        ended = world.play(PLAYBOOK, env, **variables(world))
        # So late that the run may have been over.
        if ended.rc != -9 and not (self.later and ended.rc == 0):
            yield "unexplained", f"ended with {ended.rc} before it was killed: {ended.output[-300:]!r}"
        yield from damage(world, there.first, there.done)
        yield from heal(world, self.job, "playbook")
        yield from remove(world, self.job, there.first)


def remove(world: World, job: Job, first: Place) -> Verdicts:
    """All that the job made can be removed again, and nothing else is."""
    removed = replay(world, job.calls["absent"])
    if removed.failed:
        yield "unhealed", f"the removal: {removed.ended[-1].msg or removed.ended[-1].output[-300:]!r}"
    state = world.state()
    for name in ("resource_servers", "client_grants"):
        if list(state[name]) != list(first.state[name]):
            yield "unhealed", f"after the removal there are {len(state[name])} {name}"
    if world.files() != first.files:
        yield "unhealed", "after the removal the project is not as it was"


@dataclass(frozen=True)
class Pair:
    """Two runs on one tenant and one project, the second `later` seconds after the first."""

    job: Job
    later: float

    def __str__(self) -> str:
        return f"two runs, the second {self.later:.2f} s later"

    def judge(self, world: World) -> Verdicts:
        there = undisturbed(world, self.job)
        world.restore(there.first.state, there.first.files)
        first = world.launch(PLAYBOOK, **variables(world))
        time.sleep(self.later)
        second = world.launch(PLAYBOOK, **variables(world))
        runs = [first.wait(), second.wait()]
        for run in runs:
            yield from verdict.explained(run)
            yield from verdict.leaked(run.output, secrets(world))
        if all(run.rc for run in runs):
            yield "unexplained", f"neither run succeeded: {runs[0].msg!r}, {runs[1].msg!r}"
        yield from damage(world, there.first, there.done)
        yield from heal(world, self.job, "playbook")


def kills(job: Job, writes: int, number: int, seed: int) -> Iterator[AtRequest | AtWrite]:
    """Half of them while the project is written; each moment is hit before any of them twice."""
    choice = random.Random(seed)
    requests = [(number, acted) for number in range(len(job.requests["first"])) for acted in (False, True)]
    choice.shuffle(requests)
    for turn in range(number):
        if turn % 2:
            at, later = turn // 2 % writes + 1, turn // 2 // writes
            yield AtWrite(job, at, choice.uniform(0, 0.003) if later else 0.0)
        else:
            at, acted = requests[turn // 2 % len(requests)]
            yield AtRequest(job, at, acted, choice.random() < 0.25)


def pairs(job: Job, number: int, seed: int) -> Iterator[Pair]:
    choice = random.Random(seed)
    for _turn in range(number):
        yield Pair(job, choice.choice((0.0, choice.uniform(0, 1.5))))
