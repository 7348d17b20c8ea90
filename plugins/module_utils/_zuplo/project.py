# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The files of a Zuplo project: what is there, and the edits that bring the gateway's configuration in and out. Pure.

A project is its files: path within the project -> text. Source of the rules: the gateway and the linter of the `zuplo`
package, version 7.4.5.
"""

from __future__ import annotations

import json
import posixpath
import re
import typing as t
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from .._errors import ProjectError
from .._types import Object
from . import json_text, typescript
from .configuration import LIBRARY, LITERAL, PLUGIN, POLICY, Environment, runtime_module

POLICIES = "config/policies.json"
ROUTES = "config/mcp.oas.json"
RUNTIME = "modules/zuplo.runtime.ts"
HELPER = "modules/mcp-oauth.ts"
FILES = (POLICIES, "config/*.oas.json", RUNTIME, HELPER)
"""All that is ever read or written, as patterns."""

Files = dict[str, str]

_HANDLER = "mcpServerHandler"
_REGISTER = "registerMcpOAuth"
_TOOL = ("file", "id")
_METHODS = ("get", "post", "put", "patch", "delete", "head", "trace")
# Members that a file may lack.
_LIST = f"{POLICIES}#/policies"
_PATHS = f"{ROUTES}#/paths"
# The first lines of the helper module. Its second line says what has to go again with `state: absent`.
_MARK = "// Written by mcp_ops.oauth.zuplo_mcp_oauth. Changes are lost; state=absent takes it away.\n"
_LEDGER = re.compile(r"// added: (\{.*\})\n")
_NEW_RUNTIME = f"""\
import {{ RuntimeExtensions }} from "@zuplo/runtime";
import {{ {_REGISTER} }} from "./mcp-oauth";

export function runtimeInit(runtime: RuntimeExtensions) {{
  {_REGISTER}(runtime);
}}
"""


@dataclass(frozen=True)
class Wanted:
    """What a project should hold.

    `config` is what `configuration` returns. `operations`, each `{file, id}`, are the tools of a route that is made
    here; None where the route is there already. `attach` also puts the policy before the routes of the tools.
    """

    config: Object
    environment: Environment = LITERAL
    operations: t.Sequence[Object] | None = None
    attach: bool = False

    @property
    def policy_name(self) -> str:
        return str(self.config["policy"]["name"])

    @property
    def route(self) -> str:
        return urlsplit(self.config["audience"]).path or "/"


@dataclass(frozen=True)
class Operation:
    """One operation of a routes file; `inbound` are the names of its policies before the handler."""

    file: str
    route: str
    method: str
    value: Object

    @property
    def path(self) -> json_text.Path:
        return ("paths", self.route, self.method)

    @property
    def inbound(self) -> list[str]:
        route = self.value.get("x-zuplo-route")
        policies = route.get("policies", {}) if isinstance(route, dict) else {}
        inbound = policies.get("inbound", []) if isinstance(policies, dict) else None
        if not isinstance(inbound, list) or not all(isinstance(name, str) for name in inbound):
            raise ProjectError(f"{self.title}: policies.inbound must be a list of names.")
        return list(inbound)

    @property
    def tools(self) -> list[Object] | None:
        """The operations that it exposes as tools; None where it is no MCP server."""
        handler = _dig(self.value, "x-zuplo-route", "handler")
        if _dig(handler, "export") != _HANDLER:
            return None
        tools = _dig(handler, "options", "operations") or []
        if not isinstance(tools, list) or not all(isinstance(_dig(tool, key), str) for tool in tools for key in _TOOL):
            raise ProjectError(f"{self.title}: operations must be a list of objects with file and id.")
        return list(tools)

    @property
    def title(self) -> str:
        return f"{self.method.upper()} {self.route} ({self.file})"


@dataclass(frozen=True)
class Planned:
    """The project as it will be, and the tools' routes that anyone can still call without a token."""

    files: Files
    open_routes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def present(files: Files, wanted: Wanted) -> Planned:
    """The project with what is wanted."""
    project = _Project(dict(files), wanted.policy_name)
    warnings = project.add_policy(wanted.config["policy"])
    project.add_route(wanted)
    open_routes = project.protect_tools(wanted)
    project.refuse_conflicts(wanted)
    warnings += project.stale_routes(wanted) + project.add_plugin(wanted)
    return Planned(project.files, open_routes, warnings)


