# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The benchmark's own arithmetic: turns, spread, targets, what a job is, and that stored results come back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from demo.picture import read
from tests.benchmark import report, targets
from tests.benchmark.__main__ import PUBLISHED
from tests.benchmark.contenders import Command, Contender, bare, debug, ours
from tests.benchmark.job import FLAGS, Job, others
from tests.benchmark.measure import Case, Laboratory, Run, Spread, Start, take_turns
from tests.benchmark.scenarios import BARE, LIMIT, OURS, PEER, RUNS, URI, Row
from tests.integration.harness import DATABASE

LOOP = Case("loop", 40, "unchanged")
LARGEST = Case("scale", 100, "first", latency=50)
FREE = Case("limits", 100, "first", plan="free")


def _row(case: Case, contender: str, ratio: float = 1.0, **more: Any) -> Row:
    counts = {"rounds": 1, "requests": 100, "refused": 0, "failed": 0, "forced": 50.0, **more}
    return Row(case, contender, Spread(50.0, 49.0, 51.0), Spread(ratio, ratio, ratio), **counts)


def _contender(name: str, *, slow: bool = False) -> Contender:
    return Contender(name, lambda tenant, job, folder: Command([], {}, folder), slow)


def test_contenders_take_turns() -> None:
    order: list[str] = []

    def run(contender: Contender) -> Run:
        order.append(contender.name)
        return Run(float(len(order)))

    runs = take_turns([_contender("a"), _contender("b", slow=True)], 3, 2, run)
    assert order == ["a", "b", "a", "b", "a"]
    assert [one.seconds for one in runs["a"]] == [1, 3, 5]


def test_a_spread() -> None:
    assert Spread.of(iter([3.0, 1.0, 2.5])) == Spread(2.5, 1.0, 3.0)


def test_results_come_back(tmp_path: Path) -> None:
    rows = [_row(LOOP, OURS), _row(LOOP, URI, 0.05), _row(FREE, OURS, peak=Spread(1.0, 1.0, 1.0))]
    report.save(rows, {"Python": "3"}, tmp_path)
    assert report.load(tmp_path / "results.json") == rows
    assert report.table(rows) in (tmp_path / "results.md").read_text()
    lines = read((tmp_path / "results.svg").read_text()).splitlines()
    assert [" ".join(line.split()) for line in lines if line][:3] == [
        *("loop, 40 APIs, no change, 0 ms", "ours 50.0 s, 100 requests", "uri 50.0 s, 100 requests"),
    ]


def test_the_published_table_and_picture_are_those_of_the_data() -> None:
    rows = report.load(PUBLISHED / "results.json")
    assert report.table(rows) in (PUBLISHED / "results.md").read_text()
    assert read(report.picture(rows)) == read((PUBLISHED / "results.svg").read_text())


def _missed(*rows: Row) -> list[str]:
    return [line for line in targets.misses(rows) if "not measured" not in line]


def test_what_reaches_its_targets() -> None:
    assert _missed(_row(LOOP, OURS), _row(LOOP, URI, 0.1)) == []
    assert _missed(_row(LARGEST, OURS), _row(LARGEST, LIMIT, 1.25), _row(LARGEST, PEER, 0.25)) == []
    assert _missed(_row(FREE, OURS, refused=9)) == []


def test_the_peer_is_not_measured_against_what_no_loop_could_do() -> None:
    slow = [_row(LARGEST, OURS), _row(LARGEST, LIMIT, 1.0), _row(LARGEST, PEER, 0.5)]
    assert _missed(*slow) == []
    quick = replace(slow[1], seconds=Spread(5.0, 5.0, 5.0))
    assert len(_missed(slow[0], quick, slow[2])) == 1


def test_each_miss_is_named() -> None:
    assert len(_missed(_row(LOOP, OURS), _row(LOOP, URI, 0.11))) == 1
    near = replace(_row(LARGEST, LIMIT, 1.26), seconds=Spread(5.0, 5.0, 5.0))
    assert len(_missed(_row(LARGEST, OURS), near, _row(LARGEST, PEER, 0.26))) == 2
    assert len(_missed(_row(FREE, OURS, refused=20, failed=1, forced=40.0))) == 3
    assert any("not measured" in line for line in targets.misses([]))


def test_what_a_job_misses() -> None:
    job = Job(2)
    state: dict[str, Any] = {
        "resource_servers": {str(number): {**api, "id": str(number)} for number, api in enumerate(job.apis)},
        "settings": {"flags": dict(FLAGS)},
        "connections": {"a": {"name": DATABASE, "is_domain_connection": True}},
    }
    assert job.missing(state) == []
    state["resource_servers"]["1"]["signing_alg"] = "HS256"
    state["settings"]["flags"]["enable_dynamic_client_registration"] = False
    state["connections"]["a"]["is_domain_connection"] = False
    assert job.missing(state) == [job.apis[1]["identifier"], "enable_dynamic_client_registration", DATABASE]


def test_others_have_nothing_in_common_with_a_job() -> None:
    made = others(3, {"signing_alg": "RS256"})
    assert len({api["identifier"] for api in made.values()} - {api["identifier"] for api in Job(100).apis}) == 3


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    with closing(Laboratory(tmp_path_factory.mktemp("benchmark"))) as made:
        yield made


@pytest.mark.parametrize("run", RUNS)
def test_the_job_is_the_sample_playbook_s(laboratory: Laboratory, run: Start) -> None:
    """Each contender does it, and the bare script sends what the role sends, but for reads after a write."""
    case = Case("job", 1, run)
    sent = {name: laboratory.run(make(name), case).requests for name, make in ((OURS, ours), (BARE, bare))}
    assert sent[OURS] - sent[BARE] == (run == "first")
    assert laboratory.run(debug("debug"), case).requests == 0
