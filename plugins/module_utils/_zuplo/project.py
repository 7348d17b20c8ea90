# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Read a Zuplo project: its policies, the operations of its routes, and the tools of its MCP servers. Pure.

Source of the rules: the gateway and the linter of the `zuplo` package, version 7.6.4.
"""

from __future__ import annotations

import functools
import posixpath
import typing as t
from dataclasses import dataclass

from .._errors import ProjectError
from .._types import Object
from .configuration import COMPOSITE, HANDLER, POLICY
from .json_reader import JsonTextError
from .json_text import Document, Path, value_at

POLICIES = "config/policies.json"
ROUTES = "config/mcp.oas.json"
RUNTIME = "modules/zuplo.runtime.ts"
HELPER = "modules/mcp-oauth.ts"
FILES = (POLICIES, "config/*.oas.json", RUNTIME, HELPER)
"""All that is ever read or written, as patterns."""

Files = t.Mapping[str, str]
"""Path within the project -> text."""

_SHOWN = 20
_METHODS = frozenset({"get", "post", "put", "patch", "delete", "options", "head", "trace"})
_OLDER_TOOLS = ("files", "prompts", "resources")
"""Options of the MCP handler from before November 2025: lists of `{path, operationIds}`."""


@dataclass(frozen=True)
class Operation:
    """One operation of a routes file; `key` is its method, or several in a list with commas, in any case."""

    file: str
    route: str
    key: str
    value: Object

    @property
    def path(self) -> Path:
        return ("paths", self.route, self.key)

    @property
    def methods(self) -> list[str]:
        return split_methods(self.key)

    @property
    def name(self) -> str:
        return f"{','.join(self.methods)} {self.route}"

    @property
    def title(self) -> str:
        return f"{self.name} ({self.file})"

    @property
    def id(self) -> str | None:
        """Its operationId."""
        found = self.value.get("operationId")
        return found if isinstance(found, str) else None

    @property
    def mcp_name(self) -> str:
        """What MCP clients call it as a tool (zuplo 7.6.4, registerTool)."""
        given = value_at(self.value, "x-zuplo-route", "mcp", "name")
        return (given.strip() if isinstance(given, str) else "") or str(self.id)

    @property
    def inbound(self) -> list[str]:
        """The names of its policies before the handler."""
        route = self.value.get("x-zuplo-route")
        policies = route.get("policies", {}) if isinstance(route, dict) else {}
        inbound = policies.get("inbound", []) if isinstance(policies, dict) else None
        if not isinstance(inbound, list) or not all(isinstance(name, str) for name in inbound):
            raise ProjectError(
                f"has the operation {self.name}, whose policies.inbound is not a list of policy names",
                where=self.file,
                remedy='Write it as "policies": {"inbound": ["<name>"]}.',
            )
        return list(inbound)

    @property
    def server(self) -> Object | None:
        """The options of the MCP server; None where it is none."""
        handler = value_at(self.value, "x-zuplo-route", "handler")
        if value_at(handler, "export") != HANDLER:
            return None
        options = value_at(handler, "options")
        return options if isinstance(options, dict) else {}

    @property
    def tools(self) -> list[Object] | None:
        """What it exposes as tools, prompts and resources, each `{file, id}`; None where it is no MCP server."""
        if self.server is None:
            return None
        tools = self.server.get("operations") or []
        if not isinstance(tools, list) or not all(_is_tool(tool) for tool in tools):
            raise ProjectError(
                f"has the MCP server {self.name}, whose operations are not a list of objects with file and id",
                where=self.file,
                remedy='Write each as {"file": "./config/routes.oas.json", "id": "<operationId>"}.',
            )
        return [*tools, *(tool for option in _OLDER_TOOLS for tool in self._older_tools(option, self.server))]

    def _older_tools(self, option: str, server: Object) -> list[Object]:
        sources = server.get(option) or []
        if not isinstance(sources, list) or not all(map(_is_source, sources)):
            raise ProjectError(
                f"has the MCP server {self.name}, whose {option} are not a list of objects with path and operationIds",
                where=self.file,
                remedy="Name its tools in operations instead, each as an object with file and id.",
            )
        return [{"file": source["path"], "id": name} for source in sources for name in source["operationIds"]]


@dataclass(frozen=True)
class Project:
    """The files that `parse_project` takes, or has taken before an edit; `documents` are those of JSON."""

    files: Files
    documents: t.Mapping[str, Document]

    def put(self, file: str, text: str | Document) -> Project:
        """With the text of a file."""
        document = text if isinstance(text, Document) else Document(text)
        documents = {**self.documents, file: document} if file.endswith(".json") else self.documents
        return Project({**self.files, file: document.text}, documents)

    def delete(self, file: str) -> Project:
        """Without a file."""
        files = {name: text for name, text in self.files.items() if name != file}
        return Project(files, {name: one for name, one in self.documents.items() if name != file})

    @functools.cached_property
    def policies(self) -> list[Object]:
        policies = self.documents[POLICIES].value.get("policies", []) if POLICIES in self.files else []
        if not isinstance(policies, list) or not all(isinstance(policy, dict) for policy in policies):
            raise ProjectError(
                'has "policies" that are not a list of objects', where=POLICIES, remedy="Correct the file."
            )
        return policies

    @functools.cached_property
    def cors_policies(self) -> list[str]:
        """The names of the project's own CORS policies."""
        found = self.documents[POLICIES].value.get("corsPolicies") if POLICIES in self.files else None
        names = [value_at(one, "name") for one in found] if isinstance(found, list) else []
        return [name for name in names if isinstance(name, str)]

    @functools.cached_property
    def _indexes(self) -> dict[str, list[int]]:
        """Of the policies, by name."""
        indexes: dict[str, list[int]] = {}
        for index, one in enumerate(self.policies):
            if isinstance(name := one.get("name"), str):
                indexes.setdefault(name, []).append(index)
        return indexes

    def find_policy(self, name: str) -> int | None:
        """The index of the policy with a name; None where there is none."""
        found = self._indexes.get(name, [])
        if len(found) > 1:
            raise ProjectError(
                f"has {len(found)} policies with the name {name!r}, and the gateway silently uses one of them",
                where=POLICIES,
                remedy="Remove all but one.",
            )
        return found[0] if found else None

    def policies_before(self, operation: Operation) -> list[Object]:
        """The policies before an operation in their order, with those of composite ones in their place.

        One that is not there has its name alone.
        """
        return self.open_up(*operation.inbound)

    def open_up(self, *names: str) -> list[Object]:
        """These policies, with those of composite ones in their place."""
        return list(self._open_up(names, ()))

    def _open_up(self, names: t.Sequence[str], within: tuple[str, ...]) -> t.Iterator[Object]:
        for name in names:
            index = self.find_policy(name)
            policy = {"name": name} if index is None else self.policies[index]
            if name in within:
                continue
            if value_at(policy, "handler", "export") == COMPOSITE:
                members = value_at(policy, "handler", "options", "policies")
                yield from self._open_up(members if _is_names(members) else [], (*within, name))
            else:
                yield policy

    def auth0_policies(self, operation: Operation) -> list[Object]:
        """The Auth0 policies before an operation."""
        return [one for one in self.policies_before(operation) if value_at(one, "handler", "export") == POLICY]

    def is_behind(self, operation: Operation, policy_name: str) -> bool:
        """Whether a policy is before an operation, by itself or as a member of a composite one."""
        return any(policy.get("name") == policy_name for policy in self.policies_before(operation))

    @functools.cached_property
    def operations(self) -> list[Operation]:
        """Those of all routes files."""
        return [
            Operation(file, route, key, value)
            for file in sorted(self.files)
            if file.endswith(".oas.json")
            for route, methods in self.paths(file).items()
            if isinstance(methods, dict)
            for key, value in methods.items()
            if split_methods(key) and isinstance(value, dict)
        ]

    def paths(self, file: str) -> Object:
        """The `paths` of a routes file; empty where there is no such file."""
        return dict(self.documents[file].value.get("paths", {})) if file in self.files else {}

    @functools.cached_property
    def _by_route(self) -> dict[str, list[Operation]]:
        found: dict[str, list[Operation]] = {}
        for one in self.operations:
            found.setdefault(one.route, []).append(one)
        return found

    def operations_at(self, route: str) -> list[Operation]:
        """Raises ProjectError where a method is declared twice, which the gateway does not build."""
        found = self._by_route.get(route, [])
        for method, several in _group_by_method(found).items():
            if several[1:]:
                raise ProjectError(
                    f"declares {method} {route} more than once",
                    where=" and ".join(dict.fromkeys(one.file for one in several)),
                    remedy="Remove all but one.",
                )
        return found

    @functools.cached_property
    def _by_id(self) -> dict[str, dict[str, Operation]]:
        """The operations with an operationId, by file and id."""
        found: dict[str, dict[str, Operation]] = {}
        for one in self.operations:
            if one.id is not None:
                found.setdefault(one.file, {})[one.id] = one
        return found

    def find_tool(self, tool: Object) -> Operation:
        """The operation that a tool `{file, id}` names. Without it, the gateway starts but answers no MCP request."""
        file = posixpath.normpath(str(tool.get("file")))
        ids = self._by_id.get(file, {})
        if tool.get("id") not in ids:
            names = sorted(ids)
            raise ProjectError(
                f"has no operation {tool.get('id')!r}, which is named as a tool",
                where=file,
                remedy=f"Name one of its operations: {', '.join(names[:_SHOWN])}{', ...' if names[_SHOWN:] else ''}."
                if ids
                else "It has no operation with an operationId: name another file.",
            )
        return ids[str(tool["id"])]

    def tools_at(self, route: str) -> list[Operation]:
        """The tools of the MCP servers at a route. Raises ProjectError for one that answers no request."""
        operations = self.operations_at(route)
        for one in operations:
            if one.server is not None and one.methods[1:]:
                raise ProjectError(
                    f"has the MCP server {one.name}. {HANDLER} answers every request with an error unless POST is the "
                    "only method of its operation",
                    where=one.file,
                    remedy=f'Write "post" instead of "{one.key}", and the other methods apart from it.',
                )
        return [self.find_tool(tool) for one in operations for tool in one.tools or ()]


