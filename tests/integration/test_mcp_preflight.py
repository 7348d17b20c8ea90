# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""mcp_preflight: all that is in the way of a list of tasks, at once, and nothing written."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from tests.integration.harness import DATABASE, Play, Run, Step, Tenant

URL = "https://mcp.example.com/mcp"
API = "GET resource-servers/https%3A%2F%2Fmcp.example.com%2Fmcp"
GRANT = {"default_for": "third_party_clients", "audience": URL, "subject_type": "user"}


def step(module: str, /, *variables: str, tags: t.Sequence[str] = (), **options: t.Any) -> dict[str, t.Any]:
    return {"module": module, "options": options, "variables": list(variables), "tags": list(tags)}


def preflight(play: Play, *steps: dict[str, t.Any], check: bool = False, **options: t.Any) -> Step:
    task = {"name": "preflight", "mcp_ops.oauth.mcp_preflight": {"steps": steps, **options}, "check_mode": check}
    run: Run = play([task])
    (only,) = run.steps
    assert [call for call in only.calls if not call.startswith("GET ")] == []
    assert only.result["changed"] is False
    return only


@pytest.mark.parametrize("check", [False, True])
def test_all_that_is_in_the_way_is_one_message(play: Play, tenant: Tenant, project: Path, check: bool) -> None:
    (project / "config/routes.oas.json").write_text("// not JSON")
    found = preflight(
        play,
        step("zuplo_mcp_oauth", "mcp_server_url", issuer_domain=tenant.domain, mcp_server_url=f"{URL}/"),
        step(
            "zuplo_mcp_oauth",
            "mcp_zuplo_project_dir",
            issuer_domain=tenant.domain,
            mcp_server_url=URL,
            project_dir=str(project),
        ),
        step("auth0_resource_server", "mcp_scopes", identifier=URL, scopes=[{"value": "a"}, {"value": "a"}]),
        step("auth0_connection_domain", "mcp_connection", name="google-oauth2"),
        step("auth0_client_grant", "mcp_client_scopes", **GRANT, scope=["b"]),
        step("auth0_tenant_flags", "mcp_tenant_flags", flags={"legacy_custom_claims": False, "enable_sso": "maybe"}),
        step("auth0_tenant_settings", device_flow={"mask": ""}),
        check=check,
    )
    assert found.status == "failed"
    expected = [
        ("mcp_server_url: ", f"use '{URL}'"),
        ("mcp_zuplo_project_dir: ", "config/routes.oas.json is not strict JSON"),
        ("mcp_scopes: ", "scopes lists 'a' twice"),
        ("mcp_connection: ", f"It has: {DATABASE}."),
        ("mcp_client_scopes: ", f"The tenant has no API with the identifier '{URL}'."),
        ("mcp_tenant_flags: ", "enable_sso"),
        ("mcp_tenant_flags: ", "flags.legacy_custom_claims. Supported parameters include: allow_changing_enable_sso"),
        ("", "device_flow.mask has 0 characters"),
    ]
    for obstacle, (start, part) in zip(found.result["obstacles"], expected, strict=True):
        assert obstacle.startswith(start)
        assert part in obstacle
        assert obstacle in found.result["msg"]
    assert found.result["msg"].startswith("Nothing has been changed. 8 obstacles: (1) mcp_server_url: ")


def test_each_step_is_planned_as_if_those_before_were_done(play: Play, tenant: Tenant) -> None:
    found = preflight(
        play,
        step("auth0_resource_server", identifier=URL, scopes=[{"value": "a"}]),
        step("auth0_client_grant", **GRANT, scope=["a"]),
        step("auth0_tenant_settings", resource_parameter_profile="compatibility"),
        step("auth0_tenant_settings", client_id_metadata_document_supported=True),
    )
    assert found.status == "ok", found.result.get("traceback")
    assert found.result["obstacles"] == found.result["missing_scopes"] == []
    # The API is read once, and so are the settings; and where documents are advertised, who has one, and the flags.
    assert found.calls == [API, "GET client-grants", "GET tenants/settings", "GET clients", "GET tenants/settings"]
    assert "Auth0 refuses Claude Code" in found.warnings
    assert found.logins == 1


