# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The job in ansible-runner, on one machine and split, with the secret handed over in each of its ways.

What ansible-runner itself writes with the secret is a fact for the operator, which docs/beyond-one-machine.md tells.
The collection adds nothing: no event, no output, no cached fact has any form of it, at the highest verbosity.
"""

from __future__ import annotations

import base64
import json
import shlex
import typing as t
import urllib.parse
from pathlib import Path

import ansible_runner
import pytest
from ansible.parsing.vault import VaultLib, VaultSecret

from tests.integration.harness import Tenant
from tests.runner.canary import SECRET, leaks
from tests.runner.conftest import URL
from tests.runner.guide import FILES, file_of
from tests.runner.jobs import IDENT, PRINTED, Files, prepare, run, split

PASSWORD = "open-sesame"
COMMAND = f"artifacts/{IDENT}/command"
EVENTS = f"artifacts/{IDENT}/job_events"
# All forms in which a server may quote a secret.
QUOTED = "; ".join(
    [
        SECRET,
        json.dumps(SECRET),
        json.dumps(json.dumps(SECRET)),
        repr(SECRET),
        urllib.parse.quote(SECRET, safe=""),
        urllib.parse.quote_plus(SECRET),
        *(base64.b64encode(f"{before}{SECRET}:".encode()).decode() for before in ("", "a", "ab")),
        *(base64.urlsafe_b64encode(f"{before}{SECRET}:".encode()).decode() for before in ("", "a", "ab")),
    ]
)


def public(tenant: Tenant) -> dict[str, str]:
    return {"auth0_domain": tenant.domain, "auth0_client_id": tenant.client_id, "auth0_ca_path": tenant.ca_path}


def in_envvars(tenant: Tenant) -> Files:
    names = {name.upper(): value for name, value in public(tenant).items()}
    return {"env/envvars": {**names, "AUTH0_CLIENT_SECRET": SECRET}, "env/extravars": {"mcp_server_url": URL}}


def in_extravars(tenant: Tenant) -> Files:
    return {"env/extravars": {**public(tenant), "mcp_server_url": URL, "auth0_client_secret": SECRET}}


def in_cmdline(tenant: Tenant) -> Files:
    variables = json.dumps({**public(tenant), "auth0_client_secret": SECRET})
    return {"env/cmdline": f"-vvvv -e {shlex.quote(variables)}"}


def in_vault(tenant: Tenant, *hosts: str) -> Files:
    """As on the page, with hosts for tenants, each with a URL of its own."""
    secret = json.dumps({"vault_auth0_client_secret": SECRET})
    encrypted = VaultLib().encrypt(secret, VaultSecret(PASSWORD.encode())).decode()
    host = {**file_of("job/inventory/host_vars/production/vars.yml"), **public(tenant)}
    files: dict[str, t.Any] = {
        "inventory/tenants.yml": {"tenants": {"hosts": dict.fromkeys(hosts)}},
        "env/extravars": file_of("job/env/extravars"),
        "env/cmdline": "--ask-vault-pass -vvvv",
        "env/passwords": dict.fromkeys(file_of("job/env/passwords"), PASSWORD),
    }
    for name in hosts:
        files[f"inventory/host_vars/{name}/vault.yml"] = encrypted
        files[f"inventory/host_vars/{name}/vars.yml"] = {**host, "mcp_server_url": f"https://{name}.example.com/mcp"}
    return files


# A token that one task gets and another one takes.
SHORT = [
    {
        "hosts": "localhost",
        "gather_facts": False,
        "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"},
        "tasks": [
            {"mcp_ops.oauth.auth0_access_token": {}, "register": "login"},
            {"mcp_ops.oauth.auth0_tenant_info": {"auth_access_token": "{{ login.access_token }}"}},
        ],
    }
]
# How a job gets the secret -> the files of its directory; where the secret is when the job has ended.
MEANS: dict[str, tuple[t.Callable[[Tenant], Files], set[str]]] = {
    "envvars": (in_envvars, {"env/envvars", COMMAND}),
    "extravars": (in_extravars, {"env/extravars"}),
    "cmdline": (in_cmdline, {"env/cmdline", COMMAND, EVENTS, f"artifacts/{IDENT}/stdout", PRINTED}),
}


@pytest.mark.parametrize("means", MEANS)
def test_what_ansible_runner_writes(tenant: Tenant, tmp_path: Path, env: dict[str, str], means: str) -> None:
    """With the modules as processes, whose results may hold their arguments. Ansible shows its own at -vvvv."""
    files_of, found_in = MEANS[means]
    files = {"env/cmdline": "-vvvv", **files_of(tenant), "project/short.yml": SHORT}
    job = run(prepare(tmp_path / "job", files), {**env, "MCP_OPS_IN_PROCESS": "false"}, playbook="short.yml")
    assert job.rc == 0, job.printed
    assert "Using module file" in job.printed
    assert set(job.leaks()) == found_in
    shown = [event["stdout"] for event in job.events() if leaks(json.dumps(event))]
    assert all("extra_vars: " in text for text in shown)


def test_on_one_machine_from_a_vault(tenant: Tenant, tmp_path: Path, env: dict[str, str]) -> None:
    """The job of the page."""
    job = run(prepare(tmp_path / "job", in_vault(tenant, "production")), env)
    assert job.rc == 0, job.printed
    assert job.changed() == 5
    assert job.leaks() == {}


def test_split_with_the_environment(tenant: Tenant, tmp_path: Path, env: dict[str, str]) -> None:
    """The worker tells the environment in its events, and sends back the file `command`."""
    folder = prepare(tmp_path / "job", in_envvars(tenant))
    job = split(folder, env, "-vvvv")
    assert job.rc == 0, job.printed
    assert job.changed() == 5
    assert set(job.leaks()) == {COMMAND}
    lines = [line for line in job.sent.splitlines() if line.startswith(b'{"') and leaks(line.decode(errors="replace"))]
    assert [json.loads(line)["status"] for line in lines] == ["starting"]


def test_split_with_two_tenants_from_a_vault(tenant: Tenant, tmp_path: Path, env: dict[str, str]) -> None:
    """The project of the page, as AWX runs it: what the next job of a workflow gets is whole, and nothing leaks."""
    hosts = ("production", "staging")
    files = {**in_vault(tenant, *hosts), "project/site.yml": FILES["site.yml"]}
    job = split(prepare(tmp_path / "job", files), env, playbook="site.yml")
    assert job.rc == 0, job.printed
    assert job.leaks() == {}
    assert leaks(job.sent.decode(errors="replace")) == []
    (stats,) = job.events("playbook_on_stats")
    gateways = stats["event_data"]["artifact_data"]["mcp_gateways"]
    assert {name: one["audience"] for name, one in gateways.items()} == {
        name: f"https://{name}.example.com/mcp" for name in hosts
    }
    assert set(gateways["staging"]) == {
        *("audience", "issuer", "issuer_domain", "policy", "inbound_policies", "plugin_options", "runtime_module")
    }


def test_a_server_that_quotes_the_secret(tenant: Tenant, tmp_path: Path, env: dict[str, str]) -> None:
    """Nothing but ansible-runner's own files has it, in any form."""
    # Its ten words, and three alignments of two base64 alphabets.
    assert len(leaks(QUOTED)) == 10 + 3 * 2
    body = {"error": "invalid", "error_description": QUOTED, "message": QUOTED}
    tenant.fault("POST", "/oauth/token", status=401, body=body)
    job = run(prepare(tmp_path / "job", in_extravars(tenant)), env, "-vvvv")
    assert job.rc == 2, job.printed
    assert "(secret)" in job.printed
    assert set(job.leaks()) == {"env/extravars"}


def test_the_python_interface_without_files(
    tmp_path: Path, env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`suppress_env_files` writes no file below `env/`, and moves extra variables onto the command line."""
    for name in ("HOME", "PATH"):
        monkeypatch.setenv(name, env[name])
    found = {}
    for name in ("envvars", "extravars"):
        folder = prepare(tmp_path / name, {})
        done = ansible_runner.run(
            private_data_dir=str(folder),
            playbook=[{"hosts": "localhost", "gather_facts": False, "tasks": [{"ansible.builtin.debug": {}}]}],
            suppress_env_files=True,
            quiet=True,
            ident=IDENT,
            **{name: {"AUTH0_CLIENT_SECRET": SECRET}},
        )
        assert done.rc == 0
        assert not (folder / "env").exists()
        command = json.loads((folder / COMMAND).read_text())
        found[name] = [part for part in ("command", "env") if leaks(json.dumps(command[part]))]
    assert found == {"envvars": ["env"], "extravars": ["command"]}
