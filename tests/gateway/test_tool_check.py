# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The check of who may use which tool, on the real gateway: users with different roles, and one link after the other
broken."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import quote

import pytest

from emulator.tenant import USERS
from tests.gateway.conftest import OTHER, Edit, Gateways, Site
from tests.gateway.project import ROUTES, create
from tests.gateway.test_kinds import replace_all
from tests.integration.harness import Step, task
from tests.mcp.client import visit

LOOK, CHANGE = "tools:look", "tools:change"
SCOPES = {"hello": None, "look": LOOK, "change": CHANGE}
ARGUMENTS = {"body": {"name": "MCP"}}
# Ada may look, Grace may look and change.
ADA, GRACE = USERS
ACCESS = ("project_tool_scopes", "tool_scopes", "tool_grant", "roles", "role_members", "tool_access")
ROLES: list[dict[str, t.Any]] = [
    {"name": "Readers", "tools": ["look"], "members": [{"user_id": ADA["user_id"]}]},
    {"name": "Writers", "tools": ["look", "change"], "members": [{"user_id": GRACE["user_id"]}]},
]
OPTIONS: dict[str, t.Any] = {
    "tools": [{"operation": name, "scope": scope, "arguments": ARGUMENTS} for name, scope in SCOPES.items()],
    "roles": ROLES,
    "other_audience": OTHER,
    "gateway_deployed": True,
    "fail_on_findings": False,
}
Route = dict[str, t.Any]


def read_routes(project: Path) -> dict[str, t.Any]:
    return dict(json.loads((project / ROUTES).read_text(encoding="utf-8")))


def write_routes(project: Path, routes: dict[str, t.Any]) -> None:
    (project / ROUTES).write_text(json.dumps(routes, indent=2) + "\n", encoding="utf-8")


def with_tools(project: Path) -> Path:
    """A project with three tools that answer alike; MCP clients know one by another name."""
    create(project)
    routes = read_routes(project)
    hello = routes["paths"]["/hello"]["post"]
    for name in ("look", "change"):
        routes["paths"][f"/{name}"] = {"post": {**hello, "operationId": name}}
    change = routes["paths"]["/change"]["post"]
    change["x-zuplo-route"] = {**change["x-zuplo-route"], "mcp": {"type": "tool", "name": "change-it"}}
    write_routes(project, routes)
    return project


class Office:
    """A project whose tools demand scopes, a tenant with the roles for them, and what to start a gateway from."""

    def __init__(self, site: Site) -> None:
        site.restore()
        self.site = site
        self.projects = {"as described": self._write("described", SCOPES), "no policy": self._write("open", {})}
        by_hand = self.projects["policy removed by hand"] = site.copy(
            partial(replace_all, source=self.projects["as described"])
        )
        routes = read_routes(by_hand)
        inbound = routes["paths"]["/change"]["post"]["x-zuplo-route"]["policies"]["inbound"]
        assert len(inbound) == 2
        inbound.pop()
        write_routes(by_hand, routes)
        self.edits: dict[str, Edit] = {
            name: partial(replace_all, source=project) for name, project in self.projects.items()
        }
        self._set_up()
        self.state = site.tenant.call("GET", "/_emulator/state")

    def _write(self, name: str, scopes: t.Mapping[str, str | None]) -> Path:
        project = with_tools(self.site.folder / f"office-{name}")
        operations = [{"id": one, **({"scope": scopes[one]} if scopes.get(one) else {})} for one in SCOPES]
        options: dict[str, t.Any] = {"mcp_server_url": self.site.url, "project_dir": str(project)}
        options |= {"operations": operations, "attach_to_tools": True}
        run = self.site.play([task("zuplo_mcp_oauth", "write", **options)])
        assert run["write"].status == "ok", run.output
        return project

    def _set_up(self) -> None:
        tenant = self.site.tenant
        scopes = [{"value": one} for one in (LOOK, CHANGE)]
        self.change_api(scopes=scopes, enforce_policies=True, token_dialect="rfc9068_profile_authz")
        self.change_grant([LOOK, CHANGE])
        for role, allowed in zip(ROLES, ([LOOK], [LOOK, CHANGE]), strict=True):
            made = tenant.api("POST", "roles", {"name": role["name"]})["id"]
            self.permissions("POST", f"roles/{made}", allowed)
            tenant.api("POST", f"roles/{made}/users", {"users": [one["user_id"] for one in role["members"]]})

    def permissions(self, method: str, role: str, scopes: list[str]) -> None:
        permissions = [{"resource_server_identifier": self.site.url, "permission_name": one} for one in scopes]
        self.site.tenant.api(method, f"{role}/permissions", {"permissions": permissions})

    def role(self, name: str) -> str:
        (found,) = (one for one in self.site.tenant.api("GET", "roles") if one["name"] == name)
        return f"roles/{found['id']}"

    def change_api(self, **fields: t.Any) -> None:
        self.site.tenant.api("PATCH", f"resource-servers/{quote(self.site.url, safe='')}", fields)

    def change_grant(self, scopes: list[str]) -> None:
        (grant,) = self.site.tenant.api("GET", "client-grants?default_for=third_party_clients")
        self.site.tenant.api("PATCH", f"client-grants/{grant['id']}", {"scope": scopes})

    def restore(self) -> None:
        self.site.tenant.call("POST", "/_emulator/reset")
        self.site.tenant.call("PUT", "/_emulator/state", self.state)

    def token(self, user: dict[str, t.Any]) -> str:
        """Of a user who logs in with the Python SDK, whatever that may call."""
        given = {"email": user["email"], "password": user["password"], "arguments": ARGUMENTS}
        return visit(self.site.url, self.site.tenant.ca_path, **given).tokens[-1].access_token

    def check(self, user: dict[str, t.Any] | None, project: str = "as described", *, dry: bool = False) -> Step:
        options = {"mcp_server_url": self.site.url, "project_dir": str(self.projects[project]), **OPTIONS}
        options |= {"user_token": self.token(user)} if user else {}
        run = self.site.play([task("mcp_oauth_check", "check", check=dry, **options)], "-vvv")
        assert run["check"].status == "ok", run["check"].result
        # No token is anywhere in the output, at the highest verbosity.
        assert "eyJ" not in run.output
        return run["check"]


