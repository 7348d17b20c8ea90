# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A headless Chromium, and a real MCP client in a page of it: the TypeScript SDK's build for browsers."""

from __future__ import annotations

import contextlib
import functools
import json
import subprocess
import threading
import typing as t
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Page, TimeoutError, sync_playwright

from emulator.tenant import USERS
from tests.browser import chromium
from tests.gateway.install import MODULES, NODE, environment
from tests.gateway.seen import ARGUMENTS, SECONDS, ClientFailed, Identity, Seen

# No sandbox, since root has none; and nothing that calls home.
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SCRIPT = "/client.js"
HTML = f'<!doctype html><meta charset="utf-8"><output></output><script type="module" src="{SCRIPT}"></script>'


@contextlib.contextmanager
def open_page(seconds: float) -> t.Iterator[Page]:
    """A page that takes the emulator's certificate as it is; what it waits for has `seconds` to come."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=OPTIONS)
        try:
            context = browser.new_context(ignore_https_errors=True, viewport={"width": 1280, "height": 720})
            page = context.new_page()
            page.set_default_timeout(seconds * 1000)
            yield page
        finally:
            browser.close()


@functools.cache
def _script() -> bytes:
    """page.mjs with all that it imports."""
    command = [NODE, str(MODULES / "esbuild" / "bin" / "esbuild"), str(Path(__file__).with_name("page.mjs"))]
    options = ["--bundle", "--format=esm", "--platform=browser", "--log-level=warning"]
    done = subprocess.run(
        [*command, *options], env=environment(NODE_PATH=str(MODULES)), stdout=subprocess.PIPE, check=True
    )
    return done.stdout


class ServesPage(BaseHTTPRequestHandler):
    """The page, at every address but that of its script."""

    def do_GET(self) -> None:
        kind, content = ("text/javascript", _script()) if self.path == SCRIPT else ("text/html", HTML.encode())
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: t.Any) -> None:
        pass


def browser(url: str, ca_path: str, identity: Identity | None = None) -> Seen:
    """The TypeScript SDK in a page, whose origin is that of the redirect URI. The browser needs no `ca_path`."""
    own = identity or Identity()
    config = {"url": url, "redirectUri": own.redirect_uri, "clientId": own.client_id, "toolArguments": ARGUMENTS}
    with ThreadingHTTPServer(("127.0.0.1", own.port), ServesPage) as server:
        threading.Thread(target=server.serve_forever).start()
        try:
            with open_page(SECONDS) as page:
                page.goto(f"http://127.0.0.1:{own.port}/?config={quote(json.dumps(config))}")
                return Seen.of(json.loads(_log_in(page)))
        except TimeoutError as error:
            raise ClientFailed("TimeoutError") from error
        finally:
            server.shutdown()


def _log_in(page: Page) -> str:
    """What the page shows in the end. Raises ClientFailed where the login page lets nobody in."""
    output, refusal = page.locator("output:not(:empty)"), page.get_by_text("Something went wrong")
    email, accept = page.get_by_label("Email address"), page.get_by_role("button", name="Accept")
    output.or_(email).or_(refusal).wait_for()
    if email.is_visible():
        email.fill(USERS[0]["email"])
        page.get_by_label("Password").fill(USERS[0]["password"])
        page.get_by_role("button", name="Continue").click()
        accept.or_(refusal).wait_for()
    if accept.is_visible():
        accept.click()
        output.wait_for()
    if refusal.is_visible():
        raise ClientFailed(f"LoginRefused: {' '.join(page.locator('body').inner_text().split())}")
    return output.text_content() or ""
