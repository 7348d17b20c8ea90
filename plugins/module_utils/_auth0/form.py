# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What must be true of an object in an answer so that it can be worked with. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

_NAMES = {"dict": "object", "list": "list", "int": "number", "float": "number", "str": "text"}


@dataclass(frozen=True)
class Form:
    """`texts` are fields that are always there, as text that can be part of a URL; `lists` hold objects of a form.

    `fields` are described as Ansible describes options. Of these only what code relies on is checked: objects and lists
    where they are expected, numbers, and that texts are no objects or lists. Null counts as absent, but in a list.
    """

    texts: tuple[str, ...] = ()
    fields: t.Mapping[str, t.Any] = field(default_factory=dict)
    lists: t.Mapping[str, Form] = field(default_factory=dict)

    def find_fault(self, found: t.Any, path: str = "") -> str:
        """What is wrong with an object; empty where nothing is. `path` leads to it."""
        if not isinstance(found, dict):
            return f"{path or 'the answer'} is no object"
        for name in self.texts:
            if not _is_key(found.get(name)):
                return f"{_join(path, name)} is no text"
        for name, form in self.lists.items():
            members = found.get(name)
            if not isinstance(members, list):
                return f"{_join(path, name)} is no list"
            for number, one in enumerate(members):
                if fault := form.find_fault(one, f"{_join(path, name)}[{number}]"):
                    return fault
        return _fault_of_fields(self.fields, found, path)


ANY = Form()


def is_count(value: t.Any) -> t.TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def is_number(value: t.Any) -> t.TypeGuard[float]:
    """Whether a value is a number, finite, and as exact as JSON's are."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= 2**53


def _is_key(value: t.Any) -> bool:
    if not isinstance(value, str) or value in ("", ".", ".."):
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _fault_of_fields(fields: t.Mapping[str, t.Any], found: dict[str, t.Any], path: str) -> str:
    for name, spec in fields.items():
        if found.get(name) is not None and (fault := _fault(spec, found[name], _join(path, name))):
            return fault
    return ""


def _fault(spec: t.Mapping[str, t.Any], value: t.Any, path: str) -> str:
    kind = spec.get("type", "str")
    if not _fits(kind, value):
        return f"{path} is no {_NAMES.get(kind, kind)}"
    if kind == "dict":
        return _fault_of_fields(spec.get("options", {}), value, path)
    if kind == "list":
        member = {"type": spec.get("elements", "str"), "options": spec.get("options", {})}
        options = member["options"].items()
        keys = [name for name, option in options if option.get("required") and option["type"] == "str"]
        for number, one in enumerate(value):
            here = f"{path}[{number}]"
            if member["type"] == "str" and not isinstance(one, str):
                return f"{here} is no text"
            if fault := _fault(member, one, here):
                return fault
            for name in keys:
                if not isinstance(one.get(name), str):
                    return f"{here}.{name} is no text"
    return ""


def _fits(kind: str, value: t.Any) -> bool:
    if kind == "dict":
        return isinstance(value, dict)
    if kind == "list":
        return isinstance(value, list)
    if kind in ("int", "float"):
        return is_number(value)
    return not isinstance(value, (dict, list))


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