@pytest.fixture(scope="module")
def office(site: Site) -> t.Iterator[Office]:
    yield Office(site)
    site.restore()


def findings(step: Step) -> dict[str, dict[str, str]]:
    return {one["name"]: one for one in step.result["findings"]}


def failed(step: Step) -> dict[str, str]:
    """The findings that fail, with their texts."""
    return {name: " ".join(one.values()) for name, one in findings(step).items() if one["status"] == "fail"}


@pytest.mark.parametrize(
    ("user", "seen"),
    [
        (ADA, "with user_token, answered: hello, look; refused: change"),
        (GRACE, "with user_token, answered: hello, look, change"),
        (None, "with the token of the task's application, answered: hello; refused: look, change"),
    ],
    ids=["ada", "grace", "application"],
)
def test_each_user_may_call_what_the_roles_say(
    office: Office, gateways: Gateways, user: dict[str, t.Any] | None, seen: str
) -> None:
    office.restore()
    gateways.open(office.edits["as described"])
    found = findings(office.check(user))
    assert {name: found[name]["status"] for name in ACCESS} == dict.fromkeys(ACCESS, "pass"), found
    assert found["tool_access"]["seen"] == seen


def test_no_tool_is_called_in_check_mode(office: Office, gateways: Gateways) -> None:
    office.restore()
    gateways.open(office.edits["as described"])
    found = findings(office.check(ADA, dry=True))
    assert found["tool_access"]["status"] == "skip"
    assert "not called in check mode" in found["tool_access"]["seen"]


@dataclass(frozen=True)
class Link:
    """One thing that is broken: in the tenant, or in the project that is deployed. `found` are all the findings that
    fail then for that user, with a part of their texts."""

    found: dict[str, str]
    user: dict[str, t.Any]
    tenant: t.Callable[[Office], None] | None = None
    project: str = "as described"


def rbac_off(office: Office) -> None:
    office.change_api(enforce_policies=False)


def role_without_permission(office: Office) -> None:
    office.permissions("DELETE", office.role("Readers"), [LOOK])


def role_with_more(office: Office) -> None:
    office.permissions("POST", office.role("Readers"), [CHANGE])


def user_without_role(office: Office) -> None:
    role = office.role("Writers").partition("/")[2]
    office.site.tenant.api("DELETE", f"users/{quote(GRACE['user_id'])}/roles", {"roles": [role]})


def grant_without_scope(office: Office) -> None:
    office.change_grant([LOOK])


LOCKED_OUT = 'look refused the token, which has no "tools:look", although "{user}" may call it by roles'
GETS_IN = 'answered, although the token has no "tools:change": anybody who can log in gets in who should not'
LINKS = {
    "RBAC off": Link({"tool_scopes": "roles decide nothing", "tool_access": LOCKED_OUT}, ADA, rbac_off),
    "role without permission": Link(
        {"roles": '"Readers" lacks ["tools:look"]', "tool_access": LOCKED_OUT}, ADA, role_without_permission
    ),
    "role with a permission more": Link(
        {
            "roles": '"Readers" also has ["tools:change"], so its members may call change as well',
            "tool_access": 'change answered, which "{user}" may not call by roles',
        },
        ADA,
        role_with_more,
    ),
    "user without role": Link(
        {"role_members": 'should have the role "Writers", and does not', "tool_access": LOCKED_OUT},
        GRACE,
        user_without_role,
    ),
    # The permissions of the token have it all the same; whether those of Auth0 do is not known.
    "grant without scope": Link({"tool_grant": 'not granted ["tools:change"]'}, GRACE, grant_without_scope),
    "policy not attached": Link(
        {
            "project_tool_scopes": 'the tool look (config/routes.oas.json) demands no scope instead of "tools:look"',
            "tool_access": GETS_IN,
        },
        ADA,
        project="no policy",
    ),
    "policy removed by hand": Link(
        {
            "project_tool_scopes": 'change (config/routes.oas.json) demands no scope instead of "tools:change"',
            "tool_access": GETS_IN,
        },
        ADA,
        project="policy removed by hand",
    ),
}


@pytest.mark.parametrize("name", LINKS)
def test_a_broken_link_is_named(office: Office, gateways: Gateways, name: str) -> None:
    link = LINKS[name]
    office.restore()
    gateways.open(office.edits[link.project])
    if link.tenant:
        link.tenant(office)
    seen = failed(office.check(link.user, link.project))
    assert set(seen) == set(link.found), seen
    for finding, text in link.found.items():
        assert text.format(user=link.user["user_id"]) in seen[finding]


def test_a_deployment_that_is_older_than_the_project(office: Office, gateways: Gateways) -> None:
    """The files are right, and the gateway that runs has others: only a call tells."""
    office.restore()
    gateways.open(office.edits["policy removed by hand"])
    seen = failed(office.check(ADA, "as described"))
    assert set(seen) == {"tool_access"}
    assert GETS_IN in seen["tool_access"]
    assert 'operations: {id: change, file: config/routes.oas.json, scope: "tools:change"}' in seen["tool_access"]
