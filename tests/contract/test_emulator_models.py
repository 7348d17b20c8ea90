# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The emulator's answers fit the published response schemas and the official SDK's models.

Live answers carry keys that no published schema has, so answers are checked for required keys, types and enums only.
"""

from __future__ import annotations

import importlib
import json
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient

from emulator import tokens
from emulator.app import create_app
from emulator.tenant import MANAGEMENT_SCOPES, Keys, Tenant
from tests.contract.published import PUBLISHED_ANSWERS

CLIENT_KEY = "https://api.example/mcp"
CLIENT_URL = "https://app.example/client.json"
DOCUMENT = {"client_id": CLIENT_URL, "client_name": "App", "redirect_uris": ["https://app.example/callback"]}


PUBLISHED = json.loads(PUBLISHED_ANSWERS.read_text(encoding="utf-8"))


def _errors(name: str, answer: Any) -> list[str]:
    schema = {"$ref": f"#/components/schemas/{name}ResponseContent", "components": {"schemas": PUBLISHED}}
    return [f"{error.json_path}: {error.message}" for error in Draft202012Validator(schema).iter_errors(answer)]


# (name of the answer, method, path, body); {x} is the id in the answer named x.
CALLS: tuple[tuple[str, str, str, Any], ...] = (
    ("CreateResourceServer", "POST", "/resource-servers", {"identifier": CLIENT_KEY}),
    (
        "UpdateResourceServer",
        "PATCH",
        "/resource-servers/{CreateResourceServer}",
        {
            "name": "MCP",
            "scopes": [{"value": "tools:read", "description": "Read tools"}],
            "token_dialect": "rfc9068_profile_authz",
            "enforce_policies": True,
            "allow_offline_access": True,
            "proof_of_possession": {"mechanism": "dpop", "required": False},
            "consent_policy": "transactional-authorization-with-mfa",
            "authorization_details": [{"type": "payment"}],
        },
    ),
    ("GetResourceServer", "GET", "/resource-servers/{CreateResourceServer}", None),
    ("ListResourceServerOffsetPaginated", "GET", "/resource-servers?include_totals=true", None),
    ("GetTenantSettings", "GET", "/tenants/settings", None),
    (
        "UpdateTenantSettings",
        "PATCH",
        "/tenants/settings",
        {
            "flags": {"enable_dynamic_client_registration": True},
            "resource_parameter_profile": "compatibility",
            "client_id_metadata_document_supported": True,
            "session_lifetime": 100,
        },
    ),
    ("CreateClient", "POST", "/clients", {"name": "First", "app_type": "regular_web", "callbacks": ["https://a.b/c"]}),
    ("UpdateClient", "PATCH", "/clients/{CreateClient}", {"description": "changed", "client_metadata": {"a": "b"}}),
    ("CreateClient", "POST", "/clients", {"name": "Third", "is_first_party": False}),
    ("GetClient", "GET", "/clients/{CreateClient}", None),
    ("PreviewCimdMetadata", "POST", "/clients/cimd/preview", {"external_client_id": CLIENT_URL}),
    ("RegisterCimdClient", "POST", "/clients/cimd/register", {"external_client_id": CLIENT_URL}),
    ("GetClient", "GET", "/clients/{RegisterCimdClient}", None),
    ("ListClientsOffsetPaginated", "GET", "/clients?include_totals=true", None),
    (
        "CreateClientGrant",
        "POST",
        "/client-grants",
        {"default_for": "third_party_clients", "audience": CLIENT_KEY, "subject_type": "user", "scope": ["tools:read"]},
    ),
    ("UpdateClientGrant", "PATCH", "/client-grants/{CreateClientGrant}", {"allow_all_scopes": True}),
    ("GetClientGrant", "GET", "/client-grants/{CreateClientGrant}", None),
    ("ListClientGrantPaginated", "GET", "/client-grants?take=1", None),
    ("CreateConnection", "POST", "/connections", {"name": "people", "strategy": "auth0"}),
    ("UpdateConnection", "PATCH", "/connections/{CreateConnection}", {"is_domain_connection": True}),
    (
        "CreateConnection",
        "POST",
        "/connections",
        {
            "name": "partner",
            "strategy": "oidc",
            "options": {"type": "back_channel", "client_id": "a", "issuer": "https://a.b", "scope": "openid"},
        },
    ),
    ("GetConnection", "GET", "/connections/{CreateConnection}", None),
    ("ListConnectionsCheckpointPaginated", "GET", "/connections?take=2", None),
    ("GetConnectionEnabledClients", "GET", "/connections/{CreateConnection}/clients", None),
    ("ListClientConnections", "GET", "/clients/{CreateClient}/connections", None),
)


@pytest.fixture(scope="module")
def answers() -> list[tuple[str, Any]]:
    tenant = Tenant.create("tenant.example", keys=Keys.create("tenant.example"))
    tenant.fetch = lambda url: json.dumps(DOCUMENT).encode()
    api = tenant.resource_server(tenant.management_audience)
    assert api is not None
    token = tokens.issue(tenant, tenant.state["client_id"], api, list(MANAGEMENT_SCOPES))["access_token"]
    client = TestClient(create_app(tenant), headers={"authorization": f"Bearer {token}"})
    ids: dict[str, str] = {}
    found = []
    for name, method, path, body in CALLS:
        answer = client.request(method, f"/api/v2{path.format(**ids)}", json=body)
        assert answer.status_code in (200, 201), (name, answer.text)
        found.append((name, answer.json()))
        if method == "POST":
            ids[name] = answer.json().get("id") or answer.json().get("client_id")
    return found


NUMBERS = range(len(CALLS))
NAMES = [f"{method} {path} {number}" for number, (_name, method, path, _body) in enumerate(CALLS)]


@pytest.mark.parametrize("number", NUMBERS, ids=NAMES)
def test_answers_fit_the_published_schema(number: int, answers: Any) -> None:
    assert _errors(*answers[number]) == []


@pytest.mark.parametrize("number", NUMBERS, ids=NAMES)
def test_answers_parse_into_the_models_of_the_sdk(number: int, answers: Any) -> None:
    name, answer = answers[number]
    module = re.sub(r"(?<!^)(?=[A-Z])", "_", f"{name}ResponseContent").lower()
    model = getattr(importlib.import_module(f"auth0.management.types.{module}"), f"{name}ResponseContent")
    parsed = model.model_validate(answer)
    shown = json.loads(parsed.model_dump_json(by_alias=True, exclude_unset=True))
    assert shown.keys() == answer.keys()


def test_a_wrong_answer_does_not_fit() -> None:
    """The check itself: a type and an enum that are wrong."""
    assert len(_errors("GetResourceServer", {"token_lifetime": "long", "signing_alg": "none", "extra": 1})) == 2
