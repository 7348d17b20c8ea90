# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""mcp_preflight: check that all steps of a set-up can be carried out, before the first of them runs."""

from __future__ import annotations

import typing as t
from contextlib import contextmanager
from dataclasses import dataclass

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.errors import UnsupportedError

from .._auth0.api import ManagementApi, encode
from .._auth0.kinds.application import APPLICATION
from .._auth0.kinds.client_grant import CLIENT_GRANT
from .._auth0.kinds.tenant import FLAGS, SETTINGS
from .._auth0.preflight import PreflightApi
from .._auth0.settings import Settings
from .._check import clients, tenant
from .._check.check import NO_CREDENTIALS
from .._clients.choice import (
    ADVERTISED,
    APPLICATION_QUERY,
    Choice,
    Registration,
    choose,
    depends_on_applications,
    everyone,
    refused,
)
from .._clients.choice import OPTION as CLIENTS
from .._errors import ApiError, CredentialsError, OpsError, ScopeError, UnreachableError
from .._module import GuestModule, GuestTask, Module, Result, Task, TenantModule, TenantTask
from .._options import select_fields
from .._types import Object
from . import (
    auth0_cimd_client,
    auth0_client,
    auth0_client_grant,
    auth0_connection,
    auth0_connection_domain,
    auth0_resource_server,
    auth0_role,
    auth0_role_members,
    auth0_tenant_flags,
    auth0_tenant_settings,
    zuplo_mcp_oauth,
)

API, ROLE_STEP = "auth0_resource_server", "auth0_role"
APPLICATIONS, DOCUMENTS = "auth0_client", "auth0_cimd_client"
TENANT_SETTINGS, TENANT_FLAGS = "auth0_tenant_settings", "auth0_tenant_flags"
MODULES: dict[str, Module] = {
    DOCUMENTS: auth0_cimd_client.MODULE,
    APPLICATIONS: auth0_client.MODULE,
    "auth0_client_grant": auth0_client_grant.MODULE,
    "auth0_connection": auth0_connection.MODULE,
    "auth0_connection_domain": auth0_connection_domain.MODULE,
    API: auth0_resource_server.MODULE,
    ROLE_STEP: auth0_role.MODULE,
    "auth0_role_members": auth0_role_members.MODULE,
    TENANT_FLAGS: auth0_tenant_flags.MODULE,
    TENANT_SETTINGS: auth0_tenant_settings.MODULE,
    "zuplo_mcp_oauth": zuplo_mcp_oauth.MODULE,
}
_BEFORE = "steps.options."
# Tags that ansible-core gives a meaning.
_SPECIAL = frozenset({"all", "tagged", "untagged", "always"})


