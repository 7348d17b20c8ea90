# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A reader notices what does not work on a page, and what an example presupposes is read from its names."""

from __future__ import annotations

import textwrap
import typing as t
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.examples.blocks import blocks, unclear
from tests.examples.example import Example, in_phases
from tests.examples.placeholders import Placeholders, mcp_servers
from tests.examples.presupposed import read
from tests.examples.reader import Reader, Surprise, environment
from tests.integration.harness import Tenant

URL = "https://mcp.example.com/mcp"


def fill(text: str) -> str:
    return text.replace("tenant.eu.auth0.com", "127.0.0.1:1")


@pytest.fixture
def follow(tmp_path: Path) -> t.Callable[[str], Path]:
    """Reads a page in a new folder, and returns that."""

    def follow(page: str) -> Path:
        workspace = tmp_path / "workspace"
        workspace.mkdir()
        Reader(workspace, environment(tmp_path), {}, URL, fill).read(blocks("page.md", textwrap.dedent(page)))
        return workspace

    return follow


GOOD = """
    - In a list, a file:

      ```yaml
      # inventory/host_vars/production.yml
      auth0_domain: tenant.eu.auth0.com
      ```

    ```json
    // config/policies.json
    {"policies": []}
    ```

    ```sh
    export NAME=value
    cd inventory
    ```

    <!-- fails -->
    ```sh
    test "$NAME" = value
    ls host_vars \\
      nowhere
    ```

    <!-- not run: nobody has
    the time -->
    ```sh
    exit 3
    ```

    ```sh
    echo "one   two"; cat host_vars/production.yml; echo "id 7, name x"
    make --version | head -1
    sleep 600 &
    echo $! > ../sleeper
    ```

    ```text
    one two
    ...
    auth0_domain: tenant.eu.auth0.com
    id …, name
    GNU Make
    ```
"""


def test_a_page_is_followed(follow: t.Callable[[str], Path]) -> None:
    workspace = follow(GOOD)
    assert (workspace / "inventory/host_vars/production.yml").read_text().endswith("auth0_domain: 127.0.0.1:1\n")
    assert (workspace / "config/policies.json").read_text() == '{"policies": []}\n'
    # What a command leaves in the background ends with the page.
    assert not Path("/proc", (workspace / "sleeper").read_text().strip()).exists()
    assert [block.not_run for block in blocks("page.md", textwrap.dedent(GOOD))].count("nobody has the time") == 1


@pytest.mark.parametrize(
    ("page", "problem"),
    [
        ("```sh\nfalse\ntrue\n```", "Its status is 1"),
        ("```sh\necho $NOWHERE\n```", "unbound variable"),
        ("<!-- fails -->\n```sh\nfalse\ntrue\n```", "did not fail"),
        ("<!-- fails -->\n```sh\nfalse\nls nowhere\n```", "did not fail"),
        ("```sh\nprintf 'a\\nb\\n'\n```\n\n```text\nb\na\n```", "at this place:\na\n"),
        ("```sh\ntrue\n```\n```sh\nmake nothing\n```", "page.md:4, sh"),
        ("```yaml\nmcp_server_url: x\nmcp_klients: []\n```", "no variables mcp_klients"),
        ("```sh\nsleep 600\n```", "has not ended"),
    ],
)
def test_what_does_not_work_is_noticed(
    follow: t.Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, page: str, problem: str
) -> None:
    monkeypatch.setattr("tests.examples.reader.SECONDS", 2)
    with pytest.raises(Surprise) as caught:
        follow(page)
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("page", "problem"),
    [
        ("```\nls\n```", "nobody knows"),
        ("    ls", "nobody knows"),
        ("```console\n$ ls\n```", "nobody knows"),
        ("```ini\n[defaults]\n```", "names no file"),
        ("```ini\n# ../outside.ini\n```", "names no file"),
        ("```yaml\na: 1\n```\n\n```text\nout\n```", "no output"),
        ("```sh\nls\n```\n\nThen:\n\n```text\nout\n```", "no output"),
    ],
)
def test_a_block_with_which_nothing_can_be_done_is_noticed(page: str, problem: str) -> None:
    (found,) = filter(None, map(unclear, blocks("page.md", page)))
    assert problem in found


