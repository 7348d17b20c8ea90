# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Findings about the gateway: its URL, its answers without a token, its metadata, the tokens it accepts. Pure.

`zuplo` tells whether a remedy may name what a Zuplo project has; else it is in terms of HTTP and RFC 9728.
"""

from __future__ import annotations

import typing as t
from urllib.parse import urlsplit

from .._errors import InputError
from .._http import EVENTS, media_type
from .._types import Object
from .._urls import check_mcp_server_url
from .._zuplo.project import POLICIES, RUNTIME
from .discovery import PYTHON, SDKS, TYPESCRIPT, Found, names, refuses_resource, resource_metadata_urls, starts_login
from .probe import BROWSER_HEADERS, OPENED, STATELESS, Answer
from .report import ZUPLO, Finding, describe, fail, quote, skip
from .server import Issuer, first_server

_LOG = "read the gateway's log"
_CHALLENGE = 'answer 401 with the header WWW-Authenticate: Bearer resource_metadata="<URL of the metadata>" (RFC 9728)'
# What the servers of hosted clients send: claude-ai-mcp#49 and #1061; of ChatGPT many servers' logs and tests.
HOSTED = {"Claude": "Claude-User", "ChatGPT": "openai-mcp/1.0.0"}


def is_zuplo(answer: Answer) -> bool:
    """Every answer of a Zuplo gateway has the id of its request, whatever the project says (zuplo 7.6.4)."""
    return "zp-rid" in answer.headers


def url(mcp_server_url: str) -> Finding:
    try:
        check_mcp_server_url(mcp_server_url)
    except InputError as error:
        return fail("url", error, remedy="mcp_server_url: the URL that MCP clients are given")
    if not urlsplit(mcp_server_url).path:
        seen = f"{mcp_server_url} has no path: some MCP clients add a slash to such a URL and then fail"
        remedy = f"mcp_server_url: {mcp_server_url}/mcp"
        return Finding("url", "warn", seen, "a URL with a path", remedy)
    return Finding("url", "pass", mcp_server_url)


def gateway(answer: Answer | None, *, deployed: bool | None) -> Finding:
    """`answer` is None where the gateway was not asked; `deployed` where nobody knows whether it should answer."""
    name = "gateway"
    if answer is None:
        remedy = "deploy the gateway, then check with gateway_deployed: true"
        return skip(name, "not checked: gateway_deployed is false", remedy)
    if answer.status:
        return Finding(name, "pass", f"answers, {describe(answer)}")
    if answer.absent and not deployed:
        remedy = "deploy it; gateway_deployed: true makes this a failure"
        return skip(name, f"the MCP server cannot be reached: {answer.problem}", remedy)
    remedy = "deploy the gateway, or check its DNS record and its certificate"
    return Finding(name, "fail", describe(answer), "an HTTP answer", remedy)


def unauthorized(answer: Answer, *, zuplo: bool, opened: bool = False, unopened: Answer | None = None) -> Finding:
    """`answer` is that to a request without a token; to a list of tools, where a session was `opened` without one.

    `unopened` is that to a list of tools for which no session was opened.
    """
    if unopened is not None and is_success(unopened):
        answer, opened = unopened, True
    status = answer.status
    seen = f"a {'tools/list' if opened else 'request'} without a token gets {describe(answer)}"
    if starts_login(answer):
        if status == 401:
            return Finding("unauthorized", "pass", seen + (", though initialize needs none" if opened else ""))
        return Finding("unauthorized", "warn", f"{seen} with the error insufficient_scope", "status 401", _CHALLENGE)
    remedy = _CHALLENGE
    if zuplo:
        remedy = f"{ZUPLO}: project_dir, or add its policy to {POLICIES} and to policies.inbound of the MCP route"
    if 200 <= status < 300 and not _is_of_mcp(answer):
        seen += f", which is no answer of an MCP server: its Content-Type is {quote(media_type(answer.headers))}"
        remedy = "mcp_server_url: the URL at which the MCP server answers"
    elif 200 <= status < 300:
        seen += ": the MCP server is open to everyone" + (", since its route has no policy" if zuplo else "")
    elif status == 404:
        seen += ": the gateway has no route at this path"
        remedy = "mcp_server_url: a URL with the path of a route"
        remedy = f"{ZUPLO}: operations, which makes the route; or {remedy}" if zuplo else remedy
    elif 300 <= status < 400:
        seen += ", which MCP clients do not follow: a POST only with 307 or 308, and within the origin"
        remedy = "mcp_server_url: the URL it redirects to"
    elif status >= 500:
        seen, remedy = f"{seen}: the gateway itself fails", _LOG
    return Finding("unauthorized", "fail", seen, "status 401", remedy)


def is_success(answer: Answer) -> bool:
    """Whether a client goes on with the answer."""
    return 200 <= answer.status < 300 and _is_of_mcp(answer)


def _is_of_mcp(answer: Answer) -> bool:
    """Whether clients read the answer; none but a notification may be without a body."""
    return media_type(answer.headers) in ("application/json", EVENTS)


def www_authenticate(pointer: t.Mapping[str, str], found: t.Mapping[str, Found], url: str, *, zuplo: bool) -> Finding:
    """`pointer` is the resource_metadata that each SDK takes from the answer, `found` what comes of it."""
    name, urls = "www_authenticate", resource_metadata_urls(url)
    expected = urls[0]
    remedy = _CHALLENGE
    if zuplo:
        remedy = (
            f"{ZUPLO}: project_dir, or set oAuthResourceMetadataEnabled: true in the policy and register the plugin"
        )
    named = pointer[PYTHON] or pointer[TYPESCRIPT]
    if not named:
        seen = "the header WWW-Authenticate names no resource_metadata; clients fall back to the well-known path"
        return Finding(name, "warn", seen, expected, remedy)
    seen = f"resource_metadata is {quote(named)}"
    # What is wrong at the usual places is a matter of the metadata.
    stuck = [sdk for sdk in SDKS if found[sdk].problem and found[sdk].url == pointer[sdk] and pointer[sdk] not in urls]
    if stuck:
        problem = found[stuck[0]].problem
        return Finding(name, "fail", f"{seen}, where {names(stuck)} finds no metadata: {problem}", expected, remedy)
    if not pointer[TYPESCRIPT]:
        seen += f", which {TYPESCRIPT} does not read, since the header does not begin with Bearer"
        return Finding(name, "warn", seen, expected, remedy)
    return Finding(name, "pass", seen)


def cors(
    preflight: Answer, refusal: Answer, metadata: Answer | None, origin: str, *, zuplo: bool, told: bool
) -> Finding:
    """The answers to a page of that origin: to its preflight, to its request without a token, and its metadata.

    `told` is whether clients find the metadata only through the header WWW-Authenticate of the second.
    """
    allows = {name: preflight.headers.get(f"access-control-allow-{name}", "") for name in ("methods", "headers")}
    allowed = {one.strip().lower() for one in allows["headers"].split(",")}
    # The wildcard does not cover the header Authorization (Fetch, 3.3.4).
    lacking = [one for one in BROWSER_HEADERS if one not in allowed and ("*" not in allowed or one == "authorization")]
    methods = {one.strip().upper() for one in allows["methods"].split(",")}
    expected = f"an answer that allows {origin}"
    remedy = f"{ZUPLO}: cors_policy: one that allows {origin}"
    if not zuplo:
        remedy = f"answer with the headers of CORS: Access-Control-Allow-Origin: {origin} and the rest (Fetch, 3.3)"
    seen = f"a preflight from {origin} gets {describe(preflight)}"
    if not _is_readable(preflight, origin):
        seen += ", which does not allow that origin"
    elif not methods.intersection(("POST", "*")):
        seen += ", which does not allow POST"
    elif lacking:
        seen += f", which does not allow the header {lacking[0]}"
    elif not 200 <= preflight.status < 300:
        pass
    elif not _is_readable(refusal, origin):
        seen = f"a request from {origin} without a token gets {describe(refusal)}, which does not allow that origin"
    elif metadata is not None and not _is_readable(metadata, origin):
        seen = f"the metadata gets a page of {origin} {describe(metadata)}, which does not allow that origin"
    else:
        return _exposed(refusal, origin, told)
    return Finding("cors", "fail", f"{seen}, so browsers do not call the MCP server", expected, remedy)


def _is_readable(answer: Answer, origin: str) -> bool:
    return answer.headers.get("access-control-allow-origin", "") in (origin, "*")


def _exposed(refusal: Answer, origin: str, told: bool) -> Finding:
    """Whether a page may read the header that names the metadata. Both SDKs fall back to the well-known path."""
    exposed = {one.strip().lower() for one in refusal.headers.get("access-control-expose-headers", "").split(",")}
    if exposed.intersection(("www-authenticate", "*")) or "www-authenticate" not in refusal.headers:
        return Finding("cors", "pass", f"a preflight from {origin} is allowed")
    seen = f"a page of {origin} cannot read the header WWW-Authenticate"
    seen += ", which alone names the metadata" if told else "; clients fall back to the well-known path"
    remedy = "add the header Access-Control-Expose-Headers: WWW-Authenticate to the answer 401"
    return Finding("cors", "fail" if told else "warn", seen, "Access-Control-Expose-Headers", remedy)


def protected_resource_metadata(found: t.Mapping[str, Found], mcp_server_url: str, *, zuplo: bool) -> Finding:
    """Of what each SDK finds. Where only a header leads one of them astray, that header is another finding's."""
    name, urls = "protected_resource_metadata", resource_metadata_urls(mcp_server_url)
    good = [one for one in found.values() if not one.problem]
    stuck = [sdk for sdk in SDKS if found[sdk].problem]
    if good and all(found[sdk].url not in urls for sdk in stuck):
        return Finding(name, "pass", f"is at {good[0].url}")
    one = found[stuck[0]]
    seen = f"{one.url}: {one.problem}"
    if len(stuck) < len(SDKS):
        seen += f", so {names(stuck)} finds no metadata"
    if zuplo and one.answer.status == 404:
        seen += ": the gateway has no OAuthProtectedResourcePlugin"
    remedy = f"serve a JSON object with resource and authorization_servers at {urls[0]} (RFC 9728)"
    if zuplo:
        remedy = f"{ZUPLO}: project_dir, or register the OAuthProtectedResourcePlugin in {RUNTIME}"
    return Finding(name, "fail", seen, "status 200 with a JSON object", remedy)


