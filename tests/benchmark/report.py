# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What was measured, as a table, as JSON and as a picture."""

from __future__ import annotations

import json
import typing as t
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from html import escape
from pathlib import Path

from tests.benchmark.measure import Case, Spread
from tests.benchmark.scenarios import BARE, LIMIT, MODULES, OURS, PEER, URI, Row

HEADINGS = ("Case", "Contender", "Seconds (least-most)", "Ours / this (least-most)", "Requests", "429", "Failed", "MiB")
MIB = 1024 * 1024
COLOURS = {OURS: "#1a7f5a", MODULES: "#7fbfa5", URI: "#c0504d", PEER: "#c0504d", BARE: "#b8b8b8", LIMIT: "#777777"}
WIDTH, LEFT, BAR, LINE = 920, 150, 520, 20


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


# Without a background, in the colours of the page around it.
STYLE = "<style>text { fill: #1f2328 } @media (prefers-color-scheme: dark) { text { fill: #f0f6fc } }</style>"


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


def _bar(y: int, row: Row, share: float) -> Iterator[str]:
    width, colour = max(1.0, BAR * share), COLOURS[row.contender]
    value = f"{_number(row.peak.median / MIB)} MiB" if row.peak else f"{_number(row.seconds.median)} s"
    yield f'<text x="{LEFT - 8}" y="{y + 14}" text-anchor="end">{escape(row.contender)}</text>'
    yield f'<rect x="{LEFT}" y="{y + 3}" width="{width:.1f}" height="{LINE - 6}" fill="{colour}"/>'
    yield f'<text x="{LEFT + width + 6:.1f}" y="{y + 14}">{value}, {row.requests} requests</text>'


def picture(rows: Sequence[Row]) -> str:
    """One group of bars a case, the longest bar is the group's largest value."""
    parts: list[str] = []
    y = 10
    for case in _show(rows):
        own = [row for row in rows if row.case == case]
        values = [row.peak.median if row.peak else row.seconds.median for row in own]
        parts.append(f'<text x="8" y="{y + 15}" font-weight="bold">{escape(case.text)}</text>')
        y += LINE + 2
        for row, value in zip(own, values, strict=True):
            parts += _bar(y, row, value / max(values))
            y += LINE
        y += 12
    size = f'width="{WIDTH}" height="{y}" viewBox="0 0 {WIDTH} {y}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">'
    title = "<title>Time, memory and requests of each contender, case by case</title>"
    return "\n".join([head, title, STYLE, *parts, "</svg>"]) + "\n"
