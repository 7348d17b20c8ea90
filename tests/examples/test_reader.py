# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A reader notices what does not work on a page, and what an example presupposes is read from its names."""

from __future__ import annotations

import textwrap
import typing as t
from pathlib import Path

import pytest

from tests.examples.blocks import blocks, unclear
from tests.examples.example import Example, in_phases
from tests.examples.placeholders import mcp_servers
from tests.examples.presupposed import read
from tests.examples.reader import Reader, Surprise, environment

URL = "https://mcp.example.com/mcp"


@pytest.fixture
def follow(tmp_path: Path) -> t.Callable[[str], Path]:
    """Reads a page in a new folder, and returns that."""

    def follow(page: str) -> Path:
        workspace = tmp_path / "workspace"
        workspace.mkdir()
        fill = lambda text: text.replace("tenant.eu.auth0.com", "127.0.0.1:1")  # noqa: E731
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


def test_servers_are_found_where_they_are_named() -> None:
    text = f"mcp_server_url: {URL}\n-e mcp_server_url=https://b.example.com/orders/mcp.\nhttps://c.example.com/mcp"
    assert mcp_servers(text) == {URL, "https://b.example.com/orders/mcp"}
