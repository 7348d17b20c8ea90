# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The sample playbooks: from an empty tenant to a gateway's project, and back. `tests/mcp` has the clients' view."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from tests.integration.harness import DATABASE, Play, Tenant, content

PLAYBOOK = "mcp_ops.oauth.mcp_server"
ABSENT = "mcp_ops.oauth.mcp_server_absent"
URL = "https://mcp.example.com/mcp"
API = "GET resource-servers/https%3A%2F%2Fmcp.example.com%2Fmcp"
# What the preflight reads, and the tasks of an unchanged run again.
PLANNED = [API, "GET tenants/settings", "GET connections", "GET client-grants", "GET tenants/settings"]
READS = [*PLANNED, *PLANNED]
# With no connection at domain level, the one to promote is read as well.
FIRST_PLANNED = [*PLANNED[:3], "GET connections", *PLANNED[3:]]
FIRST_READS = [*FIRST_PLANNED, *FIRST_PLANNED]
# The tasks that change something on an empty tenant, in order: what lets clients in comes last.
CHANGES = [
    "Create or update the API of the MCP server",
    "Enable the resource parameter (RFC 8707) and the iss response parameter (RFC 9207)",
    "Promote the connections to domain level",
    "Grant third-party applications access to the API for their users",
    "Set the tenant's flags for client registration",
]
DOCUMENTS = "Enable client ID metadata documents"
PROJECT = "Write the gateway's configuration into the Zuplo project"
CHECK = "Check the Zuplo project, the gateway and the tenant"
VERDICT = "Fail if the check failed"
# What the check at the end sends, in this order.
CHECKS = [
    "GET /.well-known/oauth-authorization-server",
    "GET tenants/settings",
    API,
    "GET client-grants",
    "GET connections",
    "GET rules",
    "GET clients",
]
GONE = ["Delete the grant of third-party applications for the API", "Delete the API of the MCP server"]
GUIDE = [CHANGES[0], CHANGES[2], CHANGES[4]]
# The tasks from the preflight on, as Ansible counts them.
PREFLIGHT = "Check that every step can be carried out"
FIRST, LAST = 8, 27
ROUTES = "config/routes.oas.json"


def of(project: Path) -> dict[str, t.Any]:
    """The variables of the playbook that name a project."""
    return {"mcp_server_url": URL, "mcp_zuplo_project_dir": str(project), "mcp_zuplo_operations": [{"id": "hello"}]}


def test_first_run_and_second_run(play: Play, tenant: Tenant) -> None:
    scopes = [{"value": "tools:read", "description": "Read"}]
    preview = play(PLAYBOOK, "--check", "--diff", mcp_server_url=URL, mcp_scopes=scopes)
    assert preview.rc == 0, preview.output
    assert preview.changed == CHANGES
    # The grant names a scope that a real run would find at the API.
    assert preview.calls == [*FIRST_READS[:-1], API, *FIRST_READS[-1:]]

    first = play(PLAYBOOK, "--diff", mcp_server_url=URL, mcp_scopes=scopes)
    assert first.rc == 0, first.output
    assert first.changed == preview.changed
    # A write each, and the settings are read back twice.
    assert len(first.calls) == len(FIRST_READS) + 1 + 7 + len(CHECKS)
    assert [step.result.get("diff") for step in first.steps] == [s.result.get("diff") for s in preview.steps]

    second = play(PLAYBOOK, mcp_server_url=URL, mcp_scopes=scopes)
    assert second.rc == 0, second.output
    assert second.changed == []
    assert second.calls == READS + CHECKS
    assert [run.logins for run in (preview, first, second)] == [1, 1, 1]

    facts = second["Set the fact zuplo_mcp_oauth"].result["ansible_facts"]["zuplo_mcp_oauth"]
    assert facts["audience"] == URL
    assert facts["issuer"] == f"https://{tenant.domain}/"
    api = tenant.api("GET", API.removeprefix("GET "))
    assert (
        api.items()
        >= {
            "identifier": facts["audience"],
            "signing_alg": "RS256",
            "token_dialect": "rfc9068_profile",
            "allow_offline_access": True,
        }.items()
    )
    assert tenant.call("GET", "/.well-known/openid-configuration")["issuer"] == facts["issuer"]
    settings = tenant.api("GET", "tenants/settings")
    assert settings["resource_parameter_profile"] == "compatibility"
    assert settings["authorization_response_iss_parameter_supported"] is True
    assert not settings.get("client_id_metadata_document_supported")
    assert settings["flags"]["enable_dynamic_client_registration"] is True
    assert tenant.connection()["is_domain_connection"] is True
    (grant,) = tenant.api("GET", "client-grants?default_for=third_party_clients")
    assert grant.items() >= {"audience": URL, "subject_type": "user", "scope": ["tools:read"]}.items()


