# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Where MCP clients look for metadata, and what they take for it: the rules of the two official SDKs.

Python, `mcp` 2.3.0: mcp/client/auth/oauth2.py and utils.py, mcp/shared/auth.py, auth_utils.py and _httpx_utils.py.
TypeScript, `@modelcontextprotocol/client` 2.4.0: discoverMetadataWithFallback, discoverAuthorizationServerMetadata,
extractWWWAuthenticateParams, checkResourceAllowed and fetchWithinOrigin; its schemas are in `core` of the same version.

`read` gets a URL and returns the answer to a GET of it, the same one each time. It follows redirects as both SDKs do.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass
from urllib.parse import urlsplit

from .._types import Object
from .probe import Answer, is_url, origin_of
from .report import describe, quote

PYTHON, TYPESCRIPT = "the Python SDK", "the TypeScript SDK"
SDKS = (PYTHON, TYPESCRIPT)
Read = t.Callable[[str], Answer]

_PROTECTED_RESOURCE = "/.well-known/oauth-protected-resource"
# What both SDKs parse, by kind of value. Members that are not named here may have any value.
_URLS = (
    *("resource", "jwks_uri", "resource_policy_uri", "resource_tos_uri"),
    *("authorization_endpoint", "token_endpoint", "registration_endpoint", "revocation_endpoint"),
)
_LISTS = (
    *("scopes_supported", "bearer_methods_supported", "response_types_supported", "response_modes_supported"),
    *("grant_types_supported", "token_endpoint_auth_methods_supported", "code_challenge_methods_supported"),
    *("subject_types_supported", "id_token_signing_alg_values_supported"),
)
_RESOURCE = ("resource", "authorization_servers")
_SERVER = ("issuer", "authorization_endpoint", "token_endpoint")
# What the TypeScript SDK requires of a document of either kind.
_OAUTH = (*_SERVER, "response_types_supported")
_OPENID = (*_OAUTH, "jwks_uri", "subject_types_supported", "id_token_signing_alg_values_supported")


@dataclass(frozen=True)
class Found:
    """Where the search of one SDK ended: the URL, the answer, and why that is no metadata for it; empty where it is."""

    url: str
    answer: Answer
    problem: str = ""


def names(sdks: t.Iterable[str]) -> str:
    return " and ".join(sdks)


# -- the challenge ------------------------------------------------------------------------------------------------


def starts_login(answer: Answer) -> bool:
    """Whether both SDKs answer this with a login: 401, or 403 with the error insufficient_scope."""
    return answer.status == 401 or (answer.status == 403 and challenged(answer, "error") == "insufficient_scope")


def pointers(answer: Answer) -> dict[str, str]:
    """The `resource_metadata` that each SDK takes from an answer; empty where it takes none."""
    found = challenged(answer, "resource_metadata")
    scheme, _space, rest = answer.headers.get("www-authenticate", "").partition(" ")
    recognized = scheme.lower() in ("bearer", "dpop") and bool(rest.strip()) and is_url(found)
    return {PYTHON: found, TYPESCRIPT: found if recognized else ""}


def challenged(answer: Answer, name: str) -> str:
    """A parameter of the header WWW-Authenticate, as the Python SDK reads it; empty where there is none."""
    found = re.search(rf'{name}=(?:"([^"]+)"|([^\s,]+))', answer.headers.get("www-authenticate", ""))
    return (found.group(1) or found.group(2)) if found else ""


# -- protected resource metadata ----------------------------------------------------------------------------------


def resource_metadata_urls(mcp_server_url: str) -> list[str]:
    """Where clients look that were told of no place, in this order: at the path and at the root (RFC 9728, SEP-985)."""
    parts = urlsplit(mcp_server_url)
    root = f"{parts.scheme}://{parts.netloc}{_PROTECTED_RESOURCE}"
    return [root + parts.path, root] if parts.path.strip("/") else [root]


def protected_resource(read: Read, mcp_server_url: str, pointer: t.Mapping[str, str]) -> dict[str, Found]:
    """The TypeScript SDK never leaves the place that it was told of."""
    urls = resource_metadata_urls(mcp_server_url)
    told = {sdk: [pointer[sdk]] if pointer[sdk] else [] for sdk in SDKS}
    return {
        PYTHON: _search(read, [*told[PYTHON], *urls], PYTHON, lambda _: _RESOURCE, lambda answer: bool(answer.status)),
        TYPESCRIPT: _search(read, told[TYPESCRIPT] or urls, TYPESCRIPT, lambda _: _RESOURCE, _is_passed_over),
    }


