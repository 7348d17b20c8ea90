# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Tokens of a TypeScript module: code, told from comments, texts and regular expressions. Pure.

The form is that of `.ts`, not `.tsx`. Where the two readings of a slash, division and regular expression, would differ
and only a parser could decide, `SourceError` is raised. Source of the rules: ECMA-262, chapter 12 (lexical grammar and
automatic semicolon insertion).
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

LINE_ENDS = "\n\r\u2028\u2029"
_LINE_END = re.compile(rf"\r\n|[{LINE_ENDS}]")
_NO_LINE_END = re.compile(rf"[^{LINE_ENDS}]")
HASHBANG = re.compile(rf"(#![^{LINE_ENDS}]*)(?:\r\n|[{LINE_ENDS}])?")
# All but white space and the ASCII characters that are in no name. (\w lacks combining marks.)
_WORD = r"[^\s\ufeff\x00-\x23\x25-\x2f\x3a-\x40\x5b-\x5e\x60\x7b-\x7f]"
_TOKEN = re.compile(
    rf"""
      (?P<space> [\s\ufeff]+ )
    | (?P<comment> //[^{LINE_ENDS}]* | /\*[\s\S]*?\*/ )
    | (?P<text> "[^"\\\n\r]*(?:\\(?:\r\n|[\s\S])[^"\\\n\r]*)*" | '[^'\\\n\r]*(?:\\(?:\r\n|[\s\S])[^'\\\n\r]*)*' )
    | (?P<number> [0-9][\w.]* )
    | (?P<word> {_WORD}+ )
    | (?P<sign> => | \?\. | \.\.\. | \+\+ | -- | [\s\S] )
    """,
    re.VERBOSE,
)
_TEMPLATE = re.compile(r"[`}][^`\\$]*(?:(?:\\[\s\S]|\$(?!\{))[^`\\$]*)*(?:`|\$\{)")
_PLAIN = rf"[^/\\\[{LINE_ENDS}]*"
_CLASS = rf"\[[^\]\\{LINE_ENDS}]*(?:\\[^{LINE_ENDS}][^\]\\{LINE_ENDS}]*)*\]"
_REGEX = re.compile(rf"/{_PLAIN}(?:(?:\\[^{LINE_ENDS}]|{_CLASS}){_PLAIN})*/{_WORD}*")
_SECOND_SLASH = re.compile(rf"/[^/{LINE_ENDS}]*/")
# Only an operator can follow a regular expression.
_TWO_DIVISIONS = re.compile(r"/[ \t]*([\w$.]+)[ \t]*/[ \t]+(?!(?:as|in|instanceof|satisfies)\b)[\w$]")
_OPENING = {")": "(", "]": "[", "}": "{"}
_HEADS = ("if", "while", "for", "with")
# Whether an operand has ended after a word, so that a slash divides; None where only a parser knows.
_ENDED: dict[str, bool | None] = {
    **dict.fromkeys(("return", "throw", "typeof", "delete", "new", "instanceof", "in"), False),
    **dict.fromkeys(("case", "do", "else", "default", "extends"), False),
    **dict.fromkeys(("await", "yield", "void", "of"), None),
}
MEMBER = (".", "?.", "#")
"""What stands before the name of a member."""


class SourceError(Exception):
    """Why a source cannot be read or edited safely."""


