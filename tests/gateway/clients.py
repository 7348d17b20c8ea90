# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Real MCP clients. Each logs in as a person would, lists the tools and calls `hello`, or fails in its own words."""

from __future__ import annotations

import asyncio
import json
import ssl
import subprocess
import typing as t
from pathlib import Path

from tests.gateway.commands import fastmcp, inspector, mcp_remote
from tests.gateway.gateway import stop_group
from tests.gateway.install import MODULES, NODE, environment
from tests.gateway.page import browser
from tests.gateway.seen import ARGUMENTS, SECONDS, ClientFailed, Identity, Seen
from tests.mcp.client import LoginRefused, Person, visit

TYPESCRIPT = MODULES / "@modelcontextprotocol" / "client" / "dist" / "index.mjs"


def python(url: str, ca_path: str, identity: Identity | None = None, mode: str = "auto") -> Seen:
    """The Python SDK; `mode` is its own, of how it agrees on a revision of MCP."""
    own = identity or Identity()
    try:
        seen = visit(
            url,
            ca_path,
            metadata_url=own.document,
            client_id=own.application,
            redirect_uri=own.redirect_uri,
            arguments=ARGUMENTS,
            seconds=SECONDS,
            mode=mode,
        )
    except Exception as error:
        raise ClientFailed(f"{type(error).__name__}: {error}") from error
    return Seen(seen.tools, seen.answers[0], seen.revision)


def typescript(
    url: str,
    ca_path: str,
    identity: Identity | None = None,
    *,
    arguments: dict[str, t.Any] | None = None,
    user_agent: str | None = None,
    token: str | None = None,
    mode: str | dict[str, str] = "legacy",
) -> Seen:
    """The TypeScript SDK, in a Node.js process; with `token`, it has that access token from before.

    `mode` is its own, of how it agrees on a revision of MCP. By default it does not ask for the newest one.
    """
    own = identity or Identity()
    options = {
        "url": url,
        "redirectUri": own.redirect_uri,
        "clientId": own.client_id,
        "toolArguments": arguments or ARGUMENTS,
        "mode": mode,
        "headers": {"User-Agent": user_agent} if user_agent else {},
        "token": token,
    }
    process = subprocess.Popen(
        [NODE, str(Path(__file__).with_name("client.mjs")), str(TYPESCRIPT), json.dumps(options)],
        env=environment(NODE_EXTRA_CA_CERTS=ca_path),
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
            person = Person(ssl.create_default_context(cafile=ca_path), redirect_uri=own.redirect_uri)
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
    return Seen.of(message)


class Client(t.Protocol):
    """A login at the MCP server `url`, as `identity` or one that registers itself. Raises ClientFailed."""

    def __call__(self, url: str, ca_path: str, identity: Identity | None = None) -> Seen: ...


CLIENTS: dict[str, Client] = {
    "python": python,
    "typescript": typescript,
    "inspector": inspector,
    "mcp-remote": mcp_remote,
    "fastmcp": fastmcp,
    "browser": browser,
}
