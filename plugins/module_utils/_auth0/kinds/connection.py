# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Connections: where the users of a tenant come from."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from ..._errors import InputError, PlanError
from ..._secrets import SECRET_NAMES
from ..._types import Object
from ..api import ManagementApi, encode
from ..form import Form
from ..part import Part
from ..plan import Plan, Shape
from ..resource import Collection, Expansion

FIELDS: dict[str, t.Any] = {
    "id": {"type": "str"},
    "name": {"type": "str"},
    "strategy": {"type": "str"},
    "display_name": {"type": "str"},
    "options": {"type": "dict"},
    "is_domain_connection": {"type": "bool"},
    "show_as_button": {"type": "bool"},
    "realms": {"type": "list", "elements": "str"},
    "metadata": {"type": "dict"},
    "authentication": {"type": "dict", "options": {"active": {"type": "bool", "required": True}}},
    "connected_accounts": {
        "type": "dict",
        "options": {
            "active": {"type": "bool", "required": True},
            "cross_app_access": {"type": "bool"},
            "allow_missing_user_id": {"type": "bool"},
        },
    },
    "cross_app_access_requesting_app": {"type": "dict", "options": {"active": {"type": "bool", "required": True}}},
    "cross_app_access_resource_app": {
        "type": "dict",
        "options": {"status": {"type": "str", "choices": ["enabled", "disabled"]}},
    },
    "clients": {
        "type": "list",
        "elements": "dict",
        "options": {
            "client_id": {"type": "str", "required": True},
            "status": {"type": "bool", "default": True},
        },
    },
}
# Each strategy has options of its own, and which of them are secrets only their names tell.
SECRET_OPTIONS = rf"(?i)^options\.(.*\.)?({SECRET_NAMES})"

LEGACY_PASSWORD_OPTIONS = (
    "passwordPolicy",
    "password_complexity_options",
    "password_dictionary",
    "password_history",
    "password_no_personal_info",
)
# Options that Auth0 refuses beside each other.
EXCLUSIVE = {
    "attributes": ("requires_username", "validation"),
    "password_options": LEGACY_PASSWORD_OPTIONS,
}

WITHOUT_OPTIONS = {"fields": "options", "include_fields": "false"}

PROMOTION_REFUSED = (
    "Auth0 does not take this connection to domain level beside what is there: for some strategies it allows only one. "
    "Set is_domain_connection: false on the other connection of this strategy first."
)


@dataclass(frozen=True)
class ExistingConnections(Collection):
    """Connections that are found, never created."""

    verbs: t.ClassVar[tuple[str, ...]] = ("update",)

    def refuse_creation(self, api: ManagementApi, wanted: Object) -> str | None:
        key = "id" if "id" in wanted else "name"
        there = ", ".join(sorted(found[key] for found in self.list(api))) or "none"
        return f"The tenant has no connection with the {key} '{wanted[key]}'. It has: {there}."


# -- whether it is at domain level, and nothing else ------------------------------------------------------------------

DOMAIN_FIELDS = ("id", "name", "strategy", "is_domain_connection")

CONNECTION_DOMAIN = ExistingConnections(
    noun="connection",
    path="connections",
    scope="connections",
    keys=("id", "name"),
    fields=FIELDS,
    always=("name",),
    filters={"name": "name"},
    checkpoint=True,
    # Options may hold secrets, so they are not even asked for.
    query={"fields": ",".join((*DOMAIN_FIELDS, "display_name")), "include_fields": "true"},
    explain={409: PROMOTION_REFUSED},
    # A PATCH without display_name sets it back to the name, says the API's description.
    shape=Shape(defaults={"is_domain_connection": False}, sent_with={"display_name": "*"}),
)


# -- the whole connection ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class EnabledClients(Part):
    """The applications that may use a connection: members `{client_id, status}`, of which a read gives the enabled."""

    def read(self, api: ManagementApi, owner: str, keys: tuple[str, ...]) -> list[Object]:
        return [{"client_id": one["client_id"], "status": True} for one in super().read(api, owner, keys)]

    def write(
        self, api: ManagementApi, owner: str, keys: tuple[str, ...], before: list[Object], after: list[Object]
    ) -> None:
        for members in self.batches([one for one in after if one not in before]):
            api.update_members(f"{owner}/{self.field}", members)


@dataclass(frozen=True)
class Connections(ExistingConnections):
    verbs = Collection.verbs

    def expand(self, api: ManagementApi, wanted: Object, actual: Object | None) -> Expansion:
        """With each application's id in place of its name, and without what is disabled already."""
        if "clients" not in wanted:
            return Expansion(wanted)
        enabled = {one["client_id"] for one in (actual or {}).get("clients", [])}
        unresolved = [one["client_id"] for one in wanted["clients"] if one["client_id"] not in enabled]
        found = _find_applications(api, unresolved)
        members: dict[str, Object] = {}
        missing = []
        for one in wanted["clients"]:
            name = one["client_id"]
            if name in unresolved and name not in found:
                missing.append(f"The tenant has no application with the client_id or name '{name}'.")
            application = found.get(name, {"client_id": name})
            client_id = application["client_id"]
            if one["status"] and not application.get("is_first_party", True):
                raise PlanError(
                    f"'{name}' is a third-party application: it cannot be enabled for a single connection",
                    remedy="It can use all that are at domain level (is_domain_connection: true).",
                )
            if client_id in members:
                raise InputError(
                    f"lists '{client_id}' twice, the second time as '{name}'", where="clients", remedy="Name it once."
                )
            members[client_id] = {**one, "client_id": client_id}
        differing = [one for client_id, one in members.items() if one["status"] or client_id in enabled]
        return Expansion({**wanted, "clients": differing}, missing=tuple(missing))

    def refuse_creation(self, api: ManagementApi, wanted: Object) -> str | None:
        if "id" in wanted:
            return super().refuse_creation(api, wanted)
        if "strategy" not in wanted:
            return f"{super().refuse_creation(api, wanted)} To create it, name its strategy."
        return None

    def guard(self, actual: Object, plan: Plan) -> str | None:
        options = plan.body.get("options")
        if not options:
            return None
        stored = actual.get("options") or {}
        return _contradiction(stored, options) or _encrypted_twice(stored, options)


