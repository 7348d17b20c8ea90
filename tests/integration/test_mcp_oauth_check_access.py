# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the check says of tenants whose roles, permissions and members are not as described, and what it reads."""

from __future__ import annotations

import base64
import http.server
import json
import threading
import typing as t
from dataclasses import dataclass, field
from urllib.parse import quote

import pytest

from emulator.tenant import USERS
from tests.integration.harness import Play, Run, Tenant
from tests.integration.test_mcp_oauth_check import check, default_grant, remove_default_grant, set_up
from tests.integration.test_mcp_oauth_check_tenant import found
from tests.integration.test_secrets import leaks

# Nobody answers there: this is about the tenant.
URL = "http://127.0.0.1:1/mcp"
API = f"resource-servers/{URL.replace('/', '%2F')}"
LOOK, CHANGE = "tools:look", "tools:change"
ADA, GRACE = (user["user_id"] for user in USERS)
TOOLS = [
    {"operation": "look", "scope": LOOK},
    {"operation": "change", "scope": CHANGE},
    {"operation": "hello", "arguments": {}},
]
ROLES = [
    {"name": "Readers", "tools": ["look"], "members": [{"user_id": ADA}, {"email": USERS[1]["email"]}]},
    {"name": "Writers", "tools": ["look", "change"], "members": [{"user_id": GRACE}], "purge_members": True},
]
OPTIONS: dict[str, t.Any] = {"mcp_server_url": URL, "tools": TOOLS, "roles": ROLES}
ACCESS = ("tool_scopes", "tool_grant", "roles", "role_members")


def permission(scope: str) -> dict[str, str]:
    return {"resource_server_identifier": URL, "permission_name": scope}


def make_role(tenant: Tenant, name: str, scopes: t.Iterable[str], users: t.Sequence[str]) -> str:
    role = str(tenant.api("POST", "roles", {"name": name})["id"])
    tenant.api("POST", f"roles/{role}/permissions", {"permissions": [permission(one) for one in scopes]})
    if users:
        tenant.api("POST", f"roles/{role}/users", {"users": [*users]})
    return role


def set_up_access(tenant: Tenant) -> None:
    """All as described, and a role beside it."""
    set_up(tenant, URL)
    scopes = [{"value": one} for one in (LOOK, CHANGE)]
    fields = {"scopes": scopes, "enforce_policies": True, "token_dialect": "rfc9068_profile_authz"}
    tenant.api("PATCH", API, fields)
    remove_default_grant(tenant, URL)
    default_grant(tenant, URL, scope=[LOOK, CHANGE])
    make_role(tenant, "Readers", [LOOK], [ADA, GRACE])
    make_role(tenant, "Writers", [LOOK, CHANGE], [GRACE])
    make_role(tenant, "Readers of others", [CHANGE], [ADA])


def role(tenant: Tenant, name: str) -> str:
    (one,) = (one for one in tenant.api("GET", "roles") if one["name"] == name)
    return f"roles/{one['id']}"


def test_a_tenant_as_described(play: Play, tenant: Tenant) -> None:
    set_up_access(tenant)
    run = play([check(**OPTIONS), check("without", mcp_server_url=URL)])
    step = run["check"]
    assert step.status == "ok", run.output
    seen = found(run)
    assert {seen[name][0] for name in ACCESS} == {"pass"}, seen
    assert "everyone who can log in may call hello" in seen["tool_scopes"][1]
    assert seen["tool_access"] == ("skip", seen["tool_access"][1])
    roles = [call for call in step.calls if call.startswith(("GET roles", "GET users"))]
    readers, writers = role(tenant, "Readers"), role(tenant, "Writers")
    # One look-up of the first role, one listing for the rest; the second member of it is not named by an id.
    expected = ["GET roles", f"GET {readers}/permissions", "GET roles", f"GET {writers}/permissions"]
    assert roles == [*expected, f"GET {readers}/users", "GET users", f"GET {writers}/users"]
    assert step.writes == []
    # Where nothing is described, nothing more is read.
    left = run["without"].calls
    assert left == [call for call in step.calls if call not in roles]
    others = found(run, "without")
    for name in ("project_tool_scopes", *ACCESS, "tool_access"):
        of = "roles" if name in ("roles", "role_members") else "tools"
        assert others[name][0] == "skip"
        assert f"{of} is empty, so who may use which tool is not described" in others[name][1]


