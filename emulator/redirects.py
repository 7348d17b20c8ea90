# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Redirect URIs: which may be registered, which belong to a client, and how an answer is put behind one."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import SplitResult, urlencode, urlsplit

from .tenant import State

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
# Browsers act on these themselves; no application can receive them.
NOT_FOR_APPLICATIONS = frozenset({"", "javascript", "data", "file", "about", "blob", "vbscript", "ftp", "ws", "wss"})


def _split(uri: str) -> SplitResult | None:
    try:
        return urlsplit(uri)
    except ValueError:
        return None


def is_loopback(uri: str) -> bool:
    """http on a host that only the user's own machine answers (RFC 8252, 7.3)."""
    parts = _split(uri)
    return parts is not None and parts.scheme == "http" and parts.hostname in LOOPBACK and parts.username is None


def is_https(uri: str) -> bool:
    parts = _split(uri)
    return parts is not None and parts.scheme == "https" and bool(parts.hostname)


def may_be_registered(uri: str) -> bool:
    """https, http on loopback hosts, or a scheme of the application's own. No wildcard, no fragment."""
    parts = _split(uri)
    if parts is None or "*" in uri or "#" in uri:
        return False
    if parts.scheme in ("http", "https"):
        return is_https(uri) or is_loopback(uri)
    return parts.scheme not in NOT_FOR_APPLICATIONS


def same_origin(one: str, other: str) -> bool:
    parts, others = _split(one), _split(other)
    return parts is not None and others is not None and parts[:2] == others[:2]


def _without_port(uri: str) -> SplitResult:
    parts = urlsplit(uri)
    return parts._replace(netloc=parts.hostname or "")


def belongs_to(client: State, uri: str) -> bool:
    """Equal to a callback of the client; for native and public clients on loopback hosts, but for the port."""
    callbacks: list[str] = client.get("callbacks", [])
    if uri in callbacks:
        return True
    installed = client.get("app_type") == "native" or client.get("token_endpoint_auth_method") == "none"
    return (
        installed
        and is_loopback(uri)
        and any(is_loopback(other) and _without_port(other) == _without_port(uri) for other in callbacks)
    )


def answer_at(uri: str, answer: Mapping[str, str | None]) -> str:
    """The URI with an authorization answer in its query; what is None is left out."""
    given = {key: value for key, value in answer.items() if value is not None}
    return f"{uri}{'&' if '?' in uri else '?'}{urlencode(given)}"
