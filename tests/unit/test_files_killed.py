# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A run dies before and after each of its calls to the operating system: one more run heals what it has left."""

from __future__ import annotations

import os
import shutil
import typing as t
from pathlib import Path

import pytest

from tests.unit.test_project_edit import PROJECTS
from tests.unit.zuplo_run import KILLED, content, create, kill, list_changes, run

NAMES = ("fresh", "without policies", "others", "no policies on the routes")
RUNS: dict[str, dict[str, t.Any]] = {"present": {}, "absent": {"state": "absent"}}


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here depends on what survives a crash of the machine."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.mark.parametrize("killed", RUNS)
@pytest.mark.parametrize("name", NAMES)
def test_one_more_run_heals_what_a_killed_one_has_left(tmp_path: Path, name: str, killed: str) -> None:
    texts, options = PROJECTS[name]
    wanted = {"operations": options.get("operations"), "attach_to_tools": options.get("attach", False)}
    runs = {"present": wanted, "absent": {**wanted, "state": "absent"}}
    original = create(tmp_path / "original", texts)
    written = create(tmp_path / "written", texts)
    run(written, **runs["present"])
    states = {"present": content(written), "absent": content(original)}
    start = original if killed == "present" else written
    calls = list_changes(lambda: run(copy(start, tmp_path / "counted"), **runs[killed]))
    assert {"mkstemp", "unlink"} <= {*calls}
    for number, call in enumerate(calls):
        project = copy(start, tmp_path / "project")
        assert kill(lambda: run(tmp_path / "project", **runs[killed]), number) == KILLED
        left = copy(project, tmp_path / "left")
        for next_run in RUNS:
            project = copy(left, tmp_path / "project")
            run(project, **runs[next_run])
            assert content(project) == states[next_run], f"{call} {number} {next_run}"
            run(project, **runs["absent"])
            assert content(project) == states["absent"], f"{call} {number} {next_run}"


def copy(source: Path, target: Path) -> Path:
    shutil.rmtree(target, ignore_errors=True)
    return Path(shutil.copytree(source, target))
