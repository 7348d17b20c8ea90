# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a real MCP client meets: a tenant on which all is set up, and tenants that lack one step."""

from __future__ import annotations

import re
import socket
import typing as t

import pytest
from mcp.client.auth import OAuthRegistrationError
from mcp.shared.exceptions import MCPError

from tests.integration.harness import Tenant
from tests.mcp.client import REDIRECT_URI, LoginRefused, Visit, visit
from tests.mcp.server import McpServer

STEPS = frozenset({"api", "profile", "connection", "grant", "registration"})


def set_up(tenant: Tenant, url: str, steps: t.Collection[str] = STEPS, **api: t.Any) -> None:
    """Those of the steps that let any client log in to the MCP server; `api` adds to its description."""
    identifier = api.get("identifier", url)
    if "api" in steps:
        body = {
            "identifier": url,
            "name": "MCP",
            "token_dialect": "rfc9068_profile_authz",
            "allow_offline_access": True,
        }
        tenant.api("POST", "resource-servers", {**body, **api})
    if "profile" in steps:
        tenant.api("PATCH", "tenants/settings", {"resource_parameter_profile": "compatibility"})
    if "registration" in steps:
        tenant.api("PATCH", "tenants/settings", {"flags": {"enable_dynamic_client_registration": True}})
    if "connection" in steps:
        tenant.api("PATCH", f"connections/{tenant.connection()['id']}", {"is_domain_connection": True})
    if "grant" in steps:
        grant(tenant, identifier)


def grant(tenant: Tenant, identifier: str, subject_type: str = "user") -> None:
    body = {"default_for": "third_party_clients", "audience": identifier, "subject_type": subject_type, "scope": []}
    tenant.api("POST", "client-grants", body)


def go(tenant: Tenant, server: McpServer, **how: t.Any) -> Visit:
    return visit(server.url, tenant.ca_path, **how)


def grant_types(tenant: Tenant) -> list[str]:
    """Of the token requests, in order."""
    log = tenant.call("GET", "/_emulator/requests")
    return [entry["body"]["grant_type"] for entry in log if entry["path"] == "/oauth/token"]


def publish(tenant: Tenant, name: str = "client", **changes: t.Any) -> str:
    """The URL of a client's metadata document."""
    url = f"https://{tenant.domain}/documents/{name}.json"
    document = {
        "client_id": url,
        "client_name": "Documented client",
        "redirect_uris": [REDIRECT_URI],
        "grant_types": ["authorization_code", "refresh_token"],
        "application_type": "native",
        "token_endpoint_auth_method": "none",
        **changes,
    }
    tenant.call("PUT", f"/_emulator/documents/{name}.json", document)
    return url


def set_up_documents(tenant: Tenant, url: str) -> None:
    set_up(tenant, url, STEPS - {"registration"})
    tenant.api("PATCH", "tenants/settings", {"client_id_metadata_document_supported": True})


def test_an_untouched_tenant_registers_nobody(tenant: Tenant, server: McpServer) -> None:
    with pytest.raises(OAuthRegistrationError, match="Registration failed: 403"):
        go(tenant, server)


def test_a_client_that_registers_itself(tenant: Tenant, server: McpServer) -> None:
    set_up(tenant, server.url)
    seen = go(tenant, server)
    assert (seen.tools, seen.answers) == (["hello"], ["Hello, MCP!"])
    assert seen.client_id.startswith("tpc_")
    assert "MCP test client is requesting access to MCP" in seen.pages[-1]
    (client,) = tenant.api("GET", "clients?is_first_party=false")
    assert (client["client_id"], client["external_metadata_type"]) == (seen.client_id, "dcr")


def test_a_client_with_a_metadata_document(tenant: Tenant, server: McpServer) -> None:
    set_up_documents(tenant, server.url)
    url = publish(tenant)
    tenant.api("POST", "clients/cimd/register", {"external_client_id": url})
    seen = go(tenant, server, metadata_url=url, calls=2)
    assert seen.answers == ["Hello, MCP!"] * 2
    assert seen.client_id == url
    assert "Documented client is requesting access" in seen.pages[-1]
    assert grant_types(tenant) == ["authorization_code", "refresh_token"]


def test_a_metadata_document_that_nobody_registered(tenant: Tenant, server: McpServer) -> None:
    set_up_documents(tenant, server.url)
    url = publish(tenant)
    with pytest.raises(LoginRefused, match=f"Unknown client: {re.escape(url)}"):
        go(tenant, server, metadata_url=url)


def test_without_the_setting_a_document_does_not_count(tenant: Tenant, server: McpServer) -> None:
    set_up(tenant, server.url, STEPS - {"registration"})
    url = publish(tenant)
    tenant.api("POST", "clients/cimd/register", {"external_client_id": url})
    with pytest.raises(OAuthRegistrationError, match="Registration failed: 403"):
        go(tenant, server, metadata_url=url)


NOT_AUTHORIZED = r'Client "tpc_\w+" is not authorized to access resource server "http://127\.0\.0\.1:\d+/mcp"'


