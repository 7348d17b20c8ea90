# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import copy
import functools
import json
import typing as t

from tests.contract.recorded import read_all
from tests.integration import harness
from tests.integration.harness import DATABASE, Play, Tenant

LIST = "GET connections"
SECRET = "hush-hush-hush"
OIDC: dict[str, t.Any] = {
    "type": "back_channel",
    "client_id": "example",
    "client_secret": SECRET,
    "issuer": "https://login.example.com",
    "scope": "openid email",
}

task = functools.partial(harness.task, "auth0_connection")


def put(tenant: Tenant, connection: dict[str, t.Any]) -> None:
    """Put a connection into the tenant just as it is."""
    state = tenant.call("GET", "/_emulator/state")
    state["connections"][connection["id"]] = connection
    tenant.call("PUT", "/_emulator/state", state)


def stored(tenant: Tenant, name: str) -> dict[str, t.Any]:
    connections = tenant.call("GET", "/_emulator/state")["connections"].values()
    return next(dict(connection) for connection in connections if connection["name"] == name)


def test_life_of_a_connection(play: Play, tenant: Tenant) -> None:
    first: dict[str, t.Any] = {"strategy": "oidc", "options": OIDC, "is_domain_connection": True}
    second: dict[str, t.Any] = {"options": {"scope": "openid", "upstream_params": {"a": {"value": "b"}}}}
    run = play(
        [
            task("check create", name="staff", check=True, diff=True, **first),
            task("create", name="staff", diff=True, **first),
            task("create again", name="staff", diff=True, **first),
            task("check change", name="staff", check=True, diff=True, **second),
            task("change", name="staff", diff=True, **second),
            task("change again", name="staff", **second),
            task("check absent", name="staff", check=True, diff=True, state="absent"),
            task("absent", name="staff", diff=True, state="absent"),
            task("absent again", name="staff", state="absent"),
        ]
    )
    assert run.rc == 0, run.output
    assert run.changed == [*("check create", "create", "check change", "change", "check absent", "absent")]
    assert all(not step.warnings and step.logins == 1 for step in run.steps)
    reads = [step for step in run.steps if step.name.startswith("check ") or not step.changed]
    assert all(step.calls == [LIST] for step in reads)

    shown = {"name": "staff", **first, "options": {**OIDC, "client_secret": "(secret)"}}
    assert run["create"].diff == run["check create"].diff == ({}, shown)
    assert run["create"].writes == [("POST", {"name": "staff", **first})]
    key = run["create"].result["connection"]["id"]
    assert run["create again"].diff == (shown, shown)
    # Options are sent whole, with what was not named.
    ((method, body),) = run["change"].writes
    assert (method, set(body)) == ("PATCH", {"options", "display_name"})
    assert body["options"].items() >= {**OIDC, **second["options"]}.items()
    assert run["change"].calls == [LIST, f"PATCH connections/{key}"]
    assert run["change"].diff == run["check change"].diff
    assert run["change"].diff == (
        {"name": "staff", "options": {"scope": "openid email", "upstream_params": {"a": {}}}},
        {"name": "staff", **second},
    )
    assert run["absent"].diff == run["check absent"].diff == ({"name": "staff"}, {})
    # Auth0 deletes it after its answer; asked again, it says when that is over.
    assert set(run["absent"].calls[1:]) == {f"DELETE connections/{key}"}
    assert len(run["absent"].calls) > 2
    assert run["absent again"].result["connection"] == {}
    assert all("options" not in step.result["connection"] for step in run.steps)
    assert SECRET not in run.output


