# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What was seen of a gateway and its tenant, judged: observations in, findings and their report out. Pure."""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import asdict, dataclass
from itertools import groupby
from urllib.parse import urlsplit

from .._errors import InputError
from .._types import Object
from .._urls import check_mcp_server_url
from .._zuplo.project import POLICIES, RUNTIME, Installed
from .probe import Answer

# In the order in which a client meets them.
NAMES = (
    "url",
    "project_route",
    "project_audience",
    "project_auth0_domain",
    "project_plugin",
    "project_tools",
    "gateway",
    "unauthorized",
    "www_authenticate",
    "protected_resource_metadata",
    "resource",
    "authorization_servers",
    "authorization_server_metadata",
    "issuer",
    "pkce",
    "registration_endpoint",
    "cimd",
    "resource_server",
    "signing_alg",
    "offline_access",
    "resource_parameter_profile",
    "client_grant",
    "connection",
    "dynamic_client_registration",
    "registration_security_mode",
    "client_id_metadata_documents",
    "iss_parameter",
    "registration",
    "own_token",
    "other_token",
)
FQCN = "mcp_ops.oauth."
ZUPLO = f"{FQCN}zuplo_mcp_oauth"
PLUGIN = f"put the OAuthProtectedResourcePlugin into {RUNTIME}"
POLICY = f"put the policy into {POLICIES} and name it in policies.inbound of the MCP route"
WRITES = f"{ZUPLO}: project_dir, which writes it"
COMPARED = "set issuer_domain or domain to have it compared"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `status` is pass, fail, warn or skip; `remedy` names the option that mends it."""

    name: str
    status: str
    seen: str
    expected: str = ""
    remedy: str = ""

    @property
    def sentence(self) -> str:
        expected = f" Expected: {self.expected}." if self.expected else ""
        remedy = f" Remedy: {self.remedy}." if self.remedy else ""
        return f"{self.name}: {self.seen}.{expected}{remedy}"


def skip(name: str, seen: str, remedy: str = "") -> Finding:
    return Finding(name, "skip", seen, remedy=remedy)


def complete(found: t.Iterable[Finding], reason: str) -> list[Finding]:
    """All findings in their order; those that nobody could make are skipped for the reason given."""
    known = {finding.name: finding for finding in found}
    return [known.get(name) or skip(name, reason) for name in NAMES]


def report(findings: t.Sequence[Finding]) -> list[str]:
    """An aligned table. Below a finding stand what was expected, the remedy, and those skipped for the same reason."""
    width = max(len(finding.name) for finding in findings)
    lines = []
    for _same, group in groupby(
        findings, lambda one: (one.status, one.seen, one.remedy) if one.status == "skip" else one
    ):
        one, *others = group
        lines.append(f"{one.status.upper():<4}  {one.name:<{width}}  {one.seen}")
        details = {"also": ", ".join(other.name for other in others), "expected": one.expected, "remedy": one.remedy}
        lines += [f"{'':<{width + 6}}  {title}: {text}" for title, text in details.items() if text]
    return lines


def failure(findings: t.Iterable[Finding]) -> str:
    """What failed, in one text; empty where nothing did."""
    failed = [finding.sentence for finding in findings if finding.status == "fail"]
    return f"MCP clients cannot log in, or anyone can. {' '.join(failed)}" if failed else ""


def values(findings: t.Iterable[Finding]) -> list[Object]:
    return [asdict(finding) for finding in findings]


def shown(value: t.Any) -> str:
    """What a server sent, for a message: on one line, without control characters, not too long."""
    text = json.dumps(value)
    return text if len(text) <= 200 else f"{text[:199]}…"


def answered(answer: Answer) -> str:
    if not answer.status:
        return f"no answer: {answer.problem}"
    location = answer.headers.get("location")
    return f"status {answer.status}" + (f", redirects to {shown(location)}" if location else "")


# -- the project ------------------------------------------------------------------------------------------------------


def project_route(found: Installed, mcp_server_url: str) -> Finding:
    name, expected = "project_route", "an Auth0 policy before the MCP route"
    if not found.route:
        path = urlsplit(mcp_server_url).path or "/"
        remedy = f"{ZUPLO}: operations, and the route is made"
        return Finding(name, "fail", f"no route of the project has the path {path}", expected, remedy)
    if not any(title.startswith("POST ") for title in found.route):
        seen = f"{', '.join(found.route)}, but MCP clients send POST requests"
        return Finding(name, "fail", seen, "a POST operation", f"{ZUPLO}: operations, with a path that is free")
    if found.unguarded:
        seen = f"{', '.join(found.unguarded)} has no Auth0 policy"
        if found.others:
            seen += f"; whether {', '.join(found.others)} can tell who calls is not known"
            return Finding(name, "warn", seen, expected, WRITES)
        return Finding(name, "fail", f"{seen}, so it is open to everyone", expected, WRITES)
    for policy in found.policies:
        options, title = _options(policy), _title(policy)
        if options.get("allowUnauthenticatedRequests"):
            remedy = f"take allowUnauthenticatedRequests from {title} in {POLICIES}"
            return Finding(name, "fail", f"{title} lets callers without a token in", expected, remedy)
        if options.get("oAuthResourceMetadataEnabled") is not True:
            seen = f"{title} has no oAuthResourceMetadataEnabled; clients fall back to the well-known path"
            return Finding(name, "warn", seen, "true", WRITES)
    return Finding(name, "pass", f"{', '.join(found.route)}: {', '.join(map(_title, found.policies))}")


def project_audience(found: Installed, mcp_server_url: str) -> Finding:
    name = "project_audience"
    for policy in found.policies:
        audience = _options(policy).get("audience")
        seen = f"{_title(policy)} has the audience {shown(audience)}"
        if audience is None or audience == "":
            seen = f"{_title(policy)} checks no audience: any token of the tenant is accepted"
        elif isinstance(audience, str) and _ONLY_VARIABLES.fullmatch(audience):
            seen += ", and where that is unset, any token of the tenant is accepted"
            return Finding(name, "warn", seen, mcp_server_url, f"{ZUPLO}: mcp_host_env, or leave it out")
        elif _may_be(audience, mcp_server_url):
            continue
        elif audience == f"{mcp_server_url}/":
            seen += ": a slash too many"
        return Finding(name, "fail", seen, mcp_server_url, WRITES)
    return _agreed(name, found, "audience")


def project_auth0_domain(found: Installed, issuer: str | None) -> Finding:
    name = "project_auth0_domain"
    if issuer is None:
        return skip(name, "the issuer is not known", COMPARED)
    domain = urlsplit(issuer).netloc
    for policy in found.policies:
        given = _options(policy).get("auth0Domain")
        if not _may_be(given, domain):
            seen = f"{_title(policy)} has the auth0Domain {shown(given)}"
            if given in (issuer, issuer[:-1], f"{domain}/"):
                seen += ": it must be a bare host name"
            return Finding(name, "fail", seen, domain, f"{WRITES}, from issuer_domain")
    return _agreed(name, found, "auth0Domain")


def project_plugin(found: Installed, issuer: str | None) -> Finding:
    name, servers = "project_plugin", found.issuer
    if found.plugin is None:
        return skip(name, f"{RUNTIME} does not name the OAuthProtectedResourcePlugin, but imports other modules")
    if not found.plugin:
        seen = f"{RUNTIME} registers no OAuthProtectedResourcePlugin: clients find no authorization server"
        return Finding(name, "fail", seen, "the plugin", WRITES)
    if servers is None or "${" in servers:
        return skip(
            name, f"authorizationServers is decided when the gateway runs: {servers or 'no text in the source'}"
        )
    return _first_server(name, servers, issuer, f"{WRITES}, from issuer_domain")


def project_tools(found: Installed, mcp_server_url: str) -> Finding:
    name, remedy = "project_tools", "policies.inbound of the tool's route: take that policy away"
    if not found.tools:
        return skip(name, "the handler of the MCP route names no operations")
    for title, policies in found.tools.items():
        for policy in (one for one in policies if one not in found.policies):
            if not _may_be(_options(policy).get("audience", mcp_server_url), mcp_server_url):
                seen = f"{title} has {_title(policy)}, which refuses the tokens of the MCP server"
                return Finding(name, "fail", seen, f"the audience {mcp_server_url}, or no such policy", remedy)
    if found.open_tools:
        seen = f"{', '.join(found.open_tools)} has no Auth0 policy, so anyone can call it past the MCP server"
        if others := list(dict.fromkeys(name for names in found.open_tools.values() for name in names)):
            seen = f"{', '.join(found.open_tools)} has no Auth0 policy; whom {', '.join(others)} lets in is not known"
        return Finding(name, "warn", seen, "a policy before the tools' routes", f"{ZUPLO}: attach_to_tools: true")
    return Finding(name, "pass", ", ".join(found.tools))


_VARIABLE = re.compile(r"\$env\([^)]*\)")
_ONLY_VARIABLES = re.compile(rf"(?:{_VARIABLE.pattern})+")


def _may_be(given: t.Any, wanted: str) -> bool:
    """Whether an option has a value, as far as that can be told where variables of the gateway stand in it."""
    if not isinstance(given, str):
        return False
    return bool(re.fullmatch(".*".join(map(re.escape, _VARIABLE.split(given))), wanted))


def _agreed(name: str, found: Installed, option: str) -> Finding:
    if not found.policies:
        return skip(name, "there is no Auth0 policy before the MCP route")
    given = dict.fromkeys(str(_options(policy).get(option)) for policy in found.policies)
    if any(_VARIABLE.search(one) for one in given):
        return skip(name, f"{', '.join(given)}, which the gateway's environment decides")
    return Finding(name, "pass", ", ".join(given))


def _options(policy: Object) -> Object:
    options = (policy.get("handler") or {}).get("options")
    return options if isinstance(options, dict) else {}


def _title(policy: Object) -> str:
    return f"the policy {policy.get('name')}"


# -- the gateway ------------------------------------------------------------------------------------------------------


def url(mcp_server_url: str) -> Finding:
    try:
        check_mcp_server_url(mcp_server_url)
    except InputError as error:
        return Finding(
            "url", "fail", str(error).rstrip("."), remedy=f"mcp_server_url of this task, of {ZUPLO} and of clients"
        )
    if not urlsplit(mcp_server_url).path:
        return Finding(
            "url",
            "warn",
            f"{mcp_server_url} has no path",
            f"{mcp_server_url}/mcp",
            "clients differ over a bare origin's slash",
        )
    return Finding("url", "pass", mcp_server_url)


def gateway(answer: Answer, *, required: bool) -> Finding:
    if answer.status:
        return Finding("gateway", "pass", f"answers, {answered(answer)}")
    if answer.absent and not required:
        return skip(
            "gateway", f"cannot be reached: {answer.problem}", "deploy it; with gateway_required, this is a failure"
        )
    return Finding(
        "gateway", "fail", answered(answer), "an HTTP answer", "deploy the gateway, check its DNS and certificate"
    )


def unauthorized(answer: Answer) -> Finding:
    status = answer.status
    if status == 401:
        return Finding("unauthorized", "pass", "a request without a token gets status 401")
    seen = f"a request without a token gets {answered(answer)}"
    remedy = f"{ZUPLO}: policy and inbound_policies; {POLICY}"
    if 200 <= status < 300:
        seen += ": the MCP server is open to everyone, the policy is not attached"
    elif status == 404:
        seen, remedy = (
            f"{seen}: there is no route at this path",
            "add the MCP route to the gateway, or mend mcp_server_url",
        )
    elif 300 <= status < 400:
        seen, remedy = f"{seen}, which MCP clients do not follow with a POST", "mcp_server_url: the URL it redirects to"
    elif status >= 500:
        seen, remedy = f"{seen}: the gateway itself fails", "look into the gateway's log"
    return Finding("unauthorized", "fail", seen, "status 401", remedy)


def metadata_url(mcp_server_url: str) -> str:
    parts = urlsplit(mcp_server_url)
    return f"{parts.scheme}://{parts.netloc}/.well-known/oauth-protected-resource{parts.path}"


def www_authenticate(answer: Answer, mcp_server_url: str) -> Finding:
    name, expected = "www_authenticate", metadata_url(mcp_server_url)
    remedy = f"{ZUPLO}: policy, whose option oAuthResourceMetadataEnabled is true, and the plugin"
    found = re.search(r'\bresource_metadata\s*=\s*(?:"([^"]*)"|([^\s,"]+))', answer.headers.get("www-authenticate", ""))
    if not found:
        return Finding(
            name, "warn", "names no resource_metadata; clients fall back to the well-known path", expected, remedy
        )
    named = found.group(1) or found.group(2) or ""
    if named != expected:
        return Finding(name, "fail", f"resource_metadata is {shown(named)}", expected, remedy)
    return Finding(name, "pass", f"resource_metadata is {named}")


def protected_resource_metadata(answer: Answer, mcp_server_url: str) -> Finding:
    name = "protected_resource_metadata"
    if answer.document is not None:
        return Finding(name, "pass", f"is at {metadata_url(mcp_server_url)}")
    seen = f"{metadata_url(mcp_server_url)}: {answered(answer)}"
    if answer.status == 404:
        seen += ": the plugin is missing"
    elif answer.status == 200:
        seen += ", but no JSON object"
    return Finding(name, "fail", seen, "status 200 with a JSON object", f"{ZUPLO}: runtime_module; {PLUGIN}")


def resource(document: Object, mcp_server_url: str) -> Finding:
    found = document.get("resource")
    if found == mcp_server_url:
        return Finding("resource", "pass", mcp_server_url)
    return Finding(
        "resource",
        "fail",
        f"resource is {shown(found)}",
        mcp_server_url,
        "mcp_server_url and the URL that the gateway sees must agree: it takes the host from the header Host and the "
        "scheme from X-Forwarded-Proto",
    )


def named_issuer(document: Object | None) -> str | None:
    """The first authorization server, which is the one that clients use."""
    servers = (document or {}).get("authorization_servers")
    first = servers[0] if isinstance(servers, list) and servers else None
    return first if isinstance(first, str) else None


def authorization_servers(document: Object, issuer: str | None) -> Finding:
    name, found = "authorization_servers", named_issuer(document)
    remedy = f"{ZUPLO}: plugin_options.authorizationServers, from its option issuer_domain"
    if not found:
        expected = issuer or "the issuer, with a slash at its end"
        return Finding(name, "fail", "the metadata names no authorization server", expected, remedy)
    return _first_server(name, found, issuer, remedy)


def _first_server(name: str, found: str, issuer: str | None, remedy: str) -> Finding:
    """Of a list of authorization servers the one that clients use, against the issuer if that is known."""
    seen = f"the first is {shown(found)}"
    if issuer is None:
        return skip(name, seen, COMPARED)
    if found == issuer:
        return Finding(name, "pass", found)
    if f"{found}/" == issuer:
        seen += ": the slash at its end is missing, and current clients refuse"
    return Finding(name, "fail", seen, issuer, remedy)


# -- the authorization server -----------------------------------------------------------------------------------------


def metadata_urls(issuer: str) -> list[str]:
    """Where clients look for the metadata of an issuer, in this order; empty where it is no http URL."""
    try:
        parts = urlsplit(issuer)
    except ValueError:
        return []
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return []
    origin, path = f"{parts.scheme}://{parts.netloc}/", parts.path.rstrip("/")
    first = [f"{origin}.well-known/{name}{path}" for name in ("oauth-authorization-server", "openid-configuration")]
    return first + ([f"{origin}{path[1:]}/.well-known/openid-configuration"] if path else [])


def _is_url(value: t.Any) -> bool:
    return isinstance(value, str) and bool(re.match(r"https?://[^/\s]", value))


def authorization_server_metadata(answer: Answer | None, issuer: str) -> Finding:
    """`answer` is the last one, None where the issuer is no URL."""
    name, remedy = "authorization_server_metadata", f"{ZUPLO}: issuer_domain"
    if answer and answer.document is not None:
        missing = [key for key in ("authorization_endpoint", "token_endpoint") if not _is_url(answer.document.get(key))]
        if missing:
            return Finding(name, "fail", f"it names no {' and no '.join(missing)}", "a URL for each", remedy)
        return Finding(name, "pass", f"that of {issuer}")
    seen = answered(answer) if answer else "that is no URL"
    return Finding(name, "fail", f"{shown(issuer)}: {seen}", "the metadata of the authorization server", remedy)


def issuer(document: Object, named: str) -> Finding:
    found = document.get("issuer")
    if found == named:
        return Finding("issuer", "pass", named)
    return Finding(
        "issuer",
        "fail",
        f"the authorization server calls itself {shown(found)}, the gateway calls it {shown(named)}",
        "the same string in both",
        f"{ZUPLO}: plugin_options.authorizationServers, from its option issuer_domain",
    )


def pkce(document: Object) -> Finding:
    found = document.get("code_challenge_methods_supported")
    good = isinstance(found, list) and "S256" in found
    seen = f"code_challenge_methods_supported: {shown(found)}"
    return Finding("pkce", "pass", seen) if good else Finding("pkce", "fail", seen, "S256", f"{ZUPLO}: issuer_domain")


def registration_endpoint(document: Object, ways: t.Collection[str]) -> Finding:
    name, found = "registration_endpoint", document.get("registration_endpoint")
    if "dcr" not in ways:
        return skip(name, "dcr is not in client_registration")
    if _is_url(found):
        return Finding(name, "pass", shown(found))
    remedy = f"{FQCN}auth0_tenant_flags: flags.enable_dynamic_client_registration: true"
    seen = f"it is {shown(found)}" if found else "the metadata names none: clients cannot register"
    return Finding(name, "fail", seen, "a URL", remedy)


def cimd(document: Object, ways: t.Collection[str]) -> Finding:
    if "cimd" not in ways:
        return skip("cimd", "cimd is not in client_registration")
    found = document.get("client_id_metadata_document_supported")
    seen = f"client_id_metadata_document_supported: {shown(found)}"
    if found is True:
        return Finding("cimd", "pass", seen)
    remedy = f"{FQCN}auth0_tenant_settings: client_id_metadata_document_supported: true"
    return Finding("cimd", "fail", seen, "true", remedy)


# -- the tenant -------------------------------------------------------------------------------------------------------


def near_misses(mcp_server_url: str, *others: str | None) -> list[str]:
    """Identifiers that an API may have by mistake, at most ten; `others` are strings seen elsewhere."""
    parts = urlsplit(mcp_server_url)
    scheme = {"http": "https", "https": "http"}[parts.scheme]
    port = f":{parts.port}" if parts.port else ""
    loopback = {"localhost": "127.0.0.1", "127.0.0.1": "localhost"}.get(parts.hostname or "")
    origin = f"{parts.scheme}://{parts.netloc}"
    candidates = [
        f"{mcp_server_url}/",
        origin,
        f"{origin}/",
        f"{scheme}://{parts.netloc}{parts.path}",
        f"{parts.netloc}{parts.path}",
        f"{parts.scheme}://{loopback}{port}{parts.path}"
        if loopback
        else f"{parts.scheme}://www.{parts.netloc}{parts.path}",
        *others,
    ]
    return list(dict.fromkeys(one for one in candidates if one and one != mcp_server_url))[:10]


def resource_server(found: Object | None, near: t.Sequence[str], mcp_server_url: str) -> Finding:
    name, remedy = "resource_server", f"{FQCN}auth0_resource_server: identifier: {mcp_server_url}"
    if found is None:
        seen = f"there is no API with the identifier {mcp_server_url}"
        if near:
            seen += f", but with {', '.join(map(shown, near))}; an identifier can never be changed"
        return Finding(name, "fail", seen, mcp_server_url, remedy)
    policy = ((found.get("subject_type_authorization") or {}).get("user") or {}).get("policy")
    if policy == "deny_all":
        remedy = f"{FQCN}auth0_resource_server: subject_type_authorization.user.policy: require_client_grant"
        return Finding(name, "fail", "the API denies access to all users", "access for users", remedy)
    if (found.get("proof_of_possession") or {}).get("required"):
        remedy = f"{FQCN}auth0_resource_server: proof_of_possession.required: false"
        return Finding(name, "fail", "the API requires proof of possession", "bearer tokens", remedy)
    return Finding(name, "pass", f"API {shown(found.get('name'))}")


def signing_alg(found: Object) -> Finding:
    alg = found.get("signing_alg", "RS256")
    if found.get("token_encryption"):
        remedy = f"{FQCN}auth0_resource_server: token_encryption: null"
        return Finding("signing_alg", "fail", "tokens are encrypted: the gateway cannot read them", "RS256", remedy)
    if alg == "HS256":
        remedy = f"{FQCN}auth0_resource_server: signing_alg: RS256"
        return Finding("signing_alg", "fail", "HS256: the gateway has no key to check tokens with", "RS256", remedy)
    return Finding("signing_alg", "pass", shown(alg))


def offline_access(found: Object) -> Finding:
    if found.get("allow_offline_access"):
        return Finding("offline_access", "pass", "clients get refresh tokens")
    remedy = f"{FQCN}auth0_resource_server: allow_offline_access: true"
    return Finding(
        "offline_access", "warn", "no refresh tokens: users log in again when a token expires", "true", remedy
    )


def resource_parameter_profile(settings: Object, mcp_server_url: str) -> Finding:
    name, expected = "resource_parameter_profile", "compatibility"
    profile, default = settings.get(name), settings.get("default_audience")
    if profile == expected:
        return Finding(name, "pass", expected)
    seen = f"{profile or 'not set'}: the parameter resource that clients send does not count"
    remedy = f"{FQCN}auth0_tenant_settings: resource_parameter_profile: compatibility"
    if default == mcp_server_url:
        return Finding(name, "warn", f"{seen}; it works since default_audience is this API", expected, remedy)
    if default:
        seen += f", so tokens are for default_audience, another API: {shown(default)}"
    return Finding(name, "fail", seen, expected, remedy)


def client_grant(grants: t.Iterable[Object], mcp_server_url: str) -> Finding:
    """`grants` are the default grants of third-party applications for the API."""
    found = {grant.get("subject_type", "client"): grant for grant in grants}
    if "user" in found:
        scopes = "all scopes" if found["user"].get("allow_all_scopes") else shown(found["user"].get("scope", []))
        return Finding("client_grant", "pass", f"third-party applications may act for users, scopes: {scopes}")
    seen = (
        "only with subject_type client, none for users" if found else "third-party applications have none for the API"
    )
    remedy = (
        f"{FQCN}auth0_client_grant: default_for: third_party_clients, subject_type: user, audience: {mcp_server_url}"
    )
    return Finding("client_grant", "fail", seen, "one with default_for third_party_clients, subject_type user", remedy)


def connection(found: Object | None) -> Finding:
    if found:
        return Finding("connection", "pass", f"{shown(found.get('name'))} is at domain level")
    remedy = f"{FQCN}auth0_connection_domain: name of the connection with which users log in"
    return Finding(
        "connection", "fail", "none is at domain level: nobody can log in through such clients", "at least one", remedy
    )


def dynamic_client_registration(settings: Object, ways: t.Collection[str]) -> Finding:
    name, flag = "dynamic_client_registration", "enable_dynamic_client_registration"
    if "dcr" not in ways:
        return skip(name, "dcr is not in client_registration")
    if (settings.get("flags") or {}).get(flag):
        return Finding(name, "pass", "on")
    return Finding(name, "fail", "off: clients cannot register", "on", f"{FQCN}auth0_tenant_flags: flags.{flag}: true")


def registration_security_mode(settings: Object, ways: t.Collection[str]) -> Finding:
    name, mode = "registration_security_mode", settings.get("dynamic_client_registration_security_mode", "strict")
    if "dcr" not in ways:
        return skip(name, "dcr is not in client_registration")
    if mode == "strict":
        return Finding(name, "pass", "strict")
    remedy = f"{FQCN}auth0_tenant_settings: dynamic_client_registration_security_mode: strict"
    seen = f"{mode}: whoever registers gets the rights of an ordinary application"
    return Finding(name, "warn", seen, "strict", remedy)


def client_id_metadata_documents(settings: Object, ways: t.Collection[str]) -> Finding:
    name, key = "client_id_metadata_documents", "client_id_metadata_document_supported"
    if "cimd" not in ways:
        return skip(name, "cimd is not in client_registration")
    if not settings.get(key):
        return Finding(name, "fail", "off", "on", f"{FQCN}auth0_tenant_settings: {key}: true")
    if settings.get("client_id_metadata_document_dynamic_registration_supported"):
        return Finding(name, "pass", "on, also for clients that nobody registered")
    return Finding(name, "pass", f"on, for clients that were registered with {FQCN}auth0_cimd_client")


def iss_parameter(settings: Object) -> Finding:
    key = "authorization_response_iss_parameter_supported"
    if settings.get(key):
        return Finding("iss_parameter", "pass", "on")
    seen = "off: clients cannot tell which server answered them"
    return Finding("iss_parameter", "warn", seen, "on", f"{FQCN}auth0_tenant_settings: {key}: true")


# -- tokens -----------------------------------------------------------------------------------------------------------


def own_token(answer: Answer) -> Finding:
    name = "own_token"
    if 200 <= answer.status < 300:
        return Finding(name, "pass", "a token for the MCP server is accepted")
    seen = f"a token for the MCP server gets {answered(answer)}"
    remedy = (
        f"{ZUPLO}: policy, whose options audience and auth0Domain are the two causes"
        if answer.status in (401, 403)
        else ""
    )
    return Finding(name, "fail", seen, "status 200", remedy or "look into the gateway's log")


def other_token(answer: Answer, audience: str) -> Finding:
    name = "other_token"
    if answer.status in (401, 403):
        return Finding(name, "pass", f"a token for {audience} is refused, {answered(answer)}")
    seen = f"a token for {audience} gets {answered(answer)}"
    if 200 <= answer.status < 300:
        seen += ": any token of the tenant is accepted"
    return Finding(name, "fail", seen, "status 401", f"{ZUPLO}: policy, whose option audience is missing or unset")
