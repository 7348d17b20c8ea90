# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What an example takes for granted: the objects that it refers to and does not make, read from its names.

An example that lets a role call a tool presupposes the API with that scope; one that gives a role to a user presupposes
the role and the user. Options mean the same wherever they stand, so there is a rule an option and none a module.
"""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

from plugins.module_utils._clients.catalog import CATALOG
from tests.integration.harness import DATABASE, Tenant

Object = dict[str, t.Any]
ARTICLE = "mcp_ops.oauth."
PASSWORD = "logs-in-locally-1"
# Modules whose `name` is that of an object which must be there.
NAMED = {
    "auth0_connection_domain": "connections",
    "auth0_role_members": "roles",
    "auth0_role_members_info": "roles",
}
# Modules whose `name` is that of an object which they make.
MADE = {"auth0_role": "roles", "auth0_connection": "connections", "auth0_client": "applications"}
# Variables of the role, and how they name connections.
CONNECTIONS = ("mcp_connection", "connection")
# What the name of a connection starts with, and the options that Auth0 demands of that strategy.
STRATEGIES: dict[str, Object] = {"google-oauth2": {}, "okta": {"domain": "workforce.okta.com", "client_id": "id"}}
# Options that name metadata documents of clients.
DOCUMENTS = ("external_client_id", "mcp_cimd_clients", "mcp_clients")


@dataclass
class Presupposed:
    """Objects by name. `apis` has the scopes of each, `groups` the connection of each, or None."""

    apis: dict[str, set[str]] = field(default_factory=dict)
    roles: set[str] = field(default_factory=set)
    applications: set[str] = field(default_factory=set)
    connections: set[str] = field(default_factory=set)
    users: list[Object] = field(default_factory=list)
    groups: set[tuple[str, str | None]] = field(default_factory=set)
    documents: set[str] = field(default_factory=set)
    operations: dict[str, None] = field(default_factory=dict)
    made: set[tuple[str, str]] = field(default_factory=set)


def read(example: t.Any) -> Presupposed:
    """Of tasks, plays or variables, as YAML gives them."""
    found = Presupposed()
    _walk(example, found)
    for kind, name in found.made:
        names = getattr(found, kind)
        names.pop(name, None) if isinstance(names, dict) else names.discard(name)
    found.connections.discard(DATABASE)
    return found


def _walk(node: t.Any, found: Presupposed) -> None:
    if isinstance(node, list):
        for item in node:
            _walk(item, found)
    if not isinstance(node, dict):
        return
    for key, value in node.items():
        _named(str(key).removeprefix(ARTICLE), value, found)
        _option(key, value, found)
        _walk(value, found)
    if isinstance(node.get("options"), dict):
        # A step of mcp_preflight.
        _named(str(node.get("module")), node["options"], found)
    if "permission_name" in node:
        found.apis.setdefault(node["resource_server_identifier"], set()).add(node["permission_name"])
    if "audience" in node:
        found.apis.setdefault(node["audience"], set()).update(node.get("scope") or [])


def _named(module: str, options: t.Any, found: Presupposed) -> None:
    if not isinstance(options, dict):
        return
    if module in NAMED:
        getattr(found, NAMED[module]).add(options["name"])
    if module in MADE and "name" in options and _is_new(options):
        found.made.add((MADE[module], options["name"]))
    if "identifier" in options:
        found.made.add(("apis", options["identifier"]))


def _is_new(options: Object) -> bool:
    return options.get("state") != "absent" and options["name"] != DATABASE


def _option(key: str, value: t.Any, found: Presupposed) -> None:
    names = value if isinstance(value, list) else [value]
    if key in CONNECTIONS:
        found.connections.update(name for name in names if isinstance(name, str) and "{{" not in name)
    elif key in DOCUMENTS:
        found.documents.update(url for url in _texts(value) if url.startswith("https://") and url.endswith(".json"))
    elif key == "operation":
        found.operations[value] = None
    elif not isinstance(value, list):
        return
    elif key == "members":
        found.users += [member for member in value if isinstance(member, dict)]
    elif key == "groups":
        found.groups.update((group["name"], group.get("connection")) for group in value if "name" in group)
    elif key == "clients":
        found.applications.update(client["client_id"] for client in value if "client_id" in client)
    elif key in ("operations", "mcp_zuplo_operations"):
        found.operations.update((one["id"], None) for one in value)


def _texts(value: t.Any) -> t.Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


def make(tenant: Tenant, needs: Presupposed) -> None:
    """Make it all in a new tenant."""
    state = tenant.call("GET", "/_emulator/state")
    for number, member in enumerate(needs.users, 1):
        _user(state["users"], number, member)
    _documents(state["documents"], needs.documents)
    tenant.call("PUT", "/_emulator/state", state)

    token = tenant.token()

    def post(path: str, body: Object) -> Object:
        return dict(tenant.call("POST", f"/api/v2/{path}", body, token=token) or {})

    for identifier, scopes in needs.apis.items():
        listed = [{"value": scope} for scope in sorted(scopes)]
        post("resource-servers", {"identifier": identifier, "name": "Presupposed API", "scopes": listed})
    for name in sorted(needs.applications):
        post("clients", {"name": name, "app_type": "regular_web"})
    of_groups = {name for _group, name in needs.groups if name}
    for name in sorted(needs.connections | of_groups):
        known = next((strategy for strategy in STRATEGIES if name.startswith(strategy)), "auth0")
        post("connections", {"name": name, "strategy": known, "options": STRATEGIES.get(known, {})})
    for name in sorted(needs.roles):
        role = post("roles", {"name": name})
        # A role that nobody has would hide what an example does to those that have it.
        post(f"roles/{role['id']}/users", {"users": [next(iter(state["users"]))]})
    state = tenant.call("GET", "/_emulator/state")
    ids = {connection["name"]: key for key, connection in state["connections"].items()}
    for number, (name, connection) in enumerate(sorted(needs.groups, key=str), 1):
        key = f"grp_{number:016}"
        state["groups"][key] = {"id": key, "name": name, **({"connection_id": ids[connection]} if connection else {})}
    tenant.call("PUT", "/_emulator/state", state)
    tenant.call("DELETE", "/_emulator/requests")


def _user(users: Object, number: int, member: Object) -> None:
    """One who is there already, by the same address, stays as it is."""
    if any(user["email"] == member.get("email") for user in users.values()):
        return
    pattern = next(iter(users.values()))
    key = member.get("user_id") or f"auth0|{number + 100:024x}"
    email = member.get("email") or f"user{number}@example.com"
    username = {"username": member["username"]} if "username" in member else {}
    identity = {**pattern["identities"][0], "user_id": key.partition("|")[2]}
    users[key] = {**pattern, "user_id": key, "email": email, "password": PASSWORD, "identities": [identity], **username}


def _documents(documents: Object, urls: set[str]) -> None:
    """Also those of the MCP clients that the collection knows, which are always there."""
    known = {client.document: client.title for client in CATALOG.values() if client.document}
    for url in {*known, *urls}:
        documents[url] = {
            "client_id": url,
            "client_name": known.get(url, "Example client"),
            "redirect_uris": ["http://127.0.0.1/callback"],
            "grant_types": ["authorization_code", "refresh_token"],
            "application_type": "native",
            "token_endpoint_auth_method": "none",
        }


def write_project(folder: Path, operations: t.Iterable[str]) -> None:
    """A Zuplo project with these operations, and no policies yet."""
    paths = {
        f"/{name}": {"post": {"operationId": name, "x-zuplo-route": {"handler": {"export": "default"}}}}
        for name in operations
    }
    files: dict[str, Object] = {
        "zuplo.jsonc": {"version": 1},
        "config/policies.json": {"policies": []},
        "config/routes.oas.json": {"openapi": "3.1.0", "paths": paths},
    }
    (folder / "config").mkdir(parents=True, exist_ok=True)
    for name, value in files.items():
        (folder / name).write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
