# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""HTTP as an MCP client does it: bounded, without following redirects, and never with a Management API token."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from .. import _http
from .._types import Object

# Bytes of a document that are read at most. Metadata has a few thousand.
LIMIT = 100_000
_SUCCESS = (200, 201)
CLIENT_NAME = "mcp_ops.oauth check"
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": CLIENT_NAME, "version": "1"},
    },
}
BROWSER_HEADERS = ("authorization", "content-type", "mcp-protocol-version")
"""The headers of an MCP client's request that a browser asks the gateway about."""
REGISTRATION = {
    "client_name": CLIENT_NAME,
    "redirect_uris": ["http://127.0.0.1/callback"],
    "grant_types": ["authorization_code", "refresh_token"],
    "response_types": ["code"],
    "token_endpoint_auth_method": "none",
}


@dataclass(frozen=True)
class Answer:
    """The answer to a request. `status` is 0 where there was none; `problem` is why, or why there is no document.

    `absent` tells that nothing is deployed there: the name does not resolve, or the connection is refused or times out.
    `headers` have names in lower case; `data` is the parsed JSON of a document, None for anything else.
    """

    status: int
    headers: t.Mapping[str, str] = field(default_factory=dict)
    data: t.Any = None
    problem: str = ""
    absent: bool = False

    @property
    def document(self) -> Object | None:
        """The JSON object of a successful answer."""
        return self.data if self.status in _SUCCESS and isinstance(self.data, dict) else None


class Probe:
    """One session. `timeout` in seconds bounds each request as a whole.

    URLs must pass `is_url` and tokens `is_word`. Every method returns an `Answer`, whatever the server does.
    """

    def __init__(self, *, ca_path: str | None, validate_certs: bool, timeout: float) -> None:
        self._session = _http.Session(ca_path=ca_path, validate_certs=validate_certs, timeout=timeout, limit=LIMIT)

    def close(self) -> None:
        self._session.close()

    def initialize(self, url: str, token: str | None = None) -> Answer:
        """Open an MCP session, and end it again if the server keeps one."""
        headers = {"Accept": "application/json, text/event-stream"}
        answer = self._send("POST", url, token, json=INITIALIZE, headers=headers)
        session = answer.headers.get("mcp-session-id")
        if is_word(session):
            self._send("DELETE", url, token, headers={"Mcp-Session-Id": session})
        return answer

    def preflight(self, url: str, origin: str) -> Answer:
        """What a browser asks before a page of that origin may call the MCP server (Fetch, CORS-preflight fetch)."""
        headers = {
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": ",".join(BROWSER_HEADERS),
        }
        return self._send("OPTIONS", url, headers=headers)

    def document(self, url: str) -> Answer:
        return self._send("GET", url, read=True, headers={"Accept": "application/json"})

    def register(self, url: str) -> Answer:
        """A dynamic client registration (RFC 7591)."""
        return self._send("POST", url, read=True, json=REGISTRATION)

    def unregister(self, url: str, token: str) -> Answer:
        """Delete a client with the token that its registration gave (RFC 7592)."""
        return self._send("DELETE", url, token)

    def _send(self, method: str, url: str, token: str | None = None, *, read: bool = False, **content: t.Any) -> Answer:
        """`read` is for documents: anything else may be a stream of events that never ends."""
        try:
            reply = self._session.exchange(method, url, token=token, read=read, **content)
        except _http.NoReply as none:
            return Answer(0, problem=none.why, absent=none.absent)
        headers = {name.lower(): value for name, value in reply.headers.items()}
        answer = Answer(reply.status, headers, reply.data, reply.problem)
        if read and reply.status in _SUCCESS and answer.document is None and not reply.problem:
            return replace(answer, problem="but its body is no JSON object")
        return answer


def is_word(value: t.Any) -> t.TypeGuard[str]:
    """Whether a value, such as a server may send, can be the value of a header: printable ASCII without spaces."""
    return isinstance(value, str) and bool(value) and not _http.NOT_IN_A_WORD.search(value)


def is_origin(value: t.Any) -> t.TypeGuard[str]:
    """Whether a value is the origin of a web page: scheme, host and port alone."""
    return is_url(value) and not any(urlsplit(value)[2:]) and "@" not in value


def is_url(value: t.Any) -> t.TypeGuard[str]:
    """Whether a value, such as a server may name, is an http URL that a request can be sent to."""
    if not is_word(value) or not re.match(r"https?://", value, re.IGNORECASE):
        return False
    try:
        parts = urlsplit(value)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
