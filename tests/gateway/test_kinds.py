# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Kinds of MCP servers before a run, after it, and after `absent`: on the real gateway, with a real client."""

from __future__ import annotations

import re
import shutil
import threading
import typing as t
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests

from tests.gateway.clients import Client, python, typescript
from tests.gateway.conftest import PLAYBOOK, Gateways, Site, initialize
from tests.gateway.gateway import Report, build, lint
from tests.gateway.kinds import ACCEPTED, KINDS, PROMPT, REFUSED, REFUSED_KINDS, RESOURCE, TOOL, WORKS, create_kinds
from tests.gateway.seen import ClientFailed
from tests.integration.harness import Run, content, task


def send(url: str, method: str, token: str | None = None, **params: t.Any) -> t.Any:
    """The result of one MCP request, or the HTTP status where it is refused."""
    headers = {"Accept": "application/json, text/event-stream"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    response = requests.post(url, json=request, headers=headers, timeout=10)
    return response.json()["result"] if response.status_code == 200 else response.status_code


def names(url: str, of: str, token: str | None = None) -> list[str]:
    """Of the tools, prompts or resources that an MCP server lists."""
    return [one["name"] for one in send(url, f"{of}/list", token)[of]]


def outcome(url: str, ca_path: str, client: Client = python) -> str:
    """WORKS, or what the tool answered instead, or the client's words of failure."""
    try:
        seen = client(url, ca_path)
    except ClientFailed as error:
        return str(error)
    assert seen.tools == [TOOL]
    return WORKS if seen.answer == '{"greeting":"Hello, MCP!"}' else f"answered: {seen.answer}"


def sources(project: Path) -> dict[str, bytes]:
    """All that belongs to the project, and not to the gateway."""
    found = {name: content(project / name) for name in ("config", "modules")}
    return {f"{folder}/{name}": data for folder, files in found.items() for name, data in files.items()}


def errors(report: Report) -> list[tuple[str, str]]:
    """What the linter complains of, without the places in the files."""
    return sorted((one["ruleId"], one["message"]) for one in report.violations if one["severity"] == "error")


class Tenancy:
    """The APIs of several MCP servers in the tenant of the site, and its tokens for them."""

    def __init__(self, site: Site, urls: t.Iterable[str]) -> None:
        site.restore()
        self._tenant = site.tenant
        token = site.tenant.token()
        for url in urls:
            api = {"identifier": url, "token_dialect": "rfc9068_profile", "allow_offline_access": True}
            site.tenant.call("POST", "/api/v2/resource-servers", api, token=token)
            grant = {"audience": url, "scope": []}
            third_party = {**grant, "default_for": "third_party_clients", "subject_type": "user"}
            machine = {**grant, "client_id": site.tenant.client_id, "subject_type": "client"}
            for body in (third_party, machine):
                site.tenant.call("POST", "/api/v2/client-grants", body, token=token)
        self._state = site.tenant.call("GET", "/_emulator/state")

    def restore(self) -> None:
        self._tenant.call("POST", "/_emulator/reset")
        self._tenant.call("PUT", "/_emulator/state", self._state)

    def token(self, url: str) -> str:
        form = {"grant_type": "client_credentials", "audience": url}
        form |= {"client_id": self._tenant.client_id, "client_secret": self._tenant.client_secret}
        return str(self._tenant.call("POST", "/oauth/token", form)["access_token"])


def replace_all(project: Path, source: Path) -> None:
    """Make one project out of another."""
    shutil.rmtree(project)
    shutil.copytree(source, project, ignore=shutil.ignore_patterns("node_modules", ".zuplo", "dist"))


@dataclass
class Town:
    """The project with all kinds: as it was, and as the runs have left it."""

    site: Site
    tenancy: Tenancy
    urls: dict[str, str]
    before: Path
    after: Path

    def present(self, name: str, project: Path, **options: t.Any) -> dict[str, t.Any]:
        given = {**KINDS[name].options, **policy_of(name), **options}
        return task("zuplo_mcp_oauth", name, mcp_server_url=self.urls[name], project_dir=str(project), **given)


def policy_of(name: str) -> dict[str, str]:
    """The option of a run for a kind whose MCP route has no Auth0 policy, but for the first, which gets the default."""
    kind = KINDS[name]
    own = name == "several-methods" or {"group", "anybody", "variable"}.intersection(kind.inbound)
    return {} if own else {"policy_name": f"{name}-inbound"}


class KnowsNoKey(BaseHTTPRequestHandler):
    """What the gateway asks about API keys; it knows none."""

    def do_POST(self) -> None:
        answer = b'{"authorized": false}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: t.Any) -> None:
        pass


@pytest.fixture(scope="module")
def key_service() -> t.Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), KnowsNoKey) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def town(site: Site, key_service: str) -> Town:
    urls = {name: f"{site.url.removesuffix('/mcp')}/{name}" for name in KINDS}
    before = create_kinds(site.folder / "kinds", site.tenant.domain, urls, key_service)
    after = site.folder / "kinds-after"
    after.mkdir()
    replace_all(after, before)
    return Town(site, Tenancy(site, urls.values()), urls, before, after)


