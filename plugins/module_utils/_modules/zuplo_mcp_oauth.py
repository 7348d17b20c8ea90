# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""zuplo_mcp_oauth: manage the OAuth configuration of an MCP server in a Zuplo project."""

from __future__ import annotations

from collections.abc import Sequence

from ansible.module_utils.basic import env_fallback

from .._module import Diff, Module, Result, Task
from .._options import STATE
from .._types import Object
from .._urls import derive
from .._zuplo.configuration import Environment, check_options, configuration
from .._zuplo.edit import Plan, Wanted, absent, present
from .._zuplo.files import Snapshot
from .._zuplo.project import FILES


def perform(task: Task) -> Result:
    options = task.options
    if task.absent:
        check_options(task.fields(("policy_name", "project_dir")))
        snapshot = Snapshot.read(options["project_dir"], FILES)
        return apply(task, snapshot, absent(snapshot.texts, options["policy_name"]), {})
    check_options(options)
    strings = derive(options["issuer_domain"], options["mcp_server_url"])
    environment = Environment(options.get("issuer_domain_env"), options.get("mcp_host_env"))
    names = task.fields(("resource_name", "policy_name"))
    config = configuration(strings, environment=environment, **names)
    warnings = warn_of_origin(strings.audience)
    if "project_dir" not in options:
        return Result({"config": config}, warnings=warnings)
    snapshot = Snapshot.read(options["project_dir"], FILES)
    wanted = Wanted(config, environment, options.get("operations"), options["attach_to_tools"])
    return apply(task, snapshot, present(snapshot.texts, wanted), {"config": config}, warnings)


def apply(task: Task, snapshot: Snapshot, plan: Plan, values: Object, warnings: Sequence[str] = ()) -> Result:
    edits = snapshot.compare(plan.files)
    snapshot.check_writable(edits)
    left_over = [] if task.check_mode else snapshot.apply(edits)
    return Result(
        {**values, "files": [edit.path for edit in edits], "open_routes": plan.open_routes},
        changed=bool(edits),
        diff=[Diff(edit.path, edit.before or "", edit.after or "") for edit in edits],
        warnings=[*warnings, *warn_of_open_routes(plan.open_routes), *plan.warnings, *left_over],
    )


def warn_of_origin(mcp_server_url: str) -> list[str]:
    if mcp_server_url.count("/") > 2:
        return []
    return [
        f"mcp_server_url {mcp_server_url} has no path. Some MCP clients add a slash to such a URL and then fail. Give "
        f"the MCP server a path, such as {mcp_server_url}/mcp."
    ]


def warn_of_open_routes(routes: Sequence[str]) -> list[str]:
    if not routes:
        return []
    return [
        "Unless another policy guards their routes, anyone can call these tools directly, without a token: "
        f"{', '.join(routes)}. Set attach_to_tools to true, or give their routes a policy."
    ]


MODULE = Module(
    {
        **STATE,
        "issuer_domain": {"type": "str", "fallback": (env_fallback, ["AUTH0_DOMAIN"])},
        "mcp_server_url": {"type": "str"},
        "resource_name": {"type": "str", "default": "MCP server"},
        "policy_name": {"type": "str", "default": "mcp-oauth-inbound"},
        "project_dir": {"type": "path"},
        "operations": {
            "type": "list",
            "elements": "dict",
            "options": {
                "id": {"type": "str", "required": True},
                "file": {"type": "str", "default": "config/routes.oas.json"},
            },
        },
        "attach_to_tools": {"type": "bool", "default": False},
        "issuer_domain_env": {"type": "str"},
        "mcp_host_env": {"type": "str"},
    },
    perform,
    rules={
        "required_if": [
            ("state", "present", ("issuer_domain", "mcp_server_url")),
            ("state", "absent", ("project_dir",)),
        ]
    },
)
