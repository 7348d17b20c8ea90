#!/usr/bin/python
# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: mcp_oauth_check
short_description: Find out what MCP clients will meet at an MCP server and its Auth0 tenant
version_added: 0.1.0
author:
  - mcp_ops.oauth contributors (@mcp-ops)
description:
  - Looks at the gateway as an MCP client does, at the metadata of the authorization server, and through the Management
    API at what the tenant must have. Fails where a client would fail, or where anyone would get in.
  - Each thing that is looked at is a finding of its own, with what was seen and the option that mends it.
  - Changes nothing, unless O(register=true), which registers a client and deletes it again.
  - Without credentials, or without one of the scopes that reading needs, the findings about the tenant are skipped.
options:
  mcp_server_url:
    description: The public URL of the MCP server, exactly as MCP clients are given it.
    type: str
    required: true
  domain:
    description:
      - The tenant's host name, with a port if it is not 443, such as V(tenant.eu.auth0.com).
      - Needed only to look at the tenant.
      - Read from the environment variable E(AUTH0_DOMAIN) if not set.
    type: str
    required: false
  auth0_domain:
    description:
      - The host name under which Auth0 issues the tokens, or the custom domain at which users log in.
      - Defaults to O(domain).
    type: str
  client_registration:
    description:
      - The ways in which clients become known. Each one that is listed must work.
      - V(dcr) is dynamic client registration, V(cimd) client ID metadata documents.
    type: list
    elements: str
    choices: [dcr, cimd]
    default: [dcr]
  project_dir:
    description:
      - The directory of the gateway's Zuplo project, on the host where the task runs. What stands in it is compared as
        well, so that what is wrong there is found before it is deployed.
      - A value that the gateway's environment decides, C($env(NAME)), is skipped.
    type: path
  register:
    description:
      - Whether to register a client and to delete it again, which shows that registration really works.
      - Needs the scope C(delete:clients). Not done in check mode.
      - Without credentials, the client is deleted with the C(registration_access_token) of its registration, if there
        is one. A client that could not be deleted is named.
    type: bool
    default: false
  other_audience:
    description:
      - The identifier of another API for which the application has a client grant. A token for it is requested, and the
        MCP server must refuse that token.
      - Not the Management API, whose tokens are never sent to anyone but the tenant.
    type: str
  gateway_required:
    description:
      - Whether it is a failure that the MCP server cannot be reached at all. If not, the findings about the gateway are
        skipped then, since it may not be deployed yet.
    type: bool
    default: false
  fail_on_findings:
    description: Whether the module fails when a finding has the status V(fail).
    type: bool
    default: true
notes:
  - To see all of the tenant, the token needs the scopes C(read:resource_servers), C(read:tenant_settings),
    C(read:client_grants) and C(read:connections).
  - Two findings show what only a token can show, C(own_token) and C(other_token). They need O(auth_client_id), and
    client grants with C(subject_type=client) for O(mcp_server_url) and O(other_audience). Each costs a token of
    the tenant's monthly quota for machine-to-machine tokens.
  - O(ca_path) and O(validate_certs) hold for the gateway as well.
extends_documentation_fragment: [mcp_ops.oauth._attributes, mcp_ops.oauth._auth0]
attributes:
  check_mode:
    support: partial
    details: O(register) is left out. All else changes nothing anyway.
  diff_mode:
    support: none
    details: It changes nothing.
seealso:
  - module: mcp_ops.oauth.zuplo_mcp_oauth
"""

EXAMPLES = r"""
- name: What MCP clients will meet
  mcp_ops.oauth.mcp_oauth_check:
    mcp_server_url: https://mcp.example.com/mcp
    domain: tenant.eu.auth0.com
    auth_client_id: "{{ auth0_client_id }}"
    auth_client_secret: "{{ auth0_client_secret }}"
    gateway_required: true

- name: Before the gateway is deployed
  mcp_ops.oauth.mcp_oauth_check:
    mcp_server_url: https://mcp.example.com/mcp
    domain: tenant.eu.auth0.com
    project_dir: "{{ playbook_dir }}/gateway"

- name: From outside, without credentials
  mcp_ops.oauth.mcp_oauth_check:
    mcp_server_url: https://mcp.example.com/mcp
    auth0_domain: tenant.eu.auth0.com
    fail_on_findings: false
  register: check

- name: Show it
  ansible.builtin.debug:
    var: check.report
"""

RETURN = r"""
findings:
  description: What was looked at, always all of it, in the order in which a client meets it.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The name of the finding, which stays the same.
      returned: always
      type: str
      sample: resource_parameter_profile
    status:
      description:
        - V(fail) where clients fail or anyone gets in, V(warn) where clients work all the same, V(skip) where it could
          not be looked at, else V(pass).
      returned: always
      type: str
      sample: fail
    seen:
      description: What was seen.
      returned: always
      type: str
      sample: "audience: the parameter resource that clients send does not count"
    expected:
      description: What was expected. Empty for what passed.
      returned: always
      type: str
      sample: compatibility
    remedy:
      description: The option that mends it, with its module. Empty for what passed.
      returned: always
      type: str
      sample: "mcp_ops.oauth.auth0_tenant_settings: resource_parameter_profile: compatibility"
report:
  description: The findings as the lines of a table.
  returned: always
  type: list
  elements: str
  sample:
    - "PASS  url                            https://mcp.example.com/mcp"
    - "PASS  gateway                        answers, status 401"
failure:
  description: What Auth0 answered to the request that failed. Each value is null where there was none.
  returned: when a request fails
  type: dict
  sample:
    status: 401
    code: access_denied
    message: Unauthorized
    request: POST /oauth/token
"""

import typing as t

from ..module_utils._check import findings
from ..module_utils._check.check import Check, Subject
from ..module_utils._check.probe import Probe
from ..module_utils._module import GuestModule, GuestTask, Result, run
from ..module_utils._urls import check_domain
from ..module_utils._zuplo.files import project, read
from ..module_utils._zuplo.project import FILES

OPTIONS: dict[str, t.Any] = {
    "mcp_server_url": {"type": "str", "required": True},
    "issuer_domain": {"type": "str"},
    "client_registration": {"type": "list", "elements": "str", "choices": ["dcr", "cimd"], "default": ["dcr"]},
    "project_dir": {"type": "path"},
    "register": {"type": "bool", "default": False},
    "other_audience": {"type": "str"},
    "gateway_required": {"type": "bool", "default": False},
    "fail_on_findings": {"type": "bool", "default": True},
}


def perform(task: GuestTask) -> Result:
    options = task.options
    named = next((name for name in ("issuer_domain", "domain") if options.get(name)), None)
    subject = Subject(
        url=options["mcp_server_url"],
        issuer=f"https://{check_domain(options[named], named)}/" if named else None,
        ways=frozenset(options["client_registration"]),
        files=read(project(options["project_dir"]), FILES) if "project_dir" in options else None,
        required=options["gateway_required"],
        register=options["register"] and not task.check_mode,
        other_audience=options.get("other_audience"),
    )
    probe = Probe(ca_path=options.get("ca_path"), validate_certs=options["validate_certs"], timeout=options["timeout"])
    check = Check(subject, probe, task.api)
    try:
        found = check.run()
    finally:
        probe.close()
    return Result(
        {"findings": findings.values(found), "report": findings.report(found)},
        changed=check.left is not None,
        warnings=[one.sentence for one in found if one.status == "warn"],
        error=findings.failure(found) if options["fail_on_findings"] else "",
    )


MODULE = GuestModule(OPTIONS, perform)


def main() -> None:
    run(MODULE)


if __name__ == "__main__":
    main()
