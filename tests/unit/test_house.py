# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The order of the house: what every module has, which part may import which, and that each rule notices its breach."""

from __future__ import annotations

import ast
import graphlib
import re
import shutil
import typing as t
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
UTILS = "plugins/module_utils"
WINGS = ("_auth0", "_zuplo", "_clients", "_access", "_check")
# The only arrows between wings.
ARROWS = {("_check", "_auth0"), ("_check", "_zuplo"), ("_check", "_clients"), ("_check", "_access")}
GROUND = ("_errors", "_types", "_urls", "_deadline", "_http", "_secrets")
# Between Ansible and the rest: the one file of the ground that knows a wing, and its options.
BETWEEN = ("_module", "_options")
# What each module does, which knows all wings.
MODULES = "_modules"
ABOVE = (*BETWEEN, MODULES)
LINES = 350
# What a user's mistake must never be: these are bugs.
FOREIGN = {"Exception", "ValueError", "OSError", "RuntimeError", "LookupError", "ArithmeticError"}
# What only a bug raises.
BUGS = {"TypeError", "KeyError"}

Rule = t.Callable[[Path], t.Iterator[str]]


def names_in(root: Path, folder: str) -> list[str]:
    return sorted(path.stem for path in (root / folder).glob("*.py") if path.stem != "__init__")


def modules(root: Path) -> list[str]:
    return names_in(root, "plugins/modules")


def source(root: Path, module: str) -> str:
    return (root / "plugins/modules" / f"{module}.py").read_text()


def is_without_tenant(root: Path, module: str) -> bool:
    return "MODULE = Module(" in (root / UTILS / "_modules" / f"{module}.py").read_text()


def documentation(root: Path, module: str) -> t.Any:
    found = re.search(r'^DOCUMENTATION = r"""\n(.*?)^"""$', source(root, module), re.MULTILINE | re.DOTALL)
    return yaml.safe_load(found.group(1)) if found else {}


# -- what every module has --------------------------------------------------------------------------------------------


def every_module_has_an_action(root: Path) -> t.Iterator[str]:
    there = names_in(root, "plugins/action")
    for name in modules(root):
        path = root / "plugins/action" / f"{name}.py"
        runs = r"\n\npreload\(__name__\)\n+(ActionModule = InProcessAction\n|class ActionModule\(InProcessAction\):\n)"
        if name not in there or not re.search(runs, path.read_text()):
            yield f"{name} has no file plugins/action/{name}.py that runs it in the controller"
    yield from (f"plugins/action/{name}.py runs no module" for name in there if name not in modules(root))


def every_tenant_module_is_in_the_group(root: Path) -> t.Iterator[str]:
    group = yaml.safe_load((root / "meta/runtime.yml").read_text())["action_groups"]["auth0"]
    wanted = [name for name in modules(root) if not is_without_tenant(root, name)]
    yield from (f"{name} is not in the group auth0 of meta/runtime.yml" for name in wanted if name not in group)
    yield from (f"{name} in meta/runtime.yml is no module of a tenant" for name in group if name not in wanted)
    if group != sorted(group):
        yield "the group auth0 of meta/runtime.yml is not in alphabetical order"


def every_module_is_in_the_readme(root: Path) -> t.Iterator[str]:
    cells = re.findall(r"^\| (`[^|]+) \|", (root / "README.md").read_text(), re.MULTILINE)
    named = {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}
    yield from (f"{name} has no row in README.md" for name in modules(root) if name not in named)


def every_module_has_an_integration_test(root: Path) -> t.Iterator[str]:
    """One that runs it both ways: the fixture `play` stands for each of them in turn."""
    for name in modules(root):
        files = [f"test_{name}.py", *([f"test_{name[:-5]}.py", "test_info.py"] if name.endswith("_info") else [])]
        texts = [path.read_text() for file in files if (path := root / "tests/integration" / file).exists()]
        both_ways = re.compile(r"def test_\w+\(\s*play: Play")
        if not any(re.search(rf'[".]{name}"', text) and both_ways.search(text) for text in texts):
            yield f"{name} has no test in tests/integration/{files[0]} that runs it both ways"


def every_module_answers_alike_both_ways(root: Path) -> t.Iterator[str]:
    """Is in the list of tasks whose results and output are compared between the two ways of running."""
    compared = (root / "tests/integration/test_ways.py").read_text()
    compared = compared[: compared.index("]\n\n\n", compared.index("EVERYTHING"))]
    for name in modules(root):
        if not re.search(rf'"{name}"', compared):
            yield f"{name} is not in EVERYTHING of tests/integration/test_ways.py"


