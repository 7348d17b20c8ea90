# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The order of the checks, as a client meets them, with the fewest requests. What is seen is judged elsewhere."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .._access.description import Description
from .._auth0.api import ManagementApi, encode
from .._auth0.login import claims_of
from .._clients.choice import Choice
from .._errors import Auth0Error, InputError
from .._types import Object
from .._zuplo.project import Files
from . import access, calls, gateway, server
from .outside import Outside
from .probe import CLIENT_NAME, Probe, is_word
from .project import project_findings, read_project
from .reading import OF_TENANT, Reading, lacks
from .report import FQCN, NAMES, Finding, Findings, complete, describe, skip, skip_after
from .server import NAME_ISSUER, Issuer
from .session import Session, is_result

NO_CREDENTIALS = "domain or the credentials for the tenant are not set"
SET_CREDENTIALS = "domain with auth_client_id and auth_client_secret, or with auth_access_token"
_OF_PROJECT = tuple(name for name in NAMES if name.startswith("project_"))
_OF_TOOLS = ("project_tool_scopes", "tool_scopes", "tool_grant", calls.NAME)
_OF_ROLES = ("roles", "role_members")


@dataclass(frozen=True)
class Subject:
    """What is checked. The fields are options of the module; `files` are those of the project, None without one."""

    mcp_server_url: str
    issuer: Issuer | None
    client_registration: frozenset[str]
    files: Files | None = None
    gateway_deployed: bool | None = None
    register: bool = False
    other_audience: str | None = None
    browser_origin: str | None = None
    connection: t.Sequence[str] = ()
    clients: t.Sequence[Choice] = ()
    description: Description = field(default_factory=Description)
    user_token: str | None = field(default=None, repr=False)
    call_tools: bool = False


