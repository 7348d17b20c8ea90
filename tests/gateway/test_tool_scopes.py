# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Who may call which tool: the scopes of a project's tools, users with different roles, and the real gateway."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import time
import typing as t
from functools import partial
from pathlib import Path

import httpx2
import pytest
import requests
from joserfc import jwt
from joserfc.jwk import RSAKey
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import TextContent

from emulator.tenant import USERS
from tests.gateway.clients import CLIENTS
from tests.gateway.clients import typescript as run_typescript
from tests.gateway.conftest import Gateways, Site
from tests.gateway.gateway import METADATA, Gateway, build, lint
from tests.gateway.install import MODULES, NODE
from tests.gateway.project import PLUGIN, POLICIES, ROUTES, create
from tests.gateway.seen import ClientFailed
from tests.gateway.test_kinds import replace_all, sources
from tests.integration.harness import task
from tests.mcp.client import visit

GREET, READ, CANCEL = "greetings:write", "orders:read", "orders:cancel"
TOOLS = {"hello": GREET, "list-orders": READ, "ping": ""}
ADA, GRACE = USERS
MAY = {ADA["email"]: {"list-orders", "ping"}, GRACE["email"]: {"hello", "ping"}}
ARGUMENTS = {"body": {"name": "MCP"}}
ANSWER = '{"greeting":"Hello, MCP!"}'


def with_tools(project: Path) -> Path:
    """A project with three tools, which all answer as `hello` does."""
    create(project)
    document = json.loads((project / ROUTES).read_text(encoding="utf-8"))
    hello = document["paths"]["/hello"]["post"]
    for name in list(TOOLS)[1:]:
        words = {"operationId": name, "summary": f"Does {name}", "description": f"Does {name}."}
        document["paths"][f"/{name}"] = {"post": {**hello, **words}}
    (project / ROUTES).write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return project


ODD: dict[str, t.Any] = {
    "no-options": None,
    "no-scope": {"mcpPath": "/mcp"},
    "empty": {"scope": "", "mcpPath": "/mcp"},
    "a-number": {"scope": 1, "mcpPath": "/mcp"},
    "a-list": {"scope": [GREET], "mcpPath": "/mcp"},
    "two-words": {"scope": f"{READ} {GREET}", "mcpPath": "/mcp"},
    "not-for-a-header": {"scope": 'a"\n', "mcpPath": "/mcp"},
    "at-the-root": {"scope": CANCEL, "mcpPath": "/"},
    "no-path": {"scope": CANCEL},
    "no-auth0": {"scope": GREET, "mcpPath": "/mcp"},
}
EVERYTHING = ["", 1, [GREET], GREET, READ, f"{READ} {GREET}", 'a"\n', "undefined", None]


def add_odd_policies(project: Path) -> Path:
    """With policies as somebody may have edited them, and a route for each."""
    policies, routes = (json.loads((project / file).read_text(encoding="utf-8")) for file in (POLICIES, ROUTES))
    (found,) = (one for one in policies["policies"] if one["handler"].get("options", {}).get("scope") == GREET)
    ping = routes["paths"]["/ping"]["post"]
    (auth0,) = ping["x-zuplo-route"]["policies"]["inbound"]
    for name, options in ODD.items():
        handler = {**found["handler"], "options": options}
        if options is None:
            del handler["options"]
        policies["policies"].append({**found, "name": name, "handler": handler})
        inbound = [name] if name == "no-auth0" else [auth0, name]
        route = {**ping["x-zuplo-route"], "policies": {"inbound": inbound}}
        routes["paths"][f"/{name}"] = {"post": {**ping, "operationId": name, "x-zuplo-route": route}}
    for file, document in ((POLICIES, policies), (ROUTES, routes)):
        (project / file).write_text(json.dumps(document, indent=2), encoding="utf-8")
    return project