@pytest.mark.parametrize(
    ("missing", "error", "text"),
    [
        ("registration", OAuthRegistrationError, "Registration failed: 403"),
        ("connection", LoginRefused, "no connections enabled for the client"),
        ("profile", LoginRefused, "The userinfo audience is not allowed for third party clients"),
        ("grant", LoginRefused, NOT_AUTHORIZED),
    ],
)
def test_one_step_is_missing(
    tenant: Tenant, server: McpServer, missing: str, error: type[Exception], text: str
) -> None:
    set_up(tenant, server.url, STEPS - {missing})
    with pytest.raises(error, match=text):
        go(tenant, server)


def test_a_grant_for_the_client_alone_is_none_for_users(tenant: Tenant, server: McpServer) -> None:
    set_up(tenant, server.url, STEPS - {"grant"})
    grant(tenant, server.url, "client")
    with pytest.raises(LoginRefused, match=NOT_AUTHORIZED):
        go(tenant, server)


@pytest.mark.parametrize("wrong", ["{url}/", "{origin}"])
def test_an_identifier_that_is_not_the_url(tenant: Tenant, server: McpServer, wrong: str) -> None:
    origin = server.url.removesuffix("/mcp")
    set_up(tenant, server.url, identifier=wrong.format(url=server.url, origin=origin))
    with pytest.raises(LoginRefused, match=f"Service not found: {re.escape(server.url)}( |$)"):
        go(tenant, server)


def test_without_offline_access_there_is_no_refresh_token(tenant: Tenant, server: McpServer) -> None:
    set_up(tenant, server.url, allow_offline_access=False)
    seen = go(tenant, server)
    assert seen.answers == ["Hello, MCP!"]
    assert [token.refresh_token for token in seen.tokens] == [None]


def test_an_expired_token_is_refreshed(tenant: Tenant, server: McpServer) -> None:
    set_up(tenant, server.url)
    seen = go(tenant, server, calls=3)
    assert seen.answers == ["Hello, MCP!"] * 3
    assert grant_types(tenant) == ["authorization_code", "refresh_token", "refresh_token"]
    assert len({token.access_token for token in seen.tokens}) == 3
    assert len({token.refresh_token for token in seen.tokens}) == 3


@pytest.mark.parametrize("other", [True, False], ids=["other API", "MCP API"])
def test_the_default_audience_stands_in_for_the_profile(tenant: Tenant, server: McpServer, other: bool) -> None:
    set_up(tenant, server.url, STEPS - {"profile"})
    audience = "https://other.example/api" if other else server.url
    if other:
        tenant.api("POST", "resource-servers", {"identifier": audience})
        grant(tenant, audience)
    tenant.api("PATCH", "tenants/settings", {"default_audience": audience})
    if other:
        with pytest.raises(MCPError, match="Server returned an error response"):
            go(tenant, server)
    else:
        assert go(tenant, server).answers == ["Hello, MCP!"]


def test_a_permissive_client_fails_at_the_server_where_the_profile_is_unset(tenant: Tenant, server: McpServer) -> None:
    state = tenant.call("GET", "/_emulator/state")
    tenant.call("PUT", "/_emulator/state", {**state, "permissive_allowed": True})
    tenant.api("PATCH", "tenants/settings", {"dynamic_client_registration_security_mode": "permissive"})
    set_up(tenant, server.url, STEPS - {"profile"})
    with pytest.raises(MCPError, match="Server returned an error response"):
        go(tenant, server)
    tenant.api("PATCH", "tenants/settings", {"resource_parameter_profile": "compatibility"})
    assert go(tenant, server).answers == ["Hello, MCP!"]


def test_the_issuer_in_the_answer(tenant: Tenant, server: McpServer) -> None:
    set_up(tenant, server.url)
    tenant.api("PATCH", "tenants/settings", {"authorization_response_iss_parameter_supported": True})
    assert go(tenant, server).answers == ["Hello, MCP!"]


@pytest.mark.parametrize(
    ("how", "text"),
    [
        ({"password": "wrong"}, "Wrong email or password"),
        ({"action": "decline"}, "access_denied : User did not authorize the request"),
    ],
)
def test_a_person_who_does_not_get_in(tenant: Tenant, server: McpServer, how: dict[str, str], text: str) -> None:
    set_up(tenant, server.url)
    with pytest.raises(LoginRefused, match=text):
        go(tenant, server, **how)


def test_a_visit_ends_in_time(tenant: Tenant, server: McpServer) -> None:
    set_up(tenant, server.url)
    tenant.fault("POST", "/u/login", delay=5)
    with pytest.raises(TimeoutError):
        go(tenant, server, seconds=0.5)


def test_a_server_leaves_its_port(tenant: Tenant) -> None:
    with McpServer(tenant.domain, tenant.ca_path) as server:
        port = int(server.url.split(":")[2].removesuffix("/mcp"))
        socket.create_connection(("127.0.0.1", port), 5).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), 5)
