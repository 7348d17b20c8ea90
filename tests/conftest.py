# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Makes the checkout importable and callable as the collection `mcp_ops.oauth`, wherever it lies."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import pytest


def link_collection(tree: Path, checkout: Path) -> None:
    """Link the checkout into a collection tree that this process and the commands it starts know."""
    link = tree / "ansible_collections" / "mcp_ops" / "oauth"
    link.parent.mkdir(parents=True)
    link.symlink_to(checkout, target_is_directory=True)
    sys.path.insert(0, str(tree))
    os.environ["ANSIBLE_COLLECTIONS_PATH"] = str(tree)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    tree = tempfile.TemporaryDirectory(prefix="mcp_ops-oauth-")
    config.add_cleanup(tree.cleanup)
    link_collection(Path(tree.name), config.rootpath)
    # All that ties the suite to pytest-ansible, which imports the collection as Ansible does: use this tree, make none.
    if hasattr(config.option, "ansible_unit_inject_only"):
        config.option.ansible_unit_inject_only = True
