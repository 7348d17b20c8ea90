# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The MCP client of the official SDK, with a person before its browser who logs in and consents."""

from __future__ import annotations

import asyncio
import ssl
import time
import typing as t
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qs, urljoin, urlsplit

import anyio
import httpx2
from mcp.client import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientInformationFull, OAuthClientMetadata, OAuthToken
from mcp_types import TextContent
from pydantic import AnyUrl

from emulator.tenant import USERS

REDIRECT_URI = "http://127.0.0.1:33418/callback"


class LoginRefused(Exception):
    """The tenant lets nobody log in there; the text is what its page, or its answer to the client, says."""


class Page(HTMLParser):
    """What is on a page: its text, and of its form the action, the hidden fields, and the names of the others."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.action: str | None = None
        self.hidden: dict[str, str] = {}
        self.fields: set[str] = set()
        self._words: list[str] = []
        self._silent = False
        self.feed(content)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self._words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._silent = tag in ("style", "title")
        if tag == "form":
            self.action = given["action"]
        elif tag == "input" and given.get("type") == "hidden":
            self.hidden[given["name"]] = given["value"]
        elif tag in ("input", "button") and "name" in given:
            self.fields.add(given["name"])

    def handle_endtag(self, tag: str) -> None:
        self._silent = False

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._words.append(data)


class Person:
    """Follows an authorization URL through the tenant's pages, by plain HTTP, up to the client's redirect URI."""

    def __init__(
        self,
        context: ssl.SSLContext,
        email: str = USERS[0]["email"],
        password: str = USERS[0]["password"],
        action: str = "accept",
        redirect_uri: str = REDIRECT_URI,
    ) -> None:
        self._context = context
        self._given = {"email": email, "password": password, "action": action}
        self._redirect_uri = redirect_uri
        self.pages: list[str] = []
        self.target = ""
        self._answer: dict[str, str] = {}

    async def open(self, url: str) -> None:
        async with httpx2.AsyncClient(verify=self._context, trust_env=False) as browser:
            response = await browser.get(url)
            for _page in range(4):
                if response.is_redirect:
                    break
                page = Page(response.text)
                self.pages.append(page.text)
                if response.status_code >= 400 or page.action is None:
                    raise LoginRefused(page.text)
                filled = {name: value for name, value in self._given.items() if name in page.fields}
                form = {**page.hidden, **filled}
                response = await browser.post(urljoin(str(response.url), page.action), data=form)
        target = response.headers.get("location", "")
        if not target.startswith(self._redirect_uri):
            raise LoginRefused(f"The login ended at {target or response.url}")
        self.target = target
        self._answer = {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}
        if "error" in self._answer:
            raise LoginRefused(f"{self._answer['error']}: {self._answer.get('error_description', '')}")

    async def answer(self) -> AuthorizationCodeResult:
        given = self._answer
        return AuthorizationCodeResult(code=given["code"], state=given.get("state"), iss=given.get("iss"))


@dataclass
class Storage:
    """Keeps what the client got: its registration, and all tokens in order."""

    client: OAuthClientInformationFull | None = None
    tokens: list[OAuthToken] = field(default_factory=list)

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens[-1] if self.tokens else None

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens.append(tokens)

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


@dataclass(frozen=True)
class Visit:
    """What came of a visit: the server's tools, an answer of `hello` a call, the client, its tokens, the pages seen.

    `revision` is that of MCP which client and server have agreed on.
    """

    tools: list[str]
    answers: list[str]
    client_id: str
    tokens: list[OAuthToken]
    pages: list[str]
    revision: str


def visit(
    url: str,
    ca_path: str,
    *,
    metadata_url: str | None = None,
    client_id: str | None = None,
    redirect_uri: str = REDIRECT_URI,
    calls: int = 1,
    arguments: dict[str, t.Any] | None = None,
    email: str = USERS[0]["email"],
    password: str = USERS[0]["password"],
    action: str = "accept",
    seconds: float = 30,
    user_agent: str | None = None,
    token: str | None = None,
    mode: str = "auto",
) -> Visit:
    """Connect to the MCP server, log in, list the tools, and call `hello` `calls` times, with `arguments` or a name.

    The client registers itself, or is known by the document at `metadata_url`, or as `client_id`. Before each call
    after the first, its access token counts as expired. With `token` it has that access token from before, and no
    registration. `mode` is the SDK's, of how client and server agree on a revision of MCP.

    Raises LoginRefused, what the SDK raised (one exception, of no group), or TimeoutError after `seconds`.
    """
    context = ssl.create_default_context(cafile=ca_path)
    person = Person(context, email, password, action, redirect_uri)
    storage = Storage(tokens=[OAuthToken(access_token=token)] if token else [])
    if client_id:
        storage.client = OAuthClientInformationFull(
            client_id=client_id, redirect_uris=[AnyUrl(redirect_uri)], token_endpoint_auth_method="none"
        )
    provider = _provider(url, person, storage, metadata_url, redirect_uri)
    try:
        headers = {"User-Agent": user_agent} if user_agent else {}
        http = httpx2.AsyncClient(verify=context, auth=provider, trust_env=False, headers=headers)
        return asyncio.run(_visit(url, http, provider, person, calls, arguments or {"name": "MCP"}, seconds, mode))
    except Exception as error:
        leaves = list(_leaves(error))
        raise next((leaf for leaf in leaves if isinstance(leaf, LoginRefused)), leaves[0]) from None


def _leaves(error: BaseException) -> t.Iterator[BaseException]:
    """The exceptions in a group, however deep."""
    parts = getattr(error, "exceptions", None)
    if parts is None:
        yield error
        return
    for part in parts:
        yield from _leaves(part)


def _provider(
    url: str, person: Person, storage: Storage, metadata_url: str | None, redirect_uri: str
) -> OAuthClientProvider:
    metadata = OAuthClientMetadata(
        client_name="MCP test client",
        redirect_uris=[AnyUrl(redirect_uri)],
        token_endpoint_auth_method="none",
    )
    return OAuthClientProvider(url, metadata, storage, person.open, person.answer, client_metadata_url=metadata_url)


async def _visit(
    url: str,
    http: httpx2.AsyncClient,
    provider: OAuthClientProvider,
    person: Person,
    calls: int,
    arguments: dict[str, t.Any],
    seconds: float,
    mode: str,
) -> Visit:
    storage, answers = provider.context.storage, []
    assert isinstance(storage, Storage)
    with anyio.fail_after(seconds):
        async with http, Client(streamable_http_client(url, http_client=http), mode=mode) as client:
            tools = [tool.name for tool in (await client.list_tools()).tools]
            for number in range(calls):
                if number:
                    provider.context.token_expiry_time = time.time() - 1
                result = await client.call_tool("hello", arguments)
                answers += [part.text for part in result.content if isinstance(part, TextContent)]
            revision = client.protocol_version
    # A server that asks for no login sees no registration.
    client_id = storage.client.client_id if storage.client else ""
    return Visit(tools, answers, client_id, storage.tokens, person.pages, revision)