class Preflight:
    """Plans one step after the other, and keeps what stands in the way of the run and what it takes from others.

    `api` is None where the tenant cannot be read; then only the options of the steps are checked.
    """

    def __init__(self, api: PreflightApi | None) -> None:
        self.obstacles: list[str] = []
        self.impact: list[str] = []
        self.warnings: list[str] = []
        self.missing_scopes: list[str] = []
        self._api = api
        self._settings: Object = {}
        """What the steps leave of the tenant's settings; empty where none of them reads these."""
        self._applications: list[Object] = []
        """Those that the steps register."""

    def add(self, obstacle: object, variables: t.Sequence[str] = ()) -> None:
        text = f"{' or '.join(variables)}: {obstacle}" if variables else str(obstacle)
        if text not in self.obstacles:
            self.obstacles.append(text)

    def check(self, step: Object) -> None:
        for options in _tasks(step):
            with self._keep(step["variables"]):
                self._check(step["module"], options, step["variables"])

    def check_clients(self, choices: t.Sequence[Choice]) -> None:
        """Which MCP clients, those chosen or else all known ones, cannot register once all steps are carried out."""
        # Without names, the check at the end warns as well: no further read for it.
        if self._api and self._settings and (choices or ADVERTISED in self._settings):
            with self._keep([CLIENTS]):
                self._judge_clients(self._api, choices)

    @contextmanager
    def _keep(self, variables: t.Sequence[str]) -> t.Iterator[None]:
        """Go on after an error, which is in the way."""
        try:
            yield
        except ScopeError as error:
            self._lack(error.missing)
        except OpsError as error:
            if _ends_the_reading(error):
                self._api = None
                self.add(error)
            else:
                self.add(error, variables)

    def _check(self, name: str, options: Object, variables: t.Sequence[str]) -> None:
        module = MODULES[name]
        validated = ArgumentSpecValidator(dict(module.options), **module.rules).validate(options)
        for error in validated.errors:
            text = f"not supported: {error.msg}" if isinstance(error, UnsupportedError) else error.msg
            self.add(text, variables or [name])
        if validated.error_messages:
            return
        given = select_fields(module.options, validated.validated_parameters)
        result = self._plan(module, given)
        if result is None:
            return
        self.impact += [text for text in result.impact if text not in self.impact]
        for obstacle in result.obstacles:
            if isinstance(obstacle, ScopeError):
                self._lack(obstacle.missing)
            else:
                self.add(obstacle, variables)
        if name == API and self._api:
            self._judge(self._api, given, result.values["resource_server"], variables)
        elif name == ROLE_STEP and self._api:
            self._api.note_role(given, result.values["role"])
        elif name in (TENANT_SETTINGS, TENANT_FLAGS):
            self._settings.update(result.values.get("settings") or result.values)
        elif name in (DOCUMENTS, APPLICATIONS) and given["state"] == "present":
            self._applications.append(given)

    def _judge_clients(self, api: PreflightApi, choices: t.Sequence[Choice]) -> None:
        # What no step plans is as it is.
        settings = {**(_read_tenant(api) if choices else {}), **self._settings}
        after = Registration.of(settings, self._applications)
        undecided = refused(choices, after) if choices else clients.shut_out(after)
        if undecided and depends_on_applications(choices or everyone(), after):
            listed = _list_applications(api)
            if listed is None:
                # Without names nobody is known to be refused, and a run needs no scope for a warning.
                self._lack([f"read:{APPLICATION.scope}"] if choices else [])
                return
            after = Registration.of(settings, [*listed, *self._applications])
        for one in refused(choices, after):
            self.add(f"{one.title} is refused, since {one.reason}. Remedy: {one.remedy}.", [CLIENTS])
        chosen = {choice.client.title for choice in choices}
        others = [one for one in clients.shut_out(after) if one.title not in chosen]
        if not others:
            return
        before = Registration.of(_read_tenant(api))
        if before.dcr and not before.advertised:
            self.impact.append(
                f"With metadata documents, Auth0 refuses {clients.describe(others)}. Remedy: {clients.ADVICE}."
            )
        elif not choices:
            self.warnings.append(f"Auth0 refuses {clients.describe(others)}. Remedy: {clients.ADVICE}.")

    def _plan(self, module: Module, given: Object) -> Result | None:
        """None where the token cannot read what is to be planned."""
        if not isinstance(module, TenantModule):
            return module.perform(Task(given, True))
        if self._api is None:
            return None
        if module.kind and (missing := self._api.missing_scopes([f"read:{module.kind.scope}"])):
            verbs = ("delete",) if given.get("state") == "absent" else module.kind.verbs
            self._lack([*missing, *self._api.missing_scopes(f"{verb}:{module.kind.scope}" for verb in verbs)])
            return None
        return module.perform(TenantTask(given, True, self._api))

    def _lack(self, scopes: t.Iterable[str]) -> None:
        self.missing_scopes += [scope for scope in scopes if scope not in self.missing_scopes]

    def _judge(self, api: PreflightApi, given: Object, planned: Object, variables: t.Sequence[str]) -> None:
        """Of the API of the MCP server: with what clients could not log in, and who else is hit by its deletion."""
        identifier = given["identifier"]
        if given["state"] == "absent":
            self.impact += _granted(api, identifier)
        else:
            api.predicted[f"resource-servers/{encode(identifier)}"] = planned
            for finding in (tenant.resource_server(planned, [], identifier), tenant.signing_alg(planned)):
                if finding.status == "fail":
                    self.add(finding.sentence, variables)


def perform(task: GuestTask) -> Result:
    options = task.options
    choices = choose(options[CLIENTS])
    steps = [
        step for step in options["steps"] if _runs(step, options["run_tags"], options["skip_tags"], options["steps"])
    ]
    remote = any(isinstance(MODULES[step["module"]], TenantModule) for step in steps)
    error = options["login_error"]
    preflight = Preflight(None if error else t.cast("PreflightApi | None", task.api))
    if error and remote:
        preflight.add(error)
    for step in steps:
        preflight.check(step)
    preflight.check_clients(choices)
    warnings, missing = preflight.warnings, preflight.missing_scopes
    if remote and not error and task.api is None:
        warnings.append(f"Only the options were checked, and not the tenant: {NO_CREDENTIALS}.")
    if options["refuse_impact"]:
        for text in preflight.impact:
            preflight.add(f"{text} Set it to false to go on all the same.", ["refuse_impact"])
    else:
        warnings += preflight.impact
    if missing and task.check_mode:
        warnings.append(str(ScopeError(missing, "which the real run needs")))
    elif missing:
        preflight.add(ScopeError(missing, "which the run needs"))
    found = preflight.obstacles
    return Result({"obstacles": found, "missing_scopes": missing}, warnings=warnings, error=_text(found))


