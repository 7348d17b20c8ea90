# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import functools
import json
import typing as t

from tests.integration import harness
from tests.integration.harness import Play

task = functools.partial(harness.task, "zuplo_mcp_oauth")


def test_configuration(play: Play) -> None:
    name = 'Quotes " and </script> and ${braces}'
    options: dict[str, t.Any] = {"auth0_domain": "tenant.eu.auth0.com", "mcp_server_url": "https://mcp.example.com/mcp"}
    run = play(
        [
            task("config", resource_name=name, **options),
            {**task("check", resource_name=name, **options), "check_mode": True},
            task("origin", **{**options, "mcp_server_url": "https://mcp.example.com"}),
            task("slash", **{**options, "mcp_server_url": "https://mcp.example.com/mcp/"}),
            task("domain", **{**options, "auth0_domain": "https://tenant.eu.auth0.com"}),
            task("policy", policy_name="MCP_OAuth", **options),
        ]
    )
    config = run["config"].result["config"]
    assert run["check"].result["config"] == config
    assert not run["config"].changed
    assert not run["config"].requests
    assert config["audience"] == "https://mcp.example.com/mcp"
    assert config["issuer"] == "https://tenant.eu.auth0.com/"
    assert config["policy"] == {
        "name": "mcp-oauth-inbound",
        "policyType": "auth0-jwt-auth-inbound",
        "handler": {
            "export": "Auth0JwtInboundPolicy",
            "module": "$import(@zuplo/runtime)",
            "options": {
                "auth0Domain": "tenant.eu.auth0.com",
                "audience": "https://mcp.example.com/mcp",
                "oAuthResourceMetadataEnabled": True,
            },
        },
    }
    assert config["inbound_policies"] == ["mcp-oauth-inbound"]
    assert config["plugin_options"] == {
        "authorizationServers": ["https://tenant.eu.auth0.com/"],
        "resourceName": name,
    }
    literal = config["runtime_module"].partition("OAuthProtectedResourcePlugin(")[2].rpartition("),\n  );")[0]
    assert json.loads(literal) == config["plugin_options"]

    assert "has no path" in run["origin"].warnings
    assert "a trailing slash" in run["slash"].result["msg"]
    assert "use 'https://mcp.example.com/mcp'" in run["slash"].result["msg"]
    assert "use 'tenant.eu.auth0.com'" in run["domain"].result["msg"]
    assert "policy_name must consist of small letters, digits and hyphens" in run["policy"].result["msg"]
