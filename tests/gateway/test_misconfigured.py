# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""One setting wrong on purpose: what a check finds beforehand, and what clients and the gateway's log say of it."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field
from functools import partial

import pytest

from ansible_collections.mcp_ops.oauth.plugins.module_utils._check.report import Finding
from tests.gateway.clients import Client, python, typescript
from tests.gateway.commands import inspector
from tests.gateway.conftest import OTHER, Edit, Gateways, Site, initialize
from tests.gateway.project import MCP_ROUTES, detach_policy, drop_plugin, edit_plugin, edit_policy, guard_tool
from tests.gateway.seen import ClientFailed
from tests.integration.harness import Tenant
from tests.mcp.test_login import grant

CLIENTS: dict[str, Client] = {"python": python, "typescript": typescript, "inspector": inspector}
NOBODY = "127.0.0.1:1"
WORKS = "works"
OTHER_AUDIENCE = 'unexpected "aud" claim value'


def no_registration(site: Site) -> None:
    site.tenant.api("PATCH", "tenants/settings", {"flags": {"enable_dynamic_client_registration": False}})


def registration_unknown(site: Site) -> None:
    no_registration(site)
    metadata = site.tenant.call("GET", "/.well-known/oauth-authorization-server")
    del metadata["registration_endpoint"]
    for name in ("oauth-authorization-server", "openid-configuration"):
        site.tenant.fault("GET", f"/.well-known/{name}", times=50, status=200, body=metadata)


def not_domain_level(site: Site) -> None:
    site.tenant.api("PATCH", f"connections/{site.tenant.connection()['id']}", {"is_domain_connection": False})


def no_profile(site: Site) -> None:
    site.tenant.api("PATCH", "tenants/settings", {"resource_parameter_profile": "audience"})


def permissive(site: Site) -> None:
    state = site.tenant.call("GET", "/_emulator/state")
    site.tenant.call("PUT", "/_emulator/state", {**state, "permissive_allowed": True})
    site.tenant.api("PATCH", "tenants/settings", {"dynamic_client_registration_security_mode": "permissive"})


def permissive_without_profile(site: Site) -> None:
    permissive(site)
    no_profile(site)


def other_default_audience(site: Site) -> None:
    no_profile(site)
    audience = "https://other.example/api"
    site.tenant.api("POST", "resource-servers", {"identifier": audience})
    grant(site.tenant, audience)
    site.tenant.api("PATCH", "tenants/settings", {"default_audience": audience})


def same_default_audience(site: Site) -> None:
    no_profile(site)
    site.tenant.api("PATCH", "tenants/settings", {"default_audience": site.url})


def no_grant(site: Site) -> None:
    for found in site.tenant.api("GET", "client-grants"):
        if found.get("default_for") == "third_party_clients":
            site.tenant.api("DELETE", f"client-grants/{found['id']}")


def machine_grant(site: Site) -> None:
    no_grant(site)
    grant(site.tenant, site.url, "client")


def rename_api(tenant: Tenant, identifier: str, new: str) -> None:
    """Another identifier takes another API."""
    (api,) = (api for api in tenant.api("GET", "resource-servers") if api["identifier"] == identifier)
    tenant.api("DELETE", f"resource-servers/{api['id']}")
    tenant.api("POST", "resource-servers", {"identifier": new, "token_dialect": api["token_dialect"]})
    grant(tenant, new)


def api_with_slash(site: Site) -> None:
    rename_api(site.tenant, site.url, f"{site.url}/")


def api_of_origin(site: Site) -> None:
    rename_api(site.tenant, site.url, site.url.removesuffix("/mcp"))


def permissive_without_api(site: Site) -> None:
    permissive(site)
    api_with_slash(site)


def no_offline_access(site: Site) -> None:
    (api,) = (api for api in site.tenant.api("GET", "resource-servers") if api["identifier"] == site.url)
    site.tenant.api("PATCH", f"resource-servers/{api['id']}", {"allow_offline_access": False})


def domain(form: str) -> t.Callable[[Site], Edit]:
    return lambda site: partial(edit_policy, auth0Domain=form.format(domain=site.tenant.domain, port=port_of(site)))


def servers(form: str) -> t.Callable[[Site], Edit]:
    return lambda site: partial(
        edit_plugin, authorizationServers=[form.format(domain=site.tenant.domain, port=port_of(site))]
    )


def port_of(site: Site) -> str:
    return site.tenant.domain.partition(":")[2]


