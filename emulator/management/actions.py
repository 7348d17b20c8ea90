# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Actions: a tenant here has none, and none can be made. auth0-deploy-cli asks for the list along with database
connections, which it leaves out where the list is refused (8.44.0, handlers/databases.js)."""

from __future__ import annotations

from .. import listing
from .operation import Answer, Call, Operation

COLLECTION = "actions"


def read_all(call: Call) -> Answer:
    """The envelope of this list is its own: always there, with `page` and `per_page`."""
    per_page = listing.number(call.query, "per_page", 50, least=1, most=100)
    page = listing.number(call.query, "page", 0, least=0)
    return Answer(200, {"total": 0, "page": page, "per_page": per_page, COLLECTION: []})


OPERATIONS = (
    Operation(
        "GET",
        "/actions/actions",
        ("read:actions",),
        read_all,
        query=frozenset({"triggerId", "actionName", "deployed", "installed", "page", "per_page"}),
    ),
)
