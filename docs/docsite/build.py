# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Build the documentation site into `build/site/html`: `python -m docs.docsite.build`, as `make docs` does.

antsibull-docs writes the reference of modules, filters and role from their documentation; the page of the playbooks
comes from the comments in them; the rest is the Markdown of the repository (`pages.py`). A warning is an error.
Nothing is fetched.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from docs.docsite.pages import FILES, ROOT, pages

SITE = ROOT / "build" / "site"
PLAYBOOK = re.compile(r"---\n((?:#.*\n)+)")
PLAYBOOKS_HEAD = """\
# Playbooks

What people run by name. Each is a thin call of the role `mcp_ops.oauth.mcp_server`, and takes its variables with `-e`,
from the inventory, or from a file.
"""
# Its title in the navigation is the name alone.
TOCTREE_ENTRY = re.compile(r"^    (\w+)_(module|filter|role)$", re.MULTILINE)
CODE = re.compile(r"(?:^  \S.*\n)+", re.MULTILINE)


def tool(name: str) -> str:
    """A command of the environment in which this runs."""
    return str(Path(sys.executable).with_name(name))


def write_reference(folder: Path) -> None:
    """A page for each module, filter and role; antsibull-docs finds the checkout as an installed collection."""
    folder.mkdir(mode=0o755)
    with tempfile.TemporaryDirectory(prefix="mcp_ops-oauth-site-") as tree:
        link = Path(tree, "ansible_collections", "mcp_ops", "oauth")
        link.parent.mkdir(parents=True)
        link.symlink_to(ROOT, target_is_directory=True)
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        subprocess.run(
            [
                *(tool("antsibull-docs"), "collection", "--use-current", "--squash-hierarchy", "--fail-on-error"),
                *("--no-add-antsibull-docs-version", "--dest-dir", str(folder), "mcp_ops.oauth"),
            ],
            env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": tree, "ANSIBLE_HOME": tree, "PATH": path},
            check=True,
        )
    index = folder / "index.rst"
    text = index.read_text(encoding="utf-8")
    title = "Modules, role and filters"
    text = text.replace(f"\nMcp_Ops.Oauth\n{'=' * 13}\n", f"\n{title}\n{'=' * len(title)}\n")
    index.write_text(TOCTREE_ENTRY.sub(r"    \1 <\1_\2>", text), encoding="utf-8")


def fence(code: str) -> str:
    language = "sh" if "ansible-playbook" in code else "yaml"
    return f"```{language}\n{re.sub('^  ', '', code, flags=re.MULTILINE)}```\n"


def playbook(path: Path) -> str:
    """The comment at the head of a playbook as a section: indented lines are code, the first one a shell command."""
    found = PLAYBOOK.match(path.read_text(encoding="utf-8"))
    if not found:
        raise SystemExit(f"{path} has no comment at its head, from which its page is made.")
    comment = re.sub(r"^# ?", "", found[1], flags=re.MULTILINE)
    text = CODE.sub(lambda code: fence(code[0]), comment)
    entry = "absent" if "tasks_from: absent" in path.read_text(encoding="utf-8") else "main"
    variables = f"[All variables](mcp_server_role.rst) (entry point `{entry}`); [source]({FILES}playbooks/{path.name})."
    return f"\n({path.stem})=\n## mcp_ops.oauth.{path.stem}\n\n{text}\n{variables}\n"


def write_sources(folder: Path) -> None:
    """All that Sphinx reads, in a folder that holds nothing else."""
    shutil.copytree(ROOT / "docs/images", folder / "images")
    for name, file in pages().items():
        (folder / f"{name}.md").parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / file, folder / f"{name}.md")
    for path in (ROOT / "docs/benchmark").glob("results.*[!d]"):
        shutil.copy(path, folder / "benchmark")
    write_reference(folder / "reference")
    sections = [playbook(path) for path in sorted((ROOT / "playbooks").glob("*.yml"))]
    (folder / "reference/playbooks.md").write_text(PLAYBOOKS_HEAD + "".join(sections), encoding="utf-8")


def main() -> None:
    shutil.rmtree(SITE, ignore_errors=True)
    (SITE / "source").mkdir(parents=True)
    write_sources(SITE / "source")
    options = ["-q", "-W", "--keep-going", "-j", "auto", "-d", str(SITE / "cache"), "-c", str(Path(__file__).parent)]
    subprocess.run([tool("sphinx-build"), *options, str(SITE / "source"), str(SITE / "html")], check=True)
    print(f"The site is in {SITE / 'html'}: open index.html.")


if __name__ == "__main__":
    main()
