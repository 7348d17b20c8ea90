# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Check the working tree the way Ansible's reviewers do: ansible-test sanity, ansible-lint, antsibull-docs.

ansible-test works only below ``ansible_collections/NAMESPACE/NAME`` and installs what each test needs.
So a copy of the tree (uncommitted files too) is checked in a temporary directory, which is also the home
of the tools; nothing of it stays. Arguments are handed to ansible-test, for example ``--test pylint``.
"""

from __future__ import annotations

import ast
import configparser
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

from ansible_test._internal.constants import SUPPORTED_PYTHON_VERSIONS
from ansible_test._internal.python_requirements import get_venv_packages

ROOT = Path(__file__).resolve().parents[2]
PIP = [sys.executable, "-m", "pip"]

# ansible-test would download this script to bring pip into its environments; our own pip can do that.
GET_PIP = """\
import subprocess, sys
packages = [name for name in sys.argv[1:] if name not in ("--no-setuptools", "--no-wheel")]
sys.exit(subprocess.call({pip!r} + ["--python", sys.executable, "install", *packages]))
"""


def copy_tree(target: Path) -> None:
    """Copy what git tracks or would track."""
    names = subprocess.check_output(["git", "ls-files", "-coz", "--exclude-standard"], cwd=ROOT, text=True)
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_symlink() or (ROOT / name).is_file():  # a deleted file is still listed
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name, follow_symlinks=False)


def works(python: str | Path) -> bool:
    """Tell an interpreter from a version manager's shim for a version which is not there."""
    return subprocess.run([python, "-c", "pass"], capture_output=True, check=False).returncode == 0


def search_path(links: Path) -> str:
    """Offer every interpreter ansible-test can use, and none which only looks like one."""
    links.mkdir(parents=True)
    folders = [str(Path(sys.executable).parent), *os.environ["PATH"].split(os.pathsep)]
    for version in SUPPORTED_PYTHON_VERSIONS:
        name = f"python{version}"
        folders = [one for one in folders if not (Path(one) / name).exists() or works(Path(one) / name)]
        neighbours = Path(sys.base_prefix).parent.glob(f"{version}*/bin/{name}")
        if not shutil.which(name, path=os.pathsep.join(folders)) and (found := next(filter(works, neighbours), None)):
            (links / name).symlink_to(found)
    return os.pathsep.join([*folders, str(links)])


def prepare_home(home: Path) -> dict[str, str]:
    """Make a home with pip's configuration in effect here, which ansible-test takes from nowhere else."""
    pip_config = configparser.RawConfigParser()
    pip_config.add_section("global")
    for line in subprocess.check_output([*PIP, "config", "list"], text=True).splitlines():
        key, _equals, value = line.partition("=")
        section, _dot, option = key.replace(":env:", "global").rpartition(".")
        if not pip_config.has_section(section):
            pip_config.add_section(section)
        pip_config[section][option] = ast.literal_eval(value)
    pip_config["global"]["quiet"] = "2"
    (home / ".config/pip").mkdir(parents=True)
    with (home / ".config/pip/pip.conf").open("w", encoding="utf-8") as file:
        pip_config.write(file)
    cache = home / ".ansible/test/cache"
    cache.mkdir(parents=True)
    for version in SUPPORTED_PYTHON_VERSIONS:
        pip = get_venv_packages(SimpleNamespace(version=version))["pip"]
        (cache / f"get_pip_{pip.replace('.', '_')}.py").write_text(GET_PIP.format(pip=PIP), encoding="utf-8")
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "GIT_"))},
        "HOME": str(home),
        "TMPDIR": str(home),
        "PATH": search_path(home / "bin"),
        "ANSIBLE_COLLECTIONS_PATH": str(home),
    }


def run(command: list[str], folder: Path, env: dict[str, str]) -> bool:
    """Run a command; if this script is stopped, stop all the command has started as well."""
    print("+", *command, flush=True)
    with subprocess.Popen(command, cwd=folder, env=env, start_new_session=True) as process:
        try:
            return process.wait() == 0
        except BaseException:
            os.killpg(process.pid, signal.SIGINT)  # they tidy up as after Ctrl-C
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise


def stop(number: int, _frame: object) -> None:
    """Leave through the clean-up, which a second signal does not break off."""
    signal.signal(number, signal.SIG_IGN)
    sys.exit(128 + number)


def main(arguments: list[str]) -> int:
    """Run all three, also after a failure; 0 only if all pass."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    with tempfile.TemporaryDirectory(prefix="sanity-") as folder:
        env = prepare_home(Path(folder))
        collection = Path(folder, "ansible_collections", "mcp_ops", "oauth")
        copy_tree(collection)
        passed = [
            run(["ansible-lint", "--strict"], collection, env),
            run(
                [
                    *("antsibull-docs", "lint-collection-docs", ".", "--plugin-docs"),
                    *("--validate-collection-refs=all", "--disallow-unknown-collection-refs"),
                    "--check-extra-docs-refs",
                ],
                collection,
                env,
            ),
            run(["ansible-test", "sanity", *arguments], collection, env),
        ]
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
