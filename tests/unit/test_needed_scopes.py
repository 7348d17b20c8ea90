# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The scopes that a run with tags needs: the role's table of steps against its tasks and ansible-core's own rule."""

from __future__ import annotations

import itertools
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play import Play

from ansible_collections.mcp_ops.oauth.plugins.filter.needed_scopes import needed_scopes

ROLE = Path(__file__).resolve().parents[2] / "roles" / "mcp_server"
# Module -> what it reads and what it writes, as its documentation and the emulator have it.
SCOPES = {
    "auth0_resource_server": (["read:resource_servers"], ["create:resource_servers", "update:resource_servers"]),
    "auth0_tenant_settings": (["read:tenant_settings"], ["update:tenant_settings"]),
    "auth0_connection_domain": (["read:connections"], ["update:connections"]),
    "auth0_client_grant": (["read:client_grants"], ["create:client_grants", "update:client_grants"]),
    "auth0_tenant_flags": (["read:tenant_settings"], ["update:tenant_settings"]),
    "auth0_cimd_client": (["read:clients"], ["create:clients", "update:clients"]),
}
STEPS = ["resource_server", "tenant_settings", "connection", "client_grant", "client_registration", "zuplo", "verify"]
RUN = ["all", "tagged", "untagged", "always", "guide", "ours", *STEPS]
RUNS = [(tag,) for tag in RUN] + list(itertools.combinations(RUN, 2))
SKIPS = [(), ("resource_server", "client_grant"), *((tag,) for tag in ["all", "tagged", "untagged", "guide", *STEPS])]


def tenant_tasks(tasks: list[dict[str, t.Any]]) -> t.Iterator[tuple[str, list[str]]]:
    """Module and tags of each task that manages the tenant, those in blocks too."""
    for task in tasks:
        if "block" in task:
            yield from tenant_tasks(task["block"])
        for name in SCOPES:
            if f"mcp_ops.oauth.{name}" in task:
                tags = task["tags"]
                yield name, tags if isinstance(tags, list) else [tags]


TASKS = list(tenant_tasks(yaml.safe_load((ROLE / "tasks" / "main.yml").read_text())))


def tagged(tags: list[str]) -> t.Any:
    """What ansible-core runs or not by its tags."""
    task = {"name": "step", "ansible.builtin.debug": {}, "tags": tags}
    return Play.load({"hosts": "all", "tasks": [task]}, loader=DataLoader()).tasks[0].block[0]


def table(documents: bool) -> list[dict[str, t.Any]]:
    """The role's steps, as they are with or without clients of metadata documents."""
    steps = yaml.safe_load((ROLE / "vars" / "main.yml").read_text())["mcp_steps"]
    return [{**step, **({"when": documents} if "when" in step else {})} for step in steps]


def test_the_role_has_a_task_of_each_kind() -> None:
    assert {name for name, _tags in TASKS} == set(SCOPES)


@pytest.mark.parametrize("run", RUNS, ids="+".join)
def test_as_ansible_runs_the_role_s_tasks(run: tuple[str, ...]) -> None:
    # A tag of the caller's own is on the role, so that each task has it.
    tasks = [(name, tagged([*tags, "ours"])) for name, tags in TASKS]
    for skip in SKIPS:
        running = [name for name, task in tasks if task.evaluate_tags(run, skip, {})]
        for documents, check in itertools.product([False, True], repeat=2):
            names = [name for name in running if documents or name != "auth0_cimd_client"]
            expected = {scope for name in names for part in SCOPES[name][: 1 if check else 2] for scope in part}
            scopes = needed_scopes(table(documents), run, skip, check)
            assert set(scopes) == expected, (skip, documents, check)
            assert len(scopes) == len(expected)


@pytest.mark.parametrize("run", RUNS, ids="+".join)
def test_steps_without_tags(run: tuple[str, ...]) -> None:
    task = tagged([])
    for skip in SKIPS:
        # Tags that no step has are on the whole.
        runs = task.evaluate_tags([tag if tag in RUN[:4] else "all" for tag in run], skip, {})
        assert needed_scopes([{"read": ["read:roles"]}], run, skip, True) == ["read:roles"] * runs, skip


def test_each_scope_is_there_once_and_those_to_read_come_first() -> None:
    steps = [{"read": ["b"], "write": ["c"]}, {"read": ["a", "b"], "write": ["a"]}]
    assert needed_scopes(steps, ["all"], [], False) == ["b", "a", "c"]
    assert needed_scopes([], ["all"], [], False) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("resource_server", ["all"], [], True), "the input must be a list"),
        (([["read"]], ["all"], [], True), "step 1 must be a dictionary"),
        (([{}, {"wirte": []}], ["all"], [], True), "step 2 has the unknown key wirte; known are tags, when, read"),
        (([{"tags": "guide"}], ["all"], [], True), "tags of step 1 must be a list"),
        (([{"tags": ["never"]}], ["all"], [], True), "tags of step 1 must not be always or never"),
        (([{"when": "yes"}], ["all"], [], True), "when of step 1 must be true or false"),
        (([{"read": [1]}], ["all"], [], True), "read of step 1 must be a list of strings"),
        (([{"write": "update:roles"}], ["all"], [], True), "write of step 1 must be a list"),
        (([], "all", [], True), "run_tags must be a list"),
        (([], ["all"], None, True), "skip_tags must be a list"),
        (([], ["all"], [], None), "check_mode must be true or false"),
    ],
)
def test_what_is_no_table_of_steps(arguments: tuple[t.Any, ...], message: str) -> None:
    with pytest.raises(AnsibleFilterError, match=rf"mcp_ops\.oauth\.needed_scopes: {message}"):
        needed_scopes(*arguments)
