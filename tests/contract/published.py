# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Makes two files of what Auth0 has published: `emulator/published.json`, the request bodies in the emulator's own
form, and `published_answers.json`, the schemas of answers.

    python -m tests.contract.published DESCRIPTION

DESCRIPTION is an OpenAPI document of the Management API. From it come names, types, limits and enums; what the models
of the installed auth0-python have besides is added to the bodies. Texts and defaults are left out.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import sys
import textwrap
import typing as t
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import NoneType

import pydantic

Schema = dict[str, t.Any]
Method = Callable[..., t.Any]

PUBLISHED = Path(__file__).parents[2] / "emulator" / "published.json"
PUBLISHED_ANSWERS = Path(__file__).with_name("published_answers.json")
DESCRIPTION = Path(__file__).parents[2] / ".." / "shared" / "reference" / "auth0-openapi-subset.json"

# Names of bodies, and where the SDK has the method that sends them.
METHODS = {
    "CreateResourceServer": "resource_servers.create",
    "UpdateResourceServer": "resource_servers.update",
    "UpdateTenantSettings": "tenants.settings.update",
    "CreateConnection": "connections.create",
    "UpdateConnection": "connections.update",
    "CreateClientGrant": "client_grants.create",
    "UpdateClientGrant": "client_grants.update",
    "CreateClient": "clients.create",
    "UpdateClient": "clients.update",
    "CreateClientCredential": "clients.credentials.create",
    "UpdateClientCredential": "clients.credentials.update",
    "CreateRole": "roles.create",
    "UpdateRole": "roles.update",
    "AddRolePermissions": "roles.permissions.add",
    "AssignRoleUsers": "roles.users.assign",
    "AssignRoleGroups": "roles.groups.create",
    "DeleteRoleGroups": "roles.groups.delete",
    "CreateUser": "users.create",
    "UpdateUser": "users.update",
    "AssignUserRoles": "users.roles.assign",
    "CreateUserPermissions": "users.permissions.create",
    "CreateOrganization": "organizations.create",
    "UpdateOrganization": "organizations.update",
    "AddOrganizationConnection": "organizations.enabled_connections.add",
    "UpdateOrganizationConnection": "organizations.enabled_connections.update",
    "CreateOrganizationAllConnection": "organizations.connections.create",
    "UpdateOrganizationAllConnection": "organizations.connections.update",
    "CreateOrganizationMember": "organizations.members.create",
    "AssignOrganizationMemberRoles": "organizations.members.roles.assign",
    "AssociateOrganizationClientGrant": "organizations.client_grants.create",
    "CreateRule": "rules.create",
    "UpdateRule": "rules.update",
}
# Bodies that the SDK takes as they are.
WITHOUT_METHOD = ("UpdateEnabledClientConnections", "PreviewCimdMetadata", "RegisterCimdClient")
# Names of answers.
ANSWERS = (
    *(f"{act}{kind}" for act in ("Create", "Get", "Update") for kind in ("Client", "ClientGrant", "Connection")),
    *(f"{act}ResourceServer" for act in ("Create", "Get", "Update")),
    *("GetTenantSettings", "UpdateTenantSettings", "PreviewCimdMetadata", "RegisterCimdClient"),
    *("ListResourceServerOffsetPaginated", "ListClientsOffsetPaginated", "ListClientGrantPaginated"),
    *("ListConnectionsCheckpointPaginated", "GetConnectionEnabledClients", "ListClientConnections"),
)

_LEFT_OUT = frozenset({"description", "default", "title", "example", "examples"})


