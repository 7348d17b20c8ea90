# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The demo as its readers see it: on a terminal, where something fails, and in its picture."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from demo.__main__ import ROOT
from demo.picture import PICTURE, plain, read

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
COLOURS = re.compile(r"\x1b\[[0-9;]*3[0-9]m")
# A line from which the cursor goes down, up again and erases it: that of the task under way.
ERASED = re.compile(r".*\n(\x1b\[\?25h)?\r\x1b\[1A\x1b\[2K")


@dataclass(frozen=True)
class Shown:
    """`raw` has the escape sequences; `text` is what is left on the screen."""

    status: int
    raw: str
    folder: Path

    @property
    def text(self) -> str:
        return ESCAPES.sub("", ERASED.sub("", self.raw.replace("\r\n", "\n")))


def show(folder: Path, *arguments: str, **environment: str) -> Shown:
    """The demo on a terminal of 120 columns."""
    ours, theirs = pty.openpty()
    kept = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR")}
    process = subprocess.Popen(
        [sys.executable, "-m", "demo", "--folder", str(folder), *arguments],
        cwd=ROOT,
        env={**kept, "TERM": "xterm-256color", "COLUMNS": "120", **environment},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    output = b""
    with process, open(ours, "rb", buffering=0) as terminal:
        try:
            while part := terminal.read(4096):
                output += part
        except OSError:
            # Linux says so that the other end is closed.
            pass
    return Shown(process.returncode, output.decode(), folder)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    return show(tmp_path_factory.mktemp("demo") / "demo")


def test_a_terminal_gets_the_point_of_each_step_in_colours(shown: Shown) -> None:
    assert shown.status == 0, shown.text
    steps = re.findall(r"^\d\. (.+)$", shown.text, re.MULTILINE)
    assert [step.partition(":")[0] for step in steps] == [
        *("Preview", "Run", "Run again", "The check at the end of a run"),
    ]
    assert COLOURS.search(shown.raw)
    assert "\n   create API https://mcp.example.com/mcp\n" in shown.text
    assert "is_domain_connection: false → true\n" in shown.text
    assert "✓ A run would make 10 changes." in shown.text
    assert "✓ 10 changes made: exactly those of the preview." in shown.text
    assert "✓ No changes" in shown.text
    assert ", 0 failed, " in shown.text
    assert "since gateway_deployed is false" in shown.text
    # Under way, the task is named.
    assert "Create or update the API of the MCP server" in shown.raw
    assert "Create or update the API of the MCP server" not in shown.text


def test_project_and_output_are_where_it_says(shown: Shown) -> None:
    *_story, log, project = shown.text.strip().splitlines()
    assert log.endswith(str(shown.folder / "ansible-playbook.log"))
    assert project.endswith(str(shown.folder / "gateway"))
    output = (shown.folder / "ansible-playbook.log").read_text()
    assert output.count("PLAY RECAP") == 3
    assert "\x1b" not in output
    written = re.findall(r"^   (?:create|change) ([\w./-]+\.\w+)$", shown.text, re.MULTILINE)
    assert len(written) == 5
    assert [name for name in written if not (shown.folder / "gateway" / name).is_file()] == []


def test_the_picture_shows_what_it_prints(shown: Shown) -> None:
    assert plain(read(PICTURE.read_text())) == plain(shown.text), "make picture"


def test_the_picture_is_small_and_needs_nothing_from_elsewhere() -> None:
    picture = PICTURE.read_text()
    assert len(picture) < 60_000
    assert re.findall(r"https?://[^\s<\"]+", re.sub(r"<text.*?</text>", "", picture)) == ["http://www.w3.org/2000/svg"]
    assert "<script" not in picture
    assert "prefers-color-scheme: dark" in picture


def test_what_fails_is_shown_with_its_reason(tmp_path: Path) -> None:
    shown = show(tmp_path / "demo", "-e", "mcp_server_url=https://mcp.example.com/mcp/", NO_COLOR="1")
    assert shown.status == 1
    assert "✗ The preview failed.\n     Check that every step can be carried out:" in shown.text
    assert "use 'https://mcp.example.com/mcp'" in shown.text
    assert f"The full output of ansible-playbook: {shown.folder}/ansible-playbook.log" in shown.text
    assert "2. Run" not in shown.text
    assert not COLOURS.search(shown.raw)


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    command = [sys.executable, "-m", "demo", "--folder", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, [one.name for one in tmp_path.iterdir()]) == (2, ["mine"])
    assert "is there already" in done.stderr
