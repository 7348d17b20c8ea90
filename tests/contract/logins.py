# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What official OAuth and OpenID clients do with a tenant, step by step: from discovery to a revoked refresh token.

A `Login` is an application with what it asks for. A `Client` is a library, which does each step; what must come of a
step is the same for all.
"""

from __future__ import annotations

import asyncio
import ssl
import typing as t
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

import jwt

from emulator.tenant import USERS
from tests.contract.sdk import ABSENT, Like, Object, Other, Outcome, Words, differences
from tests.contract.sdk_stories import client_key
from tests.integration.harness import Tenant
from tests.mcp.client import REDIRECT_URI, Person

API = "https://api.example/mcp"
UNKNOWN = "https://nowhere.example/api"
ADA = USERS[0]
TEXT = Like(".+")

MACHINE = ("discovery", "machine token", "machine token of an unknown API")
PERSON = ("discovery", "authorization", "tokens", "userinfo", "refresh", "revocation", "refresh once revoked")
# What has to end in an error, whose body an adapter gives.
REFUSED = ("machine token of an unknown API", "refresh once revoked")
# Third-party clients get no OpenID scopes, and with them no userinfo.
REGISTERED = ("discovery", "registration", *(step for step in PERSON[1:] if step != "userinfo"))


@dataclass(frozen=True)
class Login:
    """An application that registers itself (`registration`), or one that the administrator makes (`application`).

    `method` is how it authenticates, `scope` what it asks for, of which it gets `granted`.
    """

    name: str
    steps: tuple[str, ...]
    method: str
    registration: Object = field(default_factory=dict)
    application: Object = field(default_factory=dict)
    scope: str = ""
    granted: str = ""
    rotates: bool = True


def _registration(method: str) -> Object:
    return {
        "client_name": "Registered client",
        "redirect_uris": [REDIRECT_URI],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": method,
    }


def _application(method: str, *grant_types: str, **more: t.Any) -> Object:
    made: Object = {
        "name": "Own application",
        "oidc_conformant": True,
        "callbacks": [REDIRECT_URI],
        "token_endpoint_auth_method": method,
        "grant_types": list(grant_types or ("authorization_code", "refresh_token")),
        # As the Dashboard makes applications.
        "jwt_configuration": {"alg": "RS256"},
        **more,
    }
    return {key: value for key, value in made.items() if value is not None}


_ROTATING: Object = {
    "rotation_type": "rotating",
    "expiration_type": "expiring",
    "leeway": 0,
    "token_lifetime": 2_592_000,
    "idle_token_lifetime": 1_296_000,
    "infinite_token_lifetime": False,
    "infinite_idle_token_lifetime": False,
}
_OPENID = "openid profile email offline_access tools:read"
_TOOLS = "tools:read offline_access"
LOGINS = (
    Login(
        "registered, public",
        REGISTERED,
        "none",
        registration=_registration("none"),
        scope=f"openid {_TOOLS}",
        granted=_TOOLS,
    ),
    Login(
        "registered, with a secret",
        REGISTERED,
        "client_secret_post",
        registration=_registration("client_secret_post"),
        scope=_TOOLS,
        granted=_TOOLS,
    ),
    Login(
        "web application",
        PERSON,
        "client_secret_basic",
        application=_application("client_secret_basic", app_type="regular_web", refresh_token=_ROTATING),
        scope=_OPENID,
        granted=_OPENID,
    ),
    Login(
        "native application",
        PERSON,
        "none",
        application=_application("none", app_type="native"),
        scope=_OPENID,
        granted=_OPENID,
        rotates=False,
    ),
    Login(
        "machine with a secret",
        MACHINE,
        "client_secret_post",
        application=_application("client_secret_post", "client_credentials", app_type="non_interactive"),
    ),
    Login(
        "machine with a key",
        MACHINE,
        "private_key_jwt",
        application=_application(
            "private_key_jwt",
            "client_credentials",
            app_type="non_interactive",
            token_endpoint_auth_method=None,
            client_authentication_methods={
                "private_key_jwt": {
                    "credentials": [
                        {"credential_type": "public_key", "name": "key", "alg": "RS256", "pem": client_key()["public"]}
                    ]
                }
            },
        ),
    ),
)


@dataclass
class Known:
    """What a client has learnt: the issuer, its own id with what proves it, and what came of its login so far."""

    issuer: str
    login: Login
    client_id: str = ""
    client_secret: str | None = None
    redirect: str = ""
    tokens: Object = field(default_factory=dict)

    @property
    def parameters(self) -> dict[str, str]:
        """Of the authorization request, besides those that every client knows to send."""
        return {"scope": self.login.scope, "resource": API}


class Client(t.Protocol):
    """A library. `own` are the steps that it does itself; the others its user has to do, here the adapter.

    A step gives: the metadata; the registration; `{url}`; the token response, with the `claims` of the ID token that
    the library has validated; the claims of userinfo; None.
    """

    own: t.ClassVar[t.Collection[str]]

    def __init__(self, ca_path: str) -> None: ...

    def __call__(self, step: str, known: Known) -> Outcome: ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class Row:
    client: type[Client]
    login: Login
    step: str

    def __str__(self) -> str:
        return f"{self.client.__name__}: {self.login.name}: {self.step}"


def rows(*clients: type[t.Any]) -> list[Row]:
    return [
        Row(client, login, step) for client in clients for login in LOGINS for step in login.steps if step in client.own
    ]


class Visits:
    """Plays a login with a client when one of its rows is asked for, once."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._found: dict[tuple[str, str], dict[str, list[str]]] = {}

    def check(self, row: Row) -> None:
        """Fails with all that is not as it has to be in what came of the step."""
        name = (row.client.__name__, row.login.name)
        if name not in self._found:
            client = row.client(self._tenant.ca_path)
            try:
                self._found[name] = dict(_play(client, row.login, self._tenant))
            finally:
                client.close()
        found = self._found[name].get(row.step, ["not reached, as an earlier step failed"])
        assert not found, "\n".join(found)


