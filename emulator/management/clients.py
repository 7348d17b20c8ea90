# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Clients: `{client_id, client_secret, name, app_type?, is_first_party, grant_types, …}`, first-party and third-party.

Defaults: TestAccConnectionClient (first-party) and TestAccClient_ThirdPartySecurityMode (strict) recordings.
"""

from __future__ import annotations

from typing import Any

from .. import listing, schemas
from ..errors import ApiError, invalid_body, missing
from ..tenant import Tenant, refresh_token, token
from .connections import COLLECTION as CONNECTIONS
from .operation import Answer, Call, Object, Operation, merged

COLLECTION = "clients"

ALL_GRANT_TYPES = ["authorization_code", "implicit", "refresh_token", "client_credentials"]
STRICT_GRANT_TYPES = ("authorization_code", "refresh_token", "client_credentials")
STRICT_APP_TYPES = ("regular_web", "spa", "native", "non_interactive")
STRICT_SETTABLE = frozenset(
    {
        "name",
        "description",
        "logo_uri",
        "callbacks",
        "allowed_origins",
        "web_origins",
        "grant_types",
        "token_endpoint_auth_method",
        "app_type",
        "client_metadata",
        "jwt_configuration",
        "refresh_token",
        "client_authentication_methods",
        "require_proof_of_possession",
        "redirection_policy",
        "oidc_conformant",
        # May be sent, and never changed.
        "is_first_party",
        "third_party_security_mode",
        "client_secret",
    }
)
# What PATCH takes for a client made from a metadata document: the rest follows the document.
CIMD_SETTABLE = frozenset(
    {
        "app_type",
        "grant_types",
        "jwt_configuration",
        "description",
        "oidc_conformant",
        "allowed_origins",
        "web_origins",
        "refresh_token",
        "organization_usage",
        "organization_require_behavior",
        "organization_discovery_methods",
        "client_metadata",
        "require_proof_of_possession",
        # May be sent, and never changed.
        "is_first_party",
        "third_party_security_mode",
    }
)
CIMD_APP_TYPES = ("native", "regular_web")
STRICT_URLS = ("callbacks", "allowed_origins", "web_origins")

# `mobile` and `native_social_login` keep what a PATCH leaves out, and an empty `oidc_logout` removes it
# (TestAccClientMobile recording).
MERGED_PER_KEY = ("mobile", "native_social_login")

# Shown with read:client_keys only.
SECRET_FIELDS = frozenset({"client_secret", "signing_keys", "encryption_key"})
# Given whatever `fields` says (TestAccDataGlobalClient, TestAccAllowUpdatingTheClientSecret recordings).
ALWAYS_IN_LISTS = ("tenant",)
ALWAYS_IN_SINGLE = ("tenant", "signing_keys")


def _is_public(client: Object) -> bool:
    return client.get("token_endpoint_auth_method") == "none"


def _first_party(body: Object) -> Object:
    made: dict[str, Any] = {"oidc_conformant": False}
    if body.get("app_type") == "resource_server":
        made["grant_types"] = []
        made["jwt_configuration"] = {"alg": "RS256", "secret_encoded": False}
    else:
        public = _is_public(body)
        made["grant_types"] = [name for name in ALL_GRANT_TYPES if not (public and name == "client_credentials")]
        made["jwt_configuration"] = {"lifetime_in_seconds": 36000, "secret_encoded": False}
    long = body.get("app_type") == "non_interactive" and "token_endpoint_auth_method" in body
    made["refresh_token"] = refresh_token(expiring=False, long=long)
    return made


def _permissive(body: Object) -> Object:
    return {
        **_first_party(body),
        "oidc_conformant": True,
        "refresh_token": refresh_token(expiring=True),
        "third_party_security_mode": "permissive",
    }


def _strict() -> Object:
    return {
        "oidc_conformant": True,
        "grant_types": ["authorization_code"],
        "jwt_configuration": {"alg": "RS256", "lifetime_in_seconds": 3600, "secret_encoded": False},
        "refresh_token": refresh_token(expiring=True),
        "third_party_security_mode": "strict",
        "redirection_policy": "open_redirect_protection",
    }


def _check_strict(body: Object, *, cimd: bool = False) -> None:
    settable, app_types = (CIMD_SETTABLE, CIMD_APP_TYPES) if cimd else (STRICT_SETTABLE, STRICT_APP_TYPES)
    refused = sorted(key for key, value in body.items() if key not in settable and value is not None)
    if refused:
        raise invalid_body(f"Properties not supported for third-party clients: {','.join(refused)}")
    types = [name for name in body.get("grant_types", []) if name not in STRICT_GRANT_TYPES]
    if types:
        raise invalid_body(f"Grant types not supported for third-party clients: {','.join(types)}")
    if body.get("app_type", "native") not in app_types:
        raise invalid_body(f"app_type {body['app_type']} is not supported for third-party clients")
    if any("*" in url for name in STRICT_URLS for url in body.get(name, [])):
        raise invalid_body("Wildcard URLs are not supported for third-party clients")
    if (body.get("jwt_configuration") or {}).get("alg", "RS256") != "RS256":
        raise invalid_body("Third-party clients must use RS256")


def _check_mode(tenant: Tenant, body: Object) -> str | None:
    """Security mode of a new client: None for first-party."""
    if body.get("is_first_party", True):
        if "third_party_security_mode" in body:
            raise invalid_body("third_party_security_mode is for third-party clients only")
        return None
    mode = body.get("third_party_security_mode", "strict")
    if mode == "permissive" and not tenant.state["permissive_allowed"]:
        raise ApiError(
            403, "Permissive third-party clients are not available for this tenant.", "operation_not_supported"
        )
    return str(mode)


def _store_keys(tenant: Tenant, client: Object) -> None:
    """Public keys sent on create become credentials of their own; the client then names their ids only."""
    methods = client.get("client_authentication_methods")
    if not methods:
        return
    now = tenant.timestamp()
    kept = tenant.objects("credentials").setdefault(client["client_id"], {})
    ids = []
    for name, method in methods.items():
        for sent in method["credentials"]:
            credential = {"id": token("cred_", 22), **sent, "created_at": now, "updated_at": now}
            credential.setdefault("kid", token("", 43))
            if name == "private_key_jwt":
                credential.setdefault("alg", "RS256")
            kept[credential["id"]] = credential
            ids.append({"id": credential["id"]})
        client["client_authentication_methods"] = {name: {"credentials": ids}}


def _link(tenant: Tenant, client: Object) -> None:
    identifier = client.get("resource_server_identifier")
    if identifier is None:
        return
    api = tenant.resource_server(identifier)
    if api is None:
        raise ApiError(404, "Resource server not found", "inexistent_resource_server")
    api["client_id"] = client["client_id"]


def _signing_keys(tenant: Tenant) -> list[Object]:
    return [{"cert": tenant.keys.signing_certificate, "subject": f"/CN={tenant.domain}"}]


def _show(call: Call, client: Object) -> Object:
    shown = dict(client)
    if "client_authentication_methods" in shown:
        shown.pop("client_secret", None)
    shown["signing_keys"] = _signing_keys(call.tenant)
    if "read:client_keys" not in call.scopes:
        shown = {key: value for key, value in shown.items() if key not in SECRET_FIELDS}
    return shown


def _check_fields(call: Call) -> None:
    named = {name.strip() for name in call.query.get("fields", "").split(",")}
    wanted = listing.flag(call.query, "include_fields") is not False
    if wanted and named & SECRET_FIELDS and "read:client_keys" not in call.scopes:
        raise ApiError(
            403,
            "Some fields cannot be read with the permissions granted by the bearer token scopes. "
            "Expected any of: read:client_keys",
            "insufficient_scope",
        )


def _find(tenant: Tenant, name: str) -> Object:
    found: Object | None = tenant.objects(COLLECTION).get(name)
    if found is None:
        raise missing("client")
    return found


def make(tenant: Tenant, body: Object, mode: str | None) -> Object:
    """The one maker of clients, which stores what it made. `mode` is the security mode, None for first-party."""
    made = _first_party(body) if mode is None else _permissive(body) if mode == "permissive" else _strict()
    client: dict[str, Any] = {
        "tenant": "emulator",
        "global": False,
        "is_token_endpoint_ip_header_trusted": False,
        "is_first_party": mode is None,
        "sso_disabled": False,
        "cross_origin_auth": False,
        "cross_origin_authentication": False,
        "client_id": token("tpc_", 22) if mode == "strict" else token("", 32),
        "callback_url_template": False,
        "client_secret": token("", 64),
        "custom_login_page_on": True,
        **made,
        **body,
    }
    client["jwt_configuration"] = {**made["jwt_configuration"], **client["jwt_configuration"]}
    _link(tenant, client)
    _store_keys(tenant, client)
    tenant.objects(COLLECTION)[client["client_id"]] = client
    if mode is None and tenant.settings["flags"].get("enable_client_connections", True):
        for connection in tenant.objects(CONNECTIONS).values():
            connection["enabled_clients"] = [*connection["enabled_clients"], client["client_id"]]
    return client


def create(call: Call) -> Answer:
    body = {key: value for key, value in call.body.items() if value is not None}
    mode = _check_mode(call.tenant, body)
    if mode == "strict":
        _check_strict(body)
    client = make(call.tenant, body, mode)
    return Answer(201, {**_show(call, client), "encrypted": True})


def _chosen(call: Call, client: Object) -> bool:
    query = call.query
    flags = {"is_global": bool(client.get("global")), "is_first_party": client["is_first_party"]}
    if any(listing.flag(query, name) not in (None, value) for name, value in flags.items()):
        return False
    if "app_type" in query and client.get("app_type") not in query["app_type"].split(","):
        return False
    return query.get("external_client_id") in (None, client.get("external_client_id"))


def read_all(call: Call) -> Answer:
    if "q" in call.query:
        raise listing.invalid_query("Searching with q is not supported by the emulator", "q")
    _check_fields(call)
    clients = [client for client in call.tenant.objects(COLLECTION).values() if _chosen(call, client)]

    def shape(client: Object) -> Object:
        return listing.narrow(_show(call, client), call.query, ALWAYS_IN_LISTS)

    return Answer(200, listing.page(clients, call.query, COLLECTION, key="client_id", checkpoint=True, shape=shape))


def read(call: Call) -> Answer:
    _check_fields(call)
    return Answer(200, listing.narrow(_show(call, _find(call.tenant, call.id)), call.query, ALWAYS_IN_SINGLE))


def _check_unchangeable(body: Object, stored: Object) -> None:
    for name in ("is_first_party", "third_party_security_mode"):
        if name in body and body[name] != stored.get(name):
            raise invalid_body(f"{name} cannot be changed")


def update(call: Call) -> Answer:
    stored, body = _find(call.tenant, call.id), dict(call.body)
    _check_unchangeable(body, stored)
    if stored.get("third_party_security_mode") == "strict":
        _check_strict(body, cimd=stored.get("external_metadata_type") == "cimd")
    if "client_metadata" in body:
        body["client_metadata"] = merged(stored.get("client_metadata", {}), body["client_metadata"])
    if "jwt_configuration" in body:
        body["jwt_configuration"] = {"secret_encoded": False, **body["jwt_configuration"]}
    if body.get("refresh_token"):
        body["refresh_token"] = merged({}, body["refresh_token"])
    for name in MERGED_PER_KEY:
        if name in body:
            body[name] = {**stored.get(name, {}), **body[name]}
    if body.get("initiate_login_uri") == "":
        # The empty string removes it (TestAccClientConfig recording); other texts stay as "".
        body["initiate_login_uri"] = None
    if body.get("oidc_logout") == {}:
        body["oidc_logout"] = None
    client = merged(stored, body)
    call.tenant.objects(COLLECTION)[client["client_id"]] = client
    return Answer(200, _show(call, client))


def delete(call: Call) -> Answer:
    tenant = call.tenant
    client = tenant.objects(COLLECTION).get(call.id)
    if client is None:
        return Answer(204)
    if client.get("global"):
        raise invalid_body("Global client cannot be deleted.")
    del tenant.objects(COLLECTION)[call.id]
    tenant.objects("credentials").pop(call.id, None)
    grants = tenant.objects("client_grants")
    for grant in [grant for grant in grants.values() if grant.get("client_id") == call.id]:
        del grants[grant["id"]]
    for connection in tenant.objects(CONNECTIONS).values():
        connection["enabled_clients"] = [name for name in connection["enabled_clients"] if name != call.id]
    for api in tenant.objects("resource_servers").values():
        if api.get("client_id") == call.id:
            del api["client_id"]
    return Answer(204)


def read_connections(call: Call) -> Answer:
    """The reverse view of a connection's enabled clients."""
    _find(call.tenant, call.id)
    strategies = call.query.getlist("strategy")
    shown = ("id", "name", "strategy", "is_domain_connection", "display_name", "realms", "show_as_button")
    enabled = [
        listing.narrow({key: connection[key] for key in shown if key in connection}, call.query, ("id",))
        for connection in call.tenant.objects(CONNECTIONS).values()
        if call.id in connection["enabled_clients"] and (not strategies or connection["strategy"] in strategies)
    ]
    query = call.query if "take" in call.query else call.query.__class__([*call.query.multi_items(), ("take", "50")])
    return Answer(200, listing.page(enabled, query, CONNECTIONS, key="id", checkpoint=True))