@pytest.fixture(scope="module")
def as_it_was(town: Town) -> t.Callable[[Path], None]:
    return partial(replace_all, source=town.before)


@pytest.fixture(scope="module")
def as_it_is(town: Town, first: Run) -> t.Callable[[Path], None]:
    return partial(replace_all, source=town.after)


@pytest.fixture(scope="module")
def first(town: Town) -> Run:
    """The run for all kinds that are not refused."""
    return town.site.play([town.present(name, town.after) for name in ACCEPTED])


@pytest.fixture(scope="module")
def checked(town: Town, gateways: Gateways, as_it_is: t.Callable[[Path], None]) -> Run:
    """A check of each of them, with the gateway as it is then."""
    gateway = gateways.open(as_it_is)
    options: dict[str, t.Any] = {"project_dir": str(gateway.project), "gateway_deployed": True}
    options["fail_on_findings"] = False
    return town.site.play(
        [task("mcp_oauth_check", name, mcp_server_url=town.urls[name], **options) for name in ACCEPTED]
    )


def refused(site: Site, project: Path, **variables: t.Any) -> str:
    """What the playbook says, which has written nothing, in the project or in the tenant."""
    before, state = content(project), site.tenant.call("GET", "/_emulator/state")
    run = site.play(PLAYBOOK, mcp_zuplo_project_dir=str(project), **variables)
    assert run.rc != 0
    assert run.changed == []
    assert [step.writes for step in run.steps if step.writes] == []
    assert content(project) == before
    assert site.tenant.call("GET", "/_emulator/state") == state
    (failed,) = [step for step in run.steps if step.status == "failed"]
    return str(failed.result["msg"])


# -- before the run ---------------------------------------------------------------------------------------------------


def test_it_builds_before(town: Town) -> None:
    built = build(town.before)
    assert built.rc == 0, built.output


@pytest.mark.parametrize("name", KINDS)
def test_whom_the_gateway_lets_in_before(
    town: Town, gateways: Gateways, as_it_was: t.Callable[[Path], None], name: str
) -> None:
    town.tenancy.restore()
    gateway, url, kind = gateways.open(as_it_was), town.urls[name], KINDS[name]
    listed = send(url, "tools/list")
    assert (listed if isinstance(listed, int) else 200, initialize(url, town.tenancy.token(url))) == kind.before
    if kind.before[0] == 200:
        assert names(url, "tools") == ([] if name == "paths" else [TOOL])
    status = requests.post(f"{url}/hello", json={"name": "you"}, timeout=10).status_code
    assert status == (500 if not kind.tool_is_route else 401 if kind.tool else 200)
    assert requests.get(f"{gateway.origin}/.well-known/oauth-protected-resource/{name}", timeout=10).status_code == 404


# -- the run ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", REFUSED_KINDS)
def test_a_run_that_is_refused_writes_nothing(town: Town, name: str) -> None:
    kind = KINDS[name]
    said = refused(
        town.site,
        town.before,
        mcp_server_url=town.urls[name],
        mcp_policy_name=f"{name}-inbound",
        mcp_zuplo_attach_to_tools=kind.options.get("attach_to_tools", False),
    )
    assert re.search(kind.refused, said), said


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_the_run_says(first: Run, name: str) -> None:
    step, kind = first[name], KINDS[name]
    assert step.status == "ok", step.result
    assert step.changed
    if kind.warned:
        assert re.search(kind.warned, step.warnings), step.warnings
    else:
        assert step.warnings == ""