def _set_up(tenant: Tenant) -> None:
    """A tenant that lets any client in for the API, as for an MCP server."""
    tenant.call("POST", "/_emulator/reset")
    scopes = [{"value": value} for value in ("tools:read", "tools:write")]
    api = {"identifier": API, "name": "MCP", "scopes": scopes, "allow_offline_access": True}
    tenant.api("POST", "resource-servers", {**api, "token_dialect": "rfc9068_profile"})
    settings = {
        "resource_parameter_profile": "compatibility",
        "authorization_response_iss_parameter_supported": True,
        "flags": {"enable_dynamic_client_registration": True},
    }
    tenant.api("PATCH", "tenants/settings", settings)
    tenant.api("PATCH", f"connections/{tenant.connection()['id']}", {"is_domain_connection": True})
    grant = {"default_for": "third_party_clients", "audience": API, "subject_type": "user", "scope": ["tools:read"]}
    tenant.api("POST", "client-grants", grant)


def _play(client: Client, login: Login, tenant: Tenant) -> t.Iterator[tuple[str, list[str]]]:
    """The steps up to the first that fails, each with what is wrong in it."""
    _set_up(tenant)
    known = Known(f"https://{tenant.domain}/", login)
    if login.application:
        made = tenant.api("POST", "clients", login.application)
        known.client_id, known.client_secret = made["client_id"], made.get("client_secret")
        if "client_credentials" in login.application["grant_types"]:
            tenant.api(
                "POST", "client-grants", {"client_id": known.client_id, "audience": API, "scope": ["tools:write"]}
            )
    for step in login.steps:
        expected, outcome = wanted(step, known), client(step, known)
        if outcome.error and step not in REFUSED:
            yield step, [outcome.error]
            return
        value = outcome.value
        if step == "registration":
            known.client_id, known.client_secret = value["client_id"], value.get("client_secret")
        elif step == "authorization":
            known.redirect, value = _visit(value["url"], tenant)
        elif step in ("tokens", "refresh"):
            known.tokens = {**known.tokens, **{key: found for key, found in value.items() if found is not None}}
        if isinstance(value, dict) and "access_token" in value:
            value = {**value, "access": _claims(value["access_token"], tenant)}
        yield step, list(differences(expected, value))


