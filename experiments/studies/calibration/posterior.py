"""What every method of inference gives back: weighted draws, as points of the unit cube."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sim.statistics import Values


@dataclass(frozen=True)
class Schedule:
    """How many draws a sequential method makes, and the tolerance of each generation, falling.

    A generation that needs more runs than `most_runs` times the draws is given up.
    """

    population: int
    tolerances: tuple[float, ...]
    most_runs: int = 4_000


@dataclass(frozen=True)
class Generation:
    """One generation of a sequential method: tolerance, runs spent, draws accepted, their effective number."""

    tolerance: float
    runs: int
    accepted: int
    effective: float


@dataclass(frozen=True)
class Posterior:
    """`unit` (draws × parameters), `weights` (they sum to 1), `seeds` and `statistics` of the accepted runs."""

    unit: Values
    weights: Values
    seeds: NDArray[np.int64]
    statistics: Values
    runs: int
    generations: tuple[Generation, ...] = field(default=())

    @property
    def effective_size(self) -> float:
        """1 / Σ w² (Kish 1965)."""
        return float(1.0 / np.sum(self.weights**2))

    def mean(self) -> Values:
        """Weighted mean of each parameter."""
        return np.asarray(self.weights @ self.unit)

    def quantiles(self, levels: list[float]) -> Values:
        """Weighted quantiles (levels × parameters)."""
        return np.stack([quantiles(column, self.weights, levels) for column in self.unit.T], axis=1)

    def resampled(self, n: int, rng: np.random.Generator) -> Values:
        """`n` draws of equal weight, with replacement (n × parameters)."""
        return np.asarray(self.unit[rng.choice(len(self.unit), size=n, p=self.weights)])


def quantiles(values: Values, weights: Values, levels: list[float]) -> Values:
    """Weighted quantiles: linear between the midpoints of the steps of the distribution function."""
    order = np.argsort(values, kind="stable")
    middle = np.cumsum(weights[order]) - 0.5 * weights[order]
    return np.interp(levels, middle / weights.sum(), values[order])
