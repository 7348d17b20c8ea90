# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the check says of gateways and tenants on which one thing is wrong, and what it sends to whom."""

from __future__ import annotations

import http.server
import json
import threading
import typing as t
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.login import claims_of
from ansible_collections.mcp_ops.oauth.plugins.module_utils._check.outside import expired_token
from tests.integration.harness import Play, Step, Tenant, content, task
from tests.integration.test_secrets import leaks

OTHER = "https://other.example.com/api"
# Where no tools are described.
OF_ACCESS = ("project_tool_scopes", "tool_scopes", "tool_grant", "roles", "role_members", "tool_access")


@dataclass
class Gateway:
    """A stand-in for a Zuplo gateway, right in all things until a test changes one. `log` has method, path, token."""

    url: str
    issuer: str
    audiences: tuple[str | None, ...] = ()
    unauthorized: int = 401
    header: str | None = None
    metadata_status: int = 200
    metadata: dict[str, t.Any] = field(default_factory=dict)
    log: list[tuple[str, str, str | None]] = field(default_factory=list)

    def accepts(self, token: str | None) -> bool:
        claims = claims_of(token or "")
        return claims.get("iss") == self.issuer and (None in self.audiences or claims.get("aud") in self.audiences)


@pytest.fixture
def gateway(tenant: Tenant) -> Iterator[Gateway]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_: t.Any) -> None:
            pass

        def answer(self, status: int, body: t.Any = None, **headers: str) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.send_header("zp-rid", "1")
            self.end_headers()
            self.wfile.write(content)

        def note(self) -> str | None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            token = (self.headers.get("Authorization") or "").removeprefix("Bearer ") or None
            made.log.append((self.command, self.path, token))
            return token

        def do_POST(self) -> None:
            token = self.note()
            if self.path != "/mcp":
                self.answer(404)
            elif made.accepts(token) or (token is None and made.unauthorized == 200):
                self.answer(200, {}, Mcp_Session_Id="s")
            else:
                header = {"WWW_Authenticate": made.header} if made.header and not token else {}
                self.answer(401 if token else made.unauthorized, {}, **header)

        def do_GET(self) -> None:
            self.note()
            found = self.path == "/.well-known/oauth-protected-resource/mcp"
            self.answer(made.metadata_status if found else 404, made.metadata)

        def do_DELETE(self) -> None:
            self.note()
            self.answer(200)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    origin = f"http://127.0.0.1:{server.server_address[1]}"
    made = Gateway(f"{origin}/mcp", f"https://{tenant.domain}/", (f"{origin}/mcp",))
    made.header = f'Bearer resource_metadata="{origin}/.well-known/oauth-protected-resource/mcp"'
    made.metadata = {"resource": made.url, "authorization_servers": [made.issuer]}
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


def set_up(tenant: Tenant, url: str) -> None:
    """All that the tenant needs, the application's own grant and another API included; the check may read all."""
    tenant.grant_reads()
    settings = {
        "resource_parameter_profile": "compatibility",
        "authorization_response_iss_parameter_supported": True,
        "client_id_metadata_document_supported": True,
        "client_id_metadata_document_dynamic_registration_supported": True,
        "flags": {"enable_dynamic_client_registration": True},
    }
    tenant.api("PATCH", "tenants/settings", settings)
    tenant.api("PATCH", f"connections/{tenant.connection()['id']}", {"is_domain_connection": True})
    for identifier in (url, OTHER):
        body = {"identifier": identifier, "name": "MCP", "allow_offline_access": True}
        tenant.api("POST", "resource-servers", body)
        grant = {"audience": identifier, "scope": []}
        tenant.api("POST", "client-grants", {**grant, "client_id": tenant.client_id, "subject_type": "client"})
    default_grant(tenant, url)


def default_grant(tenant: Tenant, url: str, subject_type: str = "user", scope: t.Sequence[str] = ()) -> None:
    body = {"default_for": "third_party_clients", "audience": url, "subject_type": subject_type, "scope": [*scope]}
    tenant.api("POST", "client-grants", body)


def change_api(tenant: Tenant, gateway: Gateway, **fields: t.Any) -> None:
    tenant.api("PATCH", f"resource-servers/{gateway.url.replace('/', '%2F')}", fields)


