# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What an operation of the Management API is: method, path, scopes, request schema, function from Call to Answer."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from inspect import isawaitable
from typing import Any
from urllib.parse import unquote

from jsonschema import Draft202012Validator
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .. import listing, logs
from ..errors import ApiError, insufficient_scope, validate
from ..oauth import authenticate, client_of
from ..tenant import Tenant

PREFIX = "/api/v2"
PAYLOAD_LIMIT = 1024 * 1024

Object = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """One request that has passed authentication, scope check and request schema.

    `id` and `member`, what the path names, are decoded once.
    """

    tenant: Tenant
    scopes: frozenset[str]
    query: QueryParams
    id: str = ""
    body: Any = None
    member: str = ""


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any = None
    headers: Mapping[str, str] | None = None

    def response(self) -> Response:
        if self.body is None:
            return Response(status_code=self.status)
        return JSONResponse(self.body, self.status, self.headers)


@dataclass(frozen=True)
class Operation:
    """`scopes`: any one of them will do. `query`: names of the query parameters."""

    method: str
    path: str
    scopes: tuple[str, ...]
    run: Callable[[Call], Answer | Awaitable[Answer]]
    schema: Draft202012Validator | None = None
    query: frozenset[str] = field(default_factory=frozenset)

    def route(self, tenant: Tenant) -> Route:
        return Route(PREFIX + self.path, self._endpoint(tenant), methods=[self.method])

    def _endpoint(self, tenant: Tenant) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            granted = authenticate(tenant, request.headers.get("authorization"))
            if not granted.intersection(self.scopes):
                raise insufficient_scope(self.scopes)
            listing.check_query(request.query_params, self.query)
            body = None
            if self.schema is not None:
                body = _payload(await request.body())
                validate(self.schema, body)
            if self.method == "POST":
                check_room(tenant, self.path.removeprefix("/").replace("-", "_"))
            named = {key: unquote(value) for key, value in request.path_params.items()}
            made = self.run(Call(tenant, granted, request.query_params, body=body, **named))
            answer = await made if isawaitable(made) else made
            caller = client_of(request.headers.get("authorization"))
            query = dict(request.query_params)
            logs.managed(tenant, caller, self.method, self.path, request.url.path, query, answer.status, answer.body)
            if self.method != "GET":
                tenant.save()
            return answer.response()

        return endpoint


def _payload(content: bytes) -> Any:
    if len(content) > PAYLOAD_LIMIT:
        raise ApiError(413, f"Payload content length greater than maximum allowed: {PAYLOAD_LIMIT}")
    if not content:
        return None
    try:
        return json.loads(content)
    except ValueError:
        raise ApiError(400, "Invalid request payload JSON format") from None


def check_room(tenant: Tenant, collection: str) -> None:
    """One more object must fit into the tenant's plan. What Auth0 itself puts into the collection is not counted."""
    limit = tenant.limits.get(collection)
    if limit is None:
        return
    own = [item for item in tenant.objects(collection).values() if not (item.get("is_system") or item.get("global"))]
    if len(own) >= limit:
        raise ApiError(403, "You reached the limit of entities of this type for this tenant.", "too_many_entities")


def timestamp(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def merged(stored: Object, change: Object) -> Object:
    """Top-level merge as PATCH does it: values are replaced whole, null removes the key."""
    result = {**stored, **change}
    return {key: value for key, value in result.items() if value is not None}
