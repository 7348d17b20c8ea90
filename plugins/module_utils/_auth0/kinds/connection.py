# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Connections: where the users of a tenant come from."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from .._client import Client, encode
from .._plan import Object, Plan, PlanError, Shape, secrets_in
from .._resource import Collection

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
# What the connection itself does not hold.
APART = "clients"
# PATCH of enabled clients takes at most this many.
CLIENTS_AT_ONCE = 50

# Each strategy has options of its own, and which of them are secrets only their names tell. What is below the first
# group is secret as well.
SECRET_OPTIONS = (
    r"(?i)^options\.(.*\.)?("
    r"(configuration|headers|customHeaders|signing_?key|decryption_?key|credentials?)(\.|$)"
    r"|(\w*secret\w*|\w*password|pass(phrase|code)?|(\w*[_-])?token|\w*(api|private|access)[_-]?key|key)$)"
)

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


def _read(collection: Collection, client: Client, wanted: Object) -> Object | None:
    if "id" in wanted:
        return client.get(f"connections/{encode(wanted['id'])}", **collection.query)
    return collection.choose(wanted, collection.list(client, name=wanted["name"]))


def _unknown(collection: Collection, client: Client, wanted: Object) -> str:
    key = "id" if "id" in wanted else "name"
    known = ", ".join(sorted(found[key] for found in collection.list(client))) or "none"
    return f"The tenant has no connection with the {key} '{wanted[key]}'. It has: {known}."


# -- whether it is at domain level, and nothing else ------------------------------------------------------------------

DOMAIN_FIELDS = ("id", "name", "strategy", "is_domain_connection")

DOMAIN: Collection = Collection(
    noun="connection",
    path="connections",
    scope="connections",
    keys=("id", "name"),
    read=_read,
    checkpoint=True,
    # Options may hold secrets, so they are not even asked for.
    query={"fields": ",".join((*DOMAIN_FIELDS, "display_name")), "include_fields": "true"},
    unknown=lambda client, wanted: _unknown(DOMAIN, client, wanted),
    explain={409: PROMOTION_REFUSED},
    # A PATCH without display_name sets it back to the name, says the API's description.
    shape=Shape(defaults={"is_domain_connection": False}, resent=frozenset({"display_name"})),
)


# -- the whole connection ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Connections(Collection):
    """Connections with the applications that may use them, which have a path of their own.

    `clients` of an object are members `{client_id, status}`: those enabled, and of the wanted ones those that are not.
    """

    def find(self, client: Client, wanted: Object) -> Object | None:
        found = super().find(client, wanted)
        if found is None or APART not in wanted:
            return found
        return {**found, APART: self._clients(client, found, wanted)}

    def _clients(self, client: Client, found: Object, wanted: Object) -> list[Object]:
        path = f"{self.path_of(found)}/{APART}"
        enabled = {one["client_id"]: True for one in client.listing(path, APART, checkpoint=True)}
        asked = {one["client_id"]: False for one in wanted[APART]}
        return [{"client_id": name, "status": status} for name, status in {**asked, **enabled}.items()]

    def write(self, client: Client, wanted: Object, actual: Object, plan: Plan) -> Object:
        body = {key: value for key, value in plan.body.items() if key != APART}
        along = {key for key in self.shape.resent if body.get(key) == actual.get(key)}
        written = actual
        if plan.action != "update" or set(body) - along:
            written = super().write(client, wanted, actual, replace(plan, body=body))
        wanted_clients = plan.body.get(APART, [])
        changes = [one for one in wanted_clients if one not in actual.get(APART, _none_enabled(wanted_clients))]
        for start in range(0, len(changes), CLIENTS_AT_ONCE):
            client.update(f"{self.path_of(written)}/{APART}", changes[start : start + CLIENTS_AT_ONCE])
        return {**written, APART: wanted_clients} if changes else written

    def scopes(self, plan: Plan) -> t.Sequence[str]:
        needed = super().scopes(plan)
        return tuple(dict.fromkeys((*needed, "update:connections"))) if plan.body.get(APART) else needed


def _none_enabled(clients: Iterable[Object]) -> list[Object]:
    """What a new connection has of these applications."""
    return [{"client_id": one["client_id"], "status": False} for one in clients]


def with_client_ids(client: Client, clients: Iterable[Object]) -> tuple[list[Object], list[str]]:
    """(the members with each application's id in place of its name, the names that no application has).

    A third-party application, which Auth0 would not keep here, is an error.
    """
    known = list(client.listing("clients", "clients", checkpoint=True, fields="client_id,name,is_first_party"))
    members, unknown = [], []
    for one in clients:
        name = one["client_id"]
        found = [app for app in known if app["client_id"] == name] or [app for app in known if app.get("name") == name]
        if len(found) > 1:
            ids = ", ".join(app["client_id"] for app in found)
            raise PlanError(
                f"There are {len(found)} applications of the name '{name}'. Name one by its client_id: {ids}."
            )
        if one["status"] and found and not found[0].get("is_first_party", True):
            raise PlanError(
                f"'{name}' is a third-party application: it cannot be enabled for a single connection. It can use all "
                "that are at domain level (is_domain_connection: true)."
            )
        unknown += [] if found else [name]
        members.append({**one, "client_id": found[0]["client_id"] if found else name})
    return members, unknown


def _guard(actual: Object, plan: Plan) -> str | None:
    options = plan.body.get("options")
    if not options:
        return None
    stored = actual.get("options", {})
    return next(filter(None, (_contradiction(stored, options), _encrypted_twice(stored, options))), None)


def _contradiction(stored: Object, options: Object) -> str | None:
    """What is stored already is no contradiction: older databases have old and new options (deploy-cli recordings)."""
    for name, others in EXCLUSIVE.items():
        there = [other for other in others if options.get(other) is not None]
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


def _creation(client: Client, wanted: Object) -> str | None:
    if "id" in wanted:
        return _unknown(CONNECTION, client, wanted)
    if "strategy" not in wanted:
        return f"{_unknown(CONNECTION, client, wanted)} To create it, name its strategy."
    return None


def secrets(options: Object) -> Iterator[str]:
    """The secrets among a user's options; all of them where they came as text."""
    given = options.get("options")
    return iter([given]) if isinstance(given, str) else secrets_in(SHAPE, {"options": given})


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
    sets={APART: "client_id"},
    # The order in which users are found.
    ordered=frozenset({"options.precedence"}),
    nullable=frozenset({"cross_app_access_resource_app"}),
    # configuration reads as other than what was written, metadataXml (TestAccConnectionSAML recording) not at all.
    write_only={"options.configuration": "options", "options.metadataXml": "options"},
    resent=frozenset({"display_name"}),
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

CONNECTION: Connections = Connections(
    noun="connection",
    path="connections",
    scope="connections",
    keys=("id", "name"),
    read=_read,
    checkpoint=True,
    readable={"options": "read:connections_options"},
    field_scopes={"options": "update:connections_options"},
    unknown=_creation,
    guard=_guard,
    explain={
        409: "Another connection has the name or one of the realms, or one of that name is still being deleted: wait "
        f"and run again. {PROMOTION_REFUSED}"
    },
    shape=SHAPE,
)
