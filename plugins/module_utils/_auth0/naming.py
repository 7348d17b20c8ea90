# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which objects the members of an option mean: users and groups, by id or by a name that several can have. Pure."""

from __future__ import annotations

import typing as t
from collections import Counter
from dataclasses import dataclass

from .._types import Object


@dataclass(frozen=True)
class Match:
    """The members with their id, those that name nothing, and sentences about those that name no single object."""

    resolved: list[Object]
    unknown: list[str]
    faults: list[str]


@dataclass(frozen=True)
class Naming:
    """How the members of `option` name objects of a kind, called `noun` in the plural."""

    option: str
    noun: str
    names: tuple[str, ...]
    """Of a member, exactly one of them is given: the first is Auth0's id, the others may have a `connection`."""

    @property
    def spec(self) -> dict[str, t.Any]:
        """The option, as Ansible describes it."""
        return {
            "type": "list",
            "elements": "dict",
            "options": {name: {"type": "str"} for name in (*self.names, "connection")},
        }

    def find_faults(self, members: t.Sequence[Object]) -> list[str]:
        faults = []
        for index, one in enumerate(members):
            where = f"{self.option}[{index}]"
            named = [name for name in self.names if name in one]
            if len(named) != 1:
                faults.append(f"{where} must have exactly one of {', '.join(self.names)}")
            elif named[0] == self.names[0] and "connection" in one:
                faults.append(f"{where} has {self.names[0]}, which needs no connection")
            faults += [f"{where}.{name} is empty" for name, value in one.items() if not value.strip()]
        counts = Counter(map(self.describe, members)) if not faults else Counter()
        return faults or [f"{self.option} lists {name} twice" for name, count in counts.items() if count > 1]

    def describe(self, member: Object) -> str:
        """How an object is named. The case of an email does not count."""
        name = next(name for name in self.names if name in member)
        value = member[name].lower() if name == "email" else member[name]
        return f"{name} '{value}'" + (f" of the connection '{member['connection']}'" if "connection" in member else "")

    def match(
        self,
        members: t.Sequence[Object],
        find: t.Callable[[Object], t.Sequence[Object]],
        connections: t.Callable[[Object], t.Sequence[str]],
    ) -> Match:
        """`find` gives the objects that a member may name, `connections` tells those that an object comes from."""
        key = self.names[0]
        resolved: dict[str, Object] = {}
        unknown, faults = [], []
        for one in members:
            found = find(one)
            if not found:
                unknown.append(self.describe(one))
            elif len(found) > 1:
                faults.append(self._ambiguous(one, [(each[key], ", ".join(connections(each))) for each in found]))
            elif (identity := found[0][key]) in resolved:
                noun = self.noun.removesuffix("s")
                faults.append(
                    f"{self.option} lists the {noun} {identity} twice, the second time as {self.describe(one)}."
                )
            else:
                resolved[identity] = {**one, key: identity}
        return Match(list(resolved.values()), unknown, faults)

    def _ambiguous(self, member: Object, found: t.Sequence[tuple[str, str]]) -> str:
        listed = ", ".join(f"{identity} ({names})" for identity, names in found)
        way = (
            self.names[0]
            if len({names for _identity, names in found}) == 1
            else f"{self.names[0]} or with its connection"
        )
        those = f"{len(found)} {self.noun} with the {self.describe(member)}"
        return f"The tenant has {those}: {listed}. Name one by its {way}."
