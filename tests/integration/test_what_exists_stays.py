# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Tenants with objects of other people, and role variables at random: what no variable names is as it was.

`SEEDS=100 pytest tests/integration/test_what_exists_stays.py` tries more of them.
"""

from __future__ import annotations

import os
import random
import typing as t

import pytest

from tests.integration.harness import DATABASE, WAYS, Play, Tenant

PLAYBOOK = "mcp_ops.oauth.mcp_server"
ABSENT = "mcp_ops.oauth.mcp_server_absent"
URL = "https://mcp.example.com/mcp"
OTHER = "https://other.example.com/api"
SEEDS = range(int(os.environ.get("SEEDS", "6")))
Path = tuple[str, ...]
# What MCP cannot do without, whatever the user sets.
REQUIRED: set[Path] = {
    ("settings", "resource_parameter_profile"),
    ("settings", "authorization_response_iss_parameter_supported"),
}


def some(dice: random.Random, values: t.Mapping[str, t.Sequence[t.Any]]) -> dict[str, t.Any]:
    """Each key or not, with one of its values."""
    return {key: dice.choice(options) for key, options in values.items() if dice.random() < 0.6}


def furnish(tenant: Tenant, dice: random.Random) -> None:
    """A tenant that others use already."""
    scopes = [{"value": value, "description": f"May {value}"} for value in ("mcp", "tools:read", "admin")]
    tenant.api("POST", "resource-servers", {"identifier": OTHER, "name": "Other", "scopes": scopes})
    (client, *_rest) = [one for one in tenant.api("GET", "clients") if not one.get("global")]
    tenant.api("POST", "client-grants", {"client_id": client["client_id"], "audience": OTHER, "scope": ["admin"]})
    if dice.random() < 0.7:
        api: dict[str, t.Any] = {"identifier": URL, "name": "Kept", "scopes": dice.sample(scopes, dice.randint(0, 3))}
        fields: dict[str, t.Sequence[t.Any]] = {
            "signing_alg": ["RS256", "PS256"],
            "token_dialect": ["access_token", "access_token_authz", "rfc9068_profile_authz"],
            "allow_offline_access": [False, True],
            "enforce_policies": [False, True],
            "token_lifetime": [600, 3600],
        }
        tenant.api("POST", "resource-servers", {**api, **some(dice, fields)})
        granted = [scope["value"] for scope in api["scopes"]]
        if dice.random() < 0.7:
            rights: dict[str, t.Any] = dice.choice(
                [{"scope": granted}, {"scope": granted[:1]}, {"allow_all_scopes": True}]
            )
            default = {"default_for": "third_party_clients", "audience": URL, "subject_type": "user"}
            tenant.api("POST", "client-grants", {**default, **rights})
    for name in dice.sample(["google-oauth2", "github"], dice.randint(0, 2)):
        connection = {"name": name, "strategy": name, "options": {"client_secret": "theirs", "scope": ["email"]}}
        tenant.api("POST", "connections", {**connection, "is_domain_connection": dice.random() < 0.4})
    settings: dict[str, t.Sequence[t.Any]] = {
        "default_audience": [OTHER],
        "friendly_name": ["Theirs"],
        "session_lifetime": [24, 100],
        "resource_parameter_profile": ["audience", "compatibility"],
        "client_id_metadata_document_supported": [False, True],
    }
    flags: dict[str, t.Sequence[t.Any]] = {
        "enable_client_connections": [False, True],
        "enable_dynamic_client_registration": [False, True],
        "no_disclose_enterprise_connections": [False, True],
        "use_scope_descriptions_for_consent": [False, True],
    }
    tenant.api("PATCH", "tenants/settings", {**some(dice, settings), "flags": some(dice, flags)})
    tenant.api("POST", "roles", {"name": "Readers", "description": "Read"})


def choose(dice: random.Random) -> dict[str, t.Any]:
    """Variables of the role."""
    values: dict[str, t.Sequence[t.Any]] = {
        "mcp_server_name": ["Renamed"],
        "mcp_scopes": [[{"value": "tools:call"}], [{"value": "mcp", "description": "New"}, {"value": "tools:call"}]],
        "mcp_signing_alg": ["RS256"],
        "mcp_token_dialect": ["rfc9068_profile"],
        "mcp_allow_offline_access": [False, True],
        "mcp_connection": [DATABASE, [DATABASE]],
        "mcp_client_registration": [["dcr"], ["cimd"], []],
        "mcp_clients": [[{"mcp_remote": "by_hand"}]],
        "mcp_tenant_flags": [{"revoke_refresh_token_grant": True}],
        "mcp_refuse_impact": [True],
    }
    return {key: value for key, value in some(dice, values).items() if dice.random() < 0.6}


def differences(before: t.Any, after: t.Any, path: Path = ()) -> t.Iterator[Path]:
    """The paths at which two values differ; what is only in one of them is one path."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted({*before, *after}):
            if key not in before or key not in after:
                yield (*path, key)
            else:
                yield from differences(before[key], after[key], (*path, key))
    elif before != after:
        yield path


