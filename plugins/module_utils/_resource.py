# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What kinds of object a tenant has, and how one of them is brought to the state the user wants.

A description says where an object lives, how it is found and which rules its fields follow; `ensure` does the rest.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ._client import ApiError, Client, ScopeError, encode
from ._plan import Object, Plan, PlanError, Shape, check, make_plan, plan_absent, shown

Guard = t.Callable[[Object, Plan], "str | None"]


@dataclass(frozen=True)
class Collection:
    """Many objects of one kind below one path.

    `key` is the field by which the user names an object. `find` reads the object that the user's values name, None when
    there is none. `guard` looks at the current object and the plan, and returns why Auth0 would refuse it, if it would.
    `explain` turns a status that only this kind gives a meaning to into advice.
    """

    noun: str
    path: str
    scope: str
    key: str
    shape: Shape
    find: t.Callable[[Client, Object], Object | None]
    guard: Guard = lambda actual, plan: None
    explain: t.Mapping[int, str] | None = None

    def write(self, client: Client, wanted: Object, actual: Object | None, plan: Plan) -> Object:
        if plan.action == "create":
            return client.create(self.path, plan.body, settle=lambda: self.find(client, wanted))
        path = f"{self.path}/{encode(t.cast('Object', actual)['id'])}"
        if plan.action == "update":
            return client.update(path, plan.body)
        client.delete(path)
        return {}

    def scopes(self, plan: Plan) -> list[str]:
        """The scopes that the plan's write needs."""
        return [f"{plan.action}:{self.scope}"] if plan.changed else []


@dataclass(frozen=True)
class Singleton:
    """The one object at a path: it always exists, and can only be changed."""

    noun: str
    path: str
    scope: str
    shape: Shape
    fields: str
    """The top-level fields to read, separated by commas."""
    guard: Guard = lambda actual, plan: None
    explain: t.Mapping[int, str] | None = None
    key: str = ""

    def find(self, client: Client, wanted: Object) -> Object | None:
        return client.get(self.path, fields=self.fields, include_fields="true")

    def write(self, client: Client, wanted: Object, actual: Object | None, plan: Plan) -> Object:
        """Update, then read: the answer to a PATCH of the tenant settings differs from what GET returns afterwards."""
        client.update(self.path, plan.body)
        return self.find(client, wanted) or {}

    def scopes(self, plan: Plan) -> list[str]:
        return [f"update:{self.scope}"] if plan.changed else []


@dataclass(frozen=True)
class Outcome:
    """What was done, or in check mode would be, and the object as it is then; `warnings` are for the user."""

    plan: Plan
    object: Object
    warnings: tuple[str, ...] = ()


def ensure(
    resource: Collection | Singleton,
    client: Client,
    wanted: Object,
    *,
    absent: bool = False,
    purge: t.Collection[str] = (),
    check_mode: bool = False,
) -> Outcome:
    """Bring the object to the wanted state: one read, one plan, at most one write."""
    check(resource.shape, wanted)
    actual = resource.find(client, wanted)
    plan = plan_absent(actual, resource.key) if absent else make_plan(resource.shape, wanted, actual, purge=purge)
    return carry_out(resource, client, wanted, actual, plan, check_mode=check_mode)


def carry_out(
    resource: Collection | Singleton,
    client: Client,
    wanted: Object,
    actual: Object | None,
    plan: Plan,
    *,
    check_mode: bool,
) -> Outcome:
    """Write the plan, after everything that can be known beforehand to fail has been looked at."""
    if not plan.changed:
        return Outcome(plan, shown(resource.shape, actual or {}))
    if refusal := resource.guard(actual or {}, plan):
        raise PlanError(refusal)
    missing = client.missing_scopes(resource.scopes(plan))
    if missing:
        text = (
            f"The token lacks the scope {', '.join(missing)}, which is needed to {plan.action} the {resource.noun}. "
            "Grant it to the application in Auth0 (Dashboard: Applications, APIs, Auth0 Management API)."
        )
        if not check_mode:
            raise ScopeError(text)
        # A preview with a read-only token is a good habit, so it goes on.
        return Outcome(plan, plan.predicted, (text,))
    if check_mode:
        return Outcome(plan, plan.predicted)
    try:
        return Outcome(plan, shown(resource.shape, resource.write(client, wanted, actual, plan)))
    except ApiError as error:
        advice = (resource.explain or {}).get(error.status or 0)
        raise (error.with_advice(advice) if advice else error) from None
