# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Servers that do not behave: the probe answers all the same, and in time."""

from __future__ import annotations

import contextlib
import itertools
import json
import socket
import threading
import time
import typing as t
from collections.abc import Iterator

import pytest

from ansible_collections.mcp_ops.oauth.plugins.module_utils._check.probe import (
    LIMIT,
    Answer,
    Probe,
    is_url,
    make_message,
)
from ansible_collections.mcp_ops.oauth.plugins.module_utils._check.report import describe
from ansible_collections.mcp_ops.oauth.plugins.module_utils._errors import InputError

Serve = t.Callable[[t.Iterable[bytes], float], str]
OK = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture
def received() -> list[bytes]:
    """The requests that the servers of `serve` got."""
    return []


@pytest.fixture
def serve(received: list[bytes]) -> Iterator[Serve]:
    """Starts a server for one connection, which sends the pieces with a pause before each; its URL."""
    done = threading.Event()
    running: list[tuple[socket.socket, threading.Thread]] = []

    def start(pieces: t.Iterable[bytes], pause: float) -> str:
        listener = socket.create_server(("127.0.0.1", 0))

        def answer() -> None:
            try:
                connection, _peer = listener.accept()
                with connection:
                    received.append(connection.recv(65536))
                    for piece in pieces:
                        if done.wait(pause) and pause:
                            return
                        connection.sendall(piece)
            except OSError:
                pass

        thread = threading.Thread(target=answer)
        thread.start()
        running.append((listener, thread))
        return f"http://127.0.0.1:{listener.getsockname()[1]}/"

    yield start
    done.set()
    for listener, thread in running:
        # Closing alone does not wake a thread that waits for a connection.
        with contextlib.suppress(OSError):
            socket.create_connection(listener.getsockname(), 1).close()
        listener.close()
        thread.join()


@pytest.fixture
def probe() -> Iterator[Probe]:
    made = Probe(ca_path=None, validate_certs=True, timeout=0.5)
    yield made
    made.close()


@pytest.fixture
def patient() -> Iterator[Probe]:
    """For what ends by itself: a busy machine must not end it before."""
    made = Probe(ca_path=None, validate_certs=True, timeout=30)
    yield made
    made.close()


def test_a_document_that_drips(serve: Serve, probe: Probe) -> None:
    # Twenty seconds of it: each byte in time, the document never.
    pieces = [OK + b"Content-Length: 1000\r\n\r\n", *[b" "] * 200]
    answer = probe.document(serve(pieces, 0.1))
    assert (answer.status, answer.problem) == (0, "it timed out")


ELSEWHERE = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n"


@pytest.mark.parametrize("header", [OK, ELSEWHERE], ids=["document", "redirect"])
def test_an_answer_without_an_end(serve: Serve, header: bytes) -> None:
    """It is not read to its end, and the time for reading grows with its length, no faster."""
    probe = Probe(ca_path=None, validate_certs=True, timeout=60)
    start = time.monotonic()
    answer = probe.document(serve(itertools.chain([header + b"\r\n"], itertools.repeat(b" " * 65536)), 0))
    probe.close()
    assert time.monotonic() - start < 30
    assert answer.status == int(header[9:12])
    assert answer.document is None
    assert answer.problem == f"but its body has more than {LIMIT:,} bytes"


def test_a_document_as_long_as_the_limit(serve: Serve) -> None:
    probe = Probe(ca_path=None, validate_certs=True, timeout=60)
    body = b"{}".ljust(LIMIT)
    assert probe.document(serve([OK + b"Content-Length: %d\r\n\r\n" % LIMIT + body], 0)).document == {}
    probe.close()


