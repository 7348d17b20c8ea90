# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""auth0_cimd_client: register an application with Auth0 by its client ID metadata document."""

from __future__ import annotations

from dataclasses import replace

from .._auth0.kinds.application import CIMD_FIELDS
from .._auth0.kinds.cimd_application import DOCUMENT_APPLICATION, EXTERNAL
from .._module import Result, TenantModule, TenantTask
from .._options import LIFE
from .._urls import check_client_id_url


def perform(task: TenantTask) -> Result:
    wanted = task.fields([EXTERNAL, *CIMD_FIELDS])
    check_client_id_url(wanted[EXTERNAL], EXTERNAL)
    outcome = task.ensure(replace(DOCUMENT_APPLICATION, refresh=task.options["refresh"]), wanted)
    return Result.of(outcome, {"client": outcome.object})


MODULE = TenantModule(
    {
        EXTERNAL: {"type": "str", "required": True},
        **CIMD_FIELDS,
        **LIFE,
        "refresh": {"type": "bool", "default": False, "no_log": False},
    },
    perform,
    kind=DOCUMENT_APPLICATION,
)
