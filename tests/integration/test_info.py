# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The modules that read: by key, by filter, all; and that what they return can be given back."""

from __future__ import annotations

import typing as t

import pytest

from tests.contract.recorded import read_all
from tests.integration.harness import DATABASE, Play, Tenant, task

AUDIENCE = "https://mcp.example.com/mcp"
SECRET = "hush-hush-hush"


@pytest.fixture(autouse=True)
def objects(tenant: Tenant) -> dict[str, str]:
    """A variety of objects; the ids of some."""
    tenant.api("POST", "resource-servers", {"identifier": "https://plain.example.com"})
    api: dict[str, t.Any] = {
        "identifier": AUDIENCE,
        "name": "MCP",
        "scopes": [{"value": "tools:read", "description": "Read"}, {"value": "tools:write"}],
        "token_dialect": "rfc9068_profile",
        "authorization_details": [{"type": "payment"}],
    }
    tenant.api("POST", "resource-servers", api)
    settings: dict[str, t.Any] = {
        "friendly_name": "Example",
        "session_lifetime_in_minutes": 181,
        "idle_session_lifetime": 12,
        "error_page": {"html": "", "show_log_link": True, "url": ""},
        "skip_non_verifiable_callback_uri_confirmation_prompt": False,
        "flags": {"enable_dynamic_client_registration": True, "use_scope_descriptions_for_consent": True},
    }
    tenant.api("PATCH", "tenants/settings", settings)
    oidc = {"type": "back_channel", "client_id": "a", "client_secret": SECRET, "scope": "openid"}
    staff = {"name": "staff", "strategy": "oidc", "display_name": "Staff", "options": oidc, "metadata": {"a": "b"}}
    custom = {"name": "custom", "strategy": "auth0", "options": {"configuration": {"dsn": SECRET}}}
    for connection in (staff, custom):
        tenant.api("POST", "connections", connection)
    strict = {
        "is_first_party": False,
        "third_party_security_mode": "strict",
        "name": "Twin",
        "callbacks": ["https://a/b"],
    }
    quota = {"name": "Twin", "app_type": "non_interactive", "token_quota": {"client_credentials": {"per_day": 3}}}
    ids = {"strict": tenant.api("POST", "clients", strict)["client_id"]}
    ids["quota"] = tenant.api("POST", "clients", quota)["client_id"]
    grants: list[dict[str, t.Any]] = [
        {"default_for": "third_party_clients", "subject_type": "user", "scope": ["tools:read"]},
        {"client_id": ids["quota"], "subject_type": "client", "allow_all_scopes": True},
    ]
    for grant in grants:
        tenant.api("POST", "client-grants", {"audience": AUDIENCE, **grant})
    return ids


# Each option that names an object, of each module that looks for one.
NAMES = {
    "auth0_resource_server": ["identifier"],
    "auth0_resource_server_info": ["identifier"],
    "auth0_client": ["client_id", "name"],
    "auth0_client_info": ["client_id", "name", "external_client_id"],
    "auth0_client_grant": ["client_id", "audience"],
    "auth0_client_grant_info": ["client_id", "audience"],
    "auth0_connection": ["id", "name"],
    "auth0_connection_info": ["id", "name"],
    "auth0_connection_domain": ["id", "name"],
    "auth0_role": ["id", "name"],
    "auth0_role_info": ["id", "name"],
    "auth0_role_members": ["id", "name"],
    "auth0_role_members_info": ["id", "name"],
}
OTHER_NAMES: dict[str, dict[str, t.Any]] = {
    "auth0_client_grant": {"audience": AUDIENCE, "subject_type": "user", "client_id": "x"},
    "auth0_role_members": {"members": []},
}


def test_an_empty_name_is_an_error_everywhere(play: Play) -> None:
    tasks = []
    for module, names in NAMES.items():
        for name in names:
            options: dict[str, t.Any] = {**OTHER_NAMES.get(module, {}), name: ""}
            label = f"{module} {name}"
            tasks += [
                task(module, f"{module} {name}", **options),
                task(module, f"check {module} {name}", check=True, **options),
            ]
            if not module.endswith(("_info", "_domain", "_members")):
                tasks.append(task(module, f"absent {label}", state="absent", **options))
    run = play(tasks)
    assert run.passed == []
    for step in run.steps:
        assert step.result["msg"] == f"{step.name.split()[-1]} is empty. Give it a value, or leave it out.", step.name
        assert step.requests == []


