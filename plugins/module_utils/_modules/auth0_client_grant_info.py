# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""auth0_client_grant_info: read the client grants of an Auth0 tenant."""

from __future__ import annotations

from .._auth0.kinds.client_grant import CLIENT_GRANT, FIELDS, KEYS, drop_implied_scope
from .._auth0.resource import check_keys
from .._module import Result, TenantModule, TenantTask
from .._options import select_fields


def perform(task: TenantTask) -> Result:
    check_keys(CLIENT_GRANT, task.options)
    # Not by subject_type: a grant from before there was one has none, and is one for the client.
    query = {key: value for key, value in task.fields(KEYS).items() if key != "subject_type"}
    grants = [{"subject_type": "client", **drop_implied_scope(one)} for one in CLIENT_GRANT.list(task.api, **query)]
    wanted = task.options.get("subject_type")
    found = [select_fields(FIELDS, grant) for grant in grants if wanted in (None, grant["subject_type"])]
    return Result({"client_grants": found})


MODULE = TenantModule(
    {
        "client_id": {"type": "str"},
        "default_for": {"type": "str", "choices": ["third_party_clients"]},
        "audience": {"type": "str"},
        "subject_type": {"type": "str", "choices": ["user", "client"]},
    },
    perform,
    {"mutually_exclusive": [["client_id", "default_for"]]},
)
