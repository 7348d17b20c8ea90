# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Where each page of the site comes from, and where its links lead.

A Sphinx extension. The guides are Markdown that GitHub shows as well, so they link to files of the repository and name
modules, filters, playbooks and variables as code. On the site, a link to a file that is a page leads to that page, one
to another file to GitHub, and such a name to its reference.
"""

from __future__ import annotations

import posixpath
import re
import typing as t
from pathlib import Path

import yaml
from docutils import nodes
from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[2]
FILES = "https://github.com/mcp-ops/oauth/blob/main/"
# The first page, whose lists of links are the navigation.
START = "docs/README.md"
REFERENCE = """
- [Modules, role, filters](reference/index.rst)
- [Playbooks](reference/playbooks.md)
- [Environment variables](reference/environment_variables.rst)
"""
# Labels of Ansible's own documentation, to which that of a module refers.
ANSIBLE = "https://docs.ansible.com/ansible/latest/"
LABELS = {
    "action_plugins": f"{ANSIBLE}plugins/action.html",
    "common_return_values": f"{ANSIBLE}reference_appendices/common_return_values.html",
    "ansible_configuration_settings": f"{ANSIBLE}reference_appendices/config.html",
}
LINK = re.compile(rf"(\]\()((?:{re.escape(FILES)})?[^)\s#:]+)(#[^)\s]*)?(?=\))")
ENTRY = re.compile(r"^- \[([^]]+)\]\(([^)]+)\)", re.MULTILINE)
# The theme shows the table of contents beside the page, and an error in place of another one.
CONTENTS = re.compile(r"^\.\. contents::\n(?:   :.*\n)+", re.MULTILINE)
SECTION = re.compile(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)


def pages() -> dict[str, str]:
    """Name of the page on the site -> its Markdown file in the repository."""
    guides = [path for path in (ROOT / "docs").glob("*.md") if path.name != "README.md"]
    return {
        "index": START,
        **{path.stem: f"docs/{path.name}" for path in sorted(guides)},
        "benchmark/README": "docs/benchmark/README.md",
        "benchmark/results": "docs/benchmark/results.md",
        "changelog": "CHANGELOG.md",
        "contributing": "CONTRIBUTING.md",
        "emulator": "emulator/README.md",
        "security": "SECURITY.md",
    }


def resolve(page: str, target: str) -> str:
    """Where a link to a file of the repository leads on the site: to a page, to a picture, or to GitHub.

    `target` is relative to the Markdown of the page, or a URL at GitHub: pages of the package have these for files that
    are not in it.
    """
    path = posixpath.join(posixpath.dirname(pages()[page]), target)
    path = target.removeprefix(FILES) if target.startswith(FILES) else posixpath.normpath(path)
    names = {file: name for name, file in pages().items()}
    here = posixpath.dirname(page) or "."
    if path in names:
        return posixpath.relpath(names[path], here) + ".md"
    if path.startswith("docs/") and (ROOT / path).suffix in {".png", ".svg", ".json"}:
        return posixpath.relpath(path.removeprefix("docs/"), here)
    return FILES + path


def names() -> dict[str, str]:
    """What a page may name as code -> the page and the anchor of its reference, `reference/x_module#anchor`."""
    found = {"mcp_ops.oauth.mcp_server_absent": "reference/playbooks#mcp-server-absent"}
    for kind, folder in (("module", "modules"), ("filter", "filter")):
        for path in (ROOT / "plugins" / folder).glob("*.py"):
            place = f"reference/{path.stem}_{kind}"
            found |= {path.stem: place, f"mcp_ops.oauth.{path.stem}": place}
    specs = yaml.safe_load((ROOT / "roles/mcp_server/meta/argument_specs.yml").read_text(encoding="utf-8"))
    for entry, spec in reversed(specs["argument_specs"].items()):
        found |= {name: f"reference/mcp_server_role#parameter-{entry}--{name}" for name in spec["options"]}
    return {**found, "mcp_ops.oauth.mcp_server": "reference/mcp_server_role"}


def navigation(text: str) -> str:
    """The lists of the first page as tables of contents, which Sphinx shows beside each page."""
    lists = [*SECTION.findall(text), ("Reference", REFERENCE)]
    return "".join(
        "\n".join(
            ["", "```{toctree}", ":hidden:", f":caption: {title}", "", *(f"{name} <{page}>" for name, page in entries)]
        )
        + "\n```\n"
        for title, body in lists
        if (entries := ENTRY.findall(body))
    )


def read(_app: Sphinx, page: str, source: list[str]) -> None:
    """Before a page is parsed: its links, and the navigation on the first one."""
    source[0] = CONTENTS.sub("", source[0])
    if page not in pages():
        return
    source[0] = LINK.sub(lambda found: found[1] + resolve(page, found[2]) + (found[3] or ""), source[0])
    if page == "index":
        source[0] += navigation(source[0])


def link_names(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """After a page is parsed: names in code become links to their reference."""
    if page.startswith("reference/"):
        return
    known = names()
    for node in list(doctree.findall(nodes.literal)):
        outer: t.Any = node.parent
        if node.astext() not in known or isinstance(outer, (nodes.title, nodes.reference)):
            continue
        place, _hash, anchor = known[node.astext()].partition("#")
        uri = app.builder.get_relative_uri(page, place) + (f"#{anchor}" if anchor else "")
        link = nodes.reference("", "", internal=True, refuri=uri)
        outer.replace(node, link)
        link += node


def link_label(_app: Sphinx, _env: t.Any, node: t.Any, content: nodes.Node) -> nodes.reference | None:
    """A reference to a label that no page here has: a link to Ansible's own documentation, or a warning."""
    uri = LABELS.get(node["reftarget"])
    return nodes.reference("", "", content, internal=False, refuri=uri) if uri else None


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("source-read", read)
    app.connect("missing-reference", link_label)
    app.connect("doctree-resolved", link_names)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
