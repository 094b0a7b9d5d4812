"""Imports run one way through the whole tree, without circles, and no module hands on what another one made.

`cli → report → analysis, live → studies → why → runs → files → sim`, and inside `sim` `app → model → futures → agents,
engine → schedule → rules → the rest`: an arrow means "may import everything to its right". Imports for types count too.
"""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import networkx as nx
import pytest

import sim

ROOT = Path(sim.__file__).parent.parent
# rank of each part; those of one rank are beside each other and import neither
EXPERIMENTS = {"files": 10, "runs": 11, "why": 12, "studies": 13, "analysis": 14, "live": 14, "report": 15, "cli": 16}
INSIDE_SIM = {"rules": 1, "schedule": 2, "agents": 3, "engine": 3, "futures": 4, "model": 5, "app": 6}  # all others: 0
# What is offered to users from one place, as their docstrings say; nothing within the tree imports a name from there.
PUBLIC = {"sim", "experiments", "experiments.analysis"}


def modules(root, package):
    """Dotted name → syntax tree of every module of a package."""
    found = {}
    for path in sorted((root / package).rglob("*.py")):
        parts = [package, *path.relative_to(root / package).with_suffix("").parts]
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = ast.parse(path.read_text(encoding="utf-8"))
    return found


def for_types_only(node):
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def imported(tree, known, types=True, late=True):
    """Module and name (none for a whole module) of each import; `from package import module` counts as the module.

    Without `types` those for types alone are left out, without `late` those within functions.
    """
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: write imports in full"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield (full, None) if full in known else (node.module, alias.name)
        elif not (for_types_only(node) and not types) and (late or not isinstance(node, ast.FunctionDef)):
            yield from imported(node, known, types, late)


KNOWN = {**modules(ROOT, "sim"), **modules(ROOT, "experiments")}
IMPORTS = [(a, b, name) for a, tree in KNOWN.items() for b, name in imported(tree, KNOWN)]
INSIDE = [(a, b) for a, b, _ in IMPORTS if b in KNOWN]


def part_of(name):
    """The part of the tree that a module belongs to, with its rank."""
    top, *rest = name.split(".")
    second = rest[0] if rest else ""
    if top == "sim":
        return second if second in INSIDE_SIM else "data", INSIDE_SIM.get(second, 0)
    return (second, EXPERIMENTS[second]) if second in EXPERIMENTS else ("experiments", 99)


def wrong_way(a, b):
    """Is it an import of something further to the left, or of what stands beside?"""
    (part, rank), (other, its) = part_of(a), part_of(b)
    return its > rank or (its == rank and part != other)


# --- one way -----------------------------------------------------------------------------------------------------
def test_every_import_is_of_a_module_that_exists():
    ours = [(a, b) for a, b, _ in IMPORTS if b.split(".")[0] in ("sim", "experiments")]
    assert [edge for edge in ours if edge[1] not in KNOWN] == []


def test_the_tree_has_just_the_parts_that_are_ordered():
    assert {part_of(name)[0] for name in KNOWN if name.startswith("experiments.")} == set(EXPERIMENTS)


def test_imports_run_one_way():
    edges = [(a, b) for a, b in INSIDE if a not in PUBLIC and wrong_way(a, b)]
    assert [f"{a} imports {b}" for a, b in edges] == []


def test_nothing_imports_tests_or_benchmarks():
    assert [(a, b) for a, b, _ in IMPORTS if b.split(".")[0] in ("tests", "benchmarks")] == []


# --- no circles ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("package", ["sim", "experiments"])
def test_there_are_no_circles_not_even_for_types(package):
    """Of modules below the packages themselves, which name their public things late."""
    graph = nx.DiGraph([(a, b) for a, b in INSIDE if a.startswith(package) and b not in PUBLIC])
    assert [sorted(part) for part in nx.strongly_connected_components(graph) if len(part) > 1] == []
    assert list(nx.selfloop_edges(graph)) == []


# --- no import for re-export alone -----------------------------------------------------------------------------
def made_in(tree):
    """Names that a module makes itself at its top level, imports apart."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return names


def used_in(tree):
    """Names that a module's code reads, those in types written as text among them."""
    texts = [
        ast.parse(node.value.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.AnnAssign)
        and ast.unparse(node.annotation) == "TypeAlias"
        and isinstance(node.value, ast.Constant)
    ]
    nodes = [node for each in (tree, *texts) for node in ast.walk(each)]
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def bound_by_imports(tree):
    """Names that imports bind, at any place but `__future__`."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)) and getattr(node, "module", "") != "__future__":
            yield from (alias.asname or alias.name.split(".")[0] for alias in node.names)


def test_no_module_imports_what_it_does_not_use():
    found = {
        name: sorted(set(bound_by_imports(tree)) - used_in(tree)) for name, tree in KNOWN.items() if name not in PUBLIC
    }
    assert {name: names for name, names in found.items() if names} == {}


def test_a_name_is_imported_from_the_module_that_makes_it():
    wrong = [
        f"{a} imports {name} from {b}"
        for a, b, name in IMPORTS
        if name and b in KNOWN and a not in PUBLIC and (b in PUBLIC or name not in made_in(KNOWN[b]))
    ]
    assert wrong == []


# --- what stays light ----------------------------------------------------------------------------------------------
def test_importing_the_package_imports_nothing_heavy():
    found = {module for module, _ in imported(KNOWN["sim"], KNOWN, types=False)}
    assert found <= {"__future__", "typing", "importlib"}


def test_rules_know_only_rules_and_data():
    heavy = {"mesa", "pandas", "pydantic", "matplotlib", "solara"}
    rules = [(a, b) for a, b, _ in IMPORTS if part_of(a)[0] in ("rules", "schedule")]
    assert rules
    assert [edge for edge in rules if edge[1].split(".")[0] in heavy] == []


def test_no_two_test_files_share_a_name():
    """Test files are imported by their bare name: of two alike in different folders a whole run reads only one."""
    names = Counter(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name, n in names.items() if n > 1] == []


# --- the scan itself -------------------------------------------------------------------------------------------------
def test_the_scan_sees_imports_in_functions_and_for_types():
    text = "if TYPE_CHECKING:\n    import sim.model\ndef f():\n    from sim import engine\nfrom sim.state import STATE"
    tree = ast.parse(text)
    assert list(imported(tree, KNOWN)) == [("sim.model", None), ("sim.engine", None), ("sim.state", "STATE")]
    assert list(imported(tree, KNOWN, types=False)) == [("sim.engine", None), ("sim.state", "STATE")]
    assert list(imported(tree, KNOWN, late=False)) == [("sim.model", None), ("sim.state", "STATE")]


@pytest.mark.parametrize(
    ("a", "b", "wrong"),
    [
        ("experiments.runs.sweep", "experiments.studies.runner", True),
        ("experiments.studies.runner", "experiments.runs.sweep", False),
        ("experiments.analysis.checks", "experiments.live.setup", True),
        ("sim.engine", "experiments.files.store", True),
        ("sim.engine", "sim.agents", True),
        ("sim.app.controller", "sim.model", False),
        ("sim.rules.fire", "sim.schedule", True),
        ("sim.scenario", "sim.rules.fire", True),
    ],
)
def test_the_order_is_that_of_the_design(a, b, wrong):
    assert wrong_way(a, b) is wrong
