# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Shapes of gateways in one table: which SDK gets in, and what a check finds. Both SDKs and the check judge each."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from tests.integration.harness import Tenant
from tests.mcp.server import PATH, Server, Verifier, hello_server
from tests.mcp.test_login import set_up

AT_PATH = f"/.well-known/oauth-protected-resource{PATH}"
AT_ROOT = "/.well-known/oauth-protected-resource"
OAUTH, OPENID = "/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"
PYTHON, TYPESCRIPT = "python", "typescript"
BOTH = frozenset({PYTHON, TYPESCRIPT})
# Not a token of anybody's; the check makes one like it.
EXPIRED = "eyJhbGciOiAiUlMyNTYifQ.eyJleHAiOiAxfQ.bm9ib2R5"


@dataclass(frozen=True)
class Reply:
    """An answer in place of the usual one. Texts have {url}, {origin}, {other}: the same server by another name."""

    status: int
    headers: t.Mapping[str, str] = field(default_factory=dict)
    body: t.Any = None


def challenge(pointer: str, status: int = 401, before: str = "Bearer ") -> Reply:
    return Reply(status, {"WWW-Authenticate": f'{before}resource_metadata="{pointer}"'})


def document(**changes: t.Any) -> Reply:
    """Protected resource metadata, right but for the changes; None leaves a member out."""
    whole = {"resource": "{url}", "authorization_servers": ["{issuer}"], **changes}
    return Reply(200, {}, {name: value for name, value in whole.items() if value != "absent"})


def to(location: str, status: int = 302) -> Reply:
    return Reply(status, {"Location": location})


NAMED = challenge(f"{{origin}}{AT_PATH}")
BARE = Reply(401)
METADATA = document()


@dataclass(frozen=True)
class Shape:
    """A gateway, and the tenant behind it, right in all things but those that are named.

    `refusal` answers a request without a token, `invalid` one with a token that is not accepted: the refusal, unless it
    is another. `opened` are the methods that need no token, None all of them. `replies` stand at paths, `discover` is
    for server/discover. `agents` are user agents that get a 403. `audience` is what a token must be for, None anything.
    `settings` are the tenant's, `server` changes its metadata, at `oauth` and `openid` (a status in place of it).

    `fails` are the SDKs that do not get in, of those that come with the token `token` and as `agent`; `open` tells that
    everybody does. `found` are all findings of a check with credentials that fail or warn.
    """

    name: str
    fails: frozenset[str] = frozenset()
    found: t.Mapping[str, str] = field(default_factory=dict)
    open: bool = False
    refusal: Reply = NAMED
    invalid: Reply | None = None
    opened: tuple[str, ...] | None = ()
    replies: t.Mapping[str, Reply] = field(default_factory=lambda: {AT_PATH: METADATA})
    discover: Reply | None = None
    agents: tuple[str, ...] = ()
    audience: str | None = "{url}"
    apis: tuple[str, ...] = ("{url}",)
    settings: t.Mapping[str, t.Any] = field(default_factory=dict)
    server: t.Mapping[str, t.Any] = field(default_factory=dict)
    oauth: int = 200
    openid: int = 200
    token: str | None = None
    agent: str | None = None


FAIL, WARN = "fail", "warn"
UNNAMED = {"www_authenticate": WARN}
META = "/metadata/mcp"
NEITHER = {"resource_server": FAIL}

