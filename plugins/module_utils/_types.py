# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The one type that all parts share."""

from __future__ import annotations

import typing as t

Object = dict[str, t.Any]
"""A JSON object."""
