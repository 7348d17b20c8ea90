# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Jobs of ansible-runner: on one machine, or split as AWX and its receptor mesh split them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t
from dataclasses import dataclass
from pathlib import Path

from tests.runner.canary import leaks

TOOLS = Path(sys.executable).parent
PLAYBOOK = "mcp_ops.oauth.mcp_server"
IDENT = "job"
PRINTED = "what the commands printed"
Files = t.Mapping[str, t.Any]
Step = t.Literal["run", "transmit", "worker", "process"]


@dataclass(frozen=True)
class Job:
    """What is left of a job.

    `folder` is the private data directory where the artifacts are, on the side that asked for the job. `printed` is
    what ansible-runner printed there; `sent` what the worker sent back, which holds events and a ZIP file.
    """

    rc: int
    folder: Path
    printed: str
    sent: bytes = b""

    def events(self, kind: str = "") -> list[dict[str, t.Any]]:
        """The job's events in their order, of one kind or all."""
        files = (self.folder / "artifacts" / IDENT / "job_events").glob("*.json")
        events = sorted((json.loads(file.read_text()) for file in files), key=lambda event: int(event["counter"]))
        return [event for event in events if not kind or event["event"] == kind]

    def changed(self) -> int:
        (stats,) = self.events("playbook_on_stats")
        return sum(stats["event_data"]["changed"].values())

    def leaks(self) -> dict[str, set[str]]:
        """File below the private data directory, or PRINTED -> the forms of a secret in it. All events are one file."""
        texts = [(PRINTED, self.printed)]
        for path in self.folder.rglob("*"):
            if path.is_file():
                place = path.parent if path.parent.name == "job_events" else path
                texts.append((place.relative_to(self.folder).as_posix(), path.read_text(errors="replace")))
        found: dict[str, set[str]] = {}
        for place_name, text in texts:
            if forms := leaks(text):
                found.setdefault(place_name, set()).update(forms)
        return found


def environment(home: Path, collections: Path, *, tools: Path = TOOLS) -> dict[str, str]:
    """The environment variables of a machine on which nothing is set up but some tools and the collection.

    `home` gets all that Ansible leaves in a home directory.
    """
    kept = {name: os.environ[name] for name in ("LANG", "LC_ALL", "TZ") if name in os.environ}
    path = os.pathsep.join([str(tools), "/usr/bin", "/bin"])
    own = {"HOME": str(home), "ANSIBLE_COLLECTIONS_PATH": str(collections), "ANSIBLE_NOCOLOR": "1"}
    return {**kept, "PATH": path, **own}


def prepare(folder: Path, files: Files) -> Path:
    """A private data directory with these files; what is no text is written as JSON."""
    for name, content in {"project/.keep": "", **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content if isinstance(content, str) else json.dumps(content))
    return folder


def run(folder: Path, env: t.Mapping[str, str], *args: str, playbook: str = PLAYBOOK, tools: Path = TOOLS) -> Job:
    """On one machine."""
    rc, output = _call("run", folder, env, "--playbook", playbook, *args, tools=tools)
    return Job(rc, folder, output.decode())


def split(folder: Path, env: t.Mapping[str, str], *args: str, playbook: str = PLAYBOOK) -> Job:
    """The three steps, each of which knows only what the one before has sent; the worker cleans up as AWX has it do."""
    elsewhere, back = folder.with_name("worker"), folder.with_name("back")
    back.mkdir()
    _rc, sent = _call("transmit", folder, env, "--playbook", playbook, *args)
    _rc, answer = _call("worker", None, env, "--private-data-dir", str(elsewhere), "--delete", stdin=sent)
    assert not elsewhere.exists()
    rc, output = _call("process", back, env, stdin=answer)
    return Job(rc, back, output.decode(), answer)


def _call(
    step: Step,
    folder: Path | None,
    env: t.Mapping[str, str],
    *args: str,
    stdin: bytes | None = None,
    tools: Path = TOOLS,
) -> tuple[int, bytes]:
    where = [] if folder is None else [str(folder), "--ident", IDENT]
    done = subprocess.run(
        [tools / "ansible-runner", step, *where, *args],
        env=dict(env),
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if step in ("run", "process") else None,
        timeout=180,
        check=False,
    )
    return done.returncode, done.stdout
