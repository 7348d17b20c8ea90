# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The finding about the MCP clients that people use: which of them the tenant refuses. Pure."""

from __future__ import annotations

import typing as t

from .._clients.choice import Choice, Refusal, Registration, everyone, refused
from .report import Finding

NAME = "clients"
_EXPECTED = "a way of registration for each of them"
ADVICE = (
    "mcp_clients: the clients that people use, whose documents are then registered; or "
    "mcp_ops.oauth.auth0_tenant_settings: client_id_metadata_document_supported: false, and they register themselves"
)


def clients(choices: t.Sequence[Choice], registration: Registration) -> Finding:
    """`choices` are those of the user. Without any, the known clients that are refused are warned of."""
    if choices:
        refusals = refused(choices, registration)
        if not refusals:
            return Finding(NAME, "pass", f"{_list(one.client.title for one in choices)} can register")
        remedy = "; ".join(dict.fromkeys(one.remedy for one in refusals))
        return Finding(NAME, "fail", f"refused are {describe(refusals)}", _EXPECTED, remedy)
    refusals = shut_out(registration)
    if not refusals:
        return Finding(NAME, "pass", "none of the known MCP clients is refused for its metadata document")
    return Finding(NAME, "warn", f"refused are {describe(refusals)}", _EXPECTED, ADVICE)


def shut_out(registration: Registration) -> list[Refusal]:
    """The known clients that only the advertisement of metadata documents shuts out."""
    if not registration.advertised or registration.on_the_fly:
        return []
    without = Registration(dcr=True, advertised=False)
    able = [one for one in everyone() if not refused([one], without)]
    return refused(able, registration)


def describe(refusals: t.Iterable[Refusal]) -> str:
    """The clients, those with the same reason together."""
    reasons: dict[str, list[str]] = {}
    for one in refusals:
        reasons.setdefault(one.reason, []).append(one.title)
    return "; ".join(f"{_list(titles)}, since {reason}" for reason, titles in reasons.items())


def _list(titles: t.Iterable[str]) -> str:
    *most, last = titles
    return f"{', '.join(most)} and {last}" if most else last
