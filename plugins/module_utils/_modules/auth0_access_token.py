# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""auth0_access_token: get one access token for the Auth0 Management API."""

from __future__ import annotations

from .._errors import ScopeError
from .._module import Result, TenantModule, TenantTask


def perform(task: TenantTask) -> Result:
    token, required = task.api.token, task.options["required_scopes"]
    if missing := task.api.missing_scopes(required):
        raise ScopeError(missing, "which required_scopes names")
    warnings = []
    if required and token.scopes is None:
        warnings = ["The token does not tell its scopes, so required_scopes could not be checked."]
    return Result(
        {
            "access_token": token.value,
            "scopes": None if token.scopes is None else sorted(token.scopes),
            "expires_in": token.expires_in,
        },
        warnings=warnings,
        revealed=frozenset({token.value}),
    )


MODULE = TenantModule({"required_scopes": {"type": "list", "elements": "str", "default": []}}, perform, reveals=True)
