# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which users and groups have a role, and nothing else of them."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from urllib.parse import quote, unquote

from ..._errors import ApiError, ScopeError
from ..._types import Object
from ..api import PER_PAGE, ManagementApi, encode
from ..form import Form
from ..naming import Match, Naming
from ..part import Part
from ..plan import Plan, Shape
from ..resource import Collection, Expansion
from . import role_groups

NAMING = Naming("members", "users", ("user_id", "email", "username"))

_UNKNOWN_USERS = "The tenant does not have all users of members. Create these first: {}."
_UNKNOWN_GROUPS = (
    "The tenant does not have all that groups names. It lacks: {}. Groups come from an enterprise connection, which "
    "must provision them first."
)

# Of one search: half a page of users, so that a page has room for namesakes, and what any server takes as a URL.
SEARCHED = PER_PAGE // 2
LONGEST_QUERY = 4000
_FIELDS = {"fields": "user_id,email,username,identities", "include_fields": "true"}
USER = Form(
    ("user_id",),
    {
        "email": {"type": "str"},
        "username": {"type": "str"},
        "identities": {"type": "list", "elements": "dict", "options": {"connection": {"type": "str"}}},
    },
)


@dataclass(frozen=True)
class Members(Part):
    """The users of a role: added at the role, removed at each user."""

    def read(self, api: ManagementApi, owner: str, keys: tuple[str, ...]) -> list[Object]:
        return [{key: user[key] for key in keys} for user in self.users(api, owner)]

    def users(self, api: ManagementApi, owner: str) -> t.Iterator[Object]:
        """With what Auth0 tells of them: user_id, and most often email, name and picture."""
        return api.listing(f"{owner}/users", "users", USER, checkpoint=self.checkpoint)

    def add(self, api: ManagementApi, owner: str, members: list[Object]) -> None:
        try:
            api.post(f"{owner}/users", {"users": [one["user_id"] for one in members]})
        except ApiError as error:
            if error.status == 403:
                error.with_remedy("A user can have 50 roles at most.")
            raise

    def remove(self, api: ManagementApi, owner: str, members: list[Object]) -> None:
        role = unquote(owner.rpartition("/")[2])
        for one in members:
            api.delete(f"users/{encode(one['user_id'])}/roles", {"roles": [role]})


@dataclass(frozen=True)
class RoleMembers(Collection):
    verbs: t.ClassVar[tuple[str, ...]] = ("update",)

    def find_faults(self, wanted: Object) -> list[str]:
        return [
            fault
            for naming in (NAMING, role_groups.NAMING)
            for fault in naming.find_faults(wanted.get(naming.option, ()))
        ]

    def refuse_creation(self, api: ManagementApi, wanted: Object) -> str | None:
        key = "id" if "id" in wanted else "name"
        return f"The tenant has no role with the {key} '{wanted[key]}'. Create it with auth0_role."

    def expand(self, api: ManagementApi, wanted: Object, actual: Object | None) -> Expansion:
        """With the id of each user and group."""
        resolved, missing, faults = dict(wanted), [], []
        for naming, resolve, text in (
            (NAMING, _resolve, _UNKNOWN_USERS),
            (role_groups.NAMING, role_groups.resolve, _UNKNOWN_GROUPS),
        ):
            if naming.option in wanted:
                there = {one[naming.names[0]] for one in (actual or {}).get(naming.option, [])}
                match = resolve(api, wanted[naming.option], there)
                resolved[naming.option] = match.resolved
                missing += [text.format(", ".join(match.unknown))] if match.unknown else []
                faults += match.faults
        return Expansion(resolved, missing=tuple(missing), faults=tuple(faults))

    def impact(self, actual: Object, plan: Plan) -> t.Sequence[str]:
        names = {one["id"]: one.get("name", one["id"]) for one in actual.get("groups", [])}
        users = [user for (user,) in plan.purged.get("members", ())]
        groups = [names[group] for (group,) in plan.purged.get("groups", ())]
        return [
            f"The role '{actual['name']}' is removed from these {noun}: {', '.join(lost)}."
            for noun, lost in (("users", users), ("groups", groups))
            if lost
        ]

    def title(self, wanted: Object, found: Object) -> str:
        return f"members of the {super().title(wanted, found)}"


