# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Two lines into a TypeScript function, and out again; and what is read there."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo import typescript
from tests.unit.test_typescript_lexer import EXPRESSION, PROGRAM, STATEMENT, read

IMPORT = 'import { register } from "./m";'
FUNCTION = "export function runtimeInit(r: R) {\n}\n"


def add(source: str) -> str:
    return str(typescript.add_call(source, "runtimeInit", "register", "./m")[0])


def remove(source: str) -> str:
    return str(typescript.remove_call(source, "register", ("call", "import")))


# -- edits ------------------------------------------------------------------------------------------------------------


@given(PROGRAM, st.lists(STATEMENT, max_size=3), st.booleans(), st.sampled_from(["", "\ufeff"]), st.booleans())
def test_any_program_is_restored_to_the_byte(
    before: str, body: list[str], imports: bool, begin: str, windows: bool
) -> None:
    head = "import { X } from 'x';\n" if imports else ""
    source = read(f"{before}{head}export const runtimeInit = async (r: R) => {{{''.join(body)}}};\n")[0]
    source = begin + (re.sub(r"(?<!\r)\n", "\r\n", source) if windows else source)
    added = add(source)
    assert added != source
    assert typescript.calls(added, "register")
    assert typescript.imports_modules(added)
    assert add(added) == added
    assert remove(added) == source


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            "// ours\nimport { X } from 'x';\n\nexport function runtimeInit(runtime: X) {\n  a();\n}\n",
            "// ours\n" + IMPORT + "\nimport { X } from 'x';\n\n"
            "export function runtimeInit(runtime: X) {\n  register(runtime);\n  a();\n}\n",
        ),
        (
            "export async function runtimeInit(r): Promise<void> { a() }",
            IMPORT + "\nexport async function runtimeInit(r): Promise<void> {\n  register(r); a() }",
        ),
        (
            "\ufeffexport const runtimeInit = (runtime: RuntimeExtensions): void => {\r\n};\r\n",
            "\ufeff" + IMPORT + "\r\nexport const runtimeInit = (runtime: RuntimeExtensions): void => {"
            "\r\n  register(runtime);\r\n};\r\n",
        ),
        (
            "/* export function runtimeInit(a) { */\nconst s = `export function runtimeInit(a) {\n`;\n"
            "import 'y'\nexport function runtimeInit(b) {\n} // register(b)\n",
            "/* export function runtimeInit(a) { */\nconst s = `export function runtimeInit(a) {\n`;\n"
            + IMPORT
            + "\nimport 'y'\nexport function runtimeInit(b) {\n  register(b);\n} // register(b)\n",
        ),
        (
            "export async function later() {\nimport('./x');\n}\nexport function runtimeInit(\n  r: R,\n) {\n}\n",
            IMPORT + "\nexport async function later() {\nimport('./x');\n}\n"
            "export function runtimeInit(\n  r: R,\n) {\n  register(r);\n}\n",
        ),
        (
            "#!/usr/bin/env node\n" + FUNCTION,
            f"#!/usr/bin/env node\n{IMPORT}\nexport function runtimeInit(r: R) {{\n  register(r);\n}}\n",
        ),
        (
            FUNCTION + "import 'late'\n",
            "export function runtimeInit(r: R) {\n  register(r);\n}\n" + IMPORT + "\nimport 'late'\n",
        ),
        (
            "/* a */ import 'a';\n" + FUNCTION,
            IMPORT + "\n/* a */ import 'a';\nexport function runtimeInit(r: R) {\n  register(r);\n}\n",
        ),
        (
            "const a = {\nimport: 1 };\nimport.meta.b;\n" + FUNCTION + "(b)\n",
            IMPORT + "\nconst a = {\nimport: 1 };\nimport.meta.b;\n"
            "export function runtimeInit(r: R) {\n  register(r);\n}\n(b)\n",
        ),
        (
            "export function runtimeInit(r: R) { // note\n  r.register(/[/*]/);\n}\n",
            IMPORT + "\nexport function runtimeInit(r: R) {\n  register(r); // note\n  r.register(/[/*]/);\n}\n",
        ),
    ],
)
def test_two_lines_in_and_out(source: str, expected: str) -> None:
    assert add(source) == expected
    assert add(expected) == expected
    assert remove(expected) == source