def resource(document: Object, mcp_server_url: str, *, zuplo: bool) -> Finding:
    found = document.get("resource")
    if found == mcp_server_url:
        return Finding("resource", "pass", mcp_server_url)
    refused = refuses_resource(found, mcp_server_url)
    seen = f"resource is {quote(found)}"
    remedy = f"serve the metadata with resource: {mcp_server_url}, or give clients the URL that it names"
    if zuplo:
        remedy = (
            "mcp_server_url: the URL that the gateway sees, whose host is that of the header Host and whose scheme is "
            "that of X-Forwarded-Proto; a proxy in front of the gateway must set both"
        )
    if refused:
        return Finding("resource", "fail", f"{seen}, which {names(refused)} refuses", mcp_server_url, remedy)
    seen += ": clients ask for tokens for that, which must be the API's identifier and the audience of the gateway"
    return Finding("resource", "warn", seen, mcp_server_url, remedy)


def named_issuer(document: Object) -> str | None:
    """The first authorization server of the metadata, which is the one that clients use."""
    servers = document.get("authorization_servers")
    first = servers[0] if isinstance(servers, list) and servers else None
    return first if isinstance(first, str) else None


def authorization_servers(document: Object, issuer: Issuer | None, *, zuplo: bool) -> Finding:
    name, found = "authorization_servers", named_issuer(document)
    if found:
        return first_server(name, found, issuer, zuplo=zuplo)
    seen, expected = "the metadata names no authorization server", "the issuer, with a slash at its end"
    return Finding(name, "fail", seen, issuer.url if issuer else expected, name_issuer(issuer, zuplo=zuplo))


