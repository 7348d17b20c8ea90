# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Command line of the demo: preview, run, run again, check.

`python -m demo` exits 0 only if each run passed, the first one changed exactly what the preview showed, and the
second one nothing. More arguments are passed on to `ansible-playbook`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from .playbook import run
from .story import Story

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".venv" / "demo"
PLAYBOOK = ["mcp_ops.oauth.mcp_server", "-e", "@vars.yml"]
VARIABLES = """\
mcp_server_url: https://mcp.example.com/mcp
mcp_zuplo_project_dir: gateway
mcp_zuplo_operations: [{id: hello}]   # the tool
mcp_zuplo_attach_to_tools: true       # no call of the tool past the MCP server
mcp_gateway_deployed: false
"""
# The least that a Zuplo project has: one route, here the one that becomes a tool.
ROUTES = {
    "openapi": "3.1.0",
    "info": {"title": "Example", "version": "1.0.0"},
    "paths": {
        "/hello": {
            "get": {
                "operationId": "hello",
                "x-zuplo-route": {"handler": {"export": "default", "module": "$import(./modules/hello)"}},
            }
        }
    },
}


@contextmanager
def _tenant() -> Iterator[dict[str, str]]:
    """A new emulated tenant; its domain and credentials as environment variables."""
    command = [sys.executable, "-m", "emulator"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            ready = process.stdout.readline() if process.stdout else ""
            if not ready:
                raise SystemExit("The emulated tenant did not start: python -m emulator")
            yield {f"AUTH0_{key.upper()}": value for key, value in json.loads(ready).items()}
        finally:
            process.terminate()


@contextmanager
def _environment(tenant: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The environment of `ansible-playbook`: this checkout is the collection, and no setting of the user counts."""
    with tempfile.TemporaryDirectory(prefix="mcp_ops-oauth-demo-") as folder:
        link = Path(folder, "ansible_collections", "mcp_ops", "oauth")
        link.parent.mkdir(parents=True)
        link.symlink_to(ROOT, target_is_directory=True)
        yield {
            **{key: value for key, value in os.environ.items() if not key.startswith(("AUTH0_", "ANSIBLE_"))},
            **tenant,
            "ANSIBLE_HOME": str(Path(folder, "home")),
            "ANSIBLE_COLLECTIONS_PATH": folder,
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            "ANSIBLE_NOCOLOR": "true",
        }


def _lay_out(folder: Path) -> None:
    """The variables, and the Zuplo project as it is before the run."""
    routes = folder / "gateway" / "config" / "routes.oas.json"
    routes.parent.mkdir(parents=True)
    routes.write_text(json.dumps(ROUTES, indent=2) + "\n", encoding="utf-8")
    (folder / "vars.yml").write_text(VARIABLES, encoding="utf-8")


def tell(console: Console, folder: Path, *more: str) -> bool:
    """Run the demo in the folder, which is not there yet; whether all went as it should."""
    _lay_out(folder)
    playbook = [*PLAYBOOK, *more]
    with _tenant() as tenant, _environment(tenant) as environment:
        story = Story(console, folder)
        story.begin(tenant["AUTH0_DOMAIN"], VARIABLES)
        with story.step("Preview: what would a run change?", [*playbook, "--check", "--diff"]) as on_task:
            preview = run([*playbook, "--check", "--diff"], folder, environment, on_task)
        if not story.show_preview(preview):
            return False
        # Its diff shows what it changed, to be compared with the preview.
        with story.step("Run", [*playbook, "--diff"]) as on_task:
            first = run([*playbook, "--diff"], folder, environment, on_task)
        if not story.show_first(first, preview):
            return False
        with story.step("Run again", playbook) as on_task:
            second = run(playbook, folder, environment, on_task)
        if not story.show_second(second):
            return False
    story.end(second)
    return True


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m demo",
        description="Sets up an emulated Auth0 tenant and a Zuplo project; other arguments are for ansible-playbook.",
    )
    parser.add_argument(
        "--folder", type=Path, help="where variables, project and output are kept; a new one (default: .venv/demo)"
    )
    known, more = parser.parse_known_args()
    if known.folder is None:
        shutil.rmtree(FOLDER, ignore_errors=True)
    elif known.folder.exists():
        parser.error(f"--folder {known.folder} is there already. Name a new one.")
    try:
        return 0 if tell(Console(highlight=False), (known.folder or FOLDER).absolute(), *more) else 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
