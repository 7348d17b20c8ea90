# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Answers of every wrong shape: for each kind, whatever stands in any place of any answer, an error of the family."""

from __future__ import annotations

import copy
import typing as t
from dataclasses import dataclass
from types import SimpleNamespace

import pytest

from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.api import ManagementApi
from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.ensure import ensure
from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.kinds.application import APPLICATION
from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.kinds.cimd_application import DOCUMENT_APPLICATION
from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.kinds.client_grant import CLIENT_GRANT
from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.kinds.connection import CONNECTION, CONNECTION_DOMAIN
from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.kinds.resource_server import RESOURCE_SERVER
from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.kinds.role import ROLE
from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.kinds.role_members import ROLE_MEMBERS
from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.kinds.tenant import FLAGS, SETTINGS
from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.memory import Memory
from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.settings import Settings
from ansible_collections.mcp_ops.oauth.plugins.module_utils._check.check import Check, Subject
from ansible_collections.mcp_ops.oauth.plugins.module_utils._check.probe import Answer, Probe
from ansible_collections.mcp_ops.oauth.plugins.module_utils._check.server import Issuer
from ansible_collections.mcp_ops.oauth.plugins.module_utils._errors import ApiError, OpsError, UnreachableError
from ansible_collections.mcp_ops.oauth.plugins.module_utils._modules import (
    auth0_client_grant_info,
    auth0_client_info,
    auth0_connection_info,
    auth0_resource_server_info,
    auth0_role_info,
    auth0_role_members_info,
    auth0_tenant_info,
)

Object = dict[str, t.Any]
URL = "https://mcp.example.com/mcp"
PLACE = f"resource-servers/{URL.replace(':', '%3A').replace('/', '%2F')}"
DOCUMENT = "https://client.example.com/client.json"

API = {
    "id": "abc",
    "identifier": URL,
    "name": "MCP",
    "scopes": [{"value": "read:a", "description": "Read a"}],
    "signing_alg": "RS256",
    "token_lifetime": 86400,
    "allow_offline_access": True,
    "token_encryption": {"format": "compact-nested-jwe", "encryption_key": {"kid": "a", "alg": "RSA-OAEP-256"}},
    "subject_type_authorization": {"user": {"policy": "allow_all"}, "client": {"policy": "deny_all"}},
    "proof_of_possession": {"mechanism": "dpop", "required": False},
    "is_system": False,
}
GRANT = {
    "id": "cgr_a",
    "default_for": "third_party_clients",
    "audience": URL,
    "subject_type": "user",
    "scope": ["read:a"],
    "allow_all_scopes": False,
    "is_system": False,
}
DATABASE = {
    "id": "con_a",
    "name": "users",
    "strategy": "auth0",
    "display_name": "Users",
    "options": {"password_history": {"enable": True}, "precedence": ["email"], "configuration": {"a": "b"}},
    "realms": ["users"],
    "is_domain_connection": False,
    "authentication": {"active": True},
    "metadata": {"a": "b"},
}
CLIENT = {
    "client_id": "a" * 32,
    "name": "App",
    "external_client_id": DOCUMENT,
    "callbacks": ["https://a.example"],
    "client_metadata": {"a": "b"},
    "refresh_token": {"rotation_type": "rotating", "policies": [{"audience": URL, "scope": ["a"]}]},
    "jwt_configuration": {"alg": "RS256", "lifetime_in_seconds": 1},
    "addons": {"samlp": {}},
    "is_first_party": True,
    "global": False,
    "app_type": "spa",
}
MEMBER = {"resource_server_identifier": URL, "permission_name": "read:a"}
TENANT = {
    "flags": {"enable_sso": True, "allow_changing_enable_sso": True},
    "session_lifetime": 168.5,
    "default_audience": URL,
    "enabled_locales": ["en"],
    "sandbox_versions_available": ["22"],
    "resource_parameter_profile": "audience",
    "change_password": {"enabled": True, "html": ""},
    "default_token_quota": {"clients": {"client_credentials": {"per_day": 1}}},
}


def listed(name: str, *found: Object) -> Object:
    return {name: list(found), "start": 0, "total": len(found), "limit": 50, "next": ""}


@dataclass
class Scenario:
    """What is done with the answers, by `METHOD path`."""

    act: t.Callable[[ManagementApi], object]
    answers: Object


def kind(resource: t.Any, wanted: Object, **answers: t.Any) -> Scenario:
    def act(api: ManagementApi) -> None:
        memory = Memory()
        for _turn in range(3):
            ensure(resource, api, wanted, memory=memory)

    return Scenario(act, answers)


def info(module: t.Any, options: Object, **answers: t.Any) -> Scenario:
    def act(api: ManagementApi) -> None:
        def fields(names: t.Iterable[str]) -> Object:
            return {name: options[name] for name in names if name in options}

        module.perform(SimpleNamespace(api=api, options=options, fields=fields, check_mode=False))

    return Scenario(act, answers)