def test_a_repeated_task(play: Play, tenant: Tenant) -> None:
    loop = {**step("auth0_connection_domain", "mcp_connection"), "loop": {"option": "name", "values": [DATABASE, "x"]}}
    found = preflight(play, loop)
    assert len(found.result["obstacles"]) == 1
    assert found.result["msg"].startswith(
        "Nothing has been changed. mcp_connection: The tenant has no connection with the name 'x'."
    )


def test_only_tasks_that_run_are_planned(play: Play, tenant: Tenant) -> None:
    steps = [
        step("auth0_tenant_settings", tags=["settings"], session_lifetime=10),
        step("auth0_connection_domain", tags=["connection"], name="none"),
        {**step("auth0_connection_domain", tags=["settings"], name="none"), "when": False},
    ]
    chosen = preflight(play, *steps, run_tags=["settings"])
    assert (chosen.status, chosen.calls) == ("ok", ["GET tenants/settings"])
    assert preflight(play, *steps, skip_tags=["connection"]).calls == ["GET tenants/settings"]
    # A caller's own tag holds for all tasks of a role.
    assert "no connection" in preflight(play, *steps, run_tags=["ours"]).result["msg"]
    assert preflight(play, *steps, run_tags=["untagged"]).requests == []


@pytest.mark.parametrize("check", [False, True])
def test_scopes_that_the_token_lacks(play: Play, tenant: Tenant, check: bool) -> None:
    tenant.grant("read:connections", "update:tenant_settings")
    found = preflight(
        play,
        step("auth0_resource_server", identifier=URL),
        step("auth0_connection_domain", name=DATABASE),
        step("auth0_tenant_settings", resource_parameter_profile="compatibility"),
        check=check,
    )
    # What cannot be read cannot be planned, so all that the task may need is named.
    assert found.result["missing_scopes"] == [
        "read:resource_servers",
        "create:resource_servers",
        "update:resource_servers",
        "update:connections",
        "read:tenant_settings",
    ]
    text = f"The token lacks the scopes {', '.join(found.result['missing_scopes'])}, which the"
    assert text in (found.warnings if check else found.result["msg"])
    assert found.status == ("ok" if check else "failed")


def test_a_failed_login_is_reported_with_the_rest(play: Play, tenant: Tenant, project: Path) -> None:
    (project / "config/policies.json").write_text("[")
    steps = [
        step("zuplo_mcp_oauth", issuer_domain="a.auth0.com", mcp_server_url=URL, project_dir=str(project)),
        step("auth0_tenant_flags", flags={"nothing": True}),
        step("auth0_connection_domain", name="none"),
    ]
    found = preflight(play, *steps, login_error="Auth0 refused the credentials.")
    assert found.requests == []
    login, files, flags = found.result["obstacles"]
    assert login == "Auth0 refused the credentials."
    assert "config/policies.json" in files
    assert "flags.nothing" in flags
    # A login of its own that fails stops the reading, and is told once.
    wrong = preflight(play, *steps, auth_client_secret="wrong")
    assert [text.partition(".")[0] for text in wrong.result["obstacles"][1:]][1:] == ["Auth0 refused the credentials"]


def test_what_stops_every_read_is_told_once(play: Play, tenant: Tenant) -> None:
    steps = [step("auth0_connection_domain", "a", name="x"), step("auth0_tenant_settings", session_lifetime=3)]
    tenant.fault("GET", "/api/v2/connections", times=9, status=503)
    found = preflight(play, *steps, retry_timeout=0)
    (obstacle,) = found.result["obstacles"]
    assert obstacle.startswith("GET /api/v2/connections failed with status 503.")
    assert found.calls == ["GET connections"]


AUTHZ = {"identifier": URL, "name": "Ours", "token_dialect": "access_token_authz", "scopes": [{"value": "a"}]}


