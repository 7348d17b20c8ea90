# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Runs ansible-test in the current directory with a home of its own: `python tests/sanity/offline.py sanity`.

ansible-test makes environments below its home, downloads a script to bring pip into them, and takes pip's configuration
from nowhere else. Here pip comes from the environment that runs this, and the home is removed afterwards.
"""

from __future__ import annotations

import ast
import configparser
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

from ansible_test._internal.constants import SUPPORTED_PYTHON_VERSIONS
from ansible_test._internal.python_requirements import get_venv_packages

PIP = [sys.executable, "-m", "pip"]
GET_PIP = """\
import subprocess, sys
packages = [name for name in sys.argv[1:] if name not in ("--no-setuptools", "--no-wheel")]
sys.exit(subprocess.call({pip!r} + ["--python", sys.executable, "install", *packages]))
"""


def prepare_home(home: Path) -> dict[str, str]:
    """Write pip's configuration and the script into the home; the variables of the environment."""
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
    own = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "GIT_"))}
    return {**own, "HOME": str(home), "TMPDIR": str(home)}


def run(command: list[str], env: dict[str, str]) -> int:
    """The command's exit status; if this script is stopped, all that the command has started is stopped as well."""
    with subprocess.Popen(command, env=env, start_new_session=True) as process:
        try:
            return process.wait()
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
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    with tempfile.TemporaryDirectory(prefix="ansible-test-") as folder:
        return run(["ansible-test", *arguments], prepare_home(Path(folder)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
