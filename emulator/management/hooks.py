# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Hooks: `{id, name, script, dependencies, triggerId, enabled}`. They can be read, and are made in the state alone."""

from __future__ import annotations

from .. import listing
from ..access import is_strict
from ..errors import OAuthError
from ..tenant import State, Tenant
from .operation import Answer, Call, Operation

COLLECTION = "hooks"
CREDENTIALS_EXCHANGE = "credentials-exchange"


def check_login(tenant: Tenant, client: State) -> None:
    """Documentation: security controls for third-party applications. Where the error comes, and its words, are ours."""
    hooks = tenant.objects(COLLECTION).values()
    if is_strict(client) and any(hook["enabled"] and hook["triggerId"] == CREDENTIALS_EXCHANGE for hook in hooks):
        raise OAuthError(400, "invalid_request", "Hooks are not supported for third-party clients")


def read_all(call: Call) -> Answer:
    enabled, trigger = listing.flag(call.query, "enabled"), call.query.get("triggerId")
    found = [
        hook
        for hook in call.tenant.objects(COLLECTION).values()
        if enabled in (None, hook["enabled"]) and trigger in (None, hook["triggerId"])
    ]
    return Answer(
        200,
        listing.page(
            found,
            call.query,
            COLLECTION,
            key="id",
            checkpoint=False,
            shape=lambda hook: listing.narrow(hook, call.query),
        ),
    )


OPERATIONS = (Operation("GET", "/hooks", read_all, query=listing.PAGING | {"enabled", "fields", "triggerId"}),)