def test_more_apis_than_offset_paging_promises(play: Play, tenant: Tenant) -> None:
    state = tenant.call("GET", "/_emulator/state")
    example = next(one for one in state["resource_servers"].values() if not one.get("is_system"))
    for number in range(1100):
        key, identifier = f"{number:024x}", f"https://many.example.com/{number}"
        state["resource_servers"][key] = {**example, "id": key, "identifier": identifier}
    tenant.call("PUT", "/_emulator/state", state)
    run = play([task("auth0_resource_server_info", "all")])
    assert len(run["all"].result["resource_servers"]) == 1103


def test_resource_servers(play: Play) -> None:
    run = play(
        [
            task("auth0_resource_server_info", "all"),
            task("auth0_resource_server_info", "one", identifier=AUDIENCE),
            task("auth0_resource_server_info", "none", identifier="https://none.example.com"),
        ]
    )
    assert run.rc == 0, run.output
    assert run.changed == []
    assert [api["identifier"] for api in run["all"].result["resource_servers"]][1:] == [
        "https://plain.example.com",
        AUDIENCE,
    ]
    assert run["all"].calls == ["GET resource-servers"]
    (one,) = run["one"].result["resource_servers"]
    assert one.items() >= {"identifier": AUDIENCE, "name": "MCP"}.items()
    assert run["one"].calls == ["GET resource-servers/https%3A%2F%2Fmcp.example.com%2Fmcp"]
    assert run["none"].result["resource_servers"] == []


def test_the_tenant(play: Play) -> None:
    step = play([task("auth0_tenant_info", "read")])["read"]
    assert step.calls == ["GET tenants/settings"]
    settings, flags = step.result["settings"], step.result["flags"]
    assert settings["friendly_name"] == "Example"
    # In minutes where hours are no whole number.
    assert settings["session_lifetime_in_minutes"] == 181
    assert "session_lifetime" not in settings
    assert settings["idle_session_lifetime"] == 12
    assert flags["enable_dynamic_client_registration"] is True
    # Flags that nobody can send, and what else can only be read.
    assert "universal_login" not in flags
    assert not {"flags", "sandbox_versions_available"} & set(settings)


def test_connections(play: Play, tenant: Tenant) -> None:
    key = tenant.connection()["id"]
    run = play(
        [
            task("auth0_connection_info", "all"),
            task("auth0_connection_info", "by name", name="staff"),
            task("auth0_connection_info", "by id", id=key),
            task("auth0_connection_info", "by strategy", strategy=["oidc", "samlp"]),
            task("auth0_connection_info", "none", name="nobody"),
            {**task("auth0_connection_info", "options", name="staff", include_options=True), "register": "hidden"},
            {"name": "shown", "ansible.builtin.debug": {"var": "hidden.connections"}},
        ]
    )
    assert run.rc == 0, run.output
    found = {step.name: step.result["connections"] for step in run.steps[:-2]}
    assert "connections" not in run["options"].result
    found["options"] = run["shown"].result["hidden.connections"]
    names = {name: [one["name"] for one in connections] for name, connections in found.items()}
    assert names == {
        "all": [DATABASE, "staff", "custom"],
        "by name": ["staff"],
        "by id": [DATABASE],
        "by strategy": ["staff"],
        "none": [],
        "options": ["staff"],
    }
    assert all(len(step.calls) == 1 for step in run.steps[:-1])
    for step in run.steps[:-1]:
        asked = step.requests[-1]["query"].get("fields") != "options"
        assert asked is (step.name == "options")
        assert any("options" in one for one in found[step.name]) is asked
    tenant.grant("read:connections")
    step = play([task("auth0_connection_info", "options", include_options=True)])["options"]
    assert "lacks the scope read:connections_options" in step.result["msg"]


def test_client_grants(play: Play, tenant: Tenant, objects: dict[str, str]) -> None:
    run = play(
        [
            task("auth0_client_grant_info", "all"),
            task("auth0_client_grant_info", "by audience", audience=AUDIENCE),
            task("auth0_client_grant_info", "by client", client_id=objects["quota"]),
            task("auth0_client_grant_info", "default", default_for="third_party_clients", audience=AUDIENCE),
            task("auth0_client_grant_info", "by subject", audience=AUDIENCE, subject_type="client"),
            task("auth0_client_grant_info", "none", audience="https://none.example.com"),
        ]
    )
    assert run.rc == 0, run.output
    assert {step.name: len(step.result["client_grants"]) for step in run.steps} == {
        "all": 3,
        "by audience": 2,
        "by client": 1,
        "default": 1,
        "by subject": 1,
        "none": 0,
    }
    assert run["default"].result["client_grants"] == [
        {
            "default_for": "third_party_clients",
            "audience": AUDIENCE,
            "subject_type": "user",
            "scope": ["tools:read"],
        }
    ]


