# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""auth0_connection_info: read the connections of an Auth0 tenant."""

from __future__ import annotations

from dataclasses import replace

from .._auth0.kinds.connection import CONNECTION, FIELDS, WITHOUT_OPTIONS
from .._auth0.plan import secrets_in
from .._errors import ScopeError
from .._module import Result, TenantModule, TenantTask
from .._options import select_fields


def perform(task: TenantTask) -> Result:
    include = task.options["include_options"]
    if include and (missing := task.api.missing_scopes(CONNECTION.readable.values())):
        raise ScopeError(missing, "which is needed for include_options")
    resource = CONNECTION if include else replace(CONNECTION, query=WITHOUT_OPTIONS)
    found = [
        select_fields(FIELDS, connection)
        for connection in resource.search(task.api, task.fields(CONNECTION.keys), **task.fields(["strategy"]))
    ]
    return Result({"connections": found}, revealed=frozenset(secrets_in(CONNECTION.shape, found)))


MODULE = TenantModule(
    {
        "name": {"type": "str"},
        "id": {"type": "str"},
        "strategy": {"type": "list", "elements": "str"},
        "include_options": {"type": "bool", "default": False},
    },
    perform,
    {"mutually_exclusive": [["name", "id", "strategy"]]},
    reveals="include_options",
)
