# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The playbook mcp_server against an emulator of its own: preview, first run, second run, the fact.

`python -m emulator.demo` exits 0 only if each run passed and the second one changed nothing.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COMMAND = ["ansible-playbook", "mcp_ops.oauth.mcp_server", "-e", "@vars.yml"]
VARIABLES = """\
mcp_server_url: https://mcp.example.com/mcp
mcp_zuplo_project_dir: "{folder}/gateway"
mcp_zuplo_operations:
  - id: hello
mcp_zuplo_attach_to_tools: true
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
FACTS = """\
- import_playbook: mcp_ops.oauth.mcp_server
- name: Use the fact in a play of your own
  hosts: localhost
  gather_facts: false
  tasks:
    - name: Show the gateway's configuration
      ansible.builtin.debug:
        var: zuplo_mcp_oauth
"""


@contextmanager
def _tenant() -> Iterator[dict[str, str]]:
    """A new emulated tenant; its domain and credentials as environment variables."""
    command = [sys.executable, "-m", "emulator"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
            yield {f"AUTH0_{key.upper()}": value for key, value in ready.items()}
        finally:
            process.terminate()


def _show(title: str, command: list[str], environment: dict[str, str], folder: str) -> str:
    """Run a command, and print its output as it comes; the output."""
    print(f"\n=== {title}\n$ {shlex.join(command)}", flush=True)
    executable = str(Path(sys.executable).with_name(command[0]))
    output = []
    with subprocess.Popen(
        [executable, *command[1:]], env=environment, cwd=folder, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            output.append(line)
    if process.returncode != 0:
        raise SystemExit(f"The demo failed: {shlex.join(command)} exited with status {process.returncode}.")
    return "".join(output)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="mcp_ops-oauth-demo-") as folder, _tenant() as tenant:
        link = Path(folder, "ansible_collections", "mcp_ops", "oauth")
        link.parent.mkdir(parents=True)
        link.symlink_to(ROOT, target_is_directory=True)
        Path(folder, "facts.yml").write_text(FACTS, encoding="utf-8")
        Path(folder, "vars.yml").write_text(VARIABLES.format(folder=folder), encoding="utf-8")
        routes = Path(folder, "gateway", "config", "routes.oas.json")
        routes.parent.mkdir(parents=True)
        routes.write_text(json.dumps(ROUTES, indent=2) + "\n", encoding="utf-8")
        environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith(("AUTH0_", "ANSIBLE_"))},
            **tenant,
            "ANSIBLE_HOME": str(Path(folder, "home")),
            "ANSIBLE_COLLECTIONS_PATH": folder,
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        }
        print(f"An emulated tenant is at {tenant['AUTH0_DOMAIN']}. vars.yml:\n\n{VARIABLES.format(folder=folder)}")
        _show("1. Preview: what would change", [*COMMAND, "--check", "--diff"], environment, folder)
        _show("2. Run", COMMAND, environment, folder)
        command = ["ansible-playbook", "facts.yml", *COMMAND[2:]]
        output = _show("3. Run again, and read the fact: nothing changes", command, environment, folder)
    changed = re.search(r"localhost .*changed=(\d+)", output)
    if not changed or changed.group(1) != "0":
        raise SystemExit("The demo failed: the second run changed the tenant or the project.")


if __name__ == "__main__":
    main()
