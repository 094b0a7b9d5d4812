"""What a sweep has to run: its points checked, each run named by its content, the order of execution.

A run's key is a hash of everything that decides its result: the rules, the resolved base scenario, what the point
changes in it, and the seed. So a finished run is found again when values, replicates or points are added, and two
points that come to the same are run once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from experiments.design import Design, Point, Points, Value
from experiments.jobs import Base, Job, JobPoint
from sim.compiled import source_hash
from sim.draws import replicate_seed
from sim.errors import ConfigError
from sim.parameters import flat
from sim.scenario import Scenario, load_scenario

BASE_KEYS = ("posture", "responses", "calendar")  # what makes another base scenario
MAX_REPLICATES_AT_ONCE = 8  # of a point before the next point's turn


def no_response(text: str) -> list[str]:
    """The responses of a value of the key `responses`: joined by +, `none` for none."""
    return [part for part in text.split("+") if part and part != "none"]


class Bases:
    """The base scenarios of a design: one for each posture, set of responses and calendar that its points name."""

    def __init__(self, design: Design) -> None:
        self._design, self._bases = design, dict[tuple[str, str, str], Base]()

    def __call__(self, point: Point) -> Base:
        """The base of a point."""
        design = self._design
        posture, responses = str(point.get("posture", design.posture)), str(point.get("responses", ""))
        key = (posture, responses, str(point.get("calendar", design.calendar)))
        if key not in self._bases:
            changes = {**design.constants, **({"calendar": key[2]} if key[2] else {})}
            self._bases[key] = Base(load_scenario(posture, changes, [*design.responses, *no_response(responses)]))
        return self._bases[key]

    def __iter__(self) -> Iterator[Base]:
        return iter(self._bases.values())


@dataclass(frozen=True)
class Fingerprint:
    """What is needed to name the runs of one base: its hash, and the value that each key has without a point."""

    digest: bytes
    values: dict[str, Value]


def fingerprint(scenario: Scenario, outputs: Sequence[str]) -> Fingerprint:
    """Rules and resolved scenario as a hash."""
    parts = (
        source_hash(),
        scenario.posture.model_dump_json(by_alias=True),
        scenario.theatre.config.model_dump_json(by_alias=True),
        *(f"{force.response.model_dump_json()}{force.use.model_dump_json()}" for force in scenario.responses),
        scenario.calendar.model_dump_json(by_alias=True) if scenario.calendar else "",
        *sorted(outputs),
    )
    values: dict[str, Value] = dict(flat(scenario.parameters))
    return Fingerprint(hashlib.blake2b("\0".join(parts).encode()).digest(), {**values, "days": scenario.days})


def run_keys(base: Fingerprint, changes: Point, seeds: NDArray[np.uint64]) -> list[int]:
    """64-bit content keys of the runs of a point. A change to the value that the base has already is none."""
    real = {key: _plain(value) for key, value in changes.items() if base.values.get(key) != value}
    stem = hashlib.blake2b(base.digest + json.dumps(real, sort_keys=True).encode(), digest_size=8)
    keys = []
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
    """A design made concrete: its points, bases, seeds, and a key for each run (points × replicates)."""

    design: Design
    file: str
    replicates: int
    points: Points
    bases: Bases
    seeds: NDArray[np.uint64]
    keys: NDArray[np.uint64]
    costs: dict[int, float] = field(default_factory=dict)

    @property
    def n_runs(self) -> int:
        """Rows of `runs.csv`."""
        return int(self.keys.size)

    @cached_property
    def n_duplicates(self) -> int:
        """Runs that come to the same as another."""
        return self.n_runs - len(np.unique(self.keys))

    def changes(self, point: Point) -> Point:
        """What a point changes in its base."""
        return {key: value for key, value in point.items() if key not in BASE_KEYS}

    def cost(self, point: Point) -> float:
        """What a run of a point costs, in days: time left is weighted by it."""
        return float(point.get("days", self.bases(point).scenario.days)) * self.costs.get(id(self.bases(point)), 1.0)

    @cached_property
    def order(self) -> NDArray[np.int64]:
        """The points in an order in which every beginning is an even sample of all: bits of the number reversed."""
        n = len(self.points)
        bits = max(1, (n - 1).bit_length())
        numbers, reverse = np.arange(n, dtype=np.int64), np.zeros(n, np.int64)
        for bit in range(bits):
            reverse |= ((numbers >> bit) & 1) << (bits - 1 - bit)
        return np.argsort(reverse, kind="stable")


def make_plan(design: Design, file: str | Path, replicates: int | None = None) -> Plan:
    """Check every value of a design, and name all of its runs."""
    replicates, points, bases = replicates or design.replicates, Points(design), Bases(design)
    check_values(design, file, bases)
    seeds = np.array([replicate_seed(design.seed, r) for r in range(replicates)], np.uint64)
    plan = Plan(design, str(file), replicates, points, bases, seeds, np.zeros((len(points), replicates), np.uint64))
    known: dict[int, Fingerprint] = {}
    for k, point in enumerate(points):
        base = bases(point)
        if id(base) not in known:
            known[id(base)] = fingerprint(base.scenario, design.outputs)
        plan.keys[k] = run_keys(known[id(base)], plan.changes(point), seeds)
    return plan


def check_values(design: Design, file: str | Path, bases: Bases) -> None:
    """Try every value on every base; a bad one is refused with its place in the design."""
    for key, value, place in _values(design):
        if key in BASE_KEYS:
            _load(bases, {key: value}, file, place, value)
    for point in _combinations(design):
        base = _load(bases, point, file, "posture", str(point))
        seen: set[tuple[str, Value]] = set()
        for key, value, place in _values(design):
            if key not in BASE_KEYS and (key, value) not in seen:
                seen.add((key, value))
                _try(base, key, value, file, place)


def _values(design: Design) -> Iterator[tuple[str, Value, str]]:
    """Every (key, value, place in the file) that a design names; a range by its ends."""
    for i, factor in enumerate(design.factors):
        for j, value in enumerate(factor.values or ()):
            yield factor.key, value, f"factors[{i}].values[{j}]"
        for end in ("low", "high"):
            bound = getattr(factor, end)
            if bound is not None:
                yield factor.key, int(bound) if factor.integer else bound, f"factors[{i}].{end}"
    for row, point in enumerate(design.points):
        for key, value in point.items():
            yield key, value, f"points[{row}].{key}"


def _combinations(design: Design) -> Iterator[Point]:
    """Points that between them name every base of the design."""
    chosen = [factor for factor in design.factors if factor.key in BASE_KEYS]
    seen = set()
    for explicit in design.points or ({},):
        bare = {key: value for key, value in explicit.items() if key in BASE_KEYS}
        for point in Points(design.model_copy(update={"factors": tuple(chosen), "points": (bare,)})):
            if tuple(point.items()) not in seen:
                seen.add(tuple(point.items()))
                yield point


def _load(bases: Bases, point: Point, file: str | Path, place: str, value: Value) -> Base:
    try:
        return bases(point)
    except ConfigError as error:
        raise ConfigError(file, f"{place} ({error.key})", value, error.allowed) from error


def _try(base: Base, key: str, value: Value, file: str | Path, place: str) -> None:
    try:
        base.scenario.with_changes({key: value})
    except ConfigError as error:
        raise ConfigError(file, f"{place} ({key})", value, error.allowed) from error


def jobs_of(plan: Plan, missing: NDArray[np.bool_], job_cost: float) -> Iterator[Job]:
    """Jobs for the runs that are missing (points × replicates), each of about `job_cost` (see `Plan.cost`).

    A few replicates of every point come before more of any; the points in `Plan.order`.
    """
    waiting: dict[int, list[JobPoint]] = {}
    bases: dict[int, Base] = {}
    load: dict[int, float] = {}
    taken: set[int] = set()
    for first in range(0, plan.replicates, MAX_REPLICATES_AT_ONCE):
        for k in plan.order:
            block = slice(first, first + MAX_REPLICATES_AT_ONCE)
            wanted = np.flatnonzero(missing[k, block]) + first
            if len(wanted) == 0:
                continue
            point = plan.points[int(k)]
            base = plan.bases(point)
            part = _job_point(plan, int(k), wanted, point, taken)
            if part is None:
                continue
            bases[id(base)] = base
            waiting.setdefault(id(base), []).append(part)
            load[id(base)] = load.get(id(base), 0.0) + plan.cost(point) * len(part.seeds)
            if load[id(base)] >= job_cost:
                yield Job(base, tuple(waiting.pop(id(base))), plan.design.outputs)
                load[id(base)] = 0.0
    for key, parts in waiting.items():
        yield Job(bases[key], tuple(parts), plan.design.outputs)


def _job_point(plan: Plan, k: int, wanted: NDArray[np.int64], point: Point, taken: set[int]) -> JobPoint | None:
    """The runs of a point that no other point has asked for already."""
    keys = [int(key) for key in plan.keys[k, wanted]]
    fresh = [(key, int(plan.seeds[r])) for key, r in zip(keys, wanted, strict=True) if key not in taken]
    if plan.n_duplicates:
        taken.update(keys)
    if not fresh:
        return None
    return JobPoint(tuple(plan.changes(point).items()), tuple(k for k, _ in fresh), tuple(s for _, s in fresh))
