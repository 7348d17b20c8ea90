# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A selection of what `make test-faults` runs, and that each verdict notices what it is for."""

from __future__ import annotations

import random
import typing as t
from collections import Counter
from contextlib import closing
from dataclasses import replace

import pytest

from tests.faults import gateways, job, kills, kinds, matrix, pool, projects, report, values, verdict
from tests.faults.world import Ended, World

SOME_KINDS = sorted(kinds.KINDS)[::6]
SOME_OPTIONS = list(values.trials(4))[::20]


@pytest.fixture(scope="session")
def shared() -> t.Iterator[World]:
    with closing(pool.new_world()) as world:
        yield world


@pytest.fixture
def world(shared: World, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.chdir(shared.here)
    return shared


@pytest.fixture(scope="session")
def recorded(shared: World) -> job.Job:
    return job.record(shared)


def check(trial: pool.Trial, world: World) -> None:
    assert pool.judge(trial, world) == []


@pytest.mark.parametrize("kind", [*SOME_KINDS, matrix.REFUSED])
def test_a_fault(world: World, recorded: job.Job, kind: str) -> None:
    cells = [cell for cell in matrix.cells(recorded) if cell.kind == kind]
    check(random.Random(kind).choice(cells), world)


def test_a_fault_in_a_run_of_the_playbook(world: World, recorded: job.Job) -> None:
    cell = next(cell for cell in matrix.cells(recorded) if (cell.kind, cell.phase, cell.number) == ("400", "first", 6))
    check(replace(cell, through="playbook"), world)


def test_kills(world: World, recorded: job.Job) -> None:
    for trial in kills.kills(recorded, kills.writes(world, recorded), 2, 5):
        check(trial, world)


def test_a_pair_of_runs(world: World, recorded: job.Job) -> None:
    check(kills.Pair(recorded, 0.0), world)


@pytest.mark.parametrize("option", SOME_OPTIONS, ids=str)
def test_an_option(world: World, option: values.Option) -> None:
    check(option, world)


@pytest.mark.parametrize("gateway", list(gateways.trials(6, 7)), ids=str)
def test_a_gateway(world: World, gateway: gateways.Gateway) -> None:
    check(gateway, world)


@pytest.mark.parametrize("project", list(projects.trials(12, 7)), ids=str)
def test_a_project(world: World, project: projects.Project) -> None:
    check(project, world)


# -- the verdicts themselves ------------------------------------------------------------------------------------------

GOOD = Ended(2, "", {"msg": "domain is wrong. Check it."}, 1.0)


def kinds_of(found: verdict.Verdicts) -> list[str]:
    return [kind for kind, _what in found]


@pytest.mark.parametrize(
    ("ended", "about", "kind"),
    [
        (replace(GOOD, rc=None), (), "hung"),
        (replace(GOOD, output="Traceback (most recent call last)\nKeyError: x"), (), "unexplained"),
        (replace(GOOD, rc=0, memory=200_000_000), (), "unexplained"),
        (replace(GOOD, result={}), (), "unexplained"),
        (replace(GOOD, result={"msg": "domain is wrong."}), (), "unexplained"),
        (replace(GOOD, result={"msg": "Check \x1b[31m"}), (), "unexplained"),
        (replace(GOOD, result={"msg": "Check it. " * 400}), (), "unexplained"),
        (GOOD, ("name",), "unexplained"),
    ],
)
def test_an_end_that_is_not_explained(ended: Ended, about: tuple[str, ...], kind: str) -> None:
    assert kinds_of(verdict.explained(ended, about)) == [kind]


def test_an_end_that_is() -> None:
    assert kinds_of(verdict.explained(GOOD, ("domain",))) == []
    assert kinds_of(verdict.explained(replace(GOOD, rc=0, result={}))) == []


def test_what_leaks() -> None:
    assert kinds_of(verdict.leaked("a hush b", ["hush"])) == ["leaked"]
    assert kinds_of(verdict.leaked("aHVzaA==", ["hush"])) == ["leaked"]
    token = "eyJhbGciOiJS.eyJhdWQiOiJ4.c2ln"
    assert kinds_of(verdict.leaked(f"Bearer {token}", [])) == ["leaked"]
    assert kinds_of(verdict.leaked(token, [], token)) == []


def test_what_is_lost() -> None:
    before: dict[str, t.Any] = {"apis": {"1": {"scopes": ["a"], "name": "x"}}, "flags": {"on": False}}
    after = {"apis": {**before["apis"], "2": {}}, "flags": {"on": True, "new": True}}
    assert kinds_of(verdict.lost(before, after, before)) == []
    assert kinds_of(verdict.lost(before, after, {**before, "flags": {"on": True}})) == []
    assert kinds_of(verdict.lost(before, after, {**before, "flags": {"on": None}})) == ["lost"]
    assert kinds_of(verdict.lost(before, after, {**before, "apis": {"1": {"scopes": [], "name": "x"}}})) == ["lost"]
    assert kinds_of(verdict.lost(before, after, {**before, "apis": {}})) == ["lost"]


def test_what_is_not_healed(world: World) -> None:
    before: dict[str, t.Any] = {"apis": {}, "flags": {"on": False}}
    after = {"apis": {"1": {"id": "1", "name": "x"}}, "flags": {"on": True}}
    other = {"apis": {"2": {"id": "2", "name": "x"}}, "flags": {"on": True}}
    assert kinds_of(verdict.healed(before, after, other)) == []
    assert kinds_of(verdict.healed(before, after, before)) == ["unhealed", "unhealed"]
    twice = {**world.seeded, "roles": {"1": {"name": "x"}, "2": {"name": "x"}}}
    assert kinds_of(verdict.duplicated(twice)) == ["duplicated"]
    assert kinds_of(verdict.duplicated(world.seeded)) == []


def test_a_request_that_strays() -> None:
    paths = ["/api/v2/clients/x", "/api/v2/clients", "/api/v2/tenants/settings", "/oauth/token"]
    assert [path for path in paths if values.strays("GET", path)] == []
    assert [path for path in ("/api/v2/", "/api/v2", "/api/v2/clients/") if not values.strays("GET", path)] == []
    assert values.strays("DELETE", "/api/v2/clients")


class Broken:
    """A trial with a bug of its own."""

    def judge(self, world: World) -> verdict.Verdicts:
        raise KeyError("x")


def test_a_trial_that_breaks_is_unexplained(world: World) -> None:
    assert kinds_of(iter(pool.judge(Broken(), world))) == ["unexplained"]


def test_the_last_line() -> None:
    assert report.sentence({}) == "zero lost, leaked, duplicated, hung, unexplained, unhealed"
    assert report.sentence(Counter(hung=2)) == "2 hung; zero lost, leaked, duplicated, unexplained, unhealed"
