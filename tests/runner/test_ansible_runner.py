# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The job in ansible-runner, on one machine and split, with the secret handed over in each of its ways.

What ansible-runner itself writes with the secret is a fact for the operator, which docs/beyond-one-machine.md tells. The
collection adds nothing: no event, no output, no cached fact has any form of it, at the highest verbosity.
"""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass
from pathlib import Path

import ansible_runner
import pytest
from ansible.parsing.vault import VaultLib, VaultSecret

from tests.integration.harness import Tenant
from tests.runner.canary import SECRET, leaks
from tests.runner.conftest import URL
from tests.runner.jobs import IDENT, PLAYBOOK, Files, Job, environment, prepare, run, split

PASSWORD = "open-sesame"
COMMAND = f"artifacts/{IDENT}/command"


@dataclass(frozen=True)
class Means:
    """How a job gets the secret, and which files ansible-runner then writes or leaves with it.

    `artifacts` come back from a worker as well; `files` stay where the job was asked for. `told` is whether the worker
    sends the secret back in the events about its own status.
    """

    files_of: t.Callable[[Tenant], Files]
    files: frozenset[str]
    artifacts: frozenset[str] = frozenset()

    @property
    def told(self) -> bool:
        return bool(self.artifacts)


def public(tenant: Tenant) -> dict[str, str]:
    return {"auth0_domain": tenant.domain, "auth0_client_id": tenant.client_id, "auth0_ca_path": tenant.ca_path}


def shared(**more: t.Any) -> dict[str, t.Any]:
    return {"mcp_server_url": URL, **more}


def envvars(tenant: Tenant) -> Files:
    names = {name.upper(): value for name, value in public(tenant).items()}
    return {"env/envvars": {**names, "AUTH0_CLIENT_SECRET": SECRET}, "env/extravars": shared()}


def extravars(tenant: Tenant) -> Files:
    return {"env/extravars": shared(**public(tenant), auth0_client_secret=SECRET)}


def vault(tenant: Tenant) -> Files:
    secret = json.dumps({"vault_auth0_client_secret": SECRET})
    encrypted = VaultLib().encrypt(secret, VaultSecret(PASSWORD.encode())).decode()
    variables = {**public(tenant), "auth0_client_secret": "{{ vault_auth0_client_secret }}"}
    return {
        "inventory/hosts": "localhost ansible_connection=local\n",
        "inventory/host_vars/localhost/vault.yml": encrypted,
        "inventory/host_vars/localhost/vars.yml": variables,
        "env/extravars": shared(),
        "env/cmdline": "--ask-vault-pass",
        "env/passwords": {"^Vault password:\\s*?$": PASSWORD},
    }


MEANS = {
    "envvars": Means(envvars, frozenset({"env/envvars"}), frozenset({COMMAND})),
    "extravars": Means(extravars, frozenset({"env/extravars"})),
    "vault": Means(vault, frozenset()),
}


@pytest.fixture
def env(tmp_path: Path, collections: Path) -> dict[str, str]:
    return environment(tmp_path / "home", collections)


@pytest.mark.parametrize("means", MEANS)
@pytest.mark.parametrize("way", ["controller", "process"])
def test_on_one_machine(tenant: Tenant, tmp_path: Path, env: dict[str, str], means: str, way: str) -> None:
    how = MEANS[means]
    folder = prepare(tmp_path / "job", how.files_of(tenant))
    job = run(folder, {**env, "MCP_OPS_IN_PROCESS": str(way == "controller")}, "-vvvv", "--cmdline", "--tags tenant_settings")
    print(job.printed[-3000:]); print(job.leaks())
    assert job.rc == 0
    assert set(job.leaks()) == how.files | how.artifacts


@pytest.mark.parametrize("means", MEANS)
def test_split(tenant: Tenant, tmp_path: Path, env: dict[str, str], means: str) -> None:
    how = MEANS[means]
    folder = prepare(tmp_path / "job", how.files_of(tenant))
    job = split(folder, env, "-vvvv")
    print(job.printed[-3000:]); print(job.leaks())
    assert job.rc == 0
    assert job.changed() == 5
    assert set(job.leaks()) == how.artifacts
    assert bool(leaks(job.sent.decode(errors="replace"))) == how.told
