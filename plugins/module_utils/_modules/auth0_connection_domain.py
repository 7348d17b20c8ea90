# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""auth0_connection_domain: promote an Auth0 connection to domain level."""

from __future__ import annotations

from .._auth0.kinds.connection import CONNECTION_DOMAIN, DOMAIN_FIELDS
from .._module import Result, TenantModule, TenantTask


def perform(task: TenantTask) -> Result:
    outcome = task.ensure(CONNECTION_DOMAIN, task.options)
    return Result.of(
        outcome, {"connection": {key: outcome.object[key] for key in DOMAIN_FIELDS if key in outcome.object}}
    )


MODULE = TenantModule(
    {
        "name": {"type": "str"},
        "id": {"type": "str"},
        "is_domain_connection": {"type": "bool", "default": True},
    },
    perform,
    {"required_one_of": [["name", "id"]], "mutually_exclusive": [["name", "id"]]},
)