def test_applications(play: Play, tenant: Tenant, objects: dict[str, str]) -> None:
    everyone = tenant.api("GET", "clients?is_global=true")[0]["client_id"]
    run = play(
        [
            task("auth0_client_info", "all"),
            task("auth0_client_info", "by id", client_id=objects["quota"]),
            task("auth0_client_info", "by name", name="Twin"),
            task("auth0_client_info", "third-party", is_first_party=False),
            task("auth0_client_info", "by kind", app_type=["non_interactive"], name="Twin"),
            task("auth0_client_info", "by document", external_client_id="https://none.example.com/client.json"),
            task("auth0_client_info", "none", client_id="nobody"),
            task("auth0_client_info", "by id and kind", client_id=objects["quota"], app_type=["non_interactive"]),
            task("auth0_client_info", "by id, of another kind", client_id=objects["quota"], app_type=["native"]),
            task("auth0_client_info", "by id, of another party", client_id=objects["quota"], is_first_party=False),
            task("auth0_client_info", "the one for all others", client_id=everyone),
        ]
    )
    assert run.rc == 0, run.output
    found = {step.name: [one["client_id"] for one in step.result["clients"]] for step in run.steps}
    strict, quota = objects["strict"], objects["quota"]
    assert found == {
        "all": [tenant.client_id, strict, quota],
        "by id": [quota],
        "by name": [strict, quota],
        "third-party": [strict],
        "by kind": [quota],
        "by document": [],
        "none": [],
        "by id and kind": [quota],
        "by id, of another kind": [],
        "by id, of another party": [],
        "the one for all others": [],
    }
    assert not any("client_secret" in one for step in run.steps for one in step.result["clients"])
    tenant.grant("read:clients")
    step = play([task("auth0_client_info", "secret", include_client_secret=True)])["secret"]
    assert "lacks the scope read:client_keys" in step.result["msg"]


GIVEN_BACK: dict[str, tuple[str, str, dict[str, t.Any]]] = {
    "auth0_resource_server": ("auth0_resource_server_info", "resource_servers", {}),
    "auth0_connection": ("auth0_connection_info", "connections", {"include_options": True}),
    "auth0_client_grant": ("auth0_client_grant_info", "client_grants", {}),
    "auth0_client": ("auth0_client_info", "clients", {"include_client_secret": True}),
}


@pytest.mark.parametrize("module", GIVEN_BACK)
def test_what_is_read_can_be_given_back(play: Play, module: str) -> None:
    info, collection, options = GIVEN_BACK[module]
    run = play(
        [
            {"name": "read", f"mcp_ops.oauth.{info}": options, "register": "found"},
            {
                "name": "give back",
                f"mcp_ops.oauth.{module}": {},
                "args": "{{ item }}",
                "loop": f"{{{{ found.{collection} }}}}",
                "no_log": True,
            },
        ]
    )
    assert run.rc == 0, run.output
    assert run.changed == []
    assert len(run.calls) >= 2
    assert all(call.startswith("GET ") for call in run.calls)
    assert SECRET not in run.output


def test_what_is_read_of_the_tenant_can_be_given_back(play: Play) -> None:
    run = play(
        [
            {"name": "read", "mcp_ops.oauth.auth0_tenant_info": {}, "register": "found"},
            {"name": "settings", "mcp_ops.oauth.auth0_tenant_settings": {}, "args": "{{ found.settings }}"},
            {"name": "flags", "mcp_ops.oauth.auth0_tenant_flags": {"flags": "{{ found.flags }}"}},
        ]
    )
    assert run.rc == 0, run.output
    assert run.changed == []
    assert run.calls == ["GET tenants/settings"] * 3


