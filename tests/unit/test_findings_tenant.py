# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Findings about scopes, logins, connections and registration, of tenants in every state."""

from __future__ import annotations

import itertools
import typing as t

import pytest

from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.api import ManagementApi
from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.login import Token
from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.settings import Settings
from ansible_collections.mcp_ops.oauth.plugins.module_utils._check import logins, scopes, tenant
from ansible_collections.mcp_ops.oauth.plugins.module_utils._check.check import Check, Subject
from ansible_collections.mcp_ops.oauth.plugins.module_utils._check.probe import Answer, Probe
from ansible_collections.mcp_ops.oauth.plugins.module_utils._check.report import Finding
from ansible_collections.mcp_ops.oauth.plugins.module_utils._check.scopes import Told
from ansible_collections.mcp_ops.oauth.plugins.module_utils._errors import ApiError, UnreachableError

URL = "https://mcp.example.com/mcp"
Object = dict[str, t.Any]


# -- scopes -----------------------------------------------------------------------------------------------------------

TOLD = [None, *map(frozenset, ([], ["a"], ["a", "b"], ["x"], ["openid"], ["a", "offline_access"]))]
OF_API = [[], ["a"], ["a", "b"]]
GRANTS: list[Object | None] = [None, {"scope": []}, {"scope": ["a"]}, {"allow_all_scopes": True}]
DIALECTS = [None, "rfc9068_profile", "access_token_authz"]
IDENTITY = {"openid", "profile", "email"}


def _api(values: list[str], dialect: str | None = None, enforced: bool = False) -> Object:
    found: Object = {"scopes": [{"value": one} for one in values], "enforce_policies": enforced}
    return {**found, "token_dialect": dialect} if dialect else found


def _carried(requested: t.Iterable[str], api: Object, grant: Object) -> set[str]:
    """What Auth0 puts into a token of that request."""
    there = {one["value"] for one in api["scopes"]}
    return set(requested) & there & (there if grant.get("allow_all_scopes") else set(grant["scope"]))


def test_scopes_that_clients_are_told_can_be_in_a_token() -> None:
    seen = set()
    for challenge, metadata, values, grant in itertools.product(TOLD, TOLD, OF_API, GRANTS[1:]):
        told, api = Told(challenge, metadata), _api(values)
        assert grant is not None
        every = set(challenge or ()) | set(metadata or ())
        lacking = every - {"offline_access"} - _carried(every, api, grant)
        required = set(challenge or ()) & lacking - IDENTITY
        expected = "fail" if required else "warn" if lacking else "pass"
        found = scopes.granted_scopes(told, api, grant)
        assert found.status == expected, (told, values, grant, found)
        assert all(f'"{one}"' in found.seen for one in lacking), (found, lacking)
        assert bool(found.remedy) is bool(lacking)
        seen.add(found.status)
    assert seen == {"pass", "warn", "fail"}


def test_a_token_without_scopes_is_noticed() -> None:
    seen = set()
    matrix = itertools.product(TOLD, TOLD, OF_API, GRANTS, DIALECTS, [False, True])
    for challenge, metadata, values, grant, dialect, enforced in matrix:
        told, api = Told(challenge, metadata), _api(values, dialect, enforced)
        every = set(challenge or ()) | set(metadata or ())
        useful = _carried(values, api, grant) if grant else set(values)
        has_permissions = enforced and dialect == "access_token_authz"
        is_told = bool(every - IDENTITY - {"offline_access"})
        found = scopes.advertised_scopes(told, api, grant)
        expected = "warn" if useful and not is_told and not has_permissions else "pass"
        assert found.status == expected, (told, api, grant, found)
        seen.add(found.status)

        dialect_found = tenant.token_dialect(api, told)
        alone = (dialect == "access_token_authz") is not enforced
        harmless = enforced and is_told
        assert dialect_found.status == ("warn" if alone and not harmless else "pass"), (api, told, dialect_found)
        seen.add(dialect_found.remedy.rpartition("auth0_resource_server: ")[2])
    assert seen == {
        *("pass", "warn", "", "enforce_policies: true"),
        *("token_dialect: access_token_authz", "token_dialect: rfc9068_profile_authz"),
    }


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ('Bearer resource_metadata="https://a/", scope="a b"', {"a", "b"}),
        ("Bearer scope=a", {"a"}),
        ('Bearer error="invalid_token",scope="a"', {"a"}),
        ("Bearer", set()),
        (None, set()),
    ],
)
def test_the_scope_of_a_challenge(header: str | None, expected: set[str]) -> None:
    told = Told.of(Answer(401, {"www-authenticate": header} if header else {}), None)
    assert (told.challenge, told.metadata) == (expected, None)


