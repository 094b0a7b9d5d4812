"""What runs will take, from a few timed ones."""

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
    """Time a few runs of each base that is not known yet (of some, if there are many); returns the bytes of a run."""
    bases, size = [base for base in plan.bases if not base.day_seconds], 0.0
    tried = [bases[k] for k in a_few(len(bases), _MOST_BASES)]
    changes = _first_changes(plan, {id(base) for base in tried})
    seeds = tuple(int(seed) for seed in np.resize(plan.seeds[0], _PILOT_RUNS))
    for base in tried:
        point = JobPoint(changes.get(id(base), ()), tuple(range(_PILOT_RUNS)), seeds)
        days = dict(point.changes).get("days", base.scenario.days)
        run_job(Job(base, (JobPoint(point.changes, (0,), seeds[:1]),)))  # compiled, warm
        result = run_job(Job(base, (point,), plan.outputs))
        base.day_seconds = result.seconds / _PILOT_RUNS / max(1, days)
        size = max(size, sum(a.nbytes for a in result.arrays.values()) / _PILOT_RUNS)
    mean = float(np.mean([base.day_seconds for base in tried])) if tried else 0.0
    for base in bases:
        base.day_seconds = base.day_seconds or mean
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
    """What a plan would take."""

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
    """What a job may cost, in the units of `Plan.cost`: as much as takes `JOB_SECONDS` and fits into `MOST_JOB_BYTES`.

    It goes by what the jobs before took.
    """

    def __init__(self) -> None:
        self._seconds = 1.0  # of a unit of cost
        self._bytes = 0.0

    def learn(self, cost: float, seconds: float, n_bytes: float) -> None:
        """A job that was thought to cost so much took so long, and so much room."""
        self._seconds += 0.3 * (seconds / max(cost, 1e-9) - self._seconds)
        self._bytes = max(0.9 * self._bytes, n_bytes / max(cost, 1e-9))

    def __call__(self) -> float:
        return min(JOB_SECONDS / max(self._seconds, 0.1), MOST_JOB_BYTES / max(self._bytes, 1.0))
