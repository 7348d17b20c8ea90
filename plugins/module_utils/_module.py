# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Between Ansible and the rest: shared options, secrets, errors and results.

A module is a `Module`: its options and one function from a `Task` to a `Result`. That function never sees Ansible.
"""

from __future__ import annotations

import traceback
import typing as t
from dataclasses import dataclass, field

from ansible.module_utils.basic import AnsibleModule, env_fallback, missing_required_lib

from ._auth0.api import ManagementApi
from ._auth0.ensure import Outcome, ensure
from ._auth0.memory import Memory
from ._auth0.resource import Resource
from ._auth0.settings import Settings, has_credentials
from ._errors import Auth0Error, OpsError
from ._http import REQUESTS_IMPORT_ERROR
from ._secrets import SHORTEST, Hides, Mask, inspect
from ._types import Object

try:
    from ansible.module_utils.secrets import register_secret
except ImportError:  # before ansible-core 2.22

    def register_secret(value: str, /) -> str:
        return value


Spec = t.Mapping[str, t.Mapping[str, t.Any]]
"""Options as Ansible describes them."""


def _env(*names: str) -> dict[str, t.Any]:
    return {"fallback": (env_fallback, list(names))}


TENANT_OPTIONS: dict[str, dict[str, t.Any]] = {
    "domain": {"type": "str", "required": True, **_env("AUTH0_DOMAIN")},
    "auth_client_id": {"type": "str", **_env("AUTH0_CLIENT_ID")},
    "auth_client_secret": {"type": "str", "no_log": True, **_env("AUTH0_CLIENT_SECRET")},
    "auth_client_assertion_signing_key": {"type": "str", "no_log": True, **_env("AUTH0_CLIENT_ASSERTION_SIGNING_KEY")},
    "auth_client_assertion_signing_alg": {
        "type": "str",
        "choices": ["RS256", "RS384", "PS256"],
        "default": "RS256",
        **_env("AUTH0_CLIENT_ASSERTION_SIGNING_ALG"),
    },
    "auth_access_token": {"type": "str", "no_log": True, **_env("AUTH0_ACCESS_TOKEN", "AUTH0_API_TOKEN")},
    "auth_audience": {"type": "str", **_env("AUTH0_AUDIENCE")},
    "ca_path": {"type": "path", **_env("AUTH0_CA_PATH")},
    "validate_certs": {"type": "bool", "default": True, **_env("AUTH0_VALIDATE_CERTS")},
    "timeout": {"type": "float", "default": 30.0, **_env("AUTH0_TIMEOUT")},
    "retry_timeout": {"type": "float", "default": 60.0, **_env("AUTH0_RETRY_TIMEOUT")},
}
# The same for a module that can do without a tenant.
GUEST_OPTIONS = {**TENANT_OPTIONS, "domain": {**TENANT_OPTIONS["domain"], "required": False}}

STATE: dict[str, dict[str, t.Any]] = {"state": {"type": "str", "choices": ["present", "absent"], "default": "present"}}


@dataclass(frozen=True)
class Task:
    """One call: the options that the user gave, defaults included and nothing that is unset."""

    options: Object
    check_mode: bool

    def fields(self, names: t.Iterable[str]) -> Object:
        """The options that are fields of the object."""
        return {name: self.options[name] for name in names if name in self.options}

    @property
    def absent(self) -> bool:
        return self.options.get("state") == "absent"


@dataclass(frozen=True)
class GuestTask(Task):
    """`api` is None where the user gave no credentials for a tenant."""

    api: ManagementApi | None


@dataclass(frozen=True)
class TenantTask(Task):
    """`memory` is what the items of one loop share; None in a module process, which runs one of them."""

    api: ManagementApi
    memory: Memory | None = None

    def ensure(
        self, resource: Resource, wanted: Object, *, purge: t.Collection[str] = (), force: t.Collection[str] = ()
    ) -> Outcome:
        return ensure(
            resource,
            self.api,
            wanted,
            absent=self.absent,
            purge=purge,
            force=force,
            check_mode=self.check_mode,
            memory=self.memory,
        )


@dataclass(frozen=True)
class Diff:
    """One part of what `--diff` shows; `before` and `after` are objects or texts."""

    title: str
    before: t.Any
    after: t.Any

    @property
    def answer(self) -> Object:
        return {"before_header": self.title, "after_header": self.title, "before": self.before, "after": self.after}


@dataclass(frozen=True)
class Result:
    """What a module answers. `values` are its own return values.

    `revealed` are secrets that `values` return on purpose. With `error`, the module fails with that text, and returns
    `values` all the same.
    """

    values: Object
    changed: bool = False
    diff: t.Sequence[Diff] = ()
    warnings: t.Sequence[str] = ()
    revealed: frozenset[str] = frozenset()
    error: str = ""

    def __post_init__(self) -> None:
        if reserved := {"changed", "diff", "warnings", "failed", "msg"} & set(self.values):
            raise TypeError(f"{', '.join(sorted(reserved))} cannot be a return value")

    @classmethod
    def of(
        cls, outcome: Outcome, values: Object, *, warnings: t.Sequence[str] = (), revealed: frozenset[str] = frozenset()
    ) -> Result:
        """The answer of a module that manages one object."""
        plan = outcome.plan
        return cls(
            values,
            changed=plan.changed,
            diff=[Diff(outcome.title, plan.before, plan.after)],
            warnings=[*warnings, *outcome.warnings],
            revealed=revealed,
        )

    def answer(self, *, with_diff: bool) -> Object:
        """The keys of the module's result."""
        parts = [part.answer for part in self.diff] if with_diff else []
        diff = {"diff": parts[0] if len(parts) == 1 else parts} if parts else {}
        return {**self.values, **diff, "changed": self.changed}


