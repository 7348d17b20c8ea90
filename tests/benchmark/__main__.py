# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""`python -m tests.benchmark`: measures, prints the table, writes table, JSON and picture; or checks a finished run."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.benchmark import peer, report, scenarios, targets
from tests.benchmark.measure import Laboratory
from tests.integration.harness import ROOT

PUBLISHED = ROOT / "docs" / "benchmark"
# Of runs that are not the whole one.
PARTIAL = ROOT / ".cache" / "benchmark"


def _numbers(least: int) -> Callable[[str], tuple[int, ...]]:
    def parse(text: str) -> tuple[int, ...]:
        numbers = tuple(sorted(int(part) for part in text.split(",")))
        if numbers[0] < least:
            raise argparse.ArgumentTypeError(f"{numbers[0]} is less than {least}")
        return numbers

    return parse


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmark", description=__doc__)
    parser.add_argument("--only", action="append", choices=scenarios.SCENARIOS, help="this scenario; may be repeated")
    parser.add_argument("--repeats", type=int, default=5, help="rounds of each case (default: %(default)s)")
    parser.add_argument(
        "--slow-repeats", type=int, default=2, help="rounds with slow contenders (default: %(default)s)"
    )
    parser.add_argument("--items", type=int, default=scenarios.ITEMS, help="items of the loop (default: %(default)s)")
    parser.add_argument("--sizes", type=_numbers(2), default=scenarios.SIZES, metavar="N,N", help="numbers of APIs")
    parser.add_argument("--latencies", type=_numbers(0), default=scenarios.LATENCIES, metavar="MS,MS")
    parser.add_argument(
        "--output", type=Path, help="folder; default: docs/benchmark for a whole run, else .cache/benchmark"
    )
    parser.add_argument(
        "--check",
        type=Path,
        nargs="?",
        const=PUBLISHED / "results.json",
        metavar="FILE",
        help="compare with the targets",
    )
    return parser


def _measure(arguments: argparse.Namespace) -> list[scenarios.Row]:
    """The rows, each shown on stderr as it comes."""
    settings = scenarios.Settings(
        peer=peer.install(),
        repeats=arguments.repeats,
        slow_repeats=min(arguments.repeats, arguments.slow_repeats),
        items=arguments.items,
        sizes=arguments.sizes,
        latencies=arguments.latencies,
    )
    rows = []
    with (
        tempfile.TemporaryDirectory(prefix="mcp_ops-oauth-benchmark-") as folder,
        closing(Laboratory(Path(folder))) as laboratory,
    ):
        for name in arguments.only or scenarios.SCENARIOS:
            for row in scenarios.SCENARIOS[name](laboratory, settings):
                print(report.line(row), file=sys.stderr, flush=True)
                rows.append(row)
    return rows


def _versions() -> dict[str, Any]:
    there = peer.install()
    return {
        "Python": platform.python_version(),
        "ansible-core": version("ansible-core"),
        "requests": version("requests"),
        peer.PACKAGE: there.version,
        "Node.js": there.node,
        "processors": os.cpu_count(),
    }


def main() -> int:
    arguments = _parser().parse_args()
    if arguments.check:
        if not arguments.check.exists():
            sys.exit(f"{arguments.check} is not there: run the benchmark first.")
        missed = targets.misses(report.load(arguments.check))
        print("\n".join(missed) or "Every target is reached.")
        return int(bool(missed))
    rows = _measure(arguments)
    print(report.table(rows), end="")
    whole = {**vars(arguments), "output": None} == vars(_parser().parse_args([]))
    report.save(rows, _versions(), arguments.output or (PUBLISHED if whole else PARTIAL))
    return 0


if __name__ == "__main__":
    sys.exit(main())
