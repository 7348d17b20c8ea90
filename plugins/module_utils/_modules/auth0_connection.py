# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""auth0_connection: manage a connection of an Auth0 tenant."""

from __future__ import annotations

from dataclasses import replace

from .._auth0.kinds.connection import CONNECTION, FIELDS
from .._module import Result, TenantModule, TenantTask
from .._options import LIFE


def perform(task: TenantTask) -> Result:
    outcome = task.ensure(
        replace(CONNECTION, deletion_timeout=task.options["deletion_timeout"]),
        task.fields(FIELDS),
        force=["options"] if task.options["resend_options"] else (),
    )
    return Result.of(outcome, {"connection": {key: one for key, one in outcome.object.items() if key != "options"}})


MODULE = TenantModule(
    {
        **FIELDS,
        **LIFE,
        "resend_options": {"type": "bool", "default": False},
        "deletion_timeout": {"type": "float", "default": 60.0},
    },
    perform,
    {"required_one_of": [["name", "id"]], "required_if": [["resend_options", True, ["options"]]]},
    kind=CONNECTION,
)
