# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Applications that Auth0 makes of a client ID metadata document (CIMD), whose URL is their external_client_id."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from ..._errors import PlanError
from ..._types import Object
from ..api import ManagementApi, Need
from ..form import Form
from ..plan import Plan, make_plan
from ..resource import Collection, Expansion
from .application import APPLICATION, CIMD_FIELDS, SHAPE

EXTERNAL = "external_client_id"
PREVIEW, REGISTER = "clients/cimd/preview", "clients/cimd/register"
_TEXTS = {"type": "list", "elements": "str"}
_PREVIEW = Form(
    fields={
        "errors": _TEXTS,
        "validation": {"type": "dict", "options": {"violations": _TEXTS, "warnings": _TEXTS}},
        "mapped_fields": {"type": "dict"},
    }
)
# What Auth0 takes over from the document and tells of the client again.
DOCUMENT_FIELDS = (
    *(EXTERNAL, "name", "description", "logo_uri", "callbacks", "app_type", "grant_types"),
    *("token_endpoint_auth_method", "jwks_uri"),
)
# What it takes away again once the document no longer says it.
ONLY_DOCUMENT = ("logo_uri", "jwks_uri")


@dataclass(frozen=True)
class DocumentApplications(Collection):
    """Registered by their document, and then given what an administrator adds.

    With `refresh`, one that exists is compared with its document as it is now.
    """

    refresh: bool = False

    def expand(self, api: ManagementApi, wanted: Object, actual: Object | None) -> Expansion:
        """The document's fields below the administrator's, where a registration may be due."""
        if actual is not None and not self.refresh:
            return Expansion(wanted)
        preview = api.post(PREVIEW, {EXTERNAL: wanted[EXTERNAL]}, _PREVIEW)
        validation = preview.get("validation") or {}
        faults = [*(preview.get("errors") or []), *(validation.get("violations") or [])]
        if faults or not validation.get("valid", True):
            raise PlanError(f"Auth0 cannot use the document at {wanted[EXTERNAL]}: {'; '.join(faults) or 'not valid'}")
        mapped = preview.get("mapped_fields") or {}
        fields: Object = {name: None for name in ONLY_DOCUMENT if name in (actual or {})}
        fields.update({name: mapped[name] for name in DOCUMENT_FIELDS if mapped.get(name) is not None})
        warnings = tuple(f"{wanted[EXTERNAL]}: {text}" for text in validation.get("warnings") or [])
        return Expansion({**fields, **wanted}, warnings)

    def write(self, api: ManagementApi, wanted: Object, actual: Object, plan: Plan) -> Object:
        if plan.action == "create" or (plan.action == "update" and set(plan.body) - set(CIMD_FIELDS)):
            registered = api.post(REGISTER, {EXTERNAL: wanted[EXTERNAL]}, Form((self.id,)))
            actual = api.get(self.path_of(registered), self.form, **self.query) or registered
            plan = make_plan(self.shape, wanted, actual)
        # The answer to a PATCH may lack where the application came from (TestAccClientCIMD recording).
        return {**actual, **super().write(api, wanted, actual, plan)} if plan.changed else actual

    def scopes(self, plan: Plan) -> t.Sequence[Need]:
        return ("create:clients", "update:clients") if plan.action == "create" else super().scopes(plan)


DOCUMENT_APPLICATION = DocumentApplications(
    noun="application",
    path="clients",
    scope="clients",
    keys=(EXTERNAL,),
    fields=APPLICATION.fields,
    id="client_id",
    addresses={},
    filters={EXTERNAL: EXTERNAL},
    checkpoint=True,
    query=APPLICATION.query,
    # Not in the list of what may be set on such an application. What is set is merged over what the registration made.
    shape=replace(SHAPE, server_made=frozenset({"jwt_configuration.secret_encoded"}), required={}),
)
