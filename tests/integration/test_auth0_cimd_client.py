# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import functools
import typing as t

import pytest

from tests.integration import harness
from tests.integration.harness import Play, Tenant

LIST = "GET clients"
PREVIEW, REGISTER = "POST clients/cimd/preview", "POST clients/cimd/register"
ADDED: dict[str, t.Any] = {
    "description": "A client of many",
    "grant_types": ["authorization_code", "refresh_token"],
    "jwt_configuration": {"lifetime_in_seconds": 7200},
    "refresh_token": {"leeway": 30},
    "client_metadata": {"team": "a"},
}

task = functools.partial(harness.task, "auth0_cimd_client")


def publish(tenant: Tenant, **changes: t.Any) -> str:
    """The URL of a metadata document."""
    url = f"https://{tenant.domain}/documents/client.json"
    document = {
        "client_id": url,
        "client_name": "Example client",
        "redirect_uris": ["https://client.example.com/callback"],
        "grant_types": ["authorization_code"],
        "token_endpoint_auth_method": "none",
        **changes,
    }
    tenant.call("PUT", "/_emulator/documents/client.json", document)
    return url


def calls(step: harness.Step) -> list[str]:
    """The module's own requests; the emulator fetches documents from itself."""
    return [call for call in step.calls if not call.startswith("GET /documents/")]


def writes(step: harness.Step) -> list[str]:
    """The requests that change something; a preview is a POST that does not."""
    return [call for call in step.calls if not call.startswith("GET ") and call != PREVIEW]


def test_life_of_a_client(play: Play, tenant: Tenant) -> None:
    url = publish(tenant, client_uri="https://client.example.com")
    run = play(
        [
            task("check create", external_client_id=url, check=True, diff=True, **ADDED),
            task("create", external_client_id=url, diff=True, **ADDED),
            task("create again", external_client_id=url, diff=True, **ADDED),
            task("nothing added", external_client_id=url),
            task("check change", external_client_id=url, check=True, diff=True, description="Another"),
            task("change", external_client_id=url, diff=True, description="Another"),
            task("check absent", external_client_id=url, check=True, diff=True, state="absent"),
            task("absent", external_client_id=url, diff=True, state="absent"),
            task("absent again", external_client_id=url, state="absent"),
        ]
    )
    assert run.rc == 0, run.output
    assert run.changed == [*("check create", "create", "check change", "change", "check absent", "absent")]
    for name in ("check create", "create"):
        assert "Ignoring unsupported properties: client_uri" in run[name].warnings
    assert all(not step.warnings for step in run.steps if step.name not in ("check create", "create"))

    assert calls(run["check create"]) == [LIST, PREVIEW]
    client = run["create"].result["client"]
    path = f"clients/{client['client_id']}"
    # Registered, and given in the same run what the document does not say.
    assert calls(run["create"]) == [LIST, PREVIEW, REGISTER, f"GET {path}", f"PATCH {path}"]
    assert run["create"].writes[-1] == (
        "PATCH",
        {
            "description": "A client of many",
            "grant_types": ["authorization_code", "refresh_token"],
            "jwt_configuration": {"alg": "RS256", "lifetime_in_seconds": 7200},
            "refresh_token": {**client["refresh_token"], "leeway": 30},
            "client_metadata": {"team": "a"},
        },
    )
    assert run["create"].diff == run["check create"].diff
    assert run["create"].diff[1].items() >= {"external_client_id": url, "name": "Example client", **ADDED}.items()
    assert client.items() >= {"external_client_id": url, "name": "Example client", "is_first_party": False}.items()
    assert "client_secret" not in client

    for again in ("create again", "nothing added", "absent again"):
        assert calls(run[again]) == [LIST]
    assert calls(run["change"]) == [LIST, f"PATCH {path}"]
    assert run["change"].writes == [("PATCH", {"description": "Another"})]
    assert run["change"].diff == run["check change"].diff
    assert calls(run["absent"]) == [LIST, f"DELETE {path}"]
    assert run["absent"].diff == run["check absent"].diff == ({"external_client_id": url}, {})
    assert run["absent again"].result["client"] == {}