def test_the_items_of_a_loop_read_options_each_for_itself(play: Play) -> None:
    tasks = {
        "name": "loop",
        "mcp_ops.oauth.auth0_connection_info": {"name": "{{ item.name }}", "include_options": "{{ item.options }}"},
        "loop": [{"name": name, "options": on} for on in (True, False) for name in (DATABASE, "staff", "custom")],
    }
    keys = {"msg": "{{ found.results | map(attribute='connections.0') | map('list') }}"}
    run = play([{**tasks, "register": "found"}, {"name": "keys", "ansible.builtin.debug": keys}])
    assert run.rc == 0, run.output
    assert ["options" in found for found in run["keys"].result["msg"]] == [True, True, True, False, False, False]


# -- what real tenants answered ---------------------------------------------------------------------------------------

KEYS = {"resource_servers": "id", "connections": "id", "client_grants": "id", "clients": "client_id"}
# The emulator counts on these, which old answers lack.
NEEDED: dict[str, dict[str, t.Any]] = {
    "connections": {"enabled_clients": [], "is_domain_connection": False},
    "clients": {"is_first_party": True, "client_secret": SECRET},
}


def texts_in(value: t.Any, path: str = "") -> t.Iterator[str]:
    """The paths of an object, for a comparison of what two of them are like."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from texts_in(inner, f"{path}.{key}")
    else:
        yield f"{path}: {value}" if value in (None, "", [], {}) else path


def recorded(collection: str) -> dict[str, dict[str, t.Any]]:
    """Of the objects in recorded answers, one of each likeness, under names of their own."""
    chosen: dict[frozenset[str], dict[str, t.Any]] = {}
    kind = collection.replace("_", "-")
    for exchange in read_all():
        if exchange.kind == kind and len(exchange.parts) <= 2 and "fields" not in exchange.query:
            chosen.update({frozenset(texts_in(one)): one for one in exchange.shown if len(one) > 2})
    named = {}
    for number, one in enumerate(chosen.values()):
        name = f"recorded{number:04d}"
        own = {"name": name} if collection == "connections" else {}
        own |= {"identifier": f"https://{name}.example.com/"} if collection == "resource_servers" else {}
        own |= {"audience": f"https://{name}.example.com/"} if collection == "client_grants" else {}
        named[name] = {**NEEDED.get(collection, {}), **one, KEYS[collection]: name, **own}
    return named


@pytest.mark.parametrize("module", GIVEN_BACK)
def test_what_real_tenants_answered_can_be_given_back(
    play_over: t.Callable[[str], Play], tenant: Tenant, module: str
) -> None:
    info, collection, options = GIVEN_BACK[module]
    objects = recorded(collection)
    assert len(objects) >= 5
    state = tenant.call("GET", "/_emulator/state")
    state[collection].update(objects)
    tenant.call("PUT", "/_emulator/state", state)
    run = play_over("controller")(
        [
            {"name": "read", f"mcp_ops.oauth.{info}": options, "register": "found"},
            {
                "name": "give back",
                f"mcp_ops.oauth.{module}": {},
                "args": "{{ item }}",
                "loop": f"{{{{ found.{collection} }}}}",
                "ignore_errors": True,
            },
        ]
    )
    results = run["give back"].result["results"]
    assert [result.get("msg") for result in results if result.get("failed")] == []
    assert [result for result in results if result["changed"]] == []
    assert len(results) >= len(objects)
    assert all(call.startswith("GET ") for call in run.calls)


def test_what_real_tenants_have_for_settings_can_be_given_back(
    play_over: t.Callable[[str], Play], tenant: Tenant
) -> None:
    state = tenant.call("GET", "/_emulator/state")
    chosen = {}
    for exchange in read_all():
        if str(exchange) == "GET /tenants/settings" and not exchange.query and exchange.status == 200:
            chosen[frozenset(texts_in(exchange.answer))] = exchange.answer
    assert len(chosen) >= 3
    for settings in chosen.values():
        tenant.call("PUT", "/_emulator/state", {**state, "settings": {"flags": {}, **settings}})
        run = play_over("controller")(
            [
                {"name": "read", "mcp_ops.oauth.auth0_tenant_info": {}, "register": "found"},
                {"name": "settings", "mcp_ops.oauth.auth0_tenant_settings": {}, "args": "{{ found.settings }}"},
                {"name": "flags", "mcp_ops.oauth.auth0_tenant_flags": {"flags": "{{ found.flags }}"}},
            ]
        )
        assert run.rc == 0, run.output
        assert run.changed == []
        assert run.calls == ["GET tenants/settings"] * 3