def test_what_it_takes_from_others_is_announced_or_refused(play: Play, tenant: Tenant) -> None:
    tenant.api("POST", "resource-servers", AUTHZ)
    tenant.api("POST", "client-grants", {**GRANT, "scope": ["a"]})
    tenant.api("PATCH", "tenants/settings", {"default_audience": "https://other/api"})
    (client,) = [one for one in tenant.api("GET", "clients") if one["name"] != "All Applications"][:1]
    tenant.api("POST", "client-grants", {"client_id": client["client_id"], "audience": URL, "scope": ["a"]})
    steps = [
        step("auth0_resource_server", "mcp_token_dialect", identifier=URL, token_dialect="rfc9068_profile"),
        step("auth0_tenant_settings", resource_parameter_profile="compatibility"),
        step("auth0_client_grant", "mcp_client_scopes", **GRANT, scope=[]),
        step("auth0_resource_server", identifier=URL, state="absent"),
    ]
    expected = [
        f"This affects all who use the API '{URL}': token_dialect becomes rfc9068_profile, and was access_token_authz.",
        "Until now they got tokens for default_audience 'https://other/api'",
        f"Third-party applications can no longer get these scopes of {URL}: a.",
        f"deletes the client grants of these applications: {client['client_id']}.",
    ]
    announced = preflight(play, *steps)
    assert announced.status == "ok", announced.result
    refused = preflight(play, *steps, refuse_impact=True)
    assert refused.status == "failed"
    for text in expected:
        assert text in announced.warnings
        assert text in refused.result["msg"]
        assert text not in refused.warnings


@pytest.mark.parametrize(
    ("fields", "finding"),
    [
        ({"signing_alg": "HS256"}, "signing_alg: HS256: the gateway has no key to verify tokens with."),
        ({"subject_type_authorization": {"user": {"policy": "deny_all"}}}, "resource_server: the API denies access"),
    ],
)
def test_an_api_with_which_clients_cannot_log_in(
    play: Play, tenant: Tenant, fields: dict[str, t.Any], finding: str
) -> None:
    tenant.api("POST", "resource-servers", {"identifier": URL, **fields})
    assert finding in preflight(play, step("auth0_resource_server", identifier=URL)).result["msg"]
    fixed: dict[str, t.Any] = {
        "signing_alg": "RS256",
        "subject_type_authorization": {"user": {"policy": "require_client_grant"}},
    }
    assert preflight(play, step("auth0_resource_server", identifier=URL, **fixed)).status == "ok"


def test_the_token_of_its_own_login_stays_out(play: Play, tenant: Tenant) -> None:
    token = tenant.token()
    body = {"statusCode": 400, "message": f"echo {token}", "errorCode": "bad"}
    tenant.fault("POST", "/oauth/token", status=200, body={"access_token": token, "expires_in": 100})
    tenant.fault("GET", "/api/v2/connections", times=9, status=400, body=body)
    found = preflight(play, step("auth0_connection_domain", name="x"))
    assert "echo (secret)" in found.result["msg"]
    assert token not in str(found.result)


def test_secrets_of_the_steps_stay_out(play: Play, tenant: Tenant) -> None:
    secrets = {"client_secret": "canary-in-options", "token": "canary-in-token"}
    run = play(
        [
            {
                "name": "preflight",
                "mcp_ops.oauth.mcp_preflight": {
                    "steps": [
                        step("auth0_connection", name="google-oauth2", strategy="google-oauth2", options=secrets),
                        step(
                            "auth0_resource_server",
                            identifier=URL,
                            signing_alg="HS256",
                            signing_secret="canary-of-signing",
                        ),
                    ]
                },
            }
        ],
        "-vvvv",
    )
    assert "HS256" in run["preflight"].result["msg"]
    assert "canary" not in run.output


def test_a_tenant_that_is_not_read_is_not_passed_over_in_silence(play: Play, tenant: Tenant) -> None:
    task = {"name": "preflight", "mcp_ops.oauth.mcp_preflight": {"steps": [step("auth0_connection_domain", name="x")]}}
    run = play([task], env={"AUTH0_CLIENT_ID": None, "AUTH0_CLIENT_SECRET": None})
    assert run["preflight"].requests == []
    assert run["preflight"].warnings.startswith("Only the options were checked, and not the tenant: domain or the")
