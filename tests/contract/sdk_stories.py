# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""All that the official SDKs can do with the kinds of objects that the emulator has, call by call.

What an answer has to be is from recordings of a real tenant (those of auth0/terraform-provider-auth0) or, where there
is none, from Auth0's API description.
"""

from __future__ import annotations

import functools
import typing as t

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from emulator.tenant import Keys
from tests.contract.sdk import ABSENT, Call, Like, Listing, Object, Other, Story
from tests.integration.harness import DATABASE, Tenant

API = "https://api.example/mcp"
SCOPES = [{"value": f"tools:{name}", "description": f"May {name}"} for name in ("call", "list", "read")]
CALLBACK = "https://app.example/callback"
ADA = "auth0|000000000000000000000001"
GRACE = "auth0|000000000000000000000002"
_GROUP = "grp_2222222222222222"
TIME = Like(r"20\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d(\.\d+)?(Z|\+00:00)")


def _missing(kind: str) -> Object:
    return {"statusCode": 404, "error": "Not Found", "errorCode": f"inexistent_{kind}"}


CONFLICT: Object = {"statusCode": 409, "error": "Conflict"}
BAD_BODY: Object = {"statusCode": 400, "error": "Bad Request", "errorCode": "invalid_body"}


# -- resource servers -------------------------------------------------------------------------------------------------

_API: Object = {
    "identifier": API,
    "name": "MCP",
    "scopes": SCOPES,
    "signing_alg": "RS256",
    "allow_offline_access": True,
    "skip_consent_for_verifiable_first_party_clients": True,
    "token_dialect": "rfc9068_profile_authz",
    "enforce_policies": True,
    "token_lifetime": 7200,
}
_NEW_API: Object = {
    **_API,
    "id": Like("[0-9a-f]{24}"),
    "token_lifetime_for_web": 7200,
    "subject_type_authorization": {"client": {"policy": "require_client_grant"}, "user": {"policy": "allow_all"}},
}
_POLICIES = {"client": {"policy": "deny_all"}, "user": {"policy": "require_client_grant"}}
_API_CHANGES: Object = {
    "name": "Other",
    "scopes": SCOPES[:1],
    "token_lifetime": 3600,
    "enforce_policies": False,
    "token_dialect": "access_token",
    "subject_type_authorization": _POLICIES,
    "proof_of_possession": {"mechanism": "dpop", "required": False},
}
_MANAGEMENT = "https://{tenant.domain}/api/v2/"
RESOURCE_SERVERS = Story(
    "resource servers",
    (
        Call("resource_servers.create", body=_API, answer=_NEW_API, keep="api"),
        Call("resource_servers.create", body={"identifier": API}, status=409, answer=CONFLICT, variant="twice"),
        Call("resource_servers.get", ("{api.id}",), answer={**_NEW_API, "id": "{api.id}"}),
        Call("resource_servers.get", (API,), answer={"id": "{api.id}"}, variant="by identifier"),
        Call("resource_servers.get", (_MANAGEMENT,), answer={"is_system": True}, variant="of the system"),
        *(
            Call(
                "resource_servers.create",
                body={"identifier": f"https://other.example/{number}"},
                answer={"name": ABSENT, "scopes": ABSENT, "token_lifetime": 86400, "signing_alg": "RS256"},
                variant=f"minimal {number}",
            )
            for number in range(3)
        ),
        Call(
            "resource_servers.list",
            body={"per_page": 2},
            answer=Listing(
                "identifier",
                [API, _MANAGEMENT, *(f"https://other.example/{number}" for number in range(3))],
                (2, 2, 1),
                {"total": 5, "start": 0, "limit": 2},
            ),
        ),
        Call(
            "resource_servers.list",
            body={"identifiers": [API, "https://other.example/1"]},
            answer=Listing("identifier", [API, "https://other.example/1"], (2,)),
            variant="by identifiers",
        ),
        Call("resource_servers.update", ("{api.id}",), _API_CHANGES, answer={**_API_CHANGES, "identifier": API}),
        Call("resource_servers.get", ("{api.id}",), answer=_API_CHANGES, variant="after the update"),
        Call(
            "resource_servers.update",
            ("{api.id}",),
            {"proof_of_possession": None},
            answer={"name": "Other", "proof_of_possession": ABSENT},
            variant="that clears",
        ),
        Call(
            "resource_servers.update",
            (_MANAGEMENT,),
            {"name": "No"},
            status=400,
            answer=BAD_BODY,
            variant="of the system",
        ),
        Call("resource_servers.delete", ("{api.id}",)),
        Call(
            "resource_servers.get",
            ("{api.id}",),
            status=404,
            answer=_missing("resource_server"),
            variant="once deleted",
        ),
    ),
)

# -- tenant settings --------------------------------------------------------------------------------------------------

_SETTINGS: Object = {
    "friendly_name": "Tenant of MCP",
    "support_email": "help@example.com",
    "enabled_locales": ["en", "de"],
    "session_lifetime": 100,
    "resource_parameter_profile": "compatibility",
    "client_id_metadata_document_supported": True,
    "authorization_response_iss_parameter_supported": True,
    "oidc_logout": {"rp_logout_end_session_endpoint_discovery": False},
}
_FLAGS = {"enable_dynamic_client_registration": True, "revoke_refresh_token_grant": True}
TENANT_SETTINGS = Story(
    "tenant settings",
    (
        Call(
            "tenants.settings.get",
            answer={
                "resource_parameter_profile": "audience",
                "flags": {"enable_sso": True, "enable_dynamic_client_registration": ABSENT},
                "sandbox_versions_available": ["22", "18"],
            },
        ),
        Call(
            "tenants.settings.get",
            body={"fields": "enabled_locales", "include_fields": True},
            answer={"enabled_locales": ["en"], "flags": ABSENT},
            variant="of one field",
        ),
        Call("tenants.settings.update", body={**_SETTINGS, "flags": _FLAGS}, answer={**_SETTINGS, "flags": _FLAGS}),
        Call(
            "tenants.settings.get",
            answer={**_SETTINGS, "flags": {**_FLAGS, "enable_sso": True}},
            variant="after the update",
        ),
        Call("tenants.settings.update", body={"flags": {}}, status=400, answer=BAD_BODY, variant="of no flag"),
        Call(
            "tenants.settings.update",
            body={"flags": {"enable_sso": False}},
            status=400,
            variant="of a flag that is fixed",
        ),
    ),
)

# -- clients ----------------------------------------------------------------------------------------------------------

_APP_TYPES: dict[str, tuple[Object, list[str]]] = {
    "regular_web": ({"callbacks": [CALLBACK], "token_endpoint_auth_method": "client_secret_basic"}, []),
    "spa": ({"callbacks": [CALLBACK], "web_origins": ["https://app.example"]}, []),
    "native": ({"callbacks": ["http://127.0.0.1/callback"], "token_endpoint_auth_method": "none"}, []),
    "non_interactive": ({"token_endpoint_auth_method": "client_secret_post"}, ["client_credentials"]),
}
# What a tenant has of that type: the application that the tests log in with is one for machines.
_OTHERS = {"non_interactive": ["{tenant.client_id}"]}
_SECRET = Like(r"[\w-]{64}")


def _app(app_type: str) -> Object:
    fields, grant_types = _APP_TYPES[app_type]
    return {
        "name": f"App of type {app_type}",
        "app_type": app_type,
        "oidc_conformant": True,
        "grant_types": grant_types or ["authorization_code", "refresh_token"],
        **fields,
    }


_APP_CHANGES: Object = {
    "description": "changed",
    "callbacks": [CALLBACK, f"{CALLBACK}/2"],
    "client_metadata": {"kept": "1", "gone": None},
    "jwt_configuration": {"lifetime_in_seconds": 300, "alg": "RS256"},
}
_ROTATING: Object = {
    "rotation_type": "rotating",
    "expiration_type": "expiring",
    "leeway": 10,
    "token_lifetime": 3600,
    "infinite_token_lifetime": False,
    "idle_token_lifetime": 1800,
    "infinite_idle_token_lifetime": False,
}
CLIENTS = Story(
    "clients",
    (
        *(
            call
            for app_type in _APP_TYPES
            for call in (
                Call(
                    "clients.create",
                    body={**_app(app_type), "client_metadata": {"gone": "1"}},
                    answer={
                        **_app(app_type),
                        "client_id": Like(r"\w{32}"),
                        "client_secret": _SECRET,
                        "is_first_party": True,
                        "third_party_security_mode": ABSENT,
                        "client_metadata": {"gone": "1"},
                    },
                    keep=app_type,
                    variant=app_type,
                ),
                Call(
                    "clients.get",
                    (f"{{{app_type}.client_id}}",),
                    answer={**_app(app_type), "client_secret": f"{{{app_type}.client_secret}}"},
                    variant=app_type,
                ),
                Call(
                    "clients.list",
                    body={"app_type": app_type, "is_first_party": True},
                    answer=Listing(
                        "client_id",
                        [
                            f"{{{app_type}.client_id}}",
                            *(["{tenant.client_id}"] if app_type == "non_interactive" else []),
                        ],
                    ),
                    variant=app_type,
                ),
            )
        ),
        Call(
            "clients.create",
            body={"name": "Third", "is_first_party": False, "callbacks": [CALLBACK], "app_type": "regular_web"},
            answer={
                "client_id": Like(r"tpc_\w{22}"),
                "is_first_party": False,
                "third_party_security_mode": "strict",
                "redirection_policy": "open_redirect_protection",
                "grant_types": ["authorization_code"],
                "oidc_conformant": True,
                "jwt_configuration": {"alg": "RS256", "lifetime_in_seconds": 3600},
                "refresh_token": {"expiration_type": "expiring", "infinite_idle_token_lifetime": False},
            },
            keep="third",
            variant="third-party",
        ),
        Call("clients.create", body={"name": "No", "app_type": "robot"}, status=400, answer=BAD_BODY, variant="unfit"),
        Call(
            "clients.list",
            body={"per_page": 2, "is_global": False},
            answer=Listing(
                "name",
                ["Emulator operator", *(f"App of type {app_type}" for app_type in _APP_TYPES), "Third"],
                (2, 2, 2),
                {"total": 6, "start": 0, "limit": 2},
            ),
        ),
        Call(
            "clients.list",
            body={"is_global": True},
            answer=Listing("name", ["All Applications"], (1,)),
            variant="global",
        ),
        Call(
            "clients.list",
            body={"fields": "client_id,name", "include_fields": True, "is_first_party": False},
            answer=Listing("client_id", ["{third.client_id}"], (1,)),
            variant="third-party, two fields",
        ),
        Call(
            "clients.get",
            ("{third.client_id}",),
            {"fields": "name", "include_fields": True},
            answer={"name": "Third", "client_id": ABSENT, "callbacks": ABSENT},
            variant="of one field",
        ),
        Call(
            "clients.update",
            ("{regular_web.client_id}",),
            {**_APP_CHANGES, "refresh_token": _ROTATING},
            answer={
                **_APP_CHANGES,
                "client_metadata": {"kept": "1", "gone": ABSENT},
                "refresh_token": _ROTATING,
                "name": "App of type regular_web",
            },
        ),
        Call(
            "clients.get",
            ("{regular_web.client_id}",),
            answer={
                "description": "changed",
                "client_metadata": {"kept": "1", "gone": ABSENT},
                "refresh_token": _ROTATING,
                "client_secret": "{regular_web.client_secret}",
            },
            variant="after the update",
        ),
        Call(
            "clients.update",
            ("{regular_web.client_id}",),
            {"is_first_party": False},
            status=400,
            answer=BAD_BODY,
            variant="that makes it third-party",
        ),
        Call(
            "clients.rotate_secret",
            ("{regular_web.client_id}",),
            answer={
                "client_id": "{regular_web.client_id}",
                "client_secret": _SECRET,
                "name": "App of type regular_web",
            },
            keep="rotated",
        ),
        Call(
            "clients.get",
            ("{regular_web.client_id}",),
            answer={"client_secret": "{rotated.client_secret}"},
            variant="after the rotation",
        ),
        Call(
            "clients.rotate_secret",
            ("{regular_web.client_id}",),
            answer={"client_secret": Other("{rotated.client_secret}")},
            variant="again",
        ),
        Call("clients.rotate_secret", ("nobody",), status=404, answer=_missing("client"), variant="of nobody"),
        Call(
            "clients.connections.get",
            ("{regular_web.client_id}",),
            answer=Listing("name", [DATABASE], (1,)),
        ),
        Call("clients.delete", ("{regular_web.client_id}",)),
        Call(
            "clients.get", ("{regular_web.client_id}",), status=404, answer=_missing("client"), variant="once deleted"
        ),
    ),
)

_CREDENTIAL: Object = {"credential_type": "public_key", "name": "first", "alg": "RS256"}
_KEY: Object = {**_CREDENTIAL, "id": Like(r"cred_\w+"), "kid": Like(r"[\w-]{43}"), "created_at": TIME, "pem": ABSENT}
_JWT = {"private_key_jwt": {"credentials": [{"id": "{credential.id}"}]}}
CREDENTIALS = Story(
    "client credentials",
    (
        Call("clients.create", body=_app("non_interactive"), keep="app", answer={"app_type": "non_interactive"}),
        Call(
            "clients.credentials.create",
            ("{app.client_id}",),
            {**_CREDENTIAL, "pem": "{key.public}"},
            answer=_KEY,
            keep="credential",
        ),
        Call(
            "clients.credentials.create",
            ("{app.client_id}",),
            {"credential_type": "public_key", "name": "broken", "pem": "no key", "alg": "RS256"},
            status=400,
            variant="without a key",
        ),
        Call(
            "clients.credentials.get", ("{app.client_id}", "{credential.id}"), answer={**_KEY, "id": "{credential.id}"}
        ),
        Call("clients.credentials.list", ("{app.client_id}",), answer=[{**_KEY, "id": "{credential.id}"}]),
        Call(
            "clients.update",
            ("{app.client_id}",),
            {"client_authentication_methods": _JWT, "token_endpoint_auth_method": None},
            answer={"client_authentication_methods": _JWT, "token_endpoint_auth_method": ABSENT},
            variant="to the key",
        ),
        Call(
            "clients.update",
            ("{app.client_id}",),
            {"client_authentication_methods": None, "token_endpoint_auth_method": "client_secret_post"},
            answer={"client_authentication_methods": ABSENT, "token_endpoint_auth_method": "client_secret_post"},
            variant="back to the secret",
        ),
        Call(
            "clients.credentials.update",
            ("{app.client_id}", "{credential.id}"),
            {"expires_at": "2040-01-02T03:04:05.000Z"},
            answer={"id": "{credential.id}", "expires_at": Like(r"2040-01-02T03:04:05.*")},
        ),
        Call("clients.credentials.delete", ("{app.client_id}", "{credential.id}")),
        Call("clients.credentials.list", ("{app.client_id}",), answer=[], variant="once deleted"),
        Call(
            "clients.credentials.get",
            ("{app.client_id}", "{credential.id}"),
            status=404,
            variant="once deleted",
        ),
    ),
)

_DOCUMENT = "https://{tenant.domain}/documents/client.json"
_MAPPED: Object = {
    "external_client_id": _DOCUMENT,
    "name": "Documented client",
    "callbacks": [CALLBACK],
    "app_type": "regular_web",
    "token_endpoint_auth_method": "none",
}
# What the tests publish at _DOCUMENT.
DOCUMENT: Object = {
    "client_name": "Documented client",
    "redirect_uris": [CALLBACK],
    "application_type": "web",
    "token_endpoint_auth_method": "none",
}
METADATA_DOCUMENTS = Story(
    "client ID metadata documents",
    (
        Call(
            "clients.preview_cimd_metadata",
            body={"external_client_id": _DOCUMENT},
            answer={"client_id": ABSENT, "mapped_fields": _MAPPED, "validation": {"valid": True, "violations": []}},
        ),
        Call(
            "clients.register_cimd_client",
            body={"external_client_id": _DOCUMENT},
            answer={"client_id": Like(r"tpc_\w{22}"), "mapped_fields": _MAPPED, "validation": {"valid": True}},
            keep="registered",
        ),
        Call(
            "clients.list",
            body={"external_client_id": _DOCUMENT},
            answer=Listing("client_id", ["{registered.client_id}"], (1,)),
        ),
        Call(
            "clients.get",
            ("{registered.client_id}",),
            answer={
                "external_client_id": _DOCUMENT,
                "external_metadata_type": "cimd",
                "external_metadata_created_by": "admin",
                "third_party_security_mode": "strict",
                "name": "Documented client",
            },
        ),
        Call(
            "clients.preview_cimd_metadata",
            body={"external_client_id": "https://{tenant.domain}/documents/none.json"},
            answer={"errors": [Like(".+")]},
            variant="of nothing",
        ),
    ),
)

# -- client grants ----------------------------------------------------------------------------------------------------

_GRANT: Object = {"client_id": "{app.client_id}", "audience": API, "scope": ["tools:call"]}
_DEFAULT: Object = {
    "default_for": "third_party_clients",
    "audience": API,
    "subject_type": "user",
    "scope": ["tools:call"],
}
_OWN = "https://{tenant.domain}/api/v2/"
CLIENT_GRANTS = Story(
    "client grants",
    (
        Call("resource_servers.create", body=_API, keep="api", answer={"identifier": API}),
        Call("clients.create", body=_app("non_interactive"), keep="app", answer={"app_type": "non_interactive"}),
        Call(
            "client_grants.create",
            body=_GRANT,
            answer={**_GRANT, "id": Like(r"cgr_\w{16}"), "subject_type": "client"},
            keep="grant",
        ),
        Call("client_grants.create", body=_GRANT, status=409, answer=CONFLICT, variant="twice"),
        Call(
            "client_grants.create",
            body=_DEFAULT,
            answer={**_DEFAULT, "id": Like(r"cgr_\w{16}"), "client_id": ABSENT},
            keep="default",
            variant="by default",
        ),
        Call(
            "client_grants.create",
            body={**_GRANT, "client_id": "nobody"},
            status=404,
            variant="of nobody",
        ),
        Call("client_grants.get", ("{grant.id}",), answer={**_GRANT, "id": "{grant.id}", "subject_type": "client"}),
        Call("client_grants.get", ("{default.id}",), answer={**_DEFAULT, "id": "{default.id}"}, variant="by default"),
        Call(
            "client_grants.list",
            body={"take": 2},
            answer=Listing("audience", [_OWN, API, API], (2, 1), {"next": Like(".+"), "total": ABSENT}),
        ),
        Call(
            "client_grants.list",
            body={"client_id": "{app.client_id}", "audience": API},
            answer=Listing("id", ["{grant.id}"], (1,)),
            variant="of a client",
        ),
        Call(
            "client_grants.list",
            body={"default_for": "third_party_clients"},
            answer=Listing("id", ["{default.id}"], (1,)),
            variant="by default",
        ),
        Call(
            "client_grants.list",
            body={"subject_type": "user"},
            answer=Listing("id", ["{default.id}"], (1,)),
            variant="for users",
        ),
        Call(
            "client_grants.update",
            ("{grant.id}",),
            {"scope": ["tools:read", "tools:list"]},
            answer={**_GRANT, "scope": ["tools:read", "tools:list"]},
        ),
        Call(
            "client_grants.update",
            ("{default.id}",),
            {"allow_all_scopes": True},
            answer={"allow_all_scopes": True, "default_for": "third_party_clients"},
            variant="to all scopes",
        ),
        Call("client_grants.delete", ("{grant.id}",)),
        Call("client_grants.get", ("{grant.id}",), status=404, variant="once deleted"),
    ),
)

# -- connections ------------------------------------------------------------------------------------------------------

_FOREIGN: Object = {"client_id": "abc", "client_secret": "secret-of-abc"}
_OIDC: Object = {
    **_FOREIGN,
    "type": "back_channel",
    "scope": "openid profile",
    "issuer": "https://idp.example",
    "authorization_endpoint": "https://idp.example/authorize",
    "token_endpoint": "https://idp.example/token",
    "jwks_uri": "https://idp.example/keys",
}
_CERTIFICATE = "{key.certificate}"
# strategy -> (options sent, what is in the options beside them)
_STRATEGIES: dict[str, tuple[Object, Object]] = {
    "auth0": (
        {"disable_signup": True},
        {
            "brute_force_protection": True,
            "authentication_methods": {"password": {"enabled": True}, "passkey": {"enabled": False}},
        },
    ),
    "google-oauth2": ({**_FOREIGN, "email": True, "profile": True, "scope": ["email", "profile"]}, {}),
    "github": ({**_FOREIGN, "email": True, "read_user": True, "scope": ["user:email", "read:user"]}, {}),
    "oidc": (_OIDC, {"attribute_map": {"mapping_mode": "bind_all"}}),
    "okta": ({**_OIDC, "domain": "people.okta.example", "attribute_map": {"mapping_mode": "basic_profile"}}, {}),
    "samlp": (
        {"signInEndpoint": "https://idp.example/saml", "signingCert": _CERTIFICATE, "signatureAlgorithm": "rsa-sha256"},
        {},
    ),
    "waad": (
        {
            **_FOREIGN,
            "tenant_domain": "example.onmicrosoft.com",
            "identity_api": "microsoft-identity-platform-v2.0",
            "waad_protocol": "openid-connect",
        },
        {},
    ),
    "facebook": ({**_FOREIGN, "email": True, "scope": "email"}, {}),
}
_ENTERPRISE = ("oidc", "okta", "samlp", "waad")


def _named(strategy: str) -> str:
    return f"people-{strategy}"


def _strategy_calls(strategy: str) -> t.Iterator[Call]:
    options, more = _STRATEGIES[strategy]
    name, kept = _named(strategy), strategy.replace("-", "_")
    shown: Object = {"display_name": f"People of {strategy}", "show_as_button": True} if strategy in _ENTERPRISE else {}
    made: Object = {
        "name": name,
        "strategy": strategy,
        "options": {**options, **more},
        "is_domain_connection": False,
        "realms": [name],
        "authentication": {"active": True},
        "connected_accounts": {"active": False},
        **shown,
    }
    yield Call(
        "connections.create",
        body={"name": name, "strategy": strategy, "options": options, **shown},
        answer={**made, "id": Like(r"con_\w{16}"), "enabled_clients": []},
        keep=kept,
        variant=strategy,
    )
    yield Call("connections.get", (f"{{{kept}.id}}",), answer={**made, "id": f"{{{kept}.id}}"}, variant=strategy)
    yield Call(
        "connections.update",
        (f"{{{kept}.id}}",),
        {"is_domain_connection": True, "metadata": {"a": "b"}, **shown},
        answer={**made, "is_domain_connection": True, "metadata": {"a": "b"}},
        variant=strategy,
    )
    yield Call(
        "connections.list",
        body={"strategy": [strategy], "name": name},
        answer=Listing("id", [f"{{{kept}.id}}"], (1,)),
        variant=strategy,
    )


CONNECTIONS = Story(
    "connections",
    (
        *(call for strategy in _STRATEGIES for call in _strategy_calls(strategy)),
        Call(
            "connections.create",
            body={"name": _named("oidc"), "strategy": "oidc", "options": _OIDC},
            status=409,
            answer=CONFLICT,
            variant="twice",
        ),
        Call(
            "connections.list",
            body={"take": 4},
            answer=Listing(
                "name", [DATABASE, *map(_named, _STRATEGIES)], (4, 4, 1), {"next": Like(".+"), "total": ABSENT}
            ),
        ),
        Call(
            "connections.list",
            body={"strategy": ["auth0", "github"]},
            answer=Listing("name", [DATABASE, _named("auth0"), _named("github")], (3,)),
            variant="of two strategies",
        ),
        Call(
            "connections.get",
            ("{github.id}",),
            {"fields": "name", "include_fields": True},
            answer={"name": _named("github"), "id": "{github.id}", "options": ABSENT, "strategy": ABSENT},
            variant="of one field",
        ),
        Call(
            "connections.update",
            ("{auth0.id}",),
            {"options": {"requires_username": True}},
            answer={"options": {"requires_username": True, "disable_signup": ABSENT, "brute_force_protection": True}},
            variant="of options",
        ),
        Call("connections.check_status", ("{oidc.id}",)),
        Call("connections.delete", ("{github.id}",)),
        Call("connections.get", ("{github.id}",), status=404, answer=_missing("connection"), variant="once deleted"),
    ),
)
# New clients get no connection.
_NO_NEW = {"enable_client_connections": False}
CONNECTION_CLIENTS = Story(
    "connection clients",
    (
        Call("tenants.settings.update", body={"flags": _NO_NEW}, answer={"flags": _NO_NEW}),
        Call(
            "connections.list",
            body={"name": DATABASE},
            answer=Listing("name", [DATABASE], (1,)),
            keep="database",
        ),
        *(
            Call("clients.create", body={"name": name}, answer={"name": name}, keep=name, variant=name)
            for name in ("one", "two", "three")
        ),
        Call("connections.clients.get", ("{database.id}",), answer=Listing("client_id", []), variant="of none"),
        Call(
            "connections.clients.update",
            ("{database.id}",),
            [{"client_id": f"{{{name}.client_id}}", "status": True} for name in ("one", "two", "three")],
        ),
        Call(
            "connections.clients.get",
            ("{database.id}",),
            {"take": 2},
            answer=Listing("client_id", [f"{{{name}.client_id}}" for name in ("one", "two", "three")], (2, 1)),
        ),
        Call("clients.connections.get", ("{two.client_id}",), answer=Listing("id", ["{database.id}"], (1,))),
        Call(
            "connections.clients.update",
            ("{database.id}",),
            [{"client_id": "{two.client_id}", "status": False}],
            variant="that removes",
        ),
        Call(
            "connections.clients.get",
            ("{database.id}",),
            answer=Listing("client_id", ["{one.client_id}", "{three.client_id}"], (2,)),
            variant="after the removal",
        ),
        Call("clients.connections.get", ("{two.client_id}",), answer=Listing("id", []), variant="after the removal"),
        Call(
            "connections.clients.update",
            ("{database.id}",),
            [{"client_id": "nobody", "status": True}],
            status=404,
            variant="of nobody",
        ),
    ),
)

# -- roles ------------------------------------------------------------------------------------------------------------


def _permissions(*names: str) -> list[Object]:
    return [{"resource_server_identifier": API, "permission_name": name} for name in names]


_ALL = [scope["value"] for scope in SCOPES]
ROLES = Story(
    "roles",
    (
        Call("resource_servers.create", body=_API, keep="api", answer={"identifier": API}),
        Call(
            "roles.create",
            body={"name": "reader", "description": "Reads"},
            answer={"id": Like(r"rol_\w{16}"), "name": "reader", "description": "Reads", "type": "tenant"},
            keep="role",
        ),
        *(
            Call(
                "roles.create",
                body={"name": name},
                answer={"name": name, "description": ABSENT},
                keep=name,
                variant=name,
            )
            for name in ("writer", "owner", "guest")
        ),
        Call("roles.create", body={"name": "reader"}, status=409, answer=CONFLICT, variant="twice"),
        Call("roles.get", ("{role.id}",), answer={"id": "{role.id}", "name": "reader", "description": "Reads"}),
        Call("roles.get", ("{guest.id}",), answer={"name": "guest", "description": ""}, variant="without description"),
        Call(
            "roles.list",
            body={"per_page": 2},
            answer=Listing(
                "name", ["guest", "owner", "reader", "writer"], (2, 2), {"total": 4, "start": 0, "limit": 2}
            ),
        ),
        Call(
            "roles.list",
            body={"name_filter": "ER", "per_page": 2},
            answer=Listing("name", ["owner", "reader", "writer"], (2, 1), {"total": 3}),
            variant="by name",
        ),
        Call(
            "roles.update",
            ("{role.id}",),
            {"name": "tool reader", "description": "Reads tools"},
            answer={"id": "{role.id}", "name": "tool reader", "description": "Reads tools"},
        ),
        Call("roles.permissions.add", ("{role.id}",), {"permissions": _permissions(*_ALL)}),
        Call(
            "roles.permissions.list",
            ("{role.id}",),
            {"per_page": 2},
            answer=Listing("permission_name", _ALL, (2, 1), {"total": 3}),
        ),
        Call(
            "roles.permissions.add",
            ("{role.id}",),
            {"permissions": _permissions("tools:none")},
            status=404,
            variant="of none",
        ),
        Call("roles.permissions.add", ("{role.id}",), {"permissions": []}, status=400, variant="of an empty list"),
        Call("roles.permissions.delete", ("{role.id}",), {"permissions": _permissions("tools:call")}),
        Call(
            "roles.permissions.list",
            ("{role.id}",),
            answer=Listing("permission_name", ["tools:list", "tools:read"], (2,)),
            variant="after the removal",
        ),
        Call("roles.users.assign", ("{role.id}",), {"users": [ADA, GRACE]}),
        Call(
            "roles.users.list",
            ("{role.id}",),
            {"take": 1},
            answer=Listing("user_id", [ADA, GRACE], (1, 1), {"next": Like(".+")}),
        ),
        Call("roles.delete", ("{role.id}",)),
        Call("roles.get", ("{role.id}",), status=404, answer=_missing("role"), variant="once deleted"),
        Call("roles.delete", ("{role.id}",), status=404, answer=_missing("role"), variant="once deleted"),
        Call("users.roles.list", (ADA,), answer=Listing("name", []), variant="once deleted"),
    ),
)

# -- users ------------------------------------------------------------------------------------------------------------

_PASSWORD = "Correct-Horse-7-Battery"
_LIN: Object = {
    "email": "lin@example.com",
    "name": "Lin",
    "given_name": "Lin",
    "nickname": "linnet",
    "user_metadata": {"theme": "dark", "size": 1},
    "app_metadata": {"plan": "free"},
}
_USER: Object = {
    **_LIN,
    "user_id": Like(r"auth0\|[0-9a-f]{24}"),
    "email_verified": False,
    "created_at": TIME,
    "updated_at": TIME,
    "identities": [{"connection": DATABASE, "provider": "auth0", "isSocial": False, "user_id": Like("[0-9a-f]{24}")}],
    "password": ABSENT,
}
USERS = Story(
    "users",
    (
        Call(
            "users.create",
            body={"connection": DATABASE, "password": _PASSWORD, **_LIN, "email": "Lin@example.com"},
            answer=_USER,
            keep="user",
        ),
        Call(
            "users.create",
            body={"connection": DATABASE, "password": _PASSWORD, "email": "lin@example.com"},
            status=409,
            answer=CONFLICT,
            variant="twice",
        ),
        Call(
            "users.create",
            body={"connection": "nowhere", "password": _PASSWORD, "email": "x@example.com"},
            status=400,
            variant="nowhere",
        ),
        Call(
            "users.create",
            body={"connection": DATABASE, "password": "short", "email": "x@example.com"},
            status=400,
            variant="with a weak password",
        ),
        Call("users.get", ("{user.user_id}",), answer={**_USER, "user_id": "{user.user_id}"}),
        Call("users.get", (ADA,), answer={"user_id": ADA, "email": "ada@example.com"}, variant="Ada"),
        Call(
            "users.get",
            ("{user.user_id}",),
            {"fields": "email,name", "include_fields": True},
            answer={"email": "lin@example.com", "name": "Lin", "nickname": ABSENT, "identities": ABSENT},
            variant="of two fields",
        ),
        Call("users.get", ("auth0|nobody",), status=404, answer=_missing("user"), variant="nobody"),
        Call(
            "users.list",
            body={"per_page": 2},
            answer=Listing(
                "email",
                ["ada@example.com", "grace@example.com", "lin@example.com"],
                (2, 1),
                {"total": 3, "start": 0, "limit": 2},
            ),
        ),
        Call(
            "users.list",
            body={"q": 'email:"lin@example.com"', "search_engine": "v3"},
            answer=Listing("user_id", ["{user.user_id}"], (1,)),
            variant="by a search",
        ),
        Call(
            "users.list_users_by_email",
            body={"email": "lin@example.com"},
            answer=[{**_USER, "user_id": "{user.user_id}"}],
        ),
        Call("users.list_users_by_email", body={"email": "none@example.com"}, answer=[], variant="of nobody"),
        Call(
            "users.update",
            ("{user.user_id}",),
            {"name": "Lin Two", "blocked": True, "user_metadata": {"size": 2}, "app_metadata": {"plan": "paid"}},
            answer={
                "name": "Lin Two",
                "blocked": True,
                "user_metadata": {"theme": "dark", "size": 2},
                "app_metadata": {"plan": "paid"},
                "email": "lin@example.com",
            },
        ),
        Call(
            "users.get",
            ("{user.user_id}",),
            answer={"name": "Lin Two", "blocked": True, "user_metadata": {"theme": "dark", "size": 2}},
            variant="after the update",
        ),
        Call("users.delete", ("{user.user_id}",)),
        Call("users.get", ("{user.user_id}",), status=404, answer=_missing("user"), variant="once deleted"),
        Call("users.list_users_by_email", body={"email": "lin@example.com"}, answer=[], variant="once deleted"),
    ),
)
USER_ROLES = Story(
    "users' roles and permissions",
    (
        Call("resource_servers.create", body=_API, keep="api", answer={"identifier": API}),
        *(
            Call("roles.create", body={"name": name}, answer={"name": name}, keep=name, variant=name)
            for name in ("one", "two", "three")
        ),
        Call("users.roles.assign", (ADA,), {"roles": ["{one.id}", "{two.id}", "{three.id}"]}),
        Call(
            "users.roles.list",
            (ADA,),
            {"per_page": 2},
            answer=Listing("name", ["one", "two", "three"], (2, 1), {"total": 3}),
        ),
        Call("users.roles.assign", (ADA,), {"roles": ["rol_0000000000000000"]}, status=404, variant="of none"),
        Call("users.roles.delete", (ADA,), {"roles": ["{two.id}"]}),
        Call("users.roles.list", (ADA,), answer=Listing("name", ["one", "three"], (2,)), variant="after the removal"),
        Call("roles.users.list", ("{one.id}",), answer=Listing("user_id", [ADA], (1,))),
        Call("roles.users.list", ("{two.id}",), answer=Listing("user_id", []), variant="after the removal"),
        Call("roles.permissions.add", ("{one.id}",), {"permissions": _permissions("tools:call")}),
        Call(
            "users.permissions.list",
            (ADA,),
            answer=Listing("permission_name", ["tools:call"], (1,)),
            variant="through a role",
        ),
        Call(
            "users.permissions.list",
            (ADA,),
            answer=Listing("resource_server_name", [_API["name"]], (1,)),
            variant="with the name of the API",
        ),
        Call("users.permissions.create", (ADA,), {"permissions": _permissions(*_ALL)}),
        Call(
            "users.permissions.list",
            (ADA,),
            {"per_page": 2},
            answer=Listing("permission_name", _ALL, (2, 1), {"total": 3}),
        ),
        Call("users.permissions.delete", (ADA,), {"permissions": _permissions("tools:list")}),
        Call(
            "users.permissions.list",
            (ADA,),
            answer=Listing("permission_name", ["tools:call", "tools:read"], (2,)),
            variant="after the removal",
        ),
    ),
)

# -- organizations ----------------------------------------------------------------------------------------------------

_ORGANIZATION: Object = {"name": "acme", "display_name": "Acme", "metadata": {"a": "b"}}
_CONNECTED: Object = {
    "connection_id": "{database.id}",
    "assign_membership_on_login": False,
    "show_as_button": True,
    "connection": {"name": DATABASE, "strategy": "auth0"},
}
_DISABLED: Object = {
    **_CONNECTED,
    "connection_id": "{other.id}",
    "connection": {"name": "other", "strategy": "auth0"},
    "is_enabled": False,
}
ORGANIZATIONS = Story(
    "organizations",
    (
        Call(
            "organizations.create",
            body=_ORGANIZATION,
            answer={**_ORGANIZATION, "id": Like(r"org_\w{16}"), "third_party_client_access": "block"},
            keep="acme",
        ),
        *(
            Call("organizations.create", body={"name": name}, answer={"name": name}, keep=name, variant=name)
            for name in ("bolt", "core")
        ),
        Call("organizations.create", body={"name": "acme"}, status=409, answer=CONFLICT, variant="twice"),
        Call("organizations.get", ("{acme.id}",), answer={**_ORGANIZATION, "id": "{acme.id}"}),
        Call("organizations.get_by_name", ("acme",), answer={**_ORGANIZATION, "id": "{acme.id}"}),
        Call(
            "organizations.list",
            body={"take": 2},
            answer=Listing("name", ["acme", "bolt", "core"], (2, 1), {"next": Like(".+")}),
        ),
        Call(
            "organizations.update",
            ("{acme.id}",),
            {"display_name": "Acme Two", "metadata": {"a": "c"}, "third_party_client_access": "allow"},
            answer={
                "name": "acme",
                "display_name": "Acme Two",
                "metadata": {"a": "c"},
                "third_party_client_access": "allow",
            },
        ),
        Call("connections.list", body={"name": DATABASE}, answer=Listing("name", [DATABASE], (1,)), keep="database"),
        Call(
            "organizations.enabled_connections.add",
            ("{acme.id}",),
            {"connection_id": "{database.id}", "assign_membership_on_login": False},
            answer=_CONNECTED,
        ),
        Call("organizations.enabled_connections.get", ("{acme.id}", "{database.id}"), answer=_CONNECTED),
        Call(
            "organizations.enabled_connections.list",
            ("{acme.id}",),
            answer=Listing("connection_id", ["{database.id}"], (1,), {"total": 1}),
        ),
        # The newer view of the same, which auth0-deploy-cli reads.
        Call(
            "organizations.connections.list",
            ("{acme.id}",),
            answer=Listing("connection_id", ["{database.id}"], (1,), {"total": 1}),
        ),
        Call(
            "organizations.connections.get",
            ("{acme.id}", "{database.id}"),
            answer={"connection_id": "{database.id}", "assign_membership_on_login": False, "is_enabled": True},
        ),
        Call(
            "organizations.enabled_connections.update",
            ("{acme.id}", "{database.id}"),
            {"assign_membership_on_login": True, "show_as_button": False},
            answer={**_CONNECTED, "assign_membership_on_login": True, "show_as_button": False},
        ),
        Call("connections.create", body={"name": "other", "strategy": "auth0"}, answer={"name": "other"}, keep="other"),
        Call(
            "organizations.connections.create",
            ("{acme.id}",),
            {"connection_id": "{other.id}", "is_enabled": False},
            answer=_DISABLED,
        ),
        Call("organizations.connections.get", ("{acme.id}", "{other.id}"), answer=_DISABLED, variant="disabled"),
        Call(
            "organizations.enabled_connections.list",
            ("{acme.id}",),
            answer=Listing("connection_id", ["{database.id}"], (1,)),
            variant="without the disabled one",
        ),
        Call(
            "organizations.connections.list",
            ("{acme.id}",),
            {"is_enabled": False},
            answer=Listing("connection_id", ["{other.id}"], (1,)),
            variant="of disabled ones",
        ),
        Call(
            "organizations.connections.update",
            ("{acme.id}", "{other.id}"),
            {"is_enabled": True, "organization_connection_name": "Ours"},
            answer={**_DISABLED, "is_enabled": True, "organization_connection_name": "Ours"},
        ),
        Call("organizations.connections.delete", ("{acme.id}", "{other.id}")),
        Call("organizations.connections.get", ("{acme.id}", "{other.id}"), status=404, variant="after the removal"),
        Call("organizations.members.create", ("{acme.id}",), {"members": [ADA, GRACE]}),
        Call(
            "organizations.members.list",
            ("{acme.id}",),
            {"take": 1},
            answer=Listing("email", ["ada@example.com", "grace@example.com"], (1, 1), {"next": Like(".+")}),
        ),
        Call("users.organizations.list", (ADA,), answer=Listing("id", ["{acme.id}"], (1,))),
        Call("roles.create", body={"name": "manager"}, answer={"name": "manager"}, keep="role"),
        Call("organizations.members.roles.assign", ("{acme.id}", ADA), {"roles": ["{role.id}"]}),
        Call(
            "organizations.members.roles.list",
            ("{acme.id}", ADA),
            answer=Listing("name", ["manager"], (1,), {"total": 1}),
        ),
        Call(
            "organizations.members.list",
            ("{acme.id}",),
            {"fields": "roles", "include_fields": True},
            answer=Listing("roles", [[{"id": "{role.id}", "name": "manager"}], []], (2,)),
            variant="with roles",
        ),
        Call("organizations.members.roles.delete", ("{acme.id}", ADA), {"roles": ["{role.id}"]}),
        Call(
            "organizations.members.roles.list",
            ("{acme.id}", ADA),
            answer=Listing("name", []),
            variant="after the removal",
        ),
        Call("organizations.members.delete", ("{acme.id}",), {"members": [GRACE]}),
        Call(
            "organizations.members.list",
            ("{acme.id}",),
            answer=Listing("user_id", [ADA], (1,)),
            variant="after the removal",
        ),
        Call("organizations.enabled_connections.delete", ("{acme.id}", "{database.id}")),
        Call(
            "organizations.enabled_connections.list",
            ("{acme.id}",),
            answer=Listing("connection_id", []),
            variant="after the removal",
        ),
        Call("resource_servers.create", body=_API, keep="api", answer={"identifier": API}),
        Call("clients.create", body=_app("non_interactive"), keep="app", answer={"app_type": "non_interactive"}),
        Call("client_grants.create", body=_GRANT, answer=_GRANT, keep="grant"),
        Call(
            "organizations.client_grants.create",
            ("{acme.id}",),
            {"grant_id": "{grant.id}"},
            answer=_GRANT,
        ),
        Call("organizations.client_grants.list", ("{acme.id}",), answer=Listing("id", ["{grant.id}"], (1,))),
        Call("organizations.client_grants.delete", ("{acme.id}", "{grant.id}")),
        Call(
            "organizations.client_grants.list",
            ("{acme.id}",),
            answer=Listing("id", []),
            variant="after the removal",
        ),
        Call("organizations.delete", ("{acme.id}",)),
        Call("organizations.get", ("{acme.id}",), status=404, variant="once deleted"),
        Call("organizations.delete", ("{acme.id}",), status=404, variant="once deleted"),
    ),
)

# -- logs and rules ---------------------------------------------------------------------------------------------------

LOGS = Story(
    "logs",
    (
        *(
            Call("roles.create", body={"name": name}, answer={"name": name}, variant=name)
            for name in ("one", "two", "three")
        ),
        # What is logged of a Management API operation that succeeds is of the type sapi.
        Call(
            "logs.list",
            body={"per_page": 2},
            # Unlike elsewhere, the total is that of the page.
            answer=Listing("type", ["sapi"] * 3, (2, 1), {"total": 2, "length": 2, "start": 0, "limit": 2}),
            keep="log",
        ),
        Call(
            "logs.list",
            body={"search": "type:sapi", "fields": "type,date", "include_fields": True},
            answer=Listing("type", ["sapi"] * 3),
            variant="by a search",
        ),
        Call("logs.list", body={"search": "type:fp"}, answer=Listing("type", []), variant="by a search for none"),
        Call(
            "logs.list",
            body={"sort": "date:1"},
            answer=Listing("description", ["Create a role"] * 3, (3,)),
            keep="oldest",
            variant="oldest first",
        ),
        Call(
            "logs.get",
            ("{oldest.log_id}",),
            answer={"details": {"response": {"statusCode": 200, "body": {"name": "one"}}}},
            variant="the oldest",
        ),
        Call(
            "logs.get",
            ("{log.log_id}",),
            answer={"log_id": "{log.log_id}", "type": "sapi", "date": TIME, "client_id": "{tenant.client_id}"},
        ),
        Call("logs.get", ("90020260101000000000000000000000000000000000000000000000",), status=404, variant="of none"),
    ),
)
_SCRIPT = "function (user, context, callback) { callback(null, user, context); }"
_RULE: Object = {"name": "first rule", "script": _SCRIPT, "enabled": True, "order": 1}
RULES = Story(
    "rules",
    (
        Call("rules.list", answer=Listing("name", []), variant="of none"),
        Call(
            "rules.create",
            body={"name": "first rule", "script": _SCRIPT},
            answer={**_RULE, "id": Like(r"rul_\w{16}"), "stage": "login_success"},
            keep="rule",
        ),
        Call("rules.create", body={"name": "first rule", "script": _SCRIPT}, status=409, variant="twice"),
        Call("rules.create", body={"name": "second rule", "script": _SCRIPT}, answer={"order": 2}, variant="second"),
        Call("rules.get", ("{rule.id}",), answer={**_RULE, "id": "{rule.id}"}),
        Call(
            "rules.list",
            body={"per_page": 1},
            answer=Listing("name", ["first rule", "second rule"], (1, 1), {"total": 2}),
        ),
        Call("rules.update", ("{rule.id}",), {"enabled": False}, answer={**_RULE, "enabled": False}),
        Call(
            "rules.list",
            body={"enabled": False},
            answer=Listing("id", ["{rule.id}"], (1,)),
            variant="disabled",
        ),
        Call("rules.delete", ("{rule.id}",)),
        Call("rules.get", ("{rule.id}",), status=404, variant="once deleted"),
        Call(
            "logs.list",
            answer=Listing("description", ["Create a rule", "Create a rule", "Update a rule", "Delete a rule"], (4,)),
        ),
    ),
)
# They are made in the state alone.
GROUPS = Story(
    "groups of a role",
    (
        Call("roles.create", body={"name": "reader"}, answer={"name": "reader"}, keep="role"),
        Call("groups.list", answer=Listing("id", [])),
        Call("groups.get", (_GROUP,), status=404, answer=_missing("group")),
        Call("roles.groups.get", ("{role.id}",), answer=Listing("id", [])),
        Call("roles.groups.create", ("{role.id}",), {"groups": [_GROUP]}, status=404, answer=_missing("group")),
        Call("roles.groups.create", ("{role.id}",), {"groups": []}, status=400, answer=BAD_BODY, variant="of none"),
        Call("roles.groups.delete", ("{role.id}",), {"groups": [_GROUP]}),
    ),
)
# Who can log in: read-only here.
LOGIN_CONDITIONS = Story(
    "login conditions",
    (
        Call("prompts.get_settings", answer={"universal_login_experience": "new"}),
        Call("guardian.policies.list", answer=[]),
        Call("hooks.list", answer=Listing("name", [])),
        Call("network_acls.list", answer=Listing("id", [])),
    ),
)

STORIES = (
    RESOURCE_SERVERS,
    TENANT_SETTINGS,
    CLIENTS,
    CREDENTIALS,
    METADATA_DOCUMENTS,
    CLIENT_GRANTS,
    CONNECTIONS,
    CONNECTION_CLIENTS,
    ROLES,
    USERS,
    USER_ROLES,
    GROUPS,
    ORGANIZATIONS,
    LOGS,
    RULES,
    LOGIN_CONDITIONS,
)


@functools.cache
def client_key() -> Object:
    """The key pair of a client: a private key (PKCS #8), its public part, and a certificate for it."""
    keys = Keys.create("client.example")
    key = load_pem_private_key(keys.signing_key.encode(), None)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return {"private": private.decode(), "public": public.decode(), "certificate": keys.signing_certificate}


def prepare(tenant: Tenant) -> dict[str, Object]:
    """Puts into a new tenant what no call of an SDK could. What the stories may refer to from the start."""
    url = f"https://{tenant.domain}/documents/client.json"
    tenant.call("PUT", "/_emulator/documents/client.json", {"client_id": url, **DOCUMENT})
    tenant.grant_reads()
    return {"tenant": {"domain": tenant.domain, "client_id": tenant.client_id}, "key": client_key()}
