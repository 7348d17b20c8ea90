# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Prepares a release in the checkout: `python -m tests.package.release VERSION`.

Sets the version, writes the changelog from its fragments, and builds the package into `build/`. Nothing is committed,
tagged or uploaded. With `--rehearse`, all of it happens in a clone of the last commit, which is removed afterwards.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import tempfile
from pathlib import Path

import yaml
from packaging.version import InvalidVersion, Version

ROOT = Path(__file__).resolve().parents[2]
VERSION = re.compile(r"^version: (.*)$", re.MULTILINE)
ADDED = re.compile(r"^\s*version_added: (.*)$", re.MULTILINE)
NEXT = """\
{package} is ready. Read CHANGELOG.md. What is left to do:

    git switch --create release-{version}
    git add --all
    git commit --message="Release {version}"

Merge it, then tag the merge with {version} and push the tag: .github/workflows/release.yml checks the package again and
publishes it.
"""


class Refused(Exception):
    """Why there can be no such release. Each argument is one reason."""


def obstacles(checkout: Path, version: str) -> list[str]:
    """All that stands in the way of the release."""
    try:
        wanted = Version(version)
    except InvalidVersion:
        wanted = None
    if wanted is None or version != wanted.base_version or len(wanted.release) != 3:
        return [f"{version!r} is no version of the form 1.2.3."]
    found = []
    released = yaml.safe_load((checkout / "changelogs/changelog.yaml").read_text())["releases"]
    newer = [one for one in released if Version(one) >= wanted]
    if newer:
        found.append(f"changelogs/changelog.yaml has {', '.join(newer)} already.")
    found += [
        f"{path.relative_to(checkout)}: version_added is {added}, which is later than {version}."
        for folder in ("plugins", "roles")
        for path in sorted((checkout / folder).rglob("*"))
        if path.suffix in (".py", ".yml")
        for added in ADDED.findall(path.read_text())
        if Version(added.strip("'\"")) > wanted
    ]
    if changed := run(checkout, "git", "status", "--porcelain"):
        found.append(f"There are uncommitted changes:\n{changed.rstrip()}")
    return found


def summaries(checkout: Path) -> int:
    """How many fragments say what the release is about."""
    fragments = (checkout / "changelogs/fragments").glob("*.yml")
    return sum("release_summary" in yaml.safe_load(one.read_text()) for one in fragments)


def run(checkout: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Refused(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def prepare(checkout: Path, version: str) -> Path:
    """The package."""
    if found := obstacles(checkout, version):
        raise Refused(*found)
    run(checkout, "antsibull-changelog", "lint")
    galaxy = checkout / "galaxy.yml"
    galaxy.write_text(VERSION.sub(f"version: {version}", galaxy.read_text(), count=1))
    run(checkout, "antsibull-changelog", "release")
    run(checkout, "ansible-galaxy", "collection", "build", "--force", "--output-path", "build")
    return checkout / "build" / f"mcp_ops-oauth-{version}.tar.gz"


def rehearse() -> str:
    """Prepare the version that galaxy.yml has, or the one after it if that is released, in a clone."""
    with tempfile.TemporaryDirectory(prefix="mcp_ops-oauth-release-") as folder:
        clone = Path(folder, "checkout")
        run(ROOT, "git", "clone", "--quiet", "--no-local", str(ROOT), str(clone))
        version = Version(VERSION.findall((clone / "galaxy.yml").read_text())[0])
        released = yaml.safe_load((clone / "changelogs/changelog.yaml").read_text())["releases"]
        if str(version) in released:
            version = Version(f"{version.major}.{version.minor + 1}.0")
        package = prepare(clone, str(version))
        changed = run(clone, "git", "status", "--short")
        heading = re.escape(f"v{version}").replace(r"\.", r"\\\.")
        if not re.search(rf"^## {heading}$", (clone / "CHANGELOG.md").read_text(), re.MULTILINE):
            raise Refused(f"CHANGELOG.md has no heading for {version}.")
        size = f"{package.stat().st_size:,} bytes"
        return f"Rehearsed the release of {version}: {package.name}, {size}. It changes:\n{changed}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("version", nargs="?", help="such as 0.1.0")
    parser.add_argument("--rehearse", action="store_true", help="in a clone of the last commit; takes no version")
    parser.add_argument("--look", action="store_true", help="only say what is in the way")
    options = parser.parse_args()
    if options.rehearse == bool(options.version):
        parser.error("Name the version, as in: make release VERSION=0.1.0")
    try:
        if options.rehearse:
            print(rehearse())
        else:
            found = obstacles(ROOT, options.version)
            if summaries(ROOT) != 1:
                found.append("One fragment in changelogs/fragments/ needs a release_summary.")
            if found:
                raise Refused(*found)
            if options.look:
                return
            package = prepare(ROOT, options.version)
            print(NEXT.format(package=package.relative_to(ROOT), version=options.version))
    except Refused as refused:
        raise SystemExit("No release was prepared.\n- " + "\n- ".join(refused.args)) from None


if __name__ == "__main__":
    main()
