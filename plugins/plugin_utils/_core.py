# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""All that leans on internals of ansible-core, tested with each version in `TESTED`.

What is replaced is the module process: the three steps in which `ActionBase._execute_module` builds, transfers and
starts it. Ansible itself still prepares the arguments and reads the answer.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import traceback
import types
import typing as t

from ansible import constants as C
from ansible.module_utils import basic
from ansible.module_utils.ansible_release import __version__ as CORE_VERSION
from ansible.module_utils.common import json as module_json
from ansible.module_utils.common import warnings as module_warnings
from ansible.plugins.action.normal import ActionModule as ModuleAction
from ansible.utils.display import Display

TESTED = ("2.16", "2.17", "2.18", "2.19", "2.20", "2.21", "2.22")
IS_TESTED = CORE_VERSION.startswith(tuple(f"{version}." for version in TESTED))
# How the modules of the collection exchange JSON with the controller, since ansible-core 2.19.
PROFILE = "legacy"
HAS_PROFILES = hasattr(basic, "_ANSIBLE_PROFILE")
# The idiom for the Python that runs ansible-playbook, which no variable can replace.
THIS_PYTHON = "{{ ansible_playbook_python }}"


class ProcessReplacement(ModuleAction):  # type: ignore[misc]
    """Runs a module as ansible-core does, but for `main`, which is called here in place of a process, if it is set."""

    main: t.Callable[[], None] | None = None
    started = False
    _arguments: dict[str, t.Any] | None = None

    def _configure_module(self, module_name: str, module_args: dict[str, t.Any], task_vars: t.Any = None) -> t.Any:
        if self.main is None:
            return super()._configure_module(module_name=module_name, module_args=module_args, task_vars=task_vars)
        self._arguments = module_args
        return _built_module()

    def _is_pipelining_enabled(self, *args: t.Any, **kwargs: t.Any) -> bool:
        return self.main is not None or super()._is_pipelining_enabled(*args, **kwargs)

    def _low_level_execute_command(self, *args: t.Any, **kwargs: t.Any) -> t.Any:
        if self.main is None or self._arguments is None:
            return super()._low_level_execute_command(*args, **kwargs)
        arguments = _encode(self._arguments)
        self.started = True
        return _call(self.main, arguments)


def runs_here(task: t.Any, connection: t.Any, templar: t.Any, task_vars: dict[str, t.Any]) -> bool:
    """Whether a module process would run on this machine, as this user, in this environment, with this Python, now."""
    if connection.transport != "local" or connection.become or task.async_val or any(task.environment or ()):
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


def loop_of(task: t.Any) -> tuple[str, bool]:
    """(what all items of the task's loop have in common, whether the task may run again for the same item)."""
    return task._uuid, task.loop is None or bool(task.until) or task.retries is not None


def hide_task(task: t.Any, hide: bool) -> None:
    """Show nothing that the task returns if `hide`, and else what the user's own `no_log` says, tries before included.

    Until ansible-core 2.18, only this hides the list of what the items of a loop returned.
    """
    task.no_log = task.__dict__.setdefault("_no_log_of_user", task.no_log) or hide


def hide_result(task: t.Any, result: dict[str, t.Any]) -> dict[str, t.Any]:
    """A result that can be registered, but that no screen, log or event shows. Its warnings are shown."""
    hide_task(task, True)
    result = {**result, "_ansible_no_log": True}
    if not HAS_PROFILES:
        for warning in result.pop("warnings", []):
            Display().warning(warning)
    return result


def _built_module() -> t.Any:
    """What the build of a module process returns, for one that needs none."""
    if not HAS_PROFILES:
        return "new", f"#!{sys.executable}", b"", __file__
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
    return built, __file__


def _encode(arguments: dict[str, t.Any]) -> bytes:
    """The arguments as a module process would read them."""
    if HAS_PROFILES:
        encoder = {"cls": module_json.get_module_encoder(PROFILE, module_json.Direction.CONTROLLER_TO_MODULE)}
    else:
        encoder = {"cls": module_json.AnsibleJSONEncoder, "vault_to_text": True}
    return json.dumps({"ANSIBLE_MODULE_ARGS": arguments}, **encoder).encode()


def _call(main: t.Callable[[], None], arguments: bytes) -> dict[str, t.Any]:
    """Run a module; what a command that ran it would have returned."""
    output, error, status = io.StringIO(), "", 0
    # A worker runs several loop items; before ansible-core 2.19, warnings were collected once for a process.
    for collected in (module_warnings._global_warnings, module_warnings._global_deprecations):
        collected.clear()
    try:
        with _arguments_of_a_process(arguments), contextlib.redirect_stdout(output):
            main()
    except SystemExit as exit:
        status = exit.code if isinstance(exit.code, int) else 0
    except Exception:
        error, status = traceback.format_exc(), 1
    text = output.getvalue()
    return {"rc": status, "stdout": text, "stdout_lines": text.splitlines(), "stderr": error, "stderr_lines": []}


@contextlib.contextmanager
def _arguments_of_a_process(arguments: bytes) -> t.Iterator[None]:
    """Where a module process finds its arguments."""
    values: dict[str, t.Any] = {"_ANSIBLE_ARGS": arguments}
    if HAS_PROFILES:
        values["_ANSIBLE_PROFILE"] = PROFILE
    before = {name: getattr(basic, name) for name in values}
    try:
        for name, value in values.items():
            setattr(basic, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(basic, name, value)
