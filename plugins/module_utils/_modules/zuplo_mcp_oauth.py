# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""zuplo_mcp_oauth: manage the OAuth configuration of an MCP server in a Zuplo project."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from ansible.module_utils.basic import env_fallback

from .._module import Diff, Module, Result, Task
from .._options import STATE
from .._types import Object
from .._urls import Strings, derive
from .._zuplo.choice import Wanted
from .._zuplo.configuration import Environment, check_options, configuration
from .._zuplo.edit import Plan, absent, present
from .._zuplo.files import Snapshot
from .._zuplo.lock import lock
from .._zuplo.project import FILES, HELPER
from .._zuplo.runtime import takes_scopes
from .._zuplo.tool_list import by_hand
from .._zuplo.tool_scopes import report

# What the project has, where they are not set.
NAMES = ("resource_name", "policy_name")
TAKES = "takes_scopes_supported"


def perform(task: Task) -> Result:
    options = task.options
    check_options(task.fields(("policy_name", "project_dir")) if task.absent else options)
    if "project_dir" in options:
        with lock(options["project_dir"]) as locked:
            return edit_project(task, locked=locked)
    config = configuration(
        strings_of(options),
        environment=environment_of(options),
        scopes_supported=options["scopes_supported"] if options.get(TAKES) else (),
        **task.fields(NAMES),
    )
    config = by_hand(
        config,
        options.get("operations") or (),
        urlsplit(config["audience"]).path or "/",
        list_callable_tools=options.get("list_callable_tools") or False,
    )
    return Result({"config": config}, warnings=warn_of_origin(config["audience"]))


def edit_project(task: Task, *, locked: bool) -> Result:
    options = task.options
    snapshot = Snapshot.read(options["project_dir"], FILES, links_outside=options["allow_links_outside"])
    swept = snapshot.sweep() if locked and not task.check_mode else []
    if task.absent:
        return apply(task, snapshot, absent(snapshot.texts, options.get("policy_name")), swept)
    wanted = Wanted(
        strings_of(options),
        environment_of(options),
        **task.fields(NAMES),
        operations=options.get("operations"),
        attach=options["attach_to_tools"],
        move=options["move_route"],
        cors_policy=options.get("cors_policy"),
        scopes_supported=options["scopes_supported"] if _takes_scopes(options) else (),
        list_callable_tools=options.get("list_callable_tools"),
    )
    return apply(task, snapshot, present(snapshot.texts, wanted), [*warn_of_origin(wanted.strings.audience), *swept])


def _takes_scopes(options: Object) -> bool:
    return options[TAKES] if TAKES in options else takes_scopes(options["project_dir"])


def strings_of(options: Object) -> Strings:
    return derive(options["issuer_domain"], options["mcp_server_url"])


def environment_of(options: Object) -> Environment:
    return Environment(options.get("issuer_domain_env"), options.get("mcp_host_env"))


def apply(task: Task, snapshot: Snapshot, plan: Plan, warnings: Sequence[str]) -> Result:
    # What is added is in the ledger before it is in the project, so that a run that is killed in between leaves nothing
    # that `absent` would take for the user's.
    edits = snapshot.compare(plan.files, **{"last" if task.absent else "first": HELPER})
    foreseen = snapshot.check_writable(edits)
    written = [] if task.check_mode else snapshot.apply(edits)
    return Result(
        {
            **({"config": plan.config} if plan.config else {}),
            "files": [edit.path for edit in edits],
            "open_routes": plan.open_routes,
            "tool_scopes": report(plan.scopes),
            "tool_scopes_before": report(plan.scopes_before),
        },
        changed=bool(edits),
        diff=[Diff(edit.path, edit.before or "", edit.after or "") for edit in edits],
        warnings=[*warnings, *warn_of_open_routes(plan.open_routes), *plan.warnings, *foreseen, *written],
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
        f"Anyone can call these tools directly, without a token: {', '.join(routes)}. Set attach_to_tools to true, or "
        "give their routes a policy."
    ]


MODULE = Module(
    {
        **STATE,
        "issuer_domain": {"type": "str", "fallback": (env_fallback, ["AUTH0_DOMAIN"])},
        "mcp_server_url": {"type": "str"},
        "resource_name": {"type": "str"},
        "policy_name": {"type": "str"},
        "project_dir": {"type": "path"},
        "operations": {
            "type": "list",
            "elements": "dict",
            "options": {
                "id": {"type": "str", "required": True},
                "file": {"type": "str", "default": "config/routes.oas.json"},
                "scope": {"type": "str"},
            },
        },
        "attach_to_tools": {"type": "bool", "default": False},
        "list_callable_tools": {"type": "bool"},
        "move_route": {"type": "bool", "default": True},
        "cors_policy": {"type": "str"},
        "scopes_supported": {"type": "list", "elements": "str", "default": []},
        TAKES: {"type": "bool"},
        "allow_links_outside": {"type": "bool", "default": False},
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
