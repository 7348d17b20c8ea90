# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""auth0_client: manage an application (client) of an Auth0 tenant."""

from __future__ import annotations

from .._auth0.kinds.application import APPLICATION, APPLICATION_WITH_SECRETS, FIELDS
from .._errors import ScopeError
from .._module import Result, TenantModule, TenantTask
from .._options import LIFE


def perform(task: TenantTask) -> Result:
    wanted, included = task.fields(FIELDS), task.options["include_client_secret"] and not task.absent
    resource = APPLICATION_WITH_SECRETS if included or "client_secret" in wanted else APPLICATION
    outcome = task.ensure(resource, wanted)
    secret = {name: value for name, value in outcome.secrets.items() if included and name == "client_secret"}
    warnings = []
    if included and not secret and (missing := task.api.missing_scopes(resource.readable.values())):
        warnings = [str(ScopeError(missing, "so the result holds no client_secret"))]
    values = {"client": {**outcome.object, **secret}}
    return Result.of(outcome, values, warnings=warnings, revealed=frozenset(secret.values()))


MODULE = TenantModule(
    {**FIELDS, **LIFE, "include_client_secret": {"type": "bool", "default": False, "no_log": False}},
    perform,
    {"required_one_of": [["client_id", "name"]]},
    kind=APPLICATION,
    reveals="include_client_secret",
)
