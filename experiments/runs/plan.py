"""What is to be run: the points of a design checked, each run named by its content, the order of execution.

A run's key is a hash of everything that decides its result: the rules, the resolved base scenario, what the point
changes in it, and the seed. So a finished run is found again when values, replicates or points are added, and two
points that come to the same are run once.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from experiments.runs.bases import BASE_KEYS, BaseOf, Bases, check_values
from experiments.runs.design import STATE, Design, Point, Points, Value, as_given, check_size
from experiments.runs.jobs import Base, Job, JobPoint
from experiments.runs.outputs import Output, outputs_of
from sim.compiled import source_hash
from sim.draws import replicate_seed
from sim.errors import ConfigError
from sim.parameters import Parameters, flat
from sim.scenario import Scenario

MAX_REPLICATES_AT_ONCE = 8  # of a point before the next point's turn
_GOLDEN = 0.6180339887498949
_STATES_APART = 1 << 44  # beyond any number of replicates
_SKETCHED = 200  # points
_MOST_STRUCTURES = 1 << 16  # in memory at a time


def structure(scenario: Scenario, outputs: Sequence[Output] = ()) -> bytes:
    """Rules and resolved scenario but for parameters and days, as a hash.

    What does not move a run (a budget, a title, in which order responses are named) stays out of it.
    """
    aside = {"title", "source", "theatre", "budget", "responses", "calendar", "days", "parameters"}
    forces = sorted(scenario.responses, key=lambda force: (force.response.name, force.number))
    parts = (
        source_hash(),
        scenario.posture.model_dump_json(by_alias=True, exclude=aside),
        scenario.theatre.config.model_dump_json(by_alias=True),
        *(f.response.model_dump_json() + f.use.model_dump_json(exclude={"name"}) for f in forces),
        scenario.calendar.model_dump_json(by_alias=True) if scenario.calendar else "",
        *sorted(map(repr, outputs)),
    )
    return hashlib.blake2b("\0".join(parts).encode()).digest()


class Contents:
    """What names the runs of a point: its structure, and which parameters differ from their defaults."""

    def __init__(self, outputs: Sequence[Output]) -> None:
        self._outputs, self._known = tuple(outputs), dict[Any, bytes]()
        self._defaults: dict[str, Value] = flat(Parameters())
        self._special: dict[int, Point] = {}

    def __call__(self, base: Base, changes: Point) -> bytes:
        """The content of a base with changes. A change to the value that is there already is none."""
        deep = [item for item in changes.items() if item[0] not in self._defaults and item[0] != "days"]
        values = {**self._own(base), **changes}
        for key, _ in deep:
            del values[key]
        real = {key: _plain(value) for key, value in values.items() if self._defaults.get(key) != value}
        return self._structure(base, deep) + json.dumps(real, sort_keys=True).encode()

    def _own(self, base: Base) -> Point:
        """Days and changed parameters of a base."""
        if id(base) not in self._special:
            values = flat(base.scenario.parameters)
            changed = {key: value for key, value in values.items() if value != self._defaults[key]}
            self._special[id(base)] = {"days": base.scenario.days, **changed}
        return self._special[id(base)]

    def _structure(self, base: Base, deep: Sequence[tuple[str, Value]]) -> bytes:
        key = (id(base), *((name, type(value), value) for name, value in deep))
        if key not in self._known:
            if len(self._known) >= _MOST_STRUCTURES:
                self._known.clear()
            self._known[key] = self._find(base, deep)
        return self._known[key]

    def _find(self, base: Base, deep: Sequence[tuple[str, Value]]) -> bytes:
        try:
            return structure(base.scenario.with_changes(as_given(deep)), self._outputs)
        except ConfigError:  # valid one by one, not together: these runs will fail, under a name of their own
            return structure(base.scenario, self._outputs) + repr(deep).encode()


def run_keys(content: bytes, seeds: NDArray[np.uint64]) -> list[int]:
    """Keys of the runs of a content, one for each seed."""
    stem, keys = hashlib.blake2b(content, digest_size=8), []
    for seed in seeds:
        run = stem.copy()
        run.update(seed.tobytes())
        keys.append(int.from_bytes(run.digest(), "little"))
    return keys


def _plain(value: Value) -> Value:
    """2 and 2.0 are the same value."""
    return float(value) if isinstance(value, (int, float)) else value


@dataclass
class Plan:
    """What is to be run: points with their bases, and for each run (points × replicates) a seed and a key."""

    points: Sequence[Point]
    bases: BaseOf
    outputs: tuple[Output, ...]
    seeds: NDArray[np.uint64]
    keys: NDArray[np.uint64]

    @property
    def n_runs(self) -> int:
        """Rows of `runs.csv`."""
        return int(self.keys.size)

    @property
    def replicates(self) -> int:
        """Runs of each point."""
        return self.keys.shape[1]

    @cached_property
    def n_duplicates(self) -> int:
        """Runs that come to the same as another."""
        return self.n_runs - len(np.unique(self.keys))

    def with_replicates(self, n: int) -> Self:
        """The plan of the same points with so many replicates, no more than it has."""
        return replace(self, seeds=self.seeds[:, :n], keys=self.keys[:, :n])

    def changes(self, point: Point) -> Point:
        """What a point changes in its base."""
        return {key: value for key, value in point.items() if key not in ASIDE}

    def cost(self, point: Point) -> float:
        """What a run of a point costs, in seconds after a pilot, else in days: time left is weighted by it."""
        return self.days(point) * (self.bases(point).day_seconds or 1.0)

    def days(self, point: Point) -> float:
        """How long a run of a point is."""
        return float(point.get("days", self.bases(point).scenario.days))

    @cached_property
    def order(self) -> NDArray[np.int64]:
        """The points in an order in which every beginning is an even sample of all, and of each factor's values."""
        return even_order(len(self.points))