@pytest.mark.parametrize(
    ("source", "rest"),
    [
        (
            "import { register } from './m'\n\nexport function runtimeInit(runtime) {\n\n    register( runtime )\n}\n",
            "\nexport function runtimeInit(runtime) {\n\n}\n",
        ),
        (
            IMPORT + " // ours\nexport function runtimeInit(r) {\n  a();\n  register(r);\n  b();\n}\n",
            " // ours\nexport function runtimeInit(r) {\n  a();\n  b();\n}\n",
        ),
        (
            "import { register } from './m.js';\nexport function runtimeInit(r) {\n  // ours\n  register(r); b();\n}\n",
            "export function runtimeInit(r) {\n  // ours\n b();\n}\n",
        ),
        (
            IMPORT + "\nexport function runtimeInit(r) {\n  const a = {}\n  register(r); b();\n}\n",
            "export function runtimeInit(r) {\n  const a = {}\n b();\n}\n",
        ),
        (
            IMPORT + "\nexport function runtimeInit(r) {\n  const a = {}\n  register(r)\n  ;[b].c();\n}\n",
            "export function runtimeInit(r) {\n  const a = {}\n  ;[b].c();\n}\n",
        ),
        (
            f"/* a */ {IMPORT}\nexport function runtimeInit(r) {{\n  register(r);\n}}\n",
            "/* a */ \nexport function runtimeInit(r) {\n}\n",
        ),
        (
            IMPORT + "\nexport function runtimeInit(r) {\n  if (a) {\n    register(r);\n  }\n}\n",
            "export function runtimeInit(r) {\n  if (a) {\n  }\n}\n",
        ),
    ],
)
def test_the_lines_of_other_hands_are_known(source: str, rest: str) -> None:
    assert add(source) == source
    assert remove(source) == rest


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("export function other() {}", "exports no function runtimeInit"),
        ("function runtimeInit(runtime) {}", "exports no function runtimeInit"),
        ("export function runtimeInit({ addPlugin }) {}", "one named argument"),
        ("export function runtimeInit() {}", "one named argument"),
        ("export { runtimeInit } from './x';", "exports no function runtimeInit"),
        ("declare module 'a' {\nexport function runtimeInit(r) {}\n}", "exports no function runtimeInit"),
        ("export const runtimeInit = `${(r) => {}}`;", "exports no function runtimeInit"),
        ("const register = 1;\nexport function runtimeInit(r) {}", "has a register of its own"),
        ("import { register } from './other';\n" + FUNCTION, "has a register of its own"),
        ("import type { register } from './m';\n" + FUNCTION, "has a register of its own"),
        ("const a = `${register}`;\n" + FUNCTION, "has a register of its own"),
        (IMPORT + "\nfunction other(r) {\n  register(r);\n}\n" + FUNCTION, "calls register, but not in runtimeInit"),
        ("export function runtimeInit(r) {}\nconst s = 'open;\n", "line 2: the text"),
        ("/* open\nexport function runtimeInit(r) {}", "line 1: the comment"),
    ],
)
def test_what_cannot_be_extended(source: str, why: str) -> None:
    with pytest.raises(typescript.SourceError, match=why):
        add(source)


@pytest.mark.parametrize(
    "body",
    [
        "\n  register(r);\n  register(r);",
        "\n  register(1, 2);",
        "\n  if (a)\n    register(r);\n  b();",
        "\n  return\n  register(r);",
        "\n  register(r)\n  (b)",
        "\n  register(r)\n  instanceof b;",
        "\n  register(r).then(b);",
        "\n  const a = {}\n  register(r)\n  [b].c();",
        "\n  a = register;",
        "\n  a = `${register(r)}`;",
    ],
)
def test_what_cannot_be_taken_out(body: str) -> None:
    with pytest.raises(typescript.SourceError, match="uses register in further places"):
        remove(f"{IMPORT}\nexport function runtimeInit(r) {{{body}\n}}\n")


def test_an_import_that_keeps_two_statements_apart_stays() -> None:
    with pytest.raises(typescript.SourceError, match="uses register in further places"):
        remove(f"const a = b\n{IMPORT}\n(c)\n{FUNCTION}")