def absent(files: Files, policy_name: str) -> Planned:
    """The project without what `present` has added for this policy."""
    project = _Project(dict(files), policy_name)
    project.detach()
    project.remove_policy()
    project.remove_plugin()
    return Planned(project.files)


@dataclass(frozen=True)
class Installed:
    """What a project does about an MCP route.

    `route` are the titles of its operations, `unguarded` of those that no Auth0 policy guards; `others` are the names
    of the policies that such a one has instead. `policies` are the Auth0 policies before the route. `plugin` tells
    whether the plugin is registered, None where that may be in a module that nobody reads here; `issuer` is the first
    authorization server that it names, as it stands in the source. `tools` are the titles of the operations that the
    route exposes, with the Auth0 policies before each; `open_tools` those without one, with the names of others.
    """

    route: list[str]
    unguarded: list[str]
    others: list[str]
    policies: list[Object]
    plugin: bool | None
    issuer: str | None
    tools: dict[str, list[Object]]
    open_tools: dict[str, list[str]]


def installed(files: Files, mcp_server_url: str) -> Installed:
    """Raises ProjectError for files that no gateway takes."""
    return _View(dict(files)).installed(urlsplit(mcp_server_url).path or "/")


class _View:
    """Files of a project, read."""

    def __init__(self, files: Files) -> None:
        self.files = files
        for path in sorted(files):
            if path.endswith(".json"):
                self._check(path)

    def installed(self, route: str) -> Installed:
        operations = self._at(route)
        unguarded = [one for one in operations if not self._auth0(one)]
        policies = {str(policy["name"]): policy for one in operations for policy in self._auth0(one)}
        tools = [self._tool(tool) for one in operations for tool in one.tools or ()]
        plugin, issuer = self._plugin()
        return Installed(
            route=[one.title for one in operations],
            unguarded=[one.title for one in unguarded],
            others=list(dict.fromkeys(name for one in unguarded for name in one.inbound)),
            policies=list(policies.values()),
            plugin=plugin,
            issuer=issuer,
            tools={tool.title: self._auth0(tool) for tool in tools},
            open_tools={tool.title: tool.inbound for tool in tools if not self._auth0(tool)},
        )

    def _auth0(self, operation: Operation) -> list[Object]:
        """The Auth0 policies before an operation."""
        return [policy for name in operation.inbound if _is_auth0(policy := self._named(name))]

    def _named(self, name: str) -> Object:
        """The policy of a name; empty where there is none."""
        index = self._index(name)
        return {} if index is None else self._policies()[index]

    def _index(self, name: str) -> int | None:
        policies = self._policies() if POLICIES in self.files else []
        found = [index for index, one in enumerate(policies) if one.get("name") == name]
        if len(found) > 1:
            raise ProjectError(
                f"{POLICIES} has {len(found)} policies of the name {name!r}, and the gateway takes one of them without "
                "a word. Remove all but one."
            )
        return found[0] if found else None

    def _plugin(self) -> tuple[bool | None, str | None]:
        runtime, helper = self.files.get(RUNTIME, ""), self.files.get(HELPER, "")
        try:
            for source in (runtime, helper if typescript.calls(runtime, _REGISTER) else ""):
                if typescript.calls(source, PLUGIN):
                    return True, typescript.first_text(source, "authorizationServers")
            return (None if typescript.imports_modules(runtime) else False), None
        except ValueError:
            return None, None

    def _policies(self) -> list[Object]:
        policies = json_text.load(self.files[POLICIES]).get("policies", [])
        if not isinstance(policies, list) or not all(isinstance(policy, dict) for policy in policies):
            raise ProjectError(f'"policies" in {POLICIES} must be a list of objects.')
        return policies

    @property
    def operations(self) -> list[Operation]:
        """Those of all routes files."""
        return [
            Operation(file, route, method, value)
            for file in sorted(self.files)
            if file.endswith(".oas.json")
            for route, methods in json_text.load(self.files[file]).get("paths", {}).items()
            if isinstance(methods, dict)
            for method, value in methods.items()
            if method in _METHODS and isinstance(value, dict)
        ]

    def _at(self, route: str) -> list[Operation]:
        found = [one for one in self.operations if one.route == route]
        if len(files := sorted({one.file for one in found})) > 1:
            raise ProjectError(f"{' and '.join(files)} both have the path {route}. Remove it from one of them.")
        return found

    def _tool(self, tool: Object) -> Operation:
        """The operation that a tool is. The gateway starts without it, and then answers no MCP request."""
        file = posixpath.normpath(str(tool.get("file")))
        ids = {str(one.value["operationId"]): one for one in self.operations if _has_id(one) and one.file == file}
        if tool.get("id") not in ids:
            known = ", ".join(sorted(ids)) or "none"
            raise ProjectError(
                f"{file} has no operation {tool.get('id')!r}, which is named as a tool. It has: {known}."
            )
        return ids[str(tool["id"])]

    def _check(self, path: str) -> None:
        if self.files[path].startswith("\ufeff"):
            raise ProjectError(f"{path} begins with a byte order mark, which the gateway does not take. Remove it.")
        try:
            root = json_text.parse(self.files[path]).value
        except ValueError as error:
            raise ProjectError(
                f"{path} is not strict JSON, and the gateway takes nothing else (no comments, no trailing commas): "
                f"{error}."
            ) from None
        if not isinstance(root, dict):
            raise ProjectError(f"{path} holds no JSON object, so it is no file of a Zuplo project.")
        if not isinstance(root.get("paths", {}), dict):
            raise ProjectError(f'"paths" in {path} must be an object.')


