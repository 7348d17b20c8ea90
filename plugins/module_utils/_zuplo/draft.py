# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A project on its way from what is there to what will be: each edit makes a new draft. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from .._types import Object
from .json_text import Document, Insertion, Path
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

    def put(self, file: str, text: str | Document) -> Draft:
        """With the text of a file."""
        same = self.files.get(file) == (text if isinstance(text, str) else text.text)
        return self if same else replace(self, project=self.project.put(file, text))

    def delete(self, file: str) -> Draft:
        """Without a file."""
        return replace(self, project=self.project.delete(file))

    def insert(self, file: str, *insertions: Insertion) -> Draft:
        """Each into another parent."""
        return self.put(file, self.project.documents[file].insert(*insertions))

    def merge(self, file: str, path: Path, value: t.Any) -> Draft:
        return self.put(file, self.project.documents[file].merge(path, value))

    def remove(self, file: str, *paths: Path) -> Draft:
        """Each from another parent."""
        return self.put(file, self.project.documents[file].remove(*paths))

    def note(self, file: str, *paths: Path) -> Draft:
        """With a note that these members of a file, or the file itself, were added for the policy."""
        addresses = [address(file, path) for path in paths or ((),)]
        return replace(self, ledger=self.ledger.note(self.policy_name, *addresses))

    def has_added(self, file: str, path: Path = ()) -> bool:
        return address(file, path) in self.ledger.of(self.policy_name)

    def load(self, file: str) -> Object:
        """The value of a JSON file."""
        return t.cast("Object", self.project.documents[file].value)
