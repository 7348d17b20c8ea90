# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""auth0_tenant_flags: manage the flags of an Auth0 tenant."""

from __future__ import annotations

from .._auth0.kinds.tenant import FLAG_OPTIONS, FLAGS
from .._module import Result, TenantModule, TenantTask


def perform(task: TenantTask) -> Result:
    outcome = task.ensure(FLAGS, task.options)
    return Result.of(outcome, {"flags": outcome.object.get("flags", {})})


MODULE = TenantModule(FLAG_OPTIONS, perform, kind=FLAGS)
