# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The package, built from a copy of the checkout that people have worked in."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Where the commands of this environment are.
TOOLS = Path(sys.executable).parent
# What tools, editors and earlier builds leave behind.
LEFT_BEHIND = (
    ".ansible/tmp/x",
    ".cache/x",
    ".coverage",
    ".env",
    ".hypothesis/x",
    ".idea/x",
    ".mypy_cache/x.json",
    ".nox/x",
    ".pytest_cache/README.md",
    ".ruff_cache/x",
    ".venv/lib/x.py",
    "README.md~",
    "collections/ansible_collections/x",
    "docs/.README.md.swp",
    "emulator/__pycache__/x.pyc",
    "mcp_ops-oauth-0.0.1.tar.gz",
    "plugins/module_utils/__pycache__/x.cpython-311.pyc",
    "plugins/modules/.ruff_cache/x",
    "roles/mcp_server/.ansible/x",
    "tests/__pycache__/x.pyc",
    "tests/output/x",
)


def tracked() -> list[str]:
    """What git tracks or would track, and has not been deleted."""
    command = ["git", "ls-files", "-coz", "--exclude-standard"]
    names = subprocess.check_output(command, cwd=ROOT, text=True).split("\0")
    return [name for name in names if name and (ROOT / name).is_file()]


def run(*command: str | Path, cwd: Path, **variables: str) -> str:
    """What a command prints; its tools are those beside it, its home is the folder where it runs."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "AUTH0_", "MCP_"))}
    path = os.pathsep.join([str(Path(command[0]).parent), os.environ["PATH"]])
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**own, "PATH": path, "HOME": str(cwd), "ANSIBLE_NOCOLOR": "1", **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkout")
    for name in tracked():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes((ROOT / name).read_bytes())
    for name in LEFT_BEHIND:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x")
    return folder


@pytest.fixture(scope="session")
def package(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tarball."""
    folder = tmp_path_factory.mktemp("package")
    run(TOOLS / "ansible-galaxy", "collection", "build", checkout, cwd=folder)
    (tarball,) = folder.glob("*.tar.gz")
    return tarball
