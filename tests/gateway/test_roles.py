# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""One run with `mcp_tools` and `mcp_roles`: two users, three tools, real clients; a change; and back."""

from __future__ import annotations

import re
import shutil
import typing as t
from functools import partial

import pytest

from emulator.tenant import USERS
from tests.gateway.clients import CLIENTS
from tests.gateway.clients import typescript as run_typescript
from tests.gateway.conftest import PLAYBOOK, Gateways, Site
from tests.gateway.gateway import Gateway
from tests.gateway.seen import ClientFailed
from tests.gateway.test_kinds import replace_all, sources
from tests.gateway.test_tool_scopes import ANSWER, ARGUMENTS, TOOLS, ask, call, told, with_tools
from tests.mcp.client import visit

ABSENT = "mcp_ops.oauth.mcp_server_absent"
ADA, GRACE = (user["email"] for user in USERS)
GREETER, BUYER = "Greeter", "Buyer"
OF_ROLE = {GREETER: "hello", BUYER: "list-orders"}
# Who has which role, before the change and after it.
BEFORE, AFTER = {GREETER: GRACE, BUYER: ADA}, {GREETER: ADA, BUYER: GRACE}


class Team:
    """The project and the tenant as one run leaves them, and as a second run does after a change of the roles."""

    def __init__(self, site: Site, gateways: Gateways) -> None:
        self.site = site
        self.before, self.project = with_tools(site.folder / "team-before"), site.folder / "team"
        shutil.copytree(self.before, self.project)
        # Another project's, which the run would check.
        gateways.close()
        site.tenant.call("POST", "/_emulator/reset")
        self.first, self.second = self.play(BEFORE), self.play(BEFORE)
        self.states = {"before": site.tenant.call("GET", "/_emulator/state")}
        self.files = sources(self.project)
        self.changed = self.play(AFTER)
        self.states["after"] = site.tenant.call("GET", "/_emulator/state")
        # Stays the same for one gateway to serve all tests.
        self.edit = partial(replace_all, source=self.project)
        self.tokens: dict[tuple[str, str], str] = {}

    def play(self, members: dict[str, str], playbook: str = PLAYBOOK) -> t.Any:
        roles = [
            {"name": name, "tools": [OF_ROLE[name]], "members": [{"email": email}], "purge_members": True}
            for name, email in members.items()
        ]
        tools = [{"operation": name, **({"scope": scope} if scope else {})} for name, scope in TOOLS.items()]
        run = self.site.play(
            playbook,
            mcp_server_url=self.site.url,
            mcp_zuplo_project_dir=str(self.project),
            mcp_tools=tools,
            mcp_roles=roles,
        )
        assert run.rc == 0, run.output
        return run

    def enter(self, when: str) -> None:
        self.site.tenant.call("PUT", "/_emulator/state", self.states[when])

    def token(self, when: str, email: str) -> str:
        """Of a user who logs in with the Python SDK."""
        if (when, email) not in self.tokens:
            self.enter(when)
            (password,) = (user["password"] for user in USERS if user["email"] == email)
            ca_path = self.site.tenant.ca_path
            seen = visit(self.site.url, ca_path, email=email, password=password, arguments=ARGUMENTS)
            assert set(seen.tools) == {*TOOLS}
            self.tokens[when, email] = seen.tokens[-1].access_token
        return self.tokens[when, email]


def may(when: str, email: str) -> set[str]:
    roles = BEFORE if when == "before" else AFTER
    return {"ping", *(OF_ROLE[name] for name, member in roles.items() if member == email)}


@pytest.fixture(scope="module")
def team(site: Site, gateways: Gateways) -> t.Iterator[Team]:
    yield Team(site, gateways)
    site.restore()


@pytest.fixture
def served(team: Team, gateways: Gateways) -> Gateway:
    return gateways.open(team.edit)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("email", [ADA, GRACE])
def test_each_user_may_call_the_tools_of_the_role(team: Team, served: Gateway, when: str, email: str) -> None:
    token = team.token(when, email)
    for tool, scope in TOOLS.items():
        failed, text = call(served.url, token, tool)
        assert failed == (tool not in may(when, email)), text
        assert told(scope) in text if failed else text == ANSWER
        answer = ask(served, tool, token)
        assert answer.status_code == (403 if failed else 200)
        if failed:
            assert f'error="insufficient_scope", scope="{scope}"' in answer.headers["WWW-Authenticate"]
    seen = run_typescript(served.url, team.site.tenant.ca_path, token=token)
    assert seen.answer == ANSWER if "hello" in may(when, email) else told(TOOLS["hello"]) in seen.answer


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("client", ["python", "typescript", "fastmcp", "inspector"])
def test_clients_of_the_first_user(team: Team, served: Gateway, when: str, client: str) -> None:
    """All clients log in as the first user, who may call `hello` only after the change."""
    team.enter(when)
    try:
        answer = CLIENTS[client](served.url, team.site.tenant.ca_path).answer
    except ClientFailed as error:
        answer = str(error)
    expected = (
        re.escape(ANSWER) if "hello" in may(when, ADA) else f"{told(TOOLS['hello'])}|Tool 'hello' returned isError"
    )
    assert re.search(expected, answer)


def test_a_token_keeps_its_permissions_until_it_expires(team: Team, served: Gateway) -> None:
    old = team.token("before", GRACE)
    team.enter("after")
    assert ask(served, "hello", old).status_code == 200


def test_runs(team: Team) -> None:
    assert team.second.changed == []
    assert [call for call in team.second.calls if not call.startswith("GET")] == []
    assert team.changed.changed == ["Give the roles to their members"]
    assert sources(team.project) == team.files


def test_back_to_the_byte(team: Team, gateways: Gateways) -> None:
    gateways.close()
    team.enter("after")
    team.play(AFTER, ABSENT)
    assert sources(team.project) == sources(team.before)
    tenant = team.site.tenant
    assert tenant.api("GET", "roles") == []
    assert team.site.url not in {one["identifier"] for one in tenant.api("GET", "resource-servers")}
