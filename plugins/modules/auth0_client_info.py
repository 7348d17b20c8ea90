#!/usr/bin/python
# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: auth0_client_info
short_description: Read the applications (clients) of an Auth0 tenant
version_added: 0.1.0
author:
  - mcp_ops.oauth contributors (@mcp-ops)
description:
  - Reads all applications, or those that match all options that are set.
options:
  client_id:
    description: Only the application with this client ID.
    type: str
  name:
    description: Only applications with this name.
    type: str
  external_client_id:
    description: Only the application whose client ID metadata document has this URL.
    type: str
  is_first_party:
    description: Only first-party applications (V(true)), or only third-party ones (V(false)).
    type: bool
  app_type:
    description: Only applications of these types.
    type: list
    elements: str
  include_client_secret:
    description: Whether the result contains client secrets. If so, set C(no_log=true) on the task.
    type: bool
    default: false
notes:
  - The token needs the scope C(read:clients), and C(read:client_keys) with O(include_client_secret=true).
  - The tenant's global client, which Auth0 keeps for itself, is left out.
extends_documentation_fragment: [mcp_ops.oauth._auth0, mcp_ops.oauth._info]
seealso:
  - module: mcp_ops.oauth.auth0_client
"""

EXAMPLES = r"""
- name: Read the third-party applications, such as self-registered ones
  mcp_ops.oauth.auth0_client_info:
    domain: tenant.eu.auth0.com
    auth_client_id: "{{ auth0_client_id }}"
    auth_client_secret: "{{ auth0_client_secret }}"
    is_first_party: false
"""

RETURN = r"""
clients:
  description: The applications. Empty if none was found.
  returned: success
  type: list
  elements: dict
  sample:
    - client_id: tpc_bU3H7iEFPD3nVwc6a6yoa2
      name: MCP Inspector
      is_first_party: false
failure:
  description: Auth0's answer to the request that failed. A value is null where there was none.
  returned: when a request fails
  type: dict
  sample: {status: 401, code: null, message: Invalid token, request: GET /api/v2/clients}
"""

from ..module_utils._auth0.kinds.application import APPLICATION, APPLICATION_WITH_SECRETS, FIELDS
from ..module_utils._auth0.kinds.cimd_application import DOCUMENT_APPLICATION
from ..module_utils._auth0.plan import without_secrets
from ..module_utils._auth0.resource import check_keys
from ..module_utils._errors import ScopeError
from ..module_utils._module import Result, TenantModule, TenantTask, run, select_fields
from ..module_utils._types import Object


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
)


def main() -> None:
    run(MODULE)


if __name__ == "__main__":
    main()
