"""Where a truth lies in its posterior: ranks and whether they are uniform, CRPS."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.statistics import Values

DRAWS = 19
BINS = 10
"""Ranks 0 … 19, two to a bin."""
LEVELS = (0.5, 0.8, 0.9)


def crps(truth: Values, unit: Values, weights: Values) -> Values:
    """Continuous ranked probability score of weighted draws (draws × parameters) at the truth; 0 is perfect."""
    import scoringrules

    columns = np.ascontiguousarray(unit.T)
    return np.asarray(scoringrules.crps_ensemble(truth, columns, ens_w=np.broadcast_to(weights, columns.shape)))


def rank_counts(ranks: ArrayLike) -> NDArray[np.int64]:
    """How many ranks lie in each of BINS bins."""
    return np.bincount(np.asarray(ranks, dtype=np.int64) * BINS // (DRAWS + 1), minlength=BINS)


def rank_test(ranks: ArrayLike) -> float:
    """Probability of counts at least as uneven, if ranks are uniform (chi-square, BINS bins)."""
    from scipy.stats import chisquare

    return float(chisquare(rank_counts(ranks)).pvalue)
