# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Who is compared: each contender makes the command that does a job on a tenant."""

from __future__ import annotations

import json
import os
import shutil
import sys
import typing as t
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import yaml

from tests.benchmark.job import FLAGS, URL, Job, Object
from tests.benchmark.peer import Peer
from tests.integration.harness import DATABASE, ROOT, Tenant

SAMPLE = "mcp_ops.oauth.mcp_server"
ROLE = ROOT / "roles" / "mcp_server"
# The steps of the sample playbook that the job has.
STEPS = ("--tags", "guide")
PREFIX = "mcp_ops.oauth."
# What tasks of the sample playbook take from the results of our modules, for the run without these.
RESULTS: Object = {
    "mcp_login": {"access_token": "none"},
    "mcp_derived": {
        "config": {
            "audience": URL,
            "issuer": "",
            "issuer_domain": "",
            "policy": {"name": "", "handler": {"options": {"auth0Domain": "", "audience": ""}}},
            "plugin_options": {"authorizationServers": []},
        }
    },
}


@dataclass(frozen=True)
class Command:
    arguments: list[str]
    environment: dict[str, str]
    folder: Path


@dataclass(frozen=True)
class Contender:
    """`prepare` makes the command, with a folder of its own; `slow` ones take part in fewer rounds."""

    name: str
    prepare: t.Callable[[Tenant, Job, Path], Command]
    slow: bool = False
    whole_job: bool = True


# -- the whole job ----------------------------------------------------------------------------------------------------


def ours(name: str, *, in_process: bool = True) -> Contender:
    def prepare(tenant: Tenant, job: Job, folder: Path) -> Command:
        if job.size == 1:
            return _playbook(tenant, folder, SAMPLE, *STEPS, in_process=in_process, mcp_server_url=URL)
        return _playbook(tenant, folder, _write(folder / "job.yml", _plays(job)), in_process=in_process)

    return Contender(name, prepare)


def debug(name: str) -> Contender:
    """The same playbook with ansible.builtin.debug in the place of our modules: what Ansible itself takes."""

    def prepare(tenant: Tenant, job: Job, folder: Path) -> Command:
        if job.size == 1:
            shutil.copytree(ROLE, folder / "roles" / ROLE.name)
            for file in (folder / "roles" / ROLE.name / "tasks").iterdir():
                _write(file, [_as_debug(task) for task in yaml.safe_load(file.read_text(encoding="utf-8"))])
            plays = [_play([{"name": "Set up the tenant", "ansible.builtin.import_role": {"name": ROLE.name}}])]
            return _playbook(tenant, folder, _write(folder / "debug.yml", plays), *STEPS, mcp_server_url=URL, **RESULTS)
        plays = [{**play, "tasks": [_as_debug(task) for task in play["tasks"]]} for play in _plays(job)]
        return _playbook(tenant, folder, _write(folder / "debug.yml", plays), **RESULTS)

    return Contender(name, prepare, whole_job=False)


def bare(name: str) -> Contender:
    def prepare(tenant: Tenant, job: Job, folder: Path) -> Command:
        script = str(Path(__file__).with_name("bare.py"))
        description = _write(folder / "job.json", job.description)
        return Command([sys.executable, script, description], _environment(tenant), folder)

    return Contender(name, prepare)


def deploy_cli(name: str, peer: Peer) -> Contender:
    def prepare(tenant: Tenant, job: Job, folder: Path) -> Command:
        assets = {
            "resourceServers": job.apis,
            "tenant": {"flags": FLAGS},
            "databases": [{"name": DATABASE, "strategy": "auth0", "is_domain_connection": True}],
        }
        environment = _environment(
            tenant, NODE_EXTRA_CA_CERTS=tenant.ca_path, AUTH0_INCLUDED_ONLY=json.dumps(list(assets))
        )
        file = _write(folder / "tenant.yaml", assets)
        return Command([*peer.command, "import", "--input_file", file], environment, folder)

    return Contender(name, prepare, slow=True)


# -- one looped task over APIs that are as they should be -------------------------------------------------------------


def loop(name: str, *, in_process: bool = True) -> Contender:
    def prepare(tenant: Tenant, job: Job, folder: Path) -> Command:
        defaults = {"domain": tenant.domain, "ca_path": tenant.ca_path, "auth_access_token": tenant.token()}
        play = _play([_apis(job)], module_defaults={f"group/{PREFIX}auth0": defaults})
        return _playbook(tenant, folder, _write(folder / "loop.yml", [play]), in_process=in_process)

    return Contender(name, prepare, whole_job=False)


