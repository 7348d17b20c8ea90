# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The second rim: a module of this collection inside the controller process, where nobody could tell the difference.

A module process costs about a third of a second, most of a run. What is replaced here is only that process: Ansible
itself still prepares the arguments and reads the answer, and the module itself still checks, masks and answers.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import io
import json
import os
import sys
import traceback
import types
import typing as t
from unittest import mock

from ansible import constants as C
from ansible.module_utils import basic
from ansible.module_utils.common import json as module_json
from ansible.module_utils.common import warnings as module_warnings
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action.normal import ActionModule as ModuleAction
from ansible.utils.display import Display

# Loaded in the parent, so that no worker has to: it brings the whole of requests with it.
from ..module_utils._client import REQUESTS_IMPORT_ERROR

SWITCH = "mcp_ops_in_process"
# How the modules of the collection exchange JSON with the controller, since ansible-core 2.19.
PROFILE = "legacy"
HAS_PROFILES = hasattr(basic, "_ANSIBLE_PROFILE")
# The idiom for the Python that runs ansible-playbook, which no variable can replace.
THIS_PYTHON = "{{ ansible_playbook_python }}"


class InProcessAction(ModuleAction):  # type: ignore[misc]
    """Runs the module of the same name: in this process where that is equivalent, else as every module runs."""

    _main: t.Callable[[], None] | None = None
    _arguments: dict[str, t.Any] | None = None
    _started = False

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> t.Any:
        if not _is_equivalent(self._task, self._connection, self._templar, task_vars or {}):
            return super().run(tmp, task_vars)
        try:
            self._main = _load(self._task.action)
            return super().run(tmp, task_vars)
        except Exception as error:
            if self._started:
                raise
            Display().warning(
                f"{self._task.action} cannot run in the controller process ({type(error).__name__}: {error}), so it "
                f"runs as a module process. Set {SWITCH} to false to do without this warning."
            )
            self._main = None
            return super().run(tmp, task_vars)

    # What follows replaces the three steps in which ActionBase._execute_module builds, transfers and starts a process.

    def _configure_module(self, module_name: str, module_args: dict[str, t.Any], task_vars: t.Any = None) -> t.Any:
        if self._main is None:
            return super()._configure_module(module_name=module_name, module_args=module_args, task_vars=task_vars)
        self._arguments = module_args
        return _built_module(self._main)

    def _is_pipelining_enabled(self, *args: t.Any, **kwargs: t.Any) -> bool:
        return self._main is not None or super()._is_pipelining_enabled(*args, **kwargs)

    def _low_level_execute_command(self, *args: t.Any, **kwargs: t.Any) -> t.Any:
        if self._main is None or self._arguments is None:
            return super()._low_level_execute_command(*args, **kwargs)
        arguments = _encode(self._arguments)
        self._started = True
        return _call(self._main, arguments)


def _is_equivalent(task: t.Any, connection: t.Any, templar: t.Any, task_vars: dict[str, t.Any]) -> bool:
    """Whether the task would run here, as this user, in this environment, with this Python, at once."""
    switch = task_vars.get(SWITCH, os.environ.get(SWITCH.upper(), True))
    if not boolean(templar.template(switch), strict=False):
        return False
    # Without requests here, another Python may have it; if none has, the module process says so.
    if (
        REQUESTS_IMPORT_ERROR
        or connection.transport != "local"
        or connection.become
        or task.async_val
        or any(task.environment or ())
    ):
        return False
    if task.delegate_to and task.delegate_to not in C.LOCALHOST:
        return False
    variables = task_vars.get("ansible_delegated_vars", {}).get(task.delegate_to, task_vars)
    interpreter = variables.get("ansible_python_interpreter") or C.config.get_config_value("INTERPRETER_PYTHON")
    if interpreter == THIS_PYTHON:
        # Known beforehand; a template costs each loop item about half a millisecond.
        return True
    interpreter = str(templar.template(interpreter))
    return interpreter.startswith("auto") or os.path.abspath(interpreter) == os.path.abspath(sys.executable)


@functools.cache
def _load(action: str) -> t.Callable[[], None]:
    name = action.rpartition(".")[2]
    package = __name__.rpartition(".plugin_utils.")[0]
    main: t.Callable[[], None] = importlib.import_module(f"{package}.modules.{name}").main
    return main


# The one place that leans on internals of ansible-core; tested with each supported version.


def _built_module(main: t.Callable[[], None]) -> t.Any:
    """What the build of a module process returns, for one that needs none."""
    path = sys.modules[main.__module__].__file__
    if not HAS_PROFILES:
        return "new", f"#!{sys.executable}", b"", path
    built = types.SimpleNamespace(
        module_style="new",
        shebang=f"#!{sys.executable}",
        b_module_data=b"",
        serialization_profile=PROFILE,
        has_async=False,
        has_become=False,
        has_environment=False,
        command_lookup=None,
        process_result=None,
        get_command_args=lambda *args, **kwargs: None,
    )
    return built, path


def _encode(arguments: dict[str, t.Any]) -> bytes:
    """The arguments as a module process would read them."""
    if HAS_PROFILES:
        encoder = {"cls": module_json.get_module_encoder(PROFILE, module_json.Direction.CONTROLLER_TO_MODULE)}
    else:
        encoder = {"cls": module_json.AnsibleJSONEncoder, "vault_to_text": True}
    return json.dumps({"ANSIBLE_MODULE_ARGS": arguments}, **encoder).encode()


def _call(main: t.Callable[[], None], arguments: bytes) -> dict[str, t.Any]:
    """Run a module's `main`; what a command that ran it would have returned."""
    output, error, status = io.StringIO(), "", 0
    handed_over: dict[str, t.Any] = {"_ANSIBLE_ARGS": arguments}
    if HAS_PROFILES:
        handed_over["_ANSIBLE_PROFILE"] = PROFILE
    # A worker runs several loop items; before ansible-core 2.19, warnings were collected once for a process.
    for collected in (module_warnings._global_warnings, module_warnings._global_deprecations):
        collected.clear()
    try:
        with mock.patch.multiple(basic, **handed_over), contextlib.redirect_stdout(output):
            main()
    except SystemExit as exit:
        status = exit.code if isinstance(exit.code, int) else 0
    except Exception:
        error, status = traceback.format_exc(), 1
    text = output.getvalue()
    return {"rc": status, "stdout": text, "stdout_lines": text.splitlines(), "stderr": error, "stderr_lines": []}
