# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Client grants: what an application, or every third-party application, may do with an API."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._types import Object
from ..api import ManagementApi
from ..plan import Plan, Shape
from ..resource import Collection, Expansion
from .resource_server import find_unknown_scopes

FIELDS: dict[str, t.Any] = {
    "client_id": {"type": "str"},
    "default_for": {"type": "str", "choices": ["third_party_clients"]},
    "audience": {"type": "str", "required": True},
    "subject_type": {"type": "str", "choices": ["user", "client"], "required": True},
    "scope": {"type": "list", "elements": "str"},
    "allow_all_scopes": {"type": "bool"},
    "authorization_details_types": {"type": "list", "elements": "str"},
    "organization_usage": {"type": "str", "choices": ["deny", "allow", "require"]},
    "allow_any_organization": {"type": "bool"},
}
KEYS = ("client_id", "default_for", "audience", "subject_type")


@dataclass(frozen=True)
class ClientGrants(Collection):
    """With `purge_scope`, the scopes that the user names are the complete list; else they are added."""

    purge_scope: bool = True

    def find_faults(self, wanted: Object) -> list[str]:
        faults = super().find_faults(wanted)
        if "scope" in wanted and wanted.get("allow_all_scopes"):
            faults.append("scope and allow_all_scopes: true exclude each other, so leave one of them out")
        return faults

    def expand(self, api: ManagementApi, wanted: Object, actual: Object | None) -> Expansion:
        """With what a named scope implies: a grant has either all scopes or a list. Looks for new ones at the API."""
        if "scope" not in wanted:
            return Expansion(wanted)
        grant = actual or {}
        if grant.get("allow_all_scopes") and not self.purge_scope:
            return Expansion({key: value for key, value in wanted.items() if key != "scope"})
        there = grant.get("scope") or []
        added = [scope for scope in wanted["scope"] if scope not in there]
        missing = find_unknown_scopes(api, [(wanted["audience"], scope) for scope in added])
        scope = wanted["scope"] if self.purge_scope else [*there, *added]
        return Expansion({**wanted, "scope": scope, "allow_all_scopes": False}, missing=tuple(missing))

    def guard(self, actual: Object, plan: Plan) -> str | None:
        if actual.get("is_system"):
            return "This client grant belongs to Auth0's own applications, and Auth0 lets nobody change it."
        if plan.action == "create" and not {"scope", "allow_all_scopes"} & set(plan.body):
            return "A new client grant needs scope or allow_all_scopes: true. An empty scope is allowed."
        if "allow_all_scopes" in plan.body and not plan.body["allow_all_scopes"] and "scope" not in plan.body:
            return "allow_all_scopes: false needs scope: the scopes that remain."
        third_party = (actual or plan.body).get("default_for")
        if third_party and plan.body.get("allow_any_organization"):
            return "allow_any_organization is not for third-party applications."
        return None

    def impact(self, actual: Object, plan: Plan) -> t.Sequence[str]:
        if plan.action != "update" or plan.predicted.get("allow_all_scopes"):
            return ()
        there = actual.get("scope") or []
        lost = [scope for scope in there if scope not in (plan.predicted.get("scope") or [])]
        what = "all scopes but those listed" if actual.get("allow_all_scopes") else ", ".join(lost)
        who = "Third-party applications" if actual.get("default_for") else f"The application {actual['client_id']}"
        return [f"{who} can no longer get these scopes of {actual['audience']}: {what}."] if what else ()

    def title(self, wanted: Object, found: Object) -> str:
        owner = wanted.get("client_id") or wanted.get("default_for")
        return f"client grant of {owner} for {wanted['audience']} ({wanted['subject_type']})"


def drop_implied_scope(grant: Object) -> Object:
    """A grant as Auth0 tells it: with all scopes, it has no list of them (TestAccClientGrant recording)."""
    return {key: value for key, value in grant.items() if key != "scope" or not grant.get("allow_all_scopes")}


CLIENT_GRANT = ClientGrants(
    noun="client grant",
    path="client-grants",
    scope="client_grants",
    keys=KEYS,
    fields=FIELDS,
    is_compound=True,
    addresses={},
    # Not by subject_type as well: a grant from before there was one has none, and counts as one for the client.
    filters={key: key for key in KEYS if key != "subject_type"},
    checkpoint=True,
    explain={
        404: "The API (audience) or the application (client_id) does not exist.",
        409: "Another run created it in the meantime: run again.",
    },
    shape=Shape(
        defaults={
            "subject_type": "client",
            "scope": [],
            "allow_all_scopes": False,
            "authorization_details_types": [],
            "allow_any_organization": False,
        },
        # One that loses all scopes gets the list in their place, the empty one as well.
        sent_with={"scope": "allow_all_scopes"},
        limits={
            "audience": (1, 600),
            "scope": (0, 1000),
            "scope[]": (1, 280),
            "authorization_details_types[]": (1, 255),
        },
    ),
)
