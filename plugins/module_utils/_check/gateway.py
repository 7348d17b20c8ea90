# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Findings about the gateway: its URL, its answer without a token, its metadata, the tokens it accepts. Pure."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from .._errors import InputError
from .._types import Object
from .._urls import check_mcp_server_url
from .._zuplo.project import POLICIES, RUNTIME
from .probe import BROWSER_HEADERS, Answer
from .report import ZUPLO, Finding, describe, fail, quote, skip
from .server import Issuer, first_server

_LOG = "read the gateway's log"


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


def gateway(answer: Answer, *, required: bool) -> Finding:
    name = "gateway"
    if answer.status:
        return Finding(name, "pass", f"answers, {describe(answer)}")
    if answer.absent and not required:
        remedy = "deploy it; gateway_required: true makes this a failure"
        return skip(name, f"the MCP server cannot be reached: {answer.problem}", remedy)
    remedy = "deploy the gateway, or check its DNS record and its certificate"
    return Finding(name, "fail", describe(answer), "an HTTP answer", remedy)


def unauthorized(answer: Answer) -> Finding:
    """`answer` is that to a request without a token."""
    status, seen = answer.status, f"a request without a token gets {describe(answer)}"
    if status == 401:
        return Finding("unauthorized", "pass", seen)
    remedy = f"{ZUPLO}: project_dir, or add its policy to {POLICIES} and to policies.inbound of the MCP route"
    if 200 <= status < 300:
        seen += ": the MCP server is open to everyone, since its route has no policy"
    elif status == 404:
        seen += ": the gateway has no route at this path"
        remedy = f"{ZUPLO}: operations, which makes the route; or mcp_server_url: a URL with the path of a route"
    elif 300 <= status < 400:
        seen, remedy = f"{seen}, which MCP clients do not follow with a POST", "mcp_server_url: the URL it redirects to"
    elif status >= 500:
        seen, remedy = f"{seen}: the gateway itself fails", _LOG
    return Finding("unauthorized", "fail", seen, "status 401", remedy)


def metadata_url(mcp_server_url: str) -> str:
    """Where clients look for the protected resource metadata (RFC 9728)."""
    parts = urlsplit(mcp_server_url)
    return f"{parts.scheme}://{parts.netloc}/.well-known/oauth-protected-resource{parts.path}"


def www_authenticate(answer: Answer, mcp_server_url: str) -> Finding:
    name, expected = "www_authenticate", metadata_url(mcp_server_url)
    remedy = f"{ZUPLO}: project_dir, or set oAuthResourceMetadataEnabled: true in the policy and register the plugin"
    found = re.search(r'\bresource_metadata\s*=\s*(?:"([^"]*)"|([^\s,"]+))', answer.headers.get("www-authenticate", ""))
    if not found:
        seen = "the header WWW-Authenticate names no resource_metadata; clients fall back to the well-known path"
        return Finding(name, "warn", seen, expected, remedy)
    named = found.group(1) or found.group(2) or ""
    if named != expected:
        return Finding(name, "fail", f"resource_metadata is {quote(named)}", expected, remedy)
    return Finding(name, "pass", f"resource_metadata is {named}")


def cors(answer: Answer, origin: str) -> Finding:
    """`answer` is that to a browser's preflight for a page of that origin."""
    names = ("origin", "methods", "headers")
    headers = {name: answer.headers.get(f"access-control-allow-{name}", "") for name in names}
    allowed = {one.strip().lower() for one in headers["headers"].split(",")}
    # The wildcard does not cover the header Authorization (Fetch, 3.3.4).
    lacking = [one for one in BROWSER_HEADERS if one not in allowed and ("*" not in allowed or one == "authorization")]
    methods = {one.strip().upper() for one in headers["methods"].split(",")}
    expected, remedy = f"an answer that allows {origin}", f"{ZUPLO}: cors_policy: one that allows {origin}"
    seen = f"a preflight from {origin} gets {describe(answer)}"
    if headers["origin"] not in (origin, "*"):
        seen += ", which does not allow that origin"
    elif not methods.intersection(("POST", "*")):
        seen += ", which does not allow POST"
    elif lacking:
        seen += f", which does not allow the header {lacking[0]}"
    elif 200 <= answer.status < 300:
        return Finding("cors", "pass", f"a preflight from {origin} is allowed")
    return Finding("cors", "fail", f"{seen}, so browsers do not call the MCP server", expected, remedy)


def protected_resource_metadata(answer: Answer, mcp_server_url: str) -> Finding:
    name, place = "protected_resource_metadata", metadata_url(mcp_server_url)
    if answer.document is not None:
        return Finding(name, "pass", f"is at {place}")
    seen = f"{place}: {describe(answer)}"
    if answer.status == 404:
        seen += ": the gateway has no OAuthProtectedResourcePlugin"
    remedy = f"{ZUPLO}: project_dir, or register the OAuthProtectedResourcePlugin in {RUNTIME}"
    return Finding(name, "fail", seen, "status 200 with a JSON object", remedy)


def resource(document: Object, mcp_server_url: str) -> Finding:
    found = document.get("resource")
    if found == mcp_server_url:
        return Finding("resource", "pass", mcp_server_url)
    remedy = (
        "mcp_server_url: the URL that the gateway sees, whose host is that of the header Host and whose scheme is that "
        "of X-Forwarded-Proto; a proxy in front of the gateway must set both"
    )
    return Finding("resource", "fail", f"resource is {quote(found)}", mcp_server_url, remedy)


def named_issuer(document: Object) -> str | None:
    """The first authorization server of the metadata, which is the one that clients use."""
    servers = document.get("authorization_servers")
    first = servers[0] if isinstance(servers, list) and servers else None
    return first if isinstance(first, str) else None


def authorization_servers(document: Object, issuer: Issuer | None) -> Finding:
    name, found = "authorization_servers", named_issuer(document)
    if found:
        return first_server(name, found, issuer)
    seen, expected = "the metadata names no authorization server", "the issuer, with a slash at its end"
    remedy = issuer.remedy if issuer else f"{ZUPLO}: issuer_domain"
    return Finding(name, "fail", seen, issuer.url if issuer else expected, remedy)


def own_token(answer: Answer) -> Finding:
    """`answer` is that to a token for the MCP server."""
    seen = f"a token for the MCP server gets {describe(answer)}"
    if 200 <= answer.status < 300:
        return Finding("own_token", "pass", seen)
    remedy = f"{ZUPLO}: mcp_server_url and issuer_domain, since the policy's audience or auth0Domain is wrong"
    return Finding("own_token", "fail", seen, "status 200", remedy if answer.status in (401, 403) else _LOG)


def other_token(answer: Answer, audience: str) -> Finding:
    """`answer` is that to a token for another audience."""
    seen = f"a token for {audience} gets {describe(answer)}"
    if answer.status in (401, 403):
        return Finding("other_token", "pass", seen)
    remedy = _LOG
    if 200 <= answer.status < 300:
        seen += ": any token of the tenant is accepted"
        remedy = f"{ZUPLO}: mcp_server_url, since the policy has no audience, or that of an unset variable"
    return Finding("other_token", "fail", seen, "status 401", remedy)
