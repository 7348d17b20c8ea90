# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the demo prints: the point of each step, in lines of at most 88 columns."""

from __future__ import annotations

import json
import shlex
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from .playbook import Change, Run

WIDTH = 88
COLOURS = {"create": "green", "change": "yellow", "delete": "red"}
NEXT = """\
  With a tenant of yours:
    python3 -m pip install ansible-core requests
    ansible-galaxy collection install mcp_ops.oauth
    export AUTH0_DOMAIN=... AUTH0_CLIENT_ID=... AUTH0_CLIENT_SECRET=...
    ansible-playbook mcp_ops.oauth.mcp_server -e mcp_server_url=... --check --diff

  docs/start.md          from nothing to a working MCP server, with a tenant of yours
  docs/clients.md        what Claude Code, Cursor, VS Code and other MCP clients need
  docs/tools.md          different tools for different users
  docs/how-it-works.md   how an MCP client logs in"""


class Story:
    """Prints to the console; `folder` is where the runs are made."""

    def __init__(self, console: Console, folder: Path) -> None:
        self._console = console
        self._folder = folder
        self._steps = 0

    def begin(self, domain: str, variables: str) -> None:
        self._print("An Auth0 tenant and a Zuplo project, set up by one playbook for an MCP server", "bold")
        self._print(f"The tenant is emulated, at {domain}: nothing leaves this machine. The variables:\n")
        self._print(textwrap.indent(variables, "  ").rstrip())

    @contextmanager
    def step(self, title: str, command: Sequence[str]) -> Iterator[Callable[[str], None]]:
        """Shows which task is under way, where the console is a terminal."""
        self._head(title)
        self._print(f"   $ ansible-playbook {shlex.join(command)}", "cyan")
        with self._console.status("") as status:
            yield lambda task: status.update(Text(task))

    def show_preview(self, run: Run) -> bool:
        """Whether it passed."""
        if run.status:
            return self._fail("The preview failed.", run.failures)
        for change in run.changes:
            self._change(change)
        self._mark("✓", "green", f"A run would make {_count(run.changes)}. Nothing was written.")
        return True

    def show_first(self, run: Run, preview: Run) -> bool:
        """Whether it passed, and changed exactly what the preview showed."""
        if run.status:
            return self._fail("The run failed.", run.failures)
        differing = [change.title for change in (*preview.changes, *run.changes)]
        differing = [title for title in dict.fromkeys(differing) if _of(preview, title) != _of(run, title)]
        if differing:
            return self._fail("The run did not change what the preview had shown:", differing)
        files = [change for change in run.changes if change.is_file]
        self._mark("✓", "green", f"{_count(run.changes)} made: exactly those of the preview.")
        if files:
            self._print("     The gateway's configuration is in the project:")
            self._list(change.title for change in files)
        return True

    def show_second(self, run: Run) -> bool:
        """Whether it passed, and changed nothing."""
        if run.status:
            return self._fail("The second run failed.", run.failures)
        if run.changed:
            return self._fail("The second run changed something:", run.changed)
        self._mark("✓", "green", "No changes: everything is as it should be.")
        return True

    def end(self, run: Run) -> None:
        self._head("The check at the end of a run: can MCP clients log in?")
        self._mark("✓", "green", textwrap.indent(textwrap.fill(run.summary, WIDTH - 5), "     ").strip())
        self._print("     The gateway is not deployed in this demo. What passed:")
        self._list(one["name"] for one in run.findings("pass"))
        self._print("\nNext", "bold")
        self._print(NEXT)
        self._print(f"\nThe full output of ansible-playbook: {self._path('ansible-playbook.log')}")
        self._print(f"The Zuplo project as it is now:      {self._path('gateway')}")

    def _path(self, name: str) -> str:
        """As short as can be for somebody in the current directory."""
        path = self._folder / name
        return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)

    def _print(self, text: str, style: str = "") -> None:
        # What a terminal is too narrow for, it wraps itself: a path stays whole.
        self._console.print(Text(text, style), soft_wrap=True)

    def _list(self, names: Iterable[str]) -> None:
        self._print(textwrap.indent(textwrap.fill(", ".join(names), WIDTH - 5), "     "))

    def _head(self, title: str) -> None:
        self._steps += 1
        self._print(f"\n{self._steps}. {title}", "bold")

    def _mark(self, mark: str, colour: str, text: str) -> None:
        self._console.print(Text.assemble("   ", (mark, colour), f" {text}"), soft_wrap=True)

    def _change(self, change: Change) -> None:
        parts: list[str | tuple[str, str]] = ["   ", (change.verb, COLOURS[change.verb]), f" {change.title}"]
        for name, old, new in change.fields:
            parts += [f"\n            {name}: ", (_value(old), "red"), " → ", (_value(new), "green")]
        self._console.print(Text.assemble(*parts), soft_wrap=True)

    def _fail(self, text: str, details: Sequence[str]) -> bool:
        """Say what went wrong, and where the rest is; False."""
        self._mark("✗", "red", text)
        for line in details:
            self._print(textwrap.indent(line, "     "))
        self._print(
            f"\nThe demo failed. The full output of ansible-playbook: {self._path('ansible-playbook.log')}", "red"
        )
        return False


def _count(changes: Sequence[Change]) -> str:
    return f"{len(changes)} change{'' if len(changes) == 1 else 's'}"


def _of(run: Run, title: str) -> list[Change]:
    return [change for change in run.changes if change.title == title]


def _value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
