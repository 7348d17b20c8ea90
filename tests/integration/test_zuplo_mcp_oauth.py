# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import functools
import json
import typing as t
from pathlib import Path

from tests.integration import harness
from tests.integration.harness import Play, content

task = functools.partial(harness.task, "zuplo_mcp_oauth")
NAMED: dict[str, t.Any] = {"issuer_domain": "tenant.eu.auth0.com", "mcp_server_url": "https://mcp.example.com/mcp"}


def test_configuration(play: Play) -> None:
    name = 'Quotes " and </script> and ${braces}'
    options = NAMED
    run = play(
        [
            task("config", resource_name=name, **options),
            {**task("check", resource_name=name, **options), "check_mode": True},
            task("origin", **{**options, "mcp_server_url": "https://mcp.example.com"}),
            task("slash", **{**options, "mcp_server_url": "https://mcp.example.com/mcp/"}),
            task("domain", **{**options, "issuer_domain": "https://tenant.eu.auth0.com"}),
            task("policy", policy_name="MCP_OAuth", **options),
        ]
    )
    config = run["config"].result["config"]
    assert run["check"].result["config"] == config
    assert not run["config"].changed
    assert not run["config"].requests
    assert config["audience"] == "https://mcp.example.com/mcp"
    assert config["issuer"] == "https://tenant.eu.auth0.com/"
    assert config["policy"] == {
        "name": "mcp-oauth-inbound",
        "policyType": "auth0-jwt-auth-inbound",
        "handler": {
            "export": "Auth0JwtInboundPolicy",
            "module": "$import(@zuplo/runtime)",
            "options": {
                "auth0Domain": "tenant.eu.auth0.com",
                "audience": "https://mcp.example.com/mcp",
                "oAuthResourceMetadataEnabled": True,
            },
        },
    }
    assert config["inbound_policies"] == ["mcp-oauth-inbound"]
    assert config["plugin_options"] == {
        "authorizationServers": ["https://tenant.eu.auth0.com/"],
        "resourceName": name,
    }
    literal = config["runtime_module"].partition("OAuthProtectedResourcePlugin(")[2].rpartition("),\n  );")[0]
    assert json.loads(literal) == config["plugin_options"]

    assert "has no path" in run["origin"].warnings
    assert "a trailing slash" in run["slash"].result["msg"]
    assert "use 'https://mcp.example.com/mcp'" in run["slash"].result["msg"]
    assert "use 'tenant.eu.auth0.com'" in run["domain"].result["msg"]
    assert run["policy"].result["msg"] == (
        "policy_name 'MCP_OAuth' is not a name of a policy. Use only small letters, digits and hyphens."
    )


def test_every_wrong_option_is_named_at_once(play: Play, project: Path) -> None:
    before = content(project)
    options: dict[str, t.Any] = {**NAMED, "project_dir": str(project)}
    wrong = {
        "issuer_domain": "https://tenant.eu.auth0.com/",
        "mcp_server_url": "",
        "resource_name": "",
        "policy_name": "",
        "project_dir": "",
        "issuer_domain_env": "",
        "mcp_host_env": "ZUPLO_HOST",
        "operations": [{"id": "hello", "scope": ""}, {"id": "", "file": "", "scope": "a b"}],
    }
    run = play(
        [
            task("all", **{**options, **wrong}),
            task("absent", state="absent", policy_name="", project_dir=""),
        ]
    )
    message = run["all"].result["msg"]
    for option in (
        *(one for one in wrong if one != "operations"),
        "operations[1].id",
        "operations[1].file",
        "operations[1].scope",
    ):
        assert f"{option} " in message
    assert (
        run["absent"].result["msg"] == "policy_name is empty. Give it a value. project_dir is empty. Give it a value."
    )
    assert "operations[0]" not in message
    assert content(project) == before


def test_a_project(play: Play, project: Path) -> None:
    before = content(project)
    options = {**NAMED, "project_dir": str(project), "operations": [{"id": "hello"}]}
    preview = play([task("check", check=True, diff=True, **options)])["check"]
    assert content(project) == before
    (project / "config/policies.json").chmod(0o640)
    run = play(
        [
            task("first", diff=True, **options),
            task("again", diff=True, **options),
            task("attached", attach_to_tools=True, **options),
            task("check absent", check=True, project_dir=str(project), state="absent"),
            task("check again", check=True, attach_to_tools=True, **options),
        ]
    )
    assert run.rc == 0, run.output
    assert run.changed == ["first", "attached", "check absent"]
    first = run["first"].result
    assert first["files"] == [
        "modules/mcp-oauth.ts",
        "config/policies.json",
        "config/mcp.oas.json",
        "modules/zuplo.runtime.ts",
    ]
    assert (preview.result["files"], preview.result["diff"]) == (first["files"], first["diff"])
    assert [one["after_header"] for one in first["diff"]] == first["files"]
    assert first["diff"][1]["before"] == '{"policies": []}\n'
    assert first["diff"][1]["after"] == (project / "config/policies.json").read_text()
    assert first["diff"][0]["before"] == ""
    assert "diff" not in run["again"].result
    assert (project / "config/policies.json").stat().st_mode & 0o777 == 0o640
    assert not run["first"].requests

    assert first["open_routes"] == ["GET /hello (config/routes.oas.json)"]
    assert "GET /hello" in run["first"].warnings
    assert run["attached"].result["open_routes"] == []
    assert run["attached"].result["files"] == ["modules/mcp-oauth.ts", "config/routes.oas.json"]

    gone = play(
        [
            task("absent", project_dir=str(project), state="absent"),
            task("twice", project_dir=str(project), state="absent"),
        ]
    )
    assert gone.changed == ["absent"]
    assert content(project) == before
    assert not (project / "modules").exists()


