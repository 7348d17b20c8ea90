# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""All other operations of the Management API: they answer as if no token had their scopes.

Tools that go on without a permission then go on here too. The table has the rows of what is implemented as well: no
request gets there.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..errors import insufficient_scope
from ..oauth import authenticate
from ..tenant import Tenant
from .operation import PREFIX

TABLE = Path(__file__).with_name("operations.txt")


@dataclass(frozen=True)
class Unimplemented:
    """`scopes` in the order of the published description, in which Auth0 names them (community.auth0.com/t/118497)."""

    method: str
    path: str
    scopes: tuple[str, ...]

    def route(self, tenant: Tenant) -> Route:
        async def endpoint(request: Request) -> Response:
            authenticate(tenant, request.headers.get("authorization"))
            raise insufficient_scope(self.scopes)

        return Route(PREFIX + self.path, endpoint, methods=[self.method])


def _read() -> tuple[Unimplemented, ...]:
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    rows = (line.split() for line in lines if line and not line.startswith("#"))
    return tuple(Unimplemented(method, path, tuple(scopes)) for method, path, *scopes in rows)


OPERATIONS = _read()
