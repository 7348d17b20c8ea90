# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The rim between Ansible and the rest: shared options, secrets, errors and results.

A module is a `Module`: its options and one function from a `Task` to a `Result`. That function never sees Ansible.
"""

from __future__ import annotations

import os
import typing as t
from dataclasses import dataclass, field

from ansible.module_utils.basic import AnsibleModule, env_fallback, missing_required_lib

from ._client import REQUESTS_IMPORT_ERROR, Auth0Error, Client, Settings, has_credentials
from ._files import Edit
from ._plan import HIDDEN, Object, Plan, PlanError

try:
    from ansible.module_utils.secrets import register_secret
except ImportError:  # before ansible-core 2.22

    def register_secret(value: str, /) -> str:
        return value


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


STATE: dict[str, dict[str, t.Any]] = {"state": {"type": "str", "choices": ["present", "absent"], "default": "present"}}


@dataclass(frozen=True)
class Task:
    """One call: the options that the user gave (defaults included, nothing that is unset), and the tenant's client.

    A module that is `anonymous` has no client where the user gave no credentials: then it is None.
    """

    options: Object
    check_mode: bool
    client: Client

    def fields(self, names: t.Iterable[str]) -> Object:
        """The options that are fields of the object."""
        return {name: self.options[name] for name in names if name in self.options}

    @property
    def absent(self) -> bool:
        return self.options.get("state") == "absent"


@dataclass(frozen=True)
class Result:
    """What a module answers. `values` are its return values; `plan` or `edits` make `changed` and the diff.

    `title` heads the diff; `revealed` are secrets that `values` return on purpose. With `error`, the module fails with
    that text, and returns `values` all the same.
    """

    values: Object
    plan: Plan | None = None
    title: str = ""
    warnings: t.Sequence[str] = ()
    revealed: frozenset[str] = frozenset()
    edits: t.Sequence[Edit] = ()
    error: str = ""


@dataclass(frozen=True)
class Module:
    """One module: its own options, what it does, and whether it talks to a tenant (then it has the shared options).

    `secrets` finds secret texts inside options whose fields Ansible does not know. An `anonymous` module can do without
    credentials.
    """

    options: t.Mapping[str, t.Mapping[str, t.Any]]
    perform: t.Callable[[Task], Result]
    rules: t.Mapping[str, t.Any] = field(default_factory=dict)
    tenant: bool = True
    secrets: t.Callable[[Object], t.Iterable[str]] = lambda options: ()
    anonymous: bool = False

    @property
    def argument_spec(self) -> dict[str, t.Any]:
        return {**(TENANT_OPTIONS if self.tenant else {}), **self.options}


def run(module: Module) -> None:
    """Run a module: as a process, or within the controller, which hands over the arguments and takes the answer."""
    ansible = Discreet(module)
    if module.tenant and REQUESTS_IMPORT_ERROR:
        ansible.fail_json(msg=missing_required_lib("requests"), exception=REQUESTS_IMPORT_ERROR)
    try:
        client = _client_for(module, ansible.params)
        options = given(module.options, ansible.params)
        try:
            result = module.perform(Task(options, ansible.check_mode, t.cast("Client", client)))
        finally:
            ansible.hide(client.secrets if client else ())
    except Auth0Error as error:
        ansible.fail_json(msg=str(error), failure=error.failure)
    except (PlanError, ValueError) as error:
        ansible.fail_json(msg=str(error))
    for warning in result.warnings:
        ansible.warn(warning)
    # Until ansible-core 2.21 a secret in a result is replaced by a placeholder, which no later task could use.
    ansible.no_log_values -= result.revealed
    if result.error:
        ansible.fail_json(msg=result.error, **answer(result, with_diff=ansible._diff))
    ansible.exit_json(**answer(result, with_diff=ansible._diff))


def _client_for(module: Module, params: Object) -> Client | None:
    if not module.tenant:
        return None
    settings = {name: params[name] for name in TENANT_OPTIONS}
    if module.anonymous and not (settings["domain"] and has_credentials(settings)):
        return None
    return connect(Settings(**settings))


class Discreet(AnsibleModule):  # type: ignore[misc]
    """Keeps the module's own secrets out of logs and results, errors in the arguments included."""

    def __init__(self, module: Module) -> None:
        self._secrets = module.secrets
        super().__init__(argument_spec=module.argument_spec, supports_check_mode=True, **module.rules)

    def hide(self, secrets: t.Iterable[str]) -> None:
        self.no_log_values.update(map(register_secret, secrets))

    def log(self, msg: str, log_args: dict[str, t.Any] | None = None) -> None:
        self.hide(self._secrets(self.params))
        # Until ansible-core 2.21, the journal gets each of these just as it is.
        super().log(msg, {name: self._masked(str(value)) for name, value in (log_args or {}).items()})

    def _masked(self, text: str) -> str:
        for secret in sorted(filter(None, map(str, self.no_log_values)), key=len, reverse=True):
            text = text.replace(secret, HIDDEN)
        return text

    def exit_json(self, **result: t.Any) -> None:
        self.hide(self._secrets(self.params))
        super().exit_json(**result)

    def fail_json(self, msg: str, **result: t.Any) -> None:
        self.hide(self._secrets(self.params))
        super().fail_json(msg, **result)


def connect(settings: Settings) -> Client:
    """The client for these settings. The items of a loop that share a worker process share it; a fork makes its own."""
    key = (os.getpid(), settings)
    if key not in _clients:
        _clients[key] = Client(settings)
    return _clients[key]


_clients: dict[tuple[int, Settings], Client] = {}


def given(spec: t.Mapping[str, t.Mapping[str, t.Any]], params: Object) -> Object:
    """Options without those that the user left out: Ansible fills them, sub-options included, with None.

    What has no sub-options is left alone: a null in there is the user's.
    """
    return {name: _given(spec[name], params[name]) for name in spec if params.get(name) is not None}


def _given(spec: t.Mapping[str, t.Any], value: t.Any) -> t.Any:
    if "options" not in spec:
        return value
    return given(spec["options"], value) if isinstance(value, dict) else [given(spec["options"], one) for one in value]


def known(spec: t.Mapping[str, t.Mapping[str, t.Any]], found: Object) -> Object:
    """What a module's options can say of an object: fields that only Auth0 makes are left out, at any depth."""
    return {name: _known(spec[name], value) for name, value in found.items() if name in spec and value is not None}


def _known(spec: t.Mapping[str, t.Any], value: t.Any) -> t.Any:
    if "options" not in spec:
        return value
    return known(spec["options"], value) if isinstance(value, dict) else [known(spec["options"], one) for one in value]


def answer(result: Result, *, with_diff: bool) -> Object:
    """The keys of the module's result."""
    plan = result.plan
    values = {"changed": bool(plan and plan.changed) or bool(result.edits), **result.values}
    if with_diff and plan:
        values["diff"] = _diff(result.title, plan.before, plan.after)
    elif with_diff and result.edits:
        values["diff"] = [_diff(edit.path, edit.before or "", edit.after or "") for edit in result.edits]
    return values


def _diff(title: str, before: t.Any, after: t.Any) -> Object:
    return {"before_header": title, "after_header": title, "before": before, "after": after}
