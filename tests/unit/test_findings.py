# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Findings that need no server: odd answers, texts from strangers, and the report."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.api import ManagementApi
from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.settings import Settings
from ansible_collections.mcp_ops.oauth.plugins.module_utils._check import discovery, gateway, report, server, tenant
from ansible_collections.mcp_ops.oauth.plugins.module_utils._check.check import Check, Subject
from ansible_collections.mcp_ops.oauth.plugins.module_utils._check.discovery import (
    PYTHON,
    SDKS,
    TYPESCRIPT,
    Found,
    resource_metadata_urls,
)
from ansible_collections.mcp_ops.oauth.plugins.module_utils._check.probe import Answer, Probe
from ansible_collections.mcp_ops.oauth.plugins.module_utils._check.report import Finding
from ansible_collections.mcp_ops.oauth.plugins.module_utils._check.server import Issuer
from ansible_collections.mcp_ops.oauth.plugins.module_utils._errors import (
    ApiError,
    CredentialsError,
    InputError,
    ListingError,
    UnreachableError,
)
from ansible_collections.mcp_ops.oauth.plugins.modules import mcp_oauth_check

URL = "https://mcp.example.com/mcp"
ISSUER = Issuer("tenant.eu.auth0.com", "domain")
REFUSED = Answer(0, problem="Connection refused", absent=True)
BOTH = ("dcr", "cimd")
ENDPOINTS = {"authorization_endpoint": f"{ISSUER.url}authorize", "token_endpoint": f"{ISSUER.url}oauth/token"}
NAMED = {"authorization_servers": [ISSUER.url]}
REMEDY = "fix it"
SERVER = {"issuer": ISSUER.url, **ENDPOINTS, "response_types_supported": ["code"]}
AT_PATH, AT_ROOT = resource_metadata_urls(URL)
METADATA = Answer(200, data={"resource": URL, **NAMED})
ISS = "authorization_response_iss_parameter_supported"
OF_MCP = {"content-type": "application/json; charset=utf-8"}


def answers(**places: Answer) -> discovery.Read:
    """A reader of what is at these places: path, root, oauth, openid, else; 404 elsewhere."""
    oauth, openid = discovery.server_metadata_urls(ISSUER.url)
    urls = {"path": AT_PATH, "root": AT_ROOT, "oauth": oauth, "openid": openid, "other": f"{URL}/other"}
    known = {urls[name]: answer for name, answer in places.items()}
    return lambda url: known.get(url, Answer(404))


def found(pointer: str = "", **places: Answer) -> dict[str, Found]:
    seen: dict[str, Found] = discovery.protected_resource(answers(**places), URL, dict.fromkeys(SDKS, pointer))
    return seen


def found_server(**places: Answer) -> dict[str, Found]:
    seen: dict[str, Found] = discovery.authorization_server(answers(**places), ISSUER.url)
    return seen


def refusal(header: str, status: int = 401) -> Answer:
    return Answer(status, {"www-authenticate": header})


def www_authenticate(header: str, **places: Answer) -> Finding:
    pointer = discovery.pointers(refusal(header))
    seen = discovery.protected_resource(answers(**places), URL, pointer)
    return gateway.www_authenticate(pointer, seen, URL, zuplo=False)


def garbage_token(answer: Answer, **places: Answer) -> Finding:
    after = discovery.protected_resource(answers(**places), URL, discovery.pointers(answer))
    return gateway.garbage_token(answer, after, found(f"{URL}/other", **places), zuplo=False)


