"""Means with intervals, of one sample and of many rows at once; paired comparison, and p-values of many.

Intervals are Student's t intervals of a mean (scipy.stats.t). They say how well the mean over runs is known, not how
far single runs spread.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import scipy  # its parts are imported when used: `posture run` needs none of them
from numpy.typing import NDArray

Values = NDArray[np.float64]
LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """A mean and its interval, in the unit of the values. Bounds are NaN when one value alone is known."""

    mean: float
    low: float
    high: float

    @property
    def clear(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.low > 0 or self.high < 0


def known(*rows: Values) -> tuple[Values, ...]:
    """The places at which every row has a number: a run lacks a measure if it has nothing to divide by (NaN)."""
    there = ~np.isnan(rows).any(axis=0)
    return tuple(row[there] for row in rows)


def mean_interval(values: Values, level: float = LEVEL) -> Interval:
    """The mean and its t interval; NaN of nothing. Values that are all the same have an interval of no width."""
    n = len(values)
    mean = float(np.mean(values)) if n else math.nan
    if n < 2:
        return Interval(mean, math.nan, math.nan)
    scale = float(scipy.stats.sem(values))
    if scale == 0.0:
        return Interval(mean, mean, mean)
    low, high = scipy.stats.t.interval(level, n - 1, loc=mean, scale=scale)
    return Interval(mean, float(low), float(high))


def share_interval(k: int, n: int, level: float = LEVEL) -> Interval:
    """`k` of `n` with its exact interval (Clopper and Pearson 1934)."""
    bounds = scipy.stats.binomtest(k, n).proportion_ci(level, "exact")
    return Interval(k / n, float(bounds.low), float(bounds.high))


def paired_difference(base: Values, other: Values, level: float = LEVEL) -> Interval:
    """Mean of other − base over pairs (same index, same streams), with its t interval."""
    return mean_interval(other - base, level)


@dataclass(frozen=True)
class Sides:
    """In what share of the pairs the other one is lower, equal, higher; they add up to 1. NaN of no pairs."""

    lower: float
    equal: float
    higher: float


def sides(difference: Values, shares: Values | None = None) -> Sides:
    """How often a difference is below 0, 0, above 0: ties are ties, and no half of them is anything else.

    `shares` of the differences sum to 1; None: all alike.
    """
    if not len(difference):
        return Sides(math.nan, math.nan, math.nan)
    where = (difference < 0, difference == 0, difference > 0)
    return Sides(*(float(np.mean(side) if shares is None else shares[side].sum()) for side in where))


def spread(values: Values) -> tuple[float, float]:
    """The 5th and 95th percentile: where nine runs of ten lie."""
    low, high = np.percentile(values, [5, 95])
    return float(low), float(high)


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """p-values corrected for their number (Holm 1979): each is small only if it is among all of them."""
    order = sorted(p_values, key=p_values.__getitem__)
    corrected, worst = {}, 0.0
    for k, name in enumerate(order):
        worst = max(worst, min(1.0, (len(order) - k) * p_values[name]))
        corrected[name] = worst
    return {name: corrected[name] for name in p_values}


# --- many rows at once -----------------------------------------------------------------------------------------
PERCENTILES = (5, 25, 50, 75, 95)


def intervals(values: Values) -> NDArray[np.float64]:
    """Mean, low and high (columns) of each row of `values` (rows × runs): 95% t intervals; NaN bounds of one run."""
    mean, n = values.mean(axis=1), values.shape[1]
    if n < 2:
        return np.column_stack([mean, np.full((len(mean), 2), np.nan)])
    half = scipy.stats.t.ppf((1 + LEVEL) / 2, n - 1) * values.std(axis=1, ddof=1) / np.sqrt(n)
    return np.column_stack([mean, mean - half, mean + half])


def percentiles(values: Values) -> NDArray[np.float64]:
    """The `PERCENTILES` (columns) of each row of `values` (rows × runs)."""
    return np.percentile(values, PERCENTILES, axis=1).T


def no_intervals(rows: int) -> NDArray[np.float64]:
    """Intervals of nothing: NaN."""
    return np.full((rows, 3), np.nan)
