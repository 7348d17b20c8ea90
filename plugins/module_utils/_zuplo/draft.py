# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A project on its way from what is there to what will be: each edit makes a new draft. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from .._types import Object
from . import json_text
from .ledger import Ledger, address, read_ledger
from .project import HELPER, Files, Project


@dataclass(frozen=True)
class Draft:
    """A project as edited so far for one policy, and the ledger that goes with it."""

    project: Project
    ledger: Ledger
    policy_name: str

    @classmethod
    def of(cls, project: Project, policy_name: str) -> Draft:
        """The project as it is. Raises ProjectError for a ledger that somebody has edited."""
        return cls(project, read_ledger(project.files.get(HELPER)), policy_name)

    @property
    def files(self) -> Files:
        return self.project.files

    def put(self, file: str, text: str) -> Draft:
        """With the text of a file."""
        return self if self.files.get(file) == text else self._with({**self.files, file: text})

    def delete(self, file: str) -> Draft:
        """Without a file."""
        return self._with({name: text for name, text in self.files.items() if name != file})

    def insert(self, file: str, path: json_text.Path, value: t.Any, *, first: bool = False) -> Draft:
        return self.put(file, json_text.insert(self.files[file], path, value, first=first))

    def merge(self, file: str, path: json_text.Path, value: t.Any) -> Draft:
        return self.put(file, json_text.merge(self.files[file], path, value))

    def remove(self, file: str, path: json_text.Path) -> Draft:
        return self.put(file, json_text.remove(self.files[file], path))

    def note(self, file: str, path: json_text.Path = ()) -> Draft:
        """With a note that this file, or this member of it, was added for the policy."""
        return replace(self, ledger=self.ledger.note(self.policy_name, address(file, path)))

    def has_added(self, file: str, path: json_text.Path = ()) -> bool:
        return address(file, path) in self.ledger.of(self.policy_name)

    def load(self, file: str) -> Object:
        """The value of a JSON file."""
        return t.cast("Object", json_text.load(self.files[file]))

    def _with(self, files: Files) -> Draft:
        return replace(self, project=Project(files))
