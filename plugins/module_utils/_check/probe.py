# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""HTTP as an MCP client does it: bounded, within the origin that it was given, never with a Management API token.

Redirects are followed as both official SDKs do (discovery.py has the sources): within the origin, with the same method.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field, replace
from urllib.parse import urljoin, urlsplit

from .. import _http
from .._types import Object

# Bytes of a document that are read at most. Metadata has a few thousand.
LIMIT = 100_000
_SUCCESS = (200, 201)
CLIENT_NAME = "mcp_ops.oauth check"
# The newest revision that is opened with initialize, and the one without (MCP 2026-07-28).
OPENED, STATELESS = "2025-11-25", "2026-07-28"
_CLIENT = {"name": CLIENT_NAME, "version": "1"}
_META = "io.modelcontextprotocol/"
_REDIRECTS = 5


def make_message(method: str, number: int = 1, **params: t.Any) -> Object:
    """A request of JSON-RPC with that number as its id; a notification has none."""
    numbered = {} if method.startswith("notifications/") else {"id": number}
    return {"jsonrpc": "2.0", **numbered, "method": method, **({"params": params} if params else {})}


INITIALIZE = make_message("initialize", protocolVersion=OPENED, capabilities={}, clientInfo=_CLIENT)
# As mcp 2.3.0 and @modelcontextprotocol/client 2.4.0 send it; Mcp-Name is for tools, prompts and resources alone.
DISCOVER = make_message(
    "server/discover",
    _meta={f"{_META}protocolVersion": STATELESS, f"{_META}clientInfo": _CLIENT, f"{_META}clientCapabilities": {}},
)
DISCOVER_HEADERS = {"MCP-Protocol-Version": STATELESS, "Mcp-Method": "server/discover"}
BROWSER_HEADERS = ("authorization", "content-type", "mcp-protocol-version")
"""The headers of an MCP client's request that a browser asks the gateway about."""
REGISTRATION = {
    "client_name": CLIENT_NAME,
    "redirect_uris": ["http://127.0.0.1/callback"],
    "grant_types": ["authorization_code", "refresh_token"],
    "response_types": ["code"],
    "token_endpoint_auth_method": "none",
    # SEP-837: as both SDKs derive it from a redirect URI on the own computer.
    "application_type": "native",
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

    def initialize(self, url: str, token: str | None = None, **headers: str) -> Answer:
        """Open an MCP session, and end it again if the server keeps one. Names of headers have `_` for `-`."""
        answer = self._post(url, token, INITIALIZE, {name.replace("_", "-"): value for name, value in headers.items()})
        self.end(url, token, session_of(answer))
        return answer

    def list_tools(self, url: str, token: str | None = None) -> Answer:
        """Open an MCP session, list the tools and end it. The answer is the first that is no success, else the last."""
        answer = self._post(url, token, INITIALIZE)
        session = session_of(answer)
        for method in ("notifications/initialized", "tools/list"):
            if 200 <= answer.status < 300:
                answer = self._post(url, token, make_message(method), session)
        self.end(url, token, session)
        return answer

    def list_unopened(self, url: str) -> Answer:
        """A list of the tools without a session and without a token."""
        return self._post(url, None, make_message("tools/list"))

    def discover(self, url: str, token: str | None = None) -> Answer:
        """The first request of a client that speaks the newest revision."""
        return self._post(url, token, DISCOVER, DISCOVER_HEADERS)

    def ask(self, url: str, token: str, message: Object, headers: t.Mapping[str, str]) -> Answer:
        """A request of JSON-RPC, whose answer is read: its `data` is the message with the result or the error.

        A stream of events is read as far as that message.
        """
        return self._post(url, token, message, headers, read=True, number=message["id"])

    def notify(self, url: str, token: str, message: Object, headers: t.Mapping[str, str]) -> Answer:
        """A notification of JSON-RPC."""
        return self._post(url, token, message, headers)

    def end(self, url: str, token: str | None, session: t.Mapping[str, str]) -> None:
        """End an MCP session, if the headers name one."""
        if session:
            self._follow("DELETE", url, token, headers=session)

    def _post(
        self,
        url: str,
        token: str | None,
        message: Object,
        headers: t.Mapping[str, str] | None = None,
        **reading: t.Any,
    ) -> Answer:
        headers = {"Accept": f"application/json, {_http.EVENTS}", **(headers or {})}
        return self._follow("POST", url, token, json=message, headers=headers, **reading)

    def preflight(self, url: str, origin: str) -> Answer:
        """What a browser asks before a page of that origin may call the MCP server (Fetch, CORS-preflight fetch)."""
        headers = {
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": ",".join(BROWSER_HEADERS),
        }
        return self._send("OPTIONS", url, headers=headers)

    def document(self, url: str, origin: str | None = None) -> Answer:
        """A JSON document, as for a page of that origin."""
        headers = {"Accept": "application/json", **({"Origin": origin} if origin else {})}
        return self._follow("GET", url, read=True, headers=headers)

    def register(self, url: str) -> Answer:
        """A dynamic client registration (RFC 7591)."""
        return self._send("POST", url, read=True, json=REGISTRATION)

    def unregister(self, url: str, token: str) -> Answer:
        """Delete a client with the token that its registration gave (RFC 7592)."""
        return self._send("DELETE", url, token)

    def _follow(self, method: str, url: str, token: str | None = None, **content: t.Any) -> Answer:
        """Send, and go where a redirect leads within the origin; else the redirect is the answer."""
        answer = self._send(method, url, token, **content)
        for _redirect in range(_REDIRECTS):
            location = answer.headers.get("location", "")
            if answer.status not in ((301, 302, 303, 307, 308) if method == "GET" else (307, 308)) or not location:
                break
            url, previous = _joined(url, location), url
            if not is_within_origin(previous, url, secret=token is not None):
                break
            answer = self._send(method, url, token, **content)
        return answer

    def _send(
        self,
        method: str,
        url: str,
        token: str | None = None,
        *,
        read: bool = False,
        number: int | None = None,
        **content: t.Any,
    ) -> Answer:
        """`read` is for documents, or the answer to the message of that `number`: a stream of events may never end."""

        def has_answer(body: bytes) -> bool:
            return find_message(body, number) is not None

        enough = None if number is None else has_answer
        try:
            reply = self._session.exchange(method, url, token=token, read=read, enough=enough, **content)
        except _http.NoReply as none:
            return Answer(0, problem=none.why, absent=none.absent)
        headers = {name.lower(): value for name, value in reply.headers.items()}
        data = reply.data if number is None else find_message(reply.content, number)
        answer = Answer(reply.status, headers, data, reply.problem)
        if read and reply.status in _SUCCESS and answer.document is None and not reply.problem:
            return replace(answer, problem=f"but its body is no {'JSON object' if number is None else 'answer'}")
        return answer


def session_of(answer: Answer) -> dict[str, str]:
    """The header that names the session which an answer has opened; empty where the server keeps none."""
    session = answer.headers.get("mcp-session-id")
    return {"Mcp-Session-Id": session} if is_word(session) else {}


def find_message(body: bytes, number: int | None) -> Object | None:
    """The answer to the request of that id, in a document or in the events that a stream has told until now."""
    whole = _http.parse(body)
    for one in [*whole] if isinstance(whole, list) else [whole] if whole is not None else _events(body):
        if isinstance(one, dict) and one.get("id") == number and not {"result", "error"}.isdisjoint(one):
            return one
    return None


def _events(body: bytes) -> t.Iterator[t.Any]:
    """The data of the events that have ended (HTML, server-sent events)."""
    lines = re.sub(r"\r\n?", "\n", body.decode(errors="replace"))
    for event in lines.split("\n\n")[:-1]:
        values = [line[5:].removeprefix(" ") for line in event.split("\n") if line.startswith("data:")]
        yield _http.parse("\n".join(values))


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        return ""


def is_within_origin(url: str, other: str, *, secret: bool = False) -> bool:
    """Whether both have the same scheme, host and port and no user. Without a secret, also from http to its https."""
    if not is_url(other) or "@" in urlsplit(other).netloc:
        return False
    one, two = origin_of(url), origin_of(other)
    return one == two or (not secret and one[1] == two[1] and one[::2] == ("http", 80) and two[::2] == ("https", 443))


def origin_of(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of a URL."""
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    return scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}[scheme]


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