def test_life_of_a_database(play: Play, tenant: Tenant) -> None:
    first: dict[str, t.Any] = {
        "strategy": "auth0",
        "options": {"disable_signup": True, "mfa": {"active": False}, "non_persistent_attrs": ["b", "a"]},
        "realms": ["people", "guests"],
    }
    run = play(
        [
            task("check create", name="people", check=True, diff=True, **first),
            task("create", name="people", diff=True, **first),
            task("again", name="people", **first),
            task(
                "in another order",
                name="people",
                options={"non_persistent_attrs": ["a", "b"]},
                realms=["guests", "people"],
            ),
        ]
    )
    assert run.rc == 0, run.output
    assert run.changed == ["check create", "create"]
    assert run["create"].diff == run["check create"].diff
    assert run["create"].writes == [("POST", {"name": "people", **first})]

    before = stored(tenant, "people")
    # What Auth0 makes of it is more than what was sent, and stays.
    assert before["options"]["password_options"]
    second: dict[str, t.Any] = {
        "options": {"mfa": {"active": True}, "disable_signup": None},
        "is_domain_connection": True,
    }
    run = play(
        [
            task("check change", name="people", check=True, diff=True, **second),
            task("change", name="people", diff=True, **second),
            task("again", name="people", **second),
            task("check absent", name="people", check=True, diff=True, state="absent"),
            task("absent", name="people", diff=True, state="absent"),
            task("absent again", name="people", state="absent"),
        ]
    )
    assert run.rc == 0, run.output
    assert run.changed == ["check change", "change", "check absent", "absent"]
    options = {key: value for key, value in before["options"].items() if key != "disable_signup"}
    options["mfa"] = {**options["mfa"], "active": True}
    assert run["change"].writes == [("PATCH", {"options": options, "is_domain_connection": True})]
    assert run["change"].diff == run["check change"].diff
    assert run["change"].diff == (
        {
            "name": "people",
            "is_domain_connection": False,
            "options": {"mfa": {"active": False}, "disable_signup": True},
        },
        {"name": "people", "is_domain_connection": True, "options": {"mfa": {"active": True}}},
    )
    assert run["change"].result["connection"].items() >= {"id": before["id"], "is_domain_connection": True}.items()
    assert run["absent"].diff == run["check absent"].diff == ({"name": "people"}, {})
    assert "people" not in [one["name"] for one in tenant.api("GET", "connections")]


def test_options_are_merged_at_every_depth(play: Play, tenant: Tenant) -> None:
    before = tenant.connection()
    run = play(
        [
            task("deep", name=DATABASE, options={"password_options": {"history": {"active": True}}}),
            task("deep again", name=DATABASE, options={"password_options": {"history": {"active": True}}}),
            task("check remove", check=True, diff=True, name=DATABASE, options={"mfa": None, "disable_signup": True}),
            task("remove", diff=True, name=DATABASE, options={"mfa": None, "disable_signup": True}),
            task("remove again", name=DATABASE, options={"mfa": None, "disable_signup": True}),
            task("nothing of options", name=DATABASE, is_domain_connection=True),
        ]
    )
    assert run.changed == ["deep", "check remove", "remove", "nothing of options"], run.output
    expected = copy.deepcopy(before["options"])
    expected["password_options"]["history"]["active"] = True
    assert run["deep"].writes == [("PATCH", {"options": expected})]
    del expected["mfa"]
    expected["disable_signup"] = True
    assert run["remove"].writes == [("PATCH", {"options": expected})]
    assert run["remove"].diff == run["check remove"].diff
    assert run["remove"].diff[0]["options"] == {"mfa": before["options"]["mfa"]}
    assert run["remove"].diff[1]["options"] == {"disable_signup": True}
    assert run["nothing of options"].writes == [("PATCH", {"is_domain_connection": True})]
    assert tenant.connection() == {**before, "options": expected, "is_domain_connection": True}


def test_an_order_that_matters(play: Play) -> None:
    run = play(
        [
            task("set", name=DATABASE, options={"precedence": ["email", "username", "phone_number"]}),
            task("again", name=DATABASE, options={"precedence": ["email", "username", "phone_number"]}),
            task("other way round", name=DATABASE, options={"precedence": ["username", "email", "phone_number"]}),
            task("any order", name=DATABASE, options={"realm_fallback": ["a", "b"]}),
            task("any order again", name=DATABASE, options={"realm_fallback": ["b", "a"]}),
        ]
    )
    assert run.changed == ["set", "other way round", "any order"], run.output


