"""Recipes of CONTRIBUTING are short and true: each is done in a copy of the tree, run, and its files are counted."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import sim

ROOT = Path(sim.__file__).parent.parent
TREE = ("sim", "experiments", "tests", "configs", "docs", "results", "benchmarks")
FILES = ("pyproject.toml", "CONTRIBUTING.md", "README.md", "CHANGELOG.md", "Makefile", "constraints.txt")
TEXT = {".py", ".md", ".toml"}

# --- the recipe "Add a mechanism": file → (what stands there, what comes instead); a new file has its whole text ------
HARVEST = '''"""Harvest: drivers stay away from the road (an example).

Willingness is at most 1 − share_away on each day of harvest.
"""

from __future__ import annotations

from sim.compiled import rule
from sim.state import State
from sim.world import World


@rule
def keep_away(world: World, state: State) -> None:
    """Once a day. Writes: willingness, harvest_days."""
    if state.hour % 24 == 0 and world.harvest.share_away > 0.0:
        state.willingness = min(state.willingness, 1.0 - world.harvest.share_away)
        state.harvest_days += 1
'''
MECHANISM = {
    "sim/rules/harvest.py": HARVEST,
    "sim/state.py": [
        (
            "state       relation         0…1      bilateral relation\n",
            "state       harvest_days     day      days of harvest so far\n"
            "state       relation         0…1      bilateral relation\n",
        ),
        ("areas_wake mob_until partners", "areas_wake mob_until partners harvest_days"),
    ],
    "sim/parameters.py": [
        (
            "class Parameters(ParameterSection):",
            'class Harvest(ParameterSection):\n    """Drivers in the fields (rules/harvest.py)."""\n\n'
            '    share_away: float = share(0.0, "share of the drivers who stay away")\n\n\n'
            "class Parameters(ParameterSection):",
        ),
        (
            "    pressure: Pressure = Pressure()\n",
            "    pressure: Pressure = Pressure()\n    harvest: Harvest = Harvest()\n",
        ),
    ],
    "sim/schedule.py": [
        ("    fire,\n", "    fire,\n    harvest,\n"),
        (
            "    calendar.open_hour(world, state)\n    now, of =",
            "    calendar.open_hour(world, state)\n    harvest.keep_away(world, state)\n    now, of =",
        ),
        (
            '@_phase(2, "convoys", "convoys")',
            '@_phase(1, "calendar")\ndef _harvest(world: Address, state: Address) -> None:\n'
            '    harvest.keep_away(world_at(world), state_at(state))\n\n\n@_phase(2, "convoys", "convoys")',
        ),
    ],
    "tests/parameter_rows.py": [
        (
            'CLOSED, responses=("embassy_closure",)),\n}',
            'CLOSED, responses=("embassy_closure",)),\n'
            '    "harvest.share_away": Row(0.0, 0.8, "willingness_mean", -1),\n}',
        )
    ],
    "docs/ODD.md": [
        (
            "### 7.25 Numbers fixed",
            "### Harvest (`harvest.py`)\n\nWillingness is at most 1 − `harvest.share_away`.\n\n### 7.25 Numbers fixed",
        )
    ],
}
GENERATED = ("docs/parameters.md",)

# --- the recipe "Add a kind of agent" ---------------------------------------------------------------------------------
OBSERVERS = '''"""Observers: one stands at each site and counts its days (an example)."""

from __future__ import annotations

from sim.compiled import rule
from sim.state import State
from sim.world import World


@rule
def begin(k: int, world: World, state: State) -> None:
    """At its site, with all days to come."""
    state.observers[k].square = world.observers[k].post


@rule
def act(k: int, world: World, state: State) -> None:
    """A day more. Writes: observers."""
    state.observers[k].days += 1
    state.observers[k].wake = state.hour + 24
'''
AGENTS = {
    "sim/rules/observers.py": OBSERVERS,
    "sim/theatre_config.py": [
        (
            '    "details": details_of,\n',
            '    "details": details_of,\n'
            '    "observers": lambda config: [(f"observer/{site.name}", site) for site in config.sites],\n',
        )
    ],
    "sim/state.py": [
        (
            "standing    wake             hour ",
            "observers   wake             hour     nothing to do before this hour\n"
            "observers   square           1        where it stands\n"
            "observers   days             day      counted so far\n"
            "standing    wake             hour ",
        ),
        ("FACTION = record(\n", 'OBSERVER = record(fields(I8, "wake square days"))\nFACTION = record(\n'),
        (
            '        ("convoys", CONVOY, (MAX_CONVOYS,)),\n',
            '        ("convoys", CONVOY, (MAX_CONVOYS,)),\n        ("observers", OBSERVER, (MAX_SITES,)),\n',
        ),
    ],
    "sim/world.py": [
        ("n_standing top_site", "n_standing n_observers top_site"),
        ("AREA = record(", 'OBSERVER = record(fields(I8, "name post"))\nAREA = record('),
        (
            '        ("areas", AREA, STATE["areas"].shape),\n',
            '        ("areas", AREA, STATE["areas"].shape),\n'
            '        ("observers", OBSERVER, STATE["observers"].shape),\n',
        ),
        (
            "    homes = [places[home]",
            '    posts = scenario.theatre.site_square\n    _fill(world, "observers", names["observers"], post=posts)\n'
            "    homes = [places[home]",
        ),
    ],
    "sim/schedule.py": [
        ("    fire,\n", "    fire,\n    observers,\n"),
        (
            "    daily_tally.note_levels(world, state)\n",
            "    for k in range(world.n_observers):\n        observers.begin(k, world, state)\n"
            "    daily_tally.note_levels(world, state)\n",
        ),
        (
            "    daily_tally.close_hour(world, state)\n\n\n",
            "    for k in range(world.n_observers):\n        if state.observers[k].wake <= now:\n"
            "            observers.act(k, world, state)\n    daily_tally.close_hour(world, state)\n\n\n",
        ),
        (
            '@_phase(8, "measures")',
            '@_phase(7, "politics", "observers")\ndef _observer(k: int, world: Address, state: Address) -> None:\n'
            '    observers.act(k, world_at(world), state_at(state))\n\n\n@_phase(8, "measures")',
        ),
    ],
    "sim/agents.py": [
        (
            "class OffMapAgent(",
            'class Observer(RowAgent, kind="observers"):\n    """Counts days."""\n\n\nclass OffMapAgent(',
        )
    ],
    "docs/ODD.md": [
        ("### 7.25 Numbers fixed", "### Observers (`observers.py`)\n\nThey count days.\n\n### 7.25 Numbers fixed")
    ],
}

SEEN = """{
    "harvest": int(model.state["harvest_days"]),
    "willingness": run.measures["willingness_mean"],
    "observed": [agent.days for agent in model.agents if agent.kind == "observers"],
    "sites": int(model.world.n_sites),
    "map": [len(each) for each in frame(model, model.events, cells=False)["others"].values()],
    "titles": [each["title"] for each in layout(model)["others"].values()],
}"""
RUN = f"""
import json
from sim import PostureModel, load_scenario, simulate
from sim.app.map.frame import frame
from sim.app.map.layout import layout
for share in (0.0, 0.4):
    scenario = load_scenario("six", {{"days": 4, "harvest.share_away": share}})
    run, model = simulate(scenario, 7), PostureModel(scenario, rng=7)
    while model.running:
        model.step()
    assert model.state_block.tobytes() == run.state.tobytes(), "the drivers differ"
    assert model.digest == run.digest
    print(json.dumps({{"digest": run.digest, **{SEEN}}}))
