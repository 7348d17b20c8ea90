# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What all parts share: the type of a JSON object, and the form of a scope."""

from __future__ import annotations

import re
import typing as t

Object = dict[str, t.Any]
"""A JSON object."""

SCOPE = re.compile(r"[!#-\[\]-~]{1,280}")
"""A `scope-token` (RFC 6749, section 3.3) that Auth0 takes as a permission: up to 280 characters."""
