# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Keys and certificates of clients: `{id, credential_type, kid?, alg?, name?, subject_dn?, thumbprint_sha256?,
created_at, updated_at, expires_at?}`. They count once the client's settings name them by their ids.

Recordings: TestAccClientAuthenticationMethodsSignedRequestObject (public keys, expiry of their certificates),
…TLSClientAuth (subjects), …SelfSignedTLSClientAuth (certificates), TestAccClientExpressApp (single reads).
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import RSAKey

from .. import listing, schemas
from ..errors import invalid_body, missing
from ..tenant import Tenant, token
from .operation import Answer, Call, Object, Operation, timestamp

COLLECTION = "credentials"
SHOWN = (
    *("id", "credential_type", "kid", "alg", "name", "subject_dn", "thumbprint_sha256"),
    *("created_at", "updated_at", "expires_at"),
)
# Settings of a client that name credentials, besides its authentication methods.
NAMING = ("signed_request_object", "token_vault_privileged_access")


def _expiry(text: str) -> str:
    try:
        return timestamp(datetime.fromisoformat(text.replace("Z", "+00:00")))
    except ValueError:
        raise invalid_body("expires_at is not an ISO 8601 date") from None


def _certificate(pem: str) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(pem.encode())
    except ValueError:
        raise invalid_body("pem is not a valid X.509 certificate") from None


def _public_key(sent: Object) -> Object:
    """Without a `kid`, it is the JWK thumbprint of the key."""
    try:
        kid = RSAKey.import_key(sent["pem"]).thumbprint()
    except ValueError:
        raise invalid_body("pem is not a valid public key or certificate") from None
    credential: Object = {
        "kid": kid,
        "alg": "RS256",
        **{key: sent[key] for key in ("kid", "alg", "pem") if key in sent},
    }
    if "expires_at" in sent:
        credential["expires_at"] = _expiry(sent["expires_at"])
    elif sent.get("parse_expiry_from_cert"):
        credential["expires_at"] = timestamp(_certificate(sent["pem"]).not_valid_after_utc)
    return credential


def _cert_subject_dn(sent: Object) -> Object:
    if "subject_dn" in sent:
        return {"subject_dn": sent["subject_dn"]}
    subject = _certificate(sent["pem"]).subject
    return {"subject_dn": "\n".join(f"{name.rfc4514_attribute_name}={name.value!s}" for name in subject)}


def _x509_cert(sent: Object) -> Object:
    certificate = _certificate(sent["pem"])
    thumbprint = base64.urlsafe_b64encode(certificate.fingerprint(SHA256())).decode().rstrip("=")
    return {"thumbprint_sha256": thumbprint, "expires_at": timestamp(certificate.not_valid_after_utc)}


_KINDS = {"public_key": _public_key, "cert_subject_dn": _cert_subject_dn, "x509_cert": _x509_cert}


def _add(tenant: Tenant, client_id: str, sent: Object) -> Object:
    kind = sent["credential_type"]
    if ("subject_dn" in sent) == ("pem" in sent) or ("subject_dn" in sent and kind != "cert_subject_dn"):
        raise invalid_body("Exactly one of pem and, for cert_subject_dn, subject_dn must be set")
    made = tenant.timestamp()
    named = {"name": sent["name"]} if "name" in sent else {}
    credential = {
        "id": token("cred_", 22),
        "credential_type": kind,
        **named,
        **_KINDS[kind](sent),
        "created_at": made,
        "updated_at": made,
    }
    tenant.objects(COLLECTION).setdefault(client_id, {})[credential["id"]] = credential
    return credential


def _naming(client: Object) -> Iterator[Object]:
    """The objects in a client that list credentials."""
    yield from client.get("client_authentication_methods", {}).values()
    yield from (client[name] for name in NAMING if "credentials" in client.get(name, {}))


def keep(tenant: Tenant, client: Object) -> None:
    """Keys sent with a new client become credentials; the client then names their ids only."""
    for naming in _naming(client):
        naming["credentials"] = [
            {"id": sent["id"] if "id" in sent else _add(tenant, client["client_id"], sent)["id"]}
            for sent in naming["credentials"]
        ]


def _show(credential: Object) -> Object:
    return {key: credential[key] for key in SHOWN if key in credential}


def _client(call: Call) -> Object:
    found: Object | None = call.tenant.objects("clients").get(call.id)
    if found is None:
        raise missing("client")
    return found


def _find(call: Call) -> Object:
    _client(call)
    found: Object | None = call.tenant.objects(COLLECTION).get(call.id, {}).get(call.member)
    if found is None:
        raise missing("credential")
    return found


def read_all(call: Call) -> Answer:
    """A bare array whatever the paging says (TestAccClientCanSetDefaultAuthMethodOnCreate recording)."""
    _client(call)
    return Answer(200, [_show(credential) for credential in call.tenant.objects(COLLECTION).get(call.id, {}).values()])


def read(call: Call) -> Answer:
    return Answer(200, _show(_find(call)))


def create(call: Call) -> Answer:
    _client(call)
    return Answer(201, _show(_add(call.tenant, call.id, call.body)))


def update(call: Call) -> Answer:
    credential = _find(call)
    if "expires_at" in call.body:
        expiry = call.body["expires_at"]
        credential.pop("expires_at", None)
        credential.update({} if expiry is None else {"expires_at": _expiry(expiry)})
    credential["updated_at"] = call.tenant.timestamp()
    return Answer(200, _show(credential))


def delete(call: Call) -> Answer:
    """Enabled credentials may be deleted too."""
    call.tenant.objects(COLLECTION).get(call.id, {}).pop(call.member, None)
    for naming in _naming(call.tenant.objects("clients").get(call.id, {})):
        naming["credentials"] = [named for named in naming["credentials"] if named["id"] != call.member]
    return Answer(204)


_PATH = "/clients/{id}/credentials"
OPERATIONS = (
    Operation("GET", _PATH, ("read:client_credentials",), read_all, query=listing.PAGING),
    Operation(
        "POST",
        _PATH,
        ("create:client_credentials",),
        create,
        schemas.request("CreateClientCredential"),
    ),
    Operation("GET", f"{_PATH}/{{member}}", ("read:client_credentials",), read),
    Operation(
        "PATCH",
        f"{_PATH}/{{member}}",
        ("update:client_credentials",),
        update,
        schemas.request("UpdateClientCredential"),
    ),
    Operation("DELETE", f"{_PATH}/{{member}}", ("delete:client_credentials",), delete),
)
