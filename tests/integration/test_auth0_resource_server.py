# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import functools
import typing as t

from joserfc.jwk import RSAKey

from tests.integration import harness
from tests.integration.harness import Play, Tenant

IDENTIFIER = "https://mcp.example.com/mcp"
PATH = "resource-servers/https%3A%2F%2Fmcp.example.com%2Fmcp"
READ = {"value": "tools:read", "description": "Read"}
WRITE = {"value": "tools:write", "description": "Write"}

task = functools.partial(harness.task, "auth0_resource_server", identifier=IDENTIFIER)


def test_life_of_an_api(play: Play, tenant: Tenant) -> None:
    first: dict[str, t.Any] = {"name": "Example", "scopes": [READ, WRITE], "allow_offline_access": True}
    second: dict[str, t.Any] = {
        "name": "Example 2",
        "scopes": [{"value": "tools:write", "description": "Write and delete"}],
    }
    run = play(
        [
            task("check create", check=True, diff=True, **first),
            task("create", diff=True, **first),
            task("create again", diff=True, **first),
            task("create again in another order", **{**first, "scopes": [WRITE, READ]}),
            task("check change", check=True, diff=True, **second),
            task("change", diff=True, **second),
            task("change again", **second),
            task("check absent", check=True, diff=True, state="absent"),
            task("absent", diff=True, state="absent"),
            task("absent again", diff=True, state="absent"),
        ]
    )
    assert run.rc == 0
    assert run.changed == [*("check create", "create", "check change", "change", "check absent", "absent")]
    assert all(not step.warnings and step.logins == 1 for step in run.steps)

    assert run["check create"].calls == [f"GET {PATH}"]
    assert run["check create"].result["resource_server"] == {"identifier": IDENTIFIER, **first}
    assert run["check create"].diff == run["create"].diff == ({}, {"identifier": IDENTIFIER, **first})
    assert run["create"].calls == [f"GET {PATH}", "POST resource-servers"]
    assert run["create"].writes == [("POST", {"identifier": IDENTIFIER, **first})]
    assert run["create"].result["resource_server"].items() >= {"identifier": IDENTIFIER, **first}.items()

    for again in ("create again", "create again in another order", "change again"):
        assert run[again].calls == [f"GET {PATH}"]
    assert run["create again"].diff[0] == run["create again"].diff[1]

    api = run["create"].result["resource_server"]["id"]
    scopes = [READ, {"value": "tools:write", "description": "Write and delete"}]
    assert run["check change"].calls == [f"GET {PATH}"]
    assert run["check change"].result["resource_server"] == run["change"].result["resource_server"]
    assert run["change"].calls == [f"GET {PATH}", f"PATCH resource-servers/{api}"]
    assert run["change"].writes == [("PATCH", {"name": "Example 2", "scopes": scopes})]
    assert run["change"].diff == run["check change"].diff
    assert run["change"].diff == (
        {"identifier": IDENTIFIER, "name": "Example", "scopes": [WRITE]},
        {"identifier": IDENTIFIER, **second},
    )

    assert run["check absent"].calls == [f"GET {PATH}"]
    assert run["absent"].calls == [f"GET {PATH}", f"DELETE resource-servers/{api}"]
    assert run["absent"].diff == run["check absent"].diff == ({"identifier": IDENTIFIER}, {})
    assert run["absent again"].calls == [f"GET {PATH}"]
    assert run["absent again"].result["resource_server"] == {}
    assert not [api for api in tenant.api("GET", "resource-servers") if api["identifier"] == IDENTIFIER]


PEM = RSAKey.generate_key(2048).as_pem(private=False).decode()
EVERYTHING: dict[str, t.Any] = {
    "name": "Everything",
    "scopes": [READ],
    "signing_alg": "PS256",
    "allow_offline_access": True,
    "allow_online_access": True,
    "token_lifetime": 7200,
    "token_lifetime_for_web": 3600,
    "skip_consent_for_verifiable_first_party_clients": True,
    "enforce_policies": True,
    "require_consent_non_repudiation": True,
    "token_lifetime_for_anonymous_access_tokens": 600,
    "token_dialect": "rfc9068_profile_authz",
    "token_encryption": {
        "format": "compact-nested-jwe",
        "encryption_key": {"name": "key", "alg": "RSA-OAEP-256", "pem": PEM},
    },
    "consent_policy": "transactional-authorization-with-mfa",
    "authorization_details": [{"type": "payment"}, {"type": "transfer"}],
    "proof_of_possession": {"mechanism": "dpop", "required": True, "required_for": "all_clients"},
    "subject_type_authorization": {
        "user": {"policy": "require_client_grant"},
        "client": {"policy": "deny_all"},
    },
}


