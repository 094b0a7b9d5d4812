"""Means with intervals and percentiles of many rows at once: the numbers of `sim.statistics`, row by row."""

from __future__ import annotations

import numpy as np
import scipy  # its parts are imported when used
from numpy.typing import NDArray

from sim.statistics import LEVEL, Values

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


def nothing(rows: int) -> NDArray[np.float64]:
    """Intervals of nothing: NaN."""
    return np.full((rows, 3), np.nan)
