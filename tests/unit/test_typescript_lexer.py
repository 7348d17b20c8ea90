# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""TypeScript's code told from comments, texts and regular expressions.

A sample is a source whose hidden places are between « and »: these two are no part of it.
"""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo import typescript_lexer as lexer

HIDDEN = re.compile(r"«([^»]*)»")


def read(marked: str) -> tuple[str, str]:
    """The source of a sample, and that source with spaces for what is hidden."""
    hidden = HIDDEN.sub(lambda found: re.sub(r"[^\n\r\u2028\u2029]", " ", found.group(1)), marked)
    return HIDDEN.sub(r"\1", marked), hidden


def blank(source: str) -> str:
    return str(lexer.lex(source).blank)


def split(names: str) -> list[str]:
    return [name.strip().replace("⏎", "\n") for name in names.split("¦")]


CLOSING = {"(": ")", "[": "]", "{": "}"}
OPERAND_BEGINS = """
    a = ¦ a( ¦ a[ ¦ { ¦ a, ¦ a ? ¦ a ? b : ¦ a; ¦ a + ¦ a - ¦ a * ¦ a % ¦ a & ¦ a && ¦ a || ¦ a ?? ¦ a => ¦ ... ¦ ! ¦
    ~ ¦ !! ¦ a && ! ¦ a == ¦ a !== ¦ a >= ¦ a / ¦ a /= ¦ a +⏎ ¦ a = b⏎! ¦ a⏎++ ¦ return ¦ throw ¦ typeof ¦ delete ¦
    new ¦ a in ¦ a instanceof ¦ case ¦ do ¦ else ¦ export default ¦ if (a) ¦ if (a(b))⏎ ¦ if (a) ! ¦ if (a) b; else ¦
    while (a) ¦ for (a of b) ¦ for await (a of b) ¦ with (a)
"""
OPERAND_ENDED = """
    a ¦ 1 ¦ 1. ¦ .5 ¦ 1e5 ¦ 1n ¦ a.b ¦ a[0] ¦ a() ¦ (a) ¦ [a] ¦ a++ ¦ a-- ¦ a! ¦ a!! ¦ a!.b ¦ a?.[0] ¦ a?.(0) ¦ a?.5 ¦
    this ¦ null ¦ super ¦ é ¦ \u0928\u093f ¦ $ ¦ _ ¦ a.return ¦ a?.typeof ¦ a.#case ¦ a.if(b) ¦ a?.while(b) ¦ async ¦
    this.#for(b) ¦ import.meta ¦ new.target ¦ a as any ¦ (a as void) ¦ «'b'» ¦ «`b`» ¦ = «/b/g» ¦ a «/* b */»
"""
SAMPLES = [
    # Comments.
    "a «// b ' \" ` /*»\nc",
    "a «/* b // ' \n * ` */» c",
    "«/**/»a«/***/»b",
    "a «// b»\rc «// d»\u2028e «// f»\u2029g",
    "«#!/usr/bin/env 'node»\na",
    "a = b «// c»",
    # Texts.
    r"""a = «'b"\'//'» + «"c'\"/*"»""",
    r"a = «'b\\'», c",
    "a = «'b\\\nc\\\r\nd'», e",
    'a = «"b\\\r\nc"», d',
    "a = «'\u2028'», b",
    "a = «''», «\"\"», «``»",
    # Template literals.
    "a = «`b ' \" // /* \n ${»c«}`»",
    r"a = «`\`\${b} $ {c} $`» + d",
    "a = «`${»b«}${»c«} ${»d(«'`'»)«}`»",
    "a = «`b${»c ? «`d${»e«}`» : { f: { g: «'}'» } }«}h`»",
    "a = «`${»{ b: 1 }.b / 2 «/* } */»«}`» / 2",
    "a = «`${»«/[}`]/»«}`»",
    "a«`b`» / c / d",
    "a = «`${»b«}`» / c / d",
    # A slash.
    *(f"{before} «/['\"`/]{{(\\//gi».test(b){CLOSING.get(before[-1], '')}" for before in split(OPERAND_BEGINS)),
    *(f"{before} / 2 / «'/'» / 3" for before in split(OPERAND_ENDED)),
    "a = b / c «// d»",
    "a = b / c «/* d */» / e",
    "a = «/=/», b /= «/=/»",
    'a = «/[/*]/»; b = «/[\\]/"]/»; c = «/\\//v»',
    "a.replace(«/>/g», «'<'»).replace(«/</», «\"\"»)",
    "a / «/b/» / c",
    # Where both readings come to the same.
    "a\n  / b",
    "a\n  / b / c",
    "a = {\n}\n/ 2",
    "a as B<C> / 2",
]


@pytest.mark.parametrize("marked", SAMPLES)
def test_only_code_stays(marked: str) -> None:
    source, code = read(marked)
    assert blank(source) == code


UNDECIDED = """
    {} ¦ {}⏎! ¦ a⏎ ¦ (a)⏎ ¦ [a]⏎ ¦ 'a'⏎ ¦ let a: B⏎ ¦ let a: B<C>⏎ ¦ f<T> ¦ <T> ¦ a > ¦ a < ¦ void ¦ await ¦ yield ¦
    of ¦ {} //⏎
"""


@pytest.mark.parametrize(
    "source",
    [
        *(f"{before} /'/.test(a)" for before in split(UNDECIDED)),
        *(f"{{}}\n/{text}/.test(a)" for text in ("a", '"', "`", "[/*]", "{", "}", "(", "\\/", "return")),
        "a\n  / 2 // half",
        "{} / return / b",
        "{} / a / as / b",
        "{} / register(a) / b",
        "a = <p>it's</p> + <p>it's</p>",
        "a = <br/>",
        'a = <a href="b"/>',
        "a = <A {...b} />",
        "a = regist\\u0065r",
    ],
)
def test_what_cannot_be_told_is_refused(source: str) -> None:
    with pytest.raises(lexer.SourceError, match=r"^line [12]: it cannot be told whether the [/\\] "):
        blank(source)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("a\n = 'b\n'", "line 2: the text that begins with ' has no end in its line"),
        ('a = "b\\"', 'line 1: the text that begins with " has no end in its line'),
        ("a = <p>Don't</p>", "line 1: the text that begins with ' has no end in its line"),
        ("a\r\n\r\n/* b", "line 3: the comment has no end"),
        ("a = `b ${c}", "line 1: the template literal has no end"),
        ("a = `b\n${c", "line 2: the { is not closed"),
        ("a = /b\n/", "line 1: the regular expression has no end in its line"),
        ("a = /[/]\n]/", "line 1: the regular expression has no end in its line"),
        ("a(\n[)]", "line 2: the ) closes no ("),
        ("a\n}", "line 2: the } closes no {"),
        ("`${a)}`", "line 1: the ) closes no ("),
        ("a\n{ b", "line 2: the { is not closed"),
    ],
)
def test_what_has_no_end_is_refused(source: str, why: str) -> None:
    with pytest.raises(lexer.SourceError, match=f"^{re.escape(why)}$"):
        blank(source)


@pytest.mark.parametrize("piece", ["/a/.b;", "`${a}`", "'\\\n'", "x/ ", "{}/a\n", "<a ", "/[/*]/g, "])
def test_a_long_source_is_read_once(piece: str) -> None:
    assert len(blank(piece * 50_000)) == len(piece) * 50_000


@pytest.mark.parametrize("piece", ["{}/[a ", "((", "`${", "{}/a*/b ", "/*", "'\\"])
def test_a_long_source_is_refused_at_once(piece: str) -> None:
    with pytest.raises(lexer.SourceError, match=r"^line 1: "):
        blank(piece * 50_000)


# -- programs whose hidden places are known ---------------------------------------------------------------------------

SECRETS = ["register", "secret(1)", "//", "/*", "*/", "export", "{", "}", "(", ")", "]", "${", "<a>", "\\", "é", "🚀"]


def hide(texts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return texts.map(lambda text: f"«{text}»")


def words(without: str) -> st.SearchStrategy[str]:
    """Text that looks like code, and has none of these."""
    allowed = st.sampled_from([*SECRETS, *"'\"`/[]{}()", "secret", "\n", "\\"])
    return st.lists(allowed.filter(lambda one: not set(one) & set(without)), max_size=5).map(" ".join)


COMMENT = hide(words("*\n").map("/* {} */".format) | words("*").map("/** {}\n*/".format))
TRIVIA = st.sampled_from(["", "", " ", "  "]) | hide(words("*\n").map("/* {} */".format))
LINE = hide(words("\n").map("// {}".format)).map(lambda comment: f" {comment}\n")
TEXT = hide(
    words("'\\\n").map("'{}'".format)
    | words('"\\\n').map('"{}"'.format)
    | st.sampled_from([r"'\''", r'"\"\\"', "'a\\\n\"'", "'\\\r\n`'"])
)
REGEX = hide(
    st.lists(
        st.sampled_from(["a", "secret", r"\/", r"\\", "'", '"', "`", "[/*]", "[^]", r"[\]/'`]", "{2}", "(?:b)", "${"]),
        min_size=1,
        max_size=5,
    )
    .map("".join)
    .map("/{}/".format)
).flatmap(lambda regex: st.sampled_from([regex, f"{regex[:-1]}gu»"]))
NAME = st.sampled_from(["a", "b1", "$", "_c", "d.return", "é", "this", "1", "2.5", "1.", "e[0]", "f!", "g++", "(h)"])


@st.composite
def templates(draw: st.DrawFn, inner: st.SearchStrategy[str]) -> str:
    part = words("`$\\") | st.sampled_from([r"\`", r"\${", "$", "$$"])
    text = "«`" + draw(part)
    for expression in draw(st.lists(inner, max_size=2)):
        text += "${»" + expression + "«}" + draw(part)
    return text + "`»"


@st.composite
def divisions(draw: st.DrawFn, inner: st.SearchStrategy[str]) -> str:
    return f"({draw(inner)}){draw(TRIVIA)}/ {draw(TRIVIA)}{draw(inner)}"


def grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return (
        templates(inner)
        | divisions(inner)
        | st.builds("{}{}/ {}".format, NAME | TEXT | REGEX | templates(inner), TRIVIA, inner)
        | st.builds("f({},{}{})".format, inner, TRIVIA | LINE, inner)
        | st.builds("[{}]{}/ 2".format, inner, TRIVIA)
        | st.builds("({{ k: {},{}{}: 1 }})".format, inner, TRIVIA | LINE, TEXT)
        | st.builds("(x) => {{ return {} }}".format, inner).map("({})".format)
        | st.builds("! {}".format, inner)
        | st.builds("a ? {} : {}".format, inner, inner).map("({})".format)
    )


EXPRESSION = st.recursive(NAME | TEXT | REGEX, grow, max_leaves=8)
STATEMENT = (
    st.builds("const a = {};\n".format, EXPRESSION)
    | st.builds("if ({}) {};{}".format, EXPRESSION, EXPRESSION, LINE)
    | st.builds("while ({}) {{{}return {};\n}}\n".format, EXPRESSION, LINE, EXPRESSION)
    | st.builds("{}a.b({});\n".format, COMMENT, EXPRESSION)
    | st.builds("switch (a) {{ case {}: throw {} }}\n".format, EXPRESSION, EXPRESSION)
    | LINE
)
PROGRAM = st.lists(STATEMENT, max_size=4).map("".join)


@given(PROGRAM)
def test_only_the_code_of_any_program_stays(program: str) -> None:
    source, code = read(program)
    assert blank(source) == code
