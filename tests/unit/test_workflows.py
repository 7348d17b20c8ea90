# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The files of the project that are for its contributors and the services which it uses."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from tests.cores import PYTHONS

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]


def commands(job: str) -> list[str]:
    """With the targets of make that the job is run for."""
    made = WORKFLOW["jobs"][job].get("strategy", {}).get("matrix", {}).get("make", [""])
    steps = [step["run"] for step in WORKFLOW["jobs"][job]["steps"] if "run" in step]
    return [command.replace("${{ matrix.make }}", target) for target in made for command in steps]


def test_the_workflow_runs_what_a_change_must_pass() -> None:
    lines = re.findall(r"^make (.*)", (ROOT / ".ci/run").read_text(), re.MULTILINE)
    required = [word for line in lines for word in line.split() if not word.startswith("-")]
    there = [one.removeprefix("make ") for job in WORKFLOW["jobs"] for one in commands(job) if one.startswith("make ")]
    assert required
    assert sorted(there) == sorted(required)


def test_the_workflow_has_each_ansible_core() -> None:
    job = WORKFLOW["jobs"]["ansible-core"]
    assert {one["core"]: one["python"] for one in job["strategy"]["matrix"]["include"]} == PYTHONS
    assert 'nox --session "integration(${{ matrix.core }})"' in commands("ansible-core")


def test_only_a_release_may_write() -> None:
    for path in WORKFLOWS:
        workflow = yaml.safe_load(path.read_text())
        assert workflow["permissions"] == {"contents": "read"}
        may = {name: job["permissions"] for name, job in workflow["jobs"].items() if "permissions" in job}
        assert may == ({"publish": {"contents": "write"}} if path.name == "release.yml" else {})


def test_hooks_run_what_lint_runs() -> None:
    makefile = (ROOT / "Makefile").read_text()
    lint = re.search(r"^lint:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    assert lint
    wanted = [line.strip().replace("$(VENV)", ".venv") for line in lint[1].splitlines()]
    assert [hook["entry"].removesuffix(" --force-exclude") for hook in HOOKS] == wanted
