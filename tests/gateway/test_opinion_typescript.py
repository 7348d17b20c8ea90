# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""TypeScript as we read and edit it, and as the compiler does. To refuse is right, to err is not."""

from __future__ import annotations

import random
import typing as t

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo import typescript
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.typescript_lexer import SourceError
from tests.gateway.opinion import EXAMPLES, Opinion, Share

CALL, FUNCTION, MODULE = "registerMcpOAuth", "runtimeInit", "./mcp-oauth"
PLUGIN, KEYS = "OAuthProtectedResourcePlugin", ("authorizationServers", "resourceName")
NAMES = ["a", "b", "limits", "of", "type", "$", "_x", "größe", CALL, PLUGIN]


class Writer:
    """Writes modules of many shapes; some are none, which is for the compiler to say."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._newline = self._random.choice(["\n", "\n", "\r\n"])
        self._end = self._random.choice([";", ";", ";", ""])
        # Most modules have only what can be edited.
        self._plain = self._random.random() < 0.7

    def pick(self, *ways: str | t.Callable[[], str]) -> str:
        way = self._random.choice(ways)
        return way if isinstance(way, str) else way()

    def module(self) -> str:
        head = self.pick("", "", "", "\ufeff", "#!/usr/bin/env node\n", "// " + CALL + "(runtime)\n", "/* import */ ")
        parts = [self.imports() for _turn in range(self._random.randrange(4))]
        parts += [self.statement(2) for _turn in range(self._random.randrange(3))]
        parts += [self.init()] if self._random.random() < 0.9 else []
        parts += [self.statement(2) for _turn in range(self._random.randrange(3))]
        if self._random.random() < 0.1:
            self._random.shuffle(parts)
        text = head + "\n".join(parts) + self.pick("", "\n", "\n\n// the end")
        return text.replace("\n", self._newline)

    # -- the outer form --

    def imports(self) -> str:
        of, end = self.pick('"@zuplo/runtime"', "'@zuplo/runtime'", '"./other"', "'../lib/a.ts'", '"zod"'), self._end
        own = f'"{MODULE}{self.pick("", ".ts", ".js")}"'
        of_own = [
            f"import {{ {CALL} as r }} from {own}{end}",
            f"import {{ x, {CALL} }} from {own}{end}",
            f"import type {{ {CALL} }} from {own}{end}",
            f"import {CALL} from {own}{end}",
        ]
        return self.pick(
            *([] if self._plain else of_own),
            f"import {{ RuntimeExtensions, {PLUGIN} }} from {of}{end}",
            f"import {{{PLUGIN} as P}} from {of}{end}",
            f"import {{ RuntimeExtensions }} from {of}{end}",
            f"import type {{ {PLUGIN} }} from {of}{end}",
            f"import {{ type {PLUGIN}, b as c, }} from {of}{end}",
            f"import type from {of}{end}",
            f"import type D from {of}{end}",
            f"import type * as T from {of}{end}",
            f"import * as zuplo from {of}{end}",
            f"import d, {{ e }} from {of}{end}",
            f"import {{\n  f,\n  g, // more\n}}\nfrom {of}{end}",
            f"import {of}{end}",
            f"import {{ default as h }} from {of} with {{ type: 'json' }}{end}",
            f"export * from {of}{end}",
            f"export * as i from {of}{end}",
            f"export {{ j, type K }} from {of}{end}",
            f"export type {{ K }} from {of}{end}",
            f"import l = require({of}){end}",
            f"import type m = require({of}){end}",
            f"import {{ {CALL} }} from {own}{end}",
        )

    def init(self) -> str:
        argument = self.pick("runtime", "runtime", "r", "$runtime")
        form = self.pick("", ": RuntimeExtensions", ": RuntimeExtensions", ": zuplo.Runtime<A>", ": { a: string }")
        result = self.pick("", "", ": void", ": Promise<void>")
        comma = self.pick("", "", "", ",", " ")
        body = self.body(argument)
        note = self.pick("", "", f"// export function {FUNCTION}(runtime) {{\n", f"/** @see {FUNCTION} */\n")
        plain = [
            *[f"export function {FUNCTION}({argument}{form}{comma}){result} {body}"] * 4,
            *[f"export async function {FUNCTION}({argument}{form}{comma}){result} {body}"] * 2,
            f"export const {FUNCTION} = ({argument}{form}){result} => {body}{self._end}",
            f"export const {FUNCTION} = async ({argument}{form}{comma}) => {body}{self._end}",
        ]
        odd = [
            f"export const {FUNCTION} = {argument} => {body}{self._end}",
            f"export const {FUNCTION} = function ({argument}{form}) {body}{self._end}",
            f"function {FUNCTION}({argument}{form}) {body}\nexport {{ {FUNCTION} }}{self._end}",
            f"export default function {FUNCTION}({argument}{form}) {body}",
            f"export function {FUNCTION}({{ addPlugin }}: any) {body}",
            f"export function {FUNCTION}() {body}",
            f"export function {FUNCTION}({argument}{form}): void{self._end}\n"
            f"export function {FUNCTION}({argument}{form}) {body}",
        ]
        return note + self.pick(*plain, *([] if self._plain else odd))

    def body(self, argument: str) -> str:
        parts = [self.plugin(argument)] if self._random.random() < 0.5 else []
        parts += [self.statement(2) for _turn in range(self._random.randrange(3))]
        parts += [f"{CALL}({argument}){self._end}"] if self._random.random() < 0.15 else []
        self._random.shuffle(parts)
        inner = self.pick("\n  ", "\n\t", " ", " /* first */ ", " // first\n")
        return "{" + "".join(inner + part for part in parts) + self.pick("\n}", " }", "}", "\n// }\n}")

    def plugin(self, argument: str) -> str:
        options = self.options()
        return self.pick(
            f"{argument}.addPlugin(new {PLUGIN}({options})){self._end}",
            f"{argument}.addPlugin(new {PLUGIN}({options})){self._end}",
            f"const p = new zuplo.{PLUGIN}({options}){self._end}",
            f"const options = {options}{self._end}",
            f"{argument}.addPlugin(new Other){self._end}",
            f"{argument}.addPlugin(new Other<A>({options})){self._end}",
            f"{argument}.addPlugin(new (Other)({options})){self._end}",
            f"if (a) {{ {argument}.addPlugin(new {PLUGIN}({options})) }} else {{ b({self.options()}) }}",
        )

    def options(self) -> str:
        servers, name = KEYS
        key = self.pick(name, name, f'"{name}"', f"'{name}'")
        members = [
            f"{self.pick(servers, servers, repr(servers))}: [{self.text()}{self.pick('', ', ' + self.text(), ',')}]",
            f"{key}: {self.pick(self.text, self.text, self.text, lambda: self.expression(1))}",
        ]
        members += [self.pick("...rest", "other: 1", f"a: {{ {name}: {self.text()} }}", "b", "c() { }")]
        self._random.shuffle(members)
        members = members[: self._random.randrange(1, 4)]
        return "{" + self.pick("\n    ", " ") + ", ".join(members) + self.pick("", ",", " // end\n", "\n  ") + "}"

    # -- what stands in it --

    def text(self) -> str:
        words = self.pick(
            "a", "https://t.auth0.com/", "x y", f"{CALL}(runtime)", "größe 字", "//", "/*", "${a}", "}", ""
        )
        return self.pick(
            f'"{words}"',
            f'"{words}"',
            f"'{words}'",
            '"a\\"b"',
            "'it\\'s'",
            '"\\u0041\\x42\\n"',
            '"\\u{1F600}"',
            '"a\\\nb"',
            "`plain`",
            f"`https://${{{self.pick('a', 'environment.HOST', lambda: self.expression(1))}}}/`",
            f"`a ${{`b ${{{self.pick('c', '{ d: 1 }.d')}}} }}`}} \\` \\${{`",
        )

    def regex(self) -> str:
        return self.pick("/a/", "/[/\"']/g", r"/\/\*/u", "/`${/", r"/\\/", "/[^\\]]{1,2}/", "/(?<n>a)|}/", "/=/")

    def name(self) -> str:
        return self._random.choice(NAMES[:-2] if self._plain else NAMES)

    def expression(self, depth: int) -> str:
        if depth <= 0:
            return self.pick(
                self.name, self.name, self.text, self.regex, "1", "0x1f", "1_000", "1.5e-3", "this", "null"
            )

        def one() -> str:
            return self.expression(depth - 1)

        return self.pick(
            one,
            lambda: f"{self.name()} / {self.name()} / {self.name()}",
            lambda: f"{self.name()}/{self.name()}/2",
            lambda: f"({one()}) / 2",
            lambda: f"a[{one()}] / b[0]",
            lambda: f"{self.regex()}.test({one()})",
            lambda: f"{self.name()}({one()}, {one()})",
            lambda: f"{self.name()}?.({one()})",
            lambda: f"a!({one()})",
            lambda: f"a?.{self.name()}?.[{one()}]",
            lambda: f"a.{self.name()}({one()})",
            lambda: f"new {self.name()}({one()})",
            lambda: f"b<string>({one()})",
            lambda: f"new Map<string, Array<{self.name()}>>()",
            lambda: f"({one()}) as unknown as {self.name()}",
            lambda: f"a < {one()} && b > {one()}",
            lambda: f"a ? {one()} : {one()}",
            lambda: f"[{one()}, ...{one()}]",
            lambda: f"{{ {self.name()}: {one()}, {self.name()}() {{ return {one()} }} }}",
            lambda: f"{{ {self.name()} }}",
            lambda: f"({self.name()}) => {one()}",
            lambda: f"async ({self.name()}: A, c?: B): Promise<void> => {{ await {one()} }}",
            lambda: f"function* () {{ yield {one()} }}",
            lambda: f"tag`x ${{{one()}}} y`",
            lambda: f"typeof {one()}",
            lambda: f"a++ / {self.name()}",
            lambda: f"import({self.pick(self.text, self.name)})",
            lambda: f"require({self.text()})",
            lambda: f"{one()} satisfies {self.name()}",
            lambda: f"class {{ #p = {one()}; static {self.name()}() {{ return {self.regex()} }} }}",
        )

    def statement(self, depth: int) -> str:
        end, name = self._end, self.name

        def one() -> str:
            return self.expression(depth - 1)

        def block() -> str:
            return "{ " + (self.statement(depth - 1) if depth > 1 else "") + " }"

        return self.pick(
            lambda: f"const {name()} = {one()}{end}",
            lambda: f"let x: {name()} = {one()}{end}",
            lambda: f"{name()}({one()}){end}",
            lambda: f"if ({one()}) {self.regex()}.test(a){end}",
            lambda: f"if ({one()}) {block()} else {block()}",
            lambda: f"for (const a of {one()}) {block()}",
            lambda: f"while ({one()}) {block()}",
            lambda: f"try {block()} catch {{ }}",
            lambda: f"switch (a) {{ case {one()}: break{end or ' '} default: {block()} }}",
            lambda: f"function {name()}<T extends {name()}>({name()}?: T): T {{ return {one()}{end} }}",
            lambda: f"class C extends {name()} {{ @dec({one()}) private {name()}() {block()} get x() {{ return 1 }} }}",
            lambda: (
                f"@dec({{ a: {one()} }})\nclass D<T> {{ [key: string]: {name()}; constructor(private a: T) {{ }} }}"
            ),
            lambda: f"interface I {{ {name()}(a: string): void; {KEYS[1]}: 'x' }}",
            lambda: f"type T = {{ a: 'x', {name()}?: {name()}[] }} | `a${{string}}`{end}",
            lambda: f"type {name()} = import({self.text()}).T{end}",
            lambda: f"enum E {{ {name()} = 1, B = 'b' }}",
            lambda: f"declare module 'x' {{ export function {name()}(a: number): void; }}",
            lambda: f"namespace N {{ export const {name()} = {one()} }}",
            lambda: f"export const y = {one()}{end}",
            lambda: f"label: {block()}",
            lambda: f"/* {CALL}(runtime); import './own' */",
            lambda: f"// {PLUGIN}({{ {KEYS[1]}: 'no' }}) `\n",
            lambda: f"const z = {one()} // {CALL}()\n",
            lambda: f"throw {one()}{end}",
            lambda: f"x = {one()}\n/ 2 / {name()}{end}",
            lambda: f"{name()} as {name()}{end}",
        )


modules = st.integers(0, 10**9).map(lambda seed: Writer(seed).module())


def ask(read: t.Callable[..., t.Any], *args: t.Any) -> tuple[t.Any, bool]:
    """What ours answers, and whether it refuses instead."""
    try:
        return read(*args), False
    except SourceError:
        return None, True


def facts(opinion: Opinion, source: str, name: str, key: str = KEYS[0]) -> dict[str, t.Any]:
    found = opinion.ask("facts", source=source, name=name, key=key)
    assume(not found["errors"])
    return found


def test_names_and_calls(opinion: Opinion) -> None:
    share, seen = Share(), set()

    @EXAMPLES
    @given(source=modules, name=st.sampled_from([PLUGIN, CALL]))
    def judge(source: str, name: str) -> None:
        theirs = facts(opinion, source, name)
        (called, refused), (mentioned, _code) = (
            ask(typescript.calls, source, name),
            ask(typescript.mentions, source, name),
        )
        share.count(refused=refused)
        if not refused:
            seen.add((called, mentioned))
            assert called or not theirs["calls"]
            assert theirs["calls"] or theirs["callsAlias"] or not called
            assert mentioned or not theirs["used"]
            assert theirs["named"] or not mentioned

    judge()
    share.check(at_most=0.2)
    assert seen == {(True, True), (False, True), (False, False)}


def test_options_of_the_plugin(opinion: Opinion) -> None:
    share, found = Share(), 0

    @EXAMPLES
    @given(source=modules)
    def judge(source: str) -> None:
        nonlocal found
        readers = {"first": typescript.first_text, "texts": typescript.text_of}
        for key, (asked, read) in zip(KEYS, readers.items(), strict=True):
            theirs = facts(opinion, source, PLUGIN, key)[asked]
            ours, refused = ask(read, source, key)
            share.count(refused=refused)
            if ours is not None:
                found += 1
                assert set(theirs) == {ours}

    judge()
    share.check(at_most=0.2)
    assert found >= share.total / 10


def test_imports_of_modules(opinion: Opinion) -> None:
    share, seen = Share(), set()

    @EXAMPLES
    @given(source=modules)
    def judge(source: str) -> None:
        theirs = facts(opinion, source, PLUGIN)["imports"]
        ours, refused = ask(typescript.imports_modules, source)
        share.count(refused=refused)
        if not refused:
            seen.add((ours, theirs))

    judge()
    share.check(at_most=0.2)
    # One more that only a type needs does no harm.
    assert seen - {(True, False)} == {(True, True), (False, False)}


def test_a_call_is_added_and_taken_out_again(opinion: Opinion) -> None:
    share, seen = Share(), set()

    @EXAMPLES
    @given(source=modules)
    def judge(source: str) -> None:
        asked = {"of": FUNCTION, "name": CALL, "module": MODULE}
        before = opinion.ask("added", source=source, **asked)
        assume(not before["errors"])
        # More are valid in form only.
        assume(before["imports"] < 2)
        done, refused = ask(typescript.add_call, source, FUNCTION, CALL, MODULE)
        share.count(refused=refused)
        if refused:
            return
        edited, added = done
        seen.add(added)
        after = opinion.ask("added", source=edited, **asked)
        assert after["errors"] == 0
        assert after["shape"] == before["shape"]
        assert after["imports"] == before["imports"] + ("import" in added) == 1
        assert after["calls"] == before["calls"] + ("call" in added)
        assert after["inside"] >= 1
        assert "call" not in added or (after["begins"] and after["calls"] == 1)
        assert typescript.add_call(edited, FUNCTION, CALL, MODULE) == (edited, frozenset())
        if "call" in added and "import" in added:
            assert typescript.remove_call(edited, CALL, added) == source

    judge()
    share.check(at_most=0.6)
    assert seen >= {frozenset({"call", "import"}), frozenset()}


CALLS = {
    "an object of a class without brackets": f"new {PLUGIN};",
    "types in front of the arguments": f"new {PLUGIN}<A>({{}});",
    "brackets": f"new ({PLUGIN})({{}});",
    "not null": f"{PLUGIN}!();",
}


@pytest.mark.parametrize("form", CALLS)
def test_forms_of_calls(opinion: Opinion, form: str) -> None:
    assert opinion.ask("facts", source=CALLS[form], name=PLUGIN, key=KEYS[0])["calls"]
    assert typescript.calls(CALLS[form], PLUGIN)


TEXTS = {
    "a type": f"type T = {{ {KEYS[1]}: 'x' }};",
    "a type of a variable": f"let a: {{ {KEYS[1]}: 'x', b: 1 }};",
    "a variable elsewhere": f"a({{ {KEYS[1]} }}); b({{ {KEYS[1]}: 'x' }});",
    "a method elsewhere": f"a({{ {KEYS[1]}() {{ }} }}); b({{ {KEYS[1]}: 'x' }});",
    "a computed key elsewhere": f"a({{ ['{KEYS[1]}']: 'y' }}); b({{ {KEYS[1]}: 'x' }});",
}


@pytest.mark.parametrize("form", TEXTS)
def test_forms_of_properties(opinion: Opinion, form: str) -> None:
    assert set(opinion.ask("facts", source=TEXTS[form], name=PLUGIN, key=KEYS[1])["texts"]) != {"x"}
    assert typescript.text_of(TEXTS[form], KEYS[1]) is None