def _resolve(api: ManagementApi, members: t.Sequence[Object], there: t.Collection[str]) -> Match:
    """The members with their user_id. Those in `there` are known to exist."""
    unread = [one for one in members if one.get("user_id") not in there]
    if unread and (lacking := api.missing_scopes(["read:users"])):
        raise ScopeError(lacking, "which is needed to find the users that members names")
    listed = _search(api, [one for one in unread if "user_id" not in one])
    return NAMING.match(
        members, lambda one: [one] if one.get("user_id") in there else _find(api, one, listed), _connections
    )


def _find(api: ManagementApi, member: Object, listed: t.Sequence[Object]) -> list[Object]:
    """The users that a member may name. The search lags behind, and there is another way to find an email address."""
    if "user_id" in member:
        path = f"users/{encode(member['user_id'])}"
        found = api.get(path, Form(("user_id",)), fields="user_id", include_fields="true")
        return [found] if found else []
    matching = [user for user in listed if _is_named(member, user)]
    if "email" in member:
        # There, case counts, and Auth0 stores the addresses of its own databases in lower case.
        for email in dict.fromkeys((member["email"], member["email"].lower())):
            if not matching:
                users = api.array("users-by-email", USER, email=email, **_FIELDS)
                matching = [user for user in users if _is_named(member, user)]
    return matching


def _is_named(member: Object, user: Object) -> bool:
    name = "email" if "email" in member else "username"
    have, want = str(user.get(name) or ""), member[name]
    is_same = have.lower() == want.lower() if name == "email" else have == want
    return is_same and member.get("connection") in (None, *_connections(user))


def _connections(user: Object) -> list[str]:
    return [str(one["connection"]) for one in user.get("identities") or [] if one.get("connection")]


def _search(api: ManagementApi, members: t.Sequence[Object]) -> list[Object]:
    users = (
        user
        for query in _queries(members)
        for user in api.listing("users", "users", USER, checkpoint=False, q=query, search_engine="v3", **_FIELDS)
    )
    return list({user["user_id"]: user for user in users}.values())


def _queries(members: t.Sequence[Object]) -> t.Iterator[str]:
    """Searches in Lucene's syntax that together find all members, each of them once."""
    terms: list[str] = []
    for one in members:
        name = "email" if "email" in one else "username"
        value = one[name].replace("\\", r"\\").replace('"', r"\"")
        term = f'{name}:"{value}"'
        if terms and (len(terms) == SEARCHED or len(quote(" OR ".join([*terms, term]))) > LONGEST_QUERY):
            yield " OR ".join(terms)
            terms = []
        terms.append(term)
    if terms:
        yield " OR ".join(terms)


# Offset paging ends at 1,000 users.
USERS = Members(
    "members",
    scope=("update:roles", "create:role_members"),
    removal_scope=("update:users", "delete:role_members"),
    checkpoint=True,
)

ROLE_MEMBERS = RoleMembers(
    noun="role",
    path="roles",
    scope="roles",
    keys=("id", "name"),
    fields={"id": {"type": "str"}, "name": {"type": "str"}},
    always=("name",),
    filters={"name": "name_filter"},
    parts=(USERS, role_groups.GROUPS),
    shape=Shape(
        defaults={"members": [], "groups": []},
        sets={"members": ("user_id",), "groups": ("id",)},
        aliases=frozenset(
            f"{naming.option}.{name}"
            for naming in (NAMING, role_groups.NAMING)
            for name in (*naming.names[1:], "connection")
        ),
    ),
    explain={404: "The role, a user or a group was deleted in the meantime: run again."},
)
