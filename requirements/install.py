# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Installs requirements into a virtual environment: `python requirements/install.py .venv/installed FILE...`

The first argument is the stamp, a file in the folder of the environment. It says what was installed, and by which
Python; nothing is done where that is still so. The environment is made anew where it is not, or where an installation
broke off. Where all stamps that are there are up to date, the requirements are added. A Python that is too old gets a
message, so this file has the syntax of Python 3.6.
"""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from collections import deque
from pathlib import Path
from typing import Deque, Dict, List, Tuple

OLDEST = (3, 10)
# The end of pip's output that a failure shows.
LINES = 15


def find_obstacle(version: Tuple[int, ...], has_ensurepip: bool) -> str:
    """Why this Python cannot be used, and what to do; empty where it can."""
    here = "{} is Python {}".format(sys.executable, ".".join(map(str, version[:3])))
    oldest = ".".join(map(str, OLDEST))
    if version < OLDEST:
        names = [f"python3.{minor}" for minor in range(14, OLDEST[1] - 1, -1)]
        found = next((name for name in names if works(name)), "")
        remedy = f"This machine has {found}: make demo PYTHON={found}"
        if not found:
            remedy = "Install one, then name it: make demo PYTHON=python3.12"
        return f"{here}. Python {oldest} or newer is needed. {remedy}"
    if not has_ensurepip:
        package = "python3-venv, or python{}.{}-venv".format(*version)
        remedy = f"On Debian and Ubuntu: apt install {package}. Or use another Python: make demo PYTHON=python3.12"
        return f"{here}. It has no ensurepip, without which it cannot make a virtual environment. {remedy}"
    return ""


def works(name: str) -> bool:
    """Whether there is such an interpreter; a version manager has shims for those that are not there."""
    try:
        return subprocess.call([name, "-c", "pass"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


class Environment:
    """A virtual environment in a folder, and the stamps in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = folder / "bin" / "python"

    def is_current(self, stamp: Path, files: List[str]) -> bool:
        """Whether the stamp says that this Python installed these requirements as they are now."""
        return self.python.exists() and read(stamp) == describe(files)

    def install(self, stamp: Path, files: List[str]) -> None:
        """Add the requirements, to a new environment unless all that is in this one is up to date."""
        stamps = {one: read(one) for one in self.folder.glob("*installed")}
        is_sound = bool(stamps) and all(self.is_current(one, list(stamps[one].get("files", {}))) for one in stamps)
        # Without stamps, an installation that breaks off now is known to be broken.
        for one in stamps:
            one.unlink()
        if not is_sound:
            stamps = {}
            say(f"Making the virtual environment {self.folder} with Python {sys.version.split()[0]}.")
            # In a virtual environment, which may be this one, the Python that made it.
            base = sys.executable if sys.prefix == sys.base_prefix else os.path.realpath(sys.executable)
            run([base, "-m", "venv", "--clear", str(self.folder)])
        names = ", ".join(Path(one).name for one in files)
        say(f"Installing {names} into {self.folder}. `make clean` removes it all.")
        pip = [str(self.python), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--no-compile"]
        run([*pip, *(f"--requirement={one}" for one in files)])
        for one, content in {**stamps, stamp: describe(files)}.items():
            one.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def describe(files: List[str]) -> Dict[str, object]:
    """The Python that runs, and the files with their text. Those that they include count as well."""
    texts = {one: Path(one).read_text(encoding="utf-8") if Path(one).exists() else "" for one in files}
    included = {
        str(Path(one).with_name(line.split()[1]))
        for one, text in texts.items()
        for line in text.splitlines()
        if line.startswith("-r ")
    }
    if included - set(texts):
        return describe(sorted({*files, *included}))
    python = "{} {}.{}".format(os.path.realpath(sys.base_prefix), *sys.version_info)
    return {"python": python, "files": texts}


def read(stamp: Path) -> Dict[str, Dict[str, str]]:
    """What a stamp says; empty where there is none, or none of this script."""
    try:
        content = json.loads(stamp.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def say(text: str) -> None:
    print(text, flush=True)


def run(command: List[str]) -> None:
    """Run a command, and show its progress: the packages that pip gets. If it fails, the end of its output."""
    started, count, progress = time.monotonic(), 0, Progress()
    last: Deque[str] = deque(maxlen=LINES)
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True
    ) as process:
        for line in process.stdout or ():
            last.append(line.rstrip())
            if line.startswith("Collecting "):
                count += 1
                progress.show(f"{count} packages, now {line.split()[1]}", is_step=count % 10 == 0)
            elif line.startswith("Installing collected packages"):
                progress.show("unpacking", is_step=True)
    progress.clear()
    if process.returncode:
        raise SystemExit(
            "\n".join([*last, "", "This failed: {}".format(" ".join(command)), "Run make again: it starts anew."])
        )
    say(f"  done in {time.monotonic() - started:.0f} s")


class Progress:
    """One line that changes on a terminal; elsewhere, a line for each step."""

    def __init__(self) -> None:
        self._is_terminal = sys.stdout.isatty()

    def show(self, text: str, *, is_step: bool) -> None:
        if self._is_terminal:
            width = shutil.get_terminal_size().columns - 3
            print(f"\r\x1b[K  {text[:width]}", end="", flush=True)
        elif is_step:
            say(f"  {text}")

    def clear(self) -> None:
        if self._is_terminal:
            print("\r\x1b[K", end="", flush=True)


def main(stamp: str, *files: str) -> None:
    has_ensurepip = all(importlib.util.find_spec(one) for one in ("venv", "ensurepip"))
    obstacle = find_obstacle(tuple(sys.version_info[:3]), has_ensurepip)
    if obstacle:
        raise SystemExit(obstacle)
    environment = Environment(Path(stamp).parent)
    if not environment.is_current(Path(stamp), list(files)):
        environment.install(Path(stamp), list(files))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except KeyboardInterrupt:
        raise SystemExit("\nInterrupted. Run make again: it starts anew.") from None