def parse_project(files: Files) -> Project:
    """Raises ProjectError for JSON files that the gateway does not accept."""
    documents = {path: Document(files[path]) for path in sorted(files) if path.endswith(".json")}
    for path, document in documents.items():
        _check_json(path, document)
    return Project(files, documents)


def _check_json(path: str, document: Document) -> None:
    if document.text.startswith("\ufeff"):
        raise ProjectError(
            "begins with a byte order mark, which the gateway does not accept", where=path, remedy="Remove it."
        )
    try:
        root = document.value
    except JsonTextError as error:
        raise ProjectError(
            f"is not strict JSON: {error}",
            where=path,
            remedy="Correct it. The gateway accepts no comments and no trailing commas.",
        ) from None
    if not isinstance(root, dict):
        raise ProjectError(
            "holds no JSON object", where=path, remedy="Write an object, as in a new Zuplo project, or delete the file."
        )
    if not isinstance(root.get("paths", {}), dict):
        raise ProjectError('has "paths" that are not an object', where=path, remedy="Correct the file.")


def split_methods(key: str) -> list[str]:
    """The methods of a key of a path, in capitals; empty where the gateway takes the key for something else."""
    methods = [method.strip().lower() for method in key.split(",")]
    return [method.upper() for method in methods] if _METHODS.issuperset(methods) else []


def _group_by_method(operations: t.Iterable[Operation]) -> dict[str, list[Operation]]:
    found: dict[str, list[Operation]] = {}
    for one in operations:
        for method in one.methods:
            found.setdefault(method, []).append(one)
    return found


def _is_names(value: t.Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def _is_tool(tool: t.Any) -> bool:
    return all(isinstance(value_at(tool, key), str) for key in ("file", "id"))


def _is_source(source: t.Any) -> bool:
    return isinstance(value_at(source, "path"), str) and _is_names(value_at(source, "operationIds"))
