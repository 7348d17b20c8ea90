# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""All operations of the Management API, each with the scopes of which a token needs one. Sources: `operations.txt`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

FILE = Path(__file__).with_suffix(".txt")

_PARAMETER = re.compile(r"{[^}]*}")


def name(method: str, path: str) -> str:
    """Of an operation, whatever its parameters are called."""
    return f"{method} {_PARAMETER.sub('{}', path)}"


def _rows() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            method, path, *scopes = line.split()
            yield method, path, tuple(scopes)


# (method, path, scopes), these in the order of the published description, in which Auth0 names them
# (community.auth0.com/t/118497).
TABLE = tuple(_rows())
SCOPES = {name(method, path): scopes for method, path, scopes in TABLE}
