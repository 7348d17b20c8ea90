# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Whatever the collection has stands in the reference, and guides lead there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from docs.docsite.pages import names, pages
from tests.docs.site import ROOT, Page


def stems(folder: str, ending: str) -> list[str]:
    return sorted(path.stem for path in (ROOT / folder).glob(f"*.{ending}") if path.stem != "__init__")


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        *(("module", name) for name in stems("plugins/modules", "py")),
        *(("filter", name) for name in stems("plugins/filter", "py")),
        *(("role", path.parent.parent.name) for path in ROOT.glob("roles/*/meta/argument_specs.yml")),
    ],
)
def test_it_has_a_page(site: dict[str, Page], kind: str, name: str) -> None:
    page = site[f"reference/{name}_{kind}.html"]
    assert f"mcp_ops.oauth.{name}" in page.text


def test_every_playbook_is_on_the_page_of_playbooks(site: dict[str, Page]) -> None:
    found = re.findall(r"mcp_ops\.oauth\.(\w+)¶", site["reference/playbooks.html"].text)
    assert found == stems("playbooks", "yml")


def test_every_variable_of_the_role_has_an_anchor(site: dict[str, Page]) -> None:
    specs = yaml.safe_load((ROOT / "roles/mcp_server/meta/argument_specs.yml").read_text(encoding="utf-8"))
    wanted = {
        f"parameter-{entry}--{name}" for entry, spec in specs["argument_specs"].items() for name in spec["options"]
    }
    assert wanted
    assert wanted <= site["reference/mcp_server_role.html"].anchors


def test_names_in_code_lead_to_the_reference(site: dict[str, Page]) -> None:
    """A guide that names a module or a variable has a link to it, although its Markdown has none."""
    linked = 0
    for page, file in pages().items():
        text = re.sub(r"^```.*?^```$", "", Path(ROOT, file).read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
        prose = re.sub(r"^#.*$", "", re.sub(r"\[[^]]*\]\([^)]*\)", "", text), flags=re.MULTILINE)
        named = {name for name in re.findall(r"(?<!`)`([\w.]+)`(?!`)", prose) if name in names()}
        here = site[f"{page}.html"]
        targets = {
            "#".join(here.resolve(link)).replace(".html", "").rstrip("#") for link in here.links if "://" not in link
        }
        assert {names()[name] for name in named} - targets == set(), page
        linked += len(named)
    assert linked > 50


def test_every_page_is_in_the_navigation(site: dict[str, Page]) -> None:
    links = {site["index.html"].resolve(link)[0] for link in site["index.html"].links if "://" not in link}
    assert {f"{page}.html" for page in pages()} <= links