def lose_scope(tenant: Tenant) -> None:
    tenant.api("PATCH", API, {"scopes": [{"value": LOOK}]})


def lose_permission(tenant: Tenant) -> None:
    tenant.api("DELETE", f"{role(tenant, 'Writers')}/permissions", {"permissions": [permission(CHANGE)]})


def gain_permission(tenant: Tenant) -> None:
    tenant.api("POST", f"{role(tenant, 'Readers')}/permissions", {"permissions": [permission(CHANGE)]})


def lose_grant(tenant: Tenant) -> None:
    remove_default_grant(tenant, URL)
    default_grant(tenant, URL, scope=[LOOK])


def lose_member(tenant: Tenant) -> None:
    tenant.api("DELETE", f"users/{quote(GRACE)}/roles", {"roles": [role(tenant, "Readers").partition("/")[2]]})


def gain_member(tenant: Tenant) -> None:
    tenant.api("POST", f"{role(tenant, 'Writers')}/users", {"users": [ADA]})


ROWS: dict[str, tuple[t.Callable[[Tenant], object], str, str, tuple[str, ...]]] = {
    "RBAC off": (
        lambda tenant: tenant.api("PATCH", API, {"enforce_policies": False}),
        "roles decide nothing",
        "auth0_resource_server: enforce_policies: true",
        ("tool_scopes",),
    ),
    "the dialect without permissions": (
        lambda tenant: tenant.api("PATCH", API, {"token_dialect": "rfc9068_profile"}),
        'clients are not told ["tools:change", "tools:look"]',
        "auth0_resource_server: token_dialect: rfc9068_profile_authz",
        ("tool_scopes",),
    ),
    # Auth0 takes the permission away from roles as well, and nobody knows what it does to the grant.
    "a scope that the API lacks": (
        lose_scope,
        "so nobody may call change",
        "auth0_resource_server: scopes",
        ("tool_scopes", "tool_grant", "roles"),
    ),
    "a grant without a scope": (
        lose_grant,
        'third-party applications are not granted ["tools:change"]',
        "auth0_client_grant: scope",
        ("tool_grant",),
    ),
    "no such role": (
        lambda tenant: tenant.api("DELETE", role(tenant, "Readers")),
        'the tenant has no role "Readers"',
        "auth0_role: name: Readers",
        ("roles",),
    ),
    "a role without a permission": (
        lose_permission,
        'the role "Writers" lacks ["tools:change"], so its members may not call change',
        "auth0_role: permissions",
        ("roles",),
    ),
    "a role with a permission more": (
        gain_permission,
        "so its members may call change as well",
        "auth0_role: permissions",
        ("roles",),
    ),
    "a user without the role": (
        lose_member,
        f'["{USERS[1]["email"]}"] should have the role "Readers", and does not',
        "auth0_role_members: members",
        ("role_members",),
    ),
    "another user with the role": (
        gain_member,
        f'["{ADA}"] has the role "Writers"',
        "auth0_role_members: members",
        ("role_members",),
    ),
    "no such user": (
        lambda tenant: tenant.api("DELETE", f"users/{quote(GRACE)}"),
        f"email '{USERS[1]['email']}'",
        "auth0_role_members: members",
        ("role_members",),
    ),
}


