# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Trials, and workers that run them, each in a world of its own."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import traceback
import typing as t
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.verdict import Verdicts
from tests.faults.world import World

# Started from a copy of this process: trials need not be sent.
FORK = multiprocessing.get_context("fork")


class Trial(t.Protocol):
    def judge(self, world: World) -> Verdicts: ...


@dataclass
class Report:
    """What came of trials: how many ran, and what must not be, each with its trial."""

    ran: int = 0
    found: list[tuple[str, str, str]] = field(default_factory=list)

    def add(self, trial: Trial, verdicts: list[tuple[str, str]]) -> None:
        self.ran += 1
        self.found += [(kind, str(trial), what) for kind, what in dict.fromkeys(verdicts)]

    @property
    def counts(self) -> Counter[str]:
        """Trials, not verdicts: one that goes wrong in two places is one."""
        return Counter(kind for kind, _trial in {(kind, trial) for kind, trial, _what in self.found})


def new_world() -> World:
    return World(Path(tempfile.mkdtemp(prefix="mcp_ops-oauth-faults-")))


def run(trials: t.Sequence[Trial], workers: int) -> Report:
    """All of them; those that wait, such as for a stalled answer, let others run."""
    report = Report()
    numbers, judged = FORK.SimpleQueue(), FORK.SimpleQueue()
    members = [FORK.Process(target=_work, args=(trials, numbers, judged)) for _turn in range(min(workers, len(trials)))]
    for member in members:
        member.start()
    try:
        # A pipe holds a few thousand numbers; the workers empty it meanwhile.
        waiting = [*range(len(trials)), *[-1] * len(members)]
        for number in waiting[: 2 * len(members)]:
            numbers.put(number)
        for position in range(len(trials)):
            number, verdicts = judged.get()
            report.add(trials[number], verdicts)
            for following in waiting[2 * len(members) + position :][:1]:
                numbers.put(following)
        for member in members:
            member.join(30)
    finally:
        for member in members:
            if member.is_alive():
                member.terminate()
            member.join()
    return report


def _work(trials: t.Sequence[Trial], numbers: t.Any, judged: t.Any) -> None:
    with closing(new_world()) as world:
        os.chdir(world.here)
        while (number := numbers.get()) >= 0:
            judged.put((number, judge(trials[number], world)))


def judge(trial: Trial, world: World) -> list[tuple[str, str]]:
    """A trial that cannot be judged is unexplained."""
    try:
        return list(trial.judge(world))
    except Exception:
        return [("unexplained", traceback.format_exc())]