class Quiet(Probe):  # type: ignore[misc]
    def _send(self, *_args: t.Any, **_content: t.Any) -> Answer:
        return Answer(0, problem="Connection refused", absent=True)


def check(api: ManagementApi) -> None:
    probe = Quiet(ca_path=None, validate_certs=True, timeout=1)
    Check(Subject(URL, Issuer("tenant.auth0.com", "domain"), frozenset(["dcr", "cimd"])), probe, api).run()
    probe.close()


CHECKED = {
    "GET tenants/settings": TENANT,
    f"GET {PLACE}": API,
    "GET client-grants": listed("client_grants", GRANT),
    "GET connections": listed("connections", DATABASE),
}
SCENARIOS = {
    "API": kind(
        RESOURCE_SERVER,
        {"identifier": URL, "scopes": [{"value": "b"}], "token_lifetime_for_web": 5, "signing_alg": "RS256",
         "subject_type_authorization": {"user": {"policy": "deny_all"}}, "allow_online_access": True},
        **{f"GET {PLACE}": API, "PATCH resource-servers/abc": API, "GET resource-servers":
           listed("resource_servers", API)},
    ),
    "client grant": kind(
        CLIENT_GRANT,
        {"default_for": "third_party_clients", "audience": URL, "subject_type": "user", "scope": ["a"]},
        **{"GET client-grants": listed("client_grants", GRANT), "PATCH client-grants/cgr_a": GRANT},
    ),
    "connection": kind(
        CONNECTION,
        {"name": "users", "options": {"password_history": {"enable": False}, "precedence": ["username"]},
         "clients": [{"client_id": "App", "status": True}], "authentication": {"active": False}, "realms": ["a"]},
        **{"GET connections": listed("connections", DATABASE), "PATCH connections/con_a": DATABASE,
           "GET connections/con_a/clients": listed("clients", {"client_id": "b"}), "GET clients":
           listed("clients", CLIENT), "PATCH connections/con_a/clients": None},
    ),
    "connection that is not there": kind(
        CONNECTION_DOMAIN, {"name": "other", "is_domain_connection": True},
        **{"GET connections": listed("connections", DATABASE)},
    ),
    "role": kind(
        ROLE,
        {"name": "reader", "description": "x", "permissions": [{**MEMBER, "permission_name": "write:a"}]},
        **{"GET roles": listed("roles", {"id": "rol_a", "name": "reader", "description": None}),
           "GET roles/rol_a/permissions": listed("permissions", MEMBER), f"GET {PLACE}": {**API, "scopes": [
               {"value": "write:a"}]}, "PATCH roles/rol_a": {"id": "rol_a", "name": "reader"},
           "POST roles/rol_a/permissions": {}},
    ),
    "role members": kind(
        ROLE_MEMBERS,
        {
            "name": "reader",
            "members": [
                {"user_id": "auth0|a"},
                {"email": "B@x"},
                {"username": "c", "connection": "d"},
                {"email": "e@x"},
            ],
        },
        **{
            "GET roles": listed("roles", {"id": "rol_a", "name": "reader"}),
            "GET roles/rol_a/users": listed("users", {"user_id": "auth0|b", "email": "b@x"}),
            "GET users/auth0%7Ca": {"user_id": "auth0|a"},
            "GET users": listed(
                "users",
                {"user_id": "auth0|b", "email": "b@x"},
                {"user_id": "auth0|c", "username": "c", "identities": [{"connection": "d"}]},
            ),
            "GET users-by-email": [{"user_id": "auth0|e", "email": "e@x"}],
            "POST roles/rol_a/users": {},
        },
    ),
    "role groups": kind(
        ROLE_MEMBERS,
        {"name": "reader", "groups": [{"id": "grp_a"}, {"name": "B"}, {"name": "C", "connection": "d"}]},
        **{
            "GET roles": listed("roles", {"id": "rol_a", "name": "reader"}),
            "GET roles/rol_a/groups": listed("groups", {"id": "grp_e", "name": "E"}),
            "GET groups/grp_a": {"id": "grp_a", "name": "A"},
            "GET groups": listed(
                "groups", {"id": "grp_b", "name": "B"}, {"id": "grp_c", "name": "C", "connection_id": "con_d"}
            ),
            "GET connections": listed("connections", {"id": "con_d", "name": "d"}),
            "POST roles/rol_a/groups": {},
        },
    ),
    "application": kind(
        APPLICATION,
        {"name": "App", "callbacks": [], "client_metadata": {"b": "c"}, "refresh_token": {"leeway": 1,
         "rotation_type": "rotating", "expiration_type": "expiring"}, "jwt_configuration": {"alg": "RS256"}},
        **{"GET clients": listed("clients", CLIENT), f"PATCH clients/{'a' * 32}": CLIENT},
    ),
    "application by its document": kind(
        DOCUMENT_APPLICATION,
        {"external_client_id": DOCUMENT, "organization_usage": "deny"},
        **{"GET clients": listed("clients"), "POST clients/cimd/preview": {"errors": [], "validation": {
            "valid": True, "violations": [], "warnings": ["a"]}, "mapped_fields": {"name": "App", "callbacks": ["a"]}},
           "POST clients/cimd/register": {"client_id": "a" * 32}, f"GET clients/{'a' * 32}": CLIENT,
           f"PATCH clients/{'a' * 32}": CLIENT},
    ),
    "flags": kind(FLAGS, {"flags": {"enable_sso": False}}, **{"GET tenants/settings": TENANT,
                  "PATCH tenants/settings": TENANT}),
    "settings": kind(
        SETTINGS,
        {"session_lifetime": 10, "sandbox_version": "22", "enabled_locales": ["de"], "change_password": {"html": "x"}},
        **{"GET tenants/settings": TENANT, "PATCH tenants/settings": TENANT},
    ),
    "client info": info(auth0_client_info, {"include_client_secret": False, "name": "App"},
                        **{"GET clients": listed("clients", CLIENT)}),
    "connection info": info(auth0_connection_info, {"include_options": True},
                            **{"GET connections": listed("connections", DATABASE)}),
    "grant info": info(auth0_client_grant_info, {}, **{"GET client-grants": listed("client_grants", GRANT)}),
    "API info": info(auth0_resource_server_info, {}, **{"GET resource-servers": listed("resource_servers", API)}),
    "role info": info(auth0_role_info, {"include_permissions": True}, **{"GET roles": listed("roles", {"id": "rol_a",
                      "name": "a"}), "GET roles/rol_a/permissions": listed("permissions", MEMBER)}),
    "role members info": info(
        auth0_role_members_info,
        {"include_emails": True, "include_groups": True, "name": "a"},
        **{
            "GET roles": listed("roles", {"id": "rol_a", "name": "a"}),
            "GET roles/rol_a/users": listed("users", {"user_id": "auth0|b", "email": "b@x"}),
            "GET roles/rol_a/groups": listed("groups", {"id": "grp_a"}),
        },
    ),
    "tenant info": info(auth0_tenant_info, {}, **{"GET tenants/settings": TENANT}),
    "check": Scenario(check, CHECKED),
    "check without API": Scenario(check, {**{name: one for name, one in CHECKED.items() if name != f"GET {PLACE}"},
                                          "GET resource-servers": listed("resource_servers", API)}),
}  # fmt: skip
WRONG: list[t.Any] = [
    None, [], {}, "", "x", "..", "\ud800\x1b[2J", 7, -1, 1e300, 10**400, True, [None], [[]], [{}], ["\x1b"],
    {"a": None}, {"a": {"b": []}},
]  # fmt: skip


