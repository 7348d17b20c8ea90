# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the figures must reach, compared with those of a finished run."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from tests.benchmark.measure import Case
from tests.benchmark.scenarios import BARE, LIMIT, MODULES, OTHERS, OURS, PEER, SIZES, URI, Row

LOOP_ITEM = 0.10
OF_LIMIT = 1.25
MORE_REQUESTS = 2
OF_PEER_AT_MOST_APIS = 0.25
OF_PEER_MEMORY = 0.10
UNCHANGED_UNDER_LIMITS = 6.0
OF_FORCED = 1.1
# Fewer than one in ten.
REFUSED = math.nextafter(0.1, 0)
PAGE = 100


def _judged(rows: Sequence[Row]) -> Iterator[tuple[str, float, float, Row]]:
    """(what, measured, at most, of which row)"""
    ours = {row.case: row for row in rows if row.contender == OURS}
    limits = {row.case: row.seconds.median for row in rows if row.contender == LIMIT}
    for row in rows:
        case, own = row.case, ours[row.case]
        if case.scenario == "loop" and row.contender == URI:
            yield "time of an item, of uri's", row.ratio.median, LOOP_ITEM, row
        if row.contender == LIMIT and (case.latency or case.plan == "free"):
            yield "time, of the limit", row.ratio.median, OF_LIMIT, row
        if row.contender == BARE and case.scenario in ("job", "scale"):
            yield "requests", own.requests, row.requests + MORE_REQUESTS, row
        if row.contender == PEER and case.scenario == "memory":
            yield "memory, of the peer's", row.ratio.median, OF_PEER_MEMORY, row
        elif row.contender == PEER:
            largest = case.scenario == "scale" and case.size == SIZES[-1]
            # The peer sends three requests at a time, a loop one: where answers are slow, no loop could reach it.
            reachable = max(OF_PEER_AT_MOST_APIS, OF_LIMIT * limits.get(case, 0.0) / row.seconds.median)
            yield "time, of the peer's", row.ratio.median, reachable if largest else 1.0, row
        if row.contender == OURS and case.scenario == "limits":
            if case.run == "first":
                yield "time, of what the limit forces", row.seconds.median / max(row.forced, 1e-6), OF_FORCED, row
            else:
                yield "seconds", row.seconds.median, UNCHANGED_UNDER_LIMITS, row
            yield "429 per request", row.refused / row.requests, REFUSED, row
            yield "failed tasks", row.failed, 0, row
    yield from _crowd([row for case, row in ours.items() if case.scenario == "others"])


def _crowd(rows: Sequence[Row]) -> Iterator[tuple[str, float, float, Row]]:
    alone = next((row.requests for row in rows if not row.case.others), math.inf)
    for row in rows:
        if row.case.others:
            pages = math.ceil((row.case.others + row.case.size + 1) / PAGE)
            yield "requests more than without others", row.requests - alone, pages, row


def _unmeasured(rows: Sequence[Row]) -> Iterator[str]:
    there = {(row.case, row.contender) for row in rows}
    wanted = {(Case("others", SIZES[0], "unchanged", others=number), OURS) for number in (0, OTHERS)}
    for run in ("first", "unchanged"):
        wanted |= {(Case("limits", SIZES[-1], run, plan="free"), name) for name in (OURS, PEER)}
        for latency, plan in ((0, "none"), (50, "none"), (150, "none"), (0, "free")):
            wanted |= {(Case("job", 1, run, latency, plan), name) for name in (OURS, BARE, LIMIT, PEER)}
        for latency in (50, 150):
            wanted |= {
                (Case("scale", size, run, latency), name) for size in SIZES for name in (OURS, BARE, LIMIT, PEER)
            }
    wanted |= {(Case("memory", SIZES[-1], "first"), name) for name in (OURS, PEER)}
    lacking = wanted - there
    for case in sorted({case for case, _name in lacking}, key=str):
        names = sorted(name for other, name in lacking if other == case)
        yield f"{case.text}: not measured: {', '.join(names)}"
    if not any(row.case.scenario == "loop" and row.contender == MODULES for row in rows):
        yield "loop: not measured"


def misses(rows: Sequence[Row]) -> list[str]:
    missed = [
        f"{row.case.text}: {what}: {measured:.3f}, must be at most {most:.3f} (beside {row.contender})"
        for what, measured, most, row in _judged(rows)
        if not measured <= most
    ]
    return missed + list(_unmeasured(rows))
