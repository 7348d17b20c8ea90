# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Where the code of a TypeScript module uses a name, calls it, or imports it. Pure."""

from __future__ import annotations

import typing as t

from .typescript_lexer import MEMBER, Code

# What may stand before a method that is declared with the type of its result.
_MODIFIERS = ("async", "static", "public", "protected", "private", "abstract", "override")
_BEFORE_METHOD = ("{", "}", ";", ",", *_MODIFIERS)


def uses(code: Code, name: str) -> list[int]:
    """The indexes of a name, or of another one that it is imported as, other than that of a member (`a.name`).

    A member of a module that is imported as a whole (`* as a`) is a use as well.
    """
    known: set[str] = {name}
    modules: set[str] = set()
    for clause, _module in imports(code):
        known.update(code.text(index + 2) for index in clause if code.match(index, name, "as"))
        modules.update(code.text(index + 2) for index in clause if code.match(index, "*", "as"))
    return [
        index
        for index, token in enumerate(code.tokens)
        if (token.text in known and code.text(index - 1) not in MEMBER)
        or (token.text == name and _is_of_module(code, index, modules))
    ]


def uses_beyond_imports(code: Code, name: str) -> list[int]:
    """The indexes of its uses, without those that only import it."""
    imported = {index for clause, _module in imports(code) for index in clause}
    return [index for index in uses(code, name) if index not in imported]


def calls(code: Code, name: str) -> list[int]:
    """The indexes of a name that is called, and not declared, as a function or method; or that is made an object of."""
    found = []
    for index in uses(code, name):
        if _is_made(code, index):
            found.append(index)
            continue
        opening = index + 1 + code.match(index + 1, "!")
        opening += code.match(opening, "?.")
        if not code.match(opening, "("):
            continue
        before, after = code.text(index - 1), code.text(code.pairs[opening] + 1)
        method = after == "{" or (after == ":" and before in _BEFORE_METHOD)
        if before != "function" and not method:
            found.append(index)
    return found


def _is_made(code: Code, index: int) -> bool:
    """Whether `new` makes an object of a name, which may be in brackets or a member of a module."""
    first, last = index, index
    while code.text(first - 1) in MEMBER:
        first -= 2
    while code.match(first - 1, "(") and code.match(last + 1, ")"):
        first, last = first - 1, last + 1
    return code.match(first - 1, "new") and code.text(first - 2) not in MEMBER


def imports(code: Code) -> t.Iterator[tuple[range, str]]:
    """Of each import that names something: the indexes of what it names, and the module, without its quotes."""
    for index, token in enumerate(code.tokens):
        if token.text != "import" or token.kind != "word" or code.text(index - 1) in MEMBER:
            continue
        end = index + 1
        while code.token(end).kind == "word" or code.text(end) in ("{", ",", "*"):
            if code.match(end, "from") and code.token(end + 1).kind == "text":
                yield range(index + 1, end), code.text(end + 1)[1:-1]
                break
            end = code.pairs.get(end, end) + 1


def is_imported(code: Code, index: int, name: str, module: str) -> bool:
    """Whether a use of a name, whatever it is called there, is of the one that is imported from this module."""
    local, whole = code.text(index), code.text(index - 2) if code.match(index - 1, ".") else ""
    for clause, found in imports(code):
        if found != module or is_of_types(code, clause.start - 1):
            continue
        if whole and any(code.match(one, "*", "as", whole) for one in clause):
            return True
        if not whole and any(_names(code, one, name, local) for one in clause):
            return True
    return False


def is_of_types(code: Code, index: int) -> bool:
    """Whether this `import` or `export` is one of types alone."""
    return code.match(index + 1, "type") and code.text(index + 2) not in ("from", ",", "=")


def is_type(code: Code, name: str) -> bool:
    """Whether the source declares or imports the name as that of a type."""
    if any(code.text(index - 1) in ("type", "interface") for index in uses(code, name)):
        return True
    for clause, _module in imports(code):
        if is_of_types(code, clause.start - 1) and any(code.match(index, name) for index in clause):
            return True
    return False


def _names(code: Code, index: int, name: str, local: str) -> bool:
    """Whether an import has this name there, and calls it by that other one."""
    if not code.match(index, name) or code.text(index - 1) not in ("{", ","):
        return False
    return code.match(index + 1, "as", local) or (local == name and code.text(index + 1) in (",", "}"))


def _is_of_module(code: Code, index: int, modules: t.Container[str]) -> bool:
    return code.match(index - 1, ".") and code.text(index - 2) in modules and code.text(index - 3) not in MEMBER
