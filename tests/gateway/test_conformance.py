# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The MCP project's conformance suite against the gateway: it says what tests/conformance.py has, for each scenario."""

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
import yaml

from tests.conformance import SUITE, VERDICTS, ZUPLO
from tests.gateway.conftest import Gateways, Site
from tests.gateway.install import MODULES, NODE, OTHER, environment, installed
from tests.gateway.project import MCP_ROUTES, ROUTES

PACKAGE = "@modelcontextprotocol/conformance"
# What the suite asks for and a route can be. A prompt answers with messages, a tool or a resource with any text.
CODE = """\
import { ZuploRequest } from "@zuplo/runtime";

const prompt = (...contents: unknown[]) => ({ messages: contents.map((content) => ({ role: "user", content })) });
const text = (text: string) => ({ type: "text", text });

export async function says() {
  return new Response("A text.");
}
export async function fails() {
  return new Response("An error.", { status: 500 });
}
export async function asks() {
  return prompt(text("A question."));
}
export async function asksAbout(request: ZuploRequest) {
  const { arg1, arg2 } = await request.json();
  return prompt(text(`A question about ${arg1} and ${arg2}.`));
}
export async function shows() {
  return prompt({ type: "image", data: "AA==", mimeType: "image/png" }, text("A question."));
}
export async function attaches(request: ZuploRequest) {
  const { resourceUri } = await request.json();
  return prompt({ type: "resource", resource: { uri: resourceUri, mimeType: "text/plain", text: "A text." } });
}
"""
PROMPT = {"type": "prompt"}
STATIC = {"type": "resource", "uri": "test://static-text", "mimeType": "text/plain"}
# Name -> the function, what it is to MCP, its arguments.
ADDED: dict[str, tuple[str, dict[str, str], tuple[str, ...]]] = {
    "test_simple_text": ("says", {}, ()),
    "test_error_handling": ("fails", {}, ()),
    "test_simple_prompt": ("asks", PROMPT, ()),
    "test_prompt_with_arguments": ("asksAbout", PROMPT, ("arg1", "arg2")),
    "test_prompt_with_image": ("shows", PROMPT, ()),
    "test_prompt_with_embedded_resource": ("attaches", PROMPT, ("resourceUri",)),
    "static-text": ("says", STATIC, ()),
}


def add_what_the_suite_asks_for(project: Path) -> None:
    """To the routes, and to what the MCP server has."""
    (project / "modules" / "suite.ts").write_text(CODE, encoding="utf-8")
    routes, server = (json.loads((project / name).read_text(encoding="utf-8")) for name in (ROUTES, MCP_ROUTES))
    for name, (function, of_mcp, arguments) in ADDED.items():
        handler = {"export": function, "module": "$import(./modules/suite)"}
        route: dict[str, t.Any] = {"corsPolicy": "none", "handler": handler, "policies": {"inbound": []}}
        if of_mcp:
            route["mcp"] = of_mcp
        operation: dict[str, t.Any] = {"operationId": name, "x-zuplo-route": route}
        if arguments:
            texts = {"type": "object", "properties": {one: {"type": "string"} for one in arguments}}
            operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": texts}}}
        routes["paths"][f"/{name}"] = {"get" if of_mcp is STATIC else "post": operation}
    ((mcp_route,),) = (path.values() for path in server["paths"].values())
    operations = mcp_route["x-zuplo-route"]["handler"]["options"]["operations"]
    operations += [{"file": f"./{ROUTES}", "id": name} for name in ADDED]
    for name, document in ((ROUTES, routes), (MCP_ROUTES, server)):
        (project / name).write_text(json.dumps(document), encoding="utf-8")


class WithToken(ThreadingHTTPServer):
    """Sends what it gets on to the gateway, with an access token: the suite cannot log in."""

    def __init__(self, gateway_port: int, token: str) -> None:
        super().__init__(("127.0.0.1", 0), Onwards)
        self.gateway_port, self.token = gateway_port, token


class Onwards(BaseHTTPRequestHandler):
    server: WithToken

    def _send_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        connection = http.client.HTTPConnection("127.0.0.1", self.server.gateway_port, timeout=20)
        headers = {**dict(self.headers), "Authorization": f"Bearer {self.server.token}"}
        connection.request(self.command, self.path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("transfer-encoding", "content-length", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_DELETE = _send_on

    def log_message(self, *_: t.Any) -> None:
        pass


def run_suite(url: str, revision: str, folder: Path) -> dict[str, list[dict[str, t.Any]]]:
    """The checks of each server scenario that the revision requires."""
    suite = MODULES / PACKAGE
    command = [NODE, str(suite / "dist" / "index.js"), "server", "--url", url, "--requirements", revision]
    subprocess.run(
        [*command, "--output-dir", str(folder)], env=environment(), capture_output=True, timeout=120, check=False
    )
    required = yaml.safe_load((suite / "requirements" / f"{revision}.yaml").read_text(encoding="utf-8"))["server"]
    checks = {}
    for name in required:
        # In a folder of the scenario's name, with the time behind it.
        (file,) = (one for one in folder.glob(f"server-{name}-*/checks.json") if _scenario(one) == name)
        checks[name] = json.loads(file.read_text(encoding="utf-8"))
    return checks


def _scenario(file: Path) -> str:
    found = re.fullmatch(r"server-(.+)-\d{4}-\d\d-\d\dT[\d-]+Z", file.parent.name)
    return found[1] if found else ""


@pytest.mark.skipif(bool(OTHER), reason="what is written down is of the pinned gateway")
@pytest.mark.parametrize("revision", VERDICTS)
def test_the_suite_says_what_is_written_down(site: Site, gateways: Gateways, tmp_path: Path, revision: str) -> None:
    assert (installed(PACKAGE), installed("zuplo")) == (SUITE, ZUPLO)
    site.restore()
    gateway = gateways.open(add_what_the_suite_asks_for)
    with WithToken(gateway.port, site.token()) as server:
        threading.Thread(target=server.serve_forever).start()
        checks = run_suite(f"http://127.0.0.1:{server.server_port}/mcp", revision, tmp_path)
        server.shutdown()
    failed = {
        name: [one.get("errorMessage", "") for one in of_scenario if one["status"] == "FAILURE"]
        for name, of_scenario in checks.items()
    }
    succeeded = {name for name, of_scenario in checks.items() if any(one["status"] == "SUCCESS" for one in of_scenario)}
    verdict = VERDICTS[revision]
    assert {name for name in checks if not failed[name]} == {*verdict.passing, *verdict.open}
    assert {name for name in succeeded if not failed[name]} == set(verdict.passing)
    reasons = {name: reason for reason in verdict.failing for name in reason.scenarios}
    assert set(reasons) == {name for name, messages in failed.items() if messages}
    for name, reason in reasons.items():
        assert any(reason.pattern in message for message in failed[name]), (name, failed[name])
