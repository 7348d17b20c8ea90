# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""All other operations of the Management API: they answer as if no token had their scopes.

Tools that go on without a permission then go on here too. The rows of what is implemented are here as well: no request
gets there.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..errors import insufficient_scope
from ..oauth import authenticate
from ..operations import TABLE
from ..tenant import Tenant
from .operation import PREFIX


@dataclass(frozen=True)
class Unimplemented:
    method: str
    path: str
    scopes: tuple[str, ...]

    def route(self, tenant: Tenant) -> Route:
        async def endpoint(request: Request) -> Response:
            authenticate(tenant, request.headers.get("authorization"))
            raise insufficient_scope(self.scopes)

        return Route(PREFIX + self.path, endpoint, methods=[self.method])


OPERATIONS = tuple(Unimplemented(*row) for row in TABLE)
