# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Two tenants as two hosts of an inventory, with credentials in a vault, and what a person sees of a mistake.

`SHOW=1 pytest -s tests/integration/test_tenants_as_hosts.py` shows the screens.
"""

from __future__ import annotations

import json
import os
import sys
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from ansible.parsing.vault import VaultLib, VaultSecret

from tests.integration.harness import DATABASE, WAYS, Tenant, ansible_playbook

PLAYBOOK = "mcp_ops.oauth.mcp_server"
ABSENT = "mcp_ops.oauth.mcp_server_absent"
URL = "https://mcp.example.com/mcp"
PASSWORD = "open-sesame"
HOSTS = ("production", "staging")
# A playbook of a user's own: modules with host variables, then the role.
OWN = [
    {
        "hosts": "all",
        "connection": "local",
        "gather_facts": False,
        "strategy": "free",
        "tasks": [
            {"name": "Read the tenant", "mcp_ops.oauth.auth0_tenant_info": None},
            {"name": "Set up", "ansible.builtin.import_role": {"name": "mcp_ops.oauth.mcp_server"}},
        ],
    }
]


@pytest.fixture(scope="module")
def tenants() -> t.Iterator[dict[str, Tenant]]:
    both = {host: Tenant() for host in HOSTS}
    yield both
    for tenant in both.values():
        tenant.close()


@dataclass(frozen=True)
class Screen:
    """What a run leaves: its exit status, its output, and the writes that each tenant saw."""

    rc: int
    text: str
    writes: dict[str, list[str]]

    def of(self, host: str) -> str:
        return self.text.rpartition("PLAY RECAP")[2].partition(f"{host} ")[2].partition("\n")[0]


def vaulted(value: str) -> str:
    text = VaultLib().encrypt(value.encode(), VaultSecret(PASSWORD.encode())).decode()
    return "!vault |\n" + "".join(f"  {line}\n" for line in text.splitlines())


def run(
    tenants: dict[str, Tenant],
    folder: Path,
    playbook: str | list[t.Any],
    *args: str,
    way: str = "controller",
    env: dict[str, str] | None = None,
    wrong: dict[str, str | None] | None = None,
    **variables: t.Any,
) -> Screen:
    """Run for both hosts; `wrong` are variables of production, as YAML."""
    inventory = folder / "inventory"
    (inventory / "host_vars").mkdir(parents=True, exist_ok=True)
    (inventory / "hosts").write_text("\n".join(HOSTS) + "\n")
    for host, tenant in tenants.items():
        values: dict[str, str | None] = {
            "auth0_domain": json.dumps(tenant.domain),
            "auth0_client_id": json.dumps(tenant.client_id),
            "auth0_client_secret": vaulted(tenant.client_secret),
            "auth0_ca_path": json.dumps(tenant.ca_path),
            "mcp_server_url": json.dumps(URL),
            **((wrong or {}) if host == HOSTS[0] else {}),
        }
        lines = [f"{name}: {value}" for name, value in values.items() if value is not None]
        (inventory / "host_vars" / f"{host}.yml").write_text("\n".join(lines) + "\n")
        tenant.call("DELETE", "/_emulator/requests")
    (folder / "password").write_text(PASSWORD)
    if not isinstance(playbook, str):
        (folder / "site.yml").write_text(json.dumps(playbook))
        playbook = str(folder / "site.yml")
    shared = {"ansible_python_interpreter": sys.executable, "mcp_hosts": "all", **variables}
    options = ("-i", str(inventory), "--vault-password-file", str(folder / "password"), "--forks", "2")
    rc, text = ansible_playbook(folder, way, *options, playbook, "-e", json.dumps(shared), *args, env=env or {})
    if os.environ.get("SHOW"):
        print(f"\n$ ansible-playbook {Path(playbook).name} {' '.join(args)}   # rc {rc}\n{text}")
    for tenant in tenants.values():
        assert tenant.client_secret not in text
    return Screen(rc, text, {host: writes(tenant) for host, tenant in tenants.items()})


def writes(tenant: Tenant) -> list[str]:
    log = tenant.call("GET", "/_emulator/requests")
    return [one["path"] for one in log if one["method"] != "GET" and one["path"] != "/oauth/token"]


@pytest.mark.parametrize("way", WAYS)
def test_three_playbooks(tenants: dict[str, Tenant], tmp_path: Path, way: str) -> None:
    for tenant in tenants.values():
        tenant.call("POST", "/_emulator/reset")
    preview = run(tenants, tmp_path, PLAYBOOK, "--check", "--diff", way=way)
    assert preview.rc == 0, preview.text
    first = run(tenants, tmp_path, PLAYBOOK, "-vvv", way=way)
    assert first.rc == 0, first.text
    assert all("changed=5 " in first.of(host) and len(first.writes[host]) == 5 for host in HOSTS)
    own = run(tenants, tmp_path, OWN, way=way)
    assert own.rc == 0, own.text
    assert own.writes == {host: [] for host in HOSTS}
    gone = run(tenants, tmp_path, ABSENT, way=way)
    assert gone.rc == 0, gone.text
    assert all("changed=2 " in gone.of(host) for host in HOSTS)


@dataclass(frozen=True)
class Mistake:
    """What is wrong with production, and what its screen says; staging is right, unless `both`."""

    says: str
    wrong: dict[str, str | None] = field(default_factory=dict)
    args: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)
    scopes: tuple[str, ...] = ()
    both: bool = False


MISTAKES = {
    "wrong secret": Mistake(
        "Nothing has been changed. Auth0 refused the credentials. Check auth0_client_id, its secret or key, and that "
        "domain is their tenant.",
        wrong={"auth0_client_secret": vaulted("not-this-secret")},
    ),
    "no credentials": Mistake(
        "Nothing has been changed. No credentials for the tenant. Set auth0_access_token, or auth0_client_id with "
        "auth0_client_secret or auth0_client_assertion_signing_key.",
        wrong={"auth0_client_id": None, "auth0_client_secret": None},
    ),
    "missing scopes": Mistake(
        "Nothing has been changed. The token lacks the scopes read:client_grants, create:client_grants, "
        "update:client_grants, which the run needs.",
        scopes=(
            *("read:resource_servers", "create:resource_servers", "read:connections", "update:connections"),
            *("read:tenant_settings", "update:tenant_settings"),
        ),
    ),
    "missing requests": Mistake("Failed to import the required Python library (requests)", both=True),
    "an audience in the environment": Mistake(
        "auth0_audience, which is 'https://another.example.com/api' (from the environment variable AUTH0_AUDIENCE).",
        env={"AUTH0_AUDIENCE": "https://another.example.com/api"},
        both=True,
    ),
    "no such connection": Mistake(
        "Nothing has been changed. mcp_connection: The tenant has no connection with the name 'google-oauth2'. It has: "
        f"{DATABASE}.",
        wrong={"mcp_connection": f"[{DATABASE}, google-oauth2]"},
    ),
    "no such flag": Mistake(
        "Nothing has been changed. mcp_tenant_flags: not supported: flags.enable_dcr.",
        wrong={"mcp_tenant_flags": "{enable_dcr: true}"},
    ),
    "a slash too many": Mistake(
        f"use '{URL}'",
        wrong={"mcp_server_url": f"{URL}/"},
    ),
    "a vault that was forgotten": Mistake(
        "vault_auth0_client_secret", wrong={"auth0_client_secret": '"{{ vault_auth0_client_secret }}"'}
    ),
    "no such tag": Mistake(
        "There is no tag cleint_grant. The tags are guide, resource_server, tenant_settings, connection,",
        args=("--tags", "cleint_grant"),
        both=True,
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_what_is_on_screen(tenants: dict[str, Tenant], tmp_path: Path, name: str, way: str) -> None:
    mistake = MISTAKES[name]
    for tenant in tenants.values():
        tenant.call("POST", "/_emulator/reset")
    if mistake.scopes:
        tenants[HOSTS[0]].grant(*mistake.scopes)
    env = dict(mistake.env)
    if name == "missing requests":
        (tmp_path / "without").mkdir()
        (tmp_path / "without" / "requests.py").write_text("raise ImportError('No module named requests')\n")
        env["PYTHONPATH"] = str(tmp_path / "without")
    screen = run(tenants, tmp_path, PLAYBOOK, *mistake.args, way=way, env=env, wrong=mistake.wrong)
    assert screen.rc == 2, screen.text
    assert mistake.says in " ".join(screen.text.split()), screen.text
    assert "Traceback" not in screen.text
    assert "this is a bug" not in screen.text
    assert "failed=1 " in screen.of(HOSTS[0])
    assert screen.writes[HOSTS[0]] == []
    if not mistake.both:
        assert "failed=0 " in screen.of(HOSTS[1])
        assert len(screen.writes[HOSTS[1]]) == 5