def every_module_shares_its_documentation(root: Path) -> t.Iterator[str]:
    for name in modules(root):
        fragments = documentation(root, name).get("extends_documentation_fragment", [])
        wanted = [] if is_without_tenant(root, name) else ["mcp_ops.oauth._auth0"]
        wanted += ["mcp_ops.oauth._info"] if name.endswith("_info") else []
        yield from (f"{name} does not use the fragment {one}" for one in wanted if one not in fragments)


def every_finding_is_documented(root: Path) -> t.Iterator[str]:
    tree = ast.parse((root / UTILS / "_check/report.py").read_text())
    tables = [node for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "NAMES"]
    names = ast.literal_eval(tables[0].value)
    text = source(root, "mcp_oauth_check")
    documented = re.findall(r"^ +- C\((\w+)\)", text, re.MULTILINE)
    yield from (f"the finding {name} has no row in mcp_oauth_check" for name in names if name not in documented)


# -- which part may import which --------------------------------------------------------------------------------------


def parts(root: Path) -> dict[str, Path]:
    """`_auth0.plan` -> its file, of all below module_utils."""
    base = root / UTILS
    files = [path for path in base.rglob("*.py") if path.name != "__init__.py"]
    return {".".join(path.relative_to(base).with_suffix("").parts): path for path in files}


def imports(root: Path) -> dict[str, dict[str, set[str]]]:
    """Part -> the parts it imports -> the names it takes from each."""
    known = parts(root)
    graph: dict[str, dict[str, set[str]]] = {}
    for part, path in known.items():
        found: dict[str, set[str]] = {}
        package = part.split(".")[:-1]
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.ImportFrom) or not node.level:
                continue
            base = package[: len(package) - node.level + 1]
            whole = ".".join([*base, *(node.module.split(".") if node.module else [])])
            for alias in node.names:
                inner = f"{whole}.{alias.name}" if whole else alias.name
                if inner in known:
                    found.setdefault(inner, set())
                else:
                    found.setdefault(whole, set()).add(alias.name)
        graph[part] = found
    return graph


def wing(part: str) -> str:
    return part.split(".")[0]


def no_arrow_between_wings(root: Path) -> t.Iterator[str]:
    for part, found in imports(root).items():
        for other, names in found.items():
            here, there = wing(part), wing(other)
            if here == there:
                continue
            if there in WINGS and here not in ABOVE and (here, there) not in ARROWS:
                yield f"{part} imports {other}"
            if there in ABOVE and here not in ABOVE:
                yield f"{part} imports {other}, which only modules do"
            if there in WINGS and any(name.startswith("_") for name in {*names, *other.split(".")[1:]}):
                yield f"{part} imports what is private to {other}"


def no_circle(root: Path) -> t.Iterator[str]:
    try:
        graphlib.TopologicalSorter({part: set(found) for part, found in imports(root).items()}).prepare()
    except graphlib.CycleError as error:
        yield f"imports go round in a circle: {' -> '.join(error.args[1])}"


def the_probe_reaches_no_token_of_the_management_api(root: Path) -> t.Iterator[str]:
    graph, reached, queue = imports(root), set(), ["_check.probe"]
    while queue:
        part = queue.pop()
        if part not in reached:
            reached.add(part)
            queue += graph.get(part, {})
    yield from (f"_check.probe reaches {part}" for part in sorted(reached) if wing(part) == "_auth0")


def only_known_parts(root: Path) -> t.Iterator[str]:
    known = {*WINGS, *GROUND, *ABOVE}
    yield from (f"{part} is in no wing, and not the ground" for part in parts(root) if wing(part) not in known)


def ansible_is_imported_at_the_edges_only(root: Path) -> t.Iterator[str]:
    for part, path in parts(root).items():
        if wing(part) not in ABOVE and re.search(r"^\s*(from|import) ansible\b", path.read_text(), re.MULTILINE):
            yield f"{part} imports ansible"
    for path in (root / "plugins/plugin_utils").glob("*.py"):
        text = path.read_text()
        internals = re.search(r"from ansible\.(module_utils\.common|plugins|module_utils import basic)", text)
        if path.name != "_core.py" and (internals or "_ANSIBLE_" in text):
            yield f"{path.name} leans on internals of ansible-core, which only _core.py does"