def read_credentials(call: Call) -> Answer:
    _find(call.tenant, call.id)
    shown = ("id", "credential_type", "kid", "alg", "name", "subject_dn", "created_at", "updated_at", "expires_at")
    kept = call.tenant.objects("credentials").get(call.id, {}).values()
    return Answer(200, [{key: credential[key] for key in shown if key in credential} for credential in kept])


_PATH = "/clients"
_READ = ("read:clients", "read:client_keys", "read:client_credentials", "read:client_summary")
_FILTERS = {"is_first_party", "is_global", "app_type", "external_client_id", "q"}
OPERATIONS = (
    Operation("GET", _PATH, _READ, read_all, query=listing.PAGING | listing.CHECKPOINT | listing.FIELDS | _FILTERS),
    Operation("POST", _PATH, ("create:clients",), create, schemas.request("CreateClient")),
    Operation("GET", f"{_PATH}/{{id}}", _READ, read, query=listing.FIELDS),
    Operation(
        "PATCH",
        f"{_PATH}/{{id}}",
        ("update:clients", "update:client_keys"),
        update,
        schemas.request("UpdateClient"),
    ),
    Operation("DELETE", f"{_PATH}/{{id}}", ("delete:clients",), delete),
    Operation(
        "GET",
        f"{_PATH}/{{id}}/connections",
        ("read:connections", "read:clients", "read:client_summary"),
        read_connections,
        query=listing.CHECKPOINT | listing.FIELDS | {"strategy"},
    ),
    Operation(
        "GET", f"{_PATH}/{{id}}/credentials", ("read:client_credentials",), read_credentials, query=listing.PAGING
    ),
)
