# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which login pages a tenant has: `{universal_login_experience, identifier_first, webauthn_platform_first_factor}`.

It can be read, and is changed in the state alone.
"""

from __future__ import annotations

from ..access import is_strict
from ..errors import OAuthError
from ..tenant import PROMPTS, State, Tenant
from .operation import Answer, Call, Operation


def check_login(tenant: Tenant, client: State) -> None:
    """Documentation: troubleshoot third-party applications. The error's words are our own."""
    if is_strict(client) and tenant.state[PROMPTS]["universal_login_experience"] == "classic":
        raise OAuthError(400, "invalid_request", "Classic Login is not supported for third-party clients")


def read(call: Call) -> Answer:
    return Answer(200, call.tenant.state[PROMPTS])


OPERATIONS = (Operation("GET", "/prompts", read),)
