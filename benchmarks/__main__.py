"""`make bench`: named cases, each validated before it is timed, printed as ratios to a goal.

    python -m benchmarks              all cases
    python -m benchmarks base help    some of them

Times are medians on one core, if no other number is said; the machine's speed drifts, so what is compared is timed in
turn in this one process. The last cases, from `many` on, take some minutes each.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial

import numpy as np

from benchmarks import live_view, peers, reports, sweeps
from benchmarks.measuring import Figure, measured, posture, timed
from benchmarks.yardstick.case import yardstick
from sim import PostureModel, load_scenario, simulate
from sim.draws import replicate_seed
from sim.engine import simulate_many
from sim.world import build_world

RUNS = 101
MAIN_MEASURES = ("fire_attacks", "convoy_attacks", "rounds_leaked", "trucks_lost", "cells_broken")


def validate() -> None:
    """Both drivers must give the same run, and the run the reported order, before anything is timed."""
    scenario = load_scenario("six", {"days": 5})
    model = PostureModel(scenario, rng=7)
    while model.running:
        model.step()
    if model.digest != simulate(scenario, 7).digest:
        raise SystemExit("the two drivers disagree: nothing is timed")
    measures = simulate_many(load_scenario("drawdown_2020"), range(20)).measures
    if not 20 < measures["fire_attacks"].mean() < 120:
        raise SystemExit("the base run is not the base run: nothing is timed")


def base() -> list[Figure]:
    """The base run on one core, a replicate's set-up included."""
    figures = []
    for name in ("fourteen", "six"):
        scenario = load_scenario(name)
        world = build_world(scenario)
        simulate(scenario, 1, world=world)
        times = [timed(partial(simulate, scenario, seed, world=world)) for seed in range(RUNS)]
        figures += [
            Figure(f"base run, {name}, 274 days, median", statistics.median(times) * 1e3, "ms", 10.0),
            Figure(f"base run, {name}, fastest quarter", statistics.quantiles(times, n=4)[0] * 1e3, "ms"),
        ]
    return figures


def mesa() -> list[Figure]:
    """The Mesa-driven run."""
    model = PostureModel("fourteen", rng=1, days=60)
    for _ in range(24):
        model.step()
    days = 20
    start = time.perf_counter()
    for _ in range(24 * days):
        model.step()
    seconds = time.perf_counter() - start
    return [Figure("Mesa-driven run, fourteen", days / seconds, "days/s", 20, True)]


def start() -> list[Figure]:
    """Start of the program: on a fresh machine, later, and for its help."""
    run = ("run", "six", "--seed", "1", "--days", "30")
    with tempfile.TemporaryDirectory() as cache:
        first = posture(*run, cache=cache)
        later = statistics.median(posture(*run, cache=cache) for _ in range(5))
    measured(*run)
    processor = statistics.median(measured(*run).cpu_seconds for _ in range(9))
    posture("--help")
    help_time = statistics.median(posture("--help") for _ in range(9))
    return [
        Figure("posture run, nothing compiled yet", first, "s", 30),
        Figure("posture run, later", later, "s", 3),
        Figure("  its processor time", processor, "s", 0.8),
        Figure("posture --help", help_time, "s", 0.3),
    ]


def pairing() -> list[Figure]:
    """Common random numbers: variance of six − fourteen with the same seeds over that with independent seeds."""
    n = 300
    seeds = [replicate_seed(1, r) for r in range(2 * n)]
    a = simulate_many(load_scenario("fourteen"), seeds[:n]).measures
    b = simulate_many(load_scenario("six"), seeds).measures
    figures = []
    for name in MAIN_MEASURES:
        paired, apart = np.var(b[name][:n] - a[name]), np.var(b[name][n:] - a[name])
        figures.append(Figure(f"variance paired / independent: {name}", float(paired / apart), "", 0.2))
    return figures


CASES: dict[str, Callable[[], list[Figure]]] = {
    "base": base,
    "yardstick": yardstick,
    "mesa": mesa,
    "start": start,
    "pairing": pairing,
    "view": live_view.live_view,
    "sweep": sweeps.sweep_case,
    "compare": sweeps.compare_case,
    "peers": peers.peers,
    "many": sweeps.many,
    "dask": sweeps.dask,
    "report": reports.report,
    "million": sweeps.million,
}


def main(names: list[str]) -> None:
    """Validate, then run the named cases, or all."""
    unknown = set(names) - set(CASES)
    if unknown:
        raise SystemExit(f"unknown case {', '.join(sorted(unknown))}; known: {', '.join(CASES)}")
    validate()
    for name in names or CASES:
        print(f"{name}: {(CASES[name].__doc__ or '').splitlines()[0]}")
        for figure in CASES[name]():
            print(figure.line(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
