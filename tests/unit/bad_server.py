# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A server that sends the bytes that a test gives it, over TLS or not, as fast or as slowly as told."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import ssl
import threading
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

import trustme

OK = b"HTTP/1.1 200 OK\r\n"
# What a connection sends, piece by piece; None stays silent until the server stops.
Script = t.Callable[[], t.Iterator[bytes | None]]


@dataclass
class BadServer:
    """Each connection reads a request and plays the script, `pause` seconds before each piece; then it is closed."""

    script: Script
    folder: Path
    pause: float = 0.0
    tls: bool = True
    silent_handshake: bool = False
    requests: list[bytes] = field(default_factory=list)

    def __enter__(self) -> BadServer:
        authority = trustme.CA()
        self.ca_path = str(self.folder / "ca.pem")
        authority.cert_pem.write_to_path(self.ca_path)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(self._context)
        self._done = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.domain = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._done.set()
        # Closing alone does not wake a thread that waits for a connection.
        with contextlib.suppress(OSError):
            socket.create_connection(self._listener.getsockname(), 1).close()
        for thread in self._threads:
            thread.join(10)
        self._listener.close()
        assert not any(thread.is_alive() for thread in self._threads)

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://{self.domain}/"

    def _accept(self) -> None:
        while not self._done.is_set():
            connection, _peer = self._listener.accept()
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(20)
        with contextlib.suppress(OSError), connection:
            if self.silent_handshake:
                self._drip_handshake(connection)
                return
            if self.tls:
                connection = self._context.wrap_socket(connection, server_side=True)
            with connection:
                while self._read_request(connection) and not self._done.is_set():
                    for piece in self.script():
                        if piece is None or (self.pause and self._done.wait(self.pause)):
                            self._done.wait()
                            return
                        connection.sendall(piece)
                    if self._closes:
                        return

    @property
    def _closes(self) -> bool:
        return not getattr(self.script, "keeps_open", False)

    def _drip_handshake(self, connection: socket.socket) -> None:
        """The head of a TLS record that promises 16 kB, and then a byte at a time of it."""
        connection.recv(65_536)
        connection.sendall(b"\x16\x03\x03\x40\x00")
        while not self._done.wait(0.1):
            connection.sendall(b"\x02")

    def _read_request(self, connection: socket.socket) -> bytes:
        request = b""
        while b"\r\n\r\n" not in request:
            if not (more := connection.recv(65_536)):
                return b""
            request += more
        head, _end, body = request.partition(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
        )
        while len(body) < length:
            body += connection.recv(65_536)
        self.requests.append(head + b"\r\n\r\n" + body)
        return request


def answer(body: t.Any, status: bytes = b"200 OK", *headers: bytes) -> bytes:
    """A whole answer; `body` as JSON unless it is bytes."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(content), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + content


def bomb(size: int) -> bytes:
    """An answer of few bytes that becomes `size` of them."""
    return answer(gzip.compress(bytes(size)), b"200 OK", b"Content-Encoding: gzip")