def test_every_option_and_back(play: Play, tenant: Tenant) -> None:
    cleared: dict[str, t.Any] = {
        "token_encryption": {},
        "consent_policy": "",
        "authorization_details": [],
        "proof_of_possession": {},
    }
    run = play(
        [
            task("create", **EVERYTHING),
            task("again", **EVERYTHING),
            task("again in another order", authorization_details=EVERYTHING["authorization_details"][::-1]),
            task("half of a nested object", subject_type_authorization={"user": {"policy": "allow_all"}}),
            task("part of a nested object", proof_of_possession={"mechanism": "mtls", "required": True}),
            task("another key", token_encryption={**EVERYTHING["token_encryption"], "format": "compact-nested-jwe"}),
            task("clear", diff=True, **cleared),
            task("clear again", **cleared),
        ]
    )
    assert run["create"].writes == [("POST", {"identifier": IDENTIFIER, **EVERYTHING})], run.output
    assert run.changed == [
        *("create", "half of a nested object", "part of a nested object", "clear"),
    ]
    # The API replaces nested objects whole, so what was not named is sent along as it was.
    both = {"user": {"policy": "allow_all"}, "client": {"policy": "deny_all"}}
    assert run["half of a nested object"].writes == [("PATCH", {"subject_type_authorization": both})]
    proof = {"mechanism": "mtls", "required": True, "required_for": "all_clients"}
    assert run["part of a nested object"].writes == [("PATCH", {"proof_of_possession": proof})]
    assert run["clear"].writes == [("PATCH", dict.fromkeys(cleared))]
    assert not set(cleared) & set(tenant.api("GET", PATH))


def test_purge_takes_only_unlisted_scopes(play: Play, tenant: Tenant) -> None:
    run = play(
        [
            task("create", scopes=[READ, WRITE]),
            task("list one", scopes=[{"value": "tools:read"}]),
            task("check purge", check=True, diff=True, scopes=[{"value": "tools:read"}], purge_scopes=True),
            task("purge", diff=True, scopes=[{"value": "tools:read"}], purge_scopes=True),
            task("purge again", scopes=[{"value": "tools:read"}], purge_scopes=True),
            task("purge all", scopes=[], purge_scopes=True),
        ]
    )
    assert run.changed == ["create", "check purge", "purge", "purge all"]
    assert run["check purge"].result["purged_scopes"] == run["purge"].result["purged_scopes"] == ["tools:write"]
    assert run["check purge"].diff == run["purge"].diff
    # What the user did not name keeps its value: the description that the purge left alone.
    assert run["purge"].writes == [("PATCH", {"scopes": [READ]})]
    assert run["purge again"].result["purged_scopes"] == []
    assert run["purge all"].result["purged_scopes"] == ["tools:read"]
    assert tenant.api("GET", PATH)["scopes"] == []


def test_what_auth0_would_refuse_is_refused_before_the_write(play: Play, tenant: Tenant) -> None:
    management = f"https://{tenant.domain}/api/v2/"
    api = tenant.api("POST", "resource-servers", {"identifier": "https://other.example.com/mcp", "token_lifetime": 60})
    run = play(
        [
            task("system name", identifier=management, name="Mine"),
            task("system absent", identifier=management, state="absent"),
            task("system lifetime", identifier=management, token_lifetime=3600),
            task("id in place of identifier", identifier=api["id"], name="Mine"),
            task("absent by id", identifier=api["id"], state="absent"),
            task("web lifetime", identifier=api["identifier"], token_lifetime_for_web=61),
            task("ephemeral", allow_online_access_with_ephemeral_sessions=True),
            task("limits", name="<b>", token_lifetime=-1, scopes=[{"value": ""}, READ, READ]),
            task("unknown option", nam="Mine"),
            task("unknown value", signing_alg="none"),
        ]
    )
    assert run.passed == ["system lifetime"]
    assert [step.name for step in run.steps if step.writes] == ["system lifetime"]
    assert "system API, and Auth0 lets nobody change its name" in run["system name"].result["msg"]
    assert "lets nobody delete" in run["system absent"].result["msg"]
    for name in ("id in place of identifier", "absent by id"):
        assert f'is "https://other.example.com/mcp" and cannot become "{api["id"]}"' in run[name].result["msg"]
    assert "(61) must not be longer than token_lifetime (60)" in run["web lifetime"].result["msg"]
    assert "needs allow_online_access" in run["ephemeral"].result["msg"]
    assert run["limits"].requests == []
    for fault in (
        "name must not contain < or >",
        "token_lifetime is -1; it must be from 0 to 2592000",
        "scopes[0].value has 0 characters; it must have from 1 to 280",
        "scopes lists 'tools:read' twice",
    ):
        assert fault in run["limits"].result["msg"]


def test_signing_secret_is_sent_once_and_never_shown(play: Play) -> None:
    secret = "a-signing-secret-of-32-characters"
    options: dict[str, t.Any] = {"signing_alg": "HS256", "signing_secret": secret}
    run = play(
        [
            task("create", diff=True, **options),
            task("again", diff=True, **options),
            task("other algorithm", signing_alg="RS256"),
            task("and back", diff=True, **options),
            task("without its algorithm", signing_secret=secret),
        ],
        "-vvvv",
    )
    assert run.changed == ["create", "other algorithm", "and back"]
    assert run["create"].writes == [("POST", {"identifier": IDENTIFIER, **options})]
    assert run["and back"].writes == [("PATCH", options)]
    assert "signing_alg" in run["without its algorithm"].result["msg"]
    assert secret not in run.output
