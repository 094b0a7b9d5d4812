"""What a sweep will take, from a few timed runs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from experiments.runs.jobs import Job, JobPoint, run_job
from experiments.runs.plan import Plan

JOB_SECONDS = 0.4  # so that a stop is quick, and a kill loses little
MOST_JOB_BYTES = 16 << 20
_PILOT_RUNS = 3
_MOST_BASES = 12
_ROW_BYTES = 1000  # of runs.csv, about
_PROGRAM_BYTES = 250e6  # with everything imported and compiled
_BYTES_PER_RUN = 150  # of a plan and the index of an archive


def pilot(plan: Plan) -> float:
    """Time a few runs of each base (some, if there are many); fills `plan.costs`. Returns the bytes of a run."""
    bases = list(plan.bases)
    tried = [bases[k] for k in a_few(len(bases), _MOST_BASES)]
    changes = _first_changes(plan, {id(base) for base in tried})
    seeds, size = tuple(int(seed) for seed in np.resize(plan.seeds, _PILOT_RUNS)), 0.0
    for base in tried:
        point = JobPoint(changes.get(id(base), ()), tuple(range(_PILOT_RUNS)), seeds)
        days = dict(point.changes).get("days", base.scenario.days)
        run_job(Job(base, (JobPoint(point.changes, (0,), seeds[:1]),)))  # compiled, warm
        result = run_job(Job(base, (point,), plan.design.outputs))
        plan.costs[id(base)] = result.seconds / _PILOT_RUNS / max(1, days)
        size = max(size, sum(a.nbytes for a in result.arrays.values()) / _PILOT_RUNS)
    mean = float(np.mean(list(plan.costs.values())))
    plan.costs.update({id(base): mean for base in bases if id(base) not in plan.costs})
    return size


def _first_changes(plan: Plan, wanted: set[int]) -> dict[int, tuple[tuple[str, object], ...]]:
    """What some point changes in each base."""
    found: dict[int, tuple[tuple[str, object], ...]] = {}
    for k in plan.order:
        point = plan.points[int(k)]
        found.setdefault(id(plan.bases(point)), tuple(plan.changes(point).items()))
        if wanted <= found.keys():
            break
    return found


def a_few(n: int, most: int = 50) -> list[int]:
    """Up to `most` of the numbers below n, evenly spread."""
    return sorted({int(k) for k in np.linspace(0, n - 1, min(n, most))})


def mean_cost(plan: Plan) -> float:
    """Seconds of a run, over the points of a design."""
    return float(np.mean([plan.cost(plan.points[int(plan.order[k])]) for k in a_few(len(plan.points))]))


@dataclass(frozen=True)
class Estimate:
    """What a sweep would take."""

    seconds: float
    memory_bytes: float
    disk_bytes: float


def estimate(plan: Plan, workers: int) -> Estimate:
    """From a timed pilot; a point counts by its length and base."""
    size = pilot(plan)
    per_run = mean_cost(plan)
    job_bytes = min(MOST_JOB_BYTES, size * max(1.0, JOB_SECONDS / max(per_run, 1e-9)))
    memory = _PROGRAM_BYTES + _BYTES_PER_RUN * plan.n_runs + job_bytes * 4 * workers
    to_run = plan.n_runs - plan.n_duplicates
    return Estimate(per_run * to_run / workers, memory, size * to_run + _ROW_BYTES * plan.n_runs)


class JobCost:
    """What a job may cost: as much as takes `JOB_SECONDS`, going by how long the jobs before it took."""

    def __init__(self, plan: Plan, bytes_per_run: float) -> None:
        self._most = mean_cost(plan) * MOST_JOB_BYTES / max(bytes_per_run, 1.0)
        self._ratio = 1.0

    def learn(self, cost: float, seconds: float) -> None:
        """A job that was thought to cost so much took so long."""
        self._ratio += 0.3 * (seconds / max(cost, 1e-9) - self._ratio)

    def __call__(self) -> float:
        """In the units of `Plan.cost`."""
        return min(JOB_SECONDS / max(self._ratio, 0.1), self._most)
