# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is printed: a line for each part, what went wrong in groups of one cause, and the sentence at the end. Pure."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping

from tests.faults.pool import Report
from tests.faults.verdict import KINDS

# What differs between trials with one cause.
OWN = re.compile(r"'(?:[^'\\]|\\.)*'|\b[0-9a-zA-Z_]{16,}\b|\d+")


def section(name: str, report: Report, seconds: float, show: int) -> str:
    lines = [f"{report.ran} {name} in {seconds:.0f} s: {sentence(report.counts)}"]
    groups: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for kind, trial, what in report.found:
        groups[kind, OWN.sub("…", what.strip())[:80]].append((trial, what.strip()))
    for (kind, _cause), found in sorted(groups.items(), key=lambda item: -len(item[1])):
        trial, what = found[0]
        lines.append(f"  {kind}, {len(found)} times: {what[-600:]}")
        lines += [f"      {trial}" for trial, _what in found[:show]]
    return "\n".join(lines)


def sentence(counts: Mapping[str, int]) -> str:
    """`zero lost, leaked, …`, or how many of each."""
    wrong = Counter(counts)
    none = [kind for kind in KINDS if not wrong[kind]]
    some = [f"{wrong[kind]} {kind}" for kind in KINDS if wrong[kind]]
    return "; ".join([*([", ".join(some)] if some else []), *([f"zero {', '.join(none)}"] if none else [])])