class Shop:
    """The project before and after the run, and tokens for its MCP server."""

    def __init__(self, site: Site) -> None:
        site.restore()
        self.site = site
        self.before, self.project = with_tools(site.folder / "shop-before"), site.folder / "shop"
        shutil.copytree(self.before, self.project)
        operations = [{"id": name, "scope": scope} for name, scope in TOOLS.items()]
        options: dict[str, t.Any] = {"mcp_server_url": site.url, "operations": operations}
        options["project_dir"] = str(self.project)
        runs = [task("zuplo_mcp_oauth", name, **options) for name in ("first", "second")]
        self.run = site.play(runs)
        assert self.run.changed == ["first"], self.run.output
        odd = add_odd_policies(shutil.copytree(self.project, site.folder / "shop-odd"))
        # Stays the same for one gateway to serve all tests.
        self.edit = partial(replace_all, source=odd)
        self.lists = site.folder / "shop-lists"
        shutil.copytree(self.project, self.lists)
        options |= {"project_dir": str(self.lists), "list_callable_tools": True}
        run = site.play([task("zuplo_mcp_oauth", name, **options) for name in ("first", "second")])
        assert run.changed == ["first"], run.output
        self.narrow = partial(replace_all, source=self.lists)
        self.give_roles()
        self._key = RSAKey.import_key(site.tenant.call("GET", "/_emulator/state")["keys"]["signing_key"])
        self.tokens: dict[str, str] = {}

    def give_roles(self) -> None:
        """Ada may read orders, Grace may greet; the API puts what a user may do into the tokens."""
        tenant = self.site.tenant
        (api,) = (one for one in tenant.api("GET", "resource-servers") if one["identifier"] == self.site.url)
        scopes = [{"value": scope, "description": scope} for scope in (GREET, READ, CANCEL)]
        body = {"scopes": scopes, "enforce_policies": True, "token_dialect": "rfc9068_profile_authz"}
        tenant.api("PATCH", f"resource-servers/{api['id']}", body)
        for user, scope in ((ADA, READ), (GRACE, GREET)):
            role = tenant.api("POST", "roles", {"name": f"May {scope}", "description": scope})
            permission = {"resource_server_identifier": self.site.url, "permission_name": scope}
            tenant.api("POST", f"roles/{role['id']}/permissions", {"permissions": [permission]})
            state = tenant.call("GET", "/_emulator/state")
            state["users"][user["user_id"]]["roles"] = [role["id"]]
            tenant.call("PUT", "/_emulator/state", state)

    def token(self, user: dict[str, t.Any]) -> str:
        """Of a user who logs in with the Python SDK."""
        if user["email"] not in self.tokens:
            given = {"email": user["email"], "password": user["password"], "arguments": ARGUMENTS}
            seen = visit(self.site.url, self.site.tenant.ca_path, **given)
            assert set(seen.tools) == {*TOOLS}
            self.tokens[user["email"]] = seen.tokens[-1].access_token
        return self.tokens[user["email"]]

    def forge(self, **claims: t.Any) -> str:
        """A token that the tenant might have issued, with these claims."""
        now = int(time.time())
        standard = {"iss": f"https://{self.site.tenant.domain}/", "aud": self.site.url, "sub": "auth0|x"}
        header = {"alg": "RS256", "typ": "JWT", "kid": "emulator"}
        return jwt.encode(header, {**standard, "iat": now, "exp": now + 600, **claims}, self._key)


@pytest.fixture(scope="module")
def shop(site: Site) -> t.Iterator[Shop]:
    yield Shop(site)
    site.restore()


@pytest.fixture
def served(shop: Shop, gateways: Gateways) -> Gateway:
    return gateways.open(shop.edit)


def send(gateway: Gateway, token: str, method: str, accept: str = "", **params: t.Any) -> t.Any:
    """The answer to a message of JSON-RPC, which no session came before."""
    headers = {"Authorization": f"Bearer {token}", "Accept": accept or "application/json, text/event-stream"}
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    answer = requests.post(gateway.url, json=message, headers=headers, timeout=10)
    # The filter reads no other answers.
    assert answer.headers["Content-Type"] == "application/json"
    return answer.json()


def names(gateway: Gateway, token: str, accept: str = "") -> set[str]:
    return {one["name"] for one in send(gateway, token, "tools/list", accept)["result"]["tools"]}


def see(url: str, token: str) -> set[str]:
    """The tools that the Python SDK lists."""

    async def act() -> set[str]:
        http = httpx2.AsyncClient(trust_env=False, headers={"Authorization": f"Bearer {token}"})
        async with http, Client(streamable_http_client(url, http_client=http)) as client:
            return {one.name for one in (await client.list_tools()).tools}

    return asyncio.run(act())


