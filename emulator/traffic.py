# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What stands between the socket and the routes: request log, faults, latency.

Paths are matched and logged raw, still percent-encoded.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .oauth import client_of

CONTROL = "/_emulator/"
# Parameters of logins and of tokens for users, which the log tells of and does not hold.
HIDDEN = frozenset({"transaction", "password", "code", "code_verifier", "refresh_token", "token"})
# How long an orderly end of a connection waits for the client.
SECONDS_TO_CLOSE = 1.0
BROKEN_JSON = b'{"statusCode": 200, "broken": ['


@dataclass
class Fault:
    """What the next `times` answers for a method and path become, once `skip` of them are past.

    `raw` and `repeat` are bytes as Latin-1 text: what is sent in place of an answer, and what goes on being sent after
    it, every `pause` seconds, until the client goes.
    """

    method: str
    path: str
    times: int = 1
    skip: int = 0
    status: int | None = None
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    reset: bool = False
    reset_after: bool = False
    delay: float = 0.0
    broken_json: bool = False
    after: bool = False
    raw: str | None = None
    repeat: str | None = None
    pause: float = 0.1

    def matches(self, method: str, path: str) -> bool:
        if self.times < 1 or self.method not in (method, "*"):
            return False
        return path.startswith(self.path[:-1]) if self.path.endswith("*") else path == self.path

    def answer(self) -> Response | None:
        """The answer that is given without carrying out the request, if this fault is of that kind."""
        if self.broken_json:
            return Response(BROKEN_JSON, 200, dict(self.headers), "application/json")
        if self.status is not None and self.body is None:
            return Response(status_code=self.status, headers=dict(self.headers))
        if self.status is not None:
            return JSONResponse(self.body, self.status, dict(self.headers))
        return None


def _parsed(content_type: str, content: bytes) -> Any:
    if not content:
        return None
    if content_type.partition(";")[0].strip() == "application/x-www-form-urlencoded":
        return dict(parse_qsl(content.decode("utf-8", "replace"), keep_blank_values=True))
    try:
        return json.loads(content)
    except ValueError:
        return None


def _show(path: str, body: Any) -> Any:
    """A body as it goes into the log. Those of the Management API stay as they are."""
    if path.startswith("/api/") or not isinstance(body, dict):
        return body
    return {key: "hidden" if key in HIDDEN else value for key, value in body.items()}


def _query(text: str) -> dict[str, Any]:
    values = parse_qs(text, keep_blank_values=True)
    return {name: value[0] if len(value) == 1 else value for name, value in values.items()}


class Discarded:
    """Takes an answer that must not reach the client."""

    async def __call__(self, message: Message) -> None:
        return None


class Traffic:
    """ASGI application around the routes. `log` entries: `{method, path, query, status, authorization, body}`.

    `status` is null where no answer was given.
    """

    def __init__(self, app: ASGIApp, latency: float = 0.0) -> None:
        self._app = app
        self._latency = latency
        self.log: list[dict[str, Any]] = []
        self.faults: list[Fault] = []
        self._resets = 0

    def reset(self) -> None:
        """Forget log and faults. Requests still being delayed are dropped: they were meant for the tenant of before."""
        self.log.clear()
        self.faults.clear()
        self._resets += 1

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["raw_path"].decode("ascii")
        # Routes see the raw path, so a slash inside an identifier is part of it only when it is encoded.
        scope = {**scope, "path": path}
        if path.startswith(CONTROL):
            await self._app(scope, receive, send)
        else:
            await self._logged(scope, receive, send)

    async def _logged(self, scope: Scope, receive: Receive, send: Send) -> None:
        content = await _read(receive)
        headers = Headers(scope=scope)
        entry = {
            "method": scope["method"],
            "path": scope["path"],
            "query": _query(scope["query_string"].decode("ascii", "replace")),
            "status": None,
            "authorization": client_of(headers.get("authorization")),
            "body": _show(scope["path"], _parsed(headers.get("content-type", ""), content)),
        }
        self.log.append(entry)

        async def replay() -> Message:
            return {"type": "http.request", "body": content, "more_body": False}

        async def answered(message: Message) -> None:
            if message["type"] == "http.response.start":
                entry["status"] = message["status"]
            await send(message)

        fault = self._take_fault(scope["method"], scope["path"])
        resets = self._resets
        await asyncio.sleep(self._latency + (fault.delay if fault else 0.0))
        if resets != self._resets:
            await _disconnect(scope, receive)
            return
        if fault is not None and (fault.after or fault.reset_after):
            await self._app(scope, replay, Discarded())
        if fault is not None and (fault.reset or fault.reset_after):
            await _disconnect(scope, receive)
            return
        if fault is not None and (fault.raw is not None or fault.repeat is not None):
            await _send_raw(fault, scope, receive)
            return
        response = fault.answer() if fault is not None else None
        await (response or self._app)(scope, replay, answered)

    def _take_fault(self, method: str, path: str) -> Fault | None:
        for fault in self.faults:
            if fault.matches(method, path):
                if fault.skip < 1:
                    fault.times -= 1
                    return fault
                fault.skip -= 1
        return None


async def _read(receive: Receive) -> bytes:
    content: bytes = b""
    while True:
        message = await receive()
        content += message.get("body", b"")
        if not message.get("more_body"):
            return content


def _transport(scope: Scope) -> Any:
    """The server leaves it in the scope for faults."""
    transport = scope.get("state", {}).get("transport")
    if transport is None:
        raise ConnectionResetError("connection dropped by a fault")
    return transport


async def _send_raw(fault: Fault, scope: Scope, receive: Receive) -> None:
    transport = _transport(scope)
    transport.write((fault.raw or "").encode("latin-1"))
    while fault.repeat is not None and not transport.is_closing():
        transport.write(fault.repeat.encode("latin-1"))
        await asyncio.sleep(fault.pause)
    transport.close()
    try:
        await asyncio.wait_for(_disconnected(receive), SECONDS_TO_CLOSE)
    except TimeoutError:
        await _disconnect(scope, receive)


async def _disconnect(scope: Scope, receive: Receive) -> None:
    """Drops the connection."""
    _transport(scope).abort()
    await _disconnected(receive)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
