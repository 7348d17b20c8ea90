# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Documents that the emulator serves, and how one is fetched: over TLS, for real."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emulator.fetch import LIMIT, Unavailable, fetch

DOCUMENT = {"client_name": "App", "redirect_uris": ["https://app.example/callback"]}


def test_a_document_is_served_as_it_was_put(api: Any) -> None:
    assert api.get("/documents/client.json").status_code == 404
    assert api.put("/_emulator/documents/client.json", json=DOCUMENT).status_code == 204
    del api.headers["authorization"]
    answer = api.get("/documents/client.json")
    assert (answer.headers["content-type"], answer.json()) == ("application/json", DOCUMENT)
    assert api.put("/_emulator/documents/client.json", content=b"{").status_code == 400
    api.post("/_emulator/reset")
    assert api.get("/documents/client.json").status_code == 404


@pytest.fixture
def served(serve: Callable[..., Any]) -> Any:
    served = serve()
    served.authorize()
    served.ca = Path(served.ready["ca_path"]).read_text(encoding="ascii")
    served.document = f"{served.url}/documents/client.json"
    return served


def test_the_emulator_fetches_from_itself(served: Any) -> None:
    served.call("PUT", "/_emulator/documents/client.json", {**DOCUMENT, "client_id": served.document})
    body = {"external_client_id": served.document}
    answer = served.call("POST", "/api/v2/clients/cimd/register", body)
    assert (answer.status_code, answer.json()["validation"]["valid"]) == (200, True)
    body = {"external_client_id": f"{served.url}/documents/other.json"}
    answer = served.call("POST", "/api/v2/clients/cimd/preview", body).json()
    assert answer["errors"] == [
        f"The document at {body['external_client_id']} could not be retrieved: the answer has status 404"
    ]


def test_a_document_of_the_state_stands_in_for_the_one_at_its_url(served: Any) -> None:
    url = "https://client.example.com/client.json"
    state = served.call("GET", "/_emulator/state").json()
    state["documents"][url] = {**DOCUMENT, "client_id": url}
    served.call("PUT", "/_emulator/state", state)
    answer = served.call("POST", "/api/v2/clients/cimd/register", {"external_client_id": url})
    assert (answer.status_code, answer.json()["mapped_fields"]["callbacks"]) == (200, DOCUMENT["redirect_uris"])


def test_the_emulator_discovers_an_openid_provider_from_itself(served: Any) -> None:
    token_endpoint = f"{served.url}/oauth/token"
    options = {"discovery_url": f"{served.url}/.well-known/openid-configuration", "token_endpoint": None}
    body = {"name": "partner", "strategy": "oidc", "options": options}
    made = served.call("POST", "/api/v2/connections", body).json()["options"]
    assert (made["token_endpoint"], made["oidc_metadata"]["token_endpoint"]) == (token_endpoint, token_endpoint)


def test_no_redirect_is_followed_and_no_large_answer_read(served: Any) -> None:
    served.call("PUT", "/_emulator/documents/client.json", "x" * (LIMIT - 2))
    assert len(fetch(served.document, served.ca)) == LIMIT
    moved = {"method": "GET", "path": "/documents/client.json", "status": 302, "headers": {"location": served.document}}
    served.call("POST", "/_emulator/faults", moved)
    with pytest.raises(Unavailable, match="the answer has status 302"):
        fetch(served.document, served.ca)
    served.call("PUT", "/_emulator/documents/client.json", "x" * (LIMIT - 1))
    with pytest.raises(Unavailable, match="larger than 5120 bytes"):
        fetch(served.document, served.ca)


def test_no_waiting_and_no_strangers(served: Any) -> None:
    served.call("POST", "/_emulator/faults", {"method": "GET", "path": "/documents/client.json", "delay": 2})
    with pytest.raises(Unavailable, match="timed out"):
        fetch(served.document, served.ca, seconds=0.1)
    port = int(served.url.rpartition(":")[2])
    served.stop()
    with pytest.raises(Unavailable, match="Connection refused"):
        fetch(f"https://127.0.0.1:{port}/documents/client.json", served.ca)


def test_only_known_authorities_are_trusted(served: Any, keys: Any) -> None:
    with pytest.raises(Unavailable, match="certificate verify failed"):
        fetch(served.document, keys.ca_certificate)
