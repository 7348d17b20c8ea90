# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The order of the checks without a token: the gateway, then the authorization server that its metadata names."""

from __future__ import annotations

import base64
import json
import typing as t

from .._types import Object
from . import gateway, server
from .discovery import SDKS, Found, authorization_server, pointers, protected_resource, refuses_resource, starts_login
from .probe import Answer, Probe, is_url
from .report import Finding, skip, skip_after
from .scopes import Told, offline_access_scope
from .server import Issuer


class Outside:
    """What an MCP client meets before its login. `run` once, then the rest can be read.

    `zuplo` is set where the user named the gateway's project; else the answers tell.
    """

    def __init__(self, url: str, issuer: Issuer | None, ways: frozenset[str], probe: Probe, *, zuplo: bool) -> None:
        self.zuplo = zuplo
        self.resource = url
        """What clients ask Auth0 for: the `resource` of the metadata, the URL where there is none."""
        self.metadata: Object | None = None
        """The metadata of the authorization server."""
        self.told = Told()
        self._url, self._issuer, self._ways, self._probe = url, issuer, ways, probe
        self._documents: dict[str, Answer] = {}
        self._named_issuer: str | None = None
        self._is_opened = False

    @property
    def registration_endpoint(self) -> str:
        endpoint = (self.metadata or {}).get("registration_endpoint")
        return endpoint if is_url(endpoint) else ""

    def run(self, *, deployed: bool | None, browser_origin: str | None) -> t.Iterator[Finding]:
        yield from self._gateway(deployed, browser_origin)
        yield from self._server()

    def ask(self, token: str | None) -> Answer:
        """A request that needs a token: the first one, or where that needs none, a list of the tools."""
        ask = self._probe.list_tools if self._is_opened else self._probe.initialize
        return ask(self._url, token)

    def _read(self, url: str) -> Answer:
        if url not in self._documents:
            self._documents[url] = self._probe.document(url)
        return self._documents[url]

    def _discover(self, refusal: Answer) -> dict[str, Found]:
        return protected_resource(self._read, self._url, pointers(refusal))

    def _gateway(self, deployed: bool | None, browser_origin: str | None) -> t.Iterator[Finding]:
        """`deployed` is whether the gateway is to answer, None where that is not known; if False, it is not asked."""
        first = None if deployed is False else self._probe.initialize(self._url)
        yield (finding := gateway.gateway(first, deployed=deployed))
        if first is None or finding.status != "pass":
            return
        refusal = first
        self.zuplo = zuplo = self.zuplo or gateway.is_zuplo(first)
        if gateway.is_success(first):
            self._is_opened = True
            refusal = self.ask(None)
        # A guard may look at the method, and a server without sessions needs no other request before this one.
        unopened = None if self._is_opened or not starts_login(refusal) else self._probe.list_unopened(self._url)
        yield gateway.unauthorized(refusal, zuplo=zuplo, opened=self._is_opened, unopened=unopened)
        found = self._discover(refusal)
        if starts_login(refusal):
            yield gateway.www_authenticate(pointers(refusal), found, self._url, zuplo=zuplo)
            invalid = self.ask(expired_token(self._url))
            yield gateway.garbage_token(invalid, self._discover(invalid), found, zuplo=zuplo)
            answers = {
                name: self._probe.initialize(self._url, User_Agent=agent) for name, agent in gateway.HOSTED.items()
            }
            yield gateway.hosted_clients(answers, first)
        yield self._cors(browser_origin, found)
        yield gateway.protected_resource_metadata(found, self._url, zuplo=zuplo)
        document = _document(found)
        self.told = told = Told.of(refusal if starts_login(refusal) else None, document)
        name = "offline_access_scope"
        yield offline_access_scope(told) if told else skip_after(name, "protected_resource_metadata")
        if document is not None:
            yield gateway.resource(document, self._url, zuplo=zuplo)
            if refuses_resource(document.get("resource"), self._url) != list(SDKS):
                self.resource = document["resource"]
            yield gateway.authorization_servers(document, self._issuer, zuplo=zuplo)
            self._named_issuer = gateway.named_issuer(document)

    def _cors(self, origin: str | None, found: t.Mapping[str, Found]) -> Finding:
        if origin is None:
            remedy = "browser_origin: the origin of a page with an MCP client"
            return skip("cors", "browser_origin is not set", remedy)
        # What a page finds that cannot read the header.
        without = protected_resource(self._read, self._url, dict.fromkeys(SDKS, ""))
        place = next((one.url for one in found.values() if not one.problem), "")
        return gateway.cors(
            self._probe.preflight(self._url, origin),
            self._probe.initialize(self._url, Origin=origin),
            self._probe.document(place, origin) if place else None,
            origin,
            zuplo=self.zuplo,
            told=any(one.problem for one in without.values()),
        )

    def _server(self) -> t.Iterator[Finding]:
        """From the issuer that the gateway names, as clients do; where it names none, from the one expected."""
        if self._named_issuer:
            named, remedy = self._named_issuer, gateway.name_issuer(self._issuer, zuplo=self.zuplo)
        elif self._issuer:
            named, remedy = self._issuer.url, self._issuer.own_remedy
        else:
            return
        found = authorization_server(self._read, named) if is_url(named) else {}
        yield server.authorization_server_metadata(found, named, remedy)
        document = self.metadata = _document(found)
        if document is not None:
            yield server.issuer(document, named, remedy)
            yield server.pkce(document)
            yield server.public_clients(document)
            yield server.registration_endpoint(document, self._ways)
            yield server.cimd(document, self._ways)


def _document(found: t.Mapping[str, Found]) -> Object | None:
    """What is judged: metadata that an SDK takes, else a document that none takes."""
    documents = [one.answer.document for one in sorted(found.values(), key=lambda one: bool(one.problem))]
    return next((one for one in documents if one is not None), None)


def expired_token(audience: str) -> str:
    """A token as clients keep it, which expired in 1970 and which nobody issued. It is no secret."""
    parts: tuple[Object, ...] = ({"alg": "RS256", "typ": "at+jwt", "kid": "expired"}, {"aud": audience, "exp": 1})
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*encoded, "bm9ib2R5"])
