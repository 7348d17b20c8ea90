# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: mcp_access
short_description: What an Auth0 tenant and a Zuplo gateway need so that each role may call its tools
version_added: 0.1.0
author:
  - mcp_ops.oauth contributors (@mcp-ops)
description:
  - Tells for the tools of an MCP server, and the roles that may call them, the scopes of the API, the roles with their
    permissions and members, and the operations of the gateway with the scope that each needs.
options:
  _input:
    description:
      - The tools, as the variable O(mcp_ops.oauth.mcp_server#role:main:mcp_tools) takes them.
    type: list
    elements: dict
    required: true
  roles:
    description:
      - The roles, as the variable O(mcp_ops.oauth.mcp_server#role:main:mcp_roles) takes them.
    type: list
    elements: dict
    default: []
  audience:
    description: The identifier of the API of the MCP server, which has the permissions.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Show which scopes the API needs for two tools
  ansible.builtin.debug:
    msg: "{{ (tools | mcp_ops.oauth.mcp_access).scopes }}"
  vars:
    tools:
      - operation: list-orders
        scope: orders:read
      - operation: delete-order
        scope: orders:write
"""

RETURN = r"""
_value:
  description:
    - C(scopes) lists C(value) and C(description) of the scopes of the API. C(operations) lists C(id), C(file) and
      C(scope) of the tools, an empty scope for a tool that needs only a login.
    - C(roles) lists C(name), C(description), C(permissions) and C(remove_permissions) of the roles. The latter are
      for tools that the role may not call. C(members) lists C(name) of the roles whose members or groups are named,
      with C(members) and C(purge_members), C(groups) and C(purge_groups), each pair where it is named. C(lines) tells a
      person, a line for each tool, who may call it.
  type: dict
  sample:
    scopes:
      - value: orders:read
        description: Read orders
    operations:
      - id: list-orders
        file: config/routes.oas.json
        scope: orders:read
    roles:
      - name: MCP reader
        permissions:
          - resource_server_identifier: https://mcp.example.com/mcp
            permission_name: orders:read
        remove_permissions: []
    members:
      - name: MCP reader
        members:
          - email: ada@example.com
        purge_members: false
    lines: ["list-orders: MCP reader (orders:read)"]
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ..module_utils._access.description import Description, Role, Tool, describe
from ..module_utils._errors import InputError
from ..module_utils._types import Object


def mcp_access(tools: t.Any, roles: t.Any = (), audience: str = "") -> Object:
    for name, value in (("mcp_tools", tools), ("mcp_roles", roles)):
        if not isinstance(value, (list, tuple)):
            raise AnsibleFilterError(f"{name} is no list. Write its entries as a list.")
    try:
        found = describe(tools, roles)
    except InputError as error:
        raise AnsibleFilterError(str(error)) from None
    return {
        "scopes": [{"value": scope, **({"description": text} if text else {})} for scope, text in found.scopes.items()],
        "operations": [{"id": one.operation, "file": one.file, "scope": one.scope or ""} for one in found.tools],
        "roles": [_role(found, role, audience) for role in found.roles],
        "members": [
            {"name": role.name, **_members(role)}
            for role in found.roles
            if role.members is not None or role.groups is not None
        ],
        "lines": [_line(found, tool) for tool in found.tools],
    }


def _role(found: Description, role: Role, audience: str) -> Object:
    others = {tool.scope for tool in found.tools if tool.scope is not None} - set(role.scopes)
    return {
        "name": role.name,
        **({} if role.description is None else {"description": role.description}),
        "permissions": _permissions(role.scopes, audience),
        "remove_permissions": _permissions(sorted(others), audience),
    }


def _members(role: Role) -> Object:
    """Only what the role names."""
    users = {} if role.members is None else {"members": [*role.members], "purge_members": role.purge_members}
    groups = {} if role.groups is None else {"groups": [*role.groups], "purge_groups": role.purge_groups}
    return {**users, **groups}


def _permissions(scopes: t.Iterable[str], audience: str) -> list[Object]:
    return [{"resource_server_identifier": audience, "permission_name": scope} for scope in scopes]


def _line(found: Description, tool: Tool) -> str:
    if tool.scope is None:
        return f"{tool.operation}: everyone who can log in"
    return f"{tool.operation}: {', '.join(found.roles_with(tool.scope)) or 'no role of mcp_roles'} ({tool.scope})"


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"mcp_access": mcp_access}
