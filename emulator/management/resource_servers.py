# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Resource servers: `{id, identifier, name?, scopes?, signing_alg, token_lifetime, …, is_system?}`.

Defaults of a create with `identifier` alone: TestAccResourceServer recording of 2026.
"""

from __future__ import annotations

import secrets
from urllib.parse import unquote

from joserfc.jwk import RSAKey

from .. import listing, schemas
from ..errors import ApiError, invalid_body, missing, not_allowed
from ..tenant import Tenant, hex_id
from . import client_grants, roles, search, system_apis
from .operation import Answer, Call, Object, Operation, merged

COLLECTION = "resource_servers"
# In no recorded answer; searches may ask for the moment.
HIDDEN = frozenset({"signing_secret", "updated_at"})


def _default_subject_types() -> Object:
    return {"client": {"policy": "require_client_grant"}, "user": {"policy": "allow_all"}}


def _online_access(body: Object) -> Object:
    """TestAccClientGrant_AnonymousUser recording; other APIs lack both keys until they are sent."""
    if "anonymous_user" not in body.get("subject_type_authorization", {}):
        return {}
    return {"allow_online_access": False, "allow_online_access_with_ephemeral_sessions": False}


def _find(tenant: Tenant, name: str) -> Object:
    """By id or identifier; an identifier encoded twice is found as well (TestAccDataSourceResourceServer recording)."""
    apis = tenant.objects(COLLECTION)
    for candidate in (name, unquote(name)):
        found = apis.get(candidate) or tenant.resource_server(candidate)
        if found is not None:
            return found
    raise missing("resource server")


def _thumbprint(pem: str) -> str:
    """JWK thumbprint of the public key or certificate (TestAccResourceServer recording)."""
    try:
        return str(RSAKey.import_key(pem).thumbprint())
    except ValueError:
        raise invalid_body("token_encryption.encryption_key.pem is not a valid key") from None


def _normalized(api: Object) -> Object:
    """Checks and server-made values that hold for every write."""
    encryption = api.get("token_encryption")
    if encryption is not None and "pem" in encryption["encryption_key"]:
        key = dict(encryption["encryption_key"])
        key["thumbprint_sha256"] = _thumbprint(key.pop("pem"))
        api["token_encryption"] = {**encryption, "encryption_key": key}
    if api.get("allow_online_access_with_ephemeral_sessions") and not api.get("allow_online_access"):
        raise invalid_body("allow_online_access_with_ephemeral_sessions requires allow_online_access")
    api["subject_type_authorization"] = {**_default_subject_types(), **api["subject_type_authorization"]}
    if api["signing_alg"] == "HS256":
        api.setdefault("signing_secret", secrets.token_urlsafe(24))
    return api


def _check_web_lifetime(body: Object, api: Object) -> None:
    if body.get("token_lifetime_for_web", 0) > api["token_lifetime"]:
        raise invalid_body("token_lifetime_for_web must not be greater than token_lifetime")
    api["token_lifetime_for_web"] = min(api["token_lifetime_for_web"], api["token_lifetime"])


def _show(call: Call, api: Object) -> Object:
    visible = {key: value for key, value in api.items() if key not in HIDDEN}
    return listing.narrow(visible, call.query)


def read_all(call: Call) -> Answer:
    identifiers = call.query.getlist("identifiers")
    if len(identifiers) > 10:
        raise listing.invalid_query(f"Array is too long ({len(identifiers)}), maximum 10", "identifiers")
    chosen = [
        api for api in call.tenant.objects(COLLECTION).values() if not identifiers or api["identifier"] in identifiers
    ]

    def shape(api: Object) -> Object:
        return _show(call, api)

    return Answer(200, listing.page(chosen, call.query, COLLECTION, key="id", checkpoint=False, shape=shape))


def read(call: Call) -> Answer:
    return Answer(200, _show(call, _find(call.tenant, call.id)))


def find(call: Call) -> Answer:
    """`GET /resource-servers/search`, with checkpoints only."""

    def shape(api: Object) -> Object:
        return _show(call, api)

    chosen = search.chosen(call.query, call.tenant.objects(COLLECTION).values(), dict, _SEARCH)
    return Answer(200, search.page(chosen, call.query, COLLECTION, key="id", shape=shape))


def create(call: Call) -> Answer:
    tenant, identifier = call.tenant, call.body["identifier"]
    if tenant.resource_server(identifier) is not None:
        raise ApiError(409, "A resource server with the same identifier already exists", "resource_conflict")
    if identifier == f"{tenant.issuer}userinfo":
        raise invalid_body("The selected identifier is reserved.")
    api = system_apis.activated(tenant, call.body)
    if api is None:
        given = {key: value for key, value in call.body.items() if value is not None}
        api = {
            "id": hex_id(),
            "allow_offline_access": False,
            "skip_consent_for_verifiable_first_party_clients": False,
            **_online_access(call.body),
            "subject_type_authorization": _default_subject_types(),
            "token_lifetime": 86400,
            "token_lifetime_for_web": 7200,
            "signing_alg": "RS256",
            **given,
        }
    _check_web_lifetime(call.body, api)
    return Answer(201, _show(call, system_apis.at_once(tenant, _store(tenant, api))))


def _store(tenant: Tenant, api: Object) -> Object:
    stored = {**_normalized(api), "updated_at": tenant.timestamp()}
    tenant.objects(COLLECTION)[api["id"]] = stored
    return stored


def _check_system(body: Object) -> None:
    refused = [key for key in body if key not in system_apis.CHANGEABLE]
    if "name" in refused:
        raise not_allowed(["name"])
    if refused:
        raise invalid_body("System resource servers cannot be patched.")


def update(call: Call) -> Answer:
    stored = _find(call.tenant, call.id)
    if stored.get("is_system"):
        _check_system(call.body)
    api = merged(stored, call.body)
    _check_web_lifetime(call.body, api)
    api = _store(call.tenant, api)
    roles.keep_scopes(call.tenant, api["identifier"], (scope["value"] for scope in api.get("scopes", [])))
    return Answer(200, _show(call, api))


def delete(call: Call) -> Answer:
    tenant = call.tenant
    try:
        api = _find(tenant, call.id)
    except ApiError:
        return Answer(204)
    if api["identifier"] == tenant.management_audience:
        raise invalid_body("System resource servers cannot be deleted.")
    del tenant.objects(COLLECTION)[api["id"]]
    client_grants.drop(tenant, "audience", api["identifier"])
    roles.keep_scopes(tenant, api["identifier"], ())
    return Answer(204)


_READ, _PATH = ("read:resource_servers",), "/resource-servers"
_SEARCH = search.Fields(("id", "identifier", "name", "updated_at"), ("identifier", "name", "updated_at"))
OPERATIONS = (
    Operation("GET", f"{_PATH}/search", _READ, find, query=search.PARAMETERS),
    Operation("GET", _PATH, _READ, read_all, query=listing.PAGING | listing.FIELDS | {"identifiers"}),
    Operation("POST", _PATH, ("create:resource_servers",), create, schemas.request("CreateResourceServer")),
    Operation("GET", f"{_PATH}/{{id}}", _READ, read, query=listing.FIELDS),
    Operation(
        "PATCH",
        f"{_PATH}/{{id}}",
        ("update:resource_servers",),
        update,
        schemas.request("UpdateResourceServer"),
    ),
    Operation("DELETE", f"{_PATH}/{{id}}", ("delete:resource_servers",), delete),
)
