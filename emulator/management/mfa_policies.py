# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Policies for multi-factor authentication: a list of names. It can be read, and is changed in the state alone.

Nobody is asked for a second factor here.
"""

from __future__ import annotations

from ..tenant import MFA_POLICIES
from .operation import Answer, Call, Operation


def read(call: Call) -> Answer:
    return Answer(200, call.tenant.state[MFA_POLICIES])


OPERATIONS = (Operation("GET", "/guardian/policies", read),)
