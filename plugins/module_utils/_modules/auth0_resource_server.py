# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""auth0_resource_server: manage an API (resource server) of an Auth0 tenant."""

from __future__ import annotations

from .._auth0.kinds.resource_server import FIELDS, RESOURCE_SERVER
from .._module import Result, TenantModule, TenantTask
from .._options import LIFE
from .._types import Object


def perform(task: TenantTask) -> Result:
    purge = ["scopes"] if task.options["purge_scopes"] else []
    outcome = task.ensure(RESOURCE_SERVER, task.fields(FIELDS), purge=purge)
    values: Object = {"resource_server": outcome.object}
    if purge and not task.absent:
        values["purged_scopes"] = [value for (value,) in outcome.plan.purged.get("scopes", ())]
    return Result.of(outcome, values)


OPTIONS = {**FIELDS, **LIFE, "purge_scopes": {"type": "bool", "default": False}}
MODULE = TenantModule(OPTIONS, perform, {"required_by": {"signing_secret": ["signing_alg"]}}, kind=RESOURCE_SERVER)
