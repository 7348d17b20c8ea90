# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The two inputs, domain and MCP server URL, and the strings that must be equal everywhere they appear.

Pure functions. A value that is not exact raises InputError, which says what is wrong and gives the right value.
"""

from __future__ import annotations

import ipaddress
import posixpath
import re
import typing as t
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from ._errors import InputError

_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?", re.ASCII)
_DEFAULT_PORTS = {"http": 80, "https": 443}
# RFC 3986 pchar, plus "/" and "%": whatever is already encoded stays as it is.
_PATH_SAFE = "/%:@!$&'()*+,;=~"


@dataclass(frozen=True)
class Strings:
    """What Auth0, the gateway and every MCP client must agree on, to the letter.

    `audience` is at once the API identifier in Auth0, the `resource` of the protected resource metadata, the `resource`
    that a client sends and the `audience` of the gateway's policy. `issuer` is at once the `issuer` of the
    authorization server metadata and `authorization_servers[0]` of the protected resource metadata; Auth0's issuer ends
    with a slash.
    """

    audience: str
    issuer: str
    issuer_domain: str


def derive(issuer_domain: str, mcp_server_url: str) -> Strings:
    """Derive the strings from the two inputs, both checked."""
    domain = check_domain(issuer_domain, "issuer_domain")
    return Strings(audience=check_mcp_server_url(mcp_server_url), issuer=f"https://{domain}/", issuer_domain=domain)


def check_domain(value: str, option: str = "domain") -> str:
    """Return `value` when it is a bare host with an optional port, such as `tenant.eu.auth0.com`."""
    text = value.strip()
    parts = _split(text if "//" in text else f"//{text}", option, value)
    if not parts.host:
        raise InputError(
            f"{_quote(value)} is not a host name", where=option, remedy="It looks like 'tenant.eu.auth0.com'."
        )
    if value == parts.netloc:
        return value
    wrong = _which(
        {
            "white space around it": value != text,
            f"the scheme {parts.scheme!r}": parts.scheme,
            "user information": parts.userinfo,
            "a trailing slash": parts.path == "/",
            "a path": parts.path.strip("/"),
            "a query or fragment": parts.rest,
            "capital or non-ASCII letters": parts.raw_host != parts.host,
        }
    )
    raise InputError(
        f"has {wrong}", where=option, remedy=f"It must be a bare host with an optional port: use '{parts.netloc}'."
    )


def check_mcp_server_url(value: str, option: str = "mcp_server_url") -> str:
    """Return `value` when it can serve as the API identifier: absolute, https (http on loopback), no trailing slash."""
    text = value.strip()
    parts = _split(text if "//" in text else f"//{text}", option, value)
    if not parts.host or parts.scheme not in ("", "http", "https"):
        raise InputError(
            f"{_quote(value)} is not an http URL", where=option, remedy="It looks like 'https://mcp.example.com/mcp'."
        )
    scheme = "http" if parts.scheme == "http" and _is_loopback(parts.host) else "https"
    path = _plain_path(parts.path)
    # A port that only made sense for plain http is dropped together with it.
    default_port = parts.port in (_DEFAULT_PORTS[scheme], _DEFAULT_PORTS.get(parts.scheme))
    corrected = f"{scheme}://{parts.host if default_port else parts.netloc}{path}"
    if value == corrected:
        return value
    wrong = _which(
        {
            "white space around it": value != text,
            "no scheme": not parts.scheme,
            "plain http on a host that is not loopback": parts.scheme == "http" and scheme == "https",
            "user information": parts.userinfo,
            "capital or non-ASCII letters in the scheme or host": parts.raw_scheme or parts.raw_host != parts.host,
            "the default port": default_port,
            "a trailing slash": parts.path.endswith("/"),
            "a path that clients would rewrite": path != parts.path.rstrip("/"),
            "a query or fragment": parts.rest,
        }
    )
    raise InputError(
        f"has {wrong}",
        where=option,
        remedy=f"MCP clients, the gateway and Auth0 compare this URL letter by letter: use '{corrected}'.",
    )


def check_client_id_url(value: str, option: str = "external_client_id") -> str:
    """Return `value` when Auth0 can take it as the URL of a client ID metadata document.

    The rules: https, a host that is not localhost, a path beyond `/` without dot segments, no query, fragment or user
    information, not port 0, valid percent-encoding, at most 120 bytes (docs: register applications with CIMD; OpenAPI).
    """
    parts = _split(value, option, value)
    wrong = {
        "no https scheme": not value.startswith("https://"),
        "user information": parts.userinfo,
        "localhost as its host": parts.host in ("", "localhost"),
        "port 0": parts.port == 0,
        "no path": parts.path in ("", "/"),
        "dot segments": any(unquote(segment) in (".", "..") for segment in parts.path.split("/")),
        "letters that are not ASCII": not value.isascii(),
        "a percent sign that encodes nothing": re.search(r"%(?![0-9a-fA-F]{2})", value),
        "a query or fragment": parts.rest,
        "more than 120 bytes": len(value.encode()) > 120,
    }
    if any(wrong.values()):
        raise InputError(
            f"{_quote(value)} has {_which(wrong)}",
            where=option,
            remedy="It must be the https URL at which the client publishes its metadata document, such as "
            "'https://client.example.com/client.json'.",
        )
    return value


@dataclass(frozen=True)
class _Parts:
    scheme: str
    raw_scheme: bool
    userinfo: bool
    raw_host: str
    host: str
    port: int | None
    path: str
    rest: bool

    @property
    def netloc(self) -> str:
        return self.host if self.port is None else f"{self.host}:{self.port}"


def _split(text: str, option: str, value: str) -> _Parts:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise InputError(
            f"{_quote(value)} cannot be read", where=option, remedy="Check its brackets and its port number."
        ) from None
    raw_host = parts.netloc.rpartition("@")[2]
    if port is not None:
        raw_host = raw_host.rpartition(":")[0]
    host = _plain_host(raw_host)
    if (parts.netloc and not host) or "\\" in text or re.search(r"\s", text):
        raise InputError(f"{_quote(value)} holds characters that no host or URL can hold", where=option)
    return _Parts(
        scheme=parts.scheme,
        raw_scheme=not text.startswith(parts.scheme),
        userinfo="@" in parts.netloc,
        raw_host=raw_host,
        host=host,
        port=port,
        path=parts.path,
        rest=bool(parts.query or parts.fragment or text.endswith(("?", "#"))),
    )


def _plain_host(raw: str) -> str:
    """The host as clients send it: lower case, ASCII; empty when it is no host at all."""
    if raw.startswith("["):
        try:
            return f"[{ipaddress.IPv6Address(raw[1:-1])}]"
        except ValueError:
            return ""
    try:
        host = raw.rstrip(":").encode("idna").decode("ascii").lower()
    except UnicodeError:
        return ""
    return host if _HOST.fullmatch(host) else ""


def _plain_path(path: str) -> str:
    """The path without dot segments and trailing slashes, everything else percent-encoded as a client would."""
    segments = path.split("/")
    if "." in segments or ".." in segments:
        path = posixpath.normpath(path)
    return quote(path.rstrip("/"), safe=_PATH_SAFE)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _quote(value: str) -> str:
    """The value for a message, user information left out: it may hold a password."""
    return repr(re.sub(r"(^|//).*@", r"\1", value))


def _which(faults: t.Mapping[str, object]) -> str:
    """The faults that are there, as one phrase."""
    there = [words for words, found in faults.items() if found] or ["an unusual form"]
    return " and ".join([", ".join(there[:-1]), there[-1]] if there[1:] else there)
