# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""auth0_tenant_settings: manage the settings of an Auth0 tenant."""

from __future__ import annotations

from .._auth0.kinds.tenant import FIELDS, LIFETIMES, PROMPT, SETTINGS, THREE_WAYS, align_lifetimes
from .._module import Result, TenantModule, TenantTask


def perform(task: TenantTask) -> Result:
    wanted = task.fields(FIELDS)
    if PROMPT in wanted:
        wanted[PROMPT] = THREE_WAYS[wanted[PROMPT]]
    outcome = task.ensure(SETTINGS, wanted)
    return Result.of(outcome, {"settings": align_lifetimes(outcome.object, outcome.plan.body)})


MODULE = TenantModule(
    FIELDS,
    perform,
    {"mutually_exclusive": [[name, f"{name}_in_minutes"] for name in LIFETIMES], "required_one_of": [list(FIELDS)]},
    kind=SETTINGS,
)
