# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Judgements that need no server: odd answers, texts from strangers, and the report."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.mcp_ops.oauth.plugins.module_utils import _findings
from ansible_collections.mcp_ops.oauth.plugins.module_utils._client import Client, CredentialsError, Settings
from ansible_collections.mcp_ops.oauth.plugins.module_utils._findings import Finding
from ansible_collections.mcp_ops.oauth.plugins.module_utils._probe import Answer

URL = "https://mcp.example.com/mcp"
ISSUER = "https://tenant.eu.auth0.com/"
REFUSED = Answer(0, problem="Connection refused", absent=True)
BOTH = ("dcr", "cimd")
ENDPOINTS = {"authorization_endpoint": f"{ISSUER}authorize", "token_endpoint": f"{ISSUER}oauth/token"}


@pytest.mark.parametrize(
    ("finding", "status"),
    [
        (_findings.url("https://mcp.example.com"), "warn"),
        (_findings.gateway(REFUSED, required=False), "skip"),
        (_findings.gateway(REFUSED, required=True), "fail"),
        (_findings.gateway(Answer(0, problem="TLS failed"), required=False), "fail"),
        (_findings.unauthorized(Answer(403)), "fail"),
        (_findings.www_authenticate(Answer(401, {"www-authenticate": "Basic"}), URL), "warn"),
        (
            _findings.www_authenticate(
                Answer(401, {"www-authenticate": f"Bearer a=b, resource_metadata={_findings.metadata_url(URL)}"}), URL
            ),
            "pass",
        ),
        (_findings.protected_resource_metadata(Answer(200, data=[]), URL), "fail"),
        (_findings.resource({}, URL), "fail"),
        (_findings.authorization_servers({"authorization_servers": []}, ISSUER), "fail"),
        (_findings.authorization_servers({"authorization_servers": [1]}, ISSUER), "fail"),
        (_findings.authorization_servers({"authorization_servers": [ISSUER]}, None), "skip"),
        (_findings.authorization_server_metadata(None, "tenant"), "fail"),
        (_findings.authorization_server_metadata(Answer(200, data={"token_endpoint": "/token"}), ISSUER), "fail"),
        (_findings.authorization_server_metadata(Answer(200, data=ENDPOINTS), ISSUER), "pass"),
        (_findings.registration_endpoint({"registration_endpoint": "register"}, BOTH), "fail"),
        (_findings.pkce({"code_challenge_methods_supported": "S256"}), "fail"),
        (_findings.registration_endpoint({}, BOTH), "fail"),
        (_findings.cimd({}, BOTH), "fail"),
        (_findings.cimd({}, ("dcr",)), "skip"),
        (_findings.client_id_metadata_documents({}, BOTH), "fail"),
        (_findings.dynamic_client_registration({}, BOTH), "fail"),
        (
            _findings.registration_security_mode({"dynamic_client_registration_security_mode": "permissive"}, BOTH),
            "warn",
        ),
        (_findings.registration_security_mode({}, BOTH), "pass"),
        (_findings.resource_server({"subject_type_authorization": {"user": {"policy": "deny_all"}}}, [], URL), "fail"),
        (_findings.resource_server({"proof_of_possession": {"required": True}}, [], URL), "fail"),
        (_findings.signing_alg({"signing_alg": "HS256"}), "fail"),
        (_findings.signing_alg({"token_encryption": {"format": "compact-nested-jwe"}}), "fail"),
        (_findings.resource_parameter_profile({}, URL), "fail"),
        # A grant from before there were subject types is one for the application.
        (_findings.client_grant([{"audience": URL}], URL), "fail"),
        (_findings.iss_parameter({}), "warn"),
        (_findings.own_token(Answer(500)), "fail"),
        (_findings.other_token(Answer(403), "x"), "pass"),
    ],
    ids=lambda value: value.name if isinstance(value, Finding) else value,
)
def test_judgements(finding: Finding, status: str) -> None:
    assert finding.status == status, finding
    assert finding.status in ("pass", "skip") or finding.remedy


def test_where_clients_look() -> None:
    assert _findings.metadata_urls(ISSUER) == [
        f"{ISSUER}.well-known/oauth-authorization-server",
        f"{ISSUER}.well-known/openid-configuration",
    ]
    assert _findings.metadata_urls("https://a.example/b/") == [
        "https://a.example/.well-known/oauth-authorization-server/b",
        "https://a.example/.well-known/openid-configuration/b",
        "https://a.example/b/.well-known/openid-configuration",
    ]
    assert [_findings.metadata_urls(wrong) for wrong in ("file:///etc/passwd", "tenant", "https://[")] == [[], [], []]


def test_what_strangers_send_stays_on_its_line() -> None:
    seen = _findings.resource({"resource": "\x1b[31m\n" + "x" * 1000}, URL).seen
    assert seen.isprintable()
    assert len(seen) < 250


def test_near_misses_are_few_and_none_is_right() -> None:
    for url in (URL, "http://localhost:8080/mcp", "https://mcp.example.com"):
        near = _findings.near_misses(url, None, url, "https://other.example.com")
        assert f"{url}/" in near
        assert "https://other.example.com" in near
        assert url not in near
        assert len(near) <= 10


def test_report() -> None:
    findings = _findings.complete([_findings.url(URL), _findings.iss_parameter({})], "not looked at")
    assert [finding.name for finding in findings] == list(_findings.NAMES)
    lines = _findings.report(findings)
    assert lines[0] == f"PASS  url                            {URL}"
    assert lines[1] == "SKIP  project_route                  not looked at"
    # One reason stands once, however many findings share it.
    assert sum("not looked at" in line for line in lines) == 2
    assert {name for line in lines for name in line.replace(",", "").split()} >= set(_findings.NAMES)
    assert len({len(line) - len(line.split(maxsplit=2)[2]) for line in lines if line[0] != " "}) == 1
    assert "expected: on" in "".join(lines)
    assert _findings.failure(findings) == ""


@pytest.mark.parametrize("audience", ["https://tenant.eu.auth0.com/api/v2/", "https://other.auth0.com/api/v2/", "mine"])
def test_no_token_of_the_management_api_is_made_for_others(audience: str) -> None:
    options: dict[str, t.Any] = {"auth_client_id": "id", "auth_client_secret": "secret", "auth_audience": "mine"}
    client = Client(Settings("tenant.eu.auth0.com", **options))
    with pytest.raises(ValueError, match="is the Management API") as error:
        client.token_for(audience)
    assert not isinstance(error.value, CredentialsError)
