# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""auth0_role_members: manage which users and groups have a role of an Auth0 tenant."""

from __future__ import annotations

from .._auth0.kinds import role_groups, role_members
from .._auth0.kinds.role_members import ROLE_MEMBERS
from .._errors import InputError
from .._module import Result, TenantModule, TenantTask
from .._options import select_fields
from .._types import Object

_NAMINGS = (role_members.NAMING, role_groups.NAMING)
_SETS = [naming.option for naming in _NAMINGS]


def perform(task: TenantTask) -> Result:
    purge = [name for name in _SETS if task.options[f"purge_{name}"]]
    for name in purge:
        if name not in task.options:
            raise InputError(
                f"is set without {name}",
                where=f"purge_{name}",
                remedy=f"Set {name} to all that are to have the role, an empty list for none.",
            )
    outcome = task.ensure(ROLE_MEMBERS, task.fields((*ROLE_MEMBERS.keys, *_SETS)), purge=purge)
    values: Object = {"role": select_fields(ROLE_MEMBERS.fields, outcome.object)}
    for naming in _NAMINGS:
        name = naming.option
        if name in task.options:
            values[name] = [one[naming.names[0]] for one in outcome.plan.after[name]]
        if name in purge:
            values[f"purged_{name}"] = [identity for (identity,) in outcome.plan.purged.get(name, ())]
    return Result.of(outcome, values)


MODULE = TenantModule(
    {
        **ROLE_MEMBERS.fields,
        **{naming.option: naming.spec for naming in _NAMINGS},
        **{f"purge_{name}": {"type": "bool", "default": False} for name in _SETS},
    },
    perform,
    {"required_one_of": [["name", "id"], _SETS], "mutually_exclusive": [["name", "id"]]},
    kind=ROLE_MEMBERS,
)
