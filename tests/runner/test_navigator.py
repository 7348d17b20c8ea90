# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""ansible-navigator with the settings of docs/beyond-one-machine.md, without a container."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import jsonschema
import pytest
import yaml

from tests.integration.harness import Tenant, content
from tests.runner.canary import SECRET, leaks
from tests.runner.conftest import URL
from tests.runner.guide import FILES, file_of
from tests.runner.jobs import PLAYBOOK, TOOLS


def navigate(folder: Path, env: dict[str, str], *args: str) -> subprocess.CompletedProcess[str]:
    """Without a container, whatever the settings say."""
    command = [str(TOOLS / "ansible-navigator"), *args, "--execution-environment", "false", "--mode", "stdout"]
    return subprocess.run(
        command,
        cwd=folder,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=180,
        check=False,
    )


def test_the_settings_follow_its_schema(tmp_path: Path, env: dict[str, str]) -> None:
    schema = json.loads(navigate(tmp_path, env, "settings", "--schema", "json").stdout)
    settings = file_of("ansible-navigator.yml")
    jsonschema.validate(settings, schema)
    settings["ansible-navigator"]["mode"] = "text"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(settings, schema)


def test_a_preview(tenant: Tenant, tmp_path: Path, env: dict[str, str]) -> None:
    """Its artifact and its output have no secret. Its log has those of the environment, at the level debug only."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "ansible-navigator.yml").write_text(FILES["ansible-navigator.yml"])
    credentials = {"AUTH0_DOMAIN": tenant.domain, "AUTH0_CLIENT_ID": tenant.client_id, "AUTH0_CLIENT_SECRET": SECRET}
    env = {**env, **credentials, "AUTH0_CA_PATH": tenant.ca_path, "TMPDIR": str(tmp_path)}
    arguments = ("-e", f"mcp_server_url={URL}", "--check", "--diff", "--log-level", "debug", "-vvvv")
    done = navigate(folder, env, "run", PLAYBOOK, *arguments)
    assert done.returncode == 0, done.stdout
    assert "changed=5 " in done.stdout
    left = {name: text.decode(errors="replace") for name, text in content(tmp_path).items()}
    log = "project/ansible-navigator.log"
    assert {name for name, text in left.items() if leaks(text)} == {log}
    assert [line for line in left[log].splitlines() if leaks(line) and " DEBUG " not in line] == []
    assert leaks(done.stdout) == []
    (artifact,) = (json.loads(text) for name, text in left.items() if name.startswith("project/artifacts/mcp_server-"))
    assert artifact["status"] == "successful"
    passed = yaml.safe_load(FILES["ansible-navigator.yml"])["ansible-navigator"]["execution-environment"]
    assert set(credentials) == set(passed["environment-variables"]["pass"])
