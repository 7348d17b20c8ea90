# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Bytes as no server should send them: one deadline bounds a request, one limit what is read, and memory holds."""

from __future__ import annotations

import gzip
import itertools
import json
import select
import socket
import threading
import time
import tracemalloc
import typing as t
from pathlib import Path

import pytest

from ansible_collections.mcp_ops.oauth.plugins.module_utils import _deadline
from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.api import ManagementApi
from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.settings import Settings
from ansible_collections.mcp_ops.oauth.plugins.module_utils._errors import UnreachableError
from ansible_collections.mcp_ops.oauth.plugins.module_utils._http import HEADROOM, NoReply, Session

from .bad_server import OK, BadServer, answer, bomb

LOOPBACK = ("127.0.0.1", 0)
TIMEOUT = 0.5
LIMIT = 100_000
# A machine under load may be late, a request without a bound is much later.
LATE = 8 * TIMEOUT


def head(*lines: bytes) -> bytes:
    return b"\r\n".join([OK.rstrip(), *lines]) + b"\r\n\r\n"


CHUNKED = head(b"Transfer-Encoding: chunked")
FOR_EVER: dict[str, t.Callable[[], t.Iterator[bytes | None]]] = {
    "silence": lambda: iter([None]),
    "status line": lambda: itertools.chain([b"HTTP/1.1 200 O"], itertools.repeat(b"K")),
    "100 Continue": lambda: itertools.repeat(b"HTTP/1.1 100 Continue\r\n\r\n"),
    "headers": lambda: itertools.chain([OK], itertools.repeat(b"A: b\r\n")),
    "one header": lambda: itertools.chain([OK, b"A: "], itertools.repeat(b"b")),
    "body": lambda: itertools.chain([head(b"Content-Length: 9999")], itertools.repeat(b" ")),
    "body without length": lambda: itertools.chain([head()], itertools.repeat(b" ")),
    "chunks": lambda: itertools.chain([CHUNKED], itertools.repeat(b"1\r\n \r\n")),
    "size of a chunk": lambda: itertools.chain([CHUNKED], itertools.repeat(b"0")),
    "trailers": lambda: itertools.chain([CHUNKED, b"0\r\n"], itertools.repeat(b"A: b\r\n")),
    "gzip": lambda: itertools.chain([head(b"Content-Encoding: gzip")], itertools.repeat(b"\x1f\x8b\x08\0")),
}


def attempt(server: BadServer, method: str = "GET", **content: t.Any) -> tuple[t.Any, str]:
    """The answer, or why there is none."""
    try:
        return exchange(server, method, **content), ""
    except NoReply as none:
        return None, none.why


def exchange(server: BadServer, method: str = "GET", *, timeout: float = TIMEOUT, **content: t.Any) -> t.Any:
    session = Session(ca_path=server.ca_path, validate_certs=True, timeout=timeout, limit=LIMIT)
    try:
        return session.exchange(method, server.url, **content)
    finally:
        session.close()


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("tls", [True, False], ids=["https", "http"])
@pytest.mark.parametrize("kind", FOR_EVER)
def test_a_server_that_goes_on_byte_by_byte(tmp_path: Path, kind: str, tls: bool, method: str) -> None:
    """Each byte long before any timeout of the socket."""
    with BadServer(FOR_EVER[kind], tmp_path, pause=TIMEOUT / 20, tls=tls) as server:
        start = time.monotonic()
        reply, why = attempt(server, method, **({"json": {}} if method == "POST" else {}))
        assert time.monotonic() - start < LATE
        assert why == "it timed out" or (kind == "gzip" and reply.problem.startswith("but its body does not have"))


@pytest.mark.parametrize("kind", [kind for kind in FOR_EVER if kind not in ("silence", "gzip")])
def test_a_server_that_floods(tmp_path: Path, kind: str) -> None:
    """Given up for the number of bytes, well before the deadline, and little of it is kept."""

    def script() -> t.Iterator[bytes]:
        pieces = t.cast("t.Iterator[bytes]", FOR_EVER[kind]())
        yield from itertools.islice(pieces, 2)
        # The rest in large pieces, or the test would measure the server.
        yield from (b"".join(itertools.islice(pieces, 20_000)) for _turn in itertools.count())

    with BadServer(script, tmp_path) as server:
        tracemalloc.start()
        start = time.monotonic()
        reply, why = attempt(server, timeout=60)
        _now, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert time.monotonic() - start < 30
        assert peak < 8 * (LIMIT + HEADROOM)
        if reply is None:
            assert why in ("the connection was cut", f"its answer has more than {LIMIT + HEADROOM:,} bytes")
        else:
            assert reply.problem == f"but its body has more than {LIMIT:,} bytes" or len(reply.content) == 9999


