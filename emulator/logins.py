# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The moments of a login: asked for, tried with an address and a password, done or failed; with their log events."""

from __future__ import annotations

from collections.abc import Mapping

from . import access, logs, organizations, users
from .errors import OAuthError
from .management import hooks, prompts, rules
from .tenant import State, Tenant


def check(tenant: Tenant, client: State, query: Mapping[str, str]) -> State | None:
    """The organization that is asked for, once someone could log in at all."""
    organization = organizations.of_request(tenant, client, query)
    organizations.connections(organization, access.connections(tenant, client))
    for unsupported in (prompts, rules, hooks):
        unsupported.check_login(tenant, client)
    return organization


def attempt(tenant: Tenant, client: State, login: State, form: Mapping[str, str]) -> State | None:
    """The user; None where nobody has this address and password."""
    organization = organizations.of_login(tenant, login)
    usable = organizations.connections(organization, access.connections(tenant, client))
    email = form.get("email", "")
    user = users.find(tenant, email, usable)
    if user is None or user["password"] != form.get("password"):
        logs.record(
            tenant,
            "fu" if user is None else "fp",
            "Wrong email or password.",
            client=client,
            user=user or {"email": email},
            connection=usable[0] if user is None else users.connection_of(tenant, user),
            organization=organization,
            details={"error": {"message": "Wrong email or password."}},
        )
        return None
    users.check(user)
    organizations.admit(tenant, organization, user)
    users.logged_in(tenant, user)
    return user


def done(tenant: Tenant, client: State, login: State, scopes: list[str]) -> None:
    user = tenant.objects("users")[login["user_id"]]
    logs.record(
        tenant,
        "s",
        client=client,
        user=user,
        connection=users.connection_of(tenant, user),
        organization=organizations.of_login(tenant, login),
        audience=login["audience"],
        scope=" ".join(scopes),
    )


def failed(tenant: Tenant, client: State | None, error: OAuthError, user_id: str | None = None) -> None:
    details = {"error": {"message": error.description, "oauthError": error.error}}
    user = tenant.objects("users").get(user_id or "")
    logs.record(
        tenant, "f", error.description, client=client, user=user, details=details, strategy="", strategy_type=""
    )