def test_names_of_the_gateway_s_environment(play: Play, project: Path) -> None:
    options = {**NAMED, "project_dir": str(project), "operations": [{"id": "hello"}]}
    run = play(
        [
            task("reserved", issuer_domain_env="ZUPLO_DOMAIN", **options),
            task("no name", mcp_host_env="$env(X)", **options),
            task("named", issuer_domain_env="AUTH0_DOMAIN", mcp_host_env="MCP_HOST", **options),
        ]
    )
    assert run.passed == ["named"]
    for label, option in (("reserved", "issuer_domain_env 'ZUPLO_DOMAIN'"), ("no name", "mcp_host_env '$env(X)'")):
        assert run[label].result["msg"].startswith(f"{option} is not the name of an environment variable")
    policy = run["named"].result["config"]["policy"]["handler"]["options"]
    assert policy["audience"] == "https://$env(MCP_HOST)/mcp"
    assert "environment.AUTH0_DOMAIN" in run["named"].result["config"]["runtime_module"]


def test_a_plugin_and_a_policy_that_were_written_by_hand(play: Play, project: Path) -> None:
    """As the gateway vendor's guide has them: the issuer lacks its slash."""
    (project / "modules").mkdir()
    (project / "modules/zuplo.runtime.ts").write_text(
        'import { OAuthProtectedResourcePlugin, RuntimeExtensions } from "@zuplo/runtime";\n'
        "export function runtimeInit(runtime: RuntimeExtensions) {\n"
        "  runtime.addPlugin(new OAuthProtectedResourcePlugin({\n"
        '    authorizationServers: ["https://tenant.eu.auth0.com"], resourceName: "Orders",\n'
        "  }));\n}\n"
    )
    (project / "config/policies.json").write_text(
        '{"policies": [{"name": "orders", "policyType": "auth0-jwt-auth-inbound", "handler": {\n'
        '  "export": "Auth0JwtInboundPolicy", "module": "$import(@zuplo/runtime)",\n'
        '  "options": {"auth0Domain": "tenant.eu.auth0.com", "audience": "https://mcp.example.com/"}}}]}\n'
    )
    before = content(project)
    options = {**NAMED, "project_dir": str(project), "operations": [{"id": "hello"}], "policy_name": "orders"}
    run = play([task("corrected", **options), task("again", **options)])
    after = {path: text.decode() for path, text in content(project).items()}
    assert '["https://tenant.eu.auth0.com/"], resourceName: "Orders"' in after["modules/zuplo.runtime.ts"]
    assert '"audience": "https://mcp.example.com/mcp"' in after["config/policies.json"]
    assert run["corrected"].result["config"]["plugin_options"]["resourceName"] == "Orders"
    assert (run["corrected"].changed, run["again"].changed) == (True, False)
    play([task("restored", project_dir=str(project), state="absent")])
    assert content(project) == before


def test_nothing_is_written_where_something_is_wrong(play: Play, project: Path, tmp_path: Path) -> None:
    options = {**NAMED, "project_dir": str(project), "operations": [{"id": "hello"}]}
    (project / "modules").mkdir()
    (project / "modules/zuplo.runtime.ts").write_text("export const nothing = 1;\n")
    (tmp_path / "empty").mkdir()
    before = content(project)
    run = play(
        [
            task("foreign runtime", **options),
            task("no such tool", **{**options, "operations": [{"id": "bye"}]}),
            task("no route", **{**NAMED, "project_dir": str(project)}),
            task("no project", **{**options, "project_dir": str(tmp_path / "empty")}),
            task("no directory", state="absent"),
            task("no url", issuer_domain="tenant.eu.auth0.com"),
        ]
    )
    assert run.passed == []
    assert "modules/zuplo.runtime.ts cannot be edited safely" in run["foreign runtime"].result["msg"]
    assert "no operation 'bye'" in run["no such tool"].result["msg"]
    assert "The project has no route with the path /mcp" in run["no route"].result["msg"]
    assert "is no Zuplo project" in run["no project"].result["msg"]
    assert "project_dir" in run["no directory"].result["msg"]
    assert "mcp_server_url" in run["no url"].result["msg"]
    assert content(project) == before


def test_what_cannot_be_written_is_found_beforehand(play: Play, project: Path) -> None:
    before = content(project)
    (project / "modules").write_text("in the way")
    options = {**NAMED, "project_dir": str(project), "operations": [{"id": "hello"}]}
    run = play([task("check", check=True, **options), task("run", **options)])
    for step in run.steps:
        assert step.result["msg"] == "modules cannot be read: Not a directory. Remove the cause, then run again."
    assert content(project) == {**before, "modules": b"in the way"}


