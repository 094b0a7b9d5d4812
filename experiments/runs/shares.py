"""A share of states of the world with its interval: of how many states that are known for certain it is worth."""

from __future__ import annotations

import math

import numpy as np
import scipy  # its parts are imported when used
from numpy.typing import NDArray

from experiments.runs.nested import worth_of
from sim.statistics import LEVEL, Interval, Values


def worth(p: float, variance: float, n: float) -> float:
    """How many states that are known for certain give a share this variance: `n` at most, one at least.

    One state more of either kind is thought of, so that a share of nearly all or none with hardly any variance is worth
    all of its states.
    """
    one = 1.0 / n
    return float(np.clip((p * (1.0 - p) + one) / (variance + one / n), 1.0, n))


def wilson(p: float, n: float) -> tuple[float, float]:
    """The 95% interval of a share of `n` (Wilson, J. Am. Stat. Assoc. 22, 1927), which need not be whole."""
    z2 = float(scipy.stats.norm.ppf((1 + LEVEL) / 2)) ** 2
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = math.sqrt(z2 * (p * (1 - p) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    return 0.0 if p <= 0.0 else min(p, middle - half), 1.0 if p >= 1.0 else max(p, middle + half)


def share_of(cases: NDArray[np.bool_], weights: Values | None = None) -> Interval:
    """In what share of the states (by their weights) a case is there, with its 95% interval; NaN of none.

    The error is that of a ratio of sums (linearised), which tells how many states of equal weight the share is worth.
    """
    if not len(cases):
        return Interval(math.nan, math.nan, math.nan)
    if weights is None:
        p = float(cases.mean())
        return Interval(p, *wilson(p, len(cases)))
    shares = weights / weights.sum()
    p = float(np.clip(shares[cases].sum(), 0.0, 1.0))
    variance = float(np.sum((shares * (cases - p)) ** 2))
    return Interval(p, *wilson(p, worth(p, variance, worth_of(shares))))