@pytest.mark.parametrize(("listed", "expected"), [(["a", 1, None], {"a"}), ("a b", set()), (None, set()), ([], set())])
def test_the_scopes_of_the_metadata(listed: t.Any, expected: set[str]) -> None:
    told = Told.of(None, {"scopes_supported": listed})
    assert (told.challenge, told.metadata) == (None, expected)
    assert told
    # An empty challenge leaves it to the metadata, which was not read.
    assert not Told.of(Answer(401), None)


@pytest.mark.parametrize(
    ("challenge", "metadata", "places"),
    [
        (["a"], ["a"], ""),
        (["offline_access"], None, "of the challenge"),
        (None, ["a", "offline_access"], "of the metadata"),
        (["offline_access"], ["offline_access"], "of the challenge and of the metadata"),
    ],
)
def test_offline_access_is_asked_for_by_clients(challenge: t.Any, metadata: t.Any, places: str) -> None:
    told = Told(*(frozenset(one) if one is not None else None for one in (challenge, metadata)))
    found = scopes.offline_access_scope(told)
    assert found.status == ("warn" if places else "pass")
    assert places in found.seen


# -- logins -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize(
    ("judge", "good", "bad", "text"),
    [
        (logins.universal_login, {"universal_login_experience": "new"}, {"universal_login_experience": "classic"}, ""),
        (logins.rules, [], [{"name": "one"}, {"name": "two"}], '["one", "two"]'),
        (logins.hooks, [], [{"name": "one"}], '["one"]'),
    ],
)
def test_what_keeps_strict_applications_out(
    judge: t.Callable[..., Finding], good: t.Any, bad: t.Any, text: str, strict: bool
) -> None:
    assert judge(good, strict=strict).status == "pass"
    found = judge(bad, strict=strict)
    assert found.status == ("fail" if strict else "warn")
    assert text in found.sentence
    assert found.remedy.startswith("Dashboard: ")


def test_login_pages_that_nobody_tells_are_not_checked() -> None:
    assert logins.universal_login({}, strict=True).status == "skip"


@pytest.mark.parametrize(
    ("policies", "status"), [([], "pass"), (["confidence-score"], "pass"), (["all-applications"], "warn")]
)
def test_policies_for_mfa(policies: list[str], status: str) -> None:
    assert logins.mfa_policies(policies).status == status


# -- connections ------------------------------------------------------------------------------------------------------

UP = {"name": "up", "is_domain_connection": True, "strategy": "auth0"}
DOWN = {"name": "down", "is_domain_connection": False, "strategy": "auth0"}
ENTRA = {"name": "entra", "is_domain_connection": True, "strategy": "waad"}


@pytest.mark.parametrize(
    ("listed", "named", "status", "text"),
    [
        ([], [], "fail", "no connection is at domain level"),
        ([DOWN], [], "fail", "no connection is at domain level"),
        ([DOWN, UP], [], "pass", '["up"]'),
        ([UP], ["up"], "pass", '["up"]'),
        ([UP, DOWN], ["up", "down"], "fail", "auth0_connection_domain: name: down"),
        ([UP, DOWN], ["up", "gone"], "fail", 'the tenant has no connection "gone"'),
        ([UP, DOWN], ["down", "gone"], "fail", 'the tenant has no connection "gone"'),
        ([], ["gone"], "fail", 'the tenant has no connection "gone"'),
    ],
)
def test_connections(listed: list[Object], named: list[str], status: str, text: str) -> None:
    found = tenant.connection(listed, named)
    assert found.status == status
    assert text in found.sentence


@pytest.mark.parametrize(
    ("listed", "settings", "status"),
    [
        ([UP, {**ENTRA, "is_domain_connection": False}], {}, "pass"),
        ([UP], None, "pass"),
        ([ENTRA], None, "skip"),
        ([ENTRA], {"resource_parameter_profile": "compatibility"}, "pass"),
        ([ENTRA], {"resource_parameter_profile": "audience"}, "warn"),
        ([UP, ENTRA], {}, "warn"),
    ],
)
def test_entra_refuses_resource(listed: list[Object], settings: Object | None, status: str) -> None:
    found = tenant.entra_resource(listed, settings)
    assert found.status == status
    assert ("AADSTS901002" in found.seen) is (status == "warn")


