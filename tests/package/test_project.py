# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The files of the project that are for its contributors and the services which it uses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tests.package.conftest import run
from tests.package.install import ROOT, TOOLS

SCHEMAS = {
    ".github/ISSUE_TEMPLATE/bug_report.yml": "github-issue-forms",
    ".github/ISSUE_TEMPLATE/config.yml": "github-issue-config",
    ".github/ISSUE_TEMPLATE/feature_request.yml": "github-issue-forms",
    ".github/workflows/ci.yml": "github-workflows",
}
WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())


def commands_of(job: str) -> list[str]:
    return [step["run"] for step in WORKFLOW["jobs"][job]["steps"] if "run" in step]


def test_every_file_has_a_licence(checkout: Path) -> None:
    """The copy has more files than git would add, all of which must be covered as well."""
    run(TOOLS / "bin/reuse", "--root", checkout, "lint", cwd=checkout)