def name_issuer(issuer: Issuer | None, *, zuplo: bool) -> str:
    """The remedy where the gateway names another issuer, or none."""
    if issuer:
        return issuer.remedy if zuplo else issuer.plain_remedy
    return f"{ZUPLO}: issuer_domain" if zuplo else "authorization_servers of the metadata: the issuer (RFC 9728)"


def garbage_token(
    answer: Answer, found: t.Mapping[str, Found], first: t.Mapping[str, Found], *, zuplo: bool
) -> Finding:
    """`answer` is that to a token which expired long ago, `found` what each SDK finds after it, `first` without one."""
    name, seen = "garbage_token", f"a token that nobody issued gets {describe(answer)}"
    expected, remedy = "status 401", _CHALLENGE
    if 200 <= answer.status < 300:
        seen += ": the MCP server is open to everyone"
        remedy = f"{ZUPLO}: project_dir, since the policy lets everybody in" if zuplo else "verify tokens"
        return Finding(name, "fail", seen, expected, remedy)
    if not starts_login(answer):
        seen += ": a client whose token has expired starts no new login"
        return Finding(name, "fail", seen, expected, remedy if answer.status < 500 else _LOG)
    stuck = [sdk for sdk in SDKS if found[sdk].problem and not first[sdk].problem]
    if stuck:
        one = found[stuck[0]]
        seen += f", after which {names(stuck)} finds no metadata at {quote(one.url)}: {one.problem}"
        return Finding(name, "fail", seen, "the resource_metadata of an answer without a token", remedy)
    return Finding(name, "pass", f"{seen}, so clients log in again")


