# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Remedies name options that exist, with values that they take, and the role has a variable for each."""

from __future__ import annotations

import importlib
import re
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

ROOT = Path(__file__).resolve().parents[2]
ROLE = (ROOT / "roles/mcp_server/tasks/main.yml").read_text()
SOURCES = sorted((ROOT / "plugins/module_utils/_check").glob("*.py"))
# What the sources write for the name of a module.
SHORT = {
    "_API": "auth0_resource_server",
    "_SETTINGS": "auth0_tenant_settings",
    "ZUPLO": "zuplo_mcp_oauth",
    "CHECK": "mcp_oauth_check",
}
MODULE = (
    r"(?:\{FQCN\}|mcp_ops\.oauth\.)?"
    rf"(?P<module>auth0_\w+|zuplo_mcp_oauth|mcp_oauth_check|\{{(?:{'|'.join(SHORT)})\}})"
)
REMEDY = re.compile(rf"{MODULE}: (?P<option>[a-z_]+(?:\.[a-z_]+)*)\b(?:: (?P<value>[^\",;]+))?")
# What is no part of a set-up: to clear up, to make a connection, and the grant for the check's own token.
ELSEWHERE = {"auth0_client", "auth0_connection", "auth0_client_grant: client_id"}


def remedies() -> list[tuple[str, str, str | None]]:
    """Module, path of the option, and its value where it is written out."""
    found: dict[tuple[str, str, str | None], None] = {}
    for path in SOURCES:
        for one in REMEDY.finditer(path.read_text()):
            name, value = one["module"].strip("{}"), one["value"]
            found[SHORT.get(name, name), one["option"], value and value.replace("{{", "{").replace("}}", "}")] = None
    return list(found)


def nested(path: str, value: t.Any) -> dict[str, t.Any]:
    name, _dot, rest = path.partition(".")
    return {name: nested(rest, value) if rest else value}


def test_there_are_remedies() -> None:
    assert len(remedies()) > 15
    assert {module for module, _option, _value in remedies()} >= set(SHORT.values())


@pytest.mark.parametrize(("module", "option", "value"), remedies())
def test_a_remedy_can_be_carried_out(module: str, option: str, value: str | None) -> None:
    known = importlib.import_module(f"ansible_collections.mcp_ops.oauth.plugins.modules.{module}").MODULE
    spec: t.Any = known.argument_spec
    for name in option.split("."):
        assert name in spec, f"{module} has no option {option}"
        spec = spec[name].get("options", spec[name])
    if value and re.fullmatch(r"[\w.:/{}-]+", value) and not re.search(r"\{\w", value):
        given = yaml.safe_load(value)
        # Null counts as unset.
        assert given is not None
        top = option.partition(".")[0]
        only = ArgumentSpecValidator({top: known.argument_spec[top]}).validate(nested(option, given))
        assert only.error_messages == []


@pytest.mark.parametrize(("module", "option"), {one[:2]: None for one in remedies()})
def test_the_role_has_a_variable_for_it(module: str, option: str) -> None:
    top = re.escape(option.partition(".")[0])
    assert {module, f"{module}: {option}"} & ELSEWHERE or re.search(
        rf"^\s+(<<: \*\w+\n\s+)?{top}: |option: {top}$", ROLE, re.MULTILINE
    ), f"{module}: {option}"
