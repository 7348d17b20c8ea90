# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Options that can never work are refused by name; the others make a configuration that the gateway takes as meant."""

from __future__ import annotations

import json
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mcp_ops.oauth.plugins.module_utils._errors import InputError
from ansible_collections.mcp_ops.oauth.plugins.module_utils._urls import derive
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.configuration import (
    Environment,
    check_options,
    configuration,
)

GOOD: dict[str, t.Any] = {
    "state": "present",
    "issuer_domain": "tenant.eu.auth0.com",
    "mcp_server_url": "https://mcp.example.com/mcp",
    "resource_name": "MCP server",
    "policy_name": "mcp-oauth-inbound",
    "project_dir": "/gateway",
    "operations": [{"id": "hello", "file": "config/routes.oas.json"}, {"id": "bye", "file": "config/routes.oas.json"}],
    "attach_to_tools": True,
    "issuer_domain_env": "AUTH0_DOMAIN",
    "mcp_host_env": "_host",
}
TEXTS = [name for name, value in GOOD.items() if isinstance(value, str)]


def refuse(**options: t.Any) -> InputError:
    with pytest.raises(InputError) as refused:
        check_options({**GOOD, **options})
    return refused.value


def test_good_options() -> None:
    check_options(GOOD)
    check_options({"policy_name": "1"})


@pytest.mark.parametrize("option", TEXTS)
@pytest.mark.parametrize("value", ["", " "])
def test_an_empty_option_is_named(option: str, value: str) -> None:
    assert str(refuse(**{option: value})) == f"{option} is empty. Give it a value."


def test_an_empty_field_of_an_operation_is_named() -> None:
    operations = [GOOD["operations"][0], {"id": "", "file": ""}]
    assert str(refuse(operations=operations)) == (
        "operations[1].id is empty. Give it a value. operations[1].file is empty. Give it a value."
    )


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("policy_name", "MCP"),
        ("policy_name", "a b"),
        ("policy_name", "a\n"),
        ("issuer_domain_env", "ZUPLO_DOMAIN"),
        ("issuer_domain_env", "__ZUPLO_X"),
        ("mcp_host_env", "$env(X)"),
        ("mcp_host_env", "1ST"),
        ("mcp_host_env", "HÖST"),
        ("issuer_domain", "https://tenant.eu.auth0.com"),
        ("mcp_server_url", "https://mcp.example.com/mcp/"),
    ],
)
def test_a_value_that_never_works(option: str, value: str) -> None:
    error = refuse(**{option: value})
    assert error.where == option
    assert error.remedy


def test_all_faults_are_reported_at_once() -> None:
    text = str(
        refuse(
            policy_name="X", mcp_host_env="", issuer_domain="tenant.eu.auth0.com/", mcp_server_url="http://a.example"
        )
    )
    for option in ("policy_name 'X' is not", "mcp_host_env is empty.", "issuer_domain has", "mcp_server_url has plain"):
        assert option in text


@given(st.text(max_size=30))
def test_any_name_reaches_the_plugin_as_it_is(name: str) -> None:
    config = configuration(
        derive("tenant.eu.auth0.com", "https://mcp.example.com/mcp"), resource_name=name, policy_name="p"
    )
    literal = config["runtime_module"].partition("OAuthProtectedResourcePlugin(")[2].rpartition("),\n  );")[0]
    assert json.loads(literal) == {"authorizationServers": ["https://tenant.eu.auth0.com/"], "resourceName": name}


def test_names_of_the_gateway_s_environment_fail_closed() -> None:
    environment = Environment("DOMAIN", "HOST")
    strings = derive("tenant.eu.auth0.com", "https://mcp.example.com/mcp")
    # A resource name that is the issuer stays what it is.
    config = configuration(strings, resource_name=strings.issuer, policy_name="p", environment=environment)
    options = config["policy"]["handler"]["options"]
    assert (options["auth0Domain"], options["audience"]) == ("$env(DOMAIN)", "https://$env(HOST)/mcp")
    assert "`https://${environment.DOMAIN}/`" in config["runtime_module"]
    assert f'"resourceName": "{strings.issuer}"' in config["runtime_module"]
