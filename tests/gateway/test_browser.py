# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a person sees who connects MCP Inspector's web page to the gateway, each step as a picture."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import time
import typing as t
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Page, expect

from emulator.tenant import USERS
from tests.gateway.commands import INSPECTOR
from tests.gateway.conftest import Site
from tests.gateway.gateway import Gateway, free_ports, stop_group
from tests.gateway.install import FOLDER, NODE, environment
from tests.gateway.page import open_page

PICTURES = Path(os.environ.get("GATEWAY_SCREENSHOTS") or FOLDER / "screenshots")
# On two busy cores.
PATIENCE = 20


@pytest.fixture
def inspector(site: Site, gateway: Gateway, tmp_path: Path) -> t.Iterator[str]:
    """The address of MCP Inspector's web page, which knows the gateway as `our-mcp-server`."""
    catalog = tmp_path / "catalog.json"
    server = {"type": "streamable-http", "url": gateway.url}
    catalog.write_text(json.dumps({"mcpServers": {"our-mcp-server": server}}), encoding="utf-8")
    port, token = free_ports(), secrets.token_urlsafe()
    variables = {
        "HOME": str(tmp_path),
        "HOST": "127.0.0.1",
        "CLIENT_PORT": str(port),
        "MCP_SANDBOX_PORT": str(port + 1),
        "MCP_AUTO_OPEN_ENABLED": "false",
        "MCP_INSPECTOR_API_TOKEN": token,
        "MCP_INSPECTOR_SECRET_STORE": "memory",
        "NODE_EXTRA_CA_CERTS": site.tenant.ca_path,
    }
    process = subprocess.Popen(
        [NODE, str(INSPECTOR), "--web", "--catalog", str(catalog)],
        cwd=tmp_path,
        env=environment(**variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        address = f"http://127.0.0.1:{port}/"
        _wait(address, process)
        yield f"{address}?MCP_INSPECTOR_API_TOKEN={token}"
    finally:
        stop_group(process)


def _wait(address: str, process: subprocess.Popen[bytes], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            requests.get(address, timeout=5)
            return
        except requests.ConnectionError:
            if process.poll() is not None or time.monotonic() > end:
                raise
            time.sleep(0.1)


@pytest.fixture
def page() -> t.Iterator[Page]:
    with open_page(PATIENCE) as page:
        yield page


def test_a_person_logs_in_and_calls_the_tool(inspector: str, page: Page) -> None:
    expect.set_options(timeout=PATIENCE * 1000)
    PICTURES.mkdir(parents=True, exist_ok=True)

    def picture(name: str) -> None:
        page.screenshot(path=PICTURES / f"{name}.png")

    page.goto(inspector)
    connect = page.get_by_role("switch", name="our-mcp-server")
    expect(connect).to_be_visible()
    picture("1-servers")
    connect.click(force=True)

    email = page.get_by_label("Email address")
    expect(email).to_be_visible()
    picture("2-login")
    email.fill(USERS[0]["email"])
    page.get_by_label("Password").fill(USERS[0]["password"])
    page.get_by_role("button", name="Continue").click()

    expect(page.get_by_text("is requesting access to")).to_contain_text("MCP server")
    picture("3-consent")
    page.get_by_role("button", name="Accept").click()

    expect(page.get_by_text("Connected", exact=True)).to_be_visible()
    picture("4-connected")
    page.get_by_text("Tools", exact=True).click()
    expect(page.get_by_text("Tools (1)")).to_be_visible()
    page.get_by_text("hello", exact=True).first.click()
    page.get_by_role("textbox", name="name").fill("Ada")
    picture("5-tool")
    page.get_by_role("button", name="Execute Tool").click()

    expect(page.get_by_text("Hello, Ada!").first).to_be_visible()
    # Messages about the login, which lie over the page for some seconds.
    expect(page.get_by_role("alert")).to_have_count(0)
    picture("6-answer")
