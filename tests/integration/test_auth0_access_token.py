# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import re
import typing as t

from tests.integration.harness import Play, Tenant

READ = "read:resource_servers"
CREATE = "create:resource_servers"


def login(label: str = "login", **options: t.Any) -> dict[str, t.Any]:
    return {
        "name": label,
        "mcp_ops.oauth.auth0_access_token": options,
        "register": "login",
    }


def test_one_token_serves_a_play(play: Play, tenant: Tenant) -> None:
    tenant.grant(READ, CREATE, "read:tenant_settings")
    run = play(
        [
            login(required_scopes=[READ, CREATE]),
            {
                "module_defaults": {
                    "group/mcp_ops.oauth.auth0": {
                        "domain": tenant.domain,
                        "auth_access_token": "{{ login.access_token }}",
                    }
                },
                "block": [
                    {
                        "name": "create",
                        "mcp_ops.oauth.auth0_resource_server": {"identifier": "https://mcp.example.com/mcp"},
                    },
                    {
                        "name": "flags",
                        "mcp_ops.oauth.auth0_tenant_flags": {"flags": {"enable_client_connections": True}},
                    },
                ],
            },
            {"name": "shape", "ansible.builtin.debug": {"msg": "{{ login.scopes }} {{ login.expires_in }}"}},
        ],
        env={"AUTH0_DOMAIN": tenant.domain, "AUTH0_CLIENT_ID": tenant.client_id},
    )
    assert run.rc == 0, run.output
    assert run.logins == 1
    assert run["create"].changed
    assert run["shape"].result["msg"] == f"{sorted([READ, CREATE, 'read:tenant_settings'])} 86400"


def test_missing_scopes_are_all_named_before_anything_is_sent(play: Play, tenant: Tenant) -> None:
    tenant.grant(READ)
    step = play([{**login(required_scopes=["update:connections", READ, CREATE]), "ignore_errors": True}])["login"]
    assert (
        f"The token lacks the scopes {CREATE}, update:connections, which required_scopes names." in step.result["msg"]
    )
    assert step.calls == []


def test_a_given_token_is_passed_on(play: Play, tenant: Tenant) -> None:
    token = tenant.token()
    use = {
        "name": "use",
        "mcp_ops.oauth.auth0_connection_domain": {
            "name": "Username-Password-Authentication",
            "auth_access_token": "{{ login.access_token }}",
        },
    }
    run = play(
        [login(required_scopes=[READ]), use],
        env={"AUTH0_CLIENT_ID": None, "AUTH0_CLIENT_SECRET": None, "AUTH0_ACCESS_TOKEN": token},
    )
    assert run.rc == 0, run.output
    assert run["use"].changed
    assert run.logins == 0


def test_an_opaque_token_cannot_be_checked(play: Play) -> None:
    run = play(
        [
            login(required_scopes=[READ]),
            {"name": "shape", "ansible.builtin.debug": {"msg": "{{ login.scopes is none }}"}},
        ],
        env={"AUTH0_CLIENT_SECRET": None, "AUTH0_API_TOKEN": "opaque"},
    )
    assert "required_scopes could not be checked" in re.sub(r"\s+", " ", run.output)
    assert str(run["shape"].result["msg"]) == "True"
