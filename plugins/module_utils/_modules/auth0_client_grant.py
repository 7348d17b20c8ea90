# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""auth0_client_grant: manage a client grant of an Auth0 tenant."""

from __future__ import annotations

from dataclasses import replace

from .._auth0.kinds.client_grant import CLIENT_GRANT, FIELDS, drop_implied_scope
from .._module import Result, TenantModule, TenantTask
from .._options import LIFE


def perform(task: TenantTask) -> Result:
    grants = replace(CLIENT_GRANT, purge_scope=task.options["purge_scope"])
    outcome = task.ensure(grants, task.fields(FIELDS))
    return Result.of(outcome, {"client_grant": drop_implied_scope(outcome.object)})


MODULE = TenantModule(
    {**FIELDS, **LIFE, "purge_scope": {"type": "bool", "default": True}},
    perform,
    {"required_one_of": [["client_id", "default_for"]], "mutually_exclusive": [["client_id", "default_for"]]},
    kind=CLIENT_GRANT,
)
