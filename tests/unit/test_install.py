# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""When requirements are installed, added, or installed anew, and what a Python that does not do is told."""

from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from requirements import install

SOURCE = Path(install.__file__)
ROOT = SOURCE.parents[1]


class Broken(Exception):
    """An installation that is interrupted."""


class World:
    """An environment in which commands are recorded, and only make what they are to leave behind."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "venv"
        self.files: list[str] = []
        for name, text in {"core": "ansible-core>=2.16", "demo": "-r core.txt\nrich", "tests": "pytest"}.items():
            (folder / f"{name}.txt").write_text(f"{text}\n")
            self.files.append(str(folder / f"{name}.txt"))
        self.breaks = False
        self.made: list[str] = []

    def run(self, command: list[str]) -> None:
        if "venv" in command:
            self.made.append("new")
            assert "--clear" in command
            # One that does not go with what is cleared.
            assert sys.prefix == sys.base_prefix or not Path(command[0]).is_relative_to(sys.prefix)
            for old in self.folder.glob("*installed"):
                old.unlink()
            (self.folder / "bin").mkdir(parents=True, exist_ok=True)
            (self.folder / "bin/python").touch()
        else:
            if self.breaks:
                raise Broken
            self.made.append("+".join(Path(one).stem for one in command if "--requirement=" in one))

    def install(self, name: str, *stages: str) -> list[str]:
        """What was done for this stamp."""
        self.made = []
        install.main(str(self.folder / name), *(one for one in self.files if Path(one).stem in stages))
        return self.made


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    made = World(tmp_path)
    monkeypatch.setattr(install, "run", made.run)
    return made


def test_stages_are_added_and_then_left_alone(world: World) -> None:
    assert world.install("demo-installed", "demo") == ["new", "demo"]
    assert world.install("demo-installed", "demo") == []
    assert world.install("installed", "demo", "tests") == ["demo+tests"]
    stamps = {one: one.stat().st_mtime_ns for one in world.folder.glob("*installed")}
    assert len(stamps) == 2
    assert world.install("demo-installed", "demo") == world.install("installed", "demo", "tests") == []
    assert stamps == {one: one.stat().st_mtime_ns for one in stamps}


@pytest.mark.parametrize("changed", ["demo", "core"])
def test_changed_requirements_make_it_anew(changed: str, world: World) -> None:
    world.install("installed", "demo", "tests")
    Path(world.files[0]).with_name(f"{changed}.txt").write_text("other\n")
    assert world.install("demo-installed", "demo") == ["new", "demo"]
    assert [one.name for one in world.folder.glob("*installed")] == ["demo-installed"]


def test_another_python_makes_it_anew(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.install("installed", "tests")
    monkeypatch.setattr(sys, "base_prefix", "/opt/other")
    assert world.install("installed", "tests") == ["new", "tests"]
    (world.folder / "bin/python").unlink()
    assert world.install("installed", "tests") == ["new", "tests"]


def test_an_installation_that_broke_off_is_made_anew(world: World) -> None:
    world.install("demo-installed", "demo")
    world.breaks = True
    with pytest.raises(Broken):
        world.install("installed", "tests")
    world.breaks = False
    assert world.install("demo-installed", "demo") == ["new", "demo"]


def test_a_stamp_of_something_else_counts_as_none(world: World) -> None:
    world.install("installed", "tests")
    (world.folder / "installed").write_text("")
    assert world.install("installed", "tests") == ["new", "tests"]


def test_an_old_python_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    ast.parse(SOURCE.read_text(), feature_version=(3, 6))
    monkeypatch.setattr(install, "works", lambda name: name == "python3.12")
    told = install.find_obstacle((3, 9, 18), True)
    assert told.endswith("Python 3.10 or newer is needed. This machine has python3.12: make demo PYTHON=python3.12")
    monkeypatch.setattr(install, "works", lambda name: False)
    assert "Install one" in install.find_obstacle((3, 6, 15), True)
    assert install.find_obstacle((3, 10, 0), True) == ""


def test_a_python_without_ensurepip_is_told_what_to_do() -> None:
    assert "apt install python3-venv, or python3.11-venv" in install.find_obstacle((3, 11, 2), False)


def test_nothing_is_written_by_a_python_that_does_not_do(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "ensurepip" else name)
    with pytest.raises(SystemExit, match="ensurepip"):
        world.install("installed", "tests")
    assert world.made == []
    assert not world.folder.exists()


def test_a_command_shows_its_progress_and_what_it_said_where_it_fails(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [*(f"Collecting package{number}" for number in range(12)), "Installing collected packages: a"]
    says = f"import sys; print('\\n'.join({lines})); sys.exit(int(sys.argv[1]))"
    install.run([sys.executable, "-c", says, "0"])
    shown = capsys.readouterr().out.splitlines()
    assert shown[:2] == ["  10 packages, now package9", "  unpacking"]
    assert shown[2].startswith("  done in ")
    with pytest.raises(SystemExit, match=r"Collecting package11\nInstalling.*\n\nThis failed: .*\nRun make again"):
        install.run([sys.executable, "-c", says, "3"])


def imported(path: Path) -> set[str]:
    """The packages that a file imports, but for those of the standard library and its own."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            found.add(node.module.partition(".")[0])
    return found - sys.stdlib_module_names


@pytest.mark.parametrize("folder", ["demo", "emulator"])
def test_what_is_imported_is_required(folder: str) -> None:
    """Also where tests and linters, which need more, are not installed."""
    texts = install.describe([str(ROOT / "requirements" / f"{folder}.txt")])["files"]
    assert isinstance(texts, dict)
    required = {one.lower() for text in texts.values() for one in re.findall(r"^[\w-]+", text, re.MULTILINE)}
    owners = packages_distributions()
    names = {name for path in (ROOT / folder).rglob("*.py") for name in imported(path)}
    assert names
    assert [name for name in names if not required & {one.lower() for one in owners[name]}] == []
