# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A reader who follows a page from top to bottom, in a folder and with a home of their own."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import subprocess
import sys
import time
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from tests.examples.blocks import Block
from tests.integration.harness import ROOT

PLAYBOOK = "mcp_ops.oauth.mcp_server"
SECONDS = 480
# Exported variables and the directory live on from block to block, as in one shell.
SESSION = """set -eu
if [ -e {state} ]; then . {state}; cd "$(cat {state}.directory)"; fi
"""
LIVE_ON = """\
trap 'status=$?; export -p > {state}; pwd > {state}.directory; exit $status' EXIT
"""


class Surprise(Exception):
    """A page does not say what its reader sees."""

    def __init__(self, block: Block, problem: str, output: str = "") -> None:
        super().__init__(f"{block}\n{problem}\n{output}")


@dataclass
class Reader:
    """`environment` is all that the reader's shell has at first; `credentials` are for blocks that are no commands.

    `url` is that of the MCP server with which variables are tried out.
    """

    folder: Path
    environment: dict[str, str]
    credentials: dict[str, str]
    url: str
    fill: t.Callable[[str], str]
    _groups: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._state = self.folder.with_name(f"{self.folder.name}.session")
        self._quoted = shlex.quote(str(self._state))

    def read(self, blocks: t.Iterable[Block]) -> None:
        """Do what each block says; raises Surprise at the first that does not work."""
        try:
            for block in blocks:
                if block.not_run is None:
                    self._do(block)
        finally:
            self._end()

    def _do(self, block: Block) -> None:
        text = self.fill(block.text)
        if block.path:
            path = self._directory() / block.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        elif block.language == "sh":
            commands = LIVE_ON.format(state=self._quoted) + (_failing(text) if block.fails else text)
            self._expect(block, self._shell(block, commands, self.environment))
        elif block.language == "yaml":
            self._yaml(block, text)

    def _directory(self) -> Path:
        told = Path(f"{self._state}.directory")
        return Path(told.read_text().strip()) if told.exists() else self.folder

    def _yaml(self, block: Block, text: str) -> None:
        content = yaml.safe_load(text)
        file = f"block-{block.line}.yml"
        command = ["ansible-playbook", file]
        if isinstance(content, dict):
            self._check_names(block, content)
            command = ["ansible-playbook", PLAYBOOK, "--check", "-e", f"mcp_server_url={self.url}", "-e", f"@{file}"]
        elif not {"hosts", "import_playbook", "ansible.builtin.import_playbook"} & set(content[0]):
            text = yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": content}], sort_keys=False)
        (self._directory() / file).write_text(text, encoding="utf-8")
        self._shell(block, shlex.join(command), {**self.credentials, **self.environment})

    def _check_names(self, block: Block, variables: dict[str, t.Any]) -> None:
        specs = yaml.safe_load((ROOT / "roles/mcp_server/meta/argument_specs.yml").read_text(encoding="utf-8"))
        known = {name for spec in specs["argument_specs"].values() for name in spec["options"]}
        unknown = [name for name in variables if name not in known and not name.startswith("auth0_")]
        if unknown:
            raise Surprise(block, f"The role has no variables {', '.join(unknown)}.")

    def _shell(self, block: Block, text: str, environment: dict[str, str]) -> str:
        """The output of commands, of which the last must succeed."""
        script = SESSION.format(state=self._quoted) + text
        log = self._state.with_suffix(".log")
        # A file and not a pipe, which a process in the background would keep open.
        with log.open("w", encoding="utf-8") as output:
            process = subprocess.Popen(
                ["bash", "-c", script],
                cwd=self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self._groups.append(process.pid)
            try:
                status = process.wait(SECONDS)
            except subprocess.TimeoutExpired:
                raise Surprise(block, f"It has not ended after {SECONDS} seconds.", log.read_text()) from None
        seen = log.read_text(encoding="utf-8")
        if status:
            problem = (
                "Its last command did not fail, or one before it did." if block.fails else f"Its status is {status}."
            )
            raise Surprise(block, problem, seen)
        return seen

    def _expect(self, block: Block, output: str) -> None:
        lines = iter([" ".join(line.split()) for line in output.splitlines()])
        for wanted in block.output:
            text = " ".join(self.fill(wanted).split())
            pattern = re.compile(".*".join(map(re.escape, text.split("…"))))
            if not any(pattern.search(line) for line in lines):
                raise Surprise(block, f"Its output does not have, or not at this place:\n{text}\nIts output:", output)

    def _end(self) -> None:
        """End what commands have left in the background."""
        for group in self._groups:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGTERM)
                for _wait in range(100):
                    os.killpg(group, 0)
                    time.sleep(0.05)
                os.killpg(group, signal.SIGKILL)


def _failing(text: str) -> str:
    """The same commands, of which the last must fail: then this succeeds."""
    lines = text.rstrip("\n").split("\n")
    last = max(number for number, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#"))
    while last and lines[last - 1].endswith("\\"):
        last -= 1
    lines[last] = f"! {lines[last]}"
    return "\n".join(lines)


def environment(home: Path, **own: str) -> dict[str, str]:
    """Of a fresh shell with the tools of the tests, in which nothing reaches beyond this machine.

    Targets of make belong to a checkout, and would install or run all of it: make only says what it would do, and fails
    for a target that is not there.
    """
    kept = {name: os.environ[name] for name in ("LANG", "LC_ALL", "TMPDIR") if name in os.environ}
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return {
        **kept,
        "PATH": path,
        "HOME": str(home),
        "ANSIBLE_NOCOLOR": "1",
        "MAKEFLAGS": "n",
        "PIP_NO_INDEX": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        **own,
    }


def wants_checkout(text: str) -> bool:
    """Whether a page has commands of a checkout, and does not get one first."""
    commands = re.search(r"^(make|python3? -m (emulator|tests))\b", text, re.MULTILINE)
    return bool(commands) and "git clone" not in text