def even_order(n: int, first: int | None = None) -> NDArray[np.int64]:
    """The numbers below n, or the `first` of them, in an order of which every beginning is an even sample.

    Steps of about the golden section of n; with no common divisor, so that each comes once and the values of the
    fastest factor take turns.
    """
    step = max(1, round(n * _GOLDEN))
    while math.gcd(step, n) > 1:
        step += 1
    return np.arange(n if first is None else min(n, first), dtype=np.int64) * step % n


@dataclass
class DesignPlan(Plan):
    """The plan of a design, with the file that it comes from."""

    bases: Bases
    design: Design
    file: str

    @cached_property
    def swept(self) -> list[str]:
        """The keys that have a column of their own; posture and responses have theirs anyway."""
        return [key for key in self.design.keys if key not in ("posture", "responses")]


ASIDE = (*BASE_KEYS, STATE)


def make_plan(
    design: Design,
    file: str | Path,
    replicates: int | None = None,
    *,
    check: bool = True,
    bases: Bases | None = None,
    more: Sequence[Output] = (),
) -> DesignPlan:
    """Check every value of a design, and name all of its runs; `more` are outputs beside those that it names.

    A design made in code of values that were checked before may go without: there may be a million of them. `bases`
    are those of an earlier plan of the same base, so that they need not be loaded again.
    """
    if check:
        check_size(design, file, replicates)
        check_values(design, file)
    points, bases = Points(design), bases or Bases(design)
    seeds, outputs = seeds_of(design, points, replicates or design.replicates), (*outputs_of(design.outputs), *more)
    return DesignPlan(points, bases, outputs, seeds, keys_of(points, bases, seeds, outputs), design, str(file))


def sketch(design: Design, file: str | Path, points: Points) -> DesignPlan:
    """The plan of a few points evenly spread over a design, with few replicates: what is needed to time its runs.

    Its values are checked already.
    """
    bases = Bases(design)
    some = [points[k] for k in even_order(len(points), _SKETCHED).tolist()]
    seeds, outputs = seeds_of(design, some, min(design.replicates, MAX_REPLICATES_AT_ONCE)), outputs_of(design.outputs)
    return DesignPlan(some, bases, outputs, seeds, keys_of(some, bases, seeds, outputs), design, str(file))


def seeds_of(design: Design, points: Sequence[Point], replicates: int) -> NDArray[np.uint64]:
    """The run seeds (points × replicates): replicate r has the same streams in every point.

    But each state of the world has streams of its own, the same in all points that name it: what is found over states
    would otherwise carry the chance of the same few replicates, however many states there are.
    """

    if not design.has_states:
        return np.broadcast_to(np.array(_streams(design.seed, replicates), np.uint64), (len(points), replicates))
    return seeds_of_states(design.seed, points, replicates)