# -- what is read -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "mentioned", "called"),
    [
        ("register(r)", True, True),
        ("new register(r)", True, True),
        ("register /* a */ (r)", True, True),
        ("register?.(r)", True, True),
        ("a(...register(r))", True, True),
        ("a ? register(r) : b", True, True),
        ("if (register(r)) {}", True, True),
        ("`${register(r)}`", True, True),
        ("/[/*]/.test(a); register(r); /* */", True, True),
        ("a = register;", True, False),
        ("import { register } from 'p'; // register(r)", False, False),
        ("import { register as r } from 'p'; import b, { c } from 'p';", False, False),
        ("import { register as r } from 'p'; a = r;", True, False),
        ("import { register as r } from 'p'; new r()", True, True),
        ("import { register as r } from 'p'; a.r()", False, False),
        ("import * as all from 'p'; all.register(r)", True, True),
        ("import * as all from 'p'; a.all.register(r)", False, False),
        ("export { register } from 'p';", True, False),
        ("import register = require('p');", True, False),
        ("import from, { register } from 'p';", False, False),
        ("register'x'(r)", True, False),
        ("`${register}`(r)", True, False),
        ("function register(r) {}", True, False),
        ("function* register(r) {}", True, False),
        ("declare function register(r): void", True, False),
        ("class A { register(r) {} }", True, False),
        ("class A { static register(r): void {} }", True, False),
        ("interface A { register(r): void; }", True, False),
        ("runtime.register(r)", False, False),
        ("runtime?.register(r)", False, False),
        ("this.#register(r)", False, False),
        ("register2(r); $register(r); registér(r)", False, False),
        ("import type { register } from 'p'; let a: register;", False, False),
        ("import type { other, register } from 'p'; let a: register;", False, False),
        ("import { type register } from 'p'; let a: register;", False, False),
        ("import type other from 'p'; let a = register;", True, False),
        ("import type, { register } from 'p'; a = register;", True, False),
        ("interface register {}", False, False),
        ("type register = string; let a: register;", False, False),
        ("'register(r)'; \"register(r)\"; `register(r)`; /register(r)/; // register(r)", False, False),
    ],
)
def test_names(source: str, mentioned: bool, called: bool) -> None:
    assert typescript.mentions(source, "register") is mentioned
    assert typescript.calls(source, "register") is called


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        *((f"{form}'./x'{end}", True) for form, end in (("import ", ""), ("import(", ")"), ("a = require(", ");"))),
        *((f"{form}'x'{end}", False) for form, end in (("import ", ""), ("import(", ")"), ("a = require(", ");"))),
        ("import { A } from './a';", True),
        ('import A from"../a"', True),
        ("import A, * as b from './a';", True),
        ("export * from './a';", True),
        ("export { a } from /* 'b' */ './a';", True),
        ("import a = require('./a');", True),
        ("import(`./a`)", True),
        ("import(`./${a}`)", True),
        ("import(`a${b}`)", True),
        ("import(a)", True),
        ("require('a' + b)", True),
        ("`${require('./a')}`", True),
        ("import { A } from 'a'; // from './b'", False),
        ("import { A } from 'a'; /* import './b' */", False),
        ("const a = \"import './b'\";", False),
        ("import(`a`)", False),
        ("import type { A } from './a';", False),
        ("export type { A } from './a';", False),
        ("import type { A } from './a'; import B from './b';", True),
        ("import type from './a';", True),
        ("a.require('./b'); a.from('./b'); Array.from('./b')", False),
        ("import.meta.url", False),
        ("import", False),
    ],
)
def test_imports(source: str, expected: bool) -> None:
    assert typescript.imports_modules(source) is expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("f({ list: ['x', 'y'] })", "x"),
        ("f({ a, list : [ /* 'w' */ \"x\" ] })", "x"),
        ("f({ 'list': [`x`], })", "x"),
        ('f({ "list": ["it\'s // x"] })', "it's // x"),
        ("f({ list: [`https://${a.b}/`] })", "https://${a.b}/"),
        ("f({ list: [`${a(`${'b'}`)}/${c}`, 'y'] })", "${a(`${'b'}`)}/${c}"),
        ("// list: ['c']\nf({ list: ['x'] })", "x"),
        ("/* { list: ['c'] } */ f({ list: ['x'] })", "x"),
        ("a = \"{ list: ['c'] }\"; f({ list: ['x'] })", "x"),
        ("a = `{ list: ['c'] }`; f({ list: ['x'] })", "x"),
        ("a = /{ list: ['c'] }/; f({ list: ['x'] })", "x"),
        ("a = `${f({ list: ['x'] })}`", "x"),
        ("f({ list: ['x'] }, { list: ['x'] })", "x"),
        ("f({ list: ['x'] }, { list: ['y'] })", None),
        ("f({ list: ['x'] }, { list: z })", None),
        ("f({ other: ['x'] })", None),
        ("f({ list: [x] })", None),
        ("f({ list: [] })", None),
        ("f({ list: 'x' })", None),
        ("f({ list: ['https://' + x] })", None),
        ("f({ list: [`x` + y] })", None),
        ("f({ list: [String.raw`x`] })", None),
        ("f({ list: ['\\x41'] })", None),
        ("f({ list })", None),
        ("a ? list : ['x']", None),
        ("f({ my.list: ['x'] })", None),
        ("f({ mylist: ['x'], list2: ['x'] })", None),
    ],
)
def test_the_first_text_of_a_list(source: str, expected: str | None) -> None:
    assert typescript.first_text(source, "list") == expected


