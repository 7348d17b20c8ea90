# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import functools
import typing as t

import pytest

from tests.integration import harness
from tests.integration.harness import Play, Tenant

AUDIENCE = "https://mcp.example.com/mcp"
LIST = "GET client-grants"
API = "GET resource-servers/https%3A%2F%2Fmcp.example.com%2Fmcp"
FOR_ALL: dict[str, t.Any] = {"default_for": "third_party_clients", "audience": AUDIENCE, "subject_type": "user"}

task = functools.partial(harness.task, "auth0_client_grant")


@pytest.fixture(autouse=True)
def api(tenant: Tenant) -> None:
    scopes = [{"value": "tools:read"}, {"value": "tools:write"}]
    tenant.api("POST", "resource-servers", {"identifier": AUDIENCE, "scopes": scopes})


def test_life_of_a_grant(play: Play, tenant: Tenant) -> None:
    both, one = ["tools:read", "tools:write"], ["tools:read"]
    run = play(
        [
            task("check create", check=True, diff=True, scope=both, **FOR_ALL),
            task("create", diff=True, scope=both, **FOR_ALL),
            task("create again", diff=True, scope=both, **FOR_ALL),
            task("create again in another order", scope=both[::-1], **FOR_ALL),
            task("nothing named but the key", **FOR_ALL),
            task("check change", check=True, diff=True, scope=one, **FOR_ALL),
            task("change", diff=True, scope=one, **FOR_ALL),
            task("change again", scope=one, **FOR_ALL),
            task("check absent", check=True, diff=True, state="absent", **FOR_ALL),
            task("absent", diff=True, state="absent", **FOR_ALL),
            task("absent again", state="absent", **FOR_ALL),
        ]
    )
    assert run.rc == 0, run.output
    assert run.changed == [*("check create", "create", "check change", "change", "check absent", "absent")]
    lost = f"Third-party applications can no longer get these scopes of {AUDIENCE}: tools:write."
    warned = {"check change": lost, "change": lost}
    assert {step.name: step.warnings for step in run.steps if step.warnings} == warned
    assert all(step.logins == 1 for step in run.steps)
    reads = [step for step in run.steps if step.name.startswith("check ") or not step.changed]
    # A scope that is new to the grant is looked for at the API.
    assert all(step.calls == ([LIST, API] if step.name == "check create" else [LIST]) for step in reads)
    # One request tells whether the grant is there.
    assert (
        run["create"].requests[1]["query"].items()
        >= {"audience": AUDIENCE, "default_for": "third_party_clients"}.items()
    )

    wanted = {**FOR_ALL, "scope": both, "allow_all_scopes": False}
    assert run["create"].diff == run["check create"].diff == ({}, wanted)
    assert run["check create"].result["client_grant"] == wanted
    assert run["create"].writes == [("POST", wanted)]
    key = run["create"].result["client_grant"]["id"]
    assert run["change"].calls == [LIST, f"PATCH client-grants/{key}"]
    assert run["change"].writes == [("PATCH", {"scope": one})]
    assert run["change"].diff == run["check change"].diff
    assert run["change"].result["client_grant"] == run["check change"].result["client_grant"]
    assert run["absent"].calls == [LIST, f"DELETE client-grants/{key}"]
    assert run["absent"].diff == run["check absent"].diff == (FOR_ALL, {})
    assert run["absent again"].result["client_grant"] == {}
    assert tenant.api("GET", f"client-grants?audience={AUDIENCE}") == []


def test_owner_and_subject_type_make_a_grant(play: Play, tenant: Tenant) -> None:
    own: dict[str, t.Any] = {"client_id": tenant.client_id, "audience": AUDIENCE}
    run = play(
        [
            task("all", scope=["tools:read"], **FOR_ALL),
            task("user", subject_type="user", scope=["tools:read"], **own),
            task("client", subject_type="client", scope=[], **own),
            task("user again", subject_type="user", scope=["tools:read"], **own),
            task("client absent", subject_type="client", state="absent", **own),
        ]
    )
    assert run.changed == ["all", "user", "client", "client absent"], run.output
    left = tenant.api("GET", f"client-grants?audience={AUDIENCE}")
    assert [(grant.get("client_id"), grant["subject_type"]) for grant in left] == [
        (None, "user"),
        (tenant.client_id, "user"),
    ]


def test_a_grant_without_a_subject_type_is_one_for_the_client(play: Play, tenant: Tenant) -> None:
    state = tenant.call("GET", "/_emulator/state")
    old = {"id": "cgr_old", "client_id": tenant.client_id, "audience": AUDIENCE, "scope": []}
    state["client_grants"]["cgr_old"] = old
    tenant.call("PUT", "/_emulator/state", state)
    own: dict[str, t.Any] = {"client_id": tenant.client_id, "audience": AUDIENCE, "scope": []}
    run = play([task("client", subject_type="client", **own), task("user", subject_type="user", **own)])
    assert run.changed == ["user"], run.output


