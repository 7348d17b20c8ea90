# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""auth0-deploy-cli, unmodified and not restricted to some kinds, exports a tenant and imports it again."""

from __future__ import annotations

import copy
import json
import subprocess
import typing as t
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.gateway.install import MODULES, NODE, environment
from tests.integration.conftest import player
from tests.integration.harness import DATABASE, Run, Tenant

DEPLOY_CLI = MODULES / "auth0-deploy-cli" / "lib" / "index.js"
PLAYBOOK = "mcp_ops.oauth.mcp_server"
URL = "https://mcp.example.com/mcp"
SCOPES = [{"value": "tools:read", "description": "Read"}, {"value": "tools:call", "description": "Call"}]
VARIABLES: dict[str, t.Any] = {"mcp_server_url": URL, "mcp_scopes": SCOPES}
OWN_APP = "Web application"
PARTNER = "partner"
SECRET = "secret-of-abc"
# Paths of the Management API whose answers an import of what was exported must leave as they are.
PATHS = ("resource-servers", "clients", "client-grants", "connections", "tenants/settings", "roles", "organizations")
Document = dict[str, t.Any]


@dataclass(frozen=True)
class Done:
    """A command of auth0-deploy-cli that ran."""

    rc: int
    output: str


@dataclass(frozen=True)
class RoundTrip:
    """A tenant that the playbook has set up is exported, imported and set up again; what it is around the import."""

    exported: Done
    document: Document
    before: Document
    imported: Done
    after: Document
    run: Run


def deploy_cli(tenant: Tenant, folder: Path, *arguments: str) -> Done:
    """It takes the CA as any Node.js program does, and a domain with a port like one without."""
    foreign = {name: value for name, value in environment().items() if not name.startswith("AUTH0_")}
    done = subprocess.run(
        [NODE, str(DEPLOY_CLI), *arguments],
        env={
            **foreign,
            "AUTH0_DOMAIN": tenant.domain,
            "AUTH0_CLIENT_ID": tenant.client_id,
            "AUTH0_CLIENT_SECRET": tenant.client_secret,
            "NODE_EXTRA_CA_CERTS": tenant.ca_path,
            # In place of secrets, an export holds such names, and an import takes out what it has no value for.
            "AUTH0_KEYWORD_REPLACE_MAPPINGS": json.dumps({"CONNECTIONS_OIDC_SECRET": SECRET}),
        },
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    )
    return Done(done.returncode, done.stdout)


def without_placeholder(document: Document) -> Document:
    """The export without what the tool itself refuses to import.

    A default grant has no `client_id`. The export (`dump` in lib/context/yaml/handlers/clientGrants.js) gives each
    grant the name of its client all the same, and `convertClientIdToName` in lib/utils.js answers `undefined_clientId`
    where there is no id. The import (`validate` in lib/tools/auth0/handlers/clientGrants.js) takes no grant with both
    `client_id` and `default_for`.
    """
    grants = [
        {key: value for key, value in grant.items() if (key, value) != ("client_id", "undefined_clientId")}
        for grant in document["clientGrants"]
    ]
    return {**document, "clientGrants": grants}


def with_default(before: Document) -> Document:
    """The tenant with what the tool adds: a default that its schema has for databases (handlers/databases.js)."""
    after = copy.deepcopy(before)
    for connection in after["connections"]:
        if connection["strategy"] == "auth0":
            connection["options"]["disable_self_service_change_password"] = False
    return after


def look(tenant: Tenant) -> Document:
    """What the Management API says of the tenant."""
    return {path: tenant.api("GET", path) for path in PATHS}


