"""The model as an inference sees it: points of the unit cube and seeds in, statistics out.

A point has a coordinate for each calibrated parameter. The others are drawn from their prior by the seed, anew for
every run: they stay uncertain, and the posterior has them as they were in the runs that were accepted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from experiments.runs.design import Point
from experiments.studies.calibration.discrepancy import coordinates
from experiments.studies.priors import Priors
from experiments.studies.runner import Seeds, StudyRunner
from experiments.studies.targets import Loaded, TargetValues
from sim.statistics import Values

Simulate: TypeAlias = Callable[[Values, Seeds], Values]
"""(n × parameters in the unit cube, n seeds) → n × statistics; NaN in the row of a run that failed."""


def seeds_of(*path: int, n: int) -> Seeds:
    """`n` seeds of 62 bits that belong to a path of numbers (base seed, stage, generation …)."""
    words = np.random.SeedSequence(path).generate_state(n, np.uint64)
    return np.asarray(words >> np.uint64(2), dtype=np.int64)


@dataclass(frozen=True)
class Simulator:
    """The runs behind a target file. `stage` is what the runs are for, in words."""

    loaded: Loaded
    priors: Priors
    runner: StudyRunner
    stage: str = "runs"

    def at(self, stage: str) -> Simulator:
        """The same for another stage."""
        return replace(self, stage=stage)

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
        output = TargetValues(self.loaded.targets.fitted)
        rows = self.runner.reduce(self.stage, self.loaded.scenario, self.points(unit, seeds), seeds, output)
        return np.concatenate(rows)

    def __call__(self, unit: Values, seeds: Seeds) -> Values:
        """The fitted targets of each run, in the coordinates of the discrepancy."""
        return coordinates(self.counts(unit, seeds), self.loaded.targets.fitted)
