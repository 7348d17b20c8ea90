# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""One deadline for a whole request, and one bound for what is read of its answer.

The timeouts of requests hold for each wait on the socket, so that a server that sends one byte in time after the other
is never given up. Here the socket's timeout is set to what is left before each connect, send and read. There are no
threads and no signals, since modules run inside the controller's worker as well. The one thing without a bound is the
system's look-up of a host name, which has its own.
"""

from __future__ import annotations

import functools
import http.client
import io
import socket
import time
import typing as t

try:
    import urllib3
    from requests.adapters import HTTPAdapter
except ImportError:  # a module says so before anything here is used
    HTTPAdapter = object  # type: ignore[assignment, misc]

# Bytes that are sent with one timeout: a TLS record at most, which Python sends within its timeout as a whole.
_PIECE = 16_384


class TooLong(OSError):
    """More came from the server than is read."""


class Deadline:
    """What is left to the request that is under way: seconds, and bytes from the server."""

    def __init__(self) -> None:
        self._end = 0.0
        self._bytes = 0

    def start(self, seconds: float, size: int) -> None:
        self._end = time.monotonic() + seconds
        self._bytes = size

    def left(self) -> float:
        """The seconds left; raises what a socket raises where there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise socket.timeout("timed out")
        return left

    def count(self, size: int) -> None:
        self._bytes -= size
        if self._bytes < 0:
            raise TooLong


class DeadlineAdapter(HTTPAdapter):
    """Connections of requests that hold to a deadline, those through a proxy as well."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        super().__init__()

    def init_poolmanager(self, *args: t.Any, **kwargs: t.Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self._hold(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: t.Any) -> t.Any:
        is_new = proxy not in self.proxy_manager
        manager = super().proxy_manager_for(proxy, **kwargs)
        if is_new:
            self._hold(manager)
        return manager

    def _hold(self, manager: t.Any) -> None:
        manager.pool_classes_by_scheme = {
            scheme: type(pool.__name__, (pool,), {"ConnectionCls": _connection(pool.ConnectionCls, self._deadline)})
            for scheme, pool in manager.pool_classes_by_scheme.items()
        }


def _connection(base: t.Any, deadline: Deadline) -> t.Any:
    """The class of connections that hold to the deadline."""

    class Connection(base):  # type: ignore[misc]
        def __init__(self, *args: t.Any, **kwargs: t.Any) -> None:
            super().__init__(*args, **kwargs)
            self.response_class = functools.partial(_Response, deadline=deadline)

        def _tunnel(self) -> None:
            super()._tunnel()
            # For the TLS handshake, which Python keeps to its timeout as a whole.
            self.sock.settimeout(deadline.left())

        def send(self, data: t.Any) -> None:
            if self.sock is None and self.auto_open:
                self.connect()
            for start in range(0, len(data), _PIECE):
                self.sock.settimeout(deadline.left())
                super().send(data[start : start + _PIECE])

    class DirectConnection(Connection):
        def _new_conn(self) -> socket.socket:
            try:
                return _connect(self._dns_host, self.port, self.socket_options, deadline)
            except socket.timeout as error:
                raise urllib3.exceptions.ConnectTimeoutError(self, "timed out") from error
            except OSError as error:
                raise urllib3.exceptions.NewConnectionError(self, "no connection") from error

    # A SOCKS proxy has a way of its own to connect.
    is_direct = base._new_conn is urllib3.connection.HTTPConnection._new_conn
    return DirectConnection if is_direct else Connection


def _connect(host: str, port: int, options: t.Any, deadline: Deadline) -> socket.socket:
    """A connection to one of the host's addresses. Each gets its share of the time, so that one that is silent does
    not keep the next from being tried."""
    connect = urllib3.util.connection
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, connect.allowed_gai_family(), socket.SOCK_STREAM)
    except UnicodeError:
        raise urllib3.exceptions.LocationParseError(host) from None
    problem: OSError | None = None
    for count, (*_kind, address) in enumerate(found):
        try:
            share = deadline.left() / (len(found) - count)
            made: socket.socket = connect.create_connection((str(address[0]), port), share, socket_options=options)
            made.settimeout(deadline.left())
            return made
        except OSError as error:
            problem = error
    raise problem or socket.timeout


class _Response(http.client.HTTPResponse):
    """An answer whose every read holds to the deadline: the status line, 100 Continue, headers, body, trailers."""

    def __init__(self, sock: t.Any, *args: t.Any, deadline: Deadline, **kwargs: t.Any) -> None:
        super().__init__(sock, *args, **kwargs)
        raw = self.fp.detach()
        self.fp = io.BufferedReader(_Reader(raw, sock, deadline))


class _Reader(io.RawIOBase):
    def __init__(self, raw: io.RawIOBase, sock: t.Any, deadline: Deadline) -> None:
        self._raw, self._sock, self._deadline = raw, sock, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: t.Any) -> int | None:
        self._sock.settimeout(self._deadline.left())
        size = self._raw.readinto(buffer)
        self._deadline.count(size or 0)
        return size

    def close(self) -> None:
        self._raw.close()
        super().close()
