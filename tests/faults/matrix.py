# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Fault x request: each kind of fault at each request of the job, module by module and in runs of the playbook.

After each, one more run heals what the fault left, and another one changes nothing.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from functools import cache

from tests.faults import kinds, verdict
from tests.faults.job import PLAYBOOK, Call, Job, modules_that_changed, replay, variables
from tests.faults.verdict import Verdicts
from tests.faults.world import LONG, SHORT, Object, World

# Requests to the tenant that a module may make beyond those of an undisturbed run: at most one a second.
RETRIES = 4
EVERY = 3
# Marks the fault that no emulator can play: nothing listens.
REFUSED = "refused"
# What seeded objects hide.
HIDDEN = ("staff-secret-3f1d9a",)


@dataclass(frozen=True)
class Cell:
    """`number` is that of the request, counted from 0; for `refused`, that of the module."""

    job: Job
    phase: str
    kind: str
    number: int
    through: str = "modules"

    def __str__(self) -> str:
        requests = self.job.requests[self.phase]
        where = f"module {self.number}" if self.kind == REFUSED else f"{self.number} {requests[self.number]}"
        return f"{self.through}, {self.phase} run, {self.kind} at {where}"

    def judge(self, world: World) -> Verdicts:
        start = undisturbed(world, self.job)
        before = start.first if self.phase == "first" else start.done
        world.restore(before.state, before.files)
        if self.kind != REFUSED:
            world.tenant.call("POST", "/_emulator/faults", self._fault(world.tenant.client_secret))
        world.waits = SHORT
        yield from self._run(world) if self.through == "playbook" else self._replay(world)
        world.waits = LONG
        yield from damage(world, before, start.done)
        yield from heal(world, self.job, self.through)

    def _fault(self, secret: str) -> Object:
        fault = kinds.fault(self.kind, secret)
        earlier = self.job.requests[self.phase][: self.number]
        return {**fault, "skip": sum(_hits(fault["path"], request) for request in earlier)}

    # -- module by module ---------------------------------------------------------------------------------------------

    def _replay(self, world: World) -> Verdicts:
        calls = self.job.calls[self.phase]
        done = replay(world, calls, refused=self.number if self.kind == REFUSED else None)
        for ended in done.ended:
            yield from verdict.explained(ended)
            token = str(ended.result.get("access_token", ""))
            yield from verdict.leaked(ended.output, secrets(world), token)
        yield from self._flood(world, done.seconds)

    def _flood(self, world: World, seconds: float) -> Verdicts:
        made, usual = len(world.requests()), len(self.job.requests[self.phase])
        if made > usual + RETRIES + seconds:
            yield "unexplained", f"{made} requests in {seconds:.0f} s for {usual}"

    # -- in a run of the playbook -------------------------------------------------------------------------------------

    def _run(self, world: World) -> Verdicts:
        ended = world.play(PLAYBOOK, **variables(world))
        yield from verdict.explained(ended)
        yield from verdict.leaked(ended.output, secrets(world))
        yield from self._flood(world, ended.seconds)


# -- what comes after -------------------------------------------------------------------------------------------------


def heal(world: World, job: Job, through: str) -> Verdicts:
    """One more run leaves all as an undisturbed one does, and a further one changes nothing."""
    world.tenant.call("DELETE", "/_emulator/faults")
    if through == "playbook":
        run = world.play(PLAYBOOK, **variables(world))
        if run.rc != 0:
            yield "unhealed", f"the run after it: {run.msg or run.output[-300:]!r}"
    else:
        yield from _repeat(world, job.calls["first"])
    there = undisturbed(world, job)
    yield from verdict.healed(there.first.state, there.done.state, world.state())
    if world.files() != there.done.files:
        yield "unhealed", f"files of the project: {', '.join(sorted(_different(world.files(), there.done.files)))}"
    yield from _repeat(world, job.calls["again"], unchanged=True)


def _repeat(world: World, calls: t.Sequence[Call], *, unchanged: bool = False) -> Verdicts:
    repeated = replay(world, calls)
    if repeated.failed:
        yield "unhealed", f"the run after it: {repeated.ended[-1].msg or repeated.ended[-1].output[-300:]!r}"
    elif unchanged and (changed := modules_that_changed(repeated, calls)):
        yield "unhealed", f"the second run after it changes {', '.join(changed)}"


def _different(some: dict[str, bytes], others: dict[str, bytes]) -> set[str]:
    return {name for name in {*some, *others} if some.get(name) != others.get(name)}


def damage(world: World, before: Place, done: Place) -> Verdicts:
    state = world.state()
    yield from verdict.lost(before.state, done.state, state)
    yield from verdict.duplicated(state)
    files = world.files()
    for name, data in before.files.items():
        found = files.get(name)
        if found not in (data, done.files.get(name)):
            yield "lost", f"{name} in the project"


# -- what an undisturbed run does -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    state: Object
    files: dict[str, bytes]


@dataclass(frozen=True)
class Undisturbed:
    first: Place
    done: Place


@cache
def undisturbed(world: World, job: Job) -> Undisturbed:
    """The tenant and the project before and after; also that a run takes nothing that it did not write."""
    world.restore(world.seeded)
    first = Place(world.state(), world.files())
    done = replay(world, job.calls["first"])
    assert not done.failed, done.ended[-1].output
    made = [f"{request['method']} {request['path']}" for request in world.requests()]
    assert len(made) == len(job.requests["first"]), made
    return Undisturbed(first, Place(world.state(), world.files()))


def secrets(world: World) -> tuple[str, ...]:
    return (world.tenant.client_secret, *HIDDEN)


def cells(job: Job) -> list[Cell]:
    """All of them, module by module; in part those of an unchanged run, which reads what the first one has read."""
    found = [
        Cell(job, phase, kind, number)
        for phase in ("first", "again")
        for number, request in enumerate(job.requests[phase])
        for turn, kind in enumerate(kinds.KINDS)
        if _matters(kinds.fault(kind, ""), request) and (phase == "first" or (number + turn) % EVERY == 0)
    ]
    calls = enumerate(job.calls["first"])
    return found + [Cell(job, "first", REFUSED, number) for number, call in calls if call.of_tenant]


def _matters(fault: Object, request: str) -> bool:
    """A read does nothing that could have been done before the fault."""
    acts = fault.get("after") or fault.get("reset_after")
    return _hits(fault["path"], request) and not (acts and request.startswith("GET "))


def _hits(path: str, request: str) -> bool:
    return request.partition(" ")[2].startswith(path.rstrip("*"))
