# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What Auth0 has really answered passes the check of answers."""

from __future__ import annotations

import json
import typing as t
from collections import Counter

import pytest

from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.kinds.application import APPLICATION
from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.kinds.client_grant import CLIENT_GRANT
from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.kinds.connection import CONNECTION
from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.kinds.resource_server import RESOURCE_SERVER
from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.kinds.role import ROLE
from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.kinds.tenant import ALL
from tests.contract.replay import FIXTURES, exchanges

KINDS: dict[str, t.Any] = {
    **{kind.path: kind for kind in (APPLICATION, CLIENT_GRANT, CONNECTION, RESOURCE_SERVER, ROLE)},
    "tenants": ALL,
}


def test_every_recorded_answer_has_its_form() -> None:
    files = sorted((FIXTURES / "recordings").glob("*.json"))
    if not files:
        pytest.skip("the recordings are not beside the checkout")
    faults, counts = [], Counter[str]()
    for file in files:
        for one in exchanges(json.loads(file.read_text())):
            kind = KINDS.get(one.kind)
            about_parts = one.kind != "tenants" and len(one.parts) > 2
            if not kind or about_parts or one.status >= 300 or one.status == 204 or one.method == "DELETE":
                continue
            listed = one.answer.get(one.kind.replace("-", "_")) if isinstance(one.answer, dict) else one.answer
            for found in listed if isinstance(listed, list) else [one.answer]:
                counts[one.kind] += 1
                if fault := kind.form.find_fault(found):
                    faults.append(f"{file.stem}: {one}: {fault}")
    assert faults == []
    # There is no recording of roles.
    assert min(counts[kind] for kind in KINDS if kind != "roles") > 10, counts
