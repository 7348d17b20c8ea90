# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Our options and request bodies against the official Python SDK and the published API description."""

from __future__ import annotations

import inspect
import typing as t
from dataclasses import dataclass, field

import pydantic
import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from auth0.management.client_grants.client import ClientGrantsClient
from auth0.management.clients.client import ClientsClient
from auth0.management.connections.client import ConnectionsClient
from auth0.management.resource_servers.client import ResourceServersClient
from auth0.management.roles.client import RolesClient
from auth0.management.tenants.settings.client import SettingsClient
from hypothesis import HealthCheck, assume, given, reject, settings
from hypothesis import strategies as st

from ansible_collections.mcp_ops.oauth.plugins.module_utils import _options
from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0 import plan as planning
from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.kinds import (
    application,
    client_grant,
    connection,
    resource_server,
    role,
    tenant,
)
from ansible_collections.mcp_ops.oauth.plugins.module_utils._errors import PlanError
from ansible_collections.mcp_ops.oauth.plugins.module_utils._modules import (
    auth0_client_grant,
    auth0_resource_server,
    auth0_tenant_settings,
)
from emulator import schemas

Spec = dict[str, t.Any]

# What the SDK can write and we cannot, each with its reason.
CREDENTIALS = "credentials have endpoints of their own"
ELSEWHERE = "an enterprise or early-access feature apart from the OAuth of MCP servers"
LEGACY = "legacy, or another name of a field that is there"
ANONYMOUS = "claims of anonymous sessions, early access"
LACKING = {
    "resource_server.access_token": ANONYMOUS,
    "tenant.access_token": ANONYMOUS,
    "tenant.sessions.anonymous": ANONYMOUS,
    "connection.enabled_clients": "deprecated in favour of clients",
    "client.client_authentication_methods": CREDENTIALS,
    "client.signed_request_object": CREDENTIALS,
    "client.token_vault_privileged_access": CREDENTIALS,
    "client.encryption_key": LEGACY,
    "role.type": "roles of an organization, early access",
    "role.owner_id": "roles of an organization, early access",
    "client.form_template": LEGACY,
    "client.custom_login_page_preview": LEGACY,
    "client.oidc_backchannel_logout": LEGACY,
    "client.express_configuration": ELSEWHERE,
    "client.my_organization_configuration": ELSEWHERE,
    "client.b_2_b_integration_configuration": ELSEWHERE,
    "client.async_approval_notification_channels": ELSEWHERE,
    "client.anonymous_sessions": ELSEWHERE,
    "client.enforce_anon_session_transfer_network_binding": ELSEWHERE,
    "client.identity_assertion_authorization_grant": ELSEWHERE,
    "client.fedcm_login": ELSEWHERE,
    "client.oidc_support": ELSEWHERE,
}
# What we can write and the SDK cannot, likewise.
EXTRA = {
    "resource_server.token_lifetime_for_web": "accepted live (TestAccResourceServer, terraform-provider-auth0)",
    "tenant.flags.use_scope_descriptions_for_consent": "accepted live (TestAccTenant_Main, terraform-provider-auth0)",
    "connection.id": "the path of an update",
    "connection.clients": "a path of its own",
    "client.client_id": "the path of an update",
    "role.id": "the path of an update",
    "role.permissions": "a path of its own",
}


def model_of(annotation: t.Any) -> type[pydantic.BaseModel] | None:
    """The model inside `Optional[Sequence[Model]]` and the like."""
    if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel):
        return annotation
    return next(filter(None, map(model_of, t.get_args(annotation))), None)


def parameters(method: t.Callable[..., t.Any]) -> dict[str, t.Any]:
    """The body fields of an SDK method, with their types."""
    hints = t.get_type_hints(method)
    names = inspect.signature(method).parameters
    return {name: hints[name] for name in names if name not in ("self", "id", "request_options")}


