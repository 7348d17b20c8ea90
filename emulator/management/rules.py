# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules: `{id, name, script, enabled, order, stage}`. No script is run. An enabled one keeps strict clients out."""

from __future__ import annotations

from .. import listing, schemas
from ..access import is_strict
from ..errors import ApiError, OAuthError, missing
from ..tenant import State, Tenant, token
from .operation import Answer, Call, Object, Operation

COLLECTION = "rules"


def check_login(tenant: Tenant, client: State) -> None:
    """Documentation: security controls for third-party applications. The error's words are our own."""
    if is_strict(client) and any(rule["enabled"] for rule in tenant.objects(COLLECTION).values()):
        raise OAuthError(400, "invalid_request", "Rules are not supported for third-party clients")


def _find(tenant: Tenant, name: str) -> Object:
    found: Object | None = tenant.objects(COLLECTION).get(name)
    if found is None:
        raise missing("rule")
    return found


def _check(tenant: Tenant, rule: Object) -> None:
    others = [other for other in tenant.objects(COLLECTION).values() if other["id"] != rule["id"]]
    for key in ("name", "order"):
        if any(other[key] == rule[key] for other in others):
            raise ApiError(409, f"A rule with the same {key} already exists.", "rule_conflict")


def create(call: Call) -> Answer:
    """Defaults: TestAccRule recording."""
    last = max((rule["order"] for rule in call.tenant.objects(COLLECTION).values()), default=0)
    rule = {"id": token("rul_", 16), "enabled": True, "order": last + 1, "stage": "login_success", **call.body}
    _check(call.tenant, rule)
    call.tenant.objects(COLLECTION)[rule["id"]] = rule
    return Answer(201, rule)


def read_all(call: Call) -> Answer:
    """In the order in which they would run."""
    enabled = listing.flag(call.query, "enabled")
    found = [rule for rule in call.tenant.objects(COLLECTION).values() if enabled in (None, rule["enabled"])]
    found.sort(key=lambda rule: int(rule["order"]))

    def shape(rule: Object) -> Object:
        return listing.narrow(rule, call.query)

    return Answer(200, listing.page(found, call.query, COLLECTION, key="id", checkpoint=False, shape=shape))


def read(call: Call) -> Answer:
    return Answer(200, listing.narrow(_find(call.tenant, call.id), call.query))


def update(call: Call) -> Answer:
    rule = {**_find(call.tenant, call.id), **call.body}
    _check(call.tenant, rule)
    call.tenant.objects(COLLECTION)[rule["id"]] = rule
    return Answer(200, rule)


def delete(call: Call) -> Answer:
    """204 also when repeated."""
    call.tenant.objects(COLLECTION).pop(call.id, None)
    return Answer(204)


_PATH, _READ = "/rules", ("read:rules",)
OPERATIONS = (
    Operation("GET", _PATH, _READ, read_all, query=listing.PAGING | listing.FIELDS | {"enabled"}),
    Operation("POST", _PATH, ("create:rules",), create, schemas.request("CreateRule")),
    Operation("GET", f"{_PATH}/{{id}}", _READ, read, query=listing.FIELDS),
    Operation("PATCH", f"{_PATH}/{{id}}", ("update:rules",), update, schemas.request("UpdateRule")),
    Operation("DELETE", f"{_PATH}/{{id}}", ("delete:rules",), delete),
)