@pytest.mark.parametrize(
    ("finding", "status"),
    [
        (gateway.url("https://mcp.example.com"), "warn"),
        (gateway.url(f"{URL}/"), "fail"),
        (gateway.gateway(REFUSED, deployed=None), "skip"),
        (gateway.gateway(REFUSED, deployed=True), "fail"),
        (gateway.gateway(None, deployed=False), "skip"),
        (gateway.gateway(Answer(0, problem="TLS failed"), deployed=None), "fail"),
        (gateway.unauthorized(Answer(403), zuplo=False), "fail"),
        (gateway.unauthorized(refusal('Bearer error="insufficient_scope"', 403), zuplo=False), "warn"),
        (gateway.unauthorized(refusal('Bearer error="invalid_token"', 403), zuplo=False), "fail"),
        (gateway.unauthorized(Answer(401), zuplo=False, opened=True), "pass"),
        (gateway.unauthorized(Answer(200, OF_MCP), zuplo=True), "fail"),
        (gateway.unauthorized(Answer(401), zuplo=True, unopened=Answer(200, OF_MCP)), "fail"),
        (gateway.unauthorized(Answer(401), zuplo=True, unopened=Answer(400, OF_MCP)), "pass"),
        (gateway.unauthorized(Answer(200, {"content-type": "text/html"}), zuplo=True), "fail"),
        (www_authenticate("Basic", path=METADATA), "warn"),
        (www_authenticate("Bearer", path=METADATA), "warn"),
        (www_authenticate(f"Bearer a=b, resource_metadata={AT_PATH}", path=METADATA), "pass"),
        (www_authenticate(f'DPoP resource_metadata="{URL}/other"', other=METADATA), "pass"),
        (www_authenticate(f'Bearer resource_metadata="{URL}/other"', path=METADATA), "fail"),
        (www_authenticate('Bearer resource_metadata="/other"', path=METADATA), "fail"),
        (www_authenticate(f'Basic a=b, Bearer resource_metadata="{AT_PATH}"', path=METADATA), "warn"),
        # What is wrong at the usual place is the metadata's.
        (www_authenticate(f'Bearer resource_metadata="{AT_PATH}"'), "pass"),
        (gateway.protected_resource_metadata(found(path=Answer(200, data=[])), URL, zuplo=False), "fail"),
        (gateway.protected_resource_metadata(found(root=METADATA), URL, zuplo=False), "pass"),
        (gateway.protected_resource_metadata(found(AT_PATH, root=METADATA), URL, zuplo=False), "fail"),
        (gateway.protected_resource_metadata(found(f"{URL}/other", path=METADATA), URL, zuplo=False), "pass"),
        (gateway.protected_resource_metadata(found(path=Answer(203, data=METADATA.data)), URL, zuplo=False), "fail"),
        (gateway.protected_resource_metadata(found(path=REFUSED, root=METADATA), URL, zuplo=False), "fail"),
        (gateway.resource({}, URL, zuplo=False), "fail"),
        (gateway.resource({"resource": "https://mcp.example.com"}, URL, zuplo=False), "warn"),
        (gateway.resource({"resource": "https://MCP.example.com:443/mcp"}, URL, zuplo=False), "warn"),
        (gateway.resource({"resource": f"{URL}/"}, URL, zuplo=False), "fail"),
        (gateway.resource({"resource": "https://mcp.example.com/mc"}, URL, zuplo=False), "fail"),
        (gateway.resource({"resource": "http://mcp.example.com/mcp"}, URL, zuplo=False), "fail"),
        (gateway.authorization_servers({"authorization_servers": []}, ISSUER, zuplo=False), "fail"),
        (gateway.authorization_servers({"authorization_servers": [1]}, ISSUER, zuplo=False), "fail"),
        (gateway.authorization_servers({}, None, zuplo=False), "fail"),
        (gateway.authorization_servers(NAMED, None, zuplo=False), "skip"),
        (gateway.authorization_servers(NAMED, ISSUER, zuplo=False), "pass"),
        (garbage_token(refusal(f'Bearer resource_metadata="{URL}/other"'), other=METADATA), "pass"),
        (garbage_token(Answer(401), path=METADATA, other=METADATA), "pass"),
        (garbage_token(Answer(401), other=METADATA), "fail"),
        # Another finding says that nobody finds it.
        (garbage_token(Answer(401)), "pass"),
        (garbage_token(Answer(200, OF_MCP), path=METADATA), "fail"),
        (garbage_token(Answer(400), path=METADATA), "fail"),
        (garbage_token(Answer(500), path=METADATA), "fail"),
        (gateway.hosted_clients({"Claude": Answer(401), "ChatGPT": Answer(401)}, Answer(401)), "pass"),
        (gateway.hosted_clients({"Claude": Answer(401), "ChatGPT": Answer(403)}, Answer(401)), "fail"),
        (gateway.hosted_clients({"Claude": Answer(200), "ChatGPT": Answer(401)}, Answer(401)), "fail"),
        (gateway.hosted_clients({"Claude": REFUSED, "ChatGPT": Answer(401)}, Answer(401)), "fail"),
        (gateway.hosted_clients({"Claude": Answer(429), "ChatGPT": Answer(503)}, Answer(401)), "warn"),
        (gateway.protocol(Answer(401), token=False), "pass"),
        (gateway.protocol(Answer(401), token=True), "warn"),
        (gateway.protocol(Answer(400), token=True), "pass"),
        (gateway.protocol(Answer(302), token=False), "pass"),
        (gateway.protocol(Answer(200, OF_MCP), token=True), "pass"),
        (gateway.protocol(Answer(200, {"content-type": "text/html"}), token=True), "warn"),
        (gateway.protocol(Answer(403), token=False), "warn"),
        (gateway.protocol(Answer(500), token=True), "warn"),
        (gateway.protocol(REFUSED, token=True), "fail"),
        (server.authorization_server_metadata({}, "tenant", REMEDY), "fail"),
        (
            server.authorization_server_metadata(
                found_server(oauth=Answer(200, data={"token_endpoint": "/token"})), ISSUER.url, REMEDY
            ),
            "fail",
        ),
        (
            server.authorization_server_metadata(found_server(oauth=Answer(200, data=SERVER)), ISSUER.url, REMEDY),
            "pass",
        ),
        (
            server.authorization_server_metadata(
                found_server(oauth=Answer(200, data={**SERVER, "response_types_supported": []})), ISSUER.url, REMEDY
            ),
            "fail",
        ),
        # What OpenID requires beyond OAuth, one of the SDKs does as well.
        (
            server.authorization_server_metadata(found_server(openid=Answer(200, data=SERVER)), ISSUER.url, REMEDY),
            "fail",
        ),
        (server.issuer({"issuer": ISSUER.url.upper()}, ISSUER.url, REMEDY), "fail"),
        (server.issuer({"issuer": "https://TENANT.eu.auth0.com:443/"}, ISSUER.url, REMEDY), "fail"),
        (server.public_clients({"token_endpoint_auth_methods_supported": ["client_secret_post"]}), "warn"),
        (server.public_clients({"token_endpoint_auth_methods_supported": ["none"]}), "pass"),
        (server.public_clients({}), "pass"),
        (server.iss_advertised({}, {}), "pass"),
        (server.iss_advertised({ISS: True}, {ISS: True}), "pass"),
        (server.iss_advertised({ISS: True}, {}), "fail"),
        (server.iss_advertised({}, {ISS: True}), "warn"),
        (server.pkce({}), "warn"),
        (server.pkce({"code_challenge_methods_supported": ["plain"]}), "fail"),
        (server.registration_endpoint({"registration_endpoint": "register"}, BOTH), "fail"),
        (server.pkce({"code_challenge_methods_supported": "S256"}), "fail"),
        (server.registration_endpoint({}, BOTH), "fail"),
        (server.cimd({}, BOTH), "fail"),
        (server.cimd({}, ("dcr",)), "skip"),
        (server.registration(Answer(201, data={}), None), "fail"),
        (server.registration(Answer(201, data={"client_id": "a"}), "status 403"), "warn"),
        (tenant.client_id_metadata_documents({}, BOTH), "fail"),
        (tenant.dynamic_client_registration({}, BOTH), "fail"),
        (tenant.registration_security_mode({"dynamic_client_registration_security_mode": "permissive"}, BOTH), "warn"),
        (tenant.registration_security_mode({}, BOTH), "pass"),
        (tenant.resource_server({"subject_type_authorization": {"user": {"policy": "deny_all"}}}, [], URL), "fail"),
        (tenant.resource_server({"proof_of_possession": {"required": True}}, [], URL), "fail"),
        (tenant.signing_alg({"signing_alg": "HS256"}), "fail"),
        (tenant.signing_alg({"token_encryption": {"format": "compact-nested-jwe"}}), "fail"),
        (tenant.resource_parameter_profile({}, URL), "fail"),
        # A grant from before there were subject types is one for the application.
        (tenant.client_grant([{"audience": URL}], URL), "fail"),
        (tenant.iss_parameter({}), "warn"),
        (tenant.management_api(ApiError("failed with status 500", where="GET /api/v2/connections")), "fail"),
        (gateway.own_token(Answer(500), zuplo=False), "fail"),
        (gateway.own_token(Answer(200, {"content-type": "text/html"}), zuplo=False), "fail"),
        (gateway.own_token(Answer(200, OF_MCP), zuplo=False), "pass"),
        (gateway.other_token(Answer(403), "x", zuplo=False), "pass"),
        (gateway.other_token(Answer(500), "x", zuplo=False), "fail"),
    ],
    ids=lambda value: value.name if isinstance(value, Finding) else value,
)
def test_statuses(finding: Finding, status: str) -> None:
    assert finding.status == status, finding
    assert finding.status in ("pass", "skip") or finding.remedy


