# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Connections: `{id, options, strategy, name, is_domain_connection, authentication, …, enabled_clients, realms}`.

`options` are replaced whole by a PATCH, but for what the server makes of them again.
"""

from __future__ import annotations

import asyncio
import re
from datetime import datetime, timezone
from typing import Any

from .. import connection_options, listing, schemas
from ..connection_options import Write
from ..errors import ApiError, insufficient_scope, invalid_body, missing
from ..fetch import Unavailable
from ..tenant import Tenant, token
from .operation import Answer, Call, Object, Operation, merged

COLLECTION = "connections"

# How long a deleted connection keeps its name.
DELETION_SECONDS = 1.0

ALWAYS_SHOWN = ("id", "is_domain_connection", "authentication", "connected_accounts")

# Endpoints that reads leave out where they are null, while the answers to writes have them (TestAccConnectionLine,
# TestAccConnectionTwitter). Other nulls are read back (TestAccConnectionCustomSMS, TestAccSCIMConfiguration).
UNREAD_NULLS = ("authorizationURL", "tokenURL")

LEGACY_PASSWORD_OPTIONS = (
    "passwordPolicy",
    "password_complexity_options",
    "password_dictionary",
    "password_history",
    "password_no_personal_info",
)


async def _stored_options(tenant: Tenant, strategy: str, options: Object, *, new: bool) -> Object:
    document = await _document(tenant, connection_options.strategy(strategy).source(options))
    made = connection_options.stored(strategy, options, Write(new, tenant.domain, document))
    if isinstance(made.get("configuration"), dict):
        # Never equal to what was sent and never readable: encrypted anew on each write.
        made["configuration"] = {name: token("2.0$", 64) for name in made["configuration"]}
    return made


async def _document(tenant: Tenant, url: object) -> bytes | None:
    """What is at the URL, if anything is. The emulator itself may be the host, so the event loop must go on."""
    if not isinstance(url, str) or not url.startswith("https://"):
        return None
    try:
        return await asyncio.to_thread(tenant.fetch, url)
    except (Unavailable, ValueError):
        return None


def _check_options(options: Object, stored: Object | None) -> None:
    """`stored` is None on create. Texts: TestAccConnectionOptionsAttr… and TestAccConnectionAdd… recordings.

    `requires_username: false` goes with attributes (TestAccConnectionPasswordAuthenticationBehaviors).
    """
    attributes = options.get("attributes")
    if "password_options" in options:
        for name in LEGACY_PASSWORD_OPTIONS:
            if options.get(name) is not None and (stored is None or name not in stored):
                raise invalid_body(f"Cannot set both options.password_options and options.{name}")
    if attributes is None:
        return
    for name in ("validation", "requires_username"):
        if options.get(name) not in (None, False):
            raise invalid_body(f"Cannot set both options.attributes and options.{name}")
    if not any(attribute.get("identifier", {}).get("active") for attribute in attributes.values()):
        raise invalid_body("attributes must contain one active identifier")
    phone = attributes.get("phone_number", {})
    if phone.get("identifier", {}).get("active") and phone.get("signup", {}).get("status") != "required":
        raise invalid_body("attribute phone_number must also be required on signup")
    if stored is not None and "email" in attributes:
        _check_unique(attributes["email"].get("unique", True), (stored.get("attributes") or {}).get("email"))


def _check_unique(unique: bool, stored: Object | None) -> None:
    if stored is None and not unique:
        raise invalid_body("cannot add non-unique email attribute")
    if stored is not None and stored.get("unique", True) != unique:
        raise invalid_body("cannot patch unique property on email attribute")


def _check_cross_app_access(body: Object, strategy: str) -> None:
    if "cross_app_access_requesting_app" in body and strategy not in ("oidc", "okta"):
        raise ApiError(
            400,
            "Cross App Access Requesting App is not supported for this connection.",
            "operation_not_supported",
        )


def _known_clients(tenant: Tenant, names: list[str]) -> list[str]:
    """Third-party clients are not kept: they reach domain-level connections only."""
    clients = tenant.objects("clients")
    for name in names:
        if name not in clients:
            raise missing("client")
    return [name for name in dict.fromkeys(names) if clients[name]["is_first_party"]]


def _find(tenant: Tenant, name: str) -> Object:
    found: Object | None = tenant.objects(COLLECTION).get(name)
    if found is None:
        raise missing("connection")
    return found


def _visible(call: Call, connection: Object) -> Object:
    """Without read:connections_options the options come back empty."""
    if "read:connections_options" in call.scopes:
        return connection
    return {**connection, "options": {}}


def _single(call: Call, connection: Object) -> Object:
    shown = dict(_visible(call, connection))
    if connection_options.strategy(connection["strategy"]).hides_clients:
        shown.pop("enabled_clients", None)
    return shown


def _read(connection: Object) -> Object:
    options = connection.get("options") or {}
    unread = [name for name in UNREAD_NULLS if name in options and options[name] is None]
    if not unread:
        return connection
    return {**connection, "options": {name: value for name, value in options.items() if name not in unread}}


def read_all(call: Call) -> Answer:
    name, strategies = call.query.get("name"), call.query.getlist("strategy")
    chosen = [
        connection
        for connection in call.tenant.objects(COLLECTION).values()
        if (name is None or connection["name"] == name) and (not strategies or connection["strategy"] in strategies)
    ]

    def shape(connection: Object) -> Object:
        return listing.narrow(_read(_visible(call, connection)), call.query, ALWAYS_SHOWN)

    return Answer(200, listing.page(chosen, call.query, COLLECTION, key="id", checkpoint=True, shape=shape))


def read(call: Call) -> Answer:
    shown = _read(_single(call, _find(call.tenant, call.id)))
    return Answer(200, listing.narrow(shown, call.query, ALWAYS_SHOWN))


def _check_name(tenant: Tenant, name: str) -> None:
    now = tenant.clock()
    deleting = tenant.objects("deleting")
    for old in [old for old, entry in deleting.items() if entry["until"] <= now]:
        del deleting[old]
    if any(entry["name"] == name for entry in deleting.values()):
        raise ApiError(
            409, "A connection with the same name is being deleted. Please try again later.", "connection_conflict"
        )
    if any(connection["name"] == name for connection in tenant.objects(COLLECTION).values()):
        raise ApiError(409, "A connection with the same name already exists", "connection_conflict")


async def create(call: Call) -> Answer:
    tenant, body = call.tenant, call.body
    name, strategy, options = body["name"], body["strategy"], body.get("options", {})
    row = connection_options.strategy(strategy)
    if strategy == "auth0":
        _check_options(options, None)
    _check_cross_app_access(body, strategy)
    made = await _stored_options(tenant, strategy, options, new=True)
    _check_name(tenant, name)
    connection: dict[str, Any] = {"id": token("con_", 16), "options": made, "strategy": strategy, "name": name}
    if row.ticket:
        connection["provisioning_ticket_url"] = f"{tenant.issuer}p/{strategy}/{token('', 32)}"
    connection["is_domain_connection"] = False
    if row.enterprise:
        connection["show_as_button"] = False
    connection.update(authentication={"active": True}, connected_accounts={"active": False})
    if row.named:
        connection["display_name"] = name
    sent = {key: value for key, value in body.items() if key not in connection or key in _CHANGEABLE}
    connection.update({key: value for key, value in sent.items() if key != "options" and value is not None})
    connection["enabled_clients"] = _known_clients(tenant, body.get("enabled_clients", []))
    connection.setdefault("realms", [name])
    tenant.objects(COLLECTION)[connection["id"]] = connection
    return Answer(201, _visible(call, connection))


_CHANGEABLE = frozenset(schemas.REQUESTS["UpdateConnection"]["properties"])


async def update(call: Call) -> Answer:
    tenant, body = call.tenant, dict(call.body)
    if "options" in body and "update:connections_options" not in call.scopes:
        raise insufficient_scope(["update:connections_options"])
    stored = _find(tenant, call.id)
    _check_cross_app_access(body, stored["strategy"])
    if "options" in body:
        options = body["options"] or {}
        if stored["strategy"] == "auth0":
            _check_options(options, stored["options"])
        body["options"] = await _stored_options(tenant, stored["strategy"], options, new=False)
        # Others may have changed it meanwhile.
        stored = _find(tenant, call.id)
    if "enabled_clients" in body:
        body["enabled_clients"] = _known_clients(tenant, body["enabled_clients"] or [])
    if "display_name" in stored:
        # One that is left out goes back to the name.
        body.setdefault("display_name", stored["name"])
    connection = merged(stored, body)
    tenant.objects(COLLECTION)[connection["id"]] = connection
    return Answer(200, _single(call, connection))


def _iso(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="milliseconds")
    return re.sub(r"\+00:00$", "Z", moment)


def delete(call: Call) -> Answer:
    """202 while deletion runs, 204 once it is gone. The object is out of reads at once."""
    tenant, now = call.tenant, call.tenant.clock()
    deleting = tenant.objects("deleting")
    connection = tenant.objects(COLLECTION).pop(call.id, None)
    if connection is not None:
        deleting[call.id] = {"name": connection["name"], "deleted_at": _iso(now), "until": now + DELETION_SECONDS}
    if call.id in deleting and deleting[call.id]["until"] > now:
        return Answer(202, {"deleted_at": deleting[call.id]["deleted_at"]})
    return Answer(204)


def read_clients(call: Call) -> Answer:
    enabled = [{"client_id": name} for name in _find(call.tenant, call.id)["enabled_clients"]]
    query = call.query if "take" in call.query else call.query.__class__({**call.query, "take": "50"})
    return Answer(200, listing.page(enabled, query, "clients", key="client_id", checkpoint=True, most=1000))


def update_clients(call: Call) -> Answer:
    connection = _find(call.tenant, call.id)
    enabled = list(connection["enabled_clients"])
    for entry in call.body:
        name = entry["client_id"]
        if entry["status"] and name not in enabled:
            enabled += _known_clients(call.tenant, [name])
        elif not entry["status"] and name in enabled:
            enabled.remove(name)
    connection["enabled_clients"] = enabled
    return Answer(204)


def read_status(call: Call) -> Answer:
    """Online means that an AD/LDAP agent is connected. None ever is here; other strategies need none."""
    if _find(call.tenant, call.id)["strategy"] == "ad":
        raise ApiError(404, "The connection is not connected to any node")
    return Answer(200, {})


_READ, _UPDATE, _PATH = ("read:connections",), ("update:connections",), "/connections"
OPERATIONS = (
    Operation(
        "GET",
        _PATH,
        _READ,
        read_all,
        query=listing.PAGING | listing.CHECKPOINT | listing.FIELDS | {"name", "strategy"},
    ),
    Operation("POST", _PATH, ("create:connections",), create, schemas.request("CreateConnection")),
    Operation("GET", f"{_PATH}/{{id}}", _READ, read, query=listing.FIELDS),
    Operation("PATCH", f"{_PATH}/{{id}}", _UPDATE, update, schemas.request("UpdateConnection")),
    Operation("DELETE", f"{_PATH}/{{id}}", ("delete:connections",), delete),
    Operation("GET", f"{_PATH}/{{id}}/clients", _READ, read_clients, query=listing.CHECKPOINT),
    Operation(
        "PATCH",
        f"{_PATH}/{{id}}/clients",
        _UPDATE,
        update_clients,
        schemas.request("UpdateEnabledClientConnections"),
    ),
    Operation("GET", f"{_PATH}/{{id}}/status", _READ, read_status),
)