SHAPES = [
    Shape("in order"),
    # Where the metadata is.
    Shape("named at another path", refusal=challenge("{origin}" + META), replies={META: METADATA}),
    Shape("named on another host", refusal=challenge("{other}" + META), replies={META: METADATA}),
    Shape("unnamed, at the path", refusal=BARE, found=UNNAMED),
    Shape("unnamed, at the root alone", refusal=BARE, replies={AT_ROOT: METADATA}, found=UNNAMED),
    Shape("named, at the root alone", refusal=challenge("{origin}" + AT_ROOT), replies={AT_ROOT: METADATA}),
    Shape(
        "the path is named, only the root has it",
        frozenset({TYPESCRIPT}),
        {"protected_resource_metadata": FAIL},
        replies={AT_ROOT: METADATA},
    ),
    Shape(
        "named where nothing is",
        frozenset({TYPESCRIPT}),
        {"www_authenticate": FAIL},
        refusal=challenge("{origin}/nothing"),
    ),
    Shape("named by a relative URL", frozenset({PYTHON}), {"www_authenticate": FAIL}, refusal=challenge(AT_PATH)),
    Shape(
        "named behind another scheme",
        found={"www_authenticate": WARN},
        refusal=challenge("{origin}" + AT_PATH, before='Basic realm="x", Bearer '),
    ),
    Shape(
        "path fails with 500",
        frozenset({TYPESCRIPT}),
        {**UNNAMED, "protected_resource_metadata": FAIL},
        refusal=BARE,
        replies={AT_PATH: Reply(500), AT_ROOT: METADATA},
    ),
    Shape("path fails with 502", refusal=BARE, replies={AT_PATH: Reply(502), AT_ROOT: METADATA}, found=UNNAMED),
    Shape("nowhere", BOTH, {"protected_resource_metadata": FAIL}, replies={}),
    Shape("redirected within the origin", replies={AT_PATH: to(META), META: METADATA}),
    Shape(
        "redirected to another host",
        BOTH,
        {"protected_resource_metadata": FAIL},
        replies={AT_PATH: to("{other}" + META), META: METADATA},
    ),
    # What it says.
    Shape(
        "resource of the origin",
        found={"resource": WARN},
        replies={AT_PATH: document(resource="{origin}")},
        apis=("{origin}",),
        audience="{origin}",
    ),
    Shape(
        "resource of the origin, API of the URL",
        BOTH,
        {"resource": WARN, **NEITHER},
        replies={AT_PATH: document(resource="{origin}")},
    ),
    Shape(
        "resource with a slash",
        frozenset({TYPESCRIPT}),
        {"resource": FAIL},
        replies={AT_PATH: document(resource="{url}/")},
        apis=("{url}", "{url}/"),
        audience="{url}/",
    ),
    Shape("resource of another host", BOTH, {"resource": FAIL}, replies={AT_PATH: document(resource="{other}/mcp")}),
    Shape("resource of another path", BOTH, {"resource": FAIL}, replies={AT_PATH: document(resource="{url}2")}),
    Shape(
        "a member is null",
        frozenset({TYPESCRIPT}),
        {"protected_resource_metadata": FAIL},
        replies={AT_PATH: document(scopes_supported=None)},
    ),
    Shape(
        "scopes are a text",
        BOTH,
        {"protected_resource_metadata": FAIL},
        replies={AT_PATH: document(scopes_supported="read write")},
    ),
    Shape(
        "no authorization server",
        BOTH,
        {"protected_resource_metadata": FAIL, "authorization_servers": FAIL},
        replies={AT_PATH: document(authorization_servers=[])},
    ),
    Shape(
        "issuer without its slash",
        BOTH,
        {"authorization_servers": FAIL, "issuer": FAIL},
        replies={AT_PATH: document(authorization_servers=["{bare_issuer}"])},
    ),
    # The MCP URL.
    Shape("redirected with 307", replies={AT_PATH: METADATA, PATH: to("/v2/mcp", 307)}),
    Shape("redirected with 302", BOTH, {"unauthorized": FAIL}, replies={AT_PATH: METADATA, PATH: to("/v2/mcp", 302)}),
    Shape(
        "redirected with 307 to another host",
        BOTH,
        {"unauthorized": FAIL},
        replies={AT_PATH: METADATA, PATH: to("{other}/v2/mcp", 307)},
    ),
    Shape("initialize is open", opened=("initialize", "notifications/initialized")),
    Shape(
        "initialize and server/discover are open", opened=("initialize", "notifications/initialized", "server/discover")
    ),
    Shape("open to everyone", found={"unauthorized": FAIL}, open=True, opened=None),
    Shape(
        "a web page",
        BOTH,
        {"unauthorized": FAIL},
        replies={AT_PATH: METADATA, PATH: Reply(200, {"Content-Type": "text/html"}, "<html>")},
    ),
    Shape("no route", BOTH, {"unauthorized": FAIL}, replies={AT_PATH: METADATA, PATH: Reply(404)}),
    Shape("fails with 500", BOTH, {"unauthorized": FAIL}, refusal=Reply(500)),
    Shape("403 without a token", BOTH, {"unauthorized": FAIL}, refusal=challenge("{origin}" + AT_PATH, 403)),
    Shape(
        "403 insufficient_scope without a token",
        found={"unauthorized": WARN},
        refusal=challenge("{origin}" + AT_PATH, 403, 'Bearer error="insufficient_scope", '),
    ),
    Shape("server/discover fails with 500", found={"protocol": WARN}, discover=Reply(500)),
    Shape("server/discover gets 403", found={"protocol": WARN}, discover=Reply(403)),
    Shape(
        "server/discover gets a web page",
        found={"protocol": WARN},
        discover=Reply(200, {"Content-Type": "text/html"}, "<html>"),
    ),
    Shape("server/discover gets 404", discover=Reply(404)),
    Shape("server/discover is redirected with 302", discover=to("/login")),
    # Tokens.
    Shape("another audience", BOTH, {"own_token": FAIL}, audience="https://other.example/mcp"),
    Shape("an expired token", token=EXPIRED),
    Shape("an expired token gets a bare 401", token=EXPIRED, invalid=BARE),
    Shape(
        "an expired token gets a bare 401, the metadata is elsewhere",
        BOTH,
        {"garbage_token": FAIL},
        token=EXPIRED,
        invalid=BARE,
        refusal=challenge("{origin}" + META),
        replies={META: METADATA},
    ),
    Shape("an expired token gets 403", BOTH, {"garbage_token": FAIL}, token=EXPIRED, invalid=Reply(403)),
    Shape("an expired token gets 500", BOTH, {"garbage_token": FAIL}, token=EXPIRED, invalid=Reply(500)),
    Shape("any token opens it", found={"garbage_token": FAIL}, open=True, audience=None, token=EXPIRED),
    Shape("a bot rule", BOTH, {"hosted_clients": FAIL}, agents=("Claude-User",), agent="Claude-User"),
    # The authorization server's metadata.
    Shape("OpenID metadata alone", oauth=404),
    Shape("OAuth metadata fails with 500", BOTH, {"authorization_server_metadata": FAIL}, oauth=500),
    Shape("OAuth metadata fails with 502", frozenset({PYTHON}), {"authorization_server_metadata": FAIL}, oauth=502),
    Shape("no metadata", BOTH, {"authorization_server_metadata": FAIL}, oauth=404, openid=404),
    Shape("another issuer", BOTH, {"issuer": FAIL}, server={"issuer": "https://other.example/"}),
    Shape(
        "issuer without its slash in the metadata",
        frozenset({PYTHON}),
        {"issuer": FAIL, "iss_parameter": WARN},
        server={"issuer": "{bare_issuer}"},
        settings={"authorization_response_iss_parameter_supported": False},
    ),
    Shape("PKCE is not mentioned", found={"pkce": WARN}, server={"code_challenge_methods_supported": "absent"}),
    Shape(
        "PKCE without S256",
        frozenset({TYPESCRIPT}),
        {"pkce": FAIL},
        server={"code_challenge_methods_supported": ["plain"]},
    ),
    Shape(
        "response types are not mentioned",
        frozenset({TYPESCRIPT}),
        {"authorization_server_metadata": FAIL},
        server={"response_types_supported": "absent"},
    ),
    Shape(
        "no registration endpoint", BOTH, {"registration_endpoint": FAIL}, server={"registration_endpoint": "absent"}
    ),
    Shape(
        "public clients are not mentioned",
        found={"public_clients": WARN},
        server={"token_endpoint_auth_methods_supported": ["client_secret_basic", "none2"]},
    ),
    Shape(
        "iss is promised and not sent",
        BOTH,
        {"iss_advertised": FAIL, "iss_parameter": WARN},
        server={"authorization_response_iss_parameter_supported": True},
        settings={"authorization_response_iss_parameter_supported": False},
    ),
    Shape(
        "iss is sent and not promised",
        found={"iss_advertised": WARN},
        server={"authorization_response_iss_parameter_supported": "absent"},
    ),
]