# -- files and errors -------------------------------------------------------------------------------------------------


def python_files(root: Path) -> t.Iterator[Path]:
    for path in sorted((root / "plugins").rglob("*.py")):
        if path.stat().st_size:
            yield path


def no_file_is_too_long(root: Path) -> t.Iterator[str]:
    for part, path in parts(root).items():
        if (count := len(path.read_text().splitlines())) > LINES:
            yield f"{part} has {count} lines"


def nothing_for_tests_runs_at_a_users(root: Path) -> t.Iterator[str]:
    for path in python_files(root):
        if re.search(r"^\s*(from|import) (unittest|pytest)\b", path.read_text(), re.MULTILINE):
            yield f"{path.name} imports what is for tests"


def only_errors_of_the_family_are_raised(root: Path) -> t.Iterator[str]:
    family = {node.name for node in classes(root) if node.name != "OpsError"}
    own = {folder: own_errors(folder) for folder in {path.parent for path in python_files(root)}}
    for path in python_files(root):
        known = {*family, *BUGS, *own[path.parent]}
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                place, _dot, name = ast.unparse(node.exc.func).rpartition(".")
                if path.parent.name == "filter" and name == "AnsibleFilterError":
                    continue
                if path.stem == "_deadline" and place == "urllib3.exceptions":
                    # A connection of urllib3 raises what urllib3 expects of it.
                    continue
                if name in FOREIGN or (name.endswith("Error") and name not in known):
                    yield f"{path.name}:{node.lineno} raises {name}"


def own_errors(folder: Path) -> set[str]:
    """Errors that a wing raises for itself: classes that end in Error below its folder."""
    return {
        node.name
        for other in (folder.glob("*.py") if folder.name in WINGS else [])
        for node in ast.parse(other.read_text()).body
        if isinstance(node, ast.ClassDef) and not {ast.unparse(base) for base in node.bases} & (FOREIGN - {"Exception"})
    }


def classes(root: Path) -> list[ast.ClassDef]:
    tree = ast.parse((root / UTILS / "_errors.py").read_text())
    return [node for node in tree.body if isinstance(node, ast.ClassDef)]