def test_another_run_changes_nothing(town: Town, first: Run) -> None:
    before = content(town.after)
    again = town.site.play([town.present(name, town.after) for name in ACCEPTED])
    assert again.changed == []
    assert content(town.after) == before


def test_it_builds_and_lints_as_before(town: Town, first: Run) -> None:
    built = build(town.after)
    assert built.rc == 0, built.output
    assert errors(lint(town.after, "error")) == errors(lint(town.before, "error"))


def test_a_second_server_needs_a_policy_of_its_own(town: Town, first: Run, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    replace_all(project, town.before)
    one = town.present("several-methods", project)
    assert town.site.play([one]).changed == ["several-methods"]
    other = {"mcp_server_url": town.urls["capital-methods"], "mcp_zuplo_attach_to_tools": True}
    said = refused(town.site, project, **other)
    assert "other routes use it: GET,POST /several-methods" in said
    assert "Set policy_name to a name of its own" in said


# -- after the run ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ACCEPTED)
def test_whom_the_gateway_lets_in_after(
    town: Town, gateways: Gateways, as_it_is: t.Callable[[Path], None], name: str
) -> None:
    town.tenancy.restore()
    gateway, url, kind = gateways.open(as_it_is), town.urls[name], KINDS[name]
    said = len(gateway.log)
    seen = outcome(url, town.site.tenant.ca_path)
    assert re.search(kind.after, seen, re.DOTALL), (seen, gateway.log[said:])
    assert send(url, "tools/list") == 401 if kind.closed else names(url, "tools") == [TOOL]
    # A token of the tenant that is not for this MCP server.
    assert initialize(url, town.site.tenant.token()) == (401 if kind.closed else 200)
    attached = kind.options.get("attach_to_tools") and name not in ("paths", "several-methods")
    status = requests.post(f"{url}/hello", json={"name": "you"}, timeout=10).status_code
    assert status == (401 if attached or kind.tool else 200)


# One for each way in which a client fares.
@pytest.mark.parametrize("name", ["several-methods", "group", "own-code", "anybody", "tool-with-keys-alone"])
def test_another_client_fares_the_same(
    town: Town, gateways: Gateways, as_it_is: t.Callable[[Path], None], name: str
) -> None:
    town.tenancy.restore()
    gateways.open(as_it_is)
    after = "^UnauthorizedError: Unauthorized$" if KINDS[name].after == REFUSED else KINDS[name].after
    assert re.search(after, outcome(town.urls[name], town.site.tenant.ca_path, typescript), re.DOTALL)


def test_prompts_and_resources_are_served_and_closed(
    town: Town, gateways: Gateways, as_it_is: t.Callable[[Path], None]
) -> None:
    town.tenancy.restore()
    gateways.open(as_it_is)
    url = town.urls["older-options"]
    token = town.tenancy.token(url)
    assert (names(url, "prompts", token), names(url, "resources", token)) == ([PROMPT], [RESOURCE])
    for method, name in (("POST", PROMPT), ("GET", RESOURCE)):
        there = partial(requests.request, method, f"{url}/{name}", timeout=10)
        assert there().status_code == 401
        assert there(headers={"Authorization": f"Bearer {token}"}).status_code == 200


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_a_check_finds(checked: Run, name: str) -> None:
    step = checked[name]
    assert step.status == "ok", step.result
    found = {one["name"]: one["status"] for one in step.result["findings"] if one["status"] in ("fail", "warn")}
    assert found == KINDS[name].found, step.result["report"]


# -- after absent -----------------------------------------------------------------------------------------------------


def test_absent_gives_every_byte_back(town: Town, first: Run, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    replace_all(project, town.after)
    policies = [first[name].result["config"]["policy"]["name"] for name in ACCEPTED]
    gone = [
        task("zuplo_mcp_oauth", policy, state="absent", policy_name=policy, project_dir=str(project))
        for policy in policies
    ]
    run = town.site.play(gone)
    assert all(step.status == "ok" for step in run.steps), run.output
    assert sources(project) == sources(town.before)
    built = build(project)
    assert built.rc == 0, built.output
