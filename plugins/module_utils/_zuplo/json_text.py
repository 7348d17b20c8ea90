# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Edit JSON as text: what an edit does not name keeps every byte, its order and its formatting. Pure.

A path is the keys and indexes from the root. Each method takes time in proportion to the size of the text, however many
places it edits.
"""

from __future__ import annotations

import bisect
import functools
import json
import re
import typing as t
from dataclasses import dataclass

from .json_reader import Node, load, scan, skip

Path = tuple[t.Union[str, int], ...]

_BLANK = re.compile(r"[ \t]*")


@dataclass(frozen=True)
class Insertion:
    """A new member or item at a path: a member at the end of its object, an item before the one with its index."""

    path: Path
    value: t.Any


class Document:
    """A text, which is not changed: each edit makes a new one."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._nodes: dict[Path, Node | None] = {}

    @functools.cached_property
    def value(self) -> t.Any:
        """Every number, text and literal is as `json` reads it; a repeated key is refused. Not to be changed."""
        return load(self.text)

    def find(self, path: Path) -> Node | None:
        """What is at a path, in a text that has a `value`."""
        if path not in self._nodes:
            self._nodes[path] = self._find(path)
        return self._nodes[path]

    def _find(self, path: Path) -> Node | None:
        if not path:
            return scan(self.text, skip(self.text, 0))
        parent = self.find(path[:-1])
        part = parent.parts.get(path[-1]) if parent else None
        return scan(self.text, part.start) if part else None

    def merge(self, path: Path, wanted: t.Any) -> Document:
        """Write what is wanted at a path whose parent exists; members of objects that it does not name stay."""
        node = self.find(path)
        if node is None:
            return self.insert(Insertion(path, wanted))
        current = functools.reduce(lambda value, step: value[step], path, self.value)
        if isinstance(wanted, dict) and isinstance(current, dict):
            document = self
            for key, value in wanted.items():
                document = document.merge((*path, key), value)
            return document
        if json.dumps(current) == json.dumps(wanted):
            return self
        return self._splice([(node.start, node.end, self._dump(wanted, self._indent(node.start)))])

    def text_at(self, path: Path) -> str | None:
        """The text of what is at a path; None where nothing is."""
        node = self.find(path)
        return self.text[node.start : node.end] if node else None

    def substitute(self, path: Path, text: str) -> Document:
        """With a text, which is JSON, in place of what is at a path."""
        node = t.cast("Node", self.find(path))
        return self._splice([(node.start, node.end, text)])

    def insert(self, *insertions: Insertion) -> Document:
        """Each into another parent; into one that has parts, several at the end as well, in this order."""
        return self._splice([self._insert(one) for one in insertions])

    def _insert(self, one: Insertion) -> tuple[int, int, str]:
        text, parent, key = self.text, self._parent(one.path), one.path[-1]
        name = f"{self._dump(key)}: " if isinstance(key, str) else ""
        if not parent.parts:
            at, outer = parent.start + 1, self._indent(parent.start)
            if at < parent.end - 1:
                return at, at, name + self._dump(one.value)
            inner = outer + self._unit
            return at, at, f"{self._newline}{inner}{name}{self._dump(one.value, inner)}{self._newline}{outer}"
        parts = list(parent.parts.values())
        before = min(key, len(parts)) if isinstance(key, int) else len(parts)
        beside = parts[max(before - 1, 0)]
        gap = text[_skip_back(text, beside.begin) : beside.begin] or " "
        content = name + self._dump(one.value, self._indent(beside.begin) if "\n" in gap else None)
        if before == 0:
            return beside.begin, beside.begin, content + "," + gap
        return beside.end, beside.end, "," + gap + content

    def remove(self, *paths: Path) -> Document:
        """Members or items, with the comma and the space that `insert` put beside them.

        Each is of another parent, or none of them is the first of its parent.
        """
        return self._splice([(*self._locate(path), "") for path in paths])

    def _locate(self, path: Path) -> tuple[int, int]:
        """From where to where to cut."""
        parent, key = self._parent(path), path[-1]
        keys, parts = list(parent.parts), list(parent.parts.values())
        index = keys.index(key)
        part = parts[index]
        if index:
            return parts[index - 1].end, part.end
        if parts[1:]:
            return part.begin, parts[1].begin
        if parent.start + 1 < part.begin and part.end < parent.end - 1:
            return parent.start + 1, parent.end - 1
        return part.begin, part.end

    def _parent(self, path: Path) -> Node:
        parent = self.find(path[:-1])
        if parent is None:
            raise KeyError(pointer(path[:-1]))
        return parent

    def _splice(self, splices: t.Iterable[tuple[int, int, str]]) -> Document:
        pieces: list[str] = []
        at = 0
        for start, end, text in sorted(splices, key=lambda splice: splice[:2]):
            pieces += self.text[at:start], text
            at = end
        return Document("".join([*pieces, self.text[at:]]))

    # -- the layout of the text --

    @functools.cached_property
    def _newline(self) -> str:
        return "\r\n" if "\r\n" in self.text else "\n"

    @functools.cached_property
    def _unit(self) -> str:
        """One step of indentation."""
        found = re.search(r"^([ \t]+)\S", self.text, re.MULTILINE)
        return found.group(1) if found else "  "

    @functools.cached_property
    def _lines(self) -> list[int]:
        return [0, *(found.end() for found in re.finditer("\n", self.text))]

    def _indent(self, at: int) -> str:
        """The indentation of the line of a position."""
        line = self._lines[bisect.bisect_right(self._lines, at) - 1]
        return t.cast("re.Match[str]", _BLANK.match(self.text, line, at)).group()

    def _dump(self, value: t.Any, indent: str | None = None) -> str:
        """In one line, or over several as the text has them, of which all but the first are indented."""
        if indent is None:
            return json.dumps(value, ensure_ascii=False)
        return json.dumps(value, ensure_ascii=False, indent=self._unit).replace("\n", self._newline + indent)


def value_at(value: t.Any, *keys: str) -> t.Any:
    """What is at these keys below a value; None where one is absent, or its parent is not an object."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def pointer(path: Path) -> str:
    """A path as a JSON pointer (RFC 6901)."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def _skip_back(text: str, at: int) -> int:
    while at and text[at - 1] in " \t\r\n":
        at -= 1
    return at