"""


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    """A copy of the tree, without what tools leave."""
    tmp_path = tmp_path_factory.mktemp("tree")
    skip = shutil.ignore_patterns("__pycache__", "*.nb?", ".*_cache")
    for name in TREE:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=skip)
    for name in FILES:
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def written(folder):
    """Name → hash of each file of the tree."""
    paths = [p for name in TREE for p in (folder / name).rglob("*") if p.suffix in TEXT]
    return {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in paths}


def follow(recipe, folder):
    """Do what a recipe says; the files that it changed."""
    before = written(folder)
    for name, edits in recipe.items():
        path = folder / name
        if isinstance(edits, str):
            path.write_text(edits, encoding="utf-8")
            continue
        text = path.read_text(encoding="utf-8")
        for old, new in edits:
            assert text.count(old) == 1, f"{name}: {old!r} stands there {text.count(old)} times"
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")
    in_copy(folder, "-m", "experiments.report.docs_pages")
    after = written(folder)
    return {name for name in after if after[name] != before.get(name)}


def in_copy(folder, *words):
    """Standard output of Python in the copy; its `sim` is that of the copy."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "POSTURE_CACHE": str(folder / "cache")}
    result = subprocess.run(
        [sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
    return result.stdout


@pytest.fixture(scope="module")
def changed(copied):
    """Recipe → the files that it changed. One is followed after the other, so that the rules are compiled once."""
    return {"mechanism": follow(MECHANISM, copied), "kind of agent": follow(AGENTS, copied)}


@pytest.fixture(scope="module")
def seen(copied, changed):
    """What was seen in a few days by both drivers, which must agree: with all drivers at work, and with a harvest."""
    return [json.loads(line) for line in in_copy(copied, "-c", RUN).splitlines()]


def test_a_mechanism_takes_at_most_seven_files(changed):
    assert changed["mechanism"] == {*MECHANISM, *GENERATED}
    assert len(changed["mechanism"]) <= 7


def test_a_kind_of_agent_takes_at_most_six_places_beside_the_odd_document(changed):
    assert changed["kind of agent"] == set(AGENTS)
    assert len(changed["kind of agent"] - {"docs/ODD.md"}) <= 6


ROWS = "tests/test_every_parameter.py"
DOCS = "tests/test_docs.py"
CHECKS = (
    f"{ROWS}::test_the_parameter_moves_its_measure[harvest.share_away]",
    f"{ROWS}::test_every_parameter_has_its_row_and_no_row_is_left_over",
    f"{DOCS}::test_every_rule_module_stands_in_the_odd_document",
    f"{DOCS}::test_every_parameter_stands_in_the_odd_document",
    f"{DOCS}::test_the_phases_stand_in_the_order_of_the_schedule",
    "tests/experiments/test_generated_pages.py",
    "tests/test_state.py",
    "tests/test_digest.py",
    "tests/test_mesa.py::test_agents_stand_in_the_cell_of_their_square",
)


@pytest.mark.slow
def test_the_mechanism_does_what_it_says_and_nothing_without_its_cause(seen):
    idle, busy = seen
    assert (idle["harvest"], idle["willingness"]) == (0, pytest.approx(1.0, abs=0.05))
    assert (busy["harvest"], busy["willingness"]) == (4, pytest.approx(0.6, abs=0.05))
    assert busy["digest"] != idle["digest"]


@pytest.mark.slow
def test_the_new_agents_act_and_are_on_the_map(seen):
    for found in seen:
        assert found["observed"] == [4] * found["sites"]
        assert found["map"] == [found["sites"]]
        assert found["titles"] == ["observer"]


@pytest.mark.slow
def test_the_checks_of_the_recipes_pass(copied, changed):
    quiet = ("-q", "-p", "no:xdist", "-p", "no:cacheprovider")
    in_copy(copied, "-m", "pytest", *quiet, *CHECKS)
