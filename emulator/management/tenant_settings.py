# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Tenant settings: one object, no POST and no DELETE. What was never set is absent."""

from __future__ import annotations

import copy
import json
from typing import Any

from .. import listing, schemas
from ..errors import ApiError, invalid_body
from .operation import Answer, Call, Object, Operation, merged

# `change_password` and `guardian_mfa_page` keep what a PATCH leaves out (TestAccDataSourcePages recording).
MERGED_PER_KEY = ("flags", "change_password", "guardian_mfa_page")

READ_ONLY_FLAGS = frozenset(
    {"allow_changing_enable_sso", "disable_impersonation", "custom_domains_provisioning", "genai_trial"}
)
LIFETIMES = (
    "session_lifetime",
    "idle_session_lifetime",
    "ephemeral_session_lifetime",
    "idle_ephemeral_session_lifetime",
)
PINNED_FLAG = "enforce_client_authentication_on_passwordless_start"

# In PATCH answers and in no GET (TestAccTenant_Main recording).
PATCH_ONLY_FLAGS = {f"cannot_change_{PINNED_FLAG}": True, PINNED_FLAG: True}
PATCH_ONLY_UNIVERSAL_LOGIN = {"is_custom_theme_set": False, "is_custom_template_set": False}
# In GET and in no PATCH answer.
GET_ONLY = "sandbox_versions_available"


def _check_flags(sent: Object, stored: Object) -> None:
    for name in sent:
        if name == PINNED_FLAG:
            raise invalid_body(f"Updating the {name} flag is not allowed. Please contact us if you need it changed.")
        sso = name == "enable_sso" and not stored.get("allow_changing_enable_sso")
        # Public reports: this flag goes to false and never back.
        old_flow = name == "change_pwd_flow_v1" and sent[name]
        if name in READ_ONLY_FLAGS or sso or old_flow:
            raise invalid_body(f"You are not allowed to set flag '{name}' for this tenant.")


def _check(call: Call) -> None:
    body, settings = call.body, call.tenant.settings
    _check_flags(body.get("flags") or {}, settings["flags"])
    versions = settings.get(GET_ONLY, [])
    if "sandbox_version" in body and body["sandbox_version"] not in versions:
        raise invalid_body(
            "The sandbox_version provided is invalid. Please use one of the available options: "
            f"{json.dumps(versions, separators=(',', ':'))}"
        )
    mode = body.get("dynamic_client_registration_security_mode")
    if mode == "permissive" and not call.tenant.state["permissive_allowed"]:
        raise ApiError(
            403, "Permissive third-party clients are not available for this tenant.", "operation_not_supported"
        )
    for name in LIFETIMES:
        if name in body and f"{name}_in_minutes" in body:
            raise invalid_body(f"Cannot set both {name} and {name}_in_minutes")


def _in_hours(minutes: int) -> float | int:
    """181 minutes read as 3.0166666666666666 (should-deploy-... recordings)."""
    return minutes // 60 if minutes % 60 == 0 else minutes / 60


def _change(body: Object, settings: Object) -> Object:
    change: dict[str, Any] = dict(body)
    for name in MERGED_PER_KEY:
        if change.get(name) is not None:
            change[name] = {**settings.get(name, {}), **change[name]}
    for name in LIFETIMES:
        if f"{name}_in_minutes" in change:
            change[name] = _in_hours(change.pop(f"{name}_in_minutes"))
    if change.get("default_redirection_uri") == "":
        change["default_redirection_uri"] = None
    return change


def read(call: Call) -> Answer:
    return Answer(200, listing.narrow(call.tenant.settings, call.query))


def update(call: Call) -> Answer:
    _check(call)
    settings = merged(call.tenant.settings, _change(call.body, call.tenant.settings))
    call.tenant.state["settings"] = settings
    answer = copy.deepcopy({key: value for key, value in settings.items() if key != GET_ONLY})
    answer["flags"].update(PATCH_ONLY_FLAGS)
    if "universal_login" in answer:
        answer["universal_login"].update(PATCH_ONLY_UNIVERSAL_LOGIN)
    return Answer(200, answer)


_PATH = "/tenants/settings"
OPERATIONS = (
    Operation("GET", _PATH, read, query=listing.FIELDS),
    Operation("PATCH", _PATH, update, schemas.request("UpdateTenantSettings")),
)