def test_the_steps_of_the_original_guide(play: Play) -> None:
    first = play(PLAYBOOK, "--tags", "guide", mcp_server_url=URL)
    assert first.rc == 0, first.output
    assert first.changed == GUIDE
    assert len(first.calls) == 4 + 8
    second = play(PLAYBOOK, "--tags", "guide", mcp_server_url=URL)
    assert second.changed == []
    assert second.calls == [API, "GET connections", "GET tenants/settings"] * 2


@pytest.mark.parametrize(
    ("arguments", "scopes", "changes"),
    [
        (("--tags", "client_grant"), ["client_grants"], [CHANGES[3]]),
        (("--tags", "guide"), ["resource_servers", "connections", "tenant_settings"], GUIDE[1:]),
        (
            ("--skip-tags", "tenant_settings,client_registration,client_grant,verify"),
            ["resource_servers", "connections"],
            [CHANGES[2]],
        ),
        (
            ("--skip-tags", "guide,verify"),
            ["tenant_settings", "client_grants"],
            [CHANGES[1], CHANGES[3]],
        ),
    ],
)
def test_a_token_needs_only_what_the_chosen_steps_need(
    play: Play, tenant: Tenant, arguments: tuple[str, ...], scopes: list[str], changes: list[str]
) -> None:
    tenant.api("POST", "resource-servers", {"identifier": URL})
    tenant.grant(*(f"{action}:{scope}" for scope in scopes for action in ("read", "create", "update")))
    run = play(PLAYBOOK, *arguments, mcp_server_url=URL)
    assert run.rc == 0, run.output
    assert run.changed == changes


def test_tags_of_the_caller_s_own(play: Play, tenant: Tenant, project: Path) -> None:
    role: dict[str, t.Any] = {
        "name": "import",
        "ansible.builtin.import_role": {"name": "mcp_ops.oauth.mcp_server"},
        "vars": of(project),
        "tags": ["ours"],
    }
    tenant.grant("read:resource_servers", "create:resource_servers")
    poor = play([role], "--tags", "ours")
    assert poor.rc == 2
    assert poor.requests_of("GET") == [request for request in poor.requests if request["path"] != "/oauth/token"]
    tenant.call("POST", "/_emulator/reset")
    run = play([role], "--tags", "ours")
    assert run.rc == 0, run.output
    assert run.changed == [*CHANGES, PROJECT]
    without = play([role], "--tags", "zuplo", env={"AUTH0_CLIENT_ID": None, "AUTH0_CLIENT_SECRET": None})
    assert (without.rc, without.changed, without.requests) == (0, [], [])


def test_registration_is_opened_as_asked(play: Play, tenant: Tenant) -> None:
    neither = play(PLAYBOOK, mcp_server_url=URL, mcp_client_registration=[])
    assert neither.rc == 0, neither.output
    assert "Client registration:  left as it is" in neither.output
    settings = tenant.api("GET", "tenants/settings")
    assert "enable_dynamic_client_registration" not in settings["flags"]
    assert "client_id_metadata_document_supported" not in settings
    on_the_fly = play(PLAYBOOK, mcp_server_url=URL, mcp_client_registration=["cimd"], mcp_cimd_on_the_fly=True)
    assert on_the_fly.changed == [DOCUMENTS]
    settings = tenant.api("GET", "tenants/settings")
    assert settings["client_id_metadata_document_dynamic_registration_supported"] is True
    assert "enable_dynamic_client_registration" not in settings["flags"]


@pytest.mark.parametrize("before", range(FIRST, LAST, 6))
def test_killed_anywhere_it_converges(play: Play, project: Path, before: int) -> None:
    killed = play(PLAYBOOK, **of(project), env={"RECORD_KILL_BEFORE": str(before)})
    assert killed.rc == -9
    assert len(killed.steps) == before - 1
    again = play(PLAYBOOK, **of(project))
    assert again.rc == 0, again.output
    assert len(again.changed) == len([*CHANGES, PROJECT]) - len(killed.changed)
    third = play(PLAYBOOK, **of(project))
    assert third.changed == []
    assert third.calls == READS + CHECKS