@dataclass(frozen=True)
class Module:
    """A module without a tenant: its own options, what it does, and Ansible's rules between options.

    `hides` says of the dotted path of a field whether it is secret, inside options whose fields Ansible does not know.
    `reveals` says whether the module returns secrets on purpose, or names the option with which it does.
    """

    options: Spec
    perform: t.Callable[[t.Any], Result]
    rules: t.Mapping[str, t.Any] = field(default_factory=dict)
    hides: Hides = lambda path: False
    reveals: bool | str = False

    needs_requests: t.ClassVar[bool] = False
    shared: t.ClassVar[Spec] = {}

    def task(self, params: Object, check_mode: bool, memory: Memory | None) -> Task:
        return Task(select_fields(self.options, params), check_mode)

    @property
    def argument_spec(self) -> dict[str, t.Any]:
        return {**self.shared, **self.options}


@dataclass(frozen=True)
class GuestModule(Module):
    """A module that can do without a tenant. Its function gets a `GuestTask`, whose options include the shared ones."""

    needs_requests: t.ClassVar[bool] = True
    shared: t.ClassVar[Spec] = GUEST_OPTIONS

    def task(self, params: Object, check_mode: bool, memory: Memory | None) -> GuestTask:
        settings = {name: params[name] for name in TENANT_OPTIONS}
        api = ManagementApi(Settings(**settings)) if settings["domain"] and has_credentials(settings) else None
        return GuestTask(select_fields(self.argument_spec, params), check_mode, api)


@dataclass(frozen=True)
class TenantModule(Module):
    """A module that talks to a tenant. Its function gets a `TenantTask`."""

    needs_requests: t.ClassVar[bool] = True
    shared: t.ClassVar[Spec] = TENANT_OPTIONS

    def task(self, params: Object, check_mode: bool, memory: Memory | None) -> TenantTask:
        settings = Settings(**{name: params[name] for name in TENANT_OPTIONS})
        api = memory.api(settings) if memory else ManagementApi(settings)
        return TenantTask(select_fields(self.options, params), check_mode, api, memory)


def run(module: Module, memory: Memory | None = None) -> None:
    """Run a module: as a process, or within the controller, which hands over the arguments and takes the answer.

    `memory` is for the items of a loop that one process runs.
    """
    ansible = MaskingModule(module)
    if module.needs_requests and REQUESTS_IMPORT_ERROR:
        ansible.fail_json(msg=missing_required_lib("requests"), exception=REQUESTS_IMPORT_ERROR)
    # Nothing is reported while an exception is being handled: ansible-core would add its traceback.
    result = _perform(module, ansible, memory)
    for warning in result.warnings:
        ansible.warn(warning)
    ansible.reveal(result.revealed)
    answer = result.answer(with_diff=ansible._diff)
    if result.error:
        ansible.fail_json(msg=result.error, **answer)
    ansible.exit_json(**answer)


