# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The tenant's log events: logins, token requests, registrations, operations of the Management API.

An event has the keys of Auth0's schemas (auth0/auth0-log-schemas). No secret goes into one: nothing of a code or a
token, and of an object that was written what names it.
"""

from __future__ import annotations

import secrets
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from .errors import OAuthError, ReusedToken
from .tenant import State, Tenant

# What an event of a kind says, where nothing went wrong.
DESCRIPTIONS = {
    "s": "Successful login",
    "seacft": "Authorization Code for Access Token",
    "sertft": "Refresh Token for Access Token",
    "seccft": "Client Credentials for Access Token",
    "srrt": "Successfully revoked a refresh token",
}
EXCHANGES = {"authorization_code": "eacft", "refresh_token": "ertft", "client_credentials": "eccft"}
REGISTRATION = "Dynamic client registration"

_ACTS = {"POST": "Create", "PUT": "Update", "PATCH": "Update", "DELETE": "Delete"}
# What names an object in the answer of an operation.
_NAMES = ("id", "client_id", "user_id", "grant_id", "connection_id", "name", "identifier", "audience")
_SECRETS = ("client_secret", "signing_secret")


@dataclass(frozen=True)
class Origin:
    ip: str
    user_agent: str


_ORIGIN: ContextVar[Origin] = ContextVar("origin")


class RememberOrigin:
    """ASGI layer: whose request it is that events are about."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            host, _port = scope.get("client") or ("", 0)
            _ORIGIN.set(Origin(host, Headers(scope=scope).get("user-agent", "")))
        await self._app(scope, receive, send)


def origin() -> Origin:
    return _ORIGIN.get(Origin("", ""))


def _new_id(tenant: Tenant) -> str:
    """Moment and a number: later ones are greater, also within a millisecond."""
    moment = "".join(character for character in tenant.timestamp() if character.isdigit())
    step = secrets.randbelow(10**12) + 1
    last = int(tenant.logs[-1]["log_id"]) if tenant.logs else 0
    return str(max(int(f"900{moment}{step:036}"), last + step))


def record(
    tenant: Tenant,
    kind: str,
    description: str | None = None,
    *,
    client: State | None = None,
    user: State | None = None,
    connection: State | None = None,
    organization: State | None = None,
    details: State | None = None,
    **more: Any,
) -> None:
    """`kind` is a type code; `more` adds fields or replaces those made here."""
    named = client or {}
    event: State = {
        "date": tenant.timestamp(),
        "type": kind,
        "description": DESCRIPTIONS.get(kind, "") if description is None else description,
        "connection_id": "",
        "client_id": named.get("external_client_id", named.get("client_id")),
        "client_name": named.get("name", ""),
        "ip": origin().ip,
        "user_agent": origin().user_agent,
        "details": details or {},
        "hostname": tenant.domain,
        "user_id": (user or {}).get("user_id", ""),
        "user_name": (user or {}).get("email") or (user or {}).get("name", ""),
    }
    if connection is not None:
        event["connection"], event["connection_id"] = connection["name"], connection["id"]
        event["strategy"] = connection["strategy"]
        event["strategy_type"] = "database" if connection["strategy"] == "auth0" else "enterprise"
    if organization is not None:
        event["organization_id"], event["organization_name"] = organization["id"], organization["name"]
    name = _new_id(tenant)
    last = {"log_id": name, "_id": name, "id": name, "isMobile": False, "tenant_name": "emulator"}
    tenant.logs.append({**event, **more, "environment_name": "emulator", **last})


def exchanged(tenant: Tenant, grant_type: str, client: State, audience: str, scopes: list[str], **about: Any) -> None:
    record(tenant, f"s{EXCHANGES[grant_type]}", client=client, audience=audience, scope=" ".join(scopes), **about)


def not_exchanged(tenant: Tenant, grant_type: str, client_id: str, error: OAuthError) -> None:
    """`client_id` as the request has it."""
    if grant_type not in EXCHANGES:
        return
    clients = tenant.objects("clients").values()
    client = next((one for one in clients if client_id in (one.get("external_client_id"), one["client_id"])), None)
    details = {"requested_client_id": client_id} if client_id else {}
    kind = "ferrt" if isinstance(error, ReusedToken) else f"f{EXCHANGES[grant_type]}"
    record(tenant, kind, error.description, client=client, details=details)


def registered(tenant: Tenant, path: str, asked: Any, client: State) -> None:
    """A client that registered itself, shown as its registration was answered."""
    shown = {key: value for key, value in client.items() if key not in _SECRETS}
    record(tenant, "sapi", REGISTRATION, details=_exchange("POST", path, {}, 201, shown, body=asked))


def _exchange(method: str, path: str, query: State, status: int, answer: Any, **more: Any) -> State:
    return {
        "request": {
            "method": method.lower(),
            "path": path,
            "query": query,
            "ip": origin().ip,
            "userAgent": origin().user_agent,
            **more,
        },
        "response": {"statusCode": status, "body": answer},
    }


def _title(method: str, path: str) -> str:
    """What an operation does, by its path: "Create a role", "Create role users"."""
    words = [part for part in path.strip("/").split("/") if not part.startswith("{")]
    if len(words) == 1:
        words = ["an" if words[0][0] in "aeiou" else "a", words[0].removesuffix("s")]
    else:
        words = [*(word.removesuffix("s") for word in words[:-1]), words[-1]]
    return f"{_ACTS[method]} {' '.join(words)}".replace("-", " ").replace("_", " ")


def _accessed(body: Any) -> list[str]:
    """Names of the secrets in an answer."""
    if isinstance(body, list):
        return sorted({name for one in body for name in _accessed(one)})
    if not isinstance(body, dict):
        return []
    inner = {name for value in body.values() for name in _accessed(value)}
    return sorted({*inner, *(name for name in _SECRETS if name in body)})


def managed(
    tenant: Tenant, client_id: str | None, method: str, operation: str, path: str, query: State, status: int, body: Any
) -> None:
    """An operation of the Management API that succeeded: a write, or a read that returned secrets."""
    secret = _accessed(body) if method == "GET" else []
    if method == "GET" and not secret:
        return
    shown = {key: body[key] for key in _NAMES if key in body} if isinstance(body, dict) else {}
    details = _exchange(method, path, query, status, shown, channel="api")
    if secret:
        details["accessedSecrets"] = secret
    client = tenant.objects("clients").get(client_id or "") or {"client_id": client_id}
    kind, title = ("mgmt_api_read", f"Read {operation.strip('/')}") if secret else ("sapi", _title(method, operation))
    record(tenant, kind, title, client=client, details=details)