@dataclass(frozen=True)
class Row:
    """A setting that is wrong, in the tenant, in the project or in the client's URL, and what comes of it.

    `seen` gives of each client the pattern of its failure, or WORKS; {url}, {origin}, {local} stand for the site's.
    `found` are all the findings of a check that do not pass, with a pattern for what was seen and what fixes it.
    `log` is the pattern of the gateway's reason. `open`: any token of the tenant opens the gateway.
    """

    name: str
    seen: dict[str, str]
    tenant: t.Callable[[Site], None] | None = None
    project: t.Callable[[Site], Edit] | None = None
    url: str = "{url}"
    log: str = ""
    open: bool = False
    found: dict[str, str] = field(default_factory=dict)


def everywhere(pattern: str) -> dict[str, str]:
    return dict.fromkeys(CLIENTS, pattern)


def page(text: str) -> dict[str, str]:
    """The tenant's own page refuses, so no client hears of it."""
    return everywhere(f"^LoginRefused: Something went wrong .*{text}")


REFUSED_AT_GATEWAY = {
    "python": "^MCPError: Server returned an error response$",
    "typescript": "^UnauthorizedError: Unauthorized$",
    "inspector": "^exit 3: ",
}
NOT_FOUND_AT_GATEWAY = {
    "python": '^OAuthRegistrationError: Registration failed: 404 .*"instance": "/register"',
    "typescript": r"^RegistrationRejectedError: Dynamic Client Registration rejected \(HTTP 404\)",
    "inspector": r"^exit \d: Dynamic Client Registration rejected \(HTTP 404\)",
}
MISMATCH = {
    "python": "^OAuthFlowError: Authorization server metadata issuer mismatch: ",
    "typescript": "^IssuerMismatchError: Issuer mismatch in authorization server metadata",
    "inspector": "^exit 1: Issuer mismatch in authorization server metadata",
}

SWITCH = "auth0_tenant_flags: flags.enable_dynamic_client_registration: true"
GRANT = "auth0_client_grant: default_for: third_party_clients, subject_type: user"
NO_PROFILE = {"resource_parameter_profile": "auth0_tenant_settings: resource_parameter_profile: compatibility"}
PERMISSIVE = {"registration_security_mode": "dynamic_client_registration_security_mode: strict"}
ANY_TOKEN = {"other_token": "any token of the tenant is accepted.*zuplo_mcp_oauth: mcp_server_url"}
WRONG_DOMAIN = {
    "project_auth0_domain": "has the auth0Domain .*Expected: {domain}[.] Remedy: .*: issuer_domain: {domain}",
    "own_token": "status 401.*the policy's audience or auth0Domain is wrong",
}

