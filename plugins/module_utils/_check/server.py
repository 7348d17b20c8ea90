# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Findings about the authorization server: which one is named, its metadata, and a registration there. Pure.

What the official SDKs take is said in discovery.py, with its sources.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._types import Object
from .discovery import SDKS, TYPESCRIPT, Found, names, refuses_issuer
from .probe import CLIENT_NAME, Answer, is_url, is_word
from .report import CHECK, FQCN, ZUPLO, Finding, describe, quote, skip

_DOMAIN = "the domain under which Auth0 issues tokens"
NAME_ISSUER = f"issuer_domain or domain: {_DOMAIN}"
_AS_IT_IS = "serve the metadata as Auth0 does, without a proxy or a cache that changes it"
ENABLE_DCR = f"{FQCN}auth0_tenant_flags: flags.enable_dynamic_client_registration: true"


@dataclass(frozen=True)
class Issuer:
    """The issuer that is expected: of this domain, which the user gave in this option of the check."""

    domain: str
    option: str

    @property
    def url(self) -> str:
        return f"https://{self.domain}/"

    @property
    def remedy(self) -> str:
        """Where the gateway names another one."""
        return f"{ZUPLO}: issuer_domain: {self.domain}, unless the option {self.option} of this task is wrong"

    @property
    def plain_remedy(self) -> str:
        """The same where nothing tells that the gateway is Zuplo's."""
        named = f"authorization_servers of the gateway's metadata: {self.url}"
        return f"{named}, unless the option {self.option} of this task is wrong"

    @property
    def own_remedy(self) -> str:
        """Where it is wrong itself."""
        return f"{CHECK}: {self.option}: {_DOMAIN}"


def first_server(name: str, found: str, issuer: Issuer | None, *, zuplo: bool = True) -> Finding:
    """Of a list of authorization servers the first, which is the one that clients use."""
    seen = f"the first authorization server is {quote(found)}"
    if issuer is None:
        return skip(name, f"not compared: {seen}", NAME_ISSUER)
    if found == issuer.url:
        return Finding(name, "pass", found)
    if f"{found}/" == issuer.url:
        seen += ": the slash at its end is missing, so current clients refuse it"
    return Finding(name, "fail", seen, issuer.url, issuer.remedy if zuplo else issuer.plain_remedy)


def authorization_server_metadata(found: t.Mapping[str, Found], named: str, remedy: str) -> Finding:
    """Of what each SDK finds for the issuer `named`; nothing where that is no URL."""
    name, expected = "authorization_server_metadata", "the metadata of the authorization server"
    if not found:
        return Finding(name, "fail", f"the issuer {quote(named)} is no URL", expected, remedy)
    stuck = [sdk for sdk in SDKS if found[sdk].problem]
    if not stuck:
        return Finding(name, "pass", f"the metadata of {quote(named)}")
    seen = f"the metadata of {quote(named)}: {found[stuck[0]].problem}"
    if len(stuck) < len(SDKS):
        seen += f", so {names(stuck)} does not take it"
    return Finding(name, "fail", seen, expected, remedy)


def issuer(document: Object, named: str, remedy: str) -> Finding:
    found = document.get("issuer")
    refused = refuses_issuer(found, named)
    if not refused:
        return Finding("issuer", "pass", quote(found))
    seen = f"the metadata of {quote(named)} has the issuer {quote(found)}"
    if len(refused) < len(SDKS):
        seen += f", which {names(refused)} refuses"
    return Finding("issuer", "fail", seen, "the same string in both", remedy)


def pkce(document: Object) -> Finding:
    """Without the member the specification tells clients to refuse, and both SDKs go on."""
    found = document.get("code_challenge_methods_supported")
    seen = f"code_challenge_methods_supported: {quote(found)}"
    if isinstance(found, list) and "S256" in found:
        return Finding("pkce", "pass", seen)
    if found is None:
        return Finding("pkce", "warn", f"{seen}: the specification of MCP tells clients to refuse", "S256", _AS_IT_IS)
    return Finding("pkce", "fail", f"{seen}: {TYPESCRIPT} refuses", "S256", _AS_IT_IS)


