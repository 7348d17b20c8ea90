# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Redirect URIs: which may be registered, which belong to a client, and how an answer is put behind one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import SplitResult, urlencode, urlsplit

from .tenant import State

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
# Browsers act on these themselves; no application can receive them.
NOT_FOR_APPLICATIONS = frozenset({"", "javascript", "data", "file", "about", "blob", "vbscript", "ftp", "ws", "wss"})

QUERY, FRAGMENT, FORM_POST = RESPONSE_MODES = ("query", "fragment", "form_post")


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


def is_origin_of(client: State, origin: str) -> bool:
    """Of one of the client's callbacks, or one that it lists for scripts."""
    listed = [*client.get("allowed_origins", []), *client.get("web_origins", [])]
    return any(same_origin(uri, origin) for uri in [*client.get("callbacks", []), *listed])


def leads_back(allowed: str, uri: str, *, whole: bool) -> bool:
    """Whether a logout may end at the URI. `*` stands for a subdomain; `whole`: query and fragment count."""
    pattern, parts = _split(allowed), _split(uri)
    if pattern is None or parts is None or (pattern.scheme, pattern.path) != (parts.scheme, parts.path):
        return False
    host = re.escape(pattern.netloc.lower()).replace(r"\*", "[a-z0-9-]+")
    same_rest = (pattern.query, pattern.fragment) == (parts.query, parts.fragment)
    return re.fullmatch(host, parts.netloc.lower()) is not None and (same_rest or not whole)


def given(answer: Mapping[str, str | None]) -> dict[str, str]:
    """What an answer tells: None is left out."""
    return {key: value for key, value in answer.items() if value is not None}


def answer_at(uri: str, answer: Mapping[str, str | None], mode: str = QUERY) -> str:
    """The URI with an answer in its query or fragment."""
    told = urlencode(given(answer))
    separator = "#" if mode == FRAGMENT else "&" if "?" in uri else "?"
    return f"{uri}{separator}{told}" if told else uri
