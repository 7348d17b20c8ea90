# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the modules share: connection options, credentials, scopes, outages."""

from __future__ import annotations

import socket
import typing as t

import pytest
from joserfc.jwk import RSAKey

from tests.integration.harness import DATABASE, Play, Tenant, task

IDENTIFIER = "https://mcp.example.com/mcp"
PATH = "/api/v2/resource-servers/https%3A%2F%2Fmcp.example.com%2Fmcp"


def api(label: str = "api", **options: t.Any) -> dict[str, t.Any]:
    return task("auth0_resource_server", label, **{"identifier": IDENTIFIER, "name": "Example", **options})


def test_options_from_the_environment_and_from_group_defaults(play: Play, tenant: Tenant) -> None:
    options = {
        "domain": tenant.domain,
        "auth_client_id": tenant.client_id,
        "auth_client_secret": tenant.client_secret,
        "ca_path": tenant.ca_path,
    }
    nothing = dict.fromkeys(("AUTH0_DOMAIN", "AUTH0_CLIENT_ID", "AUTH0_CLIENT_SECRET", "AUTH0_CA_PATH"))
    tasks = [
        {**api("default"), "module_defaults": {"group/mcp_ops.oauth.auth0": options}},
        {
            "name": "flags",
            "mcp_ops.oauth.auth0_tenant_flags": {"flags": {"enable_client_connections": True}},
            "module_defaults": {"group/mcp_ops.oauth.auth0": options},
        },
        api("option", **options),
        api("neither"),
    ]
    run = play(tasks, env=nothing)
    assert [step.status for step in run.steps] == ["ok", "ok", "ok", "failed"]
    assert "domain" in run["neither"].result["msg"]

    run = play([api("environment"), api("option wins", domain="127.0.0.1:1", retry_timeout=0)])
    assert [step.status for step in run.steps] == ["ok", "failed"]

    token = tenant.token()
    for variable in ("AUTH0_ACCESS_TOKEN", "AUTH0_API_TOKEN"):
        run = play([api("token")], env={**nothing, "AUTH0_DOMAIN": tenant.domain, "AUTH0_CA_PATH": tenant.ca_path,
                                        variable: token})  # fmt: skip
        assert run["token"].logins == 0
        assert run.rc == 0


@pytest.mark.parametrize(
    ("env", "message"),
    [
        ({"AUTH0_CLIENT_SECRET": "wrong"}, "Auth0 refused the credentials. Check auth_client_id, its secret or key"),
        ({"AUTH0_CLIENT_SECRET": None}, "No credentials for the tenant. Set auth_access_token, or auth_client_id with"),
        ({"AUTH0_DOMAIN": "no-such-tenant.invalid"}, "Cannot reach no-such-tenant.invalid: "),
        ({"AUTH0_DOMAIN": "https://tenant.eu.auth0.com/"}, "a trailing slash. It must be a bare host with an optional "
         "port: use 'tenant.eu.auth0.com'"),
        ({"AUTH0_AUDIENCE": "https://other.example.com/"}, "set auth_audience to 'https://<canonical domain>/api/v2/'"),
        ({"AUTH0_CA_PATH": None}, "TLS failed: unable to get local issuer certificate. Set ca_path"),
        ({"AUTH0_CA_PATH": "/nonexistent.pem"}, "ca_path '/nonexistent.pem' does not exist"),
        ({"AUTH0_TIMEOUT": "0"}, "timeout is 0 seconds. It must be more than 0."),
        ({"AUTH0_CLIENT_ASSERTION_SIGNING_KEY": "not a key"}, "is not an unencrypted RSA private key in PEM"),
        ({"AUTH0_ACCESS_TOKEN": "stale", "AUTH0_CLIENT_SECRET": None}, "The token is not accepted"),
    ],
    ids=lambda value: next(iter(value.items()))[0] if isinstance(value, dict) else "",
)  # fmt: skip
def test_what_is_wrong_is_said(play: Play, env: dict[str, str | None], message: str) -> None:
    step = play([api()], env={"AUTH0_RETRY_TIMEOUT": "0.1", **env})["api"]
    assert message in step.result["msg"]
    assert step.writes == []


def test_an_unreachable_host(play: Play) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        domain = f"127.0.0.1:{unused.getsockname()[1]}"
        result = play([api(retry_timeout=2)], env={"AUTH0_DOMAIN": domain})["api"].result
    assert f"Cannot reach {domain}: no answer, tried 2 times: Connection refused." in result["msg"]
    assert result["failure"] == {"status": None, "code": None, "message": None, "request": "POST /oauth/token"}


def test_certificates_need_not_be_validated(play: Play) -> None:
    run = play([api()], env={"AUTH0_CA_PATH": None, "AUTH0_VALIDATE_CERTS": "false"})
    assert run.rc == 0
    assert "InsecureRequestWarning" not in run.output


