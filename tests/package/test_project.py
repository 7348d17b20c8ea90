# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The files of the project that are for its contributors and the services which it uses."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from noxfile import PYTHONS
from tests.package.conftest import run
from tests.package.install import ROOT, TOOLS

SCHEMAS = {
    ".github/ISSUE_TEMPLATE/bug_report.yml": "github-issue-forms",
    ".github/ISSUE_TEMPLATE/config.yml": "github-issue-config",
    ".github/ISSUE_TEMPLATE/feature_request.yml": "github-issue-forms",
    ".github/workflows/ci.yml": "github-workflows",
}
WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]


def commands(job: str) -> list[str]:
    return [step["run"] for step in WORKFLOW["jobs"][job]["steps"] if "run" in step]


def test_every_file_has_a_licence(checkout: Path) -> None:
    report = json.loads(run(TOOLS / "bin/reuse", "--root", checkout, "lint", "--json", cwd=checkout))
    assert report["summary"]["compliant"], report["non_compliant"]
    assert report["summary"]["used_licenses"] == ["GPL-3.0-or-later"]


def test_every_file_of_github_has_a_schema() -> None:
    assert {str(path.relative_to(ROOT)) for path in (ROOT / ".github").rglob("*.yml")} == set(SCHEMAS)


@pytest.mark.parametrize(("name", "schema"), SCHEMAS.items())
def test_github_takes_it(name: str, schema: str, tmp_path: Path) -> None:
    tool = TOOLS / "bin/check-jsonschema"
    run(tool, f"--builtin-schema=vendor.{schema}", ROOT / name, cwd=tmp_path)


def test_the_workflow_runs_what_a_change_must_pass() -> None:
    required = re.findall(r"^make .*", (ROOT / ".ci/run").read_text(), re.MULTILINE)
    assert required
    run_there = [one for job in WORKFLOW["jobs"] if job != "ansible-core" for one in commands(job)]
    # The package and what is beyond one machine have jobs of their own there, beside what a change must pass.
    assert sorted(run_there) == sorted([*required, "make package", "make runner"])


def test_the_workflow_has_each_ansible_core() -> None:
    job = WORKFLOW["jobs"]["ansible-core"]
    assert {one["core"]: one["python"] for one in job["strategy"]["matrix"]["include"]} == PYTHONS
    assert commands("ansible-core")[-1] == 'nox --session "integration(${{ matrix.core }})"'


def test_the_workflow_may_write_nothing() -> None:
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert not [name for name, job in WORKFLOW["jobs"].items() if "permissions" in job]


def test_hooks_run_what_lint_runs() -> None:
    makefile = (ROOT / "Makefile").read_text()
    lint = re.search(r"^lint:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    assert lint
    wanted = [line.strip().replace("$(VENV)", ".venv") for line in lint[1].splitlines()]
    assert [hook["entry"].removesuffix(" --force-exclude") for hook in HOOKS] == wanted
