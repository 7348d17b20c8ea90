# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Looks at a project, a gateway and a tenant as a client meets them, with the fewest requests; `findings` judges."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._auth0.api import ManagementApi, encode
from .._errors import ApiError, Auth0Error, ProjectError
from .._types import Object
from .._zuplo.project import Files, installed
from . import findings as judge
from .findings import FQCN, Finding, skip
from .probe import Answer, Probe

CLIENT_NAME = "mcp_ops.oauth check"
METADATA = {
    "client_name": CLIENT_NAME,
    "redirect_uris": ["http://127.0.0.1/callback"],
    "grant_types": ["authorization_code", "refresh_token"],
    "response_types": ["code"],
    "token_endpoint_auth_method": "none",
}
NO_CREDENTIALS = "there are no credentials for the tenant"
SET_CREDENTIALS = "set domain, auth_client_id and auth_client_secret, or auth_access_token"
# What each look at the tenant needs and tells.
OF_SETTINGS = (
    "resource_parameter_profile",
    "dynamic_client_registration",
    "registration_security_mode",
    "client_id_metadata_documents",
    "iss_parameter",
)
OF_API = ("resource_server", "signing_alg", "offline_access")
OF_PROJECT = tuple(name for name in judge.NAMES if name.startswith("project_"))
TENANT = (*OF_API, "client_grant", "connection", *OF_SETTINGS)


@dataclass(frozen=True)
class Subject:
    """What is checked: the URL, the issuer if known, the ways of registration that must work, and the two switches.

    `files` are those of the gateway's project, None without one.
    """

    url: str
    issuer: str | None
    ways: frozenset[str]
    files: Files | None = None
    required: bool = False
    register: bool = False
    other_audience: str | None = None