def _search(
    read: Read,
    urls: t.Sequence[str],
    sdk: str,
    required: t.Callable[[str], t.Sequence[str]],
    goes_on: t.Callable[[Answer], bool],
) -> Found:
    """The first place with metadata. Without any: what was wrong at the first, or at one that has a document."""
    tried: list[Found] = []
    for url in urls:
        if not is_url(url):
            return Found(url, Answer(0), f"{quote(url)} is no URL")
        answer = read(url)
        tried.append(Found(url, answer, _problem(answer, required(url), sdk)))
        if not tried[-1].problem or not goes_on(answer):
            return tried[-1]
    return next((one for one in tried if one.answer.document is not None), tried[0])


def _is_passed_over(answer: Answer) -> bool:
    """Whether the TypeScript SDK tries the next place."""
    return 300 <= answer.status < 500 or answer.status == 502


def refuses_resource(resource: t.Any, mcp_server_url: str) -> list[str]:
    """The SDKs that refuse a `resource` of the metadata: it must be the URL, or one above it on the same origin."""
    if not is_url(resource):
        return list(SDKS)
    wanted, given = urlsplit(mcp_server_url), urlsplit(resource)
    longer = len(given.path or "/") > len(wanted.path or "/")
    if origin_of(mcp_server_url) != origin_of(resource) or not _as_folder(wanted.path).startswith(
        _as_folder(given.path)
    ):
        return list(SDKS)
    return [TYPESCRIPT] if longer else []


def _as_folder(path: str) -> str:
    return path if path.endswith("/") else f"{path}/"


# -- authorization server metadata --------------------------------------------------------------------------------


def server_metadata_urls(issuer: str) -> list[str]:
    """Where clients look for the metadata of an issuer, in this order (RFC 8414, OpenID Connect Discovery)."""
    parts = urlsplit(issuer)
    origin, path = f"{parts.scheme}://{parts.netloc}/", parts.path.rstrip("/")
    first = [f"{origin}.well-known/{name}{path}" for name in ("oauth-authorization-server", "openid-configuration")]
    return first + ([f"{origin}{path[1:]}/.well-known/openid-configuration"] if path else [])


def authorization_server(read: Read, issuer: str) -> dict[str, Found]:
    """Only the Python SDK goes on after a document that is no metadata."""
    urls = server_metadata_urls(issuer)
    return {
        PYTHON: _search(
            read, urls, PYTHON, lambda _: _SERVER, lambda one: one.status == 200 or 300 <= one.status < 500
        ),
        TYPESCRIPT: _search(read, urls, TYPESCRIPT, _required_of, _is_passed_over),
    }


def _required_of(url: str) -> t.Sequence[str]:
    return _OPENID if "/openid-configuration" in url else _OAUTH


def refuses_issuer(found: t.Any, named: str) -> list[str]:
    """The SDKs that refuse an `issuer` of the metadata which was found under the issuer `named`."""
    accepted = {
        PYTHON: isinstance(found, str) and _normal(found) == _normal(named),
        TYPESCRIPT: found == named or (named.endswith("/") and found == named[:-1]),
    }
    return [sdk for sdk in SDKS if not accepted[sdk]]


def _normal(url: str) -> str:
    """As pydantic writes a URL: scheme and host in lower case, without a default port."""
    if not is_url(url):
        return url
    scheme, host, port = origin_of(url)
    shown = "" if (scheme, port) in (("http", 80), ("https", 443)) else f":{port}"
    return f"{scheme}://{host}{shown}{urlsplit(url).path}"


# -- documents ----------------------------------------------------------------------------------------------------


def _problem(answer: Answer, required: t.Sequence[str], sdk: str) -> str:
    """Why an answer is no metadata for the SDK; empty where it is."""
    taken = answer.status == 200 if sdk == PYTHON else 200 <= answer.status < 300
    if not taken or not isinstance(answer.data, dict):
        return describe(answer)
    return _misfit(answer.data, required, sdk)


def _misfit(document: Object, required: t.Sequence[str], sdk: str) -> str:
    for name in required:
        if document.get(name) is None:
            return f"it has no {name}"
    for name, value in document.items():
        # Null counts as absent for Python alone.
        if value is None and sdk == PYTHON:
            continue
        if name in _URLS and not is_url(value):
            return f"its {name} is {quote(value)}, which is no URL"
        if name in _LISTS and not _is_list(value):
            return f"its {name} is {quote(value)}, which is no list of texts"
        if name == "authorization_servers" and not (_is_list(value) and value and all(map(is_url, value))):
            return f"its {name} is {quote(value)}, which is no list of URLs"
    if sdk == TYPESCRIPT and "code" not in document.get("response_types_supported", ["code"]):
        return "its response_types_supported has no code"
    return ""


def _is_list(value: t.Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)