def test_where_clients_look() -> None:
    assert resource_metadata_urls("https://a.example/b/") == [
        "https://a.example/.well-known/oauth-protected-resource/b/",
        "https://a.example/.well-known/oauth-protected-resource",
    ]
    assert discovery.server_metadata_urls(ISSUER.url) == [
        f"{ISSUER.url}.well-known/oauth-authorization-server",
        f"{ISSUER.url}.well-known/openid-configuration",
    ]
    assert discovery.server_metadata_urls("https://a.example/b/") == [
        "https://a.example/.well-known/oauth-authorization-server/b",
        "https://a.example/.well-known/openid-configuration/b",
        "https://a.example/b/.well-known/openid-configuration",
    ]


def test_what_strangers_send_stays_on_its_line() -> None:
    text = "\x1b[31m\n\ud800" + "x" * 1000
    answer = Answer(302, {"location": text}, {"client_id": text, "error_description": text})
    for finding in (
        gateway.resource({"resource": text}, URL, zuplo=False),
        gateway.unauthorized(answer, zuplo=False),
        gateway.unauthorized(Answer(200, {"content-type": text}), zuplo=False),
        www_authenticate(f"Bearer resource_metadata={text}"),
        gateway.protected_resource_metadata(found(path=Answer(200, data={"resource": text})), URL, zuplo=False),
        gateway.authorization_servers({"authorization_servers": [text]}, ISSUER, zuplo=False),
        server.public_clients({"token_endpoint_auth_methods_supported": [text]}),
        server.iss_advertised({ISS: text}, {}),
        server.authorization_server_metadata({}, text, REMEDY),
        server.authorization_server_metadata(found_server(oauth=Answer(200, data={"issuer": text})), text, REMEDY),
        server.issuer({"issuer": text}, text, REMEDY),
        server.registration(answer, None),
        server.registration(Answer(201, data=answer.data), "status 403"),
        server.foreign_endpoint(text, ISSUER),
        tenant.resource_parameter_profile({"resource_parameter_profile": text, "default_audience": text}, URL),
        tenant.registration_security_mode({"dynamic_client_registration_security_mode": text}, BOTH),
        tenant.resource_server(None, [text], URL),
        tenant.resource_server({"name": text}, [], URL),
        tenant.signing_alg({"signing_alg": text}),
        tenant.client_grant([{"subject_type": "user", "scope": [text]}], URL),
        tenant.connection([{"name": text, "is_domain_connection": True}], []),
    ):
        assert finding.sentence.isprintable()
        assert finding.sentence.encode()
        assert len(finding.sentence) < 2300


