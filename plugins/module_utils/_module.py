# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Between Ansible and the rest: secrets, errors and results.

A module is a `Module`: its options and one function from a `Task` to a `Result`. That function never sees Ansible.
"""

from __future__ import annotations

import traceback
import typing as t
from dataclasses import dataclass, field, replace

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ._auth0.api import ManagementApi
from ._auth0.ensure import Outcome, ensure
from ._auth0.memory import Memory
from ._auth0.resource import Resource
from ._auth0.settings import Settings, has_credentials
from ._errors import LONGEST, Auth0Error, InputError, OpsError, ScopeError, clean
from ._http import REQUESTS_IMPORT_ERROR
from ._options import GUEST_OPTIONS, NO_SOURCES, TENANT_OPTIONS, Sources, Spec, prefer_task, select_fields, with_source
from ._secrets import SHORTEST, Mask, inspect
from ._types import Object

try:
    from ansible.module_utils.secrets import register_secret
except ImportError:  # before ansible-core 2.22

    def register_secret(value: str, /) -> str:
        return value


_UNLESS_CREATED = "Unless it is created first, the real run will fail here."


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
        self,
        resource: Resource,
        wanted: Object,
        *,
        purge: t.Collection[str] = (),
        remove: t.Mapping[str, t.Collection[tuple[str, ...]]] | None = None,
        force: t.Collection[str] = (),
    ) -> Outcome:
        ignored = self.options.get("ignore_changes", ())
        unset = [name for name in ignored if name in resource.keys or name not in self.options]
        if unset and not self.absent:
            raise InputError(
                f"names {', '.join(unset)}",
                where="ignore_changes",
                remedy="Name options that the task sets and that do not name the object.",
            )
        return ensure(
            resource,
            self.api,
            wanted,
            absent=self.absent,
            purge=purge,
            remove=remove,
            force=force,
            ignore_changes=ignored,
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
        title = clean(self.title)
        return {"before_header": title, "after_header": title, "before": self.before, "after": self.after}


@dataclass(frozen=True)
class Result:
    """What a module answers. `values` are its own return values.

    `revealed` are secrets that `values` return on purpose. `impact` and `obstacles` are those of an `Outcome`. With
    `error`, the module fails with that text, and returns `values` all the same.
    """

    values: Object
    changed: bool = False
    diff: t.Sequence[Diff] = ()
    warnings: t.Sequence[str] = ()
    revealed: frozenset[str] = frozenset()
    impact: t.Sequence[str] = ()
    obstacles: t.Sequence[OpsError] = ()
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
            impact=outcome.impact,
            obstacles=outcome.obstacles,
        )

    @property
    def announcements(self) -> list[str]:
        """All that the user is warned of."""
        return [*self.warnings, *self.impact, *map(_as_warning, self.obstacles)]

    def answer(self, *, with_diff: bool) -> Object:
        """The keys of the module's result."""
        parts = [part.answer for part in self.diff] if with_diff else []
        diff = {"diff": parts[0] if len(parts) == 1 else parts} if parts else {}
        return {**self.values, **diff, "changed": self.changed}


def _as_warning(obstacle: OpsError) -> str:
    return str(obstacle) if isinstance(obstacle, ScopeError) else f"{obstacle} {_UNLESS_CREATED}"


@dataclass(frozen=True)
class Module:
    """A module without a tenant: its own options, what it does, and Ansible's rules between options.

    `reveals` says whether the module returns secrets on purpose, or names the option with which it does.
    """

    options: Spec
    perform: t.Callable[[t.Any], Result]
    rules: t.Mapping[str, t.Any] = field(default_factory=dict)
    reveals: bool | str = False

    needs_requests: t.ClassVar[bool] = False
    shared: t.ClassVar[Spec] = {}

    def task(self, params: Object, check_mode: bool, memory: Memory | None, sources: Sources = NO_SOURCES) -> Task:
        return Task(select_fields(self.options, params), check_mode)

    def hides(self, path: str) -> bool:
        """Whether a field is secret, by its dotted path, inside options whose fields Ansible does not know."""
        return False

    @property
    def argument_spec(self) -> dict[str, t.Any]:
        return {**self.shared, **self.options}


@dataclass(frozen=True)
class GuestModule(Module):
    """A module that can do without a tenant. Its function gets a `GuestTask`, whose options include the shared ones."""

    needs_requests: t.ClassVar[bool] = True
    shared: t.ClassVar[Spec] = GUEST_OPTIONS

    def task(self, params: Object, check_mode: bool, memory: Memory | None, sources: Sources = NO_SOURCES) -> GuestTask:
        settings = {name: params[name] for name in TENANT_OPTIONS}
        is_given = settings["domain"] and has_credentials(settings)
        api = self.connect(Settings(**settings, sources=sources)) if is_given else None
        return GuestTask(select_fields(self.argument_spec, params), check_mode, api)

    def connect(self, settings: Settings) -> ManagementApi:
        return ManagementApi(settings)


@dataclass(frozen=True)
class TenantModule(Module):
    """A module that talks to a tenant. Its function gets a `TenantTask`."""

    kind: Resource | None = None
    """The kind of object that the module writes."""

    needs_requests: t.ClassVar[bool] = True
    shared: t.ClassVar[Spec] = TENANT_OPTIONS

    def task(
        self, params: Object, check_mode: bool, memory: Memory | None, sources: Sources = NO_SOURCES
    ) -> TenantTask:
        settings = Settings(**{name: params[name] for name in TENANT_OPTIONS}, sources=sources)
        api = memory.api(settings) if memory else ManagementApi(settings)
        return TenantTask(select_fields(self.options, params), check_mode, api, memory)

    def hides(self, path: str) -> bool:
        return self.kind is not None and self.kind.shape.hides(path)


def run(module: Module, memory: Memory | None = None) -> None:
    """Run a module: as a process, or within the controller, which hands over the arguments and takes the answer.

    `memory` is for the items of a loop that one process runs.
    """
    ansible = MaskingModule(module)
    if module.needs_requests and REQUESTS_IMPORT_ERROR:
        ansible.fail_json(msg=missing_required_lib("requests"), exception=REQUESTS_IMPORT_ERROR)
    # Nothing is reported while an exception is being handled: ansible-core would add its traceback.
    result = _perform(module, ansible, memory)
    for warning in result.announcements:
        ansible.warn(clean(warning, LONGEST))
    ansible.reveal(result.revealed)
    answer = result.answer(with_diff=ansible._diff)
    if result.error:
        ansible.fail_json(msg=result.error, **answer)
    ansible.exit_json(**answer)


def _perform(module: Module, ansible: MaskingModule, memory: Memory | None) -> Result:
    """What the module answers; an error is an answer too."""
    try:
        params = prefer_task(ansible.params, ansible.sources)
        task = module.task(params, ansible.check_mode, memory, ansible.sources)
        try:
            result = module.perform(task)
            return replace(result, warnings=[*result.warnings, *_waits(task)])
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


def _waits(task: Task) -> list[str]:
    api = getattr(task, "api", None)
    return api.warnings if api else []


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
        self.sources: dict[str, str] = {}
        """Option -> the environment variable that its value is from."""
        spec = {name: with_source(name, one, self.sources) for name, one in module.argument_spec.items()}
        super().__init__(argument_spec=spec, supports_check_mode=True, **module.rules)

    def _load_params(self) -> None:
        super()._load_params()
        # A null is as good as nothing, while ansible-core's rules between options take it for a value.
        self.params = {name: value for name, value in self.params.items() if value is not None}

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
