# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Command line: serves one tenant over TLS on 127.0.0.1 until SIGTERM or SIGINT.

Prints one JSON line when ready: `{domain, ca_path, client_id, client_secret}`. With `--ready export`, these are lines
for a shell.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shlex
import signal
import socket
import ssl
import tempfile
from collections.abc import Callable
from pathlib import Path

import trustme
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from .app import create_app
from .plans import PLANS
from .tenant import Keys, Tenant

HOST = "127.0.0.1"


def _export(ready: dict[str, str]) -> str:
    """What the modules take from the environment."""
    return "\n".join(f"export AUTH0_{name.upper()}={shlex.quote(value)}" for name, value in ready.items())


READY: dict[str, Callable[[dict[str, str]], str]] = {"json": json.dumps, "export": _export}


class Protocol(H11Protocol):
    """Leaves its transport in the scope's state, so that a fault can drop the connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}

    def shutdown(self) -> None:
        """Idle connections end at once: an orderly TLS shutdown would wait for clients that keep theirs open."""
        super().shutdown()
        if self.cycle is None or self.cycle.response_complete:
            self.transport.abort()


class Server(uvicorn.Server):
    ready = ""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        print(self.ready, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m emulator", description="A local stand-in for an Auth0 tenant.")
    parser.add_argument("--port", type=int, help="default: that of the state, else a free one")
    parser.add_argument("--state", type=Path, metavar="FILE", help="JSON file that keeps the tenant between runs")
    parser.add_argument("--latency", type=int, default=0, metavar="MS", help="delay of every answer")
    parser.add_argument("--rate-limit", choices=sorted(PLANS), default="none", help="plan whose limits apply")
    parser.add_argument("--ready", choices=list(READY), default="json", help="what is printed when it is ready")
    return parser.parse_args()


def _listen(port: int) -> socket.socket:
    # Named as TCP, asyncio turns Nagle's algorithm off; otherwise each answer waits 40 ms for the client's ACK.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((HOST, port))
    return listener


def _open_tenant(port: int | None, state: Path | None) -> tuple[Tenant, socket.socket]:
    """A stored tenant comes back on its own port unless another one is asked for."""
    if state is None or not state.exists():
        listener = _listen(port or 0)
        tenant = Tenant.create(f"{HOST}:{listener.getsockname()[1]}", state)
    else:
        stored = Tenant.load(state).domain.partition(":")[2]
        listener = _listen(int(stored) if port is None else port)
        tenant = Tenant.load(state, f"{HOST}:{listener.getsockname()[1]}")
    tenant.save()
    return tenant, listener


def _context(keys: Keys) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca = trustme.CA.from_pem(keys.ca_certificate.encode(), keys.ca_key.encode())
    ca.issue_cert(HOST, "localhost").configure_cert(context)
    return context


def main() -> None:
    arguments = _arguments()
    tenant, listener = _open_tenant(arguments.port, arguments.state)
    handle, ca_path = tempfile.mkstemp(prefix="emulator-ca-", suffix=".pem")
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(tenant.keys.ca_certificate)
        config = uvicorn.Config(
            create_app(tenant, latency=arguments.latency / 1000, plan=arguments.rate_limit),
            http=Protocol,
            ws="none",
            lifespan="off",
            log_level="error",
            access_log=False,
            server_header=False,
            # On a busy machine auth0-deploy-cli checks its input for minutes, and then uses the connection that it has.
            timeout_keep_alive=600,
            timeout_graceful_shutdown=1,
        )
        config.load()
        config.ssl = _context(tenant.keys)
        server = Server(config)
        server.ready = READY[arguments.ready](
            {
                "domain": tenant.domain,
                "ca_path": ca_path,
                "client_id": tenant.state["client_id"],
                "client_secret": tenant.state["client_secret"],
            }
        )

        def stop(*_: object) -> None:
            server.should_exit = True

        # The server raises a signal again once it has stopped: these handlers keep that from ending the clean-up.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        server.run(sockets=[listener])
    finally:
        Path(ca_path).unlink(missing_ok=True)


if __name__ == "__main__":
    main()
