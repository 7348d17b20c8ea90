# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Findings about scopes: what clients are told to request, what the API has, and what Auth0 may grant. Pure.

A client requests the `scope` of the challenge, else the `scopes_supported` of the protected resource metadata, else
none (MCP 2026-07-28, scope selection strategy).
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._types import Object
from .discovery import challenged
from .probe import Answer
from .report import FQCN, ZUPLO, Finding, quote

OFFLINE_ACCESS = "offline_access"
_NONE: frozenset[str] = frozenset()
# For an ID token and userinfo, of which strict third-party applications get neither (docs: security controls).
_OF_USERS = frozenset({"openid", "profile", "email", "address", "phone"})
_API = f"{FQCN}auth0_resource_server"
_OTHER = "scopes_supported of another gateway's metadata"
_TELL = f"{ZUPLO}: scopes_supported; or {_OTHER}"
_TAKE_OUT = f"take it out of scopesSupported of the OAuthProtectedResourcePlugin, or of {_OTHER}"
_WITH_PERMISSIONS = "token_dialect: rfc9068_profile_authz and enforce_policies: true"


@dataclass(frozen=True)
class Told:
    """The scopes that a gateway tells clients to request, in challenge and metadata; None where that was not read."""

    challenge: frozenset[str] | None = None
    metadata: frozenset[str] | None = None

    @classmethod
    def of(cls, refusal: Answer | None, document: Object | None) -> Told:
        """From the answer to a request without a token, and from the protected resource metadata."""
        challenge = metadata = None
        if refusal is not None:
            challenge = frozenset(challenged(refusal, "scope").split())
        if document is not None:
            listed = document.get("scopes_supported")
            metadata = frozenset(one for one in listed if isinstance(one, str)) if isinstance(listed, list) else _NONE
        return cls(challenge, metadata)

    def __bool__(self) -> bool:
        """Whether enough was read to tell what clients request: an empty challenge leaves it to the metadata."""
        return bool(self.challenge) or self.metadata is not None

    @property
    def every(self) -> frozenset[str]:
        return (self.challenge or _NONE) | (self.metadata or _NONE)

    @property
    def of_api(self) -> frozenset[str]:
        """Those that an API can have."""
        return self.every - _OF_USERS - {OFFLINE_ACCESS}


def _list(scopes: t.Iterable[str]) -> str:
    return quote(sorted(scopes))


def scopes_of(found: Object) -> frozenset[str]:
    """The scopes of a resource server."""
    return frozenset(one["value"] for one in found.get("scopes") or [] if isinstance(one.get("value"), str))


def lists_permissions(found: Object) -> bool:
    """Whether tokens for the resource server list all that the user may do, whatever the client requested."""
    return bool(found.get("enforce_policies")) and str(found.get("token_dialect", "")).endswith("_authz")


def offline_access_scope(told: Told) -> Finding:
    """MCP 2026-07-28: it stands in neither. A client adds it where the authorization server supports it."""
    name = "offline_access_scope"
    places = {"the challenge": told.challenge, "the metadata": told.metadata}
    found = [place for place, scopes in places.items() if OFFLINE_ACCESS in (scopes or ())]
    if not found:
        return Finding(name, "pass", f"clients are not told to request {OFFLINE_ACCESS}")
    seen = f"{OFFLINE_ACCESS} is among the scopes of {' and of '.join(found)}"
    remedy = f"{_TAKE_OUT}: clients add it themselves"
    return Finding(name, "warn", seen, "in neither, since it is no scope of the MCP server", remedy)


def advertised_scopes(told: Told, found: Object, grant: Object | None) -> Finding:
    """`found` is the resource server, `grant` the default one of third-party applications, None where not known."""
    name, scopes = "advertised_scopes", scopes_of(found)
    if not scopes:
        return Finding(name, "pass", "the API has no scopes")
    untold = scopes - told.every
    if told.of_api:
        rest = f"; not told, so not requested at first: {_list(untold)}" if untold else ""
        return Finding(name, "pass", f"clients are told to request {_list(told.of_api)}{rest}")
    if lists_permissions(found):
        return Finding(name, "pass", "clients are told of no scopes, and the token lists the user's permissions anyway")
    if grant is not None and not granted(found, grant):
        return Finding(name, "pass", "third-party applications are granted none of the API's scopes")
    seen = f"the API has the scopes {_list(scopes)}, and nothing tells clients to request them: tokens carry none"
    remedy = f"{_TELL}; or {_API}: {_WITH_PERMISSIONS}, so that tokens list the user's permissions"
    return Finding(name, "warn", seen, "scopes in the challenge or the metadata", remedy)


def granted(found: Object, grant: Object) -> frozenset[str]:
    """The scopes of the resource server that the grant lets applications have."""
    return scopes_of(found) if grant.get("allow_all_scopes") else scopes_of(found) & frozenset(grant.get("scope") or ())


def granted_scopes(told: Told, found: Object, grant: Object) -> Finding:
    """Auth0 leaves out of a token what the API does not have or the grant does not give.

    The scopes of a challenge are those without which a request is refused (RFC 6750, 3), those of the metadata are what
    may be requested (RFC 9728, 2).
    """
    name, scopes = "granted_scopes", scopes_of(found)
    allowed = granted(found, grant)
    problems = {
        "the API does not have": (told.of_api - scopes, f"{_API}: scopes"),
        "third-party applications are not granted": (
            (told.of_api & scopes) - allowed,
            f"{FQCN}auth0_client_grant: scope, of the default grant of third-party applications",
        ),
        "Auth0 does not process for third-party applications": (told.every & _OF_USERS, _TAKE_OUT),
    }
    wrong = {text: pair for text, pair in problems.items() if pair[0]}
    if not wrong:
        seen = f"clients are told to request {_list(told.of_api)}" if told.of_api else "clients are told of no scopes"
        return Finding(name, "pass", seen)
    seen = "clients are told to request " + ", and ".join(
        f"{_list(missing)}, which {text}" for text, (missing, _remedy) in wrong.items()
    )
    required = (told.challenge or _NONE) & (told.of_api - allowed)
    if required:
        seen += "; by the challenge, no token without them is accepted"
    remedy = "; ".join(dict.fromkeys(remedy for _missing, remedy in wrong.values()))
    return Finding(name, "fail" if required else "warn", seen, "scopes that a token can carry", remedy)
