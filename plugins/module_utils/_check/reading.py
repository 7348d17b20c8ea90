# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The reading of a tenant through its Management API: one read a scope, and which findings come of it."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from .._access.description import Description, Role
from .._auth0.api import ManagementApi, encode
from .._auth0.form import ANY, Form
from .._auth0.kinds import role_groups, role_members
from .._auth0.kinds.application import APPLICATION
from .._auth0.kinds.client_grant import CLIENT_GRANT
from .._auth0.kinds.connection import CONNECTION_DOMAIN
from .._auth0.kinds.resource_server import RESOURCE_SERVER
from .._auth0.kinds.role import ROLE
from .._auth0.kinds.role_members import ROLE_MEMBERS
from .._auth0.kinds.tenant import ALL
from .._auth0.memory import Memory
from .._clients.choice import APPLICATION_QUERY, Choice, Registration, depends_on_applications, everyone
from .._errors import ApiError, Auth0Error, PlanError, ScopeError, UnreachableError
from .._types import Object
from . import access, clients, logins, scopes, server, tenant
from .outside import Outside
from .report import Findings, skip_after

# What is read with each scope, and which findings come of it. First what a check can do without, and a tenant too.
_OF_OPTIONAL_SCOPES = {
    "read:prompts": ("universal_login",),
    "read:rules": ("rules",),
    "read:hooks": ("hooks",),
    "read:mfa_policies": ("mfa_policies",),
    "read:clients": (clients.NAME, "application_limit"),
    "read:network_acls": ("network_acl",),
    "read:roles": ("roles", "role_members"),
}
_OF_SCOPES = {
    "read:tenant_settings": (
        "resource_parameter_profile",
        "dynamic_client_registration",
        "registration_security_mode",
        "client_id_metadata_documents",
        "iss_parameter",
        "iss_advertised",
    ),
    "read:resource_servers": ("resource_server", "signing_alg", "offline_access", "token_dialect"),
    "read:client_grants": ("client_grant",),
    "read:connections": ("connection", "entra_resource"),
    **_OF_OPTIONAL_SCOPES,
}
_OF_DCR = ("application_limit", "network_acl")
_ABOUT_SCOPES = ("advertised_scopes", "granted_scopes")
_ABOUT_TOOLS = ("tool_scopes", "tool_grant")
OF_TENANT = (
    "management_api",
    *(name for names in _OF_SCOPES.values() for name in names),
    *_ABOUT_SCOPES,
    *_ABOUT_TOOLS,
)
_ACL = Form(fields={"rule": {"type": "dict", "options": {"action": {"type": "dict"}}}})


