# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Client ID metadata documents: clients made from a document at a URL, which is then their client_id.

Answers: `{client_id?, mapped_fields, validation: {valid, violations, warnings}}`; a preview that finds no document
answers `{client_id?, errors}`. Shapes and texts: TestAccClientCIMD recording. Rules: Auth0's page on registering
applications with CIMD.
"""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any
from urllib.parse import unquote, urlsplit

from .. import redirects, schemas
from ..errors import ApiError, invalid_body
from ..fetch import Unavailable
from ..tenant import Tenant
from .clients import COLLECTION, make
from .operation import Answer, Call, Object, Operation, check_room

GRANT_TYPES = ("authorization_code", "refresh_token")
APP_TYPES = {"native": "native", "web": "regular_web"}
# What is read of a document. `jwks` is there to be refused, and `response_types` is not mapped.
PROPERTIES = frozenset(
    {
        "client_id",
        "client_name",
        "redirect_uris",
        "logo_uri",
        "grant_types",
        "application_type",
        "token_endpoint_auth_method",
        "jwks_uri",
        "jwks",
        "response_types",
    }
)
# Fields that a document gives to its client, also when it is applied again; what it lacks is then taken away.
MAPPED = ("name", "callbacks", "logo_uri", "grant_types", "app_type", "token_endpoint_auth_method", "jwks_uri")


def _check_url(url: str) -> None:
    """What a URL must be to name a client."""
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError:
        raise invalid_body("external_client_id is not a valid URL") from None
    steps = unquote(parts.path).split("/")
    faults = {
        "must be an https URL with a host": parts.scheme != "https" or not host,
        "must not be on localhost": host == "localhost",
        "must have a path": parts.path in ("", "/"),
        "must not have dot segments": "." in steps or ".." in steps,
        "must not have a query or a fragment": "?" in url or "#" in url,
        "must not have credentials": "@" in parts.netloc,
        "must not have port 0": port == 0,
        "must be percent-encoded": re.search(r"%(?![0-9A-Fa-f]{2})|[^!-~]", url) is not None,
    }
    fault = next((text for text, found in faults.items() if found), None)
    if fault is not None:
        raise invalid_body(f"external_client_id {fault}")


async def _document(tenant: Tenant, url: str) -> Object:
    """Raises Unavailable. The emulator itself may be the host, so the event loop must go on meanwhile."""
    content = await asyncio.to_thread(tenant.fetch, url)
    try:
        document = json.loads(content)
    except ValueError:
        raise Unavailable("it is not JSON") from None
    if not isinstance(document, dict):
        raise Unavailable("it is not a JSON object")
    return document


def _texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, str) for item in value)


def _violations(url: str, document: Object) -> list[str]:
    name, uris = document.get("client_name"), document.get("redirect_uris")
    native = document.get("application_type") == "native"
    method = document.get("token_endpoint_auth_method", "none")
    faults = {
        "client_id must be the URL of the document": document.get("client_id") != url,
        "client_name must be a text without < and >": not isinstance(name, str) or not re.fullmatch("[^<>]+", name),
        "redirect_uris must be https URLs, or for native applications http URLs on loopback hosts": not _texts(uris)
        or not all(_redirect_fits(uri, native) for uri in uris or []),
        "grant_types must have authorization_code or refresh_token": not _grant_types(document),
        "application_type must be native or web": str(document.get("application_type", "web")) not in APP_TYPES,
        "token_endpoint_auth_method must be none or private_key_jwt": method not in ("none", "private_key_jwt"),
        "jwks must not be in the document": "jwks" in document,
        "jwks_uri must have the origin of the document": method == "private_key_jwt"
        and not redirects.same_origin(str(document.get("jwks_uri")), url),
        "logo_uri must be an https URL": not redirects.is_https(str(document.get("logo_uri", "https://a"))),
    }
    return [text for text, found in faults.items() if found]


def _redirect_fits(uri: str, native: bool) -> bool:
    return redirects.may_be_registered(uri) and (redirects.is_https(uri) or (native and redirects.is_loopback(uri)))


def _grant_types(document: Object) -> list[str]:
    sent = document.get("grant_types", ["authorization_code"])
    return [name for name in GRANT_TYPES if name in sent] if isinstance(sent, list) else []


def _warnings(document: Object) -> list[str]:
    unknown = [name for name in document if name not in PROPERTIES]
    if not unknown:
        return []
    return [
        f"Ignoring unsupported properties: {', '.join(unknown)}. "
        "These properties are not validated or mapped to the Auth0 client configuration."
    ]


def _mapped(url: str, document: Object) -> Object:
    fields = {
        "external_client_id": url,
        "name": document.get("client_name"),
        "callbacks": document.get("redirect_uris"),
        "logo_uri": document.get("logo_uri"),
        "grant_types": _grant_types(document),
        "app_type": APP_TYPES.get(str(document.get("application_type", "web"))),
        "token_endpoint_auth_method": document.get("token_endpoint_auth_method", "none"),
        "jwks_uri": document.get("jwks_uri"),
    }
    return {key: value for key, value in fields.items() if value is not None}


def _checked(url: str, document: Object) -> Object:
    violations = _violations(url, document)
    return {
        "mapped_fields": _mapped(url, document),
        "validation": {"valid": not violations, "violations": violations, "warnings": _warnings(document)},
    }


def _registered(tenant: Tenant, url: str) -> Object | None:
    return next((c for c in tenant.objects(COLLECTION).values() if c.get("external_client_id") == url), None)


async def preview(call: Call) -> Answer:
    """Stores nothing."""
    url = call.body["external_client_id"]
    _check_url(url)
    client = _registered(call.tenant, url)
    known = {} if client is None else {"client_id": client["client_id"]}
    try:
        return Answer(200, {**known, **_checked(url, await _document(call.tenant, url))})
    except Unavailable as reason:
        return Answer(200, {**known, "errors": [f"The document at {url} could not be retrieved: {reason}"]})


async def register(call: Call) -> Answer:
    """Makes the client, or brings it to what the document says now; 200 in both cases, as recorded."""
    return Answer(200, await put(call.tenant, call.body["external_client_id"], "admin"))


async def put(tenant: Tenant, url: str, created_by: str) -> Object:
    """Registers the client of a document, on behalf of `admin` or of the `client` itself."""
    _check_url(url)
    try:
        checked = _checked(url, await _document(tenant, url))
    except Unavailable as reason:
        raise invalid_body(f"The document at {url} could not be retrieved: {reason}") from None
    if checked["validation"]["violations"]:
        violations = "; ".join(checked["validation"]["violations"])
        raise invalid_body(f"The document at {url} cannot be applied: {violations}")
    fields = checked["mapped_fields"]
    if fields["token_endpoint_auth_method"] == "private_key_jwt":
        raise ApiError(403, "Please upgrade your subscription to use private_key_jwt", "insufficient_entitlement")
    client = _registered(tenant, url)
    if client is None:
        check_room(tenant, COLLECTION)
        made = {**fields, "external_metadata_type": "cimd", "external_metadata_created_by": created_by}
        client = make(tenant, made, "strict")
    else:
        for name in MAPPED:
            client.pop(name, None)
        client.update(fields)
    return {"client_id": client["client_id"], **checked}


OPERATIONS = (
    Operation("POST", "/clients/cimd/preview", ("read:clients",), preview, schemas.request("PreviewCimdMetadata")),
    Operation(
        "POST",
        "/clients/cimd/register",
        ("create:clients", "update:clients"),
        register,
        schemas.request("RegisterCimdClient"),
    ),
)