class Answering(ManagementApi):  # type: ignore[misc]
    """A tenant with these answers to any query, at most so many of them."""

    def __init__(self, answers: Object) -> None:
        super().__init__(Settings("tenant.auth0.com", auth_access_token="opaque"), sleep=lambda _seconds: None)
        self.answers = answers
        self.count = 0

    def _request(self, method: str, path: str, **_content: t.Any) -> t.Any:
        self.count += 1
        assert self.count < 3000
        if f"{method} {path}" not in self.answers:
            raise ApiError("failed with status 404", where=f"{method} {path}", status=404)
        return self.answers[f"{method} {path}"]


def places(value: t.Any, path: tuple[t.Any, ...] = ()) -> t.Iterator[tuple[t.Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from places(inner, (*path, key))


def with_value(answers: Object, place: tuple[t.Any, ...], value: t.Any) -> Object:
    made: t.Any = copy.deepcopy(answers)
    inner = made
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return t.cast("Object", made)


@pytest.mark.parametrize("name", SCENARIOS)
def test_no_wrong_shape_is_a_bug(name: str) -> None:
    scenario = SCENARIOS[name]
    assert not isinstance(outcome(scenario, scenario.answers), UnreachableError)
    refused, bugs = 0, []
    for place in places(scenario.answers):
        for value in WRONG:
            error = outcome(scenario, with_value(scenario.answers, place, value))
            if error and not (isinstance(error, OpsError) and str(error).isprintable() and len(str(error)) < 4500):
                bugs.append(f"{place}: {value!r:.40}: {error!r:.80}")
            refused += isinstance(error, UnreachableError)
    assert bugs == []
    assert refused or "check" in name


def outcome(scenario: Scenario, answers: Object) -> Exception | None:
    try:
        scenario.act(Answering(answers))
    except Exception as error:
        return error
    return None
