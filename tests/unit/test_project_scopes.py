# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The scopes that clients are told: written only where the gateway that is installed takes them."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.project import HELPER
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.runtime import takes_scopes
from tests.unit.zuplo_project import FRESH, TOOLS
from tests.unit.zuplo_run import content, create
from tests.unit.zuplo_run import run as run_module

TYPES = "@zuplo/runtime/out/types/index.d.ts"
OLD = """\
export declare class OAuthProtectedResourcePlugin {
  constructor(options: OAuthProtectedResourcePluginOptions);
}
export declare interface OAuthProtectedResourcePluginOptions {
  /** Issuers. */
  authorizationServers?: string[];
  resourceName?: string;
}
export declare interface OtherOptions {
  scopesSupported?: string[];
}
"""
NEW = OLD.replace("  resourceName?: string;\n", "  resourceName?: string;\n  scopesSupported?: string[];\n")
SCOPES = ["tools:read", "tools:call"]


def run(project: Path, **options: t.Any) -> t.Any:
    return run_module(project, operations=TOOLS, **options)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return create(tmp_path / "project", FRESH)


def install(project: Path, types: str, below: str = "node_modules") -> None:
    path = project / below / TYPES
    path.parent.mkdir(parents=True)
    path.write_text(types)


@pytest.mark.parametrize("below", ["node_modules", "node_modules/zuplo/node_modules"])
@pytest.mark.parametrize(("types", "takes"), [(OLD, False), (NEW, True), ("", False)])
def test_what_is_installed_decides(project: Path, types: str, takes: bool, below: str) -> None:
    install(project, types, below)
    assert takes_scopes(str(project)) is takes
    assert run(project, scopes_supported=SCOPES).changed
    assert ("scopesSupported" in (project / HELPER).read_text()) is takes


def test_nothing_installed_takes_none(project: Path) -> None:
    config = run(project, scopes_supported=SCOPES).values["config"]
    assert "scopesSupported" not in config["plugin_options"]
    assert "scopesSupported" not in (project / HELPER).read_text()


def test_the_user_s_word_goes_before_what_is_installed(project: Path) -> None:
    before = content(project)
    config = run(project, scopes_supported=SCOPES, takes_scopes_supported=True).values["config"]
    assert config["plugin_options"]["scopesSupported"] == SCOPES
    assert '"tools:call"' in (project / HELPER).read_text()
    assert not run(project, scopes_supported=SCOPES, takes_scopes_supported=True).changed
    # What is not named stays, and more is added.
    assert not run(project).changed
    more = run(project, scopes_supported=["admin", *SCOPES], takes_scopes_supported=True).values["config"]
    assert more["plugin_options"]["scopesSupported"] == [*SCOPES, "admin"]
    run_module(project, state="absent")
    assert content(project) == before
    install(project, NEW)
    assert not takes_scopes(str(project / "elsewhere"))
    run(project, scopes_supported=SCOPES, takes_scopes_supported=False)
    assert "scopesSupported" not in (project / HELPER).read_text()
