# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The examples that `ansible-doc` shows, and playbooks made of them."""

from __future__ import annotations

import ast
import copy
import json
import re
import typing as t
from dataclasses import dataclass
from pathlib import Path

import yaml
from jinja2 import Environment, nodes

from tests.examples.placeholders import Placeholders
from tests.integration.harness import ROOT

ARTICLE = "mcp_ops.oauth."
Tasks = list[dict[str, t.Any]]
# What Ansible itself defines.
MAGIC = {"item", "playbook_dir", "omit"}
FOLDERS = ("plugins/modules", "plugins/filter")


@dataclass(frozen=True)
class Example:
    """The block EXAMPLES of one module or filter, as its reader pastes it: `content` is a list of tasks or of plays."""

    name: str
    text: str

    @property
    def content(self) -> Tasks:
        return list(yaml.safe_load(self.text))

    @property
    def has_plays(self) -> bool:
        return "hosts" in self.content[0]

    def variables(self) -> set[str]:
        """Those that it needs: named in an expression and not set there; of a tenant, also those named in a comment."""
        expressions = (Environment().parse(text) for text in re.findall(r"{{.*?}}", self.text, re.DOTALL))
        used = {name.name for expression in expressions for name in expression.find_all(nodes.Name)}
        own = {value for key, value in _pairs(self.content) if key == "register"}
        own |= {name for key, value in _pairs(self.content) if key == "vars" for name in value}
        comments = " ".join(re.findall(r"^#.*$", self.text, re.MULTILINE))
        return (used - own - MAGIC) | set(re.findall(r"\bauth0_\w+\b", comments))

    def write(self, folder: Path, thrice: bool) -> None:
        """As the playbook of the folder, on a host named after the folder. `thrice`: see `in_phases`."""
        plays: Tasks = self.content
        if not self.has_plays:
            plays = [{"hosts": folder.name, "gather_facts": False, "tasks": self.content}]
        if thrice:
            plays = [{**play, "tasks": in_phases(play["tasks"])} for play in plays]
        (folder / "playbook.yml").write_text(json.dumps(plays, indent=1), encoding="utf-8")


def _pairs(node: t.Any) -> t.Iterator[tuple[str, t.Any]]:
    for item in node if isinstance(node, list) else []:
        yield from _pairs(item)
    for key, value in node.items() if isinstance(node, dict) else []:
        yield key, value
        yield from _pairs(value)


def in_phases(tasks: Tasks) -> Tasks:
    """Each task of the collection first in check mode, then for real, then once more, named after its phase."""
    made: Tasks = []
    for task in tasks:
        if "block" in task:
            made.append({**task, "block": in_phases(task["block"])})
        elif not any(key.startswith(ARTICLE) for key in task) or task.get("check_mode"):
            made.append(task)
        else:
            name = task["name"]
            preview = {**copy.deepcopy(task), "name": f"preview: {name}", "check_mode": True, "diff": True}
            again = {**copy.deepcopy(task), "name": f"again: {name}"}
            for other in (preview, again):
                other.pop("register", None)
            made += [preview, {**task, "name": f"run: {name}", "diff": True}, again]
    return made


def examples(placeholders: Placeholders) -> list[Example]:
    """Of every module and filter; none may be without."""
    found = []
    for path in sorted(path for folder in FOLDERS for path in (ROOT / folder).glob("*.py")):
        values = [
            ast.literal_eval(node.value)
            for node in ast.parse(path.read_text(encoding="utf-8")).body
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "EXAMPLES"
        ]
        found += [Example(path.stem, placeholders.fill(value)) for value in values or [""]]
    return found
