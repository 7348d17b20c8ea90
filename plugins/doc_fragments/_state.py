# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from . import _attributes


class ModuleDocFragment:
    """How a module behaves that creates and deletes objects: the option for it, and all of `_attributes`."""

    DOCUMENTATION = (
        _attributes.ModuleDocFragment.DOCUMENTATION
        + r"""
options:
  state:
    description:
      - V(present) creates the object or updates it. Only the options that are set are compared and sent; whatever else
        the object holds stays as it is.
      - V(absent) deletes the object, and ignores all options that do not name it.
    type: str
    choices: [present, absent]
    default: present
"""
    )