def _inlined(schema: t.Any, schemas: Schema) -> t.Any:
    """With references replaced by what they name, and without texts and defaults."""
    if isinstance(schema, list):
        return [_inlined(item, schemas) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inlined(schemas[schema["$ref"].rsplit("/", 1)[1]], schemas)
    kept = {key: value for key, value in schema.items() if key not in _LEFT_OUT}
    # Below `properties` the keys are names of fields, none of them a keyword.
    named = _each_inlined(kept.pop("properties", {}), schemas)
    return {**_each_inlined(kept, schemas), **({"properties": named} if named else {})}


def _each_inlined(values: Schema, schemas: Schema) -> Schema:
    return {key: _inlined(value, schemas) for key, value in values.items()}


def _literals(annotation: t.Any) -> list[t.Any]:
    options = t.get_args(annotation) if t.get_origin(annotation) is t.Union else (annotation,)
    return [value for option in options if t.get_origin(option) is t.Literal for value in t.get_args(option)]


def _plain(annotation: t.Any) -> t.Any:
    """Without Optional and Annotated."""
    while t.get_origin(annotation) in (t.Annotated, t.Union):
        options = [option for option in t.get_args(annotation) if option is not NoneType]
        if t.get_origin(annotation) is t.Union and len(options) > 1:
            return annotation
        annotation = options[0]
    return annotation


def _fields(model: type[pydantic.BaseModel]) -> dict[str, t.Any]:
    """Names as they are sent, with types."""
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def _is_model(annotation: t.Any) -> bool:
    return inspect.isclass(annotation) and issubclass(annotation, pydantic.BaseModel)


def _is_list(annotation: t.Any) -> bool:
    return t.get_origin(annotation) in (list, t.get_origin(Sequence[str]))


_TYPES = {bool: "boolean", int: "integer", str: "string", float: "number"}


def _of_model(annotation: t.Any) -> Schema:
    """The schema of a type of the SDK. A class that has Nullable in its name may be null."""
    if literals := _literals(annotation):
        return {"type": "string", "enum": literals}
    annotation = _plain(annotation)
    if _is_list(annotation):
        return {"type": "array", "items": _of_model(t.get_args(annotation)[0])}
    if t.get_origin(annotation) is dict:
        return {"type": "object"}
    if not _is_model(annotation):
        return {"type": _TYPES[annotation]} if annotation in _TYPES else {}
    required = [field.alias or name for name, field in annotation.model_fields.items() if field.is_required()]
    return {
        "type": ["object", "null"] if "Nullable" in annotation.__name__ else "object",
        "additionalProperties": False,
        "properties": {name: _of_model(inner) for name, inner in _fields(annotation).items()},
        **({"required": required} if required else {}),
    }


def _method(place: str, *, raw: bool = False) -> Method:
    """A method of the SDK: the one with types, or the one that makes the request of it."""
    *packages, name = place.split(".")
    module = importlib.import_module(".".join(["auth0.management", *packages, "raw_client" if raw else "client"]))
    words = "".join(word.capitalize() for word in packages[-1].split("_"))
    found: Method = getattr(getattr(module, f"{'Raw' if raw else ''}{words}Client"), name)
    return found


def sent_fields(place: str) -> dict[str, t.Any]:
    """The fields of the body that an SDK method sends, with types. It makes the body as `json={name: value}`."""
    hints, raw = t.get_type_hints(_method(place)), _method(place, raw=True)
    call = next(
        keyword.value
        for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(raw))))
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "json"
    )
    assert isinstance(call, ast.Dict)
    found = {}
    for key, value in zip(call.keys, call.values, strict=True):
        assert isinstance(key, ast.Constant)
        names = [node.id for node in ast.walk(value) if isinstance(node, ast.Name) and node.id in hints]
        found[str(key.value)] = hints[names[0]]
    return found


def _extend(schema: Schema, annotation: t.Any) -> None:
    """Adds what the SDK's type has and the schema refuses."""
    literals, annotation = _literals(annotation), _plain(annotation)
    if literals and "enum" in schema:
        schema["enum"] += [value for value in literals if value not in schema["enum"]]
    elif _is_list(annotation) and "items" in schema:
        _extend(schema["items"], t.get_args(annotation)[0])
    elif _is_model(annotation):
        _extend_object(schema, _fields(annotation))


