# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Two lines into a TypeScript function, and out again."""

from __future__ import annotations

import pytest

from ansible_collections.mcp_ops.oauth.plugins.module_utils import _typescript as typescript

IMPORT = 'import { register } from "./m";'


def add(source: str) -> str:
    return str(typescript.add_call(source, "runtimeInit", "register", "./m"))


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
    ],
)
def test_two_lines_in_and_out(source: str, expected: str) -> None:
    assert add(source) == expected
    assert add(expected) == expected
    assert typescript.remove_call(expected, "register") == source


def test_a_formatter_s_hand_is_known() -> None:
    source = "import { register } from './m'\n\nexport function runtimeInit(runtime) {\n\n    register( runtime )\n}\n"
    assert add(source) == source
    assert typescript.remove_call(source, "register") == "\nexport function runtimeInit(runtime) {\n\n}\n"


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("export function other() {}", "exports no function runtimeInit"),
        ("function runtimeInit(runtime) {}", "exports no function runtimeInit"),
        ("export function runtimeInit({ addPlugin }) {}", "one named argument"),
        ("export function runtimeInit() {}", "one named argument"),
        ("export { runtimeInit } from './x';", "exports no function runtimeInit"),
        ("const register = 1;\nexport function runtimeInit(r) {}", "has a register of its own"),
        ("export function runtimeInit(r) {}\nconst s = 'open;\n", "line 2: a text or comment"),
        ("/* open\nexport function runtimeInit(r) {}", "line 1: a text or comment"),
    ],
)
def test_what_cannot_be_extended(source: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        add(source)


def test_what_is_read() -> None:
    source = "import { A } from './a'; // from './b'\nnew Plugin({ list: [ 'x', 'y' ], other: [z] }); /* list: ['c'] */"
    assert typescript.first_text(source, "list") == "x"
    assert typescript.first_text(source, "other") is None
    assert typescript.first_text(f"// list: ['c']\n{source}", "list") == "x"
    assert typescript.calls(source, "Plugin")
    assert not typescript.calls("// Plugin(\nimport { Plugin } from 'p';", "Plugin")
    assert typescript.imports_modules(source)
    assert not typescript.imports_modules("import { A } from 'a'; // from './b'")


def test_what_cannot_be_taken_out() -> None:
    with pytest.raises(ValueError, match="further places"):
        typescript.remove_call(add("export function runtimeInit(r) {\n}\n") + "register(1, 2);\n", "register")
