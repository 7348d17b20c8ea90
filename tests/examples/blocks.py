# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The code blocks of a page, and what is to be done with each.

- A block whose first line is a comment with a relative path is a file.
- `sh` is run; a `text` block directly after it is its output, in parts.
- `<!-- fails -->` before it: its last command fails. `<!-- not run: REASON -->` before a block: nothing is done.
- `yaml` without a path is a list of plays, a list of tasks, or variables of the role.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.integration.harness import ROOT

PAGES = ("*.md", "docs/*.md", "roles/*/README.md", "emulator/README.md")
FAILS = "fails"
NOT_RUN = re.compile(r"<!-- not run: (.+?) -->", re.DOTALL)
# With a folder or an ending; a single word is a remark.
PATH = re.compile(r"(?:#|//) (?P<path>(?:\.?[\w@-][\w@.-]*/)+\.?[\w@-][\w@.-]*|\.?[\w@-][\w@.-]*\.\w+)")
# A picture in words, which GitHub and the documentation site draw.
PICTURE = "mermaid"
RUNNABLE = ("sh", "yaml")
FILES = ("yaml", "json", "ini", "toml", "ts")


@dataclass(frozen=True)
class Block:
    """`line` counts from 1. `path` is that of the file that it is. `output` has the lines that a command must print."""

    page: str
    line: int
    language: str
    text: str
    path: str | None = None
    fails: bool = False
    not_run: str | None = None
    output: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.page}:{self.line}, {self.language or 'a block without a language'}\n{self.text}"


def pages() -> list[str]:
    found = sorted({path.relative_to(ROOT).as_posix() for pattern in PAGES for path in ROOT.glob(pattern)})
    return [page for page in found if page != "CHANGELOG.md"]


def read_page(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str, text: str) -> list[Block]:
    """In their order. The output of a command is part of its block."""
    tokens = MarkdownIt().parse(text)
    found: list[Block] = []
    for number, token in enumerate(tokens):
        if token.type == "code_block":
            found.append(_block(page, token, None))
        elif token.type == "fence":
            before = tokens[number - 1] if number else None
            comment = before.content.strip() if before and before.type == "html_block" else ""
            follows = before is not None and before.type == "fence" and bool(found) and found[-1].language == "sh"
            if token.info == "text" and follows:
                lines = tuple(line for line in token.content.splitlines() if line.strip() not in ("", "..."))
                found[-1] = Block(**{**vars(found[-1]), "output": lines})
            else:
                found.append(_block(page, token, comment))
    return found


def _block(page: str, token: Token, comment: str | None) -> Block:
    text = textwrap.dedent(token.content)
    first, _newline, rest = text.partition("\n")
    named = PATH.fullmatch(first.strip()) if token.info in FILES else None
    # JSON has no comments.
    content = rest if named and token.info == "json" else text
    assert token.map is not None
    excused = NOT_RUN.fullmatch(comment or "")
    return Block(
        page=page,
        line=token.map[0] + 1,
        language=token.info,
        text=content,
        path=named["path"] if named else None,
        fails=comment == f"<!-- {FAILS} -->",
        not_run=" ".join(excused[1].split()) if excused else None,
    )


def unclear(block: Block) -> str | None:
    """Why nothing can be done with a block, if so."""
    # In braces: a directive, which only the documentation site takes.
    if block.not_run is not None or block.path or block.language in (*RUNNABLE, PICTURE) or block.language[:1] == "{":
        return None
    if block.language == "text":
        return "it follows no sh block, so it is no output"
    if block.language in FILES:
        return "its first line names no file"
    return "nobody knows what to do with this language"
