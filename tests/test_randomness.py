"""Named draws are the only source of chance: nothing else is touched, and nothing else is in the code."""

from __future__ import annotations

import ast
import random
from pathlib import Path

import numpy as np
import pytest

import sim
from sim import PostureModel, load_scenario, simulate

CHANGES = {"days": 4, "operations.base_rate_per_day": 0.5, "operations.preparation_hours": 6.0}
SOURCES = sorted(Path(sim.__file__).parent.rglob("*.py"))
OTHER_SOURCES = {"random", "secrets", "uuid", "time"}


def world_state():
    """The state of both global generators."""
    kind, keys, *rest = np.random.get_state()  # noqa: NPY002 - it must stay as it is
    return random.getstate(), (kind, keys.tolist(), rest)


def own_state(model):
    return model.random.getstate(), model.rng.bit_generator.state


def test_a_compiled_run_leaves_the_global_generators_alone():
    before = world_state()
    run = simulate(load_scenario("six").with_changes(CHANGES), 3)
    assert run.measures["operations"] > 0
    assert world_state() == before


def test_a_mesa_run_leaves_all_generators_alone():
    before = world_state()
    model = PostureModel(load_scenario("six").with_changes(CHANGES), rng=3)
    own = own_state(model)
    while model.running:
        model.step()
    assert model.measures["operations"] > 0
    assert own_state(model) == own
    assert world_state() == before


def test_the_global_generators_do_not_matter():
    scenario = load_scenario("six").with_changes(CHANGES)
    digests = set()
    for seed in (1, 2):
        random.seed(seed)
        model = PostureModel(scenario, rng=3)
        model.random.seed(seed)
        while model.running:
            model.step()
        digests.add(model.digest)
    assert len(digests) == 1


def other_sources(tree):
    """(line, name) of every import of a source of chance or time, and every use of numpy.random."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, a.name) for a in node.names if a.name.split(".")[0] in OTHER_SOURCES)
        elif isinstance(node, ast.ImportFrom):
            name = node.module or ""
            if name.split(".")[0] in OTHER_SOURCES or name.startswith("numpy.random"):
                yield node.lineno, name
        elif isinstance(node, ast.Attribute) and (
            node.attr in ("shuffle_do", "shuffle", "urandom")
            or (node.attr == "random" and ast.unparse(node.value) in ("np", "numpy"))
        ):
            yield node.lineno, ast.unparse(node)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_no_module_has_another_source_of_chance(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = [f"{path.name}:{line}: {name}" for line, name in other_sources(tree)]
    if path.name == "model.py":  # a user's generator or a fresh seed becomes the run's seed, before the run
        (function,) = (n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "seed_of")
        inside = {f"{path.name}:{line}: {name}" for line, name in other_sources(function)}
        found = [line for line in found if line not in inside and not line.endswith(": secrets")]
    if "app" in path.relative_to(Path(sim.__file__).parent).parts:  # the page goes by the clock; a run never does
        found = [line for line in found if not line.endswith(": time")]
    assert not found


def test_the_scan_sees_what_it_is_for():
    text = "import random\nfrom secrets import token_hex\nimport numpy as np\nx = np.random.rand()\nm.shuffle_do(1)"
    assert [name for _, name in other_sources(ast.parse(text))] == ["random", "secrets", "m.shuffle_do", "np.random"]
