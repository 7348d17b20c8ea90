# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The picture of what the demo prints, docs/images/demo.svg: `python -m demo.picture` runs the demo and draws it."""

from __future__ import annotations

import io
import re
import shutil
import sys
from xml.etree import ElementTree

from rich.console import Console
from rich.terminal_theme import TerminalTheme

from .__main__ import FOLDER, ROOT, tell
from .story import WIDTH

PICTURE = ROOT / "docs" / "images" / "demo.svg"
SVG = "{http://www.w3.org/2000/svg}"
Colour = tuple[int, int, int]
MARGIN = 12
# The width of a letter that rich assumes: 0.61 of its height, 20.
COLUMN = 12.2


def _theme(background: Colour, text: Colour, **colours: Colour) -> TerminalTheme:
    names = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
    return TerminalTheme(background, text, [colours.get(name, text) for name in names])


# As in docs/images/tools.svg.
LIGHT = _theme(
    (246, 248, 250), (31, 35, 40), red=(207, 34, 46), green=(26, 127, 55), yellow=(154, 103, 0), cyan=(9, 105, 218)
)
DARK = _theme(
    (21, 27, 35), (240, 246, 252), red=(248, 81, 73), green=(63, 185, 80), yellow=(210, 153, 34), cyan=(88, 166, 255)
)
FORMAT = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {{width}} {{height}}" role="img" aria-labelledby="title">
<title id="title">{title}</title>
<style>
text {{{{ font: 20px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; white-space: pre }}}}
.screen {{{{ fill: {light} }}}}
{{styles}}
@media (prefers-color-scheme: dark) {{{{
.screen {{{{ fill: {dark} }}}}
{dark_styles}
}}}}
</style>
<defs>{{lines}}</defs>
<rect class="screen" width="100%" height="100%" rx="8"/>
<g transform="translate({margin}, {margin})">{{backgrounds}}{{matrix}}</g>
</svg>
"""


def draw(console: Console, title: str) -> str:
    """What was printed to a console that records, as an SVG for light and dark pages."""
    dark = console.export_svg(theme=DARK, code_format="{styles}", clear=False, unique_id="demo")
    form = FORMAT.format(
        title=title,
        light=LIGHT.background_color.hex,
        dark=DARK.background_color.hex,
        dark_styles=dark.replace("{", "{{").replace("}", "}}"),
        margin=MARGIN,
    )
    return console.export_svg(theme=LIGHT, code_format=form, unique_id="demo")


def read(svg: str) -> str:
    """The text in such a picture."""
    lines: dict[float, str] = {}
    for one in ElementTree.fromstring(svg).iter(f"{SVG}text"):
        y, column = float(one.attrib["y"]), round(float(one.attrib["x"]) / COLUMN)
        lines[y] = lines.get(y, "").ljust(column) + (one.text or "")
    return "\n".join(line.replace("\xa0", " ").rstrip() for _y, line in sorted(lines.items()))


def plain(output: str) -> str:
    """Lines without what is another in each run: the port, and the folder of the demo."""
    output = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", output)
    output = re.sub(r"\S+/(ansible-playbook\.log|gateway)$", r"FOLDER/\1", output, flags=re.MULTILINE)
    return "\n".join(line.rstrip() for line in output.splitlines() if line.strip())


def main() -> int:
    shutil.rmtree(FOLDER, ignore_errors=True)
    console = Console(
        file=io.StringIO(), record=True, width=WIDTH, force_terminal=True, force_interactive=False, highlight=False
    )
    if not tell(console, FOLDER):
        print(console.export_text(), file=sys.stderr)
        return 1
    PICTURE.write_text(draw(console, "What make demo prints"), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
