# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The MCP project's own conformance suite against the gateway: what passes and what fails is what is written down."""

from __future__ import annotations

import http.client
import json
import re
import subprocess
import threading
import typing as t
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.conformance import FAILURES, REVISIONS
from tests.gateway.conftest import Site
from tests.gateway.gateway import Gateway
from tests.gateway.install import MODULES, NODE, environment, installed

SUITE = MODULES / "@modelcontextprotocol" / "conformance" / "dist" / "index.js"
VERDICT = re.compile(r"^(✓|✗) (\S+): (\d+) passed, (\d+) failed", re.MULTILINE)


class WithToken(ThreadingHTTPServer):
    """Sends what it gets on to the gateway, with an access token: the suite knows no login."""

    def __init__(self, gateway: Gateway, token: str) -> None:
        super().__init__(("127.0.0.1", 0), Onwards)
        self.gateway, self.token = gateway.port, token
        self.url = f"http://127.0.0.1:{self.server_port}/mcp"


class Onwards(BaseHTTPRequestHandler):
    server: WithToken

    def _send_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        connection = http.client.HTTPConnection("127.0.0.1", self.server.gateway, timeout=20)
        headers = {**dict(self.headers), "Authorization": f"Bearer {self.server.token}"}
        connection.request(self.command, self.path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("transfer-encoding", "content-length", "connection", "date"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        connection.close()

    do_GET = do_POST = do_DELETE = do_OPTIONS = _send_on

    def log_message(self, *_: t.Any) -> None:
        pass


def token(site: Site) -> str:
    form = {"grant_type": "client_credentials", "audience": site.url}
    form |= {"client_id": site.tenant.client_id, "client_secret": site.tenant.client_secret}
    return str(site.tenant.call("POST", "/oauth/token", form)["access_token"])


@pytest.mark.parametrize("revision", REVISIONS)
def test_what_passes_is_what_is_written_down(site: Site, gateway: Gateway, tmp_path: Path, revision: str) -> None:
    with WithToken(gateway, token(site)) as server:
        threading.Thread(target=server.serve_forever).start()
        done = subprocess.run(
            [NODE, str(SUITE), "server", "--url", server.url, "--requirements", revision],
            cwd=tmp_path,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        server.shutdown()
    verdicts = {name: mark == "✓" for mark, name, _passed, _failed in VERDICT.findall(done.stdout)}
    failing = {name for names in FAILURES[revision].values() for name in names}
    assert verdicts == {name: name not in failing for name in REVISIONS[revision]}, done.stdout


def test_the_version_is_the_one_that_is_named() -> None:
    pinned = json.loads(Path(__file__).with_name("package.json").read_text())["dependencies"]
    assert pinned["@modelcontextprotocol/conformance"] == installed("@modelcontextprotocol/conformance")
