# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""An MCP server with one tool behind the access tokens of a tenant, as the official SDK makes one."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import time
import typing as t

import jwt
import uvicorn
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import MCPServer
from pydantic import AnyHttpUrl

PATH = "/mcp"
Served = t.TypeVar("Served", bound="Server")


class Verifier:
    """Takes RS256 tokens of the issuer whose audience is this server; keys come from the issuer's JWKS."""

    def __init__(self, issuer: str, audience: str, ca_path: str) -> None:
        self._issuer = issuer
        self._audience = audience
        context = ssl.create_default_context(cafile=ca_path)
        self._keys = jwt.PyJWKClient(f"{issuer}.well-known/jwks.json", ssl_context=context)

    async def verify_token(self, token: str) -> AccessToken | None:
        try:
            claims = await asyncio.to_thread(self._claims, token)
        except jwt.PyJWTError:
            return None
        return AccessToken(
            token=token,
            client_id=claims.get("client_id") or claims["azp"],
            scopes=claims.get("scope", "").split(),
            expires_at=claims["exp"],
            resource=self._audience,
            subject=claims["sub"],
        )

    def _claims(self, token: str) -> dict[str, t.Any]:
        claims: dict[str, t.Any] = jwt.decode(
            token,
            self._keys.get_signing_key_from_jwt(token),
            algorithms=["RS256"],
            audience=self._audience,
            issuer=self._issuer,
            options={"require": ["exp", "iss", "aud", "sub"]},
        )
        return claims


class Server:
    """Serves an ASGI application on a free port of 127.0.0.1 in a thread of its own, as a context manager."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}{PATH}"

    def serve(self, app: t.Any) -> None:
        config = uvicorn.Config(app, log_level="critical", access_log=False, timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True)

    def __enter__(self: Served) -> Served:
        self._thread.start()
        end = time.monotonic() + 10
        while not self._server.started:
            if time.monotonic() > end or not self._thread.is_alive():
                self.__exit__()
                raise RuntimeError("the MCP server did not start")
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        self._socket.close()


def hello_server(**options: t.Any) -> MCPServer:
    """An MCP server with the tool `hello(name)`."""
    server = MCPServer("hello", log_level="CRITICAL", **options)

    @server.tool()
    def hello(name: str) -> str:
        """Greets somebody."""
        return f"Hello, {name}!"

    return server


class McpServer(Server):
    """Serves `hello(name)` at `url`, and others of the names in `tools`, which return their `body`.

    `domain` and `ca_path` are those of the tenant. Its metadata names the URL as resource, and the tenant as issuer.
    """

    def __init__(self, domain: str, ca_path: str, tools: t.Iterable[str] = ()) -> None:
        super().__init__()
        issuer = f"https://{domain}/"
        server = hello_server(
            token_verifier=Verifier(issuer, self.url, ca_path),
            auth=AuthSettings(
                issuer_url=AnyHttpUrl(issuer), resource_server_url=AnyHttpUrl(self.url), validate_token_resource=True
            ),
        )
        for tool in {*tools} - {"hello"}:
            server.add_tool(_echo, name=tool)
        self.serve(server.streamable_http_app(streamable_http_path=PATH))


def _echo(body: dict[str, t.Any] | None = None) -> str:
    """Returns its argument."""
    return str(body)
