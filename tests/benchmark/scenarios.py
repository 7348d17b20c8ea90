# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is compared with what. Every scenario yields rows, ours first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from tests.benchmark import contenders as c
from tests.benchmark.measure import Case, Laboratory, Run, Spread, Start, take_turns
from tests.benchmark.peer import Peer

OURS, MODULES, URI, PEER, BARE, LIMIT = "ours", "ours, as modules", "uri", "auth0-deploy-cli", "bare script", "limit"
ITEMS = 40
SIZES = (10, 50, 100)
LATENCIES = (0, 50, 150)
OTHERS = 1000
RUNS: tuple[Start, ...] = ("first", "unchanged")


@dataclass(frozen=True)
class Settings:
    """`slow_repeats`: rounds in which slow contenders take part, and of what is slow for all."""

    peer: Peer
    repeats: int
    slow_repeats: int
    items: int = ITEMS
    sizes: tuple[int, ...] = SIZES
    latencies: tuple[int, ...] = LATENCIES


@dataclass(frozen=True)
class Row:
    """One contender in one case. `ratio` is ours divided by this one's, round by round."""

    case: Case
    contender: str
    seconds: Spread
    ratio: Spread
    rounds: int
    requests: int
    refused: int
    failed: int
    forced: float
    peak: Spread | None = None


def _rows(
    case: Case, runs: dict[str, list[Run]], measure: Callable[[Run], float] = lambda run: run.seconds
) -> Iterator[Row]:
    for name, own in runs.items():
        if not own:
            continue
        ratios = [measure(first) / measure(this) for first, this in zip(runs[OURS], own, strict=False)]
        yield Row(
            case,
            name,
            Spread.of(run.seconds for run in own),
            Spread.of(ratios),
            rounds=len(own),
            requests=max(run.requests for run in own),
            refused=max(run.refused for run in own),
            failed=max(run.failed for run in own),
            forced=max(run.forced for run in own),
            peak=Spread.of(run.peak for run in own) if own[0].peak else None,
        )


def loop(laboratory: Laboratory, settings: Settings) -> Iterator[Row]:
    """One item of a looped task without change: a run less an empty playbook, by the number of items."""
    case = Case("loop", settings.items, "unchanged")
    nothing = c.empty("empty playbook")
    group = [c.loop(OURS), c.loop(MODULES, in_process=False), c.uri(URI), nothing]
    runs = take_turns(group, settings.repeats, settings.slow_repeats, lambda one: laboratory.run(one, case))
    base = runs.pop(nothing.name)
    for name, own in runs.items():
        # What is lost in the noise counts as a microsecond, so that ratios can be made.
        costs = [max(1e-6, (run.seconds - empty.seconds) / case.size) for run, empty in zip(own, base, strict=True)]
        runs[name] = [replace(run, seconds=cost) for run, cost in zip(own, costs, strict=True)]
    yield from _rows(case, runs)


def _whole_job(laboratory: Laboratory, settings: Settings, case: Case) -> Iterator[Row]:
    base = c.debug("debug")
    group = [c.ours(OURS), c.bare(BARE), base, c.deploy_cli(PEER, settings.peer)]
    runs = take_turns(group, settings.repeats, settings.slow_repeats, lambda one: laboratory.run(one, case))
    pairs = zip(runs[BARE], runs.pop(base.name), strict=True)
    runs[LIMIT] = [replace(script, seconds=script.seconds + playbook.seconds) for script, playbook in pairs]
    yield from _rows(case, runs)


def job(laboratory: Laboratory, settings: Settings) -> Iterator[Row]:
    """The sample playbook, at every latency, and under the rate limit of Auth0's free plan."""
    for latency, plan in (*((latency, "none") for latency in settings.latencies), (0, "free")):
        for run in RUNS:
            yield from _whole_job(laboratory, settings, Case("job", 1, run, latency, plan))


def scale(laboratory: Laboratory, settings: Settings) -> Iterator[Row]:
    """The same with more APIs in one looped task, where answers take time as they do in real life."""
    for latency in filter(None, settings.latencies):
        for size in settings.sizes:
            for run in RUNS:
                yield from _whole_job(laboratory, settings, Case("scale", size, run, latency))


def others(laboratory: Laboratory, settings: Settings) -> Iterator[Row]:
    """The smallest of these jobs in a tenant without and with many objects that are none of its business."""
    group = [c.ours(OURS), c.bare(BARE)]
    for number in (0, OTHERS):
        case = Case("others", settings.sizes[0], "unchanged", others=number)
        yield from _rows(case, take_turns(group, settings.repeats, 0, partial(laboratory.run, case=case)))


def memory(laboratory: Laboratory, settings: Settings) -> Iterator[Row]:
    """Peak memory. Nothing is timed meanwhile, since watching slows down those who are watched."""
    group = [c.ours(OURS), c.ours(MODULES, in_process=False), c.bare(BARE), c.deploy_cli(PEER, settings.peer)]
    for size in (1, settings.sizes[-1]):
        case = Case("memory", size, "first")
        run = partial(laboratory.run, case=case, watch=True)
        runs = take_turns(group, settings.slow_repeats, settings.slow_repeats, run)
        yield from _rows(case, runs, lambda run: run.peak)


def limits(laboratory: Laboratory, settings: Settings) -> Iterator[Row]:
    """The largest job under the rate limit of Auth0's free plan."""
    group = [c.ours(OURS), c.deploy_cli(PEER, settings.peer)]
    for start in RUNS:
        case = Case("limits", settings.sizes[-1], start, plan="free")
        run = partial(laboratory.run, case=case, tolerant=True)
        yield from _rows(case, take_turns(group, settings.slow_repeats, settings.slow_repeats, run))


SCENARIOS: dict[str, Callable[[Laboratory, Settings], Iterator[Row]]] = {
    scenario.__name__: scenario for scenario in (loop, job, scale, others, memory, limits)
}