def with_scope(tenant: Tenant, gateway: Gateway, *, granted: bool) -> None:
    """A scope of the API that is granted and nobody is told of, or the other way round."""
    change_api(tenant, gateway, scopes=[{"value": "tools:call"}])
    if granted:
        remove_default_grant(tenant, gateway.url)
        default_grant(tenant, gateway.url, scope=["tools:call"])
    else:
        gateway.metadata["scopes_supported"] = ["tools:call"]


def challenge_scope(gateway: Gateway, scope: str) -> None:
    gateway.header = f'{gateway.header}, scope="{scope}"'


def remove_default_grant(tenant: Tenant, url: str) -> None:
    (grant,) = tenant.api("GET", "client-grants?default_for=third_party_clients")
    tenant.api("DELETE", f"client-grants/{grant['id']}")


def only_for_clients(tenant: Tenant, url: str) -> None:
    remove_default_grant(tenant, url)
    default_grant(tenant, url, "client")


def statuses(step: Step) -> dict[str, str]:
    return {finding["name"]: finding["status"] for finding in step.result["findings"]}


def check(label: str = "check", **options: t.Any) -> dict[str, t.Any]:
    return task("mcp_oauth_check", label, **options)


def write_project(project: Path, url: str) -> dict[str, t.Any]:
    """The task that sets the project up."""
    options: dict[str, t.Any] = {"operations": [{"id": "hello"}], "attach_to_tools": True}
    return task("zuplo_mcp_oauth", "project", mcp_server_url=url, project_dir=str(project), **options)


def test_all_is_well(play: Play, tenant: Tenant, gateway: Gateway, project: Path) -> None:
    set_up(tenant, gateway.url)
    assert play([write_project(project, gateway.url)]).passed == ["project"]
    before = content(project)
    options: dict[str, t.Any] = {
        "mcp_server_url": gateway.url,
        "project_dir": str(project),
        "client_registration": ["dcr", "cimd"],
        "other_audience": OTHER,
        "register": True,
    }
    run = play([check(**options), {**check("preview", **options), "check_mode": True}], "-vvv")
    step = run["check"]
    assert step.status == "ok", step.result.get("msg")
    left = {"cors", *OF_ACCESS}
    assert {name: status for name, status in statuses(step).items() if status != "pass"} == dict.fromkeys(left, "skip")
    assert not step.changed
    assert not step.warnings
    paths = [call for call in step.calls if "/.well-known/" not in call]
    api = f"resource-servers/{gateway.url.replace(':', '%3A').replace('/', '%2F')}"
    assert paths[:4] == ["GET tenants/settings", f"GET {api}", "GET client-grants", "GET connections"]
    rest = ["prompts", "rules", "hooks", "guardian/policies", "clients", "network-acls"]
    assert paths[4:10] == [f"GET {path}" for path in rest]
    assert paths[10] == "POST /oidc/register"
    assert paths[11].startswith("DELETE clients/tpc_")
    assert len(paths) == 12
    assert [request["body"]["audience"] for request in step.requests if request["path"] == "/oauth/token"] == [
        f"https://{tenant.domain}/api/v2/",
        gateway.url,
        OTHER,
    ]
    assert tenant.api("GET", "clients?is_first_party=false") == []

    preview = statuses(run["preview"])
    assert preview.pop("registration") == "skip"
    assert {preview.pop(name) for name in left} == {"skip"}
    assert set(preview.values()) == {"pass"}
    # One request more for each: the tools without a session, an expired token, two user agents, the newest revision.
    assert [(method, path) for method, path, _token in gateway.log][: len(gateway.log) // 2] == [
        *[("POST", "/mcp")] * 2,
        ("GET", "/.well-known/oauth-protected-resource/mcp"),
        *[("POST", "/mcp")] * 4,
        ("DELETE", "/mcp"),
        *[("POST", "/mcp")] * 2,
    ]
    # Of all tokens, the gateway only ever saw those for the two audiences.
    assert {claims_of(token)["aud"] for _method, _path, token in gateway.log if token} == {gateway.url, OTHER}
    assert leaks(run.output, tenant) == []
    # What opened a session ended it.
    assert sum(method == "DELETE" for method, _path, _token in gateway.log) == 2
    assert content(project) == before


