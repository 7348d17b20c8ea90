# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How many objects of a kind the plans allow; their token buckets are in test_emulator_ratelimit.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from emulator.plans import PLANS

URL = "https://app.example/client.json"
REFUSAL = {
    "statusCode": 403,
    "error": "Forbidden",
    "message": "You reached the limit of entities of this type for this tenant.",
    "errorCode": "too_many_entities",
}
NEW: dict[str, tuple[str, dict[str, Any]]] = {
    "clients": ("/clients", {"name": "app"}),
    "resource_servers": ("/resource-servers", {"identifier": "https://api.example/new"}),
    "client_grants": ("/client-grants", {"default_for": "third_party_clients", "audience": "https://api.example/0"}),
    "connections": ("/connections", {"name": "new", "strategy": "auth0"}),
}
# What there is of each kind from the beginning, in so far as it counts.
FIRST = {"clients": 1, "resource_servers": 0, "client_grants": 1, "connections": 1}


def _fill(api: Any, collection: str, number: int) -> None:
    """Puts copies into the tenant, until it has so many that count."""
    kept = api.tenant.objects(collection)
    for copy in range(number - FIRST[collection]):
        name = f"copy-{copy}"
        common = {"id": name, "client_id": name, "name": name, "identifier": f"https://api.example/{copy}"}
        kept[name] = {
            **common,
            "audience": f"https://api.example/{copy}",
            "is_first_party": True,
            "enabled_clients": [],
        }


@pytest.mark.parametrize(
    ("plan", "collection", "limit"),
    [
        ("free", "clients", 10),
        ("free", "resource_servers", 10),
        ("free", "client_grants", 100),
        ("free", "connections", 100),
        ("essentials", "clients", 100),
        ("essentials", "resource_servers", 100),
        ("essentials", "client_grants", 10_000),
        ("essentials", "connections", 100),
    ],
)
def test_one_more_than_the_plan_allows(limited: Callable[[str], Any], plan: str, collection: str, limit: int) -> None:
    api = limited(plan)
    path, body = NEW[collection]
    _fill(api, collection, limit)
    assert api.expect(403, "POST", path, body) == REFUSAL
    if collection == "client_grants":
        api.tenant.objects("resource_servers")["api"] = {"id": "api", "identifier": body["audience"]}
    del api.tenant.objects(collection)["copy-0"]
    api.expect(201, "POST", path, body)
    api.clock.now += 60
    assert api.expect(403, "POST", path, body) == REFUSAL


@pytest.mark.parametrize("collection", NEW)
def test_other_plans_have_no_such_limits(limited: Callable[[str], Any], collection: str) -> None:
    for plan in ("enterprise", "none"):
        api = limited(plan)
        _fill(api, collection, 200)
        if collection == "client_grants":
            api.tenant.objects("resource_servers")["api"] = {"id": "api", "identifier": "https://api.example/0"}
        path, body = NEW[collection]
        assert api.call("POST", path, body).status_code in (201, 409)
        assert not PLANS[plan].objects


def test_clients_that_register_themselves_count(limited: Callable[[str], Any]) -> None:
    api = limited("free")
    api.tenant.settings["flags"]["enable_dynamic_client_registration"] = True
    registration = {"client_name": "a", "redirect_uris": ["https://a.b/c"]}
    _fill(api, "clients", 9)
    assert api.post("/oidc/register", json=registration).status_code == 201
    refused = api.post("/oidc/register", json=registration)
    assert (refused.status_code, refused.json()) == (
        403,
        {"error": "access_denied", "error_description": REFUSAL["message"]},
    )
    assert api.expect(403, "POST", "/clients", {"name": "app"}) == REFUSAL


def test_clients_of_metadata_documents_count(limited: Callable[[str], Any]) -> None:
    api = limited("free")
    document = f'{{"client_id": "{URL}", "client_name": "App", "redirect_uris": ["https://app.example/callback"]}}'
    api.tenant.fetch = lambda _url: document.encode()
    _fill(api, "clients", 9)
    body = {"external_client_id": URL}
    api.expect(200, "POST", "/clients/cimd/register", body)
    api.expect(200, "POST", "/clients/cimd/register", body)
    api.clock.now += 60
    (client,) = (client for client in api.tenant.objects("clients").values() if "external_client_id" in client)
    api.expect(204, "DELETE", f"/clients/{client['client_id']}")
    api.tenant.objects("clients")["copy-9"] = {"client_id": "copy-9", "is_first_party": True}
    assert api.expect(403, "POST", "/clients/cimd/register", body) == REFUSAL
