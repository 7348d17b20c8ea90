# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What `present` has added to a project, so that `absent` removes that and no more. Pure.

It is line 2 of the helper module, which is in the project's version control with the rest:
`// added: {"<policy name>": ["<address>", ...]}`. The module's code comes after an empty line.
"""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass

from .._errors import ProjectError
from .json_reader import JsonTextError, load
from .json_text import Path, pointer
from .project import HELPER

MARK = "// Written by mcp_ops.oauth.zuplo_mcp_oauth. Changes are lost; state=absent removes this file.\n"
_LINE = re.compile(r"// added: (\{.*\})\n")


def address(file: str, path: Path = ()) -> str:
    """A file, or a member of a JSON file as a URL reference with a JSON pointer."""
    return f"{file}#{pointer(path)}" if path else file


@dataclass(frozen=True)
class Ledger:
    """The addresses of what was added, by name of policy."""

    added: t.Mapping[str, frozenset[str]]

    def of(self, policy: str) -> frozenset[str]:
        return self.added.get(policy, frozenset())

    def others(self, policy: str) -> list[str]:
        return sorted(self.added.keys() - {policy})

    def note(self, policy: str, *addresses: str) -> Ledger:
        """With the policy, and these addresses added for it."""
        return Ledger({**self.added, policy: self.of(policy).union(addresses)})

    def forget(self, policy: str, *addresses: str) -> Ledger:
        """Without these addresses of the policy."""
        return Ledger({**self.added, policy: self.of(policy).difference(addresses)})

    def drop(self, policy: str) -> Ledger:
        return Ledger({name: added for name, added in self.added.items() if name != policy})


def read_ledger(helper: str | None) -> Ledger:
    """The ledger in the text of the helper module; None where there is no such file."""
    if helper is None:
        return Ledger({})
    text = unify_line_ends(helper)
    found = _LINE.match(text, len(MARK)) if text.startswith(MARK) else None
    if not found:
        raise ProjectError(
            "was not written by zuplo_mcp_oauth, which needs that name for a file of its own",
            where=HELPER,
            remedy="Rename the file, then run again.",
        )
    try:
        added = load(found.group(1))
    except JsonTextError:
        added = None
    lists = added.values() if isinstance(added, dict) else [None]
    if not all(isinstance(one, list) and all(isinstance(added, str) for added in one) for one in lists):
        raise ProjectError(
            "is not as zuplo_mcp_oauth wrote it: somebody has edited line 2, which lists what state=absent removes",
            where=HELPER,
            remedy="Restore that line from version control.",
        )
    return Ledger({policy: frozenset(addresses) for policy, addresses in added.items()})


def read_code(helper: str | None) -> str:
    """The code of the helper module; empty where there is none."""
    return unify_line_ends(helper or "").partition("\n\n")[2]


def write_helper(ledger: Ledger, code: str) -> str:
    """The text of the helper module."""
    added = {policy: sorted(addresses) for policy, addresses in sorted(ledger.added.items())}
    return f"{MARK}// added: {json.dumps(added, ensure_ascii=False)}\n\n{code}"


def unify_line_ends(text: str) -> str:
    """With the line ends that we write: version control may have changed them."""
    return text.replace("\r\n", "\n")
