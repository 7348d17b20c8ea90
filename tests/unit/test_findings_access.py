# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Findings about who may use which tool, each compared with what Auth0 and the gateway do in every such state."""

from __future__ import annotations

import itertools
import json
import typing as t

import pytest

from ansible_collections.mcp_ops.oauth.plugins.module_utils._access.description import Description, Role, Tool
from ansible_collections.mcp_ops.oauth.plugins.module_utils._check import access, calls
from ansible_collections.mcp_ops.oauth.plugins.module_utils._check.calls import Call, Caller
from ansible_collections.mcp_ops.oauth.plugins.module_utils._check.probe import Answer
from ansible_collections.mcp_ops.oauth.plugins.module_utils._check.report import Finding
from ansible_collections.mcp_ops.oauth.plugins.module_utils._check.scopes import Told
from ansible_collections.mcp_ops.oauth.plugins.module_utils._errors import PlanError

Object = dict[str, t.Any]
READ, WRITE, OPEN = Tool("look", scope="a", arguments={}), Tool("change", scope="b", arguments={}), Tool("hello")
READERS, WRITERS = Role("Readers", ("a",)), Role("Writers", ("a", "b"))
BOTH = Description((READ, WRITE, OPEN), (READERS, WRITERS))
SUBSETS = [frozenset(one) for size in range(3) for one in itertools.combinations("ab", size)]


def api(scopes: t.Iterable[str], enforced: bool = True, dialect: str | None = "rfc9068_profile_authz") -> Object:
    found: Object = {"scopes": [{"value": one} for one in sorted(scopes)], "enforce_policies": enforced}
    return {**found, "token_dialect": dialect} if dialect else found


# -- the API and the default grant ------------------------------------------------------------------------------------


def carried(requested: t.Iterable[str], found: Object, may: t.Collection[str]) -> set[str]:
    """The scopes in a token, in either claim, for a user who `may` do that."""
    there = {one["value"] for one in found["scopes"]}
    enforced, dialect = found["enforce_policies"], str(found.get("token_dialect"))
    scope = {one for one in requested if one in there and (one in may or not enforced)}
    return scope | (there & set(may) if enforced and dialect.endswith("_authz") else set())


@pytest.mark.parametrize("dialect", [None, "rfc9068_profile", "access_token_authz"])
@pytest.mark.parametrize("enforced", [True, False])
def test_roles_decide_who_gets_a_scope(enforced: bool, dialect: str | None) -> None:
    seen = set()
    for there, challenge, metadata in itertools.product(SUBSETS, SUBSETS, [None, *SUBSETS]):
        found, told = api(there, enforced, dialect), Told(challenge, metadata)
        finding = access.tool_scopes(BOTH, found, told)
        tokens = {
            (may, asked): carried(asked, found, may) & {"a", "b"} == set(may) & {"a", "b"}
            for may in SUBSETS
            for asked in (told.every, *SUBSETS)
        }
        # Whatever a client requests of its own, the user gets what the roles say.
        always = all(tokens.values())
        as_told = all(tokens[may, told.every] for may in SUBSETS)
        expected = "pass" if always and there == {"a", "b"} else "fail"
        if expected == "fail" and as_told and there == {"a", "b"}:
            expected = "warn"
        assert finding.status == expected, (there, told, finding)
        seen.add(finding.status)
        if there != {"a", "b"}:
            assert "auth0_resource_server: scopes" in finding.remedy
        elif not enforced:
            assert "roles decide nothing" in finding.seen
            assert "enforce_policies: true" in finding.remedy
            # Anybody gets what clients are told, the others nobody who does not ask.
            asked, silent = told.every & {"a", "b"}, {"a", "b"} - told.every
            assert ("gives to anybody who can log in" in finding.seen) is bool(asked)
            assert ("are refused" in finding.seen) is bool(silent)
    assert seen == {"fail", *(["pass"] if enforced and dialect == "access_token_authz" else [])} | (
        {"warn"} if enforced and dialect != "access_token_authz" else set()
    )


