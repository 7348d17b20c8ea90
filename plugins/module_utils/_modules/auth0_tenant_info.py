# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""auth0_tenant_info: read the settings and flags of an Auth0 tenant."""

from __future__ import annotations

from .._auth0.kinds.tenant import ALL, FIELDS, FLAG_OPTIONS, drop_doubled_lifetimes
from .._module import Result, TenantModule, TenantTask
from .._options import select_fields


def perform(task: TenantTask) -> Result:
    found = ALL.find(task.api, {}) or {}
    flags = select_fields(FLAG_OPTIONS, {"flags": found.get("flags", {})})
    return Result({"settings": select_fields(FIELDS, drop_doubled_lifetimes(found)), **flags})


MODULE = TenantModule({}, perform)
