"""Proof by simulation: parameters known, data simulated, does the posterior know them?

Simulation-based calibration (Talts et al. 2018, arXiv:1804.06788): truths are drawn from the prior, data from the
model and the model of the report (discrepancy.py); then the rank of the truth among posterior draws is uniform, if
and only if the posterior is the right one. It is asked of every method on the same sets, with what the posterior is
worth beside it: error, width, coverage, and the CRPS of the posterior at the truth.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from experiments.studies.calibration.discrepancy import report
from experiments.studies.calibration.posterior import Posterior
from experiments.studies.calibration.rejection import table_of
from experiments.studies.calibration.simulator import Simulate, seeds_of
from sim.statistics import Values

DRAWS = 19
BINS = 10
"""Ranks 0 … 19, two to a bin."""
LEVELS = (0.5, 0.8, 0.9)
Method = Callable[[Values, int], Posterior]
"""(reported figures, seed) → posterior."""


@dataclass(frozen=True)
class Sets:
    """Synthetic data: `truth` (sets × parameters, in the unit cube) and `reported` (sets × targets)."""

    truth: Values
    reported: Values

    def __len__(self) -> int:
        return len(self.truth)


@dataclass(frozen=True)
class Found:
    """What a method makes of one parameter of one set; all in the unit interval but the rank (0 … DRAWS)."""

    method: str
    number: int
    parameter: int
    truth: float
    mean: float
    sd: float
    crps: float
    rank: int
    inside: tuple[bool, ...]
    runs: int
    draws: float


def synthetic(simulate: Simulate, dimension: int, n: int, tolerance: float, seed: int) -> Sets:
    """`n` sets of data with known truth; a run that failed is left out, as a calibration leaves it out."""
    runs = table_of(simulate, dimension, n, seed, stage=2)
    return Sets(runs.unit, report(runs.statistics, tolerance, seed))


def recover(name: str, method: Method, sets: Sets, k: int, seed: int) -> list[Found]:
    """One method on the `k`-th set: a row for each parameter; none if it found no draw."""
    posterior = method(sets.reported[k], int(seeds_of(seed, 3, k, n=1)[0]))
    if len(posterior.unit) < 2:
        return []
    draws = posterior.resampled(DRAWS, np.random.default_rng([seed, 4, k]))
    mean, ranks = posterior.mean(), np.sum(draws < sets.truth[k], axis=0)
    sd = np.sqrt(posterior.weights @ (posterior.unit - mean) ** 2)
    ends = [posterior.quantiles([0.5 - level / 2, 0.5 + level / 2]) for level in LEVELS]
    numbers = np.stack([sets.truth[k], mean, sd, crps(sets.truth[k], posterior)], axis=1).tolist()
    inside = [tuple(bool(low[j] <= truth <= high[j]) for low, high in ends) for j, truth in enumerate(sets.truth[k])]
    cost = posterior.runs, posterior.effective_size
    return [
        Found(name, k, j, truth, middle, spread, score, int(ranks[j]), inside[j], *cost)
        for j, (truth, middle, spread, score) in enumerate(numbers)
    ]


def crps(truth: Values, posterior: Posterior) -> Values:
    """Continuous ranked probability score of the weighted draws at the truth, of each parameter; 0 is perfect."""
    import scoringrules

    weights = np.broadcast_to(posterior.weights, posterior.unit.T.shape)
    return np.asarray(scoringrules.crps_ensemble(truth, posterior.unit.T, ens_w=weights))


def rank_counts(ranks: ArrayLike) -> NDArray[np.int64]:
    """How many ranks lie in each of BINS bins."""
    return np.bincount(np.asarray(ranks, dtype=np.int64) * BINS // (DRAWS + 1), minlength=BINS)


def rank_test(ranks: ArrayLike) -> float:
    """Probability of counts at least as uneven, if ranks are uniform (chi-square, BINS bins)."""
    from scipy.stats import chisquare

    return float(chisquare(rank_counts(ranks)).pvalue)
