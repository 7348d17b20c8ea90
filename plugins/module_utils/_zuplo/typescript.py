# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Put a call into a TypeScript function as two lines, take the two out again, and read what is there. Pure.

What cannot be done safely raises `SourceError`, whose text says why; the source is never guessed at.
"""

from __future__ import annotations

import json
import re
import typing as t

from . import typescript_names as names
from .typescript_lexer import HASHBANG, LINE_ENDS, MEMBER, Code, SourceError, lex

_BOM = "\ufeff"
_REST_OF_LINE = re.compile(rf"[ \t]*(?:\r\n|[{LINE_ENDS}]|\Z)")
_EXTENSION = re.compile(r"\.[cm]?[jt]s\Z")
_NAME = r"[A-Za-z_$][\w$]*"
_TYPE = r"(?:\s*:\s*[\w$.<>]+)?\s*"
_FUNCTION = r"""
    ^export\s+(?:
        (?:async\s+)?function\s+{name}\s*\(\s*(?P<a>{argument}){type}(?:,\s*)?\){type}
      | const\s+{name}\s*=\s*(?:async\s*)?\(\s*(?P<b>{argument}){type}(?:,\s*)?\){type}=>\s*
    )\{{
"""


def mentions(source: str, name: str) -> bool:
    """Whether the code uses a name, other than that of a member or a type. To import it is no use of it."""
    code = lex(source)
    used = names.uses_beyond_imports(code, name)
    return bool(used) and (bool(names.calls(code, name)) or not names.is_type(code, name))


def calls(source: str, name: str) -> bool:
    """Whether the code calls a function or makes an object of a class."""
    return bool(names.calls(lex(source), name))


def imports_modules(source: str) -> bool:
    """Whether it imports files of the project, and not only libraries and types.

    A module counts whose name is decided when the code runs: it may be such a file.
    """
    code, of_types = lex(source), False
    for index, token in enumerate(code.tokens):
        if token.kind != "word" or code.text(index - 1) in MEMBER:
            continue
        if token.text in ("import", "export"):
            of_types = names.is_of_types(code, index)
        called = token.text in ("import", "require") and code.match(index + 1, "(")
        module = code.token(index + 2 if called else index + 1)
        literal = module.kind in ("text", "template") and code.text(index + 3) in (")", ",")
        if called and (not literal or module.text[1] == "."):
            return True
        if token.text in ("import", "from") and module.kind == "text" and module.text[1] == "." and not of_types:
            return True
    return False


def first_text(source: str, key: str) -> str | None:
    """What stands first in the list that is the value of a property, without its quotes.

    A template literal is returned as it stands, with its `${`. None where it is no text or one with escapes, and where
    several properties of that name differ in it.
    """
    code = lex(source)
    found = {_first_item(code, index + 2) for index in _properties(code, key)}
    return found.pop() if len(found) == 1 else None


def text_of(source: str, key: str) -> str | None:
    """The text that is the value of a property; None where it cannot be read, or several properties differ in it.

    It cannot be read either where the name stands for something else as well, or may be that of a type's member.
    """
    code = lex(source)
    properties = _properties(code, key)
    if _names_of(code, key) != properties or not all(_is_of_value(code, index) for index in properties):
        return None
    values = [(code.token(index + 2), code.text(index + 3)) for index in properties]
    found = {decode(value.text) if value.kind == "text" and after in (",", "}") else None for value, after in values}
    return found.pop() if len(found) == 1 else None


def decode(literal: str) -> str | None:
    """The text of a literal in its quotes; None where it has an escape that JSON does not have."""
    if "\\" not in literal:
        return literal[1:-1]
    try:
        return str(json.loads(literal))
    except ValueError:
        return None


def encode(text: str, like: str = '"') -> str:
    """A text as a literal, in the quotes of another one where nothing in it needs an escape."""
    literal, quote = json.dumps(text), like[0]
    return literal if "\\" in literal or quote in text or "${" in text else f"{quote}{text}{quote}"


def add_call(source: str, function: str, call: str, module: str) -> tuple[str, frozenset[str]]:
    """Let the exported function begin with `call(its argument)`, and import `call` from the module; both just once.

    Returns the source, and which of `call` and `import` was added.
    """
    bom, source = _split_bom(source)
    code = lex(source)
    argument, opening = _find_function(code, function)
    imported = _EXTENSION.sub("", code.text(_find_import(code, call))[1:-1]) == module
    if names.uses(code, call) and not imported:
        raise SourceError(f"it has a {call} of its own")
    called = names.calls(code, call)
    if called and not any(opening < index < code.pairs[opening] for index in called):
        raise SourceError(f"it calls {call}, but not in {function}")
    newline = "\r\n" if "\r\n" in source else "\n"
    lines = {}
    if not called:
        lines["call"] = code.tokens[opening].end, f"{newline}  {call}({argument});"
    if not imported:
        lines["import"] = _first_import(code), f'import {{ {call} }} from "{module}";{newline}'
    for at, line in sorted(lines.values(), reverse=True):
        source = source[:at] + line + source[at:]
    return bom + source, frozenset(lines)


def remove_call(source: str, call: str, added: t.Container[str]) -> str:
    """Take out what `add_call` put in, and nothing else; SourceError where the source still uses `call` then."""
    bom, source = _split_bom(source)
    for part, cut in (("call", _cut_call), ("import", _cut_import)):
        if part in added:
            source = cut(lex(source), call)
    if names.uses(lex(source), call):
        raise SourceError(f"it uses {call} in further places, which zuplo_mcp_oauth has not added")
    return bom + source


def _split_bom(source: str) -> tuple[str, str]:
    return (_BOM, source[1:]) if source.startswith(_BOM) else ("", source)


# -- what is there ----------------------------------------------------------------------------------------------------


def _names_of(code: Code, key: str) -> list[int]:
    """The indexes of a key, in quotes or not, other than that of a member (`a.key`)."""
    keys = (key, f'"{key}"', f"'{key}'")
    return [
        index for index, token in enumerate(code.tokens) if token.text in keys and code.text(index - 1) not in MEMBER
    ]


def _properties(code: Code, key: str) -> list[int]:
    """The indexes of a key in literals of objects."""
    return [
        index for index in _names_of(code, key) if code.text(index - 1) in ("{", ",") and code.match(index + 1, ":")
    ]


def _is_of_value(code: Code, index: int) -> bool:
    """Whether the braces around a property are sure to be those of a value, and not of a type."""
    opening = max(one for one, closing in code.pairs.items() if one < index < closing and code.match(one, "{"))
    before = code.text(opening - 1)
    return before in ("(", "[", ",", "return") or (before == "=" and code.text(opening - 3) in ("const", "let", "var"))


def _first_item(code: Code, index: int) -> str | None:
    """Of the list that begins there."""
    first = last = index + 1
    if not code.match(index, "[") or code.token(first).kind not in ("text", "template"):
        return None
    while code.text(last).endswith("${"):
        last = code.pairs[last]
    text = code.source[code.tokens[first].start + 1 : code.tokens[last].end - 1]
    return text if code.text(last + 1) in (",", "]") and ("${" in text or "\\" not in text) else None


# -- where to edit ----------------------------------------------------------------------------------------------------


def _find_function(code: Code, function: str) -> tuple[str, int]:
    """The name of its argument, and the index of its opening brace."""
    pattern = _FUNCTION.format(name=re.escape(function), argument=_NAME, type=_TYPE)
    indexes = {code.tokens[index].start: index for index in code.top_level()}
    found = list(re.finditer(pattern, code.blank, re.MULTILINE | re.VERBOSE))
    if len(found) != 1 or not {found[0].start(), found[0].end() - 1} <= indexes.keys():
        raise SourceError(
            f"it exports no function {function} with one named argument, which could be extended. It looks like "
            f"'export function {function}(runtime: RuntimeExtensions) {{ ... }}'"
        )
    return found[0].group("a") or found[0].group("b"), indexes[found[0].end() - 1]


def _find_import(code: Code, call: str) -> int:
    """The index of the module's name where this alone is imported; -1 where it is not."""
    for index in names.uses(code, call):
        if code.match(index - 2, "import", "{", call, "}", "from") and code.token(index + 3).kind == "text":
            return index + 3
    return -1


def _first_import(code: Code) -> int:
    """The position of the first import that begins a line, else of the first line."""
    for index in code.top_level():
        start = code.tokens[index].start
        if code.match(index, "import") and code.text(index + 1) not in ("(", ".") and _begins_line(code, start):
            return start
    hashbang = HASHBANG.match(code.source)
    return hashbang.end() if hashbang else 0


def _begins_line(code: Code, at: int) -> bool:
    return at == 0 or code.source[at - 1] in LINE_ENDS


def _cut_call(code: Code, call: str) -> str:
    """Without the first statement that calls it with a name, and without the line end before that."""
    source = code.source
    for index in names.calls(code, call):
        last, before = _statement_end(code, index + 3), code.token(index - 1)
        gap = source[before.end : code.tokens[index].start].rstrip(" \t")
        plain = code.match(index + 1, "(", code.text(index + 2), ")") and code.token(index + 2).kind == "word"
        if not plain or before.text not in ("{", "}", ";") or gap[-1:] != "\n" or not _may_cut(code, index, last):
            continue
        start, end = before.end + len(gap), code.tokens[last].end
        # What follows in the line must become part of neither a comment nor the statement before.
        if _REST_OF_LINE.match(source, end) or ("//" not in gap and before.text != "}"):
            start -= 2 if gap.endswith("\r\n") else 1
        return source[:start] + source[end:]
    return source


def _cut_import(code: Code, call: str) -> str:
    source, module = code.source, _find_import(code, call)
    last = _statement_end(code, module)
    if module < 0 or not _may_cut(code, module - 5, last):
        return source
    start, end = code.tokens[module - 5].start, code.tokens[last].end
    rest = _REST_OF_LINE.match(source, end) if _begins_line(code, start) else None
    return source[:start] + source[rest.end() if rest else end :]


def _statement_end(code: Code, index: int) -> int:
    """The index of the semicolon that follows at once, else the token's own."""
    follows = code.match(index + 1, ";") and code.token(index).end == code.token(index + 1).start
    return index + 1 if follows else index


def _may_cut(code: Code, first: int, last: int) -> bool:
    """Whether what stands before and after these tokens would still be two statements."""
    if code.text(first - 1) in ("", "{", ";") and code.match(last, ";"):
        return True
    after = code.token(last + 1)
    if after.kind == "word":
        return after.text not in ("in", "instanceof", "of", "as", "satisfies")
    return after.text in ("", "}", ";")
