# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The pictures can be read in light and in dark."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.docs.conftest import url
from tests.docs.site import ROOT

PICTURES = sorted([*(ROOT / "docs/images").glob("*.svg"), ROOT / "docs/benchmark/results.svg"])
# Of WCAG 2.1: text, and lines that carry a meaning.
TEXT, LINE = 4.5, 3.0
# The pages of the site, and of GitHub.
BACKGROUNDS = {"light": ("#ffffff", "#f6f8fa"), "dark": ("#131416", "#0d1117")}
LOOK = """() => {
  const found = [];
  for (const one of document.querySelectorAll('text, tspan, path, rect, circle, line')) {
    const style = getComputedStyle(one);
    const isText = one.tagName === 'text' || one.tagName === 'tspan';
    const box = one.getBoundingClientRect();
    found.push({
      tag: one.tagName, isText, fill: style.fill, stroke: style.stroke, text: one.textContent,
      quiet: one.classList.contains('lane'), x: box.x, y: box.y, w: box.width, h: box.height
    });
  }
  return found;
}"""


def luminance(colour: str) -> float:
    numbers = (
        [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
        if colour.startswith("#")
        else list(map(float, re.findall(r"[\d.]+", colour)[:3]))
    )
    parts = [
        value / 255 / 12.92 if value / 255 <= 0.04045 else ((value / 255 + 0.055) / 1.055) ** 2.4 for value in numbers
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def is_colour(value: str) -> bool:
    return value.startswith("rgb(")


def behind(shapes: list[dict[str, t.Any]], number: int, pages: tuple[str, ...]) -> tuple[str, ...]:
    """The last filled box before a text that holds its middle, or the page."""
    text = shapes[number]
    x, y = text["x"] + text["w"] / 2, text["y"] + text["h"] / 2
    for one in reversed(shapes[:number]):
        inside = one["x"] <= x <= one["x"] + one["w"] and one["y"] <= y <= one["y"] + one["h"]
        if one["tag"] in ("rect", "circle") and inside and is_colour(one["fill"]):
            return (one["fill"],)
    return pages


def test_there_are_pictures() -> None:
    assert len(PICTURES) >= 4


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("file", PICTURES, ids=lambda file: file.stem)
def test_it_has_contrast(browser: Browser, file: Path, scheme: t.Literal["light", "dark"]) -> None:
    tab = browser.new_page(color_scheme=scheme)
    tab.goto(file.as_uri())
    shapes = tab.evaluate(LOOK)
    tab.close()
    pages = BACKGROUNDS[scheme]
    weak = []
    for number, one in enumerate(shapes):
        if one["isText"]:
            weak += [
                (one["text"], one["fill"], back)
                for back in behind(shapes, number, pages)
                if contrast(one["fill"], back) < TEXT
            ]
        elif one["tag"] == "path" and is_colour(one["stroke"]) and not one["quiet"]:
            weak += [(one["tag"], one["stroke"], back) for back in pages if contrast(one["stroke"], back) < LINE]
    assert shapes
    assert weak == []


def test_a_picture_follows_the_mode_that_the_reader_has_chosen(browser: Browser) -> None:
    """The page is dark although the system is light: the picture in it is dark as well."""
    tab = browser.new_page(color_scheme="light", viewport={"width": 1280, "height": 900})
    tab.goto(url("architecture.html"))
    image = tab.locator("article img[src$='.svg']")
    light = image.screenshot()
    tab.evaluate("document.body.dataset.theme = 'dark'")
    tab.evaluate("document.querySelector('article img').style.background = 'white'")
    dark = image.screenshot()
    tab.close()
    assert light != dark


@pytest.mark.parametrize("file", PICTURES, ids=lambda file: file.stem)
def test_it_is_described(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert re.search(r"<title[^>]*>[^<]+</title>", text)