ROWS = [
    Row(
        "registration off, no endpoint",
        {
            **NOT_FOUND_AT_GATEWAY,
            "typescript": "^Error: Incompatible auth server: does not support dynamic client registration$",
            "inspector": "^exit 1: Incompatible auth server: does not support dynamic client registration$",
        },
        registration_unknown,
        found={
            "registration_endpoint": f"the metadata has no registration_endpoint.*{SWITCH}",
            "dynamic_client_registration": f"off.*{SWITCH}",
        },
    ),
    Row(
        "registration off",
        {
            "python": "^OAuthRegistrationError: Registration failed: 403 .*Dynamic client registration is disabled",
            "typescript": r"^RegistrationRejectedError: Dynamic Client Registration rejected \(HTTP 403\)",
            "inspector": r"^exit 3: Dynamic Client Registration rejected \(HTTP 403\)",
        },
        no_registration,
        found={"dynamic_client_registration": f"off.*{SWITCH}"},
    ),
    Row(
        "connection not at domain level",
        page("no connections enabled for the client"),
        not_domain_level,
        found={"connection": "no connection is at domain level.*auth0_connection_domain: name"},
    ),
    Row(
        "no profile",
        page("The userinfo audience is not allowed for third party clients"),
        no_profile,
        found=NO_PROFILE,
    ),
    Row(
        "no profile, permissive client",
        REFUSED_AT_GATEWAY,
        permissive_without_profile,
        log="JWSInvalid",
        found={**NO_PROFILE, **PERMISSIVE},
    ),
    Row(
        "no profile, another default audience",
        REFUSED_AT_GATEWAY,
        other_default_audience,
        log=OTHER_AUDIENCE,
        found={"resource_parameter_profile": 'another API: "https://other.example/api".*auth0_tenant_settings: '},
    ),
    Row(
        "no profile, the right default audience",
        everywhere(WORKS),
        same_default_audience,
        found={"resource_parameter_profile": "it works since default_audience is this API"},
    ),
    Row(
        "no grant",
        page('Client "tpc_.*" is not authorized to access resource server "{url}"'),
        no_grant,
        found={"client_grant": f"have no default grant for the API.*{GRANT}, audience: {{url}}"},
    ),
    Row(
        "a grant for machines",
        page('Client "tpc_.*" is not authorized to access resource server "{url}"'),
        machine_grant,
        found={"client_grant": f"has only subject_type client.*{GRANT}"},
    ),
    Row(
        "identifier with a slash",
        page("Service not found: {url} "),
        api_with_slash,
        found={"resource_server": 'but with "{url}/".*auth0_resource_server: identifier: {url}[.]$'},
    ),
    Row(
        "identifier of the origin",
        page("Service not found: {url} "),
        api_of_origin,
        found={"resource_server": 'but with "{origin}".*auth0_resource_server: identifier: {url}[.]$'},
    ),
    Row(
        "no such API, permissive client",
        {
            "python": "^LoginRefused: access_denied: Service not found: {url}$",
            "typescript": "^OAuthError: Service not found: {url}$",
            "inspector": "^exit 1: .*Service not found: {url}",
        },
        permissive_without_api,
        found={"resource_server": 'but with "{url}/"', **PERMISSIVE},
    ),
    Row(
        "no offline access",
        everywhere(WORKS),
        no_offline_access,
        found={"offline_access": "auth0_resource_server: allow_offline_access: true"},
    ),
    Row(
        "client's URL with a slash",
        {**NOT_FOUND_AT_GATEWAY, "python": "^LoginRefused: Something went wrong .*Service not found: {origin} "},
        url="{url}/",
        found={"url": "a trailing slash.*use '{url}'"},
    ),
    Row(
        "client's URL with another host",
        page("Service not found: {local} "),
        url="{local}",
        found={"resource_server": 'but with "{url}"', "project_audience": '"{url}"[.] Expected: {local}'},
    ),
    Row(
        "another audience",
        REFUSED_AT_GATEWAY,
        project=lambda _: partial(edit_policy, audience="https://other.example/mcp"),
        log=OTHER_AUDIENCE,
        found={
            "project_audience": '"https://other.example/mcp"[.] Expected: {url}[.] Remedy: .*: mcp_server_url: {url}',
            "own_token": "status 401.*the policy's audience or auth0Domain is wrong",
        },
    ),
    Row(
        "no audience",
        everywhere(WORKS),
        project=lambda _: partial(edit_policy, audience=None),
        open=True,
        found={"project_audience": "has no audience, so any token of the tenant is accepted", **ANY_TOKEN},
    ),
    Row(
        "audience of an unset variable",
        everywhere(WORKS),
        project=lambda _: partial(edit_policy, audience="$env(MCP_NOT_SET)"),
        open=True,
        found={
            "project_audience": "where that is unset, any token of the tenant is accepted.*mcp_host_env",
            **ANY_TOKEN,
        },
    ),
    Row(
        "domain where nobody answers",
        REFUSED_AT_GATEWAY,
        project=domain(NOBODY),
        log="error sending request|onnect",
        found=WRONG_DOMAIN,
    ),
    Row(
        "domain that does not exist",
        REFUSED_AT_GATEWAY,
        project=domain("tenant.invalid"),
        log="dns error|lookup",
        found=WRONG_DOMAIN,
    ),
    Row(
        "domain with a scheme",
        REFUSED_AT_GATEWAY,
        project=domain("https://{domain}"),
        log="dns error|lookup",
        found=WRONG_DOMAIN,
    ),
    Row(
        "domain with a slash",
        REFUSED_AT_GATEWAY,
        project=domain("{domain}/"),
        log="Expected 200 OK from the JSON Web Key Set",
        found=WRONG_DOMAIN,
    ),
    Row(
        "another name of the domain",
        REFUSED_AT_GATEWAY,
        project=domain("localhost:{port}"),
        log='unexpected "iss" claim value',
        found=WRONG_DOMAIN,
    ),
    Row(
        "issuer where nobody answers",
        {
            "python": "^ConnectError: All connection attempts failed$",
            "typescript": "^TypeError: fetch failed$",
            "inspector": "^exit 4: fetch failed$",
        },
        project=servers(f"https://{NOBODY}/"),
        found={
            "project_plugin": "https://127.0.0.1:1/",
            "authorization_servers": "https://127.0.0.1:1/",
            "authorization_server_metadata": "no answer: Connection refused.*zuplo_mcp_oauth: issuer_domain: {domain}",
        },
    ),
    Row(
        "issuer without a slash",
        MISMATCH,
        project=servers("https://{domain}"),
        found={
            "project_plugin": "the slash at its end is missing",
            "authorization_servers": "the slash at its end is missing.*zuplo_mcp_oauth: issuer_domain: {domain}",
            "issuer": "the same string in both",
        },
    ),
    Row(
        "another name of the issuer",
        MISMATCH,
        project=servers("https://localhost:{port}/"),
        found={
            "project_plugin": "https://localhost",
            "authorization_servers": "https://localhost.*zuplo_mcp_oauth: issuer_domain: {domain}",
            "issuer": "the same string in both",
        },
    ),
    Row(
        "no plugin",
        NOT_FOUND_AT_GATEWAY,
        project=lambda _: drop_plugin,
        found={
            "project_plugin": "registers no OAuthProtectedResourcePlugin",
            "www_authenticate": "names no resource_metadata.*and register the plugin",
            "protected_resource_metadata": "no OAuthProtectedResourcePlugin[.].*register the OAuth",
        },
    ),
    Row(
        "no metadata in the challenge",
        everywhere(WORKS),
        project=lambda _: partial(edit_policy, oAuthResourceMetadataEnabled=None),
        found={
            "project_route": "oAuthResourceMetadataEnabled",
            "www_authenticate": "oAuthResourceMetadataEnabled: true",
        },
    ),
    # The client is in, and sees the tool; only the call fails.
    Row(
        "a tool for another audience",
        {**everywhere("^answered: .*Unauthorized"), "inspector": "^exit 5: Tool 'hello' returned isError:true"},
        project=lambda _: partial(guard_tool, audience=OTHER),
        log=OTHER_AUDIENCE,
        found={"project_tools": "the policy other-inbound has the audience.*policies.inbound of the tool's route"},
    ),
    # Anyone is let in and sees the tools; these still ask for the token that the client was never asked for.
    Row(
        "no policy",
        {
            **everywhere("^answered: .*Bearer token required"),
            "inspector": "^exit 5: Tool 'hello' returned isError:true",
        },
        project=lambda _: partial(detach_policy, name=MCP_ROUTES),
        open=True,
        found={"project_route": "open to everyone.*zuplo_mcp_oauth: project_dir", "unauthorized": "open to everyone"},
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_breaks(site: Site, gateways: Gateways, row: Row) -> None:
    site.restore()
    if row.tenant:
        row.tenant(site)
    gateway = gateways.open(row.project(site) if row.project else None)
    strings = {
        "url": site.url,
        "origin": gateway.origin,
        "local": f"http://localhost:{site.port}/mcp",
        "domain": site.tenant.domain,
    }
    found = site.check(gateway.project, row.url.format(**strings))
    said = len(gateway.log)
    seen = {name: outcome(client, row.url.format(**strings), site) for name, client in CLIENTS.items()}

    escaped = {key: re.escape(value) for key, value in strings.items()}
    expected = {name: pattern.format(**escaped) for name, pattern in row.seen.items()}
    different = {name: text for name, text in seen.items() if not re.search(expected[name], text, re.DOTALL)}
    assert different == {}
    assert set(found) == set(row.found), found
    for name, pattern in row.found.items():
        assert re.search(pattern.format(**escaped), Finding(**found[name]).sentence)
        assert found[name]["remedy"]
    # Where a client fails, or anyone gets in, a check fails; where all work, it only warns.
    failed = any(finding["status"] == "fail" for finding in found.values())
    assert failed == (row.open or set(row.seen.values()) != {WORKS})
    if row.log:
        assert gateway.says(row.log, said), gateway.log[said:]
    # A token of the tenant for an API that is not the MCP server's.
    assert initialize(site.url, site.tenant.token()) == (200 if row.open else 401)


def outcome(client: Client, url: str, site: Site) -> str:
    """WORKS, or what the tool answered instead, or the client's words of failure."""
    try:
        seen = client(url, site.tenant.ca_path)
    except ClientFailed as error:
        return str(error)
    assert seen.tools == ["hello"]
    return WORKS if seen.answer == '{"greeting":"Hello, MCP!"}' else f"answered: {seen.answer}"
