# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Predicts in C(check_mode) what the real run would change, and sends only requests that read.
    support: full
  diff_mode:
    description: Returns in diff mode what changed, or would change in C(check_mode), among the options that are set.
    support: full
  idempotent:
    description: Run twice in a row with the same options, the second run changes nothing.
    support: full
"""

    TENANT = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/mcp_ops.oauth.auth0) in C(module_defaults) to set the connection options for all modules.
    support: full
    membership:
      - mcp_ops.oauth.auth0
"""
