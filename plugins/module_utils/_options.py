# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The options that modules share, and where their values come from: the task, a variable, the environment."""

from __future__ import annotations

import contextlib
import types
import typing as t

from ansible.module_utils.basic import AnsibleFallbackNotFound, env_fallback

from ._types import Object

Spec = t.Mapping[str, t.Mapping[str, t.Any]]
"""Options as Ansible describes them."""

Sources = t.Mapping[str, str]
"""Option -> the environment variable that its value is from."""
NO_SOURCES: Sources = types.MappingProxyType({})


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
_KEYS = ("auth_client_secret", "auth_client_assertion_signing_key")
_CREDENTIALS = (*_KEYS, "auth_access_token")
# Where a task does not set an option, the variable that does: `auth0_client_id` for `auth_client_id`.
VARIABLES = {name: f"auth0_{name.removeprefix('auth_')}" for name in TENANT_OPTIONS}
# TENANT_OPTIONS for a module that can do without a tenant.
GUEST_OPTIONS = {**TENANT_OPTIONS, "domain": {**TENANT_OPTIONS["domain"], "required": False}}

STATE: dict[str, dict[str, t.Any]] = {"state": {"type": "str", "choices": ["present", "absent"], "default": "present"}}
# Of a module that creates and deletes objects of a tenant.
LIFE = {**STATE, "ignore_changes": {"type": "list", "elements": "str", "default": []}}


def with_source(option: str, spec: t.Mapping[str, t.Any], sources: dict[str, str]) -> dict[str, t.Any]:
    """An option that notes from which environment variable it gets its value."""
    if "fallback" not in spec:
        return dict(spec)
    strategy, names = spec["fallback"]

    def fallback(*names: str) -> t.Any:
        for name in names:
            with contextlib.suppress(AnsibleFallbackNotFound):
                value = strategy(name)
                sources[option] = name
                return value
        raise AnsibleFallbackNotFound

    return {**spec, "fallback": (fallback, names)}


def prefer_task(params: Object, sources: Sources) -> Object:
    """Without the credentials that the environment holds, where the task has others."""
    if not any(params.get(name) and name not in sources for name in _KEYS):
        return params
    return {name: None if name in sources and name in _CREDENTIALS else value for name, value in params.items()}


def select_fields(spec: Spec, found: Object) -> Object:
    """What options can say of an object: fields that only Auth0 makes, and nulls, are left out, at any depth."""
    return {name: _select(spec[name], found[name]) for name in spec if found.get(name) is not None}


def _select(spec: t.Mapping[str, t.Any], value: t.Any) -> t.Any:
    if "options" not in spec:
        return value
    inner = spec["options"]
    return select_fields(inner, value) if isinstance(value, dict) else [select_fields(inner, one) for one in value]