def test_similar_identifiers_are_few_and_none_is_right() -> None:
    for url in (URL, "http://localhost:8080/mcp", "https://mcp.example.com"):
        similar = tenant.similar_identifiers(url, None, url, "https://other.example.com")
        assert f"{url}/" in similar
        assert "https://other.example.com" in similar
        assert url not in similar
        assert len(similar) <= 10


def test_the_documentation_lists_every_finding_in_order() -> None:
    (findings,) = (one for name, one in yaml.safe_load(mcp_oauth_check.RETURN).items() if name == "findings")
    lines = findings["contains"]["name"]["description"][1:]
    listed = [re.match(r"C\((\w+)\), that .+\.$", line) for line in lines]
    assert [one.group(1) if one else line for one, line in zip(listed, lines, strict=True)] == list(report.NAMES)


def test_every_finding_has_a_row_with_its_symptom() -> None:
    text = (Path(__file__).parents[2] / "docs/findings.md").read_text(encoding="utf-8")
    cells = re.findall(r"^\| (`[^|]+) \| [^|]+ \| [^|]+ \|$", text, re.MULTILINE)
    assert sorted(name for cell in cells for name in re.findall(r"`(\w+)`", cell)) == sorted(report.NAMES)


def test_the_summary_counts_and_says_why_most_were_skipped() -> None:
    whole = {name: Finding(name, "pass", "right") for name in report.NAMES}
    assert report.summary(report.complete(whole)) == f"{len(report.NAMES)} passed, 0 failed."
    behind = {"gateway"}
    for name, before in report.NAMES.items():
        behind |= {name} if before in behind else set()
    unreached = {name: one for name, one in whole.items() if name not in behind}
    unreached |= {
        "gateway": gateway.gateway(REFUSED, deployed=None),
        "other_token": report.skip("other_token", "other_audience is not set"),
        "rules": report.skip("rules", "not checked: the token lacks the scope read:rules"),
    }
    text = report.summary(report.complete(unreached))
    passed = len(report.NAMES) - len(behind) - 1
    assert text.startswith(
        f"{passed} passed, 0 failed, {len(behind) + 1} not checked: {len(behind)} of them since the "
    )
    assert ". Deploy it; " in text
    whole["cors"] = Finding("cors", "warn", "odd", "less odd", "change it")
    whole["url"] = Finding("url", "fail", "wrong", "right", "change it")
    assert report.summary(report.complete(whole)) == f"{len(report.NAMES) - 2} passed, 1 with a warning, 1 failed."
    stopped = report.summary(report.complete({"url": whole["url"]}))
    assert stopped == f"0 passed, 1 failed, {len(report.NAMES) - 1} not checked: url failed."


def test_the_table_holds_every_finding() -> None:
    seen = [gateway.url(URL), gateway.gateway(REFUSED, deployed=None), tenant.iss_parameter({})]
    findings = report.complete({one.name: one for one in seen})
    assert [finding.name for finding in findings] == list(report.NAMES)
    lines = report.table(findings)
    assert lines[0] == f"PASS  url                            {URL}"
    assert lines[1] == "SKIP  project_route                  not checked: url did not pass"
    # One reason stands once, however many findings share it.
    assert sum("not checked: gateway did not pass" in line for line in lines) == 2
    assert {name for line in lines for name in line.replace(",", "").split()} >= set(report.NAMES)
    assert len({len(line) - len(line.split(maxsplit=2)[2]) for line in lines if line[0] != " "}) == 1
    assert "expected: on" in "".join(lines)
    assert report.failure_text(findings) == ""


