# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Findings about what strict third-party applications do not support: while a tenant has it, their logins fail. Pure.

Such applications are those of client ID metadata documents and, unless the tenant says otherwise, self-registered ones.
Source of each: Auth0's documentation, security controls for third-party applications. Auth0 announced the end of Rules
and Hooks for 2026-11-18; what its API answers about them since is not established.
"""

from __future__ import annotations

import typing as t

from .._types import Object
from .report import Finding, quote, skip

_EFFECT = "Auth0 does not support this for third-party applications, and their logins fail"
# Which of them an Action replaces.
_MIGRATE = "turn them off, or move them to Actions"


def _unsupported(name: str, seen: str, expected: str, remedy: str, *, strict: bool) -> Finding:
    """`strict` is whether MCP clients become strict applications here: permissive ones are not affected."""
    return Finding(name, "fail" if strict else "warn", f"{seen}: {_EFFECT}", expected, remedy)


def _names(found: t.Sequence[Object]) -> str:
    return quote([one.get("name") for one in found])


def universal_login(prompts: Object, *, strict: bool) -> Finding:
    """`prompts` are the tenant's prompt settings."""
    name, key = "universal_login", "universal_login_experience"
    experience = prompts.get(key)
    if experience is None:
        return skip(name, f"not checked: Auth0 does not tell {key}")
    if experience != "classic":
        return Finding(name, "pass", quote(experience))
    remedy = "Dashboard: Branding, Universal Login, Advanced Options: the experience New"
    return _unsupported(name, "the login pages are those of Classic Login", "new", remedy, strict=strict)


def rules(enabled: t.Sequence[Object], *, strict: bool) -> Finding:
    if not enabled:
        return Finding("rules", "pass", "no Rule is active")
    remedy = f"Dashboard: Auth Pipeline, Rules: {_MIGRATE}"
    return _unsupported("rules", f"active Rules: {_names(enabled)}", "no active Rule", remedy, strict=strict)


def hooks(enabled: t.Sequence[Object], *, strict: bool) -> Finding:
    """Those of the trigger credentials-exchange: others are not in the way."""
    trigger = "credentials-exchange"
    if not enabled:
        return Finding("hooks", "pass", f"no Hook of the trigger {trigger} is active")
    remedy = f"Dashboard: Auth Pipeline, Hooks: {_MIGRATE}"
    seen = f"active Hooks of the trigger {trigger}: {_names(enabled)}"
    return _unsupported("hooks", seen, f"no active Hook of the trigger {trigger}", remedy, strict=strict)


def mfa_policies(policies: t.Collection[str]) -> Finding:
    """At a refresh there is nobody to answer: "Always" blocks it (auth0/nextjs-auth0, examples/mfa.md)."""
    name = "mfa_policies"
    if "all-applications" not in policies:
        policy = "only logins of low confidence" if "confidence-score" in policies else "no login"
        return Finding(name, "pass", f"policies demand MFA of {policy}; what Actions demand is not checked")
    seen = (
        "the policy all-applications demands MFA also when a refresh token is exchanged, which then fails for "
        "third-party applications: users log in again when a token expires"
    )
    remedy = (
        "Dashboard: Security, Multi-factor Auth: the policy Never, and a post-login Action that demands MFA unless "
        "event.transaction.protocol is oauth2-refresh-token"
    )
    return Finding(name, "warn", seen, "another policy", remedy)