def test_a_project_gets_the_gateway_s_configuration_and_gives_it_back(play: Play, project: Path) -> None:
    before = content(project)
    preview = play(PLAYBOOK, "--check", "--diff", **of(project))
    assert preview.rc == 0, preview.output
    assert preview.changed == [*CHANGES, PROJECT]
    assert content(project) == before

    first = play(PLAYBOOK, "--diff", **of(project))
    assert first.rc == 0, first.output
    assert first.changed == preview.changed
    assert first[PROJECT].result["diff"] == preview[PROJECT].result["diff"]
    assert f'"audience":"{URL}"' in (project / "config/policies.json").read_text().replace(" ", "")
    found = {one["name"]: one["status"] for one in first[CHECK].result["findings"]}
    assert {name for name, status in found.items() if status not in ("pass", "skip")} == {"project_tools"}
    assert found["project_tools"] == "warn"
    # Nothing of what the run has set up is left unchecked, but for what only a gateway can show.
    assert found.pop("project_tool_scopes") == "skip"  # no tools are described
    assert {found[name] for name in found if name.startswith("project_")} == {"pass", "warn"}
    assert found["gateway"] == "skip"
    # The table, as a person reads it.
    assert f"PASS  project_audience               {URL}" in first.output
    assert "remedy: mcp_ops.oauth.zuplo_mcp_oauth: attach_to_tools: true" in first.output

    guarded = play(PLAYBOOK, "--tags", "zuplo", mcp_zuplo_attach_to_tools=True, **of(project))
    assert guarded.changed == [PROJECT]
    assert guarded.calls == []
    assert "mcp-oauth-inbound" in (project / ROUTES).read_text()

    gone = play(ABSENT, mcp_server_url=URL, mcp_zuplo_project_dir=str(project))
    assert gone.changed[-1] == "Remove the gateway's configuration from the Zuplo project"
    assert content(project) == before


def test_variables_of_the_gateway_stand_in_for_values(play: Play, project: Path) -> None:
    names: dict[str, t.Any] = {"mcp_zuplo_issuer_domain_env": "AUTH0_DOMAIN", "mcp_zuplo_mcp_host_env": "MCP_HOST"}
    run = play(PLAYBOOK, "--tags", "zuplo", **of(project), **names)
    assert run.rc == 0, run.output
    assert "auth0Domain $env(AUTH0_DOMAIN), audience https://$env(MCP_HOST)/mcp" in run.output
    assert "$env(AUTH0_DOMAIN)" in (project / "config/policies.json").read_text()


@pytest.mark.parametrize("playbook", [PLAYBOOK, ABSENT])
def test_a_project_that_cannot_be_edited_stops_all(play: Play, project: Path, playbook: str) -> None:
    (project / ROUTES).write_text("// not JSON\n{}")
    run = play(playbook, **of(project))
    assert run.rc == 2
    assert f"{ROUTES} is not strict JSON" in run[PREFLIGHT].result["msg"]
    assert run.changed == [step.name for step in run.steps if step.writes] == []


def test_what_clients_would_meet_ends_the_run(play: Play, tenant: Tenant) -> None:
    assert play(PLAYBOOK, mcp_server_url=URL).rc == 0
    tenant.api("PATCH", f"connections/{tenant.connection()['id']}", {"is_domain_connection": False})
    looked = play(PLAYBOOK, "--tags", "verify", mcp_server_url=URL)
    assert looked.rc == 2
    assert looked.changed == []
    assert "lets others in. Failed: connection. The table above" in looked[VERDICT].result["msg"]
    assert "FAIL  connection" in looked.output
    assert looked.calls == CHECKS

    off = play(PLAYBOOK, "--skip-tags", "connection", mcp_server_url=URL, mcp_verify=False)
    assert off.rc == 0, off.output
    assert off[CHECK].status == "skipped"

    later = play(PLAYBOOK, "--skip-tags", "connection", mcp_server_url=URL, mcp_gateway_deployed=False)
    assert "since gateway_deployed is false" in later[CHECK].result["summary"]

    required = play(PLAYBOOK, mcp_server_url=URL, mcp_gateway_deployed=True)
    assert required.changed == [CHANGES[2]]
    assert "Failed: gateway." in required[VERDICT].result["msg"]


READ_SCOPES = ("read:connections", "read:resource_servers", "read:tenant_settings", "read:client_grants")