def test_what_was_not_checked_names_the_first_cause() -> None:
    found = {one.name: one for one in (gateway.url(URL), gateway.gateway(REFUSED, deployed=None))}
    seen = {one.name: one.seen for one in report.complete(found)}
    for name in ("unauthorized", "www_authenticate", "resource", "issuer", "registration", "own_token"):
        assert seen[name] == "not checked: gateway did not pass"
    assert {one.seen for one in report.complete({"url": gateway.url(f"{URL}/")})[1:]} == {
        "not checked: url did not pass"
    }


def test_the_text_of_a_failure_is_that_of_what_failed() -> None:
    findings = [gateway.url(URL), gateway.unauthorized(Answer(404), zuplo=False), tenant.iss_parameter({})]
    text = report.failure_text(findings)
    assert text == f"1 of 3 checks failed. {findings[1].sentence}"


@pytest.mark.parametrize("option", ["domain", "issuer_domain"])
def test_a_wrong_issuer_is_one_of_the_option_that_was_set(option: str) -> None:
    issuer = Issuer("wrong.example.com", option)
    for zuplo in (True, False):
        finding = gateway.authorization_servers(NAMED, issuer, zuplo=zuplo)
        assert finding.remedy.endswith(f"unless the option {option} of this task is wrong")
        assert finding.remedy.startswith("mcp_ops.oauth.zuplo_mcp_oauth: ") == zuplo
    assert issuer.own_remedy.startswith(f"mcp_ops.oauth.mcp_oauth_check: {option}: ")


# -- a registration without credentials ---------------------------------------------------------------------------


class Server(Probe):  # type: ignore[misc]
    """A gateway and an authorization server in order; `registered` is added to the answer to a registration."""

    def __init__(
        self, registered: dict[str, t.Any], deletion: Answer, endpoint: str = f"{ISSUER.url}oidc/register"
    ) -> None:
        super().__init__(ca_path=None, validate_certs=True, timeout=1)
        self.endpoint = endpoint
        self.registered_at: list[str] = []
        self.registered = registered
        self.deletion = deletion
        self.deleted: list[tuple[str, str | None]] = []

    def _send(self, method: str, url: str, token: str | None = None, *, read: bool = False, **content: t.Any) -> Answer:
        if method == "DELETE":
            self.deleted.append((url, token))
            return self.deletion
        if "json" in content and "client_name" in content["json"]:
            self.registered_at.append(url)
            return Answer(201, data={"client_id": "tpc_a", **self.registered})
        if method == "GET" and url.startswith(ISSUER.url):
            return Answer(200, data={**SERVER, "registration_endpoint": self.endpoint})
        return METADATA if method == "GET" else Answer(401)


PLACE = {"registration_client_uri": f"{ISSUER.url}oidc/register/tpc_a", "registration_access_token": "secret"}
NOT_SET = "credentials for the tenant are not set"
# What a hostile server would have us send something to.
FOREIGN = [
    "https://evil.example/register",
    "http://tenant.eu.auth0.com/register",
    "https://tenant.eu.auth0.com:8443/register",
    "https://tenant.eu.auth0.com.evil.example/register",
    "https://tenant.eu.auth0.com@evil.example/register",
    "https://user@tenant.eu.auth0.com/register",
    "https://tenant.eu.auth0.com",
    "https://tenant.eu.auth0.com\\@evil.example/",
    "https://[",
    "file:///etc/passwd",
    "https://tenant.eu.auth0.com/\r\nHost: evil.example",
]


def register_with(probe: Server, issuer: Issuer | None, api: ManagementApi | None = None) -> tuple[Finding, Check]:
    check = Check(Subject(URL, issuer, frozenset(["dcr"]), register=True), probe, api)
    found = {one.name: one for one in check.run()}
    return found["registration"], check


@pytest.mark.parametrize(
    ("registered", "deletion", "seen"),
    [
        (PLACE, Answer(204), "it has been deleted again"),
        (PLACE, Answer(403), "status 403"),
        ({}, Answer(204), NOT_SET),
        ({**PLACE, "registration_access_token": "a\r\nb"}, Answer(204), NOT_SET),
        *(({**PLACE, "registration_client_uri": url}, Answer(204), NOT_SET) for url in FOREIGN),
    ],
)
def test_a_registered_client_is_deleted_with_its_own_token(
    registered: dict[str, t.Any], deletion: Answer, seen: str
) -> None:
    probe = Server(registered, deletion)
    finding, check = register_with(probe, ISSUER)
    assert seen in finding.seen
    assert finding.status == ("pass" if "deleted again" in seen else "warn")
    assert check.undeleted_client == (None if "deleted again" in seen else "tpc_a")
    expected = [(PLACE["registration_client_uri"], "secret")]
    assert probe.deleted == ([] if seen == NOT_SET else expected)