class Check:
    """One check. `api` is None without credentials; it alone ever sends the Management API token."""

    def __init__(self, subject: Subject, probe: Probe, api: ManagementApi | None) -> None:
        self.subject = subject
        self.probe = probe
        self.api = api
        self.found: dict[str, Finding] = {}
        self.left: str | None = None
        """The id of a registered client that could not be deleted."""
        self._named: str | None = None
        self._endpoint: str | None = None
        self._api_known = False

    def run(self) -> list[Finding]:
        if self._note(judge.url(self.subject.url)).status == "fail":
            return judge.complete(self.found.values(), "mcp_server_url is not exact")
        self._project()
        self._gateway()
        self._server()
        self._tenant()
        self._registration()
        self._tokens()
        return judge.complete(self.found.values(), "what comes before it failed, or was not there")

    def _note(self, finding: Finding) -> Finding:
        self.found[finding.name] = finding
        return finding

    def _passed(self, name: str) -> bool:
        return name in self.found and self.found[name].status == "pass"

    def _project(self) -> None:
        subject = self.subject
        if subject.files is None:
            for name in OF_PROJECT:
                self._note(skip(name, "there is no project_dir", "project_dir: where the gateway's project is"))
            return
        try:
            found = installed(subject.files, subject.url)
        except ProjectError as error:
            remedy = f"mend the project; then {judge.WRITES}"
            self._note(Finding("project_route", "fail", str(error).rstrip("."), "a project that can be read", remedy))
            return
        self._note(judge.project_route(found, subject.url))
        self._note(judge.project_audience(found, subject.url))
        self._note(judge.project_auth0_domain(found, subject.issuer))
        self._note(judge.project_plugin(found, subject.issuer))
        self._note(judge.project_tools(found, subject.url))

    def _gateway(self) -> None:
        url = self.subject.url
        answer = self.probe.initialize(url)
        if self._note(judge.gateway(answer, required=self.subject.required)).status != "pass":
            return
        if self._note(judge.unauthorized(answer)).status == "pass":
            self._note(judge.www_authenticate(answer, url))
        answer = self.probe.document(judge.metadata_url(url))
        self._note(judge.protected_resource_metadata(answer, url))
        if answer.document is not None:
            self._note(judge.resource(answer.document, url))
            self._note(judge.authorization_servers(answer.document, self.subject.issuer))
            self._named = judge.named_issuer(answer.document)

    def _server(self) -> None:
        """From the issuer that the gateway names, as clients do; where it names none, from the one expected."""
        named = self._named or self.subject.issuer
        if named is None:
            return
        answer: Answer | None = None
        for url in judge.metadata_urls(named):
            answer = self.probe.document(url)
            if answer.document is not None or not answer.status:
                break
        self._note(judge.authorization_server_metadata(answer, named))
        document = answer.document if answer else None
        if document is None:
            return
        self._note(judge.issuer(document, named))
        self._note(judge.pkce(document))
        self._note(judge.registration_endpoint(document, self.subject.ways))
        self._note(judge.cimd(document, self.subject.ways))
        endpoint = document.get("registration_endpoint")
        self._endpoint = endpoint if isinstance(endpoint, str) else None

    # -- the tenant ---------------------------------------------------------------------------------------------------

    def _tenant(self) -> None:
        api, subject = self.api, self.subject
        if api is None:
            for name in TENANT:
                self._note(skip(name, NO_CREDENTIALS, SET_CREDENTIALS))
            return
        settings: Object | None = None
        if self._may(api, "read:tenant_settings", OF_SETTINGS):
            settings = self._read("read:tenant_settings", OF_SETTINGS, lambda: api.get("tenants/settings"))
        default = (settings or {}).get("default_audience")
        if self._may(api, "read:resource_servers", OF_API):
            self._read("read:resource_servers", OF_API, lambda: self._api(api, default))
        if self.found["resource_server"].status == "fail" and not self._api_known:
            self._note(skip("client_grant", "without the API there can be none"))
        elif self._may(api, "read:client_grants", ["client_grant"]):
            self._read("read:client_grants", ["client_grant"], lambda: self._grants(api))
        if self._may(api, "read:connections", ["connection"]):
            self._read("read:connections", ["connection"], lambda: self._connection(api))
        if settings is not None:
            self._note(judge.resource_parameter_profile(settings, subject.url))
            self._note(judge.dynamic_client_registration(settings, subject.ways))
            self._note(judge.registration_security_mode(settings, subject.ways))
            self._note(judge.client_id_metadata_documents(settings, subject.ways))
            self._note(judge.iss_parameter(settings))

    def _may(self, api: ManagementApi, scope: str, names: t.Iterable[str]) -> bool:
        missing = api.missing_scopes([scope])
        for name in names if missing else ():
            self._note(_without(name, scope))
        return not missing

    def _read(self, scope: str, names: t.Iterable[str], look: t.Callable[[], t.Any]) -> t.Any:
        """What `look` returns; None where Auth0 refuses for want of the scope, which an opaque token does not tell."""
        try:
            return look()
        except ApiError as error:
            if error.status != 403:
                raise
            for name in names:
                self._note(_without(name, scope))
            return None

    def _api(self, api: ManagementApi, default_audience: str | None) -> None:
        url = self.subject.url
        found = api.get(f"resource-servers/{encode(url)}")
        near: list[str] = []
        if found is None:
            # One listing, which the filter keeps to the few that are asked for.
            candidates = judge.near_misses(url, default_audience)
            listed = api.listing("resource-servers", "resource_servers", checkpoint=False, identifiers=candidates)
            near = [api["identifier"] for api in listed]
        else:
            self._api_known = True
            self._note(judge.signing_alg(found))
            self._note(judge.offline_access(found))
        self._note(judge.resource_server(found, near, url))

    def _grants(self, api: ManagementApi) -> None:
        query = {"audience": self.subject.url, "default_for": "third_party_clients"}
        grants = api.listing("client-grants", "client_grants", checkpoint=True, **query)
        self._note(judge.client_grant(grants, self.subject.url))

    def _connection(self, api: ManagementApi) -> None:
        listed = api.listing("connections", "connections", checkpoint=True, fields="name,is_domain_connection")
        self._note(judge.connection(next((one for one in listed if one.get("is_domain_connection")), None)))

    # -- a real registration ------------------------------------------------------------------------------------------

    def _registration(self) -> None:
        name, api = "registration", self.api
        if not self.subject.register:
            self._note(skip(name, "not asked for", "register: true"))
            return
        # Nobody else's server is written to.
        trusted = self._passed("issuer") and self.found.get("authorization_servers", skip("", "")).status != "fail"
        if not trusted or not self._endpoint:
            return
        if api and api.missing_scopes(["delete:clients"]):
            self._note(_without(name, "delete:clients"))
            return
        answer = self.probe.register(self._endpoint, METADATA)
        document = answer.document
        if document is None or not isinstance(document.get("client_id"), str):
            seen = judge.answered(answer)
            if isinstance(answer.data, dict) and answer.data.get("error_description"):
                seen += f", {judge.shown(answer.data['error_description'])}"
            if not answer.status or answer.status >= 500:
                seen += f"; whether the client {CLIENT_NAME!r} was made is not known"
            remedy = f"{FQCN}auth0_tenant_flags: flags.enable_dynamic_client_registration: true"
            self._note(Finding(name, "fail", seen, "status 201 with a client_id", remedy))
            return
        client_id = document["client_id"]
        problem = self._delete(client_id, document)
        if problem is None:
            self._note(Finding(name, "pass", "a client could register; it has been deleted again"))
            return
        self.left = client_id
        seen = f"a client could register, but {judge.shown(client_id)} is left: {problem}"
        remedy = f"{FQCN}auth0_client: client_id: {client_id}, state: absent"
        self._note(Finding(name, "warn", seen, "that it can be deleted again", remedy))

    def _delete(self, client_id: str, registered: Object) -> str | None:
        """Why the client could not be deleted; None where it was."""
        if self.api:
            try:
                self.api.delete(f"clients/{encode(client_id)}")
                return None
            except Auth0Error as error:
                return str(error).rstrip(".")
        url, token = registered.get("registration_client_uri"), registered.get("registration_access_token")
        if not isinstance(url, str) or not isinstance(token, str):
            return NO_CREDENTIALS
        answer = self.probe.unregister(url, token)
        return None if answer.status in (200, 204) else judge.answered(answer)

    # -- tokens -------------------------------------------------------------------------------------------------------

    def _tokens(self) -> None:
        subject = self.subject
        grant = f"{FQCN}auth0_client_grant: client_id of the application, subject_type: client, audience: "
        token = self._token("own_token", subject.url, grant + subject.url)
        if token:
            self._note(judge.own_token(self.probe.initialize(subject.url, token)))
        other = subject.other_audience
        if other is None:
            remedy = "other_audience: another API for which the application has a client grant"
            self._note(skip("other_token", "there is no other_audience", remedy))
            return
        token = self._token("other_token", other, grant + other)
        if token:
            self._note(judge.other_token(self.probe.initialize(subject.url, token), other))

    def _token(self, name: str, audience: str, remedy: str) -> str | None:
        """A token of the application for the audience; None where there is none, or nobody who would check it."""
        if not self._passed("unauthorized"):
            return None
        if self.api is None:
            self._note(skip(name, NO_CREDENTIALS, SET_CREDENTIALS))
            return None
        if not self.api.settings.can_log_in:
            self._note(skip(name, "an access token alone gets no others", "set auth_client_id and auth_client_secret"))
            return None
        try:
            return self.api.token_for(audience).value
        except Auth0Error as error:
            self._note(skip(name, str(error).rstrip("."), remedy))
            return None


def _without(name: str, scope: str) -> Finding:
    return skip(name, f"the token lacks the scope {scope}", f"grant the application {scope} in Auth0")
