# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Zuplo projects whose files are odd: refused untouched, or written and then given back as they were."""

from __future__ import annotations

import json
import os
import random
import typing as t
from collections.abc import Iterator
from dataclasses import dataclass

from tests.faults import verdict
from tests.faults.job import URL
from tests.faults.matrix import secrets
from tests.faults.values import ODD
from tests.faults.verdict import Verdicts
from tests.faults.world import Ended, Object, World

ROUTES, POLICIES, RUNTIME = "config/routes.oas.json", "config/policies.json", "modules/zuplo.runtime.ts"
DEEP = 5000
TEXTS: tuple[bytes, ...] = (
    *(
        b"",
        b"\n",
        b"null",
        b"[]",
        b'"text"',
        b"{",
        b"{}",
        b"{}{}",
        b'{"paths": {}, "paths": []}',
        b"\xff\xfe{}",
        b"\x00",
    ),
    *(b"\xef\xbb\xbf{}", b"// comment\n{}", b'{"a": 1,}', b'{"a": NaN}', b'{"a": "\\ud800"}', b"\r\n{\r\n}\r\n"),
    *(b'{"a":' * DEEP + b"1" + b"}" * DEEP, b"[" * DEEP + b"]" * DEEP, b"[" * DEEP, b'{"a": ' + b"9" * 5000 + b"}"),
    *(b'"' + b"x" * 1_000_000 + b'"', b'{"' + b"y" * 1_000_000),
)
RUNTIMES: tuple[bytes, ...] = (
    b'import { RuntimeExtensions, RuntimeInit } from "@zuplo/runtime";\nexport function runtimeInit(runtime) {\n}\n',
    b"export function runtimeInit(runtime: RuntimeExtensions) { runtime.addPlugin(new X()) }\n",
    *(b"", b"export", b"export function runtimeInit(", b"/*", b"`${`${", b"'", b"/[/", b"\x00", b"\xff", b"{" * DEEP),
    *(b"(" * DEEP + b")" * DEEP, b"`${" * DEEP, b"/*" * DEEP, b"//\n" * DEEP, b"<T>" * DEEP, b"a" * 1_000_000),
    b"export const runtimeInit = 1;\nexport function runtimeInit() {}\n",
)
USUAL: dict[str, t.Any] = {
    ROUTES: {
        "openapi": "3.1.0",
        "paths": {
            "/hello": {"get": {"operationId": "hello", "x-zuplo-route": {"handler": {"export": "default"}}}},
            "/mcp": {"post": {"operationId": "mcp", "x-zuplo-route": {"policies": {"inbound": ["other"]}}}},
        },
    },
    POLICIES: {"policies": [{"name": "other", "policyType": "x", "handler": {"export": "X", "options": {}}}]},
}


@dataclass(frozen=True)
class Project:
    seed: int

    def __str__(self) -> str:
        return f"project {self.seed}"

    def judge(self, world: World) -> Verdicts:
        choice = random.Random(self.seed)
        world.restore(world.seeded)
        for name, data in _files(choice).items():
            path = world.project / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)
        self._misplace(choice, world)
        before = _content(world)
        checked = world.module(
            "mcp_oauth_check", {"mcp_server_url": URL, "project_dir": str(world.project), "domain": ""}
        )
        yield from self._explain(world, checked)
        options: Object = {
            "issuer_domain": "tenant.example.com",
            "mcp_server_url": URL,
            "project_dir": str(world.project),
        }
        options |= {"operations": [{"id": "hello"}]} if choice.random() < 0.5 else {}
        options |= {"attach_to_tools": True} if choice.random() < 0.5 else {}
        preview = world.module("zuplo_mcp_oauth", options, check=True)
        yield from self._explain(world, preview)
        if _content(world) != before:
            yield "lost", "check mode changed the project"
        done = world.module("zuplo_mcp_oauth", options)
        yield from self._explain(world, done)
        if done.rc != 0:
            if _content(world) != before:
                yield "lost", f"it failed and changed the project: {done.msg[:300]!r}"
            return
        again = world.module("zuplo_mcp_oauth", options)
        if again.rc != 0 or again.result.get("changed"):
            yield "unhealed", f"the second run: {again.msg or again.result.get('files')!r}"
        gone = world.module("zuplo_mcp_oauth", {"project_dir": str(world.project), "state": "absent"})
        yield from self._explain(world, gone)
        if gone.rc == 0 and _content(world) != before:
            different = {*before.items()} ^ {*_content(world).items()}
            yield "lost", f"not given back: {', '.join(sorted({name for name, _data in different}))}"

    def _explain(self, world: World, ended: Ended) -> Verdicts:
        yield from verdict.explained(ended)
        yield from verdict.leaked(ended.output, secrets(world))

    def _misplace(self, choice: random.Random, world: World) -> None:
        """Now and then, what is no file stands in the place of one."""
        if choice.random() > 0.2:
            return
        path = world.project / choice.choice([ROUTES, POLICIES, RUNTIME, "config/mcp.oas.json"])
        path.parent.mkdir(exist_ok=True)
        path.unlink(missing_ok=True)
        choice.choice([os.mkfifo, os.mkdir, _dangle, _link_to_null])(path)


def _dangle(path: t.Any) -> None:
    os.symlink("nowhere", path)


def _link_to_null(path: t.Any) -> None:
    os.symlink("/dev/null", path)


def _content(world: World) -> dict[str, bytes | str]:
    """What no read would wait for."""
    found: dict[str, bytes | str] = {}
    for path in sorted(world.project.rglob("*")):
        name = path.relative_to(world.project).as_posix()
        if path.is_symlink():
            found[name] = f"link to {os.readlink(path)}"
        elif path.is_file():
            found[name] = path.read_bytes()
        else:
            found[name] = "directory" if path.is_dir() else "no file"
    return found


def _files(choice: random.Random) -> dict[str, bytes]:
    files = {}
    for name, usual in USUAL.items():
        if choice.random() < 0.2:
            files[name] = choice.choice(TEXTS)
        else:
            value = _mutate(choice, usual) if choice.random() < 0.6 else usual
            indent = choice.choice([None, 2, "\t"])
            files[name] = json.dumps(value, indent=indent, allow_nan=True).encode() + choice.choice(
                [b"", b"\n", b"\r\n"]
            )
    if choice.random() < 0.5:
        files[RUNTIME] = choice.choice(RUNTIMES)
    return files


def _mutate(choice: random.Random, value: t.Any) -> t.Any:
    """The value with one odd one somewhere inside."""
    if isinstance(value, dict) and value and choice.random() < 0.85:
        name = choice.choice(list(value))
        return {**value, name: _mutate(choice, value[name])}
    if isinstance(value, list) and value and choice.random() < 0.85:
        return [_mutate(choice, value[0]), *value[1:]]
    odd = choice.choice(ODD)
    return odd if not isinstance(odd, str) or odd.isprintable() else odd.encode("utf-8", "replace").decode()


def trials(number: int, seed: int) -> Iterator[Project]:
    for turn in range(number):
        yield Project(seed * 100_000 + turn)
