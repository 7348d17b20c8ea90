# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a page of the built site names: its anchors, links and pictures."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parents[2]
HTML = ROOT / "build" / "site" / "html"


@dataclass
class Page(HTMLParser):
    """`anchors` are the ids, `links` the targets of links, `loads` what the browser fetches to show the page."""

    path: str
    anchors: set[str] = field(default_factory=set)
    links: set[str] = field(default_factory=set)
    loads: set[str] = field(default_factory=set)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.anchors |= {values[name] for name in ("id", "name") if name in values}
        if tag == "a" and "href" in values:
            self.links.add(values["href"])
        elif tag in ("img", "script", "source") and "src" in values:
            self.loads.add(values["src"])
        elif tag == "link" and values.get("rel") in ("stylesheet", "icon", "preload"):
            self.loads.add(values["href"])

    def handle_data(self, data: str) -> None:
        self.text += data

    def resolve(self, target: str) -> tuple[str, str]:
        """The path below the site to which a relative link leads, and the anchor there."""
        parts = urlsplit(target)
        path = posixpath.normpath(posixpath.join(posixpath.dirname(self.path), unquote(parts.path)))
        return (path if parts.path else self.path), unquote(parts.fragment)


def is_external(target: str) -> bool:
    return bool(urlsplit(target).scheme or urlsplit(target).netloc)


def read_site() -> dict[str, Page]:
    pages = {}
    for file in sorted(HTML.rglob("*.html")):
        page = Page(file.relative_to(HTML).as_posix())
        page.feed(file.read_text(encoding="utf-8"))
        pages[page.path] = page
    return pages
