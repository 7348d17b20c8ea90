# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Every link leads somewhere: on the site, in the Markdown of the repository, and out of both."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from docs.docsite.pages import FILES, START, pages
from tests.docs.site import HTML, ROOT, Page, is_external

LISTED = Path(__file__).with_name("external.txt")
LINK = re.compile(r"!?\]\(([^)\s]+)\)")
CODE = re.compile(r"^( *)```.*?^\1```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)


def markdown() -> list[str]:
    """The Markdown files that git tracks or would track."""
    command = ["git", "ls-files", "-coz", "--exclude-standard", "--", "*.md"]
    names = subprocess.check_output(command, cwd=ROOT, text=True).split("\0")
    return [name for name in names if name and (ROOT / name).is_file()]


def test_links_within_the_site_lead_to_a_page_and_an_anchor_of_it(site: dict[str, Page]) -> None:
    broken = []
    for page in site.values():
        for link in page.links:
            if is_external(link):
                continue
            path, anchor = page.resolve(link)
            there = site.get(path)
            if not (HTML / path).is_file() or (anchor and there and anchor not in there.anchors):
                broken.append(f"{page.path}: {link}")
    assert broken == []


def test_the_site_loads_nothing_from_elsewhere(site: dict[str, Page]) -> None:
    loads = {(page.path, one) for page in site.values() for one in page.loads}
    assert not [one for one in loads if is_external(one[1])]
    assert not [one for one in loads if not (HTML / site[one[0]].resolve(one[1])[0]).is_file()]
    sheets = [file.read_text(encoding="utf-8", errors="replace") for file in HTML.rglob("*.css")]
    assert not re.findall(r"@import|url\([\"']?https?:", "".join(sheets))


def test_links_to_the_repository_lead_to_files_of_it(site: dict[str, Page]) -> None:
    links = {link for page in site.values() for link in page.links if link.startswith(FILES)}
    assert links
    assert not [link for link in links if not (ROOT / urlsplit(link.removeprefix(FILES)).path).exists()]


def test_links_out_of_the_site_are_listed(site: dict[str, Page]) -> None:
    known = [line for line in LISTED.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert known == sorted(set(known))
    assert not [one for one in known if urlsplit(one).scheme != "https" or "." not in urlsplit(one).netloc]
    edits = re.compile(rf"{re.escape(FILES.replace('blob', 'edit'))}|{re.escape(FILES)}")
    found = {link for page in site.values() for link in page.links if is_external(link) and not edits.match(link)}
    assert sorted(found) == known


@pytest.mark.parametrize("name", markdown())
def test_relative_links_in_markdown_lead_to_files_and_headings(name: str) -> None:
    text = CODE.sub("", (ROOT / name).read_text(encoding="utf-8"))
    for link in LINK.findall(text):
        if is_external(link):
            continue
        path, _hash, anchor = link.partition("#")
        target = (ROOT / name).parent / path if path else ROOT / name
        assert target.exists(), link
        if anchor and target.suffix == ".md":
            assert anchor in headings(target) or f'id="{anchor}"' in target.read_text(encoding="utf-8"), link


def headings(file: Path) -> set[str]:
    """The anchors that GitHub gives to the headings of a file."""
    titles = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_the_first_page_lists_every_page_that_is_written_by_hand() -> None:
    """In Markdown too, where readers at GitHub have no navigation."""
    links = LINK.findall((ROOT / START).read_text(encoding="utf-8"))
    listed = {link.removeprefix(FILES) if is_external(link) else str(Path("docs", link)) for link in links}
    listed = {re.sub(r"docs/\.\./", "", one) for one in listed}
    assert {file for file in pages().values() if file != START} - listed == set()
