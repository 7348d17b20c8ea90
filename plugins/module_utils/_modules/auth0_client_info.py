# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""auth0_client_info: read the applications (clients) of an Auth0 tenant."""

from __future__ import annotations

from .._auth0.kinds.application import APPLICATION, APPLICATION_WITH_SECRETS, FIELDS
from .._auth0.kinds.cimd_application import DOCUMENT_APPLICATION
from .._auth0.plan import without_secrets
from .._auth0.resource import check_keys
from .._errors import ScopeError
from .._module import Result, TenantModule, TenantTask
from .._options import select_fields
from .._types import Object


def fits(application: Object, options: Object) -> bool:
    """Whether all options hold: Auth0 filters lists only, and knows no filter by name."""
    return (
        not application.get("global")
        and options.get("name") in (None, application.get("name"))
        and options.get("is_first_party") in (None, application.get("is_first_party", True))
        and ("app_type" not in options or application.get("app_type") in options["app_type"])
    )


def perform(task: TenantTask) -> Result:
    options, include = task.options, task.options["include_client_secret"]
    for resource in (APPLICATION, DOCUMENT_APPLICATION):
        check_keys(resource, options)
    resource = APPLICATION_WITH_SECRETS if include else APPLICATION
    if include and (missing := task.api.missing_scopes(resource.readable.values())):
        raise ScopeError(missing, "which is needed for include_client_secret")
    filters = {"is_global": "false", **task.fields(["external_client_id"])}
    if "is_first_party" in options:
        filters["is_first_party"] = str(options["is_first_party"]).lower()
    if "app_type" in options:
        filters["app_type"] = ",".join(options["app_type"])
    clients: list[Object] = []
    secrets: list[str] = []
    for application in resource.search(task.api, task.fields(["client_id"]), **filters):
        if fits(application, options):
            secret = (
                {"client_secret": application["client_secret"]} if include and application.get("client_secret") else {}
            )
            clients.append({**without_secrets(resource.shape, select_fields(FIELDS, application)), **secret})
            secrets += secret.values()
    return Result({"clients": clients}, revealed=frozenset(secrets))


MODULE = TenantModule(
    {
        "client_id": {"type": "str"},
        "name": {"type": "str"},
        "external_client_id": {"type": "str"},
        "is_first_party": {"type": "bool"},
        "app_type": {"type": "list", "elements": "str"},
        "include_client_secret": {"type": "bool", "default": False, "no_log": False},
    },
    perform,
    {"mutually_exclusive": [["client_id", "name", "external_client_id"]]},
    reveals="include_client_secret",
)
