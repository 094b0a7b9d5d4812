"""The engine, the forms of the workload and the floor, side by side: acts that were due, not agents asleep."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.measuring import Figure
from benchmarks.yardstick import floor
from benchmarks.yardstick.forms import FORMS, Form
from benchmarks.yardstick.workload import AGENTS, HOURS, TOLERANCE
from sim import load_scenario, simulate
from sim.engine import Tables, new_state, run_to
from sim.state import EVENT, NONE
from sim.world import build_world

TURNS, SEEDS, FLOOR_RUNS, OUR_RUNS = 5, 3, 500, 30
OURS, FLOOR, STRONGEST = "the compiled loop", "the floor in C", "Mesa, lists by hour (the strongest)"
GOAL = 180.0
"""Times the strongest plain Mesa form, per due act."""
DAYS = {"Mesa, the usual way": 60}
"""Of a form that takes long, fewer days; the others run all."""
DONE = ("patrols", "deliveries", "salvos", "supply_used")


def acts_due(name: str, seed: int = 1) -> tuple[dict[str, int], float]:
    """Acts due in a run of a posture, by kind, and how many agents there are on average.

    Before each hour those are counted that are awake, and the sites that are open.
    """
    world = build_world(load_scenario(name))
    state, due, agents = new_state(world, seed), dict.fromkeys(AGENTS, 0), 0
    tables, no_log = Tables(world, state), np.zeros(0, EVENT)
    rows, fixed = state[0], {kind: int(world[0][f"n_{kind}"]) for kind in ("cells", "units", "details", "sites")}
    n_hours = int(world[0]["n_hours"])
    for hour in range(n_hours):
        for kind in ("cells", "units", "details"):
            due[kind] += int((rows[kind]["wake"][: fixed[kind]] <= hour).sum())
        convoys = rows["convoys"][: rows["n_convoys"]]
        on_the_way = convoys["phase"] != NONE
        due["convoys"] += int((on_the_way & (convoys["wake"] <= hour)).sum())
        is_open = int((rows["sites"]["open"][: fixed["sites"]] != 0).sum())
        due["sites"] += is_open
        agents += is_open + int(on_the_way.sum()) + sum(fixed.values()) - fixed["sites"]
        run_to(world, state, tables, hour + 1, no_log)
    return due, agents / n_hours


def validate(wanted: Mapping[str, int], n_agents: float, forms: Mapping[str, Form] = FORMS) -> None:
    """Every form has as many agents, due as often, and they do in it as much as in the others."""
    _check("agents", sum(AGENTS.values()), n_agents)
    done: dict[str, list[float]] = {}
    for name, form in forms.items():
        hours = hours_of(name)
        arounds = [form(hours, seed) for seed in range(SEEDS)]
        for kind, n in wanted.items():
            _check(f"{name}: acts of {kind}", statistics.mean(a.due[kind] for a in arounds) * HOURS / hours, n)
        done[name] = [statistics.mean(a.counts[what] for a in arounds) * HOURS / hours for what in DONE]
    for what, *counts in zip(DONE, *done.values(), strict=True):
        for name, count in zip(done, counts, strict=True):
            _check(f"{name}: {what}", count, statistics.median(counts))


def hours_of(name: str) -> int:
    """What a form runs: one that takes long, fewer days."""
    return 24 * DAYS.get(name, HOURS // 24)


def _check(what: str, found: float, wanted: float) -> None:
    if abs(found - wanted) > TOLERANCE * wanted:
        raise SystemExit(f"{what}: {found:,.0f}, wanted {wanted:,.0f} within {TOLERANCE:.0%}: nothing is timed")


def yardstick() -> list[Figure]:
    """Time per act that was due, against the same workload in other programs and in C; in turn, on one core."""
    due, n_agents = acts_due("fourteen")
    acts = sum(due.values())
    validate(due, n_agents)
    with tempfile.TemporaryDirectory(prefix="posture_bench_") as folder:
        cases = {OURS: partial(_ours, acts), **{name: partial(_theirs, name) for name in FORMS}}
        if floor.compiler():
            cases[FLOOR] = partial(_floor, floor.build(Path(folder)), due)
        nanoseconds = {name: statistics.median(times) for name, times in _in_turn(cases).items()}
    return [
        Figure("agents in the base run, mean", n_agents, "agents"),
        Figure("acts due in a base run", acts, "acts"),
        *(Figure(f"  of {kind}", n, "acts") for kind, n in due.items()),
        *(Figure(f"an act: {name}", each, "ns") for name, each in nanoseconds.items()),
        *_ratios(nanoseconds),
    ]


def _in_turn(cases: Mapping[str, Callable[[], float]]) -> dict[str, list[float]]:
    """ns for each act, by case: all once, then all again."""
    times: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(TURNS):
        for name, case in cases.items():
            times[name].append(case())
    return times


def _ours(acts: int) -> float:
    """ns for each act of base runs."""
    scenario = load_scenario("fourteen")
    world = build_world(scenario)
    start = time.process_time()
    for seed in range(OUR_RUNS):
        simulate(scenario, seed, world=world)
    return (time.process_time() - start) / OUR_RUNS / acts * 1e9


def _theirs(name: str) -> float:
    """ns for each act of a form. Making the agents counts, as with ours."""
    start = time.process_time()
    around = FORMS[name](hours_of(name), 1)
    return (time.process_time() - start) / sum(around.due.values()) * 1e9


def _floor(program: Path, due: Mapping[str, int]) -> float:
    """ns for each act of the floor."""
    before = os.times().children_user
    acts = floor.run(program, FLOOR_RUNS, due)
    return (os.times().children_user - before) / FLOOR_RUNS / sum(acts) * 1e9


def _ratios(nanoseconds: Mapping[str, float]) -> list[Figure]:
    """How many times as long as ours the forms take; how far ours is from the floor."""
    ours = nanoseconds[OURS]
    goals = {STRONGEST: GOAL}
    ratios = [Figure(f"{name} over ours", nanoseconds[name] / ours, "times", goals.get(name), True) for name in FORMS]
    if FLOOR not in nanoseconds:
        print("  no C compiler here: the floor is left out")
        return ratios
    return [*ratios, Figure("ours over the floor", ours / nanoseconds[FLOOR], "times")]