@pytest.mark.parametrize("endpoint", FOREIGN)
def test_nothing_is_sent_to_an_endpoint_that_is_not_the_issuers(endpoint: str) -> None:
    probe = Server(PLACE, Answer(204), endpoint)
    finding, _check = register_with(probe, ISSUER)
    assert finding.status in ("fail", "skip")
    assert (probe.registered_at, probe.deleted) == ([], [])
    assert finding.sentence.isprintable()


def test_nothing_is_registered_without_an_issuer() -> None:
    probe = Server(PLACE, Answer(204))
    finding, _check = register_with(probe, None)
    assert (finding.status, finding.remedy) == ("skip", server.NAME_ISSUER)
    assert probe.registered_at == []


@pytest.mark.parametrize("client_id", ["..", ".", "", "a b", "a\n", None, 7, ["a"]])
def test_an_id_that_is_none_is_not_deleted(client_id: t.Any) -> None:
    probe = Server({**PLACE, "client_id": client_id}, Answer(204))
    finding, _check = register_with(probe, ISSUER)
    assert finding.status == "fail"
    assert probe.deleted == []


@pytest.mark.parametrize("name", ["Production", "mcp_ops.oauth check", None])
def test_another_issuer_cannot_have_a_client_of_the_tenant_deleted(name: str | None) -> None:
    class Tenant(ManagementApi):  # type: ignore[misc]
        deleted: t.ClassVar[list[str]] = []

        def get(self, path: str, *_form: t.Any, **_params: t.Any) -> t.Any:
            return {"client_id": "tpc_a", "name": name} if name and path.startswith("clients/") else {}

        def delete(self, path: str, *_body: t.Any, **_timeout: t.Any) -> None:
            self.deleted.append(path)

        def pages(self, *_path: t.Any, **_params: t.Any) -> t.Any:
            return iter([([], 0)])

        def texts(self, _path: str) -> list[str]:
            return []

    Tenant.deleted.clear()
    api = Tenant(Settings("canonical.eu.auth0.com", auth_access_token="opaque"))
    finding, check = register_with(Server(PLACE, Answer(204)), ISSUER, api)
    is_ours = name == "mcp_ops.oauth check"
    assert Tenant.deleted == (["clients/tpc_a"] if is_ours else [])
    assert finding.status == ("pass" if is_ours else "warn")
    assert check.undeleted_client == (None if is_ours else "tpc_a")


def test_nothing_is_registered_at_another_server() -> None:
    probe = Server({}, Answer(204))
    other = Issuer("other.example.com", "issuer_domain")
    check = Check(Subject(URL, other, frozenset(["dcr"]), register=True), probe, None)
    found = {one.name: one for one in check.run()}
    assert found["issuer"].status == "pass"
    assert found["registration"].seen == "not checked: authorization_servers did not pass"


# -- a tenant that cannot be read ---------------------------------------------------------------------------------


class NoGateway(Probe):  # type: ignore[misc]
    def _send(self, method: str, url: str, token: str | None = None, *, read: bool = False, **content: t.Any) -> Answer:
        return Answer(401) if method == "POST" else Answer(404)


class BrokenApi(ManagementApi):  # type: ignore[misc]
    """The requests that are answered, and then the error."""

    def __init__(self, error: Exception, answers: list[t.Any]) -> None:
        super().__init__(Settings("tenant.eu.auth0.com", auth_access_token="opaque", auth_client_id="id"))
        self.error = error
        self.answers = answers
        self.count = 0

    def _request(self, *args: t.Any, **kwargs: t.Any) -> t.Any:
        self.count += 1
        if not self.answers:
            raise self.error
        return self.answers.pop(0)


ERRORS = [
    UnreachableError("Cannot reach tenant.eu.auth0.com: it timed out", remedy="Check domain."),
    ApiError("failed with status 503", where="GET /api/v2/x", remedy="Auth0 is not available.", status=503),
    ApiError("failed with status 401", where="GET /api/v2/x", remedy="The token is not accepted.", status=401),
    ApiError("failed with status 500", where="GET /api/v2/x", status=500),
    ListingError("Auth0 lists only 1000 of 1001 objects", remedy="Name the one that is needed."),
    CredentialsError("Auth0 refused the credentials", remedy="Check auth_client_id."),
]


