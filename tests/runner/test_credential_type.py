# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The credential type for AWX: that AWX takes it, and that jobs log in with what AWX's own code makes of it."""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path

import jinja2
import jinja2.sandbox
import pytest
import yaml
from awx_plugins.interfaces import _temporary_private_container_api as container
from awx_plugins.interfaces._temporary_private_api import ManagedCredentialType
from awx_plugins.interfaces._temporary_private_credential_api import Credential
from awx_plugins.interfaces._temporary_private_inject_api import ENV_BLOCKLIST, inject_credential
from joserfc.jwk import RSAKey
from jsonschema import Draft202012Validator

from ansible_collections.mcp_ops.oauth.plugins.doc_fragments._auth0 import ModuleDocFragment
from ansible_collections.mcp_ops.oauth.plugins.module_utils._options import TENANT_OPTIONS
from tests.integration.harness import ROOT, Tenant
from tests.runner.canary import SECRET, leaks
from tests.runner.guide import file_of
from tests.runner.jobs import prepare, run

FILE = "extensions/awx/credential_type.yml"
TYPE = yaml.safe_load((ROOT / FILE).read_text())
FIELDS = {field["id"]: field for field in TYPE["inputs"]["fields"]}
VARIABLES = TYPE["injectors"]["env"]
# Environment variables of the modules that a credential has no say in: another name for the token, and how to connect.
NOT_INJECTED = {"AUTH0_API_TOKEN", "AUTH0_VALIDATE_CERTS", "AUTH0_TIMEOUT", "AUTH0_RETRY_TIMEOUT"}

NAME = r"^[a-zA-Z_][a-zA-Z0-9_]*$"
TEXT, FLAG = {"type": "string"}, {"type": "boolean"}
TEXT_ONLY = ("choices", "multiline", "format", "secret")


def closed(needs: t.Sequence[str] = (), **properties: t.Any) -> dict[str, t.Any]:
    return {"type": "object", "properties": properties, "required": list(needs), "additionalProperties": False}


def named(pattern: str, value: t.Any) -> dict[str, t.Any]:
    return {"type": "object", "patternProperties": {pattern: value}, "additionalProperties": False}


# What AWX takes as a custom credential type (awx/main/fields.py, models/credential.py), as far as a schema can say it.
SCHEMA = closed(
    ("name", "kind", "inputs", "injectors"),
    name=TEXT,
    description=TEXT,
    kind={"enum": ["cloud", "net"]},
    inputs=closed(
        required={"type": "array", "items": {"enum": list(FIELDS)}},
        fields={
            "type": "array",
            "items": {
                **closed(
                    ("id", "label"),
                    id={"type": "string", "pattern": NAME, "not": {"const": "tower"}},
                    type={"enum": ["string", "boolean"]},
                    format={"enum": ["ssh_private_key", "url"]},
                    choices={"type": "array", "items": TEXT, "minItems": 1, "uniqueItems": True},
                    label=TEXT,
                    help_text=TEXT,
                    multiline=FLAG,
                    secret=FLAG,
                    ask_at_runtime=FLAG,
                ),
                "if": {"properties": {"type": {"const": "boolean"}}, "required": ["type"]},
                "then": {"not": {"anyOf": [{"required": [one]} for one in TEXT_ONLY]}},
            },
        },
    ),
    injectors=closed(
        file=named(r"^template(\.[a-zA-Z_][a-zA-Z0-9_]*)?$", TEXT),
        env={
            **named(NAME, {"type": "string", "pattern": r"^[\x00-\x7F]*$"}),
            "propertyNames": {"not": {"anyOf": [{"pattern": "^ANSIBLE_"}, {"enum": sorted(ENV_BLOCKLIST)}]}},
        },
        extra_vars=named(NAME, TEXT),
    ),
)  # fmt: skip


def faults(credential_type: t.Any) -> list[str]:
    """Why AWX would refuse it: against the schema, a field twice, an injector that names no field or file."""
    found = [error.message for error in Draft202012Validator(SCHEMA).iter_errors(credential_type)]
    ids = [field["id"] for field in credential_type["inputs"]["fields"]]
    found += [f"{one} is there twice" for one in {one for one in ids if ids.count(one) > 1}]
    files = [name.partition(".")[2] for name in credential_type["injectors"].get("file", {})]
    tower = {"filename": dict.fromkeys(files, "example")}
    sandbox = jinja2.sandbox.ImmutableSandboxedEnvironment(undefined=jinja2.StrictUndefined)
    for injectors in credential_type["injectors"].values():
        for template in injectors.values():
            try:
                sandbox.from_string(template).render({**dict.fromkeys(ids, "example"), "tower": tower})
            except jinja2.TemplateError as error:
                found.append(f"{template}: {error}")
    return found


def test_awx_takes_it() -> None:
    assert faults(TYPE) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("kind",), "auth0"),
        (("inputs", "required"), ["tenant"]),
        (("inputs", "fields", 0, "id"), "tower"),
        (("inputs", "fields", 0, "id"), "client_id"),
        (("inputs", "fields", 0, "type"), "text"),
        (("inputs", "fields", 2, "type"), "boolean"),
        (("inputs", "fields", 0, "hidden"), True),
        (("injectors", "env", "AUTH0_DOMAIN"), "{{ tenant }}"),
        (("injectors", "env", "AUTH0_CA_PATH"), "{{ tower.filename.ca }}"),
        (("injectors", "env", "ANSIBLE_CONFIG"), "{{ domain }}"),
        (("injectors", "env", "PATH"), "{{ domain }}"),
        (("injectors", "environment"), {}),
    ],
)
def test_what_awx_would_refuse_is_noticed(path: tuple[str | int, ...], value: t.Any) -> None:
    changed = json.loads(json.dumps(TYPE))
    place = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert faults(changed)


