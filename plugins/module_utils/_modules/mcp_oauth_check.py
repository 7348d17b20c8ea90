# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""mcp_oauth_check: check an MCP server and its Auth0 tenant as MCP clients use them."""

from __future__ import annotations

import typing as t

from .._access.description import ROLE_OPTIONS, TOOL_OPTIONS, describe
from .._auth0.login import claims_of
from .._auth0.settings import check_one_word
from .._check.check import Check, Subject
from .._check.probe import Probe, is_origin
from .._check.report import failure_text, summary, table
from .._check.server import Issuer
from .._clients.choice import OPTION as CLIENTS
from .._clients.choice import choose
from .._errors import InputError
from .._module import GuestModule, GuestTask, Result
from .._types import Object
from .._urls import check_domain
from .._zuplo.files import Snapshot
from .._zuplo.project import FILES, Files

OPTIONS: dict[str, t.Any] = {
    "mcp_server_url": {"type": "str", "required": True},
    "issuer_domain": {"type": "str"},
    "client_registration": {"type": "list", "elements": "str", "choices": ["dcr", "cimd"], "default": ["dcr"]},
    "connection": {"type": "list", "elements": "str"},
    CLIENTS: {"type": "list", "elements": "raw", "default": []},
    "tools": {"type": "list", "elements": "dict", "options": TOOL_OPTIONS, "default": []},
    "roles": {"type": "list", "elements": "dict", "options": ROLE_OPTIONS, "default": []},
    "user_token": {"type": "str", "no_log": True},
    "project_dir": {"type": "path"},
    "register": {"type": "bool", "default": False},
    "other_audience": {"type": "str"},
    "browser_origin": {"type": "str"},
    "gateway_deployed": {"type": "bool"},
    "fail_on_findings": {"type": "bool", "default": True},
}


def perform(task: GuestTask) -> Result:
    options = task.options
    subject = Subject(
        mcp_server_url=options["mcp_server_url"],
        issuer=_issuer(options),
        client_registration=frozenset(options["client_registration"]),
        files=_read_project(options),
        gateway_deployed=options.get("gateway_deployed"),
        register=options["register"] and not task.check_mode,
        other_audience=options.get("other_audience"),
        clients=choose(options[CLIENTS]),
        browser_origin=_origin(options.get("browser_origin")),
        connection=options.get("connection") or (),
        description=describe(*_entries(options, "tools", "roles"), names=("tools", "roles")),
        user_token=_user_token(options.get("user_token")),
        call_tools=not task.check_mode,
    )
    probe = Probe(ca_path=options.get("ca_path"), validate_certs=options["validate_certs"], timeout=options["timeout"])
    check = Check(subject, probe, task.api)
    try:
        findings = check.run()
    finally:
        probe.close()
    return Result(
        {
            "findings": [finding.values for finding in findings],
            "report": table(findings),
            "summary": summary(findings),
        },
        changed=check.undeleted_client is not None,
        warnings=[finding.sentence for finding in findings if finding.status == "warn"],
        error=failure_text(findings) if options["fail_on_findings"] else "",
    )


def _entries(options: Object, *names: str) -> t.Iterator[list[Object]]:
    """The entries of these options, without what is unset."""
    for name in names:
        yield [{key: value for key, value in one.items() if value is not None} for one in options[name]]


def _user_token(token: str | None) -> str | None:
    """Nothing but the MCP server is to get it, and the MCP server no token of the tenant's own API."""
    if not token:
        return None
    check_one_word("user_token", token)
    audience = claims_of(token).get("aud")
    if any(str(one).endswith("/api/v2/") for one in (audience if isinstance(audience, list) else [audience])):
        raise InputError(
            "is a token for the Management API, which is for the tenant alone",
            where="user_token",
            remedy="Give one whose audience is mcp_server_url.",
        )
    return token


def _read_project(options: Object) -> Files | None:
    """Links may lead anywhere: nothing is written."""
    if "project_dir" not in options:
        return None
    return Snapshot.read(options["project_dir"], FILES, links_outside=True).texts


def _origin(value: str | None) -> str | None:
    if value is not None and not is_origin(value):
        raise InputError(
            f"{value!r} is not an origin",
            where="browser_origin",
            remedy="Write scheme and host, such as https://app.example.com, without a path.",
        )
    return value


def _issuer(options: Object) -> Issuer | None:
    """From the first option that is set; both are checked."""
    given = [name for name in ("issuer_domain", "domain") if options.get(name)]
    issuers = [Issuer(check_domain(options[name], name), name) for name in given]
    return issuers[0] if issuers else None


MODULE = GuestModule(OPTIONS, perform)
