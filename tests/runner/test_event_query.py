# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What Automation Controller counts as indirectly managed nodes, from the events of real jobs."""

from __future__ import annotations

import typing as t
from pathlib import Path

import jq
import pytest
import yaml

from tests.integration.harness import DATABASE, ROOT, Tenant
from tests.runner.canary import SECRET
from tests.runner.conftest import URL
from tests.runner.jobs import Job, prepare, run

FILE = "extensions/audit/event_query.yml"
QUERIES = yaml.safe_load((ROOT / FILE).read_text())
API = {"infra_type": "SaaS", "infra_bucket": "Identity", "device_type": "API"}
APPLICATION = {**API, "device_type": "Application"}


def scalars(value: t.Any) -> t.Iterator[t.Any]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    if inner is None:
        yield value
    else:
        for one in inner:
            yield from scalars(one)


def count(job: Job) -> list[dict[str, t.Any]]:
    """The nodes, as the controller counts them (awx/main/tasks/host_indirect.py).

    It takes each event with a result and a module's full name, and each object of the query once for its canonical
    facts. A query that fails, or facts with a null, would lose the count.
    """
    nodes: dict[str, dict[str, t.Any]] = {}
    for event in job.events():
        data = event.get("event_data", {})
        query = QUERIES.get(data.get("resolved_action", ""))
        if "res" in data and query:
            for node in jq.compile(query["query"]).input_value(data["res"]).all():
                assert set(node) == {"name", "canonical_facts", "facts"}
                assert all(isinstance(value, str) for value in scalars(node))
                nodes.setdefault(str(node["canonical_facts"]), node)
    return list(nodes.values())


def task(module: str, **options: t.Any) -> dict[str, t.Any]:
    keywords: dict[str, t.Any] = {
        name: options.pop(name) for name in ("loop", "check_mode", "register") if name in options
    }
    return {f"mcp_ops.oauth.{module}": options, "ignore_errors": True, **keywords}


@pytest.fixture
def play(tenant: Tenant, tmp_path: Path, env: dict[str, str]) -> t.Callable[..., Job]:
    variables = {
        "auth0_domain": tenant.domain,
        "auth0_ca_path": tenant.ca_path,
        "auth0_client_id": tenant.client_id,
        "auth0_client_secret": SECRET,
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
    }

    def play(*tasks: t.Any) -> Job:
        plays = [{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]
        files = {"env/extravars": variables, "project/play.yml": plays}
        return run(prepare(tmp_path / "job", files), env, playbook="play.yml")

    return play


def test_apis_and_applications_are_counted(play: t.Any, tenant: Tenant) -> None:
    """Once each, as created, unchanged or changed, in a loop or not."""
    job = play(
        task("auth0_resource_server", identifier=URL, name="orders"),
        task("auth0_resource_server", identifier=URL, name="orders"),
        task("auth0_resource_server", identifier="{{ item }}", signing_secret="{{ auth0_client_secret }}",
             signing_alg="HS256", loop=["https://one.example.com/mcp", "https://two.example.com/mcp"]),
        task("auth0_client", name="VS Code", app_type="native"),
    )  # fmt: skip
    assert job.rc == 0, job.printed
    apis = {one["identifier"]: one for one in tenant.api("GET", "resource-servers") if not one.get("is_system")}
    (application,) = (one for one in tenant.api("GET", "clients") if one["name"] == "VS Code")
    identifiers = (URL, "https://one.example.com/mcp", "https://two.example.com/mcp")
    assert count(job) == [
        *(
            {"name": one, "canonical_facts": {"resource_server_id": apis[one]["id"]}, "facts": API}
            for one in identifiers
        ),
        {"name": "VS Code", "canonical_facts": {"client_id": application["client_id"]}, "facts": APPLICATION},
    ]


def test_nothing_else_is_counted(play: t.Any, tenant: Tenant) -> None:
    """What is only read, planned, refused, skipped, deleted or part of the tenant."""
    tenant.api("POST", "resource-servers", {"identifier": URL, "name": "orders"})
    job = play(
        task("auth0_access_token", register="login"),
        task("auth0_resource_server_info"),
        task("auth0_client_info"),
        task("auth0_tenant_info"),
        task("auth0_resource_server", identifier="https://new.example.com/mcp", check_mode=True),
        task("auth0_client", name="new", app_type="native", check_mode=True),
        task("auth0_resource_server", identifier=URL, signing_alg="none"),
        task("auth0_resource_server", identifier=URL, loop=[]),
        task("auth0_tenant_settings", resource_parameter_profile="compatibility"),
        task("auth0_tenant_flags", flags={"enable_dynamic_client_registration": True}),
        task("auth0_connection_domain", name=DATABASE),
        task("auth0_role", name="Tool User"),
        task("auth0_role_members", name="Tool User", members=[]),
        task("auth0_client_grant", audience=URL, subject_type="user", scope=[], default_for="third_party_clients"),
        task("zuplo_mcp_oauth", issuer_domain="tenant.eu.auth0.com", mcp_server_url=URL),
        task("auth0_resource_server", identifier=URL, state="absent"),
    )
    assert job.rc == 0, job.printed
    failed = [event["event_data"]["resolved_action"] for event in job.events("runner_on_failed")]
    assert failed == ["mcp_ops.oauth.auth0_resource_server"], job.printed
    assert count(job) == []


def test_an_application_of_a_metadata_document_is_counted(play: t.Any, tenant: Tenant) -> None:
    url = f"https://{tenant.domain}/documents/client.json"
    document = {
        "client_id": url,
        "client_name": "Example client",
        "redirect_uris": ["https://client.example.com/callback"],
        "grant_types": ["authorization_code"],
        "token_endpoint_auth_method": "none",
    }
    tenant.call("PUT", "/_emulator/documents/client.json", document)
    job = play(task("auth0_cimd_client", external_client_id=url))
    assert job.rc == 0
    assert not job.events("runner_on_failed"), job.printed
    (made,) = (one for one in tenant.api("GET", "clients") if one["name"] == "Example client")
    facts = {"client_id": made["client_id"]}
    assert count(job) == [{"name": "Example client", "canonical_facts": facts, "facts": APPLICATION}]


def test_the_package_has_it_where_the_controller_looks(collections: Path) -> None:
    installed = collections / "ansible_collections/mcp_ops/oauth" / FILE
    assert yaml.safe_load(installed.read_text()) == QUERIES
    assert [name for name in QUERIES if not (ROOT / f"plugins/modules/{name.split('.')[2]}.py").is_file()] == []