def differences(options: Spec, fields: dict[str, t.Any], path: str) -> tuple[set[str], set[str]]:
    """Paths that only the SDK has, and that only we have."""
    lacking = {f"{path}.{name}" for name in set(fields) - set(options)}
    extra = {f"{path}.{name}" for name in set(options) - set(fields)}
    for name in set(fields) & set(options):
        model = model_of(fields[name])
        if model and "options" in options[name]:
            inner = {field.alias or key: field.annotation for key, field in model.model_fields.items()}
            more_lacking, more_extra = differences(options[name]["options"], inner, f"{path}.{name}")
            lacking |= more_lacking
            extra |= more_extra
    return lacking, extra


WRITTEN: dict[str, tuple[Spec, list[t.Callable[..., t.Any]]]] = {
    "resource_server": (resource_server.FIELDS, [ResourceServersClient.update, ResourceServersClient.create]),
    "tenant": ({**tenant.FIELDS, **tenant.FLAG_OPTIONS}, [SettingsClient.update]),
    "connection": (connection.FIELDS, [ConnectionsClient.update, ConnectionsClient.create]),
    "client_grant": (client_grant.FIELDS, [ClientGrantsClient.update, ClientGrantsClient.create]),
    "client": (application.FIELDS, [ClientsClient.update, ClientsClient.create]),
    "role": (role.FIELDS, [RolesClient.update, RolesClient.create]),
}


def test_no_writable_field_is_missing() -> None:
    lacking, extra = set(), set()
    for name, (options, methods) in WRITTEN.items():
        fields = {key: kind for method in methods for key, kind in parameters(method).items()}
        more_lacking, more_extra = differences(options, fields, name)
        lacking |= more_lacking
        extra |= more_extra
    assert lacking == set(LACKING)
    assert extra == set(EXTRA)


# Values that the SDK can write and we do not offer, and the other way round; each with its reason.
FEWER_CHOICES = {"client_grant.subject_type: anonymous_user": ANONYMOUS}
MORE_CHOICES: dict[str, str] = {}


def literals(annotation: t.Any) -> set[str]:
    """The texts that a type names; empty where it takes any."""
    if t.get_origin(annotation) is t.Literal:
        return set(t.get_args(annotation))
    return {text for inner in t.get_args(annotation) for text in literals(inner)}


def choices(options: Spec, fields: dict[str, t.Any], path: str) -> t.Iterator[tuple[str, set[str], set[str]]]:
    """(path, our values, the SDK's values) of every option with choices, at any depth."""
    for name in set(fields) & set(options):
        model = model_of(fields[name])
        if model and "options" in options[name]:
            inner = {field.alias or key: field.annotation for key, field in model.model_fields.items()}
            yield from choices(options[name]["options"], inner, f"{path}.{name}")
        elif "choices" in options[name]:
            # The empty text stands for null.
            yield f"{path}.{name}", set(options[name]["choices"]) - {""}, literals(fields[name])


def test_choices_are_those_of_the_sdk() -> None:
    fewer, more, compared = set(), set(), set()
    for name, (options, methods) in WRITTEN.items():
        for path, ours, theirs in choices(options, {k: v for m in methods for k, v in parameters(m).items()}, name):
            if theirs:
                compared.add(path)
                fewer |= {f"{path}: {value}" for value in theirs - ours}
                more |= {f"{path}: {value}" for value in ours - theirs}
    assert {"client.app_type", "client.refresh_token.rotation_type", "resource_server.signing_alg"} <= compared
    assert fewer == set(FEWER_CHOICES)
    assert more == set(MORE_CHOICES)