def test_every_other_field(play: Play, tenant: Tenant) -> None:
    everything: dict[str, t.Any] = {
        "display_name": "Staff",
        "show_as_button": True,
        "realms": ["staff", "people"],
        "metadata": {"team": "a"},
        "authentication": {"active": False},
        "connected_accounts": {"active": True, "cross_app_access": True},
        "cross_app_access_requesting_app": {"active": True},
        "cross_app_access_resource_app": {"status": "enabled"},
    }
    run = play(
        [
            task("create", name="staff", strategy="oidc", **everything),
            task("again", name="staff", strategy="oidc", **{**everything, "realms": ["people", "staff"]}),
            task("part of a dictionary", name="staff", connected_accounts={"active": False}),
            task("another display name", name="staff", display_name="People"),
            task("clear", name="staff", cross_app_access_resource_app={}),
            task("clear again", name="staff", cross_app_access_resource_app={}),
        ]
    )
    assert run.rc == 0, run.output
    assert run.changed == ["create", "part of a dictionary", "another display name", "clear"]
    both = {"active": False, "cross_app_access": True}
    # A PATCH without it would set display_name back to the name.
    assert run["part of a dictionary"].writes == [("PATCH", {"connected_accounts": both, "display_name": "Staff"})]
    assert run["another display name"].writes == [("PATCH", {"display_name": "People"})]
    assert run["clear"].writes == [("PATCH", {"cross_app_access_resource_app": None, "display_name": "People"})]
    assert stored(tenant, "staff")["display_name"] == "People"


def test_promotion_keeps_the_display_name(play: Play, tenant: Tenant) -> None:
    tenant.api("POST", "connections", {"name": "staff", "strategy": "oidc", "display_name": "Staff"})
    promote = {"mcp_ops.oauth.auth0_connection_domain": {"name": "staff"}}
    assert play([promote]).changed == ["task 1"]
    connection = stored(tenant, "staff")
    assert (connection["is_domain_connection"], connection["display_name"]) == (True, "Staff")


def test_names_and_what_never_changes(play: Play, tenant: Tenant) -> None:
    key = tenant.connection()["id"]
    run = play(
        [
            task("by id", id=key, is_domain_connection=True),
            task("by id and name", id=key, name=DATABASE, is_domain_connection=True),
            task("rename", id=key, name="other"),
            task("another strategy", name=DATABASE, strategy="oidc"),
            task("unknown id", id="con_0000000000000000", is_domain_connection=True),
            task("unknown id absent", id="con_0000000000000000", state="absent"),
            task("no strategy", name="new", is_domain_connection=True),
            task("bad name", name="with blank", strategy="oidc"),
            task("limits", name=DATABASE, realms=[], metadata={str(number): "x" for number in range(11)}),
            task("neither"),
        ]
    )
    assert run.passed == ["by id", "by id and name", "unknown id absent"], run.output
    assert run.changed == ["by id"]
    assert [step.name for step in run.steps if step.writes] == ["by id"]
    assert run["by id"].calls == [f"GET connections/{key}", f"PATCH connections/{key}"]
    assert "a connection's name can never be changed" in run["rename"].result["msg"]
    assert "strategy can never be changed" in run["another strategy"].result["msg"]
    assert "no connection with the id" in run["unknown id"].result["msg"]
    assert f"It has: {DATABASE}. To create it, name its strategy." in run["no strategy"].result["msg"]
    assert "single hyphens" in run["bad name"].result["msg"]
    assert run["limits"].requests == run["neither"].requests == []
    assert run["bad name"].calls == [LIST]
    assert "realms has 0 members; it must have from 1" in run["limits"].result["msg"]
    assert "metadata has 11 members; it must have from 0 to 10" in run["limits"].result["msg"]


def test_a_name_that_new_connections_cannot_have(play: Play, tenant: Tenant) -> None:
    """Rules for names are for new connections: there are older ones."""
    state = tenant.call("GET", "/_emulator/state")
    old = next(iter(state["connections"].values()))
    state["connections"]["con_old"] = {**old, "id": "con_old", "name": "Corp--LDAP", "realms": ["Corp--LDAP"]}
    tenant.call("PUT", "/_emulator/state", state)
    run = play(
        [
            task("promote", name="Corp--LDAP", is_domain_connection=True),
            task("again", name="Corp--LDAP", is_domain_connection=True),
            harness.task("auth0_connection_domain", "demote", name="Corp--LDAP", is_domain_connection=False),
            task("by id", id="con_old", name="Corp--LDAP"),
            task("new", name="Corp--AD", strategy="ad"),
            task("absent", name="Corp--LDAP", state="absent"),
        ]
    )
    assert run.changed == ["promote", "demote", "absent"], run.output
    assert run.passed == ["promote", "again", "demote", "by id", "absent"]
    assert "name must consist of letters, digits and single hyphens" in run["new"].result["msg"]


