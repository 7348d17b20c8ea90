#!/usr/bin/python
# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: zuplo_mcp_oauth
short_description: Manage the OAuth configuration of an MCP server in a Zuplo project
version_added: 0.1.0
author:
  - mcp_ops.oauth contributors (@mcp-ops)
description:
  - Derives from two inputs every string that Auth0, the gateway and MCP clients must agree on, and refuses inputs that
    would make them disagree.
  - With O(project_dir), brings them into the files of a Zuplo project, which is then deployed as ever. Without it, only
    returns what belongs into them. Sends no request.
  - What is not named here keeps every byte; a policy or a route of the same name is extended, not replaced. Files that
    cannot be edited safely are an error, and then nothing is written. The files change all together or not at all.
options:
  auth0_domain:
    description:
      - The host name under which Auth0 issues the tokens, such as V(tenant.eu.auth0.com), or the custom domain at which
        users log in.
      - Read from the environment variable E(AUTH0_DOMAIN) if not set.
      - Required unless O(state=absent).
    type: str
  mcp_server_url:
    description:
      - The public URL of the MCP server, exactly as MCP clients are given it. It is the identifier of the API in Auth0.
      - It uses https, or http on a loopback address, and has no trailing slash, query, fragment or user information.
      - Its path is the path of the MCP route in the Zuplo project, since the gateway takes its name from the request.
      - Required unless O(state=absent).
    type: str
  resource_name:
    description: The name of the MCP server that clients may show to their users.
    type: str
    default: MCP server
  policy_name:
    description: The name of the gateway's policy. It consists of small letters, digits and hyphens.
    type: str
    default: mcp-oauth-inbound
  project_dir:
    description:
      - The directory of the Zuplo project, on the host where the task runs.
      - Upserts the policy in C(config/policies.json); attaches it to the route of the MCP server, in whatever
        C(config/*.oas.json) that is; writes C(modules/mcp-oauth.ts), and calls it in C(modules/zuplo.runtime.ts).
    type: path
  operations:
    description:
      - The operations that are the tools of the MCP server, where it has no route yet. The route is made then, in
        C(config/mcp.oas.json).
      - A route that the module has made gets these operations and no others. With a route made by hand, leave this out.
    type: list
    elements: dict
    suboptions:
      id:
        description: The C(operationId).
        type: str
        required: true
      file:
        description: The routes file with the operation, below O(project_dir).
        type: str
        default: config/routes.oas.json
  attach_to_tools:
    description:
      - Whether the policy is also attached to the routes of the tools. The gateway passes the token on to them. If not,
        what is attached already stays.
      - Without it, anyone can call these routes directly, unless another policy guards them. They are returned in
        RV(open_routes), with a warning.
    type: bool
    default: false
  auth0_domain_env:
    description:
      - The name of an environment variable of the gateway that holds O(auth0_domain), for a project that is deployed
        with several tenants. Written in place of the value.
      - Where the variable is unset, the gateway refuses every token.
    type: str
  mcp_host_env:
    description:
      - The name of an environment variable of the gateway that holds host and port of O(mcp_server_url). Written in
        place of the value, inside the rest of the URL.
      - Where the variable is unset, the gateway refuses every token. This is why it cannot hold the whole audience, as
        the gateway does not check an audience that is unset.
    type: str
  state:
    description:
      - V(absent) takes out of the project what V(present) has put there under the same O(policy_name), and detaches a
        policy that it takes out from every route. A policy that was there before V(present) stays, with the options
        that it has been given.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment: [mcp_ops.oauth._attributes]
notes:
  - Several MCP servers in one project need a policy each, so give each O(policy_name) of its own. They share one
    O(resource_name) and one issuer, as the gateway has one plugin. A tool of several of them can be guarded for one
    only, since no token passes two such policies.
seealso:
  - module: mcp_ops.oauth.mcp_oauth_check
  - name: Zuplo documentation
    description: How the policy and the plugin are put into a project.
    link: https://zuplo.com/docs
"""

EXAMPLES = r"""
- name: The gateway's configuration
  mcp_ops.oauth.zuplo_mcp_oauth:
    auth0_domain: tenant.eu.auth0.com
    mcp_server_url: https://mcp.example.com/mcp
    resource_name: Example MCP server
  register: zuplo

- name: The same, written into a project, with a new route for two tools
  mcp_ops.oauth.zuplo_mcp_oauth:
    auth0_domain: tenant.eu.auth0.com
    mcp_server_url: https://mcp.example.com/mcp
    project_dir: "{{ playbook_dir }}/gateway"
    operations:
      - id: list-orders
      - id: get-order
    attach_to_tools: true

- name: A project that is deployed with several tenants
  mcp_ops.oauth.zuplo_mcp_oauth:
    auth0_domain: tenant.eu.auth0.com
    mcp_server_url: https://mcp.example.com/mcp
    project_dir: "{{ playbook_dir }}/gateway"
    auth0_domain_env: AUTH0_DOMAIN
    mcp_host_env: MCP_HOST

- name: Taken out again
  mcp_ops.oauth.zuplo_mcp_oauth:
    project_dir: "{{ playbook_dir }}/gateway"
    state: absent
"""

RETURN = r"""
files:
  description: The files that changed, or in check mode would.
  returned: with O(project_dir)
  type: list
  elements: str
  sample: [config/policies.json, config/mcp.oas.json, modules/mcp-oauth.ts]
open_routes:
  description: The routes of the server's tools that lack the policy, so that anyone can call them without a token.
  returned: with O(project_dir)
  type: list
  elements: str
  sample: [GET /orders (config/routes.oas.json)]
config:
  description: The configuration.
  returned: unless O(state=absent)
  type: dict
  contains:
    audience:
      description:
        - At once the identifier of the API in Auth0, the C(resource) in the protected resource metadata, the
          C(resource) that clients send and the audience of the gateway's policy.
      returned: success
      type: str
      sample: https://mcp.example.com/mcp
    issuer:
      description: At once Auth0's issuer and the authorization server in the protected resource metadata.
      returned: success
      type: str
      sample: https://tenant.eu.auth0.com/
    auth0_domain:
      description: The host name in the gateway's policy.
      returned: success
      type: str
      sample: tenant.eu.auth0.com
    policy:
      description: The entry for the list C(policies) in C(config/policies.json).
      returned: success
      type: dict
      sample:
        name: mcp-oauth-inbound
        policyType: auth0-jwt-auth-inbound
        handler:
          export: Auth0JwtInboundPolicy
          module: $import(@zuplo/runtime)
          options:
            auth0Domain: tenant.eu.auth0.com
            audience: https://mcp.example.com/mcp
            oAuthResourceMetadataEnabled: true
    inbound_policies:
      description: The names for C(policies.inbound) of the MCP route.
      returned: success
      type: list
      elements: str
      sample: [mcp-oauth-inbound]
    plugin_options:
      description: The options of the runtime's C(OAuthProtectedResourcePlugin).
      returned: success
      type: dict
      sample:
        authorizationServers: ["https://tenant.eu.auth0.com/"]
        resourceName: Example MCP server
    runtime_module:
      description: The TypeScript source of C(modules/zuplo.runtime.ts), for a project that has none.
      returned: success
      type: str
      sample: import { OAuthProtectedResourcePlugin, RuntimeExtensions } from "@zuplo/runtime"; ...
"""

from collections.abc import Sequence
from pathlib import Path

from ansible.module_utils.basic import env_fallback

from ..module_utils._auth0.plan import Shape, check
from ..module_utils._errors import ProjectError
from ..module_utils._module import STATE, Diff, Module, Result, Task, run
from ..module_utils._types import Object
from ..module_utils._urls import derive
from ..module_utils._zuplo.configuration import Environment, configuration
from ..module_utils._zuplo.files import check_writable, edits, project, read, write
from ..module_utils._zuplo.project import FILES, Planned, Wanted, absent, present

_ENV_NAME = r"(?!ZUPLO_|__ZUPLO)[A-Za-z_][A-Za-z0-9_]*"
SHAPE = Shape(
    patterns={
        "policy_name": (r"[0-9a-z-]+", "consist of small letters, digits and hyphens"),
        **dict.fromkeys(
            ("issuer_domain_env", "mcp_host_env"),
            (_ENV_NAME, "be the name of an environment variable; those that start with ZUPLO_ are Zuplo's own"),
        ),
    }
)


def perform(task: Task) -> Result:
    options = task.options
    check(SHAPE, options)
    if task.absent:
        root = project(options["project_dir"])
        return written(task, root, absent(read(root, FILES), options["policy_name"]), {})
    strings = derive(options["issuer_domain"], options["mcp_server_url"])
    warnings = []
    if strings.audience.count("/") == 2:
        warnings = [
            f"mcp_server_url {strings.audience} has no path. MCP clients differ over the slash of a bare origin, so "
            f"some will fail: better give the MCP server a path, such as {strings.audience}/mcp."
        ]
    environment = Environment(options.get("issuer_domain_env"), options.get("mcp_host_env"))
    names = {name: options[name] for name in ("resource_name", "policy_name")}
    config = configuration(strings, environment=environment, **names)
    if "project_dir" not in options:
        return Result({"config": config}, warnings=warnings)
    root = project(options["project_dir"])
    wanted = Wanted(config, environment, options.get("operations"), options["attach_to_tools"])
    return written(task, root, present(read(root, FILES), wanted), {"config": config}, warnings)


def written(task: Task, root: Path, planned: Planned, values: Object, warnings: Sequence[str] = ()) -> Result:
    changes = edits(read(root, FILES), planned.files)
    check_writable(root, changes)
    if not task.check_mode:
        try:
            write(root, changes)
        except OSError as error:
            raise ProjectError(
                f"{error.filename}: {error.strerror}", remedy="Every file of the project is as it was before."
            ) from None
    if planned.open_routes:
        warnings = [
            *warnings,
            "Unless another policy guards them, anyone can call these tools past the MCP server, without a token: "
            f"{', '.join(planned.open_routes)}. Attach the policy to their routes, or set attach_to_tools.",
        ]
    files = {"files": [change.path for change in changes], "open_routes": planned.open_routes}
    diff = [Diff(change.path, change.before or "", change.after or "") for change in changes]
    return Result({**values, **files}, changed=bool(changes), diff=diff, warnings=[*warnings, *planned.warnings])


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


def main() -> None:
    run(MODULE)


if __name__ == "__main__":
    main()
