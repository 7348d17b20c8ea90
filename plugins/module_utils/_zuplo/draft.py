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

    def forget(self, *addresses: str) -> Draft:
        """Without the notes of what was added at these addresses."""
        return replace(self, ledger=self.ledger.forget(self.policy_name, *addresses))

    def correct(self, file: str, path: Path, value: t.Any, noted: Path) -> Draft:
        """With a value in a JSON file that was there before, and a note of what it replaces."""
        before, draft = self.text_at(file, path), self.merge(file, path, value)
        return draft if draft is self else draft.note_replaced(file, noted, before, str(draft.text_at(file, path)))

    def restore(self, file: str, path: Path, noted: Path) -> Draft:
        """With what was there before `correct`, where there still is what that wrote."""
        place = address(file, noted)
        if not self.ledger.has_written(place, self.text_at(file, path)):
            return self
        former = self.ledger.replaced[place][0]
        if former is None:
            return self.remove(file, path)
        return self.put(file, self.project.documents[file].substitute(path, former))

    def note_replaced(self, file: str, noted: Path, before: str | None, after: str) -> Draft:
        ledger = self.ledger.note(self.policy_name).note_replaced(address(file, noted), before, after)
        return replace(self, ledger=ledger)

    def has_added(self, file: str, path: Path = ()) -> bool:
        return address(file, path) in self.ledger.of(self.policy_name)

    def text_at(self, file: str, path: Path) -> str | None:
        return self.project.documents[file].text_at(path)

    def load(self, file: str) -> Object:
        """The value of a JSON file."""
        return t.cast("Object", self.project.documents[file].value)