@pytest.mark.parametrize("row", ROWS)
def test_one_link_is_broken(play_over: t.Callable[[str], Play], tenant: Tenant, row: str) -> None:
    """The finding that names it fails, and those about the other links do not."""
    spoil, text, remedy, names = ROWS[row]
    set_up_access(tenant)
    spoil(tenant)
    run = play_over("controller")([check(**OPTIONS)])
    seen = found(run)
    assert {name for name in ACCESS if seen[name][0] == "fail"} == set(names), seen
    assert run["check"].status == "failed"
    assert any(text in seen[name][1] for name in names), seen
    assert any(remedy in seen[name][1] for name in names), seen


def test_roles_that_nobody_has(play_over: t.Callable[[str], Play], tenant: Tenant) -> None:
    """At most one page of the members is read."""
    set_up_access(tenant)
    make_role(tenant, "Nobody", [CHANGE], [])
    tools = [*TOOLS, {"operation": "erase", "scope": LOOK}, {"operation": "undo", "scope": "tools:undo"}]
    tenant.api("PATCH", API, {"scopes": [{"value": one} for one in (LOOK, CHANGE, "tools:undo")]})
    roles = [{"name": "Readers", "tools": ["look"]}, {"name": "Nobody", "tools": ["change"]}]
    run = play_over("controller")([check(mcp_server_url=URL, tools=tools, roles=roles)])
    seen = found(run)
    assert seen["roles"][0] == seen["role_members"][0] == "warn"
    assert 'no described role has ["tools:undo"], so nobody may call undo' in seen["roles"][1]
    assert 'nobody has the role "Nobody"' in seen["role_members"][1]
    assert sum(call.endswith("/users") for call in run["check"].calls) == 2


def test_groups_of_roles(play_over: t.Callable[[str], Play], tenant: Tenant) -> None:
    """Of a role with groups no users are expected. Each group is told by its name."""
    set_up_access(tenant)
    role = make_role(tenant, "Sellers", [LOOK], [])
    state = tenant.call("GET", "/_emulator/state")
    state["groups"] = {key: {"id": key, "name": name} for key, name in (("grp_a", "Sales"), ("grp_b", "Leads"))}
    tenant.call("PUT", "/_emulator/state", state)
    sellers = {"name": "Sellers", "tools": ["look"], "groups": [{"name": "Sales"}], "purge_groups": True}
    options = {**OPTIONS, "roles": [*ROLES, sellers]}
    seen = []
    for groups in ([], ["grp_a"], ["grp_a", "grp_b"]):
        if groups:
            tenant.api("POST", f"roles/{role}/groups", {"groups": groups})
        run = play_over("controller")([check(**options)])
        seen.append(found(run)["role_members"])
        assert f"GET roles/{role}/users" not in run["check"].calls
    assert [status for status, _sentence in seen] == ["fail", "pass", "fail"]
    assert '["group Sales"] should have the role "Sellers", and does not' in seen[0][1]
    assert '["group Leads"] has the role "Sellers", whose description does not name it' in seen[2][1]
    tenant.grant(*NEEDED, "read:roles", "read:users", "read:group_roles")
    skipped = found(play_over("controller")([check(**options)]))["role_members"]
    assert (skipped[0], "the token lacks the scope read:groups" in skipped[1]) == ("skip", True)


NEEDED = ("read:tenant_settings", "read:resource_servers", "read:client_grants", "read:connections")


@pytest.mark.parametrize(
    ("more", "skipped"),
    [((), {"roles": "read:roles", "role_members": "read:roles"}), (("read:roles",), {"role_members": "read:users"})],
)
def test_scopes_that_are_missing(
    play_over: t.Callable[[str], Play], tenant: Tenant, more: tuple[str, ...], skipped: dict[str, str]
) -> None:
    set_up_access(tenant)
    tenant.grant(*NEEDED, *more)
    run = play_over("controller")([check(**OPTIONS)])
    assert run["check"].status == "ok", run.output
    seen = found(run)
    assert {name for name in ACCESS if seen[name][0] == "skip"} == set(skipped)
    for name, scope in skipped.items():
        assert f"the token lacks the scope {scope}" in seen[name][1]