def public_clients(document: Object) -> Finding:
    """opencode registers, or uses its metadata document, only where `none` is listed (opencode#47743)."""
    found = document.get("token_endpoint_auth_methods_supported")
    seen = f"token_endpoint_auth_methods_supported: {quote(found)}"
    if not isinstance(found, list) or "none" in found:
        return Finding("public_clients", "pass", seen)
    seen += ": opencode uses no metadata document of its own then"
    return Finding("public_clients", "warn", seen, "a list with none", _AS_IT_IS)


def iss_advertised(document: Object, settings: Object) -> Finding:
    """Both SDKs refuse an authorization response without the `iss` that the metadata advertises."""
    name, field = "iss_advertised", "authorization_response_iss_parameter_supported"
    told, true = document.get(field) is True, bool(settings.get(field))
    seen = f"the metadata says {field}: {quote(document.get(field))}, the tenant's setting is {quote(true)}"
    if told == true:
        return Finding(name, "pass", seen)
    expected = "the same in both: the metadata may be a cached copy, or another tenant's"
    if not told:
        return Finding(name, "warn", seen, expected, _AS_IT_IS)
    remedy = f"{FQCN}auth0_tenant_settings: {field}: true; or {_AS_IT_IS}"
    return Finding(name, "fail", seen, expected, remedy)


def registration_endpoint(document: Object, client_registration: t.Collection[str]) -> Finding:
    name, found = "registration_endpoint", document.get("registration_endpoint")
    if "dcr" not in client_registration:
        return skip(name, "client_registration has no dcr")
    if is_url(found):
        return Finding(name, "pass", quote(found))
    seen = f"the registration_endpoint is {quote(found)}" if found else "the metadata has no registration_endpoint"
    return Finding(name, "fail", f"{seen}, so clients cannot register", "a URL", ENABLE_DCR)


def cimd(document: Object, client_registration: t.Collection[str]) -> Finding:
    if "cimd" not in client_registration:
        return skip("cimd", "client_registration has no cimd")
    found = document.get("client_id_metadata_document_supported")
    seen = f"client_id_metadata_document_supported: {quote(found)}"
    if found is True:
        return Finding("cimd", "pass", seen)
    remedy = f"{FQCN}auth0_tenant_settings: client_id_metadata_document_supported: true"
    return Finding("cimd", "fail", seen, "true", remedy)


def registered_id(answer: Answer) -> str | None:
    """The client_id that a registration gave, where it can be one."""
    found = (answer.document or {}).get("client_id")
    return found if is_word(found) and found not in (".", "..") else None


def is_below(url: t.Any, issuer: Issuer) -> t.TypeGuard[str]:
    """Whether a URL that a server names is one of the issuer's own. Compared as text: libraries read odd URLs oddly."""
    return is_url(url) and url.startswith(issuer.url)


def foreign_endpoint(endpoint: str, issuer: Issuer) -> Finding:
    """A registration endpoint to which nothing is sent."""
    seen = f"the registration_endpoint {quote(endpoint)} is not the issuer's, so nothing was sent to it"
    return Finding("registration", "fail", seen, f"a URL that begins with {issuer.url}", _AS_IT_IS)


def registration(answer: Answer, deletion_problem: str | None) -> Finding:
    """Of a registration, and of the deletion of the registered client after it."""
    name, client_id = "registration", registered_id(answer)
    if client_id is None:
        seen = f"a registration gets {describe(answer)}"
        if isinstance(answer.data, dict) and answer.data.get("error_description"):
            seen += f", {quote(answer.data['error_description'])}"
        if not answer.status or answer.status >= 500:
            seen += f"; whether it created the client {CLIENT_NAME!r} is not known"
        return Finding(name, "fail", seen, "status 201 with a client_id", ENABLE_DCR)
    if deletion_problem:
        seen = f"a client registered, but the client {quote(client_id)} could not be deleted: {deletion_problem}"
        remedy = f"{FQCN}auth0_client: client_id: {quote(client_id)}, state: absent"
        return Finding(name, "warn", seen, "that it can be deleted again", remedy)
    return Finding(name, "pass", "a client registered; it has been deleted again")