class Token(t.NamedTuple):
    """`kind` is text, number, word, sign, regex, or template: one part of a template literal, with what delimits it."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


_NONE = Token("", "", 0)


@dataclass(frozen=True)
class Code:
    """A source as tokens; comments are none.

    `pairs` leads from the index of an opening bracket to that of the closing one, and from part to part of a template
    literal. `hidden` are the places of comments, texts and regular expressions, each start and end.
    """

    source: str
    tokens: list[Token]
    pairs: dict[int, int]
    hidden: list[tuple[int, int]]

    @property
    def blank(self) -> str:
        """The source with spaces in the hidden places; every position and line end stays."""
        pieces: list[str] = []
        at = 0
        for start, end in self.hidden:
            pieces += self.source[at:start], _NO_LINE_END.sub(" ", self.source[start:end])
            at = end
        return "".join([*pieces, self.source[at:]])

    def token(self, index: int) -> Token:
        """An empty one before the first and after the last."""
        return self.tokens[index] if 0 <= index < len(self.tokens) else _NONE

    def text(self, index: int) -> str:
        return self.token(index).text

    def match(self, index: int, *texts: str) -> bool:
        return all(self.text(index + offset) == text for offset, text in enumerate(texts))

    def top_level(self) -> t.Iterator[int]:
        """The indexes of the tokens that no brackets enclose."""
        index = 0
        while index < len(self.tokens):
            yield index
            index = self.pairs.get(index, index + 1)


def lex(source: str) -> Code:
    """Raises SourceError."""
    return _Lexer(source).run()


class _Lexer:
    def __init__(self, source: str) -> None:
        self.source = source
        self.tokens: list[Token] = []
        self.pairs: dict[int, int] = {}
        self.hidden: list[tuple[int, int]] = []
        self.opened: list[int] = []
        self.heads: set[int] = set()
        self.ended: bool | None = False

    def run(self) -> Code:
        source, tokens, hidden, at = self.source, self.tokens, self.hidden, 0
        if hashbang := HASHBANG.match(source):
            at = hashbang.end(1)
            hidden.append((0, at))
        while at < len(source):
            match = t.cast("re.Match[str]", _TOKEN.match(source, at))
            kind, text = str(match.lastgroup), match.group()
            if kind == "comment":
                hidden.append(match.span())
            elif kind != "space":
                if kind == "sign":
                    kind, text = self._read_sign(text, at)
                else:
                    self.ended = True
                    if kind == "word" and text in _ENDED and not self._is_member(len(tokens)):
                        self.ended = _ENDED[text]
                if kind in ("text", "template", "regex"):
                    hidden.append((at, at + len(text)))
                tokens.append(Token(kind, text, at))
            at += len(text)
        if self.opened:
            token = tokens[self.opened[-1]]
            raise self._error(token.end - 1, f"the {token.text[-1]} is not closed")
        return Code(source, tokens, self.pairs, hidden)

    def _read_sign(self, text: str, at: int) -> tuple[str, str]:
        """The kind and text of the token that begins with a sign. Sets `ended`."""
        if text == "/":
            return self._read_slash(at)
        if text == "`" or (text == "}" and self.opened and self.tokens[self.opened[-1]].kind == "template"):
            return self._read_template(text, at)
        if text in ("(", "[", "{"):
            if text == "(" and self._is_head(len(self.tokens) - 1):
                self.heads.add(len(self.tokens))
            self.opened.append(len(self.tokens))
            self.ended = False
        elif text in _OPENING:
            if not self.opened or self.tokens[self.opened[-1]].text != _OPENING[text]:
                raise self._error(at, f"the {text} closes no {_OPENING[text]}")
            opening = self.opened.pop()
            self.pairs[opening] = len(self.tokens)
            self.ended = None if text == "}" else opening not in self.heads
        elif text in ("!", "++", "--"):
            # It belongs to the operand before it, if that is in the same line; else to the next one.
            self.ended = self.ended and not self._new_line(at)
        elif text in ("'", '"'):
            raise self._error(at, f"the text that begins with {text} has no end in its line")
        elif text == "\\":
            raise self._error(at, "it cannot be told whether the \\ is part of a name")
        else:
            self.ended = None if text in ("<", ">") else False
        return "sign", text

    def _read_template(self, text: str, at: int) -> tuple[str, str]:
        found = _TEMPLATE.match(self.source, at)
        if found is None:
            raise self._error(at, "the template literal has no end")
        if text == "}":
            self.pairs[self.opened.pop()] = len(self.tokens)
        self.ended = found.group().endswith("`")
        if not self.ended:
            self.opened.append(len(self.tokens))
        return "template", found.group()

    def _read_slash(self, at: int) -> tuple[str, str]:
        source, ended = self.source, self.ended
        if source.startswith("/*", at):
            raise self._error(at, "the comment has no end")
        self.ended = ended is False
        if ended is False:
            if found := _REGEX.match(source, at):
                return "regex", found.group()
            raise self._error(at, "the regular expression has no end in its line")
        if source.endswith("<", 0, at) or source.startswith("/>", at):
            raise self._error(at, "it cannot be told whether the / is part of JSX, which is not read")
        # A new line ends a type and goes on with an expression.
        if (ended is None or self._new_line(at)) and _SECOND_SLASH.match(source, at):
            divisions = _TWO_DIVISIONS.match(source, at)
            if divisions is None or divisions.group(1) in _ENDED:
                raise self._error(at, "it cannot be told whether the / divides or begins a regular expression")
        return "sign", "/"

    def _is_member(self, index: int) -> bool:
        return index > 0 and self.tokens[index - 1].text in MEMBER

    def _is_head(self, index: int) -> bool:
        """Whether a statement follows the brackets after this token, as in `if (a) b`."""
        if index > 0 and self.tokens[index].text == "await" and self.tokens[index - 1].text == "for":
            index -= 1
        return index >= 0 and self.tokens[index].text in _HEADS and not self._is_member(index)

    def _new_line(self, at: int) -> bool:
        """Whether a line ends between the last token and this position."""
        return bool(self.tokens and _LINE_END.search(self.source, self.tokens[-1].end, at))

    def _error(self, at: int, why: str) -> SourceError:
        return SourceError(f"line {len(_LINE_END.findall(self.source, 0, at)) + 1}: {why}")