def _perform(module: Module, ansible: MaskingModule, memory: Memory | None) -> Result:
    """What the module answers; an error is an answer too."""
    try:
        task = module.task(ansible.params, ansible.check_mode, memory)
        try:
            return module.perform(task)
        finally:
            ansible.hide(_issued_tokens(task))
    except Auth0Error as error:
        return Result({"failure": error.failure}, error=str(error))
    except OpsError as error:
        return Result({}, error=str(error))
    except Exception as error:
        # Left alone, the traceback would reach the user with the secrets that it may hold, on some versions of
        # ansible-core, and not at all on others. As a return value it is there, and masked.
        what = f"{type(error).__name__} in mcp_ops.oauth: this is a bug of the collection"
        return Result({"traceback": traceback.format_exc()}, error=f"{what}. Please report it with the traceback.")


def _issued_tokens(task: Task) -> set[str]:
    api = getattr(task, "api", None)
    return api.secrets if api else set()


class MaskingModule(AnsibleModule):  # type: ignore[misc]
    """Keeps the module's own secrets out of logs and results, errors in the arguments included."""

    def __init__(self, module: Module) -> None:
        self._module = module
        self._secrets: set[str] = set()
        self._revealed: t.Collection[str] = ()
        # What is told before the arguments are read needs them too.
        self.params: Object = {}
        super().__init__(argument_spec=module.argument_spec, supports_check_mode=True, **module.rules)

    def hide(self, secrets: t.Iterable[str]) -> None:
        """From now on, these are secret."""
        new = {secret for secret in secrets if len(secret.strip()) >= SHORTEST} - self._secrets
        self._secrets |= new
        for secret in new:
            register_secret(secret)

    def reveal(self, secrets: t.Collection[str]) -> None:
        """These are in the result on purpose. Until ansible-core 2.21, a placeholder would take their place."""
        self._revealed = secrets

    def log(self, msg: str, log_args: dict[str, t.Any] | None = None) -> None:
        shown, mask = self._inspect()
        if log_args:
            # Until ansible-core 2.21, the journal gets each of these just as it is.
            log_args = {name: mask.text(str(shown.get(name))) for name in log_args}
            msg = f"Invoked with {' '.join(f'{name}={value}' for name, value in log_args.items())}"
        super().log(mask.text(msg), log_args)

    def warn(self, warning: str, **options: t.Any) -> None:
        super().warn(self._inspect()[1].text(warning), **options)

    def exit_json(self, **result: t.Any) -> None:
        super().exit_json(**self._mask(result))

    def fail_json(self, msg: str, **result: t.Any) -> None:
        masked = self._mask({**result, "msg": str(msg)})
        super().fail_json(masked.pop("msg"), **masked)

    def _inspect(self) -> tuple[Object, Mask]:
        """(the arguments as they may be shown, the mask for all else)."""
        shown, secrets = inspect(self._module.argument_spec, self._module.hides, self.params)
        self.hide(secrets)
        return shown, Mask(self._secrets, shown=self._revealed)

    def _mask(self, result: Object) -> Object:
        shown, mask = self._inspect()
        # For what ansible-core adds to the result.
        self.no_log_values = set(mask.forms)
        # Its keys are names of ours.
        values = {name: mask.value(value) for name, value in result.items()}
        return {**values, "invocation": {"module_args": mask.value(shown)}}


def select_fields(spec: Spec, found: Object) -> Object:
    """What options can say of an object: fields that only Auth0 makes, and nulls, are left out, at any depth."""
    return {name: _select(spec[name], found[name]) for name in spec if found.get(name) is not None}


def _select(spec: t.Mapping[str, t.Any], value: t.Any) -> t.Any:
    if "options" not in spec:
        return value
    inner = spec["options"]
    return select_fields(inner, value) if isinstance(value, dict) else [select_fields(inner, one) for one in value]