NO_DOCUMENTS = {
    "not UTF-8": (OK + b"Content-Length: 8\r\n\r\n{'a': \xff}", 200, "status 200, but its body is no JSON object"),
    "a list": (OK + b"Content-Length: 2\r\n\r\n[]", 200, "status 200, but its body is no JSON object"),
    "deep": (OK + b"Content-Length: 9999\r\n\r\n" + b"[" * 9_999, 200, "status 200, but its body is no JSON object"),
    "no gzip": (OK + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nabcde", 200, "does not have the encoding"),
    "no chunk": (
        OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        0,
        "no answer: the connection was cut",
    ),
    "two lengths": (OK + b"Content-Length: 1, 2\r\n\r\n{}", 0, "a header of the answer"),
    "too short": (OK + b"Content-Length: 5\r\n\r\n{}", 0, "no answer: the connection was cut"),
    "no HTTP": (b"hello there\r\n\r\n", 0, "no answer: the connection was cut"),
    "many headers": (OK + b"A: b\r\n" * 200 + b"\r\n", 0, "no answer: the connection was cut"),
    "nothing": (b"", 0, "no answer: the connection was cut"),
    "bad redirect": (
        b"HTTP/1.1 302 Found\r\nLocation: https://[\r\nContent-Length: 0\r\n\r\n",
        302,
        'redirects to "https://["',
    ),
    "redirect not ASCII": (
        b"HTTP/1.1 302 Found\r\nLocation: \xff\r\nContent-Length: 0\r\n\r\n",
        302,
        "redirects to ",
    ),
}


@pytest.mark.parametrize("name", NO_DOCUMENTS)
def test_what_is_no_document(serve: Serve, probe: Probe, name: str) -> None:
    sent, status, words = NO_DOCUMENTS[name]
    answer = probe.document(serve([sent], 0))
    assert answer.status == status
    assert answer.document is None
    assert words in describe(answer)


@pytest.mark.parametrize("session", [b"a b", b"a\r\n b", b"\xff"], ids=["space", "folded", "not ASCII"])
def test_a_session_that_cannot_be_ended(serve: Serve, probe: Probe, received: list[bytes], session: bytes) -> None:
    url = serve([OK + b"Mcp-Session-Id: " + session + b"\r\nContent-Length: 0\r\n\r\n"], 0)
    assert probe.initialize(url).status == 200
    assert len(received) == 1


class Redirected(Probe):  # type: ignore[misc]
    """A server that redirects a number of requests; `sent` has method, URL and token of each."""

    def __init__(self, status: int, location: str, times: int = 1) -> None:
        super().__init__(ca_path=None, validate_certs=True, timeout=1)
        self.status, self.location, self.times = status, location, times
        self.sent: list[tuple[str, str, str | None]] = []

    def _send(self, method: str, url: str, token: str | None = None, **_content: t.Any) -> Answer:
        self.sent.append((method, url, token))
        again = len(self.sent) <= self.times
        return Answer(self.status, {"location": self.location}) if again else Answer(401)


# -- answers to messages ----------------------------------------------------------------------------------------------

STREAM = OK + b"Content-Type: text/event-stream; charset=utf-8\r\n"
REPLY = {"jsonrpc": "2.0", "id": 7, "result": {"a": "b\nc"}}
OTHERS = [{"jsonrpc": "2.0", "method": "notifications/message"}, {"jsonrpc": "2.0", "id": 6, "result": {}}]


def chunked(*parts: bytes) -> list[bytes]:
    return [b"%x\r\n%b\r\n" % (len(one), one) for one in parts]


def event(message: t.Any, end: str = "\n") -> bytes:
    """An event whose data is on several lines, after a comment."""
    lines = [": still there", "event: message", *(f"data: {one}" for one in json.dumps(message, indent=1).split("\n"))]
    return (end.join([*lines, "", ""])).encode()


def ask(probe: Probe, url: str) -> Answer:
    return probe.ask(url, "token", make_message("tools/call", 7, name="x"), {})


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("is_chunked", [True, False])
def test_a_stream_is_read_as_far_as_the_answer(serve: Serve, patient: Probe, end: str, is_chunked: bool) -> None:
    """Though it never ends; and though the event comes in parts."""
    told = [event(one, end) for one in (*OTHERS, REPLY)]
    whole = b"".join(told)
    parts = [*told[:-1], whole[len(whole) - len(told[-1]) :][:20], told[-1][20:], b": more"]
    head = STREAM + (b"Transfer-Encoding: chunked\r\n\r\n" if is_chunked else b"\r\n")
    answer = ask(patient, serve([head, *(chunked(*parts) if is_chunked else parts)], 0.02))
    assert (answer.status, answer.data, answer.problem) == (200, REPLY, "")


@pytest.mark.parametrize(
    ("body", "content_type", "data"),
    [
        (json.dumps(REPLY), "application/json", REPLY),
        (json.dumps([*OTHERS, REPLY]), "application/json", REPLY),
        (json.dumps(OTHERS), "application/json", None),
        (json.dumps({**REPLY, "result": None}), "application/json", {**REPLY, "result": None}),
        (json.dumps({"id": 7}), "application/json", None),
        ("data: {\n\n" + event(REPLY).decode(), "text/event-stream", REPLY),
        # An event that does not end is none.
        (event(REPLY).decode().rstrip("\n"), "text/event-stream", None),
        pytest.param("data: " + "[" * 50_000 + "\n\n", "text/event-stream", None, id="deep"),
        ("", "text/event-stream", None),
    ],
)
def test_the_answer_among_other_messages(
    serve: Serve, patient: Probe, body: str, content_type: str, data: t.Any
) -> None:
    head = OK + f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    answer = ask(patient, serve([head + body.encode()], 0))
    assert (answer.status, answer.data) == (200, data)
    assert answer.problem == ("" if data else "but its body is no answer")


def test_a_stream_without_an_answer_ends_in_time(serve: Serve, probe: Probe) -> None:
    pieces = [STREAM + b"Transfer-Encoding: chunked\r\n\r\n", *chunked(*[event(OTHERS[0])] * 100)]
    answer = ask(probe, serve(pieces, 0.05))
    assert (answer.status, answer.problem) == (0, "it timed out")


def test_a_stream_that_is_too_long(serve: Serve, patient: Probe) -> None:
    pieces = [STREAM + b"Transfer-Encoding: chunked\r\n\r\n", *chunked(*[b": " + b"x" * 9998 + b"\n"] * 11)]
    answer = ask(patient, serve(pieces, 0))
    assert (answer.data, answer.problem) == (None, f"but its body has more than {LIMIT:,} bytes")


HERE = "https://mcp.example.com/mcp"
FAR = [
    "https://other.example.com/mcp",
    "https://mcp.example.com:444/mcp",
    "http://mcp.example.com/mcp",
    "//evil.example/",
]
FAR += [
    "https://user@mcp.example.com/mcp",
    "https://mcp.example.com@evil.example/",
    "https://mcp.example.com\\@evil.example/",
    "https://[",
    "",
]


@pytest.mark.parametrize("location", ["/v2/mcp", "https://MCP.example.com:443/v2/mcp", "v2/mcp"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_within_the_origin(status: int, location: str) -> None:
    probe = Redirected(status, location)
    assert probe.document(HERE).status == 401
    assert [url.lower().replace(":443", "") for _method, url, _token in probe.sent][1:] == [
        "https://mcp.example.com/v2/mcp"
    ]
    probe = Redirected(status, location)
    assert probe.initialize(HERE, "secret").status == (401 if status in (307, 308) else status)
    assert len(probe.sent) == (2 if status in (307, 308) else 1)


@pytest.mark.parametrize("location", FAR)
def test_nothing_is_sent_where_a_redirect_leaves_the_origin(location: str) -> None:
    for ask in (Probe.document, Probe.initialize, Probe.list_tools, Probe.discover):
        probe = Redirected(307, location)
        assert ask(probe, HERE).status == 307
        assert probe.sent[1:] == []


def test_from_http_to_https_no_token_goes_along() -> None:
    for token, count in ((None, 2), ("secret", 1)):
        probe = Redirected(308, "https://mcp.example.com/mcp")
        probe.initialize("http://mcp.example.com/mcp", token)
        assert len(probe.sent) == count


def test_redirects_without_an_end() -> None:
    probe = Redirected(307, "/mcp", times=100)
    assert probe.document(HERE).status == 307
    assert len(probe.sent) == 6


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("https://tenant.eu.auth0.com/oidc/register", True),
        ("HTTP://127.0.0.1:8080", True),
        ("https://[::1]:8080/a?b", True),
        ("https://[", False),
        ("https://a:b/", False),
        ("https://a:99999/", False),
        ("https://a:0/", False),
        ("https:///path", False),
        ("https://a b/", False),
        ("https://a/\r\nHost: b", False),
        ("https://\xfc.example/", False),
        ("file:///etc/passwd", False),
        ("/oidc/register", False),
        (["https://a/"], False),
        (None, False),
    ],
    ids=repr,
)
def test_urls_that_servers_name(url: t.Any, good: bool) -> None:
    assert is_url(url) is good


@pytest.mark.parametrize("host", ["a" * 64 + ".invalid", "a..invalid", ".invalid", "*", "%41", "a\\b", "1.2.3.4.5"])
def test_hosts_that_cannot_exist(probe: Probe, host: str) -> None:
    assert is_url(f"http://{host}/")
    answer = probe.document(f"http://{host}/")
    assert answer.status == 0
    assert answer.problem


def test_what_requests_refuses_for_a_bug_of_ours_is_one(probe: Probe) -> None:
    with pytest.raises(ValueError, match="No scheme supplied"):
        probe.document("tenant")
    with pytest.raises(ValueError, match="header"):
        probe.initialize("http://127.0.0.1:1/", "a\r\nb")


def test_a_proxy_that_cannot_be_used(probe: Probe, monkeypatch: pytest.MonkeyPatch) -> None:
    for value in ("http://", "nonsense://127.0.0.1:1", "http://127.0.0.1:1"):
        monkeypatch.setenv("http_proxy", value)
        answer = probe.document("http://mcp.example.com/")
        assert "proxy" in describe(answer)


def test_certificates_that_are_not_there(probe: Probe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")
    assert "REQUESTS_CA_BUNDLE" in probe.document("https://127.0.0.1:1/").problem


@pytest.mark.parametrize("timeout", [0, -1, float("inf"), float("nan")])
def test_a_timeout_that_bounds_nothing(timeout: float) -> None:
    with pytest.raises(InputError, match=r"timeout|seconds"):
        Probe(ca_path=None, validate_certs=True, timeout=timeout)
