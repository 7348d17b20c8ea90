# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A Galaxy server with one collection, so that `ansible-galaxy collection install` finds what the checkout makes."""

from __future__ import annotations

import hashlib
import json
import threading
import typing as t
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@contextmanager
def galaxy(tarball: Path) -> t.Iterator[str]:
    """Its URL. The name of the package tells namespace, name and version."""
    namespace, name, version = tarball.name.removesuffix(".tar.gz").split("-")
    content = tarball.read_bytes()
    base = f"/api/v3/collections/{namespace}/{name}"

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: t.Any) -> None:
            pass

        def do_GET(self) -> None:
            path = self.path.partition("?")[0].rstrip("/")
            if path == f"/{tarball.name}":
                self._answer(200, content, "application/gzip")
            elif path in answers:
                self._answer(200, json.dumps(answers[path]).encode(), "application/json")
            else:
                self._answer(404, b"{}", "application/json")

        def _answer(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    url = f"http://127.0.0.1:{server.server_address[1]}"
    about: dict[str, t.Any] = {
        "namespace": {"name": namespace},
        "collection": {"name": name},
        "name": name,
        "version": version,
        "href": f"{base}/versions/{version}/",
        "download_url": f"{url}/{tarball.name}",
        "artifact": {"filename": tarball.name, "sha256": hashlib.sha256(content).hexdigest(), "size": len(content)},
        "metadata": {"dependencies": {}},
        "signatures": [],
        "requires_ansible": None,
    }
    answers: dict[str, t.Any] = {
        "/api": {"available_versions": {"v3": "v3/"}, "current_version": "v3"},
        base: {"namespace": namespace, "name": name, "highest_version": {"version": version}},
        f"{base}/versions": {"meta": {"count": 1}, "links": {"next": None}, "data": [about]},
        f"{base}/versions/{version}": about,
    }
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield url
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
