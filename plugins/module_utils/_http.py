# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How this collection uses `requests`, towards a tenant and towards a gateway: one bounded exchange. Holds no token."""

from __future__ import annotations

import http.cookiejar
import json
import os
import re
import socket
import ssl
import traceback
import typing as t
import warnings
import zlib
from contextlib import contextmanager
from dataclasses import dataclass

from ._deadline import Deadline, DeadlineAdapter, TooLong
from ._errors import InputError, clean

try:
    import requests
    import urllib3

    REQUESTS_IMPORT_ERROR = None
except ImportError:
    REQUESTS_IMPORT_ERROR = traceback.format_exc()

VERSION = "0.1.0"
USER_AGENT = f"mcp_ops.oauth/{VERSION}"


# Bytes of one answer that are no body: status lines, headers (http.client takes 100 of 64 kB), chunk sizes, trailers.
HEADROOM = 1_000_000
# Levels of JSON.
DEEPEST = 100


EVENTS = "text/event-stream"
Enough = t.Callable[[bytes], bool]
"""Whether the body until now is all that is asked for."""


class NoReply(Exception):
    """No answer that can be used. `why` in a few words, `remedy`, and whether another try may bring one.

    `absent` tells that nothing is deployed there: the name does not resolve, or the connection is refused or times out;
    `answered`, that there is an answer, so that the request may have been carried out.
    """

    def __init__(
        self, why: str, remedy: str = "", *, again: bool = False, absent: bool = False, answered: bool = False
    ) -> None:
        super().__init__()
        self.why, self.remedy, self.again, self.absent, self.answered = why, remedy, again, absent, answered


@dataclass(frozen=True)
class Reply:
    """An answer. `headers` can be asked in any case; `content` is the decoded body, empty where it was not read.

    `problem` is why a body cannot be used: `but …`.
    """

    status: int
    headers: t.Mapping[str, str]
    content: bytes = b""
    problem: str = ""

    @property
    def data(self) -> t.Any:
        """The parsed JSON; None where there is none, or it is nested deeper than anything that an API answers."""
        return parse(self.content)


def parse(content: bytes | str) -> t.Any:
    """The JSON of a text, as `Reply.data`."""
    try:
        data = json.loads(content, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return None
    return data if _is_shallow(data) else None


class Session:
    """Exchanges with servers, one at a time. No redirect is followed.

    `timeout` (seconds) bounds an exchange from the connection to the last byte, `limit` (bytes) its decoded body.
    """

    def __init__(self, *, ca_path: str | None, validate_certs: bool, timeout: float, limit: int) -> None:
        check_ca_path(ca_path, validate_certs)
        check_seconds("timeout", timeout)
        # Given with each request: requests lets REQUESTS_CA_BUNDLE override what a session says.
        self._verify = validate_certs and (ca_path or True)
        self._timeout, self._limit = timeout, limit
        self._deadline = Deadline()
        self._session = requests.Session()
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, DeadlineAdapter(self._deadline))
        # Else requests reads the whole body of a redirect and parses its Location, even of one that it does not follow.
        self._session.get_redirect_target = lambda resp: None  # type: ignore[method-assign]
        # Neither an MCP client nor the Management API has any use for them.
        self._session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers.update({"User-Agent": USER_AGENT, "Accept-Encoding": "gzip"})

    def close(self) -> None:
        self._session.close()

    def exchange(
        self,
        method: str,
        url: str,
        *,
        token: str | None = None,
        read: bool = True,
        enough: Enough | None = None,
        **content: t.Any,
    ) -> Reply:
        """Send a request and read the answer, its body only with `read`; NoReply where there is none to use.

        Of a stream of events, which may never end, the reading ends as soon as there is `enough`. `content` is the
        query, the body and further headers, as keywords of `requests`.
        """
        self._deadline.start(self._timeout, self._limit + HEADROOM)
        try:
            with quiet_about_certificates():
                response = self._session.request(
                    method,
                    url,
                    auth=bearer(token),
                    timeout=self._timeout,
                    allow_redirects=False,
                    verify=self._verify,
                    stream=True,
                    **content,
                )
                with response:
                    body, problem = _read(response, self._limit, enough) if read else (b"", "")
                    return Reply(response.status_code, response.headers, body, problem)
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise _no_reply(error, self._limit) from None


def _read(response: requests.Response, limit: int, enough: Enough | None) -> tuple[bytes, str]:
    """The body, or why there is none to use. Decoded here: urllib3 may make a gigabyte of 64 kB at once, and takes
    encodings of encodings."""
    if media_type(response.headers) != EVENTS:
        enough = None
    # Without chunks, urllib3 gives nothing before it has as many bytes as it was asked for, or the stream ends.
    is_endless = enough is not None and not response.raw.chunked and response.raw.length_remaining is None
    size = 1 if is_endless else 65_536
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in ("", "identity", "gzip"):
        return b"", f"but its body has an encoding that was not asked for: {clean(encoding)}"
    unzip = zlib.decompressobj(31) if encoding == "gzip" else None
    body = bytearray()
    for piece in response.raw.stream(size, decode_content=False):
        try:
            part = unzip.decompress(piece, limit + 1 - len(body)) if unzip else piece
        except zlib.error:
            return b"", "but its body does not have the encoding of its header Content-Encoding"
        body += part
        if len(body) > limit:
            return b"", _too_long(limit)
        # An event ends with a line.
        if enough and (b"\n" in part or b"\r" in part) and enough(bytes(body)):
            return bytes(body), ""
    if response.raw.length_remaining or (unzip and body and not unzip.eof):
        raise NoReply("the connection was cut", again=True)
    return bytes(body), ""


