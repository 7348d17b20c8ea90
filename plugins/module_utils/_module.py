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

from ._client import REQUESTS_IMPORT_ERROR, Auth0Error, Client, Settings
from ._plan import Object, Plan, PlanError

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


@dataclass(frozen=True)
class Task:
    """One call: the options that the user gave (defaults included, nothing that is unset), and the tenant's client."""

    options: Object
    check_mode: bool
    client: Client


@dataclass(frozen=True)
class Result:
    """What a module answers. `values` are its return values, `plan` makes `changed` and the diff.

    `title` heads the diff; `revealed` are secrets that `values` return on purpose.
    """

    values: Object
    plan: Plan | None = None
    title: str = ""
    warnings: t.Sequence[str] = ()
    revealed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Module:
    """One module: its own options, what it does, and whether it talks to a tenant (then it has the shared options)."""

    options: t.Mapping[str, t.Mapping[str, t.Any]]
    perform: t.Callable[[Task], Result]
    rules: t.Mapping[str, t.Any] = field(default_factory=dict)
    tenant: bool = True

    @property
    def argument_spec(self) -> dict[str, t.Any]:
        return {**(TENANT_OPTIONS if self.tenant else {}), **self.options}


def run(module: Module) -> None:
    """Run a module: as a process, or within the controller, which hands over the arguments and takes the answer."""
    ansible = AnsibleModule(argument_spec=module.argument_spec, supports_check_mode=True, **module.rules)
    if module.tenant and REQUESTS_IMPORT_ERROR:
        ansible.fail_json(msg=missing_required_lib("requests"), exception=REQUESTS_IMPORT_ERROR)
    try:
        client = connect(Settings(**{name: ansible.params[name] for name in TENANT_OPTIONS})) if module.tenant else None
        options = given({name: ansible.params[name] for name in module.options})
        try:
            result = module.perform(Task(options, ansible.check_mode, t.cast("Client", client)))
        finally:
            for secret in client.secrets if client else ():
                ansible.no_log_values.add(register_secret(secret))
    except Auth0Error as error:
        ansible.fail_json(msg=str(error), failure=error.failure)
    except (PlanError, ValueError) as error:
        ansible.fail_json(msg=str(error))
    for warning in result.warnings:
        ansible.warn(warning)
    # Until ansible-core 2.21 a secret in a result is replaced by a placeholder, which no later task could use.
    ansible.no_log_values -= result.revealed
    ansible.exit_json(**answer(result, with_diff=ansible._diff))


def connect(settings: Settings) -> Client:
    """The client for these settings. The items of a loop that share a worker process share it; a fork makes its own."""
    key = (os.getpid(), settings)
    if key not in _clients:
        _clients[key] = Client(settings)
    return _clients[key]


_clients: dict[tuple[int, Settings], Client] = {}


def given(value: t.Any) -> t.Any:
    """Options without those that the user left out: Ansible fills them, sub-options included, with None."""
    if isinstance(value, dict):
        return {key: given(inner) for key, inner in value.items() if inner is not None}
    return [given(member) for member in value] if isinstance(value, list) else value


def answer(result: Result, *, with_diff: bool) -> Object:
    """The keys of the module's result."""
    plan = result.plan
    values = {"changed": bool(plan and plan.changed), **result.values}
    if with_diff and plan:
        values["diff"] = {
            "before_header": result.title,
            "after_header": result.title,
            "before": plan.before,
            "after": plan.after,
        }
    return values
