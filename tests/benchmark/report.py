# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What was measured, as a table, as JSON and as a picture."""

from __future__ import annotations

import io
import json
import typing as t
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.text import Text

from demo.picture import draw
from tests.benchmark.measure import Case, Spread
from tests.benchmark.scenarios import BARE, LIMIT, MODULES, OURS, PEER, URI, Row

HEADINGS = ("Case", "Contender", "Seconds (least-most)", "Ours / this (least-most)", "Requests", "429", "Failed", "MiB")
MIB = 1024 * 1024
# Readable on light and on dark.
COLOURS = {OURS: "#2da44e", MODULES: "#7fbfa5", URI: "#c0504d", PEER: "#c0504d", BARE: "#b8b8b8", LIMIT: "#858585"}
# In columns.
WIDTH, NAME, BAR = 110, 18, 64


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.3f}"


def _spread(spread: Spread) -> str:
    return f"{_number(spread.median)} ({_number(spread.least)}-{_number(spread.most)})"


def _cells(row: Row) -> tuple[str, ...]:
    counted = row.requests, row.refused, row.failed
    peak = _number(row.peak.median / MIB) if row.peak else ""
    # Who is watched is not timed.
    seconds = "" if row.peak else _spread(row.seconds)
    return (row.case.text, row.contender, seconds, _spread(row.ratio), *map(str, counted), peak)


def line(row: Row) -> str:
    return ", ".join(filter(None, _cells(row)))


def table(rows: Sequence[Row]) -> str:
    """Markdown that is readable as it is."""
    lines = [HEADINGS, *map(_cells, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    padded = ([cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines)
    text = [f"| {' | '.join(line)} |" for line in padded]
    text.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(text) + "\n"


def save(rows: Sequence[Row], versions: dict[str, t.Any], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    content = {"versions": versions, "rows": [asdict(row) for row in rows]}
    (folder / "results.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    made = ", ".join(f"{name} {value}" for name, value in versions.items())
    text = f"# Results\n\nMade by `make benchmark`: {made}.\n\n{table(rows)}"
    (folder / "results.md").write_text(text, encoding="utf-8")
    (folder / "results.svg").write_text(picture(rows), encoding="utf-8")


def load(file: Path) -> list[Row]:
    def row(stored: dict[str, t.Any]) -> Row:
        spreads = {key: Spread(**stored[key]) for key in ("seconds", "ratio", "peak") if stored[key]}
        return Row(**{**stored, **spreads, "case": Case(**stored["case"])})

    return [row(stored) for stored in json.loads(file.read_text(encoding="utf-8"))["rows"]]


def _show(rows: Sequence[Row]) -> list[Case]:
    """The cases for the picture: of each scenario the largest, at the middle latency."""
    cases = list(dict.fromkeys(row.case for row in rows))
    chosen = []
    for scenario in ("loop", "job", "scale", "limits", "memory"):
        own = [case for case in cases if case.scenario == scenario]
        latency = sorted(case.latency for case in own)[len(own) // 2] if own else 0
        largest = max((case.size for case in own), default=0)
        chosen += [case for case in own if (case.size, case.latency) == (largest, latency)]
    return chosen


def picture(rows: Sequence[Row]) -> str:
    """One group of bars a case; the longest bar is the group's largest value."""
    console = Console(file=io.StringIO(), record=True, width=WIDTH, force_terminal=True, color_system="truecolor")
    for case in _show(rows):
        own = [row for row in rows if row.case == case]
        values = [row.peak.median if row.peak else row.seconds.median for row in own]
        console.print(Text(case.text, "bold"))
        for row, value in zip(own, values, strict=True):
            stripe = " " * max(1, round(BAR * value / max(values)))
            told = f"{_number(row.peak.median / MIB)} MiB" if row.peak else f"{_number(row.seconds.median)} s"
            name, count = f"{row.contender:>{NAME}} ", f" {told}, {row.requests} requests"
            console.print(Text.assemble(name, (stripe, f"on {COLOURS[row.contender]}"), count))
        console.print()
    return draw(console, "Time and memory of this collection beside its peers")
