# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""HTTP as an MCP client does it: bounded, without following redirects, and never with a Management API token."""

from __future__ import annotations

import json
import time
import typing as t
from dataclasses import dataclass, field

from .. import _http
from .._errors import InputError

try:
    import requests
    import urllib3
except ImportError:
    # A module says so before anything here is used.
    pass

# Bytes of a document that are read at most.
LIMIT = 1_000_000
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "mcp_ops.oauth check", "version": "1"},
    },
}


@dataclass(frozen=True)
class Answer:
    """What came of a request. `status` is 0 where there was no answer, for the reason in `problem`.

    `absent` says that nobody is there at all: the name does not resolve, the connection is refused, or times out.
    `headers` have names in lower case; `data` is the parsed JSON of a document, None for anything else.
    """

    status: int
    headers: t.Mapping[str, str] = field(default_factory=dict)
    data: t.Any = None
    problem: str = ""
    absent: bool = False

    @property
    def document(self) -> dict[str, t.Any] | None:
        """The JSON object of a successful answer."""
        return self.data if self.status in (200, 201) and isinstance(self.data, dict) else None


class Probe:
    """One session; `timeout` in seconds bounds each wait, and the reading of a document as a whole."""

    def __init__(self, *, ca_path: str | None, validate_certs: bool, timeout: float) -> None:
        _http.check_ca_path(ca_path, validate_certs)
        if timeout <= 0:
            raise InputError(f"is {timeout:g} seconds", where="timeout", remedy="It must be more than 0.")
        self._verify = _http.verification(ca_path, validate_certs)
        self._timeout = timeout
        self._session = _http.new_session()

    def close(self) -> None:
        self._session.close()

    def initialize(self, url: str, token: str | None = None) -> Answer:
        """Open an MCP session, and end it again if the server keeps one."""
        headers = {"Accept": "application/json, text/event-stream"}
        answer = self._send("POST", url, token, json=INITIALIZE, headers=headers)
        session = answer.headers.get("mcp-session-id")
        if session:
            self._send("DELETE", url, token, headers={"Mcp-Session-Id": session})
        return answer

    def document(self, url: str) -> Answer:
        return self._send("GET", url, read=True, headers={"Accept": "application/json"})

    def register(self, url: str, metadata: dict[str, t.Any]) -> Answer:
        """A dynamic client registration (RFC 7591)."""
        return self._send("POST", url, read=True, json=metadata)

    def unregister(self, url: str, token: str) -> Answer:
        """Delete a client with the token that its registration gave (RFC 7592)."""
        return self._send("DELETE", url, token)

    def _send(self, method: str, url: str, token: str | None = None, *, read: bool = False, **content: t.Any) -> Answer:
        try:
            with _http.quiet_about_certificates():
                response = self._session.request(
                    method,
                    url,
                    auth=_http.bearer(token),
                    timeout=self._timeout,
                    allow_redirects=False,
                    verify=self._verify,
                    stream=True,
                    **content,
                )
                with response:
                    headers = {name.lower(): value for name, value in response.headers.items()}
                    # Without a document in view, an answer may be a stream of events that never ends.
                    data = _json(self._content(response)) if read else None
                    return Answer(response.status_code, headers, data)
        except requests.exceptions.ProxyError as error:
            return Answer(0, problem=f"the proxy gave no connection: {_http.reason(error)}", absent=True)
        except requests.exceptions.SSLError as error:
            return Answer(0, problem=f"TLS failed: {_http.reason(error)}")
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            nobody = (urllib3.exceptions.NewConnectionError, requests.exceptions.Timeout)
            return Answer(0, problem=_http.reason(error), absent=_http.is_caused_by(error, *nobody))

    def _content(self, response: t.Any) -> bytes:
        end, content = time.monotonic() + self._timeout, b""
        # One byte at a time, since a wait for more of them could begin anew with each.
        for chunk in response.iter_content(1):
            content += chunk
            if len(content) > LIMIT:
                return b""
            if time.monotonic() > end:
                raise requests.exceptions.ReadTimeout
        return content


def _json(content: bytes) -> t.Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None
