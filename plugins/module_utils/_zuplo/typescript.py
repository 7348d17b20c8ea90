# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Put a call into a TypeScript function as two lines, take the two out again, and read what is there. Pure.

What cannot be done safely raises `ValueError`, whose text says why; the source is never guessed at.
"""

from __future__ import annotations

import re

_BOM = "\ufeff"
_IDENTIFIER = r"[A-Za-z_$][\w$]*"
_HIDDEN = re.compile(
    r"""//[^\n]* | /\*.*?\*/ | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' | `(?:\\.|[^`\\])*`""", re.DOTALL | re.VERBOSE
)
_TYPE = r"(?:\s*:\s*[\w$.<>]+)?\s*"
_FUNCTION = r"""
    ^export\s+(?:
        (?:async\s+)?function\s+{name}\s*\(\s*(?P<a>{identifier}){type},?\s*\){type}
      | const\s+{name}\s*=\s*(?:async\s*)?\(\s*(?P<b>{identifier}){type},?\s*\){type}=>\s*
    )\{{
"""


def code(source: str) -> str:
    """The source with blanks in the place of comments and texts; every position stays."""
    blank = _HIDDEN.sub(lambda hidden: re.sub(r"[^\r\n]", " ", hidden.group()), source)
    if unclosed := re.search(r"[`\"']|/\*", blank):
        line = source.count("\n", 0, unclosed.start()) + 1
        raise ValueError(f"line {line}: a text or comment cannot be told from the code")
    return blank


def _without_comments(source: str) -> str:
    return _HIDDEN.sub(lambda hidden: "" if hidden.group().startswith("/") else hidden.group(), source)


def mentions(source: str, name: str) -> bool:
    """Whether the code, comments and texts apart, uses a name."""
    return bool(re.search(rf"(?<![\w$]){re.escape(name)}(?![\w$])", code(source)))


def calls(source: str, name: str) -> bool:
    """Whether the code, comments and texts apart, calls a function or makes an object of a class."""
    return bool(re.search(rf"(?<![\w$]){re.escape(name)}\s*\(", code(source)))


def imports_modules(source: str) -> bool:
    """Whether it imports files of the project, not libraries alone."""
    return bool(re.search(r"""\bfrom\s*["']\.""", _without_comments(source)))


def first_text(source: str, key: str) -> str | None:
    """What stands first in the list that is the value of a property, without its quotes; None where that is no text."""
    found = re.search(rf"""["']?\b{re.escape(key)}\b["']?\s*:\s*\[\s*(["'`])(.*?)\1""", _without_comments(source))
    return found.group(2) if found else None


def add_call(source: str, function: str, call: str, module: str) -> str:
    """Let the exported function begin with `call(its argument)`, and import `call` from the module; both just once."""
    if source.startswith(_BOM):
        return _BOM + add_call(source[1:], function, call, module)
    blank = code(source)
    found = list(re.finditer(_pattern(function), blank, re.MULTILINE | re.VERBOSE))
    if len(found) != 1:
        raise ValueError(
            f"it exports no function {function} with one named argument, which could be extended. It looks like "
            f"'export function {function}(runtime: RuntimeExtensions) {{ ... }}'"
        )
    argument = found[0].group("a") or found[0].group("b")
    imported, called = _import(blank, call), _call(blank, call)
    if mentions(source, call) and not imported:
        raise ValueError(f"it has a {call} of its own")
    newline = "\r\n" if "\r\n" in source else "\n"
    if not called:
        at = found[0].end()
        source = f"{source[:at]}{newline}  {call}({argument});{source[at:]}"
    if not imported:
        first = re.search(r"^import\b(?!\s*\()", blank, re.MULTILINE)
        at = first.start() if first else 0
        source = f'{source[:at]}import {{ {call} }} from "{module}";{newline}{source[at:]}'
    return source


def remove_call(source: str, call: str) -> str:
    """Take out what `add_call` put in."""
    if source.startswith(_BOM):
        return _BOM + remove_call(source[1:], call)
    for find in (_call, _import):
        if found := find(code(source), call):
            source = source[: found.start()] + source[found.end() :]
    if mentions(source, call):
        raise ValueError(f"it uses {call} in further places")
    return source


def _pattern(function: str) -> str:
    return _FUNCTION.format(name=re.escape(function), identifier=_IDENTIFIER, type=_TYPE)


def _import(blank: str, call: str) -> re.Match[str] | None:
    return re.search(rf"^import\s*\{{\s*{call}\s*\}}\s*from[ ]+;?[ \t]*(?:\r?\n|\Z)", blank, re.MULTILINE)


def _call(blank: str, call: str) -> re.Match[str] | None:
    return re.search(rf"\r?\n[ \t]*{call}\(\s*{_IDENTIFIER}\s*\);?", blank)