def test_a_project_that_was_never_set_up(play: Play, tenant: Tenant, project: Path) -> None:
    url = "http://127.0.0.1:1/mcp"
    set_up(tenant, url)
    before = content(project)
    run = play(
        [
            check(mcp_server_url=url, project_dir=str(project)),
            check("nothing", mcp_server_url=url, project_dir=str(project / "config")),
        ]
    )
    step = run["check"]
    failed = {one["name"]: one["seen"] for one in step.result["findings"] if one["status"] == "fail"}
    assert failed["project_route"] == "no route of the project has the path /mcp"
    assert set(failed) == {"project_route", "project_plugin"}
    assert "mcp_ops.oauth.zuplo_mcp_oauth: operations" in step.result["msg"]
    assert "is no Zuplo project" in run["nothing"].result["msg"]
    assert content(project) == before


ROWS: dict[str, tuple[t.Callable[[Tenant, Gateway], object], str, str, str]] = {
    "registration off": (
        lambda tenant, _: tenant.api(
            "PATCH", "tenants/settings", {"flags": {"enable_dynamic_client_registration": False}}
        ),
        "dynamic_client_registration",
        "fail",
        "auth0_tenant_flags",
    ),
    "connection": (
        lambda tenant, _: tenant.api(
            "PATCH", f"connections/{tenant.connection()['id']}", {"is_domain_connection": False}
        ),
        "connection",
        "fail",
        "auth0_connection_domain",
    ),
    "profile": (
        lambda tenant, _: tenant.api("PATCH", "tenants/settings", {"resource_parameter_profile": "audience"}),
        "resource_parameter_profile",
        "fail",
        "resource_parameter_profile: compatibility",
    ),
    "profile, default audience of another API": (
        lambda tenant, _: tenant.api(
            "PATCH", "tenants/settings", {"resource_parameter_profile": "audience", "default_audience": OTHER}
        ),
        "resource_parameter_profile",
        "fail",
        f'another API: "{OTHER}"',
    ),
    "profile, default audience of this API": (
        lambda tenant, gateway: tenant.api(
            "PATCH", "tenants/settings", {"resource_parameter_profile": "audience", "default_audience": gateway.url}
        ),
        "resource_parameter_profile",
        "warn",
        "it works since default_audience is this API",
    ),
    "no default grant": (
        lambda tenant, gateway: remove_default_grant(tenant, gateway.url),
        "client_grant",
        "fail",
        "default_for: third_party_clients, subject_type: user",
    ),
    "default grant for clients only": (
        lambda tenant, gateway: only_for_clients(tenant, gateway.url),
        "client_grant",
        "fail",
        "has only subject_type client",
    ),
    "policy audience differs, or auth0Domain is wrong": (
        lambda _, gateway: setattr(gateway, "audiences", ("https://wrong.example.com",)),
        "own_token",
        "fail",
        "audience or auth0Domain is wrong",
    ),
    "policy audience absent": (
        lambda _, gateway: setattr(gateway, "audiences", (None,)),
        "other_token",
        "fail",
        "any token of the tenant is accepted",
    ),
    "dead authorization server": (
        lambda _, gateway: gateway.metadata.update(authorization_servers=["https://127.0.0.1:1/"]),
        "authorization_server_metadata",
        "fail",
        "no answer: Connection refused",
    ),
    "authorization server without a slash": (
        lambda _, gateway: gateway.metadata.update(authorization_servers=[gateway.issuer[:-1]]),
        "authorization_servers",
        "fail",
        "the slash at its end is missing",
    ),
    "another name of the authorization server": (
        lambda _, gateway: gateway.metadata.update(
            authorization_servers=[gateway.issuer.replace("127.0.0.1", "localhost")]
        ),
        "issuer",
        "fail",
        "the same string in both",
    ),
    "plugin missing": (
        lambda _, gateway: setattr(gateway, "metadata_status", 404),
        "protected_resource_metadata",
        "fail",
        "the gateway has no OAuthProtectedResourcePlugin",
    ),
    "no metadata in the header": (
        lambda _, gateway: setattr(gateway, "header", None),
        "www_authenticate",
        "warn",
        "oAuthResourceMetadataEnabled",
    ),
    "wrong metadata in the header": (
        lambda _, gateway: setattr(gateway, "header", f'Bearer resource_metadata="{gateway.url}/wrong"'),
        "www_authenticate",
        "fail",
        '/mcp/wrong", where the TypeScript SDK finds no metadata: status 404',
    ),
    "resource": (
        lambda _, gateway: gateway.metadata.update(resource="https://wrong.example.com/mcp"),
        "resource",
        "fail",
        "X-Forwarded-Proto",
    ),
    "no policy": (
        lambda _, gateway: setattr(gateway, "unauthorized", 200),
        "unauthorized",
        "fail",
        "open to everyone",
    ),
    "no route": (lambda _, gateway: setattr(gateway, "unauthorized", 404), "unauthorized", "fail", "no route"),
    "redirect": (lambda _, gateway: setattr(gateway, "unauthorized", 308), "unauthorized", "fail", "do not follow"),
    "error": (lambda _, gateway: setattr(gateway, "unauthorized", 500), "unauthorized", "fail", "the gateway itself"),
    "a scope that the challenge demands": (
        lambda tenant, gateway: challenge_scope(gateway, "tools:call"),
        "granted_scopes",
        "fail",
        "auth0_resource_server: scopes",
    ),
    "a scope that is not granted": (
        lambda tenant, gateway: with_scope(tenant, gateway, granted=False),
        "granted_scopes",
        "warn",
        "auth0_client_grant: scope",
    ),
    "scopes that nobody tells clients": (
        lambda tenant, gateway: with_scope(tenant, gateway, granted=True),
        "advertised_scopes",
        "warn",
        "enforce_policies: true",
    ),
    "offline_access in the metadata": (
        lambda _, gateway: gateway.metadata.update(scopes_supported=["offline_access"]),
        "offline_access_scope",
        "warn",
        "clients add it themselves",
    ),
    "a token dialect without its policies": (
        lambda tenant, gateway: change_api(tenant, gateway, token_dialect="rfc9068_profile_authz"),
        "token_dialect",
        "warn",
        "enforce_policies: true",
    ),
    "offline access": (
        lambda tenant, gateway: change_api(tenant, gateway, allow_offline_access=False),
        "offline_access",
        "warn",
        "allow_offline_access: true",
    ),
}


