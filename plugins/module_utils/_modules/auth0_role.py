# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""auth0_role: manage a role of an Auth0 tenant and its permissions."""

from __future__ import annotations

import typing as t

from .._auth0.kinds.role import FIELDS, PERMISSION, ROLE
from .._errors import InputError
from .._module import Result, TenantModule, TenantTask
from .._options import LIFE
from .._types import Object


def perform(task: TenantTask) -> Result:
    wanted, unwanted = task.fields(FIELDS), list(map(_key, task.options.get("remove_permissions", ())))
    if unwanted:
        wanted.setdefault("permissions", [])
        _refuse_both(wanted["permissions"], unwanted)
    purge = ["permissions"] if task.options["purge_permissions"] else []
    outcome = task.ensure(ROLE, wanted, purge=purge, remove={"permissions": unwanted} if unwanted else None)
    values: Object = {"role": outcome.object}
    if (purge or unwanted) and not task.absent:
        purged = outcome.plan.purged.get("permissions", ())
        values["purged_permissions"] = [dict(zip(PERMISSION, member)) for member in purged]
    return Result.of(outcome, values)


def _key(permission: Object) -> tuple[str, ...]:
    return tuple(permission[name] for name in PERMISSION)


def _refuse_both(permissions: t.Sequence[Object], unwanted: t.Sequence[tuple[str, ...]]) -> None:
    if both := [name for api, name in map(_key, permissions) if (api, name) in unwanted]:
        raise InputError(
            f"names {', '.join(both)}, as permissions does",
            where="remove_permissions",
            remedy="Take each out of one of the two.",
        )


OPTIONS = {
    **FIELDS,
    **LIFE,
    "purge_permissions": {"type": "bool", "default": False},
    "remove_permissions": FIELDS["permissions"],
}
MODULE = TenantModule(OPTIONS, perform, {"required_one_of": [["name", "id"]]}, kind=ROLE)