class Reading:
    """One reading of the tenant. `outside` tells what clients meet before it.

    `ways` are those in which clients register, `connection` and `choices` what the user named of connections and of MCP
    clients, `description` says who may use which tool. Findings are added to `found`, which has those of the gateway,
    and those that nobody asked for.
    """

    def __init__(
        self,
        outside: Outside,
        *,
        ways: frozenset[str],
        connection: t.Sequence[str],
        choices: t.Sequence[Choice],
        description: Description,
        found: Findings,
    ) -> None:
        self._outside, self._url, self._told = outside, outside.resource, outside.told
        self._ways, self._connection, self._choices, self._found = ways, connection, choices, found
        self._description = description
        self._default_audience: str | None = None
        self._has_resource_server = True
        self._settings: Object | None = None
        self._resource_server: Object | None = None
        self._grant: Object | None = None

    def run(self, api: ManagementApi) -> None:
        """One read for each scope. What the token may not read is skipped; any other error ends the reading."""
        reads: dict[str, t.Callable[[ManagementApi], None]] = {
            "read:tenant_settings": self._check_settings,
            "read:resource_servers": self._check_resource_server,
            "read:client_grants": self._check_client_grant,
            "read:connections": self._check_connection,
            "read:prompts": self._check_prompts,
            "read:rules": self._check_rules,
            "read:hooks": self._check_hooks,
            "read:mfa_policies": self._check_mfa_policies,
            "read:clients": self._check_applications,
            "read:network_acls": self._check_network_acls,
            **({"read:roles": self._check_roles} if self._description.roles else {}),
        }
        if "dcr" not in self._ways:
            self._found.skip(_OF_DCR, "client_registration has no dcr")
        stopped: Auth0Error | None = None
        try:
            missing = api.missing_scopes(reads)
            for scope, read in reads.items():
                refusal = lacks(scope) if scope in missing else _try_read(read, scope, api)
                if refusal:
                    self._found.skip((name for name in _OF_SCOPES[scope] if name not in self._found), *refusal)
        except Auth0Error as error:
            stopped = error
        self._found.add(tenant.management_api(stopped))
        self._check_scopes()
        self._check_tools()

    def _check_settings(self, api: ManagementApi) -> None:
        settings = api.get("tenants/settings", ALL.form) or {}
        ways = self._ways
        self._settings, self._default_audience = settings, settings.get("default_audience")
        self._found.add(tenant.resource_parameter_profile(settings, self._url))
        self._found.add(tenant.dynamic_client_registration(settings, ways))
        self._found.add(tenant.registration_security_mode(settings, ways))
        self._found.add(tenant.client_id_metadata_documents(settings, ways))
        self._found.add(tenant.iss_parameter(settings))
        if self._outside.metadata is None:
            self._found.add(skip_after("iss_advertised", "authorization_server_metadata"))
        else:
            self._found.add(server.iss_advertised(self._outside.metadata, settings))
        registration = Registration.of(settings)
        if not depends_on_applications(self._choices or everyone(), registration):
            self._found.add(clients.clients(self._choices, registration))

    def _check_resource_server(self, api: ManagementApi) -> None:
        self._resource_server = found = api.get(f"resource-servers/{encode(self._url)}", RESOURCE_SERVER.form)
        similar: list[str] = []
        if found is None:
            self._has_resource_server = False
            # One listing, which the filter keeps to the few that are asked for.
            identifiers = tenant.similar_identifiers(self._url, self._default_audience)
            similar = [one["identifier"] for one in RESOURCE_SERVER.list(api, identifiers=identifiers)]
        else:
            self._found.add(tenant.signing_alg(found))
            self._found.add(tenant.offline_access(found))
            self._found.add(tenant.token_dialect(found, self._told))
        self._found.add(tenant.resource_server(found, similar, self._url))

    def _check_client_grant(self, api: ManagementApi) -> None:
        if not self._has_resource_server:
            self._found.add(skip_after("client_grant", "resource_server"))
            return
        query = {"audience": self._url, "default_for": "third_party_clients"}
        grants = [*CLIENT_GRANT.list(api, **query)]
        self._grant = tenant.user_grant(grants)
        self._found.add(tenant.client_grant(grants, self._url))

    def _check_connection(self, api: ManagementApi) -> None:
        listed = [*CONNECTION_DOMAIN.list(api)]
        self._found.add(tenant.connection(listed, self._connection))
        self._found.add(tenant.entra_resource(listed, self._settings))

    def _check_prompts(self, api: ManagementApi) -> None:
        self._found.add(logins.universal_login(api.get("prompts") or {}, strict=self._is_strict))

    def _check_rules(self, api: ManagementApi) -> None:
        found = api.listing("rules", "rules", checkpoint=False, enabled="true", fields="name")
        self._found.add(logins.rules([*found], strict=self._is_strict))

    def _check_hooks(self, api: ManagementApi) -> None:
        query = {"triggerId": "credentials-exchange", "enabled": "true", "fields": "name"}
        found = api.listing("hooks", "hooks", ANY, checkpoint=False, **query)
        self._found.add(logins.hooks([*found], strict=self._is_strict))

    def _check_mfa_policies(self, api: ManagementApi) -> None:
        self._found.add(logins.mfa_policies(api.texts("guardian/policies")))

    @property
    def _is_strict(self) -> bool:
        """Whether MCP clients become strict third-party applications; those of metadata documents always do."""
        ways = self._ways
        return "cimd" in ways or self._found.status("registration_security_mode") != "warn"

    def _check_applications(self, api: ManagementApi) -> None:
        """One listing; where only their number is needed, one page, which tells that as well."""
        page: tuple[list[Object], int] | None = None
        if clients.NAME not in self._found and self._settings is None:
            self._found.skip([clients.NAME], *lacks("read:tenant_settings"))
        elif clients.NAME not in self._found:
            page = [*APPLICATION.list(api, **APPLICATION_QUERY)], 0
            self._found.add(clients.clients(self._choices, Registration.of(self._settings or {}, page[0])))
        if "application_limit" not in self._found:
            first, left = page or next(
                api.pages("clients", "clients", APPLICATION.form, checkpoint=False, **APPLICATION_QUERY)
            )
            self._found.add(tenant.application_limit(first, len(first) + left))

    def _check_network_acls(self, api: ManagementApi) -> None:
        if "network_acl" in self._found:
            return
        if self._found.status("dynamic_client_registration") == "fail":
            self._found.add(skip_after("network_acl", "dynamic_client_registration"))
            return
        self._found.add(tenant.network_acl(api.listing("network-acls", "network_acls", _ACL, checkpoint=False)))

    def _check_roles(self, api: ManagementApi) -> None:
        """Of each role one look-up, or one listing for all, and its permissions."""
        memory, states = Memory(), []
        found: dict[str, Object] = {}
        try:
            for role in self._description.roles:
                one = ROLE.find(api, {"name": role.name, "permissions": []}, memory)
                if one is not None:
                    found[role.name] = one
                permissions = [] if one is None else one["permissions"]
                own = (each for each in permissions if each["resource_server_identifier"] == self._url)
                there = None if one is None else frozenset(each["permission_name"] for each in own)
                states.append(access.RoleState(role, there))
        except PlanError as error:
            self._found.add(access.roles(self._description, [], error))
            return
        self._found.add(access.roles(self._description, states))
        self._check_members(api, found)

    def _check_members(self, api: ManagementApi, found: t.Mapping[str, Object]) -> None:
        """Of the roles that are there."""
        there = [role for role in self._description.roles if role.name in found]
        if not there:
            self._found.add(skip_after("role_members", "roles"))
            return
        try:
            members = [_read_members(api, ROLE.path_of(found[role.name]), role) for role in there]
        except ScopeError as error:
            self._found.skip(["role_members"], *lacks(error.missing[0]))
        except ApiError as error:
            if error.status != 403:
                raise
            # With read:roles, the users of a role can be read.
            scope = "read:group_roles" if "/groups" in (error.request or "") else "read:users"
            self._found.skip(["role_members"], *lacks(scope))
        else:
            self._found.add(access.role_members(members))

    def _check_tools(self) -> None:
        """What the description needs of the API and of the default grant."""
        if not self._description.tools:
            return
        api, grant = self._resource_server, self._grant
        if api is None:
            self._skip_like(["tool_scopes"], "resource_server")
        else:
            self._found.add(access.tool_scopes(self._description, api, self._told))
        if grant is None:
            self._skip_like(["tool_grant"], "client_grant")
        else:
            self._found.add(access.tool_grant(self._description, api, grant))

    def _check_scopes(self) -> None:
        """What was not read is skipped with the reason of what should have told it."""
        if not self._told:
            self._skip_like(_ABOUT_SCOPES, "gateway", "protected_resource_metadata")
            return
        api, grant = self._resource_server, self._grant
        if api is None:
            self._skip_like(_ABOUT_SCOPES, "resource_server")
            return
        self._found.add(scopes.advertised_scopes(self._told, api, grant))
        if grant is None:
            self._skip_like(["granted_scopes"], "client_grant")
        else:
            self._found.add(scopes.granted_scopes(self._told, api, grant))

    def _skip_like(self, names: t.Iterable[str], *prerequisites: str) -> None:
        """Skip with the reason of the first of these findings that was skipped, or because of the one that failed."""
        for found in [self._found[one] for one in prerequisites if self._found.status(one) in ("skip", "fail")][:1]:
            for name in names:
                self._found.add(replace(found, name=name) if found.status == "skip" else skip_after(name, found.name))