def test_it_injects_what_the_options_document() -> None:
    documented = set(re.findall(r"E\((AUTH0_\w+)\)", ModuleDocFragment.DOCUMENTATION))
    assert set(VARIABLES) | NOT_INJECTED == documented
    assert not set(VARIABLES) & NOT_INJECTED
    choices = FIELDS["client_assertion_signing_alg"]["choices"]
    assert choices == TENANT_OPTIONS["auth_client_assertion_signing_alg"]["choices"]


def test_what_options_hide_is_secret() -> None:
    hidden = {name for option in TENANT_OPTIONS.values() if option.get("no_log") for name in option["fallback"][1]}
    for name, template in VARIABLES.items():
        (field,) = (one for one in FIELDS if re.search(rf"(?<!\.)\b{one}\b", template))
        assert FIELDS[field].get("secret", False) == (name in hidden), name


@pytest.fixture
def inject(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> t.Callable[..., dict[str, t.Any]]:
    """What AWX gives to a job with a credential of this type. Its directory lies where it is, in no container."""
    monkeypatch.setattr(container, "CONTAINER_ROOT", str(tmp_path / "job"))
    credential_type = ManagedCredentialType(
        namespace="auth0", name=TYPE["name"], kind=TYPE["kind"], inputs=TYPE["inputs"], injectors=TYPE["injectors"]
    )

    def make(**inputs: str) -> dict[str, t.Any]:
        assert set(inputs) <= set(FIELDS)
        (tmp_path / "job/env").mkdir(parents=True)
        env: dict[str, t.Any] = {}
        stored: dict[str, t.Any] = {}
        args: list[str] = []
        inject_credential(credential_type, Credential(dict(inputs)), env, stored, args, str(tmp_path / "job"))
        assert args == []
        assert leaks(json.dumps(stored)) == []
        assert "PRIVATE KEY" not in json.dumps(stored)
        return env

    return make


def logins(tenant: Tenant) -> dict[str, dict[str, str]]:
    """How an application can be known -> the inputs for it."""
    key = RSAKey.generate_key(2048)
    public_key = {"credential_type": "public_key", "pem": key.as_pem(private=False).decode(), "alg": "RS256"}
    methods = {"private_key_jwt": {"credentials": [public_key]}}
    signer = tenant.api("POST", "clients", {"name": "signer", "client_authentication_methods": methods})["client_id"]
    audience = f"https://{tenant.domain}/api/v2/"
    grant = {"client_id": signer, "audience": audience, "scope": ["read:tenant_settings"]}
    tenant.api("POST", "client-grants", grant)
    return {
        "secret": {"client_id": tenant.client_id, "client_secret": SECRET, "audience": audience},
        # AWX strips the line end of what people paste.
        "key": {"client_id": signer, "client_assertion_signing_key": key.as_pem(private=True).decode().strip()},
        "token": {"access_token": tenant.token()},
        "wrong secret": {"client_id": tenant.client_id, "client_secret": f"{SECRET}x"},
        "nothing": {},
    }


READ = [{"hosts": "localhost", "gather_facts": False, "tasks": [{"mcp_ops.oauth.auth0_tenant_info": {}}]}]


@pytest.mark.parametrize(
    ("login", "fails"),
    [
        ("secret", ""),
        ("key", ""),
        ("token", ""),
        ("wrong secret", "Auth0 refused the credentials."),
        ("nothing", "No credentials for the tenant."),
    ],
)
def test_jobs_log_in(
    tenant: Tenant, tmp_path: Path, env: dict[str, str], inject: t.Any, login: str, fails: str
) -> None:
    inputs = logins(tenant)[login]
    injected = inject(domain=tenant.domain, ca_certificates=Path(tenant.ca_path).read_text(), **inputs)
    assert set(injected) == set(VARIABLES)
    folder = prepare(tmp_path / "job", {"env/envvars": injected, "project/read.yml": READ})
    job = run(folder, env, "-vvvv", playbook="read.yml")
    assert (job.rc, fails in job.printed) == (2 if fails else 0, True), job.printed
    assert {"env/envvars", "artifacts/job/command"} >= set(job.leaks())
    assert "PRIVATE KEY" not in job.printed


def test_without_authorities_the_default_ones_are_trusted(inject: t.Any) -> None:
    assert inject(domain="tenant.eu.auth0.com")["AUTH0_CA_PATH"] == ""


def test_the_play_of_the_page_gives_awx_the_file_as_it_is(tmp_path: Path, env: dict[str, str]) -> None:
    """What the injectors have in braces is for AWX, not for Ansible."""
    (play,) = file_of("awx.yml")
    (task,) = (one for one in play["tasks"] if "awx.awx.credential_type" in one)
    given = task["awx.awx.credential_type"]
    copy = {"content": "{{ given | to_json }}", "dest": str(tmp_path / "given.json"), "mode": "0600"}
    tasks = [{"ansible.builtin.copy": copy, "vars": {"given": given}, "check_mode": False}]
    play = {
        **play,
        "tasks": tasks,
        "vars": {**play["vars"], "ansible_python_interpreter": "{{ ansible_playbook_python }}"},
    }
    job = run(prepare(tmp_path / "job", {"project/awx.yml": [play]}), env, playbook="awx.yml")
    assert job.rc == 0, job.printed
    assert json.loads((tmp_path / "given.json").read_text()) == TYPE