class _Project(_View):
    """Files that change step by step; `_added` are the members and files that were not there before us, by policy."""

    def __init__(self, files: Files, policy_name: str) -> None:
        self._policy_name = policy_name
        super().__init__(files)
        self._ledger = self._read_ledger()
        self._added = set(self._ledger.get(policy_name, ()))

    def _read_ledger(self) -> dict[str, list[str]]:
        if HELPER not in self.files:
            return {}
        helper = _plain(self.files[HELPER])
        found = _LEDGER.match(helper, len(_MARK)) if helper.startswith(_MARK) else None
        if not found:
            raise ProjectError(f"{HELPER} is not a file that this module has written. Rename it, then run again.")
        try:
            ledger = json.loads(found.group(1))
        except ValueError:
            ledger = None
        lists = ledger.values() if isinstance(ledger, dict) else [None]
        if not all(isinstance(one, list) and all(isinstance(added, str) for added in one) for one in lists):
            raise ProjectError(
                f"{HELPER}, line 2: what this module has noted there was edited. Take that line back from version "
                "control."
            )
        return dict(ledger)

    # -- the policy -----------------------------------------------------------------------------------------------

    def add_policy(self, policy: Object) -> list[str]:
        """Warnings."""
        if POLICIES not in self.files:
            self._create(POLICIES, '{\n  "policies": []\n}\n')
        if "policies" not in json_text.load(self.files[POLICIES]):
            self._edit(POLICIES, json_text.insert, ("policies",), [])
            self._added.add(_LIST)
        index = self._index(self._policy_name)
        if index is None:
            self._edit(POLICIES, json_text.insert, ("policies", len(self._policies())), policy)
            self._added.add(self._address_of_policy)
            return []
        self._refuse_foreign(index)
        self._edit(POLICIES, json_text.merge, ("policies", index), policy)
        if not _dig(self._policies()[index], "handler", "options", "allowUnauthenticatedRequests"):
            return []
        return [
            f"The policy {self._policy_name} in {POLICIES} has allowUnauthenticatedRequests, so it lets callers "
            "without a token in, and MCP clients are never asked to log in."
        ]

    def remove_policy(self) -> None:
        index = self._index(self._policy_name)
        if index is None or self._address_of_policy not in self._added:
            return
        self._refuse_foreign(index)
        self._edit(POLICIES, json_text.remove, ("policies", index))
        if _LIST in self._added and not self._policies():
            self._edit(POLICIES, json_text.remove, ("policies",))
        if POLICIES in self._added and json_text.load(self.files[POLICIES]) == {"policies": []}:
            del self.files[POLICIES]

    @property
    def _address_of_policy(self) -> str:
        return _address(POLICIES, ("policies", self._policy_name))

    def _refuse_foreign(self, index: int) -> None:
        export = _dig(self._policies()[index], "handler", "export")
        if export != POLICY:
            raise ProjectError(
                f"{POLICIES} has a policy {self._policy_name!r} with the handler {export!r}. Choose another "
                "policy_name."
            )

    # -- the routes -----------------------------------------------------------------------------------------------

    def add_route(self, wanted: Wanted) -> None:
        operations = self._at(wanted.route)
        ours = _address(ROUTES, ("paths", wanted.route))
        tools = None if wanted.operations is None else self._tools(wanted.operations)
        if not operations:
            if not tools:
                known = ", ".join(sorted({one.route for one in self.operations})) or "none"
                raise ProjectError(
                    f"No route of the project has the path {wanted.route} of mcp_server_url; its paths: {known}. Name "
                    "the operations that are the server's tools in operations, and the route is made."
                )
            if wanted.route in self._paths():
                raise ProjectError(
                    f"{ROUTES} has the path {wanted.route} already, without an operation of the gateway. Remove it, "
                    "and the route is made."
                )
            self._make_route(wanted, tools)
            self._added.add(ours)
            return
        if not any(one.method == "post" for one in operations):
            raise ProjectError(
                f"{operations[0].title} is there already, without the POST operation that MCP clients need. Give it "
                "one, or the MCP server another path."
            )
        servers = [one for one in operations if one.tools is not None] or operations
        for server in servers if tools is not None else ():
            if server.tools == tools:
                continue
            if ours not in self._added:
                raise ProjectError(
                    f"{server.title} is there already, and its tools differ from operations. Leave operations "
                    "out, or change that route by hand: this module changes only the tools of a route that it has made."
                )
            options = (*server.path, "x-zuplo-route", "handler", "options")
            self._edit(ROUTES, json_text.merge, (*options, "operations"), tools)
        for operation in operations:
            self._attach(operation)

    def stale_routes(self, wanted: Wanted) -> list[str]:
        """Warnings: routes that an earlier run has made for the same policy, whose audience now is another URL."""
        stale = [
            one
            for one in self._paths()
            if one != wanted.route and _address(ROUTES, ("paths", one)) in self._added and self._guarded(one)
        ]
        return [
            f"The route {route} in {ROUTES} has the same policy {self._policy_name}, whose audience is "
            f"{wanted.config['audience']} now, so the clients of {route} are refused. Give each MCP server a "
            "policy_name of its own; if this one has moved, take the old route out of that file."
            for route in stale
        ]

    def _guarded(self, route: str) -> bool:
        return any(self._policy_name in one.inbound for one in self._at(route))

    def refuse_conflicts(self, wanted: Wanted) -> None:
        """No token passes two policies that want different ones."""
        route = self._at(wanted.route)
        tools = [self._tool(tool) for operation in route for tool in operation.tools or ()]
        for operation in (*route, *tools):
            policies = self._auth0(operation) if self._policy_name in operation.inbound else []
            given = {_policy_key(policy): policy["name"] for policy in policies}
            if len(given) > 1:
                raise ProjectError(
                    f"{operation.title} would have the policies {' and '.join(given.values())}, which want tokens of "
                    "different audiences or tenants, so no token passes both. Take one of them away there; for a tool, "
                    "leave attach_to_tools off."
                )

    def protect_tools(self, wanted: Wanted) -> list[str]:
        """Attach the policy to the tools' routes, or return those that lack it."""
        lacking = []
        for tool in (tool for operation in self._at(wanted.route) for tool in operation.tools or ()):
            found = self._tool(tool)
            if self._policy_name in found.inbound:
                continue
            if wanted.attach:
                self._attach(found)
            elif found.title not in lacking:
                lacking.append(found.title)
        return lacking

    def detach(self) -> None:
        for route, item in self._paths().items():
            ours = _address(ROUTES, ("paths", route))
            if ours not in self._added:
                continue
            others = [name for one in self._at(route) for name in one.inbound if name in self._ledger]
            heirs = sorted({*others} - {self._policy_name})
            if heirs:
                self._ledger[heirs[0]] = sorted({*self._ledger[heirs[0]], ours})
            elif set(item) == {"post"}:
                self._edit(ROUTES, json_text.remove, ("paths", route))
            elif "post" in item:
                self._edit(ROUTES, json_text.remove, ("paths", route, "post"))
        for operation in self.operations:
            noted = self._address_of_policy in self._added or self._attachment(operation) in self._added
            if noted and self._policy_name in operation.inbound:
                self._detach(operation)
        if ROUTES in self._added and ROUTES in self.files and not self._paths():
            document = json_text.load(self.files[ROUTES])
            if set(document) == {"openapi", "info", "paths"}:
                del self.files[ROUTES]
        if _PATHS in self._added and self._paths() == {}:
            self._edit(ROUTES, json_text.remove, ("paths",))

    def _paths(self) -> Object:
        """The paths of our own routes file."""
        return dict(json_text.load(self.files[ROUTES]).get("paths", {})) if ROUTES in self.files else {}

    def _attachment(self, operation: Operation) -> str:
        return _address(operation.file, (*operation.path, self._policy_name))

    def _tools(self, wanted: t.Sequence[Object]) -> list[Object]:
        tools = [{"file": "./" + posixpath.normpath(one["file"]), "id": one["id"]} for one in wanted]
        for tool in tools:
            self._tool(tool)
        return tools

    def _make_route(self, wanted: Wanted, tools: list[Object]) -> None:
        name = wanted.config["plugin_options"]["resourceName"]
        if ROUTES not in self.files:
            document = {"openapi": "3.1.0", "info": {"title": name, "version": "1.0.0"}, "paths": {}}
            self._create(ROUTES, json.dumps(document, indent=2, ensure_ascii=False) + "\n")
        taken = {str(one.value["operationId"]) for one in self.operations if _has_id(one)}
        base = wanted.policy_name.replace("-inbound", "") or "mcp"
        free = next(one for one in (base, *(f"{base}-{n}" for n in range(2, len(taken) + 3))) if one not in taken)
        route = {
            "post": {
                "summary": name,
                "description": "The MCP server, for clients with an access token of the authorization server.",
                "operationId": free,
                "tags": ["MCP"],
                "x-zuplo-route": {
                    "label": name,
                    "corsPolicy": "none",
                    "handler": {
                        "export": _HANDLER,
                        "module": LIBRARY,
                        "options": {"name": name, "version": "1.0.0", "operations": tools},
                    },
                    "policies": {"inbound": [wanted.policy_name]},
                },
                "responses": {"200": {"description": "The answer to a JSON-RPC message"}},
            }
        }
        if "paths" not in json_text.load(self.files[ROUTES]):
            self._edit(ROUTES, json_text.insert, ("paths",), {})
            self._added.add(_PATHS)
        self._edit(ROUTES, json_text.insert, ("paths", wanted.route), route)

    def _attach(self, operation: Operation) -> None:
        """Before all other policies: nothing is done for a caller without a token."""
        if self._policy_name in operation.inbound:
            return
        if self._address_of_policy not in self._added:
            # It was there before us, so it stays when we go, and only what we have attached is detached again.
            self._added.add(self._attachment(operation))
        value: t.Any = [self._policy_name]
        path: json_text.Path = (*operation.path, "x-zuplo-route", "policies", "inbound")
        if _dig(operation.value, "x-zuplo-route") is None:
            raise ProjectError(f"{operation.title} has no x-zuplo-route, so it is no route of the gateway.")
        if _dig(operation.value, *path[3:]) is not None:
            self._edit(operation.file, json_text.insert, (*path, 0), value[0], first=True)
            return
        if _dig(operation.value, *path[3:5]) is None:
            path, value = path[:-1], {"inbound": value}
        self._edit(operation.file, json_text.merge, path, value)
        self._added.add(_address(operation.file, path))

    def _detach(self, operation: Operation) -> None:
        path: json_text.Path = (*operation.path, "x-zuplo-route", "policies", "inbound")
        self._edit(operation.file, json_text.remove, (*path, operation.inbound.index(self._policy_name)))
        for whole, empty in ((path, []), (path[:-1], {"inbound": []})):
            node = json_text.find(self.files[operation.file], whole)
            if _address(operation.file, whole) in self._added and node and node.value == empty:
                self._edit(operation.file, json_text.remove, whole)

    # -- the plugin -----------------------------------------------------------------------------------------------

    def add_plugin(self, wanted: Wanted) -> list[str]:
        """Warnings."""
        if RUNTIME not in self.files:
            self._create(RUNTIME, _NEW_RUNTIME)
        source = self.files[RUNTIME]
        with _explained(RUNTIME):
            if typescript.mentions(source, PLUGIN):
                raise ValueError(f"it registers an {PLUGIN} itself. Remove that, and its import")
            self.files[RUNTIME] = typescript.add_call(source, "runtimeInit", _REGISTER, "./mcp-oauth")
        self._ledger[self._policy_name] = sorted(self._added)
        before = self._helper
        after = runtime_module(_REGISTER, wanted.config["plugin_options"], wanted.environment)
        self._write_helper(after)
        others = sorted(self._ledger.keys() - {self._policy_name})
        if not others or before == after:
            return []
        return [
            f"The gateway has one plugin for all MCP servers, so its new options hold for {', '.join(others)} as well. "
            "Give all of them the same resource_name, issuer_domain and issuer_domain_env, or each run changes them."
        ]

    def remove_plugin(self) -> None:
        self._ledger.pop(self._policy_name, None)
        if self._ledger:
            # Another MCP server of the project still needs the plugin, and inherits the files made for both.
            heir = min(self._ledger)
            parents = (_LIST, _PATHS, "/x-zuplo-route/policies", "/x-zuplo-route/policies/inbound")
            shared = {one for one in self._added if one in self.files or one.endswith(parents)}
            self._ledger[heir] = sorted({*self._ledger[heir], *shared})
            self._write_helper(self._helper)
            return
        self.files.pop(HELPER, None)
        source = self.files.get(RUNTIME)
        if source is None:
            return
        if _plain(source) == _NEW_RUNTIME and RUNTIME in self._added:
            del self.files[RUNTIME]
            return
        with _explained(RUNTIME):
            self.files[RUNTIME] = typescript.remove_call(source, _REGISTER)

    @property
    def _helper(self) -> str:
        """The code of the helper module."""
        return _plain(self.files.get(HELPER, "")).partition("\n\n")[2]

    def _write_helper(self, source: str) -> None:
        ledger = json.dumps(dict(sorted(self._ledger.items())), ensure_ascii=False)
        text = f"{_MARK}// added: {ledger}\n\n{source}"
        if _plain(self.files.get(HELPER, "")) != text:
            self.files[HELPER] = text

    # -- files ----------------------------------------------------------------------------------------------------

    def _create(self, path: str, text: str) -> None:
        self.files[path] = text
        self._added.add(path)

    def _edit(self, path: str, edit: t.Callable[..., str], *args: t.Any, **options: t.Any) -> None:
        self.files[path] = edit(self.files[path], *args, **options)


@contextmanager
def _explained(path: str) -> t.Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise ProjectError(f"{path} cannot be edited safely: {error}. Nothing has been written.") from None


def _address(file: str, path: json_text.Path) -> str:
    """Where a member is, as a URL reference with a JSON pointer."""
    return f"{file}#{json_text.pointer(path)}"


def _plain(text: str) -> str:
    """With the line ends that we write: version control may have changed them."""
    return text.replace("\r\n", "\n")


def _policy_key(policy: Object) -> str:
    options = _dig(policy, "handler", "options")
    return json.dumps([_dig(options, "auth0Domain"), _dig(options, "audience")])


def _is_auth0(policy: Object) -> bool:
    return bool(_dig(policy, "handler", "export") == POLICY)


def _has_id(operation: Operation) -> bool:
    return isinstance(operation.value.get("operationId"), str)


def _dig(value: t.Any, *path: str | int) -> t.Any:
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value
