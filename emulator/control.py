# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Control API under `/_emulator/`: request log, state, faults, reset. No authorization; never logged."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from jsonschema import ValidationError
from jsonschema.exceptions import best_match
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from . import schemas
from .errors import ApiError
from .ratelimit import RateLimiter
from .tenant import Tenant
from .traffic import CONTROL, Fault, Traffic

_KINDS = ("status", "reset", "reset_after", "delay", "broken_json", "after", "raw", "repeat")
# Bytes, a character each.
_LATIN_1 = {"type": "string", "pattern": "^[\\u0000-\\u00ff]*$"}
_FAULT = schemas.validator(
    {
        **schemas.closed(
            {
                "method": schemas.one_of("GET", "POST", "PATCH", "PUT", "DELETE", "*"),
                "path": schemas.text(least=1),
                "times": schemas.integer(1),
                "skip": schemas.integer(0),
                "status": schemas.integer(100, 599),
                "body": {},
                "headers": schemas.open_object(additionalProperties=schemas.text()),
                "delay": {"type": "number", "minimum": 0},
                "raw": _LATIN_1,
                "repeat": _LATIN_1,
                "pause": {"type": "number", "minimum": 0},
                **schemas.booleans("reset", "reset_after", "broken_json", "after"),
            },
            "method",
            "path",
        ),
        "anyOf": [{"required": [kind]} for kind in _KINDS],
    }
)


def _problem(error: ValidationError | None) -> ApiError | None:
    return ApiError(400, error.message) if error is not None else None


def _check_state(state: Any, tenant: Tenant) -> None:
    wanted = tenant.state
    if not isinstance(state, dict) or set(state) != set(wanted):
        raise ApiError(400, f"A state is an object with the keys {', '.join(sorted(wanted))}")
    for key, value in wanted.items():
        if type(state[key]) is not type(value):
            raise ApiError(400, f"{key} must be of type {type(value).__name__}")


def routes(tenant: Tenant, limiter: RateLimiter) -> list[Route]:
    def traffic(request: Request) -> Traffic:
        found: Traffic = request.app.state.traffic
        return found

    async def requests(request: Request) -> Response:
        if request.method == "DELETE":
            traffic(request).log.clear()
            return Response(status_code=204)
        return JSONResponse(traffic(request).log)

    async def state(request: Request) -> Response:
        if request.method == "PUT":
            new = await request.json()
            _check_state(new, tenant)
            tenant.replace(new)
            return Response(status_code=204)
        return JSONResponse(tenant.state)

    async def faults(request: Request) -> Response:
        if request.method == "DELETE":
            traffic(request).faults.clear()
            return Response(status_code=204)
        if request.method == "GET":
            return JSONResponse([asdict(fault) for fault in traffic(request).faults if fault.times > 0])
        body = await request.json()
        problem = _problem(best_match(_FAULT.iter_errors(body)))
        if problem is not None:
            raise problem
        traffic(request).faults.append(Fault(**body))
        return Response(status_code=204)

    async def reset(request: Request) -> Response:
        tenant.reset()
        limiter.reset()
        traffic(request).reset()
        return Response(status_code=204)

    async def expire_tokens(request: Request) -> Response:
        tenant.state["token_generation"] += 1
        tenant.objects("opaque_tokens").clear()
        tenant.save()
        return Response(status_code=204)

    return [
        Route(f"{CONTROL}requests", requests, methods=["GET", "DELETE"]),
        Route(f"{CONTROL}state", state, methods=["GET", "PUT"]),
        Route(f"{CONTROL}faults", faults, methods=["GET", "POST", "DELETE"]),
        Route(f"{CONTROL}reset", reset, methods=["POST"]),
        Route(f"{CONTROL}expire-tokens", expire_tokens, methods=["POST"]),
    ]
