# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Request bodies as JSON Schema: those that Auth0 has published, where it deviates from them, and registration.

Only what can be checked without the tenant is here: names, types, limits, enums. `published.json` is made by
`tests/contract/published.py`; by hand are the deviations. Descriptions are shown in error messages.
"""

from __future__ import annotations

import fnmatch
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator, FormatChecker

Schema = dict[str, Any]

PUBLISHED = Path(__file__).with_name("published.json")

formats = FormatChecker(formats=())


@formats.checks("email-or-empty")
def _email_or_empty(value: object) -> bool:
    return not isinstance(value, str) or value == "" or re.fullmatch(r"[^@\s]+@[^@\s]+", value) is not None


@formats.checks("absolute-uri-or-empty")
def _uri_or_empty(value: object) -> bool:
    return not isinstance(value, str) or value == "" or all(urlsplit(value)[:2])


@formats.checks("absolute-https-uri-or-empty")
def _https_or_empty(value: object) -> bool:
    return not isinstance(value, str) or value == "" or value.startswith("https://")


def text(*, least: int | None = None, most: int | None = None, **more: Any) -> Schema:
    limits = {"minLength": least, "maxLength": most}
    return {"type": "string", **{key: value for key, value in limits.items() if value is not None}, **more}


def boolean(**more: Any) -> Schema:
    return {"type": "boolean", **more}


def integer(least: int | None = None, most: int | None = None) -> Schema:
    limits = {"minimum": least, "maximum": most}
    return {"type": "integer", **{key: value for key, value in limits.items() if value is not None}}


def one_of(*values: str) -> Schema:
    return {"type": "string", "enum": list(values)}


def array(items: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": items, **more}


def closed(properties: dict[str, Schema], *required: str, **more: Any) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
        **more,
    }


def open_object(properties: dict[str, Schema] | None = None, *required: str, **more: Any) -> Schema:
    return {"type": "object", "properties": properties or {}, "required": list(required), **more}


def nullable(schema: Schema) -> Schema:
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    changed = {**schema, "type": [*types, "null"]}
    if "enum" in schema:
        changed["enum"] = [*schema["enum"], None]
    return changed


def booleans(*names: str) -> dict[str, Schema]:
    return {name: boolean() for name in names}


def validator(schema: Schema) -> Draft202012Validator:
    return Draft202012Validator(schema, format_checker=formats)


@dataclass(frozen=True)
class Deviation:
    """What Auth0 does with a field of some bodies, and `published.json` does not have.

    `bodies` is a shell pattern of names. `path` goes down from the body: `name.name`, with `[]` for items. `schema`
    replaces the keywords that it has, or adds the field.
    """

    reason: str
    bodies: str
    path: str
    schema: Schema


_NULL = {"type": ["object", "null"]}
_COLOR = {"pattern": "^#(?:[0-9a-fA-F]{3}){1,2}$"}

# Of bodies that the description beside the checkout lacks. The models of the SDK have types and no limits.
_LIMITS: dict[str, dict[str, Schema]] = {
    "*RolePermissions": {"permissions": {"minItems": 1}},
    "*UserPermissions": {"permissions": {"minItems": 1}},
    "CreateClientCredential": {
        "kid": {"pattern": "^[0-9a-zA-Z_-]{10,64}$"},
        "name": {"maxLength": 128},
        "subject_dn": {"minLength": 1, "maxLength": 256},
    },
    "CreateRole": {"owner_id": {"pattern": "^org_"}},
    "AssignUserRoles": {"roles": {"minItems": 1}},
    "AssignOrganizationMemberRoles": {"roles": {"minItems": 1}},
    # The SDK's types are called …EnumWithNull.
    "UpdateOrganizationAllConnection": dict.fromkeys(
        ("organization_access_level", "organization_member_access_level"),
        nullable(one_of("none", "readonly", "limited", "full")),
    ),
    "AssignRoleUsers": {"users": {"minItems": 1}},
    "*RoleGroups": {"groups": {"minItems": 1}},
    "*User": {
        "email": {"format": "email-or-empty", "minLength": 1},
        "phone_number": {"pattern": r"^\+[0-9]{1,15}$"},
        "username": {"minLength": 1, "maxLength": 128},
        **{name: {"minLength": 1, "maxLength": 150} for name in ("given_name", "family_name")},
        **{name: {"minLength": 1, "maxLength": 300} for name in ("name", "nickname")},
        "picture": {"format": "absolute-uri-or-empty"},
    },
    "UpdateUser": {
        name: {"type": ["string", "null"]}
        for name in (
            *("email", "phone_number", "username", "password", "given_name", "family_name", "name", "nickname"),
            "picture",
        )
    },
    "UpdateOrganization": {"token_quota": {"type": ["object", "null"]}},
    "*Organization": {
        "name": {"minLength": 1, "maxLength": 50, "pattern": "^[a-z0-9][a-z0-9_-]*$"},
        "display_name": {"minLength": 1, "maxLength": 255},
        "branding.colors.primary": _COLOR,
        "branding.colors.page_background": _COLOR,
        "metadata": {"additionalProperties": {"type": ["string", "null"], "maxLength": 255}, "maxProperties": 25},
    },
    "CreateOrganization": {"enabled_connections": {"maxItems": 10}},
    "CreateOrganizationMember": {"members": {"minItems": 1}},
    "*Rule": {
        "name": {"maxLength": 255, "pattern": "^[a-zA-Z0-9]([ \\-a-zA-Z0-9]*[a-zA-Z0-9])?$"},
        "script": {"minLength": 1},
        "order": {"minimum": 0},
    },
}

DEVIATIONS = (
    *(
        Deviation("limits of the documentation", bodies, path, schema)
        for bodies, fields in _LIMITS.items()
        for path, schema in fields.items()
    ),
    Deviation("TestAccResourceServer recording", "*ResourceServer", "token_lifetime_for_web", integer(0)),
    Deviation(
        "TestAccTenant_Main recording",
        "UpdateTenantSettings",
        "flags.use_scope_descriptions_for_consent",
        boolean(),
    ),
    Deviation("an empty object is refused (public reports)", "UpdateTenantSettings", "flags", {"minProperties": 1}),
    Deviation(
        "should-deploy-… recordings",
        "UpdateTenantSettings",
        "universal_login",
        open_object({"colors": open_object()}),
    ),
    Deviation("null clears it (TestAccTenant_CountryCodes recording)", "UpdateTenantSettings", "country_codes", _NULL),
    Deviation(
        "TestAccConnectionCrossAppAccessResourceApp recording",
        "*Connection",
        "cross_app_access_resource_app",
        _NULL,
    ),
    Deviation("null clears it (TestAccClientAddons recording)", "UpdateClient", "addons", _NULL),
    Deviation("at most 50 (description of June 2026)", "UpdateEnabledClientConnections", "", {"maxItems": 50}),
    Deviation("null clears it (TestAccClientOIDCLogout recording)", "UpdateClient", "oidc_backchannel_logout", _NULL),
)

# Shown in error messages, in our own words.
DESCRIPTIONS = {
    "CreateResourceServer.identifier": "Audience of the tokens of this API",
    "CreateResourceServer.name": "Display name of the API",
    "UpdateResourceServer.name": "Display name of the API",
    "UpdateTenantSettings.flags": "Switches for the behaviour of this tenant",
    "CreateConnection.name": "Name of the connection: letters, digits and single inner hyphens",
    "CreateConnection.strategy": "Kind of identity provider",
    "CreateClient.name": "Name of the client",
    "UpdateClient.name": "Name of the client",
    "CreateClient.description": "Free text about the client",
    "UpdateClient.description": "Free text about the client",
    "AddRolePermissions.permissions": "array of resource_server_identifier, permission_name pairs.",
}


def _put(schema: Schema, path: str, change: Schema) -> None:
    """Changes the field at a path, or adds it. The empty path is the body itself."""
    for name in path.split(".") if path else ():
        field = schema["properties"].setdefault(name.removesuffix("[]"), {})
        schema = field["items"] if name.endswith("[]") else field
    schema.update(change)


def make_requests() -> dict[str, Schema]:
    """Request bodies by the name of their operation in the SDKs."""
    requests: dict[str, Schema] = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    for deviation in DEVIATIONS:
        for name in fnmatch.filter(requests, deviation.bodies):
            _put(requests[name], deviation.path, deviation.schema)
    for place, description in DESCRIPTIONS.items():
        name, _dot, path = place.partition(".")
        _put(requests[name], path, {"description": description})
    return requests


REQUESTS = make_requests()


def request(name: str) -> Draft202012Validator:
    """Of the body of an operation, by the operation's name in the SDKs."""
    return validator(REQUESTS[name])


# Dynamic client registration (RFC 7591): unknown members are ignored.
REGISTRATION = open_object(
    {
        "redirect_uris": array(text(least=1), minItems=1),
        "client_name": text(least=1, pattern="^[^<>]+$"),
        "token_endpoint_auth_method": one_of("none", "client_secret_post"),
        "grant_types": array(text()),
        "response_types": array(text()),
        "application_type": one_of("native", "web"),
        "logo_uri": text(format="absolute-uri-or-empty"),
    },
    "redirect_uris",
)