@pytest.mark.parametrize("row", ROWS)
def test_one_thing_is_wrong(play_over: t.Callable[[str], Play], tenant: Tenant, gateway: Gateway, row: str) -> None:
    """Run one way: that both ways agree is shown by the other tests."""
    spoil, name, status, text = ROWS[row]
    set_up(tenant, gateway.url)
    spoil(tenant, gateway)
    step = play_over("controller")([check(mcp_server_url=gateway.url, other_audience=OTHER)])["check"]
    finding = next(one for one in step.result["findings"] if one["name"] == name)
    assert finding["status"] == status, finding
    assert text in " ".join(finding.values())
    assert step.status == ("failed" if status == "fail" else "ok")
    text = step.result["msg"] if status == "fail" else step.warnings
    for part in ("seen", "expected", "remedy"):
        assert finding[part]
        assert finding[part] in text
    assert any(line.startswith(f"{status.upper():<4}  {name} ") for line in step.result["report"])


@pytest.mark.parametrize("wrong", ["{url}/", "{origin}", "http://localhost:{port}/mcp"])
def test_an_identifier_that_is_not_the_url(
    play_over: t.Callable[[str], Play], tenant: Tenant, gateway: Gateway, wrong: str
) -> None:
    origin, _slash, _path = gateway.url.rpartition("/")
    identifier = wrong.format(url=gateway.url, origin=origin, port=origin.rpartition(":")[2])
    set_up(tenant, identifier)
    step = play_over("controller")([check(mcp_server_url=gateway.url)])["check"]
    found = {one["name"]: one for one in step.result["findings"]}
    assert found["resource_server"]["status"] == "fail"
    assert f'but with "{identifier}"' in found["resource_server"]["seen"]
    assert found["client_grant"]["status"] == "skip"
    assert step.status == "failed"


def test_an_url_that_is_not_exact(play: Play, gateway: Gateway) -> None:
    step = play([check(mcp_server_url=f"{gateway.url}/")])["check"]
    assert f"use '{gateway.url}'" in step.result["msg"]
    assert statuses(step).pop("url") == "fail"
    assert set(list(statuses(step).values())[1:]) == {"skip"}
    assert not gateway.log
    assert not step.calls


