# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Users: of which connection one is, who is meant at a login, whether it may go on, what it leaves in the profile."""

from __future__ import annotations

from collections.abc import Iterable

from . import logs
from .errors import OAuthError
from .tenant import DATABASE, State, Tenant


def in_short(user: State) -> State:
    """As a member of a role or an organization (TestAccDataSourceRole recording)."""
    return {key: user[key] for key in ("user_id", "email", "picture", "name") if key in user}


def connection_name(user: State) -> str:
    """A user that was put into the state without identities is one of the first database connection."""
    identities = user.get("identities") or [{"connection": DATABASE}]
    return str(identities[0]["connection"])


def connection_of(tenant: Tenant, user: State) -> State | None:
    name = connection_name(user)
    return next((one for one in tenant.objects("connections").values() if one["name"] == name), None)


def find(tenant: Tenant, email: str, connections: Iterable[State]) -> State | None:
    """By email address in any case, among the users of these connections."""
    names = {connection["name"] for connection in connections}
    wanted = email.strip().lower()
    for user in tenant.objects("users").values():
        if user.get("email", "").lower() == wanted and connection_name(user) in names:
            return user
    return None


def check(user: State) -> None:
    if user.get("blocked"):
        raise OAuthError(403, "unauthorized", "user is blocked")


def logged_in(tenant: Tenant, user: State) -> None:
    user["last_ip"] = logs.origin().ip
    user["last_login"] = tenant.timestamp()
    user["logins_count"] = user.get("logins_count", 0) + 1
