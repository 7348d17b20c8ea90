# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A project on the disk for the tests, and what a run is to make of it: change, create and delete."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.files import Snapshot

PATTERNS = ("config/*.json", "modules/new.ts", "old/*.ts")
BEFORE = {"config/a.json": "a", "config/b.json": "b", "config/same.json": "same", "old/gone.ts": "gone"}
AFTER = {"config/a.json": "A", "config/b.json": "B", "config/same.json": "same", "modules/new.ts": "new"}


def create(root: Path) -> Path:
    for path, text in BEFORE.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def snapshot(root: Path) -> Snapshot:
    return Snapshot.read(str(root), PATTERNS)


def tree(root: Path) -> dict[str, str]:
    return {path.relative_to(root).as_posix(): path.read_text() for path in sorted(root.rglob("*")) if path.is_file()}
