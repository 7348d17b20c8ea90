# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The check and the Python SDK agree about gateways of every shape; tests/gateway asks the TypeScript SDK."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.api import ManagementApi
from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.settings import Settings
from ansible_collections.mcp_ops.oauth.plugins.module_utils._check.check import Check, Subject
from ansible_collections.mcp_ops.oauth.plugins.module_utils._check.probe import Probe
from ansible_collections.mcp_ops.oauth.plugins.module_utils._check.report import Finding
from ansible_collections.mcp_ops.oauth.plugins.module_utils._check.server import Issuer
from tests.integration.harness import Tenant
from tests.mcp.client import visit
from tests.mcp.shapes import PYTHON, SHAPES, Front, Shape


@pytest.fixture(scope="module")
def front(emulator: Tenant) -> Iterator[Front]:
    with Front(emulator) as front:
        yield front


def check(front: Front, tenant: Tenant) -> dict[str, Finding]:
    """What a check with credentials finds that does not pass, by name."""
    login = {"auth_client_id": tenant.client_id, "auth_client_secret": tenant.client_secret}
    api = ManagementApi(Settings(tenant.domain, ca_path=tenant.ca_path, **login))
    probe = Probe(ca_path=tenant.ca_path, validate_certs=True, timeout=10)
    subject = Subject(front.url, Issuer(tenant.domain, "domain"), frozenset(["dcr"]))
    try:
        found = Check(subject, probe, api).run()
    finally:
        probe.close()
    return {one.name: one for one in found if one.status in ("fail", "warn")}


def gets_in(front: Front, tenant: Tenant, shape: Shape) -> str:
    """Empty where the Python SDK gets in, else what it says."""
    try:
        seen = visit(front.url, tenant.ca_path, token=shape.token, user_agent=shape.agent, seconds=10)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    assert seen.answers == ["Hello, MCP!"]
    return ""


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_the_check_and_the_sdk_agree(front: Front, emulator: Tenant, shape: Shape) -> None:
    front.take(shape)
    found = check(front, emulator)
    assert {name: one.status for name, one in found.items()} == shape.found, found
    said = gets_in(front, emulator, shape)
    assert bool(said) == (PYTHON in shape.fails), said
    # A check fails where a client does not get in, or everybody does, and nowhere else.
    assert any(one.status == "fail" for one in found.values()) == (bool(shape.fails) or shape.open)
    assert all(one.remedy for one in found.values())