@pytest.mark.parametrize("check", [(), ("--check",)])
def test_all_that_is_in_the_way_is_reported_before_anything_changes(
    play: Play, tenant: Tenant, project: Path, check: tuple[str, ...]
) -> None:
    (project / ROUTES).write_text("// not JSON\n{}")
    wrong: dict[str, t.Any] = {
        "mcp_connection": ["no-such", "nor-such"],
        "mcp_tenant_flags": {"legacy_custom_claims": True},
        "mcp_scopes": [{"value": "tools:read"}],
        "mcp_client_scopes": ["tools:reed"],
    }
    run = play(PLAYBOOK, *check, **of(project), **wrong)
    assert run.rc == 2
    assert [text.partition(": ")[0] for text in run[PREFLIGHT].result["obstacles"]] == [
        "mcp_zuplo_project_dir or mcp_zuplo_operations",
        "mcp_connection",
        "mcp_connection",
        "mcp_client_scopes or mcp_scopes",
        "mcp_tenant_flags",
    ]
    assert run.changed == [step.name for step in run.steps if step.writes] == []
    secret = play(PLAYBOOK, *check, **of(project), env={"AUTH0_CLIENT_SECRET": "wrong"})
    login, files = secret[PREFLIGHT].result["obstacles"]
    assert login.startswith("Auth0 refused the credentials. Check auth0_client_id")
    assert ROUTES in files


def test_a_preview_with_a_token_that_can_only_read_is_complete_and_fails(play: Play, tenant: Tenant) -> None:
    tenant.grant(*READ_SCOPES)
    run = play(PLAYBOOK, "--check", "--diff", mcp_server_url=URL)
    assert run.rc == 2
    assert run.changed == CHANGES
    lacking = "create:resource_servers, update:tenant_settings, update:connections, create:client_grants"
    assert f"the token lacks the scopes {lacking}." in run["Fail if the token cannot write"].result["msg"]


def test_nothing_is_written_unless_all_of_it_can_be(play: Play, tenant: Tenant) -> None:
    slash = play(PLAYBOOK, mcp_server_url=f"{URL}/")
    assert f"use '{URL}'" in slash.output
    assert slash.changed == []

    nothing = play(PLAYBOOK)
    assert "mcp_server_url or auth0_domain is not set. Set mcp_server_url to the public URL" in nothing.output
    nowhere = play(PLAYBOOK, mcp_server_url=URL, env={"AUTH0_DOMAIN": None})
    assert "AUTH0_DOMAIN, to the host name of the tenant" in nowhere.output
    misspelt = play(PLAYBOOK, mcp_server_url=URL, mcp_client_registration=["dcm"])
    assert "dcm" in misspelt.output
    assert misspelt.requests == []
    both: dict[str, t.Any] = {"mcp_tenant_flags": {"enable_dynamic_client_registration": False}}
    assert (
        "Leave enable_dynamic_client_registration out of mcp_tenant_flags"
        in play(PLAYBOOK, mcp_server_url=URL, **both).output
    )

    tenant.grant(*READ_SCOPES, "create:resource_servers")
    poor = play(PLAYBOOK, mcp_server_url=URL)
    assert poor.rc == 2
    assert "The token lacks the scopes update:tenant_settings, update:connections" in poor.output
    assert [step.name for step in poor.steps if step.writes] == []


@pytest.mark.parametrize("arguments", [("--tags", "cleint_grant"), ("--skip-tags", "verfy")])
def test_an_unknown_tag_is_reported(play: Play, arguments: tuple[str, ...]) -> None:
    run = play(PLAYBOOK, *arguments, mcp_server_url=URL)
    assert run.rc == 2
    assert f"There is no tag {arguments[1]}. The tags are guide, resource_server" in run.output
    assert run.requests == []


def test_a_run_can_start_at_any_task(play: Play, tenant: Tenant) -> None:
    whole = play(PLAYBOOK, mcp_server_url=URL)
    assert whole.rc == 0, whole.output
    for step in (CHANGES[2], DOCUMENTS, "Summary", CHECK):
        run = play(PLAYBOOK, "--start-at-task", f"mcp_ops.oauth.mcp_server : {step}", mcp_server_url=URL)
        assert (run.rc, run.changed) == (0, []), run.output
        assert run.steps[0].name == step


