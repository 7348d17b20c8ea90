# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Running in the controller: when, and what if it cannot be set up. The rest is the integration tests' matter."""

from __future__ import annotations

import types
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible.module_utils import basic

from ansible_collections.mcp_ops.oauth.plugins.plugin_utils import _action, _core
from tests import cores

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def action(monkeypatch: pytest.MonkeyPatch) -> t.Any:
    made = _action.InProcessAction.__new__(_action.InProcessAction)
    made._task = types.SimpleNamespace(
        action="mcp_ops.oauth.auth0_tenant_flags",
        _uuid="one",
        loop=None,
        until=[],
        retries=None,
        args={},
        async_val=0,
        no_log=False,
    )
    made._connection = None
    made._templar = types.SimpleNamespace(template=lambda value: value)
    monkeypatch.setattr(_action, "runs_here", lambda *args: True)
    return made


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that only tells where it takes place."""
    monkeypatch.setattr(_core.ModuleAction, "run", lambda self, tmp, task_vars: {"here": self.main is not None})


def test_what_cannot_be_set_up_runs_as_a_process_with_a_warning(
    action: t.Any, runs: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    warnings: list[str] = []
    monkeypatch.setattr(_action.Display, "warning", lambda self, text: warnings.append(text))
    assert action.run() == {"here": True}
    assert warnings == []

    def broken(name: str) -> t.NoReturn:
        raise AttributeError("gone in this version")

    monkeypatch.setattr(_action, "_load", broken)
    # Nobody knows whether a module that cannot be loaded returns secrets.
    assert action.run() == {"here": False, "_ansible_no_log": True}
    assert "(AttributeError), so it runs as a module process" in warnings[0]
    assert "gone in this version" not in warnings[0]


def test_a_module_is_loaded_with_its_action(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []
    monkeypatch.setattr(_action, "_load", loaded.append)
    _action.preload("any.plugins.action.auth0_role")
    assert loaded == ["any.plugins.action.auth0_role"]
    # The task tells that it runs as a process, and why.
    monkeypatch.setattr(_action, "_load", lambda name: 1 / 0)
    _action.preload("any.plugins.action.auth0_role")
    # Nothing is loaded that will not be used.
    monkeypatch.setattr(_action, "IS_TESTED", False)
    monkeypatch.setattr(_action, "_load", loaded.append)
    _action.preload("any.plugins.action.auth0_client")
    assert len(loaded) == 1


@pytest.mark.parametrize(
    ("module", "args", "hidden"),
    [
        ("auth0_access_token", {}, True),
        ("auth0_client", {"include_client_secret": "yes"}, True),
        ("auth0_client", {"include_client_secret": "False"}, False),
        ("auth0_client", {}, False),
        ("auth0_client_info", {"include_client_secret": True}, True),
        ("auth0_connection_info", {"include_options": True}, True),
        ("auth0_tenant_flags", {}, False),
    ],
)
@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("failed", [True, False])
def test_what_returns_secrets_is_hidden_unless_it_fails(
    action: t.Any,
    monkeypatch: pytest.MonkeyPatch,
    module: str,
    args: dict[str, t.Any],
    hidden: bool,
    own: bool,
    failed: bool,
) -> None:
    monkeypatch.setattr(_core.ModuleAction, "run", lambda self, tmp, task_vars: {"failed": failed})
    action._task.action, action._task.args, action._task.no_log = f"mcp_ops.oauth.{module}", args, own
    hidden = hidden and not failed
    # The second time is another try, of which nothing is hidden because of the first.
    for expected in (hidden, False):
        assert action.run().get("_ansible_no_log", False) is expected
        assert action._task.no_log is (own or expected)
        monkeypatch.setattr(_core.ModuleAction, "run", lambda self, tmp, task_vars: {"failed": True})


def test_of_what_runs_asynchronously_all_is_hidden(action: t.Any, runs: None) -> None:
    action._task.action, action._task.async_val = "mcp_ops.oauth.auth0_access_token", 30
    action.run()
    assert action._task.no_log


def test_what_has_started_is_not_started_again(action: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(self: t.Any, tmp: t.Any, task_vars: t.Any) -> t.NoReturn:
        self.started = True
        raise RuntimeError("afterwards")

    monkeypatch.setattr(_core.ModuleAction, "run", fails)
    with pytest.raises(RuntimeError, match="afterwards"):
        action.run()


@pytest.mark.parametrize("tested", [True, False])
@pytest.mark.parametrize(("switch", "here"), [(None, None), (True, True), (False, False)])
def test_only_tested_versions_run_in_the_controller_by_default(
    action: t.Any, runs: None, monkeypatch: pytest.MonkeyPatch, tested: bool, switch: bool | None, here: bool | None
) -> None:
    monkeypatch.setattr(_action, "IS_TESTED", tested)
    monkeypatch.delenv(_action.SWITCH.upper(), raising=False)
    variables = {} if switch is None else {_action.SWITCH: switch}
    assert action.run(None, variables) == {"here": tested if here is None else here}


def test_the_tested_versions_are_those_of_the_matrix() -> None:
    assert tuple(cores.PYTHONS) == _core.TESTED
    assert _core.IS_TESTED
    oldest = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())["requires_ansible"]
    assert oldest == f">={_core.TESTED[0]}.0"
    readme = (ROOT / "README.md").read_text()
    assert f"ansible-core {cores.OLDEST} and newer" in readme
    assert f"Tested are {cores.OLDEST} to {cores.NEWEST}" in readme


@pytest.mark.parametrize(
    ("keywords", "shares"),
    [
        ({"loop": [1, 2]}, True),
        ({"loop": [1, 2], "until": ["result is changed"]}, False),
        ({"loop": [1, 2], "retries": 3}, False),
        ({}, False),
        ({"until": ["result is changed"]}, False),
    ],
)
def test_only_loops_without_retries_share_what_they_listed(
    action: t.Any, keywords: dict[str, t.Any], shares: bool
) -> None:
    for name, value in keywords.items():
        setattr(action._task, name, value)
    _action._memory.cache_clear()
    memory = _action._memory(*_core.loop_of(action._task))
    assert memory.shares_listings is shares
    # The items of a loop and the tries of a task have one; the next task has another.
    assert _action._memory(*_core.loop_of(action._task)) is memory
    action._task._uuid = "two"
    assert _action._memory(*_core.loop_of(action._task)) is not memory


def test_what_a_process_would_find_is_there_only_while_it_runs() -> None:
    before = basic._ANSIBLE_ARGS
    seen: list[bytes] = []

    def main() -> t.NoReturn:
        seen.append(basic._ANSIBLE_ARGS)
        print("answer")
        raise SystemExit(1)

    answer = _core._call(main, b"arguments")
    assert (answer["rc"], answer["stdout"], seen) == (1, "answer\n", [b"arguments"])
    assert basic._ANSIBLE_ARGS is before
