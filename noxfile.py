# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The integration suite on every supported ansible-core, each with a Python that fits. `nox` runs them all."""

from __future__ import annotations

import nox

nox.options.default_venv_backend = "venv"
nox.options.error_on_missing_interpreters = True

# ansible-core -> the newest of Python 3.10 to 3.13 that its controller runs on
PYTHONS = {
    "2.16": "3.10",
    "2.17": "3.10",
    "2.18": "3.11",
    "2.19": "3.11",
    "2.20": "3.12",
    "2.21": "3.13",
    "2.22": "3.13",
}


@nox.session
@nox.parametrize(("core", "python"), list(PYTHONS.items()), ids=list(PYTHONS))
def integration(session: nox.Session, core: str) -> None:
    """`nox -s "integration(2.19)"`; more arguments for pytest after `--`."""
    # Before its final release, the newest ansible-core is there as a candidate only.
    session.install("--pre", f"ansible-core=={core}.*")
    session.install("-r", "requirements/modules.txt", "-r", "requirements/emulator.txt")
    session.install("pytest", "pytest-xdist", "PyJWT[crypto]")
    session.run("pytest", "--numprocesses=auto", "tests/integration", *session.posargs, env={"WAYS": "both"})


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation site into build/site/html, and test it; more arguments for pytest after `--`."""
    session.install("-r", "requirements/docs.txt")
    session.run("python", "-m", "docs.docsite.build")
    session.run("pytest", "tests/docs", *session.posargs)