def test_a_scope_of_a_tool(play: Play, project: Path) -> None:
    before = content(project)
    options: dict[str, t.Any] = {**NAMED, "project_dir": str(project)}

    def scoped(label: str, scope: str | None, **more: t.Any) -> dict[str, t.Any]:
        operation = {"id": "hello", **({} if scope is None else {"scope": scope})}
        return task(label, operations=[operation], **options, **more)

    preview = play([scoped("check", "orders:read", check=True, diff=True)])["check"].result
    assert content(project) == before
    run = play(
        [
            scoped("first", "orders:read", diff=True),
            scoped("again", "orders:read"),
            scoped("not named", None),
            scoped("changed", "orders:write"),
            scoped("a login", ""),
            scoped("twice", ""),
            task("absent", project_dir=str(project), state="absent"),
        ]
    )
    assert run.rc == 0, run.output
    assert run.changed == ["first", "changed", "a login", "absent"]
    first = run["first"].result
    assert {name: preview[name] for name in ("files", "diff", "tool_scopes")} == {
        name: first[name] for name in ("files", "diff", "tool_scopes")
    }
    tool = {"operation": "hello", "file": "config/routes.oas.json", "scope": "orders:read", "open": False}
    assert (first["tool_scopes_before"], first["tool_scopes"], first["open_routes"]) == ([], [tool], [])
    assert run["not named"].result["tool_scopes"] == [tool]
    assert run["changed"].result["tool_scopes"] == [{**tool, "scope": "orders:write"}]
    assert run["a login"].result["tool_scopes"] == [{**tool, "scope": None}]
    assert content(project) == before


def test_what_a_project_by_hand_needs(play: Play) -> None:
    tools: list[dict[str, t.Any]] = [
        {"id": "hello", "scope": "orders:read"},
        {"id": "bye", "scope": ""},
        {"id": "list"},
    ]
    run = play(
        [
            task("plain", operations=[{"id": "hello"}, {"id": "bye", "scope": ""}], **NAMED),
            task("scoped", operations=tools, **NAMED),
            task("listed", operations=tools, list_callable_tools=True, **NAMED),
            task("refused", operations=tools[1:], list_callable_tools=True, **NAMED),
        ]
    )
    assert (run.changed, run["scoped"].requests) == ([], [])
    plain, scoped, listed = (run[name].result["config"] for name in ("plain", "scoped", "listed"))
    assert scoped == {**plain, "tool_policies": scoped["tool_policies"], "tool_module": scoped["tool_module"]}
    name = "mcp-oauth-inbound-scope-orders-read"
    guarded, login = scoped["tool_policies"]
    assert (guarded["operation"], guarded["file"]) == ("hello", "config/routes.oas.json")
    assert guarded["inbound_policies"] == ["mcp-oauth-inbound", name]
    assert guarded["policy"]["handler"]["options"] == {"scope": "orders:read", "mcpPath": "/mcp"}
    assert (login["operation"], login["policy"], login["inbound_policies"]) == ("bye", None, ["mcp-oauth-inbound"])
    assert "export async function requireScope(" in scoped["tool_module"]
    assert "listCallableTools" not in scoped["tool_module"]
    assert "export function listCallableTools(" in listed["tool_module"]
    assert listed["inbound_policies"] == ["mcp-oauth-inbound", "mcp-oauth-inbound-tools"]
    assert listed["list_policy"]["handler"]["options"]["tools"] == [
        {"name": "hello", "roles": ["orders:read"]},
        {"name": "bye", "public": True},
        {"name": "list", "public": True},
    ]
    assert (
        run["refused"].result["msg"].startswith("list_callable_tools is true, and no tool in operations names a scope")
    )


def test_the_list_of_tools(play: Play, project: Path) -> None:
    before = content(project)

    def narrow(name: str, scope: str, wish: bool | None, **more: t.Any) -> dict[str, t.Any]:
        options: dict[str, t.Any] = {**NAMED, "operations": [{"id": "hello", "scope": scope}], **more}
        options |= {} if wish is None else {"list_callable_tools": wish}
        return task(name, project_dir=str(project), **options)

    preview = play([narrow("preview", "orders:read", True, check=True, diff=True)])["preview"].result
    assert content(project) == before
    run = play(
        [
            narrow("first", "orders:read", True, diff=True),
            narrow("again", "orders:read", True),
            narrow("not named", "orders:read", None),
            narrow("follows", "orders:write", None),
            narrow("for everyone", "orders:write", False),
            narrow("twice", "orders:write", False),
            task("absent", project_dir=str(project), state="absent"),
        ]
    )
    assert run.rc == 0, run.output
    assert run.changed == ["first", "follows", "for everyone", "absent"]
    first = run["first"].result
    assert (preview["files"], preview["diff"]) == (first["files"], first["diff"])
    assert any("listCallableTools" in one["after"] for one in first["diff"])
    assert content(project) == before
