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
    """Continuous ranked probability score of weighted draws (draws × parameters) at the truth; 0 is perfect.

    Mean of |draw − truth| less half of that of |draw − draw|, as a sum over draws in their order (Jordan, Krüger &
    Lerch 2019, Journal of Statistical Software 90(12)). The package of scores compiles for 5 to 15 s when imported.
    """
    order = np.argsort(unit, axis=0)
    draws, share = np.take_along_axis(unit, order, axis=0), (weights / weights.sum())[order]
    below = np.cumsum(share, axis=0) - share / 2.0
    return np.asarray(2.0 * np.sum(share * ((truth < draws) - below) * (draws - truth), axis=0))


def rank_counts(ranks: ArrayLike) -> NDArray[np.int64]:
    """How many ranks lie in each of BINS bins."""
    return np.bincount(np.asarray(ranks, dtype=np.int64) * BINS // (DRAWS + 1), minlength=BINS)


def rank_test(ranks: ArrayLike) -> float:
    """Probability of counts at least as uneven, if ranks are uniform (chi-square, BINS bins)."""
    from scipy.stats import chisquare

    return float(chisquare(rank_counts(ranks)).pvalue)
