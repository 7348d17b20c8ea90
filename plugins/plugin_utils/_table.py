# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The report of a check on the terminal."""

from __future__ import annotations

import typing as t

from ansible import constants
from ansible.utils.display import Display


def show(lines: t.Iterable[str]) -> None:
    """Print the lines, each with the colour of the status with which it or one before it begins.

    Nothing where a program reads what is printed.
    """
    if "json" in constants.DEFAULT_STDOUT_CALLBACK:
        return
    colours = {
        "PASS": constants.COLOR_OK,
        "FAIL": constants.COLOR_ERROR,
        "WARN": constants.COLOR_WARN,
        "SKIP": constants.COLOR_SKIP,
    }
    colour: str | None = None
    for line in filter(None, lines):
        # The lines below a finding are indented.
        colour = colour if line.startswith(" ") else colours.get(line[:4])
        Display().display(line, color=colour)
