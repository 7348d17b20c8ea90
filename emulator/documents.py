# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Client metadata documents that the emulator serves itself, so that tests need no other host for them."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .errors import ApiError
from .tenant import Tenant
from .traffic import CONTROL

COLLECTION = "documents"


def routes(tenant: Tenant) -> list[Route]:
    async def store(request: Request) -> Response:
        try:
            document = await request.json()
        except ValueError:
            raise ApiError(400, "A document is JSON") from None
        tenant.objects(COLLECTION)[request.path_params["name"]] = document
        tenant.save()
        return Response(status_code=204)

    async def serve(request: Request) -> Response:
        documents = tenant.objects(COLLECTION)
        if request.path_params["name"] not in documents:
            raise ApiError(404, "No document has this name")
        return JSONResponse(documents[request.path_params["name"]])

    return [
        Route(f"{CONTROL}documents/{{name}}", store, methods=["PUT"]),
        Route("/documents/{name}", serve),
    ]
