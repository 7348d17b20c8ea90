# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""auth0_client_grant: manage a client grant of an Auth0 tenant."""

from __future__ import annotations

from .._auth0.kinds.client_grant import CLIENT_GRANT, FIELDS, drop_implied_scope
from .._module import STATE, Result, TenantModule, TenantTask


def perform(task: TenantTask) -> Result:
    outcome = task.ensure(CLIENT_GRANT, task.fields(FIELDS))
    return Result.of(outcome, {"client_grant": drop_implied_scope(outcome.object)})


MODULE = TenantModule(
    {**FIELDS, **STATE},
    perform,
    {"required_one_of": [["client_id", "default_for"]], "mutually_exclusive": [["client_id", "default_for"]]},
)
