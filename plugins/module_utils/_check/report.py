# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Findings: their names and order, and the texts in which a user reads them. Pure."""

from __future__ import annotations

import json
import typing as t
from collections import Counter
from dataclasses import asdict, dataclass
from itertools import groupby

from .._errors import LONGEST, OpsError, clean
from .._types import Object
from .probe import Answer

FQCN = "mcp_ops.oauth."
CHECK = f"{FQCN}mcp_oauth_check"
ZUPLO = f"{FQCN}zuplo_mcp_oauth"

Status = t.Literal["pass", "fail", "warn", "skip"]

NAMES = {
    "url": "",
    "project_route": "url",
    "project_audience": "project_route",
    "project_auth0_domain": "project_route",
    "project_plugin": "project_route",
    "project_tools": "project_route",
    "project_tool_scopes": "project_route",
    "gateway": "url",
    "unauthorized": "gateway",
    "www_authenticate": "unauthorized",
    "garbage_token": "unauthorized",
    "hosted_clients": "unauthorized",
    "cors": "gateway",
    "protected_resource_metadata": "gateway",
    "resource": "protected_resource_metadata",
    "authorization_servers": "protected_resource_metadata",
    "offline_access_scope": "gateway",
    "authorization_server_metadata": "authorization_servers",
    "issuer": "authorization_server_metadata",
    "pkce": "authorization_server_metadata",
    "public_clients": "authorization_server_metadata",
    "registration_endpoint": "authorization_server_metadata",
    "cimd": "authorization_server_metadata",
    "management_api": "url",
    "resource_server": "management_api",
    "signing_alg": "resource_server",
    "offline_access": "resource_server",
    "token_dialect": "resource_server",
    "resource_parameter_profile": "management_api",
    "client_grant": "management_api",
    "advertised_scopes": "resource_server",
    "granted_scopes": "client_grant",
    "tool_scopes": "resource_server",
    "tool_grant": "client_grant",
    "roles": "management_api",
    "role_members": "roles",
    "connection": "management_api",
    "entra_resource": "connection",
    "universal_login": "management_api",
    "rules": "management_api",
    "hooks": "management_api",
    "mfa_policies": "management_api",
    "dynamic_client_registration": "management_api",
    "registration_security_mode": "management_api",
    "application_limit": "management_api",
    "network_acl": "management_api",
    "client_id_metadata_documents": "management_api",
    "clients": "management_api",
    "iss_parameter": "management_api",
    "iss_advertised": "iss_parameter",
    "registration": "issuer",
    "protocol": "unauthorized",
    "own_token": "unauthorized",
    "other_token": "unauthorized",
    "tool_access": "unauthorized",
}
"""The findings, in the order in which a client meets them; each with the one without which it cannot be checked."""


@dataclass(frozen=True)
class Finding:
    """The result of one check. `remedy` names the option that fixes it, with its module and value.

    Whatever a server puts into the texts, they are fit for a terminal.
    """

    name: str
    status: Status
    seen: str
    expected: str = ""
    remedy: str = ""

    def __post_init__(self) -> None:
        for name in ("seen", "expected", "remedy"):
            object.__setattr__(self, name, clean(getattr(self, name), LONGEST))

    @property
    def sentence(self) -> str:
        expected = f" Expected: {self.expected}." if self.expected else ""
        remedy = f" Remedy: {self.remedy}." if self.remedy else ""
        return f"{self.name}: {self.seen}.{expected}{remedy}"

    @property
    def values(self) -> Object:
        return asdict(self)


def skip(name: str, reason: str, remedy: str = "") -> Finding:
    return Finding(name, "skip", reason, remedy=remedy)


def skip_after(name: str, prerequisite: str) -> Finding:
    """The finding of what cannot be checked, since another check did not pass."""
    return skip(name, f"not checked: {prerequisite} did not pass")


class Findings(dict[str, Finding]):
    """What was found so far, by name."""

    def add(self, finding: Finding) -> str:
        """Keep a finding, and return its status."""
        self[finding.name] = finding
        return finding.status

    def skip(self, names: t.Iterable[str], reason: str, remedy: str = "") -> None:
        for name in names:
            self.add(skip(name, reason, remedy))

    def status(self, name: str) -> str:
        """Empty where there is no such finding yet."""
        return self[name].status if name in self else ""


def fail(name: str, error: OpsError, expected: str = "", remedy: str = "") -> Finding:
    """The finding of an error; `remedy` serves where the error has none."""
    seen = f"{error.where} {error.what}".strip().rstrip(".")
    return Finding(name, "fail", seen, expected, error.remedy.rstrip(".") or remedy)


def complete(found: t.Mapping[str, Finding]) -> list[Finding]:
    """All findings in their order; what was not checked names the first check that stopped it."""
    return [found.get(name) or skip_after(name, _first_missing(name, found)) for name in NAMES]


def _first_missing(name: str, found: t.Mapping[str, Finding]) -> str:
    prerequisite = NAMES[name]
    return prerequisite if prerequisite in found else _first_missing(prerequisite, found)


def table(findings: t.Sequence[Finding]) -> list[str]:
    """The lines of an aligned table. Below a finding: those skipped for the same reason, the expected, the remedy."""
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


def summary(findings: t.Sequence[Finding]) -> str:
    """How many there are of each status, and the reason for which the most were skipped."""
    counts = Counter(finding.status for finding in findings)
    told = {"passed": counts["pass"], "with a warning": counts["warn"], "failed": counts["fail"]}
    text = ", ".join(f"{count} {word}" for word, count in told.items() if count or word != "with a warning")
    by_name = {finding.name: finding for finding in findings}
    roots = Counter(_root(finding.name, by_name) for finding in findings if finding.status == "skip")
    if not roots:
        return f"{text}."
    ((name, number),) = roots.most_common(1)
    root = by_name[name]
    why = root.seen if root.status == "skip" else f"{root.name} failed"
    remedy = f" {root.remedy[:1].upper()}{root.remedy[1:]}." if root.status == "skip" and root.remedy else ""
    share = "" if len(roots) == 1 else f"{number} of them since "
    return f"{text}, {counts['skip']} not checked: {share}{why.removeprefix('not checked: ')}.{remedy}"


def _root(name: str, findings: t.Mapping[str, Finding]) -> str:
    """The first finding that did not pass of those before it, without which it could not be checked."""
    prerequisite = NAMES[name]
    if prerequisite and findings[prerequisite].status in ("skip", "fail"):
        return _root(prerequisite, findings)
    return name


def failure_text(findings: t.Sequence[Finding]) -> str:
    """What failed, in one text; empty where nothing did."""
    failed = [finding.sentence for finding in findings if finding.status == "fail"]
    return f"{len(failed)} of {len(findings)} checks failed. {' '.join(failed)}" if failed else ""


def quote(value: t.Any) -> str:
    """A value of somebody else's, as JSON on one line: ASCII without control characters, at most 200 of them."""
    text = json.dumps(value)
    return text if len(text) <= 200 else f"{text[:199]}…"


def describe(answer: Answer) -> str:
    """An answer in a few words."""
    if not answer.status:
        return f"no answer: {answer.problem}"
    location = answer.headers.get("location")
    redirect = f", redirects to {quote(location)}" if location else ""
    return f"status {answer.status}{redirect}" + (f", {answer.problem}" if answer.problem else "")
