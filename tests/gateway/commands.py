# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Real MCP clients that are commands, and that open a browser by the variable BROWSER."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

from mcp import StdioServerParameters
from mcp.client import Client
from mcp.client.stdio import stdio_client
from mcp_types import TextContent

from tests.gateway.gateway import stop_group
from tests.gateway.install import MODULES, NODE, environment
from tests.gateway.seen import ARGUMENTS, CALLBACK, SECONDS, ClientFailed, Identity, Seen
from tests.integration.harness import ROOT

INSPECTOR = MODULES / "@modelcontextprotocol" / "inspector" / "clients" / "launcher" / "build" / "index.js"
MCP_REMOTE = MODULES / "mcp-remote" / "dist"


@dataclass(frozen=True)
class Said:
    rc: int
    output: str
    errors: str


class Desk:
    """A home folder with a browser, before which a person logs in; what a client keeps stays there."""

    def __init__(self, home: Path, ca_path: str, identity: Identity) -> None:
        self.home = home
        self._refusal, self.browser = home / "refusal", home / "browser"
        person = [sys.executable, "-m", "tests.gateway.person", ca_path, str(self._refusal), identity.redirect_uri]
        script = f'#!/bin/sh\ncd {shlex.quote(str(ROOT))}\nexec {shlex.join(person)} "$1"\n'
        self.browser.write_text(script, encoding="utf-8")
        self.browser.chmod(0o700)
        self.variables = environment(BROWSER=str(self.browser), HOME=str(home), NODE_EXTRA_CA_CERTS=ca_path)

    def run(self, *command: str, **variables: str) -> Said:
        """Raises ClientFailed where the login page lets nobody in, or after SECONDS."""
        with (self.home / "output").open("w+") as output, (self.home / "errors").open("w+") as errors:
            process = subprocess.Popen(
                command,
                cwd=self.home,
                env={**self.variables, **variables},
                # Open, as at a terminal: mcp-remote takes the end of it for the end of its user.
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=errors,
                start_new_session=True,
            )
            try:
                end = time.monotonic() + SECONDS
                while process.poll() is None:
                    # It would wait for a redirect that never comes.
                    if self._refusal.exists():
                        raise ClientFailed(f"LoginRefused: {self._refusal.read_text(encoding='utf-8')}")
                    if time.monotonic() > end:
                        raise ClientFailed("TimeoutError")
                    time.sleep(0.05)
            finally:
                stop_group(process)
                assert process.stdin is not None
                process.stdin.close()
            output.seek(0)
            errors.seek(0)
            return Said(process.returncode, output.read(), errors.read())


def inspector(url: str, ca_path: str, identity: Identity | None = None) -> Seen:
    """MCP Inspector on the command line: once for the list of tools, with a login, and once for the call."""
    own = identity or Identity()
    known = ["--client-metadata-url", own.document] if own.document else []
    known += ["--client-id", own.application] if own.application else []
    options = ["--server-url", url, "--transport", "http", "--callback-url", own.redirect_uri, "--format", "json"]
    variables = {"MCP_AUTO_OPEN_ENABLED": "true", "MCP_INSPECTOR_SECRET_STORE": "file"}
    with tempfile.TemporaryDirectory(prefix="inspector-") as folder:
        desk = Desk(Path(folder), ca_path, own)

        def inspect(*args: str) -> dict[str, t.Any]:
            said = desk.run(NODE, str(INSPECTOR), "--cli", *options, *known, *args, **variables)
            if said.rc:
                raise ClientFailed(f"exit {said.rc}: {_complaint(said.errors)}")
            return dict(json.loads(said.output)["result"])

        tools = inspect("--method", "tools/list")["tools"]
        call = ["--method", "tools/call", "--tool-name", "hello", "--tool-arg", f"body={json.dumps(ARGUMENTS['body'])}"]
        content = inspect(*call)["content"]
    return Seen([tool["name"] for tool in tools], "".join(part["text"] for part in content))


def _complaint(output: str) -> str:
    """The message in the Inspector's last line, else all that it said."""
    line = output.strip().rpartition("\n")[2]
    return str(json.loads(line)["error"]["message"]) if line.startswith("{") else output


def mcp_remote(url: str, ca_path: str, identity: Identity | None = None) -> Seen:
    """mcp-remote: its own client logs in and lists the tools; the call goes through its proxy, from the Python SDK."""
    own = identity or Identity()
    arguments = [url, str(own.port), "--host", "127.0.0.1", "--callback-path", CALLBACK]
    if own.document:
        arguments += ["--client-metadata-url", own.document]
    if own.application:
        arguments += ["--static-oauth-client-info", json.dumps({"client_id": own.application})]
    with tempfile.TemporaryDirectory(prefix="mcp-remote-") as folder:
        desk = Desk(Path(folder), ca_path, own)
        said = desk.run(NODE, str(MCP_REMOTE / "client.js"), *arguments)
        listed = re.search(r"^\[\d+\] Tools: (\{.*?^\})$", said.errors, re.DOTALL | re.MULTILINE)
        if said.rc or not listed:
            raise ClientFailed(f"exit {said.rc}: {said.errors}")
        proxy = StdioServerParameters(
            command=NODE, args=[str(MCP_REMOTE / "proxy.js"), *arguments], env=desk.variables, cwd=desk.home
        )
        answer, revision = asyncio.run(_through(proxy))
    return Seen([tool["name"] for tool in json.loads(listed[1])["tools"]], answer, revision)


async def _through(proxy: StdioServerParameters) -> tuple[str, str]:
    """The answer of `hello`, and the revision of MCP."""
    with open(os.devnull, "w") as errors:
        transport = stdio_client(proxy, errlog=errors)
        async with Client(transport, mode="legacy", read_timeout_seconds=SECONDS) as client:
            result = await client.call_tool("hello", ARGUMENTS)
            text = "".join(part.text for part in result.content if isinstance(part, TextContent))
            return text, client.protocol_version


def fastmcp(url: str, ca_path: str, identity: Identity | None = None) -> Seen:
    """The client of FastMCP."""
    own = identity or Identity()
    with tempfile.TemporaryDirectory(prefix="fastmcp-") as folder:
        desk = Desk(Path(folder), ca_path, own)
        script = str(Path(__file__).with_name("fastmcp_client.py"))
        # Python's webbrowser waits for a command without the last sign.
        said = desk.run(
            sys.executable,
            script,
            url,
            ca_path,
            str(own.port),
            own.client_id,
            json.dumps(ARGUMENTS),
            BROWSER=f"{desk.browser} %s &",
        )
    return Seen.of(json.loads(said.output.splitlines()[-1]))