@pytest.mark.parametrize("answers", [[], [{}, {"id": "1", "identifier": URL}]], ids=["at once", "later"])
@pytest.mark.parametrize("error", ERRORS, ids=str)
def test_an_error_of_the_tenant_is_a_finding(error: t.Any, answers: list[t.Any]) -> None:
    api = BrokenApi(error, [*answers])
    probe = NoGateway(ca_path=None, validate_certs=True, timeout=1)
    subject = Subject(URL, ISSUER, frozenset(["dcr"]), register=True)
    found = {one.name: one for one in Check(subject, probe, api).run()}
    failed = found["management_api"]
    assert failed.status == "fail"
    assert failed.seen == f"{error.where} {error.what}".strip()
    assert failed.remedy == error.remedy.rstrip(".") or not error.remedy
    # What came before it stands, the rest is not even asked for.
    assert api.count == len(answers) + 1
    assert found["resource_server"].status == ("pass" if answers else "skip")
    assert found["connection"].seen == "not checked: management_api did not pass"
    assert found["own_token"].seen == "not checked: management_api did not pass"
    assert found["gateway"].status == "pass"


def test_a_bug_is_none() -> None:
    probe = NoGateway(ca_path=None, validate_certs=True, timeout=1)
    with pytest.raises(KeyError):
        Check(Subject(URL, ISSUER, frozenset()), probe, BrokenApi(KeyError("next"), [])).run()


def test_a_scope_that_only_the_request_tells() -> None:
    error = ApiError("failed with status 403", where="GET /api/v2/x", status=403)
    probe = NoGateway(ca_path=None, validate_certs=True, timeout=1)
    found = {one.name: one for one in Check(Subject(URL, ISSUER, frozenset()), probe, BrokenApi(error, [])).run()}
    assert found["management_api"].status == "pass"
    assert found["connection"].seen == "not checked: the token lacks the scope read:connections"
    assert found["iss_parameter"].status == "skip"


@pytest.mark.parametrize("audience", ["https://tenant.eu.auth0.com/api/v2/", "https://other.auth0.com/api/v2/", "mine"])
def test_no_token_of_the_management_api_is_made_for_others(audience: str) -> None:
    options: dict[str, t.Any] = {"auth_client_id": "id", "auth_client_secret": "secret", "auth_audience": "mine"}
    api = ManagementApi(Settings("tenant.eu.auth0.com", **options))
    with pytest.raises(InputError, match="is the Management API"):
        api.token_for(audience)


ORIGIN = "https://app.example.com"
ALLOWED = {
    "access-control-allow-origin": ORIGIN,
    "access-control-allow-methods": "GET, POST",
    "access-control-allow-headers": "Authorization, content-type,mcp-protocol-version",
}


READABLE = {"access-control-allow-origin": ORIGIN}
POINTER = {"www-authenticate": f'Bearer resource_metadata="{AT_PATH}"'}


@pytest.mark.parametrize(
    ("status", "changed", "seen"),
    [
        (200, {}, None),
        (204, {"access-control-allow-origin": "*", "access-control-allow-methods": "*"}, None),
        (204, {"access-control-allow-headers": "*, authorization"}, None),
        (404, {}, "status 404"),
        (200, {"access-control-allow-origin": "https://other.example"}, "does not allow that origin"),
        (200, {"access-control-allow-origin": ""}, "does not allow that origin"),
        (200, {"access-control-allow-methods": "GET"}, "does not allow POST"),
        (200, {"access-control-allow-headers": "*"}, "does not allow the header authorization"),
        (200, {"access-control-allow-headers": "authorization"}, "does not allow the header content-type"),
    ],
)
def test_a_preflight(status: int, changed: dict[str, str], seen: str | None) -> None:
    good = Answer(401, READABLE), Answer(200, READABLE)
    finding = gateway.cors(Answer(status, {**ALLOWED, **changed}), *good, ORIGIN, zuplo=True, told=False)
    assert finding.status == ("pass" if seen is None else "fail")
    assert (seen or "is allowed") in finding.seen


@pytest.mark.parametrize(
    ("refused", "metadata", "told", "status", "seen"),
    [
        ({**READABLE, **POINTER, "access-control-expose-headers": "a, WWW-Authenticate"}, READABLE, True, "pass", ""),
        ({**READABLE, **POINTER, "access-control-expose-headers": "*"}, READABLE, True, "pass", ""),
        ({**READABLE, **POINTER}, READABLE, False, "warn", "fall back to the well-known path"),
        ({**READABLE, **POINTER}, READABLE, True, "fail", "which alone names the metadata"),
        (READABLE, READABLE, False, "pass", ""),
        (POINTER, READABLE, False, "fail", "without a token gets status 401, which does not allow"),
        ({**READABLE, **POINTER}, {}, False, "fail", "the metadata gets a page"),
        ({**READABLE, **POINTER}, None, False, "warn", ""),
    ],
)
def test_what_a_page_can_read(
    refused: dict[str, str], metadata: dict[str, str] | None, told: bool, status: str, seen: str
) -> None:
    document = None if metadata is None else Answer(200, metadata)
    finding = gateway.cors(Answer(204, ALLOWED), Answer(401, refused), document, ORIGIN, zuplo=False, told=told)
    assert (finding.status, seen in finding.seen) == (status, True), finding
    assert "zuplo" not in finding.remedy