def _visit(url: str, tenant: Tenant) -> tuple[str, Object]:
    """Ada logs in and agrees: the redirect, and its parameters with those of the request."""
    person = Person(ssl.create_default_context(cafile=tenant.ca_path))
    asyncio.run(person.open(url))
    return person.target, {
        "sent": dict(parse_qsl(urlsplit(url).query)),
        "answer": dict(parse_qsl(urlsplit(person.target).query)),
        "consent": person.pages[-1],
    }


def _claims(access_token: str, tenant: Tenant) -> Object:
    """Of an access token, once its signature is found right."""
    keys = jwt.PyJWKClient(
        f"https://{tenant.domain}/.well-known/jwks.json", ssl_context=ssl.create_default_context(cafile=tenant.ca_path)
    )
    key = keys.get_signing_key_from_jwt(access_token)
    return dict(jwt.decode(access_token, key, algorithms=["RS256"], options={"verify_aud": False}))


# -- what must come of a step -----------------------------------------------------------------------------------------


def wanted(step: str, known: Known) -> t.Any:
    login, issuer = known.login, known.issuer
    if step == "discovery":
        return {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}authorize",
            "token_endpoint": f"{issuer}oauth/token",
            "jwks_uri": f"{issuer}.well-known/jwks.json",
            "registration_endpoint": f"{issuer}oidc/register",
            "revocation_endpoint": f"{issuer}oauth/revoke",
            "userinfo_endpoint": f"{issuer}userinfo",
            "end_session_endpoint": f"{issuer}oidc/logout",
            "authorization_response_iss_parameter_supported": True,
        }
    if step == "registration":
        return {
            "client_id": Like(r"tpc_\w{22}"),
            "client_secret": ABSENT if login.method == "none" else TEXT,
            **{key: value for key, value in login.registration.items() if key != "response_types"},
        }
    if step == "authorization":
        name = login.registration.get("client_name") or login.application["name"]
        return {
            "sent": {"resource": API, "client_id": known.client_id},
            "answer": {"code": TEXT, "iss": issuer, "error": ABSENT},
            "consent": Like(f".*{name} is requesting access to MCP.*"),
        }
    if step in ("tokens", "refresh"):
        return _wanted_tokens(step, known)
    if step == "userinfo":
        return {"sub": ADA["user_id"], "name": ADA["name"], "email": ADA["email"], "email_verified": True}
    if step == "machine token":
        return {
            "token_type": Like("(?i)bearer"),
            "expires_in": 86400,
            "refresh_token": ABSENT,
            "access": {
                "iss": issuer,
                "aud": API,
                "sub": f"{known.client_id}@clients",
                "client_id": known.client_id,
                "scope": "tools:write",
            },
        }
    return {REFUSED[0]: {"error": "access_denied"}, REFUSED[1]: {"error": "invalid_grant"}, "revocation": None}[step]


def _wanted_tokens(step: str, known: Known) -> Object:
    login, issuer = known.login, known.issuer
    openid = "openid" in login.granted
    refreshed: Object = {}
    if step == "tokens":
        refreshed = {"refresh_token": TEXT}
    elif login.rotates:
        refreshed = {"refresh_token": Other(known.tokens["refresh_token"])}
    identity: Object = {
        "iss": issuer,
        "sub": ADA["user_id"],
        "aud": known.client_id,
        "name": ADA["name"],
        "email": ADA["email"],
    }
    return {
        "token_type": Like("(?i)bearer"),
        "expires_in": 86400,
        "scope": Words(login.granted),
        **refreshed,
        **({"id_token": TEXT, "claims": identity} if openid else {"id_token": ABSENT}),
        "access_token": Other(known.tokens.get("access_token", "")),
        "access": {
            "iss": issuer,
            # The other audience of a token with `openid` is userinfo.
            "aud": [API, f"{issuer}userinfo"] if openid else API,
            "sub": ADA["user_id"],
            "client_id": known.client_id,
            "scope": Words(login.granted),
        },
    }