def allowed(state: dict[str, t.Any], variables: dict[str, t.Any]) -> set[Path]:
    """The paths below which a run with these variables may change something."""
    paths: set[Path] = {*REQUIRED}
    api = next((one for one in state["resource_servers"].values() if one["identifier"] == URL), None)
    fields = {
        "mcp_server_name": "name",
        "mcp_scopes": "scopes",
        "mcp_signing_alg": "signing_alg",
        "mcp_token_dialect": "token_dialect",
        "mcp_allow_offline_access": "allow_offline_access",
    }
    named = {field for name, field in fields.items() if name in variables}
    if api and named:
        paths |= {("resource_servers", api["id"], field) for field in {*named, "updated_at"}}
    for grant in state["client_grants"].values():
        if grant.get("default_for") and grant["audience"] == URL and variables.get("mcp_scopes"):
            paths.add(("client_grants", grant["id"], "scope"))
    promoted = any(one.get("is_domain_connection") for one in state["connections"].values())
    for one in state["connections"].values():
        if one["name"] == DATABASE and ("mcp_connection" in variables or not promoted):
            paths.add(("connections", one["id"], "is_domain_connection"))
    ways = variables.get("mcp_client_registration", [] if "mcp_clients" in variables else ["dcr"])
    if "dcr" in ways:
        paths.add(("settings", "flags", "enable_dynamic_client_registration"))
    if "cimd" in ways:
        paths.add(("settings", "client_id_metadata_document_supported"))
    return paths | {("settings", "flags", flag) for flag in variables.get("mcp_tenant_flags", {})}


def shared(state: dict[str, t.Any]) -> dict[str, t.Any]:
    """All that an administrator could miss."""
    return {
        key: state[key] for key in ("settings", "resource_servers", "connections", "clients", "client_grants", "roles")
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_what_no_variable_names_is_as_it_was(play_over: t.Callable[[str], Play], tenant: Tenant, seed: int) -> None:
    dice = random.Random(seed)
    play = play_over(list(WAYS)[seed % 2])
    furnish(tenant, dice)
    variables = choose(dice)
    before = shared(tenant.call("GET", "/_emulator/state"))

    preview = play(PLAYBOOK, "--check", mcp_server_url=URL, **variables)
    assert shared(tenant.call("GET", "/_emulator/state")) == before
    run = play(PLAYBOOK, mcp_server_url=URL, mcp_verify=False, **variables)
    after = shared(tenant.call("GET", "/_emulator/state"))
    assert run.rc == preview.rc, run.output
    assert run.changed == preview.changed

    changed = set(differences(before, after))
    if run.rc:
        # Refused, as a variable demands.
        assert variables["mcp_refuse_impact"]
        assert "refuse_impact: " in run.output
        assert changed == set()
        return
    new = {path for path in changed if len(path) == 2 and path[1] not in before[path[0]] and path[0] != "settings"}
    assert {path[0] for path in new} <= {"resource_servers", "client_grants", "clients"}
    assert ("mcp_clients" in variables) == any(path[0] == "clients" for path in new)
    assert changed - new <= allowed(before, variables)
    # What is added to, loses nothing.
    for kind, field in (("resource_servers", "scopes"), ("client_grants", "scope")):
        for key, old in before[kind].items():
            lost = _values(old.get(field)) - _values(after[kind][key].get(field))
            assert lost == set()
    if run.changed:
        again = play(PLAYBOOK, mcp_server_url=URL, mcp_verify=False, **variables)
        assert (again.rc, again.changed) == (0, [])

    gone = play(ABSENT, mcp_server_url=URL)
    assert gone.rc == 0, gone.output
    final = shared(tenant.call("GET", "/_emulator/state"))
    removed = set(differences(after, final))
    assert {path[0] for path in removed} == {"resource_servers", "client_grants"}
    assert all(len(path) == 2 for path in removed)
    assert len(removed) == 2


def _values(scopes: t.Any) -> set[str]:
    return {scope["value"] if isinstance(scope, dict) else scope for scope in scopes or ()}