def test_refresh_follows_the_document(play: Play, tenant: Tenant) -> None:
    url = publish(tenant)
    run = play(
        [
            task("create", external_client_id=url, **ADDED),
            task("unchanged", external_client_id=url, refresh=True, **ADDED),
        ]
    )
    assert run.changed == ["create"], run.output
    assert calls(run["unchanged"]) == [LIST, PREVIEW]

    publish(tenant, client_name="New name", grant_types=["authorization_code", "refresh_token"])
    run = play(
        [
            task("without refresh", external_client_id=url, **ADDED),
            task("check", external_client_id=url, refresh=True, check=True, diff=True, **ADDED),
            task("refresh", external_client_id=url, refresh=True, diff=True, **ADDED),
            task("again", external_client_id=url, refresh=True, **ADDED),
        ]
    )
    assert run.changed == ["check", "refresh"], run.output
    assert writes(run["check"]) == []
    assert REGISTER in calls(run["refresh"])
    assert run["refresh"].diff == run["check"].diff
    assert run["refresh"].diff[1]["name"] == "New name"
    client = run["refresh"].result["client"]
    assert client.items() >= {"name": "New name", "description": "A client of many"}.items()
    assert client["refresh_token"]["leeway"] == 30


def test_what_is_added_outlives_a_new_registration(play: Play, tenant: Tenant) -> None:
    """A registration resets the kind of application and its grant types to what the document says."""
    url = publish(tenant, logo_uri="https://client.example.com/logo.png")
    added: dict[str, t.Any] = {**ADDED, "app_type": "native", "organization_usage": "allow"}
    create = play([task("create", external_client_id=url, **added)])["create"]
    before = create.result["client"]
    assert (before["app_type"], before["logo_uri"]) == ("native", "https://client.example.com/logo.png")

    publish(tenant, client_name="New name")
    run = play(
        [
            task("check", external_client_id=url, refresh=True, check=True, diff=True, **added),
            task("refresh", external_client_id=url, refresh=True, diff=True, **added),
            task("again", external_client_id=url, refresh=True, **added),
        ]
    )
    assert run.rc == 0, run.output
    assert run.changed == ["check", "refresh"]
    path = f"clients/{before['client_id']}"
    calls = [call for call in run["refresh"].calls if "/documents/" not in call]
    assert calls == [LIST, PREVIEW, REGISTER, f"GET {path}", f"PATCH {path}"]
    # Only what the registration took away is given again.
    assert set(run["refresh"].writes[-1][1]) == {"app_type", "grant_types"}
    assert run["refresh"].diff == run["check"].diff
    assert (run["refresh"].diff[0]["name"], run["refresh"].diff[1]["name"]) == ("Example client", "New name")
    after = {key: value for key, value in before.items() if key != "logo_uri"}
    assert run["refresh"].result["client"] == {**after, "name": "New name"}
    assert run["check"].result["client"] == run["refresh"].result["client"]


def test_what_a_document_no_longer_says_goes(play: Play, tenant: Tenant) -> None:
    url = publish(tenant, logo_uri="https://client.example.com/logo.png")
    assert play([task("create", external_client_id=url)]).changed == ["create"]
    publish(tenant)
    run = play(
        [
            task("check", external_client_id=url, refresh=True, check=True, diff=True),
            task("refresh", external_client_id=url, refresh=True, diff=True),
            task("again", external_client_id=url, refresh=True),
        ]
    )
    assert run.changed == ["check", "refresh"], run.output
    assert writes(run["refresh"]) == [REGISTER]
    assert run["refresh"].diff == run["check"].diff
    assert run["refresh"].diff[0]["logo_uri"] == "https://client.example.com/logo.png"
    assert "logo_uri" not in run["refresh"].result["client"]