_PARTS = ((role_members.NAMING, role_members.USERS), (role_groups.NAMING, role_groups.GROUPS))


def _read_members(api: ManagementApi, path: str, role: Role) -> access.Membership:
    """Of a role without named members and groups one page, which tells whether it has any users."""
    if role.members is None and role.groups is None:
        page, _left = next(api.pages(f"{path}/users", "users", Form(("user_id",)), checkpoint=True))
        return access.Membership(role, empty=not page)
    named = {
        name: [*those] for name, those in (("members", role.members), ("groups", role.groups)) if those is not None
    }
    parts = [(naming, part) for naming, part in _PARTS if naming.option in named]
    there = {part.field: part.read(api, path, (naming.names[0],)) for naming, part in parts}
    found = ROLE_MEMBERS.expand(api, named, there)
    lacking: list[str] = []
    excess: list[str] = []
    for naming, part in parts:
        key, kind = naming.names[0], "" if part is role_members.USERS else "group "
        have = {one[key]: one for one in there[part.field]}
        wanted = {one[key]: one for one in found.wanted[part.field]}
        lacking += [kind + _title(one, naming.names) for identity, one in wanted.items() if identity not in have]
        if role.purge_members if part is role_members.USERS else role.purge_groups:
            names = (name for name in have if name not in wanted)
            excess += [kind + str(have[name].get("name", name)) for name in names]
    return access.Membership(
        role,
        empty=role.members is not None and not any(there.values()),
        lacking=tuple(lacking),
        excess=tuple(excess),
        unresolved=(*found.missing, *found.faults),
    )


def _title(member: Object, names: t.Sequence[str]) -> str:
    """How the user has named a member, who has got an id since."""
    return str(next(member[name] for name in reversed(names) if name in member))


def _try_read(read: t.Callable[[ManagementApi], None], scope: str, api: ManagementApi) -> tuple[str, str] | None:
    """Read; where Auth0 refuses, the reason for a skip, and its remedy. Of a 403, an opaque token tells no scopes."""
    try:
        read(api)
    except (ApiError, UnreachableError) as error:
        is_told = scope in (api.token.scopes or ())
        if error.status == 403 and not is_told:
            return lacks(scope)
        is_optional = scope in _OF_OPTIONAL_SCOPES and error.status not in (None, 401)
        if error.status != 403 and not is_optional:
            raise
        return f"not checked: {error.where} {error.what}".rstrip("."), error.remedy.rstrip(".")
    return None


def lacks(scope: str) -> tuple[str, str]:
    """The reason for a skip, and its remedy."""
    where = "Dashboard: Applications, APIs, Auth0 Management API"
    return f"not checked: the token lacks the scope {scope}", f"grant the application the scope {scope} ({where})"
