# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The client of FastMCP: python fastmcp_client.py SERVER_URL CA PORT CLIENT_ID ARGUMENTS

CLIENT_ID is the URL of its metadata document, the id of an application, or empty. It writes one line of JSON:
{tools, answer, revision} or {error}.
"""

from __future__ import annotations

import asyncio
import json
import sys
import typing as t

from fastmcp import Client
from fastmcp.client.auth import OAuth


async def visit(url: str, ca_path: str, port: str, client_id: str, arguments: str) -> dict[str, t.Any]:
    option = "client_metadata_url" if client_id.startswith("https://") else "client_id"
    known: dict[str, t.Any] = {option: client_id} if client_id else {}
    login = OAuth(callback_port=int(port), callback_host="127.0.0.1", **known)
    async with Client(url, auth=login, verify=ca_path) as client:
        tools = [tool.name for tool in await client.list_tools()]
        result = await client.call_tool("hello", json.loads(arguments), raise_on_error=False)
        answer = "".join(part.text for part in result.content)
        return {"tools": tools, "answer": answer, "revision": client.protocol_version}


try:
    said = asyncio.run(visit(*sys.argv[1:]))
except Exception as error:
    said = {"error": f"{type(error).__name__}: {error}"}
print(json.dumps(said))
