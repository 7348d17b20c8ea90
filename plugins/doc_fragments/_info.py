# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """How a module behaves that only reads objects."""

    DOCUMENTATION = r"""
attributes:
  check_mode:
    description: Reads in C(check_mode) just as in a real run.
    support: full
  diff_mode:
    description: Returns in diff mode what changed.
    support: none
    details: The module changes nothing.
  idempotent:
    description: The module changes nothing.
    support: full
notes:
  - What is returned can be given to the module that manages the object, which then changes nothing. Fields that are no
    options of that module are left out.
  - Each run reads from Auth0 again, also in a loop or with C(until).
"""