def _extend_object(schema: Schema, fields: dict[str, t.Any]) -> None:
    known = schema.get("properties", {})
    for name, annotation in fields.items():
        if name in known:
            _extend(known[name], annotation)
        elif schema.get("additionalProperties") is False:
            known[name] = _of_model(annotation)


def _empty(place: str) -> Schema:
    """The body of a method, without its fields; those that have no default are required."""
    parameters = inspect.signature(_method(place)).parameters.values()
    required = [one.name for one in parameters if one.kind is one.KEYWORD_ONLY and one.default is one.empty]
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {},
        **({"required": required} if required else {}),
    }


def make(description: Schema) -> dict[str, Schema]:
    """Request bodies by the name of their operation. What the description lacks is the SDK's alone."""
    schemas = description["components"]["schemas"]
    requests = {}
    for name in (*METHODS, *WITHOUT_METHOD):
        published = schemas.get(f"{name}RequestContent")
        requests[name] = _empty(METHODS[name]) if published is None else _inlined(published, schemas)
        if name in METHODS:
            _extend_object(requests[name], sent_fields(METHODS[name]))
    return requests


def _opened(schema: t.Any) -> t.Any:
    """Without texts and defaults, and open to the fields that live answers have besides."""
    if isinstance(schema, list):
        return [_opened(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    named = {name: _opened(inner) for name, inner in schema.get("properties", {}).items()}
    closed = {"additionalProperties"} if schema.get("additionalProperties") is False else set()
    kept = {key: _opened(value) for key, value in schema.items() if key not in {"properties", *_LEFT_OUT, *closed}}
    return {**kept, **({"properties": named} if named else {})}


def _references(schema: t.Any) -> Iterator[str]:
    if isinstance(schema, dict) and "$ref" in schema:
        yield schema["$ref"].rsplit("/", 1)[1]
    for inner in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from _references(inner)


def make_answers(description: Schema) -> dict[str, Schema]:
    """The schemas of the answers and of what they refer to, by name."""
    schemas = description["components"]["schemas"]
    made: dict[str, Schema] = {}
    left = [f"{name}ResponseContent" for name in ANSWERS]
    while left:
        if (name := left.pop()) not in made:
            made[name] = _opened(schemas[name])
            left += _references(made[name])
    return made


def _paths(schema: t.Any, path: str = "") -> Iterator[str]:
    if not isinstance(schema, dict):
        return
    for value in schema.get("enum", []):
        yield f"{path}={value}"
    for name, inner in schema.get("properties", {}).items():
        yield f"{path}.{name}"
        yield from _paths(inner, f"{path}.{name}")
    yield from _paths(schema.get("items"), f"{path}[]")


def lacking(requests: dict[str, Schema]) -> list[str]:
    """Fields and values that the installed SDK sends and the requests refuse."""
    found = []
    for name, place in METHODS.items():
        extended: Schema = json.loads(json.dumps(requests[name]))
        _extend_object(extended, sent_fields(place))
        known = set(_paths(requests[name]))
        found += [f"{name}{path}" for path in _paths(extended) if path not in known]
    return found


def _line(value: t.Any) -> str:
    return json.dumps(value, sort_keys=True)


def text(requests: dict[str, Schema]) -> str:
    """JSON with a line for each field of a body."""
    bodies = []
    for name, schema in sorted(requests.items()):
        fields = [f"{_line(key)}: {_line(value)}" for key, value in sorted(schema.get("properties", {}).items())]
        rest = _line({key: value for key, value in schema.items() if key != "properties"})
        inner = ',\n"properties": {\n' + ",\n".join(fields) + "\n}}" if fields else "}"
        bodies.append(f"{_line(name)}: {rest[:-1]}{inner}")
    return "{\n" + ",\n".join(bodies) + "\n}\n"


if __name__ == "__main__":
    published = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    PUBLISHED.write_text(text(make(published)), encoding="utf-8")
    PUBLISHED_ANSWERS.write_text(text(make_answers(published)), encoding="utf-8")