def _too_long(limit: int) -> str:
    return f"but its body has more than {limit:,} bytes"


def _no_reply(error: Exception, limit: int) -> NoReply:
    """What an error of requests or urllib3 means. One that only a bug of ours can cause is raised again."""
    errors, why = requests.exceptions, reason(error)
    if is_caused_by(error, TooLong):
        return NoReply(f"its answer has more than {limit + HEADROOM:,} bytes", answered=True)
    if isinstance(error, errors.ProxyError):
        return NoReply(f"the proxy gave no connection: {why}", absent=True)
    if isinstance(error, (errors.InvalidURL, errors.InvalidSchema, urllib3.exceptions.LocationParseError)):
        # Hosts that cannot exist, where one was not checked. The rest are proxies of which the same is true.
        remedy = "Check HTTPS_PROXY and ALL_PROXY."
        return NoReply("its host name, or the proxy in the environment, is not valid", remedy)
    if isinstance(error, errors.SSLError):
        if is_caused_by(error, ssl.SSLEOFError, ssl.SSLZeroReturnError):
            return NoReply(f"TLS failed: {why}", again=True)
        is_untrusted = is_caused_by(error, ssl.SSLCertVerificationError)
        remedy = "Set ca_path to a PEM file with the authority that signed the certificate, or check domain."
        return NoReply(f"TLS failed: {why}", remedy if is_untrusted else "")
    if is_caused_by(error, urllib3.exceptions.InvalidHeader):
        return NoReply("a header of the answer is not valid", answered=True)
    if isinstance(error, ValueError):
        # What requests refuses to send.
        raise error
    if any(isinstance(one, socket.gaierror) and one.errno != socket.EAI_AGAIN for one in causes(error)):
        return NoReply("the name does not resolve", "Check domain.", absent=True)
    if isinstance(error, (errors.ConnectionError, errors.Timeout, urllib3.exceptions.HTTPError)):
        absent = is_caused_by(error, urllib3.exceptions.NewConnectionError, errors.Timeout)
        return NoReply(why, again=True, absent=absent)
    return NoReply("the file of certificates in ca_path, REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE cannot be read")


def media_type(headers: t.Mapping[str, str]) -> str:
    """That of a body; `headers` can be asked in any case, or have names in lower case."""
    return headers.get("content-type", "").partition(";")[0].strip().lower()


class NotJson(ValueError):
    """Numbers that Python reads and JSON does not have."""


def _is_shallow(data: t.Any) -> bool:
    level = [data]
    for _depth in range(DEEPEST):
        inner = [one for one in level if isinstance(one, (dict, list))]
        if not inner:
            return True
        level = [child for one in inner for child in (one.values() if isinstance(one, dict) else one)]
    return False


def _refuse_constant(name: str) -> t.NoReturn:
    raise NotJson


# A header takes more than printable ASCII, but no token or id has it.
NOT_IN_A_WORD = re.compile(r"[^\x21-\x7e]")


# Seconds in an option. The operating system takes no time that is much longer.
LONGEST_TIME = 86_400


def check_seconds(option: str, value: float, *, zero: bool = False) -> None:
    """Raise InputError for a time that is negative, longer than a day or no number; for 0 unless `zero`."""
    if not (value > 0 or (zero and value == 0)):
        wanted = "0 or more" if zero else "more than 0"
    elif value > LONGEST_TIME:
        wanted = f"{LONGEST_TIME} at most"
    else:
        return
    raise InputError(f"is {value:g} seconds", where=option, remedy=f"It must be {wanted}.")


def check_ca_path(ca_path: str | None, validate_certs: bool) -> None:
    if ca_path and validate_certs and not os.path.exists(ca_path):
        raise InputError(
            f"{ca_path!r} does not exist", where="ca_path", remedy="It must be a PEM file of trusted certificates."
        )


@contextmanager
def quiet_about_certificates() -> t.Iterator[None]:
    """validate_certs=false was the user's decision; urllib3 would repeat its warning for each request."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", urllib3.exceptions.InsecureRequestWarning)
        yield


def bearer(token: str | None) -> t.Callable[[requests.PreparedRequest], requests.PreparedRequest]:
    """Sets the token. Being given at all, it also keeps requests from sending a password out of ~/.netrc instead."""

    def authorize(request: requests.PreparedRequest) -> requests.PreparedRequest:
        if token is not None:
            request.headers["Authorization"] = f"Bearer {token}"
        return request

    return authorize


def causes(error: BaseException | None) -> t.Iterator[BaseException]:
    """An error and all that it wraps; urllib3 keeps a cause in `reason` or among the arguments."""
    seen: set[int] = set()
    queue: list[t.Any] = [error]
    while queue:
        link = queue.pop(0)
        if isinstance(link, BaseException) and id(link) not in seen:
            seen.add(id(link))
            yield link
            queue += [getattr(link, "reason", None), *link.args, link.__cause__, link.__context__]


def is_caused_by(error: BaseException, *kinds: type[BaseException]) -> bool:
    return any(isinstance(link, kinds) for link in causes(error))


def reason(error: BaseException | None) -> str:
    """The innermost cause in a few words of the operating system or of OpenSSL, never the text of an exception."""
    for link in reversed(list(causes(error))):
        text = getattr(link, "verify_message", None) or getattr(link, "strerror", None)
        if isinstance(link, OSError) and text:
            return str(text).rstrip(".")
    if error and is_caused_by(error, requests.exceptions.Timeout, urllib3.exceptions.TimeoutError):
        return "it timed out"
    cut = (requests.exceptions.ConnectionError, urllib3.exceptions.HTTPError)
    return "the connection was cut" if isinstance(error, cut) else type(error).__name__
