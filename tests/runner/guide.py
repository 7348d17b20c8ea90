# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The files that docs/beyond-one-machine.md has its readers write."""

from __future__ import annotations

import re
import typing as t

import yaml

from tests.integration.harness import ROOT

PAGE = ROOT / "docs/beyond-one-machine.md"
_BLOCK = re.compile(r"^```yaml\n# (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILES: dict[str, str] = dict(_BLOCK.findall(PAGE.read_text()))


def file_of(name: str) -> t.Any:
    """What the YAML of a file says, which the page names by its path."""
    return yaml.safe_load(FILES[name])