def test_options_that_contradict_each_other(play: Play, tenant: Tenant) -> None:
    email = {"attributes": {"email": {"identifier": {"active": True}}}}
    for name, value in (("old", True), ("off", False)):
        tenant.api("POST", "connections", {"name": name, "strategy": "auth0", "options": {"requires_username": value}})
    run = play(
        [
            task("attributes", name="old", options=email),
            task("attributes in place", name="old", options={**email, "requires_username": None}),
            task("attributes beside what is off", name="off", options=email),
            task("password", name=DATABASE, options={"passwordPolicy": "good"}),
            task("new", name="new", strategy="auth0", options={**email, "validation": {"username": {"min": 1}}}),
        ]
    )
    assert run.changed == ["attributes in place", "attributes beside what is off"], run.output
    assert [step.name for step in run.steps if step.writes] == run.changed
    assert "refuses options.attributes beside options.requires_username" in run["attributes"].result["msg"]
    assert "refuses options.password_options beside options.passwordPolicy" in run["password"].result["msg"]
    assert "beside options.validation" in run["new"].result["msg"]


def test_old_and_new_password_options_that_are_there_stay(play: Play, tenant: Tenant) -> None:
    """Databases from before `password_options` have both kinds."""
    state = tenant.call("GET", "/_emulator/state")
    (database,) = state["connections"].values()
    database["options"].update(passwordPolicy="good", password_history={"enable": True, "size": 5})
    tenant.call("PUT", "/_emulator/state", state)
    run = play(
        [
            task("another option", name=DATABASE, options={"disable_signup": True}),
            task("another kind", name=DATABASE, options={"password_no_personal_info": {"enable": True}}),
        ]
    )
    assert run.changed == ["another option"], run.output
    assert run["another option"].writes == [("PATCH", {"options": {**database["options"], "disable_signup": True}})]
    assert "beside options.passwordPolicy, options.password_history" in run["another kind"].result["msg"]
    assert run["another kind"].writes == []


def test_the_configuration_of_a_custom_database(play: Play, tenant: Tenant) -> None:
    create: dict[str, t.Any] = {"strategy": "auth0", "options": {"configuration": {"dsn": SECRET, "user": "a-user"}}}
    given = {"configuration": {"dsn": SECRET, "user": "a-user"}}
    run = play(
        [
            task("create", name="custom", diff=True, **create),
            task("create again", name="custom", diff=True, **create),
            task("other option", name="custom", options={"disable_signup": True}),
            task("half of it given", name="custom", options={"disable_signup": True, "configuration": {"dsn": SECRET}}),
            task("given anew", name="custom", diff=True, options={"disable_signup": True, **given}),
            task(
                "one removed",
                name="custom",
                options={"disable_signup": False, "configuration": {"dsn": SECRET, "user": None}},
            ),
            task("another secret", name="custom", options={"configuration": {"dsn": f"{SECRET}-2"}}),
            task(
                "sent all the same",
                name="custom",
                resend_options=True,
                options={"configuration": {"dsn": f"{SECRET}-2"}},
            ),
        ],
        "-vvvv",
    )
    assert run.changed == ["create", "given anew", "one removed", "sent all the same"], run.output
    assert run["create"].writes[0][1]["options"] == create["options"]
    for name, words in (("other option", "dsn, user"), ("half of it given", "user")):
        assert run[name].status == "failed"
        assert f"or null to remove one: {words}." in run[name].result["msg"]
        assert run[name].writes == []
    assert run["given anew"].writes[0][1]["options"]["configuration"] == given["configuration"]
    assert run["one removed"].writes[0][1]["options"]["configuration"] == {"dsn": SECRET}
    # What Auth0 never tells is no difference.
    assert run["another secret"].writes == []
    assert run["sent all the same"].writes[0][1]["options"]["configuration"] == {"dsn": f"{SECRET}-2"}
    assert SECRET not in run.output
    assert "2.0$" not in run.output


