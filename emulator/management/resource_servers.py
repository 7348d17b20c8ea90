# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Resource servers: `{id, identifier, name?, scopes?, signing_alg, token_lifetime, …, is_system?}`.

Defaults of a create with `identifier` alone: TestAccResourceServer recording of 2026.
"""

from __future__ import annotations

import copy
import secrets
from urllib.parse import unquote

from joserfc.jwk import RSAKey

from .. import listing, schemas
from ..errors import ApiError, invalid_body, missing, not_allowed
from ..tenant import Tenant, hex_id
from . import roles
from .operation import Answer, Call, Object, Operation, merged

COLLECTION = "resource_servers"
# In no recorded answer.
SECRET_FIELDS = frozenset({"signing_secret"})

# System APIs take these and nothing else.
SYSTEM_CHANGEABLE = frozenset(
    {
        "token_lifetime",
        "token_lifetime_for_web",
        "skip_consent_for_verifiable_first_party_clients",
        "subject_type_authorization",
        "authorization_policy",
    }
)

MY_ACCOUNT_SCOPES = (
    *(f"{action}:me:connected_accounts" for action in ("create", "read", "delete")),
    *(f"{action}:me:authentication_methods" for action in ("create", "read", "update", "delete")),
    "read:me:factors",
)
# The rest follows with the next read (TestAccResourceServer_ACR recording).
MY_ACCOUNT_SCOPES_AT_ONCE = 3


def _default_subject_types() -> Object:
    return {"client": {"policy": "require_client_grant"}, "user": {"policy": "allow_all"}}


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
    visible = {key: value for key, value in api.items() if key not in SECRET_FIELDS}
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
    api = _find(call.tenant, call.id)
    shown = copy.deepcopy(_show(call, api))
    if api["identifier"] == f"{call.tenant.issuer}me/":
        api["scopes"] = [{"value": value} for value in MY_ACCOUNT_SCOPES]
    return Answer(200, shown)


def create(call: Call) -> Answer:
    tenant, identifier = call.tenant, call.body["identifier"]
    if tenant.resource_server(identifier) is not None:
        raise ApiError(409, "A resource server with the same identifier already exists", "resource_conflict")
    if identifier == f"{tenant.issuer}userinfo":
        raise invalid_body("The selected identifier is reserved.")
    if identifier == f"{tenant.issuer}me/":
        api = _my_account_api(identifier)
    else:
        given = {key: value for key, value in call.body.items() if value is not None}
        api = {
            "id": hex_id(),
            "allow_offline_access": False,
            "skip_consent_for_verifiable_first_party_clients": False,
            "subject_type_authorization": _default_subject_types(),
            "token_lifetime": 86400,
            "token_lifetime_for_web": 7200,
            "signing_alg": "RS256",
            **given,
        }
        _check_web_lifetime(call.body, api)
    tenant.objects(COLLECTION)[api["id"]] = _normalized(api)
    return Answer(201, _show(call, api))


def _my_account_api(identifier: str) -> Object:
    """Created by its identifier; name and the rest of the body are ignored."""
    return {
        "id": hex_id(),
        "name": "Auth0 My Account API",
        "identifier": identifier,
        "allow_offline_access": True,
        "skip_consent_for_verifiable_first_party_clients": False,
        "subject_type_authorization": {"client": {"policy": "deny_all"}, "user": {"policy": "require_client_grant"}},
        "proof_of_possession": {"mechanism": "dpop", "required": False},
        "token_lifetime": 600,
        "token_lifetime_for_web": 600,
        "signing_alg": "RS256",
        "scopes": [{"value": value} for value in MY_ACCOUNT_SCOPES[:MY_ACCOUNT_SCOPES_AT_ONCE]],
        "is_system": True,
    }


def _check_system(body: Object) -> None:
    refused = [key for key in body if key not in SYSTEM_CHANGEABLE]
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
    call.tenant.objects(COLLECTION)[api["id"]] = _normalized(api)
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
    grants = tenant.objects("client_grants")
    for grant in [grant for grant in grants.values() if grant["audience"] == api["identifier"]]:
        del grants[grant["id"]]
    roles.keep_scopes(tenant, api["identifier"], ())
    return Answer(204)


_READ, _PATH = ("read:resource_servers",), "/resource-servers"
OPERATIONS = (
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