def test_several_connections(play: Play, tenant: Tenant) -> None:
    tenant.api("POST", "connections", {"name": "google-oauth2", "strategy": "google-oauth2"})
    tenant.api("POST", "connections", {"name": "unnamed", "strategy": "auth0", "is_domain_connection": True})
    names = [DATABASE, "google-oauth2"]
    run = play(PLAYBOOK, mcp_server_url=URL, mcp_connection=names)
    assert run.rc == 0, run.output
    assert all(one["is_domain_connection"] for one in tenant.api("GET", "connections"))
    assert f"Users log in with:    the connection {', '.join(names)}" in run.output
    # The check is about the named ones.
    seen = {one["name"]: one["seen"] for one in run[CHECK].result["findings"]}
    assert seen["connection"] == f'at domain level: ["{DATABASE}", "google-oauth2"]'


def test_credentials_and_settings_in_variables(play: Play, tenant: Tenant) -> None:
    """They win over the environment, and over what the environment holds in their place."""
    variables = {
        "auth0_domain": tenant.domain,
        "auth0_client_id": tenant.client_id,
        "auth0_client_secret": tenant.client_secret,
        "auth0_ca_path": tenant.ca_path,
        "auth0_timeout": 5,
    }
    wrong = dict.fromkeys(("DOMAIN", "CLIENT_ID", "CLIENT_SECRET", "ACCESS_TOKEN"), "wrong")
    env = {**{f"AUTH0_{name}": value for name, value in wrong.items()}, "AUTH0_CA_PATH": None}
    for playbook in (PLAYBOOK, ABSENT):
        run = play(playbook, "-vvv", mcp_server_url=URL, env=env, **variables)
        assert run.rc == 0, run.output
        assert run.logins == 1
        assert tenant.client_secret not in run.output


def test_the_play_s_module_defaults_stay_in_force(play: Play, tenant: Tenant) -> None:
    block = {
        "block": [{"ansible.builtin.import_role": {"name": "mcp_ops.oauth.mcp_server"}}],
        "vars": {"mcp_server_url": URL},
        "module_defaults": {
            "group/mcp_ops.oauth.auth0": {
                "ca_path": tenant.ca_path,
                "auth_client_id": tenant.client_id,
                "auth_client_secret": tenant.client_secret,
            }
        },
    }
    env: dict[str, str | None] = dict.fromkeys(("AUTH0_CA_PATH", "AUTH0_CLIENT_ID", "AUTH0_CLIENT_SECRET"))
    run = play([block], env=env)
    assert run.rc == 0, run.output
    assert run.changed == CHANGES
    assert run.logins == 1


def test_teardown_removes_what_this_server_owned(play: Play, tenant: Tenant) -> None:
    other: dict[str, t.Any] = {"identifier": "https://other.example.com/mcp", "name": "Other"}
    tenant.api("POST", "resource-servers", other)
    grant = {"default_for": "third_party_clients", "audience": other["identifier"], "subject_type": "user", "scope": []}
    tenant.api("POST", "client-grants", grant)
    assert play(PLAYBOOK, mcp_server_url=URL).rc == 0
    before = tenant.api("GET", "tenants/settings")

    preview = play(ABSENT, "--check", mcp_server_url=URL)
    assert preview.rc == 0, preview.output
    assert not [call for call in preview.calls if not call.startswith("GET ")]
    first = play(ABSENT, mcp_server_url=URL)
    assert first.rc == 0, first.output
    assert first.changed == preview.changed == GONE
    assert play(ABSENT, mcp_server_url=URL).changed == []
    assert tenant.api("GET", "tenants/settings") == before
    assert tenant.connection()["is_domain_connection"] is True
    custom = [api for api in tenant.api("GET", "resource-servers") if not api.get("is_system")]
    assert [api["identifier"] for api in custom] == [other["identifier"]]
    assert len(tenant.api("GET", "client-grants?default_for=third_party_clients")) == 1

    tenant.api("PATCH", "tenants/settings", {"client_id_metadata_document_supported": True})
    closed = play(ABSENT, "-e", "mcp_close_registration=true", mcp_server_url=URL)
    assert closed.rc == 0, closed.output
    settings = tenant.api("GET", "tenants/settings")
    assert settings["flags"]["enable_dynamic_client_registration"] is False
    assert settings["client_id_metadata_document_supported"] is False


def test_the_role_in_a_play_of_ones_own(play: Play) -> None:
    run = play(
        [
            {
                "name": "include",
                "ansible.builtin.include_role": {"name": "mcp_ops.oauth.mcp_server"},
                "vars": {"mcp_server_url": URL, "mcp_server_name": "Included"},
            },
            {
                "name": "fact",
                "ansible.builtin.assert": {"that": "zuplo_mcp_oauth.audience == mcp_derived.config.audience"},
            },
        ]
    )
    assert run.rc == 0, run.output
    assert run.changed == CHANGES
