# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What Auth0 has really answered passes the check of answers."""

from __future__ import annotations

import typing as t
from collections import Counter

from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.kinds.application import APPLICATION
from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.kinds.client_grant import CLIENT_GRANT
from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.kinds.connection import CONNECTION
from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.kinds.resource_server import RESOURCE_SERVER
from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.kinds.role import ROLE
from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.kinds.tenant import ALL
from tests.contract.recorded import FOLDER, ROLES, read, scenarios

KINDS: dict[str, t.Any] = {
    **{kind.path: kind for kind in (APPLICATION, CLIENT_GRANT, CONNECTION, RESOURCE_SERVER, ROLE)},
    "tenants": ALL,
}


def test_every_recorded_answer_has_its_form() -> None:
    faults, counts = [], Counter[str]()
    for scenario, folder in ((name, place) for place in (FOLDER, ROLES) for name in scenarios(place)):
        for one in read(scenario, folder):
            kind = KINDS.get(one.kind)
            about_parts = one.kind != "tenants" and len(one.parts) > 2
            if not kind or about_parts or one.method == "DELETE":
                continue
            for found in one.shown:
                counts[one.kind] += 1
                if fault := kind.form.find_fault(found):
                    faults.append(f"{scenario}: {one}: {fault}")
    assert faults == []
    assert min(counts[kind] for kind in KINDS) > 10, counts