def furnish(tenant: Tenant) -> None:
    """What a tenant has besides the MCP server: an application that may use its API, another connection, a role."""
    app: Document = {
        "name": OWN_APP,
        "app_type": "regular_web",
        "callbacks": ["https://app.example/callback"],
        "jwt_configuration": {"alg": "RS256"},
        "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
    }
    made = tenant.api("POST", "clients", app)
    tenant.api("POST", "client-grants", {"client_id": made["client_id"], "audience": URL, "scope": ["tools:read"]})
    options: Document = {
        "type": "back_channel",
        "client_id": "abc",
        "client_secret": SECRET,
        "issuer": "https://idp.example",
        "authorization_endpoint": "https://idp.example/authorize",
        "token_endpoint": "https://idp.example/token",
        "jwks_uri": "https://idp.example/keys",
        "scope": "openid profile",
    }
    tenant.api("POST", "connections", {"name": PARTNER, "strategy": "oidc", "options": options})
    role = tenant.api("POST", "roles", {"name": "Tool user", "description": "Calls tools"})
    permission = {"resource_server_identifier": URL, "permission_name": "tools:call"}
    tenant.api("POST", f"roles/{role['id']}/permissions", {"permissions": [permission]})
    acme = tenant.api("POST", "organizations", {"name": "acme", "display_name": "Acme"})
    enabled = {"connection_id": tenant.connection()["id"], "assign_membership_on_login": True}
    tenant.api("POST", f"organizations/{acme['id']}/enabled_connections", enabled)


@pytest.fixture(scope="module")
def trip(emulator: Tenant, tmp_path_factory: pytest.TempPathFactory) -> RoundTrip:
    folder = tmp_path_factory.mktemp("deploy")
    emulator.call("POST", "/_emulator/reset")
    play = player(emulator, folder, "default")
    first = play(PLAYBOOK, **VARIABLES)
    assert first.rc == 0, first.output
    furnish(emulator)
    exported = deploy_cli(emulator, folder, "export", "--format", "yaml", "--output_folder", str(folder))
    file = folder / "tenant.yaml"
    document = yaml.safe_load(file.read_text(encoding="utf-8")) if file.exists() else {"clientGrants": []}
    file.write_text(yaml.safe_dump(without_placeholder(document)), encoding="utf-8")
    before = look(emulator)
    imported = deploy_cli(emulator, folder, "import", "--input_file", str(file))
    after = look(emulator)
    return RoundTrip(exported, document, before, imported, after, play(PLAYBOOK, **VARIABLES))


def test_the_export_ends_well(trip: RoundTrip) -> None:
    assert trip.exported.rc == 0, trip.exported.output
    assert "Export Successful" in trip.exported.output


def test_the_export_holds_the_tenant(trip: RoundTrip) -> None:
    (api,) = trip.document["resourceServers"]
    assert (api["identifier"], api["scopes"], api["signing_alg"]) == (URL, SCOPES, "RS256")
    assert {client["name"] for client in trip.document["clients"]} >= {OWN_APP}
    (database,) = trip.document["databases"]
    assert (database["name"], database["is_domain_connection"]) == (DATABASE, True)
    (partner,) = trip.document["connections"]
    assert (partner["name"], partner["strategy"]) == (PARTNER, "oidc")
    grants = {grant.get("default_for", grant["client_id"]): grant["scope"] for grant in trip.document["clientGrants"]}
    assert grants == {"third_party_clients": ["tools:read", "tools:call"], OWN_APP: ["tools:read"]}
    assert trip.document["tenant"]["flags"]["enable_dynamic_client_registration"] is True
    assert trip.document["tenant"]["resource_parameter_profile"] == "compatibility"
    (role,) = trip.document["roles"]
    permission = {"permission_name": "tools:call", "resource_server_identifier": URL}
    assert (role["name"], role["permissions"]) == ("Tool user", [permission])
    (organization,) = trip.document["organizations"]
    assert (organization["name"], organization["display_name"]) == ("acme", "Acme")
    (enabled,) = organization["connections"]
    assert (enabled["name"], enabled["assign_membership_on_login"]) == (DATABASE, True)


def test_the_tool_s_defect_is_there(trip: RoundTrip) -> None:
    """Where this fails, `without_placeholder` can go."""
    (default,) = (grant for grant in trip.document["clientGrants"] if "default_for" in grant)
    assert default["client_id"] == "undefined_clientId"


def test_the_import_ends_well(trip: RoundTrip) -> None:
    assert trip.imported.rc == 0, trip.imported.output
    assert "Import Successful" in trip.imported.output


@pytest.mark.parametrize("path", PATHS)
def test_the_import_leaves_the_tenant_as_it_was(trip: RoundTrip, path: str) -> None:
    assert trip.after[path] == with_default(trip.before)[path]


def test_the_playbook_changes_nothing_after_it(trip: RoundTrip) -> None:
    assert trip.run.rc == 0, trip.run.output
    assert trip.run.changed == []
    assert trip.run.recap["changed"] == 0
