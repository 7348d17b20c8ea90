# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""An execution environment as ansible-builder makes it from the definition of docs/beyond-one-machine.md.

Its build context is made, and the steps of its Containerfile are carried out in a fresh Python environment. What is
left out needs a container engine: the base image with its packages, Python and user, and the build itself.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.integration.harness import ROOT, Tenant
from tests.runner.conftest import URL
from tests.runner.guide import file_of
from tests.runner.jobs import TOOLS, environment, prepare, run

REQUESTS = "import requests"


@dataclass(frozen=True)
class Environment:
    """The content of the image: a Python environment and a folder of collections."""

    folder: Path
    context: Path

    @property
    def bin(self) -> Path:
        return self.folder / "env/bin"

    @property
    def collections(self) -> Path:
        return self.folder / "collections"

    def call(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a command as in the image: with nothing of this machine but pip's configuration."""
        env = environment(self.folder / "home", self.collections, tools=self.bin)
        return subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True, check=False)

    def must(self, *command: str | Path) -> str:
        done = self.call(*command)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def install(self, *requirements: str) -> None:
        # Our own pip, as tests/package does: what the image's pip would do differently is not what is tested.
        pip = (sys.executable, "-m", "pip", "--python", self.bin / "python")
        subprocess.run([*pip, "install", "--quiet", "--no-compile", *requirements], check=True, timeout=300)


@pytest.fixture(scope="module")
def image(tarball: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """With ansible-core, ansible-runner and the collections of the definition; the collection is the one built here."""
    folder = tmp_path_factory.mktemp("image")
    definition = file_of("execution-environment.yml")
    assert definition["dependencies"]["galaxy"]["collections"] == [{"name": "mcp_ops.oauth"}]
    definition["dependencies"]["galaxy"]["collections"] = [{"name": str(tarball), "type": "file"}]
    (folder / "execution-environment.yml").write_text(yaml.safe_dump(definition))
    made = Environment(folder, folder / "context")
    made.must(TOOLS / "ansible-builder", "create", "--output-filename", "Containerfile")
    made.must(sys.executable, "-m", "venv", "--without-pip", folder / "env")
    refs = re.search(r'^ARG ANSIBLE_INSTALL_REFS="(.*)"$', (made.context / "Containerfile").read_text(), re.MULTILINE)
    assert refs
    made.install(*shlex.split(refs[1]))
    made.must(made.context / "_build/scripts/check_ansible", made.bin / "python")
    galaxy = (made.bin / "ansible-galaxy", "collection", "install", "--collections-path", made.collections)
    made.must(*galaxy, "-r", made.context / "_build/requirements.yml")
    return made


def test_what_the_collection_needs_is_found_installed_and_enough(
    image: Environment, tenant: Tenant, tmp_path: Path
) -> None:
    """Nothing else has brought it along, and no system package is asked for."""
    assert image.call(image.bin / "python", "-c", REQUESTS).returncode == 1
    script, found = image.context / "_build/scripts/introspect.py", image.folder / "found"
    own = f"--user-pip={image.context / '_build/requirements.txt'}"
    files = (f"--write-pip={found}/requirements.txt", f"--write-bindep={found}/bindep.txt")
    image.must(sys.executable, script, "introspect", image.collections, own, *files)
    lines = (found / "requirements.txt").read_text().splitlines()
    needs = [line for line in (ROOT / "requirements/modules.txt").read_text().splitlines() if not line.startswith("#")]
    assert [line.partition("#")[0].strip() for line in lines] == [*needs, "PyJWT[crypto]"]
    assert not (found / "bindep.txt").exists()

    image.install("--requirement", str(found / "requirements.txt"))
    image.must(sys.executable, "-m", "pip", "--python", image.bin / "python", "check")
    image.must(image.bin / "python", "-c", f"{REQUESTS}, jwt, cryptography")
    variables = {"mcp_server_url": URL, "auth0_domain": tenant.domain, "auth0_ca_path": tenant.ca_path}
    secrets = {"auth0_client_id": tenant.client_id, "auth0_client_secret": tenant.client_secret}
    folder = prepare(tmp_path / "job", {"env/extravars": {**variables, **secrets}})
    env = environment(tmp_path / "home", image.collections, tools=image.bin)
    job = run(folder, env, tools=image.bin)
    assert job.rc == 0, job.printed
    assert job.changed() == 5