# -- what the SDKs take -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({}, ()),
        ({"x_unknown": 7}, ()),
        ({"scopes_supported": []}, ()),
        ({"scopes_supported": None}, (TYPESCRIPT,)),
        ({"resource_policy_uri": None}, (TYPESCRIPT,)),
        ({"scopes_supported": "read"}, SDKS),
        ({"scopes_supported": [1]}, SDKS),
        ({"jwks_uri": "keys"}, SDKS),
        ({"resource": None}, SDKS),
        ({"authorization_servers": []}, SDKS),
        ({"authorization_servers": ["tenant"]}, SDKS),
    ],
)
def test_members_of_the_metadata(changes: dict[str, t.Any], refused: tuple[str, ...]) -> None:
    seen = found(path=Answer(200, data={**METADATA.data, **changes}))
    assert [sdk for sdk in SDKS if seen[sdk].problem] == list(refused), seen


@pytest.mark.parametrize(
    ("places", "refused"),
    [
        ({"oauth": 200}, ()),
        ({"openid": 200}, ()),
        ({"oauth": 302, "openid": 200}, ()),
        ({"oauth": 500, "openid": 200}, SDKS),
        ({"oauth": 502, "openid": 200}, (PYTHON,)),
        ({"oauth": 0, "openid": 200}, SDKS),
        ({}, SDKS),
    ],
)
def test_where_the_server_keeps_its_metadata(places: dict[str, int], refused: tuple[str, ...]) -> None:
    lists = ("subject_types_supported", "id_token_signing_alg_values_supported")
    whole = {**SERVER, "jwks_uri": f"{ISSUER.url}keys", **{name: ["x"] for name in lists}}
    seen = found_server(**{name: Answer(status, data=whole) for name, status in places.items()})
    assert [sdk for sdk in SDKS if seen[sdk].problem] == list(refused), seen


@pytest.mark.parametrize(
    ("issuer", "named", "refused"),
    [
        (ISSUER.url, ISSUER.url, ()),
        (ISSUER.url, ISSUER.url[:-1], SDKS),
        (ISSUER.url[:-1], ISSUER.url, (PYTHON,)),
        (ISSUER.url.replace("tenant", "Tenant"), ISSUER.url, (TYPESCRIPT,)),
        ("https://a.example:443/b", "https://a.example/b", (TYPESCRIPT,)),
        ("https://a.example/b", "https://a.example/c", SDKS),
        ("http://a.example:443/", "https://a.example/", SDKS),
        (None, ISSUER.url, SDKS),
        ("tenant", "tenant", ()),
    ],
)
def test_issuers(issuer: t.Any, named: str, refused: tuple[str, ...]) -> None:
    assert discovery.refuses_issuer(issuer, named) == list(refused)


def test_after_a_document_that_is_none() -> None:
    """Only one SDK goes on."""
    whole = {**SERVER, "jwks_uri": f"{ISSUER.url}keys", "subject_types_supported": []}
    whole["id_token_signing_alg_values_supported"] = []
    seen = found_server(oauth=Answer(200, data=[]), openid=Answer(200, data=whole))
    assert [sdk for sdk in SDKS if seen[sdk].problem] == [TYPESCRIPT]


@pytest.mark.parametrize("zuplo", [True, False])
def test_only_remedies_for_zuplo_name_it(zuplo: bool) -> None:
    nothing = found()
    for finding in (
        gateway.unauthorized(Answer(200, OF_MCP), zuplo=zuplo),
        gateway.unauthorized(Answer(404), zuplo=zuplo),
        gateway.www_authenticate(dict.fromkeys(SDKS, ""), nothing, URL, zuplo=zuplo),
        gateway.protected_resource_metadata(nothing, URL, zuplo=zuplo),
        gateway.authorization_servers({}, None, zuplo=zuplo),
        gateway.authorization_servers({}, ISSUER, zuplo=zuplo),
        gateway.garbage_token(Answer(200), nothing, nothing, zuplo=zuplo),
        gateway.own_token(Answer(401), zuplo=zuplo),
        gateway.other_token(Answer(200), "x", zuplo=zuplo),
    ):
        assert ("mcp_ops.oauth.zuplo_mcp_oauth" in finding.remedy) == zuplo, finding
        assert zuplo or not re.search("plugin|policy|policies", finding.sentence, re.IGNORECASE), finding
