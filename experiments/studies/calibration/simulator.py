"""The model as an inference sees it: points of the unit cube and seeds in, statistics out.

A point has a coordinate for each calibrated parameter. The others are drawn from their prior by the seed, anew for
every run: they stay uncertain, and the posterior has them as they were in the runs that were accepted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from experiments.runs.design import Point
from experiments.studies.calibration.discrepancy import Values, coordinates
from experiments.studies.priors import Priors
from experiments.studies.targets import Loaded
from sim.engine import Tables, new_state, run_to, why_stopped
from sim.state import EVENT, TALLY
from sim.world import build_like, build_world

Seeds: TypeAlias = NDArray[np.int64]
Simulate: TypeAlias = Callable[[Values, Seeds], Values]
"""(n × parameters in the unit cube, n seeds) → n × statistics; NaN in the row of a run that failed."""
CHUNK = 8


def seeds_of(*path: int, n: int) -> Seeds:
    """`n` seeds of 62 bits that belong to a path of numbers (base seed, stage, generation …)."""
    words = np.random.SeedSequence(path).generate_state(n, np.uint64)
    return np.asarray(words >> np.uint64(2), dtype=np.int64)


class Runner:
    """Runs of one scenario at points of its parameters, in threads (the compiled loop frees the interpreter lock)."""

    def __init__(self, loaded: Loaded, workers: int) -> None:
        self.loaded, self.workers = loaded, workers
        self._world = build_world(loaded.scenario)

    def days(self, point: Point, seed: int) -> Any:
        """The daily tally of one run (1 × days, dtype TALLY); NaN throughout if it stopped early."""
        base = self.loaded.scenario
        scenario = base.with_changes(point)
        world = build_like(self._world, base, scenario)
        state = new_state(world, seed)
        tables = Tables(world, state)
        run_to(world, state, tables, int(world[0].n_hours), np.zeros(0, EVENT))
        if why_stopped(state):
            for name in TALLY.names or ():
                tables.days[name] = np.nan
        return tables.days[np.newaxis]

    def each(self, read: Callable[[Any], Any], points: Sequence[Point], seeds: Seeds) -> list[Any]:
        """`read` of the days of every run, in order; the result does not depend on the workers."""

        def chunk(k: int) -> list[Any]:
            runs = zip(points[k : k + CHUNK], seeds[k : k + CHUNK], strict=True)
            return [read(self.days(point, int(seed))) for point, seed in runs]

        with ThreadPoolExecutor(self.workers) as pool:
            return [row for rows in pool.map(chunk, range(0, len(points), CHUNK)) for row in rows]


@dataclass(frozen=True)
class Simulator:
    """The engine behind a target file."""

    loaded: Loaded
    priors: Priors
    workers: int = 2
    _runner: Runner = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_runner", Runner(self.loaded, self.workers))

    def whole(self, unit: Values, seeds: Seeds) -> Values:
        """All uncertain parameters of each run (n × `priors.dimension`, in the unit cube)."""
        fitted = [prior.calibrated for prior in self.priors.priors]
        n_others = len(fitted) - sum(fitted)
        full = np.empty((len(seeds), len(fitted)))
        full[:, fitted] = unit
        full[:, ~np.array(fitted)] = [np.random.default_rng(int(seed)).random(n_others) for seed in seeds]
        return full

    def points(self, unit: Values, seeds: Seeds) -> list[Point]:
        """The same as values of the parameters."""
        return self.priors.from_unit(self.whole(unit, seeds))

    def counts(self, unit: Values, seeds: Seeds) -> Values:
        """The fitted targets of each run, as counts (n × targets)."""
        fitted = self.loaded.targets.fitted
        rows = self._runner.each(lambda days: self.loaded.values(days, fitted)[0], self.points(unit, seeds), seeds)
        return np.array(rows).reshape(len(seeds), len(fitted))

    def __call__(self, unit: Values, seeds: Seeds) -> Values:
        """The fitted targets of each run, in the coordinates of the discrepancy."""
        return coordinates(self.counts(unit, seeds), self.loaded.targets.fitted)
