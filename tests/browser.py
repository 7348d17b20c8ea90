# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Finds the browser of the tests. `python -m tests.browser` installs it, on Debian as root."""

from __future__ import annotations

import os
import shutil
import subprocess


def chromium() -> str:
    """The browser's path. Raises RuntimeError where there is none: what it shows is to be seen, not skipped."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    raise RuntimeError("No Chromium on the path. On Debian: apt-get install chromium")


def install() -> None:
    """On Debian as root; elsewhere it is for people to install."""
    try:
        chromium()
    except RuntimeError as error:
        if not shutil.which("apt-get") or os.geteuid() != 0:
            raise SystemExit(str(error)) from error
        apt = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update"], ["install", "--yes", "--no-install-recommends", "chromium", "fonts-dejavu-core"]):
            subprocess.run(["apt-get", "-qq", *command], env=apt, stdout=subprocess.DEVNULL, check=True)


if __name__ == "__main__":
    install()