def test_all_scopes_and_a_list_of_them(play: Play) -> None:
    run = play(
        [
            task("all", allow_all_scopes=True, **FOR_ALL),
            task("all again", allow_all_scopes=True, **FOR_ALL),
            task("check a list", check=True, diff=True, scope=["tools:read"], **FOR_ALL),
            task("a list", diff=True, scope=["tools:read"], **FOR_ALL),
            task("a list again", scope=["tools:read"], **FOR_ALL),
            task("check back", check=True, allow_all_scopes=True, **FOR_ALL),
            task("back", allow_all_scopes=True, **FOR_ALL),
            task("none at all", scope=[], **FOR_ALL),
        ]
    )
    assert run.rc == 0, run.output
    assert run.changed == [*("all", "check a list", "a list", "check back", "back", "none at all")]
    assert run["a list"].writes == [("PATCH", {"allow_all_scopes": False, "scope": ["tools:read"]})]
    assert run["back"].writes == [("PATCH", {"allow_all_scopes": True})]
    assert run["none at all"].writes == [("PATCH", {"allow_all_scopes": False, "scope": []})]
    for name in ("a list", "back"):
        assert run[name].result["client_grant"] == run[f"check {name}"].result["client_grant"]
    assert run["a list"].diff == run["check a list"].diff
    assert "scope" not in run["back"].result["client_grant"]


def test_every_other_field(play: Play, tenant: Tenant) -> None:
    own: dict[str, t.Any] = {"client_id": tenant.client_id, "audience": AUDIENCE, "subject_type": "client"}
    everything: dict[str, t.Any] = {
        "scope": ["tools:read"],
        "authorization_details_types": ["payment", "transfer"],
        "organization_usage": "allow",
        "allow_any_organization": True,
    }
    run = play(
        [
            task("create", **own, **everything),
            task("again", **own, **{**everything, "authorization_details_types": ["transfer", "payment"]}),
            task("check change", check=True, diff=True, **own, organization_usage="require"),
            task("change", diff=True, **own, organization_usage="require"),
            task("no types", **own, authorization_details_types=[], allow_any_organization=False),
            task("no types again", **own, authorization_details_types=[], allow_any_organization=False),
        ]
    )
    assert run.rc == 0, run.output
    assert run.changed == ["create", "check change", "change", "no types"]
    assert run["change"].writes == [("PATCH", {"organization_usage": "require"})]
    assert run["change"].diff == run["check change"].diff
    assert run["change"].result["client_grant"] == run["check change"].result["client_grant"]
    assert run["change"].result["client_grant"].items() >= {**everything, "organization_usage": "require"}.items()
    assert run["no types"].writes == [
        ("PATCH", {"authorization_details_types": [], "allow_any_organization": False}),
    ]


def test_third_parties_get_less(play: Play, tenant: Tenant) -> None:
    """What only Auth0 can know to be wrong: it says so, and nothing is left half done."""
    strict = {"name": "Partner", "is_first_party": False, "third_party_security_mode": "strict"}
    partner: dict[str, t.Any] = {
        "client_id": tenant.api("POST", "clients", strict)["client_id"],
        "subject_type": "user",
        "scope": [],
    }
    run = play(
        [
            task("any organization", audience=AUDIENCE, allow_any_organization=True, **partner),
            task("system API", audience=f"https://{tenant.domain}/api/v2/", **partner),
            task("fine", audience=AUDIENCE, **partner),
        ]
    )
    assert run.passed == ["fine"]
    assert "allow_any_organization is not supported for third-party" in run["any organization"].result["msg"]
    assert "cannot be granted access to system" in run["system API"].result["msg"]
    assert run["system API"].result["failure"].items() >= {"status": 400, "code": "invalid_body"}.items()
    assert len(tenant.api("GET", f"client-grants?client_id={partner['client_id']}")) == 1


def test_what_cannot_be_granted(play: Play, tenant: Tenant) -> None:
    state = tenant.call("GET", "/_emulator/state")
    (system,) = state["client_grants"].values()
    system["is_system"] = True
    tenant.call("PUT", "/_emulator/state", state)
    of_system = {key: system[key] for key in ("client_id", "audience", "subject_type")}
    run = play(
        [
            task("no scope", **FOR_ALL),
            task("both", scope=[], allow_all_scopes=True, **FOR_ALL),
            task("no subject type", default_for="third_party_clients", audience=AUDIENCE, scope=[]),
            task("no owner", audience=AUDIENCE, subject_type="user", scope=[]),
            task("two owners", client_id=tenant.client_id, scope=[], **FOR_ALL),
            task("any organization", allow_any_organization=True, scope=[], **FOR_ALL),
            task("system", scope=[], **of_system),
            task("system absent", state="absent", **of_system),
            task("unknown API", scope=[], **{**FOR_ALL, "audience": "https://other.example.com"}),
            task("unknown client", client_id="nobody", audience=AUDIENCE, subject_type="user", scope=[]),
            task("unknown scope", scope=["tools:none"], **FOR_ALL),
        ]
    )
    assert run.passed == []
    for name in ("both", "no subject type", "no owner", "two owners"):
        assert run[name].requests == []
    for name in ("no scope", "any organization", "system", "system absent"):
        assert run[name].writes == []
    assert "needs scope or allow_all_scopes: true" in run["no scope"].result["msg"]
    assert "exclude each other" in run["both"].result["msg"]
    assert "not for third-party applications" in run["any organization"].result["msg"]
    assert "Auth0 lets nobody change it" in run["system"].result["msg"]
    for name in ("unknown API", "unknown client"):
        assert "The API (audience) or the application (client_id) does not exist" in run[name].result["msg"]
        assert run[name].result["failure"]["status"] == 404
    assert "tools:none" in run["unknown scope"].result["msg"]


