# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Clients, first-party and third-party: `{client_id, client_secret, name, app_type?, is_first_party, …}`."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import serialize_certificates

from .. import consents, listing, organizations, schemas
from ..errors import ApiError, insufficient_scope, invalid_body, missing
from ..tenant import Tenant, token
from . import client_credentials, client_defaults, client_grants, search
from .connections import COLLECTION as CONNECTIONS
from .operation import Answer, Call, Object, Operation

COLLECTION = "clients"

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

SECRET_FIELDS = frozenset({"client_secret", "signing_keys", "encryption_key"})
SECRET_SCOPES = ("read:client_keys", "read:client_credentials")
# In GET and in no PATCH answer (TestAccClientCIMD recording).
GET_ONLY = frozenset({"external_client_id", "external_metadata_type", "external_metadata_created_by"})
# Moments of a client, which only searches tell.
SEARCH_ONLY = frozenset({"created_at", "updated_at"})
# No search tells these.
NOT_SEARCHED = SECRET_FIELDS | {"addons", client_defaults.DEPRECATED_LOGOUT}
# Given whatever `fields` says (TestAccDataGlobalClient, TestAccAllowUpdatingTheClientSecret recordings).
ALWAYS_IN_LISTS = ("tenant",)
ALWAYS_IN_SINGLE = ("tenant", "signing_keys")


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


def _link(tenant: Tenant, client: Object) -> None:
    identifier = client.get("resource_server_identifier")
    if identifier is None:
        return
    api = tenant.resource_server(identifier)
    if api is None:
        raise ApiError(404, "Resource server not found", "inexistent_resource_server")
    api["client_id"] = client["client_id"]


@lru_cache(maxsize=8)
def _pkcs7(certificate: str) -> str:
    return serialize_certificates([x509.load_pem_x509_certificate(certificate.encode())], Encoding.PEM).decode()


def _signing_keys(tenant: Tenant, method: str) -> list[Object]:
    """Reads call the subject deprecated, answers to a create have the private key too (should-deploy-… recordings)."""
    certificate = tenant.keys.signing_certificate
    shown = {
        "cert": certificate,
        "pkcs7": _pkcs7(certificate),
        "subject": "deprecated" if method == "GET" else f"/CN={tenant.domain}",
    }
    return [{**shown, "key": tenant.keys.signing_key} if method == "POST" else shown]


def _show(call: Call, client: Object, method: str = "GET") -> Object:
    """A client as the answer to a request of this method shows it."""
    hidden = SEARCH_ONLY | (GET_ONLY if method == "PATCH" else set())
    if "client_authentication_methods" in client:
        hidden |= {"client_secret"}
    if not call.scopes.intersection(SECRET_SCOPES):
        hidden |= SECRET_FIELDS
    shown = {**client, "signing_keys": _signing_keys(call.tenant, method)}
    return {key: value for key, value in shown.items() if key not in hidden}


def _check_fields(call: Call) -> None:
    named = {name.strip() for name in call.query.get("fields", "").split(",")}
    wanted = listing.flag(call.query, "include_fields") is not False
    if wanted and named & SECRET_FIELDS and not call.scopes.intersection(SECRET_SCOPES):
        raise ApiError(
            403,
            "Some fields cannot be read with the permissions granted by the bearer token scopes. "
            f"Expected any of: {','.join(SECRET_SCOPES)}",
            "insufficient_scope",
        )


def _find(tenant: Tenant, name: str) -> Object:
    found: Object | None = tenant.objects(COLLECTION).get(name)
    if found is None:
        raise missing("client")
    return found


def make(tenant: Tenant, body: Object, mode: str | None) -> Object:
    """The one maker of clients, which stores what it made. `mode` is the security mode, None for first-party."""
    moment = tenant.timestamp()
    client: dict[str, Any] = {
        "tenant": "emulator",
        "global": False,
        "cross_origin_auth": False,
        "client_id": token("tpc_", 22) if mode == "strict" else token("", 32),
        "callback_url_template": False,
        "client_secret": token("", 64),
        **client_defaults.created(body, mode),
        "created_at": moment,
        "updated_at": moment,
    }
    if client.get("external_metadata_type") == "cimd":
        # In no answer of the TestAccClientCIMD recording.
        del client["cross_origin_authentication"]
    _link(tenant, client)
    client_credentials.keep(tenant, client)
    tenant.objects(COLLECTION)[client["client_id"]] = client
    if mode is None and tenant.settings["flags"].get("enable_client_connections", True):
        for connection in tenant.objects(CONNECTIONS).values():
            connection["enabled_clients"] = [*connection["enabled_clients"], client["client_id"]]
    return client


def _check_methods(call: Call, scope: str) -> None:
    """Authentication methods have a scope of their own."""
    if call.body.get("client_authentication_methods") is not None and scope not in call.scopes:
        raise insufficient_scope((scope,))


def create(call: Call) -> Answer:
    _check_methods(call, "create:client_credentials")
    body = {key: value for key, value in call.body.items() if value is not None}
    mode = _check_mode(call.tenant, body)
    if mode == "strict":
        _check_strict(body)
    client = make(call.tenant, body, mode)
    return Answer(201, {**_show(call, client, "POST"), "encrypted": True})