# Texts of a form that random ones would not have.
TEXTS = {
    "default_redirection_uri": ["https://example.com/", ""],
    "error_page.url": ["https://example.com/error", ""],
    "picture_url": ["https://example.com/logo.png", ""],
    "support_email": ["help@example.com", ""],
    "support_url": ["https://example.com/help", ""],
    "country_codes.list": ["DE", "FR"],
    "strategy": ["auth0", "oidc", "samlp"],
    "name": ["a", "b-c"],
    "enabled_locales": ["en", "de", "pt-BR"],
    "logo_uri": ["https://example.com/logo.png"],
    "initiate_login_uri": ["https://example.com/login"],
    "organization_discovery_methods": ["email"],
    "oidc_logout.backchannel_logout_initiators.selected_initiators": ["rp-logout", "idp-logout"],
}


# Dictionaries without sub-options whose content the SDK knows.
FREE: dict[str, Spec] = {
    "authorization_details": {"type": "payment"},
    "options": {},
    "security_headers": {"x_xss_protection": {"enabled": True}},
    "addons": {},
    "mobile": {"ios": {"team_id": "a", "app_bundle_identifier": "b"}},
    "native_social_login": {"apple": {"enabled": True}},
    "session_transfer": {"can_create_session_transfer_token": True},
    "jwt_configuration.scopes": {},
}


def values(spec: Spec, limits: t.Mapping[str, tuple[int, int]], path: str = "") -> st.SearchStrategy[t.Any]:
    """What a user can give for one option."""
    kind = spec.get("type")
    if "choices" in spec:
        return st.sampled_from(spec["choices"])
    if kind == "bool":
        return st.booleans()
    if kind == "int":
        return st.integers(*limits[path]) if path in limits else st.integers(0, 10)
    if kind == "list":
        member = path if spec["elements"] == "dict" or path in TEXTS else f"{path}[]"
        return st.lists(values({**spec, "type": spec["elements"]}, limits, member), max_size=3)
    if kind == "dict":
        return (
            given_options(spec["options"], limits, path) if "options" in spec else st.just(FREE.get(path, {"a": "b"}))
        )
    if path in TEXTS:
        return st.sampled_from(TEXTS[path])
    lowest, highest = limits.get(path, (0, 20))
    return st.text("ab<>/:", min_size=lowest, max_size=min(highest, lowest + 3))


def given_options(options: Spec, limits: t.Mapping[str, tuple[int, int]], path: str = "") -> st.SearchStrategy[t.Any]:
    each = {name: values(spec, limits, f"{path}.{name}" if path else name) for name, spec in options.items()}
    required = {name: each.pop(name) for name, spec in options.items() if spec.get("required")}
    return st.fixed_dictionaries(required, optional=each)


def faults(body: t.Any, operation: str) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in schemas.request(operation).iter_errors(body)]


def accepted(body: dict[str, t.Any], method: t.Callable[..., t.Any]) -> None:
    """Raises where the SDK's types would not take a field of the body."""
    for name, annotation in parameters(method).items():
        if name in body:
            pydantic.TypeAdapter(annotation).validate_python(body[name])


@dataclass(frozen=True)
class Kind:
    """What a module writes: its fields, how, and with which methods of the SDK and which published bodies."""

    fields: Spec
    resource: t.Any
    update: t.Callable[..., t.Any]
    update_request: str
    create: t.Callable[..., t.Any] | None = None
    create_request: str = ""
    rules: t.Mapping[str, t.Any] = field(default_factory=dict)
    there: t.Mapping[str, t.Any] = field(default_factory=dict)
    """What an object has that exists already, besides its key."""

    def wanted(self, params: dict[str, t.Any]) -> dict[str, t.Any] | None:
        """The user's values as the module would see them; None where it would refuse them."""
        result = ArgumentSpecValidator(self.fields, **self.rules).validate(params)
        if result.error_messages:
            return None
        wanted: dict[str, t.Any] = _options.select_fields(self.fields, result.validated_parameters)
        return None if self.resource.find_faults(wanted) else wanted