def test_a_gateway_that_is_not_there(play: Play, tenant: Tenant) -> None:
    url = "http://127.0.0.1:1/mcp"
    set_up(tenant, url)
    run = play([check(mcp_server_url=url), check("required", mcp_server_url=url, gateway_deployed=True)])
    assert run["check"].status == "ok", run.output
    seen = statuses(run["check"])
    assert (seen["gateway"], seen["unauthorized"], seen["issuer"], seen["connection"]) == (
        "skip",
        "skip",
        "pass",
        "pass",
    )
    assert "gateway: no answer: Connection refused" in run["required"].result["msg"]


def test_a_gateway_with_an_older_configuration_is_not_asked(play: Play, tenant: Tenant, gateway: Gateway) -> None:
    gateway.unauthorized = 200
    set_up(tenant, gateway.url)
    step = play([check(mcp_server_url=gateway.url, gateway_deployed=False)])["check"]
    assert step.status == "ok", step.result
    seen = statuses(step)
    assert (seen["gateway"], seen["unauthorized"], seen["issuer"], seen["connection"]) == (
        *("skip", "skip"),
        *("pass", "pass"),
    )
    assert "since gateway_deployed is false. Deploy the gateway" in step.result["summary"]
    assert not gateway.log


def test_without_credentials(play: Play, tenant: Tenant, gateway: Gateway) -> None:
    set_up(tenant, gateway.url)
    env: dict[str, str | None] = {"AUTH0_CLIENT_ID": None, "AUTH0_CLIENT_SECRET": None}
    run = play(
        [check(mcp_server_url=gateway.url), check("register", mcp_server_url=gateway.url, register=True)], env=env
    )
    step = run["check"]
    assert step.status == "ok", run.output
    found = {one["name"]: one for one in step.result["findings"]}
    assert found["issuer"]["status"] == "pass"
    assert (found["connection"]["status"], found["own_token"]["status"]) == ("skip", "skip")
    assert "auth_client_secret" in found["connection"]["remedy"]
    assert step.logins == 0
    # Nobody can delete the client: it is named.
    (client,) = tenant.api("GET", "clients?is_first_party=false")
    assert client["client_id"] in run["register"].warnings
    assert run["register"].changed


def test_scopes_that_are_missing(play: Play, tenant: Tenant, gateway: Gateway) -> None:
    set_up(tenant, gateway.url)
    tenant.grant("read:connections")
    step = play([check(mcp_server_url=gateway.url, register=True)])["check"]
    found = {one["name"]: one for one in step.result["findings"]}
    assert found["connection"]["status"] == "pass"
    for name, scope in (
        ("resource_server", "read:resource_servers"),
        ("iss_parameter", "read:tenant_settings"),
        ("client_grant", "read:client_grants"),
        ("registration", "delete:clients"),
    ):
        assert found[name]["status"] == "skip"
        assert scope in found[name]["remedy"]
    assert step.writes == []


def test_findings_without_a_failure(play: Play, gateway: Gateway) -> None:
    step = play([check(mcp_server_url=gateway.url, fail_on_findings=False)])["check"]
    assert step.status == "ok"
    assert statuses(step)["resource_server"] == "fail"
    assert statuses(step)["own_token"] == "skip"


def test_the_token_of_the_management_api_goes_nowhere_else(play: Play, tenant: Tenant, gateway: Gateway) -> None:
    run = play([check(mcp_server_url=gateway.url, other_audience=f"https://{tenant.domain}/api/v2/")], "-vvv")
    assert run["check"].result["msg"].startswith(f"other_audience 'https://{tenant.domain}/api/v2/' is the Management")
    assert {token for _method, _path, token in gateway.log} == {None, expired_token(gateway.url)}
    assert leaks(run.output, tenant) == []


REST = ["resource_server", "signing_alg", "client_grant", "connection", "iss_parameter"]


def refuse_secret(tenant: Tenant) -> dict[str, t.Any]:
    return {"auth_client_secret": "wrong"}


def refuse_token(tenant: Tenant) -> dict[str, t.Any]:
    return {"auth_client_id": "", "auth_client_secret": "", "auth_access_token": "wrong"}


def stop_tenant(tenant: Tenant) -> dict[str, t.Any]:
    return {"domain": "127.0.0.1:1", "issuer_domain": tenant.domain, "retry_timeout": 0}


def break_tenant(tenant: Tenant) -> dict[str, t.Any]:
    tenant.fault("GET", "/api/v2/tenants/settings", status=503, times=10)
    return {"retry_timeout": 0}


