# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What users have agreed to: one grant a user, client and audience, `{id, clientID, user_id, audience, scope}`.

That is the form of the Management API's `/grants`.
"""

from __future__ import annotations

from collections.abc import Iterable

from .tenant import State, Tenant, hex_id
from .user_grants import revoke

COLLECTION = "grants"


def find(tenant: Tenant, client_id: str, user_id: str, audience: str) -> State | None:
    wanted = {"clientID": client_id, "user_id": user_id, "audience": audience}
    grants = tenant.objects(COLLECTION).values()
    return next((grant for grant in grants if all(grant[key] == value for key, value in wanted.items())), None)


def covers(tenant: Tenant, login: State, scopes: Iterable[str]) -> bool:
    """Whether the user has agreed to these scopes before."""
    grant = find(tenant, login["client_id"], login["user_id"], login["audience"])
    return grant is not None and set(scopes) <= set(grant["scope"])


def remember(tenant: Tenant, login: State, scopes: Iterable[str]) -> None:
    """Adds to what the user has agreed to."""
    grant = find(tenant, login["client_id"], login["user_id"], login["audience"])
    if grant is None:
        grant = {"id": hex_id(), "clientID": login["client_id"], "user_id": login["user_id"]}
        grant.update(audience=login["audience"], scope=[])
        tenant.objects(COLLECTION)[grant["id"]] = grant
    grant["scope"] = list(dict.fromkeys([*grant["scope"], *scopes]))


def withdraw(tenant: Tenant, client_id: str, user_id: str, audience: str) -> None:
    """The grant goes, and with it every token that was issued in its context."""
    grant = find(tenant, client_id, user_id, audience)
    if grant is not None:
        del tenant.objects(COLLECTION)[grant["id"]]
    context = {"client_id": client_id, "user_id": user_id, "audience": audience}
    issued = tenant.objects("refresh_tokens").values()
    for family in {item["family"] for item in issued if all(item[key] == value for key, value in context.items())}:
        revoke(tenant, family)