WRONG: dict[str, tuple[dict[str, t.Any], str]] = {
    "no such tool": ({"tools": TOOLS, "roles": [{"name": "a", "tools": ["gone"]}]}, "roles[0].tools names 'gone'"),
    "a scope with a space": ({"tools": [{"operation": "a", "scope": "a b"}]}, "tools[0].scope 'a b' is not a name"),
    "a token with a line end": ({"user_token": "a\nb"}, "user_token has white space at position 2 of 3"),
}


@pytest.mark.parametrize("row", WRONG)
def test_faults_are_found_before_anything_is_sent(play_over: t.Callable[[str], Play], tenant: Tenant, row: str) -> None:
    options, text = WRONG[row]
    run: Run = play_over("controller")([check(mcp_server_url=URL, **options)])
    assert run["check"].result["msg"].startswith(text), run["check"].result["msg"]
    assert run["check"].requests == []


def test_a_token_of_the_management_api_is_refused(play_over: t.Callable[[str], Play], tenant: Tenant) -> None:
    token = tenant.token()
    run = play_over("controller")([check(mcp_server_url=URL, user_token=token)], "-vvv")
    assert run["check"].result["msg"].startswith("user_token is a token for the Management API")
    assert run["check"].requests == []
    assert token not in run.output


# -- real calls -------------------------------------------------------------------------------------------------------


@dataclass
class Server:
    """An MCP server that lets the token in, and repeats it wherever it can. `log` has method and token of each request.

    `change` is refused in a stream that stays open, `look` is not.
    """

    url: str
    token: str
    log: list[tuple[str, str | None]] = field(default_factory=list)


def make_token(**claims: t.Any) -> str:
    parts = ({"alg": "RS256", "typ": "at+jwt"}, {"sub": ADA, "aud": "x", **claims})
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*encoded, "c2lnbmF0dXJl"])


@pytest.fixture
def server() -> t.Iterator[Server]:
    done = threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: t.Any) -> None:
            pass

        def answer(self, status: int, body: t.Any = None, **headers: str) -> None:
            content = b"" if body is None else json.dumps(body).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def stream(self, message: t.Any) -> None:
            """Sends the answer, and never ends."""
            event = f"event: message\ndata: {json.dumps(message)}\n\n".encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"%x\r\n%b\r\n" % (len(event), event))
            done.wait(20)
            self.close_connection = True

        def do_POST(self) -> None:
            message = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
            token = (self.headers.get("Authorization") or "").removeprefix("Bearer ") or None
            method, number = message["method"], message.get("id")
            made.log.append((method, token))
            if token != made.token:
                self.answer(401, {}, WWW_Authenticate="Bearer")
            elif method == "initialize":
                result = {"protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": {"name": token}}
                self.answer(200, {"jsonrpc": "2.0", "id": number, "result": result}, Mcp_Session_Id="s")
            elif self.headers["Mcp-Session-Id"] != "s" or self.headers["MCP-Protocol-Version"] != "2025-11-25":
                self.answer(400, {"message": token})
            elif method == "tools/list":
                tools = [{"name": name, "description": token} for name in ("look", "change", "hello", "broken")]
                self.answer(200, {"jsonrpc": "2.0", "id": number, "result": {"tools": tools}})
            elif method == "tools/call":
                self.call(message["params"], number, token)
            else:
                self.answer(202)

        def call(self, params: t.Any, number: int, token: str) -> None:
            if params["name"] == "broken":
                error = {"code": -32603, "message": f"broken: {token}"}
                self.answer(200, {"jsonrpc": "2.0", "id": number, "error": error})
                return
            refused = params["name"] == "change"
            text = json.dumps({"status": 403, "detail": token}) if refused else f"{token} {params['arguments']}"
            result = {"content": [{"type": "text", "text": text}], "isError": refused}
            answer = {"jsonrpc": "2.0", "id": number, "result": result}
            if refused:
                self.stream(answer)
            else:
                self.answer(200, answer)

        def do_GET(self) -> None:
            self.answer(404, {})

        def do_DELETE(self) -> None:
            made.log.append(("DELETE", (self.headers.get("Authorization") or "").removeprefix("Bearer ") or None))
            self.answer(200, {})

    listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Server(f"http://127.0.0.1:{listener.server_address[1]}/mcp", make_token(permissions=[LOOK]))
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    done.set()
    listener.shutdown()
    thread.join()
    listener.server_close()