def uri(name: str) -> Contender:
    """The same read by ansible.builtin.uri."""

    def prepare(tenant: Tenant, job: Job, folder: Path) -> Command:
        path = f"https://{tenant.domain}/api/v2/resource-servers"
        task = {
            "name": "Read the APIs",
            "ansible.builtin.uri": {"url": "{{ item }}"},
            "loop": [f"{path}/{quote(api['identifier'], safe='')}" for api in job.apis],
        }
        headers = {"Authorization": f"Bearer {tenant.token()}"}
        play = _play([task], module_defaults={"ansible.builtin.uri": {"ca_path": tenant.ca_path, "headers": headers}})
        return _playbook(tenant, folder, _write(folder / "uri.yml", [play]))

    return Contender(name, prepare, whole_job=False)


def empty(name: str) -> Contender:
    def prepare(tenant: Tenant, job: Job, folder: Path) -> Command:
        return _playbook(tenant, folder, _write(folder / "empty.yml", [_play([])]))

    return Contender(name, prepare, whole_job=False)


# -- commands and playbooks -------------------------------------------------------------------------------------------


def _environment(tenant: Tenant, **more: str) -> dict[str, str]:
    """Nothing that is set outside reaches a contender's configuration."""
    foreign = ("AUTH0_", "ANSIBLE_", "MCP_OPS_")
    return {
        **{key: value for key, value in os.environ.items() if not key.startswith(foreign)},
        "AUTH0_DOMAIN": tenant.domain,
        "AUTH0_CA_PATH": tenant.ca_path,
        "AUTH0_CLIENT_ID": tenant.client_id,
        "AUTH0_CLIENT_SECRET": tenant.client_secret,
        **more,
    }


def _playbook(
    tenant: Tenant, folder: Path, playbook: str, *arguments: str, in_process: bool = True, **variables: t.Any
) -> Command:
    link = folder / "ansible_collections" / "mcp_ops" / "oauth"
    if not link.exists():
        link.parent.mkdir(parents=True)
        link.symlink_to(ROOT, target_is_directory=True)
    environment = _environment(
        tenant,
        ANSIBLE_COLLECTIONS_PATH=str(folder),
        ANSIBLE_HOME=str(folder / "home"),
        ANSIBLE_LOCALHOST_WARNING="false",
        ANSIBLE_INVENTORY_UNPARSED_WARNING="false",
        ANSIBLE_NOCOLOR="1",
        MCP_OPS_IN_PROCESS=str(int(in_process)),
    )
    executable = str(Path(sys.executable).with_name("ansible-playbook"))
    return Command([executable, playbook, *arguments, "-e", json.dumps(variables)], environment, folder)


def _write(file: Path, content: t.Any) -> str:
    """JSON is YAML as well."""
    file.write_text(json.dumps(content), encoding="utf-8")
    return str(file)


def _play(tasks: list[Object], **more: t.Any) -> Object:
    interpreter = {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    play = {"name": "Benchmark", "hosts": "localhost", "connection": "local", "gather_facts": False}
    return {**play, "vars": interpreter, **more, "tasks": tasks}


def _apis(job: Job) -> Object:
    return {
        "name": "The APIs",
        f"{PREFIX}auth0_resource_server": {key: f"{{{{ item.{key} }}}}" for key in job.apis[0]},
        "loop": job.apis,
        "loop_control": {"label": "{{ item.identifier }}"},
    }


def _plays(job: Job) -> list[Object]:
    """The sample playbook's tasks that talk to the tenant, with many APIs."""
    login = {"name": "Log in", f"{PREFIX}auth0_access_token": {}, "register": "mcp_login", "no_log": True}
    block = {
        "name": "Set up the tenant",
        "module_defaults": {f"group/{PREFIX}auth0": {"auth_access_token": "{{ mcp_login.access_token }}"}},
        "block": [
            _apis(job),
            {"name": "The connection", f"{PREFIX}auth0_connection_domain": {"name": DATABASE}},
            {"name": "The flags", f"{PREFIX}auth0_tenant_flags": {"flags": FLAGS}},
        ],
    }
    return [_play([login, block])]


def _as_debug(task: Object) -> Object:
    """The task with debug, which is given the module's options to print."""
    if "block" in task:
        return {**task, "block": [_as_debug(inner) for inner in task["block"]]}
    return {
        "ansible.builtin.debug" if key.startswith(PREFIX) else key: {"msg": value} if key.startswith(PREFIX) else value
        for key, value in task.items()
    }