def forbid_management(tenant: Tenant) -> dict[str, t.Any]:
    for found in tenant.api("GET", f"client-grants?client_id={tenant.client_id}"):
        if found["audience"].endswith("/api/v2/"):
            state = tenant.call("GET", "/_emulator/state")
            del state["client_grants"][found["id"]]
            tenant.call("PUT", "/_emulator/state", state)
    return {}


UNREADABLE: dict[str, tuple[t.Callable[[Tenant], dict[str, t.Any]], str, str]] = {
    "wrong secret": (refuse_secret, "Auth0 refused the credentials", "Check auth_client_id"),
    "wrong token": (refuse_token, "failed with status 401", "The token is not accepted"),
    "nobody there": (stop_tenant, "Cannot reach 127.0.0.1:1", "Check domain"),
    "an outage": (break_tenant, "GET /api/v2/tenants/settings failed with status 503", "Auth0 is not available"),
    "no access": (forbid_management, "may not call the Management API", "Authorize it there"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_tenant_that_cannot_be_read(
    play_over: t.Callable[[str], Play], tenant: Tenant, gateway: Gateway, name: str
) -> None:
    spoil, seen, remedy = UNREADABLE[name]
    set_up(tenant, gateway.url)
    options = {"mcp_server_url": gateway.url, "register": True, **spoil(tenant)}
    run = play_over("controller")([check(**options), check("shown", fail_on_findings=False, **options)])
    assert (run["check"].status, run["shown"].status) == ("failed", "ok")
    assert statuses(run["check"]) == statuses(run["shown"])
    found = {one["name"]: one for one in run["check"].result["findings"]}
    assert [name for name, one in found.items() if one["status"] == "fail"] == ["management_api"]
    assert seen in found["management_api"]["seen"]
    assert remedy in found["management_api"]["remedy"]
    assert run["check"].result["msg"].startswith(f"1 of {len(found)} checks failed. management_api: ")
    assert {found[name]["seen"] for name in [*REST, "own_token", "registration"]} == {
        "not checked: management_api did not pass"
    }
    assert {found[name]["status"] for name in ("gateway", "resource", "issuer", "pkce")} == {"pass"}
    # Nothing is asked for again that was refused, and no client is registered that nobody could delete.
    assert sum(not request["path"].startswith("/.well-known/") for request in run["check"].requests) <= 2
    assert leaks(run.output, tenant) == []


def test_an_option_that_cannot_work_fails_the_task(play: Play, tenant: Tenant, gateway: Gateway) -> None:
    none: dict[str, str | None] = {"AUTH0_CLIENT_ID": None, "AUTH0_CLIENT_SECRET": None}
    options = {"mcp_server_url": gateway.url, "fail_on_findings": False}
    wrong = f"https://{tenant.domain}/"
    tasks = [
        check("domain", domain=wrong, **options),
        check("both", domain=wrong, issuer_domain=tenant.domain, **options),
        check("issuer", issuer_domain=wrong, **options),
        check("token", auth_access_token="a\nb", **options),
    ]
    for env in (None, none):
        run = play(tasks, env=env)
        assert run["domain"].result["msg"].startswith("domain has the scheme 'https'")
        assert run["both"].result["msg"].startswith("domain has the scheme 'https'")
        assert run["issuer"].result["msg"].startswith("issuer_domain has the scheme 'https'")
        assert run["token"].result["msg"].startswith("auth_access_token has white space")
        assert all("findings" not in step.result for step in run.steps)
    assert gateway.log == []


@pytest.mark.parametrize("option", ["domain", "issuer_domain"])
def test_a_wrong_domain_is_named_by_its_option(play_over: t.Callable[[str], Play], option: str) -> None:
    env: dict[str, str | None] = dict.fromkeys(["AUTH0_DOMAIN", "AUTH0_CLIENT_ID", "AUTH0_CLIENT_SECRET"])
    options = {"mcp_server_url": "http://127.0.0.1:1/mcp", option: "127.0.0.1:1"}
    step = play_over("controller")([check(**options)], env=env)["check"]
    found = {one["name"]: one for one in step.result["findings"]}
    remedy = f"mcp_ops.oauth.mcp_oauth_check: {option}: the domain under which Auth0 issues tokens"
    assert found["authorization_server_metadata"]["remedy"] == remedy
    assert f"Remedy: {remedy}." in step.result["msg"]