API = Kind(
    resource_server.FIELDS,
    resource_server.RESOURCE_SERVER,
    ResourceServersClient.update,
    "UpdateResourceServer",
    ResourceServersClient.create,
    "CreateResourceServer",
    auth0_resource_server.MODULE.rules,
    {"scopes": [{"value": "there"}]},
)
KINDS = {
    "resource_server": API,
    "tenant": Kind(
        {name: spec for name, spec in tenant.FIELDS.items() if name != tenant.PROMPT},
        tenant.SETTINGS,
        SettingsClient.update,
        "UpdateTenantSettings",
        rules={"mutually_exclusive": auth0_tenant_settings.MODULE.rules["mutually_exclusive"]},
    ),
    "connection": Kind(
        {name: spec for name, spec in connection.FIELDS.items() if name not in ("id", "clients")},
        connection.CONNECTION,
        ConnectionsClient.update,
        "UpdateConnection",
        ConnectionsClient.create,
        "CreateConnection",
        {"required_together": [["name", "strategy"]], "required_one_of": [["name"]]},
    ),
    "client_grant": Kind(
        client_grant.FIELDS,
        client_grant.CLIENT_GRANT,
        ClientGrantsClient.update,
        "UpdateClientGrant",
        ClientGrantsClient.create,
        "CreateClientGrant",
        {
            **auth0_client_grant.MODULE.rules,
            "mutually_exclusive": [["client_id", "default_for"], ["scope", "allow_all_scopes"]],
        },
    ),
    "client": Kind(
        {name: spec for name, spec in application.FIELDS.items() if name not in ("client_id", "client_secret")},
        application.APPLICATION,
        ClientsClient.update,
        "UpdateClient",
        ClientsClient.create,
        "CreateClient",
        {"required_one_of": [["name"]]},
    ),
}


def keys_of(kind: Kind, wanted: dict[str, t.Any]) -> dict[str, t.Any]:
    """An object that exists, as far as the user's values name it and it can never change."""
    fixed = {*kind.resource.keys, *kind.resource.shape.immutable}
    return {"id": "1", "client_id": "1", **kind.there, **{key: wanted[key] for key in fixed if key in wanted}}


@pytest.mark.parametrize("name", KINDS)
@settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=200)
@given(data=st.data(), exists=st.booleans())
def test_bodies(name: str, data: st.DataObject, exists: bool) -> None:
    kind = KINDS[name]
    wanted = kind.wanted(data.draw(given_options(kind.fields, kind.resource.shape.limits)))
    assume(wanted is not None)
    assert wanted is not None
    exists = exists or kind.create is None
    actual = keys_of(kind, wanted) if exists else None
    try:
        plan = planning.make_plan(kind.resource.shape, wanted, actual)
    except PlanError:
        reject()
    assume(plan.body and kind.resource.guard(actual or {}, plan) is None)
    accepted(plan.body, kind.update if exists or kind.create is None else kind.create)
    assert faults(plan.body, kind.update_request if exists else kind.create_request) == []


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(tenant.NAMES), st.booleans()))
def test_bodies_for_tenant_flags(flags: dict[str, bool]) -> None:
    for read_only in ("allow_changing_enable_sso", "disable_impersonation"):
        flags.pop(read_only, None)
    body = planning.make_plan(tenant.FLAGS.shape, {"flags": flags}, {"flags": {}}).body
    if body:
        accepted(body, SettingsClient.update)
        assert faults(body, "UpdateTenantSettings") == []


@pytest.mark.parametrize("promoted", [True, False])
def test_bodies_for_a_connection(promoted: bool) -> None:
    actual = {"id": "con_1", "name": "a", "is_domain_connection": not promoted}
    plan = planning.make_plan(
        connection.CONNECTION_DOMAIN.shape, {"name": "a", "is_domain_connection": promoted}, actual
    )
    assert plan.body == {"is_domain_connection": promoted}
    accepted(plan.body, ConnectionsClient.update)
    assert faults(plan.body, "UpdateConnection") == []
