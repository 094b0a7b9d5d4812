"""What runs will take, from a few timed ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments.runs.jobs import Job, JobPoint, run_job
from experiments.runs.plan import Plan

JOB_SECONDS = 0.4  # so that a stop is quick, and a kill loses little
MOST_JOB_BYTES = 16 << 20
_PILOT_RUNS = 24
_PILOT_REPLICATES = 3
_PILOT_TURNS = 3  # the quickest counts: the first may compile, and what disturbs a run only makes it longer
_LOOKED_AT = 1000  # points
_MOST_BASES = 12
_ROW_BYTES = 1000  # of runs.csv, about
_PROGRAM_BYTES = 250e6  # with everything imported and compiled
_BYTES_PER_RUN = 150  # of a plan and the index of an archive
_RUN_SECONDS = 30e-6  # to name a run and write its row
_BYTE_SECONDS = 2e-8  # to write what is kept of a run into chunks and tables


def pilot(plan: Plan) -> float:
    """Time a few runs of each base that is not known yet (of some, if there are many); returns the bytes of a run.

    The points are spread over the design: they may differ in length, and the same days cost more where more happens.
    """
    bases, size = [base for base in plan.bases if not base.day_seconds], 0.0
    tried = [bases[k] for k in a_few(len(bases), _MOST_BASES)]
    seeds = tuple(int(seed) for seed in plan.seeds[0, :_PILOT_REPLICATES])
    found = _some_changes(plan, {id(base) for base in tried}, _points_for(len(tried), len(seeds)))
    for base in tried:
        points = [JobPoint(changes, tuple(range(len(seeds))), seeds) for changes in found.get(id(base), [()])]
        turns = [run_job(Job(base, tuple(points), plan.outputs)) for _ in range(_PILOT_TURNS)]
        result = min(turns, key=lambda turn: turn.seconds)
        days = sum(max(1, dict(point.changes).get("days", base.scenario.days)) for point in points)
        base.day_seconds = result.seconds / len(seeds) / days
        size = max(size, sum(a.nbytes for a in result.arrays.values()) / (len(points) * len(seeds)))
    mean = float(np.mean([base.day_seconds for base in tried])) if tried else 0.0
    for base in bases:
        base.day_seconds = base.day_seconds or mean
    return size


def _points_for(n_bases: int, replicates: int) -> int:
    """Points to time of each base: with many bases a few are enough."""
    return max(2, _PILOT_RUNS // (max(1, n_bases) * replicates))


def _some_changes(plan: Plan, wanted: set[int], most: int) -> dict[int, list[tuple[tuple[str, Any], ...]]]:
    """What up to `most` points change in each base; each has at least one, others are looked for among some alone."""
    found: dict[int, list[tuple[tuple[str, Any], ...]]] = {}
    for n, k in enumerate(plan.order.tolist()):
        point = plan.points[k]
        there = found.setdefault(id(plan.bases(point)), [])
        if len(there) < most:
            there.append(tuple(plan.changes(point).items()))
        if wanted <= found.keys() and (n >= _LOOKED_AT or all(len(found[each]) == most for each in wanted)):
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
    """What a plan would take: processor time, memory, room on disk."""

    core_seconds: float
    memory_bytes: float
    disk_bytes: float


def estimate(plan: Plan, workers: int, n_runs: int | None = None) -> Estimate:
    """From a timed pilot; a point counts by its length and base. `n_runs`: of the design that the plan is a part of."""
    size, runs = pilot(plan), n_runs or plan.n_runs
    per_run = mean_cost(plan)
    job_bytes = min(MOST_JOB_BYTES, size * max(1.0, JOB_SECONDS / max(per_run, 1e-9)))
    memory = _PROGRAM_BYTES + _BYTES_PER_RUN * runs + job_bytes * 4 * workers
    to_run = runs if n_runs else runs - plan.n_duplicates
    writing = _RUN_SECONDS * runs + _BYTE_SECONDS * size * to_run
    return Estimate(per_run * to_run + writing, memory, size * to_run + _ROW_BYTES * runs)


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
