"""The same runs through other programs: Mesa's `batch_run` and the EMA Workbench (extra `study`).

All get the same points of one uncertain design and the same seed. Mesa runs the Mesa-driven model, as it must; the EMA
Workbench calls the compiled loop through a function such as a user would write for it. Only the sweep writes its
results to disk and can be taken up again; the others keep theirs in memory.
"""

from __future__ import annotations

import inspect
import multiprocessing
import statistics
import tempfile
import warnings
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measuring import Figure, timed
from experiments.files.columns import column_name
from experiments.runs import pools
from experiments.runs.design import Design, Factor, Point, Points
from experiments.runs.plan import make_plan
from experiments.runs.sweep import sweep
from sim import PostureModel, load_scenario
from sim.draws import replicate_seed
from sim.engine import simulate
from sim.measures import MEASURES
from sim.scenario import Scenario
from sim.world import build_like, build_world

RUNS, MESA_RUNS, TURNS, WORKERS = 1000, 2, 3, 2
SEED = replicate_seed(1, 0)
UNCERTAIN = {
    "base_rate_per_day": Factor(key="operations.base_rate_per_day", low=0.01, high=0.1),
    "p_intercept": Factor(key="defence.p_intercept", low=0.5, high=0.9),
}


def design(n: int) -> Design:
    """A sample of so many points, one replicate each."""
    return Design(
        name="peers", title="Peers", replicates=1, sample="latin_hypercube", n=n, factors=tuple(UNCERTAIN.values())
    )


def points(n: int) -> list[Point]:
    """Its points."""
    return list(Points(design(n)))


# --- ours ----------------------------------------------------------------------------------------------------
def ours(open_pool: Callable[[int | None], pools.Pool], workers: int, n: int) -> dict[str, list[str]]:
    """A sweep with its files; the columns of `runs.csv`."""
    with tempfile.TemporaryDirectory(prefix="posture_bench_") as folder, open_pool(workers) as pool:
        sweep(make_plan(design(n), "peers"), Path(folder), pool)
        lines = (Path(folder) / "runs.csv").read_text(encoding="utf-8").splitlines()
    columns = zip(*(line.split(",") for line in lines), strict=True)
    return {name: values for name, *values in columns}


# --- EMA Workbench --------------------------------------------------------------------------------------------
@cache
def base() -> tuple[Scenario, Any]:
    """The scenario that points change, with its world: once in each process."""
    scenario = load_scenario("six")
    return scenario, build_world(scenario)


def one_run(**values: float) -> dict[str, float]:
    """What a user of the EMA Workbench would write: values of the uncertainties → outcomes by name."""
    scenario, world = base()
    changed = scenario.with_changes({UNCERTAIN[name].key: float(value) for name, value in values.items()})
    return simulate(changed, SEED, world=build_like(world, scenario, changed)).measures


def ema_model() -> Any:
    """The model as the EMA Workbench wants it."""
    from ema_workbench import Model, RealParameter, ScalarOutcome

    model = Model("posture", function=one_run)
    model.uncertainties = [RealParameter(name, f.low, f.high) for name, f in UNCERTAIN.items()]
    model.outcomes = [ScalarOutcome(measure.name) for measure in MEASURES]
    return model


def ema_points(n: int) -> list[Any]:
    """Our points in its words."""
    from ema_workbench.em_framework import points as kinds

    kind = getattr(kinds, "Sample", None) or kinds.Scenario  # version 3, version 2
    return [
        kind(f"point {k}", **{name: point[factor.key] for name, factor in UNCERTAIN.items()})
        for k, point in enumerate(points(n))
    ]


def ema(n: int, workers: int = 1) -> dict[str, Any]:
    """Experiments one after the other, or in worker processes; the outcomes by name."""
    from ema_workbench import MultiprocessingEvaluator, SequentialEvaluator

    model = ema_model()
    evaluator = MultiprocessingEvaluator(model, n_processes=workers) if workers > 1 else SequentialEvaluator(model)
    with evaluator:
        _, outcomes = evaluator.perform_experiments(scenarios=ema_points(n))
    return dict(outcomes)


# --- Mesa -----------------------------------------------------------------------------------------------------
def mesa(n: int, workers: int = 1) -> None:
    """Mesa's `batch_run` on the Mesa-driven model."""
    from mesa.batchrunner import batch_run

    seeds = {"rng": [SEED]}
    apart = "rng" in inspect.signature(batch_run).parameters  # Mesa 3.5 has a word of its own for seeds
    given = {"posture": "six", "changes": points(n), **({} if apart else seeds)}
    how: dict[str, Any] = {"max_steps": 24 * load_scenario("six").days, **(seeds if apart else {})}
    rows = batch_run(PostureModel, given, number_processes=workers, display_progress=False, **how)
    if len(rows) != n:
        raise SystemExit(f"batch_run gave {len(rows)} rows for {n} runs")


# --- side by side ---------------------------------------------------------------------------------------------
def validate() -> None:
    """The EMA Workbench must find the numbers that the sweep writes."""
    rows, outcomes = ours(pools.threads, 1, 8), ema(8)
    for measure in MEASURES:
        written = np.array([float(text) if text else np.nan for text in rows[column_name(measure.name, measure.unit)]])
        if not np.array_equal(written, np.asarray(outcomes[measure.name], float), equal_nan=True):
            raise SystemExit(f"{measure.name}: sweep and EMA Workbench disagree: nothing is timed")


def rates(cases: dict[str, tuple[int, Callable[[], object]]], turns: int) -> list[Figure]:
    """Runs a second of each case: medians of so many turns."""
    times: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(turns):
        for name, (_, function) in cases.items():
            times[name].append(timed(function))
    return [Figure(name, n / statistics.median(times[name]), "runs/s") for name, (n, _) in cases.items()]


def peers() -> list[Figure]:
    """The same points and seed, six sites, 274 days: runs a second."""
    warnings.filterwarnings("ignore", module="ema_workbench")  # of evaluators that are not installed
    before = multiprocessing.get_start_method()
    multiprocessing.set_start_method("fork", force=True)  # the EMA Workbench's own way; `import mesa` changes it
    validate()
    evaluators: dict[str, tuple[int, Callable[[], object]]] = {
        "posture sweep, one thread": (RUNS, partial(ours, pools.threads, 1, RUNS)),
        "EMA Workbench, sequential": (RUNS, partial(ema, RUNS)),
        "posture sweep, two threads": (RUNS, partial(ours, pools.threads, WORKERS, RUNS)),
        "posture sweep, two processes": (RUNS, partial(ours, pools.processes, WORKERS, RUNS)),
        "EMA Workbench, two processes": (RUNS, partial(ema, RUNS, WORKERS)),
    }
    figures = rates(evaluators, TURNS)
    multiprocessing.set_start_method(before, force=True)
    slow: dict[str, tuple[int, Callable[[], object]]] = {
        "Mesa batch_run, one process": (MESA_RUNS, partial(mesa, MESA_RUNS)),
        "Mesa batch_run, two processes": (WORKERS * MESA_RUNS, partial(mesa, WORKERS * MESA_RUNS, WORKERS)),
    }
    figures += rates(slow, 1)
    rate = {figure.name: figure.value for figure in figures}
    return [*figures, *(_ratio(rate, name) for name in ("EMA Workbench", "Mesa batch_run"))]


def _ratio(rate: dict[str, float], peer: str) -> Figure:
    fastest = max(value for name, value in rate.items() if name.startswith(peer))
    return Figure(
        f"sweep on two threads over {peer} at its best",
        rate["posture sweep, two threads"] / fastest,
        "times",
        1.2,
        True,
    )
