# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A second opinion on JSON and TypeScript, by readers that others have written: one Node.js process for many texts."""

from __future__ import annotations

import json
import subprocess
import typing as t
from pathlib import Path

from hypothesis import HealthCheck, settings

from tests.gateway.gateway import stop_group
from tests.gateway.install import MODULES, NODE, environment

# The same texts each time: a test of the gateway fails for what has changed, and for nothing else.
EXAMPLES = settings(
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=250,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.function_scoped_fixture],
)


class Opinion:
    """As a context manager. The questions are those of opinion.mjs."""

    def __enter__(self) -> Opinion:
        self._process = subprocess.Popen(
            [NODE, str(Path(__file__).with_suffix(".mjs")), str(MODULES)],
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        stop_group(self._process)
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()

    def ask(self, question: str, **about: t.Any) -> dict[str, t.Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"ask": question, **about}) + "\n")
        self._process.stdin.flush()
        answer: dict[str, t.Any] = json.loads(self._process.stdout.readline())
        assert "failure" not in answer, answer["failure"]
        return answer


class Share:
    """How many of the texts were refused, so that a test cannot pass by refusing all."""

    def __init__(self) -> None:
        self.total = self.refused = 0

    def count(self, *, refused: bool) -> None:
        self.total += 1
        self.refused += refused

    def check(self, at_most: float) -> None:
        print(f"{self.refused} of {self.total} refused")
        assert self.total
        assert self.refused <= at_most * self.total, f"{self.refused} of {self.total} refused"
