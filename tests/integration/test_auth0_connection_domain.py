# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import functools

from tests.integration import harness
from tests.integration.harness import DATABASE, Play, Tenant

task = functools.partial(harness.task, "auth0_connection_domain")


def test_life_of_a_promotion(play: Play, tenant: Tenant) -> None:
    before = tenant.connection()
    key = before["id"]
    run = play(
        [
            task("check promote", check=True, diff=True, name=DATABASE),
            task("promote", diff=True, name=DATABASE),
            task("promote again", diff=True, name=DATABASE),
            task("promote by id", id=key),
            task("check demote", check=True, id=key, is_domain_connection=False),
            task("demote", id=key, is_domain_connection=False),
            task("demote again", id=key, is_domain_connection=False),
            task("promote after all", name=DATABASE),
        ]
    )
    assert run.rc == 0
    assert run.changed == [*("check promote", "promote", "check demote", "demote", "promote after all")]
    assert all(not step.warnings and step.logins == 1 for step in run.steps)
    for name in ("check promote", "promote again"):
        assert run[name].calls == ["GET connections"]
    for name in ("promote by id", "check demote", "demote again"):
        assert run[name].calls == [f"GET connections/{key}"]
    assert run["promote"].calls == ["GET connections", f"PATCH connections/{key}"]
    assert run["promote"].writes == [("PATCH", {"is_domain_connection": True})]
    assert run["promote"].diff == run["check promote"].diff
    assert run["promote"].diff == (
        {"name": DATABASE, "is_domain_connection": False},
        {"name": DATABASE, "is_domain_connection": True},
    )
    connection = {"id": key, "name": DATABASE, "strategy": "auth0", "is_domain_connection": True}
    assert run["promote"].result["connection"] == run["check promote"].result["connection"] == connection
    # Options are neither asked for nor sent, and are as they were.
    assert all("options" not in request["query"].get("fields", "options") for request in run.requests_of("GET"))
    assert tenant.connection() == {**before, "is_domain_connection": True}


def test_unknown_connections(play: Play, tenant: Tenant) -> None:
    tenant.api("POST", "connections", {"name": "google-oauth2", "strategy": "google-oauth2"})
    run = play(
        [
            task("by name", name="google"),
            task("by id", id="con_0000000000000000"),
            task("check by name", check=True, diff=True, name="google"),
            task("check demotion", check=True, name="google", is_domain_connection=False),
            task("both", name=DATABASE, id="con_0000000000000000"),
            task("neither"),
        ]
    )
    assert run.passed == ["check by name", "check demotion"]
    assert all(step.writes == [] for step in run.steps)
    text = f"The tenant has no connection with the name 'google'. It has: {DATABASE}, google-oauth2."
    assert run["by name"].result["msg"] == text
    assert "no connection with the id 'con_0000000000000000'. It has: con_" in run["by id"].result["msg"]
    assert text in run["check by name"].warnings
    assert run["check by name"].changed
    assert run["check by name"].result["connection"] == {"name": "google", "is_domain_connection": True}
    assert not run["check demotion"].changed


def test_a_conflict_is_explained(play: Play, tenant: Tenant) -> None:
    conflict = {
        "statusCode": 409,
        "error": "Conflict",
        "message": "There is already a domain connection enabled for strategy",
    }
    tenant.fault("PATCH", f"/api/v2/connections/{tenant.connection()['id']}", status=409, body=conflict)
    step = play([task("promote", name=DATABASE)])["promote"]
    assert "already a domain connection" in step.result["msg"]
    assert "Set is_domain_connection: false on the other connection" in step.result["msg"]
    assert step.result["failure"]["status"] == 409


def test_only_if_none_is_at_domain_level(play: Play, tenant: Tenant) -> None:
    other = tenant.api("POST", "connections", {"name": "google-oauth2", "strategy": "google-oauth2"})
    run = play(
        [
            task("first", name=DATABASE, only_if_none=True),
            task("second", name="google-oauth2", only_if_none=True),
            task("unknown", name="none", only_if_none=True),
            task("named", name="google-oauth2"),
            task("both", name="google-oauth2", only_if_none=True, is_domain_connection=False),
        ]
    )
    assert run.changed == ["first", "named"]
    assert run["second"].result["connection"]["name"] == DATABASE
    assert run["second"].calls == run["unknown"].calls == ["GET connections"]
    assert run["both"].result["msg"].startswith("only_if_none excludes is_domain_connection: false.")
    assert tenant.api("GET", f"connections/{other['id']}")["is_domain_connection"] is True