@pytest.mark.parametrize(
    ("description", "found", "status", "text"),
    [
        (BOTH, api("ab"), "pass", "everyone who can log in may call hello, which need no scope"),
        (Description((OPEN,)), api(""), "pass", "no tool needs a scope; everyone who can log in may call hello"),
        # Without roles, who gets a scope is not described.
        (Description((READ,)), api("a", enforced=False), "pass", 'the API has ["a"]'),
        (BOTH, api("a"), "fail", 'no ["b"], so nobody may call change'),
    ],
)
def test_scopes_of_tools(description: Description, found: Object, status: str, text: str) -> None:
    finding = access.tool_scopes(description, found, Told())
    assert (finding.status, text in finding.seen) == (status, True), finding


def test_the_default_grant() -> None:
    seen = set()
    for there, grant in itertools.product([None, *SUBSETS], [*SUBSETS, None]):
        found = None if there is None else api(there)
        given: Object = {"allow_all_scopes": True} if grant is None else {"scope": sorted(grant)}
        finding = access.tool_grant(BOTH, found, given)
        missing = set() if grant is None else {"a", "b"} - (grant if there is None else grant & there)
        assert finding.status == ("fail" if missing else "pass"), (there, grant, finding)
        assert all(f'"{one}"' in finding.seen for one in missing)
        assert bool(finding.remedy) is bool(missing)
        seen.add(finding.status)
    assert seen == {"fail", "pass"}
    assert access.tool_grant(Description((OPEN,)), None, {}).status == "pass"


# -- roles ------------------------------------------------------------------------------------------------------------


def test_permissions_of_roles() -> None:
    seen = set()
    states = [None, *SUBSETS, frozenset("ac")]
    for readers, writers in itertools.product(states, states):
        finding = access.roles(BOTH, [access.RoleState(READERS, readers), access.RoleState(WRITERS, writers)])
        right = (readers or frozenset()) - {"c"} == {"a"} and (writers or frozenset()) - {"c"} == {"a", "b"}
        assert finding.status == ("pass" if right else "fail"), finding
        assert ('the tenant has no role "Readers"' in finding.seen) is (readers is None)
        assert ('"Readers" also has ["b"], so its members may call change as well' in finding.seen) is (
            "b" in (readers or ())
        )
        assert ('"Readers" lacks ["a"], so its members may not call look' in finding.seen) is (
            readers is not None and "a" not in readers
        )
        assert ("auth0_role" in finding.remedy) is not right
        seen.add(finding.status)
    assert seen == {"pass", "fail"}


def test_a_tool_that_nobody_may_call() -> None:
    description = Description(BOTH.tools, (READERS,))
    finding = access.roles(description, [access.RoleState(READERS, frozenset("a"))])
    assert finding.status == "warn"
    assert 'no described role has ["b"], so nobody may call change' in finding.seen


def test_a_role_that_is_there_twice() -> None:
    finding = access.roles(BOTH, [], PlanError("There are 2 roles of that name", remedy="Name one by its id: 1, 2."))
    assert (finding.status, finding.seen) == ("fail", "There are 2 roles of that name")


@pytest.mark.parametrize(
    ("found", "status", "text"),
    [
        (access.Membership(READERS, empty=False), "pass", '"Readers"'),
        (access.Membership(READERS, empty=True), "warn", 'nobody has the role "Readers"'),
        (access.Membership(Role("Readers", members=()), empty=True), "warn", "nobody"),
        (access.Membership(Role("Readers", members=(), purge_members=True), empty=True), "pass", ""),
        (
            access.Membership(READERS, empty=True, lacking=("ann@example.com",)),
            "fail",
            '["ann@example.com"] should have the role "Readers", and does not',
        ),
        (access.Membership(READERS, empty=False, excess=("auth0|2",)), "fail", '["auth0|2"] has the role "Readers"'),
        (access.Membership(READERS, empty=False, unresolved=("no such user.",)), "fail", "no such user"),
    ],
)
def test_members(found: access.Membership, status: str, text: str) -> None:
    finding = access.role_members([access.Membership(WRITERS, empty=False), found])
    assert (finding.status, text in finding.seen) == (status, True), finding
    assert bool(finding.remedy) is (status != "pass")


# -- calls ------------------------------------------------------------------------------------------------------------

