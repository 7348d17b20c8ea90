# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the in-process rim does when it cannot be set up. Everything else is the integration tests' matter."""

from __future__ import annotations

import types
import typing as t

import pytest

from ansible_collections.mcp_ops.oauth.plugins.plugin_utils import _action


@pytest.fixture
def action(monkeypatch: pytest.MonkeyPatch) -> t.Any:
    made = _action.InProcessAction.__new__(_action.InProcessAction)
    made._task = types.SimpleNamespace(action="mcp_ops.oauth.auth0_tenant_flags")
    made._connection = made._templar = None
    monkeypatch.setattr(_action, "_is_equivalent", lambda *args: True)
    return made


def test_what_cannot_be_set_up_runs_as_a_process_with_a_warning(action: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    warnings: list[str] = []
    monkeypatch.setattr(_action.Display, "warning", lambda self, text: warnings.append(text))
    monkeypatch.setattr(
        _action.ModuleAction, "run", lambda self, tmp, task_vars: {"in_process": self._main is not None}
    )
    assert action.run() == {"in_process": True}
    assert warnings == []

    def broken(name: str) -> t.NoReturn:
        raise AttributeError("gone in this version")

    monkeypatch.setattr(_action, "_load", broken)
    assert action.run() == {"in_process": False}
    assert "AttributeError: gone in this version" in warnings[0]
    assert "runs as a module process" in warnings[0]


def test_what_has_started_is_not_started_again(action: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(self: t.Any, tmp: t.Any, task_vars: t.Any) -> t.NoReturn:
        self._started = True
        raise RuntimeError("afterwards")

    monkeypatch.setattr(_action.ModuleAction, "run", fails)
    with pytest.raises(RuntimeError, match="afterwards"):
        action.run()