def test_a_handshake_byte_by_byte(tmp_path: Path) -> None:
    with BadServer(lambda: iter([]), tmp_path, silent_handshake=True) as server:
        start = time.monotonic()
        with pytest.raises(NoReply, match=r"^$") as none:
            exchange(server)
        assert time.monotonic() - start < LATE
        assert "timed out" in none.value.why


def test_a_proxy_that_goes_on_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def script() -> t.Iterator[bytes]:
        return itertools.chain([b"HTTP/1.1 200 Connection established\r\n"], itertools.repeat(b"A"))

    with BadServer(script, tmp_path, pause=TIMEOUT / 20, tls=False) as server:
        monkeypatch.setenv("HTTPS_PROXY", server.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        session = Session(ca_path=None, validate_certs=True, timeout=TIMEOUT, limit=LIMIT)
        start = time.monotonic()
        with pytest.raises(NoReply):
            session.exchange("GET", "https://tenant.example.com/")
        session.close()
        assert time.monotonic() - start < LATE
        assert server.requests[0].startswith(b"CONNECT tenant.example.com:443 ")


def test_a_proxy_that_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tunnel, and TLS with the server at its end."""
    with (
        BadServer(lambda: iter([answer({"a": 1})]), tmp_path) as server,
        socket.create_server(("127.0.0.1", 0)) as proxy,
    ):

        def tunnel() -> None:
            connection, _peer = proxy.accept()
            with connection, socket.create_connection(("127.0.0.1", int(server.domain[10:]))) as other:
                connection.recv(65_536)
                connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                ends = {connection: other, other: connection}
                while True:
                    for one in select.select([*ends], [], [], 20)[0]:
                        if not (data := one.recv(65_536)):
                            return
                        ends[one].sendall(data)

        thread = threading.Thread(target=tunnel)
        thread.start()
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.getsockname()[1]}")
        monkeypatch.setenv("NO_PROXY", "")
        assert exchange(server, timeout=10).data == {"a": 1}
        thread.join(20)


def test_addresses_that_are_silent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each address has its share of the time, and the one that answers is found."""
    tried: list[float] = []
    real = socket.create_connection

    def connect(address: tuple[str, int], timeout: float, **_options: t.Any) -> socket.socket:
        if address[0] == "127.0.0.1":
            return real(address, timeout)
        tried.append(timeout)
        time.sleep(timeout)
        raise TimeoutError

    with BadServer(lambda: iter([answer({})]), tmp_path, tls=False) as server, monkeypatch.context() as patch:
        port = int(server.domain.rpartition(":")[2])
        found = [
            (socket.AF_INET, socket.SOCK_STREAM, 0, "", (host, port))
            for host in ("192.0.2.1", "192.0.2.2", "127.0.0.1")
        ]
        patch.setattr(_deadline.urllib3.util.connection, "create_connection", connect)
        patch.setattr(_deadline.socket, "getaddrinfo", lambda *_args: found)
        assert exchange(server).data == {}
        assert len(tried) == 2
        found.pop()
        start = time.monotonic()
        with pytest.raises(NoReply) as none:
            exchange(server)
        assert none.value.absent
        assert time.monotonic() - start < LATE


@pytest.mark.parametrize("layers", [b"gzip", b"gzip, gzip", b"br", b"deflate"])
def test_what_is_packed_stays_small(tmp_path: Path, layers: bytes) -> None:
    """200 kB that become 200 MB, and encodings that nobody asked for."""
    packed = bomb(200_000_000).replace(b"Content-Encoding: gzip", b"Content-Encoding: " + layers)
    assert len(packed) < 220_000
    with BadServer(lambda: iter([packed]), tmp_path, tls=False) as server:
        session = Session(ca_path=None, validate_certs=True, timeout=60, limit=LIMIT)
        tracemalloc.start()
        reply = session.exchange("GET", server.url)
        _now, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        session.close()
    assert (reply.status, reply.data) == (200, None)
    assert reply.problem.startswith("but its body has ")
    assert peak < 2_000_000


def test_what_is_packed_is_unpacked(tmp_path: Path) -> None:
    body = json.dumps({"clients": ["é" * 1000] * 10}).encode()
    packed = answer(gzip.compress(body), b"200 OK", b"Content-Encoding: gzip")
    with BadServer(lambda: iter([packed]), tmp_path) as server:
        assert exchange(server).content == body
        assert b"Accept-Encoding: gzip\r\n" in server.requests[0]
    with BadServer(lambda: iter([packed.replace(b"Content-Length", b"X")[:-20]]), tmp_path) as server:
        with pytest.raises(NoReply) as none:
            exchange(server)
        assert (none.value.why, none.value.again) == ("the connection was cut", True)


def test_a_connection_serves_many_requests(tmp_path: Path) -> None:
    def script() -> t.Iterator[bytes]:
        return iter([answer({})])

    script.keeps_open = True  # type: ignore[attr-defined]
    with BadServer(script, tmp_path) as server:
        session = Session(ca_path=server.ca_path, validate_certs=True, timeout=5, limit=LIMIT)
        for _turn in range(5):
            assert session.exchange("GET", server.url).data == {}
        session.close()
        assert len(server.requests) == 5
        assert len(server._threads) == 2


@pytest.mark.parametrize(
    "body", [b"[" * 50_000, b'{"a":' * 101 + b"1" + b"}" * 101, b"NaN", b'{"a": Infinity}', b"\xff", b""]
)
def test_what_is_no_json(tmp_path: Path, body: bytes) -> None:
    with BadServer(lambda: iter([answer(body)]), tmp_path, tls=False) as server:
        assert exchange(server).data is None


def test_a_page_is_read_at_once(tmp_path: Path) -> None:
    """As many reads of the socket as its size demands, and not one for each byte."""
    page = answer({"clients": [{"name": "x" * 1000}] * 1000})
    with BadServer(lambda: iter([page]), tmp_path) as server:
        session = Session(ca_path=server.ca_path, validate_certs=True, timeout=20, limit=20_000_000)
        reads: list[int] = []
        session._deadline.count = reads.append
        assert len(session.exchange("GET", server.url).data["clients"]) == 1000
        session.close()
    assert sum(reads) == len(page)
    assert len(reads) < len(page) / 1000


ACTS: dict[str, t.Callable[[ManagementApi], object]] = {
    "GET": lambda api: api.get("things/1"),
    "PATCH": lambda api: api.update("things/1", {}),
    "DELETE": lambda api: api.delete("things/1"),
    "POST": lambda api: api.create("things", {}, settle=lambda: api.get("things/1")),
    "listing": lambda api: list(api.listing("things", "things", checkpoint=True)),
    "login": lambda api: api.token_for("https://api.example.com"),
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("kind", ["silence", "100 Continue", "headers", "body", "chunks"])
def test_a_task_against_such_a_server_ends(tmp_path: Path, kind: str, act: str) -> None:
    """After `retry_timeout` and the request that was under way then, whatever was retried and settled."""
    with BadServer(FOR_EVER[kind], tmp_path, pause=0.02) as server:
        settings = Settings(
            server.domain,
            auth_access_token="static",
            auth_client_id="id",
            auth_client_secret="secret",
            ca_path=server.ca_path,
            timeout=0.3,
            retry_timeout=1.5,
        )
        api = ManagementApi(settings)
        start = time.monotonic()
        with pytest.raises(UnreachableError, match="no answer, tried "):
            ACTS[act](api)
        api.close()
        assert time.monotonic() - start < 4 * (settings.timeout + settings.retry_timeout)
        assert 1 <= len(server.requests) <= 3


@pytest.mark.parametrize("act", [act for act in ACTS if act not in ("DELETE", "login")])
def test_a_task_against_a_bomb_ends_at_once(tmp_path: Path, act: str) -> None:
    with BadServer(lambda: iter([bomb(100_000_000)]), tmp_path) as server:
        api = ManagementApi(Settings(server.domain, auth_access_token="static", ca_path=server.ca_path))
        with pytest.raises(UnreachableError, match="but its body has more than 20,000,000 bytes"):
            ACTS[act](api)
        api.close()
        assert len(server.requests) <= 2