# -- registration -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("total", "plan"),
    [
        *((total, "") for total in (0, 7, 11, 79, 101, 79_999, 100_001)),
        *((total, "Free") for total in (8, 10)),
        *((total, "self-service") for total in (80, 100)),
        *((total, "Enterprise") for total in (80_000, 100_000)),
    ],
)
def test_room_for_applications(total: int, plan: str) -> None:
    first = [{"external_metadata_type": "dcr"}, {"external_metadata_type": "cimd"}, {}][:total]
    found = tenant.application_limit(first, total)
    assert found.status == ("warn" if plan else "pass")
    assert found.expected == (f"room on the plan {plan}" if plan else "")
    of_many = " of the first 3" if total > 3 else ""
    assert f"applications: {total}, self-registered: {min(total, 1)}{of_many};" in found.seen
    assert "10 on the plan Free, 100 on the plan self-service, 100,000 on the plan Enterprise" in found.seen


def _acl(scope: str, action: str = "block", **more: t.Any) -> Object:
    return {"description": "ours", "active": True, "rule": {"scope": scope, "action": {action: True}}, **more}


@pytest.mark.parametrize(
    ("acl", "restricts"),
    [
        *((_acl(scope), True) for scope in ("dynamic_client_registration", "dcr", "authentication", "tenant")),
        (_acl("tenant", "redirect"), True),
        (_acl("tenant", "log"), False),
        (_acl("tenant", "allow"), False),
        (_acl("management"), False),
        (_acl("tenant", active=False), False),
        ({"active": True}, False),
        ({"active": True, "rule": None}, False),
    ],
)
def test_network_acls(acl: Object, restricts: bool) -> None:
    """Never more than a hint: nobody's run turns yellow for it."""
    found = tenant.network_acl([acl])
    assert found.status == "pass"
    assert ("decide who may register" in found.seen) is restricts
    assert ("anyone can register" in found.seen) is not restricts


# -- what strangers send ----------------------------------------------------------------------------------------------


def test_what_strangers_send_stays_on_its_line() -> None:
    text = "\x1b[31m\n\ud800" + "x" * 1000
    told, api = Told(frozenset([text]), frozenset([text, "offline_access"])), _api([text], text, True)
    for finding in (
        scopes.offline_access_scope(told),
        scopes.advertised_scopes(Told(frozenset()), api, None),
        scopes.granted_scopes(told, _api([]), {"scope": [text]}),
        tenant.token_dialect(api, Told()),
        logins.rules([{"name": text}], strict=True),
        logins.hooks([{"name": text}], strict=True),
        logins.universal_login({"universal_login_experience": text}, strict=True),
        logins.mfa_policies([text]),
        tenant.connection([{"name": text, "is_domain_connection": True}], []),
        tenant.connection([], [text]),
        tenant.entra_resource([{**ENTRA, "name": text}], {}),
        tenant.network_acl([_acl("tenant", description=text)]),
    ):
        assert finding.sentence.isprintable()
        assert finding.sentence.encode()
        assert len(finding.sentence) < 3000


# -- reads that a tenant may not have ---------------------------------------------------------------------------------

OPTIONAL = {
    "prompts": ("read:prompts", "universal_login", {"universal_login_experience": "new"}),
    "rules": ("read:rules", "rules", {"rules": [], "start": 0, "total": 0}),
    "hooks": ("read:hooks", "hooks", {"hooks": [], "start": 0, "total": 0}),
    "guardian/policies": ("read:mfa_policies", "mfa_policies", []),
    "clients": ("read:clients", "application_limit", {"clients": [], "start": 0, "total": 0}),
    "network-acls": ("read:network_acls", "network_acl", {"network_acls": [], "start": 0, "total": 0}),
}
NEEDED = ("read:tenant_settings", "read:resource_servers", "read:client_grants", "read:connections")
PLAN = "Please upgrade your subscription"


