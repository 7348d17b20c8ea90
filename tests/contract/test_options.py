# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Our options and request bodies against the official Python SDK and the published API description."""

from __future__ import annotations

import inspect
import json
import typing as t
from pathlib import Path

import pydantic
import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from auth0.management.connections.client import ConnectionsClient
from auth0.management.resource_servers.client import ResourceServersClient
from auth0.management.tenants.settings.client import SettingsClient
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from ansible_collections.mcp_ops.oauth.plugins.module_utils import _module, _plan
from ansible_collections.mcp_ops.oauth.plugins.module_utils._kinds import connection, tenant
from ansible_collections.mcp_ops.oauth.plugins.modules import auth0_resource_server, auth0_tenant_flags

Spec = dict[str, t.Any]

OPENAPI = Path(__file__).resolve().parents[2].parent / "shared" / "reference" / "auth0-openapi-subset.json"

# What the SDK can write and we cannot, and the other way round; each with its reason.
LACKING = {
    "resource_server.access_token": "for tokens of anonymous sessions; the name is that of a connection option",
}
EXTRA = {
    "resource_server.token_lifetime_for_web": "accepted live (TestAccResourceServer, terraform-provider-auth0)",
    "tenant.flags.use_scope_descriptions_for_consent": "accepted live (TestAccTenant_Main, terraform-provider-auth0)",
}
# In the SDK (6.8.0) but not yet in the description of May 2026.
NEWER = {
    "allow_online_access_with_ephemeral_sessions",
    "require_consent_non_repudiation",
    "token_lifetime_for_anonymous_access_tokens",
    "token_lifetime_for_web",
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


def test_no_writable_field_is_missing() -> None:
    own = {"state", "purge_scopes"}
    api = {name: spec for name, spec in auth0_resource_server.MODULE.options.items() if name not in own}
    fields = {**parameters(ResourceServersClient.update), **parameters(ResourceServersClient.create)}
    lacking, extra = differences(api, fields, "resource_server")
    flags = {"flags": parameters(SettingsClient.update)["flags"]}
    more_lacking, more_extra = differences(auth0_tenant_flags.MODULE.options, flags, "tenant")
    assert lacking | more_lacking == set(LACKING)
    assert extra | more_extra == set(EXTRA)
    assert "is_domain_connection" in parameters(ConnectionsClient.update)


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
        return st.lists(values({**spec, "type": spec["elements"]}, limits, path), max_size=3)
    if kind == "dict":
        return given_options(spec["options"], limits, path) if "options" in spec else st.just({"type": "payment"})
    lowest, highest = limits.get(path, (0, 20))
    return st.text("ab<>/:", min_size=lowest, max_size=min(highest, lowest + 3))


def given_options(options: Spec, limits: t.Mapping[str, tuple[int, int]], path: str = "") -> st.SearchStrategy[t.Any]:
    each = {name: values(spec, limits, f"{path}.{name}" if path else name) for name, spec in options.items()}
    required = {name: each.pop(name) for name, spec in options.items() if spec.get("required")}
    return st.fixed_dictionaries(required, optional=each)


@pytest.fixture(scope="module")
def schemas() -> dict[str, t.Any]:
    if not OPENAPI.exists():
        pytest.skip("the published API description is not beside the checkout")
    return dict(json.loads(OPENAPI.read_text(encoding="utf-8")))


def faults(body: t.Any, schema: str, description: dict[str, t.Any]) -> list[str]:
    reference = {"$ref": f"#/components/schemas/{schema}", "components": description["components"]}
    return [error.message for error in Draft202012Validator(reference).iter_errors(body)]


def accepted(body: dict[str, t.Any], method: t.Callable[..., t.Any]) -> None:
    """Raises where the SDK's types would not take a field of the body."""
    for name, annotation in parameters(method).items():
        if name in body:
            pydantic.TypeAdapter(annotation).validate_python(body[name])


def wanted_of(module: t.Any, params: dict[str, t.Any]) -> dict[str, t.Any] | None:
    """The user's values as the module would see them; None where it would refuse them."""
    result = ArgumentSpecValidator(dict(module.MODULE.options), **module.MODULE.rules).validate(params)
    if result.error_messages:
        return None
    own = ("state", "purge_scopes")
    wanted = {
        key: value
        for key, value in _module.given(module.MODULE.options, result.validated_parameters).items()
        if key not in own
    }
    try:
        _plan.check(module.RESOURCE.shape, wanted)
    except _plan.PlanError:
        return None
    return wanted


API_OPTIONS = given_options(auth0_resource_server.MODULE.options, auth0_resource_server.RESOURCE.shape.limits)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)
@given(API_OPTIONS, st.booleans())
def test_bodies_for_a_resource_server(schemas: dict[str, t.Any], params: dict[str, t.Any], exists: bool) -> None:
    wanted = wanted_of(auth0_resource_server, params)
    assume(wanted is not None)
    assert wanted is not None
    actual = {"identifier": wanted["identifier"], "id": "1", "scopes": [{"value": "there"}]} if exists else None
    plan = _plan.make_plan(auth0_resource_server.RESOURCE.shape, wanted, actual)
    assume(auth0_resource_server.RESOURCE.guard(actual or {}, plan) is None)
    accepted(plan.body, ResourceServersClient.update if exists else ResourceServersClient.create)
    body = {key: value for key, value in plan.body.items() if key not in NEWER}
    body.get("subject_type_authorization", {}).pop("anonymous_user", None)
    assert faults(body, f"{'Update' if exists else 'Create'}ResourceServerRequestContent", schemas) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.dictionaries(st.sampled_from(tenant.NAMES), st.booleans()))
def test_bodies_for_tenant_flags(schemas: dict[str, t.Any], flags: dict[str, bool]) -> None:
    for read_only in ("allow_changing_enable_sso", "disable_impersonation"):
        flags.pop(read_only, None)
    body = _plan.make_plan(tenant.FLAGS.shape, {"flags": flags}, {"flags": {}}).body
    if body:
        accepted(body, SettingsClient.update)
        newer = ("use_scope_descriptions_for_consent", "local_resource_discovery")
        known = {"flags": {key: value for key, value in body["flags"].items() if key not in newer}}
        assert faults(known, "UpdateTenantSettingsRequestContent", schemas) == []


@pytest.mark.parametrize("promoted", [True, False])
def test_bodies_for_a_connection(schemas: dict[str, t.Any], promoted: bool) -> None:
    actual = {"id": "con_1", "name": "a", "is_domain_connection": not promoted}
    plan = _plan.make_plan(connection.DOMAIN.shape, {"name": "a", "is_domain_connection": promoted}, actual)
    assert plan.body == {"is_domain_connection": promoted}
    accepted(plan.body, ConnectionsClient.update)
    assert faults(plan.body, "UpdateConnectionRequestContent", schemas) == []
