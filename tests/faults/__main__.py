# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""`python -m tests.faults`: all that can go wrong with the sample job, and what must never come of it."""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from tests.conftest import link_collection
from tests.integration.harness import ROOT

CANARIES = ROOT / "tests/integration/test_canaries.py"
# Trials that mostly wait, and those that keep a processor busy.
WAITING, BUSY = 10, 3


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--only", action="append", metavar="PART", help="this part; may be repeated")
    parser.add_argument("--seed", type=int, default=11, help="of all that is drawn (default: %(default)s)")
    parser.add_argument("--share", type=float, default=1.0, help="of the trials of each part (default: all)")
    parser.add_argument(
        "--show", type=int, default=20, metavar="N", help="trials of each failure (default: %(default)s)"
    )
    return parser


def main() -> int:
    arguments = _parser().parse_args()
    # Of the workers too: each ends its emulator and removes its folder.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="mcp_ops-oauth-") as tree:
        link_collection(Path(tree), ROOT)
        return _run(arguments)


def _run(arguments: argparse.Namespace) -> int:
    # What they import is known by its name in a collection only from here on.
    from tests.faults import gateways, job, kills, matrix, pool, projects, report, values

    with closing(pool.new_world()) as world:
        recorded = job.record(world)
        writes = kills.writes(world, recorded)
    seed = arguments.seed
    cells = matrix.cells(recorded)
    runs = [replace(cell, through="playbook") for cell in random.Random(seed).sample(cells, 24)]
    parts: dict[str, tuple[Sequence[pool.Trial], int]] = {
        "kills": (list(kills.kills(recorded, writes, 100, seed)), BUSY),
        "pairs": (list(kills.pairs(recorded, 20, seed)), BUSY),
        "cells, run by the playbook": ([cell for cell in runs if cell.kind != matrix.REFUSED], BUSY),
        "cells": (cells, WAITING),
        "options": (list(values.trials(30)), BUSY),
        "gateways": (list(gateways.trials(300, seed)), WAITING),
        "projects": (list(projects.trials(400, seed)), BUSY),
    }
    total: Counter[str] = Counter()
    for name, (trials, workers) in parts.items():
        if arguments.only and not any(name.startswith(part) for part in arguments.only):
            continue
        chosen = random.Random(seed).sample(trials, max(1, round(len(trials) * arguments.share)))
        started = time.monotonic()
        done = pool.run(chosen, workers)
        total += done.counts
        print(report.section(name, done, time.monotonic() - started, arguments.show), flush=True)
    if not arguments.only and CANARIES.exists():
        total["leaked"] += _canaries()
    print(report.sentence(total))
    return int(bool(+total))


def _canaries() -> int:
    command = [sys.executable, "-m", "pytest", "-q", "--numprocesses=2", str(CANARIES)]
    status = subprocess.run(command, cwd=ROOT, env=dict(os.environ), check=False).returncode
    print(f"canaries: {'none leaked' if status == 0 else 'see above'}")
    return int(status != 0)


if __name__ == "__main__":
    sys.exit(main())
