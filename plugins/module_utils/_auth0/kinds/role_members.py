# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which users have a role, and nothing else of either."""

from __future__ import annotations

import typing as t
from collections import Counter
from dataclasses import dataclass
from urllib.parse import quote, unquote

from ..._errors import ScopeError
from ..._types import Object
from ..api import PER_PAGE, ManagementApi, Need, encode
from ..form import Form
from ..part import Part
from ..plan import Plan, Shape
from ..resource import Collection, Expansion

# What names a user. Of a member, exactly one of them is given.
NAMES = ("user_id", "email", "username")
MEMBERS: dict[str, t.Any] = {
    "type": "list",
    "elements": "dict",
    "required": True,
    "options": {name: {"type": "str"} for name in (*NAMES, "connection")},
}

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

    removal_scope: Need = ("update:users", "delete:role_members")

    def read(self, api: ManagementApi, owner: str, keys: tuple[str, ...]) -> list[Object]:
        return [{key: user[key] for key in keys} for user in self.users(api, owner)]

    def users(self, api: ManagementApi, owner: str) -> t.Iterator[Object]:
        """With what Auth0 tells of them: user_id, and most often email, name and picture."""
        return api.listing(f"{owner}/users", "users", USER, checkpoint=self.checkpoint)

    def add(self, api: ManagementApi, owner: str, members: list[Object]) -> None:
        api.post(f"{owner}/users", {"users": [one["user_id"] for one in members]})

    def remove(self, api: ManagementApi, owner: str, members: list[Object]) -> None:
        role = unquote(owner.rpartition("/")[2])
        for one in members:
            api.delete(f"users/{encode(one['user_id'])}/roles", {"roles": [role]})

    def scopes(self, plan: Plan) -> t.Sequence[Need]:
        before, after = ({one["user_id"] for one in view["members"]} for view in (plan.before, plan.after))
        return [*([self.scope] if after - before else []), *([self.removal_scope] if before - after else [])]


@dataclass(frozen=True)
class RoleMembers(Collection):
    verbs: t.ClassVar[tuple[str, ...]] = ("update",)

    def find_faults(self, wanted: Object) -> list[str]:
        faults = []
        for index, one in enumerate(wanted["members"]):
            where = f"members[{index}]"
            named = [name for name in NAMES if name in one]
            if len(named) != 1:
                faults.append(f"{where} must have exactly one of {', '.join(NAMES)}")
            elif "user_id" in one and "connection" in one:
                faults.append(f"{where} has user_id, which needs no connection")
            faults += [f"{where}.{name} is empty" for name, value in one.items() if not value.strip()]
        counts = Counter(map(_describe, wanted["members"]))
        return faults or [f"members lists {name} twice" for name, count in counts.items() if count > 1]

    def refuse_creation(self, api: ManagementApi, wanted: Object) -> str | None:
        key = "id" if "id" in wanted else "name"
        return f"The tenant has no role with the {key} '{wanted[key]}'. Create it with auth0_role."

    def expand(self, api: ManagementApi, wanted: Object, actual: Object | None) -> Expansion:
        """With each user's id."""
        resolved, missing, faults = _resolve(
            api, wanted["members"], {one["user_id"] for one in (actual or {}).get("members", [])}
        )
        return Expansion({**wanted, "members": resolved}, missing=tuple(missing), faults=tuple(faults))

    def impact(self, actual: Object, plan: Plan) -> t.Sequence[str]:
        lost = [user for (user,) in plan.purged.get("members", ())]
        return [f"The role '{actual['name']}' is removed from these users: {', '.join(lost)}."] if lost else ()

    def title(self, wanted: Object, found: Object) -> str:
        return f"members of the {super().title(wanted, found)}"


def _describe(member: Object) -> str:
    """How a member is named. The case of an email does not count."""
    name = next(name for name in NAMES if name in member)
    value = member[name].lower() if name == "email" else member[name]
    return f"{name} '{value}'" + (f" of the connection '{member['connection']}'" if "connection" in member else "")


def _resolve(
    api: ManagementApi, members: t.Sequence[Object], there: t.Collection[str]
) -> tuple[list[Object], list[str], list[str]]:
    """(the members with their user_id, sentences about users to create, and about what names no one user).

    Those in `there` are known to exist.
    """
    unread = [one for one in members if one.get("user_id") not in there]
    if unread and (lacking := api.missing_scopes(["read:users"])):
        raise ScopeError(lacking, "which is needed to find the users that members names")
    listed = _search(api, [one for one in unread if "user_id" not in one])
    resolved: dict[str, Object] = {}
    unknown, faults = [], []
    for one in members:
        found = [one] if one.get("user_id") in there else _find(api, one, listed)
        if not found:
            unknown.append(_describe(one))
        elif len(found) > 1:
            faults.append(_ambiguous(one, found))
        elif (user_id := found[0]["user_id"]) in resolved:
            faults.append(f"members lists the user {user_id} twice, the second time as {_describe(one)}.")
        else:
            resolved[user_id] = {**one, "user_id": user_id}
    missing = [f"The tenant does not have all users of members. Create these first: {', '.join(unknown)}."]
    return list(resolved.values()), missing if unknown else [], faults


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


def _ambiguous(member: Object, found: t.Sequence[Object]) -> str:
    connections = [", ".join(_connections(user)) for user in found]
    users = ", ".join(f"{user['user_id']} ({names})" for user, names in zip(found, connections))
    way = "user_id" if len(set(connections)) == 1 else "user_id or with its connection"
    return f"The tenant has {len(found)} users with the {_describe(member)}: {users}. Name one by its {way}."


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
USERS = Members("members", scope=("update:roles", "create:role_members"), checkpoint=True)

ROLE_MEMBERS = RoleMembers(
    noun="role",
    path="roles",
    scope="roles",
    keys=("id", "name"),
    fields={"id": {"type": "str"}, "name": {"type": "str"}},
    always=("name",),
    filters={"name": "name_filter"},
    parts=(USERS,),
    shape=Shape(
        defaults={"members": []},
        sets={"members": ("user_id",)},
        aliases=frozenset({"members.email", "members.username", "members.connection"}),
    ),
    explain={
        403: "A user can have 50 roles at most.",
        404: "The role or one of the users was deleted in the meantime: run again.",
    },
)