FORBIDDEN = json.dumps({"type": "https://httpproblems.com/http-status/403", "title": "Forbidden", "status": 403})


def told(**message: t.Any) -> Answer:
    return Answer(200, data={"jsonrpc": "2.0", "id": 3, **message})


def result(*texts: t.Any, error: bool = True) -> Answer:
    return told(result={"content": [{"type": "text", "text": text} for text in texts], "isError": error})


@pytest.mark.parametrize(
    ("answer", "outcome", "why"),
    [
        (result("secret", error=False), "answered", ""),
        (result(FORBIDDEN, error=False), "answered", ""),
        (told(result={}), "answered", ""),
        (result(FORBIDDEN), "refused", "status 403"),
        (result("other", FORBIDDEN), "refused", "status 403"),
        (result('Bearer error="insufficient_scope"'), "refused", "status 403"),
        (told(error={"code": -32000, "message": "insufficient_scope: secret"}), "refused", "names the scope"),
        (Answer(403), "refused", "status 403"),
        (Answer(401), "failed", "status 401"),
        (Answer(500), "failed", "status 500"),
        (Answer(0, problem="it timed out"), "failed", "it timed out"),
        (Answer(200, problem="but its body is no answer"), "failed", "but its body is no answer"),
        (result("403 secret"), "failed", "an error of the tool"),
        (result(json.dumps({"status": 400, "detail": "secret"})), "failed", "with status 400"),
        (result(json.dumps({"status": True})), "failed", "an error of the tool"),
        (result(None, 7), "failed", "an error of the tool"),
        (told(result={"isError": True, "content": "secret"}), "failed", "an error of the tool"),
        (told(error={"code": -32602, "message": "secret"}), "failed", "does not take these arguments"),
        (told(error={"code": -32603, "message": "secret"}), "failed", "the error -32603"),
        (told(result=[]), "answered", ""),
    ],
)
def test_what_came_of_a_call(answer: Answer, outcome: str, why: str) -> None:
    call = Call.of(READ, answer)
    assert (call.outcome, why in call.why) == (outcome, True), call
    assert "secret" not in call.why


@pytest.mark.parametrize(
    ("code", "listed", "outcome"),
    [(-32601, False, "refused"), (-32601, True, "failed"), (-32602, False, "failed"), (-32603, False, "failed")],
)
def test_a_tool_that_is_not_listed(code: int, listed: bool, outcome: str) -> None:
    assert Call.of(READ, told(error={"code": code, "message": "secret"}), listed=listed).outcome == outcome
    assert Call.of(READ, told(result={"content": []}), listed=listed).outcome == "answered"


@pytest.mark.parametrize(
    ("claims", "scopes"),
    [
        ({}, ""),
        ({"scope": "a b"}, "ab"),
        ({"permissions": ["a", 1]}, "a"),
        ({"permissions": ["a"], "scope": "b"}, "ab"),
        ({"permissions": "a", "scope": ["b"]}, ""),
    ],
)
def test_scopes_of_a_token(claims: Object, scopes: str) -> None:
    assert Caller.of({"sub": "auth0|1", **claims}) == Caller("auth0|1", frozenset(scopes))


def finding_of(caller: Caller, description: Description, *outcomes: tuple[Tool, t.Any]) -> Finding:
    made = [Call(tool, outcome, "status 403") for tool, outcome in outcomes]
    return calls.tool_access(description, made, [], [], caller, "user_token")