def _chosen(call: Call, client: Object) -> bool:
    query = call.query
    flags = {"is_global": bool(client.get("global")), "is_first_party": client["is_first_party"]}
    if any(listing.flag(query, name) not in (None, value) for name, value in flags.items()):
        return False
    if "app_type" in query and client.get("app_type") not in query["app_type"].split(","):
        return False
    return query.get("external_client_id") in (None, client.get("external_client_id"))


def _searched(tenant: Tenant, client: Object) -> Object:
    """What a search can ask a client for."""
    grants = [
        grant for grant in tenant.objects("client_grants").values() if grant.get("client_id") == client["client_id"]
    ]
    return {
        **client,
        "metadata": client.get("client_metadata", {}),
        "client_grant": {
            "organization_id": [one["id"] for grant in grants for one in organizations.with_grant(tenant, grant["id"])],
            "allow_any_organization": any(grant.get("allow_any_organization") for grant in grants),
        },
    }


def _of_query(call: Call) -> list[Object]:
    """With `q`, which goes with no filter: it asks for the organizations of client grants only."""
    clients, text = list(call.tenant.objects(COLLECTION).values()), call.query.get("q")
    if text is None:
        return clients
    mixed = sorted(_FILTERS.intersection(call.query) - {"q"})
    if mixed:
        raise listing.invalid_query(f"q cannot be used in combination with {','.join(mixed)}", "q")
    fits = search.Fields(_GRANT_FIELDS, ()).lucene(text)
    return [client for client in clients if fits(_searched(call.tenant, client))]


def find(call: Call) -> Answer:
    """`GET /clients/search`, with checkpoints only."""

    def shape(client: Object) -> Object:
        moments = {key: client[key] for key in SEARCH_ONLY if key in client}
        shown = {key: value for key, value in _show(call, client).items() if key not in NOT_SEARCHED}
        return listing.narrow({**shown, **moments}, call.query)

    clients = [client for client in call.tenant.objects(COLLECTION).values() if not client.get("global")]
    chosen = search.chosen(call.query, clients, lambda client: _searched(call.tenant, client), _SEARCH)
    return Answer(200, search.page(chosen, call.query, COLLECTION, key="client_id", shape=shape))


def read_all(call: Call) -> Answer:
    _check_fields(call)
    clients = [client for client in _of_query(call) if _chosen(call, client)]

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
    stored, body = _find(call.tenant, call.id), call.body
    _check_methods(call, "update:client_credentials")
    _check_unchangeable(body, stored)
    if stored.get("third_party_security_mode") == "strict":
        _check_strict(body, cimd=stored.get("external_metadata_type") == "cimd")
    client = {**client_defaults.changed(stored, body), "updated_at": call.tenant.timestamp()}
    call.tenant.objects(COLLECTION)[client["client_id"]] = client
    return Answer(200, _show(call, client, "PATCH"))


def rotate_secret(call: Call) -> Answer:
    client = _find(call.tenant, call.id)
    if "private_key_jwt" in client.get("client_authentication_methods", {}):
        raise invalid_body("The secret of a client that authenticates with Private Key JWT cannot be rotated")
    client["client_secret"] = token("", 64)
    client["updated_at"] = call.tenant.timestamp()
    return Answer(200, _show(call, client, "PATCH"))


def delete(call: Call) -> Answer:
    tenant = call.tenant
    client = tenant.objects(COLLECTION).get(call.id)
    if client is None:
        return Answer(204)
    if client.get("global"):
        raise invalid_body("Global client cannot be deleted.")
    del tenant.objects(COLLECTION)[call.id]
    tenant.objects("credentials").pop(call.id, None)
    client_grants.drop(tenant, "client_id", call.id)
    consents.forget(tenant, "client_id", call.id)
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
    return Answer(200, listing.page(enabled, listing.with_take(call.query), CONNECTIONS, key="id", checkpoint=True))


_PATH = "/clients"
_FILTERS = {"is_first_party", "is_global", "app_type", "external_client_id", "q"}
_GRANT_FIELDS = ("client_grant.organization_id", "client_grant.allow_any_organization")
_SEARCH = search.Fields(
    ("client_id", "external_client_id", "name", "app_type", "is_first_party", "updated_at", "metadata", *_GRANT_FIELDS),
    ("name", "updated_at"),
)
OPERATIONS = (
    Operation("GET", f"{_PATH}/search", find, query=search.PARAMETERS),
    Operation("GET", _PATH, read_all, query=listing.PAGING | listing.CHECKPOINT | listing.FIELDS | _FILTERS),
    Operation("POST", _PATH, create, schemas.request("CreateClient")),
    Operation("GET", f"{_PATH}/{{id}}", read, query=listing.FIELDS),
    Operation("PATCH", f"{_PATH}/{{id}}", update, schemas.request("UpdateClient")),
    Operation("DELETE", f"{_PATH}/{{id}}", delete),
    Operation("POST", f"{_PATH}/{{id}}/rotate-secret", rotate_secret),
    Operation(
        "GET", f"{_PATH}/{{id}}/connections", read_connections, query=listing.CHECKPOINT | listing.FIELDS | {"strategy"}
    ),
)