def client(tenant: Tenant, name: str, **more: t.Any) -> str:
    return str(tenant.api("POST", "clients", {"name": name, **more})["client_id"])


def test_applications_of_a_connection(play: Play, tenant: Tenant) -> None:
    first, second, third = (client(tenant, name) for name in ("One", "Two", "Three"))
    key = tenant.connection()["id"]
    off = [{"client_id": name, "status": False} for name in (first, second, third)]
    tenant.api("PATCH", f"connections/{key}/clients", off)
    tenant.api("PATCH", f"connections/{key}/clients", [{"client_id": third, "status": True}])
    wanted = [{"client_id": "One"}, {"client_id": second, "status": True}]
    path = f"connections/{key}/clients"
    run = play(
        [
            task("check enable", check=True, diff=True, name=DATABASE, clients=wanted),
            task("enable", diff=True, name=DATABASE, clients=wanted),
            task("enable again", name=DATABASE, clients=wanted),
            task("disable one", diff=True, name=DATABASE, clients=[{"client_id": "Two", "status": False}]),
            task("with a field", name=DATABASE, is_domain_connection=True, clients=wanted),
            task("new", name="new", strategy="auth0", clients=wanted),
        ]
    )
    assert run.rc == 0, run.output
    assert run.changed == ["check enable", "enable", "disable one", "with a field", "new"]
    reads = [LIST, f"GET {path}", "GET clients"]
    assert run["check enable"].calls == run["enable again"].calls == reads
    assert run["enable"].calls == [*reads, f"PATCH {path}"]
    assert run["enable"].diff == run["check enable"].diff
    # Nothing but what differs is sent.
    enabled = [{"client_id": name, "status": True} for name in sorted((first, second))]
    (_method, sent), *rest = run["enable"].writes
    assert sorted(sent, key=lambda one: str(one["client_id"])) == enabled
    assert rest == []
    assert run["disable one"].writes == [("PATCH", [{"client_id": second, "status": False}])]
    assert [method for method, _body in run["with a field"].writes] == ["PATCH", "PATCH"]
    assert run["new"].calls[-2].startswith("POST connections")
    assert sorted(stored(tenant, DATABASE)["enabled_clients"]) == sorted((first, second, third))
    assert sorted(stored(tenant, "new")["enabled_clients"]) == sorted((first, second))


def test_many_applications_are_sent_in_parts(play: Play, tenant: Tenant) -> None:
    state = tenant.call("GET", "/_emulator/state")
    example = state["clients"][tenant.client_id]
    names = [f"many-{number}" for number in range(120)]
    state["clients"].update({name: {**example, "client_id": name, "name": f"The {name}"} for name in names})
    tenant.call("PUT", "/_emulator/state", state)
    # Some by their client_id, some by their name.
    wanted = [{"client_id": name if number % 2 else f"The {name}"} for number, name in enumerate(names[:60])]
    run = play([task("enable", name=DATABASE, clients=wanted), task("again", name=DATABASE, clients=wanted)])
    assert run.changed == ["enable"], run.output
    assert [len(body) for _method, body in run["enable"].writes] == [50, 10]
    assert sorted(stored(tenant, DATABASE)["enabled_clients"]) == sorted(names[:60])


def test_a_loop_lists_once_within_the_controller(play_over: t.Callable[[str], Play], tenant: Tenant) -> None:
    for name in ("one", "two", "three"):
        tenant.api("POST", "connections", {"name": name, "strategy": "oidc"})
    looped = {
        "name": "loop",
        "mcp_ops.oauth.auth0_connection": {"name": "{{ item }}", "is_domain_connection": True},
        "loop": ["one", "two", "three"],
    }
    play = play_over("controller")
    first, second = play([looped]), play([looped])
    assert [call.partition("/")[0] for call in first.calls] == [
        *(LIST, "PATCH connections", LIST, "PATCH connections", "PATCH connections"),
    ], first.output
    assert second.calls == [LIST, LIST]
    assert second.changed == []