class Check:
    """One check. `api` is None without credentials; it alone ever sends the Management API token."""

    def __init__(self, subject: Subject, probe: Probe, api: ManagementApi | None) -> None:
        self.undeleted_client: str | None = None
        """The id of a client that was registered and could not be deleted."""
        self._subject = subject
        self._url = subject.mcp_server_url
        self._probe = probe
        self._api = api
        self._found = Findings()
        self._names: t.Mapping[tuple[str, str], str] = {}
        self._outside = Outside(
            self._url, subject.issuer, subject.client_registration, probe, zuplo=subject.files is not None
        )

    def run(self) -> list[Finding]:
        """All findings, in their order. Raises InputError for another audience that is the Management API."""
        if self._found.add(gateway.url(self._url)) != "fail":
            self._skip_undescribed()
            self._check_project()
            self._check_outside()
            self._check_tenant()
            self._check_registration()
            self._check_tokens()
        return complete(self._found)

    def _skip_undescribed(self) -> None:
        description = self._subject.description
        if not description.tools:
            self._found.skip(_OF_TOOLS, access.NO_TOOLS, access.NAME_TOOLS)
        elif not self._subject.call_tools:
            reason = "not checked: tools are not called in check mode, as a call does what the tool does"
            self._found.skip([calls.NAME], reason)
        elif all(tool.arguments is None for tool in description.tools):
            self._found.skip([calls.NAME], calls.NO_ARGUMENTS, calls.NAME_ARGUMENTS)
        if not description.roles:
            self._found.skip(_OF_ROLES, access.NO_ROLES, access.NAME_ROLES)

    def _skip_rest(self, names: t.Iterable[str], reason: str, remedy: str) -> None:
        """Of what is not skipped for another reason."""
        self._found.skip([name for name in names if name not in self._found], reason, remedy)

    # -- without credentials ------------------------------------------------------------------------------------------

    def _check_project(self) -> None:
        subject = self._subject
        if subject.files is None:
            self._skip_rest(
                _OF_PROJECT, "project_dir is not set", "project_dir: the directory of the gateway's project"
            )
            return
        found = read_project(subject.files, self._url, subject.issuer)
        self._names = {} if isinstance(found, Finding) else found.names
        for finding in project_findings(found, self._url, subject.issuer, subject.description):
            self._found.add(finding)

    def _check_outside(self) -> None:
        subject = self._subject
        for finding in self._outside.run(deployed=subject.gateway_deployed, browser_origin=subject.browser_origin):
            self._found.add(finding)

    # -- the tenant ---------------------------------------------------------------------------------------------------

    def _check_tenant(self) -> None:
        if self._api is None:
            self._skip_rest(OF_TENANT, NO_CREDENTIALS, SET_CREDENTIALS)
            return
        subject = self._subject
        Reading(
            self._outside,
            ways=subject.client_registration,
            connection=subject.connection,
            choices=subject.clients,
            description=subject.description,
            found=self._found,
        ).run(self._api)

    # -- a real registration ------------------------------------------------------------------------------------------

    def _check_registration(self) -> None:
        name = "registration"
        if not self._subject.register:
            self._found.skip([name], "not checked: a client is registered only with register: true, outside check mode")
            return
        issuer = self._subject.issuer
        if issuer is None:
            self._found.skip(
                [name], "not checked: a client is registered only at an issuer that this task names", NAME_ISSUER
            )
            return
        blocker = self._registration_blocker()
        if blocker:
            self._found.add(skip_after(name, blocker))
            return
        if not server.is_below(self._outside.registration_endpoint, issuer):
            self._found.add(server.foreign_endpoint(self._outside.registration_endpoint, issuer))
            return
        if self._api and self._api.missing_scopes(["delete:clients"]):
            self._found.skip([name], *lacks("delete:clients"))
            return
        answer = self._probe.register(self._outside.registration_endpoint)
        client_id, problem = server.registered_id(answer), None
        if client_id is not None:
            problem = self._delete(client_id, answer.document or {}, issuer)
            self.undeleted_client = client_id if problem else None
        self._found.add(server.registration(answer, problem))

    def _registration_blocker(self) -> str | None:
        """The finding for which no client is registered: only the server that is expected is ever written to."""
        if self._found.status("issuer") != "pass":
            return "issuer"
        if not self._outside.registration_endpoint:
            return "registration_endpoint"
        return next(
            (name for name in ("authorization_servers", "management_api") if self._found.status(name) == "fail"), None
        )

    def _delete(self, client_id: str, registered: Object, issuer: Issuer) -> str | None:
        """Why the client could not be deleted; None where it was."""
        if self._api:
            try:
                if self._is_ours(self._api, client_id, issuer):
                    self._api.delete(f"clients/{encode(client_id)}")
                    return None
                return (
                    f"the tenant {self._api.settings.domain} has no such client, so it is not that of {issuer.domain}"
                )
            except Auth0Error as error:
                return str(error).rstrip(".")
        url, token = registered.get("registration_client_uri"), registered.get("registration_access_token")
        if not server.is_below(url, issuer) or not is_word(token):
            return NO_CREDENTIALS
        answer = self._probe.unregister(url, token)
        return None if answer.status in (200, 204) else describe(answer)

    def _is_ours(self, api: ManagementApi, client_id: str, issuer: Issuer) -> bool:
        """Whether the client is the one that was registered: another issuer could name any client of the tenant."""
        if api.settings.domain == issuer.domain:
            return True
        found = api.get(f"clients/{encode(client_id)}", fields="client_id,name")
        return found is not None and found.get("name") == CLIENT_NAME

    # -- tokens -------------------------------------------------------------------------------------------------------

    def _check_tokens(self) -> None:
        zuplo = self._outside.zuplo
        token = self._token("own_token", self._outside.resource)
        if token:
            self._found.add(gateway.own_token(self._outside.ask(token), zuplo=zuplo))
        self._check_calls(token)
        if self._found.status("unauthorized") in ("pass", "warn"):
            # With a token, if that was accepted.
            token = token if self._found.status("own_token") == "pass" else None
            self._found.add(gateway.protocol(self._probe.discover(self._url, token), token=token is not None))
        other = self._subject.other_audience
        if other is None:
            remedy = "other_audience: another API for which the application has a client grant"
            self._found.skip(["other_token"], "other_audience is not set", remedy)
            return
        token = self._token("other_token", other)
        if token:
            self._found.add(gateway.other_token(self._outside.ask(token), other, zuplo=zuplo))

    def _check_calls(self, own: str | None) -> None:
        """Call the tools that have arguments, with the token of a user, or else the application's `own`."""
        name, user = calls.NAME, self._subject.user_token
        if name in self._found or self._found.status("unauthorized") not in ("pass", "warn"):
            return
        if user is None and self._found.status("own_token") != "pass":
            like = self._found["own_token"]
            reason, remedy = like.seen, "; or ".join(filter(None, [calls.USER_TOKEN, like.remedy]))
            self._found.add(skip(name, reason, remedy) if like.status == "skip" else skip_after(name, "own_token"))
            return
        token = user or own or ""
        source = "user_token" if user else "the token of the task's application"
        session = Session(self._probe, self._url, token)
        try:
            self._found.add(self._call_tools(session, calls.Caller.of(claims_of(token)), source))
        finally:
            session.close()

    def _call_tools(self, session: Session, caller: calls.Caller, source: str) -> Finding:
        answer, listed = session.open(), t.cast("list[str]", [])
        if is_result(answer):
            answer, listed = session.list_tools()
        if not is_result(answer):
            return calls.session_failed(answer, source)
        description, absent, made = self._subject.description, [], []
        for tool in description.tools:
            if tool.arguments is None:
                continue
            called = self._names.get((tool.file, tool.operation), tool.operation)
            hidden = called not in listed and tool.scope is not None and tool.scope not in caller.scopes
            if hidden or called in listed:
                made.append(calls.Call.of(tool, session.call(called, tool.arguments), listed=not hidden))
            else:
                absent.append(called)
        return calls.tool_access(description, made, absent, listed, caller, source)

    def _token(self, name: str, audience: str) -> str | None:
        """A token of the application for the audience; None where there is none, or no gateway that checks it."""
        if self._found.status("unauthorized") not in ("pass", "warn"):
            return None
        if self._api is None:
            self._found.skip([name], NO_CREDENTIALS, SET_CREDENTIALS)
            return None
        if self._found.status("management_api") == "fail":
            self._found.add(skip_after(name, "management_api"))
            return None
        if not self._api.settings.can_log_in:
            reason = (
                "not checked: auth_access_token is for the Management API alone, and no other token can be requested"
            )
            self._found.skip([name], reason, "auth_client_id and auth_client_secret")
            return None
        try:
            return self._api.token_for(audience).value
        except InputError as error:
            raise InputError(error.what, where="other_audience", remedy=error.remedy) from None
        except Auth0Error as error:
            client = self._api.settings.auth_client_id
            remedy = f"{FQCN}auth0_client_grant: client_id: {client}, subject_type: client, audience: {audience}"
            self._found.skip([name], str(error).rstrip("."), remedy)
            return None
