# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Network ACLs: `{id, description, active, priority, rule: {action, match?, not_match?, scope}, …}`.

They can be read, and are made in the state alone. No request is refused for one.
"""

from __future__ import annotations

from .. import listing
from .operation import Answer, Call, Operation

COLLECTION = "network_acls"


def read_all(call: Call) -> Answer:
    found = [*call.tenant.objects(COLLECTION).values()]
    return Answer(200, listing.page(found, call.query, COLLECTION, key="id", checkpoint=False))


OPERATIONS = (Operation("GET", "/network-acls", read_all, query=listing.PAGING),)
