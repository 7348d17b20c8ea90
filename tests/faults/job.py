# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The sample job: as a playbook, and as the modules that an undisturbed run of it called, which takes a tenth of it."""

from __future__ import annotations

import importlib
import json
import typing as t
from dataclasses import dataclass

from tests.faults.world import COLLECTION, Ended, Object, World
from tests.integration.conftest import player
from tests.integration.harness import Step

PLAYBOOK, ABSENT = "mcp_ops.oauth.mcp_server", "mcp_ops.oauth.mcp_server_absent"
URL = "https://mcp.example.com/mcp"
PREFIX = "mcp_ops.oauth."
# What the role does not stop at: the preflight tells it with the rest.
LOGIN, PREFLIGHT = "auth0_access_token", "mcp_preflight"
# Each run says it anew.
WAITS = ("timeout", "retry_timeout")
# Marks for what each worker, or each run, has of its own.
TOKEN = "<token>"
# Where nothing listens.
NOWHERE = "127.0.0.1:1"


def variables(world: World) -> Object:
    return {
        "mcp_server_url": URL,
        "mcp_scopes": [{"value": "tools:read", "description": "Read"}],
        "mcp_zuplo_project_dir": str(world.project),
        "mcp_zuplo_operations": [{"id": "hello"}],
    }


@dataclass(frozen=True)
class Call:
    """One module of the job. `options` is JSON text with marks for what each worker has of its own."""

    module: str
    options: str
    check: bool

    @property
    def of_tenant(self) -> bool:
        return "domain" in argument_spec(self.module)


@dataclass(frozen=True, eq=False)
class Job:
    """The modules of a run, by phase, and the requests that they make, such as `GET /api/v2/connections`.

    The phases are `first`, a run on a tenant that has none of it; `again`, one that changes nothing; and `absent`.
    """

    calls: dict[str, list[Call]]
    requests: dict[str, list[str]]


def record(world: World) -> Job:
    """What the playbook calls, from a run on the seeded tenant and one after it."""
    world.restore(world.seeded)
    play = player(world.tenant, world.folder, "controller")
    job = Job({}, {})
    for phase, playbook in (("first", PLAYBOOK), ("again", PLAYBOOK), ("absent", ABSENT)):
        run = play(playbook, **variables(world))
        assert run.rc == 0, run.output
        assert phase != "again" or not run.changed, run.changed
        job.calls[phase] = list(_calls(world, run.steps))
        job.requests[phase] = [f"{request['method']} {request['path']}" for request in run.requests]
    return job


def _calls(world: World, steps: list[Step]) -> t.Iterator[Call]:
    for step in steps:
        if not step.action.startswith(PREFIX) or step.status == "skipped":
            continue
        module = step.action.removeprefix(PREFIX)
        spec = argument_spec(module)
        for result in step.result.get("results") or [step.result]:
            # A result that is not shown at all leaves what comes from the environment.
            given = result.get("invocation", {}).get("module_args", {})
            shown = [name for name in given if name not in WAITS and not spec[name].get("no_log")]
            options = {name: given[name] for name in shown if given[name] is not None}
            if given.get("auth_access_token") is not None:
                options["auth_access_token"] = TOKEN
            text = json.dumps(options)
            for mark, own in _marks(world).items():
                text = text.replace(own, mark)
            yield Call(module, text, step.check)


def argument_spec(module: str) -> t.Mapping[str, t.Any]:
    found = importlib.import_module(f"{COLLECTION}.module_utils._modules.{module}").MODULE
    spec: t.Mapping[str, t.Any] = found.argument_spec
    return spec


def _marks(world: World) -> dict[str, str]:
    tenant = world.tenant
    own = {"<domain>": tenant.domain, "<ca>": tenant.ca_path, "<client>": tenant.client_id}
    return {**own, "<project>": str(world.project)}


@dataclass(frozen=True)
class Replay:
    """The modules that ran, in order. `failed` tells whether the last one ended the run."""

    ended: list[Ended]
    failed: bool

    @property
    def seconds(self) -> float:
        return sum(one.seconds for one in self.ended)


def replay(world: World, calls: t.Iterable[Call], *, refused: int | None = None) -> Replay:
    """Call the modules as the playbook did, up to the first that fails. Nothing listens for the one `refused`."""
    login, ended = "", []
    token = ""
    for number, call in enumerate(calls):
        options = _options(world, call)
        if number == refused:
            options["domain"] = NOWHERE
        if options.get("auth_access_token") == TOKEN:
            options["auth_access_token"] = token or None
        if call.module == PREFLIGHT:
            options["login_error"] = login
        ended.append(world.module(call.module, options, check=call.check))
        if call.module == LOGIN:
            token, login = ended[-1].result.get("access_token", ""), ended[-1].msg
        elif ended[-1].rc != 0 or _findings(ended[-1]):
            return Replay(ended, True)
    return Replay(ended, False)


def _options(world: World, call: Call) -> Object:
    text = call.options
    for mark, own in _marks(world).items():
        text = text.replace(mark, own)
    options: Object = json.loads(text)
    return options


def _findings(ended: Ended) -> list[str]:
    """What the role ends the run for."""
    return [finding["name"] for finding in ended.result.get("findings", []) if finding["status"] == "fail"]


def modules_that_changed(replayed: Replay, calls: t.Sequence[Call]) -> list[str]:
    """Those in check mode left out."""
    pairs = zip(calls, replayed.ended, strict=False)
    return [call.module for call, one in pairs if one.result.get("changed") and not call.check]