TASKS = """
- name: Let a user call tools
  mcp_ops.oauth.auth0_role_members:
    name: Reader
    members: [{email: "{{ user }}@example.com"}]
    groups: [{name: Sales, connection: okta-workforce}]
  loop: "{{ users }}"
  register: done
- name: Set exactly these
  mcp_ops.oauth.auth0_role:
    name: Writer # auth0_domain names the tenant
    permissions:
      - {resource_server_identifier: "https://a", permission_name: "b"}
- name: Give it to somebody
  mcp_ops.oauth.auth0_role_members:
    name: Writer
    members: "{{ done.members }}"
"""


def test_what_an_example_presupposes() -> None:
    example = Example("name", TASKS)
    needs = read(example.content)
    assert (needs.roles, needs.apis, needs.groups) == ({"Reader"}, {"https://a": {"b"}}, {("Sales", "okta-workforce")})
    assert example.variables() == {"user", "users"}
    assert Example("name", f"# In auth0_domain.\n{TASKS}").variables() == {"user", "users", "auth0_domain"}


def test_each_task_is_previewed_run_and_run_again() -> None:
    names = [task["name"] for task in in_phases([{"block": Example("name", TASKS).content[:1]}])[0]["block"]]
    assert names == [f"{phase}: Let a user call tools" for phase in ("preview", "run", "again")]


PATHS = {
    "# vars.yml": "vars.yml",
    "# inventory/hosts": "inventory/hosts",
    "# .github/workflows/drift.yml": ".github/workflows/drift.yml",
    "# production": None,
    "# In vars.yml": None,
    "# /etc/ansible.cfg": None,
    "# ../vars.yml": None,
}


@pytest.mark.parametrize(("line", "path"), PATHS.items())
def test_a_file_is_named_by_its_first_line(line: str, path: str | None) -> None:
    (block,) = blocks("page.md", f"```yaml\n{line}\na: 1\n```")
    assert block.path == path


@dataclass(frozen=True)
class Named:
    domain: str
    client_id: str


def test_credentials_are_those_of_the_tenant_that_is_named() -> None:
    tenants = t.cast(tuple[Tenant, Tenant], (Named("one:1", "first"), Named("two:2", "second")))
    fill = Placeholders(tenants, {URL: "http://h:1/mcp", URL[:-3] + "orders": "http://h:2/mcp"}, "/elsewhere").fill
    lines = {
        "AUTH0_CLIENT_ID=...": "AUTH0_CLIENT_ID=first",
        'auth0_domain: staging.eu.auth0.com\nauth0_client_id: "..."': 'auth0_domain: two:2\nauth0_client_id: "second"',
        "STAGING_CLIENT_ID=...\nPRODUCTION_CLIENT_ID=...": "STAGING_CLIENT_ID=second\nPRODUCTION_CLIENT_ID=first",
        "https://tenant.eu.auth0.com/": "https://one:1/",
        f"{URL} {URL}/ {URL[:-3]}orders": "http://h:1/mcp http://h:1/mcp/ http://h:2/mcp",
        "https://mcp.example.com/.well-known/x": "http://h:1/.well-known/x",
        "/srv/gateway ...": "/elsewhere/srv/gateway ...",
    }
    assert {line: fill(line) for line in lines} == lines


def test_servers_are_found_where_they_are_named() -> None:
    text = f"mcp_server_url: {URL}\n-e mcp_server_url=https://b.example.com/orders/mcp.\nhttps://c.example.com/mcp"
    assert mcp_servers(text) == {URL, "https://b.example.com/orders/mcp"}
