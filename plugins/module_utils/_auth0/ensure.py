# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Bring one object to the state that the user wants: find it, plan once, check, write."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .._errors import Auth0Error, InputError, OpsError, PlanError, ScopeError
from .._types import Object
from .api import ManagementApi
from .memory import Memory
from .plan import Plan, find_faults, find_overflows, make_plan, plan_absent, secrets_in, without_secrets
from .resource import Collection, Expansion, Resource, check_keys


@dataclass(frozen=True)
class Outcome:
    """What was done, or in check mode would be, and the object as it is then; `warnings` are for the user.

    `title` heads the diff; `secrets` are the object's own, which `object` leaves out. `impact` tells what the change
    takes from others. `obstacles` are there in check mode only: why the real run would fail as things are.
    """

    plan: Plan
    object: Object
    title: str
    warnings: tuple[str, ...] = ()
    impact: tuple[str, ...] = ()
    obstacles: tuple[OpsError, ...] = ()
    secrets: Object = field(default_factory=dict)


def ensure(
    resource: Resource,
    api: ManagementApi,
    wanted: Object,
    *,
    absent: bool = False,
    purge: t.Collection[str] = (),
    force: t.Collection[str] = (),
    ignore_changes: t.Collection[str] = (),
    check_mode: bool = False,
    memory: Memory | None = None,
) -> Outcome:
    """Bring the object to the wanted state: one read, one plan, at most one write, and what its parts need.

    The fields in `ignore_changes` count for a new object only. Everything that can be known beforehand to fail is
    checked before the write.
    """
    check_keys(resource, wanted)
    named = {key: wanted[key] for key in resource.keys if key in wanted}
    if resource.keys and not named:
        raise InputError(f"No {resource.noun} is named", remedy=f"Set {' or '.join(resource.keys)}.")
    wanted = named if absent else wanted
    own_faults = resource.find_faults({key: value for key, value in wanted.items() if key not in named})
    if not find_faults(resource.shape, named):
        _refuse(own_faults)
    actual = resource.find(api, wanted, memory)
    if actual is not None:
        wanted = {key: value for key, value in wanted.items() if key in named or key not in ignore_changes}
    if not absent:
        # Rules for keys are rules for new objects: one that exists may be older than they are.
        new = {key: value for key, value in named.items() if (actual or {}).get(key) != value}
        _refuse([*find_faults(resource.shape, new), *own_faults])
    api.secrets.update(secrets_in(resource.shape, actual))
    title = resource.title(wanted, actual or {})
    if actual is not None and not absent:
        _refuse_unreadable(resource, api, wanted, actual)
    refusal = None if absent or actual is not None else resource.refuse_creation(api, wanted)
    expansion = Expansion(wanted) if absent else resource.expand(api, wanted, actual)
    missing = [*filter(None, [refusal]), *expansion.missing]
    if expansion.faults or (missing and not check_mode):
        raise PlanError(" ".join([*missing, *expansion.faults]))
    # The preview of a longer play goes on: an earlier task may be the one that makes what is missing.
    warnings = expansion.warnings
    obstacles: tuple[OpsError, ...] = tuple(map(PlanError, missing))
    if refusal:
        supposed = {key: wanted[key] for key in (*resource.keys, *resource.shape.immutable) if key in wanted}
        plan = make_plan(resource.shape, expansion.wanted, supposed)
        return Outcome(plan, plan.predicted, title, warnings, obstacles=obstacles)
    if absent:
        plan = plan_absent(resource.shape, named, actual)
    else:
        plan = make_plan(resource.shape, expansion.wanted, actual, purge=purge, force=force)
    if not plan.changed:
        return _outcome(resource, plan, title, actual or {}, warnings, obstacles=obstacles)
    _refuse(find_overflows(resource.shape, plan))
    if refusal := resource.guard(actual or {}, plan):
        raise PlanError(refusal)
    impact = tuple(resource.impact(actual or {}, plan))
    if scopes := api.missing_scopes(resource.scopes(plan)):
        lacking = ScopeError(scopes, f"which is needed to {plan.action} the {resource.noun}")
        if not check_mode:
            raise lacking
        # A preview with a token that can only read is a good habit, so it goes on.
        obstacles = (*obstacles, lacking)
    if check_mode:
        return Outcome(plan, plan.predicted, title, warnings, impact, obstacles)
    try:
        written = resource.write(api, wanted, actual or {}, plan)
    except Auth0Error as error:
        if memory:
            # Part of it may have been carried out.
            memory.forget(api, resource.path)
        raise error.with_remedy(resource.explain.get(error.status or 0, "")) from None
    api.secrets.update(secrets_in(resource.shape, written))
    if memory and isinstance(resource, Collection):
        memory.note_write(api, resource.path, str(resource.query), resource.id, actual or {}, written)
    return _outcome(resource, plan, title, written, warnings, impact)


def _refuse(faults: t.Sequence[str]) -> None:
    if faults:
        raise InputError("; ".join(faults))


def _outcome(
    resource: Resource,
    plan: Plan,
    title: str,
    found: Object,
    warnings: tuple[str, ...],
    impact: tuple[str, ...] = (),
    obstacles: tuple[OpsError, ...] = (),
) -> Outcome:
    secrets = {name: value for name, value in found.items() if resource.shape.hides(name)}
    shown = without_secrets(resource.shape, found)
    return Outcome(plan, shown, title, warnings, impact, obstacles, secrets)


def _refuse_unreadable(resource: Resource, api: ManagementApi, wanted: Object, actual: Object) -> None:
    """What the token cannot read would look as if it were not there, and be overwritten."""
    needed = {name: scope for name, scope in resource.readable.items() if name in wanted}
    missing = api.missing_scopes(needed.values())
    if api.token.scopes is None:
        # Then only that nothing is shown gives it away.
        missing = [scope for name, scope in needed.items() if not actual.get(name)]
    if missing:
        raise ScopeError(missing, "so it cannot be told what differs")
