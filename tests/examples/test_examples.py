# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Every example that `ansible-doc` shows is run for real, as its reader pastes it, and once more task by task.

All are in one run of `ansible-playbook`, each with a tenant, a Zuplo project and a host of its own, to save time.
One that fails stops no other.
"""

from __future__ import annotations

import json
import re
import shutil
import typing as t
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.examples import presupposed
from tests.examples.conftest import Serve
from tests.examples.example import FOLDERS, Example, examples
from tests.examples.placeholders import Placeholders
from tests.integration.harness import ROOT, Tenant, ansible_playbook
from tests.mcp.client import visit

CALLBACK = Path(__file__).parent / "callback"
GATEWAY = "gateway"
# Three minutes for all on a machine that has much else to do; a run that hangs takes longer.
SECONDS = 600
CHECK = "mcp_ops.oauth.mcp_oauth_check"
CREDENTIALS = ("auth0_domain", "auth0_client_id", "auth0_client_secret")


@dataclass(frozen=True)
class Trial:
    """An example in a folder with all that it presupposes, pasted whole or each task `thrice`."""

    example: Example
    folder: Path
    thrice: bool

    def steps(self) -> list[dict[str, t.Any]]:
        record = self.folder / "record.jsonl"
        return [json.loads(line) for line in record.read_text().splitlines()] if record.exists() else []

    def problems(self) -> t.Iterator[str]:
        steps = self.steps()
        if not steps:
            yield "nothing was run"
        for step in steps:
            if step["status"] == "failed":
                yield f"{step['name']}: {step['result'].get('msg', step['result'])}"
        if self.thrice:
            yield from self._differences({step["name"]: step["result"] for step in steps})

    def _differences(self, results: dict[str, t.Any]) -> t.Iterator[str]:
        for name, preview in results.items():
            phase, _colon, task = name.partition(": ")
            run, again = (results.get(f"{other}: {task}") for other in ("run", "again"))
            if phase != "preview" or run is None or again is None:
                continue
            for key in ("changed", "diff"):
                if preview.get(key) != run.get(key):
                    yield f"{task}: the preview foretold {key} {preview.get(key)}, the run made {run.get(key)}"
            if again.get("changed"):
                yield f"{task}: changed something when it was run again"


class Stage:
    """Makes what each example presupposes, in the tenant and beside the playbook, and the values of its variables."""

    def __init__(self, folder: Path, tenant: Tenant, servers: t.Mapping[str, str]) -> None:
        self._folder, self._tenant, self._servers = folder, tenant, servers
        self._hosts: dict[str, dict[str, str]] = {}

    def prepare(self, example: Example) -> list[Trial]:
        self._tenant.call("POST", "/_emulator/reset")
        needs = presupposed.read(example.content)
        presupposed.make(self._tenant, needs)
        project = self._folder / example.name / GATEWAY
        presupposed.write_project(project, needs.operations)
        check = self._check(example)
        if check:
            self._set_up(check, project)
        variables = {name: VALUES[name](self._tenant, check) for name in sorted(example.variables())}
        state = json.dumps(self._tenant.call("GET", "/_emulator/state"))
        trials = []
        for thrice in (False, True):
            folder = self._folder / f"{example.name}-{'thrice' if thrice else 'whole'}"
            shutil.copytree(project, folder / GATEWAY)
            (folder / "state.json").write_text(state, encoding="utf-8")
            example.write(folder, thrice)
            self._hosts["localhost" if example.has_plays else folder.name] = variables
            trials.append(Trial(example, folder, thrice))
        return trials

    def _check(self, example: Example) -> dict[str, t.Any]:
        """The options of all tasks with mcp_oauth_check: a check presupposes that all is set up."""
        tasks = [
            task["mcp_ops.oauth.mcp_oauth_check"] for task in example.content if "mcp_ops.oauth.mcp_oauth_check" in task
        ]
        return {name: value for options in tasks for name, value in options.items()}

    def _set_up(self, check: dict[str, t.Any], project: Path) -> None:
        variables = {
            "mcp_server_url": check["mcp_server_url"],
            "mcp_tools": check["tools"],
            "mcp_roles": check["roles"],
            "mcp_zuplo_project_dir": str(project),
            "mcp_verify": False,
        }
        credentials = {name: VALUES[name](self._tenant, check) for name in CREDENTIALS}
        self._play("mcp_ops.oauth.mcp_server", "-e", json.dumps({**credentials, **variables}))

    def _inventory(self) -> Path:
        common = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
        path = self._folder / "inventory.json"
        path.write_text(json.dumps({"all": {"vars": common, "hosts": self._hosts}}), encoding="utf-8")
        return path

    def run(self, trials: t.Iterable[Trial]) -> str:
        """Run the playbooks up to the first that fails; the output."""
        callback = {"ANSIBLE_CALLBACK_PLUGINS": str(CALLBACK), "ANSIBLE_CALLBACKS_ENABLED": "example"}
        playbooks = (trial.folder / "playbook.yml" for trial in trials)
        return self._play(
            *playbooks, f"--inventory={self._inventory()}", **callback, EXAMPLE_EMULATOR=self._tenant.domain
        )

    def _play(self, *args: str | Path, **env: str) -> str:
        env = {"ANSIBLE_LOCALHOST_WARNING": "false", "AUTH0_CA_PATH": self._tenant.ca_path, **env}
        _rc, output = ansible_playbook(self._folder, "controller", *map(str, args), env=env, seconds=SECONDS)
        return output


def token_of_test_user(tenant: Tenant, check: dict[str, t.Any]) -> str:
    email = check["roles"][0]["members"][0]["email"]
    seen = visit(check["mcp_server_url"], tenant.ca_path, email=email, password=presupposed.PASSWORD, calls=0)
    return seen.tokens[-1].access_token


def partner(tenant: Tenant, _check: dict[str, t.Any]) -> str:
    return str(tenant.api("POST", "clients", {"name": "Partner", "app_type": "non_interactive"})["client_id"])


# What a reader gives for the variables of the examples.
VALUES: dict[str, t.Callable[[Tenant, dict[str, t.Any]], str]] = {
    "auth0_domain": lambda tenant, _check: tenant.domain,
    "auth0_client_id": lambda tenant, _check: tenant.client_id,
    "auth0_client_secret": lambda tenant, _check: tenant.client_secret,
    "oidc_client_id": lambda _tenant, _check: "our-identity-provider",
    "oidc_client_secret": lambda _tenant, _check: "a-secret-of-the-provider",
    "partner_client_id": partner,
    "test_user_token": token_of_test_user,
}


def test_every_example_does_what_it_says(
    new_tenants: tuple[Tenant, Tenant], serve: Serve, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    text = "".join(path.read_text() for folder in FOLDERS for path in sorted((ROOT / folder).glob("*.py")))
    tools = dict.fromkeys(re.findall(r"operation: (\S+)", text))
    servers = serve(text, tools)
    tenant = new_tenants[0]
    stage = Stage(tmp_path, tenant, servers)
    trials = [
        trial for one in examples(Placeholders(new_tenants, servers, str(tmp_path))) for trial in stage.prepare(one)
    ]
    left = trials
    while left:
        stage.run(left)
        # One that fails ends the run.
        left = [trial for trial in left[1:] if not trial.steps()]
    for trial in trials:
        with subtests.test(trial.folder.name):
            problems = list(trial.problems())
            assert problems == [], trial.example.text
