# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Who is meant by a member of a role: searched in few requests, and never anybody else."""

from __future__ import annotations

import typing as t
from types import SimpleNamespace
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.ensure import ensure
from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.kinds import role_members
from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.kinds.role_members import ROLE_MEMBERS
from ansible_collections.mcp_ops.oauth.plugins.module_utils._errors import PlanError
from emulator import lucene

Object = dict[str, t.Any]

FIELDS = lucene.Fields(folded=frozenset({"email"}).__contains__)
CONNECTIONS = ("database", "staff")


class Tenant:
    """A tenant with these users, of which the search knows those in `indexed`; one role, which nobody has."""

    def __init__(self, users: list[Object], indexed: list[Object]) -> None:
        self.users, self.indexed = users, indexed
        self.token = SimpleNamespace(scopes=None)
        self.secrets: set[str] = set()
        self.added: list[str] = []

    def missing_scopes(self, _needed: t.Any) -> list[str]:
        return []

    def get(self, path: str, _form: t.Any, **_query: t.Any) -> Object | None:
        return next((user for user in self.users if path == f"users/{quote(user['user_id'], safe='')}"), None)

    def listing(self, path: str, _key: str, _form: t.Any, **query: t.Any) -> list[Object]:
        if path == "users":
            return [user for user in self.indexed if FIELDS.test(query["q"])(user)]
        return [{"id": "rol_a", "name": "a"}] if path == "roles" else []

    def array(self, _path: str, _form: t.Any, *, email: str, **_query: t.Any) -> list[Object]:
        return [user for user in self.users if user["email"] == email]

    def post(self, _path: str, body: Object) -> None:
        self.added += body["users"]


emails = st.sampled_from(["a@x", "A@x", "b@x", 'q"\\@x', "OR@x"])
connections = st.sampled_from(CONNECTIONS)
people = st.lists(st.tuples(emails.map(str.lower), st.sampled_from(["u", "U", "v"]), connections), max_size=6)
named = st.one_of(
    st.fixed_dictionaries({"email": emails}, optional={"connection": connections}),
    st.fixed_dictionaries({"username": st.sampled_from(["u", "U", "w"])}, optional={"connection": connections}),
    st.fixed_dictionaries({"user_id": st.sampled_from(["p|0", "p|1", "p|9"])}),
)


def fits(member: Object, user: Object) -> bool:
    """What the documentation promises."""
    if "user_id" in member:
        return bool(member["user_id"] == user["user_id"])
    if member.get("connection") not in (None, user["identities"][0]["connection"]):
        return False
    if "email" in member:
        return bool(member["email"].casefold() == user["email"].casefold())
    return bool(member["username"] == user["username"])


@given(people, st.lists(named, max_size=4), st.booleans())
def test_a_member_is_the_only_user_that_fits(
    people: list[tuple[str, str, str]], members: list[Object], lags: bool
) -> None:
    users: list[Object] = [
        {"user_id": f"p|{number}", "email": email, "username": name, "identities": [{"connection": connection}]}
        for number, (email, name, connection) in enumerate(people)
    ]
    tenant = Tenant(users, [] if lags else users)
    fitting = [
        [user["user_id"] for user in users if fits(one, user) and not (lags and "username" in one)] for one in members
    ]
    exact = [ids[0] for ids in fitting if len(ids) == 1]
    if ROLE_MEMBERS.find_faults({"members": members}):
        return
    wanted = {"name": "a", "members": members}
    if len(exact) == len(members) == len(set(exact)):
        outcome = ensure(ROLE_MEMBERS, t.cast("t.Any", tenant), wanted)
        assert tenant.added == exact
        assert {one["user_id"] for one in outcome.plan.after["members"]} == set(exact)
        return
    with pytest.raises(PlanError) as caught:
        ensure(ROLE_MEMBERS, t.cast("t.Any", tenant), wanted)
    assert tenant.added == []
    for one, ids in zip(members, fitting, strict=True):
        if len(ids) != 1:
            assert role_members.NAMING.describe(one) in str(caught.value)


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=300)


@given(st.lists(texts, max_size=130, unique_by=str.lower))
def test_searches_find_each_text_and_are_not_too_long(names: list[str]) -> None:
    members = [{"email" if number % 2 else "username": name} for number, name in enumerate(names)]
    queries = list(role_members._queries(members))
    tests = [FIELDS.test(query) for query in queries]
    assert [sum(test(one) for test in tests) for one in members] == [1] * len(members)
    assert not any(test({"email": "other", "username": "other"}) for test in tests if "other" not in names)
    # A single term may be longer.
    alone = [query for one in members for query in role_members._queries([one])]
    assert all(len(quote(query)) <= role_members.LONGEST_QUERY for query in queries if query not in alone)
    # As few as can be: two neighbours never fit into one.
    if all(len(quote(name)) < 20 for name in names):
        assert len(queries) == -(-len(names) // role_members.SEARCHED)
