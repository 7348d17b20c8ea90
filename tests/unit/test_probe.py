# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Servers that do not behave: the probe answers all the same, and in time."""

from __future__ import annotations

import socket
import threading
import typing as t
from collections.abc import Iterator

import pytest

from ansible_collections.mcp_ops.oauth.plugins.module_utils._probe import Answer, Probe

Serve = t.Callable[[t.Iterable[bytes], float], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a server for one connection, which sends the pieces with a pause before each; its URL."""
    done = threading.Event()
    running: list[tuple[socket.socket, threading.Thread]] = []

    def start(pieces: t.Iterable[bytes], pause: float) -> str:
        listener = socket.create_server(("127.0.0.1", 0))

        def answer() -> None:
            try:
                connection, _peer = listener.accept()
                with connection:
                    connection.recv(65536)
                    for piece in pieces:
                        done.wait(pause)
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
        listener.close()
        thread.join()


def document(url: str) -> Answer:
    probe = Probe(ca_path=None, validate_certs=True, timeout=0.5)
    try:
        return t.cast("Answer", probe.document(url))
    finally:
        probe.close()


def test_a_document_that_drips(serve: Serve) -> None:
    # Twenty seconds of it: each byte in time, the document never.
    pieces = [b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", *[b" "] * 200]
    answer = document(serve(pieces, 0.1))
    assert (answer.status, answer.problem) == (0, "it timed out")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n{'a': \xff}", 200),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nabcde", 0),
        (b"hello there\r\n\r\n", 0),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50000\r\n\r\n" + b"[" * 50_000, 200),
    ],
)
def test_what_is_no_document(serve: Serve, sent: bytes, status: int) -> None:
    answer = document(serve([sent], 0))
    assert answer.status == status
    assert answer.document is None
    assert status or answer.problem