def test_what_auth0_would_refuse_of_what_is_added(play: Play, tenant: Tenant) -> None:
    url = publish(tenant)
    run = play(
        [
            task("limits", external_client_id=url, description="x" * 141, refresh_token={"leeway": 61}),
            task("not for these", external_client_id=url, callbacks=["https://client.example.com/other"]),
            task("other kind", external_client_id=url, app_type="spa"),
        ]
    )
    assert run.passed == []
    assert run.requests == []
    assert "description has 141 characters" in run["limits"].result["msg"]
    assert "refresh_token.leeway is 61" in run["limits"].result["msg"]
    assert "Unsupported parameters" in run["not for these"].result["msg"]


def test_what_the_plan_does_not_include_is_told(play: Play, tenant: Tenant) -> None:
    url = publish(
        tenant,
        token_endpoint_auth_method="private_key_jwt",
        jwks_uri=f"https://{tenant.domain}/.well-known/jwks.json",
    )
    run = play([task("check", external_client_id=url, check=True), task("create", external_client_id=url)])
    assert run.changed == ["check"]
    assert "The tenant's Auth0 plan does not include this" in run["create"].result["msg"]
    assert run["create"].result["failure"]["status"] == 403
    assert tenant.api("GET", "clients?is_first_party=false") == []


def test_a_document_that_auth0_cannot_use(play: Play, tenant: Tenant) -> None:
    url = publish(tenant, redirect_uris=["http://client.example.com/callback"], client_name=None)
    missing = f"https://{tenant.domain}/documents/none.json"
    run = play(
        [
            task("invalid", external_client_id=url),
            task("check invalid", external_client_id=url, check=True),
            task("missing", external_client_id=missing),
        ]
    )
    assert run.passed == []
    for step in run.steps:
        assert writes(step) == []
    for name in ("invalid", "check invalid"):
        assert f"Auth0 cannot use the document at {url}: " in run[name].result["msg"]
        assert "redirect_uris must be" in run[name].result["msg"]
        assert "client_name must be" in run[name].result["msg"]
    assert "could not be retrieved" in run["missing"].result["msg"]


@pytest.mark.parametrize("rule", ["http://client.example.com/client.json", "https://client.example.com"])
def test_the_url_is_checked_before_anything_is_sent(play: Play, rule: str) -> None:
    run = play([task("URL", external_client_id=rule)])
    assert run.passed == []
    assert run.requests == []
    assert "It must be the https URL at which the client publishes its metadata document" in run["URL"].result["msg"]


def test_with_a_token_that_can_only_read(play: Play, tenant: Tenant) -> None:
    url = publish(tenant)
    tenant.grant("read:clients")
    run = play([task("check", external_client_id=url, check=True), task("real", external_client_id=url)])
    assert run.changed == ["check"]
    text = "lacks the scopes create:clients, update:clients"
    assert text in run["check"].warnings
    assert text in run["real"].result["msg"]
    assert all(writes(step) == [] for step in run.steps)


def test_a_loop_knows_what_it_has_registered(play_over: t.Callable[[str], Play], tenant: Tenant) -> None:
    first = publish(tenant)
    second = f"https://{tenant.domain}/documents/second.json"
    document = {"client_id": second, "client_name": "Second", "redirect_uris": ["https://second.example.com/callback"]}
    tenant.call("PUT", "/_emulator/documents/second.json", document)
    looped = {
        "name": "loop",
        "mcp_ops.oauth.auth0_cimd_client": {"external_client_id": "{{ item }}"},
        "loop": [first, second, second, first],
    }
    run = play_over("controller")([looped])
    assert run.rc == 0, run.output
    assert [result["changed"] for result in run["loop"].result["results"]] == [True, True, False, False]
    assert calls(run["loop"]).count(LIST) == 2
    assert calls(run["loop"]).count(REGISTER) == 2
