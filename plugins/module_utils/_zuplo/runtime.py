# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the gateway's package takes that is installed in a project."""

from __future__ import annotations

import os
import re

# Where npm puts the package: at the top, or below the one that needs it.
_TYPES = (
    "node_modules/@zuplo/runtime/out/types/index.d.ts",
    "node_modules/zuplo/node_modules/@zuplo/runtime/out/types/index.d.ts",
)
# Characters; that of version 7.6.4 has half a million.
_LARGEST = 20_000_000
_OPTIONS = re.compile(r"\binterface\s+OAuthProtectedResourcePluginOptions\b[^{]*\{(?P<members>[^}]*)\}")
_SCOPES = re.compile(r"^\s*(?:readonly\s+)?scopesSupported\s*\??\s*:", re.MULTILINE)


def takes_scopes(project_dir: str) -> bool:
    """Whether the plugin of the protected resource metadata has the option scopesSupported.

    The runtime of 2026-09-24 has it (Zuplo's changelog); that of the package zuplo 7.6.4 ignores it, and a type check
    refuses it. False as well where no package is installed, or it cannot be read.
    """
    for path in _TYPES:
        try:
            with open(os.path.join(project_dir, path), encoding="utf-8", errors="replace") as file:
                types = file.read(_LARGEST)
        except OSError:
            continue
        found = _OPTIONS.search(types)
        return bool(found and _SCOPES.search(found["members"]))
    return False