def hosted_clients(answers: t.Mapping[str, Answer], own: Answer) -> Finding:
    """The answers to requests that are the same as `own` but for the User-Agent."""
    name, different = "hosted_clients", [one for one in answers if answers[one].status != own.status]
    if not different:
        return Finding(name, "pass", f"requests of {names(answers)} get the same answer")
    of = different[0]
    seen = f"a request with the User-Agent {HOSTED[of]} ({of}) gets {describe(answers[of])}, others {describe(own)}"
    passing = all(answers[one].status == 429 or answers[one].status >= 500 for one in different)
    if not passing:
        seen += ": a bot rule in front of the MCP server blocks it"
    remedy = f"allow {names(HOSTED[one] for one in different)} in the bot rules of the CDN or firewall"
    return Finding(name, "warn" if passing else "fail", seen, "the same answer for every User-Agent", remedy)


def protocol(answer: Answer, *, token: bool) -> Finding:
    """`answer` is that to server/discover of the newest revision, from which clients fall back to initialize.

    The Python SDK falls back after every answer (mcp/client/_probe.py). The TypeScript SDK asks only with the option
    versionNegotiation, and then gives up after 401 with a token, 403, 500 and above, and what is no JSON-RPC.
    """
    name, seen = "protocol", f"server/discover {'with' if token else 'without'} a token gets {describe(answer)}"
    expected = f"an answer of MCP {STATELESS}, or status 400 or 404, after which clients use {OPENED}"
    remedy = (
        "let requests pass whose headers are MCP-Protocol-Version, Mcp-Method and Mcp-Name, or answer them with 400"
    )
    if not answer.status:
        return Finding(name, "fail", f"{seen}: {PYTHON} gives up", expected, remedy)
    is_refusal = 300 <= answer.status < 500 and answer.status != 403 and not (token and answer.status == 401)
    if is_refusal or (200 <= answer.status < 300 and _is_of_mcp(answer)):
        return Finding(name, "pass", seen)
    return Finding(name, "warn", f"{seen}: {TYPESCRIPT} gives up where it asks for this revision", expected, remedy)


def own_token(answer: Answer, *, zuplo: bool) -> Finding:
    """`answer` is that to a token for the MCP server."""
    seen = f"a token for the MCP server gets {describe(answer)}"
    if is_success(answer):
        return Finding("own_token", "pass", seen)
    remedy = "accept tokens of the issuer whose aud is the resource of the metadata"
    if zuplo:
        remedy = f"{ZUPLO}: mcp_server_url and issuer_domain, since the policy's audience or auth0Domain is wrong"
    return Finding("own_token", "fail", seen, "status 200", remedy if answer.status in (401, 403) else _LOG)


def other_token(answer: Answer, audience: str, *, zuplo: bool) -> Finding:
    """`answer` is that to a token for another audience."""
    seen = f"a token for {audience} gets {describe(answer)}"
    if answer.status in (401, 403):
        return Finding("other_token", "pass", seen)
    remedy = _LOG
    if 200 <= answer.status < 300:
        seen += ": any token of the tenant is accepted"
        remedy = "accept only tokens whose aud is the resource of the metadata"
        if zuplo:
            remedy = f"{ZUPLO}: mcp_server_url, since the policy has no audience, or that of an unset variable"
    return Finding("other_token", "fail", seen, "status 401", remedy)
