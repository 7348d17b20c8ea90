# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """How a module behaves that changes something."""

    DOCUMENTATION = r"""
attributes:
  check_mode:
    description: Predicts in C(check_mode) what the real run would change, and sends only requests that read.
    support: full
  diff_mode:
    description: Returns in diff mode what changed, or would change in C(check_mode), among the options that are set.
    support: full
  idempotent:
    description: If it runs twice in a row with the same options, the second run changes nothing.
    support: full
"""
