# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""auth0_connection_domain: promote an Auth0 connection to domain level."""

from __future__ import annotations

from .._auth0.kinds.connection import CONNECTION_DOMAIN, DOMAIN_FIELDS
from .._errors import InputError
from .._module import Result, TenantModule, TenantTask
from .._types import Object


def perform(task: TenantTask) -> Result:
    if task.options["only_if_none"]:
        if not task.options["is_domain_connection"]:
            raise InputError(
                "excludes is_domain_connection: false", where="only_if_none", remedy="Leave one of them out."
            )
        promoted = (one for one in CONNECTION_DOMAIN.list(task.api) if one.get("is_domain_connection"))
        if (found := next(promoted, None)) is not None:
            return Result({"connection": select(found)})
    outcome = task.ensure(CONNECTION_DOMAIN, task.fields(("name", "id", "is_domain_connection")))
    return Result.of(outcome, {"connection": select(outcome.object)})


def select(connection: Object) -> Object:
    return {key: connection[key] for key in DOMAIN_FIELDS if key in connection}


MODULE = TenantModule(
    {
        "name": {"type": "str"},
        "id": {"type": "str"},
        "is_domain_connection": {"type": "bool", "default": True},
        "only_if_none": {"type": "bool", "default": False},
    },
    perform,
    {"required_one_of": [["name", "id"]], "mutually_exclusive": [["name", "id"]]},
    kind=CONNECTION_DOMAIN,
)
