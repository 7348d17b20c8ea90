# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Gateways that answer oddly, or send the check elsewhere: to a trap, where nobody was to be asked for anything."""

from __future__ import annotations

import base64
import contextlib
import json
import random
import socketserver
import ssl
import threading
import time
import typing as t
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.parser import Parser
from pathlib import Path

import trustme

from tests.faults import kinds, verdict
from tests.faults.matrix import secrets
from tests.faults.values import ODD
from tests.faults.verdict import Verdicts
from tests.faults.world import SHORT, Object, World

Headers = t.Mapping[str, str]
# Of the answers that never end.
LONGEST_ANSWER = 30.0


@dataclass(frozen=True)
class Answer:
    """Bytes as Latin-1 text, and what goes on being sent after them."""

    raw: str
    repeat: str | None = None
    pause: float = 0.05


class Place(socketserver.ThreadingTCPServer):
    """A TLS server that answers as it is told, and keeps what it was asked: method, path, headers."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, context: ssl.SSLContext, answer: t.Callable[[str, str], Answer]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.context, self.answer, self.is_open = context, answer, True
        self.log: list[tuple[str, str, Headers]] = []
        self.url = f"https://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.is_open = False
        self.shutdown()
        self.server_close()

    def handle_error(self, request: t.Any, client_address: t.Any) -> None:
        """A client that goes away is none."""


class _Handler(socketserver.BaseRequestHandler):
    server: Place

    def handle(self) -> None:
        self.request.settimeout(5)
        with (
            contextlib.suppress(OSError),
            self.server.context.wrap_socket(self.request, server_side=True) as connection,
        ):
            head = b""
            while b"\r\n\r\n" not in head:
                received = connection.recv(65536)
                if not received:
                    return
                head += received
            first, _end, rest = head.decode("latin-1").partition("\r\n")
            headers = Parser().parsestr(rest.partition("\r\n\r\n")[0], headersonly=True)
            method, path, _version = first.split(" ", 2)
            self.server.log.append((method, path, {name.lower(): value for name, value in headers.items()}))
            answer = self.server.answer(method, path)
            connection.sendall(answer.raw.encode("latin-1"))
            end = time.monotonic() + LONGEST_ANSWER
            while answer.repeat is not None and self.server.is_open and time.monotonic() < end:
                connection.sendall(answer.repeat.encode("latin-1"))
                time.sleep(answer.pause)


@dataclass(frozen=True)
class Gateway:
    """One generated gateway. With `known`, the user names the tenant; else the check knows what the gateway says."""

    seed: int
    known: bool
    register: bool = True

    def __str__(self) -> str:
        return f"gateway {self.seed}, {'tenant known' if self.known else 'no tenant'}"

    def judge(self, world: World) -> Verdicts:
        world.restore(world.seeded)
        world.waits = SHORT
        ca = trustme.CA()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ca.issue_cert("127.0.0.1").configure_cert(context)
        trusted = world.folder / "trusted.pem"
        trusted.write_bytes(ca.cert_pem.bytes() + Path(world.tenant.ca_path).read_bytes())
        script = Script(random.Random(self.seed), world.tenant.domain)
        script.trap = Place(context, script.trapped)
        script.gateway = Place(context, script.answer)
        try:
            yield from self._check(world, script, str(trusted))
        finally:
            script.gateway.close()
            script.trap.close()
            trusted.unlink()

    def _check(self, world: World, script: Script, ca_path: str) -> Verdicts:
        options: Object = {
            "mcp_server_url": f"{script.gateway.url}/mcp",
            "register": self.register,
            "ca_path": ca_path,
            "domain": world.tenant.domain if self.known else "",
            "other_audience": "https://other.example.com/mcp" if self.known else None,
        }
        ended = world.module("mcp_oauth_check", options)
        yield from verdict.explained(ended)
        if verdict.CONTROL.search(str(ended.result.get("report", ""))):
            yield "unexplained", f"control characters in the report: {ended.result['report'][:300]!r}"
        yield from verdict.leaked(ended.output, secrets(world))
        for method, path, headers in script.trap.log:
            if "authorization" in headers:
                yield "leaked", f"a token, to {path} of a host that nobody named"
            # Clients do read the metadata that a challenge names, and that of an issuer.
            if method != "GET" or not ("/issuer" in path or path == "/metadata"):
                yield "unexplained", f"sent {method} {path} to a host that nobody named"
        for method, path, headers in script.gateway.log:
            if "/api/v2/" in _audience(headers.get("authorization", "")):
                yield "leaked", f"a Management API token, to {method} {path} of the gateway"
            if method not in ("GET", "POST", "DELETE") or (method != "GET" and path != "/mcp"):
                yield "unexplained", f"sent {method} {path} to the gateway"


def _audience(authorization: str) -> str:
    """What a token is for."""
    payload = [*authorization.split("."), "", ""][1]
    with contextlib.suppress(ValueError):
        return str(json.loads(base64.urlsafe_b64decode(payload + "=="))["aud"])
    return ""


@dataclass
class Script:
    """What gateway and trap answer: mostly as they should, with something odd in places."""

    choice: random.Random
    domain: str
    gateway: Place = field(init=False)
    trap: Place = field(init=False)
    _answers: dict[tuple[str, str], Answer] = field(default_factory=dict)

    def answer(self, method: str, path: str) -> Answer:
        """The same one each time."""
        return self._answers.setdefault((method, path), self._make(method, path))

    def trapped(self, method: str, path: str) -> Answer:
        """What would lead on, if anything were asked for here."""
        if method == "POST":
            client = {"client_id": "x", "registration_client_uri": f"{self.trap.url}/api/v2/clients/x"}
            return _json({**client, "registration_access_token": "abc"}, 201)
        issuer = f"{self.trap.url}/issuer/"
        return _json(
            {
                "issuer": issuer if "/issuer/" in path or path.endswith("/issuer") else self.trap.url,
                "registration_endpoint": f"{self.trap.url}/register",
                "token_endpoint": f"{self.trap.url}/token",
                "code_challenge_methods_supported": ["S256"],
            }
        )

    def _make(self, method: str, path: str) -> Answer:
        if self.choice.random() < 0.15:
            kind = self.choice.choice([one for one in kinds.KINDS.values() if "raw" in one or "repeat" in one])
            return Answer(kind.get("raw", ""), kind.get("repeat"), kind.get("pause", 0.05))
        if path == "/mcp":
            url = f"{self.gateway.url}/.well-known/oauth-protected-resource/mcp"
            shown = self._odd(url, [f"{self.trap.url}/metadata", 'a"b', "\\", "x" * 70_000, "\x1b[31m", "=,=,"])
            scheme = self._odd("Bearer", ["", "Basic", "Bearer,,", "bearer" * 100])
            value = f'{scheme} resource_metadata="{shown}"'
            status = self._odd(401, [200, 302, 307, 308, 403, 999, 100, 500])
            location = self.choice.choice([f"{self.trap.url}/mcp", "/mcp", "//127.0.0.1/mcp"])
            return Answer(kinds.http(status, www_authenticate=value, location=location))
        if self.choice.random() < 0.1:
            # No client goes there: it is another origin.
            return Answer(kinds.http(302, location=f"{self.trap.url}/elsewhere"))
        document: Object = {
            "resource": f"{self.gateway.url}/mcp",
            "authorization_servers": [f"https://{self.domain}/"],
        }
        if self.choice.random() < 0.5:
            # Issuers that would be asked for tokens and registrations.
            named = [
                f"{self.trap.url}/issuer/",
                f"{self.gateway.url}/",
                self.trap.url + "/issuer\x00",
                "file:///etc/passwd",
            ]
            document["authorization_servers"] = [self.choice.choice(named)]
        else:
            name = self.choice.choice(list(document))
            document[name] = self._odd(document[name], ODD)
        if "authorization-server" in path or "openid" in path:
            endpoint = self.choice.choice([f"{self.trap.url}/register", f"{self.gateway.url}/register", *ODD])
            document = {"issuer": f"{self.gateway.url}/", "registration_endpoint": endpoint, "token_endpoint": endpoint}
            name = self.choice.choice(["code_challenge_methods_supported", "issuer", "none"])
            document[name] = self._odd(["S256"], ODD)
        return _json(document)

    def _odd(self, usual: t.Any, odd: t.Sequence[t.Any]) -> t.Any:
        return self.choice.choice(odd) if self.choice.random() < 0.3 else usual


def _json(value: t.Any, status: int = 200) -> Answer:
    return Answer(kinds.http(status, json.dumps(value).encode(), content_type=kinds.JSON))


def trials(number: int, seed: int) -> Iterator[Gateway]:
    for turn in range(number):
        yield Gateway(seed * 100_000 + turn, known=bool(turn % 2))
