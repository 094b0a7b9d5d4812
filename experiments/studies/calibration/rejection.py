"""The second method: one table of runs from the prior, serving every data set.

`rejected` keeps the runs within the tolerance. `adjusted` takes the nearest runs and corrects them for what is left of
the difference, by a weighted linear regression on logits (Beaumont, Zhang, Balding 2002, Genetics 162, 2025-2035);
each run of the table gets a report of its own first, so that the correction goes to the report and not beyond it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from experiments.studies.calibration.discrepancy import report
from experiments.studies.calibration.posterior import Posterior
from experiments.studies.calibration.simulator import Simulate, seeds_of
from experiments.studies.priors import unit_points
from experiments.studies.reporting import discrepancy
from sim.statistics import Values


@dataclass(frozen=True)
class PriorRuns:
    """Runs from the prior: `unit` (n × parameters), `seeds`, `statistics` (n × targets)."""

    unit: Values
    seeds: NDArray[np.int64]
    statistics: Values

    def __len__(self) -> int:
        return len(self.unit)


def table_of(simulate: Simulate, dimension: int, n: int, seed: int, stage: int = 1) -> PriorRuns:
    """`n` runs at independent points of the prior, with the seeds of a stage, without those that failed."""
    unit, seeds = unit_points(n, dimension, seed, "random"), seeds_of(seed, stage, n=n)
    statistics = simulate(unit, seeds)
    good = np.isfinite(statistics).all(axis=1)
    return PriorRuns(unit[good], seeds[good], statistics[good])


def rejected(table: PriorRuns, reported: Values, tolerance: float) -> Posterior:
    """The runs within the tolerance, with equal weights; there may be none."""
    rows = np.flatnonzero(discrepancy(table.statistics, reported) <= tolerance)
    weights = np.full(len(rows), 1.0 / max(len(rows), 1))
    return Posterior(table.unit[rows], weights, table.seeds[rows], table.statistics[rows], len(table))


def adjusted(table: PriorRuns, reported: Values, tolerance: float, nearest: int, seed: int) -> Posterior:
    """The `nearest` runs by their reports, corrected to the report in hand; Epanechnikov weights."""
    from sklearn.linear_model import Ridge

    reports = report(table.statistics, tolerance, seed)
    distances = discrepancy(reports, reported)
    rows = np.argsort(distances, kind="stable")[:nearest]
    weights = np.maximum(1.0 - (distances[rows] / distances[rows[-1]]) ** 2, 1e-6)
    inside = np.clip(table.unit[rows], 1e-4, 1 - 1e-4)
    logits, x = np.log(inside / (1 - inside)), reports[rows] - reported
    slopes = Ridge(alpha=1.0).fit(x, logits, sample_weight=weights).coef_.reshape(logits.shape[1], x.shape[1])
    unit = 1.0 / (1.0 + np.exp(-(logits - x @ slopes.T)))
    return Posterior(unit, weights / weights.sum(), table.seeds[rows], table.statistics[rows], len(table))
