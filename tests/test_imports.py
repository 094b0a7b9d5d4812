"""Imports run one way: app → model, futures → agents, engine → schedule → rules → the rest; never to experiments."""

from __future__ import annotations

import ast
from pathlib import Path

import networkx as nx

import sim

ROOT = Path(sim.__file__).parent
LAYERS = {"rules": 1, "schedule": 2, "agents": 3, "engine": 3, "futures": 4, "model": 4, "app": 5}  # all others: 0


def modules(root, package):
    """Dotted name → syntax tree of every module of a package."""
    found = {}
    for path in sorted(root.rglob("*.py")):
        parts = [package, *path.relative_to(root).with_suffix("").parts]
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = ast.parse(path.read_text(encoding="utf-8"))
    return found


def for_types_only(node):
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def imports(tree, known):
    """Modules that a module imports when it runs; `from package import module` counts as the module."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: write imports in full"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in known else node.module
        elif not for_types_only(node):
            yield from imports(node, known)


MODULES = modules(ROOT, "sim")
EDGES = [(name, target) for name, tree in MODULES.items() for target in imports(tree, MODULES)]
INSIDE = [(a, b) for a, b in EDGES if b.split(".")[0] == "sim"]


def layer(name):
    return LAYERS.get(name.split(".")[1], 0) if "." in name else 0


def test_every_import_is_of_a_module_that_exists():
    assert [edge for edge in INSIDE if edge[1] not in MODULES] == []


def test_imports_run_one_way():
    assert [f"{a} imports {b}" for a, b in INSIDE if layer(b) > layer(a)] == []
    assert ("sim.engine", "sim.agents") not in INSIDE
    assert ("sim.agents", "sim.engine") not in INSIDE


def test_there_are_no_cycles():
    graph = nx.DiGraph([(a, b) for a, b in INSIDE if b != "sim"])
    assert list(nx.simple_cycles(graph)) == []


def test_the_model_never_imports_what_is_done_with_it():
    assert [edge for edge in EDGES if edge[1].split(".")[0] in ("experiments", "tests", "benchmarks")] == []


def test_importing_the_package_imports_nothing_heavy():
    assert set(imports(MODULES["sim"], MODULES)) <= {"__future__", "typing", "importlib"}


def test_rules_know_only_rules_and_data():
    heavy = {"mesa", "pandas", "pydantic", "matplotlib", "solara"}
    assert [edge for edge in EDGES if layer(edge[0]) in (1, 2) and edge[1].split(".")[0] in heavy] == []


def test_experiments_do_not_import_their_command_line():
    known = modules(ROOT.parent / "experiments", "experiments")
    edges = [
        (a, b)
        for a, tree in known.items()
        if not a.startswith("experiments.cli")
        for b in imports(tree, known)
        if b.startswith("experiments.cli")
    ]
    assert edges == []


def test_the_scan_sees_imports_in_functions_but_not_those_for_types():
    text = "if TYPE_CHECKING:\n    import sim.model\ndef f():\n    from sim import engine\nimport sim.state"
    assert list(imports(ast.parse(text), MODULES)) == ["sim.engine", "sim.state"]
