# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: mcp_client_needs
short_description: What an Auth0 tenant needs for the MCP clients that people use
version_added: 0.1.0
author:
  - mcp_ops.oauth contributors (@mcp-ops)
description:
  - Tells for a list of MCP clients which ways of registration a tenant must enable, and which client ID metadata
    documents and applications must be registered there.
options:
  _input:
    description:
      - The MCP clients, as the variable O(mcp_ops.oauth.mcp_server#role:main:mcp_clients) takes them.
    type: list
    elements: raw
    required: true
  on_the_fly:
    description: Whether Auth0 registers metadata documents by itself when a client first uses one.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Show what the tenant needs for Claude Code and Cursor
  ansible.builtin.debug:
    msg: "{{ ['claude_code', 'cursor'] | mcp_ops.oauth.mcp_client_needs }}"
"""

RETURN = r"""
_value:
  description:
    - C(registration) lists the ways to enable, V(dcr) and V(cimd). C(documents) lists the URLs of the metadata
      documents to register. C(applications) lists C(name), C(app_type) and C(callbacks) of the applications to register
      by hand. C(lines) tells a person, a line for each client, how it becomes known.
  type: dict
  sample:
    registration: [dcr, cimd]
    documents: ["https://claude.ai/oauth/claude-code-client-metadata"]
    applications: []
    lines: ["Claude Code: its metadata document", "Cursor: registers itself (DCR)"]
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ..module_utils._clients.choice import choose, needs
from ..module_utils._errors import InputError
from ..module_utils._types import Object


def mcp_client_needs(clients: t.Any, on_the_fly: bool = False) -> Object:
    if not isinstance(clients, (list, tuple)):
        raise AnsibleFilterError("mcp_clients is no list. Write the names as a list, such as [claude_code, cursor].")
    try:
        return needs(choose(clients), on_the_fly=on_the_fly)
    except InputError as error:
        raise AnsibleFilterError(str(error)) from None


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"mcp_client_needs": mcp_client_needs}
