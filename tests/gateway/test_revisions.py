# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The revisions of MCP: which one a client and the gateway agree on, and what the gateway says to the newest one."""

from __future__ import annotations

import typing as t

import pytest
import requests

from tests.gateway.clients import python, typescript
from tests.gateway.conftest import Site
from tests.gateway.gateway import Gateway
from tests.gateway.seen import ClientFailed, Seen

SPOKEN, NEWEST = "2025-11-25", "2026-07-28"


# The Python SDK asks for the newest revision first, unless told not to; the TypeScript SDK does so if told to.
@pytest.mark.parametrize(
    ("client", "how"),
    [
        (python, {}),
        (python, {"mode": "legacy"}),
        (typescript, {}),
        (typescript, {"mode": "auto"}),
    ],
)
def test_clients_agree_on_the_revision_that_the_gateway_speaks(
    site: Site, gateway: Gateway, client: t.Callable[..., Seen], how: dict[str, t.Any]
) -> None:
    seen = client(gateway.url, site.tenant.ca_path, **how)
    assert (seen.tools, seen.revision) == (["hello"], SPOKEN)


@pytest.mark.parametrize(
    ("client", "how", "error"),
    [
        (python, {"mode": NEWEST}, f"^MCPError: Bad Request: Unsupported protocol version: {NEWEST}"),
        (typescript, {"mode": {"pin": NEWEST}}, f"^SdkError: .* did not offer pinned protocol version {NEWEST}"),
    ],
)
def test_a_client_that_insists_on_the_newest_one_fails(
    site: Site, gateway: Gateway, client: t.Callable[..., Seen], how: dict[str, t.Any], error: str
) -> None:
    with pytest.raises(ClientFailed, match=error):
        client(gateway.url, site.tenant.ca_path, **how)


def test_what_the_gateway_says_to_the_newest_one(site: Site, gateway: Gateway) -> None:
    headers = {"Authorization": f"Bearer {site.token()}", "Accept": "application/json, text/event-stream"}
    method = "server/discover"
    asked = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {}}

    def ask(revision: str) -> tuple[int, dict[str, t.Any]]:
        of_revision = {"MCP-Protocol-Version": revision, "Mcp-Method": method}
        answer = requests.post(gateway.url, json=asked, headers={**headers, **of_revision}, timeout=10)
        return answer.status_code, answer.json()["error"]

    status, error = ask(NEWEST)
    assert (status, error["code"]) == (400, -32000)
    assert error["message"].startswith(
        f"Bad Request: Unsupported protocol version: {NEWEST} (supported versions: {SPOKEN}"
    )
    assert ask(SPOKEN) == (200, {"code": -32601, "message": "Method not found"})