def test_signed_assertion_in_place_of_a_secret(play: Play, tenant: Tenant) -> None:
    pair = RSAKey.generate_key(2048)
    pem = pair.as_pem(private=True).decode()
    for algorithm in ("RS256", "PS256"):
        credential = {"credential_type": "public_key", "pem": pair.as_pem(private=False).decode(), "alg": algorithm}
        methods = {"private_key_jwt": {"credentials": [credential]}}
        client = tenant.api("POST", "clients", {"name": algorithm, "client_authentication_methods": methods})
        scope = ["read:resource_servers", "create:resource_servers"]
        grant = {"client_id": client["client_id"], "audience": f"https://{tenant.domain}/api/v2/", "scope": scope}
        tenant.api("POST", "client-grants", grant)
        options = {
            "identifier": f"https://mcp.example.com/{algorithm}",
            "auth_client_id": client["client_id"],
            "auth_client_assertion_signing_key": pem,
            "auth_client_assertion_signing_alg": algorithm,
        }
        tenant.fault("POST", "/oauth/token", reset_after=True)
        run = play([api(**options)], "-vvvv")
        assert run.rc == 0, run.output
        # Auth0 takes an assertion only once, so the login whose answer was lost is repeated with a new one.
        logins = [request["body"] for request in run["api"].requests if request["path"] == "/oauth/token"]
        assert len({login["client_assertion"] for login in logins}) == 2
        assert not any("client_secret" in login for login in logins)
        assert pem.splitlines()[1] not in run.output


def test_a_missing_scope_is_found_before_the_write(play: Play, tenant: Tenant) -> None:
    tenant.grant("read:resource_servers", "read:tenant_settings", "read:connections")
    run = play(
        [
            api("create"),
            api("check create", check=True),
            {
                "name": "flags",
                "mcp_ops.oauth.auth0_tenant_flags": {"flags": {"enable_dynamic_client_registration": True}},
                "ignore_errors": True,
            },
            {
                "name": "connection",
                "mcp_ops.oauth.auth0_connection_domain": {"name": DATABASE},
                "ignore_errors": True,
            },
        ]
    )
    assert "lacks the scope create:resource_servers, which is needed to create the API" in run["create"].result["msg"]
    assert "lacks the scope update:tenant_settings" in run["flags"].result["msg"]
    assert "lacks the scope update:connections" in run["connection"].result["msg"]
    assert all(step.writes == [] for step in run.steps)
    # A preview with a token that can only read goes on, and says what the real run would say.
    assert run["check create"].changed
    assert "lacks the scope create:resource_servers" in run["check create"].warnings

    tenant.grant("create:resource_servers")
    result = play([api()])["api"].result
    assert "Grant the application one of these Management API scopes: read:resource_servers." in result["msg"]
    assert result["failure"] == {
        "status": 403,
        "code": "insufficient_scope",
        "message": "Insufficient scope, expected any of: read:resource_servers",
        "request": f"GET {PATH}",
    }


def test_an_expired_token_is_renewed_once(play: Play, tenant: Tenant) -> None:
    token = tenant.token()
    tenant.call("POST", "/_emulator/expire-tokens")
    step = play([api(auth_access_token=token)])["api"]
    assert [(r["method"], r["status"]) for r in step.requests] == [
        *(("GET", 401), ("POST", 200), ("GET", 404), ("POST", 201))
    ]
    tenant.fault("GET", PATH, 9, status=401, body={"statusCode": 401, "message": "Invalid token"})
    step = play([api(auth_access_token=token)])["api"]
    assert [request["status"] for request in step.requests] == [401, 200, 401]
    assert "The token is not accepted" in step.result["msg"]


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 429, "headers": {"Retry-After": "1"}},
        {"status": 429, "headers": {"x-ratelimit-reset": "0"}},
        {"status": 503},
        {"reset": True},
        {"reset_after": True},
        {"delay": 3},
    ],
    ids=lambda fault: "-".join(map(str, fault)) + str(fault.get("status", "")),
)
@pytest.mark.parametrize(("method", "path"), [("GET", PATH), ("POST", "/api/v2/resource-servers")])
def test_outages_are_ridden_out_and_nothing_is_created_twice(
    play: Play, tenant: Tenant, method: str, path: str, fault: dict[str, t.Any]
) -> None:
    tenant.fault(method, path, 2 if method == "GET" else 1, **fault)
    run = play([api(timeout=1)])
    assert run.rc == 0, run.output
    assert run["api"].changed
    assert run["api"].result["resource_server"]["id"]
    carried_out = [r for r in run.requests if r["path"] == "/api/v2/resource-servers" and r["status"] == 201]
    assert len(carried_out) <= 1
    assert len([found for found in tenant.api("GET", "resource-servers") if found["identifier"] == IDENTIFIER]) == 1


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"status": 429, "headers": {"Retry-After": "60"}}, "The rate limit did not clear, tried once and the next try "
         "would wait 60.0 s more; a longer retry_timeout waits longer."),
        ({"status": 503}, "Auth0 is not available, tried 2 times"),
        ({"broken_json": True}, "with something other than JSON. Check that domain is an Auth0 tenant"),
        ({"status": 500, "body": {"statusCode": 500, "message": "Oops"}}, "failed with status 500: Oops."),
        ({"reset": True}, "no answer, tried 2 times"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)  # fmt: skip
def test_an_outage_without_end_is_a_clear_error(
    play: Play, tenant: Tenant, fault: dict[str, t.Any], message: str
) -> None:
    tenant.fault("GET", PATH, 9, **fault)
    step = play([api(retry_timeout=2)])["api"]
    assert message in step.result["msg"]
    assert step.result["failure"]["request"] == f"GET {PATH}"
    assert step.writes == []


def test_proxies_come_from_the_environment(play: Play) -> None:
    result = play([api(retry_timeout=0)], env={"HTTPS_PROXY": "http://127.0.0.1:1", "NO_PROXY": ""})["api"].result
    assert "the proxy gave no connection" in result["msg"]


def test_passwords_in_netrc_are_not_sent(play: Play, tenant: Tenant, tmp_path: t.Any) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine {tenant.domain.partition(':')[0]} login somebody password something\n")
    run = play([api()], env={"NETRC": str(netrc)})
    assert run.rc == 0, run.output