class Reads(ManagementApi):  # type: ignore[misc]
    """A tenant that answers every read but one. Without `known`, its token does not tell its scopes."""

    def __init__(self, path: str, answer: t.Any, known: bool) -> None:
        super().__init__(Settings("tenant.eu.auth0.com", auth_access_token="opaque"))
        self.path, self.answer, self.calls = path, answer, t.cast("list[str]", [])
        if known:
            self._token = Token(
                "opaque", frozenset([*NEEDED, *(scope for scope, _name, _read in OPTIONAL.values())]), None
            )

    def _request(self, method: str, path: str, **_content: t.Any) -> t.Any:
        self.calls.append(path)
        if path == self.path and isinstance(self.answer, Exception):
            raise self.answer
        if path == self.path:
            return self.answer
        if path in OPTIONAL:
            return OPTIONAL[path][2]
        listed = {"client-grants": "client_grants", "connections": "connections"}.get(path)
        return {listed: []} if listed else {"id": "1", "identifier": URL, "flags": DCR}


DCR = {"enable_dynamic_client_registration": True}


class NoGateway(Probe):  # type: ignore[misc]
    def _send(self, method: str, url: str, token: str | None = None, *, read: bool = False, **content: t.Any) -> Answer:
        return Answer(401) if method == "POST" else Answer(404)


def _check(api: ManagementApi, *ways: str) -> dict[str, Finding]:
    probe = NoGateway(ca_path=None, validate_certs=True, timeout=1)
    return {one.name: one for one in Check(Subject(URL, None, frozenset(ways)), probe, api).run()}


def _refused(status: int, message: str = "Refused") -> ApiError:
    return ApiError(f"failed with status {status}: {message}", where="GET /api/v2/x", remedy="Do.", status=status)


@pytest.mark.parametrize("path", OPTIONAL)
@pytest.mark.parametrize(
    ("answer", "known", "seen"),
    [
        (_refused(403), False, "the token lacks the scope {scope}"),
        (_refused(403, PLAN), True, f"GET /api/v2/x failed with status 403: {PLAN}"),
        (_refused(404), True, "GET /api/v2/x failed with status 404"),
        (_refused(410), True, "GET /api/v2/x failed with status 410"),
        (_refused(503), True, "GET /api/v2/x failed with status 503"),
        ("gone", True, "is no"),
        ({"rules": "none"}, True, ""),
    ],
    ids=str,
)
def test_what_a_tenant_does_not_have_is_skipped(path: str, answer: t.Any, known: bool, seen: str) -> None:
    scope, name, _answer = OPTIONAL[path]
    api = Reads(path, answer, known)
    found = _check(api, "dcr")
    assert found[name].status == "skip", found[name]
    # A single object that is not there is no error.
    absent = path == "prompts" and getattr(answer, "status", 0) == 404
    assert ("does not tell" if absent else seen.format(scope=scope)) in found[name].seen
    assert found["management_api"].status == "pass"
    # The others are read all the same, each with one request.
    assert {found[other].status for _scope, other, _read in OPTIONAL.values() if other != name} == {"pass"}
    assert sorted(api.calls[4:]) == sorted(OPTIONAL)


@pytest.mark.parametrize("path", OPTIONAL)
@pytest.mark.parametrize("error", [_refused(401), UnreachableError("it timed out")], ids=["no token", "no answer"])
def test_what_stops_the_reading(path: str, error: Exception) -> None:
    found = _check(Reads(path, error, True), "dcr")
    assert found["management_api"].status == "fail"
    assert found[OPTIONAL[path][1]].seen == "not checked: management_api did not pass"


@pytest.mark.parametrize("path", OPTIONAL)
def test_a_scope_that_is_missing_costs_no_request(path: str) -> None:
    api = Reads("", None, True)
    scope, name, _answer = OPTIONAL[path]
    assert api._token is not None
    api._token = Token("opaque", api._token.scopes - {scope}, None)
    found = _check(api, "dcr")
    assert found[name].status == "skip"
    assert scope in found[name].seen
    assert scope in found[name].remedy
    assert path not in api.calls


def test_what_concerns_registration_is_not_read_without_it() -> None:
    api = Reads("", None, True)
    found = _check(api, "cimd")
    assert {found[name].seen for name in ("application_limit", "network_acl")} == {"client_registration has no dcr"}
    assert not {"clients", "network-acls"} & set(api.calls)
    # Nobody told a client anything: there is no gateway.
    assert found["advertised_scopes"].seen == "not checked: protected_resource_metadata did not pass"