class Front(Server):
    """Such a gateway before a real MCP server, for any `shape` at a time; `log` has method, path and token of each."""

    def __init__(self, tenant: Tenant) -> None:
        super().__init__()
        self.shape = SHAPES[0]
        self.log: list[tuple[str, str, str | None]] = []
        self._tenant = tenant
        self._states: dict[tuple[str, ...], t.Any] = {}
        self._verifiers: dict[str, Verifier] = {}
        self._names = {
            "url": self.url,
            "origin": f"http://127.0.0.1:{self.port}",
            "other": f"http://localhost:{self.port}",
            "issuer": f"https://{tenant.domain}/",
            "bare_issuer": f"https://{tenant.domain}",
        }
        self._app = hello_server().streamable_http_app(streamable_http_path=PATH)
        self.serve(self)

    def fill(self, value: t.Any) -> t.Any:
        """A value with the names of this gateway in it."""
        if isinstance(value, str):
            for name, text in self._names.items():
                value = value.replace(f"{{{name}}}", text)
            return value
        if isinstance(value, dict):
            return {key: self.fill(inner) for key, inner in value.items() if inner != "absent"}
        return [self.fill(inner) for inner in value] if isinstance(value, list) else value

    def take(self, shape: Shape) -> None:
        """Become it, with a tenant behind it of which nothing else is left."""
        self.shape = shape
        self.log.clear()
        tenant = self._tenant
        tenant.call("POST", "/_emulator/reset")
        tenant.call("PUT", "/_emulator/state", self._state(shape.apis))
        if shape.settings:
            tenant.api("PATCH", "tenants/settings", shape.settings)
        told = tenant.call("GET", OAUTH) if shape.server else {}
        for path, status in ((OAUTH, shape.oauth), (OPENID, shape.openid)):
            if status != 200:
                tenant.fault("GET", path, times=50, status=status)
            elif shape.server:
                tenant.fault("GET", path, times=50, status=200, body=self.fill({**told, **shape.server}))

    def _state(self, apis: tuple[str, ...]) -> t.Any:
        """That of a tenant with these APIs, which is set up once."""
        if apis not in self._states:
            tenant = self._tenant
            for api in map(self.fill, apis):
                set_up(tenant, api, ("api", "grant"), identifier=api, enforce_policies=True)
                own = {"client_id": tenant.client_id, "audience": api, "subject_type": "client", "scope": []}
                tenant.api("POST", "client-grants", own)
            set_up(tenant, self.url, ("profile", "connection", "registration"))
            tenant.api("PATCH", "tenants/settings", {"authorization_response_iss_parameter_supported": True})
            self._states[apis] = tenant.call("GET", "/_emulator/state")
        return self._states[apis]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        body = await request.body()
        token = request.headers.get("authorization", "").removeprefix("Bearer ") or None
        self.log.append((request.method, scope["path"], token))
        reply = await self._reply(request, body, token)
        if reply is not None:
            headers = {name: self.fill(value) for name, value in reply.headers.items()}
            content = self.fill(reply.body)
            text = content if isinstance(content, str) else json.dumps(content)
            await Response(text, reply.status, {"Content-Type": "application/json", **headers})(scope, receive, send)
            return

        async def again() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        # The MCP server, which guards nothing, is at one path and asks for no token.
        inner = {**scope, "path": PATH, "raw_path": PATH.encode()}
        await self._app(inner, _Once(again, receive), send)

    async def _reply(self, request: Request, body: bytes, token: str | None) -> Reply | None:
        """What is answered in place of the MCP server's own answer."""
        shape, path = self.shape, request.url.path
        if request.headers.get("user-agent") in shape.agents:
            return Reply(403)
        if path in shape.replies:
            return shape.replies[path]
        if path not in (PATH, f"/v2{PATH}"):
            return Reply(404)
        method = json.loads(body).get("method", "") if body else ""
        if shape.discover and method == "server/discover":
            return shape.discover
        if shape.opened is None or method in shape.opened or (not method and shape.opened):
            return None
        if token is None:
            return shape.refusal
        if shape.audience is None:
            return None
        audience = self.fill(shape.audience)
        if audience not in self._verifiers:
            self._verifiers[audience] = Verifier(self._names["issuer"], audience, self._tenant.ca_path)
        return None if await self._verifiers[audience].verify_token(token) else shape.invalid or shape.refusal


@dataclass
class _Once:
    """A body that was read already, and what comes after it."""

    first: t.Callable[[], t.Awaitable[Message]]
    rest: Receive
    _is_read: bool = False

    async def __call__(self) -> Message:
        if self._is_read:
            return await self.rest()
        self._is_read = True
        return await self.first()
