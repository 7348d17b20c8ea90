# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Projects of any shape that the reader knows: the gateway's own compiler takes them after the edits, as before."""

from __future__ import annotations

import json
import tempfile
import typing as t
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from ansible_collections.mcp_ops.oauth.plugins.module_utils._urls import derive
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.choice import Wanted
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.edit import absent, present
from tests.gateway.gateway import Report, build
from tests.gateway.kinds import LIBRARY, UNUSED, policy
from tests.gateway.project import POLICIES, RUNTIME, create

STRINGS = derive("tenant.eu.auth0.com", "https://mcp.example.com/mcp")
FOLDERS = ("config", "modules")
KEYS = ["get", "GET", "Post", "get,post", "PUT, delete", "patch ,\thead"]
SERVER_KEYS = ["post", "POST", " Post "]
OURS = [
    policy("limit", "RateLimitInboundPolicy", rateLimitBy="ip", requestsAllowed=9, timeWindowMinutes=1),
    policy("inner", "CompositeInboundPolicy", policies=["limit"]),
    policy("outer", "CompositeInboundPolicy", policies=["inner", "limit"]),
]
RUNTIMES = [
    None,
    UNUSED,
    "export const runtimeInit = (runtime) => {}\n",
    "import type { RuntimeExtensions } from '@zuplo/runtime'\n\n"
    "export default {}\nexport async function runtimeInit(runtime: RuntimeExtensions): Promise<void> { /* } */ }",
    'import { OAuthProtectedResourcePlugin as P } from "@zuplo/runtime";\nexport function runtimeInit(runtime) {\n'
    "\truntime.addPlugin(new P({ authorizationServers: [ 'https://tenant.eu.auth0.com' ] }));\n}\n",
]
POLICY_LISTS: list[dict[str, t.Any] | None] = [
    None,
    {},
    {"inbound": []},
    {"inbound": ["limit"]},
    {"inbound": ["outer", "limit"], "outbound": []},
]


@st.composite
def texts(draw: st.DrawFn, value: t.Any) -> str:
    """A value as JSON, in somebody's hand."""
    space = draw(st.sampled_from(["", " ", "  \t"]))
    separators = (draw(st.sampled_from([",", ", ", " ,"])), f"{space}:{space}")
    text = json.dumps(value, indent=draw(st.sampled_from([None, 0, 1, 3, "\t"])), separators=separators)
    return draw(st.sampled_from(["", "\n", "  "])) + text.replace("\n", draw(st.sampled_from(["\n", "\r\n"])))


@st.composite
def operations(draw: st.DrawFn, identifier: str | None) -> dict[str, t.Any]:
    route: dict[str, t.Any] = {
        "corsPolicy": "none",
        "handler": {"export": "default", "module": "$import(./modules/hello)"},
    }
    policies = draw(st.sampled_from(POLICY_LISTS))
    operation = {"x-zuplo-route": route if policies is None else {**route, "policies": policies}}
    return operation if identifier is None else {"operationId": identifier, **operation}


@st.composite
def projects(draw: st.DrawFn) -> tuple[dict[str, str], Wanted]:
    """The files of a project, and what is wanted of it; it may have the MCP route."""
    documents: dict[str, dict[str, t.Any]] = {}
    tools: list[tuple[str, str]] = []
    for file in draw(st.lists(st.sampled_from(["a", "mcp", "routes"]), min_size=1, unique=True)):
        name = f"config/{file}.oas.json"
        paths: dict[str, t.Any] = {}
        for number in range(draw(st.integers(1, 3))):
            identifier = draw(st.sampled_from([f"op-{number}", None])) if tools else f"op-{number}"
            key = draw(st.sampled_from(KEYS))
            paths[f"/{file}/{number}"] = {"summary": "ours", key: draw(operations(identifier))}
            tools += [(name, identifier)] if identifier else []
        documents[name] = {"openapi": "3.1.0", "info": {"title": file, "version": "1"}, "paths": paths}
    named = draw(st.lists(st.sampled_from(tools), min_size=1, max_size=3, unique=True))
    options: dict[str, t.Any] = {"attach": draw(st.booleans())}
    if draw(st.booleans()):
        by_files: list[dict[str, t.Any]] = [
            {"path": f"./{file}", "operationIds": [identifier]} for file, identifier in named
        ]
        by_operations: list[dict[str, t.Any]] = [{"file": f"./{file}", "id": identifier} for file, identifier in named]
        server = draw(operations("server"))
        exposed = draw(st.sampled_from([("files", by_files), ("operations", by_operations)]))
        about = {"name": "s", "version": "1", **dict([exposed])}
        handler = {"export": "mcpServerHandler", "module": LIBRARY, "options": about}
        server["x-zuplo-route"]["handler"] = handler
        file = draw(st.sampled_from(sorted(documents)))
        documents[file]["paths"]["/mcp"] = {draw(st.sampled_from(SERVER_KEYS)): server}
    else:
        options["operations"] = [{"file": file, "id": identifier} for file, identifier in named]
    documents[POLICIES] = {"policies": draw(st.permutations(OURS))}
    files = {name: draw(texts(document)) for name, document in documents.items()}
    runtime = draw(st.sampled_from(RUNTIMES))
    return files if runtime is None else {**files, RUNTIME: runtime}, Wanted(STRINGS, **options)


def build_files(files: t.Mapping[str, str]) -> Report:
    with tempfile.TemporaryDirectory() as folder:
        project = create(Path(folder) / "project")
        (project / "config" / "routes.oas.json").unlink()
        for name, text in files.items():
            (project / name).write_text(text, encoding="utf-8", newline="")
        return build(project)


@settings(max_examples=15, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(projects())
def test_what_is_built_before_is_built_after(project: tuple[dict[str, str], Wanted]) -> None:
    files, wanted = project
    planned = present(files, wanted)
    assert present(planned.files, wanted).files == planned.files
    # With the tools left out, the route stays as it is.
    assert present(planned.files, replace(wanted, operations=None)).files == planned.files
    assert absent(planned.files).files == files
    built = build_files(planned.files)
    if built.rc:
        assert build_files(files).rc, built.output
        reject()
