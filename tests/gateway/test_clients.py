# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What one playbook run and one project give to real MCP clients, through the real gateway."""

from __future__ import annotations

from tests.gateway.conftest import Site
from tests.gateway.gateway import Gateway, build, lint
from tests.mcp.client import visit


def test_the_project_is_clean(site: Site) -> None:
    linted = lint(site.project)
    assert (linted.rc, linted.violations) == (0, [])
    built = build(site.project)
    assert built.rc == 0, built.output


def test_python(site: Site, gateway: Gateway) -> None:
    seen = visit(gateway.url, site.tenant.ca_path, calls=2)
    assert seen.tools == ["hello"]
    assert "Hello, MCP!" in seen.answers[0]
