# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What `present` has added to a project and replaced in it, so that `absent` takes back that and no more. Pure.

It is in the helper module, which is in the project's version control with the rest. Line 2 is
`// added: {"<policy name>": ["<address>", ...]}`. Where something was replaced, line 3 is
`// replaced: {"<address>": [<former text, or null>, "<text>", ...]}`. The module's code comes after an empty line.
"""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass, field, replace

from .._errors import ProjectError
from .json_reader import JsonTextError, load
from .json_text import Path, pointer
from .project import HELPER, POLICIES

MARK = "// Written by mcp_ops.oauth.zuplo_mcp_oauth. Changes are lost; state=absent removes this file.\n"
_LINES = re.compile(r"// added: (\{.*\})\n(?:// replaced: (\{.*\})\n)?")


def address(file: str, path: Path = ()) -> str:
    """A file, or a member of a JSON file as a URL reference with a JSON pointer."""
    return f"{file}#{pointer(path)}" if path else file


@dataclass(frozen=True)
class Ledger:
    """The addresses of what was added, by name of policy, and the texts at those where something was replaced.

    The first text is what was there before, None where nothing was; the others are what was written there. There can be
    several of these, because a run that is killed may have noted one and not written it.
    """

    added: t.Mapping[str, frozenset[str]]
    replaced: t.Mapping[str, tuple[str | None, ...]] = field(default_factory=dict)

    def of(self, policy: str) -> frozenset[str]:
        return self.added.get(policy, frozenset())

    def others(self, policy: str) -> list[str]:
        return sorted(self.added.keys() - {policy})

    def note(self, policy: str, *addresses: str) -> Ledger:
        """With the policy, and these addresses added for it."""
        return replace(self, added={**self.added, policy: self.of(policy).union(addresses)})

    def note_replaced(self, place: str, before: str | None, after: str) -> Ledger:
        """With a text that is written at an address, in place of what was there: somebody else's, or one of ours."""
        after = unify_line_ends(after)
        texts = self.replaced[place] if self.has_written(place, before) else (before,)
        texts = texts if after in texts[1:] else (*texts, after)
        return replace(self, replaced={**self.replaced, place: texts})

    def written(self, place: str) -> tuple[str, ...]:
        """The texts that were written at an address."""
        return t.cast("tuple[str, ...]", self.replaced.get(place, ())[1:])

    def has_written(self, place: str, text: str | None) -> bool:
        """Whether a text at an address is one of ours."""
        return text is not None and unify_line_ends(text) in self.written(place)

    def forget(self, policy: str, *addresses: str) -> Ledger:
        """Without these addresses of the policy."""
        return replace(self, added={**self.added, policy: self.of(policy).difference(addresses)})

    def drop(self, policy: str) -> Ledger:
        """Without the policy, and what was replaced in it."""
        own = address(POLICIES, ("policies", policy)) + "/"
        return Ledger(
            {name: added for name, added in self.added.items() if name != policy},
            {place: texts for place, texts in self.replaced.items() if not place.startswith(own)},
        )


def read_ledger(helper: str | None) -> Ledger:
    """The ledger in the text of the helper module; None where there is no such file."""
    if helper is None:
        return Ledger({})
    text = unify_line_ends(helper)
    found = _LINES.match(text, len(MARK)) if text.startswith(MARK) else None
    if not found:
        raise ProjectError(
            "was not written by zuplo_mcp_oauth, which needs that name for a file of its own",
            where=HELPER,
            remedy="Rename the file, then run again.",
        )
    added = _read_lists(found.group(1), 2, "lists what state=absent removes", str)
    replaced = _read_lists(found.group(2) or "{}", 3, "lists what state=absent puts back", (str, type(None)))
    return Ledger(
        {policy: frozenset(addresses) for policy, addresses in added.items()},
        {place: tuple(texts) for place, texts in replaced.items()},
    )


def _read_lists(text: str, line: int, what: str, kinds: type | tuple[type, ...]) -> dict[str, list[t.Any]]:
    try:
        found = load(text)
    except JsonTextError:
        found = None
    lists = found.values() if isinstance(found, dict) else [None]
    if not all(isinstance(one, list) and all(isinstance(item, kinds) for item in one) for one in lists):
        raise ProjectError(
            f"is not as zuplo_mcp_oauth wrote it: somebody has edited line {line}, which {what}",
            where=HELPER,
            remedy="Restore that line from version control.",
        )
    return t.cast("dict[str, list[t.Any]]", found)


def read_code(helper: str | None) -> str:
    """The code of the helper module; empty where there is none."""
    return unify_line_ends(helper or "").partition("\n\n")[2]


def write_helper(ledger: Ledger, code: str) -> str:
    """The text of the helper module."""
    added = {policy: sorted(addresses) for policy, addresses in sorted(ledger.added.items())}
    replaced = {place: list(texts) for place, texts in sorted(ledger.replaced.items())}
    lines = {"added": added, **({"replaced": replaced} if replaced else {})}
    return MARK + "".join(f"// {name}: {_dump(value)}\n" for name, value in lines.items()) + f"\n{code}"


def _dump(value: t.Any) -> str:
    """In one line, for TypeScript too: there, U+2028 and U+2029 end a comment."""
    text = json.dumps(value, ensure_ascii=False)
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def unify_line_ends(text: str) -> str:
    """With the line ends that we write: version control may have changed them."""
    return text.replace("\r\n", "\n")
