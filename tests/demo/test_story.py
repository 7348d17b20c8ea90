# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the demo makes of runs that are not as they should be."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from rich.console import Console

from demo.playbook import Run
from demo.story import Story

API = {"before_header": "API x", "after_header": "API x", "before": {}, "after": {"name": "x"}}
FLAGS: dict[str, Any] = {
    "before_header": "tenant flags",
    "after_header": "tenant flags",
    "before": {"flags": {"a": False, "b": 1}, "gone": [1]},
    "after": {"flags": {"a": True, "b": 1}, "gone": None},
}


def changed(name: str, *diff: dict[str, Any]) -> dict[str, Any]:
    return {"task": name, "status": "ok", "changed": True, "diff": list(diff)}


def story() -> tuple[Story, io.StringIO]:
    output = io.StringIO()
    made = Story(Console(file=output, width=40, highlight=False), Path("folder"))
    with made.step("A step", ["playbook"]):
        pass
    return made, output


def test_a_change_is_told_field_by_field() -> None:
    made, output = story()
    assert made.show_preview(Run(0, [changed("a", API), changed("b", FLAGS)], ""))
    assert output.getvalue().splitlines()[3:] == [
        "   create API x",
        "   change tenant flags",
        "            flags.a: false → true",
        "            gone: [1] → null",
        "   ✓ A run would make 2 changes. Nothing was written.",
    ]


def test_a_run_that_does_something_else_than_the_preview_fails() -> None:
    preview = Run(0, [changed("a", API), changed("b", FLAGS)], "")
    other = {**FLAGS, "after": {**FLAGS["after"], "gone": [2]}}
    for tasks in (
        [changed("a", API), changed("b", other)],
        [changed("a", API)],
        [changed("a", API), changed("b", FLAGS, FLAGS)],
    ):
        made, output = story()
        assert not made.show_first(Run(0, tasks, ""), preview)
        assert "✗ The run did not change what the preview had shown:\n     tenant flags\n" in output.getvalue()
    made, output = story()
    assert made.show_first(preview, preview)
    assert "2 changes made" in output.getvalue()


def test_a_second_run_that_changes_something_fails() -> None:
    made, output = story()
    assert not made.show_second(Run(0, [changed("Write it")], ""))
    assert "✗ The second run changed something:\n     Write it\n" in output.getvalue()


def test_a_failure_shows_tasks_and_findings_or_the_end_of_the_output() -> None:
    task = {"task": "Log in", "status": "failed", "msg": "No such client."}
    finding = {"name": "pkce", "status": "fail", "seen": "no S256"}
    check = {"task": "Check", "status": "ok", "findings": [finding, {"name": "url", "status": "pass", "seen": "x"}]}
    made, output = story()
    assert not made.show_preview(Run(2, [task, check], "not shown"))
    assert "     Log in: No such client.\n     pkce: no S256\n\nThe demo failed." in output.getvalue()
    assert "not shown" not in output.getvalue()

    made, output = story()
    assert not made.show_second(Run(4, [], "\n".join(map(str, range(100)))))
    assert "     80\n     81\n" in output.getvalue()
    assert "     79\n" not in output.getvalue()


def test_what_is_no_terminal_gets_no_escape_sequence() -> None:
    made, output = story()
    made.show_preview(Run(0, [changed("a", API)], ""))
    assert "\x1b" not in output.getvalue()
