# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the modules and the documentation know of the gateway and of clients, against what is installed."""

from __future__ import annotations

import json
import re
from importlib import metadata

import pytest

from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.guards import EXPORTS, is_of_mcp_gateway
from tests.gateway.install import MODULES, installed
from tests.integration.harness import ROOT

OWN_CODE = "$import(./"
# A row of the documentation: a package, and its version.
RUN = re.compile(r"^\|[^|]*?`([^`|]+)`[^|`]*\| (\d+\.[\d.]+) \|", re.MULTILINE)
SINCE_7_6 = {"AIGatewaySmartRouterInboundPolicy"}


def inbound_policies() -> set[str]:
    """The exports of the installed gateway's policies that are before a handler, without the example of own code."""
    handlers = [
        json.loads(file.read_text(encoding="utf-8"))["properties"]["handler"]["properties"]
        for file in MODULES.glob("zuplo/docs/policies/*-inbound*/schema.json")
    ]
    return {one["export"]["const"] for one in handlers if not one["module"]["const"].startswith(OWN_CODE)}


def test_every_policy_of_the_gateway_is_known() -> None:
    """Where a newer gateway has one more, somebody must say in guards.py what it does with a token."""
    found = inbound_policies()
    handlers = ({"handler": {"export": name, "module": "$import(@zuplo/runtime)"}} for name in found)
    of_mcp_gateway = {one["handler"]["export"] for one in handlers if is_of_mcp_gateway(one)}
    assert len(of_mcp_gateway) > 10
    assert found - of_mcp_gateway - EXPORTS == set()


def test_no_policy_is_known_that_the_gateway_does_not_have() -> None:
    assert EXPORTS - inbound_policies() <= SINCE_7_6


@pytest.mark.parametrize(("package", "version"), RUN.findall((ROOT / "docs" / "how-it-works.md").read_text()))
def test_the_clients_that_are_said_to_have_been_run_are_those_installed(package: str, version: str) -> None:
    in_python = package in ("mcp", "fastmcp")
    assert version == (metadata.version(package) if in_python else installed(package))