def test_whom_the_gateway_lets_through() -> None:
    """Every outcome of two tools, for every token, of somebody who is a member of none, one or both roles, or of none
    that are known."""
    seen = set()
    named: list[tuple[Role, ...]] = [(), (READERS,), (WRITERS,), (READERS, WRITERS)]
    outcomes = list(itertools.product(("answered", "refused", "failed"), repeat=2))
    for have, member_of, (look, change) in itertools.product(SUBSETS, named, outcomes):
        roles = [
            Role(role.name, role.scopes, members=({"user_id": "auth0|1" if role in member_of else "auth0|2"},))
            for role in (READERS, WRITERS)
        ]
        description = Description((READ, WRITE, OPEN), tuple(roles))
        finding = finding_of(Caller("auth0|1", have), description, (READ, look), (WRITE, change))
        may = {scope for role in member_of for scope in role.scopes}
        wrong = False
        for tool, outcome in ((READ, look), (WRITE, change)):
            lets, has = outcome == "answered", tool.scope in have
            wrong |= outcome == "failed" or lets is not has or (bool(member_of) and lets is not (tool.scope in may))
            intruder = (
                f'{tool.operation} answered, although the token has no "{tool.scope}": anybody who can log in gets'
            )
            assert (intruder in finding.seen) is (lets and not has)
            locked_out = f'{tool.operation} refused the token (status 403), although the token has "{tool.scope}"'
            assert (locked_out in finding.seen) is (outcome == "refused" and has)
        assert finding.status == ("fail" if wrong else "pass"), finding
        assert bool(finding.remedy) is wrong
        assert finding.seen.endswith("not checked, since they have no arguments: hello")
        seen.add(finding.status)
    assert seen == {"pass", "fail"}


def test_a_tool_that_needs_no_scope() -> None:
    free = Tool("free", arguments={})
    description = Description((free, READ))
    caller = Caller("auth0|1", frozenset())
    assert finding_of(caller, description, (free, "answered")).status == "pass"
    finding = finding_of(caller, description, (free, "refused"))
    assert (finding.status, "although it needs no scope" in finding.seen) == ("fail", True)


def test_what_a_member_may_do_is_what_happened() -> None:
    """The token tells what Auth0 gave; the roles tell what was meant."""
    readers = Role("Readers", ("a",), members=({"user_id": "auth0|1"},))
    description = Description((READ, WRITE), (readers,))
    both = (READ, "answered"), (WRITE, "answered")
    lacks = finding_of(Caller("auth0|1", frozenset()), description, (READ, "refused"), (WRITE, "refused"))
    assert 'look refused the token, which has no "a", although "auth0|1" may call it by roles' in lacks.seen
    has_more = finding_of(Caller("auth0|1", frozenset("ab")), description, *both)
    assert 'change answered, which "auth0|1" may not call by roles' in has_more.seen
    assert "look answered, which" not in has_more.seen
    # Who is in a group is not known.
    writers = Role("Writers", ("b",), groups=({"name": "Sales"},))
    through_a_group = Description((READ, WRITE), (readers, writers))
    assert finding_of(Caller("auth0|1", frozenset("ab")), through_a_group, *both).status == "pass"
    # Of others, the description says nothing.
    other = finding_of(Caller("auth0|2", frozenset("ab")), description, *both)
    assert other.status == "pass"


def test_a_tool_that_is_not_there() -> None:
    caller = Caller("", frozenset())
    finding = calls.tool_access(BOTH, [], ["look"], ["hello"], caller, "user_token")
    assert (finding.status, 'lists no tool look, only ["hello"]' in finding.seen) == ("fail", True)


@pytest.mark.parametrize("answer", [Answer(401), Answer(500), told(error={"code": 1})])
def test_a_session_that_cannot_be_opened(answer: Answer) -> None:
    finding = calls.session_failed(answer, "user_token")
    assert finding.status == "fail"
    assert ("user_token: a new one" in finding.remedy) is (answer.status == 401)


def test_what_strangers_send_stays_on_its_line() -> None:
    text = "\x1b[31m\n\ud800" + "x" * 1000
    role, tool = Role(text, (text,), members=({"user_id": text},)), Tool(text, scope=text)
    description = Description((tool,), (role,))
    for finding in (
        access.tool_scopes(description, api([text], dialect=text), Told()),
        access.tool_scopes(description, api([]), Told()),
        access.tool_grant(description, None, {"scope": [text]}),
        access.roles(description, [access.RoleState(role, frozenset())]),
        access.role_members(
            [access.Membership(role, empty=False, lacking=(text,), excess=(text,), unresolved=(text,))]
        ),
        calls.tool_access(description, [Call(tool, "answered")], [text], [text], Caller(text, frozenset()), "x"),
        calls.session_failed(Answer(302, {"location": text}), "user_token"),
    ):
        assert finding.sentence.isprintable()
        assert finding.sentence.encode()
        assert len(finding.sentence) < 7000