def _find_applications(api: ManagementApi, names: t.Sequence[str]) -> dict[str, Object]:
    """The applications with these client IDs or names, by what named them. PlanError where a name is not unique."""
    query, form = {"fields": "client_id,name,is_first_party"}, Form(("client_id",))
    # Auth0 makes ids of 32 letters and digits. Without another name, nothing needs a listing of all.
    ids = names if all(re.fullmatch(r"\w{32}", name) for name in names) else ()
    read = {name: api.get(f"clients/{encode(name)}", form, **query) for name in ids}
    found = {name: application for name, application in read.items() if application}
    rest = [name for name in names if name not in found]
    listed = list(api.listing("clients", "clients", form, checkpoint=True, **query)) if rest else []
    for name in rest:
        # Ids go before names. There is no filter by name.
        by_id = [one for one in listed if one["client_id"] == name]
        by_name = by_id or [one for one in listed if one.get("name") == name]
        if len(by_name) > 1:
            ids_there = ", ".join(one["client_id"] for one in by_name)
            raise PlanError(
                f"There are {len(by_name)} applications of the name '{name}'",
                remedy=f"Name one by its client_id: {ids_there}.",
            )
        if by_name:
            found[name] = by_name[0]
    return found


def _contradiction(stored: Object, options: Object) -> str | None:
    """What is stored already is no contradiction: older databases have old and new options (deploy-cli recordings)."""
    for name, others in EXCLUSIVE.items():
        # requires_username: false goes with attributes (TestAccConnectionOptionsAttrUserName recording).
        there = [other for other in others if options.get(other) not in (None, False)]
        both = all(stored.get(one) is not None for one in (name, *there))
        if options.get(name) is not None and there and not both:
            named = ", ".join(f"options.{other}" for other in there)
            return (
                f"Auth0 refuses options.{name} beside {named}. The options that are not named stay, so name "
                "those that shall go, with null as value."
            )
    return None


def _encrypted_twice(actual: Object, options: Object) -> str | None:
    """Reads give a custom database's configuration encrypted, and each write of options encrypts it again."""
    current = actual.get("configuration") or {}
    kept = sorted(name for name, value in (options.get("configuration") or {}).items() if current.get(name) == value)
    if not kept:
        return None
    return (
        "Auth0 takes options only whole, and of options.configuration it tells no value but an encrypted one, which it "
        f"would encrypt again. So give these anew in options.configuration, or null to remove one: {', '.join(kept)}."
    )


SHAPE = Shape(
    immutable={
        "name": "a connection's name can never be changed. Create another connection.",
        "strategy": "a connection's strategy can never be changed. Create another connection.",
    },
    defaults={
        "is_domain_connection": False,
        "show_as_button": False,
        "authentication.active": True,
        "connected_accounts.active": False,
    },
    sets={"clients": ("client_id",)},
    # The order in which users are found.
    ordered=frozenset({"options.precedence"}),
    cleared_by={"cross_app_access_resource_app": None},
    # configuration reads as other than what was written, metadataXml (TestAccConnectionSAML recording) not at all.
    unreadable=frozenset({"options.configuration", "options.metadataXml"}),
    sent_with={"options.configuration": "options", "options.metadataXml": "options", "display_name": "*"},
    secret_paths=SECRET_OPTIONS,
    # Of an empty list of realms Auth0 makes one with the name (SDK), so it would differ each time.
    limits={"name": (1, 128), "display_name": (1, 128), "metadata": (0, 10), "realms": (1, 1000)},
    patterns={
        "name": (
            r"[a-zA-Z0-9](-[a-zA-Z0-9]|[a-zA-Z0-9])*",
            "consist of letters, digits and single hyphens between them",
        )
    },
)

CONNECTION = Connections(
    noun="connection",
    path="connections",
    scope="connections",
    keys=("id", "name"),
    fields={**FIELDS, "options": {"type": "dict", "options": {"configuration": {"type": "dict"}}}},
    always=("name",),
    filters={"name": "name"},
    checkpoint=True,
    parts=(EnabledClients("clients", scope="update:connections", checkpoint=True),),
    readable={"options": "read:connections_options"},
    field_scopes={"options": "update:connections_options"},
    explain={
        409: "Another connection has the name or one of the realms, or one of that name is still being deleted: wait "
        f"and run again. {PROMOTION_REFUSED}"
    },
    shape=SHAPE,
)