def seeds_of_states(seed: int, points: Sequence[Point], replicates: int) -> NDArray[np.uint64]:
    """The run seeds (points × replicates) of points that name their state; more states or replicates change none."""
    states = [int(point[STATE]) for point in points]
    known = {state: _streams(replicate_seed(seed, _STATES_APART + state), replicates) for state in set(states)}
    return np.array([known[state] for state in states], np.uint64)


def _streams(seed: int, replicates: int) -> list[int]:
    return [replicate_seed(seed, r) for r in range(replicates)]


def plan_of(points: Sequence[Point], bases: BaseOf, seeds: NDArray[np.uint64], outputs: Sequence[Output] = ()) -> Plan:
    """The plan of points that need no design, with the seeds (points × replicates) of their runs."""
    return Plan(points, bases, tuple(outputs), seeds, keys_of(points, bases, seeds, outputs))


def keys_of(
    points: Sequence[Point], bases: BaseOf, seeds: NDArray[np.uint64], outputs: Sequence[Output]
) -> NDArray[np.uint64]:
    """The key of each run (points × replicates)."""
    keys, contents = np.zeros(seeds.shape, np.uint64), Contents(outputs)
    for k, point in enumerate(points):
        changes = {key: value for key, value in point.items() if key not in ASIDE}
        keys[k] = run_keys(contents(bases(point), changes), seeds[k])
    return keys


def jobs_of(plan: Plan, missing: NDArray[np.bool_], job_cost: Callable[[], float]) -> Iterator[Job]:
    """Jobs for the runs that are missing (points × replicates), each of about `job_cost()` (see `Plan.cost`).

    A few replicates of every point come before more of any; the points in `Plan.order`.
    """
    waiting: dict[int, tuple[Base, list[JobPoint]]] = {}
    load: dict[int, float] = {}
    for point, part in _parts(plan, missing, job_cost):
        base, cost = plan.bases(point), plan.cost(point) * len(part.seeds)
        if load.get(id(base), 0.0) + cost > 1.5 * job_cost() and id(base) in waiting:
            yield Job(base, tuple(waiting.pop(id(base))[1]), plan.outputs)
            load[id(base)] = 0.0
        waiting.setdefault(id(base), (base, []))[1].append(part)
        load[id(base)] = load.get(id(base), 0.0) + cost
        if load[id(base)] >= job_cost():
            yield Job(base, tuple(waiting.pop(id(base))[1]), plan.outputs)
            load[id(base)] = 0.0
    for base, parts in waiting.values():
        yield Job(base, tuple(parts), plan.outputs)


def _parts(plan: Plan, missing: NDArray[np.bool_], job_cost: Callable[[], float]) -> Iterator[tuple[Point, JobPoint]]:
    """Points in their order with a few of their missing runs: no more than a job should have."""
    taken: set[int] = set()
    for first in range(0, plan.replicates, MAX_REPLICATES_AT_ONCE):
        block = missing[:, first : first + MAX_REPLICATES_AT_ONCE]
        for k in plan.order[block[plan.order].any(axis=1)]:
            point, wanted = plan.points[int(k)], np.flatnonzero(block[k]) + first
            few = max(1, int(job_cost() / max(plan.cost(point), 1e-9)))
            for start in range(0, len(wanted), few):
                part = _job_point(plan, int(k), wanted[start : start + few], point, taken)
                if part is not None:
                    yield point, part


def _job_point(plan: Plan, k: int, wanted: NDArray[np.int64], point: Point, taken: set[int]) -> JobPoint | None:
    """The runs of a point that no other point has asked for already."""
    keys = [int(key) for key in plan.keys[k, wanted]]
    fresh = [(key, int(plan.seeds[k, r])) for key, r in zip(keys, wanted, strict=True) if key not in taken]
    if plan.n_duplicates:
        taken.update(keys)
    if not fresh:
        return None
    return JobPoint(tuple(plan.changes(point).items()), tuple(k for k, _ in fresh), tuple(s for _, s in fresh))