def call(url: str, token: str, tool: str) -> tuple[bool, str]:
    """Whether the Python SDK shows an error, and the text."""

    async def act() -> tuple[bool, str]:
        headers = {"Authorization": f"Bearer {token}"}
        http = httpx2.AsyncClient(trust_env=False, headers=headers)
        async with http, Client(streamable_http_client(url, http_client=http)) as client:
            result = await client.call_tool(tool, ARGUMENTS)
            return bool(result.is_error), "".join(one.text for one in result.content if isinstance(one, TextContent))

    return asyncio.run(act())


def ask(gateway: Gateway, tool: str, token: str | None) -> requests.Response:
    """The route of a tool, directly."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return requests.post(f"{gateway.origin}/{tool}", json=ARGUMENTS["body"], headers=headers, timeout=10)


def told(scope: str) -> str:
    return f"It requires the permission {scope}, which your login does not have."


@pytest.mark.parametrize("user", USERS, ids=lambda user: user["email"])
def test_each_user_may_call_their_tools_and_no_others(shop: Shop, served: Gateway, user: dict[str, t.Any]) -> None:
    token = shop.token(user)
    for tool, scope in TOOLS.items():
        failed, text = call(served.url, token, tool)
        assert failed == (tool not in MAY[user["email"]]), text
        assert text == ANSWER if not failed else told(scope) in text
        assert ask(served, tool, token).status_code == (403 if failed else 200)


def test_the_refusal_is_a_challenge(shop: Shop, served: Gateway) -> None:
    answer = ask(served, "hello", shop.token(ADA))
    assert answer.status_code == 403
    assert answer.headers["WWW-Authenticate"] == (
        f'Bearer error="insufficient_scope", scope="{GREET}", resource_metadata="{served.origin}{METADATA}"'
    )
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    problem = answer.json()
    assert (problem["status"], problem["title"]) == (403, "Forbidden")
    assert problem["detail"] == (
        f"You may not use this tool. {told(GREET)} Ask the operator of this MCP server for it, then log in again."
    )
    assert shop.token(ADA)[:20] not in answer.text
    assert requests.get(f"{served.origin}{METADATA}", timeout=10).json()["resource"] == served.url


@pytest.mark.parametrize("name", ODD)
def test_a_policy_that_somebody_has_edited_lets_nobody_pass(shop: Shop, served: Gateway, name: str) -> None:
    answer = ask(served, name, shop.forge(permissions=EVERYTHING, scope="undefined"))
    challenge = answer.headers["WWW-Authenticate"]
    metadata = f"{served.origin}{METADATA}"
    if name == "no-auth0":
        assert (answer.status_code, challenge) == (401, f'Bearer resource_metadata="{metadata}"')
        return
    assert answer.status_code == 403
    if name in ("no-options", "at-the-root", "no-path"):
        metadata = metadata.removesuffix("/mcp")
    demanded = f'scope="{CANCEL}", ' if name in ("at-the-root", "no-path") else ""
    assert challenge == f'Bearer error="insufficient_scope", {demanded}resource_metadata="{metadata}"'
    assert requests.get(metadata, timeout=10).status_code == 200
    assert ("names no scope" in answer.json()["detail"]) == (not demanded)


@pytest.mark.parametrize("client", ["python", "typescript", "fastmcp"])
def test_clients_show_why(shop: Shop, served: Gateway, client: str) -> None:
    """Ada may not greet."""
    assert told(GREET) in CLIENTS[client](served.url, shop.site.tenant.ca_path).answer


def test_the_inspector_shows_that_the_tool_fails(shop: Shop, served: Gateway) -> None:
    with pytest.raises(ClientFailed, match="Tool 'hello' returned isError:true"):
        CLIENTS["inspector"](served.url, shop.site.tenant.ca_path)


def test_the_typescript_sdk_of_who_may(shop: Shop, served: Gateway) -> None:
    assert run_typescript(served.url, shop.site.tenant.ca_path, token=shop.token(GRACE)).answer == ANSWER


ALLOWED: dict[str, dict[str, t.Any]] = {
    "permissions": {"permissions": [GREET]},
    "permissions among others": {"permissions": [READ, GREET], "scope": READ},
    "scope": {"scope": GREET},
    "scope among others": {"scope": f"openid {GREET} {READ}", "permissions": []},
    "scope, permissions of another type": {"scope": GREET, "permissions": GREET},
}
REFUSED: dict[str, dict[str, t.Any]] = {
    "neither": {},
    "others": {"permissions": [READ], "scope": f"openid {READ}"},
    "a text of permissions": {"permissions": GREET},
    "a list of scopes": {"scope": [GREET]},
    "objects": {"permissions": {"0": GREET, GREET: True}, "scope": {GREET: True}},
    "lists in lists": {"permissions": [[GREET], {"permission_name": GREET}]},
    "nothing": {"permissions": None, "scope": None},
    "other types": {"permissions": 1, "scope": True},
    "longer ones": {"permissions": [f"{GREET}:all"], "scope": f"x{GREET} {GREET}x"},
    "other letters": {"permissions": [GREET.upper()], "scope": GREET.title()},
    "part of a text": {"permissions": [f"{READ} {GREET}"], "scope": f"{READ},{GREET}"},
}


@pytest.mark.parametrize("claims", ALLOWED.values(), ids=ALLOWED)
def test_a_token_that_has_the_scope(shop: Shop, served: Gateway, claims: dict[str, t.Any]) -> None:
    assert ask(served, "hello", shop.forge(**claims)).status_code == 200


@pytest.mark.parametrize("claims", REFUSED.values(), ids=REFUSED)
def test_a_token_that_does_not(shop: Shop, served: Gateway, claims: dict[str, t.Any]) -> None:
    answer = ask(served, "hello", shop.forge(**claims))
    assert answer.status_code == 403
    assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]
    assert ask(served, "ping", shop.forge(**claims)).status_code == 200


def test_the_tenant_s_own_token_with_the_claim_scope_alone(shop: Shop, served: Gateway) -> None:
    """An API without RBAC: what a client grant gives is in the claim scope."""
    tenant, url = shop.site.tenant, shop.site.url
    state = tenant.call("GET", "/_emulator/state")
    try:
        (api,) = (one for one in tenant.api("GET", "resource-servers") if one["identifier"] == url)
        body = {"enforce_policies": False, "token_dialect": "rfc9068_profile"}
        tenant.api("PATCH", f"resource-servers/{api['id']}", body)
        (grant,) = (
            one
            for one in tenant.api("GET", "client-grants")
            if (one.get("client_id"), one["audience"], one.get("subject_type")) == (tenant.client_id, url, "client")
        )
        tenant.api("PATCH", f"client-grants/{grant['id']}", {"scope": [GREET]})
        token = shop.site.token()
    finally:
        tenant.call("PUT", "/_emulator/state", state)
    assert [ask(served, tool, token).status_code for tool in TOOLS] == [200, 403, 200]


@pytest.mark.parametrize("tool", TOOLS)
def test_nobody_gets_in_without_a_token(served: Gateway, tool: str) -> None:
    for token in (None, "x"):
        answer = ask(served, tool, token)
        assert answer.status_code == 401
        assert "insufficient_scope" not in answer.headers.get("WWW-Authenticate", "")


def test_what_the_module_tells(shop: Shop) -> None:
    first, second = (shop.run[name].result for name in ("first", "second"))
    after = [
        {"operation": name, "file": ROUTES, "scope": scope or None, "open": False} for name, scope in TOOLS.items()
    ]
    assert (first["tool_scopes_before"], first["tool_scopes"]) == ([], after)
    assert (second["tool_scopes_before"], second["tool_scopes"]) == (after, after)
    assert first["open_routes"] == []


@pytest.mark.parametrize("kind", ["project", "lists"])
def test_lint_build_types_and_back(shop: Shop, tmp_path: Path, kind: str) -> None:
    project = tmp_path / "project"
    shutil.copytree(getattr(shop, kind), project, ignore=shutil.ignore_patterns("node_modules", ".zuplo", "dist"))
    assert lint(project).violations == []
    built = build(project)
    assert built.rc == 0, built.output
    types = {"@zuplo/runtime": [str(MODULES / "@zuplo" / "runtime" / "out" / "types" / "index.d.ts")]}
    strict = {"strict": True, "noUnusedLocals": True, "noUnusedParameters": True, "skipLibCheck": True, "paths": types}
    settings = {"extends": "./tsconfig.json", "files": [PLUGIN], "compilerOptions": strict, "include": []}
    (project / "strict.json").write_text(json.dumps(settings))
    compiler = [NODE, str(MODULES / "typescript" / "lib" / "tsc.js"), "-p", "strict.json"]
    typed = subprocess.run(compiler, cwd=project, capture_output=True, text=True, timeout=120, check=False)
    assert (typed.returncode, typed.stdout) == (0, "")
    assert json.loads((project / POLICIES).read_text())["policies"][1:]
    run = shop.site.play([task("zuplo_mcp_oauth", "gone", state="absent", project_dir=str(project))])
    assert run["gone"].status == "ok", run.output
    assert sources(project) == sources(shop.before)
    assert build(project).rc == 0


@pytest.fixture
def narrow(shop: Shop, gateways: Gateways) -> Gateway:
    """The gateway that lists to each user only their tools."""
    for user in USERS:
        if user["email"] not in shop.tokens:
            gateways.open(shop.edit)
            shop.token(user)
    return gateways.open(shop.narrow)


@pytest.mark.parametrize("user", USERS, ids=lambda user: user["email"])
def test_each_user_sees_their_tools_and_no_others(shop: Shop, narrow: Gateway, user: dict[str, t.Any]) -> None:
    token, may = shop.token(user), MAY[user["email"]]
    assert see(narrow.url, token) == names(narrow, token) == names(narrow, token, "application/json") == may
    for tool in TOOLS:
        answer = send(narrow, token, "tools/call", name=tool, arguments=ARGUMENTS)
        if tool in may:
            assert call(narrow.url, token, tool) == (False, ANSWER)
        else:
            assert answer["error"] == {"code": -32601, "message": "Method not found"}
        assert ask(narrow, tool, token).status_code == (200 if tool in may else 403)
    unknown = send(narrow, token, "tools/call", name="unknown", arguments=ARGUMENTS)
    assert unknown["error"]["code"] == -32601
    for kind in ("prompts", "resources"):
        assert send(narrow, token, f"{kind}/list")["result"] == {kind: []}


@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_the_typescript_sdk_sees_the_tools_of_the_user(shop: Shop, narrow: Gateway, mode: str) -> None:
    seen = run_typescript(narrow.url, shop.site.tenant.ca_path, token=shop.token(GRACE), mode=mode)
    assert ({*seen.tools}, seen.answer) == (MAY[GRACE["email"]], ANSWER)
    with pytest.raises(ClientFailed, match="Method not found"):
        run_typescript(narrow.url, shop.site.tenant.ca_path, token=shop.token(ADA), mode=mode)


@pytest.mark.parametrize("claims", [*ALLOWED.values(), *REFUSED.values()], ids=[*ALLOWED, *REFUSED])
def test_the_list_says_what_the_route_does(shop: Shop, narrow: Gateway, claims: dict[str, t.Any]) -> None:
    token = shop.forge(**claims)
    assert names(narrow, token) == {tool for tool in TOOLS if ask(narrow, tool, token).status_code == 200}


def test_nobody_sees_a_tool_without_a_token(narrow: Gateway) -> None:
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    assert requests.post(narrow.url, json=message, timeout=10).status_code == 401


@pytest.mark.parametrize("user", USERS, ids=lambda user: user["email"])
def test_the_check_knows_that_a_tool_is_not_listed(shop: Shop, narrow: Gateway, user: dict[str, t.Any]) -> None:
    tools = [{"operation": name, "scope": scope or None, "arguments": ARGUMENTS} for name, scope in TOOLS.items()]
    options: dict[str, t.Any] = {
        "mcp_server_url": narrow.url,
        "project_dir": str(shop.lists),
        "fail_on_findings": False,
    }
    options |= {"gateway_deployed": True, "tools": tools, "user_token": shop.token(user)}
    run = shop.site.play([task("mcp_oauth_check", "check", **options)])
    (found,) = (one for one in run["check"].result["findings"] if one["name"] == "tool_access")
    assert found["status"] == "pass", found
    assert all(name in found["seen"] for name in TOOLS)