def test_narrowing_needs_the_scopes_that_remain(play: Play) -> None:
    run = play([task("all", allow_all_scopes=True, **FOR_ALL), task("narrow", allow_all_scopes=False, **FOR_ALL)])
    assert run.changed == ["all"]
    assert "needs scope" in run["narrow"].result["msg"]
    assert run["narrow"].writes == []


def test_a_loop_lists_once_within_the_controller(play_over: t.Callable[[str], Play], tenant: Tenant) -> None:
    for number in range(3):
        tenant.api("POST", "resource-servers", {"identifier": f"https://mcp-{number}.example.com"})
    grants = [{**FOR_ALL, "audience": f"https://mcp-{number}.example.com", "scope": []} for number in range(3)]
    looped = {
        "name": "loop",
        "mcp_ops.oauth.auth0_client_grant": {key: f"{{{{ item.{key} }}}}" for key in grants[0]},
        "loop": grants,
    }
    play = play_over("controller")
    first, second = play([looped]), play([looped])
    assert first.calls == [LIST, "POST client-grants", LIST, "POST client-grants", "POST client-grants"], first.output
    assert second.calls == [LIST, LIST]
    assert second.changed == []


@pytest.mark.parametrize("missing", ["create", "update", "delete"])
def test_a_missing_scope_is_found_before_the_write(play: Play, tenant: Tenant, missing: str) -> None:
    tenant.api("POST", "client-grants", {**FOR_ALL, "subject_type": "client", "scope": []})
    tenant.grant("read:client_grants")
    there = {**FOR_ALL, "subject_type": "client"}
    options: dict[str, dict[str, t.Any]] = {
        "create": {**FOR_ALL, "scope": []},
        "update": {**there, "scope": ["tools:read"]},
        "delete": {**there, "state": "absent"},
    }
    run = play([task("check", check=True, **options[missing]), task("real", **options[missing])])
    assert run.changed == ["check"]
    text = f"lacks the scope {missing}:client_grants"
    assert text in run["check"].warnings
    assert text in run["real"].result["msg"]
    assert all(step.writes == [] for step in run.steps)


def test_scopes_are_added_without_purge(play: Play, tenant: Tenant) -> None:
    run = play(
        [
            task("create", scope=["tools:read"], purge_scope=False, **FOR_ALL),
            task("add", diff=True, scope=["tools:write"], purge_scope=False, **FOR_ALL),
            task("again", scope=["tools:read"], purge_scope=False, **FOR_ALL),
            task("none", scope=[], purge_scope=False, **FOR_ALL),
            task("unknown", scope=["tools:wrte"], purge_scope=False, **FOR_ALL),
            task("all", allow_all_scopes=True, **FOR_ALL),
            task("of all", scope=["tools:read"], purge_scope=False, **FOR_ALL),
            task("only one", scope=["tools:read"], **FOR_ALL),
        ]
    )
    assert run.changed == ["create", "add", "all", "only one"]
    assert run["add"].writes == [("PATCH", {"scope": ["tools:read", "tools:write"]})]
    assert "has no scope tools:wrte. Its scopes are: tools:read, tools:write." in run["unknown"].result["msg"]
    assert run["of all"].result["client_grant"]["allow_all_scopes"] is True
    assert "all scopes but those listed" in run["only one"].warnings


def test_only_a_new_grant_gets_what_is_ignored(play: Play, tenant: Tenant) -> None:
    run = play(
        [
            task("create", scope=["tools:read"], ignore_changes=["scope"], **FOR_ALL),
            task("ignored", diff=True, scope=["tools:write"], ignore_changes=["scope"], **FOR_ALL),
            task("key", ignore_changes=["audience"], **FOR_ALL),
            task("unset", ignore_changes=["scope"], **FOR_ALL),
        ]
    )
    assert run.changed == ["create"]
    assert run["ignored"].diff == (FOR_ALL, FOR_ALL)
    assert run["key"].result["msg"].startswith("ignore_changes names audience.")
    assert run["unset"].result["msg"].startswith("ignore_changes names scope.")
