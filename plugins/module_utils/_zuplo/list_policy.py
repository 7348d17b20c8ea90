# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The policy that lists to each user only the tools that they may call: its code, and its entry as data. Pure.

It is the gateway's `McpCapabilityFilterInboundPolicy`, here before the gateway's own MCP server (package `zuplo`,
version 7.6.4). The gateway documents its module as `@zuplo/runtime/mcp-gateway`; with the one in its schema,
`@zuplo/runtime`, every request gets the status 500. Its mode `rolesAndGroups` reads one claim alone, and takes a text
for a list of words, so the scopes are compared by a function, as `requireScope` does. A tool that is not listed cannot
be called either. Prompts and resources, which the entry does not name, stay as they are.
"""

from __future__ import annotations

import typing as t

from .._types import Object
from .json_text import value_at
from .scope_policy import MODULE

EXPORT = "McpCapabilityFilterInboundPolicy"
_LIBRARY = "$import(@zuplo/runtime/mcp-gateway)"
_RESOLVER = {"module": MODULE, "export": "listCallableTools"}

CODE = """\
/** The names of the tools that a caller may use: those without a scope, and those of whose scopes the token has all. */
export function listCallableTools(
  request: ZuploRequest,
  _context: ZuploContext,
  options: { tools?: { name?: unknown; roles?: unknown; public?: unknown }[] },
): { tools: unknown[] } {
  if (!request.user) return { tools: [] };
  const granted = grantedScopes(request);
  const mayCall = (tool: { roles?: unknown; public?: unknown }) =>
    Array.isArray(tool.roles)
      ? tool.roles.length > 0 && tool.roles.every((scope) => granted.includes(scope))
      : tool.public === true;
  return { tools: (options.tools ?? []).filter(mayCall).map((tool) => tool.name) };
}
"""
"""It uses what `scope_policy.CODE` has."""


def list_policy(name: str, tools: t.Mapping[str, t.Sequence[str]]) -> Object:
    """The entry in `policies` of config/policies.json; `tools` are names for MCP clients -> all scopes."""
    listed = [
        {"name": tool, **({"roles": [*scopes]} if scopes else {"public": True})} for tool, scopes in tools.items()
    ]
    options = {"tools": listed, "accessControl": {"mode": "function", "identifier": _RESOLVER}}
    return {
        "name": name,
        "policyType": "mcp-capability-filter-inbound",
        "handler": {"export": EXPORT, "module": _LIBRARY, "options": options},
    }


def is_list_policy(policy: Object) -> bool:
    """Whether a policy needs the function."""
    handler = policy.get("handler")
    module = value_at(handler, "options", "accessControl", "identifier", "module")
    return (value_at(handler, "export"), module) == (EXPORT, MODULE)


def first_name(policy_name: str) -> str:
    """The name of a new policy, where no other has it."""
    return f"{policy_name}-tools"
