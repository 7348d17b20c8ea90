# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""auth0_role: manage a role of an Auth0 tenant and its permissions."""

from __future__ import annotations

from .._auth0.kinds.role import FIELDS, PERMISSION, ROLE
from .._module import Result, TenantModule, TenantTask
from .._options import LIFE
from .._types import Object


def perform(task: TenantTask) -> Result:
    purge = ["permissions"] if task.options["purge_permissions"] else []
    outcome = task.ensure(ROLE, task.fields(FIELDS), purge=purge)
    values: Object = {"role": outcome.object}
    if purge and not task.absent:
        purged = outcome.plan.purged.get("permissions", ())
        values["purged_permissions"] = [dict(zip(PERMISSION, member)) for member in purged]
    return Result.of(outcome, values)


OPTIONS = {**FIELDS, **LIFE, "purge_permissions": {"type": "bool", "default": False}}
MODULE = TenantModule(OPTIONS, perform, {"required_one_of": [["name", "id"]]}, kind=ROLE)
