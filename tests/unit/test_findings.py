# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Findings that need no server: odd answers, texts from strangers, and the report."""

from __future__ import annotations

import re
import typing as t

import pytest
import yaml

from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.api import ManagementApi
from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.settings import Settings
from ansible_collections.mcp_ops.oauth.plugins.module_utils._check import gateway, report, server, tenant
from ansible_collections.mcp_ops.oauth.plugins.module_utils._check.check import Check, Subject
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


@pytest.mark.parametrize(
    ("finding", "status"),
    [
        (gateway.url("https://mcp.example.com"), "warn"),
        (gateway.url(f"{URL}/"), "fail"),
        (gateway.gateway(REFUSED, required=False), "skip"),
        (gateway.gateway(REFUSED, required=True), "fail"),
        (gateway.gateway(Answer(0, problem="TLS failed"), required=False), "fail"),
        (gateway.unauthorized(Answer(403)), "fail"),
        (gateway.www_authenticate(Answer(401, {"www-authenticate": "Basic"}), URL), "warn"),
        (
            gateway.www_authenticate(
                Answer(401, {"www-authenticate": f"Bearer a=b, resource_metadata={gateway.metadata_url(URL)}"}), URL
            ),
            "pass",
        ),
        (gateway.protected_resource_metadata(Answer(200, data=[]), URL), "fail"),
        (gateway.resource({}, URL), "fail"),
        (gateway.authorization_servers({"authorization_servers": []}, ISSUER), "fail"),
        (gateway.authorization_servers({"authorization_servers": [1]}, ISSUER), "fail"),
        (gateway.authorization_servers({}, None), "fail"),
        (gateway.authorization_servers(NAMED, None), "skip"),
        (gateway.authorization_servers(NAMED, ISSUER), "pass"),
        (server.authorization_server_metadata(None, "tenant", REMEDY), "fail"),
        (
            server.authorization_server_metadata(Answer(200, data={"token_endpoint": "/token"}), ISSUER.url, REMEDY),
            "fail",
        ),
        (server.authorization_server_metadata(Answer(200, data=ENDPOINTS), ISSUER.url, REMEDY), "pass"),
        (server.registration_endpoint({"registration_endpoint": "register"}, BOTH), "fail"),
        (server.pkce({"code_challenge_methods_supported": "S256"}, REMEDY), "fail"),
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
        (gateway.own_token(Answer(500)), "fail"),
        (gateway.other_token(Answer(403), "x"), "pass"),
        (gateway.other_token(Answer(500), "x"), "fail"),
    ],
    ids=lambda value: value.name if isinstance(value, Finding) else value,
)
def test_statuses(finding: Finding, status: str) -> None:
    assert finding.status == status, finding
    assert finding.status in ("pass", "skip") or finding.remedy


def test_where_clients_look() -> None:
    assert server.metadata_urls(ISSUER.url) == [
        f"{ISSUER.url}.well-known/oauth-authorization-server",
        f"{ISSUER.url}.well-known/openid-configuration",
    ]
    assert server.metadata_urls("https://a.example/b/") == [
        "https://a.example/.well-known/oauth-authorization-server/b",
        "https://a.example/.well-known/openid-configuration/b",
        "https://a.example/b/.well-known/openid-configuration",
    ]


def test_what_strangers_send_stays_on_its_line() -> None:
    text = "\x1b[31m\n\ud800" + "x" * 1000
    answer = Answer(302, {"location": text}, {"client_id": text, "error_description": text})
    for finding in (
        gateway.resource({"resource": text}, URL),
        gateway.unauthorized(answer),
        gateway.authorization_servers({"authorization_servers": [text]}, ISSUER),
        server.authorization_server_metadata(None, text, REMEDY),
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


def test_the_table_holds_every_finding() -> None:
    found = [gateway.url(URL), gateway.gateway(REFUSED, required=False), tenant.iss_parameter({})]
    findings = report.complete({one.name: one for one in found})
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
    found = {one.name: one for one in (gateway.url(URL), gateway.gateway(REFUSED, required=False))}
    seen = {one.name: one.seen for one in report.complete(found)}
    for name in ("unauthorized", "www_authenticate", "resource", "issuer", "registration", "own_token"):
        assert seen[name] == "not checked: gateway did not pass"
    assert {one.seen for one in report.complete({"url": gateway.url(f"{URL}/")})[1:]} == {
        "not checked: url did not pass"
    }


def test_the_text_of_a_failure_is_that_of_what_failed() -> None:
    findings = [gateway.url(URL), gateway.unauthorized(Answer(200)), tenant.iss_parameter({})]
    text = report.failure_text(findings)
    assert text == f"1 of 3 checks failed. {findings[1].sentence}"


@pytest.mark.parametrize("option", ["domain", "issuer_domain"])
def test_a_wrong_issuer_is_one_of_the_option_that_was_set(option: str) -> None:
    issuer = Issuer("wrong.example.com", option)
    finding = gateway.authorization_servers(NAMED, issuer)
    assert finding.remedy.endswith(f"unless the option {option} of this task is wrong")
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
            return Answer(200, data={"issuer": ISSUER.url, "registration_endpoint": self.endpoint})
        return Answer(200, data={"resource": URL, **NAMED}) if method == "GET" else Answer(401)


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
    found = gateway.cors(Answer(status, {**ALLOWED, **changed}), ORIGIN)
    assert found.status == ("pass" if seen is None else "fail")
    assert (seen or "is allowed") in found.seen