def the_tree_of_errors_is_drawn(root: Path) -> t.Iterator[str]:
    drawn = ast.get_docstring(ast.parse((root / UTILS / "_errors.py").read_text())) or ""
    tree = re.findall(r"^([│ ├└─]*)(\w+)", drawn, re.MULTILINE)
    depths = {name: len(stem) // 3 for stem, name in tree}
    bases = {node.name: ast.unparse(node.bases[0]) for node in classes(root)}
    for name, base in bases.items():
        if name not in depths or (base in bases and depths[name] != depths.get(base, -1) + 1):
            yield f"{name} is not in its place in the tree of _errors.py"


RULES: list[Rule] = [
    every_module_has_an_action,
    every_tenant_module_is_in_the_group,
    every_module_is_in_the_readme,
    every_module_has_an_integration_test,
    every_module_answers_alike_both_ways,
    every_module_shares_its_documentation,
    every_finding_is_documented,
    no_arrow_between_wings,
    no_circle,
    the_probe_reaches_no_token_of_the_management_api,
    only_known_parts,
    ansible_is_imported_at_the_edges_only,
    no_file_is_too_long,
    nothing_for_tests_runs_at_a_users,
    only_errors_of_the_family_are_raised,
    the_tree_of_errors_is_drawn,
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_rule_holds(rule: Rule) -> None:
    assert list(rule(ROOT)) == []


# -- each rule notices its breach -------------------------------------------------------------------------------------


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for folder in ("plugins", "meta", "tests/integration"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "README.md", tmp_path)
    return tmp_path


def append(path: str, text: str) -> t.Callable[[Path], object]:
    def change(root: Path) -> None:
        with (root / path).open("a") as file:
            file.write(text)

    return change


def substitute(path: str, old: str, new: str) -> t.Callable[[Path], object]:
    def change(root: Path) -> None:
        text = (root / path).read_text()
        assert old in text
        (root / path).write_text(text.replace(old, new))

    return change


def remove(path: str) -> t.Callable[[Path], object]:
    return lambda root: (root / path).unlink()


BREACHES: list[tuple[Rule, t.Callable[[Path], object]]] = [
    (every_module_has_an_action, remove("plugins/action/auth0_role.py")),
    (every_module_has_an_action, append("plugins/action/auth0_nothing.py", "ActionModule = InProcessAction\n")),
    (every_module_has_an_action, substitute("plugins/action/auth0_role.py", "= InProcessAction", "= None")),
    (every_module_has_an_action, substitute("plugins/action/auth0_role.py", "preload(__name__)\n", "")),
    (every_tenant_module_is_in_the_group, substitute("meta/runtime.yml", "    - auth0_role\n", "")),
    (every_tenant_module_is_in_the_group, append("meta/runtime.yml", "    - zuplo_mcp_oauth\n")),
    (every_tenant_module_is_in_the_group, append("meta/runtime.yml", "    - auth0_role\n")),
    (every_module_is_in_the_readme, substitute("README.md", "| `auth0_role`", "| `auth0_roll`")),
    (every_module_has_an_integration_test, remove("tests/integration/test_auth0_role.py")),
    (every_module_answers_alike_both_ways, substitute("tests/integration/test_ways.py", '"auth0_role"', '"x"')),
    (
        every_module_shares_its_documentation,
        substitute("plugins/modules/auth0_role.py", "mcp_ops.oauth._auth0", "mcp_ops.oauth.auth0"),
    ),
    (
        every_module_shares_its_documentation,
        substitute("plugins/modules/auth0_role_info.py", "mcp_ops.oauth._info", "mcp_ops.oauth._state"),
    ),
    (every_finding_is_documented, substitute("plugins/modules/mcp_oauth_check.py", "- C(pkce)", "- C(plce)")),
    (no_arrow_between_wings, append(f"{UTILS}/_zuplo/edit.py", "from .._auth0.api import ManagementApi\n")),
    (no_arrow_between_wings, append(f"{UTILS}/_auth0/api.py", "from .._check import report\n")),
    (no_arrow_between_wings, append(f"{UTILS}/_urls.py", "from ._zuplo import project\n")),
    (no_arrow_between_wings, append(f"{UTILS}/_auth0/api.py", "from .._module import run\n")),
    (no_arrow_between_wings, append(f"{UTILS}/_check/check.py", "from .._auth0.api import _remedy\n")),
    (no_circle, append(f"{UTILS}/_auth0/plan.py", "from . import resource\n")),
    (
        the_probe_reaches_no_token_of_the_management_api,
        append(f"{UTILS}/_check/probe.py", "from .._auth0.login import Token\n"),
    ),
    (
        the_probe_reaches_no_token_of_the_management_api,
        append(f"{UTILS}/_http.py", "from ._auth0 import settings\n"),
    ),
    (only_known_parts, append(f"{UTILS}/_helpers.py", "x = 1\n")),
    (ansible_is_imported_at_the_edges_only, append(f"{UTILS}/_auth0/api.py", "from ansible import constants\n")),
    (
        ansible_is_imported_at_the_edges_only,
        append("plugins/plugin_utils/_action.py", "from ansible.module_utils import basic\n"),
    ),
    (no_file_is_too_long, append(f"{UTILS}/_auth0/plan.py", "\n" * LINES)),
    (nothing_for_tests_runs_at_a_users, append("plugins/plugin_utils/_core.py", "from unittest import mock\n")),
    (
        only_errors_of_the_family_are_raised,
        append(f"{UTILS}/_urls.py", "def f():\n    raise ValueError('foreign')\n"),
    ),
    (only_errors_of_the_family_are_raised, append(f"{UTILS}/_urls.py", "def f():\n    raise OtherError('x')\n")),
    (the_tree_of_errors_is_drawn, append(f"{UTILS}/_errors.py", "class NewError(OpsError):\n    pass\n")),
    (the_tree_of_errors_is_drawn, substitute(f"{UTILS}/_errors.py", "   ├─ ScopeError", "├─ ScopeError")),
]


@pytest.mark.parametrize(
    ("rule", "breach"), BREACHES, ids=[f"{number}-{rule.__name__}" for number, (rule, _breach) in enumerate(BREACHES)]
)
def test_the_rule_notices_its_breach(rule: Rule, breach: t.Callable[[Path], object], copy: Path) -> None:
    assert list(rule(copy)) == []
    breach(copy)
    assert list(rule(copy)) != []


def test_each_rule_has_a_breach() -> None:
    assert {rule for rule, _breach in BREACHES} == set(RULES)
