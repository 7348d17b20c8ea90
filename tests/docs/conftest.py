# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The built site, and a browser to look at it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser import chromium
from tests.docs.site import HTML, Page, read_site


@pytest.fixture(scope="session")
def site() -> dict[str, Page]:
    """Path below the site -> the page."""
    if not (HTML / "index.html").exists():
        pytest.fail("The site has not been built: make docs, or python -m docs.docsite.build")
    return read_site()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # No sandbox, since root has none.
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


def url(path: str) -> str:
    return Path(HTML, path).as_uri()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--screenshots", action="store_true", help="write the screenshots of key pages anew")
