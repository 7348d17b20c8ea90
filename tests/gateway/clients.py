# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Real MCP clients. Each logs in as a person would, lists the tools and calls `hello`, or fails in its own words."""

from __future__ import annotations

import asyncio
import json
import shlex
import ssl
import subprocess
import sys
import tempfile
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

from tests.gateway.gateway import free_ports, stop_group
from tests.gateway.install import MODULES, NODE, environment
from tests.integration.harness import ROOT
from tests.mcp.client import REDIRECT_URI, LoginRefused, Person, visit

ARGUMENTS = {"body": {"name": "MCP"}}
TYPESCRIPT = MODULES / "@modelcontextprotocol" / "client" / "dist" / "index.mjs"
INSPECTOR = MODULES / "@modelcontextprotocol" / "inspector" / "clients" / "launcher" / "build" / "index.js"
SECONDS = 30


@dataclass(frozen=True)
class Seen:
    """What a client got: the names of the tools, and the text of the tool's answer."""

    tools: list[str]
    answer: str


class ClientFailed(Exception):
    """The text is the client's own: the name of its error and the message, or what the login page said."""


def python(url: str, ca_path: str) -> Seen:
    """The Python SDK."""
    try:
        seen = visit(url, ca_path, arguments=ARGUMENTS, seconds=SECONDS)
    except Exception as error:
        raise ClientFailed(f"{type(error).__name__}: {error}") from error
    return Seen(seen.tools, seen.answers[0])


def typescript(
    url: str,
    ca_path: str,
    *,
    arguments: dict[str, t.Any] = ARGUMENTS,
    user_agent: str | None = None,
    token: str | None = None,
    negotiate: bool = False,
) -> Seen:
    """The TypeScript SDK, in a Node.js process; with `token`, it has that one from before.

    With `negotiate` it asks for the newest revision of MCP first, as the Python SDK always does.
    """
    headers = {"User-Agent": user_agent} if user_agent else {}
    options = [str(TYPESCRIPT), url, REDIRECT_URI, json.dumps(arguments), json.dumps(headers), *filter(None, [token])]
    process = subprocess.Popen(
        [NODE, str(Path(__file__).with_name("client.mjs")), *options],
        env=environment(NODE_EXTRA_CA_CERTS=ca_path, NEGOTIATE="yes" if negotiate else ""),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        message = json.loads(process.stdout.readline())
        if "authorize" in message:
            person = Person(ssl.create_default_context(cafile=ca_path))
            try:
                asyncio.run(person.open(message["authorize"]))
            except LoginRefused as error:
                if not person.target:
                    raise ClientFailed(f"LoginRefused: {error}") from error
            output, _error = process.communicate(person.target.partition("?")[2] + "\n", timeout=SECONDS)
            message = json.loads(output.splitlines()[-1])
    except subprocess.TimeoutExpired as error:
        raise ClientFailed("TimeoutError") from error
    finally:
        stop_group(process)
        process.stdin.close()
        process.stdout.close()
    if "error" in message:
        raise ClientFailed(message["error"])
    return Seen(message["tools"], message["answer"])


def inspector(url: str, ca_path: str) -> Seen:
    """MCP Inspector on the command line: once for the list of tools, with a login, and once for the call."""
    with tempfile.TemporaryDirectory(prefix="inspector-") as folder:
        home = Path(folder)
        tools = _inspect(home, url, ca_path, "--method", "tools/list")["tools"]
        call = ["--method", "tools/call", "--tool-name", "hello", "--tool-arg", f"body={json.dumps(ARGUMENTS['body'])}"]
        content = _inspect(home, url, ca_path, *call)["content"]
    return Seen([tool["name"] for tool in tools], "".join(part["text"] for part in content))


def _inspect(home: Path, url: str, ca_path: str, *args: str) -> dict[str, t.Any]:
    """One command of the Inspector, which keeps its tokens in `home`; its answer."""
    callback = f"http://127.0.0.1:{free_ports()}/oauth/callback"
    refusal, browser = home / "refusal", home / "browser"
    person = [sys.executable, "-m", "tests.gateway.person", ca_path, str(refusal), callback]
    browser.write_text(f'#!/bin/sh\ncd {shlex.quote(str(ROOT))}\nexec {shlex.join(person)} "$1"\n', encoding="utf-8")
    browser.chmod(0o700)
    options = ["--server-url", url, "--transport", "http", "--callback-url", callback, "--format", "json"]
    with (home / "output").open("w+") as output, (home / "errors").open("w+") as errors:
        process = subprocess.Popen(
            [NODE, str(INSPECTOR), "--cli", *options, *args],
            cwd=home,
            env=environment(
                BROWSER=str(browser),
                MCP_AUTO_OPEN_ENABLED="true",
                HOME=str(home),
                NODE_EXTRA_CA_CERTS=ca_path,
                MCP_INSPECTOR_SECRET_STORE="file",
            ),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            start_new_session=True,
        )
        try:
            end = time.monotonic() + SECONDS
            while process.poll() is None:
                # It would wait for a redirect that never comes.
                if refusal.exists():
                    raise ClientFailed(f"LoginRefused: {refusal.read_text(encoding='utf-8')}")
                if time.monotonic() > end:
                    raise ClientFailed("TimeoutError")
                time.sleep(0.05)
        finally:
            stop_group(process)
        output.seek(0)
        errors.seek(0)
        answer, complaint = output.read(), errors.read()
    if process.returncode:
        raise ClientFailed(f"exit {process.returncode}: {_complaint(complaint)}")
    return dict(json.loads(answer)["result"])


def _complaint(output: str) -> str:
    """The message in the Inspector's last line, else all that it said."""
    line = output.strip().rpartition("\n")[2]
    return str(json.loads(line)["error"]["message"]) if line.startswith("{") else output


CLIENTS: dict[str, t.Callable[[str, str], Seen]] = {"python": python, "typescript": typescript, "inspector": inspector}