def test_applications_that_cannot_be_enabled(play: Play, tenant: Tenant) -> None:
    for _turn in range(2):
        client(tenant, "Twin")
    client(tenant, "Partner", is_first_party=False, third_party_security_mode="strict")
    own = client(tenant, "Own")
    run = play(
        [
            task("unknown", name=DATABASE, clients=[{"client_id": "Nobody"}]),
            task("check unknown", check=True, name=DATABASE, clients=[{"client_id": "Nobody"}]),
            task("twins", name=DATABASE, clients=[{"client_id": "Twin"}]),
            task("third party", name=DATABASE, clients=[{"client_id": "Partner"}]),
            task("third party off", name=DATABASE, clients=[{"client_id": "Partner", "status": False}]),
            task("twice", name=DATABASE, clients=[{"client_id": own}, {"client_id": "Own", "status": False}]),
        ]
    )
    assert run.passed == ["check unknown", "third party off"]
    assert run.changed == ["check unknown"]
    assert all(step.writes == [] for step in run.steps)
    assert f"clients lists '{own}' twice" in run["twice"].result["msg"]
    text = "no application with the client_id or name 'Nobody'"
    assert text in run["unknown"].result["msg"]
    assert text in run["check unknown"].warnings
    assert run["third party off"].calls == [LIST, f"GET connections/{tenant.connection()['id']}/clients", "GET clients"]
    assert "There are 2 applications of the name 'Twin'" in run["twins"].result["msg"]
    assert "'Partner' is a third-party application" in run["third party"].result["msg"]


def test_a_deletion_is_waited_for(play: Play) -> None:
    run = play(
        [
            task("create", name="staff", strategy="oidc"),
            task("absent", name="staff", state="absent"),
            task("create anew", name="staff", strategy="oidc"),
            task("absent without waiting", name="staff", state="absent", deletion_timeout=0),
        ]
    )
    assert run.changed == ["create", "absent", "create anew", "absent without waiting"], run.output
    assert len(run["absent without waiting"].calls) == 2


def test_a_name_that_is_still_being_deleted(play: Play, tenant: Tenant) -> None:
    body = {"statusCode": 409, "error": "Conflict", "message": "A connection with the same name is being deleted."}
    tenant.fault("POST", "/api/v2/connections", status=409, body=body)
    step = play([task("create", name="staff", strategy="oidc")])["create"]
    assert "still being deleted: wait and run again" in step.result["msg"]


def test_a_deletion_that_takes_too_long(play: Play) -> None:
    run = play(
        [
            task("create", name="staff", strategy="oidc"),
            task("absent", name="staff", state="absent", deletion_timeout=0.1),
            task("absent again", name="staff", state="absent"),
        ]
    )
    assert run.changed == ["create"]
    assert "has not finished within 0.1 s" in run["absent"].result["msg"]
    assert run["absent again"].status == "ok"


def test_a_token_that_cannot_see_options(play: Play, tenant: Tenant) -> None:
    tenant.grant("read:connections", "update:connections", "create:connections")
    run = play(
        [
            task("options", name=DATABASE, options={"disable_signup": True}),
            task("check options", check=True, name=DATABASE, options={"disable_signup": True}),
            task("no options", name=DATABASE, is_domain_connection=True),
            task("new", name="staff", strategy="oidc", options=OIDC),
        ]
    )
    assert run.changed == ["no options", "new"], run.output
    for name in ("options", "check options"):
        assert "lacks the scope read:connections_options" in run[name].result["msg"]
        assert run[name].writes == []
    tenant.grant("read:connections", "read:connections_options", "update:connections")
    step = play([task("options", name=DATABASE, options={"disable_signup": True})])["options"]
    assert "lacks the scope update:connections_options" in step.result["msg"]
    assert step.writes == []


