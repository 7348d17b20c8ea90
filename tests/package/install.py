# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Makes the environments of these tests, once: `python -m tests.package.install`.

One has the tools of requirements/package.txt. The oldest and the newest ansible-core of noxfile.py have one each, where
there is a Python that fits.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from noxfile import PYTHONS

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".venv" / "package"
TOOLS = FOLDER / "tools"
CORES = (next(iter(PYTHONS)), list(PYTHONS)[-1])


def works(python: str | Path) -> bool:
    """Tell an interpreter from a version manager's shim for a version which is not there."""
    return subprocess.run([python, "-c", "pass"], capture_output=True, check=False).returncode == 0


def find_python(version: str) -> str | None:
    """The interpreter of that version: on the path, or beside the one that runs this, as pyenv has them."""
    name = f"python{version}"
    beside = sorted(Path(sys.base_prefix).parent.glob(f"{version}*/bin/{name}"))
    return next((str(one) for one in (shutil.which(name), *beside) if one and works(one)), None)


def core_folder(core: str) -> Path:
    return FOLDER / f"ansible-core-{core}"


def make(folder: Path, python: str, *requirements: str) -> None:
    subprocess.run([python, "-m", "venv", "--clear", "--without-pip", folder], check=True)
    # Our own pip, since making one for each takes longer than all that it installs.
    pip = (sys.executable, "-m", "pip", "--python", folder / "bin/python")
    subprocess.run([*pip, "install", "--quiet", "--no-compile", *requirements], check=True)


def main() -> None:
    pythons = {core: find_python(PYTHONS[core]) for core in CORES}
    modules = f"--requirement={ROOT / 'requirements/modules.txt'}"
    with ThreadPoolExecutor() as pool:
        made = [pool.submit(make, TOOLS, sys.executable, f"--requirement={ROOT / 'requirements/package.txt'}")]
        made += [
            # As in noxfile.py: before its final release, the newest is there as a candidate only.
            pool.submit(make, core_folder(core), python, "--pre", f"ansible-core=={core}.*", modules)
            for core, python in pythons.items()
            if python
        ]
    for one in made:
        one.result()


if __name__ == "__main__":
    main()
