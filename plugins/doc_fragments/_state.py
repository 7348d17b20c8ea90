# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """How a module behaves that creates and deletes objects. The attributes are those of `_attributes`: ansible-test
    reads only literal texts, so they cannot be taken from there."""

    DOCUMENTATION = r"""
options:
  state:
    description:
      - V(present) creates the object or updates it. Only the options that are set are compared and sent; whatever else
        the object holds stays as it is.
      - V(absent) deletes the object, and ignores all options that do not name it.
    type: str
    choices: [present, absent]
    default: present
  ignore_changes:
    description:
      - Options that count only for an object that is created. What one that exists has in their place stays as it is.
      - An option that names the object cannot be in this list.
    type: list
    elements: str
    default: []
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
