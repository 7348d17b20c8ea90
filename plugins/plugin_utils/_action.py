# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The second way to run a module of this collection: inside the controller, where nobody could tell the difference.

A module process costs about a third of a second, most of a run. The module itself still checks, masks and answers.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import os
import typing as t

from ansible.module_utils.parsing.convert_bool import boolean
from ansible.utils.display import Display

# Loaded in the parent, so that no worker has to: it brings the whole of requests with it.
from ..module_utils._auth0.memory import Memory
from ..module_utils._http import REQUESTS_IMPORT_ERROR
from ..module_utils._module import Module, run
from ..module_utils._options import VARIABLES
from ._core import IS_TESTED, ProcessReplacement, hide_result, hide_task, loop_of, runs_here

SWITCH = "mcp_ops_in_process"


def preload(action: str) -> None:
    """Import the module of an action plugin in the parent, so that the workers of later tasks and other hosts need not.

    Where that fails, the task says so.
    """
    if IS_TESTED and not REQUESTS_IMPORT_ERROR:
        with contextlib.suppress(Exception):
            _load(action)


class InProcessAction(ProcessReplacement):
    """Runs the module of the same name: in this process where that is equivalent, else as every module runs."""

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> t.Any:
        self._add_variables(task_vars or {})
        reveals = self._reveals()
        # What an asynchronous task returns in the end does not come past here.
        hide_task(self._task, reveals and bool(self._task.async_val))
        result = self._run(tmp, task_vars)
        return hide_result(self._task, result) if reveals and not result.get("failed") else result

    def _add_variables(self, task_vars: dict[str, t.Any]) -> None:
        """The connection options that the task does not set and a variable does, such as one of the host."""
        args = self._task.args
        unset = {option: name for option, name in VARIABLES.items() if name in task_vars and args.get(option) is None}
        if unset and _load(self._task.action).shared:
            values = {option: self._templar.template(task_vars[name]) for option, name in unset.items()}
            self._task.args = {**args, **{option: value for option, value in values.items() if value not in (None, "")}}

    def _reveals(self) -> bool:
        """Whether the result will hold secrets, for later tasks to use, unless the module fails."""
        try:
            option = _load(self._task.action).reveals
        except Exception:
            return True
        return option if isinstance(option, bool) else boolean(self._task.args.get(option), strict=False)

    def _run(self, tmp: t.Any, task_vars: dict[str, t.Any] | None) -> t.Any:
        if not self._is_wanted(task_vars or {}):
            return super().run(tmp, task_vars)
        try:
            self.main = functools.partial(run, _load(self._task.action), _memory(*loop_of(self._task)))
            return super().run(tmp, task_vars)
        except Exception as error:
            if self.started:
                raise
            Display().warning(
                f"{self._task.action} cannot run in the controller process ({type(error).__name__}), so it runs as a "
                f"module process. Set {SWITCH} to false to do without this warning."
            )
            self.main = None
            return super().run(tmp, task_vars)

    def _is_wanted(self, task_vars: dict[str, t.Any]) -> bool:
        switch = task_vars.get(SWITCH, os.environ.get(SWITCH.upper(), IS_TESTED))
        if not boolean(self._templar.template(switch), strict=False):
            return False
        # Without requests here, another Python may have it; if none has, the module process says so.
        return not REQUESTS_IMPORT_ERROR and runs_here(self._task, self._connection, self._templar, task_vars)


@functools.lru_cache(maxsize=1)
def _memory(loop: str, may_run_again: bool) -> Memory:
    """What the items of a loop share, which one worker process runs; the next task has a process of its own."""
    return Memory(shares_listings=not may_run_again)


@functools.cache
def _load(action: str) -> Module:
    name = action.rpartition(".")[2]
    package = __name__.rpartition(".plugin_utils.")[0]
    module: Module = importlib.import_module(f"{package}.modules.{name}").MODULE
    return module