NONE: dict[str, str | None] = dict.fromkeys(["AUTH0_DOMAIN", "AUTH0_CLIENT_ID", "AUTH0_CLIENT_SECRET"])


def tools_of(*called: str) -> list[dict[str, t.Any]]:
    scopes = {"look": LOOK, "change": CHANGE, "hello": None, "broken": LOOK}
    return [
        {
            "operation": name,
            **({"scope": scope} if scope else {}),
            **({"arguments": {"a": 1}} if name in called else {}),
        }
        for name, scope in scopes.items()
    ]


def test_tools_are_called_with_the_user_s_token(play: Play, tenant: Tenant, server: Server) -> None:
    roles = [{"name": "Readers", "tools": ["look"], "members": [{"user_id": ADA}]}]
    options: dict[str, t.Any] = {"mcp_server_url": server.url, "roles": roles, "user_token": server.token}
    options["fail_on_findings"] = False
    run = play(
        [
            check("called", tools=tools_of("look", "change", "hello"), **options),
            check("broken", tools=tools_of("broken"), **options),
            check("nothing", tools=tools_of(), **options),
            {**check("dry", tools=tools_of("look"), **options), "check_mode": True},
        ],
        "-vvvv",
        env=NONE,
    )
    seen = {step.name: found(run, step.name)["tool_access"] for step in run.steps}
    assert {name: status for name, (status, _text) in seen.items()} == {
        "called": "pass",
        "broken": "fail",
        "nothing": "skip",
        "dry": "skip",
    }, seen
    outcome = "answered: look, hello; refused: change; not checked, since they have no arguments: broken"
    assert f"with user_token, {outcome}" in seen["called"][1]
    assert "broken, which should answer, gets the error -32603" in seen["broken"][1]
    assert "give the tools that may be called for a test arguments" in seen["nothing"][1]
    # The token was sent in two sessions, each of which has ended, and is nowhere in the output though it came back.
    sent = [method for method, token in server.log if token == server.token]
    session = ["initialize", "notifications/initialized", "tools/list"]
    calls = ["tools/call"] * 3
    assert sent == [*session, *calls, "DELETE", *session, "tools/call", "DELETE"]
    assert leaks(run.output, tenant) == []
    assert leaks(json.dumps([step.result for step in run.steps]), tenant) == []


def test_without_any_token_no_tool_is_called(play_over: t.Callable[[str], Play], server: Server) -> None:
    run = play_over("controller")([check(mcp_server_url=server.url, tools=tools_of("look"))], env=NONE)
    status, text = found(run)["tool_access"]
    assert status == "skip"
    assert "user_token: an access token of a test user" in text
    assert "auth_client_secret" in text
    assert server.token not in {token for _method, token in server.log}


def test_a_token_that_is_not_accepted(play_over: t.Callable[[str], Play], server: Server) -> None:
    options: dict[str, t.Any] = {"tools": tools_of("look"), "user_token": make_token(scope=LOOK)}
    run = play_over("controller")([check(mcp_server_url=server.url, **options)], env=NONE)
    status, text = found(run)["tool_access"]
    assert status == "fail"
    assert "an MCP session with user_token gets status 401" in text
    assert "user_token: a new one" in text
