# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""auth0_role_members: manage which users have a role of an Auth0 tenant."""

from __future__ import annotations

from .._auth0.kinds.role_members import MEMBERS, ROLE_MEMBERS
from .._module import Result, TenantModule, TenantTask
from .._options import select_fields
from .._types import Object


def perform(task: TenantTask) -> Result:
    purge = ["members"] if task.options["purge_members"] else []
    outcome = task.ensure(ROLE_MEMBERS, task.fields((*ROLE_MEMBERS.keys, "members")), purge=purge)
    values: Object = {
        "role": select_fields(ROLE_MEMBERS.fields, outcome.object),
        "members": [one["user_id"] for one in outcome.plan.after["members"]],
    }
    if purge:
        values["purged_members"] = [user_id for (user_id,) in outcome.plan.purged.get("members", ())]
    return Result.of(outcome, values)


MODULE = TenantModule(
    {**ROLE_MEMBERS.fields, "members": MEMBERS, "purge_members": {"type": "bool", "default": False}},
    perform,
    {"required_one_of": [["name", "id"]], "mutually_exclusive": [["name", "id"]]},
    kind=ROLE_MEMBERS,
)