def test_secrets_among_options_are_never_shown(play: Play, tenant: Tenant) -> None:
    options: dict[str, t.Any] = {
        "client_secret": SECRET,
        "twilio_token": f"{SECRET}-t",
        "signing_key": {"cert": "a-cert", "key": f"{SECRET}-k"},
        "gateway_authentication": {"method": "bearer", "secret": f"{SECRET}-g", "audience": "a-gateway"},
        "password": f"{SECRET}-p",
    }
    other = {**options, "client_secret": f"{SECRET}-2"}
    run = play(
        [
            task("create", diff=True, name="staff", strategy="oidc", options=options),
            task("change", diff=True, name="staff", options=other),
            task("unknown option", name="staff", options=options, nam="staff"),
            task("wrong type", name="staff", options=options, show_as_button="perhaps"),
            task("not a dictionary", name="staff", options=f"client_secret: {SECRET}"),
            task("refused", name="staff", strategy="okta", options=options),
        ],
        "-vvvvv",
    )
    assert run.changed == ["create", "change"], run.output
    assert run["change"].diff[1]["options"]["client_secret"] == "(secret, changed)"
    assert run["change"].diff[1]["options"]["twilio_token"] == "(secret)"
    assert run["change"].writes[0][1]["options"].items() >= other.items()
    assert SECRET not in run.output
    # What is no secret is not masked along with those that are.
    assert run["create"].result["connection"]["strategy"] == "oidc"


# -- options that nobody here knows -----------------------------------------------------------------------------------

STRATEGIES = 10
# The recordings have nine strategies; these are put together from what others show of three more.
DESCRIBED: dict[str, dict[str, t.Any]] = {
    "github": {"client_id": "a", "client_secret": SECRET, "email": True, "read_user": True, "scope": ["user:email"]},
    "okta": {
        "client_id": "a",
        "client_secret": SECRET,
        "domain": "example.okta.com",
        "type": "back_channel",
        "issuer": "https://example.okta.com",
        "token_endpoint": "https://example.okta.com/oauth2/v1/token",
        "oidc_metadata": {"issuer": "https://example.okta.com"},
        "schema_version": "oidc-V4",
        "attribute_map": {"mapping_mode": "basic_profile", "attributes": {"a": "${context.tokenset.a}"}},
        "connection_settings": {"pkce": "auto"},
    },
    "waad": {
        "client_id": "a",
        "client_secret": SECRET,
        "tenant_domain": "example.onmicrosoft.com",
        "waad_protocol": "openid-connect",
        "identity_api": "microsoft-identity-platform-v2.0",
        "useCommonEndpoint": False,
        "thumbprints": ["0123456789abcdef"],
        "app_domain": "example.auth0.com",
    },
}


def _objects(value: t.Any) -> t.Iterator[dict[str, t.Any]]:
    if isinstance(value, dict):
        if {"id", "name", "strategy", "options"} <= set(value) and value["options"]:
            yield value
        for inner in value.values():
            yield from _objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _objects(inner)


def recorded() -> list[dict[str, t.Any]]:
    """Of each strategy, the connection with the most options in the answers of the recordings, and those described."""
    richest: dict[str, dict[str, t.Any]] = {}
    for exchange in read_all():
        for found in _objects(exchange.answer):
            best = richest.get(found["strategy"])
            if best is None or len(json.dumps(found["options"])) > len(json.dumps(best["options"])):
                richest[found["strategy"]] = found
    described = [{"strategy": strategy, "options": options} for strategy, options in DESCRIBED.items()]
    return [*richest.values(), *described]


def test_options_unknown_to_us_are_kept(play: Play, tenant: Tenant) -> None:
    unknown: dict[str, t.Any] = {"invented": {"deep": [1, {"x": None}], "n": 1.5}, "invented_text": "as it is"}
    connections = []
    for number, found in enumerate(recorded()):
        # A ciphertext may not be sent back, see above.
        options = {key: value for key, value in found["options"].items() if key != "configuration"}
        made = {
            **found,
            "id": f"con_recorded{number:08d}",
            "name": f"recorded-{number}",
            "options": {**options, **unknown},
        }
        connections.append({"enabled_clients": [], "is_domain_connection": False, **made})
        put(tenant, connections[-1])
    assert len({connection["strategy"] for connection in connections}) >= STRATEGIES
    change = {"named": "new", "invented": {"n": 2}}
    run = play([task(one["strategy"], name=one["name"], options=change) for one in connections])
    assert run.rc == 0, run.output
    for connection in connections:
        expected = {**connection["options"], "named": "new", "invented": {**unknown["invented"], "n": 2}}
        ((_method, body),) = run[connection["strategy"]].writes
        assert body["options"] == expected
