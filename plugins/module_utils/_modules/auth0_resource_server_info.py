# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""auth0_resource_server_info: read the APIs (resource servers) of an Auth0 tenant."""

from __future__ import annotations

from .._auth0.kinds.resource_server import FIELDS, RESOURCE_SERVER
from .._auth0.plan import without_secrets
from .._module import Result, TenantModule, TenantTask
from .._options import select_fields


def perform(task: TenantTask) -> Result:
    found = RESOURCE_SERVER.search(task.api, task.fields(["identifier"]))
    shape = RESOURCE_SERVER.shape
    return Result({"resource_servers": [without_secrets(shape, select_fields(FIELDS, api)) for api in found]})


MODULE = TenantModule({"identifier": {"type": "str"}}, perform)