def _ends_the_reading(error: OpsError) -> bool:
    """Whether no other request can succeed either."""
    if isinstance(error, ApiError):
        return error.status not in (400, 403, 404, 409)
    return isinstance(error, (CredentialsError, UnreachableError))


def _runs(step: Object, run_tags: t.Sequence[str], skip_tags: t.Sequence[str], steps: t.Sequence[Object]) -> bool:
    """Whether ansible-core runs a task with these tags (`Taggable.evaluate_tags`).

    A tag that no step has may be one that the caller of a role gave all of its tasks.
    """
    known = _SPECIAL.union(*(one["tags"] for one in steps))
    chosen = run_tags if known.issuperset(run_tags) else ["all"]
    names = {*step["tags"], "all", "tagged" if step["tags"] else "untagged"}
    return bool(step["when"]) and not names.isdisjoint(chosen) and names.isdisjoint(skip_tags)


def _tasks(step: Object) -> list[Object]:
    """The options of each task that the step stands for."""
    loop = step.get("loop")
    if not loop:
        return [step["options"]]
    option = loop.get("option")
    return [{**step["options"], **({option: value} if option else value)} for value in loop["values"]]


def _read_tenant(api: ManagementApi) -> Object:
    """The tenant's settings with its flags, before any step."""
    return {**(SETTINGS.find(api, {}) or {}), **(FLAGS.find(api, {}) or {})}


def _list_applications(api: ManagementApi) -> list[Object] | None:
    """None where the token may not read them, which an opaque one does not tell beforehand."""
    if api.missing_scopes([f"read:{APPLICATION.scope}"]):
        return None
    try:
        return [*APPLICATION.list(api, **APPLICATION_QUERY)]
    except ApiError as error:
        if error.status != 403:
            raise
        return None


def _granted(api: ManagementApi, identifier: str) -> list[str]:
    """Who loses access with an API, apart from third-party applications by default, whose grant is deleted by name."""
    if api.missing_scopes(["read:client_grants"]):
        return []
    grants = CLIENT_GRANT.list(api, audience=identifier)
    clients = sorted({grant["client_id"] for grant in grants if grant.get("client_id")})
    if not clients:
        return []
    return [
        f"With the API '{identifier}', Auth0 deletes the client grants of these applications: {', '.join(clients)}."
    ]


def _text(obstacles: t.Sequence[str]) -> str:
    if not obstacles:
        return ""
    if len(obstacles) == 1:
        return f"Nothing has been changed. {obstacles[0]}"
    numbered = " ".join(f"({number}) {text}" for number, text in enumerate(obstacles, 1))
    return f"Nothing has been changed. {len(obstacles)} obstacles: {numbered}"


_LOOP = {
    "option": {"type": "str"},
    "values": {"type": "list", "elements": "raw", "required": True},
}
_STEP = {
    "module": {"type": "str", "choices": list(MODULES), "required": True},
    "options": {"type": "dict", "required": True},
    "loop": {"type": "dict", "options": _LOOP},
    "variables": {"type": "list", "elements": "str", "default": []},
    "tags": {"type": "list", "elements": "str", "default": []},
    "when": {"type": "bool", "default": True},
}
OPTIONS: dict[str, t.Any] = {
    "steps": {"type": "list", "elements": "dict", "options": _STEP, "required": True},
    "run_tags": {"type": "list", "elements": "str", "default": ["all"]},
    "skip_tags": {"type": "list", "elements": "str", "default": []},
    "login_error": {"type": "str", "default": ""},
    "refuse_impact": {"type": "bool", "default": False},
    CLIENTS: {"type": "list", "elements": "raw", "default": []},
}


@dataclass(frozen=True)
class PreflightModule(GuestModule):
    """What it hides is what any of the modules hides, as the path in the options of a step does not tell which."""

    def hides(self, path: str) -> bool:
        before, inner = path[: len(_BEFORE)], path[len(_BEFORE) :]
        return before == _BEFORE and any(module.hides(inner) for module in MODULES.values())

    def connect(self, settings: Settings) -> ManagementApi:
        return PreflightApi(settings)


MODULE = PreflightModule(OPTIONS, perform)