@given(EXPRESSION, st.sampled_from(["secret", "new secret", "!secret", "/x/.a(secret)"]))
def test_code_in_a_template_literal_is_seen(expression: str, call: str) -> None:
    source = read(f"a = «`secret ${{»{expression}, {call}(1)«}}`»")[0]
    assert typescript.mentions(source, "secret")
    assert typescript.calls(source, "secret") is not call.endswith(")")


DEEP = ("(", ")"), ("{", "}"), ("[", "]"), ("`${", "}`"), ("function f() {", "}"), ("\ufeff", ""), ("a(", ")")


@settings(deadline=None, max_examples=40)
@given(st.lists(st.sampled_from(DEEP), min_size=1, max_size=3), st.integers(0, 5000), st.booleans())
def test_depth_is_no_limit(layers: list[tuple[str, str]], depth: int, closed: bool) -> None:
    opening = "".join(start for start, _end in layers) * depth
    closing = "".join(end for _start, end in reversed(layers)) * depth
    for source in (f"{FUNCTION}{opening}{closing if closed else ''}\n", f"{opening}{closing}\n{FUNCTION}"):
        try:
            added = add(source)
        except typescript.SourceError:
            continue
        assert remove(added) == source


@pytest.mark.parametrize("gap", [" " * 100_000, "/*" + "x" * 100_000 + "*/", "\n" * 100_000])
def test_a_wide_gap_takes_no_longer_than_its_length(gap: str) -> None:
    """It would take hours with a pattern that divides the gap in each possible way."""
    with pytest.raises(typescript.SourceError, match="exports no function"):
        add(f"export function runtimeInit(r{gap}, s) {{}}\n")


@pytest.mark.parametrize(
    ("source", "called"),
    [
        ("new X;", True),
        ("new X<A>({});", True),
        ("new (X)({});", True),
        ("new z.X({});", False),
        ("import * as z from 'z';\nnew z.X;", True),
        ("X!();", True),
        ("X!;", False),
        ("(X);", False),
        ("a.new(X);", False),
        ("new Y(X);", False),
    ],
)
def test_forms_of_calls(source: str, called: bool) -> None:
    assert typescript.calls(source, "X") is called


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("a({ k: 'x' });", "x"),
        ("const o = { k: 'x' };", "x"),
        ("f([{ k: 'x' }]);", "x"),
        ("type T = { k: 'x' };", None),
        ("let a: { k: 'x', b: 1 };", None),
        ("a({ k }); b({ k: 'x' });", None),
        ("a({ k() { } }); b({ k: 'x' });", None),
        ("a({ ['k']: 'y' }); b({ k: 'x' });", None),
        ("a.k = 1; b({ k: 'x' });", "x"),
    ],
)
def test_forms_of_properties(source: str, text: str | None) -> None:
    assert typescript.text_of(source, "k") == text
